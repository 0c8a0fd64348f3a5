//! Masks, boxes, areas, label maps, instance maps and panoptic PNGs of a scene say the same of every pixel.

use lensframe::dataset::{Dataset, Value};
use lensframe::geometry::{LabelMap, Rle, Size};
use lensframe::image::{LabelImage, MAX_LABEL_PIXELS};
use lensframe::synth::Options;

use super::{scenes, small};

/// One row, by the names of its keys.
struct Row<'a> {
    ds: &'a Dataset,
    values: Vec<Value>,
}

impl Row<'_> {
    fn get(&self, key: &str) -> &Value {
        &self.values[self.ds.keys().find(key).unwrap().0]
    }

    fn int(&self, key: &str) -> u32 {
        u32::try_from(self.get(key).as_int().unwrap()).unwrap()
    }

    fn size(&self) -> Size {
        Size::new(self.int("height"), self.int("width"))
    }

    /// The elements of a list.
    fn list(&self, key: &str) -> Vec<Value> {
        list(self.get(key))
    }

    /// The numbers of a label PNG.
    fn numbers(&self, key: &str) -> Vec<u32> {
        let Some(Value::Bytes(png)) = self.get(key).member("bytes").cloned() else { panic!("{key}") };
        let image = LabelImage::decode(&png, MAX_LABEL_PIXELS).unwrap();
        assert_eq!(image.size(), (self.size().height, self.size().width));
        image.ids()
    }
}

pub(super) fn list(value: &Value) -> Vec<Value> {
    let Value::Array(array) = value else { return Vec::new() };
    (0..array.len()).map(|i| Value::of(array.as_ref(), i)).collect()
}

pub(super) fn floats(value: &Value) -> Vec<f64> {
    list(value).iter().map(|v| v.as_float().unwrap()).collect()
}

/// The mask that a segmentation of any form declares.
pub(super) fn mask(segmentation: &Value, size: Size) -> Rle {
    let member = |name| segmentation.member(name).filter(|v| !v.is_null());
    assert_eq!(
        list(member("size").unwrap()),
        [Value::Int(size.height.into()), Value::Int(size.width.into())]
    );
    match (member("polygon"), member("counts"), member("rle")) {
        (Some(rings), None, None) => {
            let rings: Vec<Vec<f64>> = list(rings).iter().map(floats).collect();
            Rle::from_polygons(size, &rings).unwrap()
        }
        (None, Some(counts), None) => {
            let counts: Vec<i64> = list(counts).iter().map(|c| c.as_int().unwrap()).collect();
            Rle::from_list(size, &counts).unwrap()
        }
        (None, None, Some(text)) => Rle::from_coco_string(size, text.as_text().unwrap().as_bytes()).unwrap(),
        other => panic!("{other:?}"),
    }
}

fn each_row(ds: &Dataset, mut each: impl FnMut(Row<'_>)) {
    for row in 0..ds.len() {
        each(Row { ds, values: ds.get(row).unwrap().into_values() });
    }
}

#[test]
fn masks_boxes_areas_and_maps_agree_pixel_by_pixel() {
    let ds = scenes(Options { classes: 80, ..small(60) });
    let things = ds.classes("").unwrap().len();
    assert_eq!(things, 80);
    let mut forms = [0; 3];
    each_row(&ds, |row| {
        let size = row.size();
        let (label_map, instances, segments) =
            (row.numbers("label_map"), row.numbers("instance_map"), row.numbers("panoptic"));
        let labels = row.list("label");
        let (boxes, areas, crowds) = (row.list("bbox"), row.list("area"), row.list("crowded"));
        // What each pixel of an object is in the maps; -1 where no object is.
        let mut owner = vec![-1i64; segments.len()];
        for (n, segmentation) in row.list("segmentation").iter().enumerate() {
            forms[0] += usize::from(segmentation.member("polygon").is_some_and(|v| !v.is_null()));
            forms[1] += usize::from(segmentation.member("counts").is_some_and(|v| !v.is_null()));
            forms[2] += usize::from(segmentation.member("rle").is_some_and(|v| !v.is_null()));
            let mask = mask(segmentation, size);
            assert!(!mask.is_empty());
            assert_eq!(floats(&boxes[n]), mask.bbox().to_array());
            assert_eq!(areas[n].as_float(), Some(f64::from(mask.area())));
            for (at, inside) in mask.to_pixels().unwrap().into_iter().enumerate() {
                if inside == 1 {
                    assert_eq!(owner[at], -1, "objects do not share pixels");
                    owner[at] = n as i64;
                }
            }
        }
        let panoptic_labels = row.list("panoptic.label");
        let panoptic_ids: Vec<u32> =
            row.list("panoptic.object_id").iter().map(|id| id.as_int().unwrap() as u32).collect();
        for at in 0..owner.len() {
            let segment = panoptic_ids.iter().position(|id| *id == segments[at]).unwrap();
            let label = panoptic_labels[segment].as_int().unwrap();
            assert_eq!(i64::from(label_map[at]), label + 1);
            match usize::try_from(owner[at]) {
                Ok(object) => {
                    assert_eq!(labels[object].as_int(), Some(label));
                    let number = if crowds[object] == Value::Bool(true) { 255 } else { object as u32 + 1 };
                    assert_eq!(instances[at], number);
                }
                Err(_) => assert!(instances[at] == 0 && label >= things as i64),
            }
        }
        // Segments are those of the PNG, with their own boxes and areas, and no others.
        let found = LabelMap::try_new(size, &segments).unwrap().segments();
        assert_eq!(found.len(), panoptic_ids.len());
        for segment in found {
            let at = panoptic_ids.iter().position(|id| *id == segment.id).unwrap();
            assert_eq!(floats(&row.list("panoptic.bbox")[at]), segment.bbox.to_array());
            assert_eq!(row.list("panoptic.area")[at].as_float(), Some(f64::from(segment.area)));
        }
    });
    assert!(forms.iter().all(|n| *n > 0), "polygons, counts, text: {forms:?}");
}

#[test]
fn ground_without_classes_is_background_and_void() {
    let ds = scenes(Options { stuff: false, ..small(12) });
    each_row(&ds, |row| {
        assert_eq!(row.list("panoptic.object_id").len(), row.list("object_id").len());
        let (map, painted) = (row.numbers("label_map"), row.numbers("panoptic"));
        assert!(map.iter().zip(&painted).all(|(class, id)| (*class == 0) == (*id == 0)));
    });
}

#[test]
fn keypoints_are_seen_where_their_pixel_is_the_objects() {
    let ds = scenes(Options { classes: 3, overlap: 0.7, ..small(80) });
    let mut seen = [0; 3];
    each_row(&ds, |row| {
        let (instances, size) = (row.numbers("instance_map"), row.size());
        let (points, visible, labels) = (row.list("point"), row.list("visible"), row.list("label"));
        for n in 0..labels.len() {
            let flags = list(&visible[n]);
            if row.list("crowded")[n] == Value::Bool(true) || labels[n] != Value::Int(2) {
                assert!(points[n].is_null() && visible[n].is_null());
                continue;
            }
            assert_eq!((list(&points[n]).len(), flags.len()), (11, 11));
            for (point, flag) in list(&points[n]).iter().zip(flags) {
                let [x, y] = floats(point)[..] else { panic!() };
                let flag = flag.as_int().unwrap() as usize;
                seen[flag] += 1;
                if flag == 0 {
                    assert_eq!((x, y), (0.0, 0.0));
                } else {
                    let own = instances[y as usize * size.width as usize + x as usize] == n as u32 + 1;
                    assert_eq!(own, flag == 2);
                }
            }
        }
    });
    assert!(seen.iter().all(|n| *n > 0), "{seen:?}");
}

#[test]
fn flags_say_what_masks_show() {
    let ds = scenes(Options { overlap: 0.8, ..small(60) });
    let mut counts = [0; 4];
    each_row(&ds, |row| {
        let keys = ["occluded", "truncated", "difficult", "crowded"].map(|key| row.list(key));
        for n in 0..row.list("label").len() {
            let [occluded, truncated, difficult, crowded] =
                keys.each_ref().map(|flags| flags[n] == Value::Bool(true));
            let hidden = row.list("attr.hidden")[n].as_float().unwrap();
            assert!((0.0..1.0).contains(&hidden) && occluded == (hidden > 0.0));
            assert_eq!(difficult, hidden > 0.75 || row.list("area")[n].as_float().unwrap() < 16.0);
            // A whole object that nothing hides fills its own box along its axes to about its edge.
            let rbox = floats(&row.list("rbox")[n]);
            assert_eq!(rbox.is_empty(), crowded);
            if let ([cx, cy, w, h, _], false, false) = (&rbox[..], occluded, truncated) {
                let bbox = floats(&row.list("bbox")[n]);
                let reach = (w * w + h * h).sqrt() / 2.0 + 1.0;
                assert!(bbox[0] >= cx - reach && bbox[1] >= cy - reach);
                assert!(bbox[0] + bbox[2] <= cx + reach && bbox[1] + bbox[3] <= cy + reach);
            }
            for (count, flag) in counts.iter_mut().zip([occluded, truncated, difficult, crowded]) {
                *count += usize::from(flag);
            }
        }
    });
    assert!(counts.iter().all(|n| *n > 0), "{counts:?}");
}

#[test]
fn empty_gray_and_turned_files_come_in_the_shares_asked_for() {
    let count = 2000;
    let ds = scenes(Options { count, empty: 0.1, gray: 0.2, rotated: 0.3, ..Options::default() });
    let rows = ds.select("tags").unwrap().list().unwrap();
    let share = |tag: &str| {
        let has = |row: &&lensframe::dataset::Example| {
            list(row.value().unwrap()).iter().any(|t| t.as_text() == Some(tag))
        };
        rows.iter().filter(has).count() as f64 / count as f64
    };
    // Four standard deviations of a binomial.
    for (tag, want) in [("empty", 0.1), ("gray", 0.2), ("turned", 0.3)] {
        assert!((share(tag) - want).abs() < 0.041, "{tag}: {}", share(tag));
    }
}
