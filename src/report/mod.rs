//! What an evaluation says, as plain values, and the forms in which people and programs read it.
//!
//! A [`Report`] is numbers with names: whoever made them (an evaluator, a comparison, a benchmark) fills it, and
//! nothing here knows of datasets, protocols or files of predictions. Every form is a pure function of the report:
//! the same report gives the same bytes.
//!
//! | file | noun |
//! |---|---|
//! | `document.rs` | [`Report`] and its doors; [`Fact`] |
//! | `figure.rs` | [`Figure`]: a number with its name, unit and interval; [`Unit`], [`Better`] |
//! | `table.rs` | [`Table`] of typed [`Column`]s |
//! | `chart.rs` | [`Chart`] of [`Curve`]s, such as precision over recall |
//! | `matrix.rs` | [`Matrix`] of counts, such as a confusion matrix |
//! | `histogram.rs` | [`Histogram`], split by [`Series`] |
//! | `breakdown.rs` | [`Breakdown`]: figures that are parts of something, drawn as bars |
//! | `picture.rs` | [`Picture`]: an encoded image with its caption |
//! | `comparison.rs` | [`Comparison`] of [`Run`]s: differences, intervals, p-values |
//! | `coverage.rs` | [`Coverage`]: how many of one side were found on the other |
//! | `number.rs`, `grid.rs` | numbers as text; tables as text, before they take a form |
//! | `terminal.rs`, `json.rs` | text for a terminal; the JSON of `schemas/report.json` |
//! | `html.rs`, `html/` | one self-contained page |
//! | `markdown.rs`, `latex.rs` | tables for a README and for a paper |
//!
//! What is undefined (a mean over no class, a precision without detections) is `None`: `null` in JSON and Parquet,
//! an en dash to people, never a number.
//!
//! ```
//! use lensframe::report::{Figure, Report, Table};
//! # fn main() -> lensframe::error::Result<()> {
//! let mut report = Report::new("Detector on val", "coco/bbox");
//! report.headline.push(Figure::new("AP", "average precision, IoU 0.50:0.95", 0.437).between(0.431, 0.443));
//! report.headline.push(Figure::new("AP_small", "of small objects", f64::NAN));
//! report.classes = Some(
//!     Table::new("classes").text("class", ["dog", "cat"]).int("objects", [12, 7]).float("AP", [0.5, f64::NAN]),
//! );
//! let text = report.terminal(80);
//! assert!(text.contains("0.437") && text.contains("–"));
//! assert_eq!(Report::from_json(&report.to_json())?.classes, report.classes);
//! # Ok(())
//! # }
//! ```

mod breakdown;
mod chart;
mod comparison;
mod coverage;
mod document;
mod figure;
mod grid;
mod histogram;
mod html;
mod json;
mod latex;
mod markdown;
mod matrix;
mod number;
mod picture;
mod table;
mod terminal;

pub use breakdown::Breakdown;
pub use chart::{Chart, Curve};
pub use comparison::{Compared, Comparison, Run};
pub use coverage::Coverage;
pub use document::{Fact, Report};
pub use figure::{Better, Figure, Unit};
pub use histogram::{Histogram, Series};
pub use matrix::Matrix;
pub use picture::Picture;
pub use table::{Cells, Column, Table};
