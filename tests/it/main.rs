//! The one integration binary: each module is a subject, each test a claim.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on fails; clippy's own exception covers `#[test]` functions alone, not what they call"
)]

mod coco_import;
mod counting;
mod geometry;
mod laws;
mod store;
mod views;
