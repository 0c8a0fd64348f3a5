//! Boxes, masks and points as plain values.
