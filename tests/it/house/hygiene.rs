//! What a file must say, how long it may be, and what it may not contain.

use super::tree::File;

/// Names that say nothing about what is inside.
const EMPTY_NAMES: [&str; 8] = ["utils", "util", "common", "core", "helpers", "helper", "misc", "stuff"];

/// Unfinished work. Written in halves, so that this file does not find itself.
const UNFINISHED: [&str; 4] =
    [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("to", "do!("), concat!("unimpl", "emented!(")];

/// Paths of somebody's machine and the hosts of registries.
const MACHINE: [&str; 7] = [
    concat!("/wo", "rk/"),
    concat!("/t", "mp/"),
    concat!("/ro", "ot/"),
    concat!("/ho", "me/"),
    concat!("index.crates", ".io"),
    concat!("static.crates", ".io"),
    concat!("pypi", ".org"),
];

/// The complaint about a file with too many lines; a front door may have half as many.
pub(super) fn too_long(file: &File, most: usize) -> Option<String> {
    let most = if file.path.ends_with("/mod.rs") { most / 2 } else { most - 1 };
    let lines = file.text.lines().count();
    (lines > most).then(|| format!("{}: {lines} lines, at most {most}", file.path))
}

/// True if the first line says what the file is.
pub(super) fn opens_with_doc(file: &File) -> bool {
    file.text.strip_prefix("//! ").is_some_and(|rest| rest.lines().next().is_some_and(|line| line.len() > 8))
}

/// True if a part of the path is a name that says nothing.
pub(super) fn says_nothing(path: &str) -> bool {
    path.split('/').any(|part| EMPTY_NAMES.contains(&part.strip_suffix(".rs").unwrap_or(part)))
}

/// Lines with unfinished work or with a trace of a machine.
pub(super) fn traces(file: &File) -> Vec<String> {
    let mut wrong = Vec::new();
    for (n, line) in file.text.lines().enumerate() {
        for (needles, what) in [(&UNFINISHED[..], "unfinished"), (&MACHINE[..], "tells of a machine")] {
            if let Some(needle) = needles.iter().find(|needle| has(line, needle)) {
                wrong.push(format!("{}:{}: {what}: '{needle}'", file.path, n + 1));
            }
        }
    }
    wrong
}

/// True if the line has the needle and not as the tail of a longer word.
fn has(line: &str, needle: &str) -> bool {
    line.match_indices(needle).any(|(at, _)| !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_499_lines_is_not_too_long_and_one_of_500_is() {
        let of = |path: &str, lines: usize| too_long(&File::new(path, &"x\n".repeat(lines)), 500);
        assert_eq!(of("src/a.rs", 499), None);
        assert_eq!(of("src/a.rs", 500).unwrap(), "src/a.rs: 500 lines, at most 499");
        assert_eq!(of("src/a/mod.rs", 250), None);
        assert!(of("src/a/mod.rs", 251).is_some());
    }

    #[test]
    fn a_header_says_something() {
        let opens = |text: &str| opens_with_doc(&File::new("src/a.rs", text));
        assert!(opens("//! Boxes, and how they overlap.\n"));
        assert!(
            !opens("use std::fs;\n") && !opens("//! \n") && !opens("\n//! Boxes, and how\n") && !opens("")
        );
    }

    #[test]
    fn names_that_say_nothing_are_found_anywhere_in_a_path() {
        assert!(says_nothing("src/utils.rs") && says_nothing("src/geometry/helpers/mod.rs"));
        assert!(!says_nothing("src/geometry/scores.rs"));
    }

    #[test]
    fn unfinished_work_and_machines_are_found_with_their_line() {
        let found = |text: &str| traces(&File::new("a.md", text));
        assert_eq!(found(&format!("one\n// {}: two", UNFINISHED[0])).len(), 1);
        for needle in UNFINISHED.iter().chain(&MACHINE) {
            let lines = found(&format!("\nsee {needle}x"));
            assert_eq!(lines.len(), 1, "{needle}");
            assert!(lines[0].starts_with("a.md:2: "), "{lines:?}");
        }
        let relative = format!("data/frame{}x and ..{}x", MACHINE[0], MACHINE[1]);
        assert_eq!(found(&relative), Vec::<String>::new());
    }
}
