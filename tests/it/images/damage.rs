//! Damaged JPEGs: missing pixels are never passed over in silence, whichever decoder makes the pixels.

use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use lensframe::image::{Alpha, Damage, Decode, Decoded, Flaw, decode};

/// How a test file is written.
#[derive(Clone, Copy, Debug)]
struct Kind {
    gray: bool,
    sampling: SamplingFactor,
    progressive: bool,
    restart: u16,
    optimised: bool,
}

const PLAIN: Kind =
    Kind { gray: false, sampling: SamplingFactor::F_1_1, progressive: false, restart: 0, optimised: false };

const KINDS: [Kind; 9] = [
    PLAIN,
    Kind { sampling: SamplingFactor::F_2_2, ..PLAIN },
    Kind { sampling: SamplingFactor::F_2_1, optimised: true, ..PLAIN },
    Kind { gray: true, ..PLAIN },
    Kind { gray: true, progressive: true, ..PLAIN },
    Kind { sampling: SamplingFactor::F_2_2, restart: 3, ..PLAIN },
    Kind { sampling: SamplingFactor::F_2_2, progressive: true, ..PLAIN },
    Kind { progressive: true, optimised: true, ..PLAIN },
    Kind { progressive: true, restart: 4, ..PLAIN },
];

const SIZE: (u16, u16) = (41, 70);

/// A file with structure in all channels, down to its last row.
fn file(kind: Kind) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, 80);
    encoder.set_sampling_factor(kind.sampling);
    encoder.set_progressive(kind.progressive);
    encoder.set_optimized_huffman_tables(kind.optimised);
    if kind.restart > 0 {
        encoder.set_restart_interval(kind.restart);
    }
    let (height, width) = SIZE;
    let mut data = Vec::new();
    for (y, x) in (0..u32::from(height)).flat_map(|y| (0..u32::from(width)).map(move |x| (y, x))) {
        let wave = (y * y / 3 + x * 5) % 256;
        let pixel = [wave, (x * 7 + y * 3) % 256, (x * y) % 256];
        data.extend(pixel.iter().take(if kind.gray { 1 } else { 3 }).map(|v| *v as u8));
    }
    let colour = if kind.gray { ColorType::Luma } else { ColorType::Rgb };
    encoder.encode(&data, width, height, colour).unwrap();
    file
}

fn keep(file: &[u8]) -> lensframe::error::Result<Decoded> {
    decode(file, &Decode { damage: Damage::Keep, ..Decode::default() })
}

fn harmed(decoded: &Decoded) -> bool {
    decoded.flaws.iter().any(Flaw::harms_pixels)
}

#[test]
fn whole_files_have_no_flaw() {
    for kind in KINDS {
        assert_eq!(decode(&file(kind), &Decode::default()).unwrap().flaws, [], "{kind:?}");
    }
}

#[test]
fn wherever_a_file_is_cut_missing_pixels_are_told() {
    for kind in KINDS {
        let file = file(kind);
        let whole = keep(&file).unwrap();
        let (mut refused, mut partial) = (0, 0);
        for cut in 0..file.len() {
            let part = &file[..cut];
            match decode(part, &Decode::default()) {
                Ok(fine) => {
                    assert!(fine.pixels == whole.pixels, "{kind:?} cut at {cut} is fine but differs");
                    assert_eq!(fine.flaws, [Flaw::MissingEnd], "{kind:?} cut at {cut}");
                }
                Err(_) => refused += 1,
            }
            let Ok(kept) = keep(part) else { continue };
            partial += 1;
            if kept.pixels != whole.pixels {
                assert!(harmed(&kept), "{kind:?} cut at {cut}: {:?}", kept.flaws);
            }
            if let (false, [Flaw::Truncated { from_row: Some(row) }]) = (kind.progressive, &*kept.flaws) {
                let same = |n| kept.pixels.row(n) == whole.pixels.row(n);
                assert!((0..*row).all(same), "{kind:?} cut at {cut}: rows before {row} differ");
            }
        }
        assert!(refused > file.len() / 2 && partial > file.len() / 2, "{kind:?}: {refused} {partial}");
    }
}

#[test]
fn an_end_marker_behind_a_cut_does_not_hide_it() {
    for kind in KINDS {
        let file = file(kind);
        let whole = keep(&file).unwrap();
        for cut in 0..file.len() {
            let part = [&file[..cut], &[0xff, 0xd9]].concat();
            if let Ok(fine) = decode(&part, &Decode::default()) {
                assert!(fine.pixels == whole.pixels, "{kind:?} cut at {cut} is fine but differs");
            }
        }
    }
}

#[test]
fn a_file_without_its_end_marker_is_decoded_and_told() {
    for kind in KINDS {
        let file = file(kind);
        let whole = decode(&file, &Decode::default()).unwrap();
        let part = decode(&file[..file.len() - 2], &Decode::default()).unwrap();
        assert_eq!(part.flaws, [Flaw::MissingEnd], "{kind:?}");
        assert!(part.pixels == whole.pixels, "{kind:?}");
    }
}

#[test]
fn restart_markers_out_of_order_are_damage() {
    let mut file = file(Kind { sampling: SamplingFactor::F_2_2, restart: 3, ..PLAIN });
    let at = file.windows(2).position(|pair| pair == [0xff, 0xd1]).unwrap();
    file[at + 1] = 0xd4;
    let kept = keep(&file).unwrap();
    assert!(matches!(&*kept.flaws, [Flaw::Damaged { .. }]), "{:?}", kept.flaws);
    let error = decode(&file, &Decode::default()).unwrap_err().to_string();
    assert!(error.contains("damaged") && error.contains("restart marker"), "{error}");
}

#[test]
fn garbage_in_the_data_is_damage_or_another_picture_but_never_a_panic() {
    let mut told = 0;
    let mut state = 1_u32;
    for kind in KINDS {
        let file = file(kind);
        let from = file.windows(2).position(|pair| pair == [0xff, 0xda]).unwrap() + 14;
        for _ in 0..60 {
            let mut bad = file.clone();
            for _ in 0..8 {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let at = from + state as usize % (file.len() - from - 2);
                bad[at] = (state >> 24) as u8;
            }
            told += u32::from(decode(&bad, &Decode::default()).is_err());
            let _ = keep(&bad);
        }
    }
    assert!(told > 60 * 9 * 8 / 10, "only {told} of 540 were told");
}

#[test]
fn a_progressive_file_without_its_last_scans_is_told_from_a_whole_one() {
    let file = file(Kind { progressive: true, ..PLAIN });
    let last = file.windows(2).rposition(|pair| pair == [0xff, 0xda]).unwrap();
    for end in [&[0xff, 0xd9][..], &[]] {
        let part = [&file[..last], end].concat();
        assert_eq!(keep(&part).unwrap().flaws, [Flaw::MissingScans]);
        assert!(decode(&part, &Decode::default()).unwrap_err().to_string().contains("last scans"));
    }
}

#[test]
fn a_picture_of_ten_thousand_scans_is_refused() {
    let file = file(Kind { progressive: true, gray: true, ..PLAIN });
    let first = file.windows(2).position(|pair| pair == [0xff, 0xda]).unwrap();
    // A scan of DC coefficients, as long as its head alone.
    let id = file[file.windows(2).position(|pair| pair == [0xff, 0xc2]).unwrap() + 10];
    let scan = [0xff, 0xda, 0, 8, 1, id, 0, 0, 0, 0, 0];
    let bomb = [&file[..first], &scan.repeat(10_000)].concat();
    let error = keep(&bomb).unwrap_err();
    assert!(error.to_string().contains("100 scans"), "{error}");
}

#[test]
fn the_truncated_real_file_lacks_half_its_end_marker_and_no_pixel() {
    // OpenCV gives the same pixels for it with its end marker, and other ones two bytes earlier.
    let Some(data) = crate::data() else { return };
    let file = std::fs::read(data.join("codec-cases/truncated_jpeg.jpg")).unwrap();
    let whole = decode(&file, &Decode::default()).unwrap();
    assert_eq!(whole.flaws, [Flaw::MissingEnd]);
    assert!(decode(&file[..file.len() - 2], &Decode::default()).is_err());
    let kept = keep(&file[..file.len() - 2]).unwrap();
    assert!(harmed(&kept) && kept.pixels != whole.pixels, "{:?}", kept.flaws);
}

/// The recorded files of every kind but JPEG, by name.
fn other_kinds() -> Vec<(String, Vec<u8>)> {
    let recorded: serde_json::Value =
        serde_json::from_str(include_str!("../../recorded/images_kinds.json")).unwrap();
    let bytes = |hex: &str| {
        (0..hex.len() / 2).map(|n| u8::from_str_radix(&hex[2 * n..2 * n + 2], 16).unwrap()).collect()
    };
    let kinds = recorded.as_array().unwrap().iter();
    let named =
        kinds.map(|kind| (kind["name"].as_str().unwrap().to_owned(), bytes(kind["file"].as_str().unwrap())));
    named.filter(|(name, _)| !name.starts_with("jpeg")).collect()
}

#[test]
fn wherever_a_file_of_another_kind_is_cut_missing_pixels_are_told() {
    let plain = Decode { alpha: Alpha::Black, ..Decode::default() };
    let lenient = Decode { damage: Damage::Keep, ..plain };
    let mut silent = Vec::new();
    for (name, file) in other_kinds() {
        let Ok(whole) = decode(&file, &plain) else { continue };
        let mut partial = 0;
        for cut in 0..file.len() {
            let part = &file[..cut];
            if decode(part, &plain).is_ok_and(|fine| fine.pixels != whole.pixels) {
                silent.push(format!("{name} cut at {cut} of {}", file.len()));
            }
            let Ok(kept) = decode(part, &lenient) else { continue };
            partial += 1;
            if let [Flaw::Truncated { from_row: Some(row) }] = &*kept.flaws {
                assert!((0..*row).all(|n| kept.pixels.row(n) == whole.pixels.row(n)), "{name} cut at {cut}");
            }
        }
        assert!(partial > 0 || !name.starts_with("png"), "{name} is never kept in part");
    }
    assert!(silent.is_empty(), "{}", silent.join("\n"));
}

#[test]
fn a_fatal_fault_behind_a_harmless_one_is_told() {
    let file = file(PLAIN);
    // Stray bytes after the first segment are a warning to libjpeg; a picture without its tables is a failure.
    let mut odd = file[..2].to_vec();
    let mut at = 2;
    while file[at + 1] != 0xda {
        let length = 2 + usize::from(u16::from_be_bytes([file[at + 2], file[at + 3]]));
        if file[at + 1] != 0xdb {
            odd.extend_from_slice(&file[at..at + length]);
        }
        if at == 2 {
            odd.extend_from_slice(&[1, 2, 3]);
        }
        at += length;
    }
    odd.extend_from_slice(&file[at..]);
    assert!(decode(&odd, &Decode::default()).is_err());
}

#[test]
fn a_palette_in_which_nothing_is_transparent_has_no_alpha() {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, 2, 1);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_palette(vec![9, 8, 7, 6, 5, 4]);
    encoder.set_trns(vec![255, 255]);
    encoder.write_header().unwrap().write_image_data(&[1, 0]).unwrap();
    let decoded = decode(&file, &Decode::default()).unwrap();
    assert_eq!(decoded.pixels.data(), [6, 5, 4, 9, 8, 7]);
    assert!(!decoded.header.alpha);
}

#[test]
fn a_palette_of_no_whole_colours_is_refused() {
    let mut kinds = other_kinds();
    let (_, file) = kinds.iter_mut().find(|(name, _)| name == "png palette 2").unwrap();
    let at = file.windows(4).position(|four| four == b"PLTE").unwrap();
    let length = usize::from(file[at - 1]);
    // One byte less, with a checksum that fits.
    file[at - 1] -= 1;
    file.drain(at + 4 + length - 1..at + 4 + length + 4);
    let sum = crc32fast::hash(&file[at..at + 4 + length - 1]).to_be_bytes();
    file.splice(at + 4 + length - 1..at + 4 + length - 1, sum);
    for damage in [Damage::Refuse, Damage::Keep] {
        let error = decode(file, &Decode { damage, ..Decode::default() }).unwrap_err().to_string();
        assert!(error.contains("palette has 11 bytes"), "{error}");
    }
}
