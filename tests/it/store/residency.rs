//! What a read brings into memory, asked of the kernel: labels without pixels, and images without neighbours.

#![cfg(target_os = "linux")]
#![allow(unsafe_code)] // `mincore` and `posix_fadvise` are calls of the C library.

use std::fs::File;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::{ArrayRef, BinaryArray, Int64Array, RecordBatch, StringArray, StructArray};
use arrow_schema::DataType;
use lensframe::dataset::store::{Operation, Store, Writer, WriterOptions};
use lensframe::dataset::{Access, Rows};
use lensframe::job::Job;
use lensframe::random::Random;
use lensframe::schema::field;

const ROWS: usize = 400;
const IMAGE: usize = 60_000;

/// `ROWS` images of about `IMAGE` bytes beside one label each, 24 MB in batches of 2.
fn embedded(path: &Path) -> PathBuf {
    let options = WriterOptions { batch_bytes: 2 << 20, ..WriterOptions::default() };
    let mut writer = Writer::create(path, options, &Job::new()).unwrap();
    let field = |name| field::row(name).unwrap();
    let images = writer.group("images", vec![field("image_id"), field("img")]).unwrap();
    let objects = writer.group("objects", vec![field("image_id"), field("image_label")]).unwrap();
    let DataType::Struct(members) = field::image_type() else { panic!() };
    let mut random = Random::keyed(&[1]);
    for row in 0..ROWS {
        let id: ArrayRef = Arc::new(Int64Array::from(vec![row as i64]));
        let bytes: Vec<u8> = (0..IMAGE + row).map(|_| random.next_u64() as u8).collect();
        let columns: Vec<ArrayRef> = vec![
            Arc::new(BinaryArray::from_iter_values([bytes])),
            Arc::new(StringArray::from(vec!["a.jpg"])),
        ];
        let img: ArrayRef = Arc::new(StructArray::try_new(members.clone(), columns, None).unwrap());
        let batch = |name, column| {
            RecordBatch::try_from_iter([("image_id", Arc::clone(&id)), (name, column)]).unwrap()
        };
        writer.write(images, &batch("img", img)).unwrap();
        writer.write(objects, &batch("image_label", Arc::clone(&id))).unwrap();
    }
    writer.commit(Operation::new("embed")).unwrap();
    path.join(&Store::open(path).unwrap().version().fragments[0].files["images"].path)
}

/// Bytes of the file in the page cache.
fn resident(path: &Path) -> usize {
    let file = File::open(path).unwrap();
    // SAFETY: the file is not changed while it is mapped.
    let map = unsafe { memmap2::Mmap::map(&file) }.unwrap();
    let mut pages = vec![0_u8; map.len().div_ceil(4096)];
    // SAFETY: the range is the map's, and the vector has a byte for each of its pages.
    let done = unsafe { libc::mincore(map.as_ptr().cast_mut().cast(), map.len(), pages.as_mut_ptr()) };
    assert_eq!(done, 0);
    pages.iter().filter(|page| **page & 1 == 1).count() * 4096
}

/// Drops the file from the page cache; false where the file system keeps it (a memory disk).
fn evict(path: &Path) -> bool {
    let file = File::open(path).unwrap();
    file.sync_all().unwrap();
    // SAFETY: the descriptor is open.
    unsafe { libc::posix_fadvise(file.as_raw_fd(), 0, 0, libc::POSIX_FADV_DONTNEED) };
    resident(path) < 1 << 20
}

#[test]
fn reading_labels_leaves_the_images_on_disk() {
    let guard = tempfile::tempdir().unwrap();
    let images = embedded(&guard.path().join("a.lf"));
    if !evict(&images) {
        eprintln!("skipped: this file system keeps its files in memory");
        return;
    }
    let dataset = Store::open(&guard.path().join("a.lf")).unwrap().dataset();
    let labels = dataset.select(["image_id", "image_label"]).unwrap();
    let batch = labels.read_all(&Access::default()).unwrap().whole().unwrap();
    assert_eq!(batch.columns[1].values().len(), ROWS);
    let there = resident(&images);
    assert!(there * 100 <= ROWS * IMAGE, "{there} bytes of the images are in memory");
}

/// What `explain` says is read is what the kernel says came into memory: of the images not one page.
#[cfg(feature = "query")]
#[test]
fn a_question_touches_no_page_of_an_image_and_reads_what_it_says() {
    let guard = tempfile::tempdir().unwrap();
    let path = guard.path().join("a.lf");
    let images = embedded(&path);
    let store = Store::open(&path).unwrap();
    let objects = path.join(&store.version().fragments[0].files["objects"].path);
    if !evict(&images) || !evict(&objects) {
        eprintln!("skipped: this file system keeps its files in memory");
        return;
    }
    let (before, light) = (resident(&images), resident(&objects));
    let explained = store.dataset().query().filter("image_label >= 390").explain(&Job::new()).unwrap();
    assert_eq!(explained[0].after, 10);
    let [(key, bytes)] = explained[0].read.as_slice() else { panic!("{explained:?}") };
    assert_eq!((key.as_str(), *bytes >= ROWS as u64 * 8), ("image_label", true));
    assert_eq!(resident(&images), before, "pages of images were read");
    assert!(resident(&objects) - light >= 4096, "the labels come from the other file");
    let sql = "SELECT COUNT(*) AS n FROM images WHERE image_id < 100";
    let reading = lensframe::query::explain(&[("", &store.dataset())], sql, &Job::new()).unwrap();
    assert_eq!(reading.tables[0].1.iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>(), ["image_id"]);
    assert_eq!(store.dataset().sql(sql).unwrap().column("n").unwrap().values()[0].as_int(), Some(100));
    assert_eq!(resident(&images), before, "pages of images were read for SQL");
}

#[test]
fn reading_random_images_brings_little_more_than_their_bytes() {
    let guard = tempfile::tempdir().unwrap();
    let path = guard.path().join("a.lf");
    let images = embedded(&path);
    let mut random = Random::keyed(&[2]);
    let mut rows: Vec<u64> = (0..ROWS as u64).collect();
    random.shuffle(&mut rows);
    rows.truncate(60);
    for announced in [true, false] {
        if !evict(&images) {
            eprintln!("skipped: this file system keeps its files in memory");
            return;
        }
        let column = Store::open(&path).unwrap().dataset().select("img").unwrap();
        let mut bytes = 0;
        for batch in rows.chunks(10) {
            let batch = Rows::indices(batch.to_vec());
            if announced {
                column.announce(&batch);
            }
            for value in column.read_rows(&batch, &Access::default()).unwrap().columns[0].values() {
                let value = value.member("bytes").unwrap().as_bytes().unwrap().to_vec();
                bytes += value.len();
            }
        }
        let there = resident(&images);
        assert!(
            there as f64 <= 1.2 * bytes as f64,
            "{there} bytes in memory for {bytes}, announced: {announced}"
        );
    }
}
