//! [`Draw`]: what an operation draws from, and what it tells of what it drew.

use super::chance::{normal, uniform};
use super::sample::Sample;
use crate::dataset::Value;
use crate::error::{Error, ErrorKind, Result};
use crate::random::Random;

/// Whether a sample goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// To the next operation.
    On,
    /// Nowhere: nothing is left of what training needs. The reason is for statistics.
    Dropped(&'static str),
}

/// Where other samples come from, for operations that mix pictures.
pub trait Partners {
    /// How many rows there are to choose from.
    fn len(&self) -> u64;

    /// True if there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The sample of a row, as it is stored.
    ///
    /// # Errors
    /// Those of reading.
    fn sample(&self, row: u64) -> Result<Sample>;
}

/// Random numbers that depend on seed, epoch, row and place in the pipeline alone.
pub struct Draw<'a> {
    random: Random,
    partners: Option<&'a dyn Partners>,
    normalised: bool,
    view: usize,
    told: Option<Vec<(String, Value)>>,
}

impl<'a> Draw<'a> {
    /// The numbers of a key: seed, epoch, row, operation.
    pub fn new(key: [u64; 4]) -> Draw<'a> {
        Draw { random: Random::keyed(&key), partners: None, normalised: false, view: 0, told: None }
    }

    /// With rows to mix in.
    #[must_use]
    pub fn with_partners(self, partners: &'a dyn Partners) -> Draw<'a> {
        Draw { partners: Some(partners), ..self }
    }

    /// For operations behind `normalize`.
    #[must_use]
    pub fn after_normalize(self, normalised: bool) -> Draw<'a> {
        Draw { normalised, ..self }
    }

    /// For one of the views that a step makes.
    #[must_use]
    pub fn of_view(self, view: usize) -> Draw<'a> {
        Draw { view, ..self }
    }

    /// Which of the views that a step makes it is.
    pub fn view(&self) -> usize {
        self.view
    }

    /// True if pixels are normalised by now.
    pub fn is_normalised(&self) -> bool {
        self.normalised
    }

    /// Remembers what operations tell.
    #[must_use]
    pub fn listening(self, listens: bool) -> Draw<'a> {
        Draw { told: listens.then(Vec::new), ..self }
    }

    /// The numbers themselves.
    pub fn random(&mut self) -> &mut Random {
        &mut self.random
    }

    /// A number in `[0, 1)`.
    pub fn unit(&mut self) -> f64 {
        self.random.unit()
    }

    /// True so often.
    pub fn chance(&mut self, p: f64) -> bool {
        self.random.unit() < p
    }

    /// A number between two, the second excluded unless it is the first.
    pub fn between(&mut self, [low, high]: [f64; 2]) -> f64 {
        uniform(&mut self.random, low, high)
    }

    /// A whole number of `low..=high`.
    pub fn whole(&mut self, low: u32, high: u32) -> u32 {
        let span = u64::from(high.saturating_sub(low)) + 1;
        low + u32::try_from(self.random.below(span)).unwrap_or(0)
    }

    /// One of several.
    pub fn one_of<'b, T>(&mut self, items: &'b [T]) -> Option<&'b T> {
        items.get(usize::try_from(self.random.below(items.len() as u64)).unwrap_or(0))
    }

    /// A number of the standard normal distribution.
    pub fn normal(&mut self) -> f64 {
        normal(&mut self.random)
    }

    /// The numbers of a step within this one: its own stream, so that it does not matter how many it takes.
    pub(super) fn within(&mut self) -> Draw<'a> {
        let random = Random::keyed(&[self.random.next_u64()]);
        Draw { random, partners: self.partners, normalised: self.normalised, view: 0, told: None }
    }

    /// A row to mix in.
    ///
    /// # Errors
    /// `Usage` where there is no dataset to draw from; those of reading.
    pub fn partner(&mut self) -> Result<Sample> {
        let partners = self.partners.filter(|partners| !partners.is_empty()).ok_or_else(|| {
            Error::new(ErrorKind::Usage, "an operation that mixes pictures has no others to draw from")
        })?;
        let row = self.random.below(partners.len());
        partners.sample(row)
    }

    /// Tells a number that was drawn, for who asked for the operation's parameters.
    pub fn tell(&mut self, name: &str, value: impl Into<Value>) {
        if let Some(told) = &mut self.told {
            told.push((name.to_owned(), value.into()));
        }
    }

    /// What was told.
    pub fn told(self) -> Value {
        Value::Record(self.told.unwrap_or_default().into())
    }
}
