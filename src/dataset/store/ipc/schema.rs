//! The columns of an IPC file from its footer, without trusting the footer.
//!
//! arrow-ipc's own conversion panics on metadata that makes no sense; this one refuses it, and every type that
//! is not stored.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_ipc as ipc;
use arrow_schema::{DataType, Field, FieldRef, IntervalUnit, TimeUnit};

use super::{damaged, unsupported};
use crate::error::{Place, Result};
use crate::schema::types::{MAX_DEPTH, MAX_WIDTH};

/// The fields of a schema.
pub(super) fn fields(schema: &ipc::Schema<'_>) -> Result<Vec<FieldRef>> {
    let fields = schema.fields().ok_or_else(|| damaged("the schema has no columns"))?;
    fields.iter().map(|f| field(&f, 0).map(Arc::new)).collect()
}

fn field(field: &ipc::Field<'_>, depth: usize) -> Result<Field> {
    let name = field.name().unwrap_or_default();
    if depth >= MAX_DEPTH {
        return Err(damaged("a column nested too deeply"));
    }
    if field.dictionary().is_some() {
        return Err(unsupported("dictionaries"));
    }
    let ty = data_type(field, depth).map_err(|e| e.at(Place::none().key(name)))?;
    let mut metadata = HashMap::new();
    for pair in field.custom_metadata().iter().flatten() {
        if let (Some(key), Some(value)) = (pair.key(), pair.value()) {
            metadata.insert(key.to_owned(), value.to_owned());
        }
    }
    Ok(Field::new(name, ty, field.nullable()).with_metadata(metadata))
}

fn data_type(of: &ipc::Field<'_>, depth: usize) -> Result<DataType> {
    let missing = || damaged("a type without its details");
    let child = || -> Result<FieldRef> {
        match of.children() {
            Some(children) if children.len() == 1 => Ok(Arc::new(field(&children.get(0), depth + 1)?)),
            _ => Err(damaged("a list without one item type")),
        }
    };
    let count = |n: i32, width: u64| -> Result<i32> {
        match u64::try_from(n) {
            Ok(n64) if n64.saturating_mul(width.max(1)) <= MAX_WIDTH => Ok(n),
            _ => Err(damaged("a fixed size that is negative or too large")),
        }
    };
    Ok(match of.type_type() {
        ipc::Type::Null => DataType::Null,
        ipc::Type::Bool => DataType::Boolean,
        ipc::Type::Int => {
            let int = of.type_as_int().ok_or_else(missing)?;
            match (int.bitWidth(), int.is_signed()) {
                (8, true) => DataType::Int8,
                (16, true) => DataType::Int16,
                (32, true) => DataType::Int32,
                (64, true) => DataType::Int64,
                (8, false) => DataType::UInt8,
                (16, false) => DataType::UInt16,
                (32, false) => DataType::UInt32,
                (64, false) => DataType::UInt64,
                _ => return Err(damaged("an integer of an odd width")),
            }
        }
        ipc::Type::FloatingPoint => match of.type_as_floating_point().ok_or_else(missing)?.precision() {
            ipc::Precision::HALF => DataType::Float16,
            ipc::Precision::SINGLE => DataType::Float32,
            ipc::Precision::DOUBLE => DataType::Float64,
            _ => return Err(damaged("a float of an odd width")),
        },
        ipc::Type::Utf8 => DataType::Utf8,
        ipc::Type::LargeUtf8 => DataType::LargeUtf8,
        ipc::Type::Binary => DataType::Binary,
        ipc::Type::LargeBinary => DataType::LargeBinary,
        ipc::Type::FixedSizeBinary => {
            let n = of.type_as_fixed_size_binary().ok_or_else(missing)?.byteWidth();
            DataType::FixedSizeBinary(count(n, 1)?)
        }
        ipc::Type::List => DataType::List(child()?),
        ipc::Type::LargeList => DataType::LargeList(child()?),
        ipc::Type::FixedSizeList => {
            let n = of.type_as_fixed_size_list().ok_or_else(missing)?.listSize();
            let item = child()?;
            let width = fixed_width(item.data_type());
            DataType::FixedSizeList(item, count(n, width)?)
        }
        ipc::Type::Struct_ => {
            let children = of.children();
            let members = children.iter().flatten().map(|f| field(&f, depth + 1).map(Arc::new));
            DataType::Struct(members.collect::<Result<Vec<FieldRef>>>()?.into())
        }
        ipc::Type::Date => match of.type_as_date().ok_or_else(missing)?.unit() {
            ipc::DateUnit::DAY => DataType::Date32,
            ipc::DateUnit::MILLISECOND => DataType::Date64,
            _ => return Err(damaged("a date of an odd unit")),
        },
        ipc::Type::Time => {
            let time = of.type_as_time().ok_or_else(missing)?;
            match (time.bitWidth(), unit(time.unit())?) {
                (32, unit @ (TimeUnit::Second | TimeUnit::Millisecond)) => DataType::Time32(unit),
                (64, unit @ (TimeUnit::Microsecond | TimeUnit::Nanosecond)) => DataType::Time64(unit),
                _ => return Err(damaged("a time of an odd width")),
            }
        }
        ipc::Type::Timestamp => {
            let stamp = of.type_as_timestamp().ok_or_else(missing)?;
            DataType::Timestamp(unit(stamp.unit())?, stamp.timezone().map(Into::into))
        }
        ipc::Type::Duration => DataType::Duration(unit(of.type_as_duration().ok_or_else(missing)?.unit())?),
        ipc::Type::Interval => match of.type_as_interval().ok_or_else(missing)?.unit() {
            ipc::IntervalUnit::YEAR_MONTH => DataType::Interval(IntervalUnit::YearMonth),
            ipc::IntervalUnit::DAY_TIME => DataType::Interval(IntervalUnit::DayTime),
            ipc::IntervalUnit::MONTH_DAY_NANO => DataType::Interval(IntervalUnit::MonthDayNano),
            _ => return Err(damaged("an interval of an odd unit")),
        },
        other => return Err(unsupported(&format!("columns of type {other:?}"))),
    })
}

/// Values that one null item holds all the same: what nested fixed sizes multiply to.
fn fixed_width(ty: &DataType) -> u64 {
    match ty {
        DataType::FixedSizeBinary(n) => u64::try_from(*n).unwrap_or(0),
        DataType::FixedSizeList(item, n) => {
            u64::try_from(*n).unwrap_or(0).saturating_mul(fixed_width(item.data_type()).max(1))
        }
        DataType::Struct(members) => {
            members.iter().fold(0_u64, |sum, m| sum.saturating_add(fixed_width(m.data_type()).max(1)))
        }
        _ => 1,
    }
}

fn unit(unit: ipc::TimeUnit) -> Result<TimeUnit> {
    Ok(match unit {
        ipc::TimeUnit::SECOND => TimeUnit::Second,
        ipc::TimeUnit::MILLISECOND => TimeUnit::Millisecond,
        ipc::TimeUnit::MICROSECOND => TimeUnit::Microsecond,
        ipc::TimeUnit::NANOSECOND => TimeUnit::Nanosecond,
        _ => return Err(damaged("an odd unit of time")),
    })
}
