//! The formats that can be read and written, and how one is found out from a path.

use std::path::{Path, PathBuf};

use super::options::{ExportOptions, ExportSummary, ImportOptions, ImportSummary};
use super::source::Source;
use super::{cityscapes, coco, panoptic, voc};
use crate::dataset::Dataset;
use crate::dataset::store::Store;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::job::Job;

/// A file format: what it is called, what it can hold, and how it is read and written.
#[derive(Clone, Copy, Debug)]
pub struct Format {
    name: &'static str,
    reads: &'static str,
    writes: &'static str,
    detect: fn(&Source) -> Option<String>,
    import: Option<Import>,
    export: Option<Export>,
}

type Import = fn(&Source, &Path, &ImportOptions, &Job) -> Result<ImportSummary>;
type Export = fn(&Store, &Dataset, &Path, &ExportOptions, &Job) -> Result<ExportSummary>;

/// Every format, in the order in which a path is tried.
static FORMATS: [Format; 5] = [
    Format {
        name: "panoptic",
        reads: "COCO panoptic files with their PNGs",
        writes: "the same; PNGs painted from segmentations where there are none",
        detect: panoptic::detect,
        import: Some(coco::import_source),
        export: Some(panoptic::export),
    },
    Format {
        name: "coco",
        reads: "instances, person_keypoints, captions, stuff, panoptic, labels, image_info, results",
        writes: "the same; panoptic segments of the default set as annotations with masks",
        detect: coco::detect,
        import: Some(coco::import_source),
        export: Some(panoptic::export_coco),
    },
    Format {
        name: "voc",
        reads: "Annotations, ImageSets, SegmentationClass, SegmentationObject; folders of XML",
        writes: "the same, JPEGImages",
        detect: voc::detect,
        import: Some(voc::import_source),
        export: Some(voc::export),
    },
    Format {
        name: "cityscapes",
        reads: "leftImg8bit with gtFine or gtCoarse: labelIds or labelTrainIds, instanceIds",
        writes: "",
        detect: cityscapes::detect,
        import: Some(cityscapes::import_source),
        export: None,
    },
    Format {
        name: "labels",
        reads: "",
        writes: "label maps as they are; else PNGs of class numbers from panoptic PNGs or segmentations",
        detect: |_| None,
        import: None,
        export: Some(panoptic::export_labels),
    },
];

/// A format that a path was found to be in, and what gave it away.
#[derive(Clone, Debug)]
pub struct Found {
    /// The format.
    pub format: &'static Format,
    /// What gave it away, for people.
    pub why: String,
    /// What was looked into: the path itself, or the folder in it that holds the dataset.
    pub source: Source,
}

/// How many folders that hold nothing but one folder are gone through.
const DEPTH: usize = 4;

/// The formats there are.
///
/// ```
/// assert!(lensframe::convert::formats().iter().any(|format| format.name() == "coco"));
/// ```
pub fn formats() -> &'static [Format] {
    &FORMATS
}

/// The format of this name.
///
/// # Errors
/// [`ErrorKind::NotFound`], naming those there are.
pub fn format(name: &str) -> Result<&'static Format> {
    FORMATS.iter().find(|f| f.name == name).ok_or_else(|| {
        let known: Vec<&str> = FORMATS.iter().map(|f| f.name).collect();
        Error::new(ErrorKind::NotFound, format!("no format '{name}'"))
            .at(Place::area("convert"))
            .remedy(format!("there are: {}", known.join(", ")))
    })
}

/// The format of a file, folder or archive, by what lies there. A folder that is alone in a folder or archive
/// is looked into. Links may lead into `roots` too.
///
/// # Errors
/// [`ErrorKind::NotFound`] where there is nothing, [`ErrorKind::Format`] if no format is recognised.
pub fn detect(path: &Path, roots: &[PathBuf], job: &Job) -> Result<Found> {
    let source = Source::open(path, roots, job)?;
    if let Some(found) = look(source.clone(), &FORMATS) {
        return Ok(found);
    }
    // What cannot be read is not to be called unknown.
    source.try_reading()?;
    Err(Error::new(ErrorKind::Format, "in no format that is known here")
        .at(Place::area("convert").file(path))
        .remedy("name it with --from; `lensframe formats` lists them"))
}

/// The first of some formats that a source is in.
fn look(mut source: Source, formats: &'static [Format]) -> Option<Found> {
    for _ in 0..DEPTH {
        if let Some((format, why)) = formats.iter().find_map(|f| Some((f, (f.detect)(&source)?))) {
            return Some(Found { format, why, source });
        }
        source = source.within(&source.only_folder()?);
    }
    None
}

impl Format {
    /// What it is called on the command line.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// What of it can be read, for people; empty if nothing.
    pub fn reads(&self) -> &'static str {
        self.reads
    }

    /// What of it can be written, for people; empty if nothing.
    pub fn writes(&self) -> &'static str {
        self.writes
    }

    /// Makes a dataset at `dst` of what is at `src`. An import that was interrupted goes on where its last
    /// fragment ended.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] for a format that is only written; those of the format and of
    /// [`crate::dataset::store::Writer`]. Then there is no dataset, or the old one.
    pub fn import(
        &'static self,
        src: &Path,
        dst: &Path,
        options: &ImportOptions,
        job: &Job,
    ) -> Result<ImportSummary> {
        let source = Source::open(src, &options.image_roots, job)?;
        let found = look(source.clone(), std::slice::from_ref(self));
        self.import_source(&found.map_or(source, |found| found.source), dst, options, job)
    }

    /// As [`Format::import`], of a source that is open, exactly there.
    ///
    /// # Errors
    /// As [`Format::import`].
    pub fn import_source(
        &self,
        source: &Source,
        dst: &Path,
        options: &ImportOptions,
        job: &Job,
    ) -> Result<ImportSummary> {
        let Some(import) = self.import else {
            let readable: Vec<&str> = FORMATS.iter().filter(|f| f.import.is_some()).map(|f| f.name).collect();
            return Err(Error::new(ErrorKind::Unsupported, format!("'{}' is only written", self.name))
                .at(Place::area("convert"))
                .remedy(format!("these can be read: {}", readable.join(", "))));
        };
        import(source, dst, options, job)
    }

    /// Writes a view of a stored dataset to `dst`.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] for a format that is only read; those of the format. Then nothing has been given
    /// its name at `dst`.
    pub fn export(
        &self,
        store: &Store,
        ds: &Dataset,
        dst: &Path,
        options: &ExportOptions,
        job: &Job,
    ) -> Result<ExportSummary> {
        let Some(export) = self.export else {
            let writable: Vec<&str> = FORMATS.iter().filter(|f| f.export.is_some()).map(|f| f.name).collect();
            return Err(Error::new(ErrorKind::Unsupported, format!("'{}' is only read", self.name))
                .at(Place::area("convert"))
                .remedy(format!("these can be written: {}", writable.join(", "))));
        };
        export(store, ds, dst, options, job)
    }
}
