//! The paths of members: relative, `/` between parts, and nothing in them that could lead out of the tree or
//! mean another file on another system.
//!
//! The rule looks at the text alone and is the same for all kinds of trees, so that a dataset read from an
//! archive does not change when the archive is unpacked.

use std::borrow::Cow;

use crate::error::{Error, ErrorKind, Place, Result};

/// What makes a path unsafe; `None` for a safe one. Parts `.` and empty parts after the first are harmless.
pub(super) fn unsafe_because(path: &str) -> Option<&'static str> {
    let mut parts = path.split('/');
    let first = parts.next().unwrap_or_default().as_bytes();
    if path.starts_with('/') {
        Some("is absolute")
    } else if matches!(first, [letter, b':', ..] if letter.is_ascii_alphabetic()) {
        Some("names a drive")
    } else if path.contains('\\') {
        Some("has a backslash")
    } else if path.chars().any(char::is_control) {
        Some("has a control character")
    } else if path.split('/').any(|part| part == "..") {
        Some("has '..'")
    } else {
        None
    }
}

/// A path with its parts `.`, empty parts and trailing `/` taken away: `./a//b/` is `a/b`, `.` is the empty
/// path of the root. Borrows what is already so.
pub(super) fn plain(path: &str) -> Cow<'_, str> {
    if !path.is_empty() && path.split('/').any(|part| part.is_empty() || part == ".") {
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
        Cow::Owned(parts.join("/"))
    } else {
        Cow::Borrowed(path)
    }
}

/// The plain form of a path that a caller gives; see [`plain`].
///
/// # Errors
/// [`ErrorKind::Format`] for what [`unsafe_because`] finds.
pub(super) fn checked(path: &str) -> Result<Cow<'_, str>> {
    match unsafe_because(path) {
        None => Ok(plain(path)),
        Some(why) => Err(Error::new(ErrorKind::Format, format!("the path {path:?} {why}"))
            .at(Place::area("place"))
            .remedy("paths must be relative, with '/' between their parts, and stay inside their tree")),
    }
}

/// Two paths put together; either may be empty.
pub(super) fn join(folder: &str, name: &str) -> String {
    match (folder, name) {
        ("", name) => name.to_owned(),
        (folder, "") => folder.to_owned(),
        (folder, name) => format!("{folder}/{name}"),
    }
}

/// A path as the folder it is in and its last part; the folder is empty for what is in the root.
pub(super) fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_lead_out_or_mean_another_file_elsewhere_is_unsafe() {
        for path in ["/a", "..", "../a", "a/../b", "a/..", "c:/x", "C:x", "a\\b", "a\0b", "a\nb", "a\u{85}b"]
        {
            assert!(unsafe_because(path).is_some(), "{path:?}");
            assert_eq!(checked(path).unwrap_err().kind(), ErrorKind::Format);
        }
        for path in ["", "a", "a/b", "...", "a..b", "@.xml", "ü/日本.jpg", "ab:c", " "] {
            assert_eq!(unsafe_because(path), None, "{path:?}");
        }
    }

    #[test]
    fn dots_and_doubled_slashes_are_taken_away() {
        assert_eq!(plain("./a//b/./c/"), "a/b/c");
        assert_eq!(plain("."), "");
        assert!(matches!(plain("a/b"), Cow::Borrowed("a/b")));
        assert_eq!(join("a", "b"), "a/b");
        assert_eq!(join("", "b"), "b");
        assert_eq!(split("a/b/c"), ("a/b", "c"));
        assert_eq!(split("c"), ("", "c"));
    }
}
