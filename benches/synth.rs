//! What scenes cost: the truth of their pixels alone, label maps, encoded pictures. Run with
//! `cargo bench --bench synth`. The figure to hold: 1,000 scenes of 640×480 written in 20 CPU seconds.

#![allow(clippy::expect_used, reason = "a benchmark that cannot go on has nothing to measure")]

use lensframe::dataset::{Access, Dataset};
use lensframe::job::Job;
use lensframe::synth::{Errors, Options, Scenes, detections};

const SCENES: u64 = 50;

fn main() {
    divan::main();
}

fn scenes() -> Dataset {
    let options = Options { count: SCENES, ..Options::default() };
    Dataset::new(Scenes::new(options, 1).expect("the default options are good"))
}

fn read(ds: &Dataset, keys: &[&str]) {
    let job = Job::new().threads(1);
    let view = ds.select(keys).expect("the keys are there");
    divan::black_box(view.read_all(&Access::new(&job)).expect("scenes are drawn"));
}

/// 50 scenes of 640×480 on one thread.
#[divan::bench(args = ["label", "segmentation", "label_map", "panoptic", "img"])]
fn draw(bencher: divan::Bencher, key: &str) {
    let ds = scenes();
    bencher.counter(divan::counter::ItemsCount::new(SCENES)).bench(|| read(&ds, &[key]));
}

/// Detections of such scenes, masks among them; drawing them is part of it.
#[divan::bench]
fn detect(bencher: divan::Bencher) {
    let made = detections(&scenes(), "pred", &Errors::default(), 1).expect("scenes have boxes and labels");
    bencher.counter(divan::counter::ItemsCount::new(SCENES)).bench(|| read(&made, &["pred.segmentation"]));
}
