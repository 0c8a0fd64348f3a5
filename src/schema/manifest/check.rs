//! The rules of a manifest that its JSON form cannot say.

use std::collections::{BTreeMap, BTreeSet};

use super::parts::{FileEntry, Fragment, Group, Run, View};
use super::{FORMAT, IMAGE_ID, ROW, Version};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::place::relative;
use crate::schema::axis::check_set_name;

/// Folders of a dataset that no group may be called after.
const TAKEN: [&str; 5] = ["versions", "deletes", "views", "residue", "claims"];

/// Offsets in a fragment have 32 bits of the row id, ids 31.
const MAX_FRAGMENT_ROWS: u64 = 1 << 32;
const MAX_FRAGMENTS: u32 = 1 << 31;

pub(super) fn version(version: &Version) -> Result<()> {
    if version.format != FORMAT {
        return broken(format!("format {} written as {FORMAT}", version.format));
    }
    if version.version == 0 || version.parent.is_some_and(|parent| parent >= version.version) {
        return broken("version numbers start at 1 and grow".to_owned());
    }
    groups(&version.groups)?;
    let names: BTreeSet<&str> = version.groups.iter().map(|g| g.name.as_str()).collect();
    let mut rows = BTreeMap::new();
    let mut total: u64 = 0;
    for one in &version.fragments {
        fragment(one, &names).map_err(|e| e.at(Place::area(format!("manifest: fragment {}", one.id))))?;
        if one.id >= version.next_fragment || one.id >= MAX_FRAGMENTS {
            return broken(format!("fragment {} is not below {}", one.id, version.next_fragment));
        }
        if rows.insert(one.id, one.rows).is_some() {
            return broken(format!("fragment {} is listed twice", one.id));
        }
        total = match total.checked_add(one.rows).filter(|n| i64::try_from(*n).is_ok()) {
            Some(total) => total,
            None => return broken("the fragments have more rows than can be counted".to_owned()),
        };
    }
    for (set, entry) in &version.sets {
        check_set_name(set)?;
        if !version.classes.contains_key(&entry.classes) {
            return broken(format!("set '{set}' names the class table '{}', which is absent", entry.classes));
        }
    }
    for (name, one) in &version.views {
        view(one, &rows).map_err(|e| e.at(Place::area(format!("manifest: view '{name}'"))))?;
    }
    for entry in version.residue.values() {
        file(entry)?;
    }
    let mut paths = BTreeSet::new();
    match version.files().find(|entry| !paths.insert(entry.path.as_str())) {
        Some(twice) => broken(format!("the file '{}' is listed twice", twice.path)),
        None => Ok(()),
    }
}

fn groups(groups: &[Group]) -> Result<()> {
    let (mut names, mut keys) = (BTreeSet::new(), BTreeSet::new());
    for group in groups {
        group_name(&group.name)?;
        if !names.insert(group.name.as_str()) {
            return broken(format!("group '{}' is listed twice", group.name));
        }
        let mut own = BTreeSet::new();
        for key in &group.keys {
            key.field()?;
            let twice =
                !own.insert(key.name.as_str()) || (key.name != IMAGE_ID && !keys.insert(key.name.as_str()));
            if twice || key.name == ROW {
                let what = if twice { "is stored twice" } else { "is reserved" };
                return Err(Error::new(ErrorKind::Corrupt, format!("the key {what}"))
                    .at(Place::area("manifest").key(key.name.clone())));
            }
        }
    }
    Ok(())
}

/// Checks a group's name: one or two parts of letters, digits, `_`, `-` and `.`, none of them a folder of the
/// store's own, none beginning with a full stop.
fn group_name(name: &str) -> Result<()> {
    let mut parts = 0;
    let sound = name.split('/').all(|part| {
        parts += 1;
        !part.is_empty()
            && !part.starts_with('.')
            && part.len() <= 128
            && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
    });
    let first = name.split('/').next().unwrap_or_default();
    if sound && parts <= 2 && !TAKEN.contains(&first) {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Usage, format!("'{name}' cannot name a group"))
        .at(Place::area("manifest"))
        .remedy("use letters, digits, '_', '-' and '.', as in 'objects' or 'sets/r50'"))
}

fn fragment(fragment: &Fragment, groups: &BTreeSet<&str>) -> Result<()> {
    if fragment.rows > MAX_FRAGMENT_ROWS {
        return broken(format!("{} rows, more than {MAX_FRAGMENT_ROWS}", fragment.rows));
    }
    if fragment.deleted_rows() > fragment.rows {
        return broken(format!("{} of {} rows deleted", fragment.deleted_rows(), fragment.rows));
    }
    for (group, entry) in &fragment.files {
        if !groups.contains(group.as_str()) {
            return broken(format!("a file of group '{group}', which has no keys"));
        }
        table(entry)?;
        if entry.rows != fragment.rows {
            return broken(format!(
                "'{}' has {} rows, the fragment {}",
                entry.path, entry.rows, fragment.rows
            ));
        }
    }
    fragment.deleted.as_ref().map_or(Ok(()), table)
}

fn view(view: &View, rows: &BTreeMap<u32, u64>) -> Result<()> {
    if let Some(entry) = &view.file {
        table(entry)?;
        if !view.runs.is_empty() || entry.rows != view.rows {
            return broken("its rows and its file disagree".to_owned());
        }
        return Ok(());
    }
    let mut count: u64 = 0;
    for Run(fragment, start, len) in &view.runs {
        let end = start.checked_add(*len);
        // A fragment that is gone takes its rows with it.
        if rows.get(fragment).is_some_and(|rows| end.is_none_or(|end| end > *rows)) {
            return broken(format!("rows past the end of fragment {fragment}"));
        }
        count = count.saturating_add(*len);
    }
    if count == view.rows { Ok(()) } else { broken(format!("{count} rows where {} are said", view.rows)) }
}

/// A file with rows: its batches add up.
fn table(entry: &FileEntry) -> Result<()> {
    file(entry)?;
    let sum = entry.batches.iter().try_fold(0_u64, |sum, rows| sum.checked_add(*rows));
    if sum == Some(entry.rows) {
        return Ok(());
    }
    broken(format!("the batches of '{}' do not add up to {} rows", entry.path, entry.rows))
}

fn file(entry: &FileEntry) -> Result<()> {
    relative(&entry.path).map_err(|e| {
        Error::new(ErrorKind::Corrupt, e.what())
            .at(Place::area("manifest"))
            .remedy("do not open it: the manifest was not written by this program")
    })?;
    let sound = entry.checksum.len() == 64 && entry.checksum.bytes().all(|b| b.is_ascii_hexdigit());
    if sound { Ok(()) } else { broken(format!("'{}' has no checksum of 64 digits", entry.path)) }
}

fn broken<T>(what: String) -> Result<T> {
    Err(Error::new(ErrorKind::Corrupt, what).at(Place::area("manifest")))
}
