//! Which files of a folder are COCO, what each holds, and which split it belongs to: decided by names alone.
//!
//! Known layouts: a single file; `annotations/*.json` (COCO's own, `{train,val}.json`); a file beside the
//! images of each split (`train/_annotations.coco.json`, Roboflow's); `annotations.json` or other files at
//! the root.

use std::path::{Path, PathBuf};

use crate::error::{Error, ErrorKind, Place, Result, ResultExt};
use crate::job::{Job, Warning};

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

    /// The object set of such files in a folder.
    pub(super) fn set(self) -> &'static str {
        if self == Kind::Instances { "" } else { self.name() }
    }
}

/// A file to read.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub(super) path: PathBuf,
    /// Relative to the folder that was named, with `/`.
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) set: String,
    pub(super) split: Option<String>,
}

/// The files found, and the folder their images are sought in.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) sources: Vec<Source>,
    pub(super) root: PathBuf,
    /// One sentence for people.
    pub(super) why: String,
}

/// The kind and the rest of a stem such as `instances_val2017`.
fn classify(stem: &str) -> (Kind, Option<String>, bool) {
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

/// True for names people give to splits.
fn is_split_name(name: &str) -> bool {
    ["train", "val", "test", "dev", "minival", "unlabeled"].iter().any(|word| name.starts_with(word))
}

fn stem(path: &Path) -> &str {
    path.file_stem().and_then(|s| s.to_str()).unwrap_or_default()
}

/// The files of a path, by its layout.
///
/// # Errors
/// [`ErrorKind::NotFound`] if there is no COCO file there, [`ErrorKind::Usage`] if several could be meant.
pub(super) fn find(path: &Path, job: &Job) -> Result<Found> {
    let place = || Place::area("coco").file(path);
    let meta = std::fs::metadata(path).map_err(|e| Error::io("look at", e).at(place()))?;
    if !meta.is_dir() {
        return Ok(single(path));
    }
    let (files, why) = candidates(path)?;
    let mut sources = Vec::new();
    for file in files {
        let name = relative(path, &file);
        let (kind, split, _) = classify(stem(&file));
        let folder = file.parent().filter(|p| *p != path).map(stem).map(str::to_owned);
        let beside = stem(&file).starts_with("_annotations");
        let split = if beside { folder } else { split };
        sources.push(Source { set: kind.set().to_owned(), path: file, name, kind, split });
    }
    if let Some((a, b)) = two_of_one(&mut sources) {
        return Err(Error::new(ErrorKind::Usage, format!("{a} and {b} are of the same kind and split"))
            .at(place())
            .remedy("name one of the files"));
    }
    if sources.is_empty() {
        return Err(Error::new(ErrorKind::NotFound, "there is no COCO annotation file in this folder")
            .at(place())
            .remedy("name the annotation file, or a folder with annotations/*.json"));
    }
    sources.sort_by(|a, b| split_order(a).cmp(&split_order(b)).then(a.kind.cmp(&b.kind)));
    Ok(Found { sources, root: path.to_owned(), why })
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
            source.split = Some(stem(&source.path).to_owned());
        }
    }
    for (i, a) in sources.iter().enumerate() {
        if let Some(b) = sources.iter().skip(i + 1).find(|b| b.set == a.set && b.split == a.split) {
            return Some((a.name.clone(), b.name.clone()));
        }
    }
    None
}

fn single(path: &Path) -> Found {
    let (kind, split, _) = classify(stem(path));
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let in_annotations = folder.file_name().is_some_and(|n| n == "annotations");
    let root = if in_annotations { folder.join("..") } else { folder.to_owned() };
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let source = Source { path: path.to_owned(), name, kind, set: String::new(), split };
    let root = if in_annotations { folder.parent().map_or(root, Path::to_owned) } else { root };
    let root = if root.as_os_str().is_empty() { PathBuf::from(".") } else { root };
    Found { sources: vec![source], root, why: format!("a single file of kind {}", kind.name()) }
}

/// The JSON files of the first layout that has any.
fn candidates(path: &Path) -> Result<(Vec<PathBuf>, String)> {
    let annotations = path.join("annotations");
    if annotations.is_dir() {
        let files = json_files(&annotations)?;
        if !files.is_empty() {
            return Ok((files, "a folder with annotations/*.json".to_owned()));
        }
    }
    let mut beside = Vec::new();
    for folder in entries(path)?.into_iter().filter(|p| p.is_dir()) {
        beside.extend(json_files(&folder)?.into_iter().filter(|f| stem(f).starts_with("_annotations")));
    }
    if !beside.is_empty() {
        return Ok((beside, "a folder with a _annotations file in the folder of each split".to_owned()));
    }
    let root = json_files(path)?;
    let named: Vec<PathBuf> = root
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
    let looking: Vec<PathBuf> = root.into_iter().filter(|f| super::detect::looks_like(f).is_some()).collect();
    match looking.as_slice() {
        [] | [_] => Ok((looking, "a folder with one COCO file at its root".to_owned())),
        [a, b, ..] => {
            let what = format!("{} and {} both look like COCO", relative(path, a), relative(path, b));
            Err(Error::new(ErrorKind::Usage, what)
                .at(Place::area("coco").file(path))
                .remedy("name one of the files"))
        }
    }
}

fn json_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let json = |p: &PathBuf| p.extension().is_some_and(|e| e.eq_ignore_ascii_case("json")) && p.is_file();
    Ok(entries(folder)?.into_iter().filter(json).collect())
}

/// The entries of a folder, by name.
fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let place = || Place::area("coco").file(folder);
    let read = std::fs::read_dir(folder).map_err(|e| Error::io("list", e)).at(place)?;
    let mut paths = Vec::new();
    for entry in read {
        paths.push(entry.map_err(|e| Error::io("list", e)).at(place)?.path());
    }
    paths.sort();
    Ok(paths)
}

/// A path below a folder, with `/`.
pub(super) fn relative(folder: &Path, path: &Path) -> String {
    let rest = path.strip_prefix(folder).unwrap_or(path);
    let parts: Vec<String> =
        rest.components().map(|c| c.as_os_str().to_string_lossy().into_owned()).collect();
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(files: &[&str]) -> Result<Vec<(String, String, Option<String>)>> {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, r#"{"images": [], "annotations": []}"#).unwrap();
        }
        let found = find(folder.path(), &Job::new())?;
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
