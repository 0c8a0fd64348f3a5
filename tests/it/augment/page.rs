//! The page of operations: its table is what the code says, and every name in it is one.

use std::fs;
use std::path::{Path, PathBuf};

use lensframe::augment::{Op, Partners, Sample, Touches};
use lensframe::error::Result;

use super::agreement::{COLOURS, MOVING};
use super::{sample, scenes, step};

const BEGIN: &str = "<!-- operations: a test writes what follows -->\n";
const END: &str = "<!-- end of operations -->";

const COLUMNS: [(&str, Touches); 7] = [
    ("picture", Touches::Picture),
    ("boxes", Touches::Boxes),
    ("turned boxes", Touches::Rotated),
    ("masks", Touches::Masks),
    ("points", Touches::Points),
    ("label maps", Touches::Maps),
    ("which objects", Touches::Count),
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

/// Every operation that is neither one that moves all nor one of colours alone.
pub(super) const OTHERS: &[&str] = &[
    r#"{"op": "mosaic", "size": [80, 100]}"#,
    r#"{"op": "mix_up", "size": [80, 100]}"#,
    r#"{"op": "copy_paste", "selected": false}"#,
    r#"{"op": "erase_patches", "patches": [2, 4], "ratio": [0.2, 0.4]}"#,
    r#"{"op": "filter_objects", "min_side": [20, 20]}"#,
    r#"{"op": "boxes_from_masks", "drop": true}"#,
    r#"{"op": "rand_augment"}"#,
];

/// A view's rows, to be mixed in.
struct View(lensframe::dataset::Dataset);

impl Partners for View {
    fn len(&self) -> u64 {
        self.0.len() as u64
    }

    fn sample(&self, row: u64) -> Result<Sample> {
        with_turned(sample(&self.0, row as usize))
    }
}

/// A sample with turned boxes beside the others, and all points seen.
fn with_turned(mut sample: Sample) -> Result<Sample> {
    let turned = |[x, y, w, h]: &[f64; 4]| [x + w / 2.0, y + h / 2.0, *w, *h, 0.0];
    sample.objects.rbox = sample.objects.bbox.as_ref().map(|boxes| boxes.iter().map(turned).collect());
    Ok(sample)
}

/// What is not the same any more.
fn changed(before: &mut Sample, after: &mut Sample) -> Vec<Touches> {
    let mut found = Vec::new();
    let mut note = |differs: bool, touches: Touches| found.extend(differs.then_some(touches));
    note(before.pixels().unwrap() != after.pixels().unwrap(), Touches::Picture);
    note(before.maps() != after.maps(), Touches::Maps);
    let (own, other) = (&before.objects, &after.objects);
    // Of objects that are gone or new nothing else can be said.
    let same = own.positions().eq(other.positions());
    note(!same, Touches::Count);
    note(same && own.bbox != other.bbox, Touches::Boxes);
    note(same && own.rbox != other.rbox, Touches::Rotated);
    note(same && own.shapes != other.shapes, Touches::Masks);
    note(same && own.points != other.points, Touches::Points);
    found
}

#[test]
fn no_operation_touches_what_it_does_not_say_and_all_are_looked_at() {
    let view = View(scenes(8));
    let mut seen = std::collections::BTreeSet::new();
    for json in [MOVING, COLOURS, OTHERS].concat() {
        let pipeline = step(json);
        let name = pipeline.steps()[0].op.name();
        let about = Op::ALL.iter().find(|about| about.name == name).unwrap();
        let mut all: Vec<Touches> = Vec::new();
        for row in 0..view.0.len() {
            let mut before = view.sample(row as u64).unwrap();
            let mut after = before.clone();
            pipeline.run(&mut after, [4, 0, row as u64], Some(&view)).unwrap();
            all.extend(changed(&mut before, &mut after));
        }
        // Mosaics leave label maps behind, which is said where it is defined.
        let said = |touches: &Touches| {
            about.touches.contains(touches) || (name, *touches) == ("mosaic", Touches::Maps)
        };
        let unsaid: Vec<&Touches> = all.iter().filter(|touches| !said(touches)).collect();
        assert!(unsaid.is_empty(), "{json} changes {unsaid:?}");
        assert_eq!(all.contains(&Touches::Picture), about.touches.contains(&Touches::Picture), "{json}");
        seen.insert(name);
    }
    let unknown: Vec<&str> =
        Op::ALL.iter().map(|about| about.name).filter(|name| !seen.contains(name)).collect();
    assert!(unknown.is_empty(), "no test looks at {unknown:?}");
}
