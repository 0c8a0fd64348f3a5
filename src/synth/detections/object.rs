//! The truth of a row, as detections are made of it.

use crate::dataset::Value;
use crate::geometry::{BBox, Rle, Size};

/// x, y and visibility.
pub(super) type Keypoint = ([f64; 2], i64);

/// An object that is annotated.
#[derive(Clone, Debug)]
pub(super) struct Object {
    pub(super) bbox: BBox,
    pub(super) label: i64,
    /// A crowd, or one that is to be ignored: nothing is made of it.
    pub(super) apart: bool,
    pub(super) mask: Option<Rle>,
    pub(super) points: Option<Vec<Keypoint>>,
}

/// A row.
#[derive(Clone, Debug, Default)]
pub(super) struct Truth {
    pub(super) size: Option<Size>,
    /// Objects with a box and a label, with their places in the row's lists.
    pub(super) objects: Vec<(usize, Object)>,
}

impl Truth {
    /// The truth that these values say, by the base names of their keys.
    pub(super) fn of(names: &[&str], values: &[Value]) -> Truth {
        let get = |name: &str| {
            let at = names.iter().position(|n| *n == name);
            at.and_then(|at| values.get(at)).unwrap_or(&Value::Null)
        };
        let side = |name: &str| get(name).as_int().and_then(|side| u32::try_from(side).ok());
        let size = side("height").zip(side("width")).map(|(height, width)| Size::new(height, width));
        let column = |name: &str| elements(get(name));
        let (boxes, labels) = (column("bbox"), column("label"));
        let apart = ["crowded", "ignored"].map(column);
        let (shapes, points, visible) = (column("segmentation"), column("point"), column("visible"));
        let object = |at: usize| {
            let [x, y, w, h] = floats(boxes.get(at)?)[..] else { return None };
            let bbox = BBox::try_new(x, y, w, h).ok().filter(|bbox| bbox.area() > 0.0)?;
            let flag = |flags: &Vec<Value>| flags.get(at) == Some(&Value::Bool(true));
            Some(Object {
                bbox,
                label: labels.get(at)?.as_int()?,
                apart: apart.iter().any(flag),
                mask: shapes.get(at).and_then(|shape| mask(shape, size)).filter(|mask| !mask.is_empty()),
                points: points.get(at).filter(|p| !p.is_null()).map(|p| keypoints(p, visible.get(at))),
            })
        };
        let objects = (0..boxes.len()).filter_map(|at| Some((at, object(at)?))).collect();
        Truth { size, objects }
    }
}

fn elements(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(array) => (0..array.len()).map(|at| Value::of(array.as_ref(), at)).collect(),
        Value::List(values) => values.to_vec(),
        _ => Vec::new(),
    }
}

fn floats(value: &Value) -> Vec<f64> {
    elements(value).iter().filter_map(Value::as_float).collect()
}

fn keypoints(points: &Value, visible: Option<&Value>) -> Vec<Keypoint> {
    let flags = visible.map(elements).unwrap_or_default();
    let flag = |at: usize| flags.get(at).and_then(Value::as_int).unwrap_or(2);
    let places = elements(points);
    let place = |(at, place): (usize, &Value)| match floats(place)[..] {
        [x, y] => ([x, y], flag(at)),
        _ => ([0.0; 2], 0),
    };
    places.iter().enumerate().map(place).collect()
}

/// The mask of a segmentation in any form; `None` for what says none.
fn mask(shape: &Value, size: Option<Size>) -> Option<Rle> {
    let member = |name: &str| shape.member(name).filter(|value| !value.is_null());
    let own = member("size").map(elements).and_then(|sides| {
        let side = |at: usize| sides.get(at).and_then(Value::as_int).and_then(|s| u32::try_from(s).ok());
        Some(Size::new(side(0)?, side(1)?))
    });
    let size = own.or(size)?;
    if let Some(text) = member("rle") {
        return Rle::from_coco_string(size, text.as_text()?.as_bytes()).ok();
    }
    if let Some(counts) = member("counts") {
        let counts: Vec<i64> = elements(counts).iter().filter_map(Value::as_int).collect();
        return Rle::from_list(size, &counts).ok();
    }
    let rings: Vec<Vec<f64>> = elements(member("polygon")?).iter().map(floats).collect();
    Rle::from_polygons(size, &rings).ok()
}

/// A mask moved and stretched as one box to another: each pixel has what the one it came from has.
pub(super) fn warped(mask: &Rle, from: &BBox, to: &BBox) -> Option<Rle> {
    let size = mask.size();
    let pixels = mask.to_pixels().ok()?;
    painted(size, to, |x, y| {
        let back = |at: f64, to: f64, long: f64, from: f64, side: f64| from + (at - to) * side / long;
        let x = back(x, to.x(), to.w(), from.x(), from.w());
        let y = back(y, to.y(), to.h(), from.y(), from.h());
        let inside = x >= 0.0 && y >= 0.0 && x < f64::from(size.width) && y < f64::from(size.height);
        inside && pixels[y as usize * size.width as usize + x as usize] != 0
    })
}

/// The oval that fills a box.
pub(super) fn oval(size: Size, bbox: &BBox) -> Option<Rle> {
    let (cx, cy) = bbox.center();
    painted(size, bbox, |x, y| {
        let (dx, dy) = (2.0 * (x - cx) / bbox.w(), 2.0 * (y - cy) / bbox.h());
        dx * dx + dy * dy <= 1.0
    })
}

/// The pixels in a box whose centres fulfil a condition.
fn painted(size: Size, bbox: &BBox, is: impl Fn(f64, f64) -> bool) -> Option<Rle> {
    let mut out = vec![0u8; usize::try_from(size.pixels()).ok()?];
    let cut = bbox.clip(size);
    let span = |from: f64, to: f64| from.floor() as usize..to.ceil() as usize;
    for row in span(cut.y(), cut.bottom()) {
        for column in span(cut.x(), cut.right()) {
            let inside = is(column as f64 + 0.5, row as f64 + 0.5);
            out[row * size.width as usize + column] = u8::from(inside);
        }
    }
    Rle::from_pixels(size, &out).ok().filter(|mask| !mask.is_empty())
}
