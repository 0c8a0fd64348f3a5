//! Foreign paths: the check that a path named in a file stays inside the folder it is relative to.
//!
//! The rule looks at the text alone. Symbolic links below the folder are followed: whoever owns the folder
//! put them there.

use std::path::{Component, Path, PathBuf};

use crate::error::{Error, ErrorKind, Place, Result};

/// The path of a relative text in `/` form, refused if it could lead out of its folder.
///
/// ```
/// use lensframe::place::relative;
/// assert!(relative("images/a.jpg").is_ok());
/// for bad in ["", "/etc/passwd", "../a", "a/../../b", "a\0b", "c:\\x", "s3://bucket/a"] {
///     assert!(relative(bad).is_err(), "{bad}");
/// }
/// ```
///
/// # Errors
/// [`ErrorKind::Format`] for an empty or absolute text, one with `..`, a backslash, a colon in its first part
/// (a drive or a URI), or a NUL.
pub fn relative(text: &str) -> Result<&Path> {
    let path = Path::new(text);
    let first = text.split('/').next().unwrap_or_default();
    let rule = if text.is_empty() {
        "is empty"
    } else if text.contains('\0') || text.contains('\\') {
        "has a NUL or a backslash"
    } else if first.contains(':') {
        "is a URI or names a drive"
    } else if !path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir)) {
        "is absolute or has '..'"
    } else {
        return Ok(path);
    };
    Err(Error::new(ErrorKind::Format, format!("the path '{text}' {rule}"))
        .at(Place::area("place"))
        .remedy("paths must be relative and stay inside their folder"))
}

/// `root` joined with a foreign relative path; `None` where [`relative`] refuses it.
pub fn within(root: &Path, text: &str) -> Option<PathBuf> {
    relative(text).ok().map(|path| root.join(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_could_leave_its_folder_has_no_place_in_it() {
        let root = Path::new("/data");
        assert_eq!(within(root, "a/b.jpg"), Some(PathBuf::from("/data/a/b.jpg")));
        assert_eq!(within(root, "./b.jpg"), Some(PathBuf::from("/data/./b.jpg")));
        assert_eq!(within(root, "a/../b.jpg"), None);
        assert_eq!(within(root, "/a"), None);
    }
}
