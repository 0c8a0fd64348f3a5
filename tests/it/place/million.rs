//! Archives of very many members: a million with `LENSFRAME_SLOW_TESTS`, some ten thousand without.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::Instant;

use lensframe::job::Job;
use lensframe::place::{Tree, TreeOptions};

use super::pack::{Raw, block, raw_zip};
use crate::counting::allocated;

/// How much memory a member may cost, all told: what is asked for while the directory grows and is sorted
/// counts every time, so at no moment is so much in use.
const BYTES_A_MEMBER: usize = 400;

fn name(n: usize) -> String {
    format!("VOC2012/JPEGImages/{:04}_{n:06}.jpg", n % 1000)
}

fn write_tar(out: impl Write, count: usize) {
    let mut out = BufWriter::with_capacity(1 << 20, out);
    for n in 0..count {
        out.write_all(&block(name(n).as_bytes(), b'0', b"", b"")).unwrap();
    }
    out.write_all(&[0; 1024]).unwrap();
    out.flush().unwrap();
}

/// Opens an archive of `count` members and looks at it, saying what that took. `passing` is how much memory a
/// member may take besides, a piece at a time.
fn open(path: &Path, count: usize, passing: usize) {
    let start = Instant::now();
    let open = || Tree::open(path, &TreeOptions::default(), &Job::new()).unwrap();
    let (tree, asked) = allocated(open);
    let opened = start.elapsed();
    assert!(asked < count * (BYTES_A_MEMBER + passing) + (20 << 20), "{asked} bytes for {count} members");
    let images = tree.within("VOC2012/JPEGImages");
    assert_eq!(images.list("").unwrap().len(), count);
    for n in (0..count).step_by(count / 100) {
        let name = name(n);
        assert!(images.has_file(name.rsplit('/').next().unwrap()).unwrap());
        assert!(tree.read(&name).unwrap().is_empty());
    }
    let size = std::fs::metadata(path).unwrap().len() >> 20;
    eprintln!(
        "{:?} of {count} members, {size} MiB: opened in {opened:?}, asked for {} MiB; all in {:?}",
        tree.kind(),
        asked >> 20,
        start.elapsed()
    );
}

#[test]
fn an_archive_of_very_many_members_opens_in_bounded_memory() {
    let count = if std::env::var_os("LENSFRAME_SLOW_TESTS").is_some() { 1_000_000 } else { 20_000 };
    let dir = tempfile::tempdir().unwrap();
    let path = |name| dir.path().join(name);

    let members: Vec<Raw> = (0..count).map(|n| Raw::stored(&name(n), b"")).collect();
    std::fs::write(path("zip"), raw_zip(&members, None)).unwrap();
    drop(members);
    open(&path("zip"), count, 0);

    write_tar(File::create(path("tar")).unwrap(), count);
    open(&path("tar"), count, 0);
    std::fs::remove_file(path("tar")).unwrap();

    let file = File::create(path("tgz")).unwrap();
    write_tar(flate2::write::GzEncoder::new(file, flate2::Compression::fast()), count);
    // What it expands to goes through memory in blocks.
    open(&path("tgz"), count, 3 * 512);
}
