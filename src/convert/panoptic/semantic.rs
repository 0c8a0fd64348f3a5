//! A view in semantic form: PNGs of class numbers, made when they are read.

use super::paint::paint;
use super::picture::Picture;
use super::view::{Row, image, stored_picture};
use crate::dataset::store::Store;
use crate::dataset::{Dataset, Mapping, Value};
use crate::error::Result;
use crate::geometry::Size;
use crate::image::{LabelImage, voc_colour};
use crate::schema::axis::key_name;
use crate::schema::classes::{Class, ClassTable, SourceId};
use crate::schema::field;

/// Which number stands for a class in a semantic PNG.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Numbers {
    /// Its label, a position in the class table; void is 255, or 65535 where there are more than 255 classes.
    #[default]
    Labels,
    /// The source's own id; void is 0. As panopticapi's converter.
    SourceIds,
}

/// A view with the key `label_map`: a PNG of class numbers, from the panoptic PNG and its segments, else
/// painted from the `segmentation` of the set. It has the classes' colours as its palette where they fit one.
///
/// # Errors
/// [`crate::error::ErrorKind::NotFound`] if there is no such set, or neither PNGs nor segmentations.
pub fn semantics(store: &Store, ds: &Dataset, set: &str, numbers: Numbers) -> Result<Dataset> {
    let stored = ds.keys().find("panoptic").is_ok() && ds.keys().find("panoptic.record").is_ok();
    let segmentation = key_name(set, "segmentation");
    if !stored {
        ds.keys().find(&segmentation)?;
    }
    let classes = ds.classes(set).cloned().unwrap_or_default();
    let mut names = Vec::new();
    let mut keys = Vec::new();
    for base in ["object_id", "label", "crowded", "segmentation"] {
        let key = key_name(set, base);
        if ds.keys().find(&key).is_ok() && (base != "segmentation" || !stored) {
            names.push(base.to_owned());
            keys.push(key);
        }
    }
    for key in ["panoptic", "height", "width"].into_iter().filter(|key| ds.keys().find(key).is_ok()) {
        names.push(key.to_owned());
        keys.push(key.to_owned());
    }
    let (store, legend) = (store.clone(), Legend::new(&classes, numbers));
    let mapping = Mapping::new(field::row_of("label_map", field::image_type()), move |values, call| {
        let row = Row { names: &names, values };
        let picture = match stored {
            true => stored_picture(&store, &row, call)?,
            false => paint(&row, &classes, true, call)?.map(|painted| painted.picture),
        };
        Ok(vec![match picture {
            Some(picture) => image(legend.png(&picture)?),
            None => Value::Null,
        }])
    });
    ds.map_with(mapping.inputs(keys).keep_others())
}

/// How classes are numbered and coloured in a semantic PNG.
struct Legend {
    numbers: Vec<Option<u16>>,
    void: u16,
    /// By number; `None` where numbers do not fit a byte.
    palette: Option<Vec<[u8; 3]>>,
}

impl Legend {
    fn new(classes: &ClassTable, numbers: Numbers) -> Legend {
        let number = |(label, class): (usize, &Class)| match numbers {
            Numbers::Labels => u16::try_from(label).ok(),
            Numbers::SourceIds => match class.source_id {
                Some(SourceId::Int(id)) => u16::try_from(id).ok(),
                _ => None,
            },
        };
        let all: Vec<Option<u16>> = classes.iter().enumerate().map(number).collect();
        let small = all.iter().flatten().all(|number| *number < 255);
        let void = match (numbers, small) {
            (Numbers::SourceIds, _) => 0,
            (Numbers::Labels, true) => 255,
            (Numbers::Labels, false) => u16::MAX,
        };
        let mut palette: Vec<[u8; 3]> = (0..=u8::MAX).map(voc_colour).collect();
        for (class, number) in classes.iter().zip(&all) {
            let slot = number.and_then(|number| palette.get_mut(usize::from(number)));
            if let (Some(slot), Some(colour)) = (slot, class.color) {
                *slot = colour;
            }
        }
        Legend { numbers: all, void, palette: small.then_some(palette) }
    }

    fn png(&self, picture: &Picture) -> Result<Vec<u8>> {
        let number = |label: i64| self.numbers.get(usize::try_from(label).ok()?).copied().flatten();
        let values = picture.semantic(number, self.void);
        let Size { height, width } = picture.size();
        match &self.palette {
            Some(palette) => {
                let values = values.iter().map(|value| u8::try_from(*value).unwrap_or(u8::MAX)).collect();
                LabelImage::indexed((height, width), values, palette.clone())?.encode()
            }
            None => LabelImage::gray16((height, width), values)?.encode(),
        }
    }
}
