//! Brightness, colour and contrast: pictures of bytes, changed in place.
//!
//! | file | noun |
//! |---|---|
//! | `enhance.rs` | [`brightness`], [`contrast`], [`saturation`], [`sharpness`], [`hue`] |
//! | `table.rs` | [`lut`], [`invert`], [`posterize`], [`solarize`], [`gamma`]: a byte for a byte |
//! | `histogram.rs` | [`equalize`], [`auto_contrast`]: tables made of what is in a channel |
//! | `clahe.rs` | [`clahe`]: equalisation tile by tile |
//! | `gray.rs` | [`Rule`] and [`grayscale`]: luma |
//! | `lighting.rs` | [`Lighting`]: an offset along the colours' principal components |
//!
//! Colours are RGB. A gray picture is changed as one whose three channels are equal: where that would give it
//! colour, only its luma changes, and where only colour changes, it stays as it is. Sizes never change.
//!
//! ```
//! use lensframe::augment::tone::{self, Rule};
//! use lensframe::image::{Channels, Pixels};
//! # fn main() -> lensframe::error::Result<()> {
//! let mut picture = Pixels::filled((4, 4), Channels::Rgb, [100, 150, 200])?;
//! tone::brightness(&mut picture, 1.5, Rule::OpenCv);
//! tone::posterize(&mut picture, 4);
//! assert_eq!(picture.pixel(0, 0), [144, 224, 240]);
//! # Ok(())
//! # }
//! ```

mod clahe;
mod enhance;
mod gray;
mod histogram;
mod lighting;
mod table;

pub use clahe::{Tiles, clahe};
pub use enhance::{brightness, contrast, hue, saturation, sharpness};
pub use gray::{Rule, grayscale};
pub use histogram::{Cutoff, auto_contrast, equalize};
pub use lighting::Lighting;
pub use table::{gamma, invert, lut, posterize, solarize};
