//! VOC's XML files with scores.

use lensframe::eval::read::{PredictionFormat, PredictionOptions};

use super::{Desk, damage_every_byte, det, listed};

fn object(score: &str) -> String {
    format!(
        "<object><name>car</name>{score}<bndbox><xmin>11</xmin><ymin>21</ymin><xmax>50</xmax><ymax>50</ymax></bndbox></object>"
    )
}

#[test]
fn confidence_and_score_are_read_beside_vocs_corners() {
    let desk = Desk::new();
    let own = [det(7, "car", 0.5, [10.0, 20.0, 40.0, 30.0])];
    for (n, score) in ["<confidence>0.5</confidence>", "<score> .5 </score>"].into_iter().enumerate() {
        let text = format!("\u{feff}<?xml version=\"1.0\"?>\r\n<annotation>{}</annotation>", object(score));
        let path = desk.put(&format!("{n}/000007.xml"), text);
        assert_eq!(desk.found(&path), own);
        assert_eq!(desk.found(path.parent().unwrap()), own);
    }
    // A file that is called after no image names its own.
    let text = format!(
        "<annotation><filename>c.jpg</filename>{}</annotation>",
        object("<confidence>0.5</confidence>")
    );
    assert_eq!(desk.found(&desk.put("n/result-1.xml", text))[0].0, 9);
}

#[test]
fn what_is_missing_is_named_with_file_and_line() {
    let desk = Desk::new();
    for (object, part) in [
        (object(""), "line 2 key 'score': a detection has no score"),
        (object("<score>nan</score>"), "line 2 key 'score': \"nan\" is not a finite number"),
        ("<object><name>car</name><score>1</score></object>".to_owned(), "line 2: an object has no <bndbox>"),
        (object("<score>1</score>").replace("<xmin>11</xmin>", ""), "line 2: an object has no <xmin>"),
        (object("<score>1</score>").replace("<name>car</name>", ""), "line 2: an object has no <name>"),
    ] {
        let path = desk.put("a/000007.xml", format!("<annotation>\n{object}</annotation>"));
        let error = desk.refused(path.parent().unwrap()).to_string();
        assert!(error.contains("000007.xml") && error.contains(part), "{error}");
    }
    let options = PredictionOptions { score: Some(0.25), ..PredictionOptions::default() };
    desk.put("a/000007.xml", format!("<annotation>\n{}</annotation>", object("")));
    assert_eq!(listed(&desk.read(&desk.path("a"), &options).unwrap())[0].2, 0.25);
}

#[test]
fn a_file_that_is_damaged_never_does_worse_than_fail() {
    let desk = Desk::new();
    let text = format!("<annotation>{}</annotation>", object("<confidence>0.5</confidence>"));
    let options =
        PredictionOptions { format: Some(PredictionFormat::VocXml), ..PredictionOptions::default() };
    damage_every_byte(&desk, text.as_bytes(), "a/000007.xml", &desk.path("a"), &options);
}
