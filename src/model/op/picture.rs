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
