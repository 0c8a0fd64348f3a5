//! Some objects of some images as [`Objects`] of their own, with other classes and flags; masks drawn once for all of
//! them.

use crate::error::{ErrorKind, Result};
use crate::eval::masks::{Mask, Masks};
use crate::eval::objects::{Flags, Objects};
use crate::eval::records::gather;
use crate::job::Job;

/// Masks that are drawn in one go on one thread.
const MASKS: usize = 512;

/// The masks of a side as runs, for evaluations that look at one object many times. `None` if one of them cannot be
/// drawn: whoever comes to need it says so, with its place.
///
/// # Errors
/// [`ErrorKind::Cancelled`].
pub(super) fn drawn(masks: &Masks, job: &Job) -> Result<Option<Masks>> {
    let starts: Vec<usize> = (0..masks.len()).step_by(MASKS).collect();
    let parts = job.each(&starts, |start| {
        let objects = *start..masks.len().min(start + MASKS);
        objects.map(|object| masks.has(object).then(|| masks.decode(object)).transpose()).collect()
    });
    let parts: Vec<Vec<Option<Mask>>> = match parts {
        Err(e) if e.kind() == ErrorKind::Cancelled => return Err(e),
        Err(_) => return Ok(None),
        Ok(parts) => parts,
    };
    let mut out = Masks::default();
    for mask in parts.into_iter().flatten() {
        match mask {
            Some(mask) => out.push_runs(mask.size, &mask.runs),
            None => out.push_absent(),
        }
    }
    Ok(Some(out))
}

/// The objects of these numbers, image by image. `change` gives the class and the flags of each; `masks` are those of
/// the objects, in whatever form.
pub(super) fn part(
    objects: &Objects,
    masks: &Masks,
    images: &[Vec<u32>],
    change: impl Fn(u32) -> (u32, Flags),
) -> Result<Objects> {
    let order: Vec<u32> = images.iter().flatten().copied().collect();
    let mut out = Objects::new(images.iter().map(Vec::len))?;
    (out.label, out.flags) = order.iter().map(|n| change(*n)).unzip();
    out.score = gather(&objects.score, &order);
    out.bbox = gather(&objects.bbox, &order);
    out.area = gather(&objects.area, &order);
    out.rotated = gather(&objects.rotated, &order);
    if !masks.is_empty() {
        out.masks = masks.pick(&order);
    }
    out.points.each = objects.points.each;
    out.points.values = order.iter().flat_map(|n| objects.points.of(*n as usize)).copied().collect();
    Ok(out)
}
