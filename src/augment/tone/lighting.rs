//! [`Lighting`]: one offset for all pixels, along the principal components of natural colours.

use crate::augment::rounding::nearest;
use crate::image::{Channels, Pixels};

/// The principal components of the colours of a dataset (Krizhevsky and others 2012). An image is lit anew by
/// adding `vectors` × (`values` ∘ α) to its pixels, with α three normal numbers.
///
/// The standard deviation of α goes with the unit: 0.1 in the paper, whose intensities end at 1, and 25.5
/// where they end at 255, as here. MMCV's `adjust_lighting` and ChainerCV's `pca_lighting` are this sum; each
/// is given its matrix by its callers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lighting {
    /// Of each component, how much colours vary along it.
    pub values: [f64; 3],
    /// One row a channel (red, green, blue), one column a component.
    pub vectors: [[f64; 3]; 3],
}

impl Lighting {
    /// Of ImageNet, as first published with fb.resnet.torch: components in columns.
    pub const IMAGENET: Lighting = Lighting {
        values: [0.2175, 0.0188, 0.0045],
        vectors: [[-0.5675, 0.7192, 0.4009], [-0.5808, -0.0045, -0.8140], [-0.5836, -0.6948, 0.4203]],
    };

    /// What ChainerCV multiplies with: the same numbers, components in rows.
    pub const CHAINERCV: Lighting = Lighting {
        values: [0.2175, 0.0188, 0.0045],
        vectors: [[-0.5675, -0.5808, -0.5836], [0.7192, -0.0045, -0.6948], [0.4009, -0.8140, 0.4203]],
    };

    /// What is added to red, green and blue.
    pub fn offset(&self, alpha: [f64; 3]) -> [f64; 3] {
        self.vectors
            .map(|row| row.iter().zip(self.values).zip(alpha).map(|((v, value), a)| v * value * a).sum())
    }

    /// Adds the offset and rounds to the nearest byte, halves to the even one, clipped. A gray picture stays
    /// gray: it is given the mean of the three.
    pub fn add(&self, pixels: &mut Pixels, alpha: [f64; 3]) {
        let offset = self.offset(alpha);
        let table = |offset: f64| super::table::table(|x| nearest((f64::from(x) + offset) as f32));
        match pixels.channels() {
            Channels::Gray => super::lut(pixels, &table(offset.iter().sum::<f64>() / 3.0)),
            Channels::Rgb => {
                let tables = offset.map(table);
                for colour in pixels.data_mut().as_chunks_mut::<3>().0 {
                    for (byte, table) in colour.iter_mut().zip(&tables) {
                        *byte = table[usize::from(*byte)];
                    }
                }
            }
        }
    }

    /// Adds the offset to RGB numbers, the three of a pixel side by side; nothing is clipped. What the two
    /// tools do. Numbers after the last whole pixel are left alone.
    pub fn add_numbers(&self, numbers: &mut [f32], alpha: [f64; 3]) {
        let offset = self.offset(alpha);
        for colour in numbers.as_chunks_mut::<3>().0 {
            for (number, offset) in colour.iter_mut().zip(offset) {
                *number = (f64::from(*number) + offset) as f32;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_offset_is_the_product_of_the_two_tools() {
        // eigen_vector.dot(eigen_value * alpha) with alpha = (25.5, -12.75, 40), NumPy 2.4; the first is also
        // adjust_lighting of mmcv 2.2 (its normal draw replaced) with eigvec = the columns.
        let alpha = [25.5, -12.75, 40.0];
        let close = |a: [f64; 3], b: [f64; 3]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-12);
        assert!(close(Lighting::IMAGENET.offset(alpha), OFFSET_COLUMNS));
        assert!(close(Lighting::CHAINERCV.offset(alpha), OFFSET_ROWS));
    }

    const OFFSET_COLUMNS: [f64; 3] = [-3.247727115, -3.36670335, -2.99459394];
    const OFFSET_ROWS: [f64; 3] = [-3.113327115, 3.86487765, 2.494261425];

    #[test]
    fn bytes_are_rounded_and_clipped_and_numbers_are_not() {
        let unit =
            Lighting { values: [1.0; 3], vectors: [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]] };
        let mut picture = Pixels::new((1, 2), Channels::Rgb, vec![10, 250, 5, 0, 128, 255]).unwrap();
        unit.add(&mut picture, [0.5, 10.0, -6.0]);
        assert_eq!(picture.data(), [10, 255, 0, 0, 138, 249]);
        let mut gray = Pixels::new((1, 1), Channels::Gray, vec![10]).unwrap();
        unit.add(&mut gray, [3.0, 3.0, -3.0]);
        assert_eq!(gray.data(), [11]);
        let mut numbers = [10.0, 250.0, 5.0, 7.0];
        unit.add_numbers(&mut numbers, [0.5, 10.0, -6.0]);
        assert_eq!(numbers, [10.5, 260.0, -1.0, 7.0]);
    }
}
