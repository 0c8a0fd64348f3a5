//! A conversion that is stopped and run again ends as one that was not.

use lensframe::convert::{Images, ImportOptions, voc};
use lensframe::image::{LabelImage, voc_colormap};
use lensframe::job::Job;

use super::Case;
use crate::cancel::cancelled_after;

#[test]
fn a_cancelled_conversion_goes_on_and_ends_as_an_uninterrupted_one() {
    let case = Case::new(&[]);
    let mut list = String::new();
    for i in 0..60u8 {
        let objects = format!(
            "<object><name>cat</name><bndbox><xmin>{i}</xmin><ymin>1</ymin><xmax>99</xmax><ymax>9</ymax></bndbox></object>"
        );
        let text = format!("<annotation><filename>{i:03}.jpg</filename>{}</annotation>", objects.repeat(3));
        case.put(&format!("Annotations/{i:03}.xml"), text.as_bytes());
        case.put(&format!("JPEGImages/{i:03}.jpg"), &vec![i; 3000]);
        let ids = vec![0, 1, 1, 2, i, 0];
        let png = LabelImage::indexed((2, 3), ids, voc_colormap(256)).unwrap().encode().unwrap();
        case.put(&format!("SegmentationObject/{i:03}.png"), &png);
        list.push_str(&format!("{i:03}\n"));
    }
    case.put("ImageSets/Main/train.txt", list.as_bytes());
    let options = ImportOptions { images: Images::Embed, shard_bytes: 30_000, ..ImportOptions::default() };
    let whole = case.import(&options).unwrap();
    let hash = case.store().version().content_hash();
    let dst = case.dir.path().join("parts.lf");
    for rows in [25, 45] {
        let job = cancelled_after(rows);
        assert!(voc::import(&case.src(), &dst, &options, &job).unwrap_err().is_cancelled());
    }
    let parts = voc::import(&case.src(), &dst, &options, &Job::new()).unwrap();
    assert!(parts.resumed >= 30, "{}", parts.resumed);
    assert_eq!((parts.rows, &parts.objects, parts.images.bytes), (60, &whole.objects, whole.images.bytes));
    assert_eq!(lensframe::dataset::store::Store::open(&dst).unwrap().version().content_hash(), hash);
    // An annotation that was changed meanwhile is other work.
    std::fs::remove_dir_all(&dst).unwrap();
    let job = cancelled_after(45);
    voc::import(&case.src(), &dst, &options, &job).unwrap_err();
    case.put("Annotations/001.xml", b"<annotation/>");
    assert_eq!(voc::import(&case.src(), &dst, &options, &Job::new()).unwrap().resumed, 0);
}
