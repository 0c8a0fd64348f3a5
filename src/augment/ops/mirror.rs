//! Operations that mirror and turn: [`Flip`], [`RandomFlip`], [`RandomTurn`].

use serde::{Deserialize, Serialize};

use super::{Operation, check_range, wrong};
use crate::augment::draw::{Draw, Flow};
use crate::augment::sample::Sample;
use crate::error::Result;

/// Always mirrored.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Flip {
    /// Left to right.
    pub x: bool,
    /// Top to bottom.
    pub y: bool,
    /// Points that change places in a mirror.
    pub pairs: Vec<(usize, usize)>,
}

impl Operation for Flip {
    fn check(&self) -> Result<()> {
        if !self.x && !self.y { Err(wrong("x", "or y is true, or nothing happens")) } else { Ok(()) }
    }

    fn apply(&self, sample: &mut Sample, _: &mut Draw<'_>) -> Result<Flow> {
        sample.flip(self.x, self.y, &self.pairs)?;
        Ok(Flow::On)
    }
}

/// Mirrored by chance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RandomFlip {
    /// How often left and right change.
    pub x: f64,
    /// How often top and bottom change.
    pub y: f64,
    /// How often both change at once, beside the others.
    pub both: f64,
    /// At most one of the three happens: they are shares of one draw, as lists of directions are in MMDetection.
    pub exclusive: bool,
    /// Points that change places in a mirror.
    pub pairs: Vec<(usize, usize)>,
}

impl Default for RandomFlip {
    /// Every second one, left to right.
    fn default() -> RandomFlip {
        RandomFlip { x: 0.5, y: 0.0, both: 0.0, exclusive: false, pairs: Vec::new() }
    }
}

impl Operation for RandomFlip {
    fn check(&self) -> Result<()> {
        [("x", self.x), ("y", self.y), ("both", self.both)]
            .into_iter()
            .try_for_each(|(name, p)| check_range(name, [p, p], 0.0, 1.0))?;
        match self.exclusive && self.x + self.y + self.both > 1.0 + 1e-9 {
            true => Err(wrong("exclusive", "shares x, y and both add up to more than 1")),
            false => Ok(()),
        }
    }

    fn apply(&self, sample: &mut Sample, draw: &mut Draw<'_>) -> Result<Flow> {
        let (x, y) = self.drawn(draw);
        draw.tell("x_flip", x);
        draw.tell("y_flip", y);
        sample.flip(x, y, &self.pairs)?;
        Ok(Flow::On)
    }
}

impl RandomFlip {
    fn drawn(&self, draw: &mut Draw<'_>) -> (bool, bool) {
        if self.exclusive {
            let at = draw.unit();
            let (x, y) = (self.x, self.x + self.y);
            return (at < x || (y..y + self.both).contains(&at), (x..y + self.both).contains(&at));
        }
        let [x, y] = [self.x, self.y].map(|p| draw.chance(p));
        match self.both > 0.0 && draw.chance(self.both) {
            true => (!x, !y),
            false => (x, y),
        }
    }
}

/// Turned by quarters, each as often as the others.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RandomTurn {}

impl Operation for RandomTurn {
    fn apply(&self, sample: &mut Sample, draw: &mut Draw<'_>) -> Result<Flow> {
        let quarters = draw.random().below(4) as u8;
        draw.tell("k", i64::from(quarters));
        sample.turn(quarters)?;
        Ok(Flow::On)
    }
}
