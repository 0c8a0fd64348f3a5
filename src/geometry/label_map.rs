//! Maps of labels: an id a pixel, and what each id covers.
//!
//! One walk over the pixels, column after column, gives for every id its area, its tight box and, where
//! asked, its mask; painting masks is the inverse. Both are O(pixels), however many ids there are.
//!
//! The invariants: a [`LabelMap`] has height × width ids, row after row, and at most [`MAX_PIXELS`]; the
//! masks of its segments are canonical, do not overlap, and cover the image. A [`LabelCanvas`] is such a map
//! in the making. What an id means, and which one is void, is the caller's matter.

// A kernel: slots, columns and spans are made here from lengths checked at the door.
#![allow(clippy::indexing_slicing, clippy::as_conversions)]

use std::collections::HashMap;

use crate::error::{Error, ErrorKind, Place, Result};
use crate::geometry::bitmap::same_size;
use crate::geometry::{BBox, MAX_PIXELS, Rle, Size};

/// A borrowed map: an id a pixel (`u8`, `u16` or `u32`), row after row.
///
/// ```
/// use lensframe::geometry::{LabelMap, Size};
/// # fn main() -> lensframe::error::Result<()> {
/// let ids = [7u8, 7, 0,
///            7, 9, 0];
/// let found = LabelMap::try_new(Size::new(2, 3), &ids)?.segments();
/// assert_eq!(found.iter().map(|s| (s.id, s.area)).collect::<Vec<_>>(), [(0, 2), (7, 3), (9, 1)]);
/// assert_eq!(found[1].bbox.to_array(), [0.0, 0.0, 2.0, 2.0]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct LabelMap<'a, T> {
    size: Size,
    ids: &'a [T],
}

/// What an id covers.
#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    /// The id.
    pub id: u32,
    /// How many pixels have it; at least 1.
    pub area: u32,
    /// The smallest box around them.
    pub bbox: BBox,
}

impl<'a, T: Copy + PartialEq + Into<u32>> LabelMap<'a, T> {
    /// The map of these ids.
    ///
    /// # Errors
    /// `Length` if there are not height × width ids; `Limit` above [`MAX_PIXELS`].
    pub fn try_new(size: Size, ids: &'a [T]) -> Result<LabelMap<'a, T>> {
        let want = size.byte_pixels()?;
        if ids.len() != want {
            let what = format!("{} ids for a label map of {size}", ids.len());
            return Err(Error::new(ErrorKind::Length, what).at(Place::area("label map")));
        }
        Ok(LabelMap { size, ids })
    }

    /// Height and width.
    pub fn size(&self) -> Size {
        self.size
    }

    /// The ids, row after row.
    pub fn ids(&self) -> &'a [T] {
        self.ids
    }

    /// Every id that some pixel has, in ascending order, with its area and tight box.
    pub fn segments(&self) -> Vec<Segment> {
        self.walk(|_| false).into_iter().map(|slot| slot.segment()).collect()
    }

    /// As [`LabelMap::segments`], with the mask of each; the masks are disjoint and cover the image.
    pub fn masks(&self) -> Vec<(Segment, Rle)> {
        self.masks_of(|_| true)
    }

    /// As [`LabelMap::masks`], of the ids that are wanted only.
    pub fn masks_of(&self, wanted: impl Fn(u32) -> bool) -> Vec<(Segment, Rle)> {
        let pixels = self.ids.len() as u32;
        let slots = self.walk(wanted).into_iter().filter(|slot| slot.keeps);
        slots.map(|slot| (slot.segment(), Rle::from_canonical(self.size, slot.finish(pixels)))).collect()
    }

    /// Column after column, so that a run that reaches the foot of one goes on at the head of the next.
    fn walk(&self, wanted: impl Fn(u32) -> bool) -> Vec<Slot> {
        let Size { height, width } = self.size;
        let (rows, columns) = (height as usize, width as usize);
        let mut slots = Slots::default();
        if self.ids.is_empty() {
            return slots.all;
        }
        // A block of columns is turned first: reading one column at a time touches a cache line a pixel.
        let mut block: Vec<u32> = vec![0; rows * BLOCK.min(columns)];
        for x in (0..columns).step_by(BLOCK) {
            let wide = BLOCK.min(columns - x);
            for (y, row) in self.ids.chunks_exact(columns).enumerate() {
                for (i, id) in row[x..x + wide].iter().enumerate() {
                    block[i * rows + y] = (*id).into();
                }
            }
            for (i, column) in block.chunks_exact(rows).take(wide).enumerate() {
                let (column_number, base) = ((x + i) as u32, ((x + i) * rows) as u32);
                let mut from = 0;
                while from < rows {
                    let id = column[from];
                    let long = column[from..].iter().position(|other| *other != id);
                    let to = long.map_or(rows, |long| from + long);
                    slots.of(id, &wanted).add(column_number, base, from as u32, to as u32);
                    from = to;
                }
            }
        }
        slots.all.sort_unstable_by_key(|slot| slot.id);
        slots.all
    }
}

/// Columns turned at once: 16 of 4 bytes fill a cache line.
const BLOCK: usize = 16;

/// An id in the course of the walk.
struct Slot {
    id: u32,
    area: u32,
    left: u32,
    right: u32,
    top: u32,
    bottom: u32,
    keeps: bool,
    runs: Vec<u32>,
    end: u32,
}

impl Slot {
    fn new(id: u32, keeps: bool) -> Slot {
        let runs = Vec::new();
        Slot { id, area: 0, left: u32::MAX, right: 0, top: u32::MAX, bottom: 0, keeps, runs, end: 0 }
    }

    /// Rows `from` to `to` of a column whose first pixel is pixel `base` of the column-major order.
    #[inline]
    fn add(&mut self, column: u32, base: u32, from: u32, to: u32) {
        self.area += to - from;
        self.left = self.left.min(column);
        self.right = self.right.max(column + 1);
        self.top = self.top.min(from);
        self.bottom = self.bottom.max(to);
        if !self.keeps {
            return;
        }
        let (first, end) = (base + from, base + to);
        match self.runs.last_mut() {
            Some(run) if first == self.end => *run += end - first,
            _ => self.runs.extend([first - self.end, end - first]),
        }
        self.end = end;
    }

    fn segment(&self) -> Segment {
        let bbox = BBox::whole(self.left, self.top, self.right - self.left, self.bottom - self.top);
        Segment { id: self.id, area: self.area, bbox }
    }

    fn finish(mut self, pixels: u32) -> Vec<u32> {
        if self.end < pixels {
            self.runs.push(pixels - self.end);
        }
        self.runs
    }
}

/// The slot of each id: a small direct-mapped cache before the table, since neighbours repeat their ids.
struct Slots {
    all: Vec<Slot>,
    table: HashMap<u32, u32>,
    recent: [(u32, u32); RECENT],
}

const RECENT: usize = 256;

impl Default for Slots {
    fn default() -> Slots {
        Slots { all: Vec::new(), table: HashMap::new(), recent: [(0, u32::MAX); RECENT] }
    }
}

impl Slots {
    #[inline]
    fn of(&mut self, id: u32, wanted: &impl Fn(u32) -> bool) -> &mut Slot {
        let place = (id as usize ^ (id >> 8) as usize ^ (id >> 16) as usize) % RECENT;
        let slot = match self.recent[place] {
            (seen, slot) if seen == id && slot != u32::MAX => slot,
            _ => {
                let all = &mut self.all;
                let slot = *self.table.entry(id).or_insert_with(|| {
                    all.push(Slot::new(id, wanted(id)));
                    (all.len() - 1) as u32
                });
                self.recent[place] = (id, slot);
                slot
            }
        };
        &mut self.all[slot as usize]
    }
}

/// A label map painted mask by mask: later over earlier.
///
/// ```
/// use lensframe::geometry::{LabelCanvas, Rle, Size};
/// # fn main() -> lensframe::error::Result<()> {
/// let size = Size::new(2, 2);
/// let mut canvas = LabelCanvas::new(size, 0)?;
/// assert_eq!(canvas.paint(&Rle::try_new(size, vec![0, 3, 1])?, 5)?, 0);
/// assert_eq!(canvas.paint(&Rle::try_new(size, vec![2, 2])?, 6)?, 1); // one pixel was 5
/// assert_eq!(canvas.into_ids(), [5, 6, 5, 6]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct LabelCanvas {
    size: Size,
    background: u32,
    // Column after column, as masks are: a span of a mask is a slice.
    ids: Vec<u32>,
}

impl LabelCanvas {
    /// A map with every pixel `background`.
    ///
    /// # Errors
    /// `Limit` above [`MAX_PIXELS`] (four bytes each).
    pub fn new(size: Size, background: u32) -> Result<LabelCanvas> {
        Ok(LabelCanvas { size, background, ids: vec![background; size.byte_pixels()?] })
    }

    /// Gives the pixels of a mask this id, and tells how many of them were no background before.
    ///
    /// # Errors
    /// `Mismatch` if the mask has another size.
    pub fn paint(&mut self, mask: &Rle, id: u32) -> Result<u32> {
        same_size(self.size, mask.size())?;
        let mut taken = 0;
        for (first, end) in mask.inside() {
            let span = &mut self.ids[first as usize..end as usize];
            taken += span.iter().map(|old| u32::from(*old != self.background)).sum::<u32>();
            span.fill(id);
        }
        Ok(taken)
    }

    /// Height and width.
    pub fn size(&self) -> Size {
        self.size
    }

    /// The ids, row after row.
    pub fn into_ids(self) -> Vec<u32> {
        let (rows, columns) = (self.size.height as usize, self.size.width as usize);
        let mut out = vec![0; self.ids.len()];
        if out.is_empty() {
            return out;
        }
        for (band, block) in self.ids.chunks(rows * BLOCK).enumerate() {
            let x = band * BLOCK;
            let wide = block.len() / rows;
            for (y, row) in out.chunks_exact_mut(columns).enumerate() {
                for (i, id) in row[x..x + wide].iter_mut().enumerate() {
                    *id = block[i * rows + y];
                }
            }
        }
        out
    }
}

// `byte_pixels` holds every map under this; run lengths and areas are 32 bits wide.
const _: () = assert!(MAX_PIXELS <= u32::MAX as u64);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_lengths_sizes_and_huge_maps_are_refused() {
        let size = Size::new(2, 3);
        assert_eq!(LabelMap::try_new(size, &[0u8; 5]).unwrap_err().kind(), ErrorKind::Length);
        assert_eq!(
            LabelMap::<u8>::try_new(Size::new(u32::MAX, 2), &[]).unwrap_err().kind(),
            ErrorKind::Limit
        );
        assert_eq!(LabelCanvas::new(Size::new(u32::MAX, 2), 0).unwrap_err().kind(), ErrorKind::Limit);
        let mut canvas = LabelCanvas::new(size, 0).unwrap();
        let other = Rle::full(Size::new(3, 2)).unwrap();
        assert_eq!(canvas.paint(&other, 1).unwrap_err().kind(), ErrorKind::Mismatch);
    }

    #[test]
    fn a_map_without_pixels_has_no_segments() {
        for size in [Size::new(0, 0), Size::new(0, 4), Size::new(4, 0)] {
            assert!(LabelMap::<u16>::try_new(size, &[]).unwrap().masks().is_empty());
            let mut canvas = LabelCanvas::new(size, 3).unwrap();
            assert_eq!(canvas.paint(&Rle::empty(size).unwrap(), 1).unwrap(), 0);
            assert!(canvas.into_ids().is_empty());
        }
    }

    #[test]
    fn a_run_goes_on_in_the_next_column() {
        let ids = [1u16, 1, 2, 1];
        let found = LabelMap::try_new(Size::new(2, 2), &ids).unwrap().masks();
        assert_eq!(found[0].1.counts(), [0, 1, 1, 2]);
        assert_eq!(found[1].1.counts(), [1, 1, 2]);
        let all = LabelMap::try_new(Size::new(2, 2), &[4u8; 4]).unwrap().masks();
        assert_eq!((all.len(), all[0].1.counts()), (1, &[0, 4][..]));
    }
}
