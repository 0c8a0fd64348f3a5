//! From text to a type, for text that anyone may have written.
//!
//! One pass without backtracking; every error says at which character of the text it stopped.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow_schema::{DataType, Field, Fields, IntervalUnit, TimeUnit};

use super::{ITEM, MAX_DEPTH, MAX_WIDTH, is_word, width};
use crate::error::{Error, ErrorKind, Place, Result};

/// The type a text says; the grammar is [the module's](super).
///
/// ```
/// use lensframe::schema::{field, types};
/// let segmentation = field::segmentation_type();
/// assert_eq!(types::parse(&types::to_text(&segmentation).unwrap()).unwrap(), segmentation);
/// assert_eq!(
///     types::parse("list<int46>").unwrap_err().to_string(),
///     "schema: unknown type 'int46' at character 6 of 'list<int46>'; a newer version may know it"
/// );
/// ```
///
/// # Errors
/// [`ErrorKind::Unsupported`] for a type name that is not known (or known and not stored),
/// [`ErrorKind::Limit`] beyond [`MAX_DEPTH`] or [`MAX_WIDTH`], [`ErrorKind::Format`] for text that breaks the
/// grammar or names two members of a struct alike.
pub fn parse(text: &str) -> Result<DataType> {
    let mut reader = Reader { text, rest: text };
    let ty =
        reader.ty(1).and_then(|ty| reader.end().map(|()| ty)).map_err(|e| e.at(Place::area("schema")))?;
    if width(&ty) > MAX_WIDTH {
        let what =
            format!("a row of the type '{}' holds {} values, more than {MAX_WIDTH}", shown(text), width(&ty));
        return Err(Error::new(ErrorKind::Limit, what).at(Place::area("schema")));
    }
    Ok(ty)
}

struct Reader<'a> {
    text: &'a str,
    rest: &'a str,
}

/// What an item may be followed by, so that a closing `>` and a comma are told apart by their caller.
type Member = (Option<String>, DataType, bool);

impl<'a> Reader<'a> {
    fn fail<T>(&self, kind: ErrorKind, what: &str, rest: &str) -> Result<T> {
        let before = self.text.len() - rest.len();
        let character = self.text.get(..before).map_or(0, |s| s.chars().count()) + 1;
        Err(Error::new(kind, format!("{what} at character {character} of '{}'", shown(self.text))))
    }

    fn skip(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
    }

    fn take(&mut self, c: char) -> bool {
        self.skip();
        match self.rest.strip_prefix(c) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn need(&mut self, c: char) -> Result<()> {
        if self.take(c) {
            return Ok(());
        }
        match self.rest.chars().next() {
            Some(found) => {
                self.fail(ErrorKind::Format, &format!("expected '{c}', found {found:?}"), self.rest)
            }
            None => self.fail(ErrorKind::Format, &format!("expected '{c}', found the end"), self.rest),
        }
    }

    fn end(&mut self) -> Result<()> {
        self.skip();
        if self.rest.is_empty() {
            return Ok(());
        }
        self.fail(ErrorKind::Format, "the type is over, but more text follows", self.rest)
    }

    /// The letters, digits, `_`, `.` and `-` that come next; perhaps none.
    fn word(&mut self) -> &'a str {
        self.skip();
        let word = self.rest.find(|c| !is_word(c)).and_then(|n| self.rest.get(..n)).unwrap_or(self.rest);
        self.rest = self.rest.get(word.len()..).unwrap_or("");
        word
    }

    /// A JSON string, if one comes next.
    fn string(&mut self) -> Result<Option<String>> {
        self.skip();
        if !self.rest.starts_with('"') {
            return Ok(None);
        }
        let mut values = serde_json::Deserializer::from_str(self.rest).into_iter::<String>();
        match values.next() {
            Some(Ok(string)) => {
                self.rest = self.rest.get(values.byte_offset()..).unwrap_or("");
                Ok(Some(string))
            }
            _ => self.fail(ErrorKind::Format, "a quoted name that is not a JSON string", self.rest),
        }
    }

    fn number(&mut self) -> Result<i32> {
        self.skip();
        let start = self.rest;
        let word = self.word();
        match word.parse::<i32>() {
            Ok(n) if n >= 0 && word.bytes().all(|b| b.is_ascii_digit()) => Ok(n),
            _ => self.fail(ErrorKind::Format, "expected a size from 0 to 2147483647", start),
        }
    }

    fn choice<T: Copy>(&mut self, choices: &[(&str, T)]) -> Result<T> {
        self.skip();
        let start = self.rest;
        let word = self.word();
        match choices.iter().find(|(name, _)| *name == word) {
            Some((_, value)) => Ok(*value),
            None => {
                let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
                self.fail(ErrorKind::Format, &format!("expected one of {}", names.join(", ")), start)
            }
        }
    }

    /// `[name ":"] type ["!"]`: the name if there is one, the type, and whether it may be null.
    fn item(&mut self, depth: usize) -> Result<Member> {
        let start = self.rest;
        let name = match self.string()? {
            Some(name) => {
                self.need(':')?;
                Some(name)
            }
            None => {
                let word = self.word();
                if self.take(':') {
                    if word.is_empty() {
                        return self.fail(ErrorKind::Format, "expected a name", start);
                    }
                    Some(word.to_owned())
                } else {
                    self.rest = start;
                    None
                }
            }
        };
        let ty = self.ty(depth + 1)?;
        let nullable = !self.take('!');
        Ok((name, ty, nullable))
    }

    fn list_item(&mut self, depth: usize) -> Result<Arc<Field>> {
        let (name, ty, nullable) = self.item(depth)?;
        Ok(Arc::new(Field::new(name.as_deref().unwrap_or(ITEM), ty, nullable)))
    }

    fn members(&mut self, depth: usize) -> Result<Fields> {
        let mut members = Vec::new();
        let mut seen = BTreeSet::new();
        self.skip();
        if self.rest.starts_with('>') {
            return Ok(Fields::empty());
        }
        loop {
            self.skip();
            let start = self.rest;
            let (Some(name), ty, nullable) = self.item(depth)? else {
                return self.fail(ErrorKind::Format, "a struct's member has no name", start);
            };
            if !seen.insert(name.clone()) {
                return self.fail(ErrorKind::Format, "a struct has two members of one name", start);
            }
            members.push(Field::new(name, ty, nullable));
            if !self.take(',') {
                return Ok(members.into());
            }
        }
    }

    fn ty(&mut self, depth: usize) -> Result<DataType> {
        self.skip();
        let start = self.rest;
        if depth > MAX_DEPTH {
            return self.fail(ErrorKind::Limit, &format!("nested deeper than {MAX_DEPTH}"), start);
        }
        let word = self.word();
        if let Some(ty) = flat(word) {
            return Ok(ty);
        }
        if !PARAMETRIC.contains(&word) {
            return self.unknown(word, start);
        }
        self.need('<')?;
        let ty = match word {
            "list" => DataType::List(self.list_item(depth)?),
            "large_list" => DataType::LargeList(self.list_item(depth)?),
            "fixed_list" => {
                let item = self.list_item(depth)?;
                self.need(',')?;
                DataType::FixedSizeList(item, self.number()?)
            }
            "struct" => DataType::Struct(self.members(depth)?),
            "fixed_binary" => DataType::FixedSizeBinary(self.number()?),
            "timestamp" => {
                let unit = self.choice(&UNITS)?;
                let zone = if self.take(',') {
                    let start = self.rest;
                    match self.string()? {
                        Some(zone) => Some(zone.into()),
                        None => return self.fail(ErrorKind::Format, "expected a quoted time zone", start),
                    }
                } else {
                    None
                };
                DataType::Timestamp(unit, zone)
            }
            "duration" => DataType::Duration(self.choice(&UNITS)?),
            "time32" => {
                DataType::Time32(self.choice(&[("s", TimeUnit::Second), ("ms", TimeUnit::Millisecond)])?)
            }
            "time64" => {
                DataType::Time64(self.choice(&[("us", TimeUnit::Microsecond), ("ns", TimeUnit::Nanosecond)])?)
            }
            _ => DataType::Interval(self.choice(&[
                ("year_month", IntervalUnit::YearMonth),
                ("day_time", IntervalUnit::DayTime),
                ("month_day_nano", IntervalUnit::MonthDayNano),
            ])?),
        };
        self.need('>')?;
        Ok(ty)
    }

    fn unknown(&self, word: &str, start: &str) -> Result<DataType> {
        if word.is_empty() {
            return self.fail(ErrorKind::Format, "expected a type", start);
        }
        let result = self.fail(ErrorKind::Unsupported, &format!("unknown type '{}'", shown(word)), start);
        result.map_err(|e| e.remedy("a newer version may know it"))
    }
}

/// Types that take arguments.
const PARAMETRIC: [&str; 10] = [
    "list",
    "large_list",
    "fixed_list",
    "struct",
    "fixed_binary",
    "timestamp",
    "duration",
    "time32",
    "time64",
    "interval",
];

const UNITS: [(&str, TimeUnit); 4] = [
    ("s", TimeUnit::Second),
    ("ms", TimeUnit::Millisecond),
    ("us", TimeUnit::Microsecond),
    ("ns", TimeUnit::Nanosecond),
];

fn flat(word: &str) -> Option<DataType> {
    Some(match word {
        "null" => DataType::Null,
        "bool" => DataType::Boolean,
        "int8" => DataType::Int8,
        "int16" => DataType::Int16,
        "int32" => DataType::Int32,
        "int64" => DataType::Int64,
        "uint8" => DataType::UInt8,
        "uint16" => DataType::UInt16,
        "uint32" => DataType::UInt32,
        "uint64" => DataType::UInt64,
        "float16" => DataType::Float16,
        "float32" => DataType::Float32,
        "float64" => DataType::Float64,
        "utf8" => DataType::Utf8,
        "large_utf8" => DataType::LargeUtf8,
        "utf8_view" => DataType::Utf8View,
        "binary" => DataType::Binary,
        "large_binary" => DataType::LargeBinary,
        "binary_view" => DataType::BinaryView,
        "date32" => DataType::Date32,
        "date64" => DataType::Date64,
        _ => return None,
    })
}

/// The first 60 characters, for messages.
fn shown(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or("")),
        None => text.to_owned(),
    }
}
