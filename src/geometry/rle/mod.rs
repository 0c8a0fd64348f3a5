//! Masks as run lengths: [`Rle`], its arithmetic, its text and its pixels.
//!
//! Pixels are read column after column, top to bottom; runs alternate outside, inside, outside, …; the
//! first is outside and is 0 where the first pixel is inside. This is COCO's order. The operations walk
//! the runs of both masks once and never unpack them.
//!
//! | file | noun |
//! |---|---|
//! | `mask.rs` | [`Rle`]: a checked, canonical mask that owns its runs |
//! | [`runs`] | the same arithmetic on borrowed slices of runs, for masks kept in tables |
//! | [`text`] | COCO's compressed strings, canonical or not |
//! | `pixels.rs` | to and from bytes, a byte a pixel |
//! | `boundary.rs` | [`boundary`]: the pixels inside that are near to one outside |
//! | `iou.rs` | [`coco_mask_iou`], as COCO's evaluator computes it |
//!
//! **Canonical** means: at least one run, no run of 0 but perhaps the first, the sum equal to the number
//! of pixels. One mask has one canonical form, so equal masks are equal values and equal strings.

mod boundary;
mod iou;
mod mask;
mod pixels;
pub mod runs;
pub mod text;

pub use boundary::{boundary, boundary_reach};
pub use iou::{coco_mask_iou, coco_mask_iou_matrix};
pub use mask::Rle;
