//! Headers against pixels. `cargo bench --bench probe`.
//!
//! 64 JPEGs of 640×480 are drawn by arithmetic, so that every run measures the same; 20,000 files are these in turn.
//! Compare the items a second of `probe_20000` and `decode_640`.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on has nothing to measure")]

use divan::{Bencher, black_box, counter::ItemsCount};
use lensframe::image::{Channels, Decode, Encoding, Orientation, Pixels, decode, encode, probe, probe_with};

fn main() {
    divan::main();
}

/// Soft shapes and some grain: about as hard to decode as a photograph.
fn drawn(number: u32) -> Vec<u8> {
    let mut data = Vec::with_capacity(640 * 480 * 3);
    for at in 0..640 * 480_u32 {
        let (x, y) = (f64::from(at % 640), f64::from(at / 640));
        let wave = (x / (17.0 + f64::from(number))).sin() + (y / 23.0).cos() + (x * y / 9000.0).sin();
        let grain = f64::from((at.wrapping_mul(2_654_435_761) >> 24) % 24);
        data.extend([1.0, 0.7, 0.4].map(|part| (part * (100.0 + 35.0 * wave) + grain) as u8));
    }
    let pixels = Pixels::new((480, 640), Channels::Rgb, data).unwrap();
    let orientation = Orientation::ALL[number as usize % 8];
    encode(&pixels, Encoding::Jpeg { quality: 85, orientation }).unwrap()
}

fn files() -> Vec<Vec<u8>> {
    (0..64).map(drawn).collect()
}

#[divan::bench(sample_count = 20, sample_size = 1)]
fn probe_20000(bencher: Bencher) {
    let files = files();
    bencher.counter(ItemsCount::new(20_000_u32)).bench_local(|| {
        files.iter().cycle().take(20_000).filter(|file| probe(black_box(file)).is_ok()).count()
    });
}

/// As for files on a disk: a piece is read and copied.
#[divan::bench(sample_count = 20, sample_size = 1)]
fn probe_20000_by_reads(bencher: Bencher) {
    let files = files();
    let read = |file: &Vec<u8>| {
        probe_with(file.len() as u64, |from, count| {
            let rest = &file[(from as usize).min(file.len())..];
            Ok(rest[..count.min(rest.len())].to_vec())
        })
    };
    bencher.counter(ItemsCount::new(20_000_u32)).bench_local(|| {
        files.iter().cycle().take(20_000).filter(|file| read(black_box(file)).is_ok()).count()
    });
}

#[divan::bench(sample_count = 3, sample_size = 1)]
fn decode_640(bencher: Bencher) {
    let (files, options) = (files(), Decode::default());
    bencher.counter(ItemsCount::new(640_u32)).bench_local(|| {
        files.iter().cycle().take(640).filter(|file| decode(black_box(file), &options).is_ok()).count()
    });
}
