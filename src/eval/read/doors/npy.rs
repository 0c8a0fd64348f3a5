//! numpy's arrays: one of seven columns, as pycocotools' `loadNumpyAnnotations` takes it, and the array file itself.
//!
//! Columns are image, x, y, width, height, score, class; images and classes are ids. Arrays are little-endian, in C
//! order, of real numbers or texts of fixed length; what Python pickled into one is refused.

use std::path::Path;

use super::intake::{Found, Intake};
use super::options::ClassNumbers;
use crate::error::{Error, ErrorKind, Place, Result, ResultExt};
use crate::job::Job;

/// What an array's elements are.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Float,
    Signed,
    Unsigned,
    /// Texts of so many characters of four bytes.
    Text,
}

/// An array in a file.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Array<'a> {
    /// Its lengths.
    pub(super) shape: Vec<usize>,
    kind: Kind,
    /// Bytes an element.
    each: usize,
    bytes: &'a [u8],
}

fn wrong(what: impl Into<String>) -> Error {
    Error::new(ErrorKind::Format, what).remedy("write it with numpy.save, as float64 in C order")
}

impl<'a> Array<'a> {
    /// The array that a file holds.
    ///
    /// # Errors
    /// [`ErrorKind::Format`] for what is none; [`ErrorKind::Unsupported`] for other orders, and for Python's objects.
    pub(super) fn of(bytes: &'a [u8]) -> Result<Array<'a>> {
        let cut = || wrong("the array is cut short");
        let body = bytes.strip_prefix(b"\x93NUMPY").ok_or_else(|| wrong("the file is no array of numpy"))?;
        let (version, body) = body.split_first_chunk::<2>().ok_or_else(cut)?;
        let (length, body) = match version {
            [1, _] => {
                body.split_first_chunk::<2>().map(|(n, body)| (usize::from(u16::from_le_bytes(*n)), body))
            }
            [2 | 3, _] => body
                .split_first_chunk::<4>()
                .and_then(|(n, body)| Some((usize::try_from(u32::from_le_bytes(*n)).ok()?, body))),
            _ => return Err(wrong(format!("the array is of version {}", version[0]))),
        }
        .ok_or_else(cut)?;
        let (head, bytes) = body.split_at_checked(length).ok_or_else(cut)?;
        let head = std::str::from_utf8(head).map_err(|_| wrong("the header of the array is not text"))?;
        let value = |key: &str| -> Option<&str> {
            let rest = head.get(head.find(key)? + key.len()..)?.trim_start();
            Some(rest.strip_prefix(['\'', '"'])?.trim_start().strip_prefix(':')?.trim_start())
        };
        let word = value("descr").and_then(|rest| rest.strip_prefix(['\'', '"'])?.split(['\'', '"']).next());
        let descr = word.ok_or_else(|| unsupported("an array of records", "save the columns apart"))?;
        let (kind, each) = element(descr)?;
        if value("fortran_order").is_none_or(|rest| !rest.starts_with("False")) {
            return Err(unsupported("an array in Fortran order", "save numpy.ascontiguousarray of it"));
        }
        let inner = value("shape").and_then(|rest| rest.strip_prefix('(')?.split_once(')'));
        let (inner, _) = inner.ok_or_else(|| wrong("the array has no shape"))?;
        let sides = inner.split(',').map(str::trim).filter(|side| !side.is_empty());
        let shape: Option<Vec<usize>> = sides.map(|side| side.parse().ok()).collect();
        let shape = shape.ok_or_else(|| wrong("the shape of the array is not of whole numbers"))?;
        let count = shape.iter().try_fold(each, |all, side| all.checked_mul(*side)).ok_or_else(cut)?;
        let bytes = bytes.get(..count).ok_or_else(cut)?;
        Ok(Array { shape, kind, each, bytes })
    }

    /// How many elements there are along the first side.
    pub(super) fn len(&self) -> usize {
        self.shape.first().copied().unwrap_or(1)
    }

    /// Whether elements are texts.
    pub(super) fn is_text(&self) -> bool {
        self.kind == Kind::Text
    }

    fn element(&self, at: usize) -> &'a [u8] {
        at.checked_mul(self.each).and_then(|from| self.bytes.get(from..from + self.each)).unwrap_or_default()
    }

    /// An element as a number; NaN for texts and beyond the end.
    pub(super) fn number(&self, at: usize) -> f64 {
        let bytes = self.element(at);
        match (self.kind, bytes) {
            (Kind::Float, &[a, b, c, d]) => f64::from(f32::from_le_bytes([a, b, c, d])),
            (Kind::Float, &[a, b, c, d, e, f, g, h]) => f64::from_le_bytes([a, b, c, d, e, f, g, h]),
            (Kind::Text, _) | (_, []) => f64::NAN,
            (_, _) => real(self.whole(at)),
        }
    }

    /// An element as a whole number; none for texts, fractions and what does not fit.
    pub(super) fn whole(&self, at: usize) -> Option<i64> {
        let bytes = self.element(at);
        let mut wide = [0; 8];
        wide.get_mut(..bytes.len())?.copy_from_slice(bytes);
        match self.kind {
            _ if bytes.is_empty() => None,
            Kind::Text => None,
            Kind::Unsigned => i64::try_from(u64::from_le_bytes(wide)).ok(),
            Kind::Signed => {
                let unused = 64 - 8 * u32::try_from(bytes.len()).ok()?;
                Some(i64::from_le_bytes(wide) << unused >> unused)
            }
            Kind::Float => {
                let value = self.number(at);
                // Every whole double of this size is written without a point.
                let text = (value.fract() == 0.0 && value.abs() < 9e15).then(|| format!("{value:.0}"))?;
                text.parse().ok()
            }
        }
    }

    /// An element as text.
    pub(super) fn text(&self, at: usize) -> Option<String> {
        let (letters, _) = self.element(at).as_chunks::<4>();
        let letters =
            letters.iter().map(|letter| u32::from_le_bytes(*letter)).take_while(|letter| *letter != 0);
        (self.kind == Kind::Text).then(|| letters.map(char::from_u32).collect::<Option<String>>()).flatten()
    }
}

/// A whole number as a double.
fn real(whole: Option<i64>) -> f64 {
    // Text is the one way from i64 to f64 that needs no cast, and it rounds to nearest.
    whole
        .and_then(|whole| i32::try_from(whole).map(f64::from).ok().or_else(|| whole.to_string().parse().ok()))
        .unwrap_or(f64::NAN)
}

fn unsupported(what: &str, remedy: &str) -> Error {
    Error::new(ErrorKind::Unsupported, format!("{what} is not read")).remedy(remedy)
}

/// What numpy's name of a type means, and how many bytes it has.
fn element(descr: &str) -> Result<(Kind, usize)> {
    if let Some(length) = descr.strip_prefix("<U") {
        let letters: Option<usize> = length.parse().ok();
        // An array of empty texts has elements of no bytes.
        let each = letters.filter(|n| *n > 0).and_then(|n| n.checked_mul(4));
        return each.map(|each| (Kind::Text, each)).ok_or_else(|| wrong(format!("elements are {descr:?}")));
    }
    Ok(match descr {
        "<f8" => (Kind::Float, 8),
        "<f4" => (Kind::Float, 4),
        "<i8" => (Kind::Signed, 8),
        "<i4" => (Kind::Signed, 4),
        "<i2" => (Kind::Signed, 2),
        "|i1" => (Kind::Signed, 1),
        "<u8" => (Kind::Unsigned, 8),
        "<u4" => (Kind::Unsigned, 4),
        "<u2" => (Kind::Unsigned, 2),
        "|u1" => (Kind::Unsigned, 1),
        "|O" => return Err(unsupported("an array of Python's objects", "save numbers, not lists")),
        _ => {
            return Err(unsupported(
                &format!("an array of type {descr:?}"),
                "save it as float64, little-endian",
            ));
        }
    })
}

/// Reads the rows of an array of seven columns.
pub(super) fn read(bytes: &[u8], path: &Path, intake: &mut Intake, job: &Job) -> Result<()> {
    intake.numbers = ClassNumbers::Ids;
    let place = || Place::none().file(path);
    let array = Array::of(bytes).at(place)?;
    let [rows, 7] = *array.shape.as_slice() else {
        let what = format!("the array is of shape {:?}, not N × 7", array.shape);
        return Err(Error::new(ErrorKind::Format, what)
            .at(place())
            .remedy("columns are image_id, x, y, width, height, score, category_id"));
    };
    for row in 0..rows {
        if row.is_multiple_of(4096) {
            job.check()?;
        }
        let place = || place().row(u64::try_from(row).unwrap_or(u64::MAX));
        let first = row * 7;
        let id = |column: usize, key: &'static str| {
            array.whole(first + column).ok_or_else(|| {
                let what = format!("{} is no id", array.number(first + column));
                Error::new(ErrorKind::Format, what).at(place().key(key)).remedy("ids are whole numbers")
            })
        };
        let image = intake.image_of(id(0, "image_id")?)?;
        let class = intake.class(&id(6, "category_id")?.to_string());
        let number = |column: usize| array.number(first + column);
        let found = Found {
            image,
            class,
            score: Some(number(5)),
            bbox: Some([1, 2, 3, 4].map(number)),
            ..Found::default()
        };
        intake.push(found, place)?;
    }
    Ok(())
}
