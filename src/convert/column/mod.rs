//! Builders that importers fill and that become Arrow arrays without a copy: one growing vector a buffer.

mod id;
mod mask;
mod plain;
mod scalar;

pub(in crate::convert) use id::{Id, IdColumn};
pub(in crate::convert) use mask::Masks;
pub(in crate::convert) use plain::{Ends, Flags, Plain, Texts, item};
pub(in crate::convert) use scalar::{Scalar, Scalars};
