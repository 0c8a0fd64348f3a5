//! Boxes, masks and points as plain values: the arithmetic every other room shares.
//!
//! Everything here is `f64` (or, where the bits of an array matter, [`Real`]) and pixels, with one origin: the
//! corner of the first pixel is (0, 0), pixel *i* covers *i* to *i* + 1, extents are half-open. Nothing here knows of
//! files, tables or classes.
//!
//! | value | what it is | asked |
//! |---|---|---|
//! | [`BBox`] | a checked box: x, y, width, height | area, clip, intersection, IoU |
//! | [`BoxLayout`], [`BoxForm`] | how four numbers spell a box, and in what unit | [`convert`] |
//! | two corners ([`Real`]) | a box in the numbers of its array | [`corners_iou`], [`non_maximum_suppression`] |
//! | [`Affine`] | a map of points | boxes, turned boxes and outlines where it takes them, [`clip_ring`] |
//! | [`Rotated`] | a box with an angle | corners, shared area, IoU |
//! | [`Rle`] | a mask as run lengths, always canonical | union, intersection, IoU, area, tight box |
//! | [`Ring`] | a checked polygon outline | area, bounds, [`rasterize`] |
//! | [`Bitmap`] | a mask as a byte a pixel | the same questions, answered the plain way |
//! | [`LabelMap`], [`LabelCanvas`] | an id a pixel | what each id covers; painting masks |
//! | [`Keypoint`] | a point with its visibility | triplets, extent, flip |
//!
//! Values are checked where they are made (`try_new`, `from_*`) and trusted afterwards. Where COCO's own
//! tools give a number, the functions here give the same bits: [`coco_iou`], [`coco_mask_iou`],
//! [`rasterize`], [`Rle::bbox`] and the compressed strings are compared with recorded answers of
//! pycocotools 2.0.11 in the tests. The names say so: what is called `coco_*` follows that tool into its
//! corners, what is not follows plain geometry.
//!
//! ```
//! use lensframe::geometry::{BBox, Rle, Size};
//! # fn main() -> lensframe::error::Result<()> {
//! let size = Size::new(6, 8);
//! let mask = Rle::from_polygons(size, &[[1.0, 1.0, 5.0, 1.0, 5.0, 4.0, 1.0, 4.0]])?;
//! assert_eq!(mask.area(), 12);
//! assert_eq!(mask.bbox(), BBox::try_new(1.0, 1.0, 4.0, 3.0)?);
//! assert_eq!(mask.to_coco_string(), "73300000a0");
//! # Ok(())
//! # }
//! ```

mod affine;
mod bbox;
mod bitmap;
mod clip;
mod corners;
pub mod keypoint;
mod label_map;
mod layout;
mod nms;
mod overlap;
mod polygon;
pub mod rle;
mod rotated;
mod size;

pub use affine::Affine;
pub use bbox::BBox;
pub use bitmap::Bitmap;
pub use clip::clip_ring;
pub use corners::{Real, corners_iou, corners_iou_matrix};
pub use keypoint::{COCO_PERSON_PAIRS, FlipPairs, Keypoint};
pub use label_map::{LabelCanvas, LabelMap, Segment};
pub use layout::{BoxForm, BoxLayout, Unit, convert, convert_all, convert_flat};
pub use nms::non_maximum_suppression;
pub use overlap::{Overlap, coco_iou, coco_iou_matrix, overlap, overlaps, overlaps_aligned};
pub use polygon::{MAX_COORDINATE, MAX_CROSSINGS, Ring, rasterize, rasterize_box};
pub use rle::{Rle, coco_mask_iou, coco_mask_iou_matrix};
pub use rotated::Rotated;
pub use size::{MAX_PIXELS, Size};
