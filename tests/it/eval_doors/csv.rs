//! Tables as text.

use lensframe::convert::Coords;
use lensframe::eval::read::{ClassNumbers, PredictionFormat, PredictionOptions};

use super::{Desk, damage_every_byte, det};

fn options() -> PredictionOptions {
    PredictionOptions::default()
}

#[test]
fn every_layout_and_separator_gives_the_same_box() {
    let desk = Desk::new();
    let own = [det(7, "car", 0.5, [10.0, 20.0, 40.0, 30.0])];
    for text in [
        "image_id,category_id,score,x,y,w,h\n7,3,0.5,10,20,40,30\n",
        "image_id;label;confidence;xmin;ymin;xmax;ymax\n7;car;0.5;10;20;50;50",
        "file_name\tname\tconf\tx1\ty1\tx2\ty2\r\nval/000007.jpg\tcar\t.5\t10\t20\t50\t50\r\n",
        "\u{feff}filename,class,score,left,top,width,height\r\n000007,car,5e-1,10,20,40,30",
        "image,class,prob,cx,cy,w,h\n7.0,3.0,0.5,30,35,40,30",
        "id,label,score,bbox\n7,car,0.5,\"[10, 20, 40, 30]\"",
        "id,label,score,xyxy\n7,car,0.5,\"(10 20 50 50)\"",
        "filename,width,height,class,xmin,ymin,xmax,ymax,score\n000007.jpg,200,100,car,10,20,50,50,0.5",
        "ImageID,LabelName,Conf,XMin,XMax,YMin,YMax\n000007,car,0.5,0.05,0.25,0.2,0.5",
        "image_id,label,score,x,y,w,h\n000007,car,0.5,0.05,0.2,0.2,0.3",
        "ImageId,PredictionString\n000007,car 0.5 10 20 50 50\n8,\n",
        "ImageID,PredictionString\n000007,car 0.5 0.05 0.2 0.25 0.5",
    ] {
        let read = desk.found(&desk.put("predictions", text));
        let near = read.len() == 1
            && (read[0].0, &read[0].1, read[0].2) == (7, &own[0].1, 0.5)
            && read[0].3.iter().zip(own[0].3).all(|(a, b)| (a - b).abs() < 1e-9);
        assert!(near, "{text}: {read:?}");
    }
}

#[test]
fn what_numbers_of_classes_are_has_to_be_proven_or_said() {
    let desk = Desk::new();
    let text = |class: &str| format!("image_id,label,score,x,y,w,h\n7,{class},0.5,10,20,40,30\n");
    assert_eq!(desk.found(&desk.put("a.csv", text("10")))[0].1, "traffic light");
    assert_eq!(desk.found(&desk.put("a.csv", text("0")))[0].1, "person");
    let path = desk.put("a.csv", text("1"));
    let error = desk.refused(&path);
    assert!(
        error.to_string().contains("numbers of classes (1 to 1) can be read as ids, zero-based"),
        "{error}"
    );
    let read =
        |classes| super::listed(&desk.read(&path, &PredictionOptions { classes, ..options() }).unwrap());
    assert_eq!(read(ClassNumbers::Ids)[0].1, "person");
    assert_eq!(read(ClassNumbers::ZeroBased)[0].1, "car");
}

#[test]
fn corners_may_be_those_of_voc() {
    let desk = Desk::new();
    let path = desk.put("a.csv", "image_id,label,score,xmin,ymin,xmax,ymax\n7,car,0.5,11,21,50,50\n");
    let voc = PredictionOptions { coords: Some(Coords::Voc), ..options() };
    let read = super::listed(&desk.read(&path, &voc).unwrap());
    assert_eq!(read[0].3, [10.0, 20.0, 40.0, 30.0]);
}

#[test]
fn a_score_for_all_and_the_one_class_of_the_truth_fill_in() {
    let desk = Desk::new();
    let path = desk.put("a.csv", "image_id,label,x,y,w,h\n7,car,10,20,40,30\n");
    let error = desk.refused(&path);
    assert!(error.to_string().contains("no column is of scores"), "{error}");
    let one = PredictionOptions { score: Some(1.0), ..options() };
    assert_eq!(super::listed(&desk.read(&path, &one).unwrap())[0].2, 1.0);
    let path = desk.put("a.csv", "image_id,score,x,y,w,h\n7,0.5,10,20,40,30\n");
    assert!(desk.refused(&path).to_string().contains("no column is of classes"));
    let truth = std::fs::read_to_string(desk.path("truth.json")).unwrap();
    let lone =
        truth.replace(r#"{"id":10,"name":"traffic light"},"#, "").replace(r#",{"id":3,"name":"car"}"#, "");
    desk.put("truth.json", lone);
    assert_eq!(desk.found(&path)[0].1, "person");
    let wheat = desk.put("a.csv", "image_id,PredictionString\n7,0.9 10 20 40 30 0.8 1 2 3 4\n");
    assert_eq!(desk.found(&wheat)[1], det(7, "person", 0.8, [1.0, 2.0, 3.0, 4.0]));
}

#[test]
fn nonsense_is_named_with_line_and_column() {
    let desk = Desk::new();
    let head = "image_id,label,score,x,y,w,h\n7,car,0.5,10,20,40,30\n";
    for (row, parts) in [
        ("7,car,nan,10,20,40,30", ["line 3", "not a finite number"]),
        ("7,car,inf,10,20,40,30", ["line 3", "not a finite number"]),
        ("7,car,,10,20,40,30", ["line 3", "has no score"]),
        ("7,car,0.5,ten,20,40,30", ["line 3 key 'x'", "\"ten\" is not a number"]),
        ("7,car,0.5,\"1,5\",20,40,30", ["line 3 key 'x'", "decimal point"]),
        ("7,car,0,5,10,20,40,30", ["line 3", "8 fields where the header has 7"]),
        ("7,car,0.5,10,20,40", ["line 3", "6 fields where the header has 7"]),
        (",car,0.5,10,20,40,30", ["line 3", "the image is empty"]),
        ("7,,0.5,10,20,40,30", ["line 3", "the class is empty"]),
        ("7,car,0.5,,20,40,30", ["line 3", "a coordinate is empty"]),
        ("7,car,0.5,1e999,20,40,30", ["line 3", "not a finite number"]),
    ] {
        let error = desk.refused(&desk.put("a.csv", format!("{head}{row}\n"))).to_string();
        assert!(error.contains("a.csv") && parts.iter().all(|part| error.contains(part)), "{row}: {error}");
    }
    for (text, part) in [
        ("image_id,label,score,x,y,w\n", "no predictions in a known format"),
        ("image_id,label,score,x,y,w,h,xmin,ymin,xmax,ymax\n", "no predictions in a known format"),
        ("", "the file is empty"),
    ] {
        let path = desk.put("a.csv", text);
        assert!(desk.refused(&path).to_string().contains(part), "{text}");
        let forced = PredictionOptions { format: Some(PredictionFormat::Csv), ..options() };
        assert!(desk.read(&path, &forced).is_err());
    }
    let strings = desk.put("a.csv", "ImageId,PredictionString\n7,car 0.5 10 20 50\n");
    assert!(desk.refused(&strings).to_string().contains("line 2: a PredictionString is no list"));
    let open = desk.put("a.csv", "ImageID,LabelName,Conf,XMin,XMax,YMin,YMax\n000007,car,0.5,10,50,20,50");
    assert!(desk.refused(&open).to_string().contains("line 2: 10 is no share of the image"));
}

#[test]
fn a_negative_size_is_kept_and_counted_and_shares_may_not_be_pixels() {
    let desk = Desk::new();
    let path = desk.put("a.csv", "image_id,label,score,x,y,w,h\n7,car,0.5,10,20,-4,30\n");
    let comparison = desk.read(&path, &options()).unwrap();
    assert_eq!((comparison.found.bbox[0][2], comparison.remarks.count("found.bbox.negative")), (-4.0, 1));
    let small = desk.put("a.csv", "image_id,label,score,x,y,w,h\n7,car,0.5,0.1,0.2,0.5,0.5\n");
    let comparison = desk.read(&small, &options()).unwrap();
    assert_eq!((comparison.found.bbox[0][2], comparison.remarks.count("found.box.shares")), (100.0, 1));
}

#[test]
fn a_table_that_is_damaged_never_does_worse_than_fail() {
    let desk = Desk::new();
    let path = desk.path("a.csv");
    for text in [
        "\u{feff}image_id,label,score,x,y,w,h\r\n7,\"traffic light\",0.5,10,20,40,30\r\né,car,1,1,2,3,4\n",
        "ImageId,PredictionString\n000007,car 0.5 10 20 50 50 person 1 1 2 3 4\n8,\n",
    ] {
        damage_every_byte(&desk, text.as_bytes(), "a.csv", &path, &options());
    }
}
