//! COCO import: layouts, joining, what is kept as declared, bad input, photographs, real data.

mod bad_input;
mod corpus;
mod folders;
mod photographs;
mod real_data;
mod rebuild;
mod records;

use std::path::{Path, PathBuf};

use lensframe::convert::coco::{detect, import};
use lensframe::convert::{Images, ImportOptions, ImportSummary, Source};
use lensframe::dataset::store::Store;
use lensframe::job::Job;

/// A folder with these files in it.
fn folder_of(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

/// Imports without images into a dataset beside the source.
fn imported(src: &Path) -> (tempfile::TempDir, Store, ImportSummary, Job) {
    imported_with(src, &ImportOptions { images: Images::None, ..ImportOptions::default() })
}

fn imported_with(src: &Path, options: &ImportOptions) -> (tempfile::TempDir, Store, ImportSummary, Job) {
    let (home, job) = (tempfile::tempdir().unwrap(), Job::new());
    let path = home.path().join("a.lf");
    let summary = import(src, &path, options, &job).unwrap();
    let store = Store::open(&path).unwrap();
    (home, store, summary, job)
}

/// The folder of real data, if it is there: `LENSFRAME_REAL_DATA`, or beside the project.
fn real_data() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let path = std::env::var_os("LENSFRAME_REAL_DATA").map_or_else(beside, PathBuf::from);
    if !path.is_dir() {
        println!("skipped: there is no folder {}", path.display());
        return None;
    }
    Some(path)
}
/// True if a path is recognised as COCO.
fn looks_coco(path: &Path) -> bool {
    Source::open(path, &[], &Job::new()).is_ok_and(|source| detect(&source).is_some())
}
