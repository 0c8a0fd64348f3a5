//! The form with two channels: a PNG whose red channel is the class and whose green channel is the instance
//! (Kirillov et al., 2019); and the same two numbers in one, class × 1000 + instance, in 16 bits.
//!
//! The class is the source's own id. A class that has no instances has instance 0. Pixels of the void class
//! belong to no segment.

use std::collections::HashMap;

use crate::convert::panoptic::{Picture, PictureSegment, SegmentIds};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::geometry::Size;
use crate::image::{LabelData, LabelImage, MAX_LABEL_PIXELS};
use crate::schema::classes::{Class, ClassTable, SourceId};

/// What the class is multiplied by where both numbers are one.
const OFFSET: u32 = 1000;

/// The number that stands for a class in such files.
fn class_id(class: &Class) -> Option<u32> {
    match class.source_id {
        Some(SourceId::Int(id)) => u32::try_from(id).ok(),
        _ => None,
    }
}

impl Picture {
    /// A picture from a PNG of two channels, or of one with 16 bits. Each class and instance together is a
    /// segment, in ascending order, with an id by [`SegmentIds`].
    ///
    /// ```
    /// use lensframe::convert::panoptic::Picture;
    /// use lensframe::image::LabelImage;
    /// use lensframe::schema::classes::{Class, ClassTable, SourceId};
    /// # fn main() -> lensframe::error::Result<()> {
    /// let car = Class { source_id: Some(SourceId::Int(26)), ..Class::named("car") };
    /// let classes = ClassTable::new(vec![car]);
    /// let png = LabelImage::gray16((1, 4), vec![0, 26001, 26002, 26001])?.encode()?;
    /// let picture = Picture::of_channels(&png, &classes, 0)?;
    /// assert_eq!(picture.segments().len(), 2);
    /// assert_eq!(picture.extents()?[0].as_ref().map(|segment| segment.area), Some(2));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Those of [`LabelImage::decode`]; [`ErrorKind::Format`] for a class that the table does not have, and for
    /// a PNG of another kind.
    pub fn of_channels(png: &[u8], classes: &ClassTable, void: u32) -> Result<Picture> {
        let labels = LabelImage::decode(png, MAX_LABEL_PIXELS)?;
        let pairs: Vec<u32> = match labels.data() {
            LabelData::Rgb(colours) => colours
                .iter()
                .map(|[class, instance, _]| u32::from(*class) * OFFSET + u32::from(*instance))
                .collect(),
            LabelData::U16(values) => values.iter().map(|value| u32::from(*value)).collect(),
            LabelData::U8(_) => {
                let what = "a PNG of one channel and 8 bits has no room for class and instance";
                return Err(Error::new(ErrorKind::Format, what).at(Place::area("panoptic")));
            }
        };
        let mut known: Vec<u32> = pairs.clone();
        known.sort_unstable();
        known.dedup();
        let (mut ids, mut segments) = (SegmentIds::new(classes), Vec::new());
        let mut id_of: HashMap<u32, u32> = HashMap::new();
        for pair in known.into_iter().filter(|pair| pair / OFFSET != void) {
            let class = pair / OFFSET;
            let label = classes.label_of_source(&SourceId::Int(i64::from(class))).ok_or_else(|| {
                let what = format!("there is no class with the id {class}");
                Error::new(ErrorKind::Format, what)
                    .at(Place::area("panoptic"))
                    .remedy("name the classes that the file was made with")
            })?;
            let id = ids.next(Some(label));
            id_of.insert(pair, id);
            segments.push(PictureSegment::new(id, label));
        }
        let ids = pairs.iter().map(|pair| id_of.get(pair).copied().unwrap_or(0)).collect();
        let (height, width) = labels.size();
        Picture::new(Size::new(height, width), ids, segments)
    }

    /// The picture as a PNG of two channels (the third is 0). Instances of a class whose `isthing` is not 0 are
    /// numbered from 1 in the order of the segments; other classes have instance 0, so that their segments
    /// become one. Void is class `void`.
    ///
    /// # Errors
    /// [`ErrorKind::Limit`] for class ids and instances above 255; [`ErrorKind::Usage`] for a class without a
    /// number; those of the encoder.
    pub fn to_channels(&self, classes: &ClassTable, void: u8) -> Result<Vec<u8>> {
        let mut pairs: HashMap<u32, [u8; 3]> = HashMap::new();
        let mut instances: HashMap<i64, u32> = HashMap::new();
        let too_large = |what: String| Error::new(ErrorKind::Limit, what).at(Place::area("panoptic"));
        for segment in self.segments() {
            let Some(label) = segment.label else { continue };
            let class = classes.get(label);
            let id = class.and_then(class_id).ok_or_else(|| {
                let what = format!("class {label} has no number of its own");
                Error::new(ErrorKind::Usage, what).at(Place::area("panoptic"))
            })?;
            let id = u8::try_from(id).map_err(|_| too_large(format!("class id {id} does not fit 8 bits")))?;
            let mut instance = 0;
            if class.is_none_or(is_thing) {
                let count = instances.entry(label).or_default();
                *count += 1;
                let what = || too_large(format!("more than 255 segments of class {id} in a picture"));
                instance = u8::try_from(*count).map_err(|_| what())?;
            }
            pairs.insert(segment.id, [id, instance, 0]);
        }
        let colour = |id: &u32| pairs.get(id).copied().unwrap_or([void, 0, 0]);
        let size = self.size();
        LabelImage::rgb((size.height, size.width), self.ids().iter().map(colour).collect())?.encode()
    }
}

/// True unless the class says that its segments are no single objects: COCO's `isthing` is 0, or Cityscapes'
/// `has_instances` false.
pub(super) fn is_thing(class: &Class) -> bool {
    let says = |name: &str| class.extra.get(name);
    says("isthing").and_then(serde_json::Value::as_i64) != Some(0)
        && says("has_instances").and_then(serde_json::Value::as_bool) != Some(false)
}
