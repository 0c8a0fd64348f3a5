//! Profiles: counts against plain loops, duplicates among copies, suspicious boxes that were planted, odd inputs.

mod counts;
mod duplicates;
mod odd;
#[cfg(feature = "cli")]
mod program;
mod suspects;

use arrow_schema::Field;
use lensframe::dataset::{Dataset, Getters, Key, Value};
use lensframe::image::{Channels, Encoding, Orientation, Pixels, encode};
use lensframe::job::Job;
use lensframe::profile::{Options, Profile, Reading};
use lensframe::schema::classes::ClassTable;

/// A dataset of these fields and rows; the default set has these classes.
fn table(fields: Vec<Field>, rows: Vec<Vec<Value>>, classes: &[&str]) -> Dataset {
    let len = rows.len();
    let keys: Vec<Key> = fields.into_iter().map(Key::arrow).collect();
    let getters = Getters::new(len).add(keys, move |row, _| Ok(rows[row as usize].clone())).unwrap();
    Dataset::new(match classes {
        [] => getters,
        classes => getters.with_classes("", ClassTable::from_names(classes.iter().copied())),
    })
}

/// A list of values.
fn list<T: Into<Value>>(values: impl IntoIterator<Item = T>) -> Value {
    Value::from(values.into_iter().map(Into::into).collect::<Vec<Value>>())
}

/// A list of boxes.
fn boxes(boxes: &[[f64; 4]]) -> Value {
    list(boxes.iter().map(|bbox| list(bbox.iter().copied())))
}

/// The profile of keys alone.
fn keys(ds: &Dataset) -> Profile {
    ds.profile("d", &Options { images: Reading::None, ..Options::default() }, &Job::new().threads(2)).unwrap()
}

/// The profile of all there is.
fn all(ds: &Dataset) -> Profile {
    ds.profile("d", &Options::default(), &Job::new().threads(2)).unwrap()
}

/// A file as an image value.
fn image(bytes: Vec<u8>) -> Value {
    Value::Record([("bytes".to_owned(), Value::from(bytes)), ("path".to_owned(), Value::Null)].into())
}

fn jpeg(pixels: &Pixels, quality: u8) -> Vec<u8> {
    encode(pixels, Encoding::Jpeg { quality, orientation: Orientation::Upright }).unwrap()
}

/// A picture with all levels multiplied.
fn brighter(pixels: &Pixels, by: f64) -> Pixels {
    let data = pixels.data().iter().map(|level| (f64::from(*level) * by).min(255.0) as u8).collect();
    Pixels::new(pixels.size(), pixels.channels(), data).unwrap()
}

fn plain(level: u8) -> Pixels {
    Pixels::filled((50, 70), Channels::Rgb, [level; 3]).unwrap()
}
