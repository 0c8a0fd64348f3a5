//! What one image adds: its matches, misses and false segments, by the rules of the [room](crate::eval::panoptic).

use std::collections::{HashMap, HashSet};

use super::segments::{Painted, VOID};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::eval::contingency::contingency;

/// What an image adds.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Seen {
    /// Label and IoU of each match, by the ids of truth and prediction.
    pub(super) matches: Vec<(u32, f64)>,
    /// The label of each predicted segment that matches nothing and is not forgiven.
    pub(super) wrong: Vec<u32>,
    /// The label of each true segment that nothing matches, crowds left out.
    pub(super) missed: Vec<u32>,
    /// Predicted segments that are forgiven.
    pub(super) forgiven: u64,
    /// Pixels whose id the truth does not list, void left out.
    pub(super) unlisted: u64,
    /// True segments without a pixel.
    pub(super) unpainted: u64,
}

/// Holds a prediction against its truth.
///
/// # Errors
/// See [`super::Evaluator::update`].
pub(super) fn matched(
    image: &str,
    truth: &Painted<'_>,
    predicted: &Painted<'_>,
    classes: usize,
) -> Result<Seen> {
    let place = || Place::area("panoptic").file(image);
    if truth.size != predicted.size {
        let what = format!("the truth is {} pixels, the prediction {}", truth.size, predicted.size);
        return Err(Error::new(ErrorKind::Mismatch, what).at(place()));
    }
    let table = contingency(truth.ids, predicted.ids)?;
    let areas = predicted_areas(image, predicted, table.predicted_areas(), classes)?;
    let mut seen = Seen::default();
    let (mut found, mut used) = (HashSet::new(), HashSet::new());
    for pair in table.pairs() {
        let (Some(t), Some(p)) = (truth.find(pair.truth), predicted.find(pair.predicted)) else { continue };
        let (asked, got) = (&truth.segments[t], &predicted.segments[p]);
        if asked.crowd || asked.label != got.label {
            continue;
        }
        let Some(declared) = asked.area else {
            let what = format!("segment {} of the truth has no area", asked.id);
            return Err(Error::new(ErrorKind::Format, what).at(place()));
        };
        let shared = pair.count as f64;
        let void = table.count(VOID, pair.predicted) as f64;
        let union = areas[p] as f64 + declared - shared - void;
        let iou = shared / union;
        if iou > 0.5 {
            seen.matches.push((asked.label, iou));
            found.insert(t);
            used.insert(p);
        }
    }
    let mut crowds: HashMap<u32, u32> = HashMap::new();
    for (_, segment) in truth.segments.iter().enumerate().filter(|(at, _)| !found.contains(at)) {
        if segment.crowd {
            // The last of a class, as the reference has it.
            crowds.insert(segment.label, segment.id);
        } else if (segment.label as usize) < classes {
            seen.missed.push(segment.label);
        }
    }
    for (at, segment) in predicted.segments.iter().enumerate().filter(|(at, _)| !used.contains(at)) {
        let crowd = crowds.get(&segment.label).map_or(0, |crowd| table.count(*crowd, segment.id));
        let excused = table.count(VOID, segment.id) + crowd;
        if excused as f64 / areas[at] as f64 > 0.5 {
            seen.forgiven += 1;
        } else {
            seen.wrong.push(segment.label);
        }
    }
    let painted = table.truth_areas();
    let listed = painted.iter().filter(|(id, _)| truth.find(*id).is_some()).count();
    seen.unpainted = (truth.segments.len() - listed) as u64;
    let unlisted = painted.iter().filter(|(id, _)| *id != VOID && truth.find(*id).is_none());
    seen.unlisted = unlisted.map(|(_, area)| area).sum();
    Ok(seen)
}

/// The area of each predicted segment, in the order of the list.
fn predicted_areas(
    image: &str,
    predicted: &Painted<'_>,
    counted: Vec<(u32, u64)>,
    classes: usize,
) -> Result<Vec<u64>> {
    let wrong = |what: String, remedy: &str| {
        Error::new(ErrorKind::Format, what).at(Place::area("panoptic").file(image)).remedy(remedy.to_owned())
    };
    let mut areas = vec![0; predicted.segments.len()];
    for (id, area) in counted {
        match predicted.find(id) {
            Some(at) => areas[at] = area,
            None if id == VOID => {}
            None => {
                let what =
                    format!("the prediction has {area} pixels of segment {id}, which it does not list");
                return Err(wrong(what, "list every segment that is painted, or paint it as void (0)"));
            }
        }
    }
    for (segment, area) in predicted.segments.iter().zip(&areas) {
        if *area == 0 {
            let what = format!("the prediction lists segment {}, of which it has no pixel", segment.id);
            return Err(wrong(what, "list only segments that are painted"));
        }
        if segment.label as usize >= classes {
            let what = format!(
                "segment {} of the prediction has label {} of {classes} classes",
                segment.id, segment.label
            );
            return Err(wrong(what, "predictions need the classes of the truth"));
        }
    }
    Ok(areas)
}
