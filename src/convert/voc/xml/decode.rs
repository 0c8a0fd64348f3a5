//! The bytes of an XML file as text: byte order marks, declared encodings, and files that declare nothing.
//!
//! A byte order mark wins, then the declaration, then UTF-8. Text that is not what it claims to be is read as
//! windows-1252, which has a character for every byte; the caller is told, nothing is guessed further.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// Why the text may not be what its author saw, and what was done: for a warning.
pub(super) type Doubt = (String, &'static str);

/// The text of a file, without its byte order mark.
pub(super) fn decode(bytes: &[u8]) -> (Cow<'_, str>, Option<Doubt>) {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return with(encoding, bytes.get(mark..).unwrap_or_default());
    }
    // Two bytes a character, and no mark: the first character of XML is `<`.
    match bytes {
        [b'<', 0, ..] => return with(UTF_16LE, bytes),
        [0, b'<', ..] => return with(UTF_16BE, bytes),
        _ => {}
    }
    let Some(label) = declared(bytes) else { return with(UTF_8, bytes) };
    // Python writes `latin-1`, which the standard's list of labels has not.
    let label = if label.eq_ignore_ascii_case(b"latin-1") { b"latin1".as_slice() } else { label };
    match Encoding::for_label(label) {
        // The declaration was read byte by byte, so it is not in UTF-16.
        Some(encoding) if encoding == UTF_16LE || encoding == UTF_16BE => with(UTF_8, bytes),
        Some(encoding) => with(encoding, bytes),
        None => {
            let (text, doubt) = with(UTF_8, bytes);
            let label = String::from_utf8_lossy(label);
            let unknown = (format!("the encoding '{label}' is not known"), "read as UTF-8");
            (text, doubt.or(Some(unknown)))
        }
    }
}

/// The text in an encoding; in windows-1252, with a doubt, where it is not in it.
fn with<'a>(encoding: &'static Encoding, bytes: &'a [u8]) -> (Cow<'a, str>, Option<Doubt>) {
    match encoding.decode_without_bom_handling_and_without_replacement(bytes) {
        Some(text) => (text, None),
        None if encoding == UTF_8 => {
            let (text, _) = WINDOWS_1252.decode_without_bom_handling(bytes);
            (text, Some(("the text is not UTF-8".to_owned(), "read as windows-1252")))
        }
        None => {
            let (text, _) = encoding.decode_without_bom_handling(bytes);
            let what = format!("the text is not all {}", encoding.name());
            (text, Some((what, "bytes that are not were replaced")))
        }
    }
}

/// The value of `encoding` in the XML declaration, if there is one.
fn declared(bytes: &[u8]) -> Option<&[u8]> {
    let start = bytes.iter().position(|b| !b.is_ascii_whitespace())?;
    let rest = bytes.get(start..)?.strip_prefix(b"<?xml")?;
    let end = rest.windows(2).take(256).position(|pair| pair == b"?>")?;
    let head = rest.get(..end)?;
    let at = head.windows(8).position(|word| word == b"encoding")?;
    let value = head.get(at + 8..)?.trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
    let quote = *value.first()?;
    let value = value.get(1..)?;
    let end = value.iter().position(|b| *b == quote)?;
    value.get(..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wide(text: &str, mark: bool, big: bool) -> Vec<u8> {
        let units = mark.then_some(0xFEFF).into_iter().chain(text.encode_utf16());
        units.flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
    }

    #[test]
    fn the_mark_wins_over_the_declaration() {
        let text = "<?xml version='1.0' encoding='latin1'?><a>é</a>";
        let marked = [b"\xEF\xBB\xBF", text.as_bytes()].concat();
        assert_eq!(decode(&marked), (Cow::from(text), None));
        for big in [false, true] {
            for mark in [false, true] {
                assert_eq!(decode(&wide(text, mark, big)), (Cow::from(text), None));
            }
        }
    }

    #[test]
    fn declared_encodings_are_followed() {
        let latin = b"<?xml version=\"1.0\" encoding = 'ISO-8859-1' ?><a>\xE9</a>";
        assert!(decode(latin).0.ends_with("<a>é</a>"));
        let chinese = b"<?xml version=\"1.0\" encoding=\"gb2312\"?><a>\xC3\xA8</a>";
        assert_eq!(decode(chinese).1, None);
        assert!(decode(chinese).0.ends_with("<a>猫</a>"));
        let claims = b"<?xml version=\"1.0\" encoding=\"utf-16\"?><a>x</a>";
        assert_eq!(decode(claims).1, None);
    }

    #[test]
    fn text_that_is_not_what_it_claims_is_read_with_a_doubt() {
        let (text, doubt) = decode(b"<a>caf\xE9</a>");
        assert_eq!(text, "<a>café</a>");
        assert_eq!(doubt.unwrap(), ("the text is not UTF-8".to_owned(), "read as windows-1252"));
        let (_, doubt) = decode(b"<?xml version='1.0' encoding='martian'?><a/>");
        assert_eq!(doubt.unwrap().1, "read as UTF-8");
        let (_, doubt) = decode(b"<?xml version='1.0' encoding='shift_jis'?><a>\xFF</a>");
        assert!(doubt.unwrap().0.contains("Shift_JIS"));
    }
}
