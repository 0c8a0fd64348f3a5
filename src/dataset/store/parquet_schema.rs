//! What a Parquet file says of its types: lists of a fixed length are called plain lists.
//!
//! Parquet itself has only one kind of list; the fixed length is a hint in the embedded Arrow schema. Arrow's
//! C++ reader (pyarrow, Hugging Face `datasets`) refuses a hinted file as soon as one such list is null, as an
//! object without a box is. So the hint is left out, and our own reader finds the type in the field's metadata.

use std::sync::Arc;

use arrow_schema::{DataType, Field, FieldRef, Schema};

use crate::error::Result;
use crate::schema::types;

/// The metadata entry of a field whose true type another reader is not told.
const TYPE: &str = "lensframe.type";

/// The schema to embed in a file of columns of `schema`.
///
/// # Errors
/// Those of [`types::to_text`] for a type that is not stored.
pub(super) fn told(schema: &Schema) -> Result<Schema> {
    let field = |field: &FieldRef| -> Result<FieldRef> {
        let told = plain(field.data_type());
        if told == *field.data_type() {
            return Ok(Arc::clone(field));
        }
        let mut metadata = field.metadata().clone();
        metadata.insert(TYPE.to_owned(), types::to_text(field.data_type())?);
        Ok(Arc::new(Field::clone(field).with_data_type(told).with_metadata(metadata)))
    };
    let fields = schema.fields().iter().map(field).collect::<Result<Vec<_>>>()?;
    Ok(Schema::new_with_metadata(fields, schema.metadata().clone()))
}

/// The schema of the columns themselves, from the embedded one.
///
/// # Errors
/// [`crate::error::ErrorKind::Corrupt`] for a type text that is none.
pub(super) fn meant(schema: &Schema) -> Result<Schema> {
    let field = |field: &FieldRef| -> Result<FieldRef> {
        let Some(text) = field.metadata().get(TYPE) else { return Ok(Arc::clone(field)) };
        let meant = types::parse(text)?;
        let mut metadata = field.metadata().clone();
        metadata.remove(TYPE);
        Ok(Arc::new(Field::clone(field).with_data_type(meant).with_metadata(metadata)))
    };
    let fields = schema.fields().iter().map(field).collect::<Result<Vec<_>>>()?;
    Ok(Schema::new_with_metadata(fields, schema.metadata().clone()))
}

/// The type with every list of a fixed length made a plain one.
fn plain(ty: &DataType) -> DataType {
    let inner = |field: &FieldRef| Arc::new(Field::clone(field).with_data_type(plain(field.data_type())));
    match ty {
        DataType::List(item) | DataType::FixedSizeList(item, _) => DataType::List(inner(item)),
        DataType::LargeList(item) => DataType::LargeList(inner(item)),
        DataType::Struct(members) => DataType::Struct(members.iter().map(inner).collect()),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::field;

    #[test]
    fn fixed_lists_are_hidden_from_others_and_found_by_us() {
        let fields = ["bbox", "segmentation", "label"].map(|base| field::object("", base).unwrap());
        let schema = Schema::new(fields.to_vec());
        let told = told(&schema).unwrap();
        let text = format!("{:?}", told.fields());
        assert!(!text.contains("FixedSizeList"), "{text}");
        assert_eq!(meant(&told).unwrap(), schema);
    }
}
