//! Convolutions over few channels (a group a channel, most of all): a tile of the output an invocation.
//!
//! The invariant: every sum runs over channels, rows and columns of its window in order, as the direct way's does. The
//! products of one row of the input are written out in the shader, so that only short windows come here; [`Tile::of`]
//! says which.

use std::fmt::Write as _;

use super::super::record::{Bound, Recorder, signed, word};
use super::super::shader::File;
use super::halves::Stored;
use super::spatial::Frame;
use crate::error::Result;

/// The most products of a row of the input that are written out in a shader.
const PRODUCTS: usize = 128;

/// Rows and columns of the output that an invocation computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tile {
    height: usize,
    width: usize,
}

impl Tile {
    /// For windows over two axes of so many outputs; none for windows that are too large to write out.
    pub(super) fn of(frame: &Frame, outputs: usize, processor: bool) -> Option<Tile> {
        let flat = frame.input[0] == 1 && frame.output[0] == 1 && frame.kernel[0] == 1 && frame.begin[0] == 0;
        if !flat || frame.kernel[2] > PRODUCTS / 4 {
            return None;
        }
        let width = frame.output[2].min(4);
        // Elsewhere than on a processor, few outputs need many invocations.
        let tall = if processor || outputs >= 1 << 20 { 4 } else { 1 };
        let most = PRODUCTS / (frame.kernel[2] * width).max(1);
        let height = frame.output[1].min(tall).min(most).max(1);
        Some(Tile { height, width })
    }

    /// How many rows of the input its windows reach over.
    fn reach(self, frame: &Frame) -> usize {
        (self.height - 1) * frame.strides[1] + (frame.kernel[1] - 1) * frame.dilations[1] + 1
    }

    /// The text of what one row of the input adds: to each row of the tile whose windows have an element there.
    fn multiply(self, frame: &Frame, weights: Stored) -> String {
        let ([_, rows, columns], [_, down, right]) = (frame.kernel, frame.strides);
        let [_, apart, aside] = frame.dilations;
        let mut text = String::new();
        let pairs = |left: usize, count: usize| (0..left).flat_map(move |a| (0..count).map(move |b| (a, b)));
        let mut read: Vec<usize> =
            pairs(self.width, columns).map(|(at, kx)| at * right + kx * aside).collect();
        read.sort_unstable();
        read.dedup();
        for c in read {
            let _ = writeln!(text, "let x{c} = take(base, r0 + r, c0 + {c});");
        }
        for line in 0..self.height {
            // Below the first row of its windows the difference is a large number.
            let _ = writeln!(text, "{{ let d = u32(r - {}); let k = d / {apart}u;", line * down);
            let exact = if apart == 1 { String::new() } else { format!(" && d % {apart}u == 0u") };
            let _ = writeln!(text, "if (k < {rows}u{exact}) {{ let at = by + k * {columns}u;");
            for kx in 0..columns {
                let _ = writeln!(text, "let w{kx} = {};", weights.at(&format!("at + {kx}u")));
            }
            for (place, kx) in pairs(self.width, columns) {
                let _ = writeln!(text, "s{line}_{place} += x{} * w{kx};", place * right + kx * aside);
            }
            text.push_str("} }\n");
        }
        text
    }
}

/// What a tile is computed for: batches, channels of a group, channels out of a group, all channels out, weights.
pub(super) struct Extents {
    pub(super) batch: usize,
    pub(super) channels: usize,
    pub(super) per_group: usize,
    pub(super) out: usize,
    pub(super) weights: Stored,
}

/// Records the convolution; `bound`, `places` and `numbers` are the buffers and the end of a sum.
pub(super) fn tiled(
    rec: &mut Recorder,
    tile: Tile,
    frame: &Frame,
    extents: &Extents,
    bound: Vec<Bound>,
    (mut places, numbers): super::conv::Ending,
) -> Result<()> {
    let (mut sums, mut store) = (String::new(), String::new());
    for (line, place) in (0..tile.height).flat_map(|line| (0..tile.width).map(move |at| (line, at))) {
        let _ = writeln!(sums, "var s{line}_{place} = 0.0;");
        let _ = writeln!(store, "put(to, or + {line}u, oc + {place}u, channel, s{line}_{place});");
    }
    let [_, rows, columns] = frame.output;
    let (down, across) = (rows.div_ceil(tile.height), columns.div_ceil(tile.width));
    let count = extents.batch * extents.out * down * across;
    let mut parameters = vec![
        word(count)?,
        word(extents.channels)?,
        word(extents.per_group)?,
        word(extents.out)?,
        word(frame.input[1])?,
        word(frame.input[2])?,
        word(rows)?,
        word(columns)?,
        word(down)?,
        word(across)?,
        signed(frame.begin[1])?,
        signed(frame.begin[2])?,
    ];
    parameters.extend(numbers.map(f32::to_bits));
    places.extend([
        ("WIDTH", tile.width.to_string()),
        ("HEIGHT", tile.height.to_string()),
        ("WINDOW", (frame.kernel[1] * frame.kernel[2]).to_string()),
        ("DOWN", frame.strides[1].to_string()),
        ("RIGHT", frame.strides[2].to_string()),
        ("REACH", tile.reach(frame).to_string()),
        ("SUMS", sums),
        ("MULTIPLY", tile.multiply(frame, extents.weights)),
        ("STORE", store),
    ]);
    rec.row(File::ConvTile, places, bound, parameters, count)
}
