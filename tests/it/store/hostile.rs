//! Folders that are not what they should be: an error that says what, where and what to do; never a panic.

use std::fs;
use std::path::{Path, PathBuf};

use lensframe::dataset::store::{Depth, Storage, Store, Writer, WriterOptions, verify};
use lensframe::dataset::{Access, Value};
use lensframe::error::{Error, ErrorKind};
use lensframe::job::Job;
use lensframe::random::Random;

use super::samples::{dataset, small};

fn open_error(path: &Path) -> Error {
    Store::open(path).err().expect("the folder should be refused")
}

/// Reads everything in whatever way; gives the first error.
fn read(path: &Path) -> Result<(), Error> {
    Store::open(path)?.dataset().read_all(&Access::default())?.whole().map(drop)
}

fn file_of(path: &Path, group: &str) -> PathBuf {
    let store = Store::open(path).unwrap();
    path.join(&store.version().fragments[0].files[group].path)
}

fn edit_manifest(path: &Path, edit: impl Fn(String) -> String) {
    let file = path.join("versions/000001.json");
    let text = edit(fs::read_to_string(&file).unwrap());
    fs::write(file, text).unwrap();
}

#[test]
fn folders_without_a_dataset_say_so() {
    let guard = tempfile::tempdir().unwrap();
    let e = open_error(&guard.path().join("absent"));
    assert_eq!((e.kind(), e.what()), (ErrorKind::NotFound, "no such dataset"));
    let e = open_error(guard.path());
    assert_eq!(e.what(), "no dataset in this folder: it has no version");
    let file = guard.path().join("file");
    fs::write(&file, b"{}").unwrap();
    assert_eq!(open_error(&file).what(), "a file, not a dataset folder");
    for path in [&file, &guard.path().to_owned()] {
        let e = Writer::create(path, WriterOptions::default(), &Job::new()).err().unwrap();
        assert_eq!(e.kind(), ErrorKind::AlreadyExists, "{e}");
        assert!(e.remedy_text().is_some());
    }
    assert_eq!(fs::read(&file).unwrap(), b"{}");
}

#[test]
fn an_empty_folder_takes_a_dataset() {
    let guard = tempfile::tempdir().unwrap();
    let mut writer = Writer::create(guard.path(), small(Storage::Arrow), &Job::new()).unwrap();
    super::samples::fill(&mut writer, 0..2, 9);
    writer.commit(lensframe::dataset::store::Operation::new("x")).unwrap();
    super::samples::assert_rows(guard.path(), &[0, 1]);
}

#[test]
fn a_torn_newest_version_is_an_error_that_names_the_one_before() {
    let (_guard, path) = dataset(Storage::Arrow, 6, 6);
    fs::write(path.join("versions/000002.json"), b"{\"format\": 1, \"vers").unwrap();
    let e = open_error(&path);
    assert_eq!(e.kind(), ErrorKind::Corrupt);
    let text = e.to_string();
    assert!(text.contains("000002.json") && text.contains("open version 1 (dataset@1)"), "{text}");
    assert_eq!(Store::open_version(&path, 1).unwrap().dataset().len(), 6);
    let e = Writer::append(&path, small(Storage::Arrow), &Job::new()).err().unwrap();
    assert_eq!(e.kind(), ErrorKind::Corrupt);
    let log = lensframe::dataset::store::log(&path).unwrap();
    assert!(log[0].facts.is_ok() && log[1].facts.is_err());
}

#[test]
fn temporary_and_foreign_names_among_the_versions_are_ignored() {
    let (_guard, path) = dataset(Storage::Arrow, 6, 6);
    for name in [".000002-0123456789ab.tmp", "2.json", "readme.txt", "000002.json.bak"] {
        fs::write(path.join("versions").join(name), b"torn").unwrap();
    }
    assert_eq!(Store::open(&path).unwrap().version().version, 1);
}

#[test]
fn a_version_under_another_number_is_refused() {
    let (_guard, path) = dataset(Storage::Arrow, 6, 6);
    fs::copy(path.join("versions/000001.json"), path.join("versions/000005.json")).unwrap();
    let e = open_error(&path);
    assert_eq!(e.what(), "the file holds version 1");
    let e = Store::open_version(&path, 3).err().unwrap();
    assert!(e.to_string().contains("there are: 1, 5"), "{e}");
}

#[test]
fn a_newer_format_and_unknown_needs_are_named() {
    let (_guard, path) = dataset(Storage::Arrow, 6, 6);
    edit_manifest(&path, |text| text.replacen("\"needs\": []", "\"needs\": [\"holograms\"]", 1));
    let e = open_error(&path);
    assert_eq!(e.kind(), ErrorKind::Unsupported);
    assert!(e.to_string().contains("needs 'holograms'") && e.remedy_text().is_some(), "{e}");
    edit_manifest(&path, |text| text.replacen("\"format\": 1", "\"format\": 2", 1));
    assert!(open_error(&path).to_string().contains("has format 2"));
}

#[test]
fn paths_that_leave_the_folder_are_refused() {
    for bad in ["/etc/passwd", "../../secret.arrow", "objects/../../../x", "c:/x"] {
        let (_guard, path) = dataset(Storage::Arrow, 6, 6);
        let good = file_of(&path, "objects").strip_prefix(&path).unwrap().to_str().unwrap().to_owned();
        edit_manifest(&path, |text| text.replace(&good, bad));
        assert_eq!(open_error(&path).kind(), ErrorKind::Corrupt, "{bad}");
    }
}

#[test]
fn missing_short_long_and_foreign_files_are_told_with_both_lengths() {
    for storage in [Storage::Arrow, Storage::Parquet] {
        let (_guard, path) = dataset(storage, 20, 6);
        let file = file_of(&path, "objects");
        let whole = fs::read(&file).unwrap();
        for (content, says) in [
            (Some(whole[..whole.len() - 1].to_vec()), format!("has {} bytes", whole.len() - 1)),
            (Some(Vec::new()), "has 0 bytes".to_owned()),
            (Some([whole.as_slice(), b"x"].concat()), format!("its manifest says {}", whole.len())),
            (None, "no such file".to_owned()),
        ] {
            fs::remove_file(&file).unwrap();
            if let Some(content) = &content {
                fs::write(&file, content).unwrap();
            } else {
                // The heavy group is whole, and what it holds can still be read.
                let images = Store::open(&path).unwrap().dataset().select(["img"]).unwrap();
                images.read_all(&Access::default()).unwrap().whole().unwrap();
            }
            let e = read(&path).unwrap_err();
            let name = file.file_name().unwrap().to_str().unwrap();
            assert!(e.to_string().contains(&says) && e.to_string().contains(name), "{e}");
            let report = verify(&path, Depth::Lengths, &Job::new()).unwrap();
            assert_eq!(report.problems.len(), 1, "{:?}", report.problems);
            fs::write(&file, &whole).unwrap();
        }
        fs::write(&file, vec![7; whole.len()]).unwrap();
        assert_eq!(read(&path).unwrap_err().kind(), ErrorKind::Corrupt);
        fs::remove_file(&file).unwrap();
        fs::create_dir(&file).unwrap();
        assert!(read(&path).is_err());
    }
}

/// Flips random bits of a file, reads everything each time; every change must be seen by checksum, and reading
/// must end in values or an error.
fn flip(storage: Storage, group: &str, times: u64) {
    let (_guard, path) = dataset(storage, 20, 20);
    let file = file_of(&path, group);
    let whole = fs::read(&file).unwrap();
    let mut random = Random::keyed(&[9, times]);
    for n in 0..times {
        let mut damaged = whole.clone();
        for _ in 0..=random.below(3) {
            // Half of the flips hit the metadata at the end, where they do the most.
            let span = if n % 2 == 0 { whole.len() as u64 } else { 3000.min(whole.len() as u64) };
            let at = whole.len() - 1 - random.below(span) as usize;
            damaged[at] ^= 1 << random.below(8);
        }
        fs::write(&file, &damaged).unwrap();
        let values = read(&path);
        if damaged != whole {
            let report = verify(&path, Depth::Checksums, &Job::new()).unwrap();
            assert!(!report.is_sound());
        } else {
            values.unwrap();
        }
        verify(&path, Depth::Values, &Job::new()).unwrap();
    }
}

#[test]
fn flipped_bits_are_found_by_checksum_and_never_end_in_a_panic() {
    flip(Storage::Arrow, "objects", 300);
    flip(Storage::Arrow, "images", 150);
    flip(Storage::Parquet, "objects", 60);
}

#[test]
fn a_batch_that_does_not_validate_fails_its_own_rows_only() {
    let (_guard, path) = dataset(Storage::Arrow, 60, 60);
    let file = file_of(&path, "objects");
    let mut bytes = fs::read(&file).unwrap();
    // An invalid UTF-8 byte in one file name.
    let at = bytes.windows(7).position(|w| w == b"n57.jpg").unwrap();
    bytes[at] = 0xff;
    fs::write(&file, bytes).unwrap();
    let dataset = Store::open(&path).unwrap().dataset();
    let batch = dataset.read_all(&Access::default()).unwrap();
    let batches = &Store::open(&path).unwrap().version().fragments[0].files["objects"].batches.clone();
    assert!(batches.len() > 1, "{batches:?}");
    let last = *batches.last().unwrap() as usize;
    let failed: Vec<usize> = batch.failed.iter().map(|(row, _)| *row).collect();
    assert_eq!(failed, (60 - last..60).collect::<Vec<_>>());
    assert_eq!(batch.failed[0].1.kind(), ErrorKind::Corrupt);
    assert!(batch.failed[0].1.to_string().contains("key 'file_name'"), "{}", batch.failed[0].1);
    for column in &batch.columns {
        assert_eq!(column.value(59), Value::Null);
    }
    assert_eq!(batch.columns[0].value(0), Value::Int(1000));
    // The other keys of those rows are whole.
    let ids = dataset.select(["image_id", "bbox"]).unwrap();
    assert!(ids.read_all(&Access::default()).unwrap().failed.is_empty());
}

#[test]
fn rows_out_of_range_are_refused() {
    let (_guard, path) = dataset(Storage::Arrow, 6, 6);
    let dataset = Store::open(&path).unwrap().dataset();
    let e =
        dataset.source().read(&lensframe::dataset::Rows::span(5, 2), &[], &Access::default()).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Index);
    let key = lensframe::dataset::KeyIndex(99);
    let e = dataset.source().read(&lensframe::dataset::Rows::one(0), &[key], &Access::default()).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Index);
    dataset.source().prefetch(&lensframe::dataset::Rows::one(77), &[key]);
}

#[test]
fn faults_of_meaning_are_found_by_looking_at_values() {
    let (_guard, path) = dataset(Storage::Arrow, 12, 12);
    // Fewer classes than the labels use.
    edit_manifest(&path, |text| {
        let text = text.replace("\"name\": \"cow\"", "\"name\": \"\"");
        let start = text.find("\"name\": \"dog\"").unwrap();
        let (from, to) = (text[..start].rfind('{').unwrap(), start + text[start..].find("]").unwrap());
        format!("{}{}", text[..from].trim_end().trim_end_matches(','), &text[to..])
    });
    let report = verify(&path, Depth::Values, &Job::new()).unwrap();
    assert!(
        report.problems.iter().any(|e| e.to_string().contains("there are 1 classes")),
        "{:?}",
        report.problems
    );
    assert!(verify(&path, Depth::Checksums, &Job::new()).unwrap().is_sound());
}

#[cfg(unix)]
#[test]
fn a_folder_that_may_not_be_read_or_written_is_told() {
    use std::os::unix::fs::PermissionsExt;
    let (_guard, path) = dataset(Storage::Arrow, 6, 6);
    let set = |mode| fs::set_permissions(path.join("versions"), fs::Permissions::from_mode(mode)).unwrap();
    set(0o500);
    let probe = path.join("versions/probe");
    if fs::write(&probe, b"").is_ok() {
        let _ = fs::remove_file(probe);
        set(0o700);
        eprintln!("skipped: this user may write anywhere (root)");
        return;
    }
    assert_eq!(Store::open(&path).unwrap().dataset().len(), 6);
    let mut edit = lensframe::dataset::store::Edit::begin(&path, &Job::new()).unwrap();
    edit.save_view("v", &lensframe::dataset::Rows::one(0), None).unwrap();
    let e = edit.commit(lensframe::dataset::store::Operation::new("x")).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Permission);
    assert!(e.remedy_text().is_some());
    set(0o000);
    assert_eq!(open_error(&path).kind(), ErrorKind::Permission);
    set(0o700);
}
