//! The columns of promoted members, of annotations or of objects: a text goes to the column of its path.

use std::collections::HashMap;

use arrow_array::ArrayRef;

use super::extra::ExtraText;
use super::plan::Attr;
use crate::convert::column::Scalars;
use crate::error::Result;

/// One column a promoted member, in the order of the plan.
#[derive(Debug)]
pub(super) struct AttrColumns {
    columns: Vec<(Attr, Scalars)>,
    places: HashMap<String, usize>,
}

impl AttrColumns {
    /// Empty columns of these members.
    pub(super) fn new(attrs: &[Attr]) -> AttrColumns {
        AttrColumns {
            columns: attrs.iter().map(|attr| (attr.clone(), attr.column())).collect(),
            places: attrs.iter().enumerate().map(|(i, attr)| (attr.path.clone(), i)).collect(),
        }
    }

    /// How many bytes the builders hold, about.
    pub(super) fn bytes(&self) -> usize {
        self.columns.iter().map(|(_, column)| column.bytes()).sum()
    }

    /// Takes a text; what its column could not give back is declared, what has no column is a member of its own.
    ///
    /// # Errors
    /// Those of the columns.
    pub(super) fn take(&mut self, path: &str, text: &str, extra: &mut ExtraText) -> Result<()> {
        match self.places.get(path).and_then(|at| self.columns.get_mut(*at)) {
            Some((attr, column)) => {
                if !attr.push(column, text)? {
                    extra.declare(path, text);
                }
            }
            None => extra.member(path, text),
        }
        Ok(())
    }

    /// Ends a record: columns that still have `before` values get a null.
    pub(super) fn end(&mut self, before: usize) {
        for (_, column) in self.columns.iter_mut().filter(|(_, column)| column.len() == before) {
            column.push_null();
        }
    }

    /// The columns, empty again.
    ///
    /// # Errors
    /// Those of arrow.
    pub(super) fn finish(&mut self) -> Result<Vec<ArrayRef>> {
        self.columns.iter_mut().map(|(_, column)| column.finish()).collect()
    }
}
