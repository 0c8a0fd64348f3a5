//! `lensframe demo`: everything the program does, on scenes it draws, in a few seconds.

use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};

use super::args::DemoArgs;
use super::print::{Printer, bytes, count, plural};
use super::save::save;
use crate::convert::{self, ExportImages, ExportOptions, Images, ImportOptions};
use crate::dataset::store::{self, Depth, Operation, SetOptions, Storage, Store, WriterOptions};
use crate::dataset::{Access, Align, Dataset};
use crate::error::{Error, ErrorKind, Place, Result, ResultExt};
use crate::eval::coco::{Coco, Kind, Params};
use crate::eval::columns::{self, Role};
use crate::eval::errors::{Findings, Pictures};
use crate::eval::read::Wanted;
use crate::eval::{Matching, join};
use crate::gallery::Gallery;
use crate::image::{Encoding, encode};
use crate::job::Job;
use crate::model::{Device, Model, zoo};
use crate::predict::{IntoSet, Predictor, Run, Summary, known};
use crate::synth::{Options, Scenes};

/// What marks a folder as ours to empty.
const MARK: &str = ".lensframe-demo";

/// The seed of the scenes.
const SEED: u64 = 7;

/// Everything the demo writes.
struct Places {
    drawn: PathBuf,
    coco: PathBuf,
    voc: PathBuf,
    scenes: PathBuf,
    parquet: PathBuf,
    back: PathBuf,
}

pub(super) fn run(args: &DemoArgs, printer: &Printer, job: &Job) -> Result<()> {
    claim(&args.folder, args.force)?;
    let at = |name: &str| args.folder.join(name);
    let places = Places {
        drawn: at("drawn.lf"),
        coco: at("coco"),
        voc: at("voc"),
        scenes: at("scenes.lf"),
        parquet: at("scenes-parquet.lf"),
        back: at("back"),
    };

    printer.say("1. draw: 48 scenes with masks, keypoints, captions, label maps, panoptic ids")?;
    let options = Options {
        count: 48,
        height: 144.into(),
        width: 192.into(),
        classes: 12,
        val: 0.25,
        // VOC's class PNGs know classes and background.
        stuff: false,
        ..Options::default()
    };
    let scenes = Scenes::new(options, SEED)?;
    let written = scenes.write(&places.drawn, WriterOptions::default(), &|_| true, job)?;
    printer.say(&format!("   {}, {}", plural(written.rows, "row"), plural(written.objects, "object")))?;

    printer.say("2. predict: a small network of our own finds the shapes, a set beside the truth")?;
    let predicted = predict(&places.drawn, printer, job)?;

    printer.say("3. export: the scenes to COCO and to VOC")?;
    let drawn = Store::open(&places.drawn)?;
    let mut files = 0;
    for (name, dst, keys) in [
        ("coco", &places.coco, &["panoptic", "label_map", "instance_map", "pred"][..]),
        ("voc", &places.voc, &["panoptic", "captions", "pred"][..]),
    ] {
        let format = convert::format(name)?;
        let export = ExportOptions { images: ExportImages::Copy, ..ExportOptions::default() };
        let summary = format.export(&drawn, &without(&drawn.dataset(), keys)?, dst, &export, job)?;
        printer.say(&format!("   {}: {}", dst.display(), plural(summary.files.len() as u64, "file")))?;
        files += summary.files.len();
    }

    printer.say("4. convert: COCO linked into Arrow, VOC embedded into Parquet")?;
    let found = convert::detect(&places.coco, &[], job)?;
    printer.say(&format!("   {}: {}", places.coco.display(), found.why))?;
    found.format.import_source(&found.source, &places.scenes, &ImportOptions::default(), job)?;
    let options =
        ImportOptions { images: Images::Embed, storage: Storage::Parquet, ..ImportOptions::default() };
    convert::detect(&places.voc, &[], job)?.format.import(&places.voc, &places.parquet, &options, job)?;

    printer.say("5. look: both as one, sliced and shuffled, nothing copied")?;
    let (coco, voc) = (Store::open(&places.scenes)?, Store::open(&places.parquet)?);
    views(&coco.dataset(), &voc.dataset(), printer)?;

    printer.say("6. export: back to COCO, equal as JSON values")?;
    let options = ExportOptions::default();
    convert::format("coco")?.export(&coco, &coco.dataset(), &places.back, &options, job)?;
    let compared = compare(&places.coco.join("annotations"), &places.back.join("annotations"))?;
    printer.say(&format!("   {} compared, no difference", plural(compared, "file")))?;

    printer.say("7. verify: every byte against its checksum, every value against its rules")?;
    let mut checked = 0;
    for path in [&places.drawn, &places.scenes, &places.parquet] {
        let report = store::verify(path, Depth::Values, job)?;
        if let Some(problem) = report.problems.first() {
            return Err(problem.clone());
        }
        checked += report.bytes;
    }
    printer.say(&format!("   {} sound", bytes(checked)))?;

    printer.say("8. view: a contact sheet of truth, detections and label maps")?;
    let sheet = at("sheet.png");
    let panels = ["default", "pred", "label_map"].map(str::to_owned).to_vec();
    let gallery = Gallery { panels, tile: 200, columns: Some(2), ..Gallery::default() };
    let picture = gallery.sheet(&drawn.dataset().slice(..8)?, job)?;
    save(&sheet, &encode(&picture.pixels, Encoding::Png)?, false)?;
    printer.say(&format!("   {}: {}", sheet.display(), plural(picture.rows, "row")))?;

    printer.say("9. eval: the detections against the truth, with COCO's numbers and a page")?;
    let page = at("report.html");
    let ap = evaluate(&drawn.dataset(), &page, printer, job)?;
    printer
        .say(&format!("   {}: what is confused, what each error costs, the worst images", page.display()))?;
    printer.say(&format!("\nlook around: lensframe head {}", places.drawn.display()))?;
    let object = json!({
        "folder": args.folder, "rows": written.rows, "objects": written.objects, "files_exported": files,
        "found": predicted.objects, "files_compared": compared, "bytes_verified": checked,
        "sheet": sheet, "report": page, "AP": ap,
    });
    printer.show(&object, String::new)
}

/// Sends the scenes through the network that comes with the program, and stores what it finds as `pred`.
fn predict(drawn: &Path, printer: &Printer, job: &Job) -> Result<Summary> {
    let graph = Model::from_bytes(zoo::SHAPES)?.into_graph();
    let predictor = Predictor::new(graph, known::recipe("shapes")?, Device::Auto, job)?;
    let store = Store::open(drawn)?;
    let ds = store.dataset();
    let rows = ds.rows().iter().collect();
    let mut sink = IntoSet::begin(&store, "pred", rows, SetOptions::default(), &predictor, job)?;
    let run = Run { batch: 8, workers: job.thread_budget(), skip: false };
    let summary = run.send(&ds, &predictor, &mut sink, job)?;
    sink.commit(Operation::new("predict").with("model", "shapes"))?;
    printer.say(&format!(
        "   {} in {:.1} s on {}",
        plural(summary.objects, "object"),
        summary.seconds,
        predictor.session().device_name()
    ))?;
    Ok(summary)
}

/// Evaluates the set `pred` and writes the page; the AP.
fn evaluate(drawn: &Dataset, page: &Path, printer: &Printer, job: &Job) -> Result<Option<f64>> {
    let params = Params::new(Kind::Bbox);
    let wanted = Wanted::by(&params.kind);
    let truth = columns::side(drawn, "", Role::Truth, &wanted, job)?;
    let found = columns::side(drawn, "pred", Role::Found, &wanted, job)?;
    let comparison = join(truth, found, &Matching::default())?;
    let mut coco = Coco::new(params.clone(), comparison.classes.len())?;
    coco.update(&comparison.batch(&comparison.ids()), job)?;
    let mut report = coco.report(&comparison, "shapes that a small network found", job)?;
    for line in report.lines.iter().flatten().take(3) {
        printer.say(&format!("  {line}"))?;
    }
    let findings = Findings::of(&comparison, &params.kind, job)?;
    findings.attach(&comparison, &mut report);
    let worst = findings.ranking.worst(8);
    report.pictures = Pictures::new(params.kind).of(&comparison, &findings.ranking, worst, drawn, job)?;
    save(page, report.to_html().as_bytes(), false)?;
    Ok(report.value("AP"))
}

/// The view without the keys and the sets of these names.
fn without(ds: &Dataset, names: &[&str]) -> Result<Dataset> {
    let dropped = |key: &str| names.contains(&key.split('.').next().unwrap_or(key));
    let kept: Vec<bool> = ds.keys().iter().map(|key| !key.name().is_some_and(dropped)).collect();
    ds.select(kept)
}

/// The same scenes twice, from COCO and from VOC: labels are made to mean the same, then rows are joined.
fn views(coco: &Dataset, voc: &Dataset, printer: &Printer) -> Result<()> {
    let keys = ["file_name", "split", "label"];
    let Some(classes) = coco.classes("") else {
        return Err(Error::new(ErrorKind::NotFound, "COCO's categories are not there"));
    };
    let voc = voc.select(keys)?.align_classes(classes, &Align::by_name())?;
    let both = Dataset::concat([&coco.select(keys)?, &voc])?;
    let ends = Dataset::concat([&both.slice(..3)?, &both.slice(both.len() - 3..)?])?;
    let batch = ends.read_all(&Access::default())?.whole()?;
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
    let shuffled = both.shuffle(1);
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
