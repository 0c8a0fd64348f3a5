//! What is odd about an object: the codes and sentences of the warnings.

use super::shape::Flat;
use super::slot::{CORNERS, Slot};
use super::values::Values;

/// How far a box may overhang its image, in pixels.
const SLACK: f64 = 1.0;

/// Something odd.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) code: &'static str,
    pub(super) what: String,
    /// The line it is in.
    pub(super) line: u64,
    /// True for a box that makes no sense, which `--on-error skip` leaves out.
    pub(super) senseless: bool,
}

/// What is odd about an object in an image of (height, width); `line` is the one it begins in.
pub(super) fn odd(object: &Flat<'_>, values: &Values, size: Option<(i32, i32)>, line: u64) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut add = |code, what: String, line, senseless| found.push(Finding { code, what, line, senseless });
    let mut corners: [Option<(&str, u64)>; 4] = [None; 4];
    let mut second = None;
    for (path, leaf) in object.leaves() {
        match Slot::of(path) {
            Slot::Corner(i) => {
                corners.iter_mut().skip(i).take(1).for_each(|c| *c = Some((leaf.text, leaf.line)))
            }
            Slot::Other if path.starts_with("bndbox[2]") => second = second.or(Some(leaf.line)),
            _ => {}
        }
    }
    if let Some(line) = second {
        add("voc.several-boxes", "more than one bndbox in an object".to_owned(), line, false);
    }
    if values.name.is_none() {
        add("voc.no-class", "an object without a name".to_owned(), line, false);
    }
    let missing: Vec<&str> =
        CORNERS.iter().zip(&corners).filter(|(_, c)| c.is_none()).map(|(name, _)| *name).collect();
    match values.bbox {
        None if missing.len() == CORNERS.len() => {
            if values.rotated.is_none() && values.polygon.is_none() {
                add("voc.no-box", "an object without a bndbox".to_owned(), line, false);
            }
        }
        None if !missing.is_empty() => {
            add("voc.no-box", format!("the bndbox has no {}", missing.join(", ")), line, false);
        }
        None => {
            let bad = CORNERS.iter().zip(&corners).find_map(|(name, corner)| {
                let (text, line) = (*corner)?;
                super::number::read(text).is_none().then(|| (format!("{name} {text:?} is no number"), line))
            });
            if let Some((what, line)) = bad {
                add("voc.box-number", what, line, true);
            }
        }
        Some([x, y, w, h]) => {
            let line = corners.iter().flatten().map(|(_, line)| *line).max().unwrap_or(line);
            let turned = [(0, 2), (1, 3)].into_iter().find_map(|(low, high)| {
                let (low_text, _) = (*corners.get(low)?)?;
                let (high_text, line) = (*corners.get(high)?)?;
                let turned = super::number::read(high_text)? < super::number::read(low_text)?;
                let (low_name, high_name) = (CORNERS.get(low)?, CORNERS.get(high)?);
                turned.then(|| {
                    (format!("{high_name} {} < {low_name} {}", high_text.trim(), low_text.trim()), line)
                })
            });
            if let Some((what, line)) = turned {
                add("voc.box-inverted", what, line, true);
            } else if w <= 0.0 || h <= 0.0 {
                add("voc.box-empty", format!("the box of {w} x {h} has no area"), line, true);
            } else if let Some((height, width)) = size {
                // Nothing of a box can lie before the first pixel, which other tools number 0.
                if (-1.0..0.0).contains(&x) || (-1.0..0.0).contains(&y) {
                    let what =
                        "the box begins before pixel 1, the first of VOC: if the first is 0, see --coords";
                    add("voc.zero-based", what.to_owned(), line, false);
                }
                let right = x + w > f64::from(width) + SLACK;
                let below = y + h > f64::from(height) + SLACK;
                if x < -SLACK || y < -SLACK || right || below {
                    let texts: Vec<&str> = corners.iter().flatten().map(|(text, _)| text.trim()).collect();
                    let what =
                        format!("the box {} reaches out of its image of {width}x{height}", texts.join(" "));
                    add("voc.box-outside", what, line, false);
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::convert::Coords;
    use crate::convert::voc::values::Texts;
    use crate::convert::voc::xml::Document;
    use crate::job::Job;

    fn codes(inside: &str, coords: Coords) -> Vec<(&'static str, u64)> {
        let text = format!("<object>\n<name>cat</name>{inside}</object>");
        let file = Document::parse(text.as_bytes(), "a", &Job::new()).unwrap();
        let flat = Flat::object(file.root().unwrap());
        let mut slots = Texts::default();
        for (path, leaf) in flat.leaves() {
            slots.take(Slot::of(path), leaf.text);
        }
        let found = odd(&flat, &slots.read(coords), Some((10, 20)), 1);
        found.iter().map(|f| (f.code, f.line)).collect()
    }

    fn bndbox([a, b, c, d]: [&str; 4]) -> String {
        format!("<bndbox><xmin>{a}</xmin>\n<ymin>{b}</ymin>\n<xmax>{c}</xmax>\n<ymax>{d}</ymax></bndbox>")
    }

    #[test]
    fn each_oddity_has_its_code_and_line() {
        let of = |corners| codes(&bndbox(corners), Coords::Voc);
        assert_eq!(of(["1", "1", "20", "10"]), []);
        assert_eq!(of(["0", "0", "19", "9"]), [("voc.zero-based", 5)]);
        assert_eq!(codes(&bndbox(["0", "0", "19", "9"]), Coords::ZeroBased), []);
        assert_eq!(of(["3", "3", "3", "3"]), []);
        assert_eq!(of(["9", "1", "3", "10"]), [("voc.box-inverted", 4)]);
        assert_eq!(of(["1", "9", "3", "8"]), [("voc.box-inverted", 5)]);
        assert_eq!(of(["1", "1", "x", "8"]), [("voc.box-number", 4)]);
        assert_eq!(of(["1", "1", "30", "8"]), [("voc.box-outside", 5)]);
        assert_eq!(codes(&bndbox(["3", "3", "3", "3"]), Coords::Exclusive), [("voc.box-empty", 5)]);
        assert_eq!(codes("", Coords::Voc), [("voc.no-box", 1)]);
        assert_eq!(codes("<bndbox><xmin>1</xmin></bndbox>", Coords::Voc), [("voc.no-box", 1)]);
        let two = bndbox(["1", "1", "2", "2"]).repeat(2);
        assert_eq!(codes(&two, Coords::Voc), [("voc.several-boxes", 5)]);
    }
}
