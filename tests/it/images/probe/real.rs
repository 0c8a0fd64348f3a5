//! Real files and files that Pillow wrote, against what Pillow says of them.

use lensframe::image::{Alpha, Damage, Decode, Flaw, Format, Header, Model, Orientation, decode, probe};
use serde_json::{Value, json};

use super::{check, corpus, counted};

fn recorded() -> serde_json::Map<String, Value> {
    let text = include_str!("../../../recorded/images_probe.json");
    serde_json::from_str::<Value>(text).unwrap().as_object().unwrap().clone()
}

/// Pillow's modes for such pixels.
fn modes(header: &Header) -> &'static [&'static str] {
    match (header.model, header.alpha, header.depth) {
        (Model::Gray, _, 1) => &["1"],
        (Model::Gray, false, 16) => &["I;16", "I;16B"],
        (Model::Gray, false, 32) => &["F"],
        (Model::Gray, _, _) => &["L", "LA", "I;16"],
        // Pillow turns palettes of grays into gray.
        (Model::Palette, _, _) => &["P", "L", "1"],
        (Model::Rgb | Model::YCbCr, false, _) => &["RGB"],
        (Model::Rgb | Model::YCbCr, true, _) => &["RGBA", "RGB"],
        (Model::Cmyk | Model::Ycck, _, _) => &["CMYK"],
        (Model::Other, _, _) => &["LAB"],
    }
}

fn agrees(name: &str, header: &Header, want: &Value) {
    let kind = want["format"].as_str().unwrap();
    assert_eq!(header.format.name().to_uppercase(), kind.replace("MPO", "JPEG"), "{name}");
    let size = if header.format == Format::Tiff { header.upright() } else { header.size };
    assert_eq!(json!([size.0, size.1]), want["size"], "{name}");
    let orientation = want["orientation"].as_u64().and_then(|value| Orientation::from_exif(value as u16));
    assert_eq!(header.orientation, orientation.unwrap_or_default(), "{name}");
    assert_eq!(header.icc, want["icc"], "{name}");
    assert_eq!(header.several, want["pictures"].as_u64().unwrap() > 1, "{name}");
    let mode = want["mode"].as_str().unwrap();
    assert!(modes(header).contains(&mode), "{name}: {header:?} is not {mode}");
    // A table of transparency without a transparent colour is none here.
    if name != "image_probe/png-P-trns-opaque" {
        let alpha = mode.ends_with('A') || want["transparency"] == true;
        assert_eq!(header.alpha, alpha, "{name}");
    }
}

#[test]
fn real_files_have_the_headers_that_pillow_reads() {
    let Some(data) = crate::data() else { return };
    let mut real = 0;
    for (name, want) in recorded().iter().filter(|(name, _)| !name.starts_with("image_probe/")) {
        let file = std::fs::read(data.join(name)).unwrap();
        check::check(&file);
        let (header, reads, bytes) = counted(&file);
        agrees(name, header.as_ref().unwrap(), want);
        assert!(reads <= 8 && bytes <= 64 << 10, "{name}: {reads} reads of {bytes} bytes");
        real += 1;
    }
    assert!(real > 35);
}

#[test]
fn what_pillow_wrote_has_the_header_that_pillow_reads() {
    let recorded = recorded();
    let mut written = 0;
    for (name, file) in corpus() {
        check::check(&file);
        if let Some(want) = recorded.get(&format!("image_probe/{name}")) {
            agrees(&format!("image_probe/{name}"), &probe(&file).unwrap(), want);
            written += 1;
        }
    }
    assert!(written > 60);
}

#[test]
fn what_is_decoded_is_as_large_as_its_header_says() {
    let options = Decode { alpha: Alpha::White, damage: Damage::Keep, ..Decode::default() };
    let real = crate::data().into_iter().flat_map(|data| {
        let names: Vec<String> =
            recorded().keys().filter(|n| !n.starts_with("image_probe/")).cloned().collect();
        names.into_iter().map(move |name| (name.clone(), std::fs::read(data.join(&name)).unwrap()))
    });
    // Kinds of TIFF that no decoder here knows, and a file that is cut short.
    let known = ["tiff-F", "tiff-LA", "tiff-LAB", "tiff-P", "codec-cases/truncated_jpeg.jpg"];
    for (name, file) in corpus().into_iter().filter(|(name, _)| name.contains('-')).chain(real) {
        match (probe(&file), decode(&file, &options)) {
            (Ok(header), Ok(decoded)) => {
                assert_eq!(decoded.pixels.size(), header.upright(), "{name}");
                assert_eq!(decoded.header, header, "{name}");
            }
            (_, Err(error)) => assert!(known.contains(&name.as_str()), "{name}: {error}"),
            (Err(error), Ok(_)) => panic!("{name} has pixels but no header: {error}"),
        }
    }
}

#[test]
fn exif_that_says_nothing_is_no_flaw_and_exif_that_cannot_be_read_is_one() {
    let flaws = |name: &str| {
        let (_, file) = corpus().into_iter().find(|(found, _)| found == name).unwrap();
        let header = probe(&file).unwrap();
        (header.orientation, header.flaws)
    };
    for name in ["jpeg-exif-0", "jpeg-exif-1", "jpeg-exif-no-orientation", "jpeg-RGB"] {
        assert_eq!(flaws(name), (Orientation::Upright, Vec::new()), "{name}");
    }
    let bad = [
        ("jpeg-exif-9", "there is no orientation 9"),
        ("jpeg-exif-byte", "its orientation has 1 values of type 1"),
        ("jpeg-exif-cut", "its directory is cut short"),
        ("jpeg-exif-no-order", "it names no byte order"),
    ];
    for (name, what) in bad {
        let flaw = Flaw::BadExif { what: what.to_owned() };
        assert_eq!(flaws(name), (Orientation::Upright, vec![flaw]), "{name}");
    }
}

#[test]
fn the_facts_of_the_codec_cases_hold() {
    let Some(data) = crate::data() else { return };
    let header = |name: &str| probe(&std::fs::read(data.join(name)).unwrap()).unwrap();
    let cmyk = header("codec-cases/pil_sample_cmyk.jpg");
    assert_eq!((cmyk.model, cmyk.inverted, cmyk.size), (Model::Ycck, true, (100, 100)));
    assert_eq!(header("codec-cases/hopper_gray.jpg").model, Model::Gray);
    assert_eq!(header("codec-cases/hopper.jpg").model, Model::YCbCr);
    let trns = header("codec-cases/i_trns.png");
    assert_eq!((trns.model, trns.depth, trns.alpha, trns.channels()), (Model::Gray, 16, true, 2));
    let rgba = header("codec-cases/basn6a16.png");
    assert_eq!((rgba.model, rgba.depth, rgba.alpha, rgba.channels()), (Model::Rgb, 16, true, 4));
    let palette = header("photos/palette_color.png");
    assert_eq!((palette.model, palette.alpha, palette.channels()), (Model::Palette, false, 1));
    // The header of a file that is cut in its pixels is whole.
    assert_eq!(header("codec-cases/truncated_jpeg.jpg").size, (100, 100));
    for (name, upright) in [
        ("Landscape_1", (1200, 1800)),
        ("Landscape_3", (1200, 1800)),
        ("Landscape_6", (1200, 1800)),
        ("Portrait_8", (1800, 1200)),
    ] {
        assert_eq!(header(&format!("exif/{name}.jpg")).upright(), upright, "{name}");
    }
}
