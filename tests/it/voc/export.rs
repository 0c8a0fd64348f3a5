//! VOC of datasets that came from elsewhere, of parts of datasets, and of masks.

use lensframe::convert::{ExportImages, ExportOptions, ImportOptions, coco, voc};
use lensframe::dataset::store::Store;
use lensframe::geometry::{Rle, Size};
use lensframe::job::Job;
use serde_json::json;

use super::{Case, files, twin, value};

/// A dataset imported from COCO, in a case without a source of its own.
fn from_coco(text: &str) -> (Case, Store) {
    let case = Case::new(&[("instances_val.json", text)]);
    coco::import(
        &case.src().join("instances_val.json"),
        &case.dataset(),
        &ImportOptions::default(),
        &case.job,
    )
    .unwrap();
    let store = case.store();
    (case, store)
}

#[test]
fn coco_becomes_voc_with_a_report_of_what_is_lost() {
    let (case, store) = from_coco(
        r#"{"images": [
            {"id": 1, "file_name": "x/a.jpg", "height": 10, "width": 20, "license": 3},
            {"id": 2, "file_name": "y/a.jpg", "height": 10, "width": 20},
            {"id": 3, "file_name": "b:c.jpg", "height": 10, "width": 20}],
        "annotations": [
            {"id": 5, "image_id": 1, "category_id": 7, "bbox": [0, 1, 2.5, 3], "area": 7.5, "iscrowd": 0,
             "segmentation": [[0, 1, 2, 1, 2, 3]], "color": "red"},
            {"id": 6, "image_id": 1, "category_id": 7, "bbox": [4, 4, 1, 1], "area": 1, "iscrowd": 1}],
        "categories": [{"id": 7, "name": "gnu"}]}"#,
    );
    let summary = case.export(&store.dataset(), ExportImages::Auto).unwrap();
    assert_eq!((summary.rows, summary.objects), (3, 2));
    let lost: Vec<(String, u64)> = summary.loss.iter().map(|l| (l.key.to_owned(), l.values)).collect();
    let wanted = [
        ("annotation", 3),
        ("area", 2),
        ("attr.license", 1),
        ("attr.pose", 2),
        ("categories", 1),
        ("crowded", 1),
        ("difficult", 2),
        ("file_name", 2),
        ("image_id", 3),
        ("object_id", 2),
        ("segmentation", 1),
        ("truncated", 2),
    ];
    assert_eq!(lost, wanted.map(|(key, n)| (key.to_owned(), n)));
    let made_up: Vec<&str> = summary.loss.iter().filter(|l| l.changed).map(|l| l.key).collect();
    assert_eq!(
        made_up,
        ["annotation", "attr.pose", "difficult", "file_name", "image_id", "segmentation", "truncated"]
    );
    let out = files(&case.out());
    let names: Vec<&str> = out.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "Annotations/a.xml",
            "Annotations/b%3Ac.xml",
            "Annotations/y/a.xml",
            "ImageSets/Main/val.txt",
            "ImageSets/Segmentation/val.txt",
            "SegmentationClass/a.png",
            "SegmentationObject/a.png",
            "labelmap.txt",
        ]
    );
    assert_eq!(case.warned("voc.unsafe-name"), 1);
    assert_eq!(out["ImageSets/Main/val.txt"], b"a\ny/a\nb%3Ac\n");
    let wanted = "<annotation><folder>JPEGImages</folder><filename>a.jpg</filename><source><database>Unknown</database>\
        </source><size><width>20</width><height>10</height><depth>3</depth></size><segmented>1</segmented>\
        <object><name>gnu</name><pose>Unspecified</pose><truncated>0</truncated><difficult>0</difficult><bndbox>\
        <xmin>1</xmin><ymin>2</ymin><xmax>2.5</xmax><ymax>4</ymax></bndbox><attributes><attribute><name>color</name>\
        <value>red</value></attribute></attributes></object><object><name>gnu</name><pose>Unspecified</pose>\
        <truncated>0</truncated><difficult>0</difficult><bndbox><xmin>5</xmin><ymin>5</ymin><xmax>5</xmax>\
        <ymax>5</ymax></bndbox></object></annotation>";
    let text = std::str::from_utf8(&out["Annotations/a.xml"]).unwrap();
    assert_eq!(twin::read(text), twin::read(wanted), "{text}");
    // And back: the same boxes, classes and split.
    let again = case.dir.path().join("again.lf");
    voc::import(&case.out(), &again, &ImportOptions::default(), &Job::new()).unwrap();
    let (before, after) = (store.dataset(), Store::open(&again).unwrap());
    assert_eq!(after.classes("").unwrap().names(), ["gnu"]);
    for key in ["bbox", "label", "width", "height", "split"] {
        assert_eq!(value(&before, 0, key), value(&after.dataset(), 0, key), "{key}");
    }
    assert_eq!(value(&after.dataset(), 0, "attr.color"), json!(["red", null]));
    // The polygon, painted: the pixels that COCO's own rule gives it.
    let mask = Rle::from_polygons(Size::new(10, 20), &[[0.0, 1.0, 2.0, 1.0, 2.0, 3.0]]).unwrap();
    assert_eq!(value(&after.dataset(), 0, "masks.segmentation")[0]["rle"], mask.to_coco_string());
    assert_eq!(value(&after.dataset(), 0, "masks.label"), json!([0]));
    assert_eq!(after.view("Segmentation/val").unwrap().len(), 1);
}

#[test]
fn voc_becomes_coco_and_comes_back_but_for_what_was_reported() {
    let annotation = "<annotation><filename>a.jpg</filename><size><width>20</width><height>10</height></size>\
        <object><name>cat</name><bndbox><xmin>1</xmin><ymin>2</ymin><xmax>4</xmax><ymax>3</ymax></bndbox></object>\
        </annotation>";
    let case = Case::new(&[("Annotations/a.xml", annotation), ("ImageSets/Main/val.txt", "a\n")]);
    let store = case.imported();
    let json = case.dir.path().join("coco");
    coco::export(&store, &store.dataset(), &json, &ExportOptions::default(), &case.job).unwrap();
    let back = case.dir.path().join("back.lf");
    coco::import(&json, &back, &ImportOptions::default(), &case.job).unwrap();
    let back = Store::open(&back).unwrap();
    let summary =
        voc::export(&back, &back.dataset(), &case.out(), &ExportOptions::default(), &case.job).unwrap();
    assert_eq!(summary.objects, 1);
    let text = std::fs::read_to_string(case.out().join("Annotations/a.xml")).unwrap();
    let corners = ["<xmin>1<", "<ymin>2<", "<xmax>4<", "<ymax>3<", "<name>cat<", "<width>20<", "<height>10<"];
    for part in corners {
        assert!(text.contains(part), "{part} in {text}");
    }
}

#[test]
fn label_pngs_are_painted_from_masks_where_none_are_stored() {
    use lensframe::image::{LabelImage, MAX_LABEL_PIXELS, voc_colormap};
    let annotation = "<annotation><object><name>cat</name></object></annotation>";
    let case = Case::new(&[("Annotations/a.xml", annotation), ("JPEGImages/a.jpg", "a")]);
    let (classes, instances) = ([0u8, 8, 8, 15, 15, 255], [0u8, 1, 1, 2, 2, 255]);
    for (folder, ids) in [("SegmentationClass", classes), ("SegmentationObject", instances)] {
        let image = LabelImage::indexed((2, 3), ids.to_vec(), voc_colormap(256)).unwrap();
        case.put(&format!("{folder}/a.png"), &image.encode().unwrap());
    }
    let ds = case.imported().dataset();
    assert_eq!(value(&ds, 0, "masks.label"), json!([7, 14]));
    assert_eq!(value(&ds, 0, "masks.area"), json!([2.0, 2.0]));
    let keys: Vec<&str> =
        ds.keys().iter().filter_map(|k| k.name()).filter(|name| !name.ends_with("_map")).collect();
    case.export(&ds.select(keys).unwrap(), ExportImages::None).unwrap();
    for (folder, ids) in [("SegmentationClass", classes), ("SegmentationObject", instances)] {
        let png = std::fs::read(case.out().join(folder).join("a.png")).unwrap();
        // What was void is background: no mask covers it.
        let wanted: Vec<u32> = ids.iter().map(|id| if *id == 255 { 0 } else { u32::from(*id) }).collect();
        assert_eq!(LabelImage::decode(&png, MAX_LABEL_PIXELS).unwrap().ids(), wanted);
    }
}

#[test]
fn a_part_of_the_rows_has_its_own_lists() {
    let annotation = "<annotation><object><name>cat</name></object></annotation>";
    let case = Case::new(&[
        ("Annotations/a.xml", annotation),
        ("Annotations/b.xml", annotation),
        ("ImageSets/Main/train.txt", "a\n"),
        ("ImageSets/Main/val.txt", "b\n"),
        ("ImageSets/Main/cat_val.txt", "b  1\n"),
    ]);
    let store = case.imported();
    case.export(&store.view("Main/val").unwrap(), ExportImages::None).unwrap();
    let out = files(&case.out());
    let names: Vec<&str> = out.keys().map(String::as_str).collect();
    assert_eq!(names, ["Annotations/b.xml", "ImageSets/Main/cat_val.txt", "ImageSets/Main/val.txt"]);
}

#[test]
fn files_that_are_there_are_not_replaced() {
    let case = Case::new(&[("a.xml", "<annotation><object><name>cat</name></object></annotation>")]);
    let ds = case.imported().dataset();
    case.export(&ds, ExportImages::None).unwrap();
    let e = case.export(&ds, ExportImages::None).unwrap_err();
    assert_eq!(e.kind(), lensframe::error::ErrorKind::AlreadyExists);
}
