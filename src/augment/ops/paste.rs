//! [`CopyPaste`]: objects of another picture over this one.

use arrow_array::Array;
use arrow_array::cast::AsArray;
use serde::{Deserialize, Serialize};

use super::each::check_plain;
use super::mix::fitted;
use super::{Operation, check_range};
use crate::augment::draw::{Draw, Flow};
use crate::augment::objects::{Keep, Objects};
use crate::augment::op::Step;
use crate::augment::picture::{Canvas, Fill};
use crate::augment::sample::Sample;
use crate::error::Result;
use crate::geometry::Rle;
use crate::image::Window;

/// Objects of another picture pasted on this one, each where it is there: MMDetection's `CopyPaste`, after Ghiasi et al.
/// (2021). What lies under them is taken out of masks, points there are not seen any more, label maps are the other
/// picture's, boxes are those of what is left of masks. Objects of the other picture that are groups (`crowded`) are not
/// pasted.
///
/// The two corners at the top left lie on each other; what is beyond this picture is cut off. Objects without a mask are
/// pasted, and covered, as boxes. Boxes that nothing lies on stay as they are; MMDetection makes them anew of masks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CopyPaste {
    /// One more than the most objects that are pasted.
    pub max_num_pasted: u32,
    /// An object on which something lies stays if no edge of its box moved by more pixels …
    pub bbox_occluded_thr: f64,
    /// … or if more pixels of it than so many are left.
    pub mask_occluded_thr: u32,
    /// Some objects are drawn, perhaps none; else all are pasted.
    pub selected: bool,
    /// What is done to the other picture first. Without steps it is made to fit, its shape kept.
    pub steps: Option<Vec<Step>>,
}

impl Default for CopyPaste {
    /// MMDetection's numbers.
    fn default() -> CopyPaste {
        CopyPaste {
            max_num_pasted: 100,
            bbox_occluded_thr: 10.0,
            mask_occluded_thr: 300,
            selected: true,
            steps: None,
        }
    }
}

impl Operation for CopyPaste {
    fn check(&self) -> Result<()> {
        check_range("bbox_occluded_thr", [0.0, self.bbox_occluded_thr], 0.0, f64::MAX)?;
        check_range("max_num_pasted", [1.0, self.max_num_pasted.into()], 1.0, f64::MAX)?;
        check_plain("steps", self.steps.iter().flatten())
    }

    fn apply(&self, sample: &mut Sample, draw: &mut Draw<'_>) -> Result<Flow> {
        let size = sample.size();
        let mut other = draw.partner()?;
        if size.pixels() == 0 || other.size().pixels() == 0 || !self.prepare(&mut other, sample, draw)? {
            return Ok(Flow::On);
        }
        let like = Rle::empty(size)?;
        let crowded = crowded(&other.objects)?;
        let mut masks = Vec::new();
        for at in (0..other.objects.len()).filter(|at| !crowded.get(*at).copied().unwrap_or(false)) {
            let mask = other.objects.mask_of(at, &like)?;
            masks.extend(mask.filter(|mask| !mask.is_empty()).map(|mask| (at, mask)));
        }
        if self.selected {
            let most = (masks.len() as u64 + 1).min(self.max_num_pasted.into());
            let count = draw.random().below(most);
            draw.random().shuffle(&mut masks);
            masks.truncate(usize::try_from(count).unwrap_or(usize::MAX));
            masks.sort_by_key(|(at, _)| *at);
        }
        draw.tell("pasted", i64::try_from(masks.len()).unwrap_or(i64::MAX));
        if masks.is_empty() {
            return Ok(Flow::On);
        }
        let cover = Rle::union_all(masks.iter().map(|(_, mask)| mask))?;
        self.occlude(&mut sample.objects, &cover)?;
        let pasted: Vec<bool> =
            (0..other.objects.len()).map(|at| masks.iter().any(|(own, _)| *own == at)).collect();
        other.objects.retain(&pasted);
        sample.lay(&mut other, &cover.to_pixels()?)?;
        sample.objects.join(other.objects);
        Ok(Flow::On)
    }
}

impl CopyPaste {
    /// Brings the other sample into this one's size; false if nothing is left of it.
    fn prepare(&self, other: &mut Sample, sample: &Sample, draw: &mut Draw<'_>) -> Result<bool> {
        let size = sample.size();
        match &self.steps {
            None => fitted(other, size)?,
            Some(steps) => {
                for step in steps {
                    if step.apply(other, draw.within())? != Flow::On {
                        return Ok(false);
                    }
                }
            }
        }
        let (width, height) = (other.size().width.min(size.width), other.size().height.min(size.height));
        other.crop(Window { x: 0, y: 0, width, height }, &Keep::INSIDE)?;
        other.pad(Canvas { size, at: (0, 0), fill: Fill::Colour([0; 3]) })?;
        Ok(true)
    }

    /// Takes what is covered out of the objects below; those of which too little is left go.
    fn occlude(&self, objects: &mut Objects, cover: &Rle) -> Result<()> {
        let left = objects.covered(cover)?;
        let mut flags = vec![true; objects.len()];
        for (at, left) in left.iter().enumerate() {
            let Some(left) = left else { continue };
            let mut stays = left.area() > self.mask_occluded_thr;
            if let Some(bbox) = objects.bbox.as_mut().and_then(|boxes| boxes.get_mut(at)) {
                let after = left.bbox().to_array();
                let edges = |[x, y, w, h]: [f64; 4]| [x, y, x + w, y + h];
                let moved = edges(*bbox).into_iter().zip(edges(after)).map(|(a, b)| (a - b).abs());
                stays |= moved.fold(0.0, f64::max) <= self.bbox_occluded_thr;
                if bbox[0].is_finite() {
                    *bbox = after;
                }
            }
            flags[at] = stays && !left.is_empty();
        }
        objects.retain(&flags);
        Ok(())
    }
}

/// Which objects are groups.
fn crowded(objects: &Objects) -> Result<Vec<bool>> {
    let Some(column) = objects.column("crowded")? else { return Ok(Vec::new()) };
    let Some(flags) = column.as_boolean_opt() else { return Ok(Vec::new()) };
    Ok((0..flags.len()).map(|at| flags.is_valid(at) && flags.value(at)).collect())
}
