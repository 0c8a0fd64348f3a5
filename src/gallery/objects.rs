//! The objects of one set in one row, made into what can be drawn, in the pixels of the annotated picture.

use super::record::{Record, elements, flag, numbers};
use crate::dataset::Value;
use crate::draw::Object;
use crate::geometry::{Keypoint, Rle, Size};
use crate::schema::axis::key_name;
use crate::schema::classes::ClassTable;

/// What of a set is drawn, by the base names of its keys.
pub(super) const DRAWN: [&str; 6] = ["bbox", "rbox", "segmentation", "point", "label", "caption"];

/// What else is read.
pub(super) const READ: [&str; 5] = ["score", "crowded", "difficult", "visible", "object_id"];

/// The lists of a set in one row.
struct Lists<'a> {
    record: &'a Record,
    set: &'a str,
}

impl Lists<'_> {
    fn get(&self, base: &str) -> Vec<Value> {
        elements(self.record.get(&key_name(self.set, base)))
    }
}

/// The objects of a set in a picture of this size. What cannot be drawn (no box, a mask that makes no sense)
/// stays an object without that.
pub(super) fn objects(record: &Record, set: &str, classes: Option<&ClassTable>, size: Size) -> Vec<Object> {
    let lists = Lists { record, set };
    let [boxes, rboxes, shapes, points, labels, _] = DRAWN.map(|base| lists.get(base));
    let [scores, crowds, difficult, visible, _] = READ.map(|base| lists.get(base));
    let count = [&boxes, &rboxes, &shapes, &points, &labels, &scores].map(Vec::len).into_iter().max();
    let object = |at: usize| {
        let label = labels.get(at).and_then(Value::as_int);
        Object {
            bbox: boxes.get(at).and_then(|bbox| numbers(bbox).try_into().ok()),
            rbox: rboxes.get(at).and_then(|rbox| numbers(rbox).try_into().ok()),
            mask: shapes.get(at).and_then(|shape| mask(shape, size)),
            points: points.get(at).map_or_else(Vec::new, |points| keypoints(points, visible.get(at))),
            label: label.and_then(|label| usize::try_from(label).ok()),
            name: label.map(|label| name(label, classes)),
            score: scores.get(at).and_then(Value::as_float),
            crowd: crowds.get(at).is_some_and(flag),
            difficult: difficult.get(at).is_some_and(flag),
        }
    };
    (0..count.unwrap_or(0)).map(object).collect()
}

/// The captions of a set.
pub(super) fn captions(record: &Record, set: &str) -> Vec<String> {
    let lists = Lists { record, set };
    lists.get("caption").iter().filter_map(Value::as_text).map(str::to_owned).collect()
}

/// The name of a class; one that the table has not is its number.
fn name(label: i64, classes: Option<&ClassTable>) -> String {
    match classes.and_then(|classes| classes.get(label)) {
        Some(class) => class.name.clone(),
        None => format!("class {label}"),
    }
}

/// Points of which nothing else is said are visible.
fn keypoints(points: &Value, visible: Option<&Value>) -> Vec<Keypoint> {
    let flags = visible.map(elements).unwrap_or_default();
    let point = |(at, point): (usize, &Value)| {
        let [x, y] = numbers(point).try_into().unwrap_or([f64::NAN; 2]);
        let said = flags.get(at).and_then(Value::as_int);
        Keypoint { x, y, visibility: said.map_or(2, |v| u8::try_from(v).unwrap_or(2)) }
    };
    elements(points).iter().enumerate().map(point).collect()
}

/// The mask of a segmentation: of the size that its run lengths declare, else of the picture's.
fn mask(value: &Value, size: Size) -> Option<Rle> {
    if let Some(rings) = value.member("polygon").filter(|rings| !rings.is_null()) {
        let rings: Vec<Vec<f64>> = elements(rings).iter().map(numbers).collect();
        return Rle::from_polygons(size, &rings).ok();
    }
    let [height, width] = numbers(value.member("size")?).try_into().ok()?;
    let side = |n: f64| (n > 0.0 && n <= f64::from(u32::MAX)).then_some(n as u32);
    let declared = Size::new(side(height)?, side(width)?);
    match (value.member("counts"), value.member("rle")) {
        (Some(counts), _) if !counts.is_null() => {
            let counts: Option<Vec<i64>> = elements(counts).iter().map(Value::as_int).collect();
            Rle::from_list(declared, &counts?).ok()
        }
        (_, Some(Value::Text(text))) => Rle::from_coco_string(declared, text.as_bytes()).ok(),
        _ => None,
    }
}
