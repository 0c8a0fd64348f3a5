//! Trees of files read in place: folders and archives.

mod folder;
mod laws;
mod pack;
