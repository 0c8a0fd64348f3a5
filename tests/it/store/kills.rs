//! Writers that are killed, and writers of other processes: the test binary runs itself as the writer.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use arrow_array::{ArrayRef, StringArray};
use lensframe::dataset::Rows;
use lensframe::dataset::store::{
    Depth, Edit, GcOptions, Operation, Storage, Store, Writer, WriterOptions, gc, verify,
};
use lensframe::error::{ErrorKind, Result};
use lensframe::job::Job;
use lensframe::random::Random;

use super::samples::{fill, small};

/// Names the dataset to a child; what the child shall do is in the other.
const PATH: &str = "LENSFRAME_TEST_CHILD_PATH";
const TASK: &str = "LENSFRAME_TEST_CHILD_TASK";

fn child(path: &Path, task: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["store::kills::the_other_process", "--exact", "--nocapture", "--test-threads=1"])
        .env(PATH, path)
        .env(TASK, task)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// What a child process does; in the parent's own run there is nothing to do.
#[test]
fn the_other_process() {
    let (Ok(path), Ok(task)) = (std::env::var(PATH), std::env::var(TASK)) else { return };
    let path = Path::new(&path);
    match task.split_once(' ') {
        Some(("append", n)) => append(path, n.parse().unwrap()).unwrap(),
        _ => write_for_ever(path, task.parse().unwrap()),
    }
}

/// Appends one row `n` times; always possible beside other appenders.
fn append(path: &Path, n: u64) -> Result<()> {
    for _ in 0..n {
        let mut writer = Writer::append(path, small(Storage::Arrow), &Job::new())?;
        fill(&mut writer, 0..1, 1);
        writer.commit(Operation::new("append"))?;
    }
    Ok(())
}

fn write_for_ever(path: &Path, seed: u64) {
    let mut random = Random::keyed(&[seed]);
    println!("writing");
    loop {
        let job = Job::new();
        let rows = Store::open(path).map_or(0, |s| s.dataset().len() as u64);
        if rows == 0 || rows > 60 {
            let options = WriterOptions { replace: true, ..small(Storage::Arrow) };
            let mut writer = Writer::create(path, options, &job).unwrap();
            fill(&mut writer, 0..9, 4);
            writer.commit(Operation::new("create")).unwrap();
            continue;
        }
        if random.below(3) == 0 {
            let storage = if random.below(2) == 0 { Storage::Arrow } else { Storage::Parquet };
            let mut writer = Writer::append(path, small(storage), &job).unwrap();
            fill(&mut writer, 0..1 + random.below(5), 3);
            writer.commit(Operation::new("append")).unwrap();
            continue;
        }
        let mut edit = Edit::begin(path, &job).unwrap();
        match random.below(3) {
            0 => edit.delete_rows(&Rows::one(random.below(rows))).unwrap(),
            1 => {
                let name: ArrayRef = Arc::new(StringArray::from(vec!["updated"]));
                edit.update(&Rows::one(random.below(rows)), "file_name", &name).unwrap();
            }
            _ => {
                let picked: Vec<u64> = (0..600).map(|_| random.below(rows)).collect();
                edit.save_view("picked", &Rows::indices(picked), None).unwrap();
            }
        }
        edit.commit(Operation::new("edit")).unwrap();
    }
}

#[test]
fn a_writer_killed_at_any_moment_leaves_a_sound_version_and_nothing_that_gc_does_not_remove() {
    let times = if std::env::var_os("LENSFRAME_SLOW_TESTS").is_some() { 200 } else { 20 };
    let guard = tempfile::tempdir().unwrap();
    let path = guard.path().join("killed.lf");
    let mut random = Random::keyed(&[4]);
    let mut last = 0;
    for round in 0..times {
        let mut writer = child(&path, &round.to_string());
        let mut lines = BufReader::new(writer.stdout.take().unwrap()).lines();
        lines.find(|line| line.as_ref().is_ok_and(|line| line.contains("writing"))).unwrap().unwrap();
        std::thread::sleep(Duration::from_micros(random.below(120_000)));
        writer.kill().unwrap();
        writer.wait().unwrap();
        let report = match verify(&path, Depth::Values, &Job::new()) {
            Ok(report) => report,
            Err(e) if e.kind() == ErrorKind::NotFound && last == 0 => continue,
            Err(e) => panic!("round {round}: {e}"),
        };
        assert!(report.is_sound(), "round {round}: {:?}", report.problems);
        assert!(report.version >= last, "round {round}: version {} after {last}", report.version);
        last = report.version;
        let options = GcOptions { keep_versions: 2, min_age: Duration::ZERO };
        gc(&path, options, &Job::new()).unwrap();
        super::commits::assert_collected(&path, &format!("round {round}"));
    }
    assert!(last > 0, "no writer lived long enough to commit");
}

#[test]
fn writers_of_several_processes_and_threads_lose_nothing() {
    let (_guard, path) = super::samples::dataset(Storage::Arrow, 1, 1);
    let children: Vec<Child> = (0..2).map(|_| child(&path, "append 6")).collect();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| append(&path, 6).unwrap());
        }
    });
    for mut writer in children {
        assert!(writer.wait().unwrap().success());
    }
    let store = Store::open(&path).unwrap();
    assert_eq!((store.dataset().len(), store.version().version), (25, 25));
    let report = store.verify(Depth::Values, &Job::new()).unwrap();
    assert!(report.is_sound(), "{:?}", report.problems);
    let mut ids: Vec<u32> = store.version().fragments.iter().map(|f| f.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 25);
}
