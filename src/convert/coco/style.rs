//! How a file writes whole numbers: `3` or `3.0`, member by member.
//!
//! A double cannot tell the two apart and readers can, so each float member of a file has a style, decided on
//! a sample of its records. Values that do not follow it are kept as written.

use crate::convert::json::{Cursor, Form};

use super::index::FileIndex;

/// How whole numbers of a member are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Style {
    /// `3.0`
    #[default]
    Float,
    /// `3`
    Int,
}

/// How well a value fits its column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fit {
    /// The column gives it back.
    Exact,
    /// The column holds its value, but would be written otherwise.
    Value,
    /// The column cannot hold it.
    Not,
}

impl Style {
    /// The name of the style in the residue.
    pub(super) fn name(self) -> &'static str {
        match self {
            Style::Float => "float",
            Style::Int => "int",
        }
    }

    /// How well numbers of these forms, added up by [`Form::bit`], fit.
    #[inline]
    pub(super) fn fit(self, forms: u8) -> Fit {
        let against = match self {
            Style::Float => Form::Int.bit() | Form::Odd.bit(),
            Style::Int => Form::Whole.bit() | Form::Odd.bit(),
        };
        if forms & against == 0 { Fit::Exact } else { Fit::Value }
    }
}

/// The float members, in the order of [`Styles`].
pub(super) const FLOAT_MEMBERS: [&str; 5] = ["bbox", "area", "segmentation", "keypoints", "score"];

/// The style of each float member of a file.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Styles([Style; FLOAT_MEMBERS.len()]);

impl Styles {
    /// The style of a member; [`Style::Float`] for one that is not a float member.
    pub(super) fn of(&self, member: &str) -> Style {
        let slot = FLOAT_MEMBERS.iter().position(|m| *m == member);
        slot.and_then(|i| self.0.get(i)).copied().unwrap_or_default()
    }

    /// Decides on up to [`SAMPLE`] records spread evenly over the file: the form that more whole numbers
    /// have.
    pub(super) fn sample(bytes: &[u8], file: &FileIndex) -> Styles {
        let mut votes = [(0u64, 0u64); FLOAT_MEMBERS.len()];
        let records = file.annotations.len();
        let step = records.div_ceil(SAMPLE).max(1);
        for record in (0..records).step_by(step) {
            let Some(at) = file.annotations.offset(record) else { continue };
            let mut json = Cursor::new(bytes);
            json.seek(at);
            // A record that is not well formed has no vote; it is reported when it is read.
            let _ = vote(&mut json, &mut votes);
        }
        let mut styles = Styles::default();
        for (style, (ints, wholes)) in styles.0.iter_mut().zip(votes) {
            *style = if ints > wholes { Style::Int } else { Style::Float };
        }
        styles
    }
}

/// How many records decide.
const SAMPLE: usize = 1000;

fn vote(json: &mut Cursor<'_>, votes: &mut [(u64, u64)]) -> crate::error::Result<()> {
    json.expect(b'{', "a record")?;
    if json.eat(b'}') {
        return Ok(());
    }
    loop {
        let name = json.key()?.decode()?;
        if let Some(votes) = FLOAT_MEMBERS.iter().position(|m| *m == name).and_then(|i| votes.get_mut(i)) {
            let start = json.at();
            count(json, votes, name == "keypoints", 0);
            json.seek(start);
        }
        json.skip()?;
        if !json.more(b'}', "a record")? {
            return Ok(());
        }
    }
}

/// Counts the whole numbers of a number or of lists of them; of triples only the first two.
fn count(json: &mut Cursor<'_>, votes: &mut (u64, u64), triples: bool, depth: usize) {
    if let Some(number) = json.number() {
        votes.0 += u64::from(number.form == Form::Int);
        votes.1 += u64::from(number.form == Form::Whole);
    } else if depth < 2 && json.eat(b'[') {
        let mut position = 0usize;
        loop {
            if triples && position % 3 == 2 {
                if json.number().is_none() {
                    return;
                }
            } else {
                let start = json.at();
                count(json, votes, false, depth + 1);
                if json.at() == start {
                    return;
                }
            }
            position += 1;
            if !json.eat(b',') {
                json.eat(b']');
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::convert::coco::{ids::Ids, index::index};
    use crate::job::Job;

    fn styles(records: &str) -> Styles {
        let text = format!(r#"{{"images": [], "annotations": [{records}]}}"#);
        let file = index(text.as_bytes(), &mut Ids::default(), &Job::new()).unwrap();
        Styles::sample(text.as_bytes(), &file)
    }

    #[test]
    fn the_majority_of_whole_numbers_decides() {
        let styles = styles(
            r#"{"bbox": [1, 2, 3.0, 4.5], "area": 3.0, "segmentation": [[1, 2, 3.5]], "score": 0.5,
                "keypoints": [1.0, 2.0, 2, 3.0, 4.0, 1]}"#,
        );
        assert_eq!(styles.of("bbox"), Style::Int);
        assert_eq!(styles.of("area"), Style::Float);
        assert_eq!(styles.of("segmentation"), Style::Int);
        assert_eq!(styles.of("score"), Style::Float);
        assert_eq!(styles.of("keypoints"), Style::Float);
    }

    #[test]
    fn run_lengths_have_no_vote() {
        assert_eq!(
            styles(r#"{"segmentation": {"counts": [1, 2], "size": [1, 2]}}"#).of("segmentation"),
            Style::Float
        );
    }

    #[test]
    fn odd_numbers_never_fit() {
        for style in [Style::Float, Style::Int] {
            assert_eq!(style.fit(Form::Odd.bit()), Fit::Value);
            assert_eq!(style.fit(Form::Fraction.bit()), Fit::Exact);
        }
    }
}
