//! Pictures and label images: files of six kinds as pixels or numbers, and back.
//!
//! A photograph may be decoded with some freedom; a label image may not: a palette that is expanded, a gray
//! value that is scaled or an alpha that is applied turns one class into another. So there are two doors:
//! [`decode`] makes upright RGB of 8 bits out of anything, by stated rules, and [`LabelImage`] keeps the numbers
//! as a PNG has them. [`probe`] reads the header alone.
//!
//! | file | noun |
//! |---|---|
//! | `header.rs`, `orientation.rs` | [`Header`], [`Flaw`], [`Orientation`]: what a file says of itself, and what is wrong |
//! | `probe.rs` | [`probe`]: the header, without a pixel |
//! | `decode.rs` | [`decode`]: the pixels, and the rules for every kind of file |
//! | `encode.rs` | [`encode`]: PNG, JPEG, BMP; the same bytes for the same pixels |
//! | `pixels.rs` | [`Pixels`]: height, width, gray or RGB; windows, turns, luma |
//! | `resize.rs` | [`Pixels::resize`]: another size, by Pillow's rule |
//! | `resample.rs` | [`Resample`]: a part in another size, flipped, normalised and laid out, in one pass |
//! | `planes.rs` | [`resize_plane`]: single-precision numbers a pixel, by Pillow's rule or OpenCV's |
//! | `label.rs` | [`LabelImage`]: height, width and the number of each pixel, row after row |
//! | `palette.rs` | [`voc_colormap`] and [`ColourTable`]: colours of indices and back |
//!
//! Sizes are (height, width); a picture is never empty. A file is what its bytes say, whatever its name. Nothing
//! here knows of boxes, masks, classes or paths.
//!
//! ```
//! use lensframe::image::{Channels, Decode, Encoding, Filter, Pixels, decode, encode, probe};
//! # fn main() -> lensframe::error::Result<()> {
//! let drawn = Pixels::filled((30, 40), Channels::Rgb, [200, 120, 40])?;
//! let file = encode(&drawn, Encoding::JPEG)?;
//! assert_eq!(probe(&file)?.upright(), (30, 40));
//! let decoded = decode(&file, &Decode::default())?;
//! assert!(decoded.flaws.is_empty());
//! assert_eq!(decoded.pixels.resize((15, 20), Filter::Box)?.size(), (15, 20));
//! # Ok(())
//! # }
//! ```
//!
//! ```
//! use lensframe::image::{LabelImage, MAX_LABEL_PIXELS, voc_colormap};
//! # fn main() -> lensframe::error::Result<()> {
//! let labels = LabelImage::indexed((2, 3), vec![0, 1, 1, 0, 255, 15], voc_colormap(256))?;
//! let again = LabelImage::decode(&labels.encode()?, MAX_LABEL_PIXELS)?;
//! assert_eq!(again.ids(), [0, 1, 1, 0, 255, 15]);
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
mod planes;
mod probe;
mod resample;
mod resize;

pub use decode::{Alpha, Damage, Decode, Decoded, Limits, Scale, decode, jpeg_decoder};
pub use encode::{Encoding, encode};
pub use header::{Flaw, Format, Frame, Header, Model};
pub use label::{Indexed, LabelData, LabelImage, MAX_LABEL_PIXELS, pack_id, unpack_id};
pub use orientation::Orientation;
pub use palette::{Colour, ColourTable, voc_colormap, voc_colour};
pub use pixels::{Channels, Pixels, Window};
pub use planes::{Sampling, resize_plane};
pub use probe::{probe, probe_with};
pub use resample::{Draft, Interpolation, Method, Order, Resample, Span, Taps, Target, Values};
pub(crate) use resample::{Prepared, Source};
pub use resize::Filter;
