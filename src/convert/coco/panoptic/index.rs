//! The first pass over panoptic annotations: where each record and each of its segments begins.
//!
//! The segments of a record are taken only together: after the walk they are those of regular records, and
//! each record's lie side by side.

use crate::convert::coco::ids::{Ids, NONE};
use crate::convert::coco::index::{Met, Records, Strider, too_many, walk_record, wanted_id};
use crate::convert::coco::members::Expected;
use crate::convert::json::Cursor;
use crate::error::Result;
use crate::job::Stage;

/// The records of the images, around the segments.
#[derive(Debug, Default)]
pub(in crate::convert::coco) struct Outer {
    pub(in crate::convert::coco) records: Records,
    /// Where the segments of each record end.
    ends: Vec<u32>,
    /// Whether a record could be taken apart.
    regular: Vec<bool>,
}

impl Outer {
    /// True if the record's segments were taken.
    pub(in crate::convert::coco) fn is_regular(&self, record: usize) -> bool {
        self.regular.get(record).copied().unwrap_or(false)
    }

    /// The segments of a record.
    pub(in crate::convert::coco) fn segments(&self, record: usize) -> std::ops::Range<u32> {
        let end = |record: usize| self.ends.get(record).copied().unwrap_or(0);
        record.checked_sub(1).map_or(0, end)..end(record)
    }
}

/// True if the list that begins at the cursor is one of panoptic records.
pub(in crate::convert::coco) fn begins(mut json: Cursor<'_>) -> bool {
    let mut look = || -> Result<bool> {
        json.expect(b'[', "the list of annotations")?;
        if json.peek() != Some(b'{') {
            return Ok(false);
        }
        json.expect(b'{', "a record")?;
        loop {
            let name = json.key()?.decode()?;
            if name == "segments_info" {
                return Ok(true);
            }
            json.skip()?;
            if !json.more(b'}', "a record")? {
                return Ok(false);
            }
        }
    };
    look().unwrap_or(false)
}

/// Walks a list of panoptic records; `segments` get the id of their record's image.
///
/// # Errors
/// Those of the text, of [`too_many`], and [`crate::error::ErrorKind::Cancelled`].
pub(in crate::convert::coco) fn walk(
    json: &mut Cursor<'_>,
    segments: &mut Records,
    ids: &mut Ids,
    stage: &Stage<'_>,
) -> Result<Outer> {
    const WHAT: &str = "the list of annotations";
    json.expect(b'[', WHAT)?;
    let mut walk = Walk::default();
    let mut strider = Strider::new(json.at());
    let mut more = !json.eat(b']');
    while more {
        let first = json.peek();
        let outer = &mut walk.outer;
        outer.records.begin(json.at());
        let before = segments.len();
        let (id, regular) = match first {
            Some(b'{') => walk.record(json, segments, ids)?,
            _ => (NONE, json.skip().map(|_| false)?),
        };
        if !regular {
            segments.truncate(before);
        }
        segments.belong(before, id);
        let outer = &mut walk.outer;
        outer.records.belong(outer.regular.len(), id);
        outer.regular.push(regular);
        outer.ends.push(u32::try_from(segments.len()).unwrap_or(u32::MAX));
        strider.walked(json.at(), stage)?;
        more = json.more(b']', WHAT)?;
    }
    segments.repeats = walk.met.repeats();
    walk.outer.records.repeats = false;
    too_many(walk.outer.records.len(), WHAT)?;
    too_many(segments.len(), "the lists of segments")?;
    strider.end(json.at(), stage)?;
    Ok(walk.outer)
}

#[derive(Default)]
struct Walk {
    outer: Outer,
    expected: Expected,
    /// Names of a record that were met in it.
    seen: Vec<usize>,
    of_segments: Expected,
    met: Met,
}

impl Walk {
    /// Walks one record: its image's id, and whether it can be taken apart.
    fn record(
        &mut self,
        json: &mut Cursor<'_>,
        segments: &mut Records,
        ids: &mut Ids,
    ) -> Result<(u32, bool)> {
        json.expect(b'{', "a record")?;
        let members = &mut self.outer.records.members;
        members.add_record();
        self.expected.begin();
        self.seen.clear();
        let (mut id, mut listed, mut regular) = (NONE, false, true);
        let mut more = !json.eat(b'}');
        while more {
            let name = members.learn(json, &mut self.expected)?;
            regular &= !self.seen.contains(&name);
            self.seen.push(name);
            let token = match members.text(name) {
                "image_id" => {
                    let (found, token) = wanted_id(json, "image_id")?;
                    id = found.map_or(NONE, |id| ids.intern(id));
                    token
                }
                "segments_info" if json.peek() == Some(b'[') && !listed => {
                    listed = true;
                    regular &= list(json, segments, &mut self.of_segments, &mut self.met, ids)?;
                    crate::convert::json::Token::List
                }
                _ => json.skip()?,
            };
            members.add(name, token);
            more = json.more(b'}', "a record")?;
        }
        Ok((id, regular && listed))
    }
}

/// Walks a list of segments; false if one of them is no object.
fn list(
    json: &mut Cursor<'_>,
    segments: &mut Records,
    expected: &mut Expected,
    met: &mut Met,
    ids: &mut Ids,
) -> Result<bool> {
    json.expect(b'[', "segments_info")?;
    let mut objects = true;
    let mut more = !json.eat(b']');
    while more {
        if json.peek() == Some(b'{') {
            segments.begin(json.at());
            walk_record(json, &mut segments.members, expected, met, (None, &mut None), ids)?;
        } else {
            json.skip()?;
            objects = false;
        }
        more = json.more(b']', "segments_info")?;
    }
    Ok(objects)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::Job;

    fn read(text: &str) -> (Outer, Records, Ids) {
        let (mut segments, mut ids) = (Records::default(), Ids::default());
        let job = Job::new();
        let stage = job.stage("reading", None);
        let mut json = Cursor::new(text.as_bytes());
        assert!(begins(json.clone()), "{text}");
        let outer = walk(&mut json, &mut segments, &mut ids, &stage).unwrap();
        (outer, segments, ids)
    }

    #[test]
    fn segments_lie_side_by_side_with_the_id_of_their_image() {
        let (outer, segments, ids) = read(
            r#"[{"segments_info": [{"id": 1}, {"id": 2, "id": 3}], "file_name": "a.png", "image_id": 7},
                {"image_id": 5, "segments_info": []}, {"image_id": 7, "segments_info": [{"id": 4}]}]"#,
        );
        assert_eq!((outer.records.ids(), segments.ids()), (&[0, 1, 0][..], &[0, 0, 0][..]));
        assert_eq!((0..3).map(|r| outer.segments(r)).collect::<Vec<_>>(), [0..2, 2..2, 2..3]);
        assert!((0..3).all(|r| outer.is_regular(r)) && segments.repeats);
        assert_eq!((ids.len(), outer.records.members.present("file_name")), (2, 1));
    }

    #[test]
    fn a_record_that_cannot_be_taken_apart_has_no_segments() {
        let (outer, segments, _) = read(
            r#"[{"image_id": 1, "segments_info": [{"id": 1}, null]}, {"image_id": 2}, 7,
                {"image_id": 3, "segments_info": [{"id": 1}], "segments_info": [{"id": 2}]},
                {"image_id": 4, "segments_info": {}}, {"image_id": 5, "segments_info": [{"id": 9}]}]"#,
        );
        assert_eq!(
            (0..6).map(|r| outer.is_regular(r)).collect::<Vec<_>>(),
            [false, false, false, false, false, true]
        );
        assert_eq!((segments.len(), outer.segments(5)), (1, 0..1));
        assert_eq!(outer.records.len(), 6);
    }

    #[test]
    fn other_annotations_are_not_panoptic() {
        for text in [r#"[{"image_id": 1, "bbox": [1, 2]}]"#, "[]", "[null]", "[{}]", r#"[{"image_id": "#] {
            assert!(!begins(Cursor::new(text.as_bytes())), "{text}");
        }
    }
}
