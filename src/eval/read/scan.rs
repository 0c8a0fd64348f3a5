//! Walking JSON records member by member, as fast as an evaluator needs it.
//!
//! What is asked for is parsed; everything else is stepped over. Numbers may be `NaN`, `Infinity` and
//! `-Infinity`, which Python writes and reads: an evaluator has a rule for them.

use std::borrow::Cow;

use crate::convert::json::Cursor;
use crate::error::Result;
use crate::eval::images::ImageId;

/// Calls `each` at every element of a list.
pub(super) fn elements<'a>(
    json: &mut Cursor<'a>,
    what: &str,
    mut each: impl FnMut(&mut Cursor<'a>) -> Result<()>,
) -> Result<()> {
    json.expect(b'[', what)?;
    if json.eat(b']') {
        return Ok(());
    }
    loop {
        each(json)?;
        if !json.more(b']', what)? {
            return Ok(());
        }
    }
}

/// Calls `each` at every member of an object, past its name. A member that `each` did not step over is skipped.
pub(super) fn members<'a>(
    json: &mut Cursor<'a>,
    what: &str,
    mut each: impl FnMut(&[u8], &mut Cursor<'a>) -> Result<()>,
) -> Result<()> {
    json.expect(b'{', what)?;
    if json.eat(b'}') {
        return Ok(());
    }
    loop {
        let name = name(json)?;
        json.expect(b':', "a member")?;
        // Past white space, so that a look at what comes is no step.
        json.space();
        let value = json.at();
        each(&name, json)?;
        if json.at() == value {
            json.skip()?;
        }
        if !json.more(b'}', what)? {
            return Ok(());
        }
    }
}

/// How the records of a file are written: what stands between their values, as the records before had it.
///
/// Nearly every file is written by one program, so that names and punctuation repeat byte by byte. A member that is
/// written as it was before is recognised by comparing bytes; any other is read as JSON, and remembered.
#[derive(Debug)]
pub(super) struct Spelling<K> {
    /// What leads from one value to the next, and what the value is; `None` behind the last.
    steps: Vec<(Box<[u8]>, Option<K>)>,
    /// How often what was remembered turned out to be of no use.
    misses: u32,
}

impl<K> Default for Spelling<K> {
    fn default() -> Spelling<K> {
        Spelling { steps: Vec::new(), misses: 0 }
    }
}

/// After so many misses nothing new is remembered: every record of the file is written in its own way.
const MISSES: u32 = 1000;

impl<K: Copy> Spelling<K> {
    /// As [`members`], with `key` saying what a name stands for.
    #[inline]
    pub(super) fn members<'a>(
        &mut self,
        json: &mut Cursor<'a>,
        what: &str,
        key: impl Fn(&[u8]) -> K,
        mut each: impl FnMut(K, &mut Cursor<'a>) -> Result<()>,
    ) -> Result<()> {
        let mut number = 0;
        loop {
            let known = self.steps.get(number).filter(|(text, _)| json.rest().starts_with(text));
            let step = match known {
                Some((text, step)) => {
                    json.seek(json.at() + text.len());
                    *step
                }
                None => {
                    let from = json.at();
                    let step = step(json, what, number == 0, &key)?;
                    self.keep(number, json.slice(from, json.at()), step);
                    step
                }
            };
            let Some(key) = step else { return Ok(()) };
            let value = json.at();
            each(key, json)?;
            if json.at() == value {
                json.skip()?;
            }
            number += 1;
        }
    }

    #[cold]
    fn keep(&mut self, number: usize, text: &[u8], step: Option<K>) {
        if self.steps.len() > number {
            self.misses += 1;
        }
        if self.misses < MISSES && number <= self.steps.len() {
            self.steps.truncate(number);
            self.steps.push((text.into(), step));
        }
    }
}

/// From the end of one value to the next, past its name, or past the end of the object.
fn step<K>(json: &mut Cursor, what: &str, first: bool, key: impl Fn(&[u8]) -> K) -> Result<Option<K>> {
    if first {
        json.expect(b'{', what)?;
        if json.eat(b'}') {
            return Ok(None);
        }
    } else if !json.more(b'}', what)? {
        return Ok(None);
    }
    let name = name(json)?;
    json.expect(b':', "a member")?;
    // Past white space, so that a look at what comes is no step.
    json.space();
    Ok(Some(key(&name)))
}

/// A member's name. Names are short: a plain loop finds their end sooner than `memchr`.
#[inline]
fn name<'a>(json: &mut Cursor<'a>) -> Result<Cow<'a, [u8]>> {
    if json.peek() == Some(b'"') {
        let rest = json.rest();
        let end = rest.iter().skip(1).position(|byte| matches!(byte, b'"' | b'\\' | ..=0x1f | 0x80..));
        if let Some((end, b'"')) = end.and_then(|end| Some((end, *rest.get(end + 1)?))) {
            json.seek(json.at() + end + 2);
            return Ok(Cow::Borrowed(rest.get(1..=end).unwrap_or_default()));
        }
    }
    match json.text()?.decode()? {
        Cow::Borrowed(text) => Ok(Cow::Borrowed(text.as_bytes())),
        Cow::Owned(text) => Ok(Cow::Owned(text.into_bytes())),
    }
}

/// A number, Python's words for what is not finite included; `None` and no step for anything else.
#[inline]
pub(super) fn number(json: &mut Cursor) -> Option<f64> {
    if let Some(number) = json.number() {
        return Some(number.value);
    }
    let words = [("NaN", f64::NAN), ("Infinity", f64::INFINITY), ("-Infinity", f64::NEG_INFINITY)];
    json.space();
    let (word, value) = words.into_iter().find(|(word, _)| json.rest().starts_with(word.as_bytes()))?;
    json.seek(json.at() + word.len());
    Some(value)
}

/// As many numbers as `out` holds, in a list; `None` for anything else, the cursor anywhere.
#[inline]
pub(super) fn numbers<const N: usize>(json: &mut Cursor) -> Option<[f64; N]> {
    let mut out = [0.0; N];
    if !json.eat(b'[') {
        return None;
    }
    for (n, slot) in out.iter_mut().enumerate() {
        if n > 0 && !json.eat(b',') {
            return None;
        }
        *slot = number(json)?;
    }
    json.eat(b']').then_some(out)
}

/// An id: a whole number, also written with a fraction of zero, or a text. `None` and no step for anything else.
#[inline]
pub(super) fn id(json: &mut Cursor) -> Result<Option<ImageId>> {
    if let Some(id) = json.int()? {
        return Ok(Some(ImageId::Int(id)));
    }
    if json.peek() == Some(b'"') {
        return Ok(Some(ImageId::Text(json.text()?.decode()?.into())));
    }
    let start = json.at();
    match json.number() {
        // Python holds 7.0 and 7 for one key.
        Some(n) if n.value.fract() == 0.0 && n.value.abs() < 9e15 => Ok(Some(ImageId::Int(n.value as i64))),
        _ => {
            json.seek(start);
            // Python holds false and 0, true and 1 for one key.
            Ok(word(json).map(|yes| ImageId::Int(i64::from(yes))))
        }
    }
}

/// What `iscrowd` says in pycocotools: whether the object takes many (`int` of it is not 0), and whether it is left out
/// of account (it is true: any number but 0, any text). `None` and no step for `null` and what `int` fails on.
pub(super) fn crowd(json: &mut Cursor) -> Option<(bool, bool)> {
    let text = json.peek() == Some(b'"');
    let number =
        if text { f64::from(flag(json)?) } else { number(json).or_else(|| word(json).map(f64::from))? };
    Some((number.trunc() != 0.0, text || number != 0.0))
}

/// What a flag says: a number other than 0, also as text, or `true`. `None` and no step for `null` and anything
/// else.
pub(super) fn flag(json: &mut Cursor) -> Option<bool> {
    if let Some(number) = number(json) {
        return Some(number != 0.0);
    }
    if json.peek() == Some(b'"') {
        let start = json.at();
        let number =
            json.text().and_then(|text| text.decode()).ok().and_then(|text| text.trim().parse::<i64>().ok());
        if number.is_none() {
            json.seek(start);
        }
        return number.map(|number| number != 0);
    }
    word(json)
}

/// `true` or `false`; `None` and no step for anything else.
fn word(json: &mut Cursor) -> Option<bool> {
    [("true", true), ("false", false)].into_iter().find_map(|(word, value)| {
        json.rest().starts_with(word.as_bytes()).then(|| {
            json.seek(json.at() + word.len());
            value
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The members of each record with what their values are made of.
    fn read(text: &str, spelled: bool) -> Result<Vec<(Vec<u8>, String)>> {
        let mut json = Cursor::new(text.as_bytes());
        let (mut spelling, mut out) = (Spelling::default(), Vec::new());
        elements(&mut json, "records", |json| {
            let keys = ["a", "b", "c"];
            let mut each = |key: usize, json: &mut Cursor| {
                let at = json.at();
                // Every second value is left to be stepped over.
                if out.len() % 2 == 0 {
                    json.skip()?;
                }
                let name = keys.get(key).map_or(&b"?"[..], |key| key.as_bytes()).to_vec();
                out.push((name, text[at..json.at()].to_owned()));
                Ok(())
            };
            let key = |name: &[u8]| keys.iter().position(|key| key.as_bytes() == name).unwrap_or(9);
            match spelled {
                true => spelling.members(json, "a record", key, each),
                false => members(json, "a record", |name, json| each(key(name), json)),
            }
        })?;
        json.end()?;
        Ok(out)
    }

    #[test]
    fn what_is_recognised_by_its_spelling_is_what_was_read() {
        let records = [
            r#"{"a": 1, "b": [1, 2], "c": "x"}"#,
            r#"{"a":1,"b":{"a": 2},"c":null}"#,
            r#"{ "b" : 1 , "a" : 2 }"#,
            r#"{"a": 1, "a": 2, "\u0061": 3}"#,
            "{}",
            r#"{"a": 1, "b": [1, 2], "z": 3, "c": "x"}"#,
            r#"{"a": 1.50}"#,
        ];
        let mut random = crate::random::Random::keyed(&[3]);
        for _ in 0..500 {
            let some: Vec<&str> = (0..random.below(12)).map(|_| records[random.below(7) as usize]).collect();
            let text = format!("[{}]", some.join(", "));
            assert_eq!(read(&text, true).unwrap(), read(&text, false).unwrap(), "{text}");
            // Damage is told in the same words.
            let mut bytes = text.into_bytes();
            let at = random.below(bytes.len() as u64) as usize;
            bytes[at] = b"{}[],:\"1x "[random.below(10) as usize];
            let Ok(text) = String::from_utf8(bytes) else { continue };
            let (own, plain) = (read(&text, true), read(&text, false));
            match (own, plain) {
                (Ok(own), Ok(plain)) => assert_eq!(own, plain, "{text}"),
                (Err(own), Err(plain)) => assert_eq!(own.to_string(), plain.to_string(), "{text}"),
                (own, plain) => panic!("{text}: {own:?} against {plain:?}"),
            }
        }
    }
}
