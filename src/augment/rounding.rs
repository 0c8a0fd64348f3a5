//! From numbers to bytes, in the ways that the reference tools know.

/// The nearest byte, halves to the even one; what is outside is clipped, NaN is 0. OpenCV's `saturate_cast`.
pub(super) fn nearest(value: f32) -> u8 {
    value.round_ties_even() as u8
}

/// The byte below; what is outside is clipped, NaN is 0. NumPy's `clip(0, 255).astype(uint8)`.
pub(super) fn below(value: f32) -> u8 {
    value as u8
}

/// a × b + c, rounded once to single precision as a fused multiply-add does, at the speed of every processor:
/// the product of two singles is exact in double precision.
pub(super) fn fused(a: f32, b: f32, c: f32) -> f32 {
    (f64::from(a) * f64::from(b) + f64::from(c)) as f32
}
