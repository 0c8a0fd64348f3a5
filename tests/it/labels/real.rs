//! Real label images, against what Pillow and pycocotools read in them.

use std::path::Path;

use lensframe::geometry::{LabelMap, Size};
use lensframe::image::{ColourTable, LabelData, LabelImage, MAX_LABEL_PIXELS, voc_colormap};
use serde_json::{Value, json};

fn decode(path: &Path) -> LabelImage {
    LabelImage::decode(&std::fs::read(path).unwrap(), MAX_LABEL_PIXELS).unwrap()
}

#[test]
fn real_files_give_the_recorded_numbers_segments_and_masks() {
    let Some(data) = crate::data() else { return };
    let recorded: Value = serde_json::from_str(include_str!("../../recorded/labels.json")).unwrap();
    for (name, want) in recorded.as_object().unwrap() {
        let labels = decode(&data.join(name));
        let (height, width) = labels.size();
        assert_eq!(json!([height, width]), want["size"], "{name}");
        let ids = labels.ids();
        let bytes: Vec<u8> = ids.iter().flat_map(|id| id.to_le_bytes()).collect();
        assert_eq!(json!(crc32fast::hash(&bytes)), want["crc"], "{name}");

        let found = LabelMap::try_new(Size::new(height, width), &ids).unwrap().masks();
        let found = found.into_iter().take(64).map(|(segment, mask)| {
            json!([segment.id, segment.area, segment.bbox.to_array(), mask.to_coco_string()])
        });
        assert_eq!(Value::from_iter(found), want["segments"], "{name}");
    }
}

#[test]
fn the_void_of_the_panoptic_samples_is_as_large_as_stated() {
    let Some(data) = crate::data() else { return };
    for (name, void) in [("000000142238", 2712), ("000000439180", 7189)] {
        let labels = decode(&data.join(format!("panopticapi/panoptic_examples/{name}.png")));
        assert_eq!(labels.ids().iter().filter(|id| **id == 0).count(), void, "{name}");
    }
}

#[test]
fn colour_coded_voc_labels_become_indices_of_the_devkits_map() {
    let Some(data) = crate::data() else { return };
    let labels = decode(&data.join("datumaro-voc/SegmentationClass/2007_000001.png"));
    assert!(matches!(labels.data(), LabelData::Rgb(_)) && labels.palette().is_none());
    let found = labels.to_indices(&ColourTable::new(&voc_colormap(256)), 255);
    assert_eq!((found.indices.len(), found.unknown), (200, 0));
    assert!(found.indices.iter().all(|index| *index <= 21), "classes of the devkit");
}
