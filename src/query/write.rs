//! Answers as files: [`AnswerFormat`].

use std::sync::Arc;

use arrow_array::{RecordBatch, RecordBatchOptions};
use arrow_ipc::writer::FileWriter;
use arrow_schema::{Field, Schema};
use base64::Engine;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

use crate::dataset::{Access, Batch, Column, Dataset, Key, Value, moment};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::job::Job;

/// A form of file for a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerFormat {
    /// Comma-separated values, the names first; lists and records as JSON, bytes as base64, null as nothing.
    Csv,
    /// A JSON object a line, bytes as base64; infinities and NaN are null there.
    JsonLines,
    /// One JSON list of objects, bytes as base64.
    Json,
    /// Parquet, compressed by zstd.
    Parquet,
    /// An Arrow IPC file.
    Arrow,
}

impl AnswerFormat {
    /// The form that a file name asks for.
    pub fn of_name(name: &str) -> Option<AnswerFormat> {
        let (_, extension) = name.rsplit_once('.')?;
        match extension.to_ascii_lowercase().as_str() {
            "csv" => Some(AnswerFormat::Csv),
            "jsonl" | "ndjson" => Some(AnswerFormat::JsonLines),
            "json" => Some(AnswerFormat::Json),
            "parquet" | "pq" => Some(AnswerFormat::Parquet),
            "arrow" | "feather" | "ipc" => Some(AnswerFormat::Arrow),
            _ => None,
        }
    }

    /// The bytes of a file with all rows and keys of a view, which is read whole.
    ///
    /// # Errors
    /// [`ErrorKind::Type`] for tables of values and keys without names; those of reading.
    pub fn write(self, ds: &Dataset, job: &Job) -> Result<Vec<u8>> {
        let batch = ds.read_all(&Access::new(job))?.whole()?;
        let names: Vec<String> = ds.keys().iter().map(ToString::to_string).collect();
        match self {
            AnswerFormat::Csv => csv(&names, &batch).map_err(fault),
            AnswerFormat::JsonLines => {
                let mut out = Vec::new();
                for row in json(&names, &batch) {
                    serde_json::to_writer(&mut out, &row).map_err(fault)?;
                    out.push(b'\n');
                }
                Ok(out)
            }
            AnswerFormat::Json => {
                let mut out = serde_json::to_vec(&json(&names, &batch).collect::<Vec<_>>()).map_err(fault)?;
                out.push(b'\n');
                Ok(out)
            }
            AnswerFormat::Parquet => {
                let batches = batches(ds, &batch)?;
                let compression = Compression::ZSTD(ZstdLevel::default());
                let properties = WriterProperties::builder().set_compression(compression).build();
                let mut out = Vec::new();
                let mut writer =
                    ArrowWriter::try_new(&mut out, batches.schema, Some(properties)).map_err(fault)?;
                for batch in &batches.all {
                    writer.write(batch).map_err(fault)?;
                }
                writer.close().map_err(fault)?;
                Ok(out)
            }
            AnswerFormat::Arrow => {
                let batches = batches(ds, &batch)?;
                let mut writer = FileWriter::try_new(Vec::new(), &batches.schema).map_err(fault)?;
                for batch in &batches.all {
                    writer.write(batch).map_err(fault)?;
                }
                writer.finish().and_then(|()| writer.into_inner()).map_err(fault)
            }
        }
    }
}

fn fault(e: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::Type, format!("cannot be written: {e}")).at(Place::area("query"))
}

/// The rows of a view as JSON objects for people to look at: bytes as their number.
///
/// # Errors
/// Those of reading.
pub fn shown(ds: &Dataset, job: &Job) -> Result<Vec<serde_json::Value>> {
    let batch = ds.read_all(&Access::new(job))?.whole()?;
    let names: Vec<String> = ds.keys().iter().map(ToString::to_string).collect();
    Ok(rows(&names, &batch, Value::to_json).collect())
}

/// Every row as an object; bytes as base64, as programs read them.
fn json<'a>(names: &'a [String], batch: &'a Batch) -> impl Iterator<Item = serde_json::Value> + 'a {
    rows(names, batch, whole)
}

/// A value with its bytes.
fn whole(value: &Value) -> serde_json::Value {
    use serde_json::Value as Json;
    match value {
        Value::Bytes(bytes) => Json::from(base64::engine::general_purpose::STANDARD.encode(bytes)),
        Value::List(values) => values.iter().map(whole).collect(),
        Value::Record(members) => {
            Json::Object(members.iter().map(|(name, v)| (name.clone(), whole(v))).collect())
        }
        other => other.to_json(),
    }
}

fn rows<'a>(
    names: &'a [String],
    batch: &'a Batch,
    say: fn(&Value) -> serde_json::Value,
) -> impl Iterator<Item = serde_json::Value> + 'a {
    let columns: Vec<Vec<serde_json::Value>> =
        batch.columns.iter().map(|column| values(column, say)).collect();
    (0..batch.len).map(move |row| {
        let members = names.iter().zip(&columns);
        let member = |(name, column): (&String, &Vec<serde_json::Value>)| {
            (name.clone(), column.get(row).cloned().unwrap_or_default())
        };
        serde_json::Value::Object(members.map(member).collect())
    })
}

/// The values of a column as JSON; dates and times as text.
fn values(column: &Column, say: fn(&Value) -> serde_json::Value) -> Vec<serde_json::Value> {
    let Column::Arrow(chunks) = column else { return column.values().iter().map(say).collect() };
    let of = |chunk: &arrow_array::ArrayRef| -> Vec<serde_json::Value> {
        let temporal = chunk.data_type().is_temporal();
        let value = |at| match temporal {
            true => moment(chunk.as_ref(), at).into(),
            false => say(&Value::of(chunk.as_ref(), at)),
        };
        (0..chunk.len()).map(value).collect()
    };
    chunks.iter().flat_map(of).collect()
}

fn csv(names: &[String], batch: &Batch) -> std::result::Result<Vec<u8>, csv::Error> {
    let mut out = csv::Writer::from_writer(Vec::new());
    out.write_record(names)?;
    for (at, row) in json(names, batch).enumerate() {
        let cells = names.iter().enumerate().map(|(column, name)| match row.get(name) {
            None | Some(serde_json::Value::Null) => {
                let value = batch.columns.get(column).map(|column| column.value(at));
                value.and_then(|value| unbounded(&value)).unwrap_or_default().to_owned()
            }
            Some(serde_json::Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        });
        out.write_record(cells)?;
    }
    out.into_inner().map_err(|e| e.into_error().into())
}

/// What JSON has no number for: infinities, and what is not a number.
pub fn unbounded(value: &Value) -> Option<&'static str> {
    match value {
        Value::Float(x) if x.is_nan() => Some("nan"),
        Value::Float(x) if x.is_infinite() => Some(if *x > 0.0 { "inf" } else { "-inf" }),
        _ => None,
    }
}

/// A view as record batches.
struct Batches {
    schema: Arc<Schema>,
    all: Vec<RecordBatch>,
}

fn batches(ds: &Dataset, batch: &Batch) -> Result<Batches> {
    let field =
        |key: &Key| key.field().cloned().ok_or_else(|| fault(format!("{key} is not of an Arrow type")));
    let fields = ds.keys().iter().map(field).collect::<Result<Vec<Arc<Field>>>>()?;
    let schema = Arc::new(Schema::new(fields));
    let mut all = Vec::new();
    // Columns may be cut at other rows each.
    let mut first = 0;
    while first < batch.len {
        let left = batch.slice(first..batch.len);
        let lengths =
            left.columns.iter().map(|column| Ok(column.chunks()?.first().map_or(0, |chunk| chunk.len())));
        let rows =
            lengths.collect::<Result<Vec<_>>>()?.into_iter().filter(|n| *n > 0).min().unwrap_or(left.len);
        let part = left.slice(0..rows);
        let columns = part.columns.iter().map(|column| {
            column.chunks()?.first().cloned().ok_or_else(|| fault("a column is shorter than the others"))
        });
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let made =
            RecordBatch::try_new_with_options(schema.clone(), columns.collect::<Result<_>>()?, &options);
        all.push(made.map_err(fault)?);
        first += rows;
    }
    Ok(Batches { schema, all })
}
