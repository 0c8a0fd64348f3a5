//! Which files of a folder are COCO, what each holds, and which split it belongs to: decided by names alone.
//!
//! Known layouts: a single file; `annotations/*.json` (COCO's own, `{train,val}.json`); a file beside the
//! images of each split (`train/_annotations.coco.json`, Roboflow's); `annotations.json` or other files at
//! the root.

use crate::convert::Source as Whole;
use crate::convert::photos::join;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::place::Tree;
use crate::schema::axis::check_set_name;

/// What a file is about. The order is the order in which files claim to be the primary one of a split.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Instances,
    PersonKeypoints,
    Stuff,
    Panoptic,
    Captions,
    Labels,
    ImageInfo,
}

const KINDS: [(Kind, &str); 7] = [
    (Kind::Instances, "instances"),
    (Kind::PersonKeypoints, "person_keypoints"),
    (Kind::Stuff, "stuff"),
    (Kind::Panoptic, "panoptic"),
    (Kind::Captions, "captions"),
    (Kind::Labels, "labels"),
    (Kind::ImageInfo, "image_info"),
];

impl Kind {
    /// The name, which is also the name of the set unless it is the default one.
    pub(super) fn name(self) -> &'static str {
        KINDS.iter().find(|(kind, _)| *kind == self).map_or("instances", |(_, name)| name)
    }

    /// True if files of some kind have this name in theirs.
    pub(super) fn is_name(name: &str) -> bool {
        KINDS.iter().any(|(_, known)| *known == name)
    }

    /// The object set of such files in a folder.
    pub(super) fn set(self) -> &'static str {
        if self == Kind::Instances { "" } else { self.name() }
    }
}

/// A file to read.
#[derive(Clone, Debug)]
pub(super) struct Source {
    /// Where it is in the tree.
    pub(super) member: String,
    /// Relative to what was named.
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) set: String,
    pub(super) split: Option<String>,
}

/// The files found.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) sources: Vec<Source>,
    /// One sentence for people.
    pub(super) why: String,
}

/// The kind and the rest of a stem such as `instances_val2017`.
fn classify(stem: &str) -> (Kind, Option<String>, bool) {
    let stem = own_set(stem).map_or(stem, |(_, rest)| rest);
    let spellings = KINDS.iter().copied().chain([(Kind::ImageInfo, "images_info")]);
    for (kind, name) in spellings {
        let Some(rest) = stem.strip_prefix(name) else { continue };
        if rest.is_empty() {
            return (kind, None, true);
        }
        if let Some(split) = rest.strip_prefix('_').filter(|split| !split.is_empty()) {
            return (kind, Some(split.to_owned()), true);
        }
    }
    let split = is_split_name(stem).then(|| stem.to_owned());
    (Kind::Instances, split, false)
}

/// The set and the rest of a stem such as `r50.instances_val2017`, which our exporter writes for sets that are no
/// kind of file.
fn own_set(stem: &str) -> Option<(&str, &str)> {
    let (set, rest) = stem.split_once('.')?;
    let own = rest == "instances" || rest.starts_with("instances_");
    (own && !set.is_empty() && check_set_name(set).is_ok()).then_some((set, rest))
}

/// True for names people give to splits.
fn is_split_name(name: &str) -> bool {
    ["train", "val", "test", "dev", "minival", "unlabeled"].iter().any(|word| name.starts_with(word))
}

/// The name of a file without folder and extension.
fn stem(member: &str) -> &str {
    let name = member.rsplit_once('/').map_or(member, |(_, name)| name);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

/// The files of a source, by its layout.
///
/// # Errors
/// [`ErrorKind::NotFound`] if there is no COCO file there, [`ErrorKind::Usage`] if several could be meant.
pub(super) fn find(source: &Whole) -> Result<Found> {
    let tree = source.tree();
    let place = |member: &str| Place::area("coco").file(tree.name(member));
    if let Some(member) = source.file() {
        return Ok(single(member));
    }
    let (files, why) = candidates(tree)?;
    let mut sources = Vec::new();
    for member in files {
        let (kind, split, _) = classify(stem(&member));
        let folder = member.rsplit_once('/').map(|(folder, _)| folder.to_owned());
        let beside = stem(&member).starts_with("_annotations");
        let split = if beside { folder } else { split };
        let set = own_set(stem(&member)).map_or(kind.set(), |(set, _)| set).to_owned();
        sources.push(Source { set, name: member.clone(), member, kind, split });
    }
    name_sets(&mut sources);
    if let Some((a, b)) = two_of_one(&mut sources) {
        return Err(Error::new(ErrorKind::Usage, format!("{a} and {b} are of the same kind and split"))
            .at(place(""))
            .remedy("name one of the files"));
    }
    if sources.is_empty() {
        return Err(Error::new(ErrorKind::NotFound, "there is no COCO annotation file in this folder")
            .at(place(""))
            .remedy("name the annotation file, or a folder with annotations/*.json"));
    }
    // Panoptic files with no others beside them are not a set among sets.
    if sources.iter().all(|source| source.kind == Kind::Panoptic) {
        sources.iter_mut().for_each(|source| source.set.clear());
    }
    sources.sort_by(|a, b| {
        split_order(a).cmp(&split_order(b)).then(a.kind.cmp(&b.kind)).then(a.set.cmp(&b.set))
    });
    Ok(Found { sources, why })
}

/// A file `NAME_SPLIT` beside `instances_SPLIT` is the set `NAME`, as people name them.
fn name_sets(sources: &mut [Source]) {
    let known: Vec<String> = sources
        .iter()
        .filter(|s| stem(&s.member).starts_with("instances_"))
        .filter_map(|s| s.split.clone())
        .collect();
    for source in sources.iter_mut().filter(|s| s.kind == Kind::Instances && s.split.is_none()) {
        let stem = stem(&source.member).to_owned();
        let found = known.iter().find_map(|split| {
            let name = stem.strip_suffix(split.as_str())?.strip_suffix('_')?;
            check_set_name(name).is_ok().then_some((name, split))
        });
        if let Some((set, split)) = found.filter(|(name, _)| !name.is_empty()) {
            (source.set, source.split) = (set.to_owned(), Some(split.clone()));
        }
    }
}

/// Training before validation before test before the rest, then by name.
fn split_order(source: &Source) -> (usize, Option<&str>) {
    let name = source.split.as_deref();
    let rank = ["train", "val", "test"].iter().position(|word| name.is_some_and(|n| n.starts_with(word)));
    (rank.unwrap_or(3), name)
}

/// Two files of the same set and split. Several files without any split of their own take their stems for it.
fn two_of_one(sources: &mut [Source]) -> Option<(String, String)> {
    let unnamed =
        |s: &Source| s.split.is_none() && s.kind == Kind::Instances && !s.name.contains("_annotations");
    if sources.iter().filter(|s| unnamed(s)).count() > 1 {
        for source in sources.iter_mut().filter(|s| unnamed(s)) {
            source.split = Some(stem(&source.member).to_owned());
        }
    }
    for (i, a) in sources.iter().enumerate() {
        if let Some(b) = sources.iter().skip(i + 1).find(|b| b.set == a.set && b.split == a.split) {
            return Some((a.name.clone(), b.name.clone()));
        }
    }
    None
}

fn single(member: &str) -> Found {
    let (kind, split, _) = classify(stem(member));
    let name = member.rsplit_once('/').map_or(member, |(_, name)| name).to_owned();
    let source = Source { member: member.to_owned(), name, kind, set: String::new(), split };
    Found { sources: vec![source], why: format!("a single file of kind {}", kind.name()) }
}

/// The JSON files of the first layout that has any.
fn candidates(tree: &Tree) -> Result<(Vec<String>, String)> {
    if tree.list("")?.folders().any(|name| name == "annotations") {
        let files = json_files(tree, "annotations")?;
        if !files.is_empty() {
            return Ok((files, "a folder with annotations/*.json".to_owned()));
        }
    }
    let mut beside = Vec::new();
    for folder in tree.list("")?.folders() {
        beside.extend(json_files(tree, folder)?.into_iter().filter(|f| stem(f).starts_with("_annotations")));
    }
    if !beside.is_empty() {
        return Ok((beside, "a folder with a _annotations file in the folder of each split".to_owned()));
    }
    let root = json_files(tree, "")?;
    let named: Vec<String> = root
        .iter()
        .filter(|f| {
            let stem = stem(f);
            let (_, split, prefixed) = classify(stem);
            let known = prefixed || split.is_some();
            known || stem == "annotations" || stem.starts_with("_annotations")
        })
        .cloned()
        .collect();
    if !named.is_empty() {
        return Ok((named, "a folder with annotation files at its root".to_owned()));
    }
    let mut looking = Vec::new();
    for file in root {
        if super::detect::looks_like(tree, &file).is_some() {
            looking.push(file);
        }
    }
    match looking.as_slice() {
        [] | [_] => Ok((looking, "a folder with one COCO file at its root".to_owned())),
        [a, b, ..] => {
            let what = format!("{a} and {b} both look like COCO");
            Err(Error::new(ErrorKind::Usage, what)
                .at(Place::area("coco").file(tree.name("")))
                .remedy("name one of the files"))
        }
    }
}

fn json_files(tree: &Tree, folder: &str) -> Result<Vec<String>> {
    let json = |name: &&str| name.rsplit_once('.').is_some_and(|(_, e)| e.eq_ignore_ascii_case("json"));
    Ok(tree.list(folder)?.files().filter(json).map(|name| join(folder, name)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::Job;

    fn found(files: &[&str]) -> Result<Vec<(String, String, Option<String>)>> {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, r#"{"images": [], "annotations": []}"#).unwrap();
        }
        let found = find(&Whole::open(folder.path(), &[], &Job::new())?)?;
        Ok(found.sources.into_iter().map(|s| (s.name, s.set, s.split)).collect())
    }

    fn wanted(name: &str, set: &str, split: Option<&str>) -> (String, String, Option<String>) {
        (name.to_owned(), set.to_owned(), split.map(str::to_owned))
    }

    #[test]
    fn names_say_kind_and_split() {
        let files = [
            "annotations/captions_val2017.json",
            "annotations/instances_val2017.json",
            "annotations/train.json",
        ];
        let want = [
            wanted("annotations/train.json", "", Some("train")),
            wanted("annotations/instances_val2017.json", "", Some("val2017")),
            wanted("annotations/captions_val2017.json", "captions", Some("val2017")),
        ];
        assert_eq!(found(&files).unwrap(), want);
    }

    #[test]
    fn a_file_beside_the_images_takes_the_folder_for_its_split() {
        let files = ["valid/_annotations.coco.json", "train/_annotations.coco.json", "README.json"];
        let want = [
            wanted("train/_annotations.coco.json", "", Some("train")),
            wanted("valid/_annotations.coco.json", "", Some("valid")),
        ];
        assert_eq!(found(&files).unwrap(), want);
    }

    #[test]
    fn a_file_named_as_another_set_of_a_split_is_that_set() {
        let files = [
            "annotations/masks_val2017.json",
            "annotations/r50.instances_val2017.json",
            "annotations/instances_val2017.json",
            "annotations/r50.instances.json",
        ];
        let want = [
            wanted("annotations/instances_val2017.json", "", Some("val2017")),
            wanted("annotations/masks_val2017.json", "masks", Some("val2017")),
            wanted("annotations/r50.instances_val2017.json", "r50", Some("val2017")),
            wanted("annotations/r50.instances.json", "r50", None),
        ];
        assert_eq!(found(&files).unwrap(), want);
    }

    #[test]
    fn a_lone_file_has_no_split_and_two_take_their_names() {
        assert_eq!(found(&["annotations.json"]).unwrap(), [wanted("annotations.json", "", None)]);
        assert_eq!(found(&["odd.json"]).unwrap(), [wanted("odd.json", "", None)]);
        let both = found(&["annotations/a.json", "annotations/b.json"]).unwrap();
        assert_eq!(
            both,
            [wanted("annotations/a.json", "", Some("a")), wanted("annotations/b.json", "", Some("b"))]
        );
        let e = found(&["gt.json", "dt.json"]).unwrap_err();
        assert!(e.to_string().contains("dt.json and gt.json both look like COCO; name one"), "{e}");
    }

    #[test]
    fn panoptic_files_are_a_set_and_an_empty_folder_says_so() {
        let files = ["annotations/panoptic_val.json", "annotations/instances_val.json"];
        let want = [
            wanted("annotations/instances_val.json", "", Some("val")),
            wanted("annotations/panoptic_val.json", "panoptic", Some("val")),
        ];
        assert_eq!(found(&files).unwrap(), want);
        assert_eq!(found(&[]).unwrap_err().kind(), ErrorKind::NotFound);
    }
}
