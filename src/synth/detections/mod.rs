//! Detections with known errors, made from the truth of any dataset: what evaluators are tested with.
//!
//! Every object of the truth (crowds and what is to be ignored aside) meets one fate, drawn by the shares of
//! [`Errors`]; and there are detections of nothing. Each detection says what it is in `NAME.attr.error`:
//!
//! | kind | box | label | |
//! |---|---|---|---|
//! | `ok` | IoU ≥ [`Errors::good`] with its object | right | |
//! | `dup` | as `ok` | right | a second one of the same object, with a lower score |
//! | `loc` | IoU in [0.1, 0.5) | right | |
//! | `cls` | as `ok` | wrong | |
//! | `both` | as `loc` | wrong | |
//! | `bkg` | IoU < 0.1 with every object | any | |
//!
//! Objects without a detection of any kind are counted in `NAME.missed`. The kinds hold against all objects of a
//! row: what is not `ok` overlaps no other object of its own label by 0.1 (of a crowd: no tenth of it lies
//! within), so no evaluator at IoU 0.5 finds it right by chance. Where no such box is found in some dozens of
//! draws, the object is missed. Where the truth has masks, the detection has the object's mask moved and
//! stretched with the box; then `ok` and the like hold for masks too, and `loc` has a mask IoU below 0.5.
//!
//! Scores are drawn as [`Scores`] says. The same truth, errors, seed and row give the same detections.
//!
//! | file | noun |
//! |---|---|
//! | `errors.rs` | [`Errors`], [`Scores`], [`Fault`]: what goes wrong, and how often |
//! | `object.rs` | the truth of a row |
//! | `boxes.rs` | boxes that overlap others by so much |
//! | `fates.rs` | the detections of a row |
//! | `view.rs` | [`detections`]: the view; [`add_detections`]; [`Tally`] |

mod boxes;
mod errors;
mod fates;
mod object;
mod view;

pub use errors::{Errors, Fault, Scores};
pub use view::{Tally, add_detections, detections};
