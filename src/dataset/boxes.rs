//! [`Dataset::with_boxes`]: boxes in another layout than the one they are stored in.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use arrow_array::{Array, ArrayRef, FixedSizeListArray, Float64Array};
use arrow_schema::{DataType, Field, FieldRef};

use super::keys::{Key, Keys};
use super::map::Mapping;
use super::value::Value;
use super::view::Dataset;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::geometry::{BoxForm, Size, convert_flat};
use crate::schema::boxes::{self, form_of};

impl Dataset {
    /// The view with the boxes of all object sets (`bbox`, `r50.bbox`, …) in this form instead of the one they are in,
    /// x, y, w, h in pixels as a rule; relative ones by the keys `height` and `width`. Nothing is read before boxes are.
    ///
    /// It is for who takes the boxes out, as a trainer does; the key says its form ([`crate::schema::boxes`]). What reads
    /// boxes itself (questions with `x1` or `w`, export, evaluation, drawing, storing) refuses such a view: ask the one
    /// that this is of.
    ///
    /// # Errors
    /// [`ErrorKind::Key`] if there are no boxes, or relative ones are asked for where there are no sizes.
    pub fn with_boxes(&self, form: BoxForm) -> Result<Dataset> {
        let boxes: Vec<FieldRef> =
            self.keys().iter().filter_map(Key::field).filter(|field| is_boxes(field)).cloned().collect();
        if boxes.is_empty() {
            return Err(
                Error::new(ErrorKind::Key, "there are no boxes").at(Place::area("dataset").key("bbox"))
            );
        }
        let mut view = self.clone();
        for field in boxes {
            let from = form_of(&field)?;
            if from == form {
                continue;
            }
            let mut inputs = vec![field.name().clone()];
            if from.unit != form.unit {
                inputs.extend(["height", "width"].map(str::to_owned));
            }
            let keys = Keys::many([Key::arrow(boxes::in_form(&field, form))]);
            let mapping = Mapping::new(keys, move |values, _| Ok(vec![converted(values, from, form)?]));
            view = view.map_with(mapping.inputs(inputs).keep_others())?;
        }
        Ok(view)
    }

    /// Fails if boxes of the view are in another form than x, y, w, h in pixels: for whatever reads them as that.
    ///
    /// # Errors
    /// Those of [`boxes::check_boxes`], with this area as their place.
    pub fn check_boxes(&self, area: &'static str) -> Result<()> {
        let fields = self.keys().iter().filter_map(Key::field);
        fields.filter(|field| is_boxes(field)).try_for_each(|field| {
            boxes::check_boxes(field).map_err(|e| e.at(Place::area(area).key(field.name().clone())))
        })
    }
}

/// True for the boxes of an object set.
fn is_boxes(field: &Field) -> bool {
    let four = |ty: &DataType| matches!(ty, DataType::FixedSizeList(item, 4) if *item.data_type() == DataType::Float64);
    let named = field.name() == "bbox" || field.name().ends_with(".bbox");
    named && matches!(field.data_type(), DataType::List(item) if four(item.data_type()))
}

/// Boxes of a row, its height and width where the units differ, as boxes in another form.
fn converted(values: &[Value], from: BoxForm, form: BoxForm) -> Result<Value> {
    let Some(Value::Array(array)) = values.first() else { return Ok(Value::Null) };
    let odd = || Error::new(ErrorKind::Type, format!("boxes of type {}", array.data_type()));
    let list = array.as_fixed_size_list_opt().ok_or_else(odd)?;
    let DataType::FixedSizeList(item, 4) = list.data_type() else { return Err(odd()) };
    let own = list.values().slice(list.value_offset_at(0), list.len() * 4);
    let own = own.as_primitive_opt::<Float64Type>().ok_or_else(odd)?;
    let mut numbers = own.values().to_vec();
    let side = |at: usize| values.get(at).and_then(Value::as_int).and_then(|side| u32::try_from(side).ok());
    if !numbers.is_empty() {
        let size = match (from.unit == form.unit, side(1), side(2)) {
            (true, ..) => Size::new(0, 0),
            (false, Some(height), Some(width)) => Size::new(height, width),
            _ => return Err(Error::new(ErrorKind::Type, "boxes are relative to a size that is not known")),
        };
        convert_flat(&mut numbers, from, form, size)?;
    }
    let numbers = Arc::new(Float64Array::new(numbers.into(), own.nulls().cloned()));
    let list = FixedSizeListArray::try_new(Arc::clone(item), 4, numbers, list.nulls().cloned())?;
    Ok(Value::Array(Arc::new(list) as ArrayRef))
}

#[cfg(test)]
mod tests {
    use arrow_array::builder::{FixedSizeListBuilder, Float64Builder, ListBuilder};

    use super::*;
    use crate::dataset::{Column, Table};
    use crate::geometry::BoxLayout;
    use crate::schema::field;

    #[test]
    fn boxes_are_read_in_the_form_asked_for_and_absent_ones_stay_absent() {
        let mut lists = ListBuilder::new(FixedSizeListBuilder::new(Float64Builder::new(), 4));
        lists.values().values().append_slice(&[10.0, 20.0, 30.0, 40.0]);
        lists.values().append(true);
        lists.append(true);
        lists.append(true);
        lists.append_null();
        let sides =
            |n: i32| Column::Arrow(vec![Arc::new(arrow_array::Int32Array::from(vec![n; 3])) as ArrayRef]);
        let row = |name: &str| Key::arrow(field::row(name).unwrap());
        let ds = Dataset::new(
            Table::new([
                (row("height"), sides(100)),
                (row("width"), sides(200)),
                (
                    Key::arrow(field::object("", "bbox").unwrap()),
                    Column::Arrow(vec![Arc::new(lists.finish())]),
                ),
            ])
            .unwrap(),
        );
        let first = |ds: &Dataset| -> Vec<f64> {
            let value = ds.column("bbox").unwrap().value(0);
            value
                .as_array()
                .unwrap()
                .as_fixed_size_list()
                .values()
                .as_primitive::<Float64Type>()
                .values()
                .to_vec()
        };
        let corners = ds.with_boxes(BoxLayout::Xyxy.pixels()).unwrap();
        assert_eq!(first(&corners), [10.0, 20.0, 40.0, 60.0]);
        assert_eq!(first(&ds.with_boxes(BoxForm::YOLO).unwrap()), [0.125, 0.4, 0.15, 0.4]);
        let column = corners.column("bbox").unwrap();
        assert_eq!(column.value(1).as_array().map(|array| array.len()), Some(0));
        assert_eq!(column.value(2), Value::Null);
        assert_eq!(
            corners.keys().iter().map(Key::to_string).collect::<Vec<_>>(),
            ["height", "width", "bbox"]
        );
        let back = corners.with_boxes(BoxForm::COCO).unwrap();
        assert_eq!(first(&back), [10.0, 20.0, 30.0, 40.0]);
        assert!(back.check_boxes("draw").is_ok());
        let error = corners.check_boxes("draw").unwrap_err();
        assert_eq!((error.kind(), error.place().key_name()), (ErrorKind::Type, Some("bbox")));
        assert!(error.to_string().contains("boxes are xyxy here"), "{error}");
        let mixed = Dataset::concat([&ds, &corners]).map(|_| ()).unwrap_err();
        assert_eq!(mixed.kind(), ErrorKind::Mismatch);
        assert!(mixed.to_string().contains("with boxes as xyxy in part 1"), "{mixed}");
        let none = ds.select(["height"]).unwrap().with_boxes(BoxForm::COCO).unwrap_err();
        assert_eq!(none.kind(), ErrorKind::Key);
    }
}
