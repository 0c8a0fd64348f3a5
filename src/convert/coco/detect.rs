//! Telling whether a path holds COCO annotations, from names and the first bytes of files.

use std::io::Read;
use std::path::Path;

use crate::convert::json::Cursor;
use crate::job::Job;

use super::layout;

/// A path that was recognised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The format: `coco`.
    pub what: &'static str,
    /// Why, in one sentence for people.
    pub why: String,
}

/// Says whether a path is a COCO file or a folder of COCO files, reading at most the first 64 KiB of each.
///
/// ```
/// let folder = tempfile::tempdir()?;
/// let file = folder.path().join("a.json");
/// std::fs::write(&file, r#"{"images": [], "annotations": []}"#)?;
/// assert_eq!(lensframe::convert::coco::detect(&file).map(|f| f.what), Some("coco"));
/// std::fs::write(&file, r#"{"name": "something else"}"#)?;
/// assert!(lensframe::convert::coco::detect(&file).is_none());
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn detect(path: &Path) -> Option<Found> {
    if path.is_file() {
        return looks_like(path).map(|why| Found { what: "coco", why });
    }
    let found = layout::find(path, &Job::new()).ok()?;
    let first = found.sources.first()?;
    let why = looks_like(&first.path)?;
    Some(Found { what: "coco", why: format!("{}; {} is {why}", found.why, first.name) })
}

/// Why the first bytes of a file look like COCO; `None` if they do not.
pub(super) fn looks_like(path: &Path) -> Option<String> {
    let mut head = Vec::new();
    std::fs::File::open(path).ok()?.take(1 << 16).read_to_end(&mut head).ok()?;
    looks_like_bytes(&head)
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
