//! numpy's arrays and archives.

use std::io::{Cursor, Write};

use lensframe::eval::npy;
use lensframe::eval::read::{BoxForm, PredictionOptions};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::{Desk, damage_every_byte, det, listed};

fn options() -> PredictionOptions {
    PredictionOptions::default()
}

/// An array file of any type.
pub(super) fn array(descr: &str, shape: &str, bytes: &[u8]) -> Vec<u8> {
    let head = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n");
    let mut out = b"\x93NUMPY\x01\x00".to_vec();
    out.extend(u16::try_from(head.len()).unwrap().to_le_bytes());
    out.extend(head.as_bytes());
    out.extend(bytes);
    out
}

/// An archive of arrays, stored or deflated.
pub(super) fn archive(arrays: &[(&str, Vec<u8>)], deflated: bool) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let method = if deflated { zip::CompressionMethod::Deflated } else { zip::CompressionMethod::Stored };
    for (name, bytes) in arrays {
        zip.start_file(format!("{name}.npy"), SimpleFileOptions::default().compression_method(method))
            .unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn floats(values: &[f64]) -> Vec<u8> {
    npy::write(&[values.len()], values)
}

fn longs(values: &[i64]) -> Vec<u8> {
    array(
        "<i8",
        &format!("({},)", values.len()),
        &values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<_>>(),
    )
}

const ROW: [f64; 7] = [7.0, 10.0, 20.0, 40.0, 30.0, 0.5, 3.0];

#[test]
fn an_array_of_seven_columns_is_pycocotools_own() {
    let desk = Desk::new();
    let own = [det(7, "car", 0.5, [10.0, 20.0, 40.0, 30.0])];
    let narrow: Vec<u8> = ROW.iter().flat_map(|value| (*value as f32).to_le_bytes()).collect();
    for bytes in [
        npy::write(&[1, 7], &ROW),
        array("<f4", "(1, 7)", &narrow),
        archive(&[("arr_0", npy::write(&[1, 7], &ROW))], true),
    ] {
        assert_eq!(desk.found(&desk.put("a.npy", bytes)), own);
    }
    assert_eq!(desk.found(&desk.put("a.npy", npy::write(&[0, 7], &[]))), []);
}

#[test]
fn archives_name_images_by_detection_or_by_offset() {
    let desk = Desk::new();
    let own =
        [det(7, "car", 0.5, [130.0, 20.0, 40.0, 30.0]), det(8, "traffic light", 0.25, [1.0, 2.0, 3.0, 4.0])];
    let sizes = npy::write(&[2, 4], &[130.0, 20.0, 40.0, 30.0, 1.0, 2.0, 3.0, 4.0]);
    let corners = npy::write(&[2, 4], &[130.0, 20.0, 170.0, 50.0, 1.0, 2.0, 4.0, 6.0]);
    let (scores, labels) = (floats(&[0.5, 0.25]), longs(&[3, 10]));
    let text: Vec<u8> = "000007b.x\0\0\0".chars().flat_map(|c| u32::from(c).to_le_bytes()).collect();
    let narrow = array("|u1", "(2,)", &[3, 10]);
    let cases: [Vec<(&str, Vec<u8>)>; 5] = [
        vec![
            ("boxes", corners.clone()),
            ("scores", scores.clone()),
            ("labels", labels.clone()),
            ("image_ids", longs(&[7, 8])),
        ],
        vec![
            ("boxes", sizes.clone()),
            ("scores", scores.clone()),
            ("labels", narrow),
            ("image_ids", floats(&[7.0, 8.0])),
        ],
        vec![
            ("boxes_xywh", sizes),
            ("confidence", scores.clone()),
            ("class_id", labels.clone()),
            ("image_ids", array("<U6", "(2,)", &text)),
        ],
        vec![
            ("xyxy", corners.clone()),
            ("conf", scores.clone()),
            ("classes", labels),
            ("image_id", longs(&[7, 9, 8])),
            ("offsets", longs(&[0, 1, 1, 2])),
        ],
        vec![
            ("boxes_xyxy", corners),
            ("scores", scores),
            ("labels", floats(&[3.0, 10.0])),
            ("images", longs(&[7, 8])),
        ],
    ];
    for (n, arrays) in cases.iter().enumerate() {
        for deflated in [false, true] {
            assert_eq!(desk.found(&desk.put("a.npz", archive(arrays, deflated))), own, "case {n}");
        }
    }
}

#[test]
fn boxes_that_may_be_either_are_asked_for() {
    let desk = Desk::new();
    let own = npy::write(&[1, 4], &[10.0, 20.0, 40.0, 30.0]);
    let arrays =
        [("boxes", own), ("scores", floats(&[0.5])), ("labels", longs(&[3])), ("image_ids", longs(&[7]))];
    let path = desk.put("a.npz", archive(&arrays, false));
    let error = desk.refused(&path);
    assert!(
        error.to_string().contains("key 'boxes': the boxes can be corners or corner and size"),
        "{error}"
    );
    let read =
        |boxes| listed(&desk.read(&path, &PredictionOptions { boxes: Some(boxes), ..options() }).unwrap());
    assert_eq!(read(BoxForm::Corners)[0].3, [10.0, 20.0, 30.0, 10.0]);
    assert_eq!(read(BoxForm::CornerSize)[0].3, [10.0, 20.0, 40.0, 30.0]);
}

#[test]
fn arrays_that_cannot_be_read_say_why() {
    let desk = Desk::new();
    let bytes = npy::write(&[1, 7], &ROW);
    let swap = |from: &str, to: &str| {
        assert_eq!(from.len(), to.len());
        let at = bytes.windows(from.len()).position(|part| part == from.as_bytes()).unwrap();
        let mut out = bytes.clone();
        out[at..at + to.len()].copy_from_slice(to.as_bytes());
        out
    };
    let mut nan = ROW;
    nan[5] = f64::NAN;
    let mut half = ROW;
    half[0] = 7.5;
    for (bytes, part) in [
        (swap("<f8", ">f8"), "an array of type \">f8\" is not read"),
        (swap("<f8", "|O8"), "an array of type \"|O8\""),
        (swap("False", "True "), "an array in Fortran order is not read"),
        (swap("(1, 7,)", "(7, 1,)"), "not N × 7"),
        (swap("(1, 7,)", "(9, 7,)"), "the array is cut short"),
        (array("|O", "(1, 7)", b"\x80\x04."), "an array of Python's objects is not read"),
        (npy::write(&[1, 7], &nan), "row 0 key 'score': a score is not a finite number"),
        (npy::write(&[1, 7], &half), "row 0 key 'image_id': 7.5 is no id"),
    ] {
        let path = desk.put("a.npy", bytes.clone());
        let error = desk.refused(&path).to_string();
        assert!(error.contains("a.npy") && error.contains(part), "{part}: {error}");
    }
    let boxes = npy::write(&[1, 4], &[1.0, 2.0, 3.0, 4.0]);
    let of = |more: &[(&'static str, Vec<u8>)]| {
        let mut arrays = vec![("xyxy", boxes.clone()), ("labels", longs(&[3]))];
        arrays.extend(more.iter().cloned());
        desk.refused(&desk.put("a.npz", archive(&arrays, false))).to_string()
    };
    assert!(of(&[]).contains("no array \"scores\"; the arrays are"));
    assert!(of(&[("scores", floats(&[1.0, 2.0])), ("image_ids", longs(&[7]))]).contains("beside 1 boxes"));
    let with = |offsets: &[i64]| {
        of(&[("scores", floats(&[1.0])), ("image_ids", longs(&[7])), ("offsets", longs(offsets))])
    };
    for offsets in [[0, 2], [1, 1], [0, 0], [0, -1]] {
        assert!(with(&offsets).contains("key 'offsets'"), "{offsets:?}");
    }
    assert!(
        of(&[("scores", floats(&[1.0])), ("score", floats(&[1.0])), ("image_ids", longs(&[7]))])
            .contains("both")
    );
}

#[test]
fn arrays_that_are_damaged_never_do_worse_than_fail() {
    let desk = Desk::new();
    damage_every_byte(&desk, &npy::write(&[1, 7], &ROW), "a.npy", &desk.path("a.npy"), &options());
    let arrays = [
        ("xyxy", npy::write(&[1, 4], &[1.0, 2.0, 3.0, 4.0])),
        ("scores", floats(&[0.5])),
        ("labels", longs(&[3])),
        ("image_ids", longs(&[7])),
    ];
    damage_every_byte(&desk, &archive(&arrays, true), "a.npz", &desk.path("a.npz"), &options());
}
