//! [`Objects`]: the objects of a sample, which move with its picture.
//!
//! What has a place (boxes, turned boxes, points, outlines, masks) is moved; everything else an object has (its label,
//! its score, …) stays what it is, and goes when the object goes: [`Objects::column`] gathers it at the end.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use arrow_array::{Array, ArrayRef, Float64Array, UInt32Array};
use arrow_select::concat::concat;
use arrow_select::take::take;

use super::nearest::nearest;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::geometry::{Affine, FlipPairs, Keypoint, Rle, Rotated, Size, clip_ring};

/// An outline or mask, in the form it was declared in.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// Rings of corners x, y, x, y, …; they stay rings.
    Polygons(Vec<Vec<f64>>),
    /// Run lengths in the size of the picture.
    Mask(Rle),
}

/// Which objects stay when a picture is cut.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Keep {
    /// Whether boxes end at the border.
    pub clip: bool,
    /// Whether an object stays only if the middle of its box is inside.
    pub centre: bool,
    /// The least width and height of what is left of a box, in pixels; with 0, anything wider than 0.
    pub side: f64,
    /// The least share of a box's area that has to be left.
    pub share: f64,
    /// The most that one side of what is left may be longer than the other.
    pub aspect: f64,
}

impl Keep {
    /// Everything stays, boxes end at the border.
    pub const ALL: Keep = Keep { clip: true, centre: false, side: -1.0, share: 0.0, aspect: f64::INFINITY };
    /// What has any part inside stays, boxes end at the border.
    pub const INSIDE: Keep = Keep { side: 0.0, ..Keep::ALL };
    /// Nothing is cut.
    pub const WHOLE: Keep = Keep { clip: false, ..Keep::ALL };

    fn keeps(&self, before: [f64; 4], after: [f64; 4], size: Size) -> bool {
        let [x, y, w, h] = before;
        if before.iter().any(|number| number.is_nan()) {
            return true;
        }
        let (wide, high) = (f64::from(size.width), f64::from(size.height));
        let (cx, cy) = (x + w / 2.0, y + h / 2.0);
        let inside = (0.0..wide).contains(&cx) && (0.0..high).contains(&cy);
        let [_, _, left_w, left_h] = after;
        let aspect = (left_w / left_h).max(left_h / left_w);
        (!self.centre || inside)
            && left_w > self.side
            && left_h > self.side
            && (self.share <= 0.0 || left_w * left_h > self.share * w * h)
            && (self.aspect.is_infinite() || aspect < self.aspect)
    }
}

/// The objects of a sample.
#[derive(Clone, Debug, Default)]
pub struct Objects {
    /// The objects' other values as they were read, a list of columns for each row that objects came from.
    parts: Vec<Arc<Vec<(String, ArrayRef)>>>,
    /// The part and the position in it of each object that is there.
    from: Vec<(u32, u32)>,
    /// How much larger the declared area of each became: the picture's growth, and what was left of the box.
    grown: Vec<f64>,
    /// x, y, w, h; not a number for objects without a box.
    pub bbox: Option<Vec<[f64; 4]>>,
    /// cx, cy, w, h, radians.
    pub rbox: Option<Vec<[f64; 5]>>,
    /// Points of each.
    pub points: Option<Vec<Vec<Keypoint>>>,
    /// Outlines or masks.
    pub shapes: Option<Vec<Option<Shape>>>,
}

impl Objects {
    /// So many objects of a row with these other columns, each as long.
    pub fn new(len: usize, columns: Vec<(String, ArrayRef)>) -> Objects {
        let from = (0..len).map(|at| (0, u32::try_from(at).unwrap_or(u32::MAX))).collect();
        Objects { parts: vec![Arc::new(columns)], from, grown: vec![1.0; len], ..Objects::default() }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.from.len()
    }

    /// True if there is none.
    pub fn is_empty(&self) -> bool {
        self.from.is_empty()
    }

    /// The place of each object in the list of its row.
    pub fn positions(&self) -> impl Iterator<Item = u32> {
        self.from.iter().map(|(_, position)| *position)
    }

    /// What the objects have under another name, in their order; `None` if no object has that. `area` is the declared
    /// one, grown with the picture and cut with the box.
    ///
    /// # Errors
    /// `Type` if rows that were joined have different types.
    pub fn column(&self, name: &str) -> Result<Option<ArrayRef>> {
        let of = |part: &Arc<Vec<(String, ArrayRef)>>| {
            part.iter().find(|(known, _)| known == name).map(|(_, array)| Arc::clone(array))
        };
        let arrays: Vec<Option<ArrayRef>> = self.parts.iter().map(of).collect();
        let Some(first) = arrays.iter().flatten().next() else { return Ok(None) };
        let fault = |e: arrow_schema::ArrowError| {
            Error::new(ErrorKind::Type, e.to_string()).at(Place::none().key(name))
        };
        let ty = first.data_type().clone();
        let mut starts = Vec::with_capacity(arrays.len());
        let (mut total, mut all) = (0u32, Vec::new());
        for (part, array) in self.parts.iter().zip(arrays) {
            let longest = self.from.iter().map(|(_, position)| position + 1).max().unwrap_or(0);
            let rows = part.first().map_or(longest as usize, |(_, array)| array.len());
            let array = array.unwrap_or_else(|| arrow_array::new_null_array(&ty, rows));
            starts.push(total);
            total += u32::try_from(array.len()).unwrap_or(0);
            all.push(array);
        }
        let whole = match all.as_slice() {
            [one] => Arc::clone(one),
            many => concat(&many.iter().map(|array| array.as_ref()).collect::<Vec<_>>()).map_err(fault)?,
        };
        let indices = self.from.iter().map(|(part, position)| starts[*part as usize] + position);
        let column = take(&whole, &UInt32Array::from_iter_values(indices), None).map_err(fault)?;
        Ok(Some(if name == "area" { self.grown_areas(column) } else { column }))
    }

    fn grown_areas(&self, areas: ArrayRef) -> ArrayRef {
        match areas.as_primitive_opt::<Float64Type>() {
            Some(declared) if self.grown.iter().any(|factor| *factor != 1.0) => {
                let grown = declared.iter().zip(&self.grown).map(|(area, factor)| Some(area? * factor));
                Arc::new(grown.collect::<Float64Array>())
            }
            _ => areas,
        }
    }

    /// The names of other columns.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for (name, _) in self.parts.iter().flat_map(|part| part.iter()) {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
        names
    }

    /// Only the objects of these flags.
    pub fn retain(&mut self, flags: &[bool]) {
        fn pick<T>(items: &mut Vec<T>, flags: &[bool]) {
            let mut flags = flags.iter();
            items.retain(|_| flags.next().copied().unwrap_or(false));
        }
        if flags.iter().all(|flag| *flag) {
            return;
        }
        pick(&mut self.from, flags);
        pick(&mut self.grown, flags);
        if let Some(boxes) = &mut self.bbox {
            pick(boxes, flags);
        }
        if let Some(boxes) = &mut self.rbox {
            pick(boxes, flags);
        }
        if let Some(points) = &mut self.points {
            pick(points, flags);
        }
        if let Some(shapes) = &mut self.shapes {
            pick(shapes, flags);
        }
    }

    /// Moves them with their picture, which has the size `from` before and `to` afterwards; says which stay.
    ///
    /// # Errors
    /// `Limit` for masks in a picture that is too large for them.
    pub fn moved(&mut self, map: &Affine, from: Size, to: Size, keep: &Keep) -> Result<()> {
        let mut flags = vec![true; self.len()];
        let growth = map.det().abs();
        self.grown.iter_mut().for_each(|factor| *factor *= growth);
        if let Some(boxes) = &mut self.bbox {
            for ((bbox, flag), factor) in boxes.iter_mut().zip(&mut flags).zip(&mut self.grown) {
                let placed = map.bbox(*bbox);
                let cut = if keep.clip { clipped(placed, to) } else { placed };
                let left = (cut[2] * cut[3]) / (placed[2] * placed[3]);
                if left.is_finite() {
                    *factor *= left;
                }
                *flag = keep.keeps(placed, if keep.clip { cut } else { clipped(placed, to) }, to);
                *bbox = cut;
            }
        }
        if let Some(boxes) = &mut self.rbox {
            let alone = self.bbox.is_none() && keep.side >= 0.0;
            for (rbox, flag) in boxes.iter_mut().zip(&mut flags) {
                let Rotated(placed) = map.rotated_box(Rotated(*rbox));
                let inside = (0.0..f64::from(to.width)).contains(&placed[0])
                    && (0.0..f64::from(to.height)).contains(&placed[1]);
                *flag &= !alone || inside;
                *rbox = placed;
            }
        }
        if let Some(points) = &mut self.points {
            points.iter_mut().flatten().for_each(|point| move_point(point, map, to));
        }
        // Masks of objects that go are not moved.
        if let Some(shapes) = &mut self.shapes {
            for (shape, _) in shapes.iter_mut().zip(&flags).filter(|(_, stays)| **stays) {
                if let Some(shape) = shape {
                    shape.move_by(map, from, to)?;
                }
            }
            if self.bbox.is_none() && keep.side >= 0.0 {
                for (shape, flag) in shapes.iter().zip(&mut flags) {
                    *flag &= shape.as_ref().is_none_or(|shape| !shape.is_empty());
                }
            }
        }
        self.retain(&flags);
        Ok(())
    }

    /// Exchanges the points that change sides in a mirror.
    ///
    /// # Errors
    /// `Length` where there are more or fewer points than the pairs are for.
    pub fn mirror_points(&mut self, pairs: &[(usize, usize)]) -> Result<()> {
        for points in self.points.iter_mut().flatten().filter(|points| !points.is_empty()) {
            // Checks the pairs against the number of points.
            FlipPairs::try_new(points.len(), pairs)?;
            pairs.iter().for_each(|(a, b)| points.swap(*a, *b));
        }
        Ok(())
    }

    /// Adds the objects of another sample, which lies in the same picture.
    pub fn join(&mut self, other: Objects) {
        let base = u32::try_from(self.parts.len()).unwrap_or(u32::MAX);
        let (mine, theirs) = (self.len(), other.len());
        fn add<T: Clone>(own: &mut Option<Vec<T>>, other: Option<Vec<T>>, lens: (usize, usize), none: T) {
            if own.is_none() && other.is_none() {
                return;
            }
            let list = own.get_or_insert_with(|| vec![none.clone(); lens.0]);
            list.extend(other.unwrap_or_else(|| vec![none; lens.1]));
        }
        add(&mut self.bbox, other.bbox, (mine, theirs), [f64::NAN; 4]);
        add(&mut self.rbox, other.rbox, (mine, theirs), [f64::NAN; 5]);
        add(&mut self.points, other.points, (mine, theirs), Vec::new());
        add(&mut self.shapes, other.shapes, (mine, theirs), None);
        self.parts.extend(other.parts);
        self.grown.extend(other.grown);
        self.from.extend(other.from.into_iter().map(|(part, position)| (part + base, position)));
    }
}

/// What of a box lies in a picture; boxes that are no numbers stay that.
fn clipped(bbox: [f64; 4], size: Size) -> [f64; 4] {
    let [x, y, w, h] = bbox;
    let along = |from: f64, length: f64, all: f64| {
        if from >= 0.0 && from + length <= all {
            return (from, length);
        }
        let (start, end) = (from.clamp(0.0, all), (from + length).clamp(0.0, all));
        (start, end - start)
    };
    let ((x, w), (y, h)) = (along(x, w, size.width.into()), along(y, h, size.height.into()));
    [x, y, w, h]
}

/// Points that leave the picture are not labelled any more.
fn move_point(point: &mut Keypoint, map: &Affine, size: Size) {
    if !point.is_labelled() {
        return;
    }
    let [x, y] = map.point([point.x, point.y]);
    let inside = (0.0..=f64::from(size.width)).contains(&x) && (0.0..=f64::from(size.height)).contains(&y);
    *point = match inside {
        true => Keypoint { x, y, ..*point },
        false => Keypoint { x: 0.0, y: 0.0, visibility: 0 },
    };
}

impl Shape {
    /// True if nothing is left of it.
    pub fn is_empty(&self) -> bool {
        match self {
            Shape::Polygons(rings) => rings.is_empty(),
            Shape::Mask(mask) => mask.is_empty(),
        }
    }

    /// As run lengths in a picture of this size.
    ///
    /// # Errors
    /// Those of [`Rle::from_polygons`].
    pub fn mask(&self, size: Size) -> Result<Rle> {
        match self {
            Shape::Polygons(rings) if rings.is_empty() => Rle::empty(size),
            Shape::Polygons(rings) => Rle::from_polygons(size, rings),
            Shape::Mask(mask) => Ok(mask.clone()),
        }
    }

    fn move_by(&mut self, map: &Affine, from: Size, to: Size) -> Result<()> {
        match self {
            Shape::Polygons(rings) => {
                let (width, height) = (f64::from(to.width), f64::from(to.height));
                *rings = rings
                    .iter()
                    .map(|ring| clip_ring(&map.ring(ring), width, height))
                    .filter(|ring| ring.len() >= 6)
                    .collect();
            }
            Shape::Mask(mask) if mask.size() == from => {
                *mask = Rle::from_pixels(to, &nearest(&mask.to_pixels()?, from, map, to, 0))?;
            }
            Shape::Mask(mask) => {
                let what = format!("a mask of {} in a picture of {from}", mask.size());
                return Err(Error::new(ErrorKind::Mismatch, what)
                    .at(Place::none().key("segmentation"))
                    .remedy("check the dataset with `lensframe verify`"));
            }
        }
        Ok(())
    }
}
