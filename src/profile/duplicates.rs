//! [`Duplicates`]: images that are there more than once, and [`Leak`]: what is in two splits.

use std::collections::HashMap;

use super::hash::Print;
use super::images::Seen;
use super::near::{Sets, pairs};
use super::options::Options;
use super::row::{Places, Row, text};
use super::splits::Splits;
use crate::dataset::{Access, Dataset};
use crate::error::Result;
use crate::job::Job;

/// Rows read at a time.
const ROWS: usize = 1 << 16;

/// How many images of a group are named.
const NAMED: usize = 12;

/// Images that are one and the same, or look it.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// How many images.
    pub count: u64,
    /// The first of them, by row.
    pub first: Vec<Row>,
    /// The splits they are in.
    pub splits: Vec<String>,
    /// In how many of 64 bits neighbours in the group differ at most; 0 for exact duplicates.
    pub distance: u32,
}

/// Groups of images that are there more than once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Duplicates {
    /// How many groups.
    pub groups: u64,
    /// How many images are in one.
    pub images: u64,
    /// How many groups are in more than one split.
    pub leaks: u64,
    /// Some of them: those in more than one split first, then the largest.
    pub first: Vec<Group>,
}

impl Duplicates {
    /// How many images would be left out if one of each group were kept.
    pub fn surplus(&self) -> u64 {
        self.images - self.groups
    }
}

/// A name or id that images of different splits share.
#[derive(Clone, Debug, PartialEq)]
pub struct Leak {
    /// The key: `file_name` or `image_id`.
    pub key: &'static str,
    /// How many images have a value that an earlier image of another split has.
    pub images: u64,
    /// Some of them, each with the first image of that value.
    pub first: Vec<(Row, Row)>,
}

/// What is looked for duplicates in.
pub(super) struct Search<'a> {
    pub(super) members: &'a [(&'a str, &'a Dataset)],
    pub(super) places: &'a Places,
    pub(super) splits: &'a Splits,
    pub(super) options: &'a Options,
}

impl Search<'_> {
    /// Images whose files are equal.
    pub(super) fn exact(&self, seen: &[Seen]) -> Duplicates {
        let mut by_content: HashMap<[u8; 16], Vec<usize>> = HashMap::new();
        for (row, seen) in seen.iter().enumerate() {
            if let Some(content) = seen.content {
                by_content.entry(content).or_default().push(row);
            }
        }
        self.sorted(by_content.into_values().filter(|rows| rows.len() > 1).map(|rows| (rows, 0)).collect())
    }

    /// Images that look alike and whose files are not all equal.
    pub(super) fn near(&self, seen: &[Seen], job: &Job) -> Result<Duplicates> {
        // Each look once: many equal ones, such as the frames of a still camera, would be compared each with each.
        let mut looks: HashMap<Print, Vec<usize>> = HashMap::new();
        for (row, seen) in seen.iter().enumerate() {
            if let Some(print) = seen.print {
                looks.entry(print).or_default().push(row);
            }
        }
        let mut looks: Vec<(Print, Vec<usize>)> = looks.into_iter().collect();
        looks.sort_unstable();
        let hashes: Vec<u64> = looks.iter().map(|(print, _)| print.frequencies).collect();
        let mut sets = Sets::new(looks.len());
        let mut links: Vec<(usize, u32)> = Vec::new();
        let distance = self.options.distance.min(Options::FARTHEST);
        pairs(&hashes, distance, job, |a, b, apart| {
            if looks[a].0.agrees(looks[b].0) {
                sets.join(a, b);
                links.push((a, apart));
            }
        })?;
        let mut groups: HashMap<usize, (Vec<usize>, u32)> = HashMap::new();
        for (at, (_, rows)) in looks.iter().enumerate() {
            groups.entry(sets.of(at)).or_default().0.extend(rows);
        }
        for (at, apart) in links {
            let farthest = &mut groups.entry(sets.of(at)).or_default().1;
            *farthest = apart.max(*farthest);
        }
        let differ = |rows: &[usize]| {
            let contents = |row: &usize| seen.get(*row).and_then(|seen| seen.content);
            rows.windows(2).any(|pair| contents(&pair[0]) != contents(&pair[1]))
        };
        let groups = groups.into_values().filter(|(rows, _)| rows.len() > 1 && differ(rows));
        Ok(self.sorted(groups.collect()))
    }

    fn sorted(&self, mut groups: Vec<(Vec<usize>, u32)>) -> Duplicates {
        let mut found = Duplicates { groups: groups.len() as u64, ..Duplicates::default() };
        let mut order: Vec<(bool, usize, usize, usize)> = Vec::with_capacity(groups.len());
        for (at, (rows, _)) in groups.iter_mut().enumerate() {
            rows.sort_unstable();
            found.images += rows.len() as u64;
            let across = self.splits.among(rows).len() > 1;
            found.leaks += u64::from(across);
            order.push((!across, usize::MAX - rows.len(), rows.first().copied().unwrap_or(0), at));
        }
        order.sort_unstable();
        let group = |(.., at): &(bool, usize, usize, usize)| {
            let (rows, distance) = groups.get(*at)?;
            Some(Group {
                count: rows.len() as u64,
                first: self.shown(rows).into_iter().map(|row| self.row(row)).collect(),
                splits: self.splits.among(rows),
                distance: *distance,
            })
        };
        found.first = order.iter().take(self.options.top).filter_map(group).collect();
        found
    }

    /// The first rows of a group, one of each split among them.
    fn shown(&self, rows: &[usize]) -> Vec<usize> {
        let mut splits: Vec<Option<usize>> = Vec::new();
        let mut shown: Vec<usize> = Vec::new();
        for row in rows {
            let split = self.splits.of(*row);
            if !splits.contains(&split) && shown.len() < NAMED {
                splits.push(split);
                shown.push(*row);
            }
        }
        for row in rows.iter().take(NAMED) {
            if shown.len() < NAMED && !shown.contains(row) {
                shown.push(*row);
            }
        }
        shown.sort_unstable();
        shown
    }

    fn row(&self, at: usize) -> Row {
        Row { split: self.splits.name(at).to_owned(), ..self.places.row(at) }
    }

    /// Names and ids that images of different splits share; nothing where there is one split.
    pub(super) fn leaks(&self, job: &Job) -> Result<Vec<Leak>> {
        let mut leaks = Vec::new();
        if !self.splits.are_several() {
            return Ok(leaks);
        }
        for key in ["file_name", "image_id"] {
            let mut first: HashMap<[u8; 16], usize> = HashMap::new();
            let mut leak = Leak { key, images: 0, first: Vec::new() };
            for (member, (_, ds)) in self.members.iter().enumerate() {
                if ds.keys().find(key).is_err() {
                    continue;
                }
                let view = ds.select(key)?;
                for start in (0..ds.len()).step_by(ROWS) {
                    job.check()?;
                    let rows = view.slice(start..ds.len().min(start + ROWS))?;
                    let batch = rows.read_all(&Access::new(job))?;
                    let values = batch.columns.iter().flat_map(|column| column.values());
                    for (at, value) in (self.places.start(member) + start..).zip(values) {
                        let Some(said) = text(&value) else { continue };
                        let hash = blake3::hash(said.as_bytes());
                        let Some(hash) = hash.as_bytes().first_chunk().copied() else { continue };
                        let before = *first.entry(hash).or_insert(at);
                        if self.splits.of(before) != self.splits.of(at) {
                            leak.images += 1;
                            if leak.first.len() < self.options.top {
                                leak.first.push((self.row(before), self.row(at)));
                            }
                        }
                    }
                }
            }
            if leak.images > 0 {
                leaks.push(leak);
            }
        }
        Ok(leaks)
    }
}
