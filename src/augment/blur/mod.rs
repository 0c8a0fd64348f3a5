//! Filters over a neighbourhood: pictures of bytes, changed in place.
//!
//! | file | noun |
//! |---|---|
//! | `gaussian.rs` | [`gaussian`]: OpenCV's `GaussianBlur` |
//! | `kernel.rs` | [`Kernel`], [`filter2d`]: OpenCV's `filter2D`; lines and discs |
//! | `mean.rs`, `median.rs` | [`mean`], [`median`]: OpenCV's `blur` and `medianBlur` |
//!
//! Each channel is filtered by itself. Windows are square with odd sides, told by their radius: 2 × radius +
//! 1 pixels a side, so that radius 0 changes nothing. What lies past the edge is a [`Border`].

mod gaussian;
mod kernel;
mod mean;
mod median;

pub use super::border::Border;
pub(super) use gaussian::bell;
pub use gaussian::gaussian;
pub use kernel::{Kernel, filter2d};
pub use mean::mean;
pub use median::median;

/// A line of `length` pixels at `angle` degrees, counter-clockwise from the right: what a camera sees that
/// moves so during exposure. See [`Kernel::line`].
pub fn motion(pixels: &mut crate::image::Pixels, length: u32, angle: f64) {
    filter2d(pixels, &Kernel::line(length, angle), Border::Reflect101);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::augment::samples::{every_kind, texture};
    use crate::image::{Channels, Pixels};

    #[test]
    fn channels_are_filtered_each_by_itself() {
        let filters: [fn(&mut Pixels); 4] =
            [|p| gaussian(p, 2, 1.1), |p| mean(p, 3), |p| median(p, 1), |p| motion(p, 9, 30.0)];
        for picture in every_kind().filter(|p| p.channels() == Channels::Gray) {
            for filter in filters {
                let (mut gray, mut rgb) = (picture.clone(), picture.clone().to_rgb());
                filter(&mut gray);
                filter(&mut rgb);
                assert!(gray.to_rgb() == rgb, "{picture:?}");
            }
        }
    }

    #[test]
    fn motion_along_a_row_is_the_mean_of_its_pixels() {
        let picture = texture(Channels::Gray);
        let mut moved = picture.clone();
        motion(&mut moved, 3, 0.0);
        for (row, moved) in picture.rows().zip(moved.rows()) {
            for (three, found) in row.windows(3).zip(&moved[1..]) {
                let sum: u16 = three.iter().map(|x| u16::from(*x)).sum();
                assert_eq!(u16::from(*found), (sum + 1) / 3);
            }
        }
    }
}
