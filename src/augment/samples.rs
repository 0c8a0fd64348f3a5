//! Pictures for the tests of this room, each a formula, so that another tool can be given the same.

use crate::image::{Channels, Pixels};

/// All colours, red fastest, in 256 planes of one blue each.
pub(super) fn cube() -> impl Iterator<Item = Vec<[u8; 3]>> {
    (0..=255).map(|b| (0..=255).flat_map(|g| (0..=255).map(move |r| [r, g, b])).collect())
}

/// Every byte once, gray, in one row.
pub(super) fn gray_ramp() -> Pixels {
    Pixels::new((1, 256), Channels::Gray, (0..=255).collect()).unwrap()
}

/// 40 rows of 64 pixels with edges, slopes and an uneven histogram. With x, y the column and row and c the
/// channel, v = (x (5 + c) + y (3 + 2c) + x y / (4 + c)) mod 256, divisions rounded down; the second channel
/// is v v / 255.
pub(super) fn texture(channels: Channels) -> Pixels {
    texture_of((40, 64), channels)
}

/// The same of (height, width).
pub(super) fn texture_of((height, width): (u32, u32), channels: Channels) -> Pixels {
    let value = |x: u32, y: u32, c: u32| {
        let v = (x * (5 + c) + y * (3 + 2 * c) + x * y / (4 + c)) % 256;
        u8::try_from(if c == 1 { v * v / 255 } else { v }).unwrap()
    };
    let count = u32::try_from(channels.count()).unwrap();
    let data =
        (0..height).flat_map(|y| (0..width).flat_map(move |x| (0..count).map(move |c| value(x, y, c))));
    Pixels::new((height, width), channels, data.collect()).unwrap()
}

/// Gray and RGB, of one pixel, one row, one column and more; black, white and between.
pub(super) fn every_kind() -> impl Iterator<Item = Pixels> {
    [Channels::Gray, Channels::Rgb].into_iter().flat_map(|channels| {
        let plain = [[0; 3], [255; 3], [200, 100, 3]].map(|c| Pixels::filled((1, 1), channels, c).unwrap());
        let textures = [(1, 7), (7, 1), (2, 2), (9, 14)].map(|size| texture_of(size, channels));
        let flat = [[0; 3], [255; 3]].map(|c| Pixels::filled((5, 6), channels, c).unwrap());
        plain.into_iter().chain(textures).chain(flat)
    })
}

/// CRC-32 of the bytes, as Python's `zlib.crc32` has it.
pub(super) fn crc(bytes: &[u8]) -> u32 {
    crc32fast::hash(bytes)
}

/// The largest difference of two pictures' bytes, and the mean one.
pub(super) fn difference(a: &[u8], b: &[u8]) -> (u8, f64) {
    assert_eq!(a.len(), b.len());
    let apart = || a.iter().zip(b).map(|(a, b)| a.abs_diff(*b));
    (apart().max().unwrap_or(0), apart().map(f64::from).sum::<f64>() / a.len() as f64)
}

/// Holds 24 bytes, evenly spread over the data, against recorded ones: within one level.
#[track_caller]
pub(super) fn sampled_close(data: &[u8], wanted: &[u8; 24]) {
    let found: Vec<u8> = (0..24).map(|n| data[n * (data.len() - 1) / 23]).collect();
    assert!(found.iter().zip(wanted).all(|(a, b)| a.abs_diff(*b) <= 1), "{found:?}\n{wanted:?}");
}
