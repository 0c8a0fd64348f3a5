//! One image judged by TIDE's rules: what each detection is, and which [`Mistake`] it is where it is none.
//!
//! The rules are those of tidecv 1.0.1, which differ from COCO's: detections of all classes share one cap; each takes,
//! in descending scores, the free truth of its class that it overlaps most, of equal ones the first; crowds forgive
//! afterwards, by an overlap *above* the threshold. A detection that is forgiven is left out of the curve and yet
//! counts as a mistake, and mending the mistake brings it into the curve: so does the reference.
//!
//! The kernel indexes by numbers that the batch's own ranges gave.

#![allow(clippy::indexing_slicing)]

use crate::error::Result;
use crate::eval::batch::Batch;
use crate::eval::coco::Overlap;
use crate::eval::outcomes::descending;

use super::tide::TideParams;

/// A type of error, as TIDE names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Mistake {
    /// Right place, wrong class.
    Cls,
    /// Right class, and near, but not near enough.
    Loc,
    /// Wrong class and not near enough: what none of the others says.
    Both,
    /// Right class and place, but a better detection has the truth already.
    Dupe,
    /// Nothing is there.
    Bkg,
    /// A truth that was not found, and that mending no wrong class or place would find.
    Miss,
}

impl Mistake {
    /// All, in TIDE's order.
    pub const ALL: [Mistake; 6] =
        [Mistake::Cls, Mistake::Loc, Mistake::Both, Mistake::Dupe, Mistake::Bkg, Mistake::Miss];

    /// TIDE's short name.
    pub fn name(self) -> &'static str {
        match self {
            Mistake::Cls => "Cls",
            Mistake::Loc => "Loc",
            Mistake::Both => "Both",
            Mistake::Dupe => "Dupe",
            Mistake::Bkg => "Bkg",
            Mistake::Miss => "Miss",
        }
    }

    /// What it is, in words.
    pub fn meaning(self) -> &'static str {
        match self {
            Mistake::Cls => "right place, wrong class",
            Mistake::Loc => "right class, not near enough",
            Mistake::Both => "wrong class and not near enough",
            Mistake::Dupe => "a second detection of one truth",
            Mistake::Bkg => "nothing is there",
            Mistake::Miss => "a truth not found",
        }
    }
}

/// What a detection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// A true positive.
    True,
    /// A mistake.
    Wrong {
        /// Of this type.
        mistake: Mistake,
        /// A crowd forgives it: it is not in the curve.
        forgiven: bool,
        /// Mended, it is a true positive of this class; else it is gone.
        mended: Option<u32>,
    },
}

/// A detection judged.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Judged {
    pub(super) class: u32,
    pub(super) score: f64,
    pub(super) state: State,
}

/// An image judged.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Example {
    /// Detections in descending scores.
    pub(super) found: Vec<Judged>,
    /// The class of each truth that counts.
    pub(super) truths: Vec<u32>,
    /// Of those no detection has.
    pub(super) unfound: Vec<u32>,
    /// Of those that are missed whatever is mended.
    pub(super) missed: Vec<u32>,
}

/// A truth that counts, while an image is judged.
#[derive(Clone, Copy)]
struct There {
    class: u32,
    taken: bool,
    /// The mistaken detection of the highest score that would be right with this truth.
    best: Option<usize>,
    best_score: f64,
}

/// Judges images one after another; keeps its buffers.
pub(super) struct Judge<'a> {
    params: &'a TideParams,
    overlap: Overlap<'a>,
    matrix: Vec<f64>,
    regions: Vec<f64>,
}

impl<'a> Judge<'a> {
    pub(super) fn new(params: &'a TideParams) -> Judge<'a> {
        Judge { params, overlap: Overlap::new(&params.kind), matrix: Vec::new(), regions: Vec::new() }
    }

    pub(super) fn image(&mut self, batch: &Batch, image: usize) -> Result<Example> {
        let (truth, found) = (batch.truth, batch.found);
        let all = truth.range(image).map(|t| t as u32);
        let (regions, real): (Vec<u32>, Vec<u32>) = all.partition(|t| {
            let flags = truth.flags(*t as usize);
            flags.crowd || flags.ignored
        });
        let mut there: Vec<There> = real
            .iter()
            .map(|t| truth.label[*t as usize])
            .map(|class| There { class, taken: false, best: None, best_score: f64::NEG_INFINITY })
            .collect();
        let mut order: Vec<u32> = found.range(image).map(|d| d as u32).collect();
        order.sort_by_key(|d| descending(found.score[*d as usize]));
        order.truncate(self.params.cap as usize);
        let of = |d: u32| (found.label[d as usize], found.score[d as usize]);

        self.matrix.clear();
        self.regions.clear();
        if !order.is_empty() && !real.is_empty() {
            self.overlap.fill(batch, &real, &order, &mut self.matrix)?;
        }
        if !order.is_empty() && !regions.is_empty() {
            self.overlap.fill(batch, &regions, &order, &mut self.regions)?;
        }
        let row = |n: usize| &self.matrix[n * real.len()..(n + 1) * real.len()];
        let mut hits = vec![false; order.len()];
        for (n, d) in order.iter().enumerate() {
            let class = of(*d).0;
            let free = |(overlap, there): (&f64, &There)| {
                if there.class == class && !there.taken { *overlap } else { 0.0 }
            };
            if let Some((t, overlap)) = greatest(row(n).iter().zip(&there).map(free))
                && overlap >= self.params.positive
            {
                (there[t].taken, hits[n]) = (true, true);
            }
        }
        let forgives = |n: usize, class: u32| {
            let own = &self.regions[n * regions.len()..(n + 1) * regions.len()];
            let mut near = own.iter().zip(&regions).filter(|(overlap, _)| **overlap > self.params.positive);
            near.any(|(_, region)| truth.label[*region as usize] == class)
        };

        // The truth with which each mistake would be right, where it is free.
        let mut wrong: Vec<Option<(Mistake, Option<usize>)>> = Vec::with_capacity(order.len());
        for (n, d) in order.iter().enumerate() {
            let (class, score) = of(*d);
            if hits[n] {
                wrong.push(None);
                continue;
            }
            let (mistake, with) = self.mistake(class, row(n), &there);
            let with = with.filter(|t| !there[*t].taken);
            if let Some(t) = with
                && there[t].best_score < score
            {
                (there[t].best, there[t].best_score) = (Some(n), score);
            }
            wrong.push(Some((mistake, with)));
        }
        let mut example =
            Example { truths: there.iter().map(|there| there.class).collect(), ..Example::default() };
        let mut usable = vec![false; there.len()];
        for (n, (d, wrong)) in order.iter().zip(wrong).enumerate() {
            let (class, score) = of(*d);
            let state = match wrong {
                None => State::True,
                Some((mistake, with)) => {
                    with.into_iter().for_each(|t| usable[t] = true);
                    let mended = with.filter(|t| there[*t].best == Some(n)).map(|t| match mistake {
                        Mistake::Cls => there[t].class,
                        _ => class,
                    });
                    State::Wrong { mistake, forgiven: forgives(n, class), mended }
                }
            };
            example.found.push(Judged { class, score, state });
        }
        for (there, usable) in there.iter().zip(usable).filter(|(there, _)| !there.taken) {
            example.unfound.push(there.class);
            if !usable {
                example.missed.push(there.class);
            }
        }
        Ok(example)
    }

    /// The type of a mistake, and the truth with which it would be right.
    fn mistake(&self, class: u32, row: &[f64], there: &[There]) -> (Mistake, Option<usize>) {
        let (near, far) = (self.params.positive, self.params.background);
        let among = |holds: &dyn Fn(&There) -> bool| {
            greatest(row.iter().zip(there).map(|(overlap, there)| if holds(there) { *overlap } else { 0.0 }))
        };
        let Some((t, own)) = among(&|there| there.class == class) else { return (Mistake::Bkg, None) };
        if far <= own && own <= near {
            return (Mistake::Loc, Some(t));
        }
        if let Some((t, other)) = among(&|there| there.class != class)
            && other >= near
        {
            return (Mistake::Cls, Some(t));
        }
        if among(&|there| there.class == class && there.taken).is_some_and(|(_, taken)| taken >= near) {
            return (Mistake::Dupe, None);
        }
        match among(&|_| true) {
            Some((_, any)) if any <= far => (Mistake::Bkg, None),
            _ => (Mistake::Both, None),
        }
    }
}

/// The first of the greatest values, with its place.
fn greatest(values: impl Iterator<Item = f64>) -> Option<(usize, f64)> {
    values.enumerate().fold(None, |best, (n, value)| match best {
        Some((_, held)) if value <= held => best,
        _ => Some((n, value)),
    })
}
