//! Masks of objects, kept in the form they came in and decoded when a comparison needs them.
//!
//! Most detections never meet a truth of their class; their masks are never unpacked. What is kept of a mask is
//! what its source had: polygons, a compressed string or runs, all in one column each.

use std::borrow::Cow;

use arrow_buffer::ScalarBuffer;

use crate::error::{Error, ErrorKind, Place, Result};
use crate::geometry::rle::{runs, text};
use crate::geometry::{Ring, Rle, Size, coco_iou, rasterize};

/// In which column a mask lies, from where to where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Absent,
    /// Rings, as ends in `rings`.
    Polygons(u32, u32),
    Text(u64, u32),
    Runs(u32, u32),
    /// Runs in the memory of a table: which, and from where to where.
    Shared(u32, u32, u32),
}

/// Masks, one an object.
#[derive(Clone, Debug, Default)]
pub struct Masks {
    sizes: Vec<Size>,
    forms: Vec<Form>,
    /// Where each ring ends in `numbers`.
    rings: Vec<u32>,
    numbers: Vec<f64>,
    text: Vec<u8>,
    runs: Vec<u32>,
    shared: Vec<ScalarBuffer<u32>>,
}

/// A decoded mask, with what its overlaps ask for.
#[derive(Clone, Debug, PartialEq)]
pub struct Mask<'a> {
    /// Height and width.
    pub size: Size,
    /// Runs, column after column, the first outside; as a compressed string had them, not always canonical.
    pub runs: Cow<'a, [u32]>,
    /// The tight box: x, y, w, h.
    pub bbox: [f64; 4],
    /// Pixels inside.
    pub area: u32,
}

impl Masks {
    /// Forgets all masks from this object on.
    pub fn truncate(&mut self, objects: usize) {
        self.sizes.truncate(objects);
        self.forms.truncate(objects);
    }

    /// The number of masks.
    pub fn len(&self) -> usize {
        self.forms.len()
    }

    /// True without any.
    pub fn is_empty(&self) -> bool {
        self.forms.is_empty()
    }

    /// An object without a mask.
    pub fn push_absent(&mut self) {
        self.sizes.push(Size::new(0, 0));
        self.forms.push(Form::Absent);
    }

    /// A mask as polygons: rings of x, y, x, y, …
    pub fn push_polygons<'a>(&mut self, size: Size, rings: impl IntoIterator<Item = &'a [f64]>) {
        let first = self.rings.len();
        for ring in rings {
            self.numbers.extend_from_slice(ring);
            self.rings.push(index(self.numbers.len()));
        }
        self.sizes.push(size);
        self.forms.push(Form::Polygons(index(first), index(self.rings.len())));
    }

    /// A mask as COCO's compressed string.
    pub fn push_text(&mut self, size: Size, counts: &[u8]) {
        let first = self.text.len() as u64;
        self.text.extend_from_slice(counts);
        self.sizes.push(size);
        self.forms.push(Form::Text(first, index(counts.len())));
    }

    /// A mask as runs.
    pub fn push_runs(&mut self, size: Size, counts: &[u32]) {
        let first = index(self.runs.len());
        self.runs.extend_from_slice(counts);
        self.sizes.push(size);
        self.forms.push(Form::Runs(first, index(self.runs.len())));
    }

    /// Takes a share of the runs of many masks, for [`Masks::push_shared`] to point into.
    pub(super) fn share(&mut self, runs: ScalarBuffer<u32>) {
        self.shared.push(runs);
    }

    /// A mask whose runs lie in what was shared last, where no place is beyond 2^32.
    pub(super) fn push_shared(&mut self, size: Size, runs: std::ops::Range<u32>) {
        self.sizes.push(size);
        self.forms.push(Form::Shared(index(self.shared.len().saturating_sub(1)), runs.start, runs.end));
    }

    /// The runs of a mask that is kept as such.
    fn runs(&self, form: Form) -> &[u32] {
        let (all, first, end) = match form {
            Form::Runs(first, end) => (self.runs.as_slice(), first, end),
            Form::Shared(which, first, end) => {
                (self.shared.get(which as usize).map_or(&[][..], |runs| runs), first, end)
            }
            _ => return &[],
        };
        all.get(first as usize..end as usize).unwrap_or_default()
    }

    /// True if the object has a mask.
    pub fn has(&self, object: usize) -> bool {
        !matches!(self.forms.get(object), None | Some(Form::Absent))
    }

    /// True unless the mask is of polygons whose size is not known yet.
    pub fn is_sized(&self, object: usize) -> bool {
        !matches!(self.forms.get(object), Some(Form::Polygons(..))) || self.size(object) != Size::new(0, 0)
    }

    /// The height and width that came with a mask.
    pub fn size(&self, object: usize) -> Size {
        self.sizes.get(object).copied().unwrap_or(Size::new(0, 0))
    }

    /// Says of which size the polygons of an object are, where their source did not: its image does.
    pub fn set_size(&mut self, object: usize, size: Size) {
        if self.is_sized(object) {
            return;
        }
        if let Some(slot) = self.sizes.get_mut(object) {
            *slot = size;
        }
    }

    /// The masks of these objects, in this order.
    pub fn pick(&self, order: &[u32]) -> Masks {
        let mut out = Masks { shared: self.shared.clone(), ..Masks::default() };
        for object in order {
            let (size, form) = (self.size(*object as usize), self.forms.get(*object as usize));
            match form {
                None | Some(Form::Absent) => out.push_absent(),
                Some(Form::Polygons(..)) => out.push_polygons(size, self.rings(*object as usize)),
                Some(Form::Text(first, length)) => out.push_text(size, self.text(*first, *length)),
                Some(Form::Runs(..)) => out.push_runs(size, form.map_or(&[], |form| self.runs(*form))),
                Some(shared @ Form::Shared(..)) => {
                    out.sizes.push(size);
                    out.forms.push(*shared);
                }
            }
        }
        out
    }

    fn text(&self, first: u64, length: u32) -> &[u8] {
        self.text.get(first as usize..first as usize + length as usize).unwrap_or_default()
    }

    fn rings(&self, object: usize) -> impl Iterator<Item = &[f64]> {
        let (first, end) = match self.forms.get(object) {
            Some(Form::Polygons(first, end)) => (*first as usize, *end as usize),
            _ => (0, 0),
        };
        let starts =
            (first..end).map(|ring| if ring == 0 { Some(0) } else { self.rings.get(ring - 1).copied() });
        starts
            .zip(self.rings.get(first..end).unwrap_or_default())
            .filter_map(|(start, end)| self.numbers.get(start? as usize..*end as usize))
    }

    /// The mask of an object: polygons drawn by COCO's rule, several rings joined.
    ///
    /// # Errors
    /// `Format` for polygons and strings that are none, runs that do not fill the size, an absent mask.
    pub fn decode(&self, object: usize) -> Result<Mask<'_>> {
        let size = self.size(object);
        let runs: Cow<[u32]> = match self.forms.get(object) {
            None | Some(Form::Absent) => {
                return Err(
                    Error::new(ErrorKind::Format, "the object has no mask").at(Place::none().key("mask"))
                );
            }
            Some(Form::Polygons(..)) => {
                let rings = self.rings(object).map(Ring::try_new).collect::<Result<Vec<_>>>()?;
                // No ring encloses nothing; the reference fails on it.
                if rings.is_empty() {
                    Rle::empty(size)?.into_counts().into()
                } else {
                    rasterize(size, &rings)?.into_counts().into()
                }
            }
            Some(Form::Text(first, length)) => text::parse(self.text(*first, *length))?.into(),
            Some(form @ (Form::Runs(..) | Form::Shared(..))) => self.runs(*form).into(),
        };
        let sum = runs.iter().fold(0u64, |sum, run| sum + u64::from(*run));
        let pixels = u64::from(size.height) * u64::from(size.width);
        if sum != pixels {
            let what =
                format!("the runs have {sum} pixels, the size {}x{} has {pixels}", size.height, size.width);
            return Err(Error::new(ErrorKind::Format, what).at(Place::none().key("mask")));
        }
        let (bbox, area) = (runs::bbox(size, &runs).to_array(), runs::area(&runs));
        Ok(Mask { size, runs, bbox, area })
    }

    /// The number of pixels of a mask, without its box.
    ///
    /// # Errors
    /// As [`Masks::decode`].
    pub fn area(&self, object: usize) -> Result<u32> {
        match self.forms.get(object) {
            Some(Form::Text(first, length)) => Ok(text::area(self.text(*first, *length))?),
            Some(form @ (Form::Runs(..) | Form::Shared(..))) => Ok(runs::area(self.runs(*form))),
            _ => Ok(self.decode(object)?.area),
        }
    }
}

impl Mask<'_> {
    /// The overlap of a detection (`self`) with a truth, as pycocotools computes it: see
    /// [`crate::geometry::coco_mask_iou`].
    pub fn iou(&self, truth: &Mask<'_>, crowd: bool) -> f64 {
        if coco_iou(&self.bbox, &truth.bbox, false) <= 0.0 {
            return 0.0;
        }
        if self.size != truth.size {
            return -1.0;
        }
        match runs::shared(&self.runs, &truth.runs) {
            0 => 0.0,
            shared if crowd => f64::from(shared) / f64::from(self.area),
            shared => f64::from(shared) / f64::from(self.area - shared + truth.area),
        }
    }
}

/// A place in a column. Columns are bounded by what a source may have: objects by 2^32, and no more of each.
fn index(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn three_forms() -> (Rle, Masks) {
        let size = Size::new(20, 30);
        let ring = [2.0, 3.0, 17.0, 3.0, 17.0, 12.0, 2.0, 12.0];
        let rle = Rle::from_polygons(size, &[ring]).unwrap();
        let mut masks = Masks::default();
        masks.push_polygons(size, [ring.as_slice()]);
        masks.push_text(size, rle.to_coco_string().as_bytes());
        masks.push_runs(size, rle.counts());
        masks.push_absent();
        let table: Vec<u32> = [&[7], rle.counts()].concat();
        let end = table.len() as u32;
        masks.share(table.into());
        masks.push_shared(size, 1..end);
        (rle, masks)
    }

    #[test]
    fn every_form_of_a_mask_decodes_to_the_same() {
        let (rle, masks) = three_forms();
        for object in [0, 1, 2, 4] {
            let mask = masks.decode(object).unwrap();
            assert_eq!((&*mask.runs, mask.area), (rle.counts(), rle.area()));
            assert_eq!(masks.area(object).unwrap(), rle.area());
            assert_eq!(mask.bbox, rle.bbox().to_array());
        }
        assert!(masks.decode(3).is_err() && !masks.has(3));
    }

    #[test]
    fn picked_masks_are_those_asked_for_in_that_order() {
        let (_, masks) = three_forms();
        let picked = masks.pick(&[3, 2, 0, 4, 1, 0]);
        assert!(!picked.has(0));
        for object in 1..6 {
            assert_eq!(picked.decode(object).unwrap(), masks.decode(0).unwrap());
        }
    }

    #[test]
    fn runs_of_another_size_are_refused() {
        let mut masks = Masks::default();
        masks.push_runs(Size::new(2, 2), &[1, 2]);
        assert!(masks.decode(0).unwrap_err().to_string().contains("3 pixels"));
    }
}
