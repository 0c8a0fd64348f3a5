//! Cold reads: what a label scan and random image reads bring into the page cache, and how long they take.
//!
//! Draws a dataset of 20,000 random "images" of 60–120 kB (1.8 GB; `LENSFRAME_COLD_ROWS` changes the number)
//! and the same bytes in one plain file. Each measurement drops the cache first. The plain twin of the image
//! reads is `pread` of the same rows from the plain file, in the same order, in the same run.
#![allow(unsafe_code, missing_docs, clippy::unwrap_used)]

use std::fs::File;
use std::io::Write;
use std::os::fd::AsRawFd;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use arrow_array::{ArrayRef, BinaryArray, Int64Array, ListArray, RecordBatch, StringArray, StructArray};
use arrow_buffer::OffsetBuffer;
use arrow_schema::{DataType, Field, Schema};
use lensframe::dataset::store::{Operation, Store, Writer, WriterOptions};
use lensframe::dataset::{Access, Rows};
use lensframe::job::Job;
use lensframe::random::Random;
use lensframe::schema::field;

fn main() {
    let rows: usize =
        std::env::var("LENSFRAME_COLD_ROWS").ok().and_then(|n| n.parse().ok()).unwrap_or(20_000);
    let folder =
        tempfile::tempdir_in(std::env::var_os("CARGO_TARGET_TMPDIR").unwrap_or("target".into())).unwrap();
    let (path, plain) = (folder.path().join("cold.lf"), folder.path().join("plain.bin"));
    let sizes = write(&path, &plain, rows);
    let total: u64 = sizes.iter().map(|s| *s as u64).sum();
    println!("{rows} images, {:.2} GB", total as f64 / 1e9);
    label_scan(&path, total);
    for round in 0..3 {
        random_images(&path, &plain, &sizes, 2000.min(rows), round);
    }
}

fn write(path: &Path, plain: &Path, rows: usize) -> Vec<usize> {
    let job = Job::new();
    let image = field::row("img").unwrap();
    let mut writer = Writer::create(path, WriterOptions::default(), &job).unwrap();
    let ids = field::image_id(field::IdType::Int);
    let label = field::object("", "label").unwrap();
    let images = writer.group("images", vec![ids.clone(), image.clone()]).unwrap();
    let objects = writer.group("objects", vec![ids.clone(), label.clone()]).unwrap();
    let mut plain = File::create(plain).unwrap();
    let mut random = Random::keyed(&[1]);
    let mut sizes = Vec::new();
    for start in (0..rows).step_by(64) {
        let n = 64.min(rows - start);
        let blobs: Vec<Vec<u8>> = (0..n)
            .map(|_| {
                let words = (60_000 + random.below(60_000)) / 8;
                (0..words).flat_map(|_| random.next_u64().to_le_bytes()).collect()
            })
            .collect();
        for blob in &blobs {
            plain.write_all(blob).unwrap();
            sizes.push(blob.len());
        }
        let id: ArrayRef = Arc::new(Int64Array::from_iter_values((start..start + n).map(|i| i as i64)));
        let DataType::Struct(members) = image.data_type() else { unreachable!() };
        let bytes: ArrayRef = Arc::new(BinaryArray::from_iter_values(&blobs));
        let paths: ArrayRef = Arc::new(StringArray::new_null(n));
        let img: ArrayRef = Arc::new(StructArray::new(members.clone(), vec![bytes, paths], None));
        writer.write(images, &batch(vec![ids.clone(), image.clone()], vec![id.clone(), img])).unwrap();
        let lengths: Vec<usize> = (0..n).map(|_| random.below(15) as usize).collect();
        let count: usize = lengths.iter().sum();
        let values: ArrayRef =
            Arc::new(Int64Array::from_iter_values((0..count).map(|_| random.below(80) as i64)));
        let DataType::List(item) = label.data_type() else { unreachable!() };
        let lists: ArrayRef =
            Arc::new(ListArray::new(item.clone(), OffsetBuffer::from_lengths(lengths), values, None));
        writer.write(objects, &batch(vec![ids.clone(), label.clone()], vec![id, lists])).unwrap();
        if writer.fragment_is_full() {
            writer.end_fragment().unwrap();
        }
    }
    writer.commit(Operation::new("bench")).unwrap();
    plain.sync_all().unwrap();
    sizes
}

fn batch(fields: Vec<Field>, columns: Vec<ArrayRef>) -> RecordBatch {
    RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &Default::default()).unwrap()
}

fn label_scan(path: &Path, image_bytes: u64) {
    evict(path);
    let start = Instant::now();
    let labels = Store::open(path).unwrap().dataset().select("label").unwrap();
    let batch = labels.read_all(&Access::default()).unwrap();
    let objects: usize = batch.columns[0].values().iter().filter_map(|v| v.as_array().map(|a| a.len())).sum();
    let resident = resident(path);
    println!(
        "label scan: {objects} labels in {:.1} ms, {:.2} MB resident = {:.3} % of the files",
        start.elapsed().as_secs_f64() * 1e3,
        resident as f64 / 1e6,
        100.0 * resident as f64 / image_bytes as f64
    );
}

fn random_images(path: &Path, plain: &Path, sizes: &[usize], count: usize, round: u64) {
    let mut random = Random::keyed(&[2, round]);
    let rows: Vec<u64> = (0..count).map(|_| random.below(sizes.len() as u64)).collect();
    let starts: Vec<u64> =
        sizes.iter().scan(0, |at, s| Some(std::mem::replace(at, *at + *s as u64))).collect();
    let mut distinct = rows.clone();
    distinct.sort_unstable();
    distinct.dedup();
    let wanted: u64 = distinct.iter().map(|r| sizes[*r as usize] as u64).sum();

    let ours = || {
        evict(path);
        let start = Instant::now();
        let images = Store::open(path).unwrap().dataset().select("img").unwrap();
        let chosen = Rows::indices(rows.clone());
        images.announce(&chosen);
        let mut sum = 0u64;
        for row in &rows {
            let batch = images.read_rows(&Rows::one(*row), &Access::default()).unwrap();
            let value = batch.columns[0].value(0);
            let bytes = value.member("bytes").and_then(|b| b.as_bytes()).unwrap();
            assert_eq!(bytes.len(), sizes[*row as usize]);
            sum = sum.wrapping_add(checksum(bytes));
        }
        (start.elapsed().as_secs_f64(), sum, resident(path))
    };
    let theirs = || {
        evict(plain);
        let start = Instant::now();
        let file = File::open(plain).unwrap();
        let mut sum = 0u64;
        for row in &rows {
            let mut bytes = vec![0; sizes[*row as usize]];
            file.read_exact_at(&mut bytes, starts[*row as usize]).unwrap();
            sum = sum.wrapping_add(checksum(&bytes));
        }
        (start.elapsed().as_secs_f64(), sum)
    };
    // Alternate who goes first, so that neither has the warmer disk.
    let ((a, sum_a, resident), (b, sum_b)) = if round.is_multiple_of(2) {
        let ours = ours();
        (ours, theirs())
    } else {
        let theirs = theirs();
        (ours(), theirs)
    };
    assert_eq!(sum_a, sum_b);
    println!(
        "{count} random images, cold: {:.0} ms, pread {:.0} ms, ratio {:.2}; {:.1} MB resident = {:.3} of their bytes",
        a * 1e3,
        b * 1e3,
        a / b,
        resident as f64 / 1e6,
        resident as f64 / wanted as f64
    );
}

fn checksum(bytes: &[u8]) -> u64 {
    bytes.chunks_exact(8).fold(0u64, |sum, c| sum.wrapping_add(u64::from_le_bytes(c.try_into().unwrap())))
}

fn files(path: &Path) -> Vec<PathBuf> {
    if path.is_file() {
        return vec![path.to_owned()];
    }
    std::fs::read_dir(path).unwrap().flat_map(|e| files(&e.unwrap().path())).collect()
}

fn evict(path: &Path) {
    for file in files(path) {
        let file = File::open(file).unwrap();
        // SAFETY: plain system calls on a descriptor that is open for their duration.
        unsafe {
            libc::fsync(file.as_raw_fd());
            libc::posix_fadvise(file.as_raw_fd(), 0, 0, libc::POSIX_FADV_DONTNEED);
        }
    }
}

fn resident(path: &Path) -> u64 {
    let mut pages = 0;
    for file in files(path) {
        let file = File::open(file).unwrap();
        if file.metadata().unwrap().len() == 0 {
            continue;
        }
        // SAFETY: the file is not changed while mapped, and the vector has one byte a page.
        unsafe {
            let map = memmap2::Mmap::map(&file).unwrap();
            let mut flags = vec![0u8; map.len().div_ceil(4096)];
            assert_eq!(libc::mincore(map.as_ptr() as *mut _, map.len(), flags.as_mut_ptr()), 0);
            pages += flags.iter().filter(|f| **f & 1 == 1).count() as u64;
        }
    }
    pages * 4096
}
