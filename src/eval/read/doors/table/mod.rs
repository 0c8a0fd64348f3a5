//! Tables of detections, a row each, whatever they are stored in: text, Parquet or Arrow.
//!
//! A [`Table`] gives rows; what its columns are, their names say ([`header`]). Coordinates that are shares of the image
//! are told by their values, where names do not: no number passes 1. Rows are read twice at most and never held.

mod header;
mod strings;

use std::borrow::Cow;

use super::form::check_shares;
use super::intake::{Found, Intake};
use super::options::corners;
use crate::convert::Coords;
use crate::error::{Error, ErrorKind, Place, Result, ResultExt};
use crate::job::Job;
pub(super) use header::is_header;
use header::{Columns, Shape, columns};
use strings::Groups;

/// How far beyond its image a share may reach.
const SLACK: f64 = 0.02;

/// A row of a table.
pub(super) trait Row {
    /// A value as text; none for null and for an empty text.
    fn text(&self, column: usize) -> Result<Option<Cow<'_, str>>>;
    /// A number; none for null.
    fn number(&self, column: usize) -> Result<Option<f64>>;
    /// Four numbers in one value.
    fn four(&self, column: usize) -> Result<Option<[f64; 4]>>;
    /// Where it stands.
    fn place(&self) -> Place;
}

/// Rows with named columns.
pub(super) trait Table {
    /// The names of the columns.
    fn names(&self) -> &[String];
    /// Calls `visit` with every row, as long as it says true.
    fn each(&self, job: &Job, visit: &mut dyn FnMut(&dyn Row) -> Result<bool>) -> Result<()>;
}

/// Reads all rows.
pub(super) fn read(table: &dyn Table, intake: &mut Intake, job: &Job) -> Result<()> {
    let columns = columns(table.names())?;
    intake.numbers = columns.numbers;
    let lone = lone_class(&columns, intake)?;
    if columns.score.is_none() && intake.options.score.is_none() && !matches!(columns.shape, Shape::Text(_)) {
        return Err(Error::new(ErrorKind::Format, "no column is of scores")
            .remedy("name it score or confidence, or give all one with --pred-score 1"));
    }
    let (shares, groups) = survey(table, &columns, job)?;
    if shares && !columns.shares {
        intake.remarks.add("found.box.shares", "taken for shares of its width and height", || {
            "no coordinate passes 1".to_owned()
        });
    }
    let mut reading = Reading { columns, shares, groups, lone, numbers: Vec::new() };
    table.each(job, &mut |row| {
        reading.row(row, intake).map_err(|error| error.at(row.place()))?;
        Ok(true)
    })?;
    if matches!(reading.columns.shape, Shape::Text(_)) {
        intake.count_absent("has no detections", "row");
    }
    Ok(())
}

/// The class of all detections of a table without one: that of a truth which has no other.
fn lone_class(columns: &Columns, intake: &mut Intake) -> Result<Option<String>> {
    if columns.class.is_some() {
        return Ok(None);
    }
    let mut classes = intake.truth.classes.iter().flatten();
    match (classes.next(), classes.next()) {
        (Some(only), None) => Ok(Some(only.name.clone())),
        _ if matches!(columns.shape, Shape::Text(_)) => Ok(None),
        _ => Err(Error::new(ErrorKind::Format, "no column is of classes, and the truth has several")
            .remedy("name it label, class or category_id")),
    }
}

/// Whether coordinates are shares of the image, and how texts are to be cut.
fn survey(table: &dyn Table, columns: &Columns, job: &Job) -> Result<(bool, Groups)> {
    let (mut pixels, mut any, mut groups) = (false, false, Groups::default());
    let mut numbers = Vec::new();
    let text = matches!(columns.shape, Shape::Text(_));
    let mut odd = None;
    if columns.shares && !text {
        return Ok((true, groups));
    }
    table.each(job, &mut |row| {
        if let Shape::Text(column) = columns.shape {
            let text = row.text(column)?.unwrap_or_default();
            groups.add(&text, &mut numbers);
            if groups.settle().is_err() {
                odd.get_or_insert_with(|| row.place());
            }
            any |= !numbers.is_empty();
            pixels |= numbers.iter().any(|number| number.abs() > 1.0 + SLACK);
        } else if let Some(four) = four(row, columns.shape).map_err(|error| error.at(row.place()))? {
            any = true;
            pixels |= four.iter().any(|number| number.abs() > 1.0 + SLACK);
        }
        Ok(text || !pixels)
    })?;
    groups.settle().at(|| odd.unwrap_or_default())?;
    Ok((any && !pixels, groups))
}

/// The numbers of a row's box; none if all are null.
fn four(row: &dyn Row, shape: Shape) -> Result<Option<[f64; 4]>> {
    let set = match shape {
        Shape::Corners(set) | Shape::CornerSize(set) | Shape::Centre(set) => set,
        Shape::Together(column) | Shape::CornersTogether(column) => return row.four(column),
        Shape::Text(_) => return Ok(None),
    };
    let mut out = [0.0; 4];
    for (slot, column) in out.iter_mut().zip(set) {
        *slot = row.number(column)?.ok_or_else(|| {
            Error::new(ErrorKind::Format, "a coordinate is empty").remedy("remove the row or give its box")
        })?;
    }
    Ok(Some(out))
}

/// How the rows of a table are read.
struct Reading {
    columns: Columns,
    shares: bool,
    groups: Groups,
    /// The class of rows that name none.
    lone: Option<String>,
    numbers: Vec<f64>,
}

impl Reading {
    fn row(&mut self, row: &dyn Row, intake: &mut Intake) -> Result<()> {
        let empty = |what: &str| {
            Error::new(ErrorKind::Format, format!("{what} is empty")).remedy("remove the row or complete it")
        };
        let image = row.text(self.columns.image)?.ok_or_else(|| empty("the image"))?;
        // Tables that hold numbers as floats write 7 as 7.0.
        let name = image.strip_suffix(".0").filter(|id| id.parse::<i64>().is_ok()).unwrap_or(&image);
        let image = intake.image(name, self.columns.by)?;
        if let Shape::Text(column) = self.columns.shape {
            let text = row.text(column)?.unwrap_or_default();
            return self.text(&text, image, row, intake);
        }
        let class = match self.columns.class {
            Some(column) => Some(row.text(column)?.ok_or_else(|| empty("the class"))?),
            None => self.lone.as_deref().map(Cow::Borrowed),
        };
        let class = intake.class(&class.unwrap_or_default());
        let score = self
            .columns
            .score
            .map(|column| row.number(column).at(|| Place::none().key("score")))
            .transpose()?;
        let numbers = four(row, self.columns.shape)?.ok_or_else(|| empty("the box"))?;
        let bbox = self.bbox(numbers, image, intake)?;
        let found = Found { image, class, score: score.flatten(), bbox: Some(bbox), ..Found::default() };
        intake.push(found, || row.place())
    }

    fn bbox(&self, [a, b, c, d]: [f64; 4], image: u32, intake: &Intake) -> Result<[f64; 4]> {
        let [width, height] = if self.shares { intake.scale(image)? } else { [1.0, 1.0] };
        if self.shares {
            check_shares(&[a, b, c, d])?;
        }
        let coords = intake.options.coords.unwrap_or(Coords::ZeroExclusive);
        let scaled = [a * width, b * height, c * width, d * height];
        Ok(match self.columns.shape {
            Shape::Corners(_) | Shape::CornersTogether(_) | Shape::Text(_) => corners(scaled, coords),
            Shape::CornerSize(_) | Shape::Together(_) => scaled,
            Shape::Centre(_) => {
                let [x, y, w, h] = scaled;
                [x - w / 2.0, y - h / 2.0, w, h]
            }
        })
    }

    fn text(&mut self, text: &str, image: u32, row: &dyn Row, intake: &mut Intake) -> Result<()> {
        let size = self.groups.size();
        let mut words = text.split_whitespace().peekable();
        while words.peek().is_some() {
            let class = match size {
                6 => words.next(),
                _ => self.lone.as_deref(),
            };
            let class = class.ok_or_else(|| {
                Error::new(ErrorKind::Format, "detections name no class, and the truth has several")
                    .remedy("write label, confidence, xmin, ymin, xmax, ymax of each")
            })?;
            self.numbers.clear();
            for word in words.by_ref().take(5) {
                self.numbers.push(super::lines::number(word)?);
            }
            let Ok([score, a, b, c, d]) = <[f64; 5]>::try_from(self.numbers.as_slice()) else {
                return Err(Error::new(ErrorKind::Format, "the last detection of a text is cut short")
                    .remedy("write label, confidence, xmin, ymin, xmax, ymax of each"));
            };
            let bbox = match size {
                6 => self.bbox([a, b, c, d], image, intake)?,
                // Without a class they are corner and size, by the contests that write them.
                _ => {
                    let [width, height] = if self.shares { intake.scale(image)? } else { [1.0, 1.0] };
                    [a * width, b * height, c * width, d * height]
                }
            };
            let class = intake.class(class);
            let found = Found { image, class, score: Some(score), bbox: Some(bbox), ..Found::default() };
            intake.push(found, || row.place())?;
        }
        Ok(())
    }
}
