//! [`Panel`]: one way to show a row. A sheet has one or more side by side.

use super::objects::{DRAWN, READ};
use crate::dataset::Dataset;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::schema::axis::{DEFAULT_SET, key_name};
use crate::schema::field::is_image;

/// What is drawn on a row's picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Panel {
    /// The objects of a set; `""` is the default set.
    Objects(String),
    /// A label image, in this key.
    Map(String),
    /// The segments of a set whose masks are in the label image in the key of the set's name.
    Segments(String),
    /// Nothing.
    Plain,
}

/// The keys that hold images, but for the photograph.
fn maps(ds: &Dataset) -> Vec<&str> {
    let is_map = |key: &&crate::dataset::Key| {
        key.field().is_some_and(|field| is_image(field.data_type())) && key.name() != Some("img")
    };
    ds.keys().iter().filter(is_map).filter_map(|key| key.name()).collect()
}

fn has(ds: &Dataset, set: &str, base: &str) -> bool {
    ds.keys().find(&key_name(set, base)).is_ok()
}

impl Panel {
    /// The panels of these names: object sets (`default` is the unnamed one), keys with label images, or
    /// `img` for the bare picture. Without a name, what the dataset is mainly about.
    ///
    /// # Errors
    /// `NotFound`, naming what there is.
    pub(super) fn all(ds: &Dataset, names: &[String]) -> Result<Vec<Panel>> {
        if names.is_empty() {
            return Ok(vec![Panel::main(ds)]);
        }
        names.iter().map(|name| Panel::named(ds, name)).collect()
    }

    fn named(ds: &Dataset, name: &str) -> Result<Panel> {
        let set = if name == "default" { DEFAULT_SET } else { name };
        if let Some(panel) = Panel::of_set(ds, set) {
            return Ok(panel);
        }
        if maps(ds).contains(&name) {
            return Ok(Panel::Map(name.to_owned()));
        }
        if name == "img" {
            return Ok(Panel::Plain);
        }
        let sets = ds.sets();
        let sets = sets.iter().map(|set| if set.is_empty() { "default" } else { set.as_str() });
        let mut known: Vec<&str> = sets.chain(maps(ds)).chain(["img"]).collect();
        known.sort_unstable();
        known.dedup();
        Err(Error::new(ErrorKind::NotFound, format!("no object set and no label image '{name}'"))
            .at(Place::area("view"))
            .remedy(format!("there are: {}", known.join(", "))))
    }

    /// How the objects of a set are shown; `None` if it has nothing to show.
    fn of_set(ds: &Dataset, set: &str) -> Option<Panel> {
        let shapes = ["segmentation", "point", "rbox"].iter().any(|base| has(ds, set, base));
        let objects = DRAWN.iter().any(|base| has(ds, set, base));
        if objects && !shapes && !set.is_empty() && maps(ds).contains(&set) && has(ds, set, "object_id") {
            return Some(Panel::Segments(set.to_owned()));
        }
        objects.then(|| Panel::Objects(set.to_owned()))
    }

    fn main(ds: &Dataset) -> Panel {
        let drawn =
            |set: &str| ["bbox", "rbox", "segmentation", "point"].iter().any(|base| has(ds, set, base));
        let mut sets = ds.sets();
        sets.insert(0, DEFAULT_SET.to_owned());
        let set = sets.iter().find(|set| drawn(set)).and_then(|set| Panel::of_set(ds, set));
        let map = || maps(ds).first().map(|key| Panel::Map((*key).to_owned()));
        let labels = || has(ds, DEFAULT_SET, "label").then(|| Panel::Objects(DEFAULT_SET.to_owned()));
        set.or_else(map).or_else(labels).unwrap_or(Panel::Plain)
    }

    /// The keys it is made of, as far as the dataset has them.
    pub(super) fn keys(&self, ds: &Dataset) -> Vec<String> {
        let of_set = |set: &str| DRAWN.iter().chain(&READ).map(|base| key_name(set, base)).collect();
        let wanted: Vec<String> = match self {
            Panel::Objects(set) => of_set(set),
            Panel::Map(key) => vec![key.clone()],
            Panel::Segments(set) => {
                let mut keys: Vec<String> = of_set(set);
                keys.push(set.clone());
                keys
            }
            Panel::Plain => Vec::new(),
        };
        wanted.into_iter().filter(|key| ds.keys().find(key).is_ok()).collect()
    }

    /// What it is called above its column.
    pub(super) fn title(&self) -> &str {
        match self {
            Panel::Objects(set) | Panel::Segments(set) if set.is_empty() => "default",
            Panel::Objects(set) | Panel::Segments(set) => set,
            Panel::Map(key) => key,
            Panel::Plain => "img",
        }
    }
}
