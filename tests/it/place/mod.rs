//! Trees of files read in place: folders and archives.

mod corpus;
mod folder;
mod gzip;
mod laws;
mod million;
mod pack;
mod tar;
mod zip;
