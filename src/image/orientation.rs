//! [`Orientation`]: how the stored rows and columns of a photograph lie to the upright picture.
//!
//! The eight values of EXIF's tag 0x0112 and no other (EXIF 2.32, table 4.6.4 A).

/// What is to be done to the stored picture to see it upright.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Orientation {
    /// 1: stored upright.
    #[default]
    Upright,
    /// 2: mirrored left to right.
    FlipX,
    /// 3: turned by half a turn.
    Turn180,
    /// 4: mirrored top to bottom.
    FlipY,
    /// 5: mirrored along the diagonal from the top left corner (rows and columns change places).
    Transpose,
    /// 6: to be turned by a quarter clockwise.
    Turn90,
    /// 7: mirrored along the other diagonal.
    Transverse,
    /// 8: to be turned by a quarter counterclockwise.
    Turn270,
}

impl Orientation {
    /// All eight, in the order of their EXIF values.
    pub const ALL: [Orientation; 8] = [
        Orientation::Upright,
        Orientation::FlipX,
        Orientation::Turn180,
        Orientation::FlipY,
        Orientation::Transpose,
        Orientation::Turn90,
        Orientation::Transverse,
        Orientation::Turn270,
    ];

    /// The orientation of an EXIF value; `None` for anything but 1 to 8.
    pub fn from_exif(value: u16) -> Option<Orientation> {
        Self::ALL.get(usize::from(value).checked_sub(1)?).copied()
    }

    /// The EXIF value, 1 to 8.
    pub fn to_exif(self) -> u16 {
        match self {
            Orientation::Upright => 1,
            Orientation::FlipX => 2,
            Orientation::Turn180 => 3,
            Orientation::FlipY => 4,
            Orientation::Transpose => 5,
            Orientation::Turn90 => 6,
            Orientation::Transverse => 7,
            Orientation::Turn270 => 8,
        }
    }

    /// True if rows become columns.
    pub fn swaps(self) -> bool {
        self.to_exif() >= 5
    }

    /// The upright size of a stored one, and the reverse: (height, width).
    pub fn size(self, (height, width): (u32, u32)) -> (u32, u32) {
        if self.swaps() { (width, height) } else { (height, width) }
    }

    /// Where the upright pixel (row, column) lies in a stored picture of this size.
    pub fn stored(self, (row, column): (u32, u32), (height, width): (u32, u32)) -> (u32, u32) {
        let (last_row, last_column) = (height.saturating_sub(1), width.saturating_sub(1));
        let (down, right) = (|n: u32| last_row.saturating_sub(n), |n: u32| last_column.saturating_sub(n));
        match self {
            Orientation::Upright => (row, column),
            Orientation::FlipX => (row, right(column)),
            Orientation::Turn180 => (down(row), right(column)),
            Orientation::FlipY => (down(row), column),
            Orientation::Transpose => (column, row),
            Orientation::Turn90 => (down(column), row),
            Orientation::Transverse => (down(column), right(row)),
            Orientation::Turn270 => (column, right(row)),
        }
    }

    /// The orientation that undoes this one: a picture turned by it is stored upright by this one.
    #[must_use]
    pub fn inverse(self) -> Orientation {
        match self {
            Orientation::Turn90 => Orientation::Turn270,
            Orientation::Turn270 => Orientation::Turn90,
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_corner_of_each_orientation_is_where_exif_says() {
        // EXIF names where the stored first row and first column are seen; here: which stored pixel of a
        // picture of 2 rows and 3 columns is seen at the upright top left.
        let corners = [(0, 0), (0, 2), (1, 2), (1, 0), (0, 0), (1, 0), (1, 2), (0, 2)];
        for (value, corner) in (1..).zip(corners) {
            let orientation = Orientation::from_exif(value).unwrap();
            assert_eq!(orientation.stored((0, 0), (2, 3)), corner, "{orientation:?}");
            assert_eq!(orientation.to_exif(), value);
        }
        assert_eq!([0, 9, 255].map(Orientation::from_exif), [None; 3]);
    }

    #[test]
    fn an_inverse_undoes() {
        for orientation in Orientation::ALL {
            let size = orientation.size((2, 3));
            for at in (0..2).flat_map(|r| (0..3).map(move |c| (r, c))) {
                let upright = orientation.inverse().stored(at, size);
                assert_eq!(orientation.stored(upright, (2, 3)), at, "{orientation:?}");
            }
        }
    }
}
