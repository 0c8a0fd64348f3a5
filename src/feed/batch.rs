//! [`Batch`]: what a training step gets.

use arrow_array::ArrayRef;

use super::tensor::Tensor;
use crate::augment::Shape;
use crate::dataset::Value;
use crate::geometry::{Affine, Keypoint, Size};
use crate::image::Draft;

/// Rows of a view after the pipeline.
///
/// Lists of objects stand one after the other; those of row `i` are `offsets[i]..offsets[i + 1]`.
#[derive(Debug)]
pub struct Batch {
    /// Which batch of the epoch it is, counted over all ranks.
    pub index: u64,
    /// The rows of the view, in order; those that took the place of others stand where the others did.
    pub rows: Vec<u64>,
    /// Which view of its row each is, where the pipeline makes several.
    pub views: Vec<u64>,
    /// True if its rows were seen in this epoch before: it makes ranks equally long.
    pub padded: bool,
    /// The pictures: (B, C, H, W) or (B, H, W, C). Smaller ones lie in the top left corner, zeros around them.
    pub pictures: Option<Tensor>,
    /// In their place, if that was asked for: pictures that were decoded, and what is left to be done to them.
    pub drafts: Vec<Draft>,
    /// (height, width) of each picture on it.
    pub sizes: Vec<Size>,
    /// (height, width) of each picture as it is stored, upright; zeros where there is none.
    pub stored: Vec<Size>,
    /// Where points of each picture lie in the picture as it is stored; `None` once several were mixed. What is found on
    /// a batch is carried back by it.
    pub back: Vec<Option<Affine>>,
    /// Where the objects of each row begin in the lists, and the end of the last: B + 1 numbers.
    pub offsets: Vec<u64>,
    /// x, y, w, h; not a number for objects without a box.
    pub boxes: Option<Vec<[f64; 4]>>,
    /// cx, cy, w, h, radians.
    pub rboxes: Option<Vec<[f64; 5]>>,
    /// Points of each object.
    pub points: Option<Vec<Vec<Keypoint>>>,
    /// Outlines or masks of each object.
    pub shapes: Option<Vec<Option<Shape>>>,
    /// What else objects have.
    pub objects: Vec<(String, ArrayRef)>,
    /// Label maps: (B, H, W), 255 around smaller ones.
    pub maps: Vec<(String, Vec<i32>)>,
    /// (H, W) of the label maps, and of the pictures' canvas.
    pub canvas: Size,
    /// Everything else of each row.
    pub values: Vec<(String, Vec<Value>)>,
    /// Rows that could not be used, why, and the rows in their place.
    pub replaced: Vec<Replaced>,
}

/// A row whose place another one took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replaced {
    /// The row.
    pub row: u64,
    /// The row that took its place.
    pub by: u64,
    /// Why.
    pub why: String,
}
