//! Label images: pictures whose pixels are numbers of classes, instances or segments.
//!
//! A photograph may be decoded with some freedom; a label image may not: a palette that is expanded, a gray
//! value that is scaled or an alpha that is applied turns one class into another. [`LabelImage`] keeps the
//! numbers as the file has them.
//!
//! | file | noun |
//! |---|---|
//! | `label.rs` | [`LabelImage`]: height, width and the number of each pixel, row after row |
//! | `label/decode.rs` | from a PNG of any kind, within a stated number of pixels |
//! | `label/encode.rs` | to a PNG: palette, gray or colour, the same bytes for the same image |
//! | `palette.rs` | [`voc_colormap`] and [`ColourTable`]: colours of indices and back |
//!
//! Sizes are (height, width); an image is never empty, since PNG has no such thing. Nothing here knows of
//! masks, classes or files.
//!
//! ```
//! use lensframe::image::{LabelImage, MAX_LABEL_PIXELS, voc_colormap};
//! # fn main() -> lensframe::error::Result<()> {
//! let labels = LabelImage::indexed((2, 3), vec![0, 1, 1, 0, 255, 15], voc_colormap(256))?;
//! let again = LabelImage::decode(&labels.encode()?, MAX_LABEL_PIXELS)?;
//! assert_eq!(again.ids(), [0, 1, 1, 0, 255, 15]);
//! assert_eq!(again, labels);
//! # Ok(())
//! # }
//! ```

#![deny(clippy::indexing_slicing, clippy::as_conversions)]

mod decode;
mod encode;
mod header;
mod label;
mod orientation;
mod palette;
mod pixels;
mod probe;
mod resize;

pub use decode::{Alpha, Damage, Decode, Decoded, Limits, Scale, decode, jpeg_decoder};
pub use encode::{Encoding, encode};
pub use header::{Flaw, Format, Frame, Header, Model};
pub use label::{Indexed, LabelData, LabelImage, MAX_LABEL_PIXELS, pack_id, unpack_id};
pub use orientation::Orientation;
pub use palette::{Colour, ColourTable, voc_colormap, voc_colour};
pub use pixels::{Channels, Pixels, Window};
pub use probe::{probe, probe_with};
pub use resize::Filter;
