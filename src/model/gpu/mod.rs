//! The executor on graphics processors: WGSL kernels over any adapter that the driver offers.
//!
//! [`Device::open`] opens an adapter, [`Plan::new`] decides everything for a graph and the shapes of its inputs, and
//! [`Plan::run`] computes: one submission and one readback, and one more of each where nodes read a value whose length
//! depends on elements. A node that has no kernel is refused when planning, by its name. Two runs on the same inputs
//! give the same bits: no kernel adds floats in an order that can change.
//!
//! Elements are words of 32 bits on the device: floats, whole numbers (64 bits as 32, checked), booleans as 0 and 1.
//! Constant weights lie two a word in plans that are asked for it: [`Plan::with_half_weights`].

mod cache;
mod device;
mod kernel;
mod known;
mod memory;
mod plan;
mod program;
mod record;
mod shader;
mod spread;
mod tail;
mod text;
mod walk;
mod words;

#[cfg(test)]
mod tests;

pub use device::{Adapter, Device, Which, adapters};
pub use plan::{Counters, Plan, host_inputs};
