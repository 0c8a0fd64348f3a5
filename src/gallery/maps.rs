//! Label images at the size they are shown, and what their numbers mean.

use std::collections::HashMap;

use crate::dataset::Value;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::geometry::{LabelMap, Rle, Size};
use crate::image::{Colour, LabelData, LabelImage, MAX_LABEL_PIXELS, voc_colormap};
use crate::schema::classes::{Class, ClassTable, SourceId};

/// A label image: a number a pixel, row after row.
pub(super) struct Map {
    size: (u32, u32),
    ids: Vec<u32>,
    palette: Option<Vec<Colour>>,
    /// True for numbers that are colours.
    packed: bool,
}

impl Map {
    /// Decodes a PNG; its numbers stay as they are.
    ///
    /// # Errors
    /// Those of [`LabelImage::decode`].
    pub(super) fn decode(png: &[u8]) -> Result<Map> {
        let labels = LabelImage::decode(png, MAX_LABEL_PIXELS)?;
        let packed = matches!(labels.data(), LabelData::Rgb(_));
        let palette = labels.palette().map(<[Colour]>::to_vec);
        Ok(Map { size: labels.size(), ids: labels.ids(), palette, packed })
    }

    /// The numbers at another size: each new pixel has that of the old one below its centre.
    pub(super) fn at(&self, (height, width): (u32, u32)) -> Vec<u32> {
        let near = |at: u32, to: u32, from: u32| {
            ((u64::from(at) * 2 + 1) * u64::from(from) / (u64::from(to) * 2)) as usize
        };
        let columns: Vec<usize> = (0..width).map(|column| near(column, width, self.size.1)).collect();
        let rows = (0..height).map(|row| near(row, height, self.size.0) * self.size.1 as usize);
        let pixels = rows.flat_map(|start| columns.iter().map(move |column| start + column));
        pixels.map(|at| self.ids.get(at).copied().unwrap_or(0)).collect()
    }

    /// The masks of its numbers at another size.
    ///
    /// # Errors
    /// A size beyond what masks may have.
    pub(super) fn masks(&self, size: (u32, u32)) -> Result<HashMap<u32, Rle>> {
        if u64::from(size.0) * u64::from(size.1) > MAX_LABEL_PIXELS {
            let what = format!("segments of a picture of {}x{} are too many pixels to draw", size.0, size.1);
            return Err(Error::new(ErrorKind::Limit, what).at(Place::area("view")));
        }
        let ids = self.at(size);
        let map = LabelMap::try_new(Size::new(size.0, size.1), &ids)?;
        Ok(map.masks().into_iter().map(|(segment, mask)| (segment.id, mask)).collect())
    }

    /// How many of the numbers that are seen have a class.
    pub(super) fn known(&self, classes: &ClassTable) -> usize {
        let legend = self.legend(Some(classes));
        let mut seen = self.ids.clone();
        seen.sort_unstable();
        seen.dedup();
        seen.into_iter().filter(|id| legend.class(*id).is_some()).count()
    }

    /// What a number is called and shown as.
    ///
    /// Colours are those of the file: its palette, or the number itself where that is a colour; else of the
    /// class; else of the VOC colour map. Names are of the class whose id in its source is the number, where
    /// classes have such ids; else of the class one below it, if the file has the VOC colour map, in which 0 is
    /// the ground; else of the class of that label.
    pub(super) fn legend(&self, classes: Option<&ClassTable>) -> Legend<'_> {
        let numbered =
            classes.is_some_and(|c| c.iter().any(|c| matches!(c.source_id, Some(SourceId::Int(_)))));
        let voc = voc_colormap(22);
        let is_voc = self
            .palette
            .as_ref()
            .is_some_and(|p| p.len() >= 21 && p.iter().zip(&voc).take(21).all(|(a, b)| a == b));
        Legend { map: self, classes: classes.cloned().unwrap_or_default(), numbered, is_voc }
    }
}

/// Names and colours of a label image's numbers.
pub(super) struct Legend<'a> {
    map: &'a Map,
    classes: ClassTable,
    numbered: bool,
    is_voc: bool,
}

impl Legend<'_> {
    fn label(&self, id: u32) -> Option<i64> {
        let id = i64::from(id);
        match (self.numbered, self.is_voc) {
            (true, _) => self.classes.label_of_source(&SourceId::Int(id)),
            (false, true) => (id > 0).then(|| id - 1),
            (false, false) => Some(id),
        }
    }

    fn class(&self, id: u32) -> Option<&Class> {
        self.classes.get(self.label(id)?)
    }

    /// The name of a number.
    pub(super) fn name(&self, id: u32) -> String {
        match self.class(id) {
            Some(class) => class.name.clone(),
            None if id == 0 => "background".to_owned(),
            None if id == 255 && !self.map.packed => "void".to_owned(),
            None => id.to_string(),
        }
    }

    /// The colour of a number.
    pub(super) fn colour(&self, id: u32) -> Colour {
        let [r, g, b, _] = id.to_le_bytes();
        if self.map.packed {
            return [r, g, b];
        }
        let of_palette = || self.map.palette.as_ref()?.get(usize::try_from(id).ok()?).copied();
        let of_class = || self.class(id)?.color;
        of_palette().or_else(of_class).unwrap_or_else(|| crate::image::voc_colour(r))
    }
}

/// The id of a segment as its objects name it.
pub(super) fn segment_id(value: &Value) -> Option<u32> {
    u32::try_from(value.as_int()?).ok()
}
