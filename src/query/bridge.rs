//! Arrow arrays as polars series and back, sharing their buffers: the C data interface.
//!
//! Shared are numbers, flags, fixed-size lists, structs and the bytes of texts and blobs; made anew are the offsets
//! of 32-bit lists, the views of texts in offsets, and a validity bitmap that begins inside a byte. Chunks stay
//! chunks: nothing is merged.

#![allow(unsafe_code)] // The C data interface hands structs over by memory layout.

use arrow_array::cast::AsArray;
use arrow_array::ffi::from_ffi;
use arrow_array::{Array, ArrayRef, make_array, new_null_array};
use arrow_buffer::{BooleanBuffer, BooleanBufferBuilder};
use arrow_data::ffi::FFI_ArrowArray;
use arrow_schema::ffi::FFI_ArrowSchema;
use arrow_schema::{DataType, Field};
use polars::prelude::{CompatLevel, PlSmallStr, Series};
use polars_arrow::ffi as other;

use crate::error::{Error, ErrorKind, Place, Result};

// Both are the struct of the Arrow specification.
const _: () = assert!(size_of::<FFI_ArrowArray>() == size_of::<other::ArrowArray>());
const _: () = assert!(align_of::<FFI_ArrowArray>() == align_of::<other::ArrowArray>());
const _: () = assert!(size_of::<FFI_ArrowSchema>() == size_of::<other::ArrowSchema>());
const _: () = assert!(align_of::<FFI_ArrowSchema>() == align_of::<other::ArrowSchema>());

/// A series of these chunks, which all are of the type `ty`.
///
/// # Errors
/// [`ErrorKind::Unsupported`] for types that polars does not have.
pub(super) fn series(name: &str, ty: &DataType, chunks: &[ArrayRef]) -> Result<Series> {
    let said = |what: String| {
        Error::new(ErrorKind::Unsupported, format!("columns of type {ty} cannot be asked: {what}"))
            .at(Place::area("query").key(name))
    };
    let field = Field::new(name, ty.clone(), true);
    let schema = FFI_ArrowSchema::try_from(&field).map_err(|e| said(e.to_string()))?;
    // SAFETY: both types are the same struct of the Arrow specification (see the assertions), and the value moves
    // over with its release callback.
    let schema: other::ArrowSchema = unsafe { std::mem::transmute(schema) };
    // SAFETY: `schema` was made from a field just now.
    let field = unsafe { other::import_field_from_c(&schema) }.map_err(|e| said(e.to_string()))?;
    let mut arrays = Vec::with_capacity(chunks.len().max(1));
    for chunk in chunks {
        let data = chunk.to_data();
        // SAFETY: as above.
        let array: other::ArrowArray = unsafe { std::mem::transmute(FFI_ArrowArray::new(&data)) };
        // SAFETY: the array is of the type that the schema was made from, and was checked when it was made.
        arrays.push(
            unsafe { other::import_array_from_c(array, field.dtype.clone()) }
                .map_err(|e| said(e.to_string()))?,
        );
    }
    if arrays.is_empty() {
        arrays.push(polars_arrow::array::new_empty_array(field.dtype.clone()));
    }
    let series = Series::try_from((&field, arrays)).map_err(|e| said(e.to_string()))?;
    Ok(series.with_name(PlSmallStr::from_str(name)))
}

/// The chunks of a series as Arrow arrays, and their field.
///
/// # Errors
/// [`ErrorKind::Unsupported`] for types that Arrow arrays here do not have.
pub(super) fn arrays(series: &Series) -> Result<(Field, Vec<ArrayRef>)> {
    if series.dtype() == &polars::prelude::DataType::Null {
        // polars gives such an array a buffer, which the interface does not allow.
        let field = Field::new(series.name().as_str(), DataType::Null, true);
        return Ok((field, vec![new_null_array(&DataType::Null, series.len())]));
    }
    // Views stay views: the oldest level would copy texts.
    let level = CompatLevel::newest();
    let field = series.dtype().to_arrow_field(series.name().clone(), level);
    let exported = other::export_field_to_c(&field);
    // SAFETY: both types are the same struct of the Arrow specification (see the assertions), and the value moves
    // over with its release callback.
    let schema: FFI_ArrowSchema = unsafe { std::mem::transmute(exported) };
    let unsupported = |e: arrow_schema::ArrowError| {
        Error::new(ErrorKind::Unsupported, format!("an answer of type {}: {e}", series.dtype()))
            .at(Place::area("query").key(series.name().as_str()))
    };
    let field = Field::try_from(&schema).map_err(unsupported)?;
    let mut chunks = Vec::with_capacity(series.n_chunks());
    for chunk in 0..series.n_chunks() {
        let array = other::export_array_to_c(series.to_arrow(chunk, level));
        // SAFETY: as above.
        let array: FFI_ArrowArray = unsafe { std::mem::transmute(array) };
        // SAFETY: polars made the array of the type that the schema says.
        let mut data = unsafe { from_ffi(array, &schema) }.map_err(unsupported)?;
        // polars aligns views to four bytes, arrow-rs to sixteen.
        data.align_buffers();
        chunks.push(make_array(data));
    }
    Ok((field, chunks))
}

/// The flags of a series, null as false.
///
/// # Errors
/// As [`arrays`]; [`ErrorKind::Type`] for what are no flags.
pub(super) fn mask(series: &Series) -> Result<BooleanBuffer> {
    let (_, chunks) = arrays(series)?;
    let mut masks = Vec::with_capacity(chunks.len());
    for chunk in &chunks {
        let flags = chunk.as_boolean_opt().ok_or_else(|| {
            Error::new(ErrorKind::Type, format!("{} instead of flags", chunk.data_type()))
                .at(Place::area("query"))
        })?;
        masks.push(match flags.nulls() {
            Some(nulls) => flags.values() & nulls.inner(),
            None => flags.values().clone(),
        });
    }
    if let [one] = masks.as_slice() {
        return Ok(one.clone());
    }
    let mut all = BooleanBufferBuilder::new(series.len());
    masks.iter().for_each(|mask| all.append_buffer(mask));
    Ok(all.finish())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::builder::{Int64Builder, ListBuilder};
    use arrow_array::{
        BinaryArray, BinaryViewArray, BooleanArray, FixedSizeBinaryArray, FixedSizeListArray, Float32Array,
        Float64Array, Int8Array, Int32Array, Int64Array, LargeStringArray, StringArray, StringViewArray,
        StructArray, TimestampMillisecondArray, UInt8Array, UInt16Array, UInt64Array, new_empty_array,
        new_null_array,
    };
    use proptest::prelude::*;

    use super::*;
    use crate::dataset::Value;

    /// Arrays of every type that a dataset may hold, `n` long, every seventh element null.
    fn every(n: usize) -> Vec<ArrayRef> {
        let some = |at: usize| (at % 7 != 3).then_some(at);
        let all = || (0..n).map(some);
        let text = |at: usize| format!("{at} and enough letters for a view of its own");
        let boxes = FixedSizeListArray::new(
            Arc::new(Field::new("item", DataType::Float64, true)),
            4,
            Arc::new(Float64Array::from_iter_values((0..4 * n).map(|at| at as f64 / 8.0))),
            Some((0..n).map(|at| at % 5 != 1).collect()),
        );
        let mut lists = ListBuilder::new(Int64Builder::new());
        for at in 0..n {
            match at % 4 {
                0 => lists.append_null(),
                1 => lists.append(true),
                _ => {
                    lists.values().append_value(at as i64);
                    lists.values().append_null();
                    lists.append(true);
                }
            }
        }
        let member = |name: &str, array: ArrayRef| {
            (Arc::new(Field::new(name, array.data_type().clone(), true)), array)
        };
        let record = StructArray::from(vec![
            member("a", Arc::new(all().map(|at| at.map(|at| at as i64)).collect::<Int64Array>())),
            member("b", Arc::new(all().map(|at| at.map(text)).collect::<StringArray>())),
        ]);
        vec![
            Arc::new(all().map(|at| at.map(|at| at as i8)).collect::<Int8Array>()),
            Arc::new(all().map(|at| at.map(|at| at as i32)).collect::<Int32Array>()),
            Arc::new(all().map(|at| at.map(|at| at as i64)).collect::<Int64Array>()),
            Arc::new(all().map(|at| at.map(|at| at as u8)).collect::<UInt8Array>()),
            Arc::new(all().map(|at| at.map(|at| at as u16)).collect::<UInt16Array>()),
            Arc::new(all().map(|at| at.map(|at| at as u64)).collect::<UInt64Array>()),
            Arc::new(all().map(|at| at.map(|at| at as f32 / 3.0)).collect::<Float32Array>()),
            Arc::new(all().map(|at| at.map(|at| at as f64 / 3.0)).collect::<Float64Array>()),
            Arc::new(all().map(|at| at.map(|at| at % 2 == 0)).collect::<BooleanArray>()),
            Arc::new(all().map(|at| at.map(text)).collect::<StringArray>()),
            Arc::new(all().map(|at| at.map(text)).collect::<LargeStringArray>()),
            Arc::new(all().map(|at| at.map(text)).collect::<StringViewArray>()),
            Arc::new(all().map(|at| at.map(|at| text(at).into_bytes())).collect::<BinaryArray>()),
            Arc::new(all().map(|at| at.map(|at| text(at).into_bytes())).collect::<BinaryViewArray>()),
            Arc::new(
                FixedSizeBinaryArray::try_from_sparse_iter_with_size(
                    all().map(|at| at.map(|at| [at as u8; 16])),
                    16,
                )
                .unwrap(),
            ),
            Arc::new(all().map(|at| at.map(|at| at as i64)).collect::<TimestampMillisecondArray>()),
            Arc::new(boxes),
            Arc::new(lists.finish()),
            Arc::new(record),
        ]
    }

    fn values(chunks: &[ArrayRef]) -> Vec<Value> {
        crate::dataset::Column::Arrow(chunks.to_vec()).values()
    }

    fn there_and_back(chunks: &[ArrayRef], ty: &DataType) -> Vec<Value> {
        let there = series("key", ty, chunks).unwrap();
        assert_eq!(
            (there.name().as_str(), there.len()),
            ("key", chunks.iter().map(|c| c.len()).sum::<usize>())
        );
        values(&arrays(&there).unwrap().1)
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
        #[test]
        fn arrays_of_every_type_come_back_equal_sliced_and_in_any_number_of_chunks(
            n in 0usize..70,
            cuts in prop::collection::vec((0usize..70, 0usize..70), 0..4),
        ) {
            for array in every(n) {
                let cut = |(at, length): &(usize, usize)| {
                    let at = (*at).min(n);
                    array.slice(at, (*length).min(n - at))
                };
                let chunks: Vec<ArrayRef> = cuts.iter().map(cut).collect();
                prop_assert_eq!(there_and_back(&chunks, array.data_type()), values(&chunks), "{}", array.data_type());
                // What polars slices comes back as that slice.
                let whole = series("key", array.data_type(), std::slice::from_ref(&array)).unwrap();
                for (at, length) in &cuts {
                    let part = whole.slice(*at as i64, *length);
                    let want = values(&[cut(&(*at, *length))]);
                    prop_assert_eq!(values(&arrays(&part).unwrap().1), want, "{}", array.data_type());
                }
            }
        }
    }

    #[test]
    fn empty_and_all_null_arrays_come_back_as_they_are() {
        for array in every(3) {
            let ty = array.data_type();
            assert_eq!(there_and_back(&[], ty), []);
            assert_eq!(there_and_back(&[new_empty_array(ty)], ty), []);
            assert_eq!(there_and_back(&[new_null_array(ty, 9)], ty), vec![Value::Null; 9]);
        }
    }

    #[test]
    fn numbers_and_boxes_share_their_memory() {
        for array in every(50).into_iter().filter(|array| {
            array.data_type().is_primitive() || matches!(array.data_type(), DataType::FixedSizeList(..))
        }) {
            let there = series("key", array.data_type(), std::slice::from_ref(&array)).unwrap();
            let (_, back) = arrays(&there).unwrap();
            let address = |array: &ArrayRef| {
                let data = array.to_data();
                data.child_data().first().unwrap_or(&data).buffers()[0].as_ptr()
            };
            assert_eq!(address(&back[0]), address(&array), "{}", array.data_type());
        }
    }
}
