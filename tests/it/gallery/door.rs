//! `Dataset::image` and `image_file`: links are followed whatever view a row is seen through.

use lensframe::dataset::{Align, Dataset, Mapping, Part, Table, Value};
use lensframe::error::ErrorKind;
use lensframe::image::{Alpha, Channels, Decode, Scale};
use lensframe::schema::classes::ClassTable;

use super::linked;

/// Which pictures a view shows: the first number of their colour, row by row.
fn shown(ds: &Dataset) -> Vec<u8> {
    (0..ds.len()).map(|row| ds.image(row).unwrap().pixel(0, 0)[0]).collect()
}

#[test]
fn links_of_two_datasets_are_followed_through_every_view() {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    // The same file names in both, with other pictures: a row must be looked for in its own dataset.
    let a = linked(folders[0].path(), &[[1, 9, 9], [2, 9, 9], [3, 9, 9]]).dataset();
    let b = linked(folders[1].path(), &[[3, 9, 9], [1, 9, 9]]).dataset();
    for (ds, other) in [(&a, 9), (&b, 9)] {
        assert_eq!(ds.image(0).unwrap().pixel(0, 0)[1], other);
    }
    assert_eq!((shown(&a), shown(&b)), (vec![1, 2, 3], vec![3, 1]));
    let both = Dataset::concat([&a, &b]).unwrap();
    assert_eq!(shown(&both), [1, 2, 3, 3, 1]);
    assert_eq!(shown(&both.take(&[4, 0, 2]).unwrap()), [1, 1, 3]);
    assert_eq!(shown(&both.slice(2..4).unwrap().repeat(2).unwrap()), [3, 3, 3, 3]);
    let scored = Dataset::zip([Part::from(("score", vec![0.5; 5])), Part::from(&both)]).unwrap();
    assert_eq!(shown(&scored.shuffle(3)).len(), 5);
    assert_eq!(shown(&scored), [1, 2, 3, 3, 1]);
    let next = Mapping::new("next", |_, _| Ok(vec![Value::from(1)])).inputs("width").keep_others();
    assert_eq!(shown(&both.map_with(next).unwrap()), [1, 2, 3, 3, 1]);
    let same = Mapping::new("img", |values, _| Ok(vec![values[0].clone()])).inputs("img").keep_others();
    assert_eq!(shown(&both.map_with(same).unwrap()), [1, 2, 3, 3, 1]);
    let classes = ClassTable::from_names(["circle", "square"]);
    assert_eq!(shown(&both.align_classes(&classes, &Align::by_name()).unwrap()), [1, 2, 3, 3, 1]);
    let renamed = both.select(["img"]).unwrap().rename(&[("img", "photo")]).unwrap();
    let decoded = renamed.image_with(2, "photo", &Decode::default()).unwrap();
    assert_eq!(decoded.pixels.pixel(0, 0), [3, 9, 9]);
}

#[test]
fn what_is_wrong_with_a_picture_is_told_with_its_row_and_key() {
    let folder = tempfile::tempdir().unwrap();
    let ds = linked(folder.path(), &[[1, 2, 3], [4, 5, 6]]).dataset();
    std::fs::write(folder.path().join("coco/images/4.png"), b"<html>").unwrap();
    let error = ds.image(1).unwrap_err();
    assert_eq!((error.place().row_number(), error.place().key_name()), (Some(1), Some("img")));
    std::fs::remove_file(folder.path().join("coco/images/1.png")).unwrap();
    let error = ds.image(0).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("images/1.png"), "{error}");
    assert_eq!(ds.image(2).unwrap_err().kind(), ErrorKind::Index);
    assert_eq!(ds.image_file(0, "imgg").unwrap_err().kind(), ErrorKind::Key);
    assert_eq!(ds.image_file(0, "bbox").unwrap_err().kind(), ErrorKind::Type);
}

#[test]
fn a_path_in_memory_leads_nowhere_and_says_so() {
    let record = |path: &str| {
        Value::Record(vec![("bytes".to_owned(), Value::Null), ("path".to_owned(), Value::from(path))].into())
    };
    let column = lensframe::dataset::Column::Values(vec![record("a.png"), Value::Null]);
    let ds = Dataset::new(Table::new([(lensframe::dataset::Key::values("img"), column)]).unwrap());
    let error = ds.image_file(0, "img").unwrap_err();
    assert!(error.kind() == ErrorKind::NotFound && error.to_string().contains("'a.png'"), "{error}");
    assert!(ds.image(1).unwrap_err().to_string().contains("no image"));
}

#[test]
fn options_reach_the_decoder() {
    let folder = tempfile::tempdir().unwrap();
    let ds = linked(folder.path(), &[[10, 20, 30]]).dataset();
    let options =
        Decode { channels: Channels::Gray, scale: Scale::Half, alpha: Alpha::Ignore, ..Decode::default() };
    let decoded = ds.image_with(0, "img", &options).unwrap();
    assert_eq!((decoded.pixels.size(), decoded.pixels.channels()), ((20, 30), Channels::Gray));
    assert_eq!(decoded.header.size, (40, 60));
}
