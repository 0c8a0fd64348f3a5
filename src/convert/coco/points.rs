//! Keypoints: `x, y, v` triples of any number K, as points and as the source's visibilities.

use std::sync::Arc;

use arrow_array::types::{Float64Type, UInt8Type};
use arrow_array::{ArrayRef, FixedSizeListArray, ListArray, PrimitiveArray};
use arrow_buffer::NullBufferBuilder;
use arrow_schema::DataType;

use crate::convert::json::Cursor;
use crate::error::Result;
use crate::schema::field;

use super::style::{Fit, Style};
use crate::convert::column::{Ends, item};

/// Builder of the `point` and `visible` columns.
#[derive(Debug)]
pub(super) struct Points {
    points: Ends,
    valid: NullBufferBuilder,
    coordinates: Vec<f64>,
    flags: Ends,
    flags_valid: NullBufferBuilder,
    visible: Vec<u8>,
    labelled: Option<i64>,
}

impl Points {
    pub(super) fn new() -> Points {
        Points {
            points: Ends::new(),
            valid: NullBufferBuilder::new(0),
            coordinates: Vec::new(),
            flags: Ends::new(),
            flags_valid: NullBufferBuilder::new(0),
            visible: Vec::new(),
            labelled: None,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.points.len()
    }

    pub(super) fn bytes(&self) -> usize {
        std::mem::size_of_val(self.coordinates.as_slice()) + self.visible.len() + self.points.bytes() * 2
    }

    /// How many points of the value read last have a visibility above 0; `None` if it has no visibilities.
    pub(super) fn labelled(&self) -> Option<i64> {
        self.labelled
    }

    /// True if the value at a position is not null.
    pub(super) fn is_valid(&self, position: usize) -> bool {
        position < self.valid.len() && self.valid.is_valid(position)
    }

    pub(super) fn push_null(&mut self) {
        self.points.push_empty();
        self.valid.append_null();
        self.flags.push_empty();
        self.flags_valid.append_null();
    }

    /// Takes the next value and says how well it fits; where it does not, nothing was pushed and the cursor
    /// stands anywhere. Visibilities that are not 0..=255 without a point (scores, in results) leave
    /// `visible` null.
    pub(super) fn read(&mut self, json: &mut Cursor<'_>, style: Style) -> Result<Fit> {
        let (coordinates, visible) = (self.coordinates.len(), self.visible.len());
        self.labelled = None;
        let Some((forms, whole)) = self.read_triples(json) else {
            self.coordinates.truncate(coordinates);
            self.visible.truncate(visible);
            return Ok(Fit::Not);
        };
        self.points.push(self.coordinates.len() / 2)?;
        self.valid.append_non_null();
        if !whole {
            self.visible.truncate(visible);
            self.flags.push_empty();
            self.flags_valid.append_null();
            return Ok(Fit::Value);
        }
        let labelled = self.visible.iter().skip(visible).filter(|v| **v > 0).count();
        self.labelled = i64::try_from(labelled).ok();
        self.flags.push(self.visible.len())?;
        self.flags_valid.append_non_null();
        Ok(style.fit(forms))
    }

    /// The forms of all coordinates, and whether all visibilities fit; `None` unless it is a list of triples.
    fn read_triples(&mut self, json: &mut Cursor<'_>) -> Option<(u8, bool)> {
        let (mut forms, mut whole) = (0, true);
        if !json.eat(b'[') {
            return None;
        }
        if json.eat(b']') {
            return Some((forms, whole));
        }
        loop {
            for _ in 0..2 {
                let number = json.number()?;
                forms |= number.form.bit();
                self.coordinates.push(number.value);
                if !json.eat(b',') {
                    return None;
                }
            }
            match json.int() {
                Ok(Some(flag)) => match u8::try_from(flag) {
                    Ok(flag) => self.visible.push(flag),
                    Err(_) => whole = false,
                },
                Ok(None) | Err(_) => {
                    json.number()?;
                    whole = false;
                }
            }
            if json.eat(b',') {
                continue;
            }
            return json.eat(b']').then_some((forms, whole));
        }
    }

    /// The columns `point` and `visible`, one value an object.
    pub(super) fn finish(&mut self) -> Result<[ArrayRef; 2]> {
        let coordinates =
            PrimitiveArray::<Float64Type>::try_new(std::mem::take(&mut self.coordinates).into(), None)?;
        let pairs = FixedSizeListArray::try_new(item(DataType::Float64), 2, Arc::new(coordinates), None)?;
        let points = ListArray::try_new(
            item(field::fixed_list(DataType::Float64, 2)),
            self.points.finish(),
            Arc::new(pairs),
            self.valid.finish(),
        )?;
        let visible = PrimitiveArray::<UInt8Type>::try_new(std::mem::take(&mut self.visible).into(), None)?;
        let visible = ListArray::try_new(
            item(DataType::UInt8),
            self.flags.finish(),
            Arc::new(visible),
            self.flags_valid.finish(),
        )?;
        Ok([Arc::new(points), Arc::new(visible)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::Array;

    fn read(points: &mut Points, text: &str) -> Fit {
        points.read(&mut Cursor::new(text.as_bytes()), Style::Int).unwrap()
    }

    #[test]
    fn any_number_of_points_is_taken() {
        let mut points = Points::new();
        assert_eq!(read(&mut points, "[0, 0, 0, 2.5, 1, 2, 4, 1, 1]"), Fit::Exact);
        assert_eq!(points.labelled(), Some(2));
        assert_eq!(read(&mut points, "[]"), Fit::Exact);
        points.push_null();
        let [point, visible] = points.finish().unwrap();
        for array in [&point, &visible] {
            assert_eq!((array.len(), array.null_count()), (3, 1));
            array.to_data().validate_full().unwrap();
        }
    }

    #[test]
    fn scores_in_place_of_visibilities_are_kept_as_declared() {
        let mut points = Points::new();
        assert_eq!(read(&mut points, "[1, 2, 0.93]"), Fit::Value);
        assert_eq!((points.labelled(), points.is_valid(0)), (None, true));
        for odd in ["[1, 2]", "[1, 2, 3, 4]", "[1, null, 2]", "null", "[[1, 2, 2]]"] {
            assert_eq!(read(&mut points, odd), Fit::Not, "{odd}");
        }
        let [point, visible] = points.finish().unwrap();
        assert_eq!((point.null_count(), visible.null_count()), (0, 1));
    }
}
