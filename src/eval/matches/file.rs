//! The table of [`Matches`] as a file: Parquet, Arrow IPC or CSV.

use std::io::Write as _;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, UInt32Type};
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::DataType;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

use super::Matches;
use crate::error::{Error, ErrorKind, Result};
use crate::eval::comparison::Comparison;

/// A form of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MatchesFormat {
    /// Parquet, compressed with zstd.
    Parquet,
    /// An Arrow IPC file.
    Arrow,
    /// Comma-separated values with a line of names; what is null is empty.
    Csv,
}

impl MatchesFormat {
    /// The form that the ending of a name asks for: `.parquet`, `.arrow` (`.feather`, `.ipc`) or `.csv`.
    ///
    /// ```
    /// use lensframe::eval::matches::MatchesFormat;
    /// assert_eq!(MatchesFormat::of("out/m.Parquet".as_ref())?, MatchesFormat::Parquet);
    /// assert!(MatchesFormat::of("m.xlsx".as_ref()).is_err());
    /// # Ok::<(), lensframe::error::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Usage`], naming the endings.
    pub fn of(path: &std::path::Path) -> Result<MatchesFormat> {
        let ending = path.extension().map(|ending| ending.to_ascii_lowercase());
        match ending.as_ref().and_then(|ending| ending.to_str()) {
            Some("parquet") => Ok(MatchesFormat::Parquet),
            Some("arrow" | "feather" | "ipc") => Ok(MatchesFormat::Arrow),
            Some("csv") => Ok(MatchesFormat::Csv),
            _ => Err(Error::new(ErrorKind::Usage, "the ending of the file says no form of a table")
                .remedy("name it .parquet, .arrow or .csv")),
        }
    }
}

impl Matches {
    /// The table as the bytes of a file; its columns are [these](super#columns).
    ///
    /// # Errors
    /// As [`Matches::rows`].
    pub fn to_file(&self, comparison: &Comparison, format: MatchesFormat) -> Result<Vec<u8>> {
        let schema = self.schema(comparison);
        let mut file = Vec::new();
        match format {
            MatchesFormat::Parquet => {
                let zstd = Compression::ZSTD(ZstdLevel::default());
                let properties = WriterProperties::builder().set_compression(zstd).build();
                let mut writer = ArrowWriter::try_new(&mut file, schema, Some(properties))?;
                self.rows(comparison, |batch| Ok(writer.write(&batch)?))?;
                writer.close()?;
            }
            MatchesFormat::Arrow => {
                let mut writer = arrow_ipc::writer::FileWriter::try_new(&mut file, &schema)?;
                self.rows(comparison, |batch| Ok(writer.write(&batch)?))?;
                writer.finish()?;
            }
            MatchesFormat::Csv => {
                let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
                file.extend_from_slice(names.join(",").as_bytes());
                file.push(b'\n');
                self.rows(comparison, |batch| csv(&mut file, &batch))?;
            }
        }
        Ok(file)
    }
}

/// Appends the rows of a batch as lines.
fn csv(out: &mut Vec<u8>, batch: &RecordBatch) -> Result<()> {
    for row in 0..batch.num_rows() {
        for (n, column) in batch.columns().iter().enumerate() {
            if n > 0 {
                out.push(b',');
            }
            if column.is_valid(row) {
                cell(out, column, row)?;
            }
        }
        out.push(b'\n');
    }
    Ok(())
}

fn cell(out: &mut Vec<u8>, column: &ArrayRef, row: usize) -> Result<()> {
    let written = match column.data_type() {
        DataType::Int64 => write!(out, "{}", column.as_primitive::<Int64Type>().value(row)),
        DataType::UInt32 => write!(out, "{}", column.as_primitive::<UInt32Type>().value(row)),
        DataType::Float64 => write!(out, "{}", column.as_primitive::<Float64Type>().value(row)),
        _ => {
            let text = column.as_string::<i32>().value(row);
            match text.contains([',', '"', '\n', '\r']) {
                true => write!(out, "\"{}\"", text.replace('"', "\"\"")),
                false => write!(out, "{text}"),
            }
        }
    };
    written.map_err(|e| Error::io("write", e))
}
