//! The columns of the light group: what is known of each image, and the objects of the default set.

use std::sync::Arc;

use arrow_array::types::{Float64Type, Int32Type, Int64Type};
use arrow_array::{ArrayRef, FixedSizeListArray, ListArray, PrimitiveArray};
use arrow_buffer::NullBufferBuilder;
use arrow_schema::{DataType, Field};

use super::layout::Row;
use crate::convert::column::{Ends, Flags, Masks, Plain, Texts, item};
use crate::error::Result;
use crate::geometry::Size;
use crate::schema::field::{self, IdType};

/// An object: all pixels of one id.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Object {
    pub(super) id: i64,
    pub(super) label: Option<i64>,
    pub(super) bbox: [f64; 4],
    pub(super) area: f64,
    pub(super) crowded: bool,
    pub(super) rle: String,
}

/// Builders of all keys.
#[derive(Debug)]
pub(super) struct Columns {
    texts: [Texts; 6],
    frame: Plain<i64>,
    height: Plain<i32>,
    width: Plain<i32>,
    object_id: Plain<i64>,
    label: Plain<i64>,
    boxes: Vec<f64>,
    area: Plain<f64>,
    crowded: Flags,
    masks: Masks,
    lists: Ends,
    listed: NullBufferBuilder,
}

impl Columns {
    pub(super) fn new() -> Columns {
        Columns {
            texts: std::array::from_fn(|_| Texts::new()),
            frame: Plain::new(),
            height: Plain::new(),
            width: Plain::new(),
            object_id: Plain::new(),
            label: Plain::new(),
            boxes: Vec::new(),
            area: Plain::new(),
            crowded: Flags::new(),
            masks: Masks::new(),
            lists: Ends::new(),
            listed: NullBufferBuilder::new(0),
        }
    }

    /// The fields, in the order in which columns come.
    pub(super) fn fields() -> Vec<Field> {
        let mut fields = vec![field::image_id(IdType::Text)];
        fields.extend(["file_name", "split", "sequence"].iter().filter_map(|name| field::row(name)));
        fields.push(field::row_of("attr.city", DataType::Utf8));
        fields.push(field::row_of("attr.label_map", DataType::Utf8));
        fields.extend(["frame", "height", "width"].iter().filter_map(|name| field::row(name)));
        fields.push(field::object_id("", IdType::Int));
        let known = ["label", "bbox", "area", "crowded", "segmentation"];
        fields.extend(known.iter().filter_map(|name| field::object("", name)));
        fields
    }

    pub(super) fn rows(&self) -> usize {
        self.height.len()
    }

    /// How many bytes the builders hold, about.
    pub(super) fn held(&self) -> usize {
        self.masks.bytes() + 64 * self.object_id.len() + self.texts.iter().map(Texts::bytes).sum::<usize>()
    }

    /// The next row; `objects` of one without an instance PNG are `None`.
    ///
    /// # Errors
    /// Those of the columns.
    pub(super) fn push(
        &mut self,
        row: &Row,
        size: Option<(u32, u32)>,
        objects: Option<&(Size, Vec<Object>)>,
    ) -> Result<()> {
        let (sequence, frame) = row.sequence();
        let name = row.file_name();
        let kind = row.label_map().map(|(_, kind)| kind);
        let texts = [Some(&*row.name), Some(&*name), Some(&*row.split), sequence, Some(&*row.city), kind];
        for (column, text) in self.texts.iter_mut().zip(texts) {
            match text {
                Some(text) => column.push(text)?,
                None => column.push_null(),
            }
        }
        let side = |side: u32| i32::try_from(side).ok();
        self.frame.push(frame);
        self.height.push(size.and_then(|(height, _)| side(height)));
        self.width.push(size.and_then(|(_, width)| side(width)));
        if let Some((size, objects)) = objects {
            for object in objects {
                self.object_id.push(Some(object.id));
                self.label.push(object.label);
                self.boxes.extend(object.bbox);
                self.area.push(Some(object.area));
                self.crowded.push(Some(object.crowded));
                self.masks.push((size.height, size.width), &object.rle)?;
            }
        }
        self.listed.append(objects.is_some());
        self.lists.push(self.object_id.len())
    }

    /// The columns, in the order of [`Columns::fields`], empty again.
    ///
    /// # Errors
    /// Those of arrow.
    pub(super) fn finish(&mut self) -> Result<Vec<ArrayRef>> {
        let mut columns = Vec::new();
        for texts in &mut self.texts {
            columns.push(texts.finish()?);
        }
        columns.push(self.frame.finish::<Int64Type>()?);
        columns.push(self.height.finish::<Int32Type>()?);
        columns.push(self.width.finish::<Int32Type>()?);
        let boxes: PrimitiveArray<Float64Type> = std::mem::take(&mut self.boxes).into();
        let boxes = FixedSizeListArray::try_new(item(DataType::Float64), 4, Arc::new(boxes), None)?;
        let objects: [ArrayRef; 6] = [
            self.object_id.finish::<Int64Type>()?,
            self.label.finish::<Int64Type>()?,
            Arc::new(boxes),
            self.area.finish::<Float64Type>()?,
            self.crowded.finish(),
            self.masks.finish()?,
        ];
        let (lists, listed) = (self.lists.finish(), self.listed.finish());
        for values in objects {
            let field = item(values.data_type().clone());
            columns.push(Arc::new(ListArray::try_new(field, lists.clone(), values, listed.clone())?));
        }
        Ok(columns)
    }
}
