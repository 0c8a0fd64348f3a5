//! Operators on pictures and regions of them: resampling.

/// Resampling by interpolation. Inputs: X, roi, scales, sizes.
#[derive(Clone, Debug, PartialEq)]
pub struct Resize {
    /// Filter.
    pub mode: ResizeMode,
    /// From a place in the output to one in the input.
    pub coordinates: Coordinates,
    /// Which of two neighbours is the nearer.
    pub nearest: Nearest,
    /// The cubic filter's coefficient.
    pub cubic_a: f32,
    /// Weights outside the input are 0 and the others are scaled to a sum of 1.
    pub exclude_outside: bool,
    /// The value outside of the region of interest.
    pub extrapolation: f32,
    /// The filter grows when the output is smaller.
    pub antialias: bool,
    /// The axes that `roi`, `scales` and `sizes` speak of; none for all.
    pub axes: Option<Vec<i64>>,
    /// What `sizes` mean.
    pub aspect: Aspect,
}

/// Filters of [`Resize`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is named as in ONNX")]
pub enum ResizeMode {
    Nearest,
    Linear,
    Cubic,
}

/// Where a place of the output lies in the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is named as in ONNX")]
pub enum Coordinates {
    HalfPixel,
    HalfPixelSymmetric,
    PytorchHalfPixel,
    AlignCorners,
    Asymmetric,
    TfCropAndResize,
    /// (x + ½) / scale.
    TfHalfPixelForNn,
}

/// How a place between two elements is rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is named as in ONNX")]
pub enum Nearest {
    RoundPreferFloor,
    RoundPreferCeil,
    Floor,
    Ceil,
}

/// Whether sizes may change the aspect ratio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is named as in ONNX")]
pub enum Aspect {
    Stretch,
    NotLarger,
    NotSmaller,
}

/// Filters of `GridSample`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is named as in ONNX")]
pub enum GridMode {
    Linear,
    Nearest,
    Cubic,
}

/// What is outside of the input of `GridSample`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is named as in ONNX")]
pub enum GridPadding {
    Zeros,
    Border,
    Reflection,
}

/// Pictures of many sizes, resampled onto canvases of one size: no operator of ONNX, but what stands before a model where
/// pictures come as they were decoded. Inputs:
///
/// 0. `uint32` (words): red, green and blue bytes of all pictures side by side, four a word, the lowest first.
/// 1. `int32` (pictures, [`Compose::COLUMNS`]): for each picture the byte at which it begins; bytes of a row; its row and
///    column on the canvas; its height and width there; height and width of its own canvas; what is around it there
///    (red + 256 · green + 65,536 · blue); for rows, then for columns: where their first samples begin in input 2, where
///    their weights begin in input 3, and how many there are of each.
/// 2. `int32`: the first sample of every row and every column.
/// 3. `float`: weights.
/// 4. `int64` (2): height and width of the canvas of all, known when planning. Around a picture's own canvas it is black.
///
/// The output is `float` (pictures, 3, height, width): whole numbers 0 to 255. Rows are mixed first, then columns; the sum
/// is rounded, halves to even.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compose {
    /// Planes are blue, green, red.
    pub bgr: bool,
}

impl Compose {
    /// Numbers that say what is done to a picture.
    pub const COLUMNS: usize = 16;
}

/// Regions of a feature map, each resampled to one size. Inputs: X, rois (x1, y1, x2, y2), batch numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RoiAlign {
    /// Regions are shifted by half a pixel (`half_pixel`), or not (`output_half_pixel`, opset 10's rule).
    pub half_pixel: bool,
    /// The largest of the samples, and not their mean.
    pub max: bool,
    /// Rows and columns of the output.
    pub output: (usize, usize),
    /// Samples an output row and column; 0 for as many as the region has pixels.
    pub sampling_ratio: usize,
    /// From region coordinates to those of the feature map.
    pub spatial_scale: f32,
}
