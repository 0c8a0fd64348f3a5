//! The one integration binary: each module is a subject, each test a claim.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on fails; clippy's own exception covers `#[test]` functions alone, not what they call"
)]

mod augment;
mod cancel;
mod cityscapes;
#[cfg(feature = "cli")]
mod cli;
mod coco_import;
#[cfg(feature = "cli")]
mod convert;
mod counting;
mod draw;
mod eval;
mod eval_areas;
mod eval_choice;
mod eval_doors;
mod eval_errors;
mod export;
mod feed;
mod gallery;
mod geometry;
mod house;
mod images;
mod labels;
mod laws;
mod model;
mod panoptic;
mod place;
mod predict;
mod profile;
#[cfg(feature = "query")]
mod query;
mod report;
mod roundtrip;
mod store;
mod synth;
mod views;
mod voc;

/// The folder of real files that tests read where it is there: beside the project, or where
/// `LENSFRAME_DATA` says. Without it the tests that need it say so and pass.
fn data() -> Option<std::path::PathBuf> {
    let beside = || std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let folder = std::env::var_os("LENSFRAME_DATA").map_or_else(beside, Into::into);
    let found = folder.join("README.md").is_file();
    if !found {
        eprintln!("skipped: there is no {}", folder.display());
    }
    found.then_some(folder)
}
