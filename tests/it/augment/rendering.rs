//! Rows through a pipeline, as rows again: whole, in tiles, cut out, and on disk.

use std::collections::BTreeSet;

use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use lensframe::augment::{Cut, Pipeline, Rendering, SOURCE_ID, SOURCE_MAP, SOURCE_ROW};
use lensframe::convert::{SaveOptions, save};
use lensframe::dataset::store::{Depth, Store, verify};
use lensframe::dataset::{Access, Dataset, Value};
use lensframe::error::ErrorKind;
use lensframe::geometry::{Affine, Size};
use lensframe::image::{Encoding, Window};
use lensframe::job::Job;

use super::{scenes, step};
use crate::laws::{self, Fixture};

fn rendered(ds: &Dataset, rendering: &Rendering) -> Dataset {
    rendering.of(ds, &Job::new()).unwrap().view
}

fn nothing() -> Pipeline {
    Pipeline::new([]).unwrap()
}

fn value(ds: &Dataset, row: usize, key: &str) -> Value {
    ds.select(key).unwrap().get(row).unwrap().value().unwrap().clone()
}

fn boxes(ds: &Dataset, row: usize) -> Vec<[f64; 4]> {
    let Value::Array(list) = value(ds, row, "bbox") else { return Vec::new() };
    let numbers = list.as_fixed_size_list().values().as_primitive::<Float64Type>().values().to_vec();
    numbers.as_chunks::<4>().0.to_vec()
}

fn floats(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().as_primitive::<Float64Type>().values().to_vec()
}

fn source_map(ds: &Dataset, row: usize) -> Affine {
    Affine(floats(&value(ds, row, SOURCE_MAP)).try_into().unwrap())
}

#[test]
fn rows_that_nothing_is_done_to_are_the_same_to_the_byte() {
    let ds = scenes(4);
    let rendering = Rendering::new(nothing()).of(&ds, &Job::new()).unwrap();
    // Captions have no place on the picture; segments of a panoptic picture do.
    assert!(!rendering.left_out.iter().any(|name| name.starts_with("captions.")), "{:?}", rendering.left_out);
    assert!(rendering.left_out.iter().any(|name| name == "panoptic.bbox"));
    let same = rendering.view;
    for row in 0..ds.len() {
        for key in ["img", "bbox", "segmentation", "label", "height", "image_id", "area", "captions.caption"]
        {
            let (a, b) = (value(&ds, row, key), value(&same, row, key));
            match key {
                "img" => assert_eq!(a.member("bytes"), b.member("bytes")),
                _ => assert_eq!(a, b, "{key}"),
            }
        }
        assert_eq!(value(&same, row, SOURCE_ROW), Value::from(row as u64));
        assert_eq!(source_map(&same, row), Affine::IDENTITY);
    }
}

#[test]
fn tiles_are_windows_of_the_picture_with_what_lies_in_them() {
    let ds = scenes(5);
    let cut = Cut::Tiles { size: Size::new(48, 64), overlap: Size::new(8, 16) };
    let rendering = Rendering { cut, encoding: Some(Encoding::Png), ..Rendering::new(nothing()) };
    let tiles = rendered(&ds, &rendering);
    assert!(tiles.len() > 3 * ds.len());
    let mut covered = vec![0_u64; ds.len()];
    let mut ids = BTreeSet::new();
    for row in 0..tiles.len() {
        let of = value(&tiles, row, SOURCE_ROW).as_int().unwrap() as usize;
        let Affine([a, b, x, d, e, y]) = source_map(&tiles, row);
        assert_eq!([a, b, d, e], [1.0, 0.0, 0.0, 1.0]);
        let whole = ds.image(of).unwrap();
        let own = tiles.image(row).unwrap();
        let window = Window { x: x as u32, y: y as u32, width: own.width(), height: own.height() };
        assert!(own == whole.crop(window).unwrap(), "row {row}");
        assert_eq!(value(&tiles, row, "height"), Value::from(u64::from(own.height())));
        covered[of] += u64::from(own.width()) * u64::from(own.height());
        // The boxes that have a part in the window, cut off at its border.
        let (right, bottom) = (x + f64::from(own.width()), y + f64::from(own.height()));
        let wanted: Vec<[f64; 4]> = boxes(&ds, of)
            .iter()
            .filter_map(|[left, top, w, h]| {
                let (from, to) = (left.max(x), (left + w).min(right));
                let (up, down) = (top.max(y), (top + h).min(bottom));
                (to > from && down > up).then_some([from - x, up - y, to - from, down - up])
            })
            .collect();
        let found = boxes(&tiles, row);
        assert_eq!(found.len(), wanted.len(), "row {row}");
        let off = found.iter().flatten().zip(wanted.iter().flatten()).map(|(a, b)| (a - b).abs());
        assert!(off.fold(0.0, f64::max) < 1e-9, "row {row}: {found:?} {wanted:?}");
        assert!(ids.insert(format!("{:?}", value(&tiles, row, "image_id"))), "ids are counted anew");
        assert_eq!(value(&tiles, row, SOURCE_ID), value(&ds, of, "image_id"));
        let name = value(&tiles, row, "file_name");
        let place = format!("_{}_{}.png", window.y, window.x);
        assert!(name.as_text().unwrap().ends_with(&place), "{name:?}");
    }
    for (row, pixels) in covered.iter().enumerate() {
        let whole = ds.image(row).unwrap();
        assert!(*pixels >= u64::from(whole.width()) * u64::from(whole.height()), "row {row}");
    }
}

#[test]
fn objects_are_cut_out_with_their_class() {
    let ds = scenes(5);
    let cut = Cut::Objects { margin: 0.1 };
    let crops = rendered(&ds, &Rendering { cut, ..Rendering::new(nothing()) });
    let all: usize = (0..ds.len()).map(|row| boxes(&ds, row).len()).sum();
    assert_eq!(crops.len(), all);
    for row in 0..crops.len() {
        assert_eq!(boxes(&crops, row).len(), 1, "one object stays");
        let of = value(&crops, row, SOURCE_ROW).as_int().unwrap() as usize;
        let back = source_map(&crops, row).bbox(boxes(&crops, row)[0]);
        let Value::Array(labels) = value(&ds, of, "label") else { panic!("labels are a list") };
        let found =
            boxes(&ds, of).iter().position(|own| own.iter().zip(back).all(|(a, b)| (a - b).abs() < 1e-9));
        assert_eq!(value(&crops, row, "image_label"), Value::of(labels.as_ref(), found.unwrap()));
    }
}

#[test]
fn sizes_areas_and_maps_follow_the_picture() {
    let ds = scenes(4);
    let small = rendered(&ds, &Rendering { max_side: Some(40), ..Rendering::new(nothing()) });
    for row in 0..ds.len() {
        let (was, own) = (ds.image(row).unwrap(), small.image(row).unwrap());
        assert_eq!(own.width().max(own.height()), 40);
        let grown = f64::from(own.width()) * f64::from(own.height())
            / (f64::from(was.width()) * f64::from(was.height()));
        let areas = floats(&value(&ds, row, "area")).into_iter().map(|area| area * grown);
        for (area, found) in areas.zip(floats(&value(&small, row, "area"))) {
            assert!((area - found).abs() < 1e-6 * area.max(1.0), "{area} {found}");
        }
        for (own, stored) in boxes(&small, row).iter().zip(boxes(&ds, row)) {
            let back = source_map(&small, row).bbox(*own);
            assert!(back.iter().zip(stored).all(|(a, b)| (a - b).abs() < 1e-9), "{back:?} {stored:?}");
        }
    }
    // Larger pictures than there are stay what they are.
    let same = rendered(&ds, &Rendering { max_side: Some(4000), ..Rendering::new(nothing()) });
    assert_eq!(value(&same, 0, "img").member("bytes"), value(&ds, 0, "img").member("bytes"));
}

#[test]
fn rows_without_pictures_move_by_the_size_they_declare_and_keep_their_names() {
    let ds = scenes(2);
    let light = ds.select(["image_id", "file_name", "height", "width", "bbox"]).unwrap();
    let half = rendered(&light, &Rendering::new(step(r#"{"op": "resize", "size": [50, 60]}"#)));
    for row in 0..2 {
        assert_eq!(value(&half, row, "height"), Value::from(50_u64));
        assert_eq!(value(&half, row, "file_name"), value(&ds, row, "file_name"));
        for (own, stored) in boxes(&half, row).iter().zip(boxes(&ds, row)) {
            let back = source_map(&half, row).bbox(*own);
            assert!(back.iter().zip(stored).all(|(a, b)| (a - b).abs() < 1e-9));
        }
    }
    // Where nobody says the size, nothing can be scaled, and none is made up.
    let unknown = light.map_from("image_id", ["height", "width"], |_, _| Ok(vec![Value::Null; 2])).unwrap();
    assert_eq!(value(&rendered(&unknown, &Rendering::new(nothing())), 0, "height"), Value::Null);
    let bare = light.select(["image_id", "bbox"]).unwrap();
    let error = rendered(&bare, &Rendering::new(step(r#"{"op": "resize", "size": 9}"#))).get(0).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Key);
}

#[test]
fn every_view_of_a_row_is_a_row() {
    let ds = scenes(2);
    let both =
        step(r#"{"op": "each", "of": [[], [{"op": "flip", "x": true}], [{"op": "resize", "size": 30}]]}"#);
    let views = rendered(&ds, &Rendering { encoding: Some(Encoding::Png), ..Rendering::new(both) });
    assert_eq!(views.len(), 6);
    for row in 0..6 {
        let (of, whole) = (row / 3, ds.image(row / 3).unwrap());
        assert_eq!(value(&views, row, SOURCE_ROW), Value::from(of as u64));
        assert_eq!(value(&views, row, "image_id"), Value::from(row as u64));
        let name = value(&views, row, "file_name");
        assert!(name.as_text().unwrap().ends_with(&format!("_view{}.png", row % 3)), "{name:?}");
        let wide = f64::from(whole.width());
        let corner = source_map(&views, row).point([0.0, 0.0]);
        let wanted = if row % 3 == 1 { [wide, 0.0] } else { [0.0, 0.0] };
        assert_eq!(corner, wanted);
        for (own, stored) in boxes(&views, row).iter().zip(boxes(&ds, of)) {
            let back = source_map(&views, row).bbox(*own);
            assert!(back.iter().zip(stored).all(|(a, b)| (a - b).abs() < 1e-9));
        }
    }
}

#[test]
fn mixed_pictures_lead_nowhere_back_and_a_dropped_row_says_why() {
    let ds = scenes(4);
    let mosaic = rendered(&ds, &Rendering::new(step(r#"{"op": "mosaic", "size": 64}"#)));
    assert_eq!(value(&mosaic, 0, SOURCE_MAP), Value::Null);
    assert!(boxes(&mosaic, 0).len() <= (0..4).map(|row| boxes(&ds, row).len()).sum::<usize>() * 4);
    let gone = r#"{"op": "random_crop", "size": 1, "empty": "drop"}"#;
    let gone = rendered(&ds, &Rendering::new(step(gone)));
    let errors = (0..gone.len()).filter_map(|row| gone.get(row).err()).collect::<Vec<_>>();
    assert!(!errors.is_empty() && errors.iter().all(|e| e.to_string().contains("no object was left")));
}

#[test]
fn a_rendered_view_obeys_the_laws_of_sources() {
    let ds = scenes(2);
    let pipeline =
        r#"[{"op": "crop", "size": 20, "at": [0.2, 0.9], "params": "window"}, {"op": "flip", "x": true}]"#;
    let cut = Cut::Tiles { size: Size::new(60, 80), overlap: Size::new(0, 0) };
    let rendering = Rendering { cut, seed: 3, ..Rendering::new(Pipeline::from_json(pipeline).unwrap()) };
    let view = rendered(&ds, &rendering);
    laws::check(|| Fixture::new(view.source().clone()));
    let told = value(&view, 0, "window");
    assert!(told.as_text().is_some_and(|text| text.contains("\"y\":")), "{told:?}");
}

#[test]
fn chance_is_drawn_anew_in_every_epoch_and_for_every_seed() {
    let ds = scenes(6);
    let pipeline = step(r#"{"op": "random_crop", "size": 30}"#);
    let view = |seed| rendered(&ds, &Rendering { seed, ..Rendering::new(pipeline.clone()) });
    let maps = |view: &Dataset, access: &Access<'_>| {
        let batch = view.select([SOURCE_MAP]).unwrap().read_all(access).unwrap().whole().unwrap();
        batch.columns[0].values().iter().map(floats).collect::<Vec<_>>()
    };
    let plain = maps(&view(0), &Access::default());
    assert_eq!(plain, maps(&view(0), &Access::default()));
    assert_ne!(plain, maps(&view(1), &Access::default()));
    assert_ne!(plain, maps(&view(0), &Access { epoch: 1, ..Access::default() }));
}

#[test]
fn what_is_written_is_sound_and_rows_that_cannot_be_used_may_be_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let ds = scenes(6);
    let rendering = Rendering::new(step(r#"{"op": "random_crop", "size": 24, "empty": "drop"}"#));
    let view = rendered(&ds, &rendering);
    let fine = (0..view.len()).filter(|row| view.get(*row).is_ok()).count();
    assert!(fine > 0 && fine < view.len(), "{fine}");
    let path = folder.path().join("crops.lf");
    let failed = save(&view, &path, &SaveOptions::default(), &Job::new()).unwrap_err();
    assert_eq!(failed.kind(), ErrorKind::Format);
    let job = Job::new();
    let summary = save(&view, &path, &SaveOptions { skip: true, ..SaveOptions::default() }, &job).unwrap();
    assert_eq!((summary.rows as usize, summary.skipped as usize), (fine, view.len() - fine));
    assert_eq!(job.warnings().total() as usize, view.len() - fine);
    let store = Store::open(&path).unwrap();
    assert_eq!(store.dataset().len(), fine);
    assert!(verify(&path, Depth::Values, &Job::new()).unwrap().is_sound());
    for row in 0..fine {
        let of = value(&store.dataset(), row, SOURCE_ROW).as_int().unwrap() as usize;
        assert_eq!(boxes(&store.dataset(), row), boxes(&view, of));
    }
}
