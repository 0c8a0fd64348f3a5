//! How many truths class-agnostic proposals recall, in both ways that MMDetection has.
//!
//! | metric there | here | rule |
//! |---|---|---|
//! | `proposal_fast`, `recall` (`eval_recalls`) | [`Recalls`] | the best pair of truth and proposal first, one to one; crowds and ignored truths are not looked at |
//! | `proposal` | [`ProposalRecall`] | COCO's protocol with all classes as one, caps 100, 300 and 1000 |

mod coco;
mod fast;

pub use coco::{ProposalNumbers, ProposalRecall};
pub use fast::{RecallParams, RecallTable, Recalls};
