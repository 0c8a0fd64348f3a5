//! What must hold for any bytes: an error with a sentence, or an annotation that comes back as it was.

use lensframe::convert::Coords;
use lensframe::convert::voc::{rewrite, xml::Document};
use lensframe::job::Job;

/// Reads the bytes as an annotation, through the columns and back.
pub(super) fn check(data: &[u8]) {
    let job = Job::new();
    let document = match Document::parse(data, "a.xml", &job) {
        Err(error) => return assert!(!error.what().is_empty()),
        Ok(document) => document,
    };
    let coords = match data.len() % 4 {
        0 => Coords::Voc,
        1 => Coords::ZeroBased,
        2 => Coords::Exclusive,
        _ => Coords::ZeroExclusive,
    };
    match rewrite(data, coords, &job) {
        Err(error) => assert!(!error.what().is_empty()),
        Ok(text) => {
            let again = Document::parse(&text, "b.xml", &job).expect("what is written is XML");
            assert!(again.root() == document.root(), "{}", String::from_utf8_lossy(&text));
        }
    }
}
