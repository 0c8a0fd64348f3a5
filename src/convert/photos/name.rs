//! File names as sources declare them, made into paths below a folder.

/// The path below its folder that a declared file name means.
///
/// # Errors
/// Why it is refused, as the end of a sentence.
pub(in crate::convert) fn safe_path(name: &str) -> Result<String, &'static str> {
    if name.starts_with('/') {
        return Err("is an absolute path");
    }
    if name.contains('\\') {
        return Err("has a backslash in it");
    }
    if name.chars().any(char::is_control) {
        return Err("has a control character in it");
    }
    let mut letters = name.bytes();
    if letters.next().is_some_and(|b| b.is_ascii_alphabetic()) && letters.next() == Some(b':') {
        return Err("begins with a drive letter");
    }
    let parts: Vec<&str> = name.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    if parts.contains(&"..") {
        return Err("leads out of its folder");
    }
    if parts.is_empty() {
        return Err("is empty");
    }
    Ok(parts.join("/"))
}

/// A folder and a path in it, as one path.
pub(in crate::convert) fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_file_name_leads_out_of_its_folder() {
        for bad in [
            "../a",
            "a/../../b",
            "/etc/passwd",
            "C:/a",
            "c:a",
            "..\\a",
            "a\\b",
            "a\0b",
            "",
            ".",
            "a/..",
            "//a",
        ] {
            assert!(safe_path(bad).is_err(), "{bad:?}");
        }
        for (name, path) in
            [("a.jpg", "a.jpg"), ("./x//a.jpg", "x/a.jpg"), ("a..b/c", "a..b/c"), ("é 1.jpg", "é 1.jpg")]
        {
            assert_eq!(safe_path(name).unwrap(), path);
        }
    }
}
