//! What is drawn: kinds of shape, colours and textures of objects, kinds of ground; and their class tables.
//!
//! Class *i* of an object is always the same, whatever the number of classes: kind *i* mod 16, a texture that
//! changes every 16 classes, and a colour by which no two classes of a kind are alike.

use serde_json::{Map, Value as Json, json};

use super::figure;
use crate::image::Colour;
use crate::schema::classes::{Class, ClassTable, SourceId};

/// How many classes of objects there are at most.
pub(super) const MOST_CLASSES: usize = 80;

/// A kind of shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Triangle,
    Ring,
    Figure,
    Star,
    Square,
    Disc,
    Arrow,
    Colon,
    Diamond,
    Heart,
    Frame,
    Crescent,
    Cross,
    Bar,
    Hexagon,
    Bolt,
}

/// Every kind, in the order of the first 16 classes.
pub(super) const KINDS: [(Kind, &str, &str); 16] = [
    (Kind::Triangle, "triangle", "pointed"),
    (Kind::Ring, "ring", "hollow"),
    (Kind::Figure, "figure", "figure"),
    (Kind::Star, "star", "pointed"),
    (Kind::Square, "square", "cornered"),
    (Kind::Disc, "disc", "round"),
    (Kind::Arrow, "arrow", "pointed"),
    (Kind::Colon, "colon", "split"),
    (Kind::Diamond, "diamond", "pointed"),
    (Kind::Heart, "heart", "round"),
    (Kind::Frame, "frame", "hollow"),
    (Kind::Crescent, "crescent", "round"),
    (Kind::Cross, "cross", "cornered"),
    (Kind::Bar, "bar", "cornered"),
    (Kind::Hexagon, "hexagon", "cornered"),
    (Kind::Bolt, "bolt", "pointed"),
];

/// What covers an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Texture {
    Plain,
    Striped,
    Checked,
    Dotted,
}

const TEXTURES: [(Texture, &str); 5] = [
    (Texture::Plain, ""),
    (Texture::Striped, "striped "),
    (Texture::Checked, "checked "),
    (Texture::Dotted, "dotted "),
    (Texture::Plain, ""),
];

const COLOURS: [(&str, Colour); 10] = [
    ("red", [208, 52, 44]),
    ("blue", [44, 92, 200]),
    ("orange", [236, 132, 32]),
    ("yellow", [240, 204, 48]),
    ("purple", [132, 62, 168]),
    ("white", [236, 234, 228]),
    ("black", [38, 38, 46]),
    ("pink", [236, 122, 164]),
    ("teal", [24, 140, 140]),
    ("brown", [126, 80, 48]),
];

/// What an object of a class looks like.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    pub(super) kind: Kind,
    pub(super) texture: Texture,
    pub(super) colour: Colour,
}

/// Class `label`: its look, its name and its group.
fn class(label: usize) -> (Look, String, &'static str) {
    let (position, round) = (label % KINDS.len(), label / KINDS.len() % TEXTURES.len());
    let (kind, name, group) = KINDS[position];
    let (texture, covered) = TEXTURES[round];
    // Rounds of a kind differ, so its colours do: 3 and 10 have no common factor.
    let (tint, colour) = COLOURS[(position + 3 * round) % COLOURS.len()];
    (Look { kind, texture, colour }, format!("{covered}{tint} {name}"), group)
}

/// What objects of a label look like.
pub(super) fn look(label: usize) -> Look {
    class(label).0
}

/// The table of the default set: objects, with ids from 1 and `isthing` 1. The figure has the names of its
/// keypoints and its skeleton, as COCO's person has.
pub(super) fn things(count: usize) -> ClassTable {
    let thing = |label: usize| {
        let (look, name, group) = class(label);
        let mut extra = Map::new();
        extra.insert("isthing".to_owned(), json!(1));
        if look.kind == Kind::Figure {
            extra.insert("keypoints".to_owned(), json!(figure::NAMES));
            extra.insert("skeleton".to_owned(), json!(figure::SKELETON));
        }
        Class {
            name,
            source_id: Some(SourceId::Int(label as i64 + 1)),
            supercategory: Some(group.to_owned()),
            color: Some(own_colour(label, look.colour)),
            extra,
        }
    };
    (0..count.min(MOST_CLASSES)).map(thing).collect()
}

/// The colour of a class in label maps: near that of its objects, and no other class's.
fn own_colour(label: usize, colour: Colour) -> Colour {
    let moved = |channel: u8, by: usize| channel.saturating_add(8).saturating_sub(((label * by) % 29) as u8);
    [moved(colour[0], 7), moved(colour[1], 11), moved(colour[2], 17)]
}

/// A kind of ground.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ground {
    Sky,
    Grass,
    Sand,
    Snow,
    Water,
    Road,
    Bricks,
    Tiles,
    Planks,
    Rug,
}

const GROUNDS: [(Ground, &str, &str, Colour); 10] = [
    (Ground::Sky, "sky", "outdoors", [140, 188, 232]),
    (Ground::Grass, "grass", "outdoors", [104, 148, 66]),
    (Ground::Sand, "sand", "outdoors", [214, 190, 142]),
    (Ground::Snow, "snow", "outdoors", [230, 234, 240]),
    (Ground::Water, "water", "outdoors", [64, 118, 148]),
    (Ground::Road, "road", "outdoors", [112, 110, 112]),
    (Ground::Bricks, "brick wall", "indoors", [168, 104, 84]),
    (Ground::Tiles, "tiles", "indoors", [204, 204, 196]),
    (Ground::Planks, "wooden floor", "indoors", [172, 128, 82]),
    (Ground::Rug, "rug", "indoors", [150, 70, 78]),
];

impl Ground {
    /// Its position among the grounds.
    pub(super) fn position(self) -> usize {
        self as usize
    }

    pub(super) fn name(self) -> &'static str {
        GROUNDS[self.position()].1
    }

    pub(super) fn colour(self) -> Colour {
        GROUNDS[self.position()].3
    }
}

/// The table of the set `panoptic`: the objects' classes, so that their labels are the same in both, then the
/// grounds, with the ids that follow and `isthing` 0: so that ids are the numbers of label maps.
pub(super) fn segments(count: usize) -> ClassTable {
    let mut table = things(count);
    let after = table.len() as i64 + 1;
    for (n, (_, name, group, colour)) in (after..).zip(GROUNDS) {
        table.push(Class {
            name: name.to_owned(),
            source_id: Some(SourceId::Int(n)),
            supercategory: Some(group.to_owned()),
            color: Some(colour),
            extra: Map::from_iter([("isthing".to_owned(), Json::from(0))]),
        });
    }
    table
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn eighty_classes_have_names_of_their_own_and_fewer_are_their_beginning() {
        let all = things(MOST_CLASSES);
        assert_eq!(all.names().into_iter().collect::<HashSet<_>>().len(), MOST_CLASSES);
        assert_eq!(&all.names()[..3], ["red triangle", "blue ring", "orange figure"]);
        assert!(things(3).iter().eq(all.iter().take(3)));
        let looks: HashSet<String> =
            (0..80).map(look).map(|l| format!("{:?} {:?} {:?}", l.kind, l.texture, l.colour)).collect();
        assert_eq!(looks.len(), 80);
    }

    #[test]
    fn grounds_stand_at_their_own_place_and_follow_the_objects() {
        for (at, (ground, name, ..)) in GROUNDS.into_iter().enumerate() {
            assert_eq!((ground.position(), ground.name()), (at, name));
        }
        let table = segments(5);
        assert_eq!((table.len(), table.label_of("sky")), (15, Some(5)));
        things(5).iter().zip(table.iter()).for_each(|(a, b)| assert_eq!(a, b));
        // Void and background have colours too, in label maps.
        let colours = segments(MOST_CLASSES).iter().filter_map(|c| c.color).collect::<HashSet<_>>();
        assert_eq!(colours.len(), 90);
        assert!(!colours.contains(&[0, 0, 0]) && !colours.contains(&[224, 224, 192]));
    }
}
