//! What must hold for any bytes: a header that makes sense, or an error with a sentence; the same by few and short
//! reads as from memory.

use lensframe::error::ErrorKind;
use lensframe::image::{probe, probe_with};

/// No more reads than these, and no more bytes by them, whatever the file says.
const MOST_READS: usize = 1024;
const MOST_BYTES: usize = 8 << 20;

/// Takes the bytes for a file.
pub(super) fn check(data: &[u8]) {
    let memory = probe(data);
    let (mut reads, mut bytes) = (0, 0);
    let file = probe_with(data.len() as u64, |from, count| {
        reads += 1;
        bytes += count;
        let from = usize::try_from(from).expect("inside the file");
        assert!(count > 0 && from + count <= data.len(), "{count} bytes from {from} on");
        Ok(data[from..from + count].to_vec())
    });
    assert!(reads <= MOST_READS && bytes <= MOST_BYTES, "{reads} reads, {bytes} bytes");
    match (memory, file) {
        (Ok(header), Ok(same)) => {
            assert_eq!(header, same);
            let (height, width) = header.size;
            assert!(height > 0 && width > 0);
            let upright = header.upright();
            assert!(upright == (height, width) || (header.orientation.swaps() && upright == (width, height)));
        }
        (Err(error), Err(same)) if same.kind() != ErrorKind::Limit => {
            assert!(!error.what().is_empty());
            assert_eq!(error.to_string(), same.to_string());
        }
        (Err(_), Err(_)) => {}
        (memory, file) => {
            let scattered = file.as_ref().is_err_and(|error| error.kind() == ErrorKind::Limit);
            assert!(scattered, "{memory:?} from memory, {file:?} by reads");
        }
    }
}
