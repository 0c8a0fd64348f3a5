//! Questions of what is stored: both forms of files, small shards, views of them.

use lensframe::convert::{SaveOptions, save};
use lensframe::dataset::Dataset;
use lensframe::dataset::store::{Storage, Store, WriterOptions};
use lensframe::job::Job;
use lensframe::query::Quantity;
use proptest::prelude::*;

use super::predicates::{Seen, condition, images, quantity};
use super::{Image, Thing, dataset, ids};

/// The view stored in shards of some rows.
fn stored(ds: &Dataset, storage: Storage, folder: &std::path::Path) -> Dataset {
    let path = folder.join(format!("{storage:?}.lf"));
    // Rows that are read together are not split among shards: parts are saved, and appear as one view.
    let parts = (0..ds.len().max(1)).step_by(7).map(|from| {
        let path = path.join(format!("{from}"));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let part = ds.slice(from..ds.len().min(from + 7)).unwrap();
        let writer = WriterOptions { storage, shard_bytes: 1, batch_bytes: 64, ..WriterOptions::default() };
        save(&part, &path, &SaveOptions { writer, ..SaveOptions::default() }, &Job::new()).unwrap();
        Store::open(&path).unwrap().dataset()
    });
    Dataset::concat(parts.collect::<Vec<_>>()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn a_stored_view_answers_as_the_one_in_memory(
        images in images(), conditions in prop::collection::vec((condition(), condition(), quantity()), 6),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let ds = dataset(&images, 5);
        for storage in [Storage::Arrow, Storage::Parquet] {
            let stored = stored(&ds, storage, folder.path());
            prop_assert_eq!(stored.list().unwrap(), ds.list().unwrap());
            for (rows, objects, quantity) in &conditions {
                let rows = rows.sql(&Seen::of_image(&Image::default()));
                let objects = objects.sql(&Seen::of_thing(&Thing::default()));
                for view in [stored.slice(..).unwrap(), stored.slice(stored.len() / 3..).unwrap(), stored.shuffle(1)] {
                    let twin = match view.rows().as_range() {
                        Some((first, _)) => ds.slice(first as usize..).unwrap(),
                        None => ds.shuffle(1),
                    };
                    prop_assert_eq!(ids(&view.filter(&rows).unwrap()), ids(&twin.filter(&rows).unwrap()), "{}", rows);
                    let chosen = |ds: &Dataset| ids(&ds.filter_objects(&objects, *quantity).unwrap());
                    prop_assert_eq!(chosen(&view), chosen(&twin), "{} {:?}", objects, quantity);
                }
            }
        }
    }
}

#[test]
fn what_cannot_be_there_is_not_read() {
    let image = |id: i64| Image {
        id,
        width: Some(100 + id as i32),
        split: Some(if id < 500 { "train" } else { "val" }),
        things: Some(vec![Thing { label: Some(id / 100), area: Some(id as f64), ..Thing::default() }]),
        ..Image::default()
    };
    let ds = dataset(&(0..1000).map(image).collect::<Vec<_>>(), 100);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.lf");
    let writer = WriterOptions { storage: Storage::Parquet, batch_bytes: 2000, ..WriterOptions::default() };
    save(&ds, &path, &SaveOptions { writer, ..SaveOptions::default() }, &Job::new()).unwrap();
    let stored = Store::open(&path).unwrap().dataset();
    let all = |ds: &Dataset, query: &str| {
        let explained = ds.query().filter(query).explain(&Job::new()).unwrap();
        (explained[0].after, explained[0].read.iter().map(|(_, bytes)| bytes).sum::<u64>())
    };
    let whole = all(&stored, "width IS NOT NULL").1;
    for (query, rows) in [
        ("width = 150", 1),
        ("width < 120 AND quality IS NULL", 20),
        ("image_id >= 990", 10),
        ("split = 'none'", 0),
    ] {
        let (found, bytes) = all(&stored, query);
        assert_eq!(found, rows, "{query}");
        assert!(bytes * 3 < whole, "{query} read {bytes} bytes of {whole}");
        let part = stored.slice(10..).unwrap();
        assert_eq!(ids(&part.filter(query).unwrap()), ids(&ds.slice(10..).unwrap().filter(query).unwrap()));
    }
    let rare = |ds: &Dataset| {
        ds.query().filter_objects("label = 3", Quantity::AtLeast(1)).explain(&Job::new()).unwrap()
    };
    let (explained, plain) = (rare(&stored), rare(&ds));
    assert_eq!((explained[0].after, plain[0].after), (100, 100));
    assert!(
        explained[0].read[0].1 * 3 < plain[0].read[0].1,
        "{:?} of {:?}",
        explained[0].read,
        plain[0].read
    );
}
