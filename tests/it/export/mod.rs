//! What views of any origin become as COCO files, and what is said of the rest.

mod foreign;
mod made;
mod promises;

use std::path::{Path, PathBuf};

use lensframe::convert::{ExportOptions, ExportSummary, coco};
use lensframe::dataset::Dataset;
use lensframe::dataset::store::Store;
use lensframe::job::Job;
use serde_json::Value as Json;

/// A folder for what a test writes, and a dataset in it that COCO never saw.
struct Work {
    folder: tempfile::TempDir,
    store: Store,
}

impl Work {
    fn new() -> Work {
        let folder = tempfile::tempdir().unwrap();
        let store = made::store(folder.path());
        Work { folder, store }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Exports to a single file.
    fn single(&self, ds: &Dataset) -> (Json, ExportSummary) {
        let out = self.path("out.json");
        let options = ExportOptions { replace: true, ..ExportOptions::default() };
        let summary = coco::export(&self.store, ds, &out, &options, &Job::new()).unwrap();
        (json(&out), summary)
    }
}

fn json(path: &Path) -> Json {
    let bytes = std::fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_slice(&bytes).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The report as `key values changed` lines.
fn losses(summary: &ExportSummary) -> Vec<String> {
    let line = |l: lensframe::convert::Loss<'_>| {
        format!("{} {} {}", l.key, l.values, if l.changed { "changed" } else { "lost" })
    };
    summary.loss.iter().map(line).collect()
}

/// A member of every record of a table; null where it is absent.
fn all(tree: &Json, table: &str, member: &str) -> Json {
    tree[table].as_array().unwrap().iter().map(|record| record[member].clone()).collect()
}
