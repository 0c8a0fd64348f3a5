//! Rows on their way to a training loop: pictures, boxes, masks, points and label maps that move together.
//!
//! A [`Pipeline`] is a list of operations with their parameters, as a value or a file. Each draws what it needs from seed,
//! epoch, row and its place, and moves a [`Sample`] by verbs that take everything along. Pixels are decoded as late as can
//! be, and as few as can be: a crop that is resized, mirrored, normalised and laid out is one pass over the window it
//! reads.
//!
//! | file | noun |
//! |---|---|
//! | `pipeline.rs` | [`Pipeline`]: operations in their order |
//! | `op.rs` | [`Op`], [`Step`]: an operation by its name, in its place |
//! | `ops/` | the operations, by what they do |
//! | `draw.rs` | [`Draw`]: what an operation draws from |
//! | `sample.rs` | [`Sample`]: a row on its way; the verbs |
//! | `picture.rs` | [`Picture`]: pixels that are made as late as can be |
//! | `objects.rs` | [`Objects`]: boxes, turned boxes, points, outlines and masks, and what else objects have |
//! | `cover.rs` | what is left of objects that something lies on |
//! | `mmdetection/` | lists of `dict(type=…)` as pipelines |
//! | `nearest.rs`, `warp.rs` | numbers and pixels where a map takes them |
//! | `tone/`, `hsv/`, `distort/`, `blur/`, `corrupt/` | changes of colour and sharpness, as pure functions of pixels |
//! | `chance.rs`, `border.rs`, `rounding.rs`, `plane.rs` | what those share |
//! | `output.rs` | [`Finish`]: what pixels become |
//! | `reading.rs` | [`Reading`]: rows of a dataset as samples |
//! | `rendered.rs`, `row.rs`, `cut.rs` | [`Rendering`]: samples as rows of a dataset again, whole or in pieces |

pub mod blur;
mod border;
mod chance;
pub mod corrupt;
mod cover;
mod cut;
pub mod distort;
mod draw;
pub mod hsv;
mod mmdetection;
mod nearest;
mod objects;
mod op;
pub mod ops;
mod output;
mod picture;
mod pipeline;
mod plane;
mod reading;
mod rendered;
mod rounding;
mod row;
mod sample;
#[cfg(test)]
mod samples;
pub mod tone;
mod warp;

pub use chance::{Span, normal, uniform};
pub use cut::Cut;
pub use draw::{Draw, Flow, Partners};
pub use objects::{Keep, Objects, Shape};
pub use op::{About, Op, Step, Touches};
pub use output::{Dtype, Finish, Normalize, Output};
pub use picture::{Canvas, Decoding, Fill, Picture};
pub use pipeline::Pipeline;
pub use reading::Reading;
pub use rendered::{Rendered, Rendering, SOURCE_ID, SOURCE_MAP, SOURCE_ROW};
pub use sample::{IGNORED, Sample};
pub use warp::warp;
