//! The Arrow C interface: tables go out and come in by capsules, without a copy.

#![allow(unsafe_code)] // The C interface hands structs over by pointers.

use std::ffi::CStr;

use arrow_array::ffi_stream::{FFI_ArrowArrayStream, RecordBatchStreamReader};
use arrow_array::{Array, ArrayRef, RecordBatch, RecordBatchIterator, RecordBatchOptions, RecordBatchReader};
use arrow_schema::{ArrowError, Field, Schema};
use lensframe::convert::Opened;
use lensframe::dataset::{Access, Dataset, Rows, Table};
use lensframe::error::{Error, ErrorKind, Place, Result};
use pyo3::prelude::*;
use pyo3::types::PyCapsule;
use std::sync::Arc;

const STREAM: &CStr = c"arrow_array_stream";

/// Rows that are read together for a stream.
const WINDOW: usize = 4096;

fn fault(error: impl std::fmt::Display) -> PyErr {
    pyo3::exceptions::PyValueError::new_err(error.to_string())
}

/// A dataset as a stream of batches, each read when it is asked for; what it is read from stays open until then.
pub(crate) fn stream<'py>(
    py: Python<'py>,
    ds: &Dataset,
    opened: Vec<Arc<Opened>>,
) -> PyResult<Bound<'py, PyCapsule>> {
    use crate::error::Raise;
    let schema = Arc::new(schema(ds).raise(py)?);
    let (own, batches) = (ds.clone(), Arc::clone(&schema));
    let starts = (0..ds.len()).step_by(WINDOW);
    let read = starts.map(move |from| {
        let _ = &opened;
        let rows = Rows::span(from as u64, WINDOW.min(own.len() - from));
        batch(&own, &rows, &batches).map_err(|e| ArrowError::ExternalError(Box::new(e)))
    });
    capsule(py, Box::new(RecordBatchIterator::new(read, schema)))
}

/// Arrays of one column as a stream.
pub(crate) fn column<'py>(
    py: Python<'py>,
    field: Field,
    chunks: &[ArrayRef],
) -> PyResult<Bound<'py, PyCapsule>> {
    let schema = Arc::new(Schema::new(vec![field]));
    let own = Arc::clone(&schema);
    let batches: Vec<_> = chunks
        .iter()
        .map(|chunk| {
            let options = RecordBatchOptions::new().with_row_count(Some(chunk.len()));
            RecordBatch::try_new_with_options(Arc::clone(&own), vec![ArrayRef::clone(chunk)], &options)
        })
        .collect();
    capsule(py, Box::new(RecordBatchIterator::new(batches, schema)))
}

fn capsule<'py>(
    py: Python<'py>,
    reader: Box<dyn RecordBatchReader + Send>,
) -> PyResult<Bound<'py, PyCapsule>> {
    PyCapsule::new_with_value(py, FFI_ArrowArrayStream::new(reader), STREAM)
}

fn schema(ds: &Dataset) -> Result<Schema> {
    let field = |key: &lensframe::dataset::Key| match key.field() {
        Some(field) => Ok(field.as_ref().clone().with_nullable(true)),
        None => Err(Error::new(ErrorKind::Type, "the type of its values is not declared")
            .at(Place::area("arrow").key(key.to_string()))
            .remedy("leave the key out, or declare its type where it is made")),
    };
    Ok(Schema::new(ds.keys().iter().map(field).collect::<Result<Vec<_>>>()?))
}

fn batch(ds: &Dataset, rows: &Rows, schema: &Arc<Schema>) -> Result<RecordBatch> {
    let batch = ds.read_rows(rows, &Access::default())?.whole()?;
    let columns =
        batch.columns.iter().zip(schema.fields()).map(|(column, field)| column.whole(field.data_type()));
    let columns = columns.collect::<Result<Vec<_>>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(batch.len));
    Ok(RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)?)
}

/// The table that an object hands out by the Arrow C interface: of pyarrow, polars, DuckDB, pandas.
pub(crate) fn table(object: &Bound<'_, PyAny>) -> PyResult<Dataset> {
    use crate::error::Raise;
    let py = object.py();
    if !object.hasattr("__arrow_c_stream__")? {
        let name = object.get_type().name()?;
        return Err(pyo3::exceptions::PyTypeError::new_err(format!(
            "{name} hands out no Arrow table; give a table of pyarrow, polars, DuckDB or pandas 2.2 and later"
        )));
    }
    let capsule = object.call_method0("__arrow_c_stream__")?.cast_into::<PyCapsule>()?;
    let pointer = capsule.pointer_checked(Some(STREAM))?.as_ptr().cast::<FFI_ArrowArrayStream>();
    // SAFETY: the capsule's name says what it holds; the stream is moved out of it, which leaves it released.
    let reader = unsafe { RecordBatchStreamReader::from_raw(pointer) }.map_err(fault)?;
    let schema = reader.schema();
    let mut batches = reader.collect::<std::result::Result<Vec<_>, _>>().map_err(fault)?;
    if batches.is_empty() {
        batches.push(RecordBatch::new_empty(schema));
    }
    Table::from_batches(&batches).map(Dataset::new).raise(py)
}
