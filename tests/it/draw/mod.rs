//! Pictures drawn from plain values: what is in front, what stays inside, what is counted.

mod laws;
mod order;
