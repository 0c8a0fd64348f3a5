//! From a type to its text.
//!
//! Everything written here is read back equal by [`super::parse`]; a type that could not be is an error, not
//! an approximation.

use std::collections::BTreeSet;

use arrow_schema::{DataType, Field, IntervalUnit, TimeUnit};

use super::{ITEM, MAX_DEPTH, MAX_WIDTH, is_bare, width};
use crate::error::{Error, ErrorKind, Place, Result};

/// The text of a type; the grammar is [the module's](super).
///
/// ```
/// use lensframe::schema::{field, types};
/// assert_eq!(types::to_text(&field::image_type()).unwrap(), "struct<bytes: binary, path: utf8>");
/// assert_eq!(types::to_text(&field::object_type("point").unwrap()).unwrap(), "list<fixed_list<float64, 2>>");
/// ```
///
/// # Errors
/// [`ErrorKind::Type`] for a type that is not stored, two members of a struct with one name, or a negative
/// size; [`ErrorKind::Limit`] beyond [`MAX_DEPTH`] or [`MAX_WIDTH`].
pub fn to_text(ty: &DataType) -> Result<String> {
    let mut out = String::new();
    write(ty, 1, &mut out).map_err(|e| e.at(Place::area("schema")))?;
    if width(ty) > MAX_WIDTH {
        let what = format!("a row of this type holds {} values, more than {MAX_WIDTH}", width(ty));
        return Err(Error::new(ErrorKind::Limit, what).at(Place::area("schema")).remedy("use a list"));
    }
    Ok(out)
}

fn write(ty: &DataType, depth: usize, out: &mut String) -> Result<()> {
    if depth > MAX_DEPTH {
        return Err(Error::new(ErrorKind::Limit, format!("the type is nested deeper than {MAX_DEPTH}")));
    }
    match ty {
        DataType::List(item) => inner("list", item, None, depth, out),
        DataType::LargeList(item) => inner("large_list", item, None, depth, out),
        DataType::FixedSizeList(item, n) => inner("fixed_list", item, Some(size(*n)?), depth, out),
        DataType::Struct(members) => {
            out.push_str("struct<");
            let mut seen = BTreeSet::new();
            for (i, member) in members.iter().enumerate() {
                if !seen.insert(member.name()) {
                    let what = format!("a struct has two members '{}'", member.name());
                    return Err(Error::new(ErrorKind::Type, what).remedy("rename one of them"));
                }
                if i > 0 {
                    out.push_str(", ");
                }
                named(member, depth, out)?;
            }
            out.push('>');
            Ok(())
        }
        flat => {
            out.push_str(&word(flat)?);
            Ok(())
        }
    }
}

fn inner(head: &str, item: &Field, n: Option<u32>, depth: usize, out: &mut String) -> Result<()> {
    out.push_str(head);
    out.push('<');
    if item.name() == ITEM {
        unnamed(item, depth, out)?
    } else {
        named(item, depth, out)?
    }
    if let Some(n) = n {
        out.push_str(&format!(", {n}"));
    }
    out.push('>');
    Ok(())
}

fn named(field: &Field, depth: usize, out: &mut String) -> Result<()> {
    if is_bare(field.name()) {
        out.push_str(field.name())
    } else {
        out.push_str(&quoted(field.name()))
    }
    out.push_str(": ");
    unnamed(field, depth, out)
}

fn unnamed(field: &Field, depth: usize, out: &mut String) -> Result<()> {
    write(field.data_type(), depth + 1, out)?;
    if !field.is_nullable() {
        out.push('!');
    }
    Ok(())
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn size(n: i32) -> Result<u32> {
    u32::try_from(n).map_err(|_| Error::new(ErrorKind::Type, format!("a fixed size is {n}, below 0")))
}

fn unit(unit: TimeUnit) -> &'static str {
    match unit {
        TimeUnit::Second => "s",
        TimeUnit::Millisecond => "ms",
        TimeUnit::Microsecond => "us",
        TimeUnit::Nanosecond => "ns",
    }
}

/// The text of a type without inner types.
fn word(ty: &DataType) -> Result<String> {
    Ok(match ty {
        DataType::Null => "null".to_owned(),
        DataType::Boolean => "bool".to_owned(),
        DataType::Int8 => "int8".to_owned(),
        DataType::Int16 => "int16".to_owned(),
        DataType::Int32 => "int32".to_owned(),
        DataType::Int64 => "int64".to_owned(),
        DataType::UInt8 => "uint8".to_owned(),
        DataType::UInt16 => "uint16".to_owned(),
        DataType::UInt32 => "uint32".to_owned(),
        DataType::UInt64 => "uint64".to_owned(),
        DataType::Float16 => "float16".to_owned(),
        DataType::Float32 => "float32".to_owned(),
        DataType::Float64 => "float64".to_owned(),
        DataType::Utf8 => "utf8".to_owned(),
        DataType::LargeUtf8 => "large_utf8".to_owned(),
        DataType::Utf8View => "utf8_view".to_owned(),
        DataType::Binary => "binary".to_owned(),
        DataType::LargeBinary => "large_binary".to_owned(),
        DataType::BinaryView => "binary_view".to_owned(),
        DataType::Date32 => "date32".to_owned(),
        DataType::Date64 => "date64".to_owned(),
        DataType::FixedSizeBinary(n) => format!("fixed_binary<{}>", size(*n)?),
        DataType::Timestamp(u, None) => format!("timestamp<{}>", unit(*u)),
        DataType::Timestamp(u, Some(zone)) => format!("timestamp<{}, {}>", unit(*u), quoted(zone)),
        DataType::Duration(u) => format!("duration<{}>", unit(*u)),
        DataType::Time32(u @ (TimeUnit::Second | TimeUnit::Millisecond)) => format!("time32<{}>", unit(*u)),
        DataType::Time64(u @ (TimeUnit::Microsecond | TimeUnit::Nanosecond)) => {
            format!("time64<{}>", unit(*u))
        }
        DataType::Interval(IntervalUnit::YearMonth) => "interval<year_month>".to_owned(),
        DataType::Interval(IntervalUnit::DayTime) => "interval<day_time>".to_owned(),
        DataType::Interval(IntervalUnit::MonthDayNano) => "interval<month_day_nano>".to_owned(),
        other => {
            let remedy = match other {
                DataType::Dictionary(..) | DataType::RunEndEncoded(..) => "cast the column to its value type",
                DataType::Map(..) => "cast the column to a list of structs, or keep it as JSON text",
                DataType::ListView(..) | DataType::LargeListView(..) => "cast the column to a list",
                _ => "cast the column to a type that is stored",
            };
            return Err(
                Error::new(ErrorKind::Type, format!("{other} is not a type that is stored")).remedy(remedy)
            );
        }
    })
}
