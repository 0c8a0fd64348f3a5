//! How the type of a key may change from one version of a dataset to the next: it only widens.
//!
//! Types form a partial order in which a wider type holds every value of a narrower one exactly and in kind:
//! a number stays a number of its kind, text stays text. [`widen`] is the least upper bound, so it does not
//! matter in which order versions, fragments or parts of a `concat` are met.

use std::sync::Arc;

use arrow_schema::{DataType, Field, Fields};

use super::ITEM;

/// The narrowest type that holds the values of both, or `None` where there is none.
///
/// - `null` widens to anything
/// - `int8` → `int16` → `int32` → `int64`; `uint8` → `uint16` → `uint32` → `uint64`; an unsigned integer also
///   to the signed integers with more bits
/// - `float16` → `float32` → `float64`; integers do not become floats
/// - `utf8` → `large_utf8`, `binary` → `large_binary`, `list` → `large_list`
/// - lists, fixed lists of one size, and structs with the same member names in the same order: inside; an
///   inner field may be null if either may, or if one of them was `null`; items of different names are `item`
///
/// Every other pair must be equal. Metadata of inner fields is dropped.
///
/// ```
/// use arrow_schema::DataType;
/// use lensframe::schema::{field::list, types::widen};
/// assert_eq!(widen(&list(DataType::Int8), &list(DataType::Int64)), Some(list(DataType::Int64)));
/// assert_eq!(widen(&DataType::Int64, &DataType::Utf8), None);
/// ```
pub fn widen(a: &DataType, b: &DataType) -> Option<DataType> {
    use DataType as T;
    if let (Some(a), Some(b)) = (Integer::of(a), Integer::of(b)) {
        return a.join(b).and_then(Integer::arrow);
    }
    Some(match (a, b) {
        (T::Null, other) | (other, T::Null) => bare(other),
        (T::Float16 | T::Float32 | T::Float64, T::Float16 | T::Float32 | T::Float64) => {
            if [a, b].contains(&&T::Float64) {
                T::Float64
            } else if [a, b].contains(&&T::Float32) {
                T::Float32
            } else {
                T::Float16
            }
        }
        (T::Utf8, T::LargeUtf8) | (T::LargeUtf8, T::Utf8) => T::LargeUtf8,
        (T::Binary, T::LargeBinary) | (T::LargeBinary, T::Binary) => T::LargeBinary,
        (T::List(x), T::List(y)) => T::List(items(x, y)?),
        (T::List(x) | T::LargeList(x), T::List(y) | T::LargeList(y)) => T::LargeList(items(x, y)?),
        (T::FixedSizeList(x, n), T::FixedSizeList(y, m)) if n == m => T::FixedSizeList(items(x, y)?, *n),
        (T::Struct(xs), T::Struct(ys)) => {
            if xs.len() != ys.len() {
                return None;
            }
            let member = |(x, y): (&Arc<Field>, &Arc<Field>)| {
                if x.name() == y.name() { inner(x.name(), x, y) } else { None }
            };
            T::Struct(xs.iter().zip(ys).map(member).collect::<Option<Fields>>()?)
        }
        (a, b) if a == b => a.clone(),
        _ => return None,
    })
}

/// True if values of `from` may be read as `to`: the widening of the two is `to`.
pub fn widens(from: &DataType, to: &DataType) -> bool {
    widen(from, to).is_some_and(|wide| wide == bare(to))
}

/// An integer type: signed or not, and its bits.
#[derive(Clone, Copy)]
struct Integer {
    signed: bool,
    bits: u32,
}

impl Integer {
    fn of(ty: &DataType) -> Option<Integer> {
        let (signed, bits) = match ty {
            DataType::Int8 => (true, 8),
            DataType::Int16 => (true, 16),
            DataType::Int32 => (true, 32),
            DataType::Int64 => (true, 64),
            DataType::UInt8 => (false, 8),
            DataType::UInt16 => (false, 16),
            DataType::UInt32 => (false, 32),
            DataType::UInt64 => (false, 64),
            _ => return None,
        };
        Some(Integer { signed, bits })
    }

    fn join(self, other: Integer) -> Option<Integer> {
        let bits = match (self.signed, other.signed) {
            (a, b) if a == b => self.bits.max(other.bits),
            (true, _) => self.bits.max(2 * other.bits),
            (false, _) => other.bits.max(2 * self.bits),
        };
        (bits <= 64).then_some(Integer { signed: self.signed || other.signed, bits })
    }

    fn arrow(self) -> Option<DataType> {
        Some(match (self.signed, self.bits) {
            (true, 8) => DataType::Int8,
            (true, 16) => DataType::Int16,
            (true, 32) => DataType::Int32,
            (true, 64) => DataType::Int64,
            (false, 8) => DataType::UInt8,
            (false, 16) => DataType::UInt16,
            (false, 32) => DataType::UInt32,
            (false, 64) => DataType::UInt64,
            _ => return None,
        })
    }
}

fn items(x: &Field, y: &Field) -> Option<Arc<Field>> {
    let name = if x.name() == y.name() { x.name() } else { ITEM };
    inner(name, x, y).map(Arc::new)
}

fn inner(name: &str, x: &Field, y: &Field) -> Option<Field> {
    let ty = widen(x.data_type(), y.data_type())?;
    let was_null = |f: &Field| *f.data_type() == DataType::Null;
    let nullable = x.is_nullable() || y.is_nullable() || was_null(x) != was_null(y);
    Some(Field::new(name, ty, nullable))
}

/// The type without the metadata of its inner fields.
fn bare(ty: &DataType) -> DataType {
    let field = |f: &Arc<Field>| Arc::new(Field::new(f.name(), bare(f.data_type()), f.is_nullable()));
    match ty {
        DataType::List(item) => DataType::List(field(item)),
        DataType::LargeList(item) => DataType::LargeList(field(item)),
        DataType::FixedSizeList(item, n) => DataType::FixedSizeList(field(item), *n),
        DataType::Struct(members) => DataType::Struct(members.iter().map(field).collect()),
        other => other.clone(),
    }
}
