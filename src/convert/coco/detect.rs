//! Telling whether a path holds COCO annotations, from names and the first bytes of files.

use crate::convert::Source;
use crate::convert::json::Cursor;
use crate::error::ErrorKind;
use crate::place::Tree;

use super::layout::{self, Kind};

/// Why a source is COCO, in one sentence for people, if it is: a COCO file or a folder of COCO files. Reads at
/// most the first 64 KiB of each.
///
/// ```
/// use lensframe::convert::{Source, coco};
/// let folder = tempfile::tempdir()?;
/// let file = folder.path().join("a.json");
/// std::fs::write(&file, r#"{"images": [], "annotations": []}"#)?;
/// let job = lensframe::job::Job::new();
/// assert!(coco::detect(&Source::open(&file, &[], &job)?).is_some());
/// std::fs::write(&file, r#"{"name": "something else"}"#)?;
/// assert!(coco::detect(&Source::open(&file, &[], &job)?).is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn detect(source: &Source) -> Option<String> {
    if let Some(file) = source.file() {
        return looks_like(source.tree(), file);
    }
    let found = match layout::find(source) {
        Ok(found) => found,
        // Several files could be meant: COCO all the same, and the import says what to name.
        Err(error) if error.kind() == ErrorKind::Usage => return Some(error.to_string()),
        Err(_) => return None,
    };
    let first = found.sources.first()?;
    let why = looks_like(source.tree(), &first.member)?;
    Some(format!("{}; {} is {why}", found.why, first.name))
}

/// True if all COCO files of a source are called panoptic.
pub(in crate::convert) fn is_panoptic(source: &Source) -> bool {
    layout::find(source).is_ok_and(|found| found.sources.iter().all(|source| source.kind == Kind::Panoptic))
}

/// Why the first bytes of a file look like COCO; `None` if they do not.
pub(super) fn looks_like(tree: &Tree, member: &str) -> Option<String> {
    looks_like_bytes(&tree.head(member, 1 << 16).ok()?)
}

fn looks_like_bytes(head: &[u8]) -> Option<String> {
    let mut json = Cursor::of_file(head).ok()?;
    let results = json.eat(b'[');
    if !json.eat(b'{') {
        // Nothing found: the empty list of results and the empty file say nothing of themselves.
        return None;
    }
    let mut names = Vec::new();
    // The file is cut after the head: names are taken until something does not end within it.
    while let Ok(key) = json.key() {
        names.push(key.raw());
        let more = json.skip().and_then(|_| json.more(b'}', "an object"));
        if !matches!(more, Ok(true)) {
            break;
        }
    }
    let has = |name: &str| names.contains(&name);
    if results {
        let geometry = ["bbox", "segmentation", "keypoints", "caption"].iter().any(|n| has(n));
        return (has("image_id") && geometry).then(|| "a list of COCO results".to_owned());
    }
    let lists = ["images", "annotations", "categories"].iter().filter(|n| has(n)).count();
    let beginning = ["info", "licenses"].iter().filter(|n| has(n)).count();
    (lists >= 2 || (lists >= 1 && (beginning >= 1 || names.len() == 1))).then(|| {
        format!(
            "an object with {}",
            names.iter().take(5).map(|n| format!("'{n}'")).collect::<Vec<_>>().join(", ")
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coco_is_told_from_other_json_by_its_first_names() {
        for yes in [
            r#"{"images": [], "annotations": []}"#,
            r#"{"info": {}, "licenses": [], "images": [{"id": 1, "#,
            r#"[{"image_id": 1, "category_id": 2, "bbox": [1, 2, 3, 4], "score": 0.5}"#,
        ] {
            assert!(looks_like_bytes(yes.as_bytes()).is_some(), "{yes}");
        }
        for no in ["{}", "[]", "[1]", "", "not json", r#"{"type": "FeatureCollection", "features": []}"#] {
            assert!(looks_like_bytes(no.as_bytes()).is_none(), "{no}");
        }
    }
}
