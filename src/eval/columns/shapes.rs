//! Masks, points and rotated boxes of rows that were read together.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int32Type, UInt8Type, UInt32Type};
use arrow_array::{Array, ArrayRef, FixedSizeListArray, StructArray};
use arrow_buffer::ScalarBuffer;

use super::window::Window;
use super::{kind, primitive};
use crate::error::Result;
use crate::eval::read::ODD_POINTS;
use crate::eval::side::Side;
use crate::geometry::{Rotated, Size};

impl Window<'_> {
    /// Cached masks where there are any, else declared ones.
    pub(super) fn masks(&self, side: &mut Side, n: usize) -> Result<()> {
        let before = side.records.masks.len();
        let cached = self.elements("mask")?;
        if cached.iter().all(|chunk| chunk.null_count() == 0)
            && cached.iter().map(Array::len).sum::<usize>() == n
            && n > 0
        {
            for chunk in &cached {
                cached_masks(side, chunk)?;
            }
            return Ok(());
        }
        for chunk in self.elements("segmentation")? {
            declared_masks(side, &chunk)?;
        }
        while side.records.masks.len() < before + n {
            side.records.masks.push_absent();
        }
        Ok(())
    }

    /// Points with how they are seen.
    pub(super) fn points(&self, side: &mut Side, each: usize) -> Result<()> {
        side.records.points.each = each;
        let visible = self.elements("visible")?;
        let mut seen = Vec::new();
        for chunk in &visible {
            let Some(lists) = chunk.as_list_opt::<i32>() else { return Err(kind("visible", chunk)) };
            seen.extend((0..lists.len()).map(|at| lists.is_valid(at).then(|| lists.value(at))));
        }
        let mut object = 0;
        for chunk in self.elements("point")? {
            let Some(lists) = chunk.as_list_opt::<i32>() else { return Err(kind("point", &chunk)) };
            for at in 0..lists.len() {
                let flags = seen.get(object).cloned().flatten();
                object += 1;
                let points = if lists.is_valid(at) { Some(lists.value(at)) } else { None };
                let before = side.records.points.values.len();
                if let Some(odd) = points.as_ref().filter(|points| points.len() != each && !points.is_empty())
                {
                    side.remarks.add("points.number", ODD_POINTS, || {
                        format!("an object has {} points instead of {each}", odd.len())
                    });
                }
                if let Some(points) = points.filter(|points| points.len() == each) {
                    let pairs = points.as_fixed_size_list_opt().ok_or_else(|| kind("point", &points))?;
                    let flags = flags.as_ref().and_then(|flags| flags.as_primitive_opt::<UInt8Type>());
                    for n in 0..each {
                        let pair = pairs.value(n);
                        let pair = primitive::<Float64Type>("point", &pair)?;
                        let v = flags
                            .filter(|flags| n < flags.len())
                            .map_or(2.0, |flags| f64::from(flags.value(n)));
                        let xy = |axis: usize| pair.values().get(axis).copied().unwrap_or(f64::NAN);
                        side.records.points.values.push([xy(0), xy(1), v]);
                    }
                }
                side.records.points.values.resize(before + each, [0.0; 3]);
            }
        }
        Ok(())
    }

    /// Rotated boxes; an object without one has one that overlaps nothing.
    pub(super) fn rotated(&self, side: &mut Side) -> Result<()> {
        for chunk in self.elements("rbox")? {
            let Some(boxes) = chunk.as_fixed_size_list_opt().filter(|list| list.value_length() == 5) else {
                return Err(kind("rbox", &chunk));
            };
            for at in 0..boxes.len() {
                let numbers = boxes.value(at);
                let numbers = primitive::<Float64Type>("rbox", &numbers)?;
                let rotated = numbers.values().as_ref().try_into().ok().filter(|_| boxes.is_valid(at));
                side.records.rotated.push(Rotated(rotated.unwrap_or_default()));
            }
        }
        Ok(())
    }
}

/// Masks as their source declared them.
fn declared_masks(side: &mut Side, chunk: &ArrayRef) -> Result<()> {
    let shapes = structure("segmentation", chunk)?;
    let member = |name: &str| shapes.column_by_name(name).cloned();
    let (sizes, polygons, counts, rle) = (member("size"), member("polygon"), member("counts"), member("rle"));
    let sizes = sizes.as_ref().map(Sizes::of).transpose()?;
    let masks = &mut side.records.masks;
    for at in 0..shapes.len() {
        let size = sizes.as_ref().map_or(Size::new(0, 0), |sizes| sizes.get(at));
        let valid = |array: &Option<Arc<dyn Array>>| array.as_ref().is_some_and(|array| array.is_valid(at));
        if shapes.is_null(at) {
            masks.push_absent();
        } else if let (Some(rle), true) = (&rle, valid(&rle)) {
            let text = rle.as_string_opt::<i32>().ok_or_else(|| kind("segmentation", rle))?;
            masks.push_text(size, text.value(at).as_bytes());
        } else if let (Some(counts), true) = (&counts, valid(&counts)) {
            let list = counts.as_list_opt::<i32>().ok_or_else(|| kind("segmentation", counts))?.value(at);
            masks.push_runs(size, primitive::<UInt32Type>("segmentation", &list)?.values());
        } else if let (Some(polygons), true) = (&polygons, valid(&polygons)) {
            let rings =
                polygons.as_list_opt::<i32>().ok_or_else(|| kind("segmentation", polygons))?.value(at);
            let rings = rings.as_list_opt::<i32>().ok_or_else(|| kind("segmentation", polygons))?;
            let numbers = primitive::<Float64Type>("segmentation", rings.values())?;
            let flat = numbers.values();
            let rings = rings.value_offsets().windows(2).filter_map(|range| match range {
                [start, end] => flat.get(*start as usize..*end as usize),
                _ => None,
            });
            masks.push_polygons(size, rings.filter(|ring| ring.len() >= 6));
        } else {
            masks.push_absent();
        }
    }
    Ok(())
}

/// Masks from the cache: run lengths of four bytes, little-endian.
fn cached_masks(side: &mut Side, chunk: &ArrayRef) -> Result<()> {
    let cached = structure("mask", chunk)?;
    let (Some(sizes), Some(counts)) = (cached.column_by_name("size"), cached.column_by_name("counts")) else {
        return Err(kind("mask", chunk));
    };
    let counts = counts.as_binary_opt::<i32>().ok_or_else(|| kind("mask", counts))?;
    let (sizes, bytes) = (Sizes::of(sizes)?, counts.values());
    let masks = &mut side.records.masks;
    // As the cache writes them; then nothing is copied.
    let in_fours = counts.value_offsets().iter().all(|offset| offset % 4 == 0);
    if cfg!(target_endian = "little") && in_fours && bytes.as_ptr().cast::<u32>().is_aligned() {
        masks.share(ScalarBuffer::new(bytes.clone(), 0, bytes.len() / 4));
        for (at, range) in counts.value_offsets().windows(2).enumerate() {
            masks.push_shared(sizes.get(at), range[0] as u32 / 4..range[1] as u32 / 4);
        }
        return Ok(());
    }
    let mut runs = Vec::new();
    for at in 0..cached.len() {
        runs.clear();
        let (quads, _) = counts.value(at).as_chunks::<4>();
        runs.extend(quads.iter().map(|quad| u32::from_le_bytes(*quad)));
        masks.push_runs(sizes.get(at), &runs);
    }
    Ok(())
}

/// A column of heights and widths.
struct Sizes<'a> {
    list: &'a FixedSizeListArray,
    numbers: &'a [i32],
}

impl Sizes<'_> {
    fn of(array: &ArrayRef) -> Result<Sizes<'_>> {
        let list = array.as_fixed_size_list_opt().filter(|list| list.value_length() == 2);
        let list = list.ok_or_else(|| kind("size", array))?;
        Ok(Sizes { list, numbers: primitive::<Int32Type>("size", list.values())?.values() })
    }

    /// Those of a row; 0 × 0 where there are none.
    fn get(&self, at: usize) -> Size {
        let first = self.list.value_offset_at(at);
        let side = |n: usize| self.numbers.get(n).and_then(|n| u32::try_from(*n).ok()).unwrap_or(0);
        if self.list.is_null(at) { Size::new(0, 0) } else { Size::new(side(first), side(first + 1)) }
    }
}

fn structure<'a>(name: &str, array: &'a ArrayRef) -> Result<&'a StructArray> {
    array.as_struct_opt().ok_or_else(|| kind(name, array))
}
