//! Where detections go wrong: what is taken for what, what kind of error costs how much, which images are worst.
//!
//! | file | noun |
//! |---|---|
//! | `confusion.rs` | [`Confusion`]: classes taken for each other, by a named way of [`Counting`] |
//! | `pairs.rs` | the counts of one image by MMDetection's way, and its suppression of doubles |
//! | `findings.rs` | [`Findings`]: all of it at once, for a report |
//! | `needs.rs` | the columns that a kind of overlap cannot do without |
//! | `tide.rs` | [`Tide`]: TIDE's types of error, and the AP that each costs ([`Losses`]) |
//! | `example.rs` | one image judged by TIDE's rules; [`Mistake`] |
//! | `steps.rs` | [`Steps`]: COCO's error analysis, one kind of error forgiven after another |
//! | `sizes.rs` | [`Sizes`]: how large the objects are |
//! | `verdicts.rs` | [`Verdicts`]: what became of every single object; [`Tally`] of an image |
//! | `ranking.rs` | [`Ranking`]: images from the worst to the best, by a [`Rank`] |
//! | `pictures.rs` | [`Pictures`]: images with what was found and missed drawn on |
//! | `part.rs` | some objects of some images |
//!
//! Everything here is counted from a comparison that was read already ([`Comparison`](crate::eval::Comparison) or
//! [`Batch`](crate::eval::Batch)). Images are judged one by one on the threads of the job, and what comes of them is
//! brought into the order of their ids, so that neither threads nor shards change a number. Each result has its
//! parts of a [`report::Report`](crate::report::Report).

mod confusion;
mod example;
mod findings;
mod needs;
mod pairs;
mod part;
mod pictures;
mod ranking;
mod sizes;
mod steps;
mod tide;
mod verdicts;

pub use confusion::{Confusion, Counting};
pub use example::Mistake;
pub use findings::Findings;
pub use pictures::Pictures;
pub use ranking::{ImageScore, Rank, Ranking, mean_aps};
pub use sizes::Sizes;
pub use steps::{Step, Steps, StepsParams};
pub use tide::{ClassLosses, Loss, Losses, Tide, TideParams};
pub use verdicts::{Fate, Tally, Verdict, Verdicts};
