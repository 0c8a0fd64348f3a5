//! Headers of image files: real ones, made ones, hostile ones.

#[path = "../../../fuzz/fuzz_targets/image_probe/check.rs"]
mod check;

mod bytes;
mod hostile;
mod made;
mod real;

use lensframe::error::Result;
use lensframe::image::{Header, probe_with};

/// The header of a file, and how often and how much of it was read.
fn counted(file: &[u8]) -> (Result<Header>, usize, usize) {
    let (mut reads, mut bytes) = (0, 0);
    let header = probe_with(file.len() as u64, |from, count| {
        reads += 1;
        bytes += count;
        let from = from as usize;
        Ok(file[from..(from + count).min(file.len())].to_vec())
    });
    (header, reads, bytes)
}

/// What the fuzzer found worth keeping, and files of every kind that Pillow wrote, by name.
fn corpus() -> Vec<(String, Vec<u8>)> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus/image_probe");
    let files = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap());
    let name = |entry: &std::fs::DirEntry| entry.file_name().into_string().unwrap();
    let mut files: Vec<_> = files.map(|entry| (name(&entry), std::fs::read(entry.path()).unwrap())).collect();
    files.sort();
    assert!(files.len() > 60, "{} kept inputs", files.len());
    files
}
