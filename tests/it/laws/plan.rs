//! Sources of every kind nested in one another, drawn at random, each built beside its plain twin.
//!
//! The twin is made of vectors by the definition of each view; it shares no code with the views.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow_array::Int64Array;
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_schema::{DataType, Field};
use lensframe::dataset::{Align, Call, Dataset, Key, Keys, Mapping, Rows, Slice, Value};
use lensframe::error::{Error, ErrorKind, Result};
use lensframe::random::Random;
use lensframe::schema::classes::ClassTable;
use proptest::prelude::*;

use super::leaves;
use super::probe::{Touch, Watch};
use super::{Cell, Failed, Fixture, slices, tuple};

/// How to build a source. Rows and keys are named by any number, of which the remainder counts.
#[derive(Clone, Debug)]
pub(crate) enum Plan {
    Table {
        len: usize,
        chunk: usize,
        bad: bool,
    },
    Getters {
        len: usize,
        bad: bool,
    },
    Arrays {
        len: usize,
    },
    /// The same plan some times over, with other values and lengths in each.
    Concat(Box<Plan>, usize),
    Zip(Box<Plan>, Box<Plan>),
    Repeat(Box<Plan>, usize),
    /// All keys through a function that gives them back.
    MapAll(Box<Plan>),
    /// One key through a function that fails every fourth row; kept keys, an Arrow output, chance, as told.
    MapOne {
        of: Box<Plan>,
        key: usize,
        keep: bool,
        arrow: bool,
        random: bool,
    },
    Align(Box<Plan>),
    Slice(Box<Plan>, Slice),
    Take(Box<Plan>, Vec<usize>),
    Select(Box<Plan>, Vec<usize>),
}

/// A dataset with all that is known of it.
pub(crate) struct Built {
    pub dataset: Dataset,
    pub twin: Vec<Vec<Cell>>,
    pub origins: Vec<Vec<BTreeSet<Touch>>>,
    pub shared: Vec<bool>,
    pub random: Vec<bool>,
    pub depth: u64,
}

/// Plans up to four levels deep.
pub(crate) fn plans() -> impl Strategy<Value = Plan> {
    let leaf = prop_oneof![
        (0usize..7, 1usize..4, any::<bool>()).prop_map(|(len, chunk, bad)| Plan::Table { len, chunk, bad }),
        (0usize..7, any::<bool>()).prop_map(|(len, bad)| Plan::Getters { len, bad }),
        (0usize..7).prop_map(|len| Plan::Arrays { len }),
    ];
    leaf.prop_recursive(3, 12, 2, |inner| {
        let of = || inner.clone().prop_map(Box::new);
        let some = |n| proptest::collection::vec(0usize..64, 0..n);
        prop_oneof![
            (of(), 1usize..4).prop_map(|(of, parts)| Plan::Concat(of, parts)),
            (of(), of()).prop_map(|(a, b)| Plan::Zip(a, b)),
            (of(), 0usize..4).prop_map(|(of, times)| Plan::Repeat(of, times)),
            of().prop_map(Plan::MapAll),
            (of(), 0usize..64, any::<[bool; 3]>()).prop_map(|(of, key, [keep, arrow, random])| {
                Plan::MapOne { of, key, keep, arrow, random }
            }),
            of().prop_map(Plan::Align),
            (of(), slices()).prop_map(|(of, slice)| Plan::Slice(of, slice)),
            (of(), some(8)).prop_map(|(of, rows)| Plan::Take(of, rows)),
            (of(), some(5)).prop_map(|(of, keys)| Plan::Select(of, keys)),
        ]
    })
}

impl Plan {
    /// Builds it as something to check.
    pub(crate) fn fixture(&self) -> Fixture {
        let watch = Watch::default();
        let built = self.build(0, &watch);
        let flagged = |flags: &[bool]| {
            let on = flags.iter().enumerate().filter(|(_, flag)| **flag).map(|(key, _)| key);
            on.collect::<Vec<_>>()
        };
        Fixture::known(Arc::new(built.dataset), built.twin)
            .with_watch(watch, built.origins)
            .with_shared(flagged(&built.shared))
            .with_random(flagged(&built.random))
    }

    /// Builds it, with nothing said of it.
    pub(crate) fn dataset(&self) -> Dataset {
        self.build(0, &Watch::default()).dataset
    }

    /// Builds it; another salt gives other values and lengths under the same keys.
    fn build(&self, salt: u64, watch: &Watch) -> Built {
        let longer = |len: usize| len + salt as usize % 3;
        match self {
            Plan::Table { len, chunk, bad } => leaves::table(longer(*len), *chunk, *bad, salt, watch),
            Plan::Getters { len, bad } => leaves::getters(longer(*len), *bad, salt, watch),
            Plan::Arrays { len } => leaves::arrays(longer(*len), salt),
            Plan::Concat(of, parts) => {
                let parts: Vec<Built> = (0..*parts as u64).map(|at| of.build(salt * 4 + at, watch)).collect();
                let dataset = Dataset::concat(parts.iter().map(|part| &part.dataset)).unwrap();
                parts.into_iter().reduce(Built::followed_by).unwrap().with(dataset)
            }
            Plan::Zip(a, b) => {
                let (a, b) = (a.build(salt, watch), b.build(salt, watch));
                let rows: Vec<u64> = (0..a.twin.len().min(b.twin.len()) as u64).collect();
                let (a, b) = (a.slice(rows.len()), b.slice(rows.len()));
                let dataset = Dataset::zip([&a.dataset, &b.dataset]).unwrap();
                a.beside(b).with(dataset)
            }
            Plan::Repeat(of, times) => {
                let built = of.build(salt, watch);
                let rows: Vec<u64> = (0..*times).flat_map(|_| 0..built.twin.len() as u64).collect();
                let dataset = built.dataset.repeat(*times).unwrap();
                built.rows(&rows).with(dataset)
            }
            Plan::MapAll(of) => of.build(salt, watch).map_all(),
            Plan::MapOne { of, key, keep, arrow, random } => {
                let built = of.build(salt, watch);
                if built.shared.is_empty() {
                    return built;
                }
                let key = key % built.shared.len();
                built.map_one(key, *keep, *arrow, *random, watch)
            }
            Plan::Align(of) => of.build(salt, watch).aligned(),
            Plan::Slice(of, slice) => {
                let built = of.build(salt, watch);
                let rows: Vec<u64> =
                    Rows::all(built.twin.len()).slice_python(*slice).unwrap().iter().collect();
                let dataset = built.dataset.slice_python(*slice).unwrap();
                let contiguous = slice.step.unwrap_or(1) == 1;
                let mut built = built.rows(&rows).with(dataset);
                built.shared.iter_mut().for_each(|shared| *shared &= contiguous);
                built
            }
            Plan::Take(of, indices) => {
                let built = of.build(salt, watch);
                let rows = within(indices, built.twin.len());
                let dataset = built.dataset.take(&rows).unwrap();
                let mut built = built.rows(&rows).with(dataset);
                built.shared.fill(false);
                built
            }
            Plan::Select(of, indices) => {
                let built = of.build(salt, watch);
                let keys = within(indices, built.shared.len());
                built.keys(&keys.into_iter().map(|key| key as usize).collect::<Vec<_>>())
            }
        }
    }
}

/// These numbers as positions below `len`; none if it is 0.
fn within(numbers: &[usize], len: usize) -> Vec<u64> {
    numbers.iter().filter_map(|n| n.checked_rem(len)).map(|at| at as u64).collect()
}

/// A value as text: what the drawn function makes of it.
fn shown(value: &Value) -> String {
    match value {
        Value::Bytes(bytes) => format!("{:?}", bytes.as_slice()),
        Value::List(values) => values.iter().map(shown).collect::<Vec<_>>().join(" "),
        Value::Record(members) => members.iter().map(|(_, value)| shown(value)).collect::<Vec<_>>().join(" "),
        other => format!("{other:?}"),
    }
}

fn unlucky(row: u64) -> bool {
    row % 4 == 3
}

impl Built {
    fn with(mut self, dataset: Dataset) -> Built {
        self.dataset = dataset;
        self
    }

    fn rows(mut self, rows: &[u64]) -> Built {
        self.twin = rows.iter().map(|row| self.twin[*row as usize].clone()).collect();
        self.origins = rows.iter().map(|row| self.origins[*row as usize].clone()).collect();
        self
    }

    fn slice(self, len: usize) -> Built {
        let dataset = self.dataset.slice(..len).unwrap();
        self.rows(&(0..len as u64).collect::<Vec<_>>()).with(dataset)
    }

    fn keys(self, keys: &[usize]) -> Built {
        let dataset = self.dataset.select(tuple(keys)).unwrap();
        self.pick(keys).with(dataset)
    }

    /// What is known of these keys; the dataset stays.
    fn pick(self, keys: &[usize]) -> Built {
        Built {
            dataset: self.dataset,
            twin: self.twin.iter().map(|row| keys.iter().map(|key| row[*key].clone()).collect()).collect(),
            origins: self
                .origins
                .iter()
                .map(|row| keys.iter().map(|key| row[*key].clone()).collect())
                .collect(),
            shared: keys.iter().map(|key| self.shared[*key]).collect(),
            random: keys.iter().map(|key| self.random[*key]).collect(),
            depth: self.depth,
        }
    }

    fn followed_by(mut self, next: Built) -> Built {
        self.twin.extend(next.twin);
        self.origins.extend(next.origins);
        self.shared.iter_mut().zip(next.shared).for_each(|(a, b)| *a &= b);
        self.random.iter_mut().zip(next.random).for_each(|(a, b)| *a |= b);
        self.depth = self.depth.max(next.depth);
        self
    }

    fn beside(mut self, other: Built) -> Built {
        self.twin.iter_mut().zip(other.twin).for_each(|(row, more)| row.extend(more));
        self.origins.iter_mut().zip(other.origins).for_each(|(row, more)| row.extend(more));
        self.shared.extend(other.shared);
        self.random.extend(other.random);
        self.depth = self.depth.max(other.depth);
        self
    }

    fn map_all(mut self) -> Built {
        let keys = self.shared.len();
        let dataset = self.dataset.map(Keys::unnamed(keys), |values, _| Ok(values.to_vec())).unwrap();
        for (row, origins) in self.twin.iter_mut().zip(&mut self.origins) {
            if row.iter().any(Result::is_err) {
                row.fill(Err(Failed));
            }
            let all: BTreeSet<Touch> = origins.iter().flatten().copied().collect();
            origins.fill(all);
        }
        self.shared.fill(false);
        self.depth += 1;
        self.with(dataset)
    }

    fn map_one(mut self, key: usize, keep: bool, arrow: bool, random: bool, watch: &Watch) -> Built {
        let (leaf, calls) = (watch.leaf(false), watch.clone());
        let call_of = move |row: u64| Touch { leaf, row, key: 0 };
        let output = if arrow { Key::arrow(Field::new("m", DataType::Utf8, true)) } else { Key::values("m") };
        let function = move |values: &[Value], call: &Call<'_>| -> Result<Vec<Value>> {
            calls.touch(call_of(call.row));
            if unlucky(call.row) {
                return Err(Error::new(ErrorKind::Getter, "an unlucky row"));
            }
            let chance = if random { call.random().next_u64() } else { 0 };
            Ok(vec![Value::from(format!("{} {chance}", shown(&values[0])).as_str())])
        };
        let mapping = Mapping::new([output], function).inputs(tuple(&[key])).stream(9);
        let dataset = self.dataset.map_with(if keep { mapping.keep_others() } else { mapping }).unwrap();
        self.depth += 1;
        let depth = self.depth;
        let made = |row: usize, cell: &Cell| -> Cell {
            let chance = if random { Random::keyed(&[0, 0, row as u64, depth, 9]).next_u64() } else { 0 };
            match cell {
                Ok(value) if !unlucky(row as u64) => {
                    Ok(Value::from(format!("{} {chance}", shown(value)).as_str()))
                }
                _ => Err(Failed),
            }
        };
        let called = |below: &BTreeSet<Touch>, row: u64| {
            let mut touches = below.clone();
            touches.insert(call_of(row));
            touches
        };
        let mapped = Built {
            dataset: dataset.clone(),
            twin: self.twin.iter().enumerate().map(|(at, row)| vec![made(at, &row[key])]).collect(),
            origins: self.origins.iter().zip(0..).map(|(row, at)| vec![called(&row[key], at)]).collect(),
            shared: vec![false],
            random: vec![random || self.random[key]],
            depth,
        };
        if !keep {
            return mapped;
        }
        // A key 'm' from a map below gives its place to the output; else the output comes last.
        match self.dataset.keys().find("m") {
            Ok(place) => {
                let last = self.shared.len();
                let both = self.beside(mapped);
                let order: Vec<usize> = (0..last).map(|k| if k == place.0 { last } else { k }).collect();
                both.pick(&order).with(dataset)
            }
            Err(_) => self.beside(mapped).with(dataset),
        }
    }

    fn aligned(mut self) -> Built {
        let Some(from) = self.dataset.classes("").cloned() else { return self };
        let to: ClassTable = from.iter().rev().cloned().collect();
        let dataset = self.dataset.align_classes(&to, &Align::by_name()).unwrap();
        let last = from.len() as i64 - 1;
        let labels: Vec<usize> = self
            .dataset
            .keys()
            .indices()
            .filter(|k| self.dataset.keys().get(*k).unwrap().name() == Some("label"))
            .map(|k| k.0)
            .collect();
        for key in labels {
            self.shared[key] = false;
            for row in &mut self.twin {
                if let Ok(Value::Array(array)) = &row[key] {
                    let turned = array.as_primitive::<Int64Type>().iter().map(|label| Some(last - label?));
                    row[key] = Ok(Value::Array(Arc::new(turned.collect::<Int64Array>())));
                }
            }
        }
        self.with(dataset)
    }
}
