//! Odd inputs: nothing panics, and what is not known is not counted.

use arrow_schema::DataType;
use lensframe::dataset::{Dataset, Getters, Key, Value};
use lensframe::error::{Error, ErrorKind};
use lensframe::image::Encoding;
use lensframe::job::Job;
use lensframe::profile::{Options, Reading, Trouble};
use lensframe::schema::field;

use super::{all, boxes, image, jpeg, keys, list, plain, table};

/// The report of a profile goes through every form.
fn forms(profile: &lensframe::profile::Profile) {
    let report = profile.report();
    assert!(report.terminal(60).contains("Profile of"));
    let back = lensframe::report::Report::from_json(&report.to_json()).unwrap();
    assert_eq!(back.headline, report.headline);
    assert!(report.to_html().contains("</html>") && !report.to_parquet().unwrap().is_empty());
    let schema = serde_json::from_str(include_str!("../../../schemas/report.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&report.to_json()).unwrap();
    let wrong: Vec<String> =
        jsonschema::validator_for(&schema).unwrap().iter_errors(&json).map(|e| e.to_string()).collect();
    assert_eq!(wrong, Vec::<String>::new());
    profile.centre_map().unwrap();
}

#[test]
fn no_rows_no_keys_no_images() {
    let nothing = Dataset::new(Getters::new(0));
    forms(&all(&nothing));
    let bare = Dataset::new(Getters::new(5));
    let profile = all(&bare);
    assert_eq!((profile.rows, profile.set.is_none(), profile.images.is_none()), (5, true, true));
    forms(&profile);
    let empty = table(vec![field::object("", "bbox").unwrap(), field::row("img").unwrap()], vec![], &["a"]);
    forms(&all(&empty));
    let e =
        bare.profile("d", &Options { set: Some("x".into()), ..Options::default() }, &Job::new()).unwrap_err();
    assert_eq!((e.kind(), e.to_string().contains("there is none")), (ErrorKind::NotFound, true));
    let far = Options { distance: 12, ..Options::default() };
    assert_eq!(bare.profile("d", &far, &Job::new()).unwrap_err().kind(), ErrorKind::Usage);
}

#[test]
fn null_lists_are_not_empty_ones() {
    let fields = vec![field::object("", "bbox").unwrap(), field::object("", "label").unwrap()];
    let rows = vec![
        vec![Value::Null, Value::Null],
        vec![boxes(&[]), list(Vec::<i64>::new())],
        vec![boxes(&[[1.0, 2.0, 3.0, 4.0]]), list([0_i64])],
    ];
    let profile = keys(&table(fields, rows, &[""]));
    assert_eq!((profile.rows, profile.annotated, profile.empty, profile.objects), (3, 2, 1, 1));
    assert_eq!(profile.classes[0].name, "");
    assert!(profile.report().terminal(80).contains("(no name)"));
    forms(&profile);
}

#[test]
fn sets_of_other_things_and_thousands_of_classes() {
    let captions = table(
        vec![field::object("captions", "caption").unwrap()],
        vec![vec![list(["one", "two"])], vec![Value::Null]],
        &[],
    );
    let profile = keys(&captions);
    assert_eq!((profile.set.as_deref(), profile.objects, profile.annotated), (Some("captions"), 2, 1));
    forms(&profile);
    let names: Vec<String> = (0..5000).map(|n| format!("class {n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let rows = (0..200).map(|row| vec![list((0..30).map(|n| row * 25 + n))]).collect();
    let many = keys(&table(vec![field::object("", "label").unwrap()], rows, &names));
    assert_eq!((many.objects, many.known_classes, many.together.classes.len()), (6000, 5000, 30));
    assert_eq!(
        many.suspects.iter().map(|found| found.count).sum::<u64>(),
        5,
        "the last row runs out of the table"
    );
    forms(&many);
}

#[test]
fn keys_of_other_types_are_read_value_by_value_or_left_out() {
    let floats = field::object_of("", "bbox", field::fixed_list(DataType::Float32, 4));
    let texts = field::object_of("", "label", DataType::Utf8);
    let tall = field::row_of("height", DataType::Utf8);
    let row = vec![boxes(&[[1.0, 2.0, 30.0, 40.0]]), list(["cat"]), Value::from("tall")];
    let profile = keys(&table(vec![floats, texts, tall], vec![row], &["cat"]));
    assert_eq!((profile.objects, profile.spreads.sides.count, profile.spreads.widths.count), (1, 1, 0));
    assert_eq!(profile.classes[1].name, "(no class)");
    // Lists of one set that differ in length cannot be told apart: the second is left out.
    let fields = vec![field::object("", "bbox").unwrap(), field::object("", "area").unwrap()];
    let row = vec![boxes(&[[1.0, 2.0, 30.0, 40.0]]), list([1.0, 2.0, 3.0])];
    assert_eq!(keys(&table(fields, vec![row], &[])).objects, 1);
}

#[test]
fn images_that_are_wrong_are_counted_with_their_rows() {
    let fields = ["img", "height", "width", "file_name"].map(|name| field::row(name).unwrap()).to_vec();
    let good = jpeg(&plain(90), 90);
    let noisy: Vec<u8> = (0..120 * 160 * 3).map(|n: u32| (n * 7919 % 251) as u8).collect();
    let noisy = lensframe::image::Pixels::new((120, 160), Default::default(), noisy).unwrap();
    let mut cut = jpeg(&noisy, 90);
    cut.truncate(cut.len() / 2);
    let gone =
        Value::Record([("bytes".to_owned(), Value::Null), ("path".to_owned(), Value::from("x.jpg"))].into());
    let row = |img: Value, height: i64, name: &str| {
        vec![img, Value::from(height), Value::from(70), Value::from(name)]
    };
    let rows = vec![
        row(image(good.clone()), 50, "good"),
        row(image(good), 51, "short"),
        row(image(b"no image".to_vec()), 50, "text"),
        row(image(cut), 120, "cut"),
        row(gone, 50, "gone"),
        row(Value::Null, 50, "none"),
    ];
    let profile = all(&table(fields, rows, &[]));
    let images = profile.images.as_ref().unwrap();
    let troubles: Vec<(Trouble, u64, &str)> =
        images.troubles.iter().map(|t| (t.kind, t.count, t.first[0].0.name.as_str())).collect();
    assert_eq!(
        troubles,
        [
            (Trouble::Absent, 1, "none"),
            (Trouble::Missing, 1, "gone"),
            (Trouble::Unreadable, 1, "text"),
            (Trouble::Damaged, 1, "cut"),
            (Trouble::Size, 1, "short"),
        ]
    );
    assert_eq!((images.named, images.read), (5, 3));
    assert_eq!(images.troubles[4].first[0].1, "declared 70 × 51, is 70 × 50");
    assert!(profile.report().terminal(100).contains("only 3 of 6 images could be read"));
    forms(&profile);
}

#[test]
fn odd_pictures_are_read_and_rows_that_fail_do_not_end_it() {
    let ds = Dataset::new(
        Getters::new(3)
            .add([Key::arrow(field::object("", "bbox").unwrap())], |row, _| match row {
                1 => Err(Error::new(ErrorKind::Getter, "no such thing")),
                _ => Ok(vec![boxes(&[[1.0, 1.0, 2.0, 2.0]])]),
            })
            .unwrap(),
    );
    let job = Job::new();
    let options = Options { images: Reading::None, ..Options::default() };
    let profile = ds.profile("d", &options, &job).unwrap();
    assert_eq!((profile.objects, profile.annotated, job.warnings().count("stats.row")), (2, 2, 1));

    let Some(data) = crate::data() else { return };
    let mut rows = Vec::new();
    for folder in ["codec-cases", "exif", "photos"] {
        for entry in std::fs::read_dir(data.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if matches!(path.extension().and_then(|e| e.to_str()), Some("jpg" | "png" | "tif" | "tiff")) {
                rows.push(vec![image(std::fs::read(path).unwrap())]);
            }
        }
    }
    let count = rows.len() as u64;
    let profile = all(&table(vec![field::row("img").unwrap()], rows, &[]));
    let images = profile.images.as_ref().unwrap();
    let unreadable: Vec<&str> =
        images.troubles.iter().flat_map(|t| &t.first).map(|(_, why)| why.as_str()).collect();
    assert_eq!(images.read, count, "{unreadable:?}");
    // One photograph is there in four orientations: upright they are alike.
    assert!(profile.near.as_ref().unwrap().first.iter().any(|group| group.count >= 3), "{:?}", profile.near);
    forms(&profile);
}

#[test]
fn a_cancelled_profile_stops() {
    let job = Job::new();
    job.cancel();
    let ds = table(
        vec![field::row("img").unwrap()],
        vec![vec![image(lensframe::image::encode(&plain(3), Encoding::Png).unwrap())]],
        &[],
    );
    assert!(ds.profile("d", &Options::default(), &job).unwrap_err().is_cancelled());
}
