//! The PNG of a panoptic record, held against its segments.
//!
//! The PNG and the list say the same thing twice, so they can disagree. Both are kept as they are; what
//! disagrees is told. Void (0) belongs to no segment. Nothing here fails but a strict job: a PNG that cannot
//! be decoded is one more finding.

use std::collections::HashMap;

use serde_json::Value as Json;

use crate::error::Place;
use crate::error::Result;
use crate::geometry::{LabelMap, Segment, Size};
use crate::image::{LabelData, LabelImage, MAX_LABEL_PIXELS};
use crate::job::{Job, Warning};

/// A record and the size its image is declared to have.
pub(in crate::convert::coco) struct Painting<'a> {
    /// The record's text.
    pub(in crate::convert::coco) record: &'a [u8],
    /// (height, width).
    pub(in crate::convert::coco) size: Option<(i32, i32)>,
    /// Where the PNG is.
    pub(in crate::convert::coco) place: Place,
    pub(in crate::convert::coco) job: &'a Job,
}

impl Painting<'_> {
    /// Tells what of the PNG is not as the record says.
    ///
    /// # Errors
    /// Those of a strict job.
    pub(in crate::convert::coco) fn check(&self, png: &[u8]) -> Result<()> {
        let labels = match LabelImage::decode(png, MAX_LABEL_PIXELS) {
            Ok(labels) => labels,
            Err(error) => return self.warn("coco.panoptic-png", error.what().to_owned()),
        };
        if !matches!(labels.data(), LabelData::Rgb(_)) {
            let what = "the PNG has no colours: its indices or gray values are taken for ids".to_owned();
            self.warn("coco.panoptic-colours", what)?;
        }
        let (height, width) = labels.size();
        if let Some((h, w)) = self.size
            && (i64::from(h), i64::from(w)) != (i64::from(height), i64::from(width))
        {
            let what = format!("the PNG has {height}x{width} pixels, the image is declared {h}x{w}");
            self.warn("coco.panoptic-size", what)?;
        }
        let ids = labels.ids();
        let painted = LabelMap::try_new(Size::new(height, width), &ids)?.segments();
        self.segments(painted)
    }

    fn segments(&self, painted: Vec<Segment>) -> Result<()> {
        let record: Json = serde_json::from_slice(self.record).unwrap_or_default();
        let declared = record.get("segments_info").and_then(Json::as_array).map_or(&[][..], Vec::as_slice);
        let mut painted: HashMap<i64, (Segment, bool)> =
            painted.into_iter().map(|segment| (i64::from(segment.id), (segment, false))).collect();
        for segment in declared {
            // Ids that are no integers, and those beyond three bytes, have no colour.
            let id = segment.get("id").unwrap_or(&Json::Null);
            let Some((found, met)) = id.as_i64().and_then(|id| painted.get_mut(&id)) else {
                self.warn("coco.panoptic-no-pixels", format!("segment {id} has no pixels in the PNG"))?;
                continue;
            };
            if std::mem::replace(met, true) {
                self.warn("coco.panoptic-duplicate", format!("two segments have the id {id}"))?;
                continue;
            }
            if let Some(area) = segment.get("area").and_then(Json::as_f64)
                && area != f64::from(found.area)
            {
                let what = format!("segment {id} has {} pixels, its area is declared {area}", found.area);
                self.warn("coco.panoptic-area", what)?;
            }
            let bbox = segment.get("bbox").and_then(Json::as_array);
            let bbox: Option<Vec<f64>> = bbox.and_then(|b| b.iter().map(Json::as_f64).collect());
            if let Some(bbox) = bbox
                && bbox != found.bbox.to_array()
            {
                let found = found.bbox.to_array();
                let what = format!("segment {id} spans {found:?}, its box is declared {bbox:?}");
                self.warn("coco.panoptic-box", what)?;
            }
        }
        let mut strays: Vec<&Segment> =
            painted.values().filter(|(segment, met)| !met && segment.id != 0).map(|(s, _)| s).collect();
        strays.sort_by_key(|segment| segment.id);
        for Segment { id, area, .. } in strays {
            let what = format!("{area} pixels have the id {id}, which no segment has");
            self.warn("coco.panoptic-stray", what)?;
        }
        Ok(())
    }

    fn warn(&self, code: &'static str, what: String) -> Result<()> {
        self.job.warn(Warning::new(code, self.place.clone(), what, "PNG and record are kept as they are"))
    }
}
