//! What evaluating costs. Run with `cargo bench --bench eval`; one thread, processor time where the system tells it.
//!
//! Sides are drawn by seed in the shape of COCO's validation set with a detector's results: 5,000 images, 80 classes,
//! about 37,000 objects, about 36,000 ("light") or 400,000 ("heavy") detections. The figures to hold: a thousand
//! samples of the light set 5 s, a re-score after 1 % of the images changed 5 % of the full cost.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on has nothing to measure")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use lensframe::eval::coco::{Coco, Kind, Params, Standing, Summary};
use lensframe::eval::comparison::{ClassEntry, Comparison, ImageEntry};
use lensframe::eval::errors::{Steps, StepsParams};
use lensframe::eval::resample::{Sampling, bootstrap};
use lensframe::eval::{Batch, Flags, ImageId, Objects};
use lensframe::geometry::{Rle, Size};
use lensframe::job::Job;
use lensframe::random::Random;

const IMAGES: usize = 5_000;
const CLASSES: usize = 80;
const SIZE: Size = Size::new(480, 640);

/// An object of an image: class, box, score.
type Row = (u32, [f64; 4], f64);

fn main() {
    let job = Job::new().threads(1);
    for (name, spare) in [("light", 2), ("heavy", 75)] {
        let scenes = Scenes::draw(IMAGES, spare, 0);
        println!("{name}: {} objects, {} detections", scenes.truth.len(), scenes.found.len());
        let full = mean(|| scenes.summary(&job));
        tell("boxes from columns to twelve numbers", full, scenes.found.len());
        let coco = scenes.matched(&job);
        let standing = Standing::of(&coco).unwrap();
        tell("of these: matching", mean(|| scenes.matched(&job)), scenes.found.len());
        tell("put in order for samples", mean(|| Standing::of(&coco)), 0);
        tell("all arrays of the reference", mean(|| coco.finish(&job)), 0);
        rescore(&scenes, &standing, full, spare, &job);
        if name == "light" {
            let samples = || bootstrap(&[std::slice::from_ref(&standing)], &Sampling::new(1_000, 1), &job);
            tell("1,000 samples of the images", mean(samples), 0);
        }
    }
    let mut scenes = Scenes::draw(1_000, 2, 0);
    println!("masks of 1,000 images: {} objects, {} detections", scenes.truth.len(), scenes.found.len());
    [&mut scenes.truth, &mut scenes.found].into_iter().for_each(paint);
    let segm = |scenes: &Scenes| {
        let mut coco = Coco::new(Params::new(Kind::Segm), CLASSES).unwrap();
        coco.update(&scenes.batch(), &job).unwrap();
        coco.summary(&job).unwrap()
    };
    tell("masks that are cached as runs", mean(|| segm(&scenes)), scenes.found.len());
    let comparison = scenes.comparison();
    let steps = || Steps::of(&comparison, StepsParams::new(Kind::Segm), &job).unwrap();
    tell("errors of masks forgiven step by step", mean(steps), 0);
}

/// Evaluates 1 % of the images anew and takes them over, in parts of which each is told.
fn rescore(scenes: &Scenes, standing: &Standing, full: Duration, spare: u64, job: &Job) {
    let changed: Vec<usize> = (0..IMAGES).step_by(100).collect();
    let other = Scenes::draw(IMAGES, spare, 1).only(&changed);
    let other = Scenes { truth: scenes.only(&changed).truth, ..other };
    let matching = mean(|| other.matched(job));
    let fresh = other.matched(job);
    let mut standing = standing.clone();
    let replacing = mean(|| standing.replace(&fresh).unwrap());
    let summing = mean(|| standing.whole());
    for (what, time) in
        [("of these: matching", matching), ("taking over", replacing), ("summing up", summing)]
    {
        tell(&format!("1 % of the images changed, {what}"), time, 0);
    }
    let all = matching + replacing + summing;
    tell("1 % of the images changed, all", all, 0);
    println!("  {:<52}{:>9.1} %", "share of the full cost", 100.0 * all.as_secs_f64() / full.as_secs_f64());
}

fn tell(what: &str, time: Duration, detections: usize) {
    let rate = match detections {
        0 => String::new(),
        n => format!("{:>10.1} M detections/s", n as f64 / time.as_secs_f64() / 1e6),
    };
    println!("  {what:<52}{:>9.2} ms{rate}", time.as_secs_f64() * 1e3);
}

/// The time that this thread had a processor; all time that went by where the system does not tell.
fn now() -> Duration {
    static START: std::sync::LazyLock<Instant> = std::sync::LazyLock::new(Instant::now);
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let told = told.and_then(|text| text.split(' ').next()?.parse().ok());
    told.map_or_else(|| START.elapsed(), Duration::from_nanos)
}

/// The mean of as many rounds as take a second: systems tell times in steps of some milliseconds.
fn mean<T>(mut work: impl FnMut() -> T) -> Duration {
    black_box(work());
    let (start, mut rounds) = (now(), 0);
    loop {
        black_box(work());
        rounds += 1;
        let past = now() - start;
        if past >= Duration::from_secs(1) {
            return past / rounds;
        }
    }
}

struct Scenes {
    ids: Vec<ImageId>,
    truth: Objects,
    found: Objects,
}

impl Scenes {
    /// Objects, detections near three of four of them, and `spare` detections an image of nothing, on average.
    fn draw(images: usize, spare: u64, salt: u64) -> Scenes {
        let (mut there, mut found) = (Vec::new(), Vec::new());
        for image in 0..images {
            let mut random = Random::keyed(&[image as u64, 7]);
            let truths: Vec<Row> = (0..random.below(15)).map(|_| object(&mut random)).collect();
            let mut random = Random::keyed(&[image as u64, 8, salt]);
            let mut own: Vec<Row> = Vec::new();
            for (class, [x, y, w, h], _) in &truths {
                if random.below(4) > 0 {
                    let mut moved = |side: f64| (random.below(200) as f64 - 100.0) / 1000.0 * side;
                    let bbox = [x + moved(*w), y + moved(*h), w + moved(*w), h + moved(*h)];
                    let score = 0.3 + random.below(70_000) as f64 / 1e5;
                    own.push((*class, bbox, score));
                }
            }
            own.extend((0..random.below(2 * spare + 1)).map(|_| object(&mut random)));
            there.push(truths);
            found.push(own);
        }
        let (truth, found) = (side(&there, true), side(&found, false));
        Scenes { ids: (0..images).map(|n| ImageId::Int(n as i64)).collect(), truth, found }
    }

    /// Some of the images.
    fn only(&self, images: &[usize]) -> Scenes {
        let rows = |objects: &Objects| -> Vec<Vec<Row>> {
            let row =
                |n: usize| (objects.label[n], objects.bbox[n], objects.score.get(n).copied().unwrap_or(0.0));
            images.iter().map(|image| objects.range(*image).map(row).collect()).collect()
        };
        let ids = images.iter().map(|image| self.ids[*image].clone()).collect();
        Scenes { ids, truth: side(&rows(&self.truth), true), found: side(&rows(&self.found), false) }
    }

    fn batch(&self) -> Batch<'_> {
        Batch { images: &self.ids, truth: &self.truth, found: &self.found }
    }

    fn matched(&self, job: &Job) -> Coco {
        let mut coco = Coco::new(Params::new(Kind::Bbox), CLASSES).unwrap();
        coco.update(&self.batch(), job).unwrap();
        coco
    }

    fn summary(&self, job: &Job) -> Summary {
        self.matched(job).summary(job).unwrap()
    }

    fn comparison(&self) -> Comparison {
        let class = |n: i64| ClassEntry {
            supercategory: Some(format!("group {}", n / 8)),
            ..ClassEntry::new(n.into(), n.to_string())
        };
        Comparison {
            images: self.ids.iter().cloned().map(ImageEntry::new).collect(),
            classes: (0..CLASSES as i64).map(class).collect(),
            truth: self.truth.clone(),
            found: self.found.clone(),
            ..Comparison::default()
        }
    }
}

/// Frequent classes are far more frequent than rare ones, small objects than large ones.
fn object(random: &mut Random) -> Row {
    let class = random.below(CLASSES as u64).min(random.below(CLASSES as u64));
    let mut side = |most: u64| {
        let share = random.below(1000) as f64 / 1000.0;
        4.0 + share * share * most as f64
    };
    let (w, h) = (side(400), side(320));
    let (x, y) =
        (random.below(6400 - 10 * w as u64) as f64 / 10.0, random.below(4800 - 10 * h as u64) as f64 / 10.0);
    (class as u32, [x, y, w, h], random.below(40_000) as f64 / 1e5)
}

fn side(images: &[Vec<Row>], truth: bool) -> Objects {
    let mut out = Objects::new(images.iter().map(Vec::len)).unwrap();
    for (class, bbox, score) in images.iter().flatten() {
        out.label.push(*class);
        out.bbox.push(*bbox);
        out.area.push(bbox[2] * bbox[3]);
        if truth {
            out.flags.push(Flags::default());
        } else {
            out.score.push(*score);
        }
    }
    out
}

/// Gives every object a wobbly mask in its box, as runs.
fn paint(objects: &mut Objects) {
    for [x, y, w, h] in &objects.bbox {
        let outline: Vec<f64> = (0..36)
            .flat_map(|n| {
                let turn = f64::from(n) / 36.0 * std::f64::consts::TAU;
                let reach = 0.42 + 0.08 * (turn * 5.0).sin();
                [x + w * (0.5 + reach * turn.cos()), y + h * (0.5 + reach * turn.sin())]
            })
            .collect();
        objects.masks.push_runs(SIZE, Rle::from_polygons(SIZE, &[outline]).unwrap().counts());
    }
}
