//! Some objects of some images as [`Objects`] of their own, with other classes and flags.

use crate::error::Result;
use crate::eval::objects::{Flags, Objects};
use crate::eval::records::gather;

/// The objects of these numbers, image by image. `change` gives the class and the flags of each.
pub(super) fn part(
    objects: &Objects,
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
    if !objects.masks.is_empty() {
        out.masks = objects.masks.pick(&order);
    }
    out.points.each = objects.points.each;
    out.points.values = order.iter().flat_map(|n| objects.points.of(*n as usize)).copied().collect();
    Ok(out)
}
