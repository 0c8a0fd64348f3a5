//! [`Objects`]: the objects of some rows, their keys side by side.

use super::lists::{Flat, Shape, boxes, flags, floats, ints, shapes};
use super::suspects::Extent;
use crate::dataset::{Batch, Dataset, Value};
use crate::schema::axis::key_name;

/// The keys of objects that are looked at, by their base names.
const KEYS: [&str; 7] = ["bbox", "rbox", "label", "area", "crowded", "difficult", "segmentation"];

/// The keys of images that are looked at with them.
const ROW: [&str; 3] = ["height", "width", "image_label"];

/// The keys of a dataset that are read, each with its base name.
pub(super) fn keys(ds: &Dataset, set: Option<&str>) -> Vec<(&'static str, String)> {
    let own = KEYS.iter().filter_map(|base| Some((*base, key_name(set?, base))));
    let row = ROW.iter().map(|name| (*name, (*name).to_owned()));
    let mut keys: Vec<(&str, String)> =
        own.chain(row).filter(|(_, name)| ds.keys().find(name).is_ok()).collect();
    // A set of captions or points has none of these: any key of it says how many objects there are.
    let other = |set| {
        ds.keys().iter().find_map(|key| {
            let field = key.field()?;
            let axis = crate::schema::axis::Axis::of(field).ok()?;
            (axis.set() == Some(set)).then(|| field.name().clone())
        })
    };
    if let Some(set) = set
        && !keys.iter().any(|(base, _)| KEYS.contains(base))
        && let Some(name) = other(set)
    {
        keys.push(("other", name));
    }
    keys
}

/// The objects of some rows.
pub(super) struct Objects {
    /// How many each row has; `None` where the set is not annotated.
    pub(super) lengths: Vec<Option<usize>>,
    /// Declared (height, width) of each row.
    pub(super) sizes: Vec<Option<(u32, u32)>>,
    pub(super) bbox: Option<Flat<Option<[f64; 4]>>>,
    pub(super) rbox: Option<Flat<Option<[f64; 5]>>>,
    pub(super) label: Option<Flat<Option<i64>>>,
    pub(super) area: Option<Flat<Option<f64>>>,
    pub(super) crowded: Option<Flat<bool>>,
    pub(super) difficult: Option<Flat<bool>>,
    pub(super) shape: Option<Flat<Shape>>,
}

impl Objects {
    /// Those of a batch whose columns are of these keys. Without a set, the labels of whole images are its objects.
    pub(super) fn of(batch: &Batch, keys: &[(&'static str, String)], has_set: bool) -> Objects {
        let column = |base: &str| batch.columns.get(keys.iter().position(|(known, _)| *known == base)?);
        let mut objects = Objects {
            lengths: Vec::new(),
            sizes: Vec::new(),
            bbox: column("bbox").map(boxes),
            rbox: column("rbox").map(boxes),
            label: column("label").map(ints),
            area: column("area").map(floats),
            crowded: column("crowded").map(flags),
            difficult: column("difficult").map(flags),
            shape: column("segmentation").map(shapes),
        };
        if !has_set && let Some(column) = column("image_label") {
            objects.label = Some(labels(&column.values()));
        }
        objects.sizes = sizes(batch.len, column("height"), column("width"));
        let other = column("other").map(shapes);
        let lengths = [
            objects.bbox.as_ref().map(|flat| &flat.lengths),
            objects.rbox.as_ref().map(|flat| &flat.lengths),
            objects.label.as_ref().map(|flat| &flat.lengths),
            objects.area.as_ref().map(|flat| &flat.lengths),
            objects.shape.as_ref().map(|flat| &flat.lengths),
            objects.crowded.as_ref().map(|flat| &flat.lengths),
            objects.difficult.as_ref().map(|flat| &flat.lengths),
            other.as_ref().map(|flat| &flat.lengths),
        ];
        objects.lengths =
            lengths.into_iter().flatten().next().cloned().unwrap_or_else(|| vec![None; batch.len]);
        objects.keep_regular();
        objects
    }

    /// Keys of one set have one length a row. One that has not (a table made by hand) is left out: its values could
    /// not be told apart.
    fn keep_regular(&mut self) {
        fn regular<T>(flat: &mut Option<Flat<T>>, lengths: &[Option<usize>]) {
            if flat.as_ref().is_some_and(|flat| flat.lengths != lengths) {
                *flat = None;
            }
        }
        regular(&mut self.bbox, &self.lengths);
        regular(&mut self.rbox, &self.lengths);
        regular(&mut self.label, &self.lengths);
        regular(&mut self.area, &self.lengths);
        regular(&mut self.crowded, &self.lengths);
        regular(&mut self.difficult, &self.lengths);
        regular(&mut self.shape, &self.lengths);
    }

    /// The box of an object: its upright one or, where it has none, that round the rotated one.
    pub(super) fn extent(&self, at: usize) -> Option<Extent> {
        let upright = self.bbox.as_ref().and_then(|flat| flat.values.get(at).copied().flatten());
        let rotated = || self.rbox.as_ref().and_then(|flat| flat.values.get(at).copied().flatten());
        upright.map(Extent::upright).or_else(|| rotated().map(Extent::rotated))
    }

    /// The box of an object as it is stored.
    pub(super) fn stored(&self, at: usize) -> Option<Vec<f64>> {
        let upright = self.bbox.as_ref().and_then(|flat| flat.values.get(at).copied().flatten());
        let rotated = || self.rbox.as_ref().and_then(|flat| flat.values.get(at).copied().flatten());
        upright.map(|bbox| bbox.to_vec()).or_else(|| rotated().map(|rbox| rbox.to_vec()))
    }

    pub(super) fn has_boxes(&self) -> bool {
        self.bbox.is_some() || self.rbox.is_some()
    }
}

/// One label or several an image.
fn labels(values: &[Value]) -> Flat<Option<i64>> {
    let mut flat = Flat { lengths: Vec::with_capacity(values.len()), values: Vec::new() };
    for value in values {
        let own: Option<Vec<Option<i64>>> = match value {
            Value::Null => None,
            one => match super::lists::elements(one) {
                Some(several) => Some(several.iter().map(Value::as_int).collect()),
                None => Some(vec![one.as_int()]),
            },
        };
        flat.lengths.push(own.as_ref().map(Vec::len));
        flat.values.extend(own.into_iter().flatten());
    }
    flat
}

fn sizes(
    rows: usize,
    height: Option<&crate::dataset::Column>,
    width: Option<&crate::dataset::Column>,
) -> Vec<Option<(u32, u32)>> {
    let (Some(height), Some(width)) = (height, width) else { return vec![None; rows] };
    let side = |value: &Value| u32::try_from(value.as_int()?).ok().filter(|side| *side > 0);
    let pairs = height.values().into_iter().zip(width.values());
    pairs.map(|(height, width)| side(&height).zip(side(&width))).collect()
}
