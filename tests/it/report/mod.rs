//! Reports in all their forms: what every form must say, and what no name may do in any.

mod browser;
mod page;
mod parquet_form;
mod sample;
mod schema;
mod text;

use lensframe::image::{Channels, Encoding, Pixels, encode};
use lensframe::report::{Figure, Picture, Report};

/// Names that break forms that do not escape: markup, scripts, commands, separators, other directions, no end.
fn hostile_names() -> Vec<String> {
    let mut names: Vec<String> = [
        "<script>alert(1)</script>",
        "a\"b&c",
        "it's",
        "</title></style><img src=x onerror=alert(1)>",
        "a|b_c*d`e",
        "100% \\input{x} $y$ #1 ~^{}",
        "信号機と自転車",
        "سيارة",
        "\u{202e}gnp.exe",
        "line\nbreak\ttab\u{1b}[2J\u{0}",
        "👩‍👩‍👧 family",
        "",
        " ",
    ]
    .map(str::to_owned)
    .to_vec();
    names.push("x".repeat(3000));
    names
}

/// Six small pictures.
fn pictures() -> Vec<Picture> {
    let one = |n: u8| {
        let mut pixels = Pixels::filled((120, 180), Channels::Rgb, [70 + n * 12, 96, 120]).unwrap();
        let stride = pixels.stride();
        for (row, line) in pixels.data_mut().chunks_exact_mut(stride).enumerate() {
            for (column, pixel) in line.chunks_exact_mut(3).enumerate() {
                let edge = row == 30 || row == 90 || column == 40 || column == 130;
                if edge && (30..=90).contains(&row) && (40..=130).contains(&column) {
                    pixel.copy_from_slice(&[230, 159, 0]);
                }
            }
        }
        let caption = format!("00000000{n:04}.jpg · 3 missed, 2 false");
        let file = encode(&pixels, if n.is_multiple_of(2) { Encoding::Png } else { Encoding::JPEG }).unwrap();
        Picture::new(caption, file).figure(Figure::new("F1", "", 0.12 + f64::from(n) * 0.03))
    };
    (0..6).map(one).collect()
}

/// The sample with pictures.
fn sample() -> Report {
    sample::sample(pictures())
}

/// Reports of every size and shape: full, hostile, of 1,203 classes, of none, empty, and with what does not fit.
fn all() -> Vec<(&'static str, Report)> {
    let lvis: Vec<String> = (0..1203).map(|i| format!("class_{i}")).collect();
    let mut hostile = sample::of_classes(&hostile_names());
    let names = hostile_names();
    hostile.title = names[3].clone();
    hostile.protocol = names[0].clone();
    hostile.warnings = names.clone();
    hostile.lines = Some(names.clone());
    for (name, fact) in names.iter().zip(&mut hostile.provenance) {
        fact.key = name.clone();
        fact.value = name.clone();
    }
    hostile.pictures = names.iter().map(|name| Picture::new(name.clone(), name.clone())).collect();
    for (name, figure) in names.iter().zip(&mut hostile.headline) {
        figure.key = name.clone();
        figure.label = name.clone();
    }
    let mut odd = sample::of_classes(&["a".to_owned()]);
    for figure in &mut odd.headline {
        (figure.value, figure.low) = (Some(f64::NAN), Some(f64::INFINITY));
    }
    odd.matrix.as_mut().unwrap().counts.truncate(1);
    odd.histograms[0].edges.truncate(2);
    odd.histograms[0].series[0].counts.clear();
    odd.charts[0].curves[0].points = vec![[f64::NAN, 0.5], [1e300, -1e300]];
    odd.comparison.as_mut().unwrap().runs.truncate(1);
    vec![
        ("sample", sample()),
        ("hostile", hostile),
        ("lvis", sample::of_classes(&lvis)),
        ("none", sample::of_classes(&[])),
        ("odd", odd),
        ("empty", Report::default()),
    ]
}
