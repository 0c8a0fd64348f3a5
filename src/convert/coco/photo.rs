//! Where the photographs of a split may be, and the names of some of them.

use crate::convert::json::Cursor;
use crate::convert::photos::{Folder, SAMPLE, join, safe_path};

use super::prepare::Split;
use super::source::SourceFile;

/// The names of up to `count` images spread evenly over a file, with those that have none left out.
fn file_names(file: &SourceFile<'_>, count: usize) -> Vec<String> {
    let images = &file.index.images;
    let step = images.len().div_ceil(count).max(1);
    (0..images.len()).step_by(step).filter_map(|i| file_name(file, i)).collect()
}

/// The file name of one image record.
pub(super) fn file_name(file: &SourceFile<'_>, record: usize) -> Option<String> {
    name_at(file, file.index.images.offset(record)?)
}

/// The file name of one panoptic record.
pub(super) fn painting_name(file: &SourceFile<'_>, record: usize) -> Option<String> {
    name_at(file, file.index.panoptic.as_ref()?.records.offset(record)?)
}

fn name_at(file: &SourceFile<'_>, at: usize) -> Option<String> {
    let mut json = Cursor::new(file.bytes);
    json.seek(at);
    json.expect(b'{', "an image").ok()?;
    let mut name = None;
    loop {
        let key = json.key().ok()?.decode().ok()?;
        if key == "file_name" && json.peek() == Some(b'"') {
            name = Some(json.text().ok()?.decode().ok()?.into_owned());
        } else {
            json.skip().ok()?;
        }
        if !json.more(b'}', "an image").ok()? {
            return name;
        }
    }
}

/// The folders a split's photographs may be in, best first, and the file names that decide between them.
/// `given`: the trees are image roots that the user named.
pub(super) fn offered(split: &Split<'_>, trees: usize, given: bool) -> (Vec<Folder>, Vec<String>) {
    let names = split.files.iter().flat_map(|file| file_names(file, SAMPLE)).take(SAMPLE).collect();
    let named = split.name.as_deref().filter(|s| safe_path(s).is_ok_and(|s| !s.contains('/')));
    let beside =
        split.files.first().map(|f| f.source.member.rsplit_once('/').map_or("", |(folder, _)| folder));
    let mut folders = Vec::new();
    for tree in 0..trees {
        let mut offer = |path: String| folders.push(Folder { tree, path });
        if given {
            offer(String::new());
            named.iter().for_each(|s| offer((*s).to_owned()));
            named.iter().for_each(|s| offer(join("images", s)));
            offer("images".to_owned());
        } else {
            named.iter().for_each(|s| offer(join("images", s)));
            named.iter().for_each(|s| offer((*s).to_owned()));
            offer("images".to_owned());
            beside.iter().for_each(|folder| offer((*folder).to_owned()));
            offer(String::new());
        }
    }
    (folders, names)
}

/// The folders the PNGs of a split's panoptic file may be in, best first, and the names of some of them;
/// nothing for a split without such a file. `trees` are those that photographs are sought in and, as the last,
/// that of the file itself.
pub(super) fn offered_paintings(split: &Split<'_>, trees: usize) -> Option<(Vec<Folder>, Vec<String>)> {
    let file = split.files.iter().find(|file| file.index.panoptic.is_some())?;
    let records = file.index.listed().len();
    let step = records.div_ceil(SAMPLE).max(1);
    let names = (0..records).step_by(step).filter_map(|record| painting_name(file, record)).collect();
    let (beside, name) = file.source.member.rsplit_once('/').unwrap_or(("", &file.source.member));
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let mut folders = Vec::new();
    let own = trees.saturating_sub(1);
    for tree in std::iter::once(own).chain(0..own) {
        let paths = match tree == own {
            true => [join(beside, stem), beside.to_owned(), stem.to_owned()],
            false => [stem.to_owned(), join("annotations", stem), String::new()],
        };
        folders.extend(paths.map(|path| Folder { tree, path }));
    }
    Some((folders, names))
}
