//! [`Way`]: how a convolution of 32-bit floats is made a product, by its shapes alone.

use super::layout::Layout;
use super::{depthwise, winograd};
use crate::model::cpu::heavy::given::Given;
use crate::model::op::Conv;
use crate::model::tensor::DType;

/// How a convolution is made a product.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// By transformed tiles.
    Tiles,
    /// With windows as the rows.
    Turned,
    /// With windows as the columns.
    Panels,
}

impl Way {
    pub(super) fn of(layout: &Layout) -> Way {
        let columns = layout.output_plane();
        if winograd::fits(layout) {
            Way::Tiles
        } else if columns <= TURNED && layout.outputs_each() > 2 * columns {
            Way::Turned
        } else {
            Way::Panels
        }
    }
}

/// Windows of a channel that are few enough to be the rows of a product rather than its columns.
const TURNED: usize = 64;

/// How a convolution of these shapes is done, in a word.
pub(in crate::model::cpu::heavy) fn kernel(
    conv: &Conv,
    x: &[usize],
    w: &[usize],
    dtype: DType,
) -> &'static str {
    match (dtype, Layout::of(&Given::new("Conv", &[]), conv, x, w)) {
        (DType::F32 | DType::F16 | DType::BF16, Ok(layout)) if depthwise::fits(&layout) => "depthwise",
        (DType::F32 | DType::F16 | DType::BF16, Ok(layout)) => match Way::of(&layout) {
            Way::Tiles => "winograd",
            Way::Turned => "implicit gemm, windows as rows",
            Way::Panels => "implicit gemm",
        },
        _ => "direct",
    }
}
