//! Pascal VOC, in and out.

mod bad_input;
mod export;
mod law;
mod layouts;
mod real_data;
mod resume;
mod twin;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use lensframe::convert::{ExportImages, ExportOptions, ExportSummary, ImportOptions, ImportSummary, voc};
use lensframe::dataset::store::Store;
use lensframe::dataset::{Dataset, Value};
use lensframe::error::Result;
use lensframe::job::Job;
use serde_json::{Value as Json, json};

/// A folder with files, and a place for a dataset beside it.
struct Case {
    dir: tempfile::TempDir,
    job: Job,
}

impl Case {
    fn new(files: &[(&str, &str)]) -> Case {
        let case = Case { dir: tempfile::tempdir().unwrap(), job: Job::new() };
        for (name, text) in files {
            case.put(name, text.as_bytes());
        }
        case
    }

    fn put(&self, name: &str, bytes: &[u8]) {
        let path = self.src().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    fn src(&self) -> PathBuf {
        self.dir.path().join("src")
    }

    fn out(&self) -> PathBuf {
        self.dir.path().join("out")
    }

    fn dataset(&self) -> PathBuf {
        self.dir.path().join("ds.lf")
    }

    fn import(&self, options: &ImportOptions) -> Result<ImportSummary> {
        voc::import(&self.src(), &self.dataset(), options, &self.job)
    }

    fn store(&self) -> Store {
        Store::open(&self.dataset()).unwrap()
    }

    fn imported(&self) -> Store {
        self.import(&ImportOptions::default()).unwrap();
        self.store()
    }

    fn export(&self, ds: &Dataset, images: ExportImages) -> Result<ExportSummary> {
        let options = ExportOptions { images, ..ExportOptions::default() };
        voc::export(&self.store(), ds, &self.out(), &options, &self.job)
    }

    fn warned(&self, code: &str) -> u64 {
        self.job.warnings().count(code)
    }

    /// The warnings of a code, as they are shown, without the name of the folder.
    fn said(&self, code: &str) -> Vec<String> {
        let folder = format!("{}/", self.src().display());
        let warnings = self.job.warnings();
        let of = warnings.iter().filter(|(known, ..)| *known == code).flat_map(|(_, _, w)| w.to_vec());
        of.map(|w| w.to_string().replace(&folder, "")).collect()
    }
}

/// A value of a row as JSON.
fn value(ds: &Dataset, row: usize, key: &str) -> Json {
    as_json(ds.select([key].as_slice()).unwrap().get(row).unwrap().get(0).unwrap())
}

fn as_json(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(flag) => json!(flag),
        Value::Int(value) => json!(value),
        Value::UInt(value) => json!(value),
        Value::Float(value) => json!(value),
        Value::Text(text) => json!(&**text),
        Value::Bytes(bytes) => json!(bytes.len()),
        Value::Array(list) => (0..list.len()).map(|i| as_json(&Value::of(list, i))).collect(),
        Value::List(list) => list.iter().map(as_json).collect(),
        Value::Record(members) => {
            members.iter().filter(|(_, v)| !v.is_null()).map(|(n, v)| (n.clone(), as_json(v))).collect()
        }
    }
}

/// Every file below a folder.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    fn walk(root: &Path, folder: &Path, all: &mut BTreeMap<String, Vec<u8>>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(root, &path, all);
            } else {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
                all.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    let mut all = BTreeMap::new();
    walk(folder, folder, &mut all);
    all
}

/// Holds two trees to be the same: XML as values, all other files byte by byte.
fn assert_same_trees(before: &BTreeMap<String, Vec<u8>>, after: &BTreeMap<String, Vec<u8>>) {
    let names = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(before), names(after));
    for ((name, a), b) in before.iter().zip(after.values()) {
        if name.ends_with(".xml") {
            let read = |bytes: &[u8]| twin::read(std::str::from_utf8(bytes).unwrap());
            assert_eq!(read(a), read(b), "{name}\n{}", String::from_utf8_lossy(b));
        } else {
            assert!(a == b, "{name}");
        }
    }
}
