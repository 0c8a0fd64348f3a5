//! [`Call`]: one node of the file, its inputs found and its attributes at hand, about to be translated.

use super::super::graph::ValueId;
use super::super::op::Op;
use super::attributes::Attributes;
use super::build::{Build, Made};
use crate::error::{Error, ErrorKind, Result};

/// One node of the file.
pub(super) struct Call<'a> {
    /// Its operator, in the format's spelling.
    pub(super) kind: &'a str,
    /// The version of the operators that the model was made for.
    pub(super) opset: i64,
    pub(super) attributes: Attributes<'a>,
    /// Its inputs; those that are left out at the end are not there.
    pub(super) inputs: Vec<Option<ValueId>>,
    /// For each of its outputs, whether it has a name.
    pub(super) wanted: Vec<bool>,
}

impl Call<'_> {
    /// An input, if it is there.
    pub(super) fn input(&self, place: usize) -> Option<ValueId> {
        self.inputs.get(place).copied().flatten()
    }

    /// An input that must be there.
    pub(super) fn need(&self, place: usize) -> Result<ValueId> {
        self.input(place).ok_or_else(|| {
            Error::new(ErrorKind::Format, format!("input {place}, counted from 0, is missing"))
        })
    }

    /// True if this output has a name.
    pub(super) fn wants(&self, place: usize) -> bool {
        self.wanted.get(place).copied().unwrap_or(false)
    }

    /// The node as one operator with the same inputs.
    pub(super) fn same(&self, build: &mut Build<'_>, op: Op) -> Result<Made> {
        build.emit(op, self.inputs.clone(), &self.wanted)
    }

    /// The node as one operator with other inputs.
    pub(super) fn with(
        &self,
        build: &mut Build<'_>,
        op: Op,
        inputs: impl IntoIterator<Item = Option<ValueId>>,
    ) -> Result<Made> {
        build.emit(op, inputs.into_iter().collect(), &self.wanted)
    }

    /// A reason to refuse the node.
    pub(super) fn unsupported<T>(&self, why: impl Into<String>) -> Result<T> {
        Err(Error::new(ErrorKind::Unsupported, why))
    }

    /// The node breaks the rules of the format.
    pub(super) fn wrong<T>(&self, why: impl Into<String>) -> Result<T> {
        Err(Error::new(ErrorKind::Format, why))
    }
}
