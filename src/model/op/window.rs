//! Operators that move a window over spatial axes: convolution and pooling.

use super::Unary;

/// How much is put around the spatial axes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Padding {
    /// Before each spatial axis, then after each.
    Explicit(Vec<i64>),
    /// So that there are ceil(in / stride) outputs; an odd one goes at the end.
    SameUpper,
    /// The same; an odd one goes at the beginning.
    SameLower,
    /// None.
    Valid,
}

/// A window that moves over the spatial axes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// Its extent; empty for the extent of the weights.
    pub kernel: Vec<usize>,
    /// Steps between windows; empty for ones.
    pub strides: Vec<usize>,
    /// Steps within a window; empty for ones.
    pub dilations: Vec<usize>,
    /// What is around; explicit and empty for zeros.
    pub padding: Padding,
    /// Windows that begin inside and end outside count (pooling).
    pub ceil: bool,
}

/// Convolution, and what is done to each of its results before it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Conv {
    /// Where the windows are.
    pub window: Window,
    /// Channels are taken in so many separate groups.
    pub group: usize,
    /// What follows; a residual is the node's last input, after the bias (which is none if there is none).
    pub epilogue: Epilogue,
}

/// What is done to a result before it is stored, in this order. Fusion writes it; no file does.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Epilogue {
    /// A tensor of the same shape is added.
    pub residual: bool,
    /// Then this is applied.
    pub activation: Option<Activation>,
}

/// The functions that follow a convolution without a pass of their own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Activation {
    /// A function of one number.
    Unary(Unary),
    /// Limits.
    Clip {
        /// The least value.
        min: f32,
        /// The largest.
        max: f32,
    },
}

/// Transposed convolution.
#[derive(Clone, Debug, PartialEq)]
pub struct ConvTranspose {
    /// Where the windows are, in the output.
    pub window: Window,
    /// Channels are taken in so many separate groups.
    pub group: usize,
    /// Rows and columns more at the end; empty for none.
    pub output_padding: Vec<usize>,
    /// The spatial shape of the output, from which the padding follows; empty if the padding is given.
    pub output_shape: Vec<usize>,
    /// What follows.
    pub epilogue: Epilogue,
}

/// What is made of the elements in a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pool {
    /// The largest; a second output tells where (`columns_first`: counted along columns).
    Max {
        /// Numbers of the second output run down the columns.
        columns_first: bool,
    },
    /// The mean.
    Average {
        /// What is around counts as zeros.
        count_padding: bool,
    },
    /// The p-norm.
    Lp {
        /// The power.
        p: u32,
    },
}
