//! Segmentations in the form they were declared: polygons, run lengths as a list, run lengths as text.
//!
//! Coordinates go straight from the file into the buffer that becomes the Arrow child array. Nothing is
//! rasterised, closed, sorted or repaired.

use std::sync::Arc;

use arrow_array::types::{Float64Type, Int32Type, UInt32Type};
use arrow_array::{ArrayRef, FixedSizeListArray, ListArray, PrimitiveArray, StructArray};
use arrow_buffer::{NullBufferBuilder, ScalarBuffer};
use arrow_schema::DataType;

use crate::convert::json::Cursor;
use crate::error::Result;
use crate::schema::field;

use super::style::{Fit, Style};
use crate::convert::column::{Ends, Texts, item};

/// The form of the segmentation that was read last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Polygons: how many of them have fewer than three points, and how many have half a point.
    Polygons { short: usize, odd: usize },
    /// Run lengths of a mask of (height, width); `total` is their sum, if it can be told.
    Runs { size: [i32; 2], total: Option<u64> },
}

/// Builder of the `segmentation` column.
#[derive(Debug)]
pub(super) struct Segmentations {
    valid: NullBufferBuilder,
    size: Vec<i32>,
    size_valid: NullBufferBuilder,
    polygons: Ends,
    polygons_valid: NullBufferBuilder,
    rings: Ends,
    coordinates: Vec<f64>,
    counts: Ends,
    counts_valid: NullBufferBuilder,
    runs: Vec<u32>,
    rle: Texts,
    last: Option<Shape>,
}

impl Segmentations {
    pub(super) fn new() -> Segmentations {
        Segmentations {
            valid: NullBufferBuilder::new(0),
            size: Vec::new(),
            size_valid: NullBufferBuilder::new(0),
            polygons: Ends::new(),
            polygons_valid: NullBufferBuilder::new(0),
            rings: Ends::new(),
            coordinates: Vec::new(),
            counts: Ends::new(),
            counts_valid: NullBufferBuilder::new(0),
            runs: Vec::new(),
            rle: Texts::new(),
            last: None,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.valid.len()
    }

    /// The form of the segmentation that was read last, if it was one.
    pub(super) fn last(&self) -> Option<Shape> {
        self.last
    }

    pub(super) fn bytes(&self) -> usize {
        std::mem::size_of_val(self.coordinates.as_slice())
            + std::mem::size_of_val(self.runs.as_slice())
            + self.rings.bytes()
            + self.rle.bytes()
            + self.len() * 16
    }

    pub(super) fn push_null(&mut self) {
        self.valid.append_null();
        self.no_size();
        self.no_polygons();
        self.no_counts();
        self.rle.push_null();
    }

    fn no_size(&mut self) {
        self.size.extend([0, 0]);
        self.size_valid.append_null();
    }

    fn no_polygons(&mut self) {
        self.polygons.push_empty();
        self.polygons_valid.append_null();
    }

    fn no_counts(&mut self) {
        self.counts.push_empty();
        self.counts_valid.append_null();
    }

    /// Takes the next value and says how well it fits; where it does not, nothing was pushed and the cursor
    /// stands anywhere.
    pub(super) fn read(&mut self, json: &mut Cursor<'_>, style: Style) -> Result<Fit> {
        self.last = None;
        match json.peek() {
            Some(b'[') => self.read_polygons(json, style),
            Some(b'{') => self.read_runs(json),
            _ => Ok(Fit::Not),
        }
    }

    fn read_polygons(&mut self, json: &mut Cursor<'_>, style: Style) -> Result<Fit> {
        let (rings, coordinates) = (self.rings.len(), self.coordinates.len());
        let Some((forms, shape)) = self.read_rings(json)? else {
            self.rings.truncate(rings);
            self.coordinates.truncate(coordinates);
            return Ok(Fit::Not);
        };
        self.polygons.push(self.rings.len())?;
        self.polygons_valid.append_non_null();
        self.valid.append_non_null();
        self.no_size();
        self.no_counts();
        self.rle.push_null();
        self.last = Some(shape);
        Ok(style.fit(forms))
    }

    fn read_rings(&mut self, json: &mut Cursor<'_>) -> Result<Option<(u8, Shape)>> {
        let (mut forms, mut short, mut odd) = (0, 0, 0);
        json.expect(b'[', "the list of polygons")?;
        if json.eat(b']') {
            return Ok(Some((forms, Shape::Polygons { short, odd })));
        }
        loop {
            let start = self.coordinates.len();
            let Some(more) = json.numbers(&mut self.coordinates) else { return Ok(None) };
            forms |= more;
            let numbers = self.coordinates.len() - start;
            short += usize::from(numbers < 6);
            odd += numbers % 2;
            self.rings.push(self.coordinates.len())?;
            if json.eat(b',') {
                continue;
            }
            return Ok(json.eat(b']').then_some((forms, Shape::Polygons { short, odd })));
        }
    }

    fn read_runs(&mut self, json: &mut Cursor<'_>) -> Result<Fit> {
        let runs = self.runs.len();
        let read = self.read_run_members(json)?;
        let Some((size, counts)) = read else {
            self.runs.truncate(runs);
            return Ok(Fit::Not);
        };
        self.valid.append_non_null();
        self.size.extend(size);
        self.size_valid.append_non_null();
        self.no_polygons();
        let total = match counts {
            Counts::List => {
                self.counts.push(self.runs.len())?;
                self.counts_valid.append_non_null();
                self.rle.push_null();
                Some(self.runs.iter().skip(runs).map(|n| u64::from(*n)).sum())
            }
            Counts::Text(text) => {
                self.no_counts();
                self.rle.push(&text)?;
                total_of(&text)
            }
        };
        self.last = Some(Shape::Runs { size, total });
        Ok(Fit::Exact)
    }

    /// The size and the counts, list counts appended to `runs`; `None` for anything else than exactly these
    /// two.
    fn read_run_members<'a>(&mut self, json: &mut Cursor<'a>) -> Result<Option<([i32; 2], Counts<'a>)>> {
        json.expect(b'{', "the run lengths")?;
        let (mut size, mut counts) = (None, None);
        loop {
            if json.peek() != Some(b'"') {
                return Ok(None);
            }
            match json.key()?.decode()?.as_ref() {
                "size" if size.is_none() => {
                    let Some(read) = read_size(json)? else { return Ok(None) };
                    size = Some(read);
                }
                "counts" if counts.is_none() => {
                    counts = match json.peek() {
                        Some(b'"') => Some(Counts::Text(json.text()?.decode()?)),
                        Some(b'[') if read_list(json, &mut self.runs)? => Some(Counts::List),
                        _ => return Ok(None),
                    };
                }
                _ => return Ok(None),
            }
            if json.eat(b',') {
                continue;
            }
            return Ok(if json.eat(b'}') { size.zip(counts) } else { None });
        }
    }

    pub(super) fn finish(&mut self) -> Result<ArrayRef> {
        let size = PrimitiveArray::<Int32Type>::try_new(std::mem::take(&mut self.size).into(), None)?;
        let size =
            FixedSizeListArray::try_new(item(DataType::Int32), 2, Arc::new(size), self.size_valid.finish())?;
        let coordinates = ScalarBuffer::from(std::mem::take(&mut self.coordinates));
        let coordinates = PrimitiveArray::<Float64Type>::try_new(coordinates, None)?;
        let rings =
            ListArray::try_new(item(DataType::Float64), self.rings.finish(), Arc::new(coordinates), None)?;
        let polygons = ListArray::try_new(
            item(field::list(DataType::Float64)),
            self.polygons.finish(),
            Arc::new(rings),
            self.polygons_valid.finish(),
        )?;
        let runs = PrimitiveArray::<UInt32Type>::try_new(std::mem::take(&mut self.runs).into(), None)?;
        let counts = ListArray::try_new(
            item(DataType::UInt32),
            self.counts.finish(),
            Arc::new(runs),
            self.counts_valid.finish(),
        )?;
        let DataType::Struct(fields) = field::segmentation_type() else {
            return Ok(arrow_array::new_null_array(&field::segmentation_type(), self.len()));
        };
        let members: Vec<ArrayRef> =
            vec![Arc::new(size), Arc::new(polygons), Arc::new(counts), self.rle.finish()?];
        Ok(Arc::new(StructArray::try_new(fields, members, self.valid.finish())?))
    }
}

enum Counts<'a> {
    List,
    Text(std::borrow::Cow<'a, str>),
}

fn read_size(json: &mut Cursor<'_>) -> Result<Option<[i32; 2]>> {
    let mut size = Vec::new();
    if !read_list(json, &mut size)? {
        return Ok(None);
    }
    Ok(<[i32; 2]>::try_from(size).ok())
}

/// Appends a list of integers; false for any other value.
fn read_list<T: TryFrom<i64>>(json: &mut Cursor<'_>, out: &mut Vec<T>) -> Result<bool> {
    if !json.eat(b'[') {
        return Ok(false);
    }
    if json.eat(b']') {
        return Ok(true);
    }
    loop {
        let Ok(Some(value)) = json.int() else { return Ok(false) };
        let Ok(value) = T::try_from(value) else { return Ok(false) };
        out.push(value);
        if json.eat(b',') {
            continue;
        }
        return Ok(json.eat(b']'));
    }
}

/// The sum of the run lengths in a compressed string (six-bit characters from '0', five bits a character, low
/// bits first, from the third run on as the difference to the run before the last); `None` if it is not one.
fn total_of(text: &str) -> Option<u64> {
    let (mut runs, mut total) = ([0i64; 2], 0i64);
    let (mut value, mut shift, mut index) = (0i64, 0u32, 0usize);
    for byte in text.bytes() {
        let bits = i64::from(byte.checked_sub(48).filter(|b| *b < 64)?);
        value |= (bits & 0x1f).checked_shl(shift).filter(|_| shift <= 55)?;
        shift += 5;
        if bits & 0x20 != 0 {
            continue;
        }
        if bits & 0x10 != 0 {
            value |= -1i64 << shift;
        }
        let [before, last] = runs;
        let run = if index > 2 { value.checked_add(before)? } else { value };
        if run < 0 {
            return None;
        }
        total = total.checked_add(run)?;
        runs = [last, run];
        (value, shift, index) = (0, 0, index + 1);
    }
    if shift == 0 { u64::try_from(total).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::Array;

    fn read(column: &mut Segmentations, text: &str) -> Fit {
        column.read(&mut Cursor::new(text.as_bytes()), Style::Int).unwrap()
    }

    #[test]
    fn each_form_stays_what_it_was() {
        let mut column = Segmentations::new();
        assert_eq!(read(&mut column, "[[0, 0, 1.5, 0, 1, 2], [3, 3, 4, 4]]"), Fit::Exact);
        assert_eq!(column.last(), Some(Shape::Polygons { short: 1, odd: 0 }));
        assert_eq!(read(&mut column, "[]"), Fit::Exact);
        assert_eq!(read(&mut column, r#"{"counts": [0, 20, 30], "size": [10, 5]}"#), Fit::Exact);
        assert_eq!(column.last(), Some(Shape::Runs { size: [10, 5], total: Some(50) }));
        assert_eq!(read(&mut column, r#"{"size": [10, 5], "counts": "0d0n0"}"#), Fit::Exact);
        column.push_null();
        let array = column.finish().unwrap();
        assert_eq!(array.data_type(), &field::segmentation_type());
        assert_eq!((array.len(), array.null_count()), (5, 1));
        array.to_data().validate_full().unwrap();
    }

    #[test]
    fn what_does_not_fit_leaves_nothing_behind() {
        let mut column = Segmentations::new();
        read(&mut column, "[[1, 2]]");
        for odd in [
            "[1, 2, 3]",
            "[[1, 2], null]",
            "[[1, [2]]]",
            "null",
            "3",
            "{}",
            r#"{"counts": [1.5], "size": [1, 2]}"#,
            r#"{"counts": [-1], "size": [1, 2]}"#,
            r#"{"counts": [1], "size": [1, 2, 3]}"#,
            r#"{"counts": [1]}"#,
            r#"{"counts": [1], "size": [1, 2], "x": 1}"#,
            r#"{"counts": [4294967296], "size": [1, 2]}"#,
        ] {
            assert_eq!(read(&mut column, odd), Fit::Not, "{odd}");
        }
        assert_eq!((column.len(), column.coordinates.len(), column.runs.len()), (1, 2, 0));
    }

    #[test]
    fn the_style_decides_between_exact_and_kept() {
        let mut column = Segmentations::new();
        assert_eq!(read(&mut column, "[[1, 2.0]]"), Fit::Value);
        assert_eq!(read(&mut column, "[[1, 2.5]]"), Fit::Exact);
        assert_eq!(column.len(), 2);
    }

    #[test]
    fn compressed_totals_are_those_of_pycocotools() {
        // What pycocotools.mask.frPyObjects gives for [0, 20, 30] of 10 by 5, [10, 10, 5, 10, 15] of 5 by 10
        // and [3, 100, 2, 50000, 1, 7] of 1 by 50113.
        for (text, total) in [("0d0n0", 50), ("::50:", 50), ("3T32\\g`1OgU_N", 50_113)] {
            assert_eq!(total_of(text), Some(total), "{text}");
        }
        assert_eq!(total_of("\u{7f}"), None);
        assert_eq!(total_of("o"), None);
    }
}
