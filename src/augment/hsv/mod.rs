//! Colours as hue, saturation and value, and back: OpenCV's rules and Pillow's; and changes of the three.
//!
//! | file | noun |
//! |---|---|
//! | `bytes.rs` | [`rgb_to_hsv`], [`hsv_to_rgb`]: OpenCV's bytes, hue in 180 or 256 steps ([`HueRange`]) |
//! | `numbers.rs` | [`rgb_to_hsv_numbers`], [`hsv_to_rgb_numbers`]: OpenCV's `f32`, hue in degrees |
//! | `pillow.rs` | [`rgb_to_hsv_pillow`], [`hsv_to_rgb_pillow`]: Pillow's bytes, hue in 255 steps |
//! | `change.rs` | [`HsvShift`], [`HsvGain`]: what YOLOX and the YOLOs of Ultralytics do to a picture |

mod bytes;
mod change;
mod numbers;
mod pillow;

pub use bytes::{HueRange, hsv_to_rgb, rgb_to_hsv};
pub use change::{HsvGain, HsvShift, HueGain};
pub use numbers::{hsv_to_rgb_numbers, rgb_to_hsv_numbers};
pub use pillow::{hsv_to_rgb_pillow, rgb_to_hsv_pillow};

/// The colour of a sixth of the circle, of its four ingredients: the value itself, the least channel, the
/// falling one and the rising one.
fn of_sixth<T: Copy>(sixth: usize, value: T, least: T, falling: T, rising: T) -> [T; 3] {
    match sixth {
        0 => [value, rising, least],
        1 => [falling, value, least],
        2 => [least, value, rising],
        3 => [least, falling, value],
        4 => [rising, least, value],
        _ => [value, least, falling],
    }
}
