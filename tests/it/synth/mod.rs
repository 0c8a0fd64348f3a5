//! Drawn scenes: what they say of themselves agrees to the pixel, and the same seed says the same.

mod agree;
mod detections;
mod written;

use std::sync::Arc;

use lensframe::dataset::{Access, Dataset, Rows, Source};
use lensframe::job::Job;
use lensframe::synth::{Files, Options, Scenes};

use crate::laws::{Fixture, check};

/// Small scenes of every sort.
fn small(count: u64) -> Options {
    Options {
        count,
        height: lensframe::synth::Span::new(40, 70),
        width: lensframe::synth::Span::new(50, 90),
        crowds: 0.3,
        gray: 0.2,
        rotated: 0.3,
        empty: 0.1,
        images: Files::Mix,
        ..Options::default()
    }
}

fn scenes(options: Options) -> Dataset {
    Dataset::new(Scenes::new(options, 11).unwrap())
}

#[test]
fn scenes_obey_the_laws() {
    let options = Options { height: 24.into(), width: 32.into(), ..small(5) };
    check(|| Fixture::new(Arc::new(Scenes::new(options.clone(), 3).unwrap())));
    check(|| Fixture::new(Arc::new(Scenes::new(Options { count: 0, ..options.clone() }, 3).unwrap())));
}

#[test]
fn one_seed_gives_the_same_bytes_on_any_number_of_threads_and_another_seed_others() {
    let read = |seed: u64, threads: usize| {
        let ds = Dataset::new(Scenes::new(small(12), seed).unwrap());
        let job = Job::new().threads(threads);
        let columns = ds.read_all(&Access::new(&job)).unwrap().whole().unwrap().columns;
        columns.iter().map(|column| column.values()).collect::<Vec<_>>()
    };
    let one = read(5, 1);
    assert_eq!(one, read(5, 3));
    assert_eq!(one, read(5, 1));
    let (other, img) = (read(6, 1), scenes(small(1)).keys().find("img").unwrap().0);
    assert!(one[img].iter().zip(&other[img]).all(|(a, b)| a != b));
}

#[test]
fn a_scene_does_not_depend_on_how_many_there_are() {
    let row = |count: u64| {
        let options = Options { val: 0.0, ..small(count) };
        let ds = scenes(options);
        let columns = ds.read_rows(&Rows::one(2), &Access::default()).unwrap().columns;
        columns.iter().map(|column| column.value(0)).collect::<Vec<_>>()
    };
    assert_eq!(row(3), row(1000));
}

#[test]
fn a_cancelled_job_stops_a_large_read() {
    let ds = Scenes::new(Options { count: 100_000, ..Options::default() }, 1).unwrap();
    let job = Job::new();
    job.cancel();
    let keys: Vec<_> = ds.keys().indices().collect();
    let error = ds.read(&Rows::all(100_000), &keys, &Access::new(&job)).unwrap_err();
    assert!(error.is_cancelled());
}
