//! Tells archives from other files by their bytes. Names are not looked at.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use flate2::{Decompress, FlushDecompress};
use tar::Header;

use super::gzip::header_length;
use super::{tar as tape, zip};
use crate::place::tree::TreeKind;

/// How many bytes at the start of a file are looked at: enough for a gzip header with a long name in it.
const HEAD: usize = 16 << 10;

/// What kind of archive a file is; `None` for a file that is none.
///
/// # Errors
/// The operating system's.
pub(in crate::place) fn sniff(file: &mut File) -> io::Result<Option<TreeKind>> {
    let mut head = Vec::new();
    file.take(u64::try_from(HEAD).unwrap_or_default()).read_to_end(&mut head)?;
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        return Ok(Some(TreeKind::Zip));
    }
    if let Some(length) = header_length(&head) {
        let mut first = [0; tape::BLOCK];
        let mut decoder = Decompress::new(false);
        let body = head.get(length..).unwrap_or_default();
        // Damage shows when the archive is opened; here only what came out counts.
        let _ = decoder.decompress(body, &mut first, FlushDecompress::None);
        let whole = decoder.total_out() == u64::try_from(tape::BLOCK).unwrap_or_default();
        return Ok((whole && (first == [0; tape::BLOCK] || begins_tar(&first))).then_some(TreeKind::TarGz));
    }
    let length = file.seek(SeekFrom::End(0))?;
    let empty =
        head.len() >= 2 * tape::BLOCK && length.is_multiple_of(512) && head.iter().all(|byte| *byte == 0);
    if empty || head.first_chunk().is_some_and(begins_tar) {
        return Ok(Some(TreeKind::Tar));
    }
    // A zip archive may have anything before it; its end record is at the end.
    let tail = length.min(u64::try_from(zip::TAIL).unwrap_or_default());
    file.seek(SeekFrom::Start(length - tail))?;
    let mut bytes = Vec::new();
    file.take(tail).read_to_end(&mut bytes)?;
    Ok(zip::ends_exactly(&bytes).then_some(TreeKind::Zip))
}

/// True for the header of a tar archive's first member.
fn begins_tar(block: &[u8; tape::BLOCK]) -> bool {
    *block != [0; tape::BLOCK] && tape::checksum_holds(Header::from_byte_slice(block))
}
