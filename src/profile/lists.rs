//! [`Flat`]: the objects of some rows, one key of them, laid flat.
//!
//! Invariant: there is a length a row, `None` where the list is null (not annotated), and as many values as the lengths
//! say. Arrow lists of the declared types are read as they lie; what has another type (a table made by hand, 32-bit
//! floats, values without Arrow) is read value by value, and what makes no sense is an absent value, never an error.

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{Array, ArrayRef, GenericListArray, ListArray, OffsetSizeTrait, StructArray};

use crate::dataset::{Column, Value};
use crate::geometry::{Rle, Size};

/// Values of objects, and how many each row has.
pub(super) struct Flat<T> {
    pub(super) lengths: Vec<Option<usize>>,
    pub(super) values: Vec<T>,
}

/// A way of reading the elements of lists: all at once where they are of the expected type, else one by one.
struct Reader<T> {
    all: fn(&ArrayRef) -> Option<Vec<T>>,
    one: fn(&Value) -> T,
}

impl<T> Flat<T> {
    fn read(column: &Column, reader: &Reader<T>) -> Flat<T> {
        let mut flat = Flat { lengths: Vec::with_capacity(column.len()), values: Vec::new() };
        match column {
            Column::Values(values) => values.iter().for_each(|list| flat.push(list, reader)),
            Column::Arrow(chunks) => {
                for chunk in chunks {
                    let done = if let Some(list) = chunk.as_list_opt::<i32>() {
                        flat.lay(list, reader)
                    } else if let Some(list) = chunk.as_list_opt::<i64>() {
                        flat.lay(list, reader)
                    } else {
                        false
                    };
                    if !done {
                        (0..chunk.len()).for_each(|row| flat.push(&Value::of(chunk.as_ref(), row), reader));
                    }
                }
            }
        }
        flat
    }

    /// All lists of an array; false, and nothing is done, where their elements are not of the expected type.
    fn lay<O: OffsetSizeTrait>(&mut self, list: &GenericListArray<O>, reader: &Reader<T>) -> bool {
        let offsets: Vec<usize> = list.value_offsets().iter().map(|at| at.as_usize()).collect();
        let (Some(first), Some(last)) = (offsets.first(), offsets.last()) else { return true };
        let Some(all) = (reader.all)(&list.values().slice(*first, last - first)) else { return false };
        let lengths = offsets.windows(2).enumerate();
        let lengths = lengths.map(|(row, ends)| (list.is_valid(row), ends[1] - ends[0]));
        if list.null_count() == 0 {
            self.values.extend(all);
            self.lengths.extend(lengths.map(|(_, length)| Some(length)));
            return true;
        }
        let mut all = all.into_iter();
        for (valid, length) in lengths {
            // A list that is null may have elements beneath, which are none.
            let own = all.by_ref().take(length);
            if valid {
                self.values.extend(own);
            } else {
                own.for_each(drop);
            }
            self.lengths.push(valid.then_some(length));
        }
        true
    }

    fn push(&mut self, list: &Value, reader: &Reader<T>) {
        let elements = elements(list);
        self.lengths.push(elements.as_ref().map(Vec::len));
        self.values.extend(elements.iter().flatten().map(reader.one));
    }
}

/// Whole numbers, such as labels.
pub(super) fn ints(column: &Column) -> Flat<Option<i64>> {
    let all = |array: &ArrayRef| Some(array.as_primitive_opt::<Int64Type>()?.iter().collect());
    Flat::read(column, &Reader { all, one: Value::as_int })
}

/// Numbers, such as areas.
pub(super) fn floats(column: &Column) -> Flat<Option<f64>> {
    let all = |array: &ArrayRef| Some(array.as_primitive_opt::<Float64Type>()?.iter().collect());
    Flat::read(column, &Reader { all, one: Value::as_float })
}

/// Truth values; what is not said is false.
pub(super) fn flags(column: &Column) -> Flat<bool> {
    let all =
        |array: &ArrayRef| Some(array.as_boolean_opt()?.iter().map(|flag| flag == Some(true)).collect());
    Flat::read(column, &Reader { all, one: |value| *value == Value::Bool(true) })
}

/// Boxes of `N` numbers; a number that is null is NaN.
pub(super) fn boxes<const N: usize>(column: &Column) -> Flat<Option<[f64; N]>> {
    fn all<const N: usize>(array: &ArrayRef) -> Option<Vec<Option<[f64; N]>>> {
        let list =
            array.as_fixed_size_list_opt().filter(|list| usize::try_from(list.value_length()) == Ok(N))?;
        let numbers = list.values().as_primitive_opt::<Float64Type>()?;
        let whole = numbers.null_count() == 0;
        let of = |(row, own): (usize, &[f64; N])| {
            let null = |at: usize| !whole && numbers.is_null(row * N + at);
            let value = |at: usize| if null(at) { f64::NAN } else { own[at] };
            list.is_valid(row).then(|| std::array::from_fn(value))
        };
        Some(numbers.values().as_chunks::<N>().0.iter().enumerate().map(of).collect())
    }
    let one = |value: &Value| {
        let numbers: Vec<f64> = elements(value)?.iter().map(|v| v.as_float().unwrap_or(f64::NAN)).collect();
        numbers.try_into().ok()
    };
    Flat::read(column, &Reader { all: all::<N>, one })
}

/// A segmentation: `None` where there is none, else its area in pixels if it can be told.
pub(super) type Shape = Option<Option<f64>>;

/// Segmentations. That of polygons is the sum of their areas, so that parts that overlap count twice.
pub(super) fn shapes(column: &Column) -> Flat<Shape> {
    let all = |array: &ArrayRef| {
        let shapes = array.as_struct_opt()?;
        let member = |name: &str| shapes.column_by_name(name);
        let polygons = member("polygon")?.as_list_opt::<i32>()?;
        let counts = member("counts")?.as_list_opt::<i32>()?;
        Some((0..shapes.len()).map(|at| shape(shapes, polygons, counts, at)).collect())
    };
    // A mask that was drawn once (`mask`) is not asked here; any other type says only whether there is one.
    let one = |value: &Value| (!value.is_null()).then_some(None);
    Flat::read(column, &Reader { all, one })
}

fn shape(shapes: &StructArray, polygons: &ListArray, counts: &ListArray, at: usize) -> Shape {
    if shapes.is_null(at) {
        return None;
    }
    if polygons.is_valid(at) {
        let rings = polygons.value(at);
        if rings.is_empty() {
            // COCO's `"segmentation": []`.
            return None;
        }
        let rings = rings.as_list_opt::<i32>();
        let area = rings.map(|rings| rings.iter().flatten().filter_map(|ring| ring_area(&ring)).sum());
        return Some(area);
    }
    if counts.is_valid(at) {
        let runs = counts.value(at);
        let inside =
            |(n, run): (usize, Option<u32>)| if n % 2 == 1 { run.map_or(0.0, f64::from) } else { 0.0 };
        let runs = runs.as_primitive_opt::<arrow_array::types::UInt32Type>();
        return Some(runs.map(|runs| runs.iter().enumerate().map(inside).sum()));
    }
    let text = Value::of(shapes.column_by_name("rle")?.as_ref(), at);
    let size = shapes.column_by_name("size").map(|size| Value::of(size.as_ref(), at));
    let sides: Option<Vec<u32>> = size
        .as_ref()
        .and_then(elements)
        .map(|sides| sides.iter().filter_map(|side| u32::try_from(side.as_int()?).ok()).collect());
    let area = match (text.as_text(), sides.as_deref()) {
        (Some(text), Some([height, width])) => {
            Rle::from_coco_string(Size::new(*height, *width), text.as_bytes()).ok()
        }
        (None, _) => return None,
        _ => None,
    };
    Some(area.map(|mask| f64::from(mask.area())))
}

/// The area of a ring x0, y0, x1, y1, … by the shoelace formula.
fn ring_area(ring: &ArrayRef) -> Option<f64> {
    let (points, _) = ring.as_primitive_opt::<Float64Type>()?.values().as_chunks::<2>();
    let next = points.iter().cycle().skip(1);
    let twice: f64 = points.iter().zip(next).map(|([x0, y0], [x1, y1])| x0 * y1 - x1 * y0).sum();
    Some(twice.abs() / 2.0)
}

/// The elements of a list of whatever kind; `None` for what is no list.
pub(super) fn elements(list: &Value) -> Option<Vec<Value>> {
    match list {
        Value::Array(array) => Some((0..array.len()).map(|at| Value::of(array.as_ref(), at)).collect()),
        Value::List(values) => Some(values.to_vec()),
        _ => None,
    }
}
