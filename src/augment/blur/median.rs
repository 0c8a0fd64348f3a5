//! [`median`]: OpenCV's `medianBlur` of bytes.

use super::Border;
use crate::image::Pixels;

/// Replaces each byte by the median of its window, channel by channel. Past the edge the outermost pixels are
/// repeated. `cv2.medianBlur(t, k)` with k = 2 × radius + 1, to the bit. Windows up to 255 pixels a side; a
/// larger radius counts as 127.
pub fn median(pixels: &mut Pixels, radius: u32) {
    if radius == 0 {
        return;
    }
    let source = pixels.data().to_vec();
    let (stride, channels) = (pixels.stride(), pixels.channels().count());
    let reach = radius.min(127) as isize;
    let window = Window { source: &source, stride, channels, reach };
    for (y, row) in pixels.data_mut().chunks_exact_mut(stride).enumerate() {
        for channel in 0..channels {
            window.along(y, channel, row);
        }
    }
}

/// A window of a picture's bytes.
struct Window<'a> {
    source: &'a [u8],
    stride: usize,
    channels: usize,
    reach: isize,
}

impl Window<'_> {
    /// Writes the medians of one channel of a row. The histogram of the window is kept while it moves to the
    /// right (Huang, Yang and Tang 1979).
    fn along(&self, y: usize, channel: usize, row: &mut [u8]) {
        let mut counts = Counts::default();
        for x in -self.reach..=self.reach {
            self.column(y, x, channel, |byte| counts.enter(byte));
        }
        for (x, pixel) in row.chunks_exact_mut(self.channels).enumerate() {
            let x = x.cast_signed();
            if x > 0 {
                self.column(y, x - self.reach - 1, channel, |byte| counts.leave(byte));
                self.column(y, x + self.reach, channel, |byte| counts.enter(byte));
            }
            pixel[channel] = counts.median();
        }
    }

    fn column(&self, y: usize, x: isize, channel: usize, mut each: impl FnMut(u8)) {
        let (height, width) = (self.source.len() / self.stride, self.stride / self.channels);
        let column = Border::Replicate.inside(x, width) * self.channels + channel;
        for place in y.cast_signed() - self.reach..=y.cast_signed() + self.reach {
            each(self.source[Border::Replicate.inside(place, height) * self.stride + column]);
        }
    }
}

/// How often each byte occurs, and a byte near the median with the number of those below it.
struct Counts {
    of: [u32; 256],
    total: u32,
    near: u8,
    below: u32,
}

impl Default for Counts {
    fn default() -> Counts {
        Counts { of: [0; 256], total: 0, near: 0, below: 0 }
    }
}

impl Counts {
    fn enter(&mut self, byte: u8) {
        self.of[usize::from(byte)] += 1;
        self.total += 1;
        self.below += u32::from(byte < self.near);
    }

    fn leave(&mut self, byte: u8) {
        self.of[usize::from(byte)] -= 1;
        self.total -= 1;
        self.below -= u32::from(byte < self.near);
    }

    /// The byte with no more than half of the others below it, and no more than half above. There are an odd
    /// number.
    fn median(&mut self) -> u8 {
        let half = self.total / 2;
        while self.below > half {
            self.near -= 1;
            self.below -= self.of[usize::from(self.near)];
        }
        while self.below + self.of[usize::from(self.near)] <= half {
            self.below += self.of[usize::from(self.near)];
            self.near += 1;
        }
        self.near
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::augment::samples::{crc, every_kind, texture};
    use crate::image::Channels;

    #[test]
    fn bytes_are_opencvs() {
        // cv2.medianBlur(t, k) for k = 3, 5 and 9, RGB then gray, OpenCV 5.0.
        for (channels, wanted) in [(Channels::Rgb, RGB), (Channels::Gray, GRAY)] {
            let found = [1, 2, 4].map(|radius| {
                let mut picture = texture(channels);
                median(&mut picture, radius);
                crc(picture.data())
            });
            assert_eq!(found, wanted, "{channels:?}");
        }
    }

    const RGB: [u32; 3] = [0x8183_4e51, 0x6a8d_d938, 0x319e_fd98];
    const GRAY: [u32; 3] = [0xfc42_7246, 0x0c59_c59f, 0x1c95_840e];

    #[test]
    fn flat_pictures_stay() {
        for picture in every_kind() {
            for radius in [0, 1, 2, u32::MAX] {
                let mut changed = picture.clone();
                median(&mut changed, radius);
                let flat = picture.data().iter().all(|x| *x == picture.data()[0]);
                assert!(!(flat || radius == 0) || changed == picture, "{radius}");
            }
        }
    }
}
