//! Trees of files read in place.

mod folder;
