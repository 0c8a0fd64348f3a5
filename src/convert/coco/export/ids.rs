//! Ids as COCO's tools need them: integers, one for each image of a split and each annotation of a file.
//!
//! An id that can stay stays. One that cannot is made: above all others, in the order of the rows; text ids are
//! all numbered. What an id was is kept beside it, as [`IMAGE_WAS`] or [`OBJECT_WAS`].

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::convert::LossReport;
use crate::convert::export::{Cell, Reader};
use crate::dataset::Dataset;
use crate::error::Result;
use crate::job::Job;

/// The member of an image that says what its id was.
pub(super) const IMAGE_WAS: &str = "original_image_id";
/// The member of an annotation that says what its id was.
pub(super) const OBJECT_WAS: &str = "original_id";

/// Which ids are made.
#[derive(Debug, Default)]
pub(super) enum Ids {
    /// None: each is written as it is, or not at all.
    #[default]
    Own,
    /// All: the number of the record, from 1.
    Numbered,
    /// Those of the records at these positions.
    Made(HashMap<u64, i64>),
}

impl Ids {
    /// The id that is made for the record at a position, which has this number; `None` if its own is written.
    pub(super) fn made(&self, position: u64, number: u64) -> Option<i64> {
        match self {
            Ids::Own => None,
            Ids::Numbered => Some(i64::try_from(number).unwrap_or(i64::MAX)),
            Ids::Made(made) => made.get(&position).copied(),
        }
    }

    /// True if some id is made.
    pub(super) fn any(&self) -> bool {
        !matches!(self, Ids::Own)
    }
}

/// What is to be found out about ids, and of what they are called.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule {
    pub(super) key: &'static str,
    pub(super) was: &'static str,
    /// Text ids may stay: the tools that made the file know them.
    pub(super) text_stays: bool,
    /// A record without an id needs one.
    pub(super) nulls: bool,
    /// 0 is no id: COCO's evaluation takes a found annotation of id 0 for one that was not found.
    pub(super) zero: bool,
}

/// Ids as they are met.
#[derive(Debug)]
pub(super) struct Collected {
    rule: Rule,
    /// (group, id): ids must differ within a group. Text is told apart by a hash.
    ids: Vec<(u32, i64)>,
    null: HashSet<u64>,
    text: bool,
    ascending: bool,
}

impl Collected {
    pub(super) fn new(rule: Rule) -> Collected {
        Collected { rule, ids: Vec::new(), null: HashSet::new(), text: false, ascending: true }
    }

    /// Adds the id of the next record.
    pub(super) fn push(&mut self, group: u32, id: Option<Cell<'_>>) {
        let text = id.and_then(Cell::text);
        self.text |= text.is_some();
        let id = id.and_then(Cell::int).or_else(|| text.map(hash));
        if id.is_none() {
            self.null.insert(u64::try_from(self.ids.len()).unwrap_or(u64::MAX));
        }
        let entry = (group, id.unwrap_or(i64::MIN));
        self.ascending &= id.is_some() && self.ids.last().is_none_or(|last| *last < entry);
        self.ids.push(entry);
    }

    /// Decides, and counts what changes.
    pub(super) fn decide(self, loss: &mut LossReport) -> Ids {
        let Rule { key, was, text_stays, nulls, zero } = self.rule;
        let all = u64::try_from(self.ids.len()).unwrap_or(u64::MAX);
        if self.text && !text_stays {
            let why = format!("COCO's ids are integers: numbered from 1, the text kept as '{was}'");
            loss.change(key, all, &why);
            return Ids::Numbered;
        }
        let zeros = |id: i64| zero && id == 0 && !self.text;
        if self.ascending && !self.ids.iter().any(|(_, id)| zeros(*id)) {
            return Ids::Own;
        }
        let again = self.again();
        let null = if nulls { self.null.len() } else { 0 };
        let zero_count =
            (0..all).zip(&self.ids).filter(|(at, (_, id))| zeros(*id) && !again.contains(at)).count();
        let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        if self.text && !again.is_empty() {
            let why = format!("several records have the same: numbered from 1, the text kept as '{was}'");
            loss.change(key, all, &why);
            return Ids::Numbered;
        }
        loss.change(key, count(null), "not said, and needed: a number above the others is made");
        let why = format!(
            "an earlier record has the same: a number above the others is made, the old kept as '{was}'"
        );
        loss.change(key, count(again.len()), &why);
        let why = format!(
            "COCO's evaluation takes id 0 for 'not found': a number above the others is made, the old kept as '{was}'"
        );
        loss.change(key, count(zero_count), &why);
        let positions = (0..all).zip(&self.ids).filter(|(position, (_, id))| {
            (nulls && self.null.contains(position)) || again.contains(position) || zeros(*id)
        });
        let mut free = self.free(null + again.len() + zero_count);
        let made: HashMap<u64, i64> =
            positions.filter_map(|(position, _)| Some((position, free.next()?))).collect();
        if made.is_empty() { Ids::Own } else { Ids::Made(made) }
    }

    /// The positions of records whose id an earlier one of their group has.
    fn again(&self) -> HashSet<u64> {
        let mut order: Vec<u64> = (0..).take(self.ids.len()).collect();
        let entry = |at: &u64| usize::try_from(*at).ok().and_then(|at| self.ids.get(at));
        order.sort_unstable_by_key(|at| (entry(at), *at));
        let pairs = order.iter().zip(order.iter().skip(1));
        let same = pairs.filter(|(a, b)| entry(a) == entry(b) && !self.null.contains(*b));
        same.map(|(_, b)| *b).collect()
    }

    /// Numbers that no record has: those above the others where there are `n`, else the smallest.
    fn free(&self, n: usize) -> Box<dyn Iterator<Item = i64>> {
        let top = self.ids.iter().map(|(_, id)| *id).max().unwrap_or(0).max(0);
        match i64::try_from(n).ok().and_then(|n| top.checked_add(n)) {
            Some(last) => Box::new(top + 1..=last),
            None => {
                let used: HashSet<i64> = self.ids.iter().map(|(_, id)| *id).collect();
                Box::new((1..).filter(move |id| !used.contains(id)))
            }
        }
    }
}

fn hash(text: &str) -> i64 {
    // Keys of a default hasher made so are fixed.
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    i64::from_ne_bytes(hasher.finish().to_ne_bytes())
}

/// The ids of a view's images, by the row. `exact` leaves each as it is; with `text_stays` text may stay.
///
/// # Errors
/// Those of reading the view.
pub(super) fn of_images(
    ds: &Dataset,
    exact: bool,
    text_stays: bool,
    loss: &mut LossReport,
    job: &Job,
) -> Result<Ids> {
    if exact {
        return Ok(Ids::Own);
    }
    let reader = Reader::new(ds, |axis, base| axis.set().is_none() && ["image_id", "split"].contains(&base))?;
    if ds.keys().find("image_id").is_err() {
        return Ok(Ids::Numbered);
    }
    let rule = Rule { key: "image_id", was: IMAGE_WAS, text_stays, nulls: true, zero: false };
    let mut collected = Collected::new(rule);
    let mut splits: HashMap<String, u32> = HashMap::new();
    let all: Vec<usize> = (0..ds.len()).collect();
    for window in reader.windows(&all, job) {
        let (rows, table) = window?;
        for row in 0..rows.len() {
            let cell = |key| table.row_key(key).and_then(|c| c.cell(row));
            let next = u32::try_from(splits.len()).unwrap_or(u32::MAX) + 1;
            let group = cell("split").and_then(Cell::text).map_or(0, |split| match splits.get(split) {
                Some(group) => *group,
                None => *splits.entry(split.to_owned()).or_insert(next),
            });
            collected.push(group, cell("image_id"));
        }
    }
    Ok(collected.decide(loss))
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::{Array, Int64Array, StringArray};

    const RULE: Rule = Rule { key: "object_id", was: "was", text_stays: false, nulls: true, zero: true };

    fn decide(array: &dyn Array, groups: &[u32], rule: Rule) -> (Vec<Option<i64>>, String) {
        let mut collected = Collected::new(rule);
        for at in 0..array.len() {
            collected.push(groups.get(at).copied().unwrap_or(0), Cell::new(array, at));
        }
        let mut loss = LossReport::default();
        let ids = collected.decide(&mut loss);
        let made = (0u64..).take(array.len()).map(|at| ids.made(at, at + 1)).collect();
        (made, loss.to_string())
    }

    fn ints(ids: &[Option<i64>], groups: &[u32], rule: Rule) -> (Vec<Option<i64>>, String) {
        decide(&Int64Array::from(ids.to_vec()), groups, rule)
    }

    #[test]
    fn ids_that_can_stay_stay() {
        let (made, loss) = ints(&[Some(3), Some(7), Some(5)], &[], RULE);
        assert_eq!((made, loss.as_str()), (vec![None; 3], ""));
        let (made, loss) = ints(&[Some(3), Some(7), Some(3)], &[1, 1, 2], RULE);
        assert_eq!((made, loss.as_str()), (vec![None; 3], ""));
    }

    #[test]
    fn absent_repeated_and_zero_ids_are_made_above_the_others() {
        let (made, loss) = ints(&[Some(9), None, Some(9), Some(0), Some(0), Some(4)], &[], RULE);
        assert_eq!(made, [None, Some(10), Some(11), Some(12), Some(13), None]);
        assert!(loss.contains("1 value: not said") && loss.contains("kept as 'was'"), "{loss}");
        let lenient = Rule { nulls: false, zero: false, ..RULE };
        assert_eq!(ints(&[Some(0), None, None], &[], lenient).0, [None; 3]);
    }

    #[test]
    fn where_nothing_is_above_the_smallest_free_numbers_are_taken() {
        let (made, _) = ints(&[Some(i64::MAX), Some(1), Some(1), None], &[], RULE);
        assert_eq!(made, [None, None, Some(2), Some(3)]);
    }

    #[test]
    fn text_is_numbered_unless_it_may_stay_and_is_unique() {
        let texts = |all: &[&str], rule| decide(&StringArray::from(all.to_vec()), &[], rule).0;
        assert_eq!(texts(&["b", "a"], RULE), [Some(1), Some(2)]);
        let stays = Rule { text_stays: true, ..RULE };
        assert_eq!(texts(&["b", "a"], stays), [None, None]);
        assert_eq!(texts(&["b", "a", "b"], stays), [Some(1), Some(2), Some(3)]);
    }
}
