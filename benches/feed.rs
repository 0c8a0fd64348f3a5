//! Feeding photographs to a training loop: crop, resize, mirror, normalise, lay out. `cargo bench --bench feed --features
//! turbo`; with `CORPUS=DIR` the JPEGs of that folder, else pictures made by arithmetic.
//!
//! A line a pipeline: pictures a second of CPU time on one thread, beside decoding alone. A word on the command line leaves
//! only the pipelines whose names have it.

use std::sync::Arc;
use std::time::Instant;

use arrow_array::builder::{BinaryBuilder, StringBuilder};
use arrow_array::{ArrayRef, StructArray};
use arrow_schema::DataType;
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use lensframe::augment::Pipeline;
use lensframe::dataset::{Column, Dataset, Key, Table};
use lensframe::feed::sampler::{Last, Plan, Sampler};
use lensframe::feed::{Loader, Options};
use lensframe::image::{Decode, decode, jpeg_decoder};
use lensframe::job::Job;
use lensframe::schema::field;

type Done<T> = Result<T, Box<dyn std::error::Error>>;

/// 640×480 pictures of waves and noise, at most 256 of them.
fn drawn() -> Done<Vec<Vec<u8>>> {
    (0..64_u32)
        .map(|seed| {
            let mut state = seed;
            let pixels: Vec<u8> = (0..480_u32)
                .flat_map(|y| (0..640_u32).map(move |x| (y, x)))
                .flat_map(|(y, x)| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    let wave = (f64::from(y + seed) * 0.05).sin() * 60.0 + (f64::from(x) * 0.03).cos() * 60.0;
                    let noise = f64::from(state >> 28);
                    [wave + 110.0, 128.0 - wave * 0.7, 90.0 + wave * 0.4].map(|v| (v + noise) as u8)
                })
                .collect();
            let mut file = Vec::new();
            let mut encoder = Encoder::new(&mut file, 90);
            encoder.set_sampling_factor(SamplingFactor::F_2_2);
            encoder.encode(&pixels, 640, 480, ColorType::Rgb)?;
            Ok(file)
        })
        .collect()
}

fn files() -> Done<Vec<Vec<u8>>> {
    let Ok(corpus) = std::env::var("CORPUS") else { return drawn() };
    let mut paths: Vec<_> = std::fs::read_dir(corpus)?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "jpg"));
    paths.sort();
    Ok(paths.iter().take(1024).map(std::fs::read).collect::<Result<_, _>>()?)
}

fn dataset(files: &[Vec<u8>]) -> Done<Dataset> {
    let DataType::Struct(fields) = field::image_type() else { return Err("images are records".into()) };
    let (mut bytes, mut paths) = (BinaryBuilder::new(), StringBuilder::new());
    for file in files {
        bytes.append_value(file);
        paths.append_null();
    }
    let columns: Vec<ArrayRef> = vec![Arc::new(bytes.finish()), Arc::new(paths.finish())];
    let images = StructArray::try_new(fields, columns, None)?;
    let key = Key::arrow(field::row("img").ok_or("img is known")?);
    Ok(Dataset::new(Table::new([(key, Column::Arrow(vec![Arc::new(images)]))])?))
}

/// User and system time of this process, in seconds, in steps of a hundredth.
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after = stat.rsplit(')').next().unwrap_or_default();
    after.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>()
        / 100.0
}

fn main() -> Done<()> {
    let files = files()?;
    let ds = dataset(&files)?;
    println!("{} pictures, JPEG by {}", files.len(), jpeg_decoder());
    let best = |name: &str, mut work: Box<dyn FnMut() -> Done<()>>| -> Done<f64> {
        let mut least = f64::INFINITY;
        for _ in 0..4 {
            let start = cpu();
            work()?;
            least = least.min(cpu() - start);
        }
        let rate = files.len() as f64 / least;
        println!("{name:<44} {rate:>8.0} pictures a CPU second");
        Ok(rate)
    };
    let own = files.clone();
    let bare = best(
        "decoding alone",
        Box::new(move || {
            for file in &own {
                decode(file, &Decode::default())?;
            }
            Ok(())
        }),
    )?;
    let normalize = r#"{"op": "normalize", "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}"#;
    let crop = |more: &str| {
        format!(r#"{{"op": "random_resized_crop", "size": 224{more}}}, {{"op": "random_flip"}}"#)
    };
    let pipelines = [
        ("resize", "exact", r#"{"op": "resize", "size": 224}"#.to_owned()),
        ("random crop, mirror", "exact", crop("")),
        ("random crop, mirror, antialias", "exact", crop(r#", "antialias": true"#)),
        ("random crop, mirror", "fast", crop("")),
        ("random crop, mirror, antialias", "fast", crop(r#", "antialias": true"#)),
    ];
    let only: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    for (name, decoding, steps) in pipelines {
        for workers in [0, 2] {
            let title = format!("{name}, {decoding}, {workers} workers");
            if !only.iter().all(|word| title.contains(word)) {
                continue;
            }
            let json = format!(r#"{{"decode": "{decoding}", "steps": [{steps}, {normalize}]}}"#);
            let plan = Plan { last: Last::Drop, ..Plan::new(Sampler::Shuffled, 64) };
            let options = Options { workers, ahead: 4, ..Options::default() };
            let loader = Loader::new(&ds, Pipeline::from_json(&json)?, plan, options, &Job::new())?;
            let start = Instant::now();
            let rate = best(
                &title,
                Box::new(move || {
                    loader.epoch(0)?.try_for_each(|batch| batch.map(|_| ()))?;
                    Ok(())
                }),
            )?;
            println!(
                "{:<44} {:>8.2} of decoding alone, {:.1} s",
                "",
                rate / bare,
                start.elapsed().as_secs_f64()
            );
        }
    }
    Ok(())
}
