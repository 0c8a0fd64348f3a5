//! Nodes of the file as operators of the table: one file a family.
//!
//! Each family takes a call or passes it on. It reads every attribute that the operator has in any version, for an
//! attribute that is not read is refused; what older versions wrote as attributes it adds as constant inputs.

mod constant;
mod elementwise;
mod indexing;
mod layout;
mod norm;
mod picture;
mod quantized;
mod reduction;
mod rewritten;
mod window;

use super::build::{Build, Made};
use super::call::Call;
use crate::error::Result;

/// What the node makes; none if no family knows its operator.
///
/// # Errors
/// `Unsupported` for a form of the operator that cannot be run, `Format` for one that breaks its rules.
pub(super) fn translate<'a>(build: &mut Build<'a>, call: &Call<'a>) -> Result<Option<Made>> {
    macro_rules! first_of {
        ($($family:ident),*) => {
            $(if let Some(made) = $family::translate(build, call)? {
                return Ok(Some(made));
            })*
        };
    }
    first_of!(
        elementwise,
        layout,
        indexing,
        reduction,
        norm,
        window,
        picture,
        quantized,
        constant,
        rewritten
    );
    Ok(None)
}
