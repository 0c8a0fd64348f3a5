//! What lies beyond the edge of a picture: [`Border`].

/// What a filter sees past the outermost pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Border {
    /// `dcb|abcd|cba`: mirrored about the outermost pixels. OpenCV's default, NumPy's `reflect`, SciPy's
    /// `mirror`.
    #[default]
    Reflect101,
    /// `cba|abcd|dcb`: mirrored about the edge. SciPy's `reflect`.
    Reflect,
    /// `aaa|abcd|ddd`: the outermost pixel repeated. OpenCV's `REPLICATE`, SciPy's `nearest`.
    Replicate,
}

impl Border {
    /// The row or column that stands for `place`, of `length` (at least 1); mirrored as often as needed.
    pub(super) fn inside(self, place: isize, length: usize) -> usize {
        let end = length.cast_signed();
        if (0..end).contains(&place) {
            return place.cast_unsigned();
        }
        match self {
            Border::Reflect101 => reflect_101(place, length),
            Border::Reflect => {
                let within = place.rem_euclid(2 * end);
                within.min(2 * end - 1 - within).cast_unsigned()
            }
            Border::Replicate => place.clamp(0, end - 1).cast_unsigned(),
        }
    }
}

/// The place mirrored about the outermost ones of `length` (at least 1).
pub(super) fn reflect_101(place: isize, length: usize) -> usize {
    let last = length.cast_signed() - 1;
    if last == 0 {
        return 0;
    }
    let within = place.rem_euclid(2 * last);
    within.min(2 * last - within).cast_unsigned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn borders_are_those_of_the_tools() {
        // [cv2.borderInterpolate(p, 4, b) for p in range(-5, 9)], b: BORDER_REFLECT_101, BORDER_REFLECT,
        // BORDER_REPLICATE.
        let of = |border: Border| (-5..9).map(move |p| border.inside(p, 4)).collect::<Vec<_>>();
        assert_eq!(of(Border::Reflect101), [1, 2, 3, 2, 1, 0, 1, 2, 3, 2, 1, 0, 1, 2]);
        assert_eq!(of(Border::Reflect), [3, 3, 2, 1, 0, 0, 1, 2, 3, 3, 2, 1, 0, 0]);
        assert_eq!(of(Border::Replicate), [0, 0, 0, 0, 0, 0, 1, 2, 3, 3, 3, 3, 3, 3]);
        for border in [Border::Reflect101, Border::Reflect, Border::Replicate] {
            assert!((-5..9).all(|p| border.inside(p, 1) == 0), "{border:?}");
        }
    }
}
