//! Masks and points as COCO's records spell them.

use crate::convert::json::Cursor;
use crate::error::Result;
use crate::eval::masks::Masks;
use crate::eval::objects::Points;
use crate::geometry::Size;

use super::scan::{elements, members, number};

/// Reads a `segmentation` and appends it: polygons, a compressed string or runs. False, and nothing appended, for
/// `null` and anything that is no mask. Polygons get the size 0 × 0 until their image says its own.
pub(super) fn mask(json: &mut Cursor, masks: &mut Masks) -> Result<bool> {
    match json.peek() {
        Some(b'[') => polygons(json, masks),
        Some(b'{') => runs(json, masks),
        _ => {
            json.skip()?;
            Ok(false)
        }
    }
}

fn polygons(json: &mut Cursor, masks: &mut Masks) -> Result<bool> {
    let (mut flat, mut ends) = (Vec::new(), Vec::new());
    elements(json, "a segmentation", |json| {
        let at = json.at();
        if json.numbers(&mut flat).is_none() {
            json.seek(at);
            return Err(json.error_at(at, "a polygon is not a list of numbers"));
        }
        ends.push(flat.len());
        Ok(())
    })?;
    let starts = std::iter::once(0).chain(ends.iter().copied());
    // A number without its other half is left out, as the reference does. Fewer than three corners enclose nothing;
    // the reference fails on them.
    let rings = starts
        .zip(&ends)
        .filter_map(|(start, end)| flat.get(start..end - (end - start) % 2))
        .filter(|ring| ring.len() >= 6);
    masks.push_polygons(Size::new(0, 0), rings);
    Ok(true)
}

fn runs(json: &mut Cursor, masks: &mut Masks) -> Result<bool> {
    let (mut size, mut text, mut counts) = (None, None, None);
    members(json, "a segmentation", |name, json| {
        match name {
            b"size" => {
                let mut sides = Vec::new();
                let at = json.at();
                size = match json.numbers(&mut sides).map(|_| sides.as_slice()) {
                    Some([height, width]) => Some(Size::new(*height as u32, *width as u32)),
                    _ => return Err(json.error_at(at, "the size of a mask is not [height, width]")),
                };
            }
            b"counts" => match json.peek() {
                Some(b'"') => text = Some(json.text()?),
                _ => {
                    let at = json.at();
                    let mut list = Vec::new();
                    if json.numbers(&mut list).is_none() {
                        return Err(json.error_at(
                            at,
                            "the counts of a mask are neither a string nor a list of numbers",
                        ));
                    }
                    counts = Some(list);
                }
            },
            _ => {}
        }
        Ok(())
    })?;
    let Some(size) = size else { return Ok(false) };
    match (text, counts) {
        (Some(text), _) => masks.push_text(size, text.decode()?.as_bytes()),
        (None, Some(list)) => {
            let list: Vec<u32> = list.into_iter().map(|n| n as u32).collect();
            masks.push_runs(size, &list);
        }
        (None, None) => return Ok(false),
    }
    Ok(true)
}

/// Refuses a mask that is none, of the record that begins at `start`.
pub(super) fn check(json: &Cursor, start: usize, masks: &Masks, number: usize, what: &str) -> Result<()> {
    masks.decode(number).map(drop).map_err(|e| {
        let what = format!("the \"segmentation\" of {what} {number}: {}", e.what());
        json.error_at(start, what).remedy("give runs that fill the size, column after column, or polygons")
    })
}

/// Whether four numbers are a box: finite, with a size that is not negative.
pub(super) fn is_box([x, y, w, h]: &[f64; 4]) -> bool {
    x.is_finite() && y.is_finite() && (0.0..f64::INFINITY).contains(w) && (0.0..f64::INFINITY).contains(h)
}

/// Reads `keypoints`, a flat list of x, y, v, and appends `each` points. False, and nothing appended, for
/// anything that is no list of so many.
pub(super) fn points(json: &mut Cursor, points: &mut Points, each: usize) -> Result<bool> {
    let at = json.at();
    let start = points.values.len();
    let mut read = 0;
    if json.eat(b'[') {
        let mut triplet = [0.0; 3];
        while let Some(value) = number(json) {
            triplet[read % 3] = value;
            read += 1;
            if read % 3 == 0 {
                points.values.push(triplet);
            }
            if !json.eat(b',') {
                break;
            }
        }
    }
    points.each = each;
    if read == each * 3 && json.eat(b']') {
        return Ok(true);
    }
    points.values.truncate(start);
    json.seek(at);
    json.skip()?;
    Ok(false)
}
