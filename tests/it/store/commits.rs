//! A commit is whole or not at all: over every prefix of a write log, on a full disk, among rivals.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use arrow_array::{ArrayRef, StringArray};
use lensframe::dataset::Rows;
use lensframe::dataset::store::{
    Depth, Edit, GcOptions, Operation, Storage, Store, Writer, WriterOptions, gc, log, verify,
};
use lensframe::error::{ErrorKind, Result};
use lensframe::job::Job;
use lensframe::place::Disk;

use super::faults::{Cut, FaultyDisk, Step, every_crash};
use super::samples::{dataset, declare, fill, image_fields, images, objects, small};

/// A change to the dataset `a.lf` below a root, through a disk.
type Change = fn(Arc<dyn Disk>, &Path) -> Result<u64>;

fn create(disk: Arc<dyn Disk>, root: &Path) -> Result<u64> {
    let mut writer = Writer::create_on(disk, &root.join("a.lf"), small(Storage::Arrow), &Job::new())?;
    write(&mut writer, 0..7)?;
    writer.commit(Operation::new("create"))
}

fn append(disk: Arc<dyn Disk>, root: &Path) -> Result<u64> {
    let mut writer = Writer::append_on(disk, &root.join("a.lf"), small(Storage::Parquet), &Job::new())?;
    write(&mut writer, 7..12)?;
    writer.save_view("val", &Rows::span(0, 2), None);
    writer.commit(Operation::new("append"))
}

fn edit(disk: Arc<dyn Disk>, root: &Path) -> Result<u64> {
    let mut edit = Edit::begin_on(disk, &root.join("a.lf"), &Job::new())?;
    let name: ArrayRef = Arc::new(StringArray::from(vec!["new"]));
    edit.update(&Rows::one(3), "file_name", &name)?;
    edit.delete_rows(&Rows::one(1))?;
    edit.commit(Operation::new("edit"))
}

/// As `samples::fill`, but passing failures on.
fn write(writer: &mut Writer, rows: std::ops::Range<u64>) -> Result<()> {
    let (heavy, light) = declare(writer);
    let middle = (rows.start + rows.end) / 2;
    for part in [rows.start..middle, middle..rows.end] {
        writer.write(heavy, &images(part.clone()))?;
        writer.write(light, &objects(part))?;
        writer.end_fragment()?;
    }
    let mut residue = writer.residue(&format!("rest {}", rows.start))?;
    std::io::Write::write_all(&mut residue, b"{}").unwrap();
    residue.finish()
}

/// The newest version, after checking that all of it is there and that nothing else stays.
fn sound_version(root: &Path, what: &str) -> Option<u64> {
    let path = root.join("a.lf");
    let report = match verify(&path, Depth::Values, &Job::new()) {
        Ok(report) => report,
        Err(e) if e.kind() == ErrorKind::NotFound => return None,
        Err(e) => panic!("{what}: {e}"),
    };
    assert!(report.is_sound(), "{what}: {:?}", report.problems);
    Some(report.version)
}

/// After `gc`, the folder holds what its versions name, and nothing else.
pub(crate) fn assert_collected(path: &Path, what: &str) {
    let options = GcOptions { keep_versions: usize::MAX, min_age: Duration::ZERO };
    gc(path, options, &Job::new()).unwrap();
    let mut named: Vec<_> = vec![path.join("dataset.json")];
    for version in log(path).unwrap() {
        named.push(path.join(format!("versions/{:06}.json", version.version)));
        let store = Store::open_version(path, version.version).unwrap();
        named.extend(store.version().files().map(|f| path.join(&f.path)));
    }
    named.sort();
    named.dedup();
    let mut there = Vec::new();
    let mut folders = vec![path.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let entry = entry.unwrap().path();
            if entry.is_dir() { folders.push(entry) } else { there.push(entry) }
        }
    }
    there.sort();
    assert_eq!(there, named, "{what}");
}

#[test]
fn every_prefix_of_the_write_log_opens_at_the_old_or_the_new_version() {
    let root = tempfile::tempdir().unwrap();
    for (n, change) in [create as Change, append, edit].into_iter().enumerate() {
        let before = tempfile::tempdir().unwrap();
        copy(root.path(), before.path());
        let disk = FaultyDisk::recording(root.path());
        let new = change(Arc::new(disk.clone()), root.path()).unwrap();
        assert_eq!(new, n as u64 + 1);
        let steps = disk.steps();
        let appears = |step: &Step| matches!(step, Step::Publish(..));
        let published = steps.iter().position(appears).unwrap();
        let durable =
            published + 1 + steps[published..].iter().position(|s| matches!(s, Step::SyncFolder(_))).unwrap();
        let old = (n > 0).then_some(n as u64);
        every_crash(before.path(), &steps, |folder, done, cut| {
            let what = format!("change {n}, {done} of {} steps, {cut:?}", steps.len());
            let found = sound_version(folder, &what);
            let lost = done <= published || (cut == Cut::Everything && done < durable);
            assert_eq!(found, if lost { old } else { Some(new) }, "{what}");
            if found.is_some() {
                assert_collected(&folder.join("a.lf"), &what);
            } else if folder.join("a.lf").exists() {
                // What is left of a creation that died is no obstacle to the next.
                assert_eq!(create(Arc::new(FaultyDisk::recording(folder)), folder).unwrap(), 1, "{what}");
            }
        });
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap().path();
        let target = to.join(entry.file_name().unwrap());
        if entry.is_dir() {
            std::fs::create_dir(&target).unwrap();
            copy(&entry, &target);
        } else {
            std::fs::copy(&entry, &target).unwrap();
        }
    }
}

#[test]
fn a_disk_that_fills_at_any_step_leaves_the_old_version_and_no_leftovers() {
    let base = tempfile::tempdir().unwrap();
    for (n, change) in [create as Change, append, edit].into_iter().enumerate() {
        for for_good in [false, true] {
            for at in 0.. {
                let root = tempfile::tempdir().unwrap();
                copy(base.path(), root.path());
                let disk = FaultyDisk::failing(root.path(), at, for_good);
                let result = change(Arc::new(disk.clone()), root.path());
                let what = format!("change {n}, failing at {at}: {result:?}");
                let found = sound_version(root.path(), &what);
                let published = disk.steps().iter().take(at).any(|s| matches!(s, Step::Publish(..)));
                let old = (n > 0).then_some(n as u64);
                assert_eq!(found, if published { Some(n as u64 + 1) } else { old }, "{what}");
                if let Err(e) = &result {
                    assert_eq!(e.kind(), ErrorKind::NoSpace, "{what}");
                }
                if disk.steps().len() <= at {
                    result.unwrap();
                    break;
                }
                if !published && found.is_none() && result.is_err() {
                    assert!(!root.path().join("a.lf").exists(), "{what}");
                }
                if found.is_some() {
                    assert_collected(&root.path().join("a.lf"), &what);
                }
            }
        }
        change(Arc::new(FaultyDisk::recording(base.path())), base.path()).unwrap();
    }
}

#[test]
fn announced_bytes_that_do_not_fit_are_refused_before_anything_is_written() {
    let root = tempfile::tempdir().unwrap();
    let disk = FaultyDisk::with_free(root.path(), 1000);
    let path = root.path().join("a.lf");
    let writer = Writer::create_on(Arc::new(disk), &path, small(Storage::Arrow), &Job::new()).unwrap();
    writer.announce(1000).unwrap();
    let e = writer.announce(1001).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::NoSpace);
    assert!(e.to_string().contains("1001 bytes are to be written and 1000 are free"), "{e}");
    drop(writer);
    assert!(!path.exists());
}

#[test]
fn a_writer_that_is_dropped_leaves_nothing() {
    let guard = tempfile::tempdir().unwrap();
    let path = guard.path().join("a.lf");
    let mut writer = Writer::create(&path, small(Storage::Arrow), &Job::new()).unwrap();
    fill(&mut writer, 0..9, 4);
    drop(writer);
    assert!(!path.exists());
    let (_guard, path) = dataset(Storage::Arrow, 9, 4);
    let mut writer = Writer::append(&path, small(Storage::Arrow), &Job::new()).unwrap();
    fill(&mut writer, 9..12, 4);
    drop(writer);
    assert_collected(&path, "append");
    assert_eq!(Store::open(&path).unwrap().version().version, 1);
}

#[test]
fn groups_of_unequal_length_do_not_become_a_fragment() {
    let guard = tempfile::tempdir().unwrap();
    let mut writer = Writer::create(&guard.path().join("a"), small(Storage::Arrow), &Job::new()).unwrap();
    let (heavy, light) = declare(&mut writer);
    writer.write(heavy, &images(0..3)).unwrap();
    writer.write(light, &objects(0..2)).unwrap();
    let e = writer.end_fragment().unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Length);
    assert!(e.to_string().contains("group 'objects' has 2 rows where another has 3"), "{e}");
    assert_eq!(writer.group("late", image_fields()).unwrap_err().kind(), ErrorKind::Usage);
}

#[test]
fn a_cancelled_write_stops_and_leaves_nothing() {
    let guard = tempfile::tempdir().unwrap();
    let path = guard.path().join("a.lf");
    let job = Job::new();
    let mut writer = Writer::create(&path, WriterOptions::default(), &job).unwrap();
    let (heavy, _) = declare(&mut writer);
    writer.write(heavy, &images(0..3)).unwrap();
    job.cancel();
    assert!(writer.write(heavy, &images(3..5)).unwrap_err().is_cancelled());
    assert!(writer.commit(Operation::new("x")).unwrap_err().is_cancelled());
    assert!(!path.exists());
}

#[test]
fn rivals_that_touch_different_things_both_commit() {
    let (_guard, path) = dataset(Storage::Arrow, 12, 5);
    let job = Job::new();
    let mut first = Edit::begin(&path, &job).unwrap();
    let mut second = Edit::begin(&path, &job).unwrap();
    let mut third = Writer::append(&path, small(Storage::Arrow), &job).unwrap();
    let mut fourth = Writer::append(&path, small(Storage::Arrow), &job).unwrap();
    first.save_view("a", &Rows::one(0), None).unwrap();
    first.delete_rows(&Rows::one(11)).unwrap();
    second.save_view("b", &Rows::span(0, 12), None).unwrap();
    second.delete_rows(&Rows::one(0)).unwrap();
    fill(&mut third, 12..14, 9);
    fill(&mut fourth, 14..17, 9);
    assert_eq!(fourth.commit(Operation::new("4")).unwrap(), 2);
    assert_eq!(first.commit(Operation::new("1")).unwrap(), 3);
    assert_eq!(third.commit(Operation::new("3")).unwrap(), 4);
    assert_eq!(second.commit(Operation::new("2")).unwrap(), 5);
    let rows: Vec<u64> = (1..11).chain([14, 15, 16, 12, 13]).collect();
    super::samples::assert_rows(&path, &rows);
    assert_eq!(Store::open(&path).unwrap().view("b").unwrap().len(), 10);
    assert_eq!(Store::open(&path).unwrap().view("a").unwrap().len(), 0);
    assert_collected(&path, "rivals");
}

#[test]
fn rivals_that_touch_the_same_thing_conflict_and_the_first_stays() {
    let name = |text: &str| -> ArrayRef { Arc::new(StringArray::from(vec![text])) };
    type Step = fn(&mut Edit, &str, ArrayRef) -> Result<()>;
    let changes: [Step; 3] = [
        |e, text, _| e.save_view("v", &Rows::one(0), Some(text)),
        |e, _, _| e.delete_rows(&Rows::one(2)),
        |e, _, name| e.update(&Rows::one(4), "file_name", &name),
    ];
    for change in changes {
        let (_guard, path) = dataset(Storage::Arrow, 12, 5);
        let (mut first, mut second) =
            (Edit::begin(&path, &Job::new()).unwrap(), Edit::begin(&path, &Job::new()).unwrap());
        change(&mut first, "1", name("one")).unwrap();
        change(&mut second, "2", name("two")).unwrap();
        first.commit(Operation::new("1")).unwrap();
        let e = second.commit(Operation::new("2")).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::Conflict, "{e}");
        assert_eq!(Store::open(&path).unwrap().version().operation.what, "1");
        assert_collected(&path, "conflict");
    }
}

#[test]
fn a_replacement_conflicts_with_any_rival() {
    let (_guard, path) = dataset(Storage::Arrow, 12, 5);
    let options = WriterOptions { replace: true, ..small(Storage::Arrow) };
    let mut replacing = Writer::create(&path, options, &Job::new()).unwrap();
    fill(&mut replacing, 0..3, 9);
    let mut appending = Writer::append(&path, small(Storage::Arrow), &Job::new()).unwrap();
    fill(&mut appending, 12..13, 9);
    appending.commit(Operation::new("append")).unwrap();
    assert_eq!(replacing.commit(Operation::new("replace")).unwrap_err().kind(), ErrorKind::Conflict);
    assert_eq!(Store::open(&path).unwrap().dataset().len(), 13);
}

#[test]
fn gc_keeps_what_a_kept_version_names_and_what_is_young() {
    let (_guard, path) = dataset(Storage::Arrow, 12, 5);
    for _ in 0..3 {
        let mut edit = Edit::begin(&path, &Job::new()).unwrap();
        let name: ArrayRef = Arc::new(StringArray::from(vec!["x"]));
        edit.update(&Rows::one(0), "file_name", &name).unwrap();
        edit.commit(Operation::new("update")).unwrap();
    }
    std::fs::write(path.join("images/my-own.arrow"), b"mine").unwrap();
    std::fs::write(path.join("images/00009-0123456789ab.arrow"), b"left over").unwrap();
    let report = gc(&path, GcOptions::default(), &Job::new()).unwrap();
    assert_eq!((report.kept.len(), report.removed.len(), report.young), (4, 0, 1));
    std::fs::remove_file(path.join("dataset.json")).unwrap();
    let report = gc(&path, GcOptions { keep_versions: 2, min_age: Duration::ZERO }, &Job::new()).unwrap();
    assert_eq!(report.kept, [3, 4]);
    // Versions 1 and 2, the light file of each, and the leftover.
    assert_eq!(report.removed.len(), 5, "{report:?}");
    assert!(report.bytes() > 0);
    assert!(path.join("images/my-own.arrow").exists() && path.join("dataset.json").exists());
    for version in [3, 4] {
        assert!(
            Store::open_version(&path, version)
                .unwrap()
                .verify(Depth::Values, &Job::new())
                .unwrap()
                .is_sound()
        );
    }
    assert_eq!(Store::open_version(&path, 1).err().unwrap().kind(), ErrorKind::NotFound);
}

#[test]
fn a_writer_whose_files_were_collected_does_not_commit() {
    let (_guard, path) = dataset(Storage::Arrow, 3, 3);
    let mut writer = Writer::append(&path, small(Storage::Arrow), &Job::new()).unwrap();
    fill(&mut writer, 3..5, 2);
    let options = GcOptions { keep_versions: 9, min_age: Duration::ZERO };
    assert!(!gc(&path, options, &Job::new()).unwrap().removed.is_empty());
    assert_eq!(writer.commit(Operation::new("append")).unwrap_err().kind(), ErrorKind::Conflict);
    assert_eq!(Store::open(&path).unwrap().version().version, 1);
}
