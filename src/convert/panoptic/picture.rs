//! [`Picture`]: a segment id a pixel, and what each segment is.
//!
//! The invariant: height × width ids, row after row; id 0 is void. Segments are in the order of their list and
//! may lack pixels, and pixels may lack segments: whoever reads foreign pictures decides what that means. Ids
//! of segments made by [`Picture::paint`] are distinct.

use std::collections::HashMap;

use crate::convert::panoptic::SegmentIds;
use crate::error::Result;
use crate::geometry::{LabelCanvas, LabelMap, Rle, Segment, Size};
use crate::image::{LabelImage, MAX_LABEL_PIXELS};

/// A panoptic picture in memory.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    size: Size,
    ids: Vec<u32>,
    segments: Vec<PictureSegment>,
}

/// What a segment is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PictureSegment {
    /// The id of its pixels.
    pub id: u32,
    /// Its class, a position in a class table.
    pub label: Option<i64>,
    /// Whether it stands for several objects.
    pub crowded: Option<bool>,
}

impl PictureSegment {
    /// A segment of this class that stands for one object.
    pub fn new(id: u32, label: i64) -> PictureSegment {
        PictureSegment { id, label: Some(label), crowded: Some(false) }
    }
}

impl Picture {
    /// A picture of these ids, row after row.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Length`] if there are not height × width ids;
    /// [`crate::error::ErrorKind::Limit`] above [`crate::geometry::MAX_PIXELS`].
    pub fn new(size: Size, ids: Vec<u32>, segments: Vec<PictureSegment>) -> Result<Picture> {
        LabelMap::try_new(size, &ids)?;
        Ok(Picture { size, ids, segments })
    }

    /// A picture from a panoptic PNG: id = R + 256·G + 65536·B.
    ///
    /// # Errors
    /// Those of [`LabelImage::decode`].
    pub fn of_png(png: &[u8], segments: Vec<PictureSegment>) -> Result<Picture> {
        let labels = LabelImage::decode(png, MAX_LABEL_PIXELS)?;
        let (height, width) = labels.size();
        Picture::new(Size::new(height, width), labels.ids(), segments)
    }

    /// Paints objects in their order: a later one has the pixels that it shares with an earlier one. Each is a
    /// segment, with an id by `ids`; also gives for each how many pixels it took from earlier ones.
    ///
    /// ```
    /// use lensframe::convert::panoptic::{Picture, SegmentIds};
    /// use lensframe::geometry::{Rle, Size};
    /// use lensframe::schema::classes::ClassTable;
    /// # fn main() -> lensframe::error::Result<()> {
    /// let size = Size::new(2, 2);
    /// let (left, all) = (Rle::try_new(size, vec![0, 2, 2])?, Rle::full(size)?);
    /// let mut ids = SegmentIds::new(&ClassTable::from_names(["cat"]));
    /// let objects = [(&all, Some(0), None), (&left, Some(0), None)];
    /// let (picture, taken) = Picture::paint(size, objects, &mut ids)?;
    /// assert_eq!(taken, [0, 2]);
    /// let areas: Vec<u32> = picture.masks()?.iter().flatten().map(|(segment, _)| segment.area).collect();
    /// assert_eq!(areas, [2, 2]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Mismatch`] for a mask of another size;
    /// [`crate::error::ErrorKind::Limit`] above [`crate::geometry::MAX_PIXELS`].
    pub fn paint<'a>(
        size: Size,
        objects: impl IntoIterator<Item = (&'a Rle, Option<i64>, Option<bool>)>,
        ids: &mut SegmentIds,
    ) -> Result<(Picture, Vec<u32>)> {
        let mut canvas = LabelCanvas::new(size, 0)?;
        let (mut segments, mut taken) = (Vec::new(), Vec::new());
        for (mask, label, crowded) in objects {
            let id = ids.next(label);
            taken.push(canvas.paint(mask, id)?);
            segments.push(PictureSegment { id, label, crowded });
        }
        Ok((Picture { size, ids: canvas.into_ids(), segments }, taken))
    }

    /// Height and width.
    pub fn size(&self) -> Size {
        self.size
    }

    /// The id of each pixel, row after row.
    pub fn ids(&self) -> &[u32] {
        &self.ids
    }

    /// The segments, in order.
    pub fn segments(&self) -> &[PictureSegment] {
        &self.segments
    }

    /// Area, tight box and mask of each segment, in order; `None` for one without pixels.
    ///
    /// # Errors
    /// None in practice: the sizes were checked when the picture was made.
    pub fn masks(&self) -> Result<Vec<Option<(Segment, Rle)>>> {
        let wanted: std::collections::HashSet<u32> = self.segments.iter().map(|s| s.id).collect();
        let masks = LabelMap::try_new(self.size, &self.ids)?.masks_of(|id| wanted.contains(&id));
        let found: HashMap<u32, (Segment, Rle)> = masks.into_iter().map(|m| (m.0.id, m)).collect();
        Ok(self.segments.iter().map(|segment| found.get(&segment.id).cloned()).collect())
    }

    /// Area and tight box of each segment, in order; `None` for one without pixels.
    ///
    /// # Errors
    /// As [`Picture::masks`].
    pub fn extents(&self) -> Result<Vec<Option<Segment>>> {
        let found = LabelMap::try_new(self.size, &self.ids)?.segments();
        let found: HashMap<u32, Segment> = found.into_iter().map(|s| (s.id, s)).collect();
        Ok(self.segments.iter().map(|segment| found.get(&segment.id).cloned()).collect())
    }

    /// The number of each pixel's class, row after row; `void` where `number` gives none, and where there is
    /// no segment. Of segments with one id the last counts.
    pub fn semantic(&self, number: impl Fn(i64) -> Option<u16>, void: u16) -> Vec<u16> {
        let of = |s: &PictureSegment| Some((s.id, number(s.label?)?));
        let numbers: HashMap<u32, u16> = self.segments.iter().filter_map(of).collect();
        let mut last = (0, numbers.get(&0).copied().unwrap_or(void));
        let number = |id: &u32| {
            if *id != last.0 {
                last = (*id, numbers.get(id).copied().unwrap_or(void));
            }
            last.1
        };
        self.ids.iter().map(number).collect()
    }

    /// The picture as a panoptic PNG.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Limit`] if an id is 2^24 or more; [`crate::error::ErrorKind::Usage`] for a
    /// picture without pixels.
    pub fn png(&self) -> Result<Vec<u8>> {
        LabelImage::from_ids((self.size.height, self.size.width), &self.ids)?.encode()
    }
}
