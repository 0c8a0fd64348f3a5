//! One array as NumPy writes it (`.npy`, versions 1 to 3): a header that is a Python dict in text, then elements.
//!
//! The format is that of numpy.lib.format. Only the dict that NumPy writes is understood, nothing is evaluated; arrays of
//! Python objects, which are pickles, are refused.

use std::io::Read;

use super::super::infer::MOST_AXES;
use super::super::op::Op;
use super::super::session;
use super::super::tensor::{DType, Tensor, count};
use super::elements::{self, ended};
use crate::error::{Error, ErrorKind, Result};

const MAGIC: [u8; 6] = *b"\x93NUMPY";
/// No array of numbers needs a longer header.
const MOST_HEADER: usize = 1 << 16;

/// What an array is, as its header says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) dtype: DType,
    pub(super) shape: Vec<usize>,
    big_endian: bool,
    /// The first axis is the fastest.
    fortran: bool,
    /// Bytes before the elements.
    length: usize,
}

fn wrong(what: impl Into<String>) -> Error {
    Error::new(ErrorKind::Format, what)
}

impl Header {
    /// Reads the header at the start of an array.
    pub(super) fn read(reader: &mut dyn Read) -> Result<Header> {
        let mut start = [0_u8; 8];
        reader.read_exact(&mut start).map_err(ended)?;
        let [magic @ .., major, _minor] = start;
        if magic != MAGIC {
            return Err(wrong("it is no array of NumPy"));
        }
        let (text_length, before) = match major {
            1 => {
                let mut length = [0_u8; 2];
                reader.read_exact(&mut length).map_err(ended)?;
                (usize::from(u16::from_le_bytes(length)), 10_usize)
            }
            2 | 3 => {
                let mut length = [0_u8; 4];
                reader.read_exact(&mut length).map_err(ended)?;
                (usize::try_from(u32::from_le_bytes(length)).unwrap_or(usize::MAX), 12)
            }
            other => {
                let what = format!("version {other} of NumPy's format is not known");
                return Err(Error::new(ErrorKind::Unsupported, what));
            }
        };
        if text_length > MOST_HEADER {
            let what = format!("a header of {text_length} bytes; the most is {MOST_HEADER}");
            return Err(Error::new(ErrorKind::Limit, what));
        }
        let mut text = vec![0_u8; text_length];
        reader.read_exact(&mut text).map_err(ended)?;
        let text = String::from_utf8(text).map_err(|_| wrong("its header is no text"))?;
        let mut header = parse(&text)?;
        header.length = before.saturating_add(text_length);
        Ok(header)
    }

    /// Bytes of the whole array, its header with it; none if that is too large a number.
    pub(super) fn bytes(&self) -> Option<u64> {
        let elements = count(&self.shape)?.checked_mul(self.dtype.size())?;
        u64::try_from(elements.checked_add(self.length)?).ok()
    }

    /// The elements that follow the header. `room`: bytes that are known to be there.
    pub(super) fn elements(&self, reader: &mut dyn Read, room: usize) -> Result<Tensor> {
        let all = count(&self.shape).ok_or_else(|| wrong("its shape is too large to count"))?;
        let data = elements::read(reader, self.dtype, self.big_endian, all, room)?;
        if !self.fortran || self.shape.len() < 2 {
            return Tensor::of(&self.shape, data);
        }
        let reversed: Vec<usize> = self.shape.iter().rev().copied().collect();
        turned(&Tensor::of(&reversed, data)?, (0..self.shape.len()).rev().collect())
    }
}

/// The tensor with its axes in this order.
pub(super) fn turned(tensor: &Tensor, axes: Vec<usize>) -> Result<Tensor> {
    let made = session::evaluate(&Op::Transpose { perm: Some(axes) }, &[Some(tensor)], 1)?;
    made.into_iter().next().ok_or_else(|| Error::new(ErrorKind::Failed, "a transposition gave nothing"))
}

/// The words of a header: `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`.
#[derive(Debug, PartialEq, Eq)]
enum Word<'a> {
    Mark(char),
    Text(&'a str),
    /// `True`, `False`, `None` and whatever else is written so.
    Name(&'a str),
    Number(usize),
}

struct Words<'a>(&'a str);

impl<'a> Words<'a> {
    fn next(&mut self) -> Result<Option<Word<'a>>> {
        self.0 = self.0.trim_start();
        let Some(first) = self.0.chars().next() else { return Ok(None) };
        if first == '\'' || first == '"' {
            let rest = self.0.get(1..).unwrap_or_default();
            let (text, rest) = rest.split_once(first).ok_or_else(|| wrong("its header has an open text"))?;
            self.0 = rest;
            return Ok(Some(Word::Text(text)));
        }
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if !is_part(first) {
            self.0 = self.0.get(first.len_utf8()..).unwrap_or_default();
            return Ok(Some(Word::Mark(first)));
        }
        let end = self.0.find(|c| !is_part(c)).unwrap_or(self.0.len());
        let (word, rest) = self.0.split_at_checked(end).unwrap_or((self.0, ""));
        self.0 = rest;
        if !first.is_ascii_digit() {
            return Ok(Some(Word::Name(word)));
        }
        // Python 2 wrote long numbers with an L.
        let digits = word.strip_suffix('L').unwrap_or(word);
        let number = digits.parse().map_err(|_| wrong(format!("'{word}' in its shape is no length")))?;
        Ok(Some(Word::Number(number)))
    }

    fn mark(&mut self, wanted: char) -> Result<()> {
        match self.next()? {
            Some(Word::Mark(mark)) if mark == wanted => Ok(()),
            other => Err(wrong(format!("its header has {other:?} where '{wanted}' is wanted"))),
        }
    }
}

fn parse(text: &str) -> Result<Header> {
    let mut words = Words(text);
    let (mut element, mut fortran, mut shape) = (None, None, None);
    words.mark('{')?;
    loop {
        let key = match words.next()? {
            Some(Word::Text(key)) => key,
            Some(Word::Mark('}')) => break,
            other => return Err(wrong(format!("its header has {other:?} where a key is wanted"))),
        };
        words.mark(':')?;
        let twice = match key {
            "descr" => match words.next()? {
                Some(Word::Text(text)) => element.replace(text).is_some(),
                _ => {
                    let what = "its elements are records of several fields";
                    return Err(Error::new(ErrorKind::Unsupported, what));
                }
            },
            "fortran_order" => match words.next()? {
                Some(Word::Name("True")) => fortran.replace(true).is_some(),
                Some(Word::Name("False")) => fortran.replace(false).is_some(),
                other => return Err(wrong(format!("{other:?} is no order"))),
            },
            "shape" => shape.replace(lengths(&mut words)?).is_some(),
            other => return Err(wrong(format!("its header has the key '{other}', which is not known"))),
        };
        if twice {
            return Err(wrong(format!("its header has the key '{key}' twice")));
        }
        match words.next()? {
            Some(Word::Mark(',')) => {}
            Some(Word::Mark('}')) => break,
            other => return Err(wrong(format!("its header has {other:?} where ',' is wanted"))),
        }
    }
    if words.next()?.is_some() {
        return Err(wrong("its header has something behind the dict"));
    }
    let (Some(element), Some(fortran), Some(shape)) = (element, fortran, shape) else {
        return Err(wrong("its header lacks one of descr, fortran_order, shape"));
    };
    let (dtype, big_endian) = element_type(element)?;
    Ok(Header { dtype, shape, big_endian, fortran, length: 0 })
}

/// A tuple of numbers.
fn lengths(words: &mut Words<'_>) -> Result<Vec<usize>> {
    words.mark('(')?;
    let mut shape = Vec::new();
    loop {
        match words.next()? {
            Some(Word::Mark(')')) => return Ok(shape),
            Some(Word::Number(n)) if shape.len() < MOST_AXES => shape.push(n),
            Some(Word::Number(_)) => {
                return Err(Error::new(ErrorKind::Limit, format!("more than {MOST_AXES} axes")));
            }
            other => return Err(wrong(format!("its shape has {other:?} where a length is wanted"))),
        }
        match words.next()? {
            Some(Word::Mark(')')) => return Ok(shape),
            Some(Word::Mark(',')) => {}
            other => return Err(wrong(format!("its shape has {other:?} where ',' is wanted"))),
        }
    }
}

/// The type of elements by NumPy's name of it, and whether the high byte is the first.
fn element_type(name: &str) -> Result<(DType, bool)> {
    let (order, kind) = name.split_at_checked(1).unwrap_or((name, ""));
    let dtype = match kind {
        "b1" => DType::Bool,
        "i1" => DType::I8,
        "i2" => DType::I16,
        "i4" => DType::I32,
        "i8" => DType::I64,
        "u1" => DType::U8,
        "u2" => DType::U16,
        "u4" => DType::U32,
        "u8" => DType::U64,
        "f2" => DType::F16,
        "f4" => DType::F32,
        "f8" => DType::F64,
        _ => {
            let what = match kind.chars().next() {
                Some('O') => "its elements are Python objects, which are pickles and never read".to_owned(),
                Some('V') => format!("its elements have no type ('{name}'): NumPy has none for bfloat16"),
                _ => format!("elements of type '{name}' are not supported"),
            };
            return Err(Error::new(ErrorKind::Unsupported, what).remedy("save it as float32"));
        }
    };
    match order {
        "<" | "|" | "=" => Ok((dtype, false)),
        ">" => Ok((dtype, true)),
        other => Err(wrong(format!("'{other}' is no order of bytes"))),
    }
}
