//! Text files line by line: [`lines`], [`number`].
//!
//! A byte order mark is stepped over, line ends may be of any kind, blank lines are left out, and every line is known by
//! its number. Nothing is held but the line at hand.

use std::path::Path;

use crate::error::{Error, ErrorKind, Place, Result};

/// A line that is not blank, and its number from 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Line<'a> {
    pub(super) number: u64,
    pub(super) text: &'a str,
}

/// The lines of a file. One that is not UTF-8 is an error, after which there are no more.
pub(super) fn lines<'a>(bytes: &'a [u8], file: &Path) -> impl Iterator<Item = Result<Line<'a>>> {
    let body = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut rest = Some(body).filter(|body| !body.is_empty());
    let mut number = 0u64;
    std::iter::from_fn(move || {
        loop {
            let text = rest?;
            // A bare carriage return ends a line too, as old tools write it.
            let end = memchr::memchr2(b'\n', b'\r', text);
            let (line, after) = match end {
                None => (text, None),
                Some(end) => {
                    let (line, after) = text.split_at(end);
                    let both = after.starts_with(b"\r\n");
                    (line, after.get(if both { 2 } else { 1 }..).filter(|after| !after.is_empty()))
                }
            };
            (rest, number) = (after, number + 1);
            let Ok(text) = std::str::from_utf8(line) else {
                rest = None;
                let place = Place::none().file(file).line(number);
                return Some(Err(Error::new(ErrorKind::Format, "the line is not UTF-8 text")
                    .at(place)
                    .remedy("save the file as UTF-8")));
            };
            if text.contains('\0') {
                rest = None;
                let place = Place::none().file(file).line(number);
                return Some(Err(Error::new(ErrorKind::Format, "the file is UTF-16 text, or not text")
                    .at(place)
                    .remedy("save the file as UTF-8")));
            }
            if !text.trim().is_empty() {
                return Some(Ok(Line { number, text: text.trim() }));
            }
        }
    })
}

/// A finite number.
///
/// # Errors
/// [`ErrorKind::Format`], without a place, saying what stands there instead.
pub(super) fn number(text: &str) -> Result<f64> {
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(value),
        Ok(_) => {
            let what = format!("{} is not a finite number", shown(text));
            Err(Error::new(ErrorKind::Format, what).remedy("remove the detection or repair it"))
        }
        Err(_) => {
            let error = Error::new(ErrorKind::Format, format!("{} is not a number", shown(text)));
            let comma = text.contains(',') && text.replacen(',', ".", 1).parse::<f64>().is_ok();
            Err(if comma { error.remedy("write numbers with a decimal point, not a comma") } else { error })
        }
    }
}

/// A text as messages show it: not more than some forty characters of it.
pub(super) fn shown(text: &str) -> String {
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{:?}…", text.get(..end).unwrap_or_default()),
        None => format!("{text:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(bytes: &[u8]) -> Result<Vec<(u64, String)>> {
        lines(bytes, Path::new("a.txt"))
            .map(|line| line.map(|line| (line.number, line.text.to_owned())))
            .collect()
    }

    #[test]
    fn lines_end_in_any_way_and_keep_their_numbers() {
        let own = |n, text: &str| (n, text.to_owned());
        assert_eq!(
            all(b"\xef\xbb\xbfa b \r\n\r\n c\rd\n").unwrap(),
            [own(1, "a b"), own(3, "c"), own(4, "d")]
        );
        assert_eq!(all(b"").unwrap(), []);
        assert_eq!(all(b"\n \n").unwrap(), []);
    }

    #[test]
    fn what_is_no_text_is_named_with_its_line() {
        assert!(all(b"a\n\xff").unwrap_err().to_string().contains("a.txt line 2: the line is not UTF-8"));
        assert!(all(b"a\0b\0").unwrap_err().to_string().contains("UTF-16"));
    }

    #[test]
    fn numbers_are_finite_and_have_points() {
        assert_eq!(number("-1e2").unwrap(), -100.0);
        for bad in ["NaN", "inf", "-Infinity", "1e999"] {
            assert!(number(bad).unwrap_err().to_string().contains("not a finite number"), "{bad}");
        }
        assert!(number("0,5").unwrap_err().to_string().contains("decimal point"));
        assert_eq!(number("x").unwrap_err().what(), "\"x\" is not a number");
        assert!(number(&"7é".repeat(99)).unwrap_err().to_string().len() < 150);
    }
}
