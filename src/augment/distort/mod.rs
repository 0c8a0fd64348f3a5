//! Chains of random changes of colour, drawn first and applied after: [`PhotoMetric`] and [`SsdDistort`].
//!
//! Both go back to the training of SSD (Liu and others 2016). What is drawn is a value, so that it can be
//! kept, shown and applied to several pictures; the same numbers give the same picture.
//!
//! ```
//! use lensframe::{augment::distort::PhotoMetric, random::Random};
//! let drawn = PhotoMetric::default().draw(&mut Random::keyed(&[7, 0, 42]));
//! let mut numbers = vec![10.0, 200.0, 30.0, 90.0, 90.0, 90.0];
//! drawn.apply(&mut numbers);
//! ```

mod photometric;
mod ssd;

pub use photometric::{ChannelOrder, Contrast, PhotoMetric, PhotoMetricDraw};
pub use ssd::{SsdDistort, SsdDistortDraw};

/// Where in its chain contrast has its turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Turn {
    /// Before saturation and hue.
    BeforeColour,
    /// After them.
    AfterColour,
}

impl Turn {
    fn draw(random: &mut crate::random::Random) -> Turn {
        if super::chance::coin(random) { Turn::BeforeColour } else { Turn::AfterColour }
    }
}
