//! The samplers by name: [`Kind`].
//!
//! One spelling in plan files, in saved states and in messages. A name, once given, stays: states hold it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Place, Result};

/// Which [`super::Sampler`] it is, without its parameters. `Sampler::from(kind)` has the defaults.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// [`super::Sampler::Sequential`]
    Sequential,
    /// [`super::Sampler::Shuffled`]
    Shuffled,
    /// [`super::Sampler::Weighted`]
    Weighted,
    /// [`super::Sampler::ClassAware`]
    ClassAware,
    /// [`super::Sampler::RepeatFactor`]
    RepeatFactor,
    /// [`super::Sampler::AspectGroups`]
    AspectGroups,
    /// [`super::Sampler::Windowed`]
    Windowed,
    /// [`super::Sampler::Infinite`]
    Infinite,
}

impl Kind {
    /// Every kind, in the order of documentation.
    pub const ALL: [Kind; 8] = [
        Kind::Sequential,
        Kind::Shuffled,
        Kind::Weighted,
        Kind::ClassAware,
        Kind::RepeatFactor,
        Kind::AspectGroups,
        Kind::Windowed,
        Kind::Infinite,
    ];

    /// The name, as plan files and states spell it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Sequential => "sequential",
            Kind::Shuffled => "shuffled",
            Kind::Weighted => "weighted",
            Kind::ClassAware => "class_aware",
            Kind::RepeatFactor => "repeat_factor",
            Kind::AspectGroups => "aspect_groups",
            Kind::Windowed => "windowed",
            Kind::Infinite => "infinite",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Kind {
    type Err = Error;

    /// # Errors
    /// `Usage` for a name that is none of them; it lists those that are.
    fn from_str(name: &str) -> Result<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.name() == name).ok_or_else(|| {
            let names: Vec<&str> = Kind::ALL.into_iter().map(Kind::name).collect();
            Error::new(ErrorKind::Usage, format!("there is no sampler '{}'", name.escape_debug()))
                .at(Place::area("feed"))
                .remedy(format!("choose one of {}", names.join(", ")))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_has_one_spelling_everywhere() {
        for kind in Kind::ALL {
            assert_eq!(kind.name().parse::<Kind>().unwrap(), kind);
            assert_eq!(serde_json::to_string(&kind).unwrap(), format!("\"{kind}\""));
        }
        let error = "Shuffled".parse::<Kind>().unwrap_err().to_string();
        assert!(error.contains("no sampler 'Shuffled'") && error.contains("shuffled, weighted"), "{error}");
    }
}
