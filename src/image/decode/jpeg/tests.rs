//! Both decoders, side by side: one verdict, and pixels that are near each other.

#![allow(clippy::as_conversions, clippy::indexing_slicing, clippy::unwrap_used, reason = "files made here")]

use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

use super::*;
use crate::image::decode::{Damage, Scale};
use crate::image::pixels::{Channels, Window};
use crate::image::probe::probe;
use crate::image::{Interpolation, Order, Resample, Target, Values};

/// A photograph-like picture: waves that no block edge follows.
fn file((height, width): (u16, u16), sampling: SamplingFactor, progressive: bool, restart: u16) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, 85);
    encoder.set_sampling_factor(sampling);
    encoder.set_progressive(progressive);
    if restart > 0 {
        encoder.set_restart_interval(restart);
    }
    let mut data = Vec::new();
    for (y, x) in (0..height).flat_map(|y| (0..width).map(move |x| (f64::from(y), f64::from(x)))) {
        let wave = |a: f64, b: f64| ((y * a + x * b).sin() * 90.0 + 128.0) as u8;
        data.extend([wave(0.11, 0.07), wave(0.05, -0.13), wave(0.2, 0.01)]);
    }
    encoder.encode(&data, width, height, ColorType::Rgb).unwrap();
    file
}

fn files() -> Vec<(Vec<u8>, SamplingFactor)> {
    let samplings =
        [SamplingFactor::F_1_1, SamplingFactor::F_2_1, SamplingFactor::F_1_2, SamplingFactor::F_2_2];
    let kinds = samplings.into_iter().flat_map(|s| [(s, false, 0), (s, true, 0), (s, false, 5)]);
    kinds
        .map(|(sampling, progressive, restart)| (file((61, 90), sampling, progressive, restart), sampling))
        .collect()
}

type Both = [Result<(Pixels, Vec<Flaw>)>; 2];

fn both(jpeg: &[u8], damage: Damage, scale: Scale) -> Result<Both> {
    let header = probe(jpeg)?;
    let options = Decode { damage, scale, ..Decode::default() };
    let want = Want::new(&header, &options)?;
    let layout = Layout::read(jpeg)?;
    let file = || whole(jpeg, &layout);
    Ok([
        by_zune(file(), &layout, &header, &options, &want),
        by_turbo(file(), &layout, &header, &options, &want, None)
            .map(|(sheet, flaws)| (sheet.pixels().unwrap(), flaws)),
    ])
}

#[test]
fn pixels_of_both_decoders_are_near_each_other() {
    for (jpeg, sampling) in files() {
        for (scale, mean) in
            [(Scale::Full, 0.6), (Scale::Half, 2.0), (Scale::Quarter, 2.0), (Scale::Eighth, 2.0)]
        {
            let [one, other] = both(&jpeg, Damage::Refuse, scale).unwrap().map(|pixels| pixels.unwrap().0);
            assert_eq!(one.size(), other.size());
            // Of colours that are halved one way only, the scaled DCT makes as few again as of those halved both
            // ways: what these waves have of them is lost.
            let even = matches!(sampling, SamplingFactor::F_1_1 | SamplingFactor::F_2_2);
            if scale != Scale::Full && !even {
                continue;
            }
            let differences = one.data().iter().zip(other.data()).map(|(a, b)| a.abs_diff(*b));
            let greatest = differences.clone().max().unwrap();
            let average = differences.map(f64::from).sum::<f64>() / one.data().len() as f64;
            assert!(
                average < mean && greatest <= 24,
                "{sampling:?} {scale:?}: {average}, {greatest} at most"
            );
        }
    }
}

#[test]
fn both_decoders_give_one_verdict_wherever_a_file_is_cut() {
    for (jpeg, _) in files() {
        for cut in 0..jpeg.len() {
            let Ok([one, other]) = both(&jpeg[..cut], Damage::Keep, Scale::Full) else { continue };
            let (one, other) = (one.unwrap().1, other.unwrap().1);
            assert_eq!(one, other, "cut at {cut} of {}", jpeg.len());
        }
    }
}

#[test]
fn what_libjpeg_warns_of_in_garbage_the_check_finds_too() {
    let (mut state, mut alike, mut all) = (5_u32, 0, 0);
    for (jpeg, _) in files() {
        let from = jpeg.windows(2).position(|pair| pair == [0xff, 0xda]).unwrap() + 14;
        for _ in 0..100 {
            let mut bad = jpeg.clone();
            for _ in 0..3 {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                bad[from + state as usize % (jpeg.len() - from - 2)] = (state >> 24) as u8;
            }
            let Ok([one, other]) = both(&bad, Damage::Refuse, Scale::Full) else { continue };
            all += 1;
            alike += u32::from(one.is_ok() == other.is_ok());
            // libjpeg overlooks codes that do not exist where it reads fast; it never finds more than the check.
            assert!(one.is_ok() <= other.is_ok(), "{:?}", other.err());
        }
    }
    assert!(alike * 100 >= all * 95, "one verdict for {alike} of {all}");
}

#[test]
fn what_is_around_a_window_leaves_it_as_it_is() {
    let mut spare = vec![7; 100_000];
    for (jpeg, _) in files() {
        for (scale, (x, y, width, height)) in [
            (Scale::Full, (0, 0, 90, 61)),
            (Scale::Full, (37, 22, 13, 9)),
            (Scale::Full, (89, 60, 1, 1)),
            (Scale::Half, (34, 20, 32, 18)),
            (Scale::Quarter, (8, 4, 82, 57)),
        ] {
            let window = Some(Window { x, y, width, height });
            let options = Decode { window, scale, ..Decode::default() };
            let wanted = crate::image::decode(&jpeg, &options).unwrap().pixels;
            let sheet = options.around(&jpeg, spare).unwrap();
            let (x, y, size) = (x / scale.step(), y / scale.step(), wanted.size());
            let part = Window { x, y, width: size.1, height: size.0 };
            let pass = Resample::new(part.into(), size, Interpolation::Nearest);
            let mut found = vec![0; wanted.data().len()];
            let target = Target::new(Values::U8(&mut found), Order::Hwc, size, Channels::Rgb).unwrap();
            let all = (scale.of(61), scale.of(90));
            pass.prepared(all).unwrap().write(sheet.from((x, y)), target).unwrap();
            assert!(found == wanted.data(), "{window:?} {scale:?}");
            spare = sheet.into_data();
            assert!(spare.len() >= 100_000, "memory was not used again");
        }
    }
}
