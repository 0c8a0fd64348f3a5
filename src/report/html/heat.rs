//! A matrix as a picture of one pixel a cell: blue where names agree, vermilion where they differ.
//!
//! Invariant: the darker a pixel, the larger the cell's share of its row; an empty cell is transparent, so that the
//! picture does on light and on dark ground. The two colours can be told apart with any colour vision.

use crate::report::Matrix;

/// Steps of each colour.
const STEPS: u8 = 127;
/// Of cells whose names agree, and of the others.
const COLOURS: [[u8; 3]; 2] = [[0x1f, 0x83, 0xc4], [0xd5, 0x5e, 0x00]];

/// How strongly a cell is painted, 0 to 1: the square root of its share, so that rare confusions are seen.
pub(super) fn strength(count: u64, row_sum: u64) -> f64 {
    if row_sum == 0 { 0.0 } else { (count as f64 / row_sum as f64).sqrt().min(1.0) }
}

/// The picture as a PNG file; `None` for a matrix without cells or larger than a picture may be.
pub(super) fn png(matrix: &Matrix) -> Option<Vec<u8>> {
    let (height, width) = (matrix.rows.len(), matrix.columns.len());
    let mut pixels = Vec::with_capacity(height.checked_mul(width)?);
    for row in 0..height {
        let sum = matrix.whole(row);
        for column in 0..width {
            let strength = strength(matrix.count(row, column), sum);
            // At least one step for any count, so that nothing counted is invisible.
            let step = (strength * f64::from(STEPS)).ceil() as u8;
            let second = step > 0 && !matrix.agrees(row, column);
            pixels.push(if second { step + STEPS } else { step });
        }
    }
    let mut palette = vec![0; 3];
    let mut alpha = vec![0];
    for colour in COLOURS {
        for step in 1..=STEPS {
            palette.extend(colour);
            alpha.push((u16::from(step) * 255 / u16::from(STEPS)) as u8);
        }
    }
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, u32::try_from(width).ok()?, u32::try_from(height).ok()?);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_palette(palette);
    encoder.set_trns(alpha);
    let mut writer = encoder.write_header().ok()?;
    writer.write_image_data(&pixels).ok()?;
    writer.finish().ok()?;
    Some(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_as_strong_as_its_share_of_the_row() {
        let names = || vec!["a".to_owned(), "b".to_owned()];
        let matrix =
            Matrix { rows: names(), columns: names(), counts: vec![9, 0, 1, 3], ..Matrix::default() };
        let file = png(&matrix).unwrap();
        let mut decoder = png::Decoder::new(std::io::Cursor::new(file));
        decoder.set_transformations(png::Transformations::IDENTITY);
        let mut reader = decoder.read_info().unwrap();
        let mut pixels = vec![0; 4];
        reader.next_frame(&mut pixels).unwrap();
        // 9 of 9; nothing; 1 of 4, the other colour, half as strong; 3 of 4.
        assert_eq!(pixels, [127, 0, 127 + 64, 110]);
        assert_eq!(png(&Matrix::default()), None);
    }
}
