//! Other sizes, against Pillow's (`tests/recorded/images_resize.py`).

use lensframe::image::{Channels, Filter, Pixels};
use serde_json::Value;

fn pixels(value: &Value) -> Pixels {
    let hex = value["pixels"].as_str().unwrap();
    let data = (0..hex.len() / 2).map(|n| u8::from_str_radix(&hex[2 * n..2 * n + 2], 16).unwrap()).collect();
    let side = |n: usize| value["size"][n].as_u64().unwrap().try_into().unwrap();
    Pixels::new((side(0), side(1)), Channels::Rgb, data).unwrap()
}

#[test]
fn every_filter_is_within_a_level_of_pillows() {
    let recorded: Value = serde_json::from_str(include_str!("../../recorded/images_resize.json")).unwrap();
    let source = pixels(&recorded["source"]);
    let resized = recorded["resized"].as_array().unwrap();
    assert_eq!(resized.len(), 20);
    for want in resized {
        let filter = match want["filter"].as_str().unwrap() {
            "nearest" => Filter::Nearest,
            "box" => Filter::Box,
            "bilinear" => Filter::Bilinear,
            "bicubic" => Filter::Bicubic,
            _ => Filter::Lanczos,
        };
        let want = pixels(want);
        let found = source.resize(want.size(), filter).unwrap();
        let most = found.data().iter().zip(want.data()).map(|(a, b)| a.abs_diff(*b)).max().unwrap();
        let allowed = u8::from(filter != Filter::Nearest);
        assert!(most <= allowed, "{filter:?} to {:?}: off by {most}", want.size());
        // Gray goes another way through the library, to the same values.
        let gray = source.clone().to_gray();
        let (one, three) = (gray.resize(want.size(), filter).unwrap(), gray.clone().to_rgb());
        assert!(one.to_rgb() == three.resize(want.size(), filter).unwrap(), "{filter:?}");
    }
}

#[test]
fn a_size_without_a_pixel_is_refused_and_the_same_size_is_a_copy() {
    let picture = Pixels::filled((4, 3), Channels::Rgb, [9, 8, 7]).unwrap();
    assert!(picture.resize((0, 3), Filter::Box).is_err());
    assert!(picture.resize((4, 3), Filter::Lanczos).unwrap() == picture);
}
