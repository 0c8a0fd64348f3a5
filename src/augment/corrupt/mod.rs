//! [`corrupt`]: the fifteen corruptions by which robustness is measured, in five severities.
//!
//! Names and strengths are those of Hendrycks and Dietterich (2019), as the `imagecorruptions` package has
//! them for pictures of any size (Michaelis and others 2019). What is the same for every picture is within a
//! level of that package; what is drawn is drawn from [`Random`], so it has the same distribution and not the
//! same values. Bytes are cut, not rounded, as there. Three things differ, each said where it is: frost is
//! drawn and not photographed, motion does not darken small pictures, and gray pictures stay gray and may be
//! of any size.
//!
//! | file | noun |
//! |---|---|
//! | `noise.rs` | gaussian, shot and impulse noise |
//! | `defocus.rs` | defocus, glass, motion and zoom blur |
//! | `weather.rs`, `frost.rs` | snow, frost, fog, brightness |
//! | `digital.rs` | contrast, elastic transform, pixelation, JPEG |
//! | `fractal.rs`, `zoom.rs` | clouds by midpoint displacement; the middle of a picture enlarged |

mod defocus;
mod digital;
mod fractal;
mod frost;
mod noise;
mod weather;
mod zoom;

use std::str::FromStr;

use crate::error::{Error, ErrorKind, Place, Result};
use crate::image::Pixels;
use crate::random::Random;

/// A way to spoil a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Corruption {
    /// Normal noise added to each value: a sensor in poor light.
    GaussianNoise,
    /// Poisson noise: light comes in grains.
    ShotNoise,
    /// Single values black or white: bit errors.
    ImpulseNoise,
    /// A disc of confusion: out of focus.
    DefocusBlur,
    /// Pixels swapped over short distances: frosted glass.
    GlassBlur,
    /// Smeared along a direction within 45 degrees of the horizontal: a camera that moved.
    MotionBlur,
    /// Smeared from the middle outwards: a camera that came nearer.
    ZoomBlur,
    /// Flakes that fall, and a paler picture.
    Snow,
    /// A window with ice on it.
    Frost,
    /// Clouds before the picture.
    Fog,
    /// A higher value in HSV: daylight.
    Brightness,
    /// Less contrast.
    Contrast,
    /// Small parts stretched and shifted.
    ElasticTransform,
    /// Enlarged from a small picture.
    Pixelate,
    /// Blocks of a JPEG of low quality.
    JpegCompression,
}

impl Corruption {
    /// All fifteen, in the order of the paper: noise, blur, weather, digital.
    pub const ALL: [Corruption; 15] = {
        use Corruption::*;
        [
            GaussianNoise,
            ShotNoise,
            ImpulseNoise,
            DefocusBlur,
            GlassBlur,
            MotionBlur,
            ZoomBlur,
            Snow,
            Frost,
            Fog,
            Brightness,
            Contrast,
            ElasticTransform,
            Pixelate,
            JpegCompression,
        ]
    };

    /// The name in `imagecorruptions`: `gaussian_noise`, …
    pub const fn name(self) -> &'static str {
        match self {
            Corruption::GaussianNoise => "gaussian_noise",
            Corruption::ShotNoise => "shot_noise",
            Corruption::ImpulseNoise => "impulse_noise",
            Corruption::DefocusBlur => "defocus_blur",
            Corruption::GlassBlur => "glass_blur",
            Corruption::MotionBlur => "motion_blur",
            Corruption::ZoomBlur => "zoom_blur",
            Corruption::Snow => "snow",
            Corruption::Frost => "frost",
            Corruption::Fog => "fog",
            Corruption::Brightness => "brightness",
            Corruption::Contrast => "contrast",
            Corruption::ElasticTransform => "elastic_transform",
            Corruption::Pixelate => "pixelate",
            Corruption::JpegCompression => "jpeg_compression",
        }
    }
}

impl std::fmt::Display for Corruption {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Corruption {
    type Err = Error;

    fn from_str(name: &str) -> Result<Corruption> {
        Corruption::ALL.into_iter().find(|corruption| corruption.name() == name).ok_or_else(|| {
            let names = Corruption::ALL.map(Corruption::name).join(", ");
            Error::new(ErrorKind::Usage, format!("there is no corruption '{name}'"))
                .at(Place::area("augment"))
                .remedy(format!("name one of {names}"))
        })
    }
}

/// How strong, from 1 (weak) to 5.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Severity(u8);

impl Severity {
    /// The five, from the weakest.
    pub const ALL: [Severity; 5] = [Severity(1), Severity(2), Severity(3), Severity(4), Severity(5)];

    /// A severity of 1 to 5.
    ///
    /// # Errors
    /// `Usage` for any other number.
    pub fn new(number: u8) -> Result<Severity> {
        if (1..=5).contains(&number) {
            return Ok(Severity(number));
        }
        let what = format!("there is no severity {number}");
        Err(Error::new(ErrorKind::Usage, what).at(Place::area("augment")).remedy("severities are 1 to 5"))
    }

    /// 1 to 5.
    pub const fn number(self) -> u8 {
        self.0
    }

    /// What stands in the place of this severity in a table of five.
    fn of<T: Copy>(self, table: [T; 5]) -> T {
        table[usize::from(self.0 - 1)]
    }
}

/// The picture, corrupted: same size, same channels. The same stream of random numbers gives the same
/// picture; the same severity of another picture need not be as far from its original.
///
/// ```
/// use lensframe::augment::corrupt::{Corruption, Severity, corrupt};
/// use lensframe::image::{Channels, Pixels};
/// use lensframe::random::Random;
/// # fn main() -> lensframe::error::Result<()> {
/// let picture = Pixels::filled((32, 48), Channels::Rgb, [90, 120, 60])?;
/// let key = [7, 0, 42];
/// let foggy = corrupt(&picture, "fog".parse()?, Severity::new(3)?, &mut Random::keyed(&key))?;
/// assert_eq!(foggy.size(), picture.size());
/// assert!(foggy == corrupt(&picture, Corruption::Fog, Severity::new(3)?, &mut Random::keyed(&key))?);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// `Limit` for a picture too large to resize or to write as JPEG, with those two corruptions.
pub fn corrupt(
    pixels: &Pixels,
    corruption: Corruption,
    severity: Severity,
    random: &mut Random,
) -> Result<Pixels> {
    let mut spoiled = pixels.clone();
    let picture = &mut spoiled;
    match corruption {
        Corruption::GaussianNoise => noise::gaussian(picture, severity, random),
        Corruption::ShotNoise => noise::shot(picture, severity, random),
        Corruption::ImpulseNoise => noise::impulse(picture, severity, random),
        Corruption::DefocusBlur => defocus::disc(picture, severity),
        Corruption::GlassBlur => defocus::glass(picture, severity, random),
        Corruption::MotionBlur => defocus::motion(picture, severity, random),
        Corruption::ZoomBlur => defocus::zoom(picture, severity),
        Corruption::Snow => weather::snow(picture, severity, random),
        Corruption::Frost => frost::frost(picture, severity, random),
        Corruption::Fog => weather::fog(picture, severity, random),
        Corruption::Brightness => weather::brightness(picture, severity),
        Corruption::Contrast => digital::contrast(picture, severity),
        Corruption::ElasticTransform => digital::elastic(picture, severity, random),
        Corruption::Pixelate => return digital::pixelate(pixels, severity),
        Corruption::JpegCompression => return digital::jpeg(pixels, severity),
    }
    Ok(spoiled)
}

#[cfg(test)]
mod tests;
