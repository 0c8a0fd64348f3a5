//! [`ConstrainedCrop`]: a window by conditions on its overlap with boxes.

use serde::{Deserialize, Serialize};

use super::crop::{Empty, Inside, cut, iou};
use super::{Operation, check_range, pixels, wrong};
use crate::augment::draw::{Draw, Flow};
use crate::augment::sample::Sample;
use crate::error::Result;
use crate::image::Window;

/// A window with which the overlaps of all boxes lie between two numbers: ChainerCV's `random_crop_with_bbox_constraints`,
/// after SSD. For each condition a window is looked for; one of those that were found, or the whole picture, is taken.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ConstrainedCrop {
    /// Shares of the sides, before the aspect.
    pub scale: [f64; 2],
    /// The most that height is times width, relative to the picture, or width height.
    pub max_aspect: f64,
    /// The least and the greatest overlap (intersection over union) of a box and the window; either may be absent.
    pub constraints: Vec<[Option<f64>; 2]>,
    /// How many windows are tried for each.
    pub tries: u32,
    /// Which objects stay.
    pub inside: Inside,
    /// What becomes of a sample without objects.
    pub empty: Empty,
}

impl Default for ConstrainedCrop {
    /// ChainerCV's numbers; objects stay whose middle is inside, as in its training of SSD.
    fn default() -> ConstrainedCrop {
        let least = |least| [Some(least), None];
        ConstrainedCrop {
            scale: [0.3, 1.0],
            max_aspect: 2.0,
            constraints: vec![least(0.1), least(0.3), least(0.5), least(0.7), least(0.9), [None, Some(1.0)]],
            tries: 50,
            inside: Inside::Center,
            empty: Empty::Keep,
        }
    }
}

impl Operation for ConstrainedCrop {
    fn check(&self) -> Result<()> {
        check_range("scale", self.scale, f64::MIN_POSITIVE, 1.0)?;
        check_range("max_aspect", [1.0, self.max_aspect], 1.0, 1e6)?;
        if self.tries > 10_000 {
            return Err(wrong("tries", "are at most 10000"));
        }
        let range = |[least, most]: &[Option<f64>; 2]| [least.unwrap_or(0.0), most.unwrap_or(1.0)];
        self.constraints.iter().try_for_each(|own| check_range("constraints", range(own), 0.0, 1.0))
    }

    fn apply(&self, sample: &mut Sample, draw: &mut Draw<'_>) -> Result<Flow> {
        let boxes = sample.objects.bbox.clone().unwrap_or_default();
        // Without boxes nothing is asked for, and the picture stays whole, as there.
        if boxes.is_empty() {
            return Ok(Flow::On);
        }
        let mut found = vec![None];
        for constraint in &self.constraints {
            let window = (0..self.tries).find_map(|_| {
                let window = self.window(sample, draw);
                fits(&boxes, &window, constraint).then_some(window)
            });
            found.extend(window.map(Some));
        }
        match draw.one_of(&found).copied().flatten() {
            Some(window) => cut(sample, window, &self.inside.keep(), self.empty, draw),
            None => Ok(Flow::On),
        }
    }
}

impl ConstrainedCrop {
    fn window(&self, sample: &Sample, draw: &mut Draw<'_>) -> Window {
        let size = sample.size();
        let scale = draw.between(self.scale);
        let (least, most) = (1.0 / self.max_aspect, self.max_aspect);
        // No side is longer than the picture's.
        let aspect = draw.between([least.max(scale * scale), most.min(1.0 / (scale * scale))]);
        let side = |n: u32, factor: f64| pixels(f64::from(n) * scale * factor).clamp(1, n.max(1));
        let height = side(size.height, 1.0 / aspect.sqrt());
        let width = side(size.width, aspect.sqrt());
        let y = draw.whole(0, size.height.saturating_sub(height));
        let x = draw.whole(0, size.width.saturating_sub(width));
        Window { x, y, width, height }
    }
}

/// Whether the overlaps of all boxes with a window lie between two numbers.
fn fits(boxes: &[[f64; 4]], window: &Window, [least, most]: &[Option<f64>; 2]) -> bool {
    boxes
        .iter()
        .filter(|bbox| !bbox[0].is_nan())
        .map(|bbox| iou(bbox, window))
        .all(|overlap| least.is_none_or(|least| overlap >= least) && most.is_none_or(|most| overlap <= most))
}
