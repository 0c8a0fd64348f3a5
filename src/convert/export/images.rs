//! Image files beside what an exporter writes: embedded ones are written out, linked ones copied if asked.

use super::partial::Partial;
use crate::convert::{ExportImages, LossReport};
use crate::dataset::store::Store;
use crate::dataset::{Access, Dataset, Rows, Value};
use crate::error::{Place, Result};
use crate::job::{Job, Warning};
use crate::place;

/// Rows read at a time; the images themselves stay where they are mapped.
const ROWS: usize = 64;

/// Which images of a view are written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Images {
    /// The name of the format, for messages.
    pub(crate) area: &'static str,
    /// The key: `img`, `label_map`, `panoptic`.
    pub(crate) key: &'static str,
    pub(crate) what: ExportImages,
}

/// What names the file of an image.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ImageRow<'a> {
    /// The row in the view.
    pub(crate) row: u64,
    pub(crate) file_name: Option<&'a str>,
    pub(crate) split: Option<&'a str>,
    /// Where a linked image lies, relative to the dataset's roots.
    pub(crate) path: Option<&'a str>,
    /// Its bytes, if it is embedded.
    embedded: bool,
}

/// `folder/name`, if the foreign `name` is that of a file below the folder. `folder` may be `""`.
///
/// ```text
/// below("images", "a/b.jpg") = "images/a/b.jpg"      below("images", "../b.jpg") = None
/// ```
pub(crate) fn below(folder: &str, name: &str) -> Option<String> {
    place::relative(name).ok().filter(|_| !name.ends_with(['.', '/']))?;
    let joined = if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
    place::relative(&joined).is_ok().then_some(joined)
}

impl Images {
    /// Writes the images, each under the relative path that `name` gives, a window of rows at a time; gives how
    /// many. One for which it gives none, or one that another image has, is left out with a counted warning.
    ///
    /// # Errors
    /// Those of reading the rows and images, of the disk, and of a cancelled job.
    pub(crate) fn write(
        &self,
        store: &Store,
        ds: &Dataset,
        partial: &mut Partial,
        job: &Job,
        mut name: impl FnMut(&ImageRow<'_>) -> Option<String>,
    ) -> Result<u64> {
        let Some(ds) = self.select(ds)? else { return Ok(0) };
        let stage = job.stage("writing images", u64::try_from(ds.len()).ok());
        let mut written = 0;
        self.each(&ds, job, |img, row| {
            stage.advance(1)?;
            if !(row.embedded || (row.path.is_some() && self.what == ExportImages::Copy)) {
                return Ok(());
            }
            let warn = |what: String, done: &str| {
                let place = Place::area(self.area).row(row.row).key(self.key);
                job.warn(Warning::new("export.image-path", place, what, done))
            };
            let Some(name) = name(row) else {
                let what = match row.file_name {
                    Some(name) => format!("'{name}' is no name of a file below a folder"),
                    None => "the row has no file name".to_owned(),
                };
                return warn(what, "its image was not written");
            };
            if partial.has(&name) {
                return warn(
                    format!("'{name}' names more than one row"),
                    "the image of the first was written",
                );
            }
            partial.write(&name, &store.image_bytes(img)?)?;
            written += 1;
            Ok(())
        })?;
        Ok(written)
    }

    /// Counts the embedded images as lost, and says why.
    ///
    /// # Errors
    /// Those of reading the rows, and of a cancelled job.
    pub(crate) fn report(&self, ds: &Dataset, why: &str, loss: &mut LossReport, job: &Job) -> Result<()> {
        let Some(ds) = self.select(ds)? else { return Ok(()) };
        let mut embedded = 0;
        self.each(&ds, job, |_, row| {
            embedded += u64::from(row.embedded);
            Ok(())
        })?;
        loss.add(self.key, embedded, why);
        Ok(())
    }

    /// The view with the images and what names them alone; `None` if it has no images, or none are wanted.
    fn select(&self, ds: &Dataset) -> Result<Option<Dataset>> {
        let keys = [self.key, "file_name", "split"].into_iter().filter(|key| ds.keys().find(key).is_ok());
        let keys: Vec<&str> = keys.collect();
        let wanted = self.what != ExportImages::None && keys.first() == Some(&self.key);
        if wanted { ds.select(keys).map(Some) } else { Ok(None) }
    }

    fn each(
        &self,
        ds: &Dataset,
        job: &Job,
        mut each: impl FnMut(&Value, &ImageRow<'_>) -> Result<()>,
    ) -> Result<()> {
        for start in (0..ds.len()).step_by(ROWS) {
            job.check()?;
            let count = ROWS.min(ds.len() - start);
            let rows = Rows::all(ds.len()).slice(start..start + count)?;
            let batch = ds.read_rows(&rows, &Access::new(job))?.whole()?;
            let column = |name: &str| ds.keys().find(name).ok().and_then(|key| batch.columns.get(key.0));
            for position in 0..count {
                let value = |name| column(name).map_or(Value::Null, |c| c.value(position));
                let (img, name, split) = (value(self.key), value("file_name"), value("split"));
                let row = ImageRow {
                    row: u64::try_from(start + position).unwrap_or(u64::MAX),
                    file_name: name.as_text(),
                    split: split.as_text(),
                    path: img.member("path").and_then(Value::as_text),
                    embedded: img.member("bytes").is_some_and(|bytes| !bytes.is_null()),
                };
                each(&img, &row)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_files_below_the_folder_have_a_place_there() {
        assert_eq!(below("images", "a/b.jpg").as_deref(), Some("images/a/b.jpg"));
        assert_eq!(below("", "b.jpg").as_deref(), Some("b.jpg"));
        for bad in ["", ".", "..", "a/", "a/..", "../b.jpg", "/b.jpg", "c:\\b.jpg"] {
            assert_eq!(below("images", bad), None, "{bad}");
        }
        assert_eq!(below("../images", "b.jpg"), None);
    }
}
