//! Instances of `SegmentationObject`: the object set `masks`.
//!
//! Each number of the instance PNG but 0 and void is an instance; its class is the one that most of its pixels
//! have in the class PNG. Of an RGB file the colours of VOC's colour map are their numbers, others are
//! R + 256·G + 65536·B.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{ArrayRef, ListArray};
use arrow_buffer::NullBufferBuilder;
use arrow_schema::Field;

use super::classes::{Classes, VOID};
use super::tuple::Tuples;
use crate::convert::column::{Ends, Masks, Plain, Texts, item};
use crate::error::{Place, Result, ResultExt};
use crate::geometry::{LabelMap, Size};
use crate::image::{ColourTable, LabelData, LabelImage, pack_id, voc_colormap};
use crate::job::{Job, Warning};
use crate::schema::field::{self, IdType};

/// The name of the set.
pub(super) const SET: &str = "masks";

/// A label PNG of more pixels is refused: 2^26.
const MAX_PIXELS: u64 = 1 << 26;

/// A label PNG: what it is called in messages, and its bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Png<'a> {
    pub(super) name: &'a str,
    pub(super) bytes: &'a [u8],
}

impl Png<'_> {
    fn decode(&self) -> Result<LabelImage> {
        LabelImage::decode(self.bytes, MAX_PIXELS).at(|| self.place())
    }

    fn place(&self) -> Place {
        Place::area("voc").file(self.name)
    }
}

/// An instance.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Instance {
    pub(super) id: u32,
    pub(super) label: Option<i64>,
    pub(super) bbox: [f64; 4],
    pub(super) area: f64,
    pub(super) rle: String,
}

/// The instances of an image, and its (height, width).
pub(super) struct Found {
    pub(super) size: (u32, u32),
    pub(super) instances: Vec<Instance>,
}

/// What turns pixels into numbers.
#[derive(Debug)]
pub(super) struct Reader {
    classes: Classes,
    colours: ColourTable,
    numbers: ColourTable,
}

impl Reader {
    /// Reads PNGs with these classes.
    pub(super) fn new(classes: Classes) -> Reader {
        let colours = classes.colours();
        Reader { classes, colours, numbers: ColourTable::new(&voc_colormap(256)) }
    }

    /// The instances of a PNG, with the classes of another; `declared` is the (height, width) of the image.
    ///
    /// # Errors
    /// Those of decoding and of warnings.
    pub(super) fn read(
        &self,
        instances: Png<'_>,
        classes: Option<Png<'_>>,
        declared: Option<(i32, i32)>,
        job: &Job,
    ) -> Result<Found> {
        let image = instances.decode()?;
        let (height, width) = image.size();
        check_size(&image, &instances, declared, job)?;
        let ids = match image.data() {
            LabelData::Rgb(colours) => {
                let number = |c: &[u8; 3]| self.numbers.index(*c).map_or(pack_id(*c), u32::from);
                colours.iter().map(number).collect()
            }
            _ => image.ids(),
        };
        let map = LabelMap::try_new(Size::new(height, width), &ids).at(|| instances.place())?;
        let masks = map.masks_of(|id| id != 0 && id != u32::from(VOID));
        let labels = match classes {
            Some(png) => self.labels(&ids, (height, width), png, job)?,
            None => HashMap::new(),
        };
        let instance = |(segment, rle): (crate::geometry::Segment, crate::geometry::Rle)| Instance {
            id: segment.id,
            label: labels.get(&segment.id).copied(),
            bbox: segment.bbox.to_array(),
            area: f64::from(segment.area),
            rle: rle.to_coco_string(),
        };
        Ok(Found { size: (height, width), instances: masks.into_iter().map(instance).collect() })
    }

    /// The label that most pixels of each instance have.
    fn labels(&self, ids: &[u32], size: (u32, u32), png: Png<'_>, job: &Job) -> Result<HashMap<u32, i64>> {
        let image = png.decode()?;
        if image.size() != size {
            let (height, width) = image.size();
            let what = format!("it is {width}x{height} but the instances are {}x{}", size.1, size.0);
            job.warn(Warning::new("voc.label-maps-differ", png.place(), what, "instances without classes"))?;
            return Ok(HashMap::new());
        }
        let indexed = image.to_indices(&self.colours, VOID);
        if indexed.unknown > 0 {
            let what = format!("{} pixels have colours of no class", indexed.unknown);
            job.warn(Warning::new("voc.unknown-colour", png.place(), what, "taken as void"))?;
        }
        let mut counts: HashMap<(u32, u8), u64> = HashMap::new();
        let mut run: Option<((u32, u8), u64)> = None;
        for pair in ids.iter().copied().zip(indexed.indices) {
            match &mut run {
                Some((known, count)) if *known == pair => *count += 1,
                _ => {
                    if let Some((pair, count)) = run.replace((pair, 1)) {
                        *counts.entry(pair).or_default() += count;
                    }
                }
            }
        }
        if let Some((pair, count)) = run {
            *counts.entry(pair).or_default() += count;
        }
        let mut most: HashMap<u32, (u64, i64)> = HashMap::new();
        for ((id, index), count) in counts {
            let Some(label) = self.classes.label(index) else { continue };
            let best = most.entry(id).or_insert((count, label));
            // Of equals the first class, whatever the order of the map.
            if count > best.0 || (count == best.0 && label < best.1) {
                *best = (count, label);
            }
        }
        Ok(most.into_iter().map(|(id, (_, label))| (id, label)).collect())
    }
}

fn check_size(image: &LabelImage, png: &Png<'_>, declared: Option<(i32, i32)>, job: &Job) -> Result<()> {
    let (height, width) = image.size();
    let same = |(h, w): (i32, i32)| i64::from(h) == i64::from(height) && i64::from(w) == i64::from(width);
    match declared.filter(|size| !same(*size)) {
        None => Ok(()),
        Some((h, w)) => {
            let what = format!("it is {width}x{height} but its image {w}x{h}");
            job.warn(Warning::new("voc.label-map-size", png.place(), what, "kept as it is"))
        }
    }
}

/// The columns of the set.
#[derive(Debug)]
pub(super) struct MaskColumns {
    image_id: Texts,
    object_id: Plain<i64>,
    label: Plain<i64>,
    bbox: Tuples<4>,
    area: Plain<f64>,
    masks: Masks,
    lists: Ends,
    listed: NullBufferBuilder,
}

impl MaskColumns {
    pub(super) fn new() -> MaskColumns {
        MaskColumns {
            image_id: Texts::new(),
            object_id: Plain::new(),
            label: Plain::new(),
            bbox: Tuples::new(),
            area: Plain::new(),
            masks: Masks::new(),
            lists: Ends::new(),
            listed: NullBufferBuilder::new(0),
        }
    }

    /// The fields, in order.
    pub(super) fn fields() -> Vec<Field> {
        let mut fields = vec![field::image_id(IdType::Text), field::object_id(SET, IdType::Int)];
        let known = ["label", "bbox", "area", "segmentation"];
        fields.extend(known.into_iter().filter_map(|name| field::object(SET, name)));
        fields
    }

    /// How many bytes the builders hold, about.
    pub(super) fn held(&self) -> usize {
        self.masks.bytes() + 64 * self.object_id.len()
    }

    /// How many rows there are.
    pub(super) fn rows(&self) -> usize {
        self.image_id.len()
    }

    /// The next row; `None` for one without an instance PNG.
    ///
    /// # Errors
    /// Those of the columns.
    pub(super) fn push(&mut self, id: &str, found: Option<&Found>) -> Result<()> {
        self.image_id.push(id)?;
        if let Some(found) = found {
            for instance in &found.instances {
                self.object_id.push(Some(i64::from(instance.id)));
                self.label.push(instance.label);
                self.bbox.push(Some(instance.bbox));
                self.area.push(Some(instance.area));
                self.masks.push(found.size, &instance.rle)?;
            }
        }
        self.listed.append(found.is_some());
        self.lists.push(self.object_id.len())
    }

    /// The columns, in the order of [`MaskColumns::fields`], empty again.
    ///
    /// # Errors
    /// Those of arrow.
    pub(super) fn finish(&mut self) -> Result<Vec<ArrayRef>> {
        let ids = self.image_id.finish()?;
        let objects = vec![
            self.object_id.finish::<Int64Type>()?,
            self.label.finish::<Int64Type>()?,
            self.bbox.finish()?,
            self.area.finish::<Float64Type>()?,
            self.masks.finish()?,
        ];
        let (lists, listed) = (self.lists.finish(), self.listed.finish());
        let list = |values: ArrayRef| -> Result<ArrayRef> {
            let field = item(values.data_type().clone());
            Ok(Arc::new(ListArray::try_new(field, lists.clone(), values, listed.clone())?))
        };
        std::iter::once(Ok(ids)).chain(objects.into_iter().map(list)).collect()
    }
}
