//! [`Walk`]: the order in which a kernel visits elements, and where each operand has them.
//!
//! The invariant: every operand has one stride for each axis of the walk, in elements; a stride of 0 repeats. Axes
//! that can be walked as one are joined, since shaders pay for each axis with a division.

use std::fmt::Write as _;

use super::record::{signed, word};
use crate::error::{Error, ErrorKind, Result};

/// The most axes that fit in the parameters of a step.
const AXES: usize = 12;

/// One operand of a [`Walk`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Track {
    pub(super) offset: i64,
    pub(super) strides: Vec<i64>,
}

/// Axes, outermost first, and the tracks of operands along them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Walk {
    pub(super) extents: Vec<usize>,
    pub(super) tracks: Vec<Track>,
}

/// The strides of a dense tensor.
pub(super) fn dense(shape: &[usize]) -> Vec<i64> {
    let mut strides = vec![0; shape.len()];
    let mut step = 1_i64;
    for (stride, extent) in strides.iter_mut().zip(shape).rev() {
        *stride = step;
        step = step.saturating_mul(i64::try_from(*extent).unwrap_or(i64::MAX));
    }
    strides
}

/// The strides of a dense tensor that is broadcast to another shape.
///
/// # Errors
/// `Length` if it cannot be.
pub(super) fn broadcast(shape: &[usize], to: &[usize]) -> Result<Vec<i64>> {
    let fail = || Error::new(ErrorKind::Length, format!("the shape {shape:?} cannot be broadcast to {to:?}"));
    let missing = to.len().checked_sub(shape.len()).ok_or_else(fail)?;
    let mut strides = vec![0; missing];
    for ((extent, stride), wanted) in shape.iter().zip(dense(shape)).zip(to.iter().skip(missing)) {
        match *extent {
            1 => strides.push(0),
            n if n == *wanted => strides.push(stride),
            _ => return Err(fail()),
        }
    }
    Ok(strides)
}

impl Walk {
    /// Over these extents, with the first operand dense.
    pub(super) fn over(extents: &[usize]) -> Walk {
        let track = Track { offset: 0, strides: dense(extents) };
        Walk { extents: extents.to_vec(), tracks: vec![track] }
    }

    /// With another operand.
    pub(super) fn track(mut self, offset: i64, strides: Vec<i64>) -> Walk {
        self.tracks.push(Track { offset, strides });
        self
    }

    /// With another operand that is broadcast.
    pub(super) fn broadcast(self, shape: &[usize]) -> Result<Walk> {
        let strides = broadcast(shape, &self.extents)?;
        Ok(self.track(0, strides))
    }

    /// How many elements are visited.
    pub(super) fn len(&self) -> usize {
        self.extents.iter().product()
    }

    /// What a walk of two operands copies of `from`, the second, into the first, of `len` elements: on the host, in
    /// pieces, each with its place.
    ///
    /// # Errors
    /// `Failed` if it leaves either of them; then there are no pieces.
    pub(super) fn pieces<T: Copy + Default>(
        &self,
        from: &[T],
        len: usize,
        mut piece: impl FnMut(usize, &[T]),
    ) -> Result<()> {
        // Elements of both that lie near each other are copied together.
        const SIDE: usize = 32;
        let outside = || Error::new(ErrorKind::Failed, "a copy leaves its tensor");
        if self.len() == 0 {
            return Ok(());
        }
        let [to, at] = self.tracks.as_slice() else { return Err(outside()) };
        let (to, at) = (Steps::new(to, &self.extents, len), Steps::new(at, &self.extents, from.len()));
        let (to, at) = to.zip(at).ok_or_else(outside)?;
        let [.., rows, columns] = [[1, 1].as_slice(), &self.extents].concat()[..] else {
            return Err(outside());
        };
        let (whole, gathered) = (to.column == 1 && at.column == 1, to.column == 1);
        let width = if whole { columns } else { SIDE };
        let mut line = [T::default(); SIDE];
        for plane in 0..self.len() / (rows * columns) {
            let (to_plane, at_plane) = (to.plane(plane), at.plane(plane));
            for (top, left) in (0..rows)
                .step_by(SIDE)
                .flat_map(|top| (0..columns).step_by(width).map(move |left| (top, left)))
            {
                let count = width.min(columns - left);
                for row in top..rows.min(top + SIDE) {
                    let (to_row, at_row) = (to_plane + row * to.row, at_plane + row * at.row);
                    let place = |column: usize| at_row + (left + column) * at.column;
                    if whole {
                        piece(to_row + left, &from[place(0)..place(count)]);
                    } else if gathered {
                        line.iter_mut().take(count).enumerate().for_each(|(n, own)| *own = from[place(n)]);
                        piece(to_row + left, &line[..count]);
                    } else {
                        (left..left + count).for_each(|n| {
                            piece(to_row + n * to.column, &from[place(n - left)..=place(n - left)])
                        });
                    }
                }
            }
        }
        Ok(())
    }

    /// All that [`Walk::pieces`] copies; where it copies nothing, there is what the type begins with.
    ///
    /// # Errors
    /// As there.
    pub(super) fn copied<T: Copy + Default>(&self, from: &[T], len: usize) -> Result<Vec<T>> {
        let mut made = vec![T::default(); len];
        self.pieces(from, len, |place, piece| {
            made.get_mut(place..place + piece.len()).into_iter().for_each(|own| own.copy_from_slice(piece));
        })?;
        Ok(made)
    }

    /// With axes of one element left out and neighbours joined where all operands allow it; at least one axis.
    pub(super) fn joined(&self) -> Walk {
        let mut extents: Vec<usize> = Vec::new();
        let mut tracks: Vec<Track> =
            self.tracks.iter().map(|track| Track { offset: track.offset, strides: Vec::new() }).collect();
        for (axis, extent) in self.extents.iter().enumerate().filter(|(_, extent)| **extent != 1) {
            let step = i64::try_from(*extent).unwrap_or(i64::MAX);
            let joins = !extents.is_empty()
                && tracks.iter().zip(&self.tracks).all(|(joined, track)| {
                    joined.strides.last().copied() == track.strides[axis].checked_mul(step)
                });
            match extents.last_mut() {
                Some(last) if joins => *last *= extent,
                _ => extents.push(*extent),
            }
            for (joined, track) in tracks.iter_mut().zip(&self.tracks) {
                if joins {
                    joined.strides.pop();
                }
                joined.strides.push(track.strides[axis]);
            }
        }
        if extents.is_empty() {
            extents.push(self.len());
            tracks.iter_mut().for_each(|track| track.strides.push(1));
        }
        Walk { extents, tracks }
    }

    /// True if every operand is dense from its first element.
    pub(super) fn is_dense(&self) -> bool {
        self.extents.len() == 1 && self.tracks.iter().all(|t| t.offset == 0 && t.strides == [1])
    }

    /// The words `offsets` and `axes` of a shader: two vectors an axis.
    pub(super) fn parameters(&self) -> Result<(Vec<u32>, Vec<u32>)> {
        if self.extents.len() > AXES {
            let what = format!("{} axes that cannot be joined; a kernel walks {AXES}", self.extents.len());
            return Err(Error::new(ErrorKind::Unsupported, what));
        }
        let mut offsets = Vec::new();
        for track in &self.tracks {
            offsets.push(signed(track.offset)?);
        }
        offsets.resize(8, 0);
        let mut axes = Vec::new();
        for (axis, extent) in self.extents.iter().enumerate() {
            let end = axes.len() + 8;
            axes.push(word(*extent)?);
            for track in &self.tracks {
                axes.push(signed(track.strides[axis])?);
            }
            axes.resize(end, 0);
        }
        Ok((offsets, axes))
    }

    /// WGSL that finds the places `at0`, `at1`, ... of the operands for element `i`, from `p.offsets` and `p.axes`.
    pub(super) fn text(&self) -> String {
        let parts = ["x", "y", "z", "w"];
        let mut text = String::new();
        for number in 0..self.tracks.len() {
            let _ = writeln!(text, "var at{number} = p.offsets[{}].{};", number / 4, parts[number % 4]);
        }
        text.push_str("var rest = i;\n");
        for axis in (0..self.extents.len()).rev() {
            if axis == 0 {
                let _ = writeln!(text, "let c{axis} = rest;");
            } else {
                let _ = writeln!(
                    text,
                    "let c{axis} = rest % p.axes[{0}].x; rest = rest / p.axes[{0}].x;",
                    2 * axis
                );
            }
            for number in 0..self.tracks.len() {
                let (vector, part) = (2 * axis + (number + 1) / 4, parts[(number + 1) % 4]);
                let _ = writeln!(text, "at{number} += c{axis} * p.axes[{vector}].{part};");
            }
        }
        text
    }

    /// WGSL that adds to `at` the place of the second operand for element `rest`; the axes come after `first`
    /// others in `p.axes`.
    pub(super) fn inner(&self, first: usize) -> String {
        let mut text = String::new();
        for axis in (0..self.extents.len()).rev() {
            let vector = 2 * (first + axis);
            if axis == 0 {
                let _ = writeln!(text, "at += rest * p.axes[{vector}].z;");
            } else {
                let _ = writeln!(
                    text,
                    "at += (rest % p.axes[{vector}].x) * p.axes[{vector}].z; rest = rest / p.axes[{vector}].x;"
                );
            }
        }
        text
    }
}

/// A track's offset and steps as places in a slice: none of them leaves it.
struct Steps {
    offset: usize,
    /// Extent and step of the axes before the last two, the innermost first.
    outer: Vec<(usize, usize)>,
    row: usize,
    column: usize,
}

impl Steps {
    /// None if a step is negative, or a place lies outside of `len` elements.
    fn new(track: &Track, extents: &[usize], len: usize) -> Option<Steps> {
        let offset = usize::try_from(track.offset).ok()?;
        let steps: Vec<usize> =
            track.strides.iter().map(|step| usize::try_from(*step).ok()).collect::<Option<_>>()?;
        let mut last = offset;
        for (extent, step) in extents.iter().zip(&steps) {
            last = last.checked_add(extent.checked_sub(1)?.checked_mul(*step)?)?;
        }
        let mut inside_out = extents.iter().copied().zip(steps).rev();
        let (column, row) =
            (inside_out.next().map_or(0, |axis| axis.1), inside_out.next().map_or(0, |axis| axis.1));
        (last < len).then(|| Steps { offset, outer: inside_out.collect(), row, column })
    }

    /// Where the elements of the last two axes begin.
    fn plane(&self, number: usize) -> usize {
        let (mut place, mut rest) = (self.offset, number);
        for (extent, step) in &self.outer {
            place += rest % extent * step;
            rest /= extent;
        }
        place
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_on_the_host_is_that_of_a_plain_loop() {
        for extents in [vec![7], vec![1], vec![40, 70], vec![3, 33, 5], vec![2, 3, 4, 35], vec![2, 0, 3]] {
            let all: Vec<u32> = (0..extents.iter().product::<usize>() as u32 + 9).collect();
            // Read with axes in reverse, from the third element on; written with a gap behind each row.
            let back: Vec<usize> = extents.iter().rev().copied().collect();
            let from: Vec<i64> = dense(&back).into_iter().rev().collect();
            let mut wide = extents.clone();
            wide.iter_mut().last().into_iter().for_each(|n| *n += 3);
            let mut walk = Walk::over(&extents).track(2, from.clone());
            walk.tracks[0].strides = dense(&wide);
            let len: usize = wide.iter().product();
            let mut expected = vec![0; len];
            for n in 0..walk.len() {
                let (mut to, mut at, mut rest) = (0, 2, n);
                for axis in (0..extents.len()).rev() {
                    let k = (rest % extents[axis]) as i64;
                    rest /= extents[axis];
                    to += k * walk.tracks[0].strides[axis];
                    at += k * from[axis];
                }
                expected[to as usize] = all[at as usize];
            }
            assert_eq!(walk.copied(&all, len).unwrap(), expected, "{extents:?}");
            if walk.len() > 1 {
                assert!(walk.copied(&all[..walk.len() + 1], len).is_err());
                assert!(walk.copied(&all, walk.len() - 1).is_err());
            }
        }
        let backwards = Walk::over(&[4]).track(3, vec![-1]);
        assert!(backwards.copied(&[1, 2, 3, 4], 4).is_err());
    }

    #[test]
    fn axes_that_all_operands_walk_alike_are_joined() {
        let walk = Walk::over(&[2, 3, 4]).broadcast(&[2, 3, 4]).unwrap().joined();
        assert_eq!(walk.extents, [24]);
        assert!(walk.is_dense());
        let walk = Walk::over(&[2, 3, 4, 5]).broadcast(&[3, 1, 1]).unwrap().joined();
        assert_eq!(walk.extents, [2, 3, 20]);
        assert_eq!(walk.tracks[1].strides, [0, 1, 0]);
        assert_eq!(Walk::over(&[1, 1]).joined().extents, [1]);
        assert_eq!(Walk::over(&[2, 0]).joined().len(), 0);
    }

    #[test]
    fn shapes_that_cannot_be_broadcast_are_refused() {
        assert!(broadcast(&[3], &[2]).is_err());
        assert!(broadcast(&[2, 2], &[2]).is_err());
        assert_eq!(broadcast(&[3, 1], &[2, 3, 4]).unwrap(), [0, 1, 0]);
    }
}
