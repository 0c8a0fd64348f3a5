//! [`Report`]: all that an evaluation says, and the doors through which it is read.
//!
//! Every part may be absent. A form leaves out what is absent, and says what is incomplete ([`Coverage`]) first.

use serde::{Deserialize, Serialize};

use super::{Breakdown, Chart, Comparison, Coverage, Figure, Histogram, Matrix, Picture, Table};
use super::{html, json, latex, markdown, parquet, terminal};
use crate::error::Result;

/// A key and a value in words: where numbers come from, and what they depend on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fact {
    /// Such as `fingerprint of the truth`, `parity`, `version`.
    pub key: String,
    /// What it is.
    pub value: String,
}

/// What an evaluation says: numbers with names, tables, curves and pictures, and where they come from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Report {
    /// Its heading.
    pub title: String,
    /// The protocol: `coco/bbox`, `voc/07`.
    pub protocol: String,
    /// What was matched with what; whatever is incomplete is said first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub coverage: Vec<Coverage>,
    /// The numbers that people quote, the first one first.
    pub headline: Vec<Figure>,
    /// Lines that a terminal prints as they are, in place of the headline: those of the reference tool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lines: Option<Vec<String>>,
    /// One row a class: its name, counts and metrics.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub classes: Option<Table>,
    /// Other tables, such as operating points or slices.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tables: Vec<Table>,
    /// Curves, such as precision over recall.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub charts: Vec<Chart>,
    /// The confusion matrix.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matrix: Option<Matrix>,
    /// Figures as bars: by object size, by type of error.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub breakdowns: Vec<Breakdown>,
    /// Distributions, such as scores of true and false positives.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub histograms: Vec<Histogram>,
    /// Pictures, such as the worst images.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pictures: Vec<Picture>,
    /// Runs side by side.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comparison: Option<Comparison>,
    /// Where the numbers come from: fingerprints, parity and divergences by name, versions.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub provenance: Vec<Fact>,
    /// What a reader must know before trusting the numbers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

impl Report {
    /// A report that says nothing yet.
    pub fn new(title: impl Into<String>, protocol: impl Into<String>) -> Report {
        Report { title: title.into(), protocol: protocol.into(), ..Report::default() }
    }

    /// Adds a line to the provenance.
    pub fn fact(&mut self, key: impl Into<String>, value: impl Into<String>) {
        self.provenance.push(Fact { key: key.into(), value: value.into() });
    }

    /// The figure of a key: of the headline or, where that has none, of a breakdown.
    pub fn figure(&self, key: &str) -> Option<&Figure> {
        let parts = self.breakdowns.iter().flat_map(|breakdown| &breakdown.figures);
        self.headline.iter().chain(parts).find(|figure| figure.key == key)
    }

    /// The value of a figure, as [`Report::figure`]; `None` where there is none or it is undefined.
    pub fn value(&self, key: &str) -> Option<f64> {
        self.figure(key).and_then(|figure| figure.value)
    }

    /// Text for a terminal of `width` columns (at least 20 are assumed): aligned tables, what is incomplete first.
    ///
    /// Tables that are too wide lose columns, tables that are too long lose rows, and say so. Names are written
    /// so that they cannot steer the terminal. Ends with a line feed.
    pub fn terminal(&self, width: usize) -> String {
        terminal::write(self, width)
    }

    /// One line of JSON by `schemas/report.json`. Undefined numbers are `null`, all others come back bit for bit.
    pub fn to_json(&self) -> String {
        json::write(self)
    }

    /// Reads what [`Report::to_json`] wrote.
    ///
    /// # Errors
    /// [`ErrorKind::Format`](crate::error::ErrorKind::Format) with the line and the member that is not by the schema.
    pub fn from_json(text: &str) -> Result<Report> {
        json::read(text)
    }

    /// One page of HTML that needs nothing but itself: no network, no fonts, no other files.
    ///
    /// It can be sorted and filtered, prints, reads on a phone, in light and in dark. Names are shown as they are and
    /// can do nothing. Charts of more than 100 curves show the highest and the lowest 50.
    pub fn to_html(&self) -> String {
        html::write(self)
    }

    /// A Parquet file of all numbers, one a row: `part`, `name`, `metric`, `class`, `value` and what else is known.
    ///
    /// Files of several reports can be read as one table; `title` and `protocol` are in every row. Undefined numbers
    /// are null.
    ///
    /// # Errors
    /// Those of the Parquet writer; none is known for a file in memory.
    pub fn to_parquet(&self) -> Result<Vec<u8>> {
        parquet::write(self)
    }

    /// Headline, comparison, breakdowns and tables as Markdown.
    pub fn to_markdown(&self) -> String {
        markdown::write(self)
    }

    /// Headline, comparison, breakdowns and tables as LaTeX with `booktabs`; tables of many rows as `longtable`.
    pub fn to_latex(&self) -> String {
        latex::write(self)
    }

    /// Whose the headline is, where there are several runs.
    pub(super) fn whose(&self) -> Option<String> {
        self.comparison.as_ref()?.whose(&self.headline)
    }

    /// What is incomplete.
    pub(super) fn incomplete(&self) -> impl Iterator<Item = &Coverage> {
        self.coverage.iter().filter(|coverage| !coverage.is_complete())
    }
}
