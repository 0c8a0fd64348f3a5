//! Confusion matrices.
