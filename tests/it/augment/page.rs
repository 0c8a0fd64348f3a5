//! The page of operations: its table is what the code says, and every name in it is one.

use std::fs;
use std::path::{Path, PathBuf};

use lensframe::augment::{Op, Touches};

const BEGIN: &str = "<!-- operations: a test writes what follows -->\n";
const END: &str = "<!-- end of operations -->";

const COLUMNS: [(&str, Touches); 7] = [
    ("picture", Touches::Picture),
    ("boxes", Touches::Boxes),
    ("turned boxes", Touches::Rotated),
    ("masks", Touches::Masks),
    ("points", Touches::Points),
    ("label maps", Touches::Maps),
    ("drops objects", Touches::Count),
];

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/augment.md")
}

/// The table, a line for each operation.
fn table() -> String {
    let names: Vec<&str> = COLUMNS.iter().map(|(name, _)| *name).collect();
    let mut out =
        format!("\n| operation | {} | what it does |\n|---|{}---|\n", names.join(" | "), ":-:|".repeat(7));
    for about in Op::ALL {
        let marks: Vec<&str> = COLUMNS
            .iter()
            .map(|(_, touches)| if about.touches.contains(touches) { "×" } else { "" })
            .collect();
        out += &format!("| `{}` | {} | {} |\n", about.name, marks.join(" | "), about.summary);
    }
    out + "\n"
}

#[test]
fn the_table_of_operations_is_what_the_code_says() {
    let page = fs::read_to_string(path()).unwrap();
    let (head, rest) = page.split_once(BEGIN).expect("the page has a place for the table");
    let (kept, tail) = rest.split_once(END).expect("the table has an end");
    let table = table();
    if std::env::var_os("LENSFRAME_BLESS").is_some() {
        fs::write(path(), format!("{head}{BEGIN}{table}{END}{tail}")).unwrap();
        return;
    }
    let first = table.lines().zip(kept.lines()).find(|(a, b)| a != b);
    assert!(table == kept, "docs/augment.md is old; LENSFRAME_BLESS=1 writes its table anew: {first:?}");
}

#[test]
fn every_operation_that_the_page_names_is_one() {
    let page = fs::read_to_string(path()).unwrap();
    let (_, rest) = page.split_once("## Coming from").expect("the page says what is whose");
    let rows = rest.lines().filter(|line| line.starts_with("| `"));
    let mut named = 0;
    for row in rows {
        // The first word between backticks is an operation; what is in brackets, or comes later, are its parameters.
        let ours = row.split('|').nth(2).unwrap_or_default();
        let Some(first) = ours.split('`').nth(1) else { continue };
        let name = first.split(['(', ' ']).next().unwrap_or_default();
        let known = Op::ALL.iter().any(|about| about.name == name);
        assert!(known || ["normalize", "output", "transform"].contains(&name), "'{name}' in {row}");
        named += usize::from(known);
    }
    assert!(named > 50, "{named}");
}
