//! The class tables of well-known datasets, as data.
//!
//! Each table is a JSON file in `labels/`, one class a line, embedded in the library and parsed when it is
//! first asked for. Names, order and colours are those that the dataset publishes (or ChainerCV, whose names
//! for the tables are kept as aliases); the position in the file is the label. Nothing here is looked up in
//! place of a source's own class list: a table is for sources that have none.
//!
//! A class's source id is the id of the dataset's own files: COCO's category id, the pixel value of
//! Cityscapes' labelIds and of ADE20K, the 1-based id of CUB's and Online Products' lists. So Cityscapes'
//! id → trainId is `find("cityscapes")?.classes.label_of_source(..)`.

use std::sync::OnceLock;

use serde::Deserialize;

use super::classes::ClassTable;

/// A published class table.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct LabelTable {
    /// What the table is and what its positions and source ids mean, in a sentence.
    pub about: String,
    /// The colour (red, green, blue) in which pixels of no class are drawn, where one is published.
    #[serde(default)]
    pub ignore_color: Option<[u8; 3]>,
    /// The classes in label order.
    pub classes: ClassTable,
}

struct Embedded {
    name: &'static str,
    aliases: &'static [&'static str],
    json: &'static str,
    parsed: OnceLock<Option<LabelTable>>,
}

/// A table of the folder `labels`, its file called as the table.
macro_rules! embed {
    ($($name:literal $(= $alias:literal)*),* $(,)?) => {
        [$(Embedded {
            name: $name,
            aliases: &[$($alias),*],
            json: include_str!(concat!("labels/", $name, ".json")),
            parsed: OnceLock::new(),
        }),*]
    };
}

static TABLES: [Embedded; 15] = embed![
    "ade20k" = "ade20k_semantic_segmentation_label_names",
    "camvid" = "camvid_label_names",
    "camvid32",
    "cityscapes",
    "cityscapes_ids",
    "cityscapes_instances",
    "cityscapes_joined" = "cityscapes_semantic_segmentation_label_names",
    "coco" = "coco_bbox_label_names" = "coco_instance_segmentation_label_names",
    "coco_panoptic" = "coco_semantic" = "coco_semantic_segmentation_label_names",
    "coco_person_keypoints",
    "cub" = "cub_label_names",
    "online_products" = "online_products_super_label_names",
    "voc" = "voc_bbox_label_names" =
        "voc_instance_segmentation_label_names" = "sbd_instance_segmentation_label_names",
    "voc_semantic" = "voc_semantic_segmentation_label_names",
    "wider_face",
];

/// The names of all tables, in alphabetical order, without aliases.
///
/// ```
/// use lensframe::schema::labels;
/// assert!(labels::names().any(|name| name == "coco"));
/// ```
pub fn names() -> impl Iterator<Item = &'static str> {
    TABLES.iter().map(|t| t.name)
}

/// The other names a table goes by; empty for a name that [`names`] does not give.
pub fn aliases(name: &str) -> &'static [&'static str] {
    TABLES.iter().find(|t| t.name == name).map_or(&[], |t| t.aliases)
}

/// The table of this name or alias; `None` for any other name. Parsed once.
///
/// ```
/// use lensframe::schema::{classes::SourceId, labels};
/// let cityscapes = &labels::find("cityscapes").unwrap().classes;
/// assert_eq!(cityscapes.label_of_source(&SourceId::Int(26)), Some(13)); // car: id 26, trainId 13
/// ```
pub fn find(name: &str) -> Option<&'static LabelTable> {
    let table = TABLES.iter().find(|t| t.name == name || t.aliases.contains(&name))?;
    // Every file parses: a test reads them all.
    table.parsed.get_or_init(|| serde_json::from_str(table.json).ok()).as_ref()
}

/// The classes of the table of this name or alias, to keep and to change; `None` for any other name.
///
/// ```
/// use lensframe::schema::labels;
/// let coco = labels::table("coco_bbox_label_names").unwrap();
/// assert_eq!((coco.len(), coco.label_of("toothbrush")), (80, Some(79)));
/// ```
pub fn table(name: &str) -> Option<ClassTable> {
    find(name).map(|t| t.classes.clone())
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::schema::classes::{Class, SourceId};

    /// Name, classes, first, last, hash.
    const GOLDEN: [(&str, usize, &str, &str, &str); 15] = [
        ("ade20k", 150, "wall", "flag", "040c49a04bd3812d"),
        ("camvid", 11, "Sky", "Bicyclist", "35fa6b3b9d74c236"),
        ("camvid32", 32, "Animal", "Wall", "82da94e8cb2df156"),
        ("cityscapes", 19, "road", "bicycle", "be6cad9988f5df17"),
        ("cityscapes_ids", 35, "unlabeled", "license plate", "a84ae7840b055bdd"),
        ("cityscapes_instances", 8, "person", "bicycle", "844e0ddd94f86017"),
        ("cityscapes_joined", 19, "road", "bicycle", "a108bc7b4b689789"),
        ("coco", 80, "person", "toothbrush", "6fee3623e25ea1d4"),
        ("coco_panoptic", 133, "person", "rug-merged", "77a477f199506edf"),
        ("coco_person_keypoints", 1, "person", "person", "a9766d029a1b995e"),
        ("cub", 200, "Black_footed_Albatross", "Common_Yellowthroat", "b4b922a041db6cdf"),
        ("online_products", 12, "bicycle", "toaster", "ece45d86d370b06a"),
        ("voc", 20, "aeroplane", "tvmonitor", "3e235c5545477233"),
        ("voc_semantic", 21, "background", "tvmonitor", "9e0ed603f86a516f"),
        ("wider_face", 1, "face", "face", "c3e0ab36dc2cc6c7"),
    ];

    fn classes(name: &str) -> &'static ClassTable {
        &find(name).unwrap().classes
    }

    fn ids(name: &str) -> Vec<i64> {
        let id = |c: &Class| match c.source_id {
            Some(SourceId::Int(id)) => id,
            _ => panic!("{name}: '{}' has no number", c.name),
        };
        classes(name).iter().map(id).collect()
    }

    #[test]
    fn every_table_has_the_published_length_ends_and_hash() {
        let found: Vec<_> = names()
            .map(|name| {
                let classes = classes(name);
                let names = classes.names();
                (name, names.len(), names[0], names[names.len() - 1], classes.hash())
            })
            .collect();
        let expected: Vec<_> =
            GOLDEN.map(|(n, len, first, last, hash)| (n, len, first, last, hash.into())).into();
        assert_eq!(found, expected);
    }

    #[test]
    fn only_ade20k_repeats_names_and_only_it_has_blanks_at_an_end() {
        for name in names() {
            let mut count = BTreeMap::new();
            for class in classes(name).names() {
                *count.entry(class).or_insert(0) += 1;
            }
            let repeated: Vec<_> = count.iter().filter(|(_, n)| **n > 1).map(|(s, n)| (*s, *n)).collect();
            let padded: Vec<_> = count.keys().filter(|s| s.trim() != **s).copied().collect();
            if name == "ade20k" {
                let of = [
                    ("box", 2),
                    ("chair", 2),
                    ("lamp", 2),
                    ("machine", 3),
                    ("oven", 2),
                    ("screen", 4),
                    ("stand", 2),
                    ("table", 3),
                    ("tree", 2),
                ];
                assert_eq!(repeated, of);
                assert_eq!(padded, ["bed ", "cycle ", "window "]);
            } else {
                assert!(repeated.is_empty() && padded.is_empty(), "{name}: {repeated:?} {padded:?}");
            }
        }
    }

    #[test]
    fn every_class_has_a_colour_where_the_dataset_paints() {
        let bare = ["cub", "online_products", "wider_face"];
        for name in names() {
            let painted = classes(name).iter().filter(|c| c.color.is_some()).count();
            assert_eq!(painted, if bare.contains(&name) { 0 } else { classes(name).len() }, "{name}");
        }
        assert_eq!(find("voc_semantic").unwrap().ignore_color, Some([224, 224, 192]));
        assert_eq!(find("camvid").unwrap().ignore_color, Some([0, 0, 0]));
        assert_eq!(find("coco").unwrap().ignore_color, None);
    }

    /// The devkit makes colour i by dealing the bits of i to red, green and blue from the top bit down.
    #[test]
    fn voc_colours_follow_the_devkits_rule() {
        for (i, class) in classes("voc_semantic").iter().enumerate() {
            let mut color = [0_u8; 3];
            for bit in 0..8 {
                for (channel, value) in color.iter_mut().enumerate() {
                    *value |= u8::from((i >> (3 * bit + channel)) & 1 == 1) << (7 - bit);
                }
            }
            assert_eq!(class.color, Some(color), "{}", class.name);
        }
        let shifted: Vec<_> = classes("voc_semantic").iter().skip(1).collect();
        assert_eq!(classes("voc").iter().collect::<Vec<_>>(), shifted);
    }

    #[test]
    fn coco_ids_run_from_1_to_90_with_ten_gaps() {
        let ids = ids("coco");
        assert!(ids.is_sorted() && ids.first() == Some(&1) && ids.last() == Some(&90));
        let gaps: Vec<i64> = (1..=90).filter(|id| !ids.contains(id)).collect();
        assert_eq!(gaps, [12, 26, 29, 30, 45, 66, 68, 69, 71, 83]);
        let groups: BTreeSet<_> = classes("coco").iter().map(|c| c.supercategory.clone().unwrap()).collect();
        assert_eq!(groups.len(), 12);
    }

    #[test]
    fn panoptic_coco_is_coco_and_53_kinds_of_stuff() {
        let panoptic = classes("coco_panoptic");
        let bare = |c: &Class| Class { extra: serde_json::Map::new(), ..c.clone() };
        let things: Vec<_> = panoptic.iter().filter(|c| c.extra["isthing"] == 1).map(bare).collect();
        assert_eq!(things, classes("coco").iter().cloned().collect::<Vec<_>>());
        assert_eq!(panoptic.iter().filter(|c| c.extra["isthing"] == 0).count(), 53);
        assert_eq!(ids("coco_panoptic").last(), Some(&200));
    }

    #[test]
    fn a_limb_joins_two_of_the_17_keypoints() {
        let person = classes("coco_person_keypoints").get(0).unwrap();
        let points = person.extra["keypoints"].as_array().unwrap();
        assert_eq!((points.len(), &points[0], &points[16]), (17, &"nose".into(), &"right_ankle".into()));
        let limbs = person.extra["skeleton"].as_array().unwrap();
        let mut touched = BTreeSet::new();
        for limb in limbs {
            let pair: Vec<u64> = limb.as_array().unwrap().iter().map(|k| k.as_u64().unwrap()).collect();
            assert!(pair.len() == 2 && pair.iter().all(|k| (1..=17).contains(k)), "{limb}");
            touched.extend(pair);
        }
        assert_eq!((limbs.len(), touched.len()), (19, 17));
    }

    #[test]
    fn cityscapes_train_ids_are_the_positions_of_its_19_classes() {
        for label in classes("cityscapes_ids").iter() {
            let train_id = label.extra["train_id"].as_i64().unwrap();
            let position = classes("cityscapes").label_of_source(label.source_id.as_ref().unwrap());
            assert_eq!(position, (0..19).contains(&train_id).then_some(train_id), "{}", label.name);
        }
        assert_eq!(ids("cityscapes_ids"), (0..34).chain([-1]).collect::<Vec<i64>>());
        assert_eq!(ids("cityscapes_instances"), [24, 25, 26, 27, 28, 31, 32, 33]);
        let joined: Vec<_> = classes("cityscapes").names().iter().map(|n| n.replace(' ', "")).collect();
        assert_eq!(classes("cityscapes_joined").names(), joined);
    }

    #[test]
    fn lists_that_count_from_one_say_so() {
        for name in ["ade20k", "cub", "online_products"] {
            assert!(ids(name).into_iter().eq((1..).take(classes(name).len())), "{name}");
        }
    }

    #[test]
    fn names_and_aliases_are_distinct_and_all_found() {
        let mut seen = BTreeSet::new();
        for name in names() {
            for spelling in std::iter::once(name).chain(aliases(name).iter().copied()) {
                assert!(seen.insert(spelling), "{spelling} twice");
                assert_eq!(find(spelling), find(name));
            }
        }
        assert!(names().is_sorted());
        assert!(find("COCO").is_none() && table("").is_none() && aliases("coco_semantic").is_empty());
    }
}
