//! The columns that a question names, as a polars frame: [`Frame`].

use arrow_schema::DataType;
use polars::prelude::{DataFrame, IntoColumn};

use super::names::Scope;
use super::parts::Parts;
use super::{bridge, fault};
use crate::dataset::Dataset;
use crate::error::Result;
use crate::job::Job;

/// Columns of a scope.
pub(super) struct Frame {
    pub(super) columns: DataFrame,
    /// The keys that were read, and how many bytes they have in memory.
    pub(super) read: Vec<(String, u64)>,
}

impl Frame {
    /// The columns of these names, which must be different.
    ///
    /// # Errors
    /// As [`Parts::read`]; [`ErrorKind::Unsupported`](crate::error::ErrorKind::Unsupported) for types that cannot be
    /// asked.
    pub(super) fn of(ds: &Dataset, scope: Scope, asked: &[String], job: &Job) -> Result<Frame> {
        let parts = Parts::read(ds, scope, asked, job)?;
        Ok(Frame { columns: columns(&parts, asked)?, read: parts.read })
    }
}

/// What these names stand for, as polars has it: whole numbers of 64 bits.
///
/// # Errors
/// As [`Frame::of`].
pub(super) fn columns(parts: &Parts, asked: &[String]) -> Result<DataFrame> {
    let mut columns = Vec::with_capacity(asked.len());
    for name in asked {
        let (ty, chunks) = parts.make(name)?;
        let series = bridge::series(name, &ty, &chunks)?;
        if ty == DataType::UInt64 {
            // As other whole numbers, where all of them can be: polars compares the two kinds badly.
            let signed = series.strict_cast(&polars::prelude::DataType::Int64);
            columns.push(signed.unwrap_or(series).into_column());
            continue;
        }
        // Arithmetic of small numbers would wrap.
        columns.push(match ty {
            DataType::Int8
            | DataType::Int16
            | DataType::Int32
            | DataType::UInt8
            | DataType::UInt16
            | DataType::UInt32 => {
                series.cast(&polars::prelude::DataType::Int64).map_err(fault::of)?.into_column()
            }
            _ => series.into_column(),
        });
    }
    DataFrame::new(parts.height(), columns).map_err(fault::of)
}
