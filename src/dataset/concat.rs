//! [`Dataset::concat`]: the rows of several views one after the other.
//!
//! Invariant: the parts agree in the name, order, form and type of their keys and in the class tables of the
//! labels they show. A read asks each part it touches once; a range of rows gives the parts' own chunks.
//! A concat of concats holds the innermost parts, so depth costs nothing.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::sync::Arc;

use arrow_schema::Field;

use arrow_buffer::Buffer;

use super::align::{labelled_set, set_place};
use super::batch::Batch;
use super::keys::{Key, KeyIndex, KeySelection, Keys, Kind, Selector};
use super::rows::Rows;
use super::source::{Access, Source};
use super::view::Dataset;
use super::zones::{Bounds, Zone};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::schema::axis::AXIS;
use crate::schema::boxes::BOXES;
use crate::schema::classes::ClassTable;

struct Concat {
    parts: Vec<Dataset>,
    /// For each part, the number of rows up to its end.
    ends: Vec<u64>,
    keys: Keys,
}

impl Dataset {
    /// The rows of `parts` one after the other; nothing is read. A single part is given back as it is.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] for no part; [`ErrorKind::Mismatch`] if parts differ in the name, order, form or
    /// type of their keys, or in the class table of an object set whose labels they show.
    ///
    /// ```
    /// use lensframe::dataset::Dataset;
    /// let (a, b) = (Dataset::zip([vec![0, 1]])?, Dataset::zip([vec![2]])?);
    /// let ds = Dataset::concat([&a, &b])?;
    /// assert_eq!((ds.len(), ds.get(2)?), (3, b.get(0)?));
    /// # Ok::<(), lensframe::error::Error>(())
    /// ```
    pub fn concat<D: Borrow<Dataset>>(parts: impl IntoIterator<Item = D>) -> Result<Dataset> {
        let parts: Vec<D> = parts.into_iter().collect();
        let (first, rest) = match parts.as_slice() {
            [] => {
                return Err(Error::new(ErrorKind::Usage, "nothing to concatenate").at(Place::area("concat")));
            }
            [one] => return Ok(one.borrow().clone()),
            [first, rest @ ..] => (first.borrow(), rest),
        };
        for (other, at) in rest.iter().zip(1..) {
            check_keys(first.keys(), other.borrow().keys(), at)?;
        }
        check_classes(first, rest)?;
        let keys = joined_keys(first.keys(), rest);
        let mut flat = Vec::with_capacity(parts.len());
        for part in &parts {
            push_flat(&mut flat, part.borrow())?;
        }
        let mut flat = merged(flat)?;
        if let [_] = flat.as_slice()
            && let Some(one) = flat.pop()
        {
            return Ok(one);
        }
        let mut total = 0u64;
        let ends = flat
            .iter()
            .map(|part: &Dataset| {
                total += part.len() as u64;
                total
            })
            .collect();
        Ok(Dataset::new(Concat { parts: flat, ends, keys }))
    }
}

/// Parts that follow each other in one source become one: what was taken apart and put together again costs what it
/// did before.
fn merged(parts: Vec<Dataset>) -> Result<Vec<Dataset>> {
    let mut out: Vec<Dataset> = Vec::with_capacity(parts.len());
    for part in parts {
        let before = out.last().filter(|before| before.shows_same(&part));
        let joined =
            before.and_then(|before| before.rows().followed_by(part.rows()).map(|rows| before.at_rows(rows)));
        match (joined, out.last_mut()) {
            (Some(joined), Some(last)) => *last = joined,
            _ => out.push(part),
        }
    }
    Ok(out)
}

/// Adds a part, or what it is made of if it is a range of a concat. An empty part stays: it knows its classes.
fn push_flat(flat: &mut Vec<Dataset>, part: &Dataset) -> Result<()> {
    let range = part.rows().as_range().filter(|_| !part.is_empty());
    let (Some(inner), Some((first, 1))) = (part.source_as::<Concat>(), range) else {
        flat.push(part.clone());
        return Ok(());
    };
    let all_keys = part.positions().iter().copied().eq(inner.keys.indices());
    let selectors = part.positions().iter().map(|k| Selector::Position(k.0 as i64)).collect();
    let selection = KeySelection::Many(selectors);
    let spans = inner.spans(first, part.len());
    flat.reserve(spans.len());
    for (at, start, len) in spans {
        let inside = inner.part(at)?;
        let whole = len == inside.len();
        let narrowed = if whole { inside.clone() } else { inside.choose(&Rows::span(start, len))? };
        flat.push(if all_keys { narrowed } else { narrowed.select(selection.clone())? });
    }
    Ok(())
}

fn mismatch(what: String) -> Error {
    Error::new(ErrorKind::Mismatch, what).at(Place::area("concat"))
}

fn check_keys(first: &Keys, other: &Keys, part: usize) -> Result<()> {
    if first.is_same(other) {
        return Ok(());
    }
    if first.form() != other.form() {
        return Err(mismatch(format!("one of part 0 and part {part} has bare values, the other tuples"))
            .remedy("select a name for bare values, a list of names for tuples, in both"));
    }
    if first.len() != other.len() {
        return Err(mismatch(format!("part 0 has {} keys, part {part} has {}", first.len(), other.len()))
            .remedy("select the same keys of every part"));
    }
    for ((a, b), at) in first.iter().zip(other.iter()).zip(0..) {
        if a.name() != b.name() {
            return Err(mismatch(format!("key {at} is '{a}' in part 0 and '{b}' in part {part}"))
                .remedy("select the same keys in the same order of every part"));
        }
        let (axis_a, axis_b) = (axis_text(a), axis_text(b));
        let same = match (a.kind(), b.kind()) {
            (Kind::Values, Kind::Values) => true,
            (Kind::Arrow(a), Kind::Arrow(b)) => {
                let forms = || a.metadata().get(BOXES) == b.metadata().get(BOXES);
                Arc::ptr_eq(a, b) || (a.data_type() == b.data_type() && axis_a == axis_b && forms())
            }
            _ => false,
        };
        if !same {
            let what = format!("{} in part 0 and {} in part {part}", kind_text(a), kind_text(b));
            return Err(mismatch(what).at(Place::none().key(a.to_string())));
        }
    }
    Ok(())
}

/// An absent axis means rows.
fn axis_text(key: &Key) -> &str {
    key.field().and_then(|f| f.metadata().get(AXIS)).map_or("row", String::as_str)
}

fn kind_text(key: &Key) -> String {
    match key.field() {
        None => "values".to_owned(),
        Some(field) => {
            let form =
                field.metadata().get(BOXES).map(|form| format!(" with boxes as {form}")).unwrap_or_default();
            format!("{} along {}{form}", field.data_type(), axis_text(key))
        }
    }
}

fn check_classes<D: Borrow<Dataset>>(first: &Dataset, rest: &[D]) -> Result<()> {
    for set in first.keys().iter().filter_map(labelled_set) {
        let table = first.classes(set);
        for (part, other) in (1..).zip(rest) {
            match (table, other.borrow().classes(set)) {
                (None, None) => {}
                (Some(a), Some(b)) if a.means_same(b) => {}
                (Some(a), Some(b)) => a.check_same(b, set).map_err(|e| {
                    let remedy = e.remedy_text().unwrap_or("use align_classes").to_owned();
                    let what = format!("parts 0 and {part}: {}", e.what());
                    Error::new(ErrorKind::Mismatch, what).at(set_place("concat", set)).remedy(remedy)
                })?,
                _ => {
                    let what = format!("one of part 0 and part {part} has a class table, the other none");
                    return Err(Error::new(ErrorKind::Mismatch, what).at(set_place("concat", set)).remedy(
                        "give both a table, make them agree with align_classes, or leave the labels out",
                    ));
                }
            }
        }
    }
    Ok(())
}

/// The first part's keys, nullable where any part's are.
fn joined_keys<D: Borrow<Dataset>>(first: &Keys, rest: &[D]) -> Keys {
    let nullable = |key: &Key| key.field().is_some_and(|f| f.is_nullable());
    let widened = |at: usize, key: &Key| {
        let others = || rest.iter().filter_map(|other| other.borrow().keys().get(KeyIndex(at)));
        !nullable(key) && key.field().is_some() && others().any(nullable)
    };
    if !first.iter().enumerate().any(|(at, key)| widened(at, key)) {
        return first.clone();
    }
    first.mapped(|at, key| match key.field() {
        Some(field) if widened(at, key) => key.with_field(Field::clone(field).with_nullable(true)),
        _ => key.clone(),
    })
}

impl Concat {
    fn part(&self, at: usize) -> Result<&Dataset> {
        self.parts.get(at).ok_or_else(|| Error::new(ErrorKind::Index, format!("no part {at}")))
    }

    /// The part that holds a row below the length, and the row in it.
    fn locate(&self, row: u64) -> (usize, u64) {
        let at = self.ends.partition_point(|end| *end <= row);
        (at, row - self.start(at))
    }

    /// The row that a part starts with.
    fn start(&self, at: usize) -> u64 {
        at.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0)
    }

    /// What rows `first..first + len` are in the parts: (part, first row in it, length).
    fn spans(&self, first: u64, len: usize) -> Vec<(usize, u64, usize)> {
        let stop = first + len as u64;
        let mut spans = Vec::new();
        let mut row = first;
        while row < stop {
            let (at, local) = self.locate(row);
            let Some(end) = self.ends.get(at) else { break };
            let upto = stop.min(*end);
            spans.push((at, local, (upto - row) as usize));
            row = upto;
        }
        spans
    }

    /// What to ask of each part, each once, and, unless the parts' answers joined are in the order of `rows`,
    /// where each row is among them.
    fn plan(&self, rows: &Rows) -> (Vec<(usize, Rows)>, Option<Rows>) {
        if let Some((first, 1)) = rows.as_range() {
            let spans = self.spans(first, rows.len());
            return (spans.into_iter().map(|(at, start, len)| (at, Rows::span(start, len))).collect(), None);
        }
        // For each part touched, in order of first touch, its place in `asked`.
        let mut slots: HashMap<usize, usize> = HashMap::new();
        let mut asked: Vec<(usize, Vec<u64>)> = Vec::new();
        let mut places = Vec::with_capacity(rows.len());
        let mut in_order = true;
        for row in rows.iter() {
            let (at, local) = self.locate(row);
            let slot = *slots.entry(at).or_insert(asked.len());
            match asked.get_mut(slot) {
                Some((_, list)) => {
                    places.push((slot, list.len() as u64));
                    list.push(local);
                }
                None => {
                    places.push((slot, 0));
                    asked.push((at, vec![local]));
                }
            }
            in_order &= slot + 1 == asked.len();
        }
        let mut total = 0;
        let starts: Vec<u64> = asked
            .iter()
            .map(|(_, list)| {
                total += list.len() as u64;
                total - list.len() as u64
            })
            .collect();
        let place = |(slot, within): (usize, u64)| starts.get(slot).copied().unwrap_or(0) + within;
        let places = (!in_order).then(|| Rows::indices(places.into_iter().map(place).collect::<Vec<_>>()));
        let plan = asked.into_iter().map(|(at, list)| (at, Rows::indices(list))).collect();
        (plan, places)
    }
}

impl Source for Concat {
    fn keys(&self) -> &Keys {
        &self.keys
    }

    fn len(&self) -> usize {
        self.ends.last().map_or(0, |end| *end as usize)
    }

    fn read(&self, rows: &Rows, keys: &[KeyIndex], access: &Access<'_>) -> Result<Batch> {
        rows.check(self.len())?;
        self.keys.check(keys)?;
        let (plan, places) = self.plan(rows);
        if let ([(at, rows)], None) = (plan.as_slice(), &places) {
            return self.part(*at)?.read(rows, keys, access);
        }
        let mut joined = Batch::empty(&self.keys, keys);
        for (at, rows) in &plan {
            joined.append(self.part(*at)?.read(rows, keys, access)?)?;
        }
        match places {
            None => Ok(joined),
            Some(places) => joined.take(&places),
        }
    }

    fn prefetch(&self, rows: &Rows, keys: &[KeyIndex]) {
        if rows.check(self.len()).is_ok() {
            for (at, rows) in self.plan(rows).0 {
                if let Some(part) = self.parts.get(at) {
                    part.prefetch(&rows, keys);
                }
            }
        }
    }

    /// That of every part; `None` where they differ, as they may for sets whose labels are not shown.
    fn classes(&self, set: &str) -> Option<&ClassTable> {
        let (first, rest) = self.parts.split_first()?;
        let table = first.classes(set)?;
        rest.iter()
            .all(|part| part.classes(set).is_some_and(|other| table.means_same(other)))
            .then_some(table)
    }

    fn linked(&self, row: u64, key: KeyIndex, path: &str) -> Result<Option<Buffer>> {
        let (at, local) = self.locate(row);
        self.part(at)?.linked(local, key, path)
    }

    fn zones(&self, key: KeyIndex) -> Option<Vec<Zone>> {
        let of = |part: &Dataset| part.zones(key);
        let unknown = |part: &Dataset| vec![Zone { rows: part.len() as u64, bounds: Bounds::Unknown }];
        let zones: Vec<Option<Vec<Zone>>> = self.parts.iter().map(of).collect();
        if zones.iter().all(Option::is_none) {
            return None;
        }
        let pairs = zones.into_iter().zip(&self.parts);
        Some(pairs.flat_map(|(own, part)| own.unwrap_or_else(|| unknown(part))).collect())
    }

    fn map_depth(&self) -> u64 {
        self.parts.iter().map(Source::map_depth).max().unwrap_or(0)
    }
}
