//! What holds of any bytes taken for an Arrow file; shared by the fuzz target and the replay of its corpus.

use arrow_array::Array;
use arrow_buffer::Buffer;
use lensframe::dataset::Value;
use lensframe::dataset::store::read_arrow;

/// What is read is valid in full, and every value of it can be looked at.
pub(crate) fn check(data: &[u8]) {
    // Aligned as a map is, whatever the bytes came in.
    let mut aligned = arrow_buffer::MutableBuffer::new(data.len());
    aligned.extend_from_slice(data);
    let Ok(batches) = read_arrow(Buffer::from(aligned)) else { return };
    for batch in &batches {
        for column in batch.columns() {
            column.to_data().validate_full().expect("a column that was read is valid");
            // Many rows of nothing cost nothing in the file: look at some.
            for row in 0..column.len().min(64) {
                let _ = format!("{:?}", Value::of(column.as_ref(), row)).len();
            }
        }
    }
}
