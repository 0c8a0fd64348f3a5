//! Where a feed stands, in a line of text: [`State`].
//!
//! The position is global, so that a run goes on with any number of ranks. The text has at most 98 bytes: a version,
//! what the plan was (kind, batch, rows, a hash of the rest), seed, epoch, batches finished, and a check against
//! slips of copying; numbers in base 36, parts parted by colons.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, ErrorKind, Place, Result};

use super::fingerprint::{Fingerprint, Hash};

/// What the texts of this version begin with; a version that means something else has another number.
const VERSION: &str = "feed1";

/// Longer texts are not read.
const MOST_BYTES: usize = 100;

/// The position of a feed: a plan in short, its seed, the epoch, and how many batches of it are finished.
///
/// ```
/// use lensframe::feed::sampler::{Facts, Plan, Sampler, State};
/// let epoch = Plan::new(Sampler::Shuffled, 64).seed(7).epoch(&Facts::of(118_287), 3)?;
/// let text = epoch.state(1204).to_string();
/// assert!(text.starts_with("feed1:shuffled:") && text.len() <= 100);
/// let state: State = text.parse()?;
/// assert_eq!((state.seed(), state.epoch(), state.done()), (7, 3, 1204));
/// # Ok::<(), lensframe::error::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    seed: u64,
    epoch: u64,
    done: u64,
    plan: Fingerprint,
}

impl State {
    pub(super) fn new(seed: u64, epoch: u64, done: u64, plan: Fingerprint) -> State {
        State { seed, epoch, done, plan }
    }

    /// The seed of the plan.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The epoch, counted from 0.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// How many batches of the epoch are finished, over all ranks. If it is all of them, the next epoch is due.
    pub fn done(&self) -> u64 {
        self.done
    }

    /// Whether the state is of this plan.
    pub(super) fn check(&self, seed: u64, plan: Fingerprint) -> Result<()> {
        let mut differences = self.plan.differences(&plan);
        if self.seed != seed {
            differences.push(format!("seed {}, here {seed}", self.seed));
        }
        if differences.is_empty() {
            return Ok(());
        }
        let what = format!("the state is of another plan: {}", differences.join("; "));
        Err(Error::new(ErrorKind::Mismatch, what)
            .at(Place::area("feed"))
            .remedy("resume with the plan and the rows that it was saved with, or begin anew"))
    }

    /// Six digits that a changed text will not have, but for one in two billion.
    fn check_digits(&self) -> u64 {
        let mut hash = Hash(0);
        hash.words(self.plan.kind.name().bytes().map(u64::from));
        let plan = [u64::from(self.plan.batch), self.plan.rows, u64::from(self.plan.details)];
        hash.words(plan.into_iter().chain([self.seed, self.epoch, self.done]));
        hash.0 % 36u64.pow(6)
    }
}

impl fmt::Display for State {
    /// The text to save: ASCII, without spaces.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{VERSION}:{}", self.plan.kind)?;
        let plan = [u64::from(self.plan.batch), self.plan.rows, u64::from(self.plan.details)];
        for number in plan.into_iter().chain([self.seed, self.epoch, self.done, self.check_digits()]) {
            write!(f, ":{}", Base36(number))?;
        }
        Ok(())
    }
}

impl FromStr for State {
    type Err = Error;

    /// # Errors
    /// `Unsupported` for a state of another version, `Format` for anything else that `to_string` does not give.
    fn from_str(text: &str) -> Result<State> {
        let wrong = |what: &str| {
            Error::new(ErrorKind::Format, format!("not the state of a feed: {what}"))
                .at(Place::area("feed"))
                .remedy("give the whole text that was saved")
        };
        if text.len() > MOST_BYTES {
            return Err(wrong(&format!("{} bytes, a state has at most {MOST_BYTES}", text.len())));
        }
        let parts: Vec<&str> = text.split(':').collect();
        let version = parts.first().and_then(|first| first.strip_prefix("feed"));
        match version {
            Some("1") => {}
            Some(other) if !other.is_empty() && other.bytes().all(|digit| digit.is_ascii_digit()) => {
                let what = format!("the state of a feed is of version {other}, this build reads version 1");
                return Err(Error::new(ErrorKind::Unsupported, what)
                    .at(Place::area("feed"))
                    .remedy("resume with the version that saved it"));
            }
            _ => return Err(wrong("it does not begin with 'feed1:'")),
        }
        let [_, kind, batch, rows, details, seed, epoch, done, _] = parts[..] else {
            return Err(wrong(&format!("it has {} parts, not 9", parts.len())));
        };
        let number = |name: &str, part: &str| {
            u64::from_str_radix(part, 36).map_err(|_| wrong(&format!("'{name}' is no number")))
        };
        let small = |name: &str, part: &str| {
            u32::try_from(number(name, part)?).map_err(|_| wrong(&format!("'{name}' is too large")))
        };
        let plan = Fingerprint {
            kind: kind.parse().map_err(|_| wrong("it names no sampler that this build knows"))?,
            batch: small("batch", batch)?,
            rows: number("rows", rows)?,
            details: small("details", details)?,
        };
        let (seed, epoch, done) = (number("seed", seed)?, number("epoch", epoch)?, number("done", done)?);
        let state = State { seed, epoch, done, plan };
        // Signs, leading zeros, capitals and a wrong check are all seen here: a state has one text.
        if state.to_string() == text {
            Ok(state)
        } else {
            Err(wrong("its check does not fit, it was changed"))
        }
    }
}

/// A number in digits and small letters.
struct Base36(u64);

impl fmt::Display for Base36 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 >= 36 {
            write!(f, "{}", Base36(self.0 / 36))?;
        }
        let digit = (self.0 % 36) as u8;
        write!(f, "{}", char::from(if digit < 10 { b'0' + digit } else { b'a' + digit - 10 }))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::feed::sampler::Kind;

    use super::*;

    fn states() -> impl Strategy<Value = State> {
        let kind = proptest::sample::select(Kind::ALL.to_vec());
        (kind, any::<(u32, u64, u32)>(), any::<(u64, u64, u64)>()).prop_map(|(kind, plan, position)| {
            let (batch, rows, details) = plan;
            let (seed, epoch, done) = position;
            State { seed, epoch, done, plan: Fingerprint { kind, batch, rows, details } }
        })
    }

    proptest! {
        #[test]
        fn a_state_reads_as_it_writes(state in states()) {
            let text = state.to_string();
            prop_assert!(text.len() <= 98 && text.is_ascii());
            prop_assert_eq!(text.parse::<State>().unwrap(), state);
        }

        #[test]
        fn a_changed_text_is_refused(state in states(), at: prop::sample::Index, to in "[0-9a-z:]") {
            let mut text = state.to_string();
            let at = at.index(text.len());
            prop_assume!(text[at..=at] != to);
            text.replace_range(at..=at, &to);
            prop_assert!(text.parse::<State>().is_err(), "{}", text);
        }

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,40}", numbers in "feed1:[a-z_]{1,13}(:[0-9a-zA-Z+-]{0,14}){6,8}") {
            let _ = text.parse::<State>();
            let _ = numbers.parse::<State>();
        }
    }

    #[test]
    fn the_greatest_state_has_98_bytes() {
        let plan =
            Fingerprint { kind: Kind::RepeatFactor, batch: u32::MAX, rows: u64::MAX, details: u32::MAX };
        let state = State::new(u64::MAX, u64::MAX, u64::MAX, plan);
        assert_eq!(state.to_string().len() - Base36(state.check_digits()).to_string().len(), 98 - 6);
    }

    #[test]
    fn a_text_that_is_no_state_says_why() {
        let says = |text: &str, what: &str| {
            let error = text.parse::<State>().unwrap_err().to_string();
            assert!(error.contains(what), "{error}");
        };
        says("", "does not begin with 'feed1:'");
        says("feed", "does not begin with");
        says("feed²:", "does not begin with");
        says("feed2:anything", "of version 2, this build reads version 1");
        says("feed1:shuffled", "it has 2 parts, not 9");
        says("feed1:random:1:1:1:1:1:1:1", "names no sampler that this build knows");
        says("feed1:shuffled:zzzzzzzzzzzz:1:1:1:1:1:1", "'batch' is too large");
        says("feed1:shuffled:1:zzzzzzzzzzzzzz:1:1:1:1:1", "'rows' is no number");
        says("feed1:shuffled:1:1:1:1:1:1:1", "it was changed");
        says(&"x".repeat(101), "101 bytes, a state has at most 100");
    }
}
