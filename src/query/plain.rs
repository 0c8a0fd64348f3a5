//! Comparisons of numbers and flags, judged on the arrays that hold them: [`judge`].
//!
//! What most conditions are made of costs one pass over their columns this way, and neither polars' memory nor its
//! start. Answers are those of polars: floats have one order in which NaN is equal to itself and above all numbers,
//! and whole numbers meet floats as floats.

use std::cmp::Ordering;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type,
    UInt32Type,
};
use arrow_array::{Array, ArrayRef};
use arrow_buffer::{BooleanBuffer, BooleanBufferBuilder, NullBuffer};
use arrow_schema::DataType;

use super::comparison::{Comparison, Comparisons, Demand, Literal};
use super::parts::Parts;
use crate::error::Result;

/// The rows that satisfy all comparisons, null as false; `None` where a column is not of numbers, or not of flags where
/// one stands alone, or a number is compared with text: polars has the words for those.
///
/// # Errors
/// Those of [`Parts::make`].
pub(super) fn judge(parts: &Parts, comparisons: &Comparisons) -> Result<Option<BooleanBuffer>> {
    let mut all: Option<BooleanBuffer> = None;
    for Comparison { column, demand } in &comparisons.list {
        let (ty, chunks) = parts.make(column)?;
        let Some(test) = Test::of(demand, &ty) else { return Ok(None) };
        let mut masks = Vec::with_capacity(chunks.len());
        for chunk in &chunks {
            let Some(mask) = test.mask(chunk) else { return Ok(None) };
            masks.push(mask);
        }
        let mask = joined(masks);
        all = Some(match all {
            None => mask,
            Some(other) if other.len() == mask.len() => &other & &mask,
            Some(_) => return Ok(None),
        });
    }
    Ok(all.filter(|mask| mask.len() == parts.height()))
}

fn joined(masks: Vec<BooleanBuffer>) -> BooleanBuffer {
    match <[BooleanBuffer; 1]>::try_from(masks) {
        Ok([one]) => one,
        Err(masks) => {
            let mut all = BooleanBufferBuilder::new(masks.iter().map(BooleanBuffer::len).sum());
            masks.iter().for_each(|mask| all.append_buffer(mask));
            all.finish()
        }
    }
}

/// A demand, of values of one kind.
enum Test {
    Int(Span<i64>),
    Float(Span<f64>),
    Flag(bool),
}

/// Which values satisfy.
enum Span<T> {
    Above(T),
    From(T),
    Below(T),
    To(T),
    Among(Vec<T>),
    Not(T),
}

impl Test {
    /// The demand of values of a type; `None` if it cannot be made of them.
    fn of(demand: &Demand, ty: &DataType) -> Option<Test> {
        match ty {
            DataType::Boolean => match demand {
                Demand::Is(flag) => Some(Test::Flag(*flag)),
                _ => None,
            },
            DataType::Float64 => Span::of(demand, float).map(Test::Float),
            DataType::Int8
            | DataType::Int16
            | DataType::Int32
            | DataType::Int64
            | DataType::UInt8
            | DataType::UInt16
            | DataType::UInt32 => match Span::of(demand, int) {
                Some(span) => Some(Test::Int(span)),
                // Some literal has a fraction.
                None => Span::of(demand, float).map(Test::Float),
            },
            _ => None,
        }
    }

    /// The elements of an array that satisfy; `None` if it is of another type.
    fn mask(&self, chunk: &ArrayRef) -> Option<BooleanBuffer> {
        match chunk.data_type() {
            DataType::Boolean => {
                let (Test::Flag(wanted), flags) = (self, chunk.as_boolean_opt()?) else { return None };
                let values = flags.values();
                let mask = if *wanted { values.clone() } else { !values };
                Some(valid(mask, flags.nulls()))
            }
            DataType::Int8 => self.of_ints::<Int8Type>(chunk),
            DataType::Int16 => self.of_ints::<Int16Type>(chunk),
            DataType::Int32 => self.of_ints::<Int32Type>(chunk),
            DataType::Int64 => self.of_ints::<Int64Type>(chunk),
            DataType::UInt8 => self.of_ints::<UInt8Type>(chunk),
            DataType::UInt16 => self.of_ints::<UInt16Type>(chunk),
            DataType::UInt32 => self.of_ints::<UInt32Type>(chunk),
            DataType::Float64 => match self {
                Test::Float(span) => {
                    let own = chunk.as_primitive_opt::<Float64Type>()?;
                    Some(valid(span.mask(own.values(), |x| x), own.nulls()))
                }
                _ => None,
            },
            _ => None,
        }
    }

    fn of_ints<A>(&self, chunk: &ArrayRef) -> Option<BooleanBuffer>
    where
        A: ArrowPrimitiveType<Native: Into<i64>>,
    {
        let own = chunk.as_primitive_opt::<A>()?;
        let mask = match self {
            Test::Int(span) => span.mask(own.values(), Into::into),
            Test::Float(span) => span.mask(own.values(), |n| n.into() as f64),
            Test::Flag(_) => return None,
        };
        Some(valid(mask, own.nulls()))
    }
}

fn valid(mask: BooleanBuffer, nulls: Option<&NullBuffer>) -> BooleanBuffer {
    match nulls {
        Some(nulls) => &mask & nulls.inner(),
        None => mask,
    }
}

fn int(literal: &Literal) -> Option<i64> {
    match literal {
        Literal::Int(n) => Some(*n),
        Literal::Float(_) | Literal::Text(_) => None,
    }
}

fn float(literal: &Literal) -> Option<f64> {
    match literal {
        Literal::Int(n) => Some(*n as f64),
        Literal::Float(x) => Some(*x),
        Literal::Text(_) => None,
    }
}

/// Numbers in the order that conditions have them in.
trait Ordered: Copy {
    fn order(self, other: Self) -> Ordering;
}

impl Ordered for i64 {
    fn order(self, other: i64) -> Ordering {
        self.cmp(&other)
    }
}

impl Ordered for f64 {
    fn order(self, other: f64) -> Ordering {
        // Literals are numbers: what cannot be compared with one is NaN.
        self.partial_cmp(&other).unwrap_or(Ordering::Greater)
    }
}

impl<T: Ordered> Span<T> {
    fn of(demand: &Demand, read: fn(&Literal) -> Option<T>) -> Option<Span<T>> {
        Some(match demand {
            Demand::Above(low) => Span::Above(read(low)?),
            Demand::From(low) => Span::From(read(low)?),
            Demand::Below(high) => Span::Below(read(high)?),
            Demand::To(high) => Span::To(read(high)?),
            Demand::Among(list) => Span::Among(list.iter().map(read).collect::<Option<_>>()?),
            Demand::Not(one) => Span::Not(read(one)?),
            Demand::Is(_) => return None,
        })
    }

    fn mask<N: Copy>(&self, values: &[N], number: impl Fn(N) -> T) -> BooleanBuffer {
        match self {
            Span::Above(low) => bits(values, |n| number(n).order(*low).is_gt()),
            Span::From(low) => bits(values, |n| number(n).order(*low).is_ge()),
            Span::Below(high) => bits(values, |n| number(n).order(*high).is_lt()),
            Span::To(high) => bits(values, |n| number(n).order(*high).is_le()),
            Span::Among(list) => match list.as_slice() {
                [one] => bits(values, |n| number(n).order(*one).is_eq()),
                many => bits(values, |n| many.iter().any(|one| number(n).order(*one).is_eq())),
            },
            Span::Not(one) => bits(values, |n| number(n).order(*one).is_ne()),
        }
    }
}

/// A bit a value.
fn bits<N: Copy>(values: &[N], holds: impl Fn(N) -> bool) -> BooleanBuffer {
    let mut bytes = Vec::with_capacity(values.len().div_ceil(8));
    let (eights, rest) = values.as_chunks::<8>();
    let byte = |some: &[N]| some.iter().rev().fold(0u8, |byte, n| byte << 1 | u8::from(holds(*n)));
    bytes.extend(eights.iter().map(|eight| byte(eight)));
    if !rest.is_empty() {
        bytes.push(byte(rest));
    }
    BooleanBuffer::new(bytes.into(), 0, values.len())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{
        BooleanArray, Float64Array, Int8Array, Int32Array, Int64Array, UInt8Array, UInt16Array, UInt32Array,
    };
    use arrow_schema::Field;
    use proptest::prelude::*;

    use super::super::names::Scope;
    use super::super::{frame, predicate, text};
    use super::*;
    use crate::dataset::{Column, Dataset, Key, Table};
    use crate::job::Job;

    const NAMES: [&str; 8] = ["flag", "f64", "i64", "i32", "i8", "u8", "u16", "u32"];

    /// Columns of every kind of number and of flags, every seventh value null, in a chunk.
    fn chunk(from: usize, rows: usize) -> Vec<ArrayRef> {
        let some = |at: usize| (at % 7 != 3).then_some(at % 23);
        let all = || (from..from + rows).map(some);
        let float = |n: usize| match n {
            0 => f64::NAN,
            1 => -0.0,
            2 => f64::INFINITY,
            3 => f64::NEG_INFINITY,
            n => n as f64 / 2.0 - 5.0,
        };
        let big = |n: usize| if n == 5 { i64::MAX } else { n as i64 - 9 };
        vec![
            Arc::new(all().map(|n| n.map(|n| n % 2 == 0)).collect::<BooleanArray>()),
            Arc::new(all().map(|n| n.map(float)).collect::<Float64Array>()),
            Arc::new(all().map(|n| n.map(big)).collect::<Int64Array>()),
            Arc::new(all().map(|n| n.map(|n| n as i32 - 9)).collect::<Int32Array>()),
            Arc::new(all().map(|n| n.map(|n| n as i8 - 9)).collect::<Int8Array>()),
            Arc::new(all().map(|n| n.map(|n| n as u8)).collect::<UInt8Array>()),
            Arc::new(all().map(|n| n.map(|n| n as u16)).collect::<UInt16Array>()),
            Arc::new(all().map(|n| n.map(|n| n as u32)).collect::<UInt32Array>()),
        ]
    }

    fn dataset(first: usize, rest: usize) -> Dataset {
        let (one, other) = (chunk(0, first), chunk(first, rest));
        let columns = NAMES.iter().zip(one.into_iter().zip(other)).map(|(name, (one, other))| {
            let key = Key::arrow(Field::new(*name, one.data_type().clone(), true));
            (key, Column::Arrow(vec![one, other]))
        });
        Dataset::new(Table::new(columns).unwrap())
    }

    fn comparison() -> impl Strategy<Value = String> {
        let ops = prop::sample::select(vec!["=", "<>", "<", "<=", ">", ">="]);
        let literal = prop_oneof![
            (-12i64..25).prop_map(|n| n.to_string()),
            (-24i64..50).prop_map(|n| format!("{:?}", n as f64 / 2.0)),
            Just("-0.0".to_owned()),
            Just("9223372036854775807".to_owned()),
            Just("1e300".to_owned()),
        ];
        let column = prop::sample::select(NAMES[1..].to_vec());
        prop_oneof![
            6 => (column.clone(), ops, literal.clone(), any::<bool>()).prop_map(|(column, op, literal, left)| {
                if left { format!("{literal} {op} {column}") } else { format!("{column} {op} {literal}") }
            }),
            1 => (column.clone(), literal.clone(), literal).prop_map(|(column, low, high)| {
                format!("{column} BETWEEN {low} AND {high}")
            }),
            1 => (column, prop::collection::vec(-12i64..25, 1..4)).prop_map(|(column, list)| {
                let list: Vec<String> = list.iter().map(i64::to_string).collect();
                format!("{column} IN ({})", list.join(", "))
            }),
            1 => prop_oneof![Just("flag".to_owned()), Just("NOT flag".to_owned())],
        ]
    }

    proptest! {
        #[test]
        fn answers_are_those_of_polars(
            (first, rest) in (0usize..40, 0usize..40),
            list in prop::collection::vec(comparison(), 1..4),
        ) {
            let (ds, text, job) = (dataset(first, rest), list.join(" AND "), Job::new());
            let condition = text::condition(&text, &ds, Scope::Rows, &job).unwrap();
            prop_assert!(condition.comparisons.whole, "{text}");
            let names = condition.comparisons.columns();
            let parts = Parts::read(&ds, Scope::Rows, &names, &job).unwrap();
            let ours = judge(&parts, &condition.comparisons).unwrap().expect("only numbers and flags");
            let columns = frame::columns(&parts, &names).unwrap();
            let theirs = predicate::judge(columns, condition.plan().unwrap(), &job).unwrap();
            prop_assert_eq!(ours.iter().collect::<Vec<_>>(), theirs.iter().collect::<Vec<_>>(), "{}", text);
        }
    }

    #[test]
    fn what_is_not_of_numbers_or_flags_is_left_to_polars() {
        let ds = dataset(9, 9);
        for text in ["f64 = 'x'", "flag = 1", "flag > 0", "i64"] {
            let condition = text::condition(text, &ds, Scope::Rows, &Job::new()).unwrap();
            let parts = Parts::read(&ds, Scope::Rows, &condition.comparisons.columns(), &Job::new()).unwrap();
            assert_eq!(judge(&parts, &condition.comparisons).unwrap(), None, "{text}");
        }
    }
}
