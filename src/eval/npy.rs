//! Arrays as numpy's own files: format 1.0, little-endian doubles, C order.

/// A `.npy` file of this shape.
///
/// ```
/// use lensframe::eval::npy;
/// let file = npy::write(&[2, 1], &[0.5, -1.0]);
/// assert!(file.starts_with(b"\x93NUMPY\x01\x00"));
/// assert_eq!(file.len(), 128 + 16);
/// ```
pub fn write(shape: &[usize], values: &[f64]) -> Vec<u8> {
    let sides: Vec<String> = shape.iter().map(|n| format!("{n},")).collect();
    let header = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': ({}), }}", sides.join(" "));
    // Head, header, a line feed, together a multiple of 64 bytes.
    let length = (10 + header.len() + 1).next_multiple_of(64) - 10;
    let mut out = b"\x93NUMPY\x01\x00".to_vec();
    out.extend(u16::try_from(length).unwrap_or(u16::MAX).to_le_bytes());
    out.extend(format!("{header:<width$}\n", width = length - 1).into_bytes());
    out.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    out
}
