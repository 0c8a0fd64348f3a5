//! Folders with a text file an image.

use std::fs;

use lensframe::eval::read::{BoxForm, ClassNumbers, PredictionFormat, PredictionOptions, Wanted};

use super::{Desk, damage_every_byte, det, listed};

#[test]
fn every_form_of_line_is_told_by_its_values() {
    let desk = Desk::new();
    let own = [det(7, "car", 0.9, [130.0, 50.0, 20.0, 30.0])];
    let near = |read: Vec<super::Det>| {
        read.iter().zip(&own).all(|(a, b)| {
            (a.0, &a.1, a.2) == (b.0, &b.1, b.2) && a.3.iter().zip(b.3).all(|(a, b)| (a - b).abs() < 1e-9)
        }) && read.len() == own.len()
    };
    for (n, line) in [
        "1 0.7 0.65 0.1 0.3 0.9",
        "1 0.7 0.65 0.1 0.3 0.9 12",
        "1 0.9 0.7 0.65 0.1 0.3",
        "1 0.9 130 50 150 80",
        "car 0.9 130 50 20 30",
        "1\t0.70\t0.65  0.1 0.3 0.9\r\n\r\n",
        "\u{feff}1 0.7 0.65 0.1 0.3 0.9",
        "1 0.65 0.5 0.75 0.5 0.75 0.8 0.65 0.8 0.9",
    ]
    .into_iter()
    .enumerate()
    {
        let file = desk.put(&format!("{n}/000007.txt"), line);
        let read = desk.found(file.parent().unwrap());
        assert!(near(read.clone()), "{line}: {read:?}");
    }
}

#[test]
fn what_values_leave_open_is_asked_for() {
    let desk = Desk::new();
    desk.put("a/000007.txt", "1 0.5 0.5 0.2 0.2 0.3");
    let error = desk.refused(&desk.path("a"));
    assert!(
        error.to_string().contains("000007.txt line 1: the numbers of a box can be centre-conf, conf-centre")
    );
    let options = PredictionOptions { boxes: Some(BoxForm::ConfCentre), ..PredictionOptions::default() };
    assert_eq!(listed(&desk.read(&desk.path("a"), &options).unwrap())[0].2, 0.5);
    // One line more proves it.
    desk.put("a/c.txt", "1 0.1 0.9 0.1 0.1 0.8");
    assert_eq!(desk.found(&desk.path("a")).len(), 2);
}

#[test]
fn a_line_without_confidence_names_itself_and_the_way_out() {
    let desk = Desk::new();
    desk.put("a/000007.txt", "0 0.5 0.5 0.2 0.2\n");
    let error = desk.refused(&desk.path("a"));
    assert!(error.to_string().contains("000007.txt line 1 key 'score': a detection has no score"), "{error}");
    assert!(error.remedy_text().unwrap().contains("--pred-score 1"));
    let options = PredictionOptions { score: Some(1.0), ..PredictionOptions::default() };
    let read = listed(&desk.read(&desk.path("a"), &options).unwrap());
    assert_eq!(read, [det(7, "person", 1.0, [80.0, 40.0, 40.0, 20.0])]);
}

#[test]
fn files_and_images_that_have_no_counterpart_are_counted() {
    let desk = Desk::new();
    desk.put("a/labels/b.x.txt", "0 0.1 0.1 0.1 0.1 0.9");
    desk.put("a/labels/stranger.txt", "0 0.1 0.1 0.1 0.1 0.9");
    desk.put("a/labels/c.txt", "");
    let comparison = desk.read(&desk.path("a"), &PredictionOptions::default()).unwrap();
    assert_eq!((comparison.found.len(), comparison.rate.no_image), (1, 1));
    let count = |code: &str| comparison.remarks.count(code);
    assert_eq!((count("found.file.unknown"), count("found.image.absent")), (1, 1));
    let told = comparison.remarks.iter().find(|(code, _)| *code == "found.format").unwrap().1.to_string();
    assert!(told.contains("a is read as YOLO text files (yolo)"), "{told}");
}

#[test]
fn two_files_of_one_image_are_refused() {
    let desk = Desk::new();
    desk.put("a/000007.txt", "0 0.1 0.1 0.1 0.1 0.9");
    desk.put("a/more/7.txt", "0 0.1 0.1 0.1 0.1 0.9");
    assert!(desk.refused(&desk.path("a")).to_string().contains("are of the same image"));
}

#[test]
fn classes_are_places_names_or_what_a_list_of_names_says() {
    let desk = Desk::new();
    desk.put("a/000007.txt", "0 0.1 0.1 0.1 0.1 0.9\n2 0.1 0.1 0.1 0.1 0.8\n9 0.1 0.1 0.1 0.1 0.7");
    let comparison = desk.read(&desk.path("a"), &PredictionOptions::default()).unwrap();
    let names = |read: &[super::Det]| read.iter().map(|found| found.1.clone()).collect::<Vec<_>>();
    assert_eq!(names(&listed(&comparison)), ["person", "traffic light"]);
    assert_eq!(comparison.rate.no_class, 1);
    let raw = PredictionOptions { classes: ClassNumbers::Ids, ..PredictionOptions::default() };
    assert_eq!(desk.read(&desk.path("a"), &raw).unwrap().rate.no_class, 3);
    desk.put("a/classes.txt", "car\ncow\ntraffic light\n");
    assert_eq!(names(&desk.found(&desk.path("a"))), ["car", "traffic light"]);
}

#[test]
fn outlines_are_masks_and_points_are_points() {
    let desk = Desk::new();
    desk.put("a/000007.txt", "0 0.1 0.1 0.2 0.1 0.2 0.3 0.9\n");
    let masks = Wanted { masks: true, ..Wanted::default() };
    let options = PredictionOptions::default();
    let read = desk.read_for(&desk.path("a"), &masks, &options).unwrap();
    let mask = read.found.masks.decode(0).unwrap();
    assert_eq!((mask.size.height, mask.size.width, mask.bbox), (100, 200, [21.0, 10.0, 19.0, 19.0]));
    assert_eq!(read.found.area, [f64::from(mask.area)]);
    let points = Wanted { points: 2, ..Wanted::default() };
    for (line, seen) in [
        ("0 0.5 0.5 0.2 0.2 0.45 0.5 0.9 0.5 0.5 0.1 0.75", [0.9, 0.1]),
        ("0 0.5 0.5 0.2 0.2 0.45 0.5 0.5 0.5 0.75", [2.0, 2.0]),
        ("0 0.5 0.5 0.2 0.2 0.45 0.5 0.9 0.5 0.5 0.1 0.75 4", [0.9, 0.1]),
    ] {
        let file = desk.put("p/000007.txt", line);
        let read = desk.read_for(file.parent().unwrap(), &points, &options).unwrap();
        assert_eq!(read.found.points.values, [[90.0, 50.0, seen[0]], [100.0, 50.0, seen[1]]], "{line}");
        assert_eq!((read.found.score[0], read.found.area[0]), (0.75, 40.0 * 20.0));
    }
}

#[test]
fn nonsense_is_named_with_file_and_line() {
    let desk = Desk::new();
    for (line, part) in [
        ("0 0.1 0.1 0.1 0.1 nan", "line 2: \"nan\" is not a finite number"),
        ("0 0.1 0.1 0.1 0.1 1e999", "line 2: \"1e999\" is not a finite number"),
        ("0 0,1 0,1 0,1 0,1 0,9", "line 2: \"0,1\" is not a number; write numbers with a decimal point"),
        ("0 0.1 0.1", "line 2: 2 numbers follow the class"),
        ("0", "line 2: no numbers follow the class \"0\""),
        ("0 a b c d e", "line 2: \"a\" is not a number"),
        ("0 900 0.1 0.1 0.1 0.1 0.1 0.9", "line 2: 900 is no share of the image"),
    ] {
        let file = desk.put("a/000007.txt", format!("0 0.1 0.1 0.1 0.1 0.9\n{line}\n"));
        let forced = PredictionOptions { boxes: Some(BoxForm::CentreConf), ..PredictionOptions::default() };
        let error = desk.read(file.parent().unwrap(), &forced).unwrap_err();
        assert!(
            error.to_string().contains("000007.txt") && error.to_string().contains(part),
            "{line}: {error}"
        );
    }
}

#[test]
fn a_folder_without_predictions_says_so_unless_it_is_named() {
    let desk = Desk::new();
    fs::create_dir(desk.path("empty")).unwrap();
    assert!(desk.refused(&desk.path("empty")).to_string().contains("no predictions in a known format"));
    let options = PredictionOptions { format: Some(PredictionFormat::Yolo), ..PredictionOptions::default() };
    assert_eq!(desk.read(&desk.path("empty"), &options).unwrap().found.len(), 0);
}

#[test]
fn a_file_that_is_damaged_never_does_worse_than_fail() {
    let desk = Desk::new();
    let text =
        "\u{feff}traffic light 0.1 0.1 0.1 0.1 0.9\r\n0 0.1 0.1 0.2 0.1 0.2 0.3 0.9\n1 0.1 0.9 0.1 0.1 0.8\n";
    let options = PredictionOptions { format: Some(PredictionFormat::Yolo), ..PredictionOptions::default() };
    damage_every_byte(&desk, text.as_bytes(), "a/000007.txt", &desk.path("a"), &options);
}
