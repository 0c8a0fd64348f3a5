//! What may be said to `stats`.

use clap::{Args, ValueEnum};

use super::eval::{ReportArgs, positive};
use super::{SourceArgs, WhereArgs};
use crate::profile::{Options, Reading};

#[derive(Args)]
pub(in crate::cli) struct StatsArgs {
    /// A dataset, as `name.lf`, `name.lf@3` (version) or `name.lf#captions` (set), or a path in any known format; of
    /// several, each is a split of its own, and what is in two of them is found
    #[arg(required = true)]
    pub datasets: Vec<String>,
    /// The object set (`default` is the unnamed one) [default: what the dataset is mainly about]
    #[arg(long, value_name = "NAME")]
    pub set: Option<String>,
    /// How much of the images is read
    #[arg(long, value_enum, default_value_t = ReadingArg::All)]
    pub images: ReadingArg,
    /// In how many of 64 bits the hashes of near duplicates differ at most
    #[arg(long, value_name = "BITS", default_value_t = 6,
        value_parser = clap::value_parser!(u32).range(0..=i64::from(Options::FARTHEST)))]
    pub distance: u32,
    /// The length of lists: examples of each finding, groups of duplicates, sizes of images
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub top: usize,
    /// The classes in the matrix of those seen together: those in the most images
    #[arg(long, value_name = "N", default_value_t = 30)]
    pub together: usize,
    /// A box narrower or lower than this many pixels is tiny
    #[arg(long, value_name = "PX", default_value_t = 1.0, value_parser = positive)]
    pub tiny: f64,
    /// A box is extreme if one side is more than so many times the other
    #[arg(long, value_name = "TIMES", default_value_t = 20.0, value_parser = positive)]
    pub max_aspect: f64,
    /// By how many pixels a box may leave the image
    #[arg(long, value_name = "PX", default_value_t = 1.0, value_parser = super::eval::number)]
    pub slack: f64,
    /// The most pictures of duplicates on the page, and the most of suspicious objects
    #[arg(long, value_name = "N", default_value_t = 24)]
    pub pictures: usize,
    #[command(flatten)]
    pub conditions: WhereArgs,
    #[command(flatten)]
    pub report: ReportArgs,
    #[command(flatten)]
    pub source: SourceArgs,
}

impl StatsArgs {
    /// As the library wants it, of this set.
    pub(in crate::cli) fn options(&self, set: Option<String>) -> Options {
        Options {
            set,
            images: self.images.reading(),
            distance: self.distance,
            top: self.top,
            together: self.together,
            tiny: self.tiny,
            aspect: self.max_aspect,
            slack: self.slack,
        }
    }
}

/// How much of the images is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum ReadingArg {
    /// Files and pixels: exact and near duplicates, files that do not decode
    All,
    /// Files, not their pixels: exact duplicates, headers
    Exact,
    /// Nothing: annotations alone
    None,
}

impl ReadingArg {
    fn reading(self) -> Reading {
        match self {
            ReadingArg::All => Reading::All,
            ReadingArg::Exact => Reading::Exact,
            ReadingArg::None => Reading::None,
        }
    }
}
