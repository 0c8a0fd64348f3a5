//! Files of every kind as pixels, against what Pillow and OpenCV made of them (`tests/recorded/images_decode.py`).

use lensframe::error::ErrorKind;
use lensframe::image::{
    Alpha, Channels, Decode, Encoding, Limits, Orientation, Pixels, Scale, Window, decode, encode,
    jpeg_decoder, probe,
};
use serde_json::Value;

fn bytes(hex: &Value) -> Vec<u8> {
    let hex = hex.as_str().unwrap();
    (0..hex.len() / 2).map(|n| u8::from_str_radix(&hex[2 * n..2 * n + 2], 16).unwrap()).collect()
}

fn number(value: &Value) -> u32 {
    value.as_u64().unwrap().try_into().unwrap()
}

fn size(value: &Value) -> (u32, u32) {
    (number(&value[0]), number(&value[1]))
}

fn greatest_difference(one: &Pixels, other: &Pixels) -> u8 {
    assert_eq!(one.size(), other.size());
    one.data().iter().zip(other.data()).map(|(a, b)| a.abs_diff(*b)).max().unwrap()
}

fn by_libjpeg() -> bool {
    jpeg_decoder().starts_with("libjpeg-turbo")
}

#[test]
fn every_kind_of_file_holds_the_recorded_pixels() {
    let recorded: Value = serde_json::from_str(include_str!("../../recorded/images_kinds.json")).unwrap();
    let mut wrong = Vec::new();
    for kind in recorded.as_array().unwrap() {
        let alpha = match kind["alpha"].as_str().unwrap() {
            "white" => Alpha::White,
            "black" => Alpha::Black,
            _ => Alpha::Error,
        };
        let file = bytes(&kind["file"]);
        let want = Pixels::new(size(&kind["size"]), Channels::Rgb, bytes(&kind["pixels"])).unwrap();
        let decoded = decode(&file, &Decode { alpha, ..Decode::default() });
        if kind["alpha"] == "unsupported" {
            assert_eq!(decoded.unwrap_err().kind(), ErrorKind::Unsupported, "{}", kind["name"]);
            continue;
        }
        // Pillow decodes with libjpeg-turbo too.
        let same = kind["name"].as_str().unwrap().starts_with("jpeg") && by_libjpeg();
        let most = if same { 1 } else { number(&kind["most"]) };
        match decoded {
            Ok(decoded) => {
                let difference = greatest_difference(&decoded.pixels, &want);
                if u32::from(difference) > most || !decoded.flaws.is_empty() {
                    wrong.push(format!("{}: off by {difference}, {:?}", kind["name"], decoded.flaws));
                }
            }
            Err(error) => wrong.push(format!("{}: {error}", kind["name"])),
        }
        if alpha != Alpha::Error {
            let error = decode(&file, &Decode::default()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unsupported, "{}: {error}", kind["name"]);
            assert!(error.to_string().contains("--alpha"), "{error}");
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn real_files_hold_the_recorded_pixels() {
    let Some(data) = crate::data() else { return };
    let recorded: Value = serde_json::from_str(include_str!("../../recorded/images_real.json")).unwrap();
    assert!(recorded.as_object().unwrap().len() > 30);
    for (name, want) in recorded.as_object().unwrap() {
        let options = Decode { alpha: Alpha::White, ..Decode::default() };
        let decoded = decode(&std::fs::read(data.join(name)).unwrap(), &options).unwrap();
        let pixels = decoded.pixels;
        assert_eq!((pixels.size(), decoded.flaws), (size(&want["size"]), vec![]), "{name}");
        let (height, width) = pixels.size();
        let edge = |n: u32, all: u32| (f64::from(all) / 8.0 * f64::from(n)) as u32;
        // Means of JPEGs by decoders that differ by a level here and there; others are exact.
        let most = if !name.ends_with(".jpg") || by_libjpeg() { 0.006 } else { 1.0 };
        for (n, mean) in (0..).zip(want["means"].as_array().unwrap()) {
            let (i, j) = (n / 8, n % 8);
            let window = Window {
                y: edge(i, height),
                x: edge(j, width),
                height: edge(i + 1, height) - edge(i, height),
                width: edge(j + 1, width) - edge(j, width),
            };
            let block = pixels.crop(window).unwrap();
            for channel in 0..3 {
                let values = block.data().iter().skip(channel).step_by(3);
                let found = values.map(|v| f64::from(*v)).sum::<f64>() / (block.data().len() / 3) as f64;
                let want = mean[channel].as_f64().unwrap();
                assert!((found - want).abs() <= most, "{name} block {n} channel {channel}: {found} {want}");
            }
        }
    }
}

#[test]
fn exif_turns_the_four_real_files_upright() {
    let Some(data) = crate::data() else { return };
    for (name, upright, stored) in [
        ("Landscape_1", (1200, 1800), (1200, 1800)),
        ("Landscape_3", (1200, 1800), (1200, 1800)),
        ("Landscape_6", (1200, 1800), (1800, 1200)),
        ("Portrait_8", (1800, 1200), (1200, 1800)),
    ] {
        let file = std::fs::read(data.join(format!("exif/{name}.jpg"))).unwrap();
        assert_eq!(decode(&file, &Decode::default()).unwrap().pixels.size(), upright, "{name}");
        let as_stored = Decode { upright: false, ..Decode::default() };
        assert_eq!(decode(&file, &as_stored).unwrap().pixels.size(), stored, "{name}");
    }
}

/// A picture with structure everywhere, of an odd size, as files that are stored in all eight ways.
fn stored_every_way() -> Vec<(Orientation, Vec<u8>)> {
    let (height, width) = (83, 121);
    let at = |n: u32| [(n % 251) as u8, (n / 7 % 241) as u8, (n / 121 * 3 % 256) as u8];
    let data = (0..height * width).flat_map(at).collect();
    let pixels = Pixels::new((height, width), Channels::Rgb, data).unwrap();
    let file = |orientation| encode(&pixels, Encoding::Jpeg { quality: 80, orientation }).unwrap();
    Orientation::ALL.map(|orientation| (orientation, file(orientation))).to_vec()
}

#[test]
fn windows_are_exact_pixels_of_the_whole_picture() {
    let mut files = stored_every_way();
    if let Some(data) = crate::data() {
        for name in
            ["codec-cases/progressive_cat.jpg", "codec-cases/pil_sample_cmyk.jpg", "photos/coffee.png"]
        {
            files.push((Orientation::Upright, std::fs::read(data.join(name)).unwrap()));
        }
    }
    let mut state = 7_u32;
    for (orientation, file) in files {
        let whole = decode(&file, &Decode::default()).unwrap().pixels;
        for _ in 0..40 {
            let mut below = |n: u32| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 8) % n
            };
            let (y, x) = (below(whole.height()), below(whole.width()));
            let (height, width) = (1 + below(whole.height() - y), 1 + below(whole.width() - x));
            let window = Window { x, y, width, height };
            let part = decode(&file, &Decode { window: Some(window), ..Decode::default() }).unwrap().pixels;
            assert!(part == whole.crop(window).unwrap(), "{orientation:?} {window:?}");
        }
        let outside = Window { x: whole.width(), y: 0, width: 1, height: 1 };
        let error = decode(&file, &Decode { window: Some(outside), ..Decode::default() }).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Index);
    }
}

#[test]
fn windows_of_scaled_photographs_are_exact_too_however_colours_are_sampled() {
    let Some(data) = crate::data() else { return };
    let mut files = Vec::new();
    for folder in ["photos", "codec-cases", "coco-photos/images"] {
        let Ok(entries) = std::fs::read_dir(data.join(folder)) else { continue };
        files.extend(entries.filter_map(|entry| std::fs::read(entry.ok()?.path()).ok()));
    }
    let mut random = lensframe::random::Random::keyed(&[17]);
    let mut compared = 0;
    for file in files {
        for scale in [Scale::Full, Scale::Half, Scale::Quarter, Scale::Eighth] {
            let scaled = Decode { scale, upright: false, ..Decode::default() };
            let Ok(whole) = decode(&file, &scaled) else { continue };
            let (height, width) = whole.header.size;
            for _ in 0..12 {
                let mut below = |n: u32| random.below(n.into()) as u32;
                let (y, x) = (below(height), below(width));
                let (rows, columns) = (1 + below(height - y), 1 + below(width - x));
                let window = Window { x, y, width: columns, height: rows };
                let part = decode(&file, &Decode { window: Some(window), ..scaled }).unwrap().pixels;
                let step = scale.step();
                let (height, width) = part.size();
                let cut = Window { x: x / step, y: y / step, width, height };
                assert!(
                    part == whole.pixels.crop(cut).unwrap(),
                    "{scale:?} {window:?} of {:?}",
                    whole.header
                );
                compared += 1;
            }
        }
    }
    assert!(compared > 300, "{compared}");
}

#[test]
fn scaled_pictures_have_the_stated_size_and_are_near_the_means_of_blocks() {
    for (orientation, file) in stored_every_way() {
        let whole = decode(&file, &Decode::default()).unwrap().pixels;
        for scale in [Scale::Half, Scale::Quarter, Scale::Eighth] {
            let small = decode(&file, &Decode { scale, ..Decode::default() }).unwrap().pixels;
            let (height, width) = whole.size();
            assert_eq!(small.size(), (scale.of(height), scale.of(width)), "{orientation:?} {scale:?}");
            // A window of the scaled picture is cut out of it.
            let window = Window { x: 16, y: 24, width: 40, height: 32 };
            let part = decode(&file, &Decode { scale, window: Some(window), ..Decode::default() }).unwrap();
            let step = scale.step();
            let (rows, columns) = part.pixels.size();
            assert!(rows >= 32 / step && rows <= 32 / step + 1, "{rows}");
            assert!(columns >= 40 / step && columns <= 40 / step + 1, "{columns}");
            if orientation == Orientation::Upright {
                let cut = Window { x: 16 / step, y: 24 / step, width: columns, height: rows };
                assert!(part.pixels == small.crop(cut).unwrap(), "{scale:?}");
            }
        }
    }
    let Some(data) = crate::data() else { return };
    let file = std::fs::read(data.join("photos/rocket.jpg")).unwrap();
    let whole = decode(&file, &Decode::default()).unwrap().pixels;
    for scale in [Scale::Half, Scale::Quarter, Scale::Eighth] {
        let small = decode(&file, &Decode { scale, ..Decode::default() }).unwrap().pixels;
        let step = scale.step();
        let mut sum = 0.0;
        for (row, column) in (0..40).flat_map(|r| (0..40).map(move |c| (r, c))) {
            let window = Window { x: column * step, y: row * step, width: step, height: step };
            let block = whole.crop(window).unwrap();
            for channel in 0..3 {
                let values = block.data().iter().skip(channel).step_by(3);
                let mean = values.map(|v| f64::from(*v)).sum::<f64>() / f64::from(step * step);
                sum += (mean - f64::from(small.pixel(row, column)[channel])).abs();
            }
        }
        assert!(sum / 4800.0 < 2.0, "{scale:?}: off by {} on average", sum / 4800.0);
    }
}

#[test]
fn a_header_of_sixty_thousand_squared_costs_nothing() {
    let side = 60_000_u32;
    let mut png = encode(&Pixels::filled((1, 1), Channels::Rgb, [0; 3]).unwrap(), Encoding::Png).unwrap();
    png[16..20].copy_from_slice(&side.to_be_bytes());
    png[20..24].copy_from_slice(&side.to_be_bytes());
    let crc = crc32fast::hash(&png[12..29]);
    png[29..33].copy_from_slice(&crc.to_be_bytes());
    let mut jpeg = encode(&Pixels::filled((1, 1), Channels::Rgb, [0; 3]).unwrap(), Encoding::JPEG).unwrap();
    let frame = jpeg.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0xea, 0x60, 0xea, 0x60]);
    for file in [png, jpeg] {
        assert_eq!(probe(&file).unwrap().size, (side, side));
        let error = decode(&file, &Decode::default()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Limit, "{error}");
        let most = Limits { pixels: u64::MAX, bytes: 1 << 20 };
        let error = decode(&file, &Decode { limits: most, ..Decode::default() }).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Limit, "{error}");
    }
}

#[test]
fn gray_is_asked_for_and_kept() {
    let gray = Pixels::new((2, 2), Channels::Gray, vec![0, 80, 160, 255]).unwrap();
    let file = encode(&gray, Encoding::Png).unwrap();
    let options = Decode { channels: Channels::Gray, ..Decode::default() };
    assert_eq!(decode(&file, &options).unwrap().pixels, gray);
    assert_eq!(decode(&file, &Decode::default()).unwrap().pixels, gray.to_rgb());
    let colour = Pixels::filled((1, 1), Channels::Rgb, [12, 200, 77]).unwrap();
    let file = encode(&colour, Encoding::Png).unwrap();
    assert_eq!(decode(&file, &options).unwrap().pixels.data(), [130]);
}
