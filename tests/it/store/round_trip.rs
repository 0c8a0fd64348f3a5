//! What is written is read, in both forms, by every way of asking.

use super::samples::{assert_rows, dataset, written};
use lensframe::dataset::Access;
use lensframe::dataset::store::{Storage, Store};

#[test]
fn every_type_comes_back_in_both_forms() {
    for storage in [Storage::Arrow, Storage::Parquet] {
        let (_guard, path) = dataset(storage, 57, 20);
        assert_rows(&path, &(0..57).collect::<Vec<_>>());
    }
}

#[test]
fn rows_in_any_order_equal_the_rows_one_by_one() {
    for storage in [Storage::Arrow, Storage::Parquet] {
        let (_guard, path) = dataset(storage, 40, 15);
        let all = Store::open(&path).unwrap().dataset();
        let order: Vec<u64> = (0..80).map(|i| (i * 17) % 40).collect();
        let batch = all.take(&order).unwrap().read_all(&Access::default()).unwrap().whole().unwrap();
        for (key, column) in all.keys().iter().zip(&batch.columns) {
            for (position, row) in order.iter().enumerate() {
                assert_eq!(column.value(position), written(key.name().unwrap(), *row), "{key} row {row}");
            }
        }
    }
}
