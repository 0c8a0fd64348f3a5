//! Conversions that are stopped and run again.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use lensframe::convert::{Images, ImportOptions, format};
use lensframe::dataset::store::{Depth, Store, interrupted, verify};
use lensframe::error::ErrorKind;
use lensframe::job::Job;

use super::{coco, converted, hash, voc};

fn embedding() -> ImportOptions {
    ImportOptions { images: Images::Embed, shard_bytes: 60_000, ..ImportOptions::default() }
}

fn cancelled_after(rows: u64, src: &Path, dst: &Path, options: &ImportOptions) {
    let job = crate::cancel::cancelled_after(rows);
    let e = format("coco").unwrap().import(src, dst, options, &job).unwrap_err();
    assert!(e.is_cancelled(), "{e}");
    assert_eq!(Store::open(dst).err().map(|e| e.kind()), Some(ErrorKind::NotFound));
}

#[test]
fn a_cancelled_conversion_goes_on_and_ends_as_an_uninterrupted_one() {
    let home = tempfile::tempdir().unwrap();
    let src = home.path().join("coco");
    coco(&src, 120);
    let (want, summary) = converted("coco", &src, &home.path().join("whole.lf"), &embedding());
    assert_eq!((summary.resumed, summary.rows), (0, 120));
    let dst = home.path().join("parts.lf");
    for after in [40, 70, 100] {
        cancelled_after(after, &src, &dst, &embedding());
    }
    let (got, again) = converted("coco", &src, &dst, &embedding());
    assert!(again.resumed >= 60, "{}", again.resumed);
    assert_eq!(got, want);
    // All counts are those of the whole conversion.
    assert_eq!((again.objects, again.images.embedded), (summary.objects, summary.images.embedded));
    assert_eq!(again.images.bytes, summary.images.bytes);
    assert!(verify(&dst, Depth::Values, &Job::new()).unwrap().problems.is_empty());
    assert!(!dst.join(".progress.json").exists());
    assert_eq!(std::fs::read_dir(dst.join("claims")).unwrap().count(), 0);
}

#[test]
fn a_run_that_stops_before_its_first_boundary_keeps_what_earlier_ones_finished() {
    let home = tempfile::tempdir().unwrap();
    let (src, dst) = (home.path().join("coco"), home.path().join("a.lf"));
    coco(&src, 60);
    cancelled_after(40, &src, &dst, &embedding());
    let finished = interrupted(&dst).unwrap();
    cancelled_after(0, &src, &dst, &embedding());
    assert_eq!(interrupted(&dst), Some(finished));
    let (got, summary) = converted("coco", &src, &dst, &embedding());
    assert_eq!(summary.resumed, finished);
    assert_eq!(got, converted("coco", &src, &home.path().join("b.lf"), &embedding()).0);
}

#[test]
fn other_options_or_another_source_begin_anew() {
    let home = tempfile::tempdir().unwrap();
    let src = home.path().join("coco");
    coco(&src, 60);
    let dst = home.path().join("a.lf");
    cancelled_after(40, &src, &dst, &embedding());
    let options = ImportOptions { splits: vec!["val".to_owned()], ..embedding() };
    let (got, summary) = converted("coco", &src, &dst, &options);
    assert_eq!((summary.resumed, summary.rows), (0, 15));
    assert_eq!(got, converted("coco", &src, &home.path().join("b.lf"), &options).0);
    let files = std::fs::read_dir(dst.join("images")).unwrap().count();
    let named = Store::open(&dst).unwrap().version().fragments.len();
    assert_eq!(files, named, "nothing of the first conversion is left");
}

#[test]
fn what_was_committed_is_not_swept_away_as_the_leftovers_of_a_dead_writer() {
    let home = tempfile::tempdir().unwrap();
    let (src, dst) = (home.path().join("coco"), home.path().join("a.lf"));
    coco(&src, 60);
    cancelled_after(40, &src, &dst, &embedding());
    let progress = std::fs::read(dst.join(".progress.json")).unwrap();
    let (want, _) = converted("coco", &src, &dst, &embedding());
    // As if the process had been killed between its commit and its tidying up.
    std::fs::write(dst.join(".progress.json"), progress).unwrap();
    let again = ImportOptions { replace: true, images: Images::None, ..embedding() };
    converted("coco", &src, &dst, &again);
    let first = Store::open_version(&dst, 1).unwrap();
    assert_eq!(first.version().content_hash(), want);
    assert!(first.verify(Depth::Values, &Job::new()).unwrap().problems.is_empty());
}

#[test]
fn two_conversions_into_one_folder_do_not_mix() {
    let home = tempfile::tempdir().unwrap();
    let src = home.path().join("coco");
    coco(&src, 8);
    let dst = home.path().join("a.lf");
    std::fs::create_dir_all(dst.join("versions")).unwrap();
    let rival = std::fs::File::open(dst.join("versions")).unwrap();
    rival.try_lock().unwrap();
    let e = format("coco").unwrap().import(&src, &dst, &embedding(), &Job::new()).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Conflict, "{e}");
    drop(rival);
    converted("coco", &src, &dst, &embedding());
}

#[test]
fn a_killed_conversion_goes_on_and_ends_as_an_uninterrupted_one() {
    let folder = tempfile::tempdir().unwrap();
    coco(folder.path(), 400);
    killed_again_and_again(folder.path());
}

#[test]
fn a_killed_conversion_of_voc_goes_on_too() {
    let folder = tempfile::tempdir().unwrap();
    voc(folder.path(), 400);
    killed_again_and_again(folder.path());
}

/// Kills conversions of a source until one ends, which must be as if nothing had happened.
fn killed_again_and_again(src: &Path) {
    let home = tempfile::tempdir().unwrap();
    let args = |dst: &Path| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lensframe"));
        command.arg("convert").arg(src).arg(dst).args(["--images", "embed", "--shard-size", "60000"]);
        command
            .args(["--quiet", "--json"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    };
    let whole = home.path().join("whole.lf");
    let started = std::time::Instant::now();
    assert!(args(&whole).output().unwrap().status.success());
    let took = started.elapsed();
    let dst = home.path().join("killed.lf");
    let (mut kills, mut resumed) = (0, 0);
    for round in 1..60 {
        let mut child = args(&dst).spawn().unwrap();
        // Ever later, so that some run ends; early ones die in the first fragment.
        std::thread::sleep(Duration::max(took * round / 12, Duration::from_millis(3)));
        let _ = child.kill();
        let output = child.wait_with_output().unwrap();
        if output.status.success() {
            let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
            resumed = said["resumed"].as_u64().unwrap();
            break;
        }
        let said = String::from_utf8_lossy(&output.stderr);
        if said.contains("there is a dataset already") {
            // The last one was killed after its commit.
            break;
        }
        kills += 1;
        assert!(said.is_empty(), "{said}");
    }
    assert_eq!(hash(&dst), hash(&whole), "after {kills} kills");
    println!("{kills} kills, {resumed} rows resumed");
    assert!(verify(&dst, Depth::Values, &Job::new()).unwrap().problems.is_empty());
}
