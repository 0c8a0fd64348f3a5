//! Decoding a photograph: whole, scaled, a window of it; its header alone. `cargo bench --bench decode`, and the
//! same with `--features turbo` for libjpeg-turbo.
//!
//! The picture is made by arithmetic, 640×480 like COCO's, so that every run measures the same.

use divan::{Bencher, black_box, counter::ItemsCount};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use lensframe::image::{
    Channels, Decode, Encoding, Filter, Pixels, Scale, Window, decode, encode, jpeg_decoder, probe,
};

const SIZE: (u16, u16) = (480, 640);

fn main() {
    println!("JPEG by {}", jpeg_decoder());
    divan::main();
}

/// Waves, edges and a little noise.
fn picture() -> Pixels {
    let (height, width) = (u32::from(SIZE.0), u32::from(SIZE.1));
    let mut state = 1_u32;
    let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (y, x))).flat_map(|(y, x)| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let wave = (f64::from(y) * 0.05).sin() * 60.0 + (f64::from(x) * 0.03).cos() * 60.0;
        let edge = if (x / 40 + y / 60) % 2 == 0 { 20.0 } else { 0.0 };
        let noise = f64::from(state >> 28);
        [wave + 110.0, 128.0 - wave * 0.7, 90.0 + wave * 0.4].map(|v| (v + edge + noise) as u8)
    });
    Pixels::new((height, width), Channels::Rgb, pixels.collect()).unwrap_or_else(|e| unreachable!("{e}"))
}

fn jpeg(progressive: bool) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, 90);
    encoder.set_sampling_factor(SamplingFactor::F_2_2);
    encoder.set_progressive(progressive);
    let drawn = encoder.encode(picture().data(), SIZE.1, SIZE.0, ColorType::Rgb);
    drawn.map_or_else(|e| unreachable!("{e}"), |()| file)
}

#[divan::bench(args = [Scale::Full, Scale::Half, Scale::Quarter, Scale::Eighth])]
fn baseline(bencher: Bencher, scale: Scale) {
    let file = jpeg(false);
    let options = Decode { scale, ..Decode::default() };
    bencher.counter(ItemsCount::new(1_u32)).bench(|| decode(black_box(&file), &options));
}

#[divan::bench]
fn progressive(bencher: Bencher) {
    let file = jpeg(true);
    bencher.counter(ItemsCount::new(1_u32)).bench(|| decode(black_box(&file), &Decode::default()));
}

#[divan::bench]
fn window_of_224(bencher: Bencher) {
    let file = jpeg(false);
    let window = Some(Window { x: 200, y: 100, width: 224, height: 224 });
    let options = Decode { window, ..Decode::default() };
    bencher.counter(ItemsCount::new(1_u32)).bench(|| decode(black_box(&file), &options));
}

#[divan::bench]
fn png(bencher: Bencher) {
    let file = encode(&picture(), Encoding::Png);
    bencher
        .counter(ItemsCount::new(1_u32))
        .bench(|| file.as_ref().ok().map(|file| decode(black_box(file), &Decode::default())));
}

#[divan::bench]
fn header(bencher: Bencher) {
    let file = jpeg(false);
    bencher.counter(ItemsCount::new(1_u32)).bench(|| probe(black_box(&file)));
}

#[divan::bench]
fn resize_to_224(bencher: Bencher) {
    let picture = picture();
    bencher
        .counter(ItemsCount::new(1_u32))
        .bench(|| black_box(&picture).resize((224, 224), Filter::Bilinear));
}
