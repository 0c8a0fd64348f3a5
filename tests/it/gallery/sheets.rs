//! Sheets: every row is shown, what cannot be shown is said, and annotations lie where they belong.

use std::path::Path;

use lensframe::convert::{self, ImportOptions};
use lensframe::dataset::store::Store;
use lensframe::dataset::{Access, Column, Dataset, Key, Table, Value};
use lensframe::draw::{Colours, Style};
use lensframe::error::ErrorKind;
use lensframe::gallery::Gallery;
use lensframe::image::{Channels, Encoding, Orientation, Pixels, Window, encode};
use lensframe::job::Job;
use lensframe::synth::{Options, Scenes};

use super::{coco, linked};

const RED: [u8; 3] = [255, 0, 0];

/// Red boxes, nothing else.
fn plainly(tile: u32) -> Gallery {
    let style = Style {
        colours: Colours::One(RED),
        names: false,
        halo: false,
        line_width: Some(1),
        ..Style::default()
    };
    Gallery { tile, style, ..Gallery::default() }
}

/// The window of all pixels that are about red.
fn red(pixels: &Pixels) -> Option<Window> {
    let is_red =
        |row, column| matches!(pixels.pixel(row, column), [r, g, b] if *r > 200 && *g < 60 && *b < 60);
    let all = (0..pixels.height()).flat_map(|row| (0..pixels.width()).map(move |column| (row, column)));
    let found: Vec<(u32, u32)> = all.filter(|(row, column)| is_red(*row, *column)).collect();
    let (y, bottom) = (found.iter().map(|p| p.0).min()?, found.iter().map(|p| p.0).max()?);
    let (x, right) = (found.iter().map(|p| p.1).min()?, found.iter().map(|p| p.1).max()?);
    Some(Window { x, y, width: right - x + 1, height: bottom - y + 1 })
}

fn near(found: Option<Window>, want: [u32; 4]) -> bool {
    let Some(w) = found else { return false };
    [w.x, w.y, w.width, w.height].iter().zip(want).all(|(a, b)| a.abs_diff(b) <= 2)
}

#[test]
fn a_box_lies_where_it_belongs_at_any_size() {
    let folder = tempfile::tempdir().unwrap();
    let ds = linked(folder.path(), &[[90, 90, 90]]).dataset();
    // The box is 10, 10, 20, 20 of a picture of 40 x 60.
    for (tile, scale) in [(60, 1), (120, 2), (600, 10)] {
        let pixels = plainly(tile).picture(&ds, 0, &Job::new()).unwrap();
        assert_eq!(pixels.size(), (40 * scale, 60 * scale));
        assert!(near(red(&pixels), [10 * scale, 10 * scale, 20 * scale, 20 * scale]), "{:?}", red(&pixels));
    }
}

#[test]
fn every_row_has_its_place_and_what_is_in_the_way_is_counted() {
    let folder = tempfile::tempdir().unwrap();
    let colours = [[90, 90, 90], [91, 0, 90], [92, 90, 0], [93, 0, 0]];
    let ds = linked(folder.path(), &colours).dataset();
    let images = folder.path().join("coco/images");
    std::fs::remove_file(images.join("91.png")).unwrap();
    std::fs::write(images.join("92.png"), b"<html>not found</html>").unwrap();
    let noise: Vec<u8> = (0..40 * 60 * 3).map(|n: u32| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let noise = Pixels::new((40, 60), Channels::Rgb, noise).unwrap();
    let whole = encode(&noise, Encoding::JPEG).unwrap();
    std::fs::write(images.join("93.png"), &whole[..whole.len() / 2]).unwrap();
    let sheet = plainly(64).sheet(&ds, &Job::new()).unwrap();
    assert_eq!((sheet.rows, sheet.absent, sheet.unreadable, sheet.damaged), (4, 0, 2, 1));
    let again = plainly(64).sheet(&ds, &Job::new().threads(1)).unwrap();
    assert!(sheet.pixels == again.pixels);
    let strict = Gallery { panels: vec!["img".into()], ..plainly(64) }.sheet(&ds, &Job::new()).unwrap();
    assert_eq!(red(&strict.pixels.crop(Window { x: 0, y: 0, width: 60, height: 40 }).unwrap()), None);
}

#[test]
fn a_turned_photograph_is_drawn_in_the_frame_its_annotations_are_in() {
    let folder = tempfile::tempdir().unwrap();
    let make = |name: &str, (height, width): (u32, u32)| {
        let at = folder.path().join(name);
        coco(&at, &[[90, 90, 90]]);
        // Upright the picture is 60 high and 40 wide; it is stored turned.
        let pixels = Pixels::filled((60, 40), Channels::Rgb, [120; 3]).unwrap();
        let turned = Encoding::Jpeg { quality: 95, orientation: Orientation::Turn90 };
        std::fs::write(at.join("images/90.png"), encode(&pixels, turned).unwrap()).unwrap();
        let json = std::fs::read_to_string(at.join("instances.json")).unwrap();
        let json = json.replace("\"height\":40", &format!("\"height\":{height}"));
        let json = json.replace("\"width\":60", &format!("\"width\":{width}"));
        std::fs::write(at.join("instances.json"), json).unwrap();
        let found = convert::detect(&at, &[], &Job::new()).unwrap();
        let lf = folder.path().join(format!("{name}.lf"));
        found.format.import_source(&found.source, &lf, &ImportOptions::default(), &Job::new()).unwrap();
        Store::open(&lf).unwrap().dataset()
    };
    // Declared upright: shown upright. Declared as stored: shown as stored, so that the boxes fit.
    let upright = plainly(60).picture(&make("upright", (60, 40)), 0, &Job::new()).unwrap();
    assert_eq!(upright.size(), (60, 40));
    let stored = plainly(60).picture(&make("stored", (40, 60)), 0, &Job::new()).unwrap();
    assert_eq!(stored.size(), (40, 60));
    assert!(near(red(&stored), [10, 10, 20, 20]));
    // The door to pixels gives the same frame, and a path that was not converted as well.
    let stored = folder.path().join("stored");
    let opened = convert::open(&stored, &ImportOptions::default(), &Job::new()).unwrap();
    let seen = plainly(60).picture(&opened.store().dataset(), 0, &Job::new()).unwrap();
    assert_eq!(seen.size(), (40, 60));
    let converted = Store::open(&folder.path().join("stored.lf")).unwrap().dataset();
    assert_eq!(converted.image(0).unwrap().size(), (40, 60));
}

#[test]
fn every_kind_of_annotation_of_scenes_is_drawn() {
    let options = Options { count: 4, empty: 0.0, ..Options::default() };
    let ds = Dataset::new(Scenes::new(options, 5).unwrap());
    let job = Job::new();
    let bare = Gallery { panels: vec!["img".into()], tile: 160, ..Gallery::default() };
    for name in ["default", "panoptic", "label_map", "instance_map"] {
        let gallery = Gallery { panels: vec![name.to_owned()], ..bare.clone() };
        for row in 0..ds.len() {
            let (drawn, plain) =
                (gallery.picture(&ds, row, &job).unwrap(), bare.picture(&ds, row, &job).unwrap());
            assert!(drawn != plain, "{name} of row {row}");
        }
    }
    let rotated = Gallery { rotated: true, panels: vec!["default".into()], ..bare.clone() };
    assert!(
        rotated.sheet(&ds, &job).unwrap().pixels
            != Gallery { rotated: false, ..rotated }.sheet(&ds, &job).unwrap().pixels
    );
    let panels = ["default", "panoptic", "label_map", "img"].map(str::to_owned).to_vec();
    let sheet = Gallery { panels, columns: Some(1), ..bare }.sheet(&ds, &job).unwrap();
    assert!(sheet.pixels.width() > 4 * 160 && sheet.pixels.height() > 4 * 120);
    assert_eq!((sheet.absent, sheet.unreadable, sheet.damaged), (0, 0, 0));
}

#[test]
fn sets_of_arrays_without_a_picture_are_drawn_on_a_plain_ground() {
    let boxes = Value::from(vec![Value::from([4.0, 4.0, 40.0, 20.0].map(Value::from).to_vec())]);
    let columns = [
        (Key::values("height"), Column::Values(vec![Value::from(80), Value::from(80)])),
        (Key::values("width"), Column::Values(vec![Value::from(120), Value::from(120)])),
        (Key::values("bbox"), Column::Values(vec![boxes, Value::Null])),
    ];
    let ds = Dataset::new(Table::new(columns).unwrap());
    assert_eq!(ds.read_all(&Access::default()).unwrap().len, 2);
    let sheet = plainly(120).sheet(&ds, &Job::new()).unwrap();
    assert_eq!((sheet.rows, sheet.absent), (2, 2));
    let drawn = plainly(120).picture(&ds, 0, &Job::new()).unwrap();
    assert!(near(red(&drawn), [4, 4, 40, 20]), "{:?}", red(&drawn));
}

#[test]
fn what_is_not_there_or_too_much_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let ds = linked(folder.path(), &[[1, 2, 3]]).dataset();
    let job = Job::new();
    let error = Gallery { panels: vec!["masks".into()], ..Gallery::default() }.sheet(&ds, &job).unwrap_err();
    assert!(
        error.kind() == ErrorKind::NotFound && error.to_string().contains("there are: default, img"),
        "{error}"
    );
    let none = Gallery::default().sheet(&ds.slice(..0).unwrap(), &job).unwrap_err();
    assert_eq!(none.kind(), ErrorKind::Usage);
    let many =
        Gallery { tile: 4096, ..Gallery::default() }.sheet(&ds.repeat(1000).unwrap(), &job).unwrap_err();
    assert_eq!(many.kind(), ErrorKind::Limit);
    job.cancel();
    assert!(Gallery::default().sheet(&ds, &job).unwrap_err().is_cancelled());
}

#[test]
fn sheets_of_real_data_have_a_picture_for_every_file_there_is() {
    let Some(data) = crate::data() else { return };
    let sheet = |name: &str| {
        let opened =
            convert::open(&data.join(Path::new(name)), &ImportOptions::default(), &Job::new()).unwrap();
        Gallery::default().sheet(&opened.store().dataset(), &Job::new()).unwrap()
    };
    let coco = sheet("coco-photos");
    assert_eq!((coco.rows, coco.absent + coco.unreadable, coco.damaged), (6, 4, 0));
    let fridge = sheet("fridge-voc");
    assert_eq!(
        (fridge.rows, fridge.absent, fridge.unreadable, fridge.damaged, fridge.skipped),
        (6, 0, 0, 0, 0)
    );
}
