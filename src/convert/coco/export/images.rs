//! Images beside the annotations: embedded ones are written out, linked ones copied if asked.

use std::fs;
use std::path::{Component, Path, PathBuf};

use super::partial::Partial;
use crate::convert::ExportImages;
use crate::dataset::store::Store;
use crate::dataset::{Access, Column, Dataset, Rows};
use crate::error::{Error, Place, Result, ResultExt};
use crate::job::{Job, Warning};

/// Rows read at a time; the images themselves stay where they are mapped.
const ROWS: usize = 64;

/// Writes the images of a view to `images/`, under their split and file name; gives how many.
pub(super) fn write(
    store: &Store,
    ds: &Dataset,
    folder: &Path,
    what: ExportImages,
    partial: &mut Partial,
    job: &Job,
) -> Result<u64> {
    if what == ExportImages::None || ds.keys().find("img").is_err() || ds.keys().find("file_name").is_err() {
        return Ok(0);
    }
    let mut keys = vec!["img", "file_name"];
    if ds.keys().find("split").is_ok() {
        keys.push("split");
    }
    let ds = ds.select(keys)?;
    let stage = job.stage("writing images", u64::try_from(ds.len()).ok());
    let mut written = 0;
    for start in (0..ds.len()).step_by(ROWS) {
        let count = ROWS.min(ds.len() - start);
        let rows = Rows::all(ds.len()).slice(start..start + count)?;
        ds.announce(&rows);
        let batch = ds.read_rows(&rows, &Access::new(job))?.whole()?;
        let column = |n: usize| batch.columns.get(n);
        for position in 0..count {
            let value = |n: usize| column(n).map(|c: &Column| c.value(position));
            let (Some(img), Some(name)) = (value(0), value(1)) else { continue };
            let embedded = img.member("bytes").is_some_and(|b| !b.is_null());
            let linked = img.member("path").is_some_and(|p| !p.is_null());
            let wanted = embedded || (linked && what == ExportImages::Copy);
            if !wanted {
                continue;
            }
            let split = value(2);
            let split = split.as_ref().and_then(|s| s.as_text());
            let Some(path) = name.as_text().and_then(|name| inside(split, name)) else {
                let name = name.as_text().unwrap_or("(null)").to_owned();
                let row = u64::try_from(start + position).unwrap_or(u64::MAX);
                let place = Place::area("coco").row(row).key("file_name");
                let what = format!("'{name}' would leave the folder");
                job.warn(Warning::new("coco.image-path", place, what, "its image was not written"))?;
                continue;
            };
            let bytes = store.image_bytes(&img)?;
            let target = folder.join("images").join(path);
            if let Some(parent) = target.parent() {
                fs::create_dir_all(parent)
                    .map_err(|e| Error::io("make the folder", e))
                    .at(|| Place::area("coco").file(parent))?;
            }
            partial.write(&target, &bytes)?;
            written += 1;
        }
        stage.advance(u64::try_from(count).unwrap_or(0))?;
    }
    Ok(written)
}

/// The path of an image below `images/`, if its name stays there.
fn inside(split: Option<&str>, name: &str) -> Option<PathBuf> {
    let plain = |text: &str| {
        let path = Path::new(text);
        let normal = path.components().all(|c| matches!(c, Component::Normal(_)));
        (normal && !text.is_empty() && !text.contains(['\\', '\0', ':'])).then(|| path.to_owned())
    };
    match split {
        Some(split) => Some(plain(split)?.join(plain(name)?)),
        None => plain(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_leave_the_folder_are_refused() {
        for bad in ["../a.jpg", "/etc/passwd", "a/../../b", "..\\a.jpg", "C:\\a.jpg", "c:a", "", "a\0b", "."]
        {
            assert_eq!(inside(None, bad), None, "{bad}");
        }
        assert_eq!(inside(Some("val"), "x/a.jpg"), Some(PathBuf::from("val/x/a.jpg")));
        assert_eq!(inside(Some(".."), "a.jpg"), None);
    }
}
