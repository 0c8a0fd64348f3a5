//! The PNG of a panoptic record, held against its segments.
//!
//! The PNG and the list say the same thing twice, so they can disagree. Both are kept as they are; what
//! disagrees is told. Void (0) belongs to no segment. Nothing here fails but a strict job: a PNG that cannot
//! be decoded is one more finding.

use std::collections::HashMap;

use serde_json::Value as Json;

use crate::convert::coco::photo::painting_name;
use crate::convert::coco::prepare::Split;
use crate::convert::json::Cursor;
use crate::convert::photos::{Photos, join, safe_path};
use crate::error::{Place, Result};
use crate::geometry::{LabelMap, Segment, Size};
use crate::image::{LabelData, LabelImage, MAX_LABEL_PIXELS};
use crate::job::{Job, Warning};
use crate::place::Tree;

/// The PNG of a row: which of the trees it is in, and where there; `None` for a row without one.
///
/// # Errors
/// Those of the trees.
pub(in crate::convert::coco) fn find(
    split: &Split<'_>,
    row: usize,
    trees: &[Tree],
) -> Result<Option<(usize, String)>> {
    let Some(folder) = &split.paintings else { return Ok(None) };
    let name = split.panoptic(row).and_then(|(file, record)| painting_name(file, record));
    let Some(Ok(name)) = name.as_deref().map(safe_path) else { return Ok(None) };
    let member = join(&folder.path, &name);
    let there = trees.get(folder.tree).map_or(Ok(false), |tree| tree.has_file(&member))?;
    Ok(there.then_some((folder.tree, member)))
}

/// PNGs that are still to be held against their records: done together, on all threads of the job.
#[derive(Debug, Default)]
pub(in crate::convert::coco) struct Checks {
    waiting: Vec<Check>,
}

/// How many checks wait for each thread.
const WAITING: usize = 8;

impl Checks {
    /// Adds the PNG of the row pushed last, and a check of it. `size` is declared, (height, width).
    ///
    /// # Errors
    /// Those of the trees, and of a strict job.
    pub(in crate::convert::coco) fn push(
        &mut self,
        split: &Split<'_>,
        row: usize,
        size: Option<(i32, i32)>,
        photos: &mut Photos,
        job: &Job,
    ) -> Result<()> {
        let Some((file, record)) = split.panoptic(row).filter(|_| split.paintings.is_some()) else {
            return Ok(());
        };
        let start = file.index.listed().offset(record).unwrap_or(usize::MAX);
        let found = find(split, row, photos.trees())?;
        let Some((number, member)) = found else {
            let place = crate::convert::coco::place_at(&file.source.name, start);
            let what = match painting_name(file, record) {
                Some(name) => format!("there is no PNG {name:?}"),
                None => "the record names no PNG".to_owned(),
            };
            return job.warn(Warning::new("coco.panoptic-absent", place, what, "the row has none"));
        };
        photos.push_also("panoptic", Some((number, member.as_str())))?;
        let Some(tree) = photos.trees().get(number).cloned() else { return Ok(()) };
        let mut json = Cursor::new(file.bytes);
        json.seek(start);
        json.skip()?;
        let record = json.slice(start, json.at()).to_vec();
        self.waiting.push(Check { record, size, tree, member });
        if self.waiting.len() >= WAITING * job.thread_budget() { self.run(job) } else { Ok(()) }
    }

    /// Does the checks that wait, and tells what they found in the order of the rows.
    ///
    /// # Errors
    /// Those of the trees, and of a strict or cancelled job.
    pub(in crate::convert::coco) fn run(&mut self, job: &Job) -> Result<()> {
        let waiting = std::mem::take(&mut self.waiting);
        let findings = job.each(&waiting, |check| Ok(check.findings()))?;
        for (check, findings) in waiting.iter().zip(findings) {
            let place = Place::area("coco").file(check.tree.name(&check.member));
            for (code, what) in findings.map_err(|e| e.at(place.clone()))? {
                job.warn(Warning::new(code, place.clone(), what, "PNG and record are kept as they are"))?;
            }
        }
        Ok(())
    }
}

/// The code of a warning, and what is not as the record says.
type Finding = (&'static str, String);

/// A PNG, its record, and the size its image is declared to have.
#[derive(Debug)]
struct Check {
    /// The record's text.
    record: Vec<u8>,
    /// (height, width).
    size: Option<(i32, i32)>,
    tree: Tree,
    member: String,
}

impl Check {
    /// What of the PNG is not as the record says.
    fn findings(&self) -> Result<Vec<Finding>> {
        let labels = match LabelImage::decode(&self.tree.read(&self.member)?, MAX_LABEL_PIXELS) {
            Ok(labels) => labels,
            Err(error) => return Ok(vec![("coco.panoptic-png", error.what().to_owned())]),
        };
        let mut found = Vec::new();
        if !matches!(labels.data(), LabelData::Rgb(_)) {
            let what = "the PNG has no colours: its indices or gray values are taken for ids".to_owned();
            found.push(("coco.panoptic-colours", what));
        }
        let (height, width) = labels.size();
        if let Some((h, w)) = self.size
            && (i64::from(h), i64::from(w)) != (i64::from(height), i64::from(width))
        {
            let what = format!("the PNG has {height}x{width} pixels, the image is declared {h}x{w}");
            found.push(("coco.panoptic-size", what));
        }
        let ids = labels.ids();
        let painted = LabelMap::try_new(Size::new(height, width), &ids)?.segments();
        self.segments(painted, &mut found);
        Ok(found)
    }

    fn segments(&self, painted: Vec<Segment>, out: &mut Vec<Finding>) {
        let record: Json = serde_json::from_slice(&self.record).unwrap_or_default();
        let declared = record.get("segments_info").and_then(Json::as_array).map_or(&[][..], Vec::as_slice);
        let mut painted: HashMap<i64, (Segment, bool)> =
            painted.into_iter().map(|segment| (i64::from(segment.id), (segment, false))).collect();
        for segment in declared {
            // Ids that are no integers, and those beyond three bytes, have no colour.
            let id = segment.get("id").unwrap_or(&Json::Null);
            let Some((found, met)) = id.as_i64().and_then(|id| painted.get_mut(&id)) else {
                out.push(("coco.panoptic-no-pixels", format!("segment {id} has no pixels in the PNG")));
                continue;
            };
            if std::mem::replace(met, true) {
                out.push(("coco.panoptic-duplicate", format!("two segments have the id {id}")));
                continue;
            }
            if let Some(area) = segment.get("area").and_then(Json::as_f64)
                && area != f64::from(found.area)
            {
                let what = format!("segment {id} has {} pixels, its area is declared {area}", found.area);
                out.push(("coco.panoptic-area", what));
            }
            let bbox = segment.get("bbox").and_then(Json::as_array);
            let bbox: Option<Vec<f64>> = bbox.and_then(|b| b.iter().map(Json::as_f64).collect());
            if let Some(bbox) = bbox
                && bbox != found.bbox.to_array()
            {
                let found = found.bbox.to_array();
                let what = format!("segment {id} spans {found:?}, its box is declared {bbox:?}");
                out.push(("coco.panoptic-box", what));
            }
        }
        let mut strays: Vec<&Segment> =
            painted.values().filter(|(segment, met)| !met && segment.id != 0).map(|(s, _)| s).collect();
        strays.sort_by_key(|segment| segment.id);
        for Segment { id, area, .. } in strays {
            out.push((
                "coco.panoptic-stray",
                format!("{area} pixels have the id {id}, which no segment has"),
            ));
        }
    }
}
