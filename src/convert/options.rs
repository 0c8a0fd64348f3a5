//! What every conversion can be told, and what it tells.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::loss::LossReport;
use super::photos::Photos;
use super::source::Source;
use crate::dataset::store::{Storage, WriterOptions};
use crate::place::{Tree, TreeKind};

/// What an import does with the images of a dataset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Images {
    /// Link them where they are found in folders, embed them where they are found in archives, go without
    /// where they are not found.
    #[default]
    Auto,
    /// Store their bytes, unchanged, in the dataset.
    Embed,
    /// Store their paths relative to the image roots, which may be archives.
    Link,
    /// Leave them out.
    None,
}

/// What the corners of boxes mean in formats that do not agree on it (Pascal VOC and its dialects).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Coords {
    /// The first pixel is 1 and the far corner belongs to the box, as in the VOC devkit: x = xmin − 1,
    /// w = xmax − xmin + 1.
    #[default]
    Voc,
    /// The first pixel is 0 and the far corner belongs to the box: x = xmin, w = xmax − xmin + 1.
    ZeroBased,
    /// The first pixel is 1 and the far corner is the first beyond the box: x = xmin − 1, w = xmax − xmin.
    Exclusive,
    /// The first pixel is 0 and the far corner is the first beyond the box: x = xmin, w = xmax − xmin.
    ZeroExclusive,
}

/// What an import does with records that make no sense.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnError {
    /// Keeps, with a warning, what can be kept as it is declared; a file that cannot be read is an error.
    #[default]
    Keep,
    /// Leaves out, with a warning, such records and files.
    Skip,
}

/// How a source is imported.
#[derive(Clone, Debug)]
pub struct ImportOptions {
    /// What is done with the images.
    pub images: Images,
    /// Folders and archives that images are sought in, in this order; by default the source itself says.
    pub image_roots: Vec<PathBuf>,
    /// The splits to import, all if empty. For a single annotation file, one name is the name of its split.
    pub splits: Vec<String>,
    /// What the corners of boxes mean.
    pub coords: Coords,
    /// What becomes of records that make no sense.
    pub on_error: OnError,
    /// The form of the files written.
    pub storage: Storage,
    /// How large shards are to be, in bytes. An interrupted import goes on from the last that is finished.
    pub shard_bytes: u64,
    /// Give an existing dataset a new version instead of refusing.
    pub replace: bool,
    /// Look at the headers of photographs: sizes that are not declared are filled in, those that disagree are
    /// counted, and `orientation` tells on which picture annotations lie. Of linked files the first 8 KiB are read.
    pub probe: bool,
    /// The dataset is for the moment: images in archives are linked too and no photograph is looked at, since
    /// most looks at a dataset need none; an interrupted import leaves nothing to go on from.
    pub momentary: bool,
}

impl ImportOptions {
    /// True if headers of photographs are looked at.
    pub(in crate::convert) fn probes(&self) -> bool {
        self.probe && !self.momentary
    }

    /// True if images from this tree are stored, false if they are linked.
    pub(in crate::convert) fn embeds(&self, tree: &Tree) -> bool {
        match self.images {
            Images::Embed => true,
            Images::Auto => tree.kind() != TreeKind::Folder && !self.momentary,
            Images::Link | Images::None => false,
        }
    }

    /// How the writer of an import works. `stamps` tells which state of the source is read: an import that was
    /// interrupted goes on only with the same, and with images from the same places.
    pub(in crate::convert) fn writer(
        &self,
        format: &str,
        source: &Source,
        stamps: &str,
        photos: Option<&Photos>,
    ) -> WriterOptions {
        let work = json!({
            "program": env!("CARGO_PKG_VERSION"), "format": format, "source": source.path().to_string_lossy(),
            "stamps": stamps, "images": self.images, "image_roots": self.image_roots, "splits": self.splits,
            "coords": self.coords, "on_error": self.on_error, "shard_bytes": self.shard_bytes, "probe": self.probes(),
            "photos": photos.map(Photos::stamp), "parquet": self.storage == Storage::Parquet, "base": source.tree().base(),
        });
        WriterOptions {
            storage: self.storage,
            shard_bytes: self.shard_bytes,
            // Small shards are cut where they should be, not a batch later.
            batch_bytes: WriterOptions::default().batch_bytes.min((self.shard_bytes / 4).max(1)),
            replace: self.replace,
            resume: (!self.momentary).then(|| work.to_string()),
        }
    }
}

impl Default for ImportOptions {
    fn default() -> ImportOptions {
        ImportOptions {
            images: Images::default(),
            image_roots: Vec::new(),
            splits: Vec::new(),
            coords: Coords::default(),
            on_error: OnError::default(),
            storage: Storage::default(),
            shard_bytes: WriterOptions::default().shard_bytes,
            replace: false,
            probe: true,
            momentary: false,
        }
    }
}

/// What was imported.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportSummary {
    /// The version of the dataset that was written.
    pub version: u64,
    /// How many rows (images) it has.
    pub rows: u64,
    /// How many objects each object set has; the default set is `""`.
    pub objects: Vec<(String, u64)>,
    /// How many annotations belong to no image and lie in the residue.
    pub orphans: u64,
    /// How many rows an interrupted import had written, which were taken over.
    pub resumed: u64,
    /// The annotation files, relative to the source; folders of many files count as one.
    pub files: Vec<String>,
    /// What happened to the images.
    pub images: ImagesSummary,
}

/// Where the images of one split are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageFolder {
    /// The split; `None` for rows without one.
    pub split: Option<String>,
    /// The folder that file names are relative to, the archive's own path before it where it is in one.
    pub path: PathBuf,
}

/// What happened to the images.
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

/// What an export does with images.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ExportImages {
    /// Writes embedded images out as files, leaves linked ones where they are.
    #[default]
    Auto,
    /// Writes embedded images out and copies linked ones.
    Copy,
    /// Writes none.
    None,
}

/// How to export.
#[derive(Clone, Debug, Default)]
pub struct ExportOptions {
    /// Only this object set (`""` is the default set); `None` for all.
    pub set: Option<String>,
    /// Files that are there may be replaced.
    pub replace: bool,
    /// What to do with images.
    pub images: ExportImages,
    /// Members that the format's evaluation needs and the dataset does not say are made up, also in files that an
    /// import knew: for COCO, `area` is that of the segmentation, else of the box; `iscrowd` is 0.
    pub fill: bool,
}

/// What an export wrote.
#[derive(Clone, Debug, Default)]
pub struct ExportSummary {
    /// The files, in the order they were finished.
    pub files: Vec<PathBuf>,
    /// Rows that are in at least one file.
    pub rows: u64,
    /// Annotations in all files.
    pub objects: u64,
    /// Images written.
    pub images: u64,
    /// What the format could not hold.
    pub loss: LossReport,
}
