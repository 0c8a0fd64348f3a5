//! Photographs: finding their folder, linking them, embedding their bytes.
//!
//! A file name from a JSON file leads nowhere but below the image folder: parts like `..`, absolute paths,
//! drive letters, backslashes and control characters are refused with a warning. Links inside the folder are
//! followed, since whoever has the folder made them. Bytes are embedded unchanged, read once, straight into
//! the buffer that is written.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::{ArrayRef, BinaryArray, FixedSizeBinaryArray, StructArray};
use arrow_buffer::{Buffer, NullBufferBuilder};
use arrow_schema::{DataType, Field};

use crate::convert::json::Cursor;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::job::{Job, Warning};
use crate::schema::field::{self, IdType};

use super::layout::relative;
use super::source::SourceFile;
use crate::convert::column::Id;
use crate::convert::column::IdColumn;
use crate::convert::column::{Ends, Texts};

/// What is done with the photographs of a dataset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Images {
    /// Link them where their folder is found; go without where it is not.
    #[default]
    Auto,
    /// Store their bytes, unchanged, in the dataset.
    Embed,
    /// Store their paths relative to the image root.
    Link,
    /// Leave them out.
    None,
}

/// Where the photographs of one split are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageFolder {
    /// The split; `None` for rows without one.
    pub split: Option<String>,
    /// The folder that file names are relative to.
    pub path: PathBuf,
}

/// What happened to the photographs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImagesSummary {
    /// How many paths were stored.
    pub linked: u64,
    /// How many files were stored.
    pub embedded: u64,
    /// The bytes of the stored files.
    pub bytes: u64,
    /// How many images have a file name but no file.
    pub absent: u64,
    /// The folders that were chosen.
    pub folders: Vec<ImageFolder>,
}

/// How many file names decide which folder is the right one.
const SAMPLE: usize = 16;

/// The names of up to `count` images spread evenly over a file, with those that have none left out.
fn file_names(file: &SourceFile<'_>, count: usize) -> Vec<String> {
    let images = &file.index.images;
    let step = images.len().div_ceil(count).max(1);
    (0..images.len()).step_by(step).filter_map(|i| file_name(file, i)).collect()
}

/// The file name of one image record.
pub(super) fn file_name(file: &SourceFile<'_>, record: usize) -> Option<String> {
    let mut json = Cursor::new(file.bytes);
    json.seek(file.index.images.offset(record)?);
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

/// The path below the image folder that a file name means.
///
/// # Errors
/// Why it is refused, as the end of a sentence.
pub(super) fn safe_path(name: &str) -> Result<String, &'static str> {
    if name.starts_with('/') {
        return Err("is an absolute path");
    }
    if name.contains('\\') {
        return Err("has a backslash in it");
    }
    if name.chars().any(char::is_control) {
        return Err("has a control character in it");
    }
    let mut letters = name.bytes();
    if letters.next().is_some_and(|b| b.is_ascii_alphabetic()) && letters.next() == Some(b':') {
        return Err("begins with a drive letter");
    }
    let parts: Vec<&str> = name.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    if parts.contains(&"..") {
        return Err("leads out of its folder");
    }
    if parts.is_empty() {
        return Err("is empty");
    }
    Ok(parts.join("/"))
}

/// The folder of each split in which the most sampled photographs are; nothing where none is.
pub(super) fn folders(
    root: &Path,
    given: Option<&Path>,
    splits: &[(Option<String>, Vec<&SourceFile<'_>>)],
) -> Vec<ImageFolder> {
    let mut chosen = Vec::new();
    for (split, files) in splits {
        let names: Vec<String> =
            files.iter().flat_map(|file| file_names(file, SAMPLE)).take(SAMPLE).collect();
        let names: Vec<String> = names.iter().filter_map(|name| safe_path(name).ok()).collect();
        let mut places = Vec::new();
        let named = split.as_deref().filter(|s| safe_path(s).is_ok_and(|s| !s.contains('/')));
        match given {
            Some(given) => {
                places.push(given.to_owned());
                places.extend(named.map(|s| given.join(s)));
                places.extend(named.map(|s| given.join("images").join(s)));
                places.push(given.join("images"));
            }
            None => {
                places.extend(named.map(|s| root.join("images").join(s)));
                places.extend(named.map(|s| root.join(s)));
                places.push(root.join("images"));
                let beside = files.first().and_then(|f| f.source.path.parent());
                places.extend(beside.map(Path::to_owned));
                places.push(root.to_owned());
            }
        }
        let count = |folder: &Path| names.iter().filter(|name| folder.join(name).is_file()).count();
        let best = places
            .into_iter()
            .map(|folder| (count(&folder), folder))
            .reduce(|a, b| if b.0 > a.0 { b } else { a });
        if let Some((found, path)) = best
            && found > 0
        {
            chosen.push(ImageFolder { split: split.clone(), path });
        }
    }
    chosen
}

/// The columns of the heavy group, and what fills them.
#[derive(Debug)]
pub(super) struct Photos {
    embed: bool,
    root: PathBuf,
    folder: Option<PathBuf>,
    image_id: IdColumn,
    ends: Ends,
    bytes: Vec<u8>,
    bytes_valid: NullBufferBuilder,
    paths: Texts,
    valid: NullBufferBuilder,
    hashes: Vec<u8>,
    hashes_valid: NullBufferBuilder,
    pub(super) summary: ImagesSummary,
}

impl Photos {
    /// Photographs in these folders; links are relative to `root`.
    pub(super) fn new(embed: bool, root: PathBuf, folders: Vec<ImageFolder>, ids: IdType) -> Photos {
        Photos {
            embed,
            root,
            folder: None,
            image_id: IdColumn::new(ids),
            ends: Ends::new(),
            bytes: Vec::new(),
            bytes_valid: NullBufferBuilder::new(0),
            paths: Texts::new(),
            valid: NullBufferBuilder::new(0),
            hashes: Vec::new(),
            hashes_valid: NullBufferBuilder::new(0),
            summary: ImagesSummary { folders, ..ImagesSummary::default() },
        }
    }

    /// The fields, in the order in which columns come.
    pub(super) fn fields(&self, ids: IdType) -> Vec<Field> {
        let hash = if self.embed { field::row("content_hash") } else { None };
        [Some(field::image_id(ids)), field::row("img"), hash].into_iter().flatten().collect()
    }

    /// The folder that links are relative to.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    pub(super) fn rows(&self) -> usize {
        self.valid.len()
    }

    /// How many bytes the builders hold, about.
    pub(super) fn held(&self) -> usize {
        self.bytes.len() + self.paths.bytes() + self.hashes.len()
    }

    /// The rows of a split begin.
    pub(super) fn begin_split(&mut self, split: Option<&str>) {
        let folder = self.summary.folders.iter().find(|f| f.split.as_deref() == split);
        self.folder = folder.map(|f| f.path.clone());
    }

    /// The file of a name in the folder of the current split, if it is there.
    fn file(&self, name: &str) -> Option<(PathBuf, u64)> {
        let path = self.folder.as_ref()?.join(name);
        let meta = std::fs::metadata(&path).ok().filter(std::fs::Metadata::is_file)?;
        Some((path, meta.len()))
    }

    /// How many bytes the file of a name would take.
    pub(super) fn size(&self, name: &str) -> u64 {
        safe_path(name).ok().and_then(|name| self.file(&name)).map_or(0, |(_, bytes)| bytes)
    }

    /// The next row.
    pub(super) fn push(
        &mut self,
        id: Option<&Id>,
        name: Option<&str>,
        place: &Place,
        job: &Job,
    ) -> Result<()> {
        self.image_id.push(id)?;
        let found = match name.map(|name| (name, safe_path(name))) {
            None => None,
            Some((name, Err(why))) => {
                let what = format!("the file name {name:?} {why}");
                job.warn(Warning::new("coco.unsafe-file-name", place.clone(), what, "the row has no image"))?;
                None
            }
            Some((name, Ok(path))) => {
                let found = self.file(&path);
                if found.is_none() {
                    self.summary.absent += 1;
                    let what = format!("there is no file {name:?}");
                    job.warn(Warning::new("coco.absent-image", place.clone(), what, "the row has no image"))?;
                }
                found
            }
        };
        match found {
            Some((path, length)) if self.embed => self.embed(&path, length)?,
            Some((path, _)) => {
                self.paths.push(&relative(&self.root, &path))?;
                self.summary.linked += 1;
                self.no_bytes();
                self.valid.append_non_null();
            }
            None => {
                self.paths.push_null();
                self.no_bytes();
                self.valid.append_null();
            }
        }
        Ok(())
    }

    fn no_bytes(&mut self) {
        self.ends.push_empty();
        self.bytes_valid.append_null();
        self.hashes.extend([0; 16]);
        self.hashes_valid.append_null();
    }

    fn embed(&mut self, path: &Path, length: u64) -> Result<()> {
        let place = || Place::area("coco").file(path);
        if i32::try_from(length).is_err() {
            let what = format!("the image has {length} bytes, more than a row can hold");
            return Err(Error::new(ErrorKind::Limit, what).at(place()).remedy("link the images instead"));
        }
        let start = self.bytes.len();
        let mut file = std::fs::File::open(path).map_err(|e| Error::io("open", e).at(place()))?;
        // The file itself, not an adapter around it: it knows its length and is read by one call.
        let read = file.read_to_end(&mut self.bytes).map_err(|e| Error::io("read", e).at(place()))?;
        self.ends.push(self.bytes.len())?;
        self.bytes_valid.append_non_null();
        let bytes = self.bytes.get(start..).unwrap_or_default();
        let hash = blake3::hash(bytes);
        self.hashes.extend(hash.as_bytes().iter().take(16));
        self.hashes_valid.append_non_null();
        self.paths.push_null();
        self.valid.append_non_null();
        self.summary.embedded += 1;
        self.summary.bytes += u64::try_from(read).unwrap_or(0);
        Ok(())
    }

    /// The columns, in the order of [`Photos::fields`], empty again.
    pub(super) fn finish(&mut self) -> Result<Vec<ArrayRef>> {
        // The next batch will be about as large: its buffer is made at once, not grown by copying.
        let next = Vec::with_capacity(self.bytes.len());
        let bytes = Buffer::from_vec(std::mem::replace(&mut self.bytes, next));
        let bytes = BinaryArray::try_new(self.ends.finish(), bytes, self.bytes_valid.finish())?;
        let DataType::Struct(fields) = field::image_type() else { return Ok(Vec::new()) };
        let members: Vec<ArrayRef> = vec![Arc::new(bytes), self.paths.finish()?];
        let img = StructArray::try_new(fields, members, self.valid.finish())?;
        let mut columns: Vec<ArrayRef> = vec![self.image_id.finish()?, Arc::new(img)];
        let hashes = std::mem::take(&mut self.hashes);
        let hashes = FixedSizeBinaryArray::try_new(16, Buffer::from_vec(hashes), self.hashes_valid.finish())?;
        if self.embed {
            columns.push(Arc::new(hashes));
        }
        Ok(columns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_file_name_leads_out_of_its_folder() {
        for bad in [
            "../a",
            "a/../../b",
            "/etc/passwd",
            "C:/a",
            "c:a",
            "..\\a",
            "a\\b",
            "a\0b",
            "",
            ".",
            "a/..",
            "//a",
        ] {
            assert!(safe_path(bad).is_err(), "{bad:?}");
        }
        for (name, path) in
            [("a.jpg", "a.jpg"), ("./x//a.jpg", "x/a.jpg"), ("a..b/c", "a..b/c"), ("é 1.jpg", "é 1.jpg")]
        {
            assert_eq!(safe_path(name).unwrap(), path);
        }
    }
}
