//! The rows of a Cityscapes tree, by the names of its files.
//!
//! Names are `CITY_SEQUENCE_FRAME_…`, in folders of their split and city. Only names are looked at.

use std::collections::BTreeMap;

use crate::error::Result;
use crate::place::Tree;

/// The folder of the images.
pub(super) const IMAGES: &str = "leftImg8bit";
/// The folders of the labels, the better ones first.
const LABELS: [&str; 2] = ["gtFine", "gtCoarse"];

/// A row: an image, its labels, or both.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) split: String,
    pub(super) city: String,
    /// The common part of the names of its files.
    pub(super) name: String,
    /// The file of the image below `leftImg8bit`, if it is in the tree.
    pub(super) image: Option<String>,
    pub(super) label_ids: Option<String>,
    pub(super) train_ids: Option<String>,
    pub(super) instance_ids: Option<String>,
}

impl Row {
    /// The city and number of the sequence, and the number of the frame, as far as the name says.
    pub(super) fn sequence(&self) -> (Option<&str>, Option<i64>) {
        match self.name.rsplit_once('_') {
            Some((sequence, frame)) => (Some(sequence), frame.parse().ok()),
            None => (None, None),
        }
    }

    /// The image's name below the folder of its split.
    pub(super) fn file_name(&self) -> String {
        match &self.image {
            Some(image) => image.splitn(3, '/').nth(2).unwrap_or(image).to_owned(),
            None => format!("{}/{}_{IMAGES}.png", self.city, self.name),
        }
    }

    /// The label map to be stored, and what its numbers are.
    pub(super) fn label_map(&self) -> Option<(&str, &'static str)> {
        let ids = self.label_ids.as_deref().map(|member| (member, "labelIds"));
        ids.or_else(|| self.train_ids.as_deref().map(|member| (member, "labelTrainIds")))
    }
}

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// By split, city and name.
    pub(super) rows: Vec<Row>,
    /// How many files of polygons there are.
    pub(super) polygons: u64,
}

/// The rows of a tree; none if it is no Cityscapes tree.
///
/// # Errors
/// Those of the tree.
pub(super) fn find(tree: &Tree) -> Result<Found> {
    let top = tree.list("")?;
    let mut rows: BTreeMap<(usize, String, String, String), Row> = BTreeMap::new();
    let mut polygons = 0;
    for folder in std::iter::once(IMAGES).chain(LABELS) {
        if !top.folders().any(|name| name == folder) {
            continue;
        }
        each(tree, folder, |split, city, file| {
            let Some((name, kind)) = kind_of(folder, file) else { return };
            if kind == Kind::Polygons {
                polygons += 1;
                return;
            }
            let key = (rank(split), split.to_owned(), city.to_owned(), name.to_owned());
            let row = rows.entry(key).or_insert_with(|| Row {
                split: split.to_owned(),
                city: city.to_owned(),
                name: name.to_owned(),
                ..Row::default()
            });
            let slot = match kind {
                Kind::Image => &mut row.image,
                Kind::LabelIds => &mut row.label_ids,
                Kind::TrainIds => &mut row.train_ids,
                Kind::InstanceIds | Kind::Polygons => &mut row.instance_ids,
            };
            slot.get_or_insert_with(|| format!("{folder}/{split}/{city}/{file}"));
        })?;
    }
    Ok(Found { rows: rows.into_values().collect(), polygons })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Image,
    LabelIds,
    TrainIds,
    InstanceIds,
    Polygons,
}

/// The common part of a name and what the file is; `None` for a file that is not one of the dataset's.
fn kind_of<'n>(folder: &str, file: &'n str) -> Option<(&'n str, Kind)> {
    let (stem, extension) = file.rsplit_once('.')?;
    if folder == IMAGES {
        let name = stem.strip_suffix(IMAGES)?.strip_suffix('_')?;
        return ["png", "jpg", "jpeg"].contains(&extension).then_some((name, Kind::Image));
    }
    let (stem, what) = stem.rsplit_once('_')?;
    let name = stem.strip_suffix(folder)?.strip_suffix('_')?;
    let kind = match (what, extension) {
        ("labelIds", "png") => Kind::LabelIds,
        ("labelTrainIds", "png") => Kind::TrainIds,
        ("instanceIds", "png") => Kind::InstanceIds,
        ("polygons", "json") => Kind::Polygons,
        _ => return None,
    };
    Some((name, kind))
}

/// Training before validation before test before the rest.
fn rank(split: &str) -> usize {
    ["train", "val", "test"].iter().position(|known| *known == split).unwrap_or(3)
}

/// Every file in the folders of splits and cities.
fn each(tree: &Tree, folder: &str, mut each: impl FnMut(&str, &str, &str)) -> Result<()> {
    for split in tree.list(folder)?.folders() {
        let of_split = format!("{folder}/{split}");
        for city in tree.list(&of_split)?.folders() {
            for file in tree.list(&format!("{of_split}/{city}"))?.files() {
                each(split, city, file);
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_a_file_is() {
        assert_eq!(kind_of(IMAGES, "a_0_1_leftImg8bit.png"), Some(("a_0_1", Kind::Image)));
        assert_eq!(kind_of("gtFine", "a_0_1_gtFine_labelIds.png"), Some(("a_0_1", Kind::LabelIds)));
        assert_eq!(kind_of("gtFine", "a_0_1_gtFine_polygons.json"), Some(("a_0_1", Kind::Polygons)));
        for (folder, file) in [
            ("gtFine", "a_0_1_gtFine_color.png"),
            ("gtFine", "a_0_1_gtCoarse_labelIds.png"),
            (IMAGES, "readme.txt"),
        ] {
            assert_eq!(kind_of(folder, file), None, "{file}");
        }
        let row = Row { name: "bad_name".to_owned(), city: "c".to_owned(), ..Row::default() };
        assert_eq!(
            (row.sequence(), row.file_name()),
            ((Some("bad"), None), "c/bad_name_leftImg8bit.png".to_owned())
        );
    }
}
