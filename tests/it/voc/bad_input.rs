//! Damaged, odd and hostile input: an error with its place, or a counted warning and what was done.

use lensframe::convert::{Coords, Images, ImportOptions, OnError, voc};
use lensframe::dataset::store::Store;
use lensframe::error::ErrorKind;
use lensframe::job::Job;
use serde_json::{Value as Json, json};

use super::{Case, value};

/// An annotation of one object that is in order.
const GOOD: &str = "<annotation><filename>a.jpg</filename><size><width>20</width><height>10</height></size>\
    <object><name>cat</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>4</xmax><ymax>3</ymax></bndbox></object>\
    </annotation>";

fn with_box([xmin, ymin, xmax, ymax]: [&str; 4]) -> String {
    format!(
        "<annotation>\n<size><width>20</width><height>10</height></size>\n<object>\n<name>cat</name>\n<bndbox>\n\
         <xmin>{xmin}</xmin>\n<ymin>{ymin}</ymin>\n<xmax>{xmax}</xmax>\n<ymax>{ymax}</ymax>\n</bndbox>\n\
         </object>\n</annotation>"
    )
}

fn skip() -> ImportOptions {
    ImportOptions { on_error: OnError::Skip, ..ImportOptions::default() }
}

#[test]
fn broken_xml_names_the_file_and_line_or_is_skipped() {
    let case = Case::new(&[
        ("Annotations/a.xml", GOOD),
        ("Annotations/b.xml", "<annotation>\n<object></annotation>"),
    ]);
    let e = case.import(&ImportOptions::default()).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Format);
    let said = e.to_string().replace(&format!("{}/", case.src().display()), "");
    assert!(said.starts_with("voc: Annotations/b.xml line 2: not XML"), "{said}");
    assert!(said.ends_with("use --on-error skip to go on without such files"), "{said}");
    assert!(!case.dataset().join("versions").exists());
    case.import(&skip()).unwrap();
    let ds = case.store().dataset();
    assert_eq!(ds.len(), 2);
    assert_eq!((value(&ds, 0, "label"), value(&ds, 1, "label")), (json!([7]), Json::Null));
    assert_eq!(case.warned("voc.broken-file"), 1);
    assert!(case.said("voc.broken-file")[0].contains("the row has no annotation"));
}

#[test]
fn empty_binary_and_foreign_files_are_errors_of_their_line() {
    for (bytes, end) in [
        (b"".as_slice(), "no XML element in it"),
        (b"\x89PNG\r\n\x1a\n", "text outside of the root element"),
        (b"<annotations/>", "the root element is 'annotations', not 'annotation'"),
    ] {
        let case = Case::new(&[("Annotations/a.xml", GOOD)]);
        case.put("Annotations/b.xml", bytes);
        let said = case.import(&ImportOptions::default()).unwrap_err().to_string();
        assert!(said.contains("b.xml line 1: ") && said.contains(end), "{said}");
    }
}

#[test]
fn inverted_and_empty_boxes_are_kept_or_left_out() {
    let case = Case::new(&[
        ("Annotations/a.xml", &with_box(["9", "1", "3", "4"])),
        ("Annotations/b.xml", &with_box(["3", "1", "3", "4"])),
        ("Annotations/c.xml", &with_box(["1", "1", "2x", "4"])),
    ]);
    let options = ImportOptions { coords: Coords::Exclusive, ..ImportOptions::default() };
    assert_eq!(case.import(&options).unwrap().objects[0].1, 3);
    assert_eq!(
        case.said("voc.box-inverted"),
        [
            "voc: Annotations/a.xml line 8: xmax 3 < xmin 9; kept as declared; use --on-error skip to drop such boxes"
        ]
    );
    assert_eq!(case.said("voc.box-empty").len(), 1);
    assert!(case.said("voc.box-number")[0].contains("line 8: xmax \"2x\" is no number"));
    let ds = case.store().dataset();
    assert_eq!(value(&ds, 0, "bbox"), json!([[8.0, 0.0, -6.0, 3.0]]));
    assert_eq!(value(&ds, 2, "bbox"), json!([null]));
    let options = ImportOptions { replace: true, ..options };
    let options = ImportOptions { on_error: OnError::Skip, ..options };
    assert_eq!(case.import(&options).unwrap().objects[0].1, 0);
    let ds = case.store().dataset();
    assert_eq!((ds.len(), value(&ds, 0, "bbox")), (3, json!([])));
}

#[test]
fn odd_objects_are_warned_of_and_kept() {
    let inside = "<object><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>2</xmax><ymax>2</ymax></bndbox>\
        <bndbox><xmin>5</xmin><ymin>5</ymin><xmax>6</xmax><ymax>6</ymax></bndbox></object>\
        <object><name>cat</name></object>\
        <object><name>cat</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>90</xmax><ymax>2</ymax></bndbox></object>";
    let text = format!("<annotation><size><width>20</width><height>10</height></size>{inside}</annotation>");
    let case = Case::new(&[("a.xml", &text)]);
    let ds = case.imported().dataset();
    for code in ["voc.several-boxes", "voc.no-class", "voc.no-box", "voc.box-outside"] {
        assert_eq!(case.warned(code), 1, "{code}");
    }
    assert_eq!(value(&ds, 0, "label"), json!([null, 7, 7]));
    assert_eq!(value(&ds, 0, "bbox"), json!([[0.0, 0.0, 2.0, 2.0], null, [0.0, 0.0, 90.0, 2.0]]));
}

#[test]
fn missing_fields_are_null_and_no_error() {
    let case = Case::new(&[
        ("a.xml", "<annotation><object><name>cat</name><difficult>1</difficult></object></annotation>"),
        ("b.xml", "<annotation><size><depth></depth></size><object><name>cat</name></object></annotation>"),
    ]);
    let ds = case.imported().dataset();
    for key in ["width", "height", "file_name", "split"] {
        if ds.keys().find(key).is_ok() {
            assert_eq!(value(&ds, 0, key), Json::Null, "{key}");
        }
    }
    assert_eq!((value(&ds, 0, "difficult"), value(&ds, 1, "difficult")), (json!([true]), json!([null])));
}

#[test]
fn every_encoding_reads_alike() {
    let text = GOOD.replace(">cat<", ">café<").replace("><", ">\r\n<");
    let case = Case::new(&[]);
    let wide = |big: bool| -> Vec<u8> {
        let units = std::iter::once(0xFEFF).chain(text.encode_utf16());
        units.flat_map(|u| if big { u.to_be_bytes() } else { u.to_le_bytes() }).collect()
    };
    let latin = |head: &str| -> Vec<u8> {
        format!("{head}{text}").chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect()
    };
    case.put("a.xml", text.as_bytes());
    case.put("b.xml", &[b"\xEF\xBB\xBF", text.as_bytes()].concat());
    case.put("c.xml", &wide(false));
    case.put("d.xml", &wide(true));
    case.put("e.xml", &latin("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>"));
    case.put("f.xml", &latin(""));
    let store = case.imported();
    assert_eq!(store.classes("").unwrap().names(), ["café"]);
    let ds = store.dataset();
    for row in 0..6 {
        assert_eq!((value(&ds, row, "label"), value(&ds, row, "width")), (json!([0]), json!(20)));
    }
    assert_eq!(case.said("voc.encoding"), ["voc: f.xml: the text is not UTF-8; read as windows-1252"]);
}

#[test]
fn doctypes_and_entities_are_never_followed() {
    let bomb = "<!DOCTYPE annotation [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;'>\
        <!ENTITY x SYSTEM 'file:///etc/passwd'>]>";
    let case = Case::new(&[("a.xml", &format!("{bomb}{}", GOOD.replace(">cat<", ">&b;&x;<")))]);
    let store = case.imported();
    assert_eq!(store.classes("").unwrap().names(), ["&b;&x;"]);
    assert_eq!((case.warned("voc.doctype"), case.warned("voc.entity")), (1, 2));
    let strict = Job::new().strict(true);
    let options = ImportOptions { images: Images::None, ..ImportOptions::default() };
    let e = voc::import(&case.src(), &case.dir.path().join("b.lf"), &options, &strict);
    assert!(e.unwrap_err().to_string().contains("a.xml line 1: a doctype"));
}

#[test]
fn names_that_lead_out_lead_nowhere() {
    let case = Case::new(&[
        ("Annotations/@.xml", &GOOD.replace("a.jpg", "../../secret.jpg")),
        ("Annotations/é b.xml", &GOOD.replace("a.jpg", "/etc/passwd")),
        ("Annotations/p.xml", &GOOD.replace("a.jpg", "C:\\x\\p.jpg")),
        ("ImageSets/Main/train.txt", "@\n../../x\n/abs\né b\np\n"),
        ("JPEGImages/p.jpg", "jpeg"),
    ]);
    std::fs::write(case.dir.path().join("secret.jpg"), "secret").unwrap();
    let ds = case.imported().dataset();
    let ids: Vec<Json> = (0..ds.len()).map(|row| value(&ds, row, "image_id")).collect();
    assert_eq!(ids, ["@", "é b", "p"]);
    assert_eq!(case.warned("voc.unsafe-id"), 2);
    assert_eq!((value(&ds, 0, "img"), value(&ds, 1, "img")), (Json::Null, Json::Null));
    assert_eq!(value(&ds, 2, "img"), json!({"path": "JPEGImages/p.jpg"}));
    assert_eq!(case.warned("images.absent"), 2);
}

#[cfg(unix)]
#[test]
fn links_out_of_the_tree_are_not_followed() {
    let case = Case::new(&[("Annotations/a.xml", GOOD), ("JPEGImages/b.jpg", "jpeg")]);
    std::fs::write(case.dir.path().join("secret.jpg"), "secret").unwrap();
    std::os::unix::fs::symlink("../../secret.jpg", case.src().join("JPEGImages/a.jpg")).unwrap();
    let ds = case.imported().dataset();
    assert_eq!((value(&ds, 0, "image_id"), value(&ds, 0, "img")), (json!("a"), Json::Null));
}

#[test]
fn colliding_names_are_two_rows() {
    let case =
        Case::new(&[("Annotations/a.xml", GOOD), ("Annotations/a.XML", GOOD), ("JPEGImages/a.jpg", "x")]);
    let ds = case.imported().dataset();
    let ids: Vec<Json> = (0..ds.len()).map(|row| value(&ds, row, "image_id")).collect();
    assert_eq!(ids.len(), 2);
    assert_eq!(case.warned("voc.colliding-names"), 1);
}

#[test]
fn label_pngs_that_disagree_are_warned_of_and_broken_ones_refused() {
    use lensframe::image::{LabelImage, voc_colormap};
    let png = |height: u32, width: u32, fill: u8| {
        let count = usize::try_from(height * width).unwrap();
        LabelImage::indexed((height, width), vec![fill; count], voc_colormap(256)).unwrap().encode().unwrap()
    };
    let case = Case::new(&[("Annotations/a.xml", GOOD)]);
    case.put("SegmentationClass/a.png", &png(10, 21, 8));
    case.put("SegmentationObject/a.png", &png(10, 20, 1));
    let ds = case.imported().dataset();
    assert_eq!(case.warned("voc.label-maps-differ"), 1);
    assert_eq!(value(&ds, 0, "masks.label"), json!([null]));
    case.put("SegmentationObject/a.png", &png(11, 20, 1));
    let again = ImportOptions { replace: true, ..ImportOptions::default() };
    case.import(&again).unwrap();
    assert_eq!(case.warned("voc.label-map-size"), 1);
    case.put("SegmentationObject/a.png", b"no PNG");
    let e = case.import(&again).unwrap_err().to_string();
    assert!(e.contains("SegmentationObject/a.png"), "{e}");
    case.import(&ImportOptions { on_error: OnError::Skip, ..again }).unwrap();
    let ds = Store::open(&case.dataset()).unwrap().dataset();
    assert_eq!(value(&ds, 0, "masks.label"), Json::Null);
    assert_eq!(case.warned("voc.broken-file"), 1);
}

#[test]
fn lists_are_held_against_what_is_there() {
    let case = Case::new(&[
        ("Annotations/a.xml", GOOD),
        ("Annotations/b.xml", GOOD),
        ("ImageSets/Main/train.txt", "a\nc\n\n"),
    ]);
    let store = case.imported();
    let ds = store.dataset();
    let rows: Vec<(Json, Json)> =
        (0..3).map(|r| (value(&ds, r, "image_id"), value(&ds, r, "split"))).collect();
    assert_eq!(rows, [(json!("a"), json!("train")), (json!("c"), json!("train")), (json!("b"), Json::Null)]);
    assert_eq!((value(&ds, 1, "label"), value(&ds, 2, "label")), (Json::Null, json!([7])));
    assert_eq!(case.said("voc.unlisted").len(), 1);
    assert_eq!(case.warned("images.none"), 1);
}

#[test]
fn nothing_like_voc_is_not_found() {
    let case = Case::new(&[("readme.txt", "hello"), ("page.xml", "<html/>")]);
    let e = case.import(&ImportOptions::default()).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::NotFound);
}
