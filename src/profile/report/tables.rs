//! The tables of a profile.

use super::super::classes::Class;
use super::super::duplicates::Group;
use super::super::row::Row;
use super::super::spread::Spread;
use super::super::survey::Profile;
use super::shown;
use crate::report::Table;

/// The most splits that have a column each in the table of classes.
const SPLITS: usize = 4;

/// All but that of classes; those without rows are left out.
pub(super) fn all(profile: &Profile) -> Vec<Table> {
    let tables = [
        splits(profile),
        distributions(profile),
        sizes(profile),
        suspects(profile),
        examples(profile),
        duplicates(profile),
        leaks(profile),
        troubles(profile),
    ];
    tables.into_iter().filter(|table| table.rows() > 0).collect()
}

fn whole(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// The table of classes; `None` without classes.
pub(super) fn classes(profile: &Profile) -> Option<Table> {
    if profile.classes.is_empty() {
        return None;
    }
    // The most frequent first: what is of interest are the ends.
    let mut classes: Vec<&Class> = profile.classes.iter().collect();
    classes.sort_by_key(|class| std::cmp::Reverse(class.objects));
    let classes = &classes;
    let ints = |of: fn(&Class) -> u64| classes.iter().map(move |class| whole(of(class)));
    let total = profile.classes.iter().map(|class| class.objects).sum::<u64>().max(1) as f64;
    let mut table = Table::new("classes")
        .text("class", classes.iter().map(|class| shown(&class.name)))
        .int("objects", ints(|class| class.objects))
        .percent("share", classes.iter().map(|class| class.objects as f64 / total))
        .explained("per cent of all objects")
        .int("images", ints(|class| class.images))
        .explained("images with at least one");
    if classes.iter().any(|class| class.median.is_some()) {
        table = table
            .float("median area", classes.iter().map(|class| class.median))
            .explained("pixels: as declared, else of the box")
            .places(0)
            .int("small", ints(|class| class.sizes[0]))
            .explained("area below 32²")
            .int("medium", ints(|class| class.sizes[1]))
            .explained("area below 96²")
            .int("large", ints(|class| class.sizes[2]))
            .explained("area from 96²");
    }
    if classes.iter().any(|class| class.crowds > 0) {
        table = table.int("crowds", ints(|class| class.crowds));
    }
    if classes.iter().any(|class| class.difficult > 0) {
        table = table.int("difficult", ints(|class| class.difficult));
    }
    if (2..=SPLITS).contains(&profile.splits.len()) {
        for (at, split) in profile.splits.iter().enumerate() {
            let own = classes.iter().map(|class| whole(class.splits.get(at).copied().unwrap_or(0)));
            // A split may be called as a column is.
            let name = match table.get(&split.name) {
                Some(_) => format!("objects in {}", split.name),
                None => shown(&split.name).to_owned(),
            };
            table = table.int(name, own).explained("objects in this split");
        }
    }
    Some(table)
}

fn splits(profile: &Profile) -> Table {
    let splits = &profile.splits;
    let per = |objects: u64, images: u64| (images > 0).then(|| objects as f64 / images as f64);
    Table::new("splits")
        .text("split", splits.iter().map(|split| shown(&split.name)))
        .int("images", splits.iter().map(|split| whole(split.images)))
        .percent("share", splits.iter().map(|split| split.images as f64 / profile.rows.max(1) as f64))
        .int("annotated", splits.iter().map(|split| whole(split.annotated)))
        .int("empty", splits.iter().map(|split| whole(split.empty)))
        .explained("annotated, without objects")
        .int("objects", splits.iter().map(|split| whole(split.objects)))
        .float("per image", splits.iter().map(|split| per(split.objects, split.annotated)))
        .explained("objects an annotated image")
        .places(2)
}

fn distributions(profile: &Profile) -> Table {
    let spreads = &profile.spreads;
    let all: Vec<(&str, &Spread)> = [
        ("image width, px", &spreads.widths),
        ("image height, px", &spreads.heights),
        ("image width / height", &spreads.image_aspects),
        ("objects an image", &spreads.crowding),
        ("box side, px", &spreads.sides),
        ("box width / height", &spreads.aspects),
        ("box side / image side", &spreads.shares),
    ]
    .into_iter()
    .filter(|(_, spread)| spread.count > 0)
    .collect();
    let column = |of: fn(&Spread) -> f64| all.iter().map(move |(_, spread)| of(spread));
    Table::new("distributions")
        .note("The side of a box or image is the square root of its area.")
        .text("of", all.iter().map(|(name, _)| *name))
        .int("count", all.iter().map(|(_, spread)| whole(spread.count)))
        .float("least", column(|spread| spread.least))
        .places(2)
        .float("5 %", column(|spread| spread.low))
        .places(2)
        .float("median", column(|spread| spread.median))
        .places(2)
        .float("95 %", column(|spread| spread.high))
        .places(2)
        .float("most", column(|spread| spread.most))
        .places(2)
        .float("mean", column(|spread| spread.mean))
        .places(2)
}

fn sizes(profile: &Profile) -> Table {
    let sizes = &profile.sizes;
    let known = profile.spreads.widths.count.max(1) as f64;
    let table = Table::new("image sizes")
        .text("width × height", sizes.iter().map(|((height, width), _)| format!("{width} × {height}")))
        .int("images", sizes.iter().map(|(_, count)| whole(*count)))
        .percent("share", sizes.iter().map(|(_, count)| *count as f64 / known));
    match profile.distinct_sizes > sizes.len() as u64 {
        true => table.note(format!("The most frequent of {} sizes.", profile.distinct_sizes)),
        false => table,
    }
}

fn suspects(profile: &Profile) -> Table {
    let suspects = &profile.suspects;
    let all = profile.objects.max(1) as f64;
    Table::new("suspicious objects")
        .text("what", suspects.iter().map(|found| found.kind.name()))
        .int("objects", suspects.iter().map(|found| whole(found.count)))
        .percent("share", suspects.iter().map(|found| found.count as f64 / all))
        .places(2)
        .int("images", suspects.iter().map(|found| whole(found.images)))
        .text("meaning", suspects.iter().map(|found| found.kind.meaning(&profile.options)))
}

/// The columns that say where a row is: its dataset (of several), its number, its name.
fn places<'a>(profile: &Profile, table: Table, rows: impl Iterator<Item = &'a Row> + Clone) -> Table {
    let row = |row: &Row| i64::try_from(row.row).unwrap_or(i64::MAX);
    let table = match profile.datasets.len() > 1 {
        true => table.text("dataset", rows.clone().map(|row| dataset(profile, row))),
        false => table,
    };
    table.int("row", rows.clone().map(row)).text("image", rows.map(|row| row.name.as_str()))
}

fn dataset<'a>(profile: &'a Profile, row: &Row) -> &'a str {
    profile.datasets.get(row.member).map_or("", String::as_str)
}

fn examples(profile: &Profile) -> Table {
    let all =
        || profile.suspects.iter().flat_map(|found| found.first.iter().map(move |one| (found.kind, one)));
    let table = Table::new("where suspicious objects are")
        .note("Boxes are x, y, w, h; rotated ones cx, cy, w, h, radians.")
        .text("what", all().map(|(kind, _)| kind.name()));
    places(profile, table, all().map(|(_, found)| &found.row))
        .int("object", all().map(|(_, found)| i64::try_from(found.object).unwrap_or(i64::MAX)))
        .text("class", all().map(|(_, found)| found.class.as_str()))
        .text("box", all().map(|(_, found)| found.bbox.as_deref().map_or_else(String::new, numbers)))
        .text(
            "size",
            all().map(|(_, found)| found.size.map_or_else(String::new, |(h, w)| format!("{w} × {h}"))),
        )
        .explained("width × height of the image")
}

/// Numbers with at most two places.
fn numbers(numbers: &[f64]) -> String {
    let text = |number: &f64| {
        let text = format!("{number:.2}");
        match text.contains('.') {
            true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
            false => text,
        }
    };
    numbers.iter().map(text).collect::<Vec<_>>().join(", ")
}

fn duplicates(profile: &Profile) -> Table {
    let kinds = [("exact", &profile.exact), ("near", &profile.near)];
    let all: Vec<(&str, &Group)> = kinds
        .iter()
        .flat_map(|(kind, found)| {
            found.iter().flat_map(move |found| found.first.iter().map(|group| (*kind, group)))
        })
        .collect();
    let groups: u64 = kinds.iter().filter_map(|(_, found)| Some(found.as_ref()?.groups)).sum();
    let mut table = Table::new("duplicates")
        .text("what", all.iter().map(|(kind, _)| *kind))
        .int("images", all.iter().map(|(_, group)| whole(group.count)))
        .int("bits", all.iter().map(|(_, group)| i64::from(group.distance)))
        .explained("in which the hashes of neighbours differ, of 64");
    if profile.splits.len() > 1 {
        table = table.text("splits", all.iter().map(|(_, group)| group.splits.join(", ")));
    }
    let table = table.text("rows", all.iter().map(|(_, group)| rows(profile, group)));
    match groups > all.len() as u64 {
        true => table.note(format!(
            "{} of {groups} groups: those in more than one split, then the largest.",
            all.len()
        )),
        false => table,
    }
}

/// The rows of a group with their names.
fn rows(profile: &Profile, group: &Group) -> String {
    let several = profile.datasets.len() > 1;
    let text = |row: &Row| match several {
        true => format!("{} {} {}", dataset(profile, row), row.row, row.name),
        false => format!("{} {}", row.row, row.name),
    };
    let mut text = group.first.iter().map(text).collect::<Vec<_>>().join(", ");
    if group.count > group.first.len() as u64 {
        text.push_str(", …");
    }
    text
}

fn leaks(profile: &Profile) -> Table {
    let all = || profile.leaks.iter().flat_map(|leak| leak.first.iter().map(move |pair| (leak.key, pair)));
    let sums: Vec<String> =
        profile.leaks.iter().map(|leak| format!("{} by {}", leak.images, leak.key)).collect();
    let at = |row: &Row| match profile.datasets.len() > 1 {
        true => format!("{} {}", dataset(profile, row), row.row),
        false => format!("{} {}", row.split, row.row),
    };
    let table = Table::new("names in two splits")
        .note(format!("Images whose name or id is in an earlier split: {}.", sums.join(", ")))
        .text("key", all().map(|(key, _)| key))
        .text("image", all().map(|(_, (row, _))| row.name.as_str()))
        .text("row", all().map(|(_, (row, _))| at(row)))
        .text("and row", all().map(|(_, (_, row))| at(row)));
    if profile.leaks.is_empty() { Table::default() } else { table }
}

fn troubles(profile: &Profile) -> Table {
    let found = || profile.images.iter().flat_map(|images| &images.troubles);
    let all = || found().flat_map(|troubles| troubles.first.iter().map(move |one| (troubles.kind, one)));
    let sums: Vec<String> = found().map(|found| format!("{} {}", found.count, found.kind.name())).collect();
    let table = Table::new("images with a fault")
        .note(format!("{}.", sums.join(", ")))
        .text("what", all().map(|(kind, _)| kind.name()));
    places(profile, table, all().map(|(_, (row, _))| row))
        .text("why", all().map(|(_, (_, why))| why.as_str()))
}
