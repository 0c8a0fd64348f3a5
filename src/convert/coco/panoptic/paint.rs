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

/// Adds the PNG of the row pushed last, held against its record. `size` is declared, (height, width).
///
/// # Errors
/// Those of the trees, and of a strict job.
pub(in crate::convert::coco) fn push(
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
    let Some((number, member)) = &found else {
        let place = crate::convert::coco::place_at(&file.source.name, start);
        let what = match painting_name(file, record) {
            Some(name) => format!("there is no PNG {name:?}"),
            None => "the record names no PNG".to_owned(),
        };
        return job.warn(Warning::new("coco.panoptic-absent", place, what, "the row has none"));
    };
    photos.push_also("panoptic", Some((*number, member.as_str())))?;
    let Some(tree) = photos.trees().get(*number) else { return Ok(()) };
    let mut json = Cursor::new(file.bytes);
    json.seek(start);
    json.skip()?;
    let record = json.slice(start, json.at());
    let place = Place::area("coco").file(tree.name(member));
    Painting { record, size, place, job }.check(&tree.read(member)?)
}

/// A record and the size its image is declared to have.
struct Painting<'a> {
    /// The record's text.
    record: &'a [u8],
    /// (height, width).
    size: Option<(i32, i32)>,
    /// Where the PNG is.
    place: Place,
    job: &'a Job,
}

impl Painting<'_> {
    /// Tells what of the PNG is not as the record says.
    ///
    /// # Errors
    /// Those of a strict job.
    fn check(&self, png: &[u8]) -> Result<()> {
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
