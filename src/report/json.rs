//! A report as JSON, by `schemas/report.json`.
//!
//! Invariant: `read(write(report))` has every finite number bit for bit; NaN and infinities become `null`, which is
//! read as "undefined". Members that the schema does not name are refused, so that a misspelt one is not lost.

use serde::de::Error as _;
use serde::ser::SerializeStruct;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::{Cells, Column, Report};
use crate::error::{Error, ErrorKind, Place, Result};

/// The number in `"format"`: the first and only one so far.
const FORMAT: u64 = 1;

/// The report on one line.
pub(super) fn write(report: &Report) -> String {
    // All maps have text keys and nothing fails by itself, so what serde_json could refuse does not occur.
    let mut text = serde_json::to_string(report).unwrap_or_default();
    if text.starts_with('{') {
        text.insert_str(1, &format!("\"format\":{FORMAT},"));
    }
    text
}

/// The report of a text.
pub(super) fn read(text: &str) -> Result<Report> {
    let wrong = |e: serde_json::Error| {
        let place = Place::area("report");
        let place = if e.line() > 0 { place.line(e.line() as u64) } else { place };
        Error::new(ErrorKind::Format, format!("not a report: {e}")).at(place)
    };
    // By way of a value, whose numbers are kept as text and so are rounded once, by the standard library.
    let mut value: Value = serde_json::from_str(text).map_err(wrong)?;
    let format = value.as_object_mut().and_then(|members| members.remove("format"));
    match format.as_ref().map(Value::as_u64) {
        Some(Some(FORMAT)) => serde_json::from_value(value).map_err(wrong),
        _ => {
            let found = format.map_or_else(|| "none".to_owned(), |format| format.to_string());
            Err(Error::new(ErrorKind::Format, format!("a report has \"format\": {FORMAT}, this has {found}"))
                .at(Place::area("report")))
        }
    }
}

/// The kinds of cells, as they are called in JSON.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Text,
    Int,
    Float,
    Percent,
}

impl Serialize for Column {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut members = serializer.serialize_struct("Column", 5)?;
        members.serialize_field("name", &self.name)?;
        if !self.note.is_empty() {
            members.serialize_field("note", &self.note)?;
        }
        if let Some(places) = self.places {
            members.serialize_field("places", &places)?;
        }
        let kind = match &self.cells {
            Cells::Text(_) => Kind::Text,
            Cells::Int(_) => Kind::Int,
            Cells::Float(_) => Kind::Float,
            Cells::Percent(_) => Kind::Percent,
        };
        members.serialize_field("kind", &kind)?;
        match &self.cells {
            Cells::Text(cells) => members.serialize_field("cells", cells)?,
            Cells::Int(cells) => members.serialize_field("cells", cells)?,
            Cells::Float(cells) | Cells::Percent(cells) => members.serialize_field("cells", cells)?,
        }
        members.end()
    }
}

impl<'de> Deserialize<'de> for Column {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Column, D::Error> {
        // The kind decides what the cells are and may come after them, so they are kept as values till then.
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Members {
            name: String,
            #[serde(default)]
            note: String,
            places: Option<u8>,
            kind: Kind,
            cells: Vec<Value>,
        }
        fn cells<T: serde::de::DeserializeOwned, E: serde::de::Error>(
            values: Vec<Value>,
        ) -> std::result::Result<T, E> {
            serde_json::from_value(Value::Array(values)).map_err(E::custom)
        }
        let members = Members::deserialize(deserializer)?;
        let name = members.name;
        let filled = match members.kind {
            Kind::Text => cells(members.cells).map(Cells::Text),
            Kind::Int => cells(members.cells).map(Cells::Int),
            Kind::Float => cells(members.cells).map(Cells::Float),
            Kind::Percent => cells(members.cells).map(Cells::Percent),
        };
        let cells = filled.map_err(|e: D::Error| D::Error::custom(format!("column '{name}': {e}")))?;
        Ok(Column { name, note: members.note, places: members.places, cells })
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Curve, Figure, Table};
    use super::*;

    #[test]
    fn numbers_come_back_bit_for_bit_and_what_is_undefined_as_null() {
        // Subnormals, neighbours of powers of two and decimals on which a parser that rounds twice is off by one bit.
        let mut values =
            vec![f64::MIN_POSITIVE, 5e-324, f64::MAX, -0.0, 0.1 + 0.2, 1.0, 1e23, 9007199254740993.0];
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        while values.len() < 3000 {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            values.extend(Some(f64::from_bits(state)).filter(|x| x.is_finite()));
        }
        let mut report = Report::new("t", "p");
        report.headline.push(Figure::new("nan", "", 0.5));
        report.headline[0].value = Some(f64::NAN);
        report.tables.push(Table::new("n").float("x", values.iter().copied()));
        report.charts.push(super::super::Chart::new("c", "x", "y"));
        report.charts[0].curves.push(Curve::new("a", values.iter().map(|x| (*x, -*x))));
        let again = Report::from_json(&report.to_json()).unwrap();
        assert_eq!(again.headline[0].value, None);
        let Cells::Float(cells) = &again.tables[0].columns[0].cells else { panic!("{:?}", again.tables) };
        let points = &again.charts[0].curves[0].points;
        assert_eq!(points.len(), values.len());
        for ((cell, value), [x, _]) in cells.iter().zip(&values).zip(points) {
            assert_eq!(cell.map(f64::to_bits), Some(value.to_bits()), "{value:e}");
            assert_eq!(x.to_bits(), value.to_bits());
        }
    }

    #[test]
    fn cells_are_read_as_their_kind_says_and_told_apart_when_not() {
        let read = |kind: &str, cells: &str| {
            let column = format!(r#"{{"name":"n","cells":{cells},"kind":"{kind}"}}"#);
            Report::from_json(&format!(r#"{{"format":1,"classes":{{"name":"c","columns":[{column}]}}}}"#))
        };
        let cells = |report: Report| report.classes.unwrap().columns.remove(0).cells;
        assert_eq!(cells(read("int", "[1,null]").unwrap()), Cells::Int(vec![Some(1), None]));
        assert_eq!(cells(read("float", "[1,1.50]").unwrap()), Cells::Float(vec![Some(1.0), Some(1.5)]));
        assert_eq!(cells(read("text", "[\"a\"]").unwrap()), Cells::Text(vec!["a".to_owned()]));
        let error = read("int", "[1.5]").unwrap_err().to_string();
        assert!(error.contains("column 'n'"), "{error}");
    }

    #[test]
    fn what_is_no_report_is_refused_by_name() {
        let error = |text: &str| Report::from_json(text).unwrap_err().to_string();
        assert!(error("{").contains("report: line 1"), "{}", error("{"));
        assert!(error("[]").contains("\"format\": 1, this has none"));
        assert!(error(r#"{"format":2}"#).contains("this has 2"));
        assert!(error(r#"{"format":1,"titel":"x"}"#).contains("titel"));
    }
}
