//! `lensframe demo`: everything the program does, on scenes it draws, in a few seconds.

use std::path::Path;

use serde_json::{Value as Json, json};

use super::args::DemoArgs;
use super::print::{Printer, bytes, count, plural};
use super::scene;
use crate::convert::{self, ExportOptions, Images, ImportOptions};
use crate::dataset::store::{self, Depth, Storage, Store};
use crate::dataset::{Access, Dataset};
use crate::error::{Error, ErrorKind, Place, Result, ResultExt};
use crate::job::Job;

/// What marks a folder as ours to empty.
const MARK: &str = ".lensframe-demo";

pub(super) fn run(args: &DemoArgs, printer: &Printer, job: &Job) -> Result<()> {
    let folder = &args.folder;
    claim(folder, args.force)?;
    let (coco, linked, embedded, back) = (
        folder.join("coco"),
        folder.join("scenes.lf"),
        folder.join("scenes-parquet.lf"),
        folder.join("back"),
    );

    printer.say("1. draw: a COCO folder of 48 scenes, with captions")?;
    scene::write_coco(&coco, 36, 12, 7, job)?;
    let found = convert::detect(&coco, &[], job)?;
    printer.say(&format!("   {}: {}", coco.display(), found.why))?;

    printer.say("2. convert: linked into Arrow, embedded into Parquet")?;
    let summary = found.format.import_source(&found.source, &linked, &ImportOptions::default(), job)?;
    let options =
        ImportOptions { images: Images::Embed, storage: Storage::Parquet, ..ImportOptions::default() };
    found.format.import_source(&found.source, &embedded, &options, job)?;
    let objects: u64 = summary.objects.iter().map(|(_, n)| n).sum();
    printer.say(&format!("   {}, {}", plural(summary.rows, "row"), plural(objects, "object")))?;

    printer.say("3. look: views that copy nothing")?;
    let store = Store::open(&linked)?;
    let ds = store.dataset();
    views(&ds, printer)?;

    printer.say("4. export: back to COCO, equal as JSON values")?;
    found.format.export(&store, &ds, &back, &ExportOptions::default(), job)?;
    let files = compare(&coco.join("annotations"), &back.join("annotations"))?;
    printer.say(&format!("   {} compared, no difference", plural(files, "file")))?;

    printer.say("5. verify: every byte against its checksum, every value against its rules")?;
    let mut checked = 0;
    for path in [&linked, &embedded] {
        let report = store::verify(path, Depth::Values, job)?;
        if let Some(problem) = report.problems.first() {
            return Err(problem.clone());
        }
        checked += report.bytes;
    }
    printer.say(&format!("   {} sound", bytes(checked)))?;
    printer.say(&format!("\nlook around: lensframe head {}", linked.display()))?;
    let object = json!({
        "folder": folder, "rows": summary.rows, "objects": objects, "files_compared": files, "bytes_verified": checked,
    });
    printer.show(&object, String::new)
}

fn views(ds: &Dataset, printer: &Printer) -> Result<()> {
    let ends = [ds.slice(..4)?, ds.slice(ds.len() - 4..)?];
    let some = Dataset::concat(&ends)?.select(["file_name", "split", "label"])?;
    let batch = some.read_all(&Access::default())?.whole()?;
    let [names, splits, labels] = batch.columns.as_slice() else {
        return Err(Error::new(ErrorKind::Length, "three keys were asked for"));
    };
    for row in 0..batch.len {
        let objects = labels.value(row).as_array().map_or(0, |a| a.len());
        let (name, split) = (names.value(row), splits.value(row));
        printer.say(&format!(
            "   {}  {:5}  {}",
            name.as_text().unwrap_or("?"),
            split.as_text().unwrap_or("?"),
            plural(objects as u64, "object")
        ))?;
    }
    let shuffled = ds.shuffle(1);
    printer.say(&format!("   and {} rows shuffled, nothing read", count(shuffled.len() as u64)))
}

/// Compares every JSON file of one folder with its namesake in the other, as values.
fn compare(one: &Path, other: &Path) -> Result<u64> {
    let mut files = 0;
    let entries = std::fs::read_dir(one).map_err(|e| Error::io("list", e)).at(|| Place::none().file(one))?;
    for entry in entries {
        let entry = entry.map_err(|e| Error::io("list", e)).at(|| Place::none().file(one))?;
        let (a, b) = (json_file(&entry.path())?, json_file(&other.join(entry.file_name()))?);
        if a != b {
            return Err(Error::new(
                ErrorKind::Mismatch,
                "the exported file differs from the one it came from",
            )
            .at(Place::area("demo").file(entry.path())));
        }
        files += 1;
    }
    Ok(files)
}

fn json_file(path: &Path) -> Result<Json> {
    let bytes = std::fs::read(path).map_err(|e| Error::io("read", e)).at(|| Place::none().file(path))?;
    serde_json::from_slice(&bytes)
        .map_err(|e| Error::new(ErrorKind::Format, format!("not JSON: {e}")).at(Place::none().file(path)))
}

/// Makes the folder ours: it must be absent, empty, or an earlier demo that may go.
fn claim(folder: &Path, force: bool) -> Result<()> {
    let at = || Place::area("demo").file(folder);
    let occupied = std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some());
    if occupied {
        if !folder.join(MARK).exists() {
            return Err(Error::new(ErrorKind::AlreadyExists, "the folder is not empty")
                .at(at())
                .remedy("name another: lensframe demo FOLDER"));
        }
        if !force {
            return Err(Error::new(ErrorKind::AlreadyExists, "an earlier demo is there")
                .at(at())
                .remedy("use --force to replace it"));
        }
        std::fs::remove_dir_all(folder).map_err(|e| Error::io("empty the folder", e)).at(at)?;
    }
    std::fs::create_dir_all(folder).map_err(|e| Error::io("make the folder", e)).at(at)?;
    std::fs::write(folder.join(MARK), b"").map_err(|e| Error::io("write", e)).at(at)
}
