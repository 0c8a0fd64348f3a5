//! Parquet and Arrow files as tables of detections.
//!
//! Columns of numbers, texts and lists of numbers are read, batch by batch; others (pictures, say) are not touched. A
//! file that makes a library panic is reported as damaged: they are not proof against every hostile one.

use std::borrow::Cow;
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type,
    UInt64Type,
};
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_ipc::reader::{FileReader, read_footer_length};
use arrow_ipc::root_as_footer;
use arrow_schema::{ArrowError, DataType, Schema};
use arrow_select::take::take;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::table::{Row, Table};
use crate::error::{Error, ErrorKind, Place, Result, ResultExt};
use crate::job::Job;
use crate::place::{Access, Map};

/// Rows that are read at a time.
const WINDOW: usize = 8192;

/// A file of columns.
#[derive(Debug)]
pub(super) struct Columnar {
    path: PathBuf,
    parquet: bool,
    /// Which columns of the file are read, and their names.
    kept: Vec<usize>,
    names: Vec<String>,
}

/// Whether values of a type can be part of a detection.
fn is_plain(kind: &DataType) -> bool {
    match kind {
        DataType::Dictionary(_, inner) => is_plain(inner),
        DataType::List(inner) | DataType::LargeList(inner) | DataType::FixedSizeList(inner, _) => {
            inner.data_type().is_numeric()
        }
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        other => other.is_integer() || matches!(other, DataType::Float32 | DataType::Float64),
    }
}

impl Columnar {
    /// Looks at the columns of a file.
    ///
    /// # Errors
    /// [`ErrorKind::Format`] for a damaged file.
    pub(super) fn open(path: &Path, parquet: bool) -> Result<Columnar> {
        let place = || Place::none().file(path);
        if !parquet {
            check_blocks(path).at(place)?;
        }
        let open = || File::open(path).map_err(|e| Error::io("open", e));
        let schema = guarded(|| {
            Ok(match parquet {
                true => ParquetRecordBatchReaderBuilder::try_new(open()?)
                    .map_err(|e| damaged(&e))?
                    .schema()
                    .clone(),
                false => FileReader::try_new(open()?, None).map_err(|e| damaged(&e))?.schema(),
            })
        })
        .at(place)?;
        let kept = kept(&schema);
        let names = kept.iter().map(|column| schema.field(*column).name().clone()).collect();
        Ok(Columnar { path: path.to_owned(), parquet, kept, names })
    }

    fn place(&self) -> Place {
        Place::none().file(&self.path)
    }

    fn batches(&self) -> Result<Box<dyn Iterator<Item = Result<RecordBatch, ArrowError>>>> {
        let file = File::open(&self.path).map_err(|e| Error::io("open", e))?;
        if self.parquet {
            let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|e| damaged(&e))?;
            let mask = ProjectionMask::roots(builder.parquet_schema(), self.kept.iter().copied());
            let reader = builder.with_projection(mask).with_batch_size(WINDOW).build();
            return Ok(Box::new(reader.map_err(|e| damaged(&e))?));
        }
        Ok(Box::new(FileReader::try_new(file, Some(self.kept.clone())).map_err(|e| damaged(&e))?))
    }
}

/// Checks that what an Arrow file says of its parts fits into it, so that nothing makes room for what is not there.
fn check_blocks(path: &Path) -> Result<()> {
    let map = Map::open(path, Access::Random)?;
    let bytes = map.buffer().as_slice();
    let lost = || damaged(&"the footer of the Arrow file is not where it should be");
    let (rest, tail) = bytes.split_last_chunk::<10>().ok_or_else(lost)?;
    let length = read_footer_length(*tail).map_err(|e| damaged(&e))?;
    let footer = rest.len().checked_sub(length).and_then(|from| rest.get(from..)).ok_or_else(lost)?;
    let footer = root_as_footer(footer).map_err(|e| damaged(&e))?;
    let whole = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
    let blocks =
        footer.recordBatches().into_iter().flatten().chain(footer.dictionaries().into_iter().flatten());
    for block in blocks {
        let parts = [block.offset(), i64::from(block.metaDataLength()), block.bodyLength()];
        let end = parts.iter().try_fold(0i64, |end, part| end.checked_add(*part).filter(|_| *part >= 0));
        if end.is_none_or(|end| end > whole) {
            return Err(damaged(&"a batch of the Arrow file reaches beyond its end"));
        }
    }
    Ok(())
}

fn kept(schema: &Schema) -> Vec<usize> {
    let fields = schema.fields().iter().enumerate();
    fields.filter(|(_, field)| is_plain(field.data_type())).map(|(column, _)| column).collect()
}

fn damaged(error: &dyn std::fmt::Display) -> Error {
    Error::new(ErrorKind::Format, error.to_string()).remedy("get the file again from its source")
}

fn guarded<T>(read: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(read))
        .unwrap_or_else(|_| Err(damaged(&"the file is damaged in a way its reader is not proof against")))
}

impl Table for Columnar {
    fn names(&self) -> &[String] {
        &self.names
    }

    fn each(&self, job: &Job, visit: &mut dyn FnMut(&dyn Row) -> Result<bool>) -> Result<()> {
        let mut batches = guarded(|| self.batches()).at(|| self.place())?;
        let mut before = 0;
        loop {
            job.check()?;
            let next = guarded(|| {
                let Some(batch) = batches.next() else { return Ok(None) };
                let batch = batch.map_err(|e| damaged(&e))?;
                // Texts that are kept once and pointed to are put where they are pointed to.
                let flat = batch.columns().iter().map(|column| match column.as_any_dictionary_opt() {
                    Some(dictionary) => take(dictionary.values().as_ref(), dictionary.keys(), None),
                    None => Ok(column.clone()),
                });
                let columns = flat.collect::<Result<Vec<_>, _>>().map_err(|e| damaged(&e))?;
                Ok(Some((batch.num_rows(), columns)))
            });
            let Some((rows, columns)) = next.at(|| self.place())? else { return Ok(()) };
            for row in 0..rows {
                if !visit(&Cells { table: self, columns: &columns, row, before })? {
                    return Ok(());
                }
            }
            before += rows;
        }
    }
}

/// A row of a batch.
struct Cells<'b> {
    table: &'b Columnar,
    columns: &'b [ArrayRef],
    row: usize,
    /// Rows before the batch.
    before: usize,
}

/// A whole number, or a double.
enum Value {
    Whole(i64),
    Real(f64),
}

fn value(array: &dyn Array, at: usize) -> Option<Value> {
    macro_rules! whole {
        ($kind:ty) => {
            Some(Value::Whole(i64::from(array.as_primitive_opt::<$kind>()?.value(at))))
        };
    }
    match array.data_type() {
        DataType::Int8 => whole!(Int8Type),
        DataType::Int16 => whole!(Int16Type),
        DataType::Int32 => whole!(Int32Type),
        DataType::Int64 => whole!(Int64Type),
        DataType::UInt8 => whole!(UInt8Type),
        DataType::UInt16 => whole!(UInt16Type),
        DataType::UInt32 => whole!(UInt32Type),
        DataType::UInt64 => {
            let value = array.as_primitive_opt::<UInt64Type>()?.value(at);
            i64::try_from(value).ok().map(Value::Whole)
        }
        DataType::Float32 => Some(Value::Real(f64::from(array.as_primitive_opt::<Float32Type>()?.value(at)))),
        DataType::Float64 => Some(Value::Real(array.as_primitive_opt::<Float64Type>()?.value(at))),
        _ => None,
    }
}

fn real(value: &Value) -> f64 {
    match value {
        Value::Real(real) => *real,
        Value::Whole(whole) => i32::try_from(*whole)
            .map(f64::from)
            .ok()
            .or_else(|| whole.to_string().parse().ok())
            .unwrap_or(f64::NAN),
    }
}

impl Cells<'_> {
    fn wrong(&self, column: usize, array: &dyn Array) -> Error {
        let key = self.table.names.get(column).map_or("", String::as_str);
        Error::new(ErrorKind::Type, format!("{} is not the type of this column", array.data_type()))
            .at(self.place().key(key))
            .remedy("numbers are whole or floating, names are text, a box is a list of four")
    }

    /// The column, unless the value is null.
    fn cell(&self, column: usize) -> Option<&ArrayRef> {
        self.columns.get(column).filter(|array| array.is_valid(self.row))
    }
}

impl Row for Cells<'_> {
    fn text(&self, column: usize) -> Result<Option<Cow<'_, str>>> {
        let Some(array) = self.cell(column) else { return Ok(None) };
        let text = match array.data_type() {
            DataType::Utf8 => array.as_string_opt::<i32>().map(|texts| Cow::Borrowed(texts.value(self.row))),
            DataType::LargeUtf8 => {
                array.as_string_opt::<i64>().map(|texts| Cow::Borrowed(texts.value(self.row)))
            }
            DataType::Utf8View => {
                array.as_string_view_opt().map(|texts| Cow::Borrowed(texts.value(self.row)))
            }
            _ => value(array, self.row).map(|value| match value {
                Value::Whole(whole) => Cow::Owned(whole.to_string()),
                Value::Real(real) => Cow::Owned(real.to_string()),
            }),
        };
        let text = text.ok_or_else(|| self.wrong(column, array))?;
        Ok(Some(text).filter(|text| !text.is_empty()))
    }

    fn number(&self, column: usize) -> Result<Option<f64>> {
        let Some(array) = self.cell(column) else { return Ok(None) };
        value(array, self.row).map(|value| Some(real(&value))).ok_or_else(|| self.wrong(column, array))
    }

    fn four(&self, column: usize) -> Result<Option<[f64; 4]>> {
        let Some(array) = self.cell(column) else { return Ok(None) };
        let inner = match array.data_type() {
            DataType::List(_) => array.as_list_opt::<i32>().map(|lists| lists.value(self.row)),
            DataType::LargeList(_) => array.as_list_opt::<i64>().map(|lists| lists.value(self.row)),
            DataType::FixedSizeList(..) => array.as_fixed_size_list_opt().map(|lists| lists.value(self.row)),
            _ => None,
        };
        let inner = inner.filter(|inner| inner.len() == 4 && inner.null_count() == 0);
        let numbers: Option<Vec<f64>> =
            inner.and_then(|inner| (0..4).map(|at| value(&inner, at).map(|value| real(&value))).collect());
        let four = numbers.and_then(|numbers| <[f64; 4]>::try_from(numbers).ok());
        four.map(Some).ok_or_else(|| self.wrong(column, array))
    }

    fn place(&self) -> Place {
        self.table.place().row(u64::try_from(self.before + self.row).unwrap_or(u64::MAX))
    }
}
