//! All numbers of a report as one long Parquet table: a row a number, so that reports can be stacked and queried.
//!
//! | column | type | meaning |
//! |---|---|---|
//! | `title`, `protocol` | Utf8 | of the report, in every row |
//! | `part` | Utf8 | `headline`, `classes`, `table`, `breakdown`, `chart`, `matrix`, `histogram` or `comparison` |
//! | `name` | Utf8? | the name of the table, chart, breakdown, matrix or histogram |
//! | `metric` | Utf8 | a figure's key, a column's name, a chart's vertical axis, a series' name, or `count` |
//! | `class` | Utf8? | the row: its first words, or its number where it has none; a curve's name |
//! | `predicted` | Utf8? | the column of a matrix |
//! | `run` | Utf8? | the run of a comparison |
//! | `x` | Float64? | where on the curve; the lower end of a bin |
//! | `value` | Float64? | the number; null where it is undefined |
//! | `low`, `high`, `spread` | Float64? | how sure a figure is |
//! | `delta`, `delta_low`, `delta_high`, `p` | Float64? | the difference to the first run |
//!
//! Invariant: rows are in the order of the report; cells of a matrix that are 0 have no row. Words of further
//! columns, pictures and provenance are in the JSON.

use std::sync::Arc;

use arrow_array::builder::{Float64Builder, StringBuilder};
use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow_schema::{DataType, Field, Schema};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

use super::figure::finite;
use super::{Cells, Figure, Report, Table};
use crate::error::Result;

/// Columns of words, and whether they may be null.
const WORDS: [(&str, bool); 8] = [
    ("title", false),
    ("protocol", false),
    ("part", false),
    ("name", true),
    ("metric", false),
    ("class", true),
    ("predicted", true),
    ("run", true),
];

/// Columns of numbers, all of which may be null.
const NUMBERS: [&str; 9] = ["x", "value", "low", "high", "spread", "delta", "delta_low", "delta_high", "p"];

/// One number and what it is of.
#[derive(Clone, Copy, Default)]
struct Row<'a> {
    part: &'a str,
    name: Option<&'a str>,
    metric: &'a str,
    class: Option<&'a str>,
    predicted: Option<&'a str>,
    run: Option<&'a str>,
    x: Option<f64>,
    value: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
    spread: Option<f64>,
    delta: Option<f64>,
    delta_low: Option<f64>,
    delta_high: Option<f64>,
    p: Option<f64>,
}

impl<'a> Row<'a> {
    fn of_figure(part: &'a str, name: Option<&'a str>, figure: &'a Figure) -> Row<'a> {
        let Figure { key, value, low, high, spread, .. } = figure;
        Row {
            part,
            name,
            metric: key,
            value: *value,
            low: *low,
            high: *high,
            spread: *spread,
            ..Row::default()
        }
    }
}

/// The columns so far.
struct Rows<'a> {
    report: &'a Report,
    words: [StringBuilder; WORDS.len()],
    numbers: [Float64Builder; NUMBERS.len()],
}

impl Rows<'_> {
    fn push(&mut self, row: Row<'_>) {
        let Row { part, name, metric, class, predicted, run, .. } = row;
        let (title, protocol) = (Some(self.report.title.as_str()), Some(self.report.protocol.as_str()));
        let words = [title, protocol, Some(part), name, Some(metric), class, predicted, run];
        self.words.iter_mut().zip(words).for_each(|(column, word)| column.append_option(word));
        let Row { x, value, low, high, spread, delta, delta_low, delta_high, p, .. } = row;
        let numbers = [x, value, low, high, spread, delta, delta_low, delta_high, p];
        self.numbers.iter_mut().zip(numbers).for_each(|(column, n)| column.append_option(finite(n)));
    }

    fn table(&mut self, part: &str, table: &Table) {
        let names = table.columns.iter().find_map(|column| match &column.cells {
            Cells::Text(names) => Some(names),
            _ => None,
        });
        for column in table.columns.iter().filter(|column| !column.cells.is_text()) {
            for row in 0..table.rows() {
                let number = row.to_string();
                let class = match names {
                    Some(names) => names.get(row).map(String::as_str),
                    None => Some(number.as_str()),
                };
                let value = column.cells.number(row);
                self.push(Row {
                    part,
                    name: Some(&table.name),
                    metric: &column.name,
                    class,
                    value,
                    ..Row::default()
                });
            }
        }
    }

    fn fill(&mut self) {
        let report = self.report;
        report.headline.iter().for_each(|figure| self.push(Row::of_figure("headline", None, figure)));
        report.classes.iter().for_each(|table| self.table("classes", table));
        report.tables.iter().for_each(|table| self.table("table", table));
        for breakdown in &report.breakdowns {
            for figure in &breakdown.figures {
                self.push(Row::of_figure("breakdown", Some(&breakdown.name), figure));
            }
        }
        for chart in &report.charts {
            let row = Row { part: "chart", name: Some(&chart.name), metric: &chart.y, ..Row::default() };
            for curve in &chart.curves {
                for [x, y] in &curve.points {
                    self.push(Row { class: Some(&curve.name), x: Some(*x), value: Some(*y), ..row });
                }
            }
        }
        if let Some(matrix) = &report.matrix {
            let row = Row { part: "matrix", name: Some(&matrix.name), metric: "count", ..Row::default() };
            for (r, truth) in matrix.rows.iter().enumerate() {
                for (c, predicted) in matrix.columns.iter().enumerate() {
                    let count = matrix.count(r, c);
                    if count > 0 {
                        let value = Some(count as f64);
                        self.push(Row { class: Some(truth), predicted: Some(predicted), value, ..row });
                    }
                }
            }
        }
        for histogram in &report.histograms {
            for series in &histogram.series {
                let row = Row {
                    part: "histogram",
                    name: Some(&histogram.name),
                    metric: &series.name,
                    ..Row::default()
                };
                for (edge, count) in histogram.edges.iter().zip(&series.counts).take(histogram.bins()) {
                    self.push(Row { x: Some(*edge), value: Some(*count as f64), ..row });
                }
            }
        }
        for run in report.comparison.iter().flat_map(|comparison| &comparison.runs) {
            for c in &run.figures {
                self.push(Row {
                    run: Some(&run.name),
                    delta: c.delta,
                    delta_low: c.low,
                    delta_high: c.high,
                    p: c.p,
                    ..Row::of_figure("comparison", None, &c.figure)
                });
            }
        }
    }
}

/// The file.
pub(super) fn write(report: &Report) -> Result<Vec<u8>> {
    let mut rows = Rows { report, words: Default::default(), numbers: Default::default() };
    rows.fill();
    let fields: Vec<Field> = WORDS
        .iter()
        .map(|(name, nullable)| Field::new(*name, DataType::Utf8, *nullable))
        .chain(NUMBERS.iter().map(|name| Field::new(*name, DataType::Float64, true)))
        .collect();
    let schema = Arc::new(Schema::new(fields));
    let words = rows.words.iter_mut().map(|column| Arc::new(column.finish()) as ArrayRef);
    let columns: Vec<ArrayRef> =
        words.chain(rows.numbers.iter_mut().map(|column| Arc::new(column.finish()) as ArrayRef)).collect();
    let batch = RecordBatch::try_new_with_options(schema.clone(), columns, &RecordBatchOptions::new())?;
    let properties =
        WriterProperties::builder().set_compression(Compression::ZSTD(ZstdLevel::default())).build();
    let mut file = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut file, schema, Some(properties))?;
    writer.write(&batch)?;
    writer.close()?;
    Ok(file)
}
