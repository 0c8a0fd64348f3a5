//! [`Outcomes`]: what matching left behind of each image.
//!
//! Invariant: detections of a cell lie together in descending scores, cells in the order in which images came.
//! Joining two states puts one behind the other.

use crate::error::{Error, ErrorKind, Result};

use super::ordered::Ordered;
use crate::eval::images::ImageId;

/// How many thresholds fit into one read of the packed bits.
pub const MAX_THRESHOLDS: usize = 56;

/// The grid on which detections are judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grid {
    /// Overlap thresholds.
    pub thresholds: usize,
    /// Area ranges.
    pub ranges: usize,
}

impl Grid {
    /// Bytes for one bit a grid point.
    pub(super) fn bytes(self) -> usize {
        (self.thresholds * self.ranges).div_ceil(8)
    }
}

/// A run of detections of one image and class: the class above, how many below. More than fit follow in another
/// run of the same class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cell(pub(super) u32);

/// Bits for the number of detections of a run.
const FOUND: u32 = 10;

/// The most classes.
pub const MAX_CLASSES: usize = 1 << (32 - FOUND);

impl Cell {
    pub(super) const MOST: usize = (1 << FOUND) - 1;

    pub(super) fn new(class: u32, found: u32) -> Cell {
        Cell(class << FOUND | found)
    }

    pub(super) fn class(self) -> usize {
        (self.0 >> FOUND) as usize
    }

    pub(super) fn found(self) -> u32 {
        self.0 & ((1 << FOUND) - 1)
    }
}

/// Where an image's cells, detections and truths begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Start {
    pub(super) cell: u32,
    pub(super) found: u32,
    pub(super) present: u32,
}

/// The judgement of one detection in one range: a bit a threshold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Judged {
    /// True positive.
    pub hit: u64,
    /// Left out of account.
    pub ignored: u64,
}

/// What matching left behind. See the head of the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcomes {
    pub(super) grid: Grid,
    pub(super) images: Vec<ImageId>,
    /// For each image.
    pub(super) starts: Vec<Start>,
    pub(super) cells: Vec<Cell>,
    pub(super) score: Vec<f64>,
    pub(super) bits: Vec<u8>,
    /// The class of truths that count, of one image; `counts` has a number a range.
    pub(super) present: Vec<u32>,
    pub(super) counts: Vec<u32>,
}

impl Outcomes {
    /// Nothing yet.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] for no thresholds or ranges, or more than [`MAX_THRESHOLDS`].
    pub fn new(grid: Grid) -> Result<Outcomes> {
        if grid.thresholds == 0 || grid.ranges == 0 || grid.thresholds > MAX_THRESHOLDS {
            let what = format!("{} thresholds and {} area ranges", grid.thresholds, grid.ranges);
            return Err(Error::new(ErrorKind::Usage, what)
                .remedy(format!("give 1 to {MAX_THRESHOLDS} thresholds and at least one range")));
        }
        Ok(Outcomes {
            grid,
            images: Vec::new(),
            starts: Vec::new(),
            cells: Vec::new(),
            score: Vec::new(),
            bits: Vec::new(),
            present: Vec::new(),
            counts: Vec::new(),
        })
    }

    /// The grid.
    pub fn grid(&self) -> Grid {
        self.grid
    }

    /// The images seen.
    pub fn images(&self) -> &[ImageId] {
        &self.images
    }

    /// The number of detections kept.
    pub fn len(&self) -> usize {
        self.score.len()
    }

    /// True if no detection was kept.
    pub fn is_empty(&self) -> bool {
        self.score.is_empty()
    }

    /// The scores of the detections kept.
    pub fn scores(&self) -> &[f64] {
        &self.score
    }

    /// The classes of an image with truths that count, and how many in each range.
    pub fn truths_of(&self, image: usize) -> impl Iterator<Item = (usize, &[u32])> {
        let at =
            |image: usize| self.starts.get(image).map_or(self.present.len(), |start| start.present as usize);
        let (from, to, ranges) = (at(image), at(image + 1), self.grid.ranges);
        let classes = self.present.get(from..to).unwrap_or_default().iter().map(|class| *class as usize);
        classes.zip(self.counts.get(from * ranges..to * ranges).unwrap_or_default().chunks_exact(ranges))
    }

    /// The detections of an image by class, in descending scores.
    pub fn found_of(&self, image: usize) -> impl Iterator<Item = (usize, std::ops::Range<usize>)> {
        let mut first = self.starts.get(image).map_or(0, |start| start.found as usize);
        let mut cells = self.cells.get(self.cells_of(image)).unwrap_or_default().iter().peekable();
        std::iter::from_fn(move || {
            let cell = cells.next()?;
            let mut end = first + cell.found() as usize;
            // More than fit into one run.
            while let Some(more) = cells.next_if(|more| more.class() == cell.class()) {
                end += more.found() as usize;
            }
            let range = first..end;
            first = end;
            Some((cell.class(), range))
        })
    }

    /// Bytes in use for what was kept.
    pub fn bytes(&self) -> usize {
        size_of_val(&*self.images)
            + size_of_val(&*self.starts)
            + size_of_val(&*self.cells)
            + size_of_val(&*self.score)
            + size_of_val(&*self.bits)
            + size_of_val(&*self.present)
            + size_of_val(&*self.counts)
    }

    /// Begins an image; what follows belongs to it.
    pub fn image(&mut self, id: ImageId) {
        self.images.push(id);
        let (cell, found, present) = (self.cells.len(), self.score.len(), self.present.len());
        self.starts.push(Start { cell: cell as u32, found: found as u32, present: present as u32 });
    }

    /// Truths of a class on this image: how many count in each range. Only where there is at least one.
    pub fn truths(&mut self, class: u32, counts: &[u32]) {
        debug_assert_eq!(counts.len(), self.grid.ranges);
        if counts.iter().any(|count| *count > 0) {
            self.present.push(class);
            self.counts.extend_from_slice(counts);
        }
    }

    /// Detections of a class on this image, in descending scores, with a judgement a range.
    pub fn found<'a>(&mut self, class: u32, found: impl ExactSizeIterator<Item = (f64, &'a [Judged])>) {
        self.run(class, found.len());
        let bytes = self.grid.bytes();
        for (score, judged) in found {
            self.score.push(score);
            self.pack(judged.iter().map(|judged| judged.hit), bytes);
            self.pack(judged.iter().map(|judged| judged.ignored), bytes);
        }
    }

    /// As [`Outcomes::found`], with the judgements of all ranges side by side in one word; for grids of at most 64
    /// points.
    pub(in crate::eval) fn found_words(
        &mut self,
        class: u32,
        found: impl ExactSizeIterator<Item = (f64, Judged)>,
    ) {
        self.run(class, found.len());
        let bytes = self.grid.bytes().min(8);
        for (score, words) in found {
            self.score.push(score);
            // Sixteen bytes are written in one step; what is too much of them is taken back.
            let both = u128::from(words.hit) | u128::from(words.ignored) << (8 * bytes);
            let end = self.bits.len() + 2 * bytes;
            self.bits.extend_from_slice(&both.to_le_bytes());
            self.bits.truncate(end);
        }
    }

    /// Begins a run of detections.
    pub(super) fn run(&mut self, class: u32, mut left: usize) {
        while left > 0 {
            let some = left.min(Cell::MOST);
            self.cells.push(Cell::new(class, some as u32));
            left -= some;
        }
    }

    /// Makes room for this many more images and detections.
    pub(in crate::eval) fn reserve(&mut self, images: usize, found: usize) {
        self.images.reserve(images);
        self.starts.reserve(images);
        self.score.reserve(found);
        self.bits.reserve(found * 2 * self.grid.bytes() + 16);
    }

    /// Appends a bit a grid point, range after range.
    fn pack(&mut self, words: impl Iterator<Item = u64>, bytes: usize) {
        let end = self.bits.len() + bytes;
        let (mut held, mut count) = (0u128, 0);
        for word in words {
            held |= u128::from(word) << count;
            count += self.grid.thresholds;
            while count >= 8 {
                self.bits.push(held as u8);
                held >>= 8;
                count -= 8;
            }
        }
        if self.bits.len() < end {
            self.bits.push(held as u8);
        }
    }

    /// The judgement of a detection in a range.
    #[inline]
    pub fn judged(&self, detection: usize, range: usize) -> Judged {
        let bytes = self.grid.bytes();
        let first = detection * 2 * bytes;
        Judged { hit: self.field(first, range), ignored: self.field(first + bytes, range) }
    }

    /// Whether [`Outcomes::words`] has them.
    pub(in crate::eval) fn fits_a_word(&self) -> bool {
        self.grid.bytes() <= 8
    }

    /// All judgements of a detection at once, range after range, where the grid has no more than 64 points.
    #[inline]
    pub(in crate::eval) fn words(&self, detection: usize) -> Option<Judged> {
        let bytes = self.grid.bytes();
        if bytes > 8 {
            return None;
        }
        let first = detection * 2 * bytes;
        let word =
            |first: usize| match self.bits.get(first..first + 8).and_then(|bytes| bytes.try_into().ok()) {
                Some(word) => u64::from_le_bytes(word),
                None => {
                    let rest = self.bits.get(first..).unwrap_or_default().iter();
                    rest.rev().fold(0, |word, byte| word << 8 | u64::from(*byte))
                }
            };
        Some(Judged { hit: word(first), ignored: word(first + bytes) })
    }

    #[inline]
    fn field(&self, first: usize, range: usize) -> u64 {
        let bit = range * self.grid.thresholds;
        let (byte, shift) = (first + bit / 8, bit % 8);
        let word = match self.bits.get(byte..byte + 8).and_then(|bytes| bytes.try_into().ok()) {
            Some(bytes) => u64::from_le_bytes(bytes),
            None => {
                let rest = self.bits.get(byte..).unwrap_or_default().iter();
                rest.rev().fold(0, |word, byte| word << 8 | u64::from(*byte))
            }
        };
        word >> shift & ((1 << self.grid.thresholds) - 1)
    }

    /// Puts another state behind this one.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] if the grids differ.
    pub fn merge(&mut self, other: &Outcomes) -> Result<()> {
        if self.grid != other.grid {
            return Err(Error::new(
                ErrorKind::Usage,
                "states with other thresholds or ranges cannot be merged",
            ));
        }
        let (cell, found) = (self.cells.len() as u32, self.score.len() as u32);
        let present = self.present.len() as u32;
        self.images.extend_from_slice(&other.images);
        let moved = |start: &Start| Start {
            cell: start.cell + cell,
            found: start.found + found,
            present: start.present + present,
        };
        self.starts.extend(other.starts.iter().map(moved));
        self.cells.extend_from_slice(&other.cells);
        self.score.extend_from_slice(&other.score);
        self.bits.extend_from_slice(&other.bits);
        self.present.extend_from_slice(&other.present);
        self.counts.extend_from_slice(&other.counts);
        Ok(())
    }

    /// Images, cells and truths in the order of the image ids, class by class.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`], naming an image that was given twice.
    pub fn in_order(&self, classes: usize) -> Result<Ordered<'_>> {
        let mut order: Vec<u32> = (0..self.images.len() as u32).collect();
        let id = |image: &u32| self.images.get(*image as usize);
        order.sort_by(|a, b| id(a).cmp(&id(b)));
        if let Some(pair) = order.windows(2).find(|pair| id(&pair[0]) == id(&pair[1])) {
            let what = match id(&pair[0]) {
                Some(id) => format!("image {id} was given twice"),
                None => String::from("an image was given twice"),
            };
            return Err(Error::new(ErrorKind::Usage, what).remedy("give every image to one part only"));
        }
        let mut rank = vec![0u32; order.len()];
        for (place, image) in (0u32..).zip(&order) {
            if let Some(rank) = rank.get_mut(*image as usize) {
                *rank = place;
            }
        }
        let mut cells: Vec<Vec<(u32, u32, u32)>> = vec![Vec::new(); classes];
        let mut first = 0u32;
        for (image, rank) in rank.iter().enumerate() {
            for cell in self.cells.get(self.cells_of(image)).unwrap_or_default() {
                let found = cell.found();
                if let Some(cells) = cells.get_mut(cell.class()) {
                    match cells.last_mut() {
                        // More than fit into one run.
                        Some((last, _, count)) if last == rank => *count += found,
                        _ => cells.push((*rank, first, found)),
                    }
                }
                first += found;
            }
        }
        for cells in cells.iter_mut().filter(|cells| !cells.is_sorted()) {
            cells.sort_unstable();
        }
        let mut counts = vec![vec![0u64; self.grid.ranges]; classes];
        for (class, add) in self.present.iter().zip(self.counts.chunks_exact(self.grid.ranges)) {
            if let Some(sums) = counts.get_mut(*class as usize) {
                sums.iter_mut().zip(add).for_each(|(sum, add)| *sum += u64::from(*add));
            }
        }
        Ok(Ordered::new(self, cells, counts))
    }

    /// The cells of an image.
    fn cells_of(&self, image: usize) -> std::ops::Range<usize> {
        let at = |image: usize| self.starts.get(image).map_or(self.cells.len(), |start| start.cell as usize);
        at(image)..at(image + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_judgements_come_back() {
        for (thresholds, ranges) in [(1, 1), (3, 3), (10, 4), (7, 5), (56, 3), (8, 1)] {
            let grid = Grid { thresholds, ranges };
            let mut outcomes = Outcomes::new(grid).unwrap();
            outcomes.image(1.into());
            let all = (1u64 << thresholds) - 1;
            let judged: Vec<Vec<Judged>> = (0..9u64)
                .map(|n| {
                    (0..ranges as u64)
                        .map(|range| {
                            let hit = (n * 0x9e37_79b9 + range * 77) & all;
                            Judged { hit, ignored: !hit & all & (n * 12345 + range) }
                        })
                        .collect()
                })
                .collect();
            outcomes.found(0, judged.iter().map(|judged| (0.5, judged.as_slice())));
            for (n, judged) in judged.iter().enumerate() {
                for (range, judged) in judged.iter().enumerate() {
                    assert_eq!(outcomes.judged(n, range), *judged, "{thresholds} {ranges}");
                }
            }
        }
    }

    #[test]
    fn a_merged_state_ranks_as_one_that_was_never_parted() {
        let part = |images: &[i64]| {
            let mut outcomes = Outcomes::new(Grid { thresholds: 1, ranges: 1 }).unwrap();
            for image in images {
                outcomes.image((*image).into());
                outcomes.truths(0, &[1]);
                let judged = [Judged::default()];
                outcomes.found(0, [(0.9, &judged[..]), (0.1 * *image as f64, &judged[..])].into_iter());
            }
            outcomes
        };
        let whole = part(&[1, 2, 3, 4]);
        let mut parts = part(&[3]);
        parts.merge(&part(&[4, 1])).unwrap();
        parts.merge(&part(&[2])).unwrap();
        let scores = |outcomes: &Outcomes| {
            let ordered = outcomes.in_order(1).unwrap();
            assert_eq!(ordered.truths(0), [4]);
            ordered.ranked(0).into_iter().map(|r| (ordered.score(r).to_bits(), r.rank)).collect::<Vec<_>>()
        };
        assert_eq!(scores(&whole), scores(&parts));
        parts.merge(&part(&[2])).unwrap();
        assert!(parts.in_order(1).unwrap_err().to_string().contains("image 2 was given twice"));
    }
}
