//! Tables of other programs, to be joined and asked: [`read_table`].

use std::fs::File;
use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{
    Array, ArrayRef, BooleanArray, Float64Array, Int64Array, RecordBatch, RecordBatchOptions, StringArray,
};
use arrow_ipc::reader::{FileReader, StreamReader};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};
use arrow_select::take::take;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use crate::dataset::{Dataset, Table};
use crate::error::{Error, ErrorKind, Place, Result, ResultExt};

/// Forms of files that hold one table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// Values between commas, semicolons or tabs, whichever the first line has.
    Separated,
    Parquet,
    /// An Arrow IPC file or stream, as Feather and polars write it.
    Arrow,
}

/// Whether a name is that of a file which [`read_table`] reads: `.csv`, `.tsv`, `.parquet`, `.pq`, `.arrow`,
/// `.feather`, `.ipc`, `.arrows`.
pub fn is_table(path: &Path) -> bool {
    form(path).is_some()
}

fn form(path: &Path) -> Option<Form> {
    match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
        "csv" | "tsv" => Some(Form::Separated),
        "parquet" | "pq" => Some(Form::Parquet),
        "arrow" | "feather" | "ipc" | "arrows" => Some(Form::Arrow),
        _ => None,
    }
}

/// A table that is stored as CSV, Parquet or Arrow, read whole into memory.
///
/// The first line of a CSV file names its columns; those without a name are `column_1` and so on, a name that comes
/// again gets a number. A column is of whole numbers, numbers or `true` and `false` if all that stands in it is, else
/// of text; nothing is null. Numbers that begin with zeros, as `000042`, are text: names of files look like that.
/// Dictionaries become what they stand for.
///
/// # Errors
/// [`ErrorKind::Unsupported`] for other names; [`ErrorKind::Format`] with the line for lines of another length, and
/// for text that is not UTF-8; [`ErrorKind::Corrupt`] for damage; those of reading.
pub fn read_table(path: &Path) -> Result<Dataset> {
    let place = || Place::area("table").file(path);
    let form = form(path).ok_or_else(|| {
        Error::new(ErrorKind::Unsupported, "tables are read from .csv, .tsv, .parquet and .arrow files")
            .at(place())
            .remedy("give the file one of these names, if it is one")
    })?;
    let file = File::open(path).map_err(|e| Error::io("open", e).at(place()))?;
    let (schema, batches) = match form {
        Form::Separated => separated(file).at(place)?,
        Form::Parquet => guarded("Parquet", || {
            let reader = ParquetRecordBatchReaderBuilder::try_new(file)?.build()?;
            let schema = arrow_array::RecordBatchReader::schema(&reader);
            Ok((schema, reader.collect::<std::result::Result<Vec<_>, ArrowError>>()?))
        })
        .at(place)?,
        Form::Arrow => guarded("Arrow", || arrow(file)).at(place)?,
    };
    table(&schema, batches).at(place)
}

type Batches = (SchemaRef, Vec<RecordBatch>);

fn arrow(mut file: File) -> Result<Batches> {
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(|e| Error::io("read", e))?;
    if bytes.starts_with(b"ARROW1") {
        let reader = FileReader::try_new(std::io::Cursor::new(bytes), None)?;
        return Ok((reader.schema(), reader.collect::<std::result::Result<_, _>>()?));
    }
    let reader = StreamReader::try_new(bytes.as_slice(), None)?;
    Ok((reader.schema(), reader.collect::<std::result::Result<_, _>>()?))
}

/// What a library reads; where it fails, or panics, the file is damaged.
fn guarded(form: &str, read: impl FnOnce() -> Result<Batches>) -> Result<Batches> {
    let damaged = |why: String| Error::new(ErrorKind::Corrupt, format!("not a valid {form} file{why}"));
    match catch_unwind(AssertUnwindSafe(read)) {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(e)) if e.kind() == ErrorKind::Io => Err(e),
        Ok(Err(e)) => Err(damaged(format!(": {}", e.what()))),
        Err(_) => Err(damaged(String::new())),
    }
}

/// The batches as a table, with values in the place of dictionaries.
fn table(schema: &SchemaRef, batches: Vec<RecordBatch>) -> Result<Dataset> {
    let plain = |field: &Arc<Field>| match field.data_type() {
        DataType::Dictionary(_, values) => Arc::new(field.as_ref().clone().with_data_type(*values.clone())),
        _ => Arc::clone(field),
    };
    let fields: Vec<_> = schema.fields().iter().map(plain).collect();
    let plain = Arc::new(Schema::new(fields));
    let mut out = Vec::with_capacity(batches.len().max(1));
    for batch in &batches {
        let columns = batch.columns().iter().map(|column| match column.as_any_dictionary_opt() {
            Some(dictionary) => take(dictionary.values().as_ref(), dictionary.keys(), None),
            None => Ok(Arc::clone(column)),
        });
        let columns = columns.collect::<std::result::Result<Vec<ArrayRef>, _>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        out.push(RecordBatch::try_new_with_options(Arc::clone(&plain), columns, &options)?);
    }
    if out.is_empty() {
        out.push(RecordBatch::new_empty(plain));
    }
    Ok(Dataset::new(Table::from_batches(&out)?))
}

fn separated(mut file: File) -> Result<Batches> {
    let mut text = Vec::new();
    file.read_to_end(&mut text).map_err(|e| Error::io("read", e))?;
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&text);
    let wrong = |e: csv::Error| {
        let line = e.position().map(csv::Position::line);
        let what = match e.kind() {
            csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
                format!("{len} values where {expected_len} columns are named")
            }
            csv::ErrorKind::Utf8 { .. } => "a text that is not UTF-8".to_owned(),
            _ => e.to_string(),
        };
        let place = line.map_or(Place::none(), |line| Place::none().line(line));
        Error::new(ErrorKind::Format, what).at(place)
    };
    let mut reader = csv::ReaderBuilder::new().delimiter(separator(text)).from_reader(text);
    let names = named(reader.headers().map_err(wrong)?);
    let mut columns: Vec<Vec<Option<String>>> = vec![Vec::new(); names.len()];
    let mut rows = 0;
    for record in reader.records() {
        let record = record.map_err(wrong)?;
        for (column, value) in columns.iter_mut().zip(record.iter()) {
            column.push((!value.is_empty()).then(|| value.to_owned()));
        }
        rows += 1;
    }
    let arrays: Vec<ArrayRef> = columns.iter().map(|column| typed(column)).collect();
    let fields =
        names.iter().zip(&arrays).map(|(name, array)| Field::new(name, array.data_type().clone(), true));
    let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    let batch = RecordBatch::try_new_with_options(Arc::clone(&schema), arrays, &options)?;
    Ok((schema, vec![batch]))
}

/// What stands between the names of the first line most often.
fn separator(text: &[u8]) -> u8 {
    let first = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let count = |sign: u8| first.iter().filter(|byte| **byte == sign).count();
    // Of equally many the first: a comma.
    [b';', b'\t', b','].into_iter().max_by_key(|sign| count(*sign)).unwrap_or(b',')
}

/// The names of the columns, each once.
fn named(header: &csv::StringRecord) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for (at, name) in (1..).zip(header) {
        let name = if name.trim().is_empty() { format!("column_{at}") } else { name.trim().to_owned() };
        let mut own = name.clone();
        let mut times = 1;
        while names.contains(&own) {
            times += 1;
            own = format!("{name}_{times}");
        }
        names.push(own);
    }
    names
}

/// Texts as the narrowest type that says all of them; texts if nothing is said.
fn typed(values: &[Option<String>]) -> ArrayRef {
    let said = || values.iter().flatten();
    let all = |holds: fn(&str) -> bool| said().next().is_some() && said().all(|text| holds(text));
    let of = |text: &Option<String>| text.as_deref().map(str::to_owned);
    match () {
        () if all(|text| whole(text).is_some()) => {
            Arc::new(values.iter().map(|text| whole(text.as_deref()?)).collect::<Int64Array>())
        }
        () if all(|text| number(text).is_some()) => {
            Arc::new(values.iter().map(|text| number(text.as_deref()?)).collect::<Float64Array>())
        }
        () if all(|text| flag(text).is_some()) => {
            Arc::new(values.iter().map(|text| flag(text.as_deref()?)).collect::<BooleanArray>())
        }
        () => Arc::new(values.iter().map(of).collect::<StringArray>()),
    }
}

/// A number that begins with zeros is a name: `000042`.
fn is_padded(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text).as_bytes();
    matches!(digits, [b'0', next, ..] if next.is_ascii_digit())
}

fn whole(text: &str) -> Option<i64> {
    text.parse().ok().filter(|_| !is_padded(text))
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|_| !is_padded(text))
}

fn flag(text: &str) -> Option<bool> {
    match text {
        "true" | "True" | "TRUE" => Some(true),
        "false" | "False" | "FALSE" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, bytes: &[u8]) -> Result<Dataset> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        read_table(&path)
    }

    fn types(ds: &Dataset) -> Vec<String> {
        ds.keys().iter().map(|key| format!("{key} {}", key.field().unwrap().data_type())).collect()
    }

    #[test]
    fn columns_have_the_narrowest_type_that_says_all_and_padded_numbers_are_names() {
        let text = b"\xef\xbb\xbfid,stem,score,good,note,\n1,000042,0.5,true,\"a, b\",\n-2,7,1e3,False,,\n";
        let ds = read("a b.csv", text).unwrap();
        let want = ["id Int64", "stem Utf8", "score Float64", "good Boolean", "note Utf8", "column_6 Utf8"];
        assert_eq!(types(&ds), want);
        assert_eq!(ds.get(0).unwrap().values()[4].as_text(), Some("a, b"));
        assert!(ds.get(1).unwrap().values()[4].is_null());
    }

    #[test]
    fn semicolons_and_tabs_separate_and_names_come_once() {
        let ds = read("t.csv", b"a;a;b,c\r\n1;2;x\r\n").unwrap();
        assert_eq!(types(&ds), ["a Int64", "a_2 Int64", "b,c Utf8"]);
        assert_eq!(types(&read("t.tsv", b"a\tb\n1\t2\n").unwrap()), ["a Int64", "b Int64"]);
        assert_eq!(read("empty.csv", b"").unwrap().len(), 0);
        assert_eq!(types(&read("t.csv", b"only\n").unwrap()), ["only Utf8"]);
    }

    #[test]
    fn lines_of_another_length_and_foreign_letters_are_named() {
        let error = read("t.csv", b"a,b\n1,2\n1,2,3\n").unwrap_err();
        assert_eq!((error.kind(), error.place().line_number()), (ErrorKind::Format, Some(3)));
        assert_eq!(read("t.csv", b"a\n\xff\xfe\n").unwrap_err().kind(), ErrorKind::Format);
        assert_eq!(read("t.txt", b"a\n1\n").unwrap_err().kind(), ErrorKind::Unsupported);
    }

    #[test]
    fn damaged_files_are_errors() {
        for name in ["t.parquet", "t.arrow", "t.feather"] {
            for bytes in [b"".as_slice(), b"PAR1", b"ARROW1\0\0garbage garbage", b"PAR1\x00\x00\x00\x00PAR1"]
            {
                assert_eq!(read(name, bytes).unwrap_err().kind(), ErrorKind::Corrupt, "{name} {bytes:?}");
            }
        }
    }
}
