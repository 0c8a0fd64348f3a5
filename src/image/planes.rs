//! [`resize_plane`]: numbers a pixel in another size.
//!
//! Planes are what training code has: one channel, single precision, any values, row after row. Nothing is rounded or
//! clipped. [`Pixels::resize`](super::Pixels::resize) is for pictures of bytes.

use fast_image_resize as fir;
use fir::images::{TypedImage, TypedImageRef};
use fir::pixels::F32;

use super::resize::Filter;
use crate::error::{Error, ErrorKind, Place, Result};

/// How a number of the new plane is made of those of the old. All stand on half-pixel centres.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sampling {
    /// The line between the two nearest in each direction, however much the plane shrinks: OpenCV's bilinear rule.
    Linear,
    /// Pillow's rule, which widens its support when the plane shrinks.
    Filter(Filter),
}

/// The plane of `from` (height, width) in the size `to`.
///
/// ```
/// use lensframe::image::{Filter, Sampling, resize_plane};
/// let row = [0.0, 1.0, 2.0, 3.0, 40.0, 50.0];
/// // OpenCV: between the two middle ones of each three, here one of them; Pillow: what is under a wider triangle.
/// assert_eq!(resize_plane(&row, (1, 6), (1, 2), Sampling::Linear)?, [1.0, 40.0]);
/// assert_ne!(resize_plane(&row, (1, 6), (1, 2), Sampling::Filter(Filter::Bilinear))?, [1.0, 40.0]);
/// # Ok::<(), lensframe::error::Error>(())
/// ```
///
/// # Errors
/// `Length` if there are not height × width numbers; `Usage` for a size without a pixel.
pub fn resize_plane(plane: &[f32], from: (u32, u32), to: (u32, u32), sampling: Sampling) -> Result<Vec<f32>> {
    let failed = |why: &dyn std::fmt::Display| {
        let what = format!("resize from {}x{} to {}x{}: {why}", from.0, from.1, to.0, to.1);
        Error::new(ErrorKind::Usage, what).at(Place::area("image"))
    };
    let pixels = u64::from(from.0) * u64::from(from.1);
    if u64::try_from(plane.len()).ok() != Some(pixels) {
        let what = format!("{} numbers for a plane of {}x{}", plane.len(), from.0, from.1);
        return Err(Error::new(ErrorKind::Length, what).at(Place::area("image")));
    }
    if pixels == 0 || to.0 == 0 || to.1 == 0 {
        return Err(failed(&"there is no pixel"));
    }
    if from == to {
        return Ok(plane.to_vec());
    }
    let source: Vec<F32> = plane.iter().map(|value| F32::new(*value)).collect();
    let source = TypedImageRef::new(from.1, from.0, &source).map_err(|e| failed(&e))?;
    let mut target = TypedImage::<F32>::new(to.1, to.0);
    let algorithm = match sampling {
        Sampling::Linear => fir::ResizeAlg::Interpolation(fir::FilterType::Bilinear),
        Sampling::Filter(filter) => filter.algorithm(),
    };
    let options = fir::ResizeOptions::new().resize_alg(algorithm);
    fir::Resizer::new().resize_typed(&source, &mut target, &options).map_err(|e| failed(&e))?;
    Ok(target.pixels().iter().map(|pixel| pixel.0).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn linear_is_opencvs_and_filters_are_pillows() {
        // cv2.resize(a, (2, 3)) and Image.fromarray(a).resize((2, 3), BILINEAR) of a = arange(20).reshape(4, 5) ** 2.
        let plane: Vec<f32> = (0..20u8).map(|n| f32::from(n) * f32::from(n)).collect();
        let close = |found: Vec<f32>, wanted: &[f32]| {
            assert_eq!(found.len(), wanted.len());
            for (found, wanted) in found.iter().zip(wanted) {
                assert!((found - wanted).abs() < 1e-3, "{found} {wanted}");
            }
        };
        close(resize_plane(&plane, (4, 5), (3, 2), Sampling::Linear).unwrap(), &CV2);
        let pillow = Sampling::Filter(Filter::Bilinear);
        close(resize_plane(&plane, (4, 5), (3, 2), pillow).unwrap(), &PILLOW);
    }

    const CV2: [f32; 6] = [6.1667, 20.3333, 74.5000, 122.0000, 226.1667, 307.0000];
    const PILLOW: [f32; 6] = [12.2273, 26.2273, 79.2273, 117.2273, 216.2273, 278.2273];

    #[test]
    fn what_is_no_plane_is_refused() {
        let kind = |r: Result<Vec<f32>>| r.unwrap_err().kind();
        assert_eq!(kind(resize_plane(&[0.0; 5], (2, 3), (1, 1), Sampling::Linear)), ErrorKind::Length);
        assert_eq!(kind(resize_plane(&[0.0; 6], (2, 3), (0, 1), Sampling::Linear)), ErrorKind::Usage);
        assert_eq!(kind(resize_plane(&[], (0, 3), (1, 1), Sampling::Linear)), ErrorKind::Usage);
    }
}
