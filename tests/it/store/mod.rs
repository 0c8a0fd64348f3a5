//! The store: what is written comes back, whatever happens on the way.

mod commits;
mod corpus;
mod edits;
mod faults;
mod hostile;
mod kills;
mod residency;
mod round_trip;
pub(crate) mod samples;
mod sets;
mod sources;
