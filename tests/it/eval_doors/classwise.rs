//! Files that are each of a class: VOC's results and DOTA's.

use lensframe::convert::Coords;
use lensframe::eval::read::{PredictionFormat, PredictionOptions, Wanted};

use super::{Desk, damage_every_byte, det, listed};

fn options() -> PredictionOptions {
    PredictionOptions::default()
}

#[test]
fn results_of_the_devkit_count_pixels_from_one() {
    let desk = Desk::new();
    let own = [det(7, "car", 0.5, [10.0, 20.0, 40.0, 30.0])];
    for name in
        ["comp4_det_test_car.txt", "comp3_det_val_car.txt", "comp4_8a2f-11_det_my_test_car.txt", "car.txt"]
    {
        let path = desk.put(&format!("{name}.d/{name}"), "000007 0.5 11 21 50 50\r\n");
        assert_eq!(desk.found(&path), own, "{name}");
        assert_eq!(desk.found(path.parent().unwrap()), own, "{name}");
    }
    let path = desk.path("car.txt.d");
    let zero = PredictionOptions { coords: Some(Coords::ZeroExclusive), ..options() };
    assert_eq!(listed(&desk.read(&path, &zero).unwrap())[0].3, [11.0, 21.0, 39.0, 29.0]);
}

#[test]
fn classes_that_hold_the_separator_are_found_and_images_without_a_line_counted() {
    let desk = Desk::new();
    desk.put("a/Main/comp4_det_test_traffic_light.txt", "b.x 0.5 11 21 50 50\nstranger 0.5 1 1 2 2\n");
    desk.put("a/Main/comp4_det_test_person.txt", "");
    desk.put("a/Main/readme.txt", "these are results");
    let comparison = desk.read(&desk.path("a"), &options()).unwrap();
    assert_eq!(listed(&comparison), [det(8, "traffic light", 0.5, [10.0, 20.0, 40.0, 30.0])]);
    assert_eq!((comparison.rate.no_image, comparison.remarks.count("found.image.absent")), (1, 2));
}

#[test]
fn corners_of_dota_are_turned_boxes() {
    let desk = Desk::new();
    let path = desk.put("a/Task1_car.txt", "000007 0.5 50 40 90 40 90 60 50 60\n");
    let wanted = Wanted { boxes: true, masks: true, rotated: true, ..Wanted::default() };
    let read = desk.read_for(path.parent().unwrap(), &wanted, &options()).unwrap();
    assert_eq!(read.found.bbox, [[50.0, 40.0, 40.0, 20.0]]);
    assert_eq!(read.found.rotated[0].0, [70.0, 50.0, 40.0, 20.0, 0.0]);
    assert_eq!(read.found.masks.decode(0).unwrap().area, 800);
    // Boxes of task 2 are upright, and their corners no pixels.
    let path = desk.put("b/Task2_traffic light.txt", "P 0.5 1 2 3 4\n000007 0.5 10 20 50 50\n");
    assert_eq!(desk.found(path.parent().unwrap()), [det(7, "traffic light", 0.5, [10.0, 20.0, 40.0, 30.0])]);
}

#[test]
fn nonsense_is_named_with_file_and_line() {
    let desk = Desk::new();
    for (line, part) in [
        ("000007 0.5 11 21 50", "line 2: the line has"),
        ("000007 nan 11 21 50 50", "line 2: \"nan\" is not a finite number"),
        ("000007 0,5 11 21 50 50", "line 2: \"0,5\" is not a number; write numbers with a decimal point"),
    ] {
        let path = desk.put("a/comp4_det_test_car.txt", format!("000007 0.5 11 21 50 50\n{line}\n"));
        let error = desk.refused(&path).to_string();
        assert!(error.contains("comp4_det_test_car.txt") && error.contains(part), "{line}: {error}");
    }
}

#[test]
fn files_that_are_damaged_never_do_worse_than_fail() {
    let desk = Desk::new();
    let text = "\u{feff}000007 0.5 11 21 50 50\r\nb.x 1e-3 1 2 3 4\n";
    damage_every_byte(&desk, text.as_bytes(), "a/comp4_det_test_car.txt", &desk.path("a"), &options());
    let text = "000007 0.5 50 40 90 40 90 60 50 60\n";
    let dota = PredictionOptions { format: Some(PredictionFormat::Dota), ..options() };
    damage_every_byte(&desk, text.as_bytes(), "b/Task1_car.txt", &desk.path("b"), &dota);
}
