//! What is written: the keys of each group, decided from the counts of the first pass before a row is
//! written.

use std::collections::HashMap;

use arrow_schema::{DataType, Field};

use crate::convert::json::Token;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::schema::axis::key_name;
use crate::schema::field::{self, IdType};

use super::categories::Classes;
use super::extra::{ABSENT, DECLARED};
use super::ids::NONE;
use super::index::Layout;
use super::layout::Kind;
use super::members::Members;
use super::prepare::Split;
use super::source::SourceFile;
use super::style::Styles;
use crate::convert::column::Id;
use crate::convert::column::Scalar;

/// What an annotation's member becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Member {
    Id,
    ImageId,
    Category,
    Box,
    Area,
    Crowd,
    Segmentation,
    Points,
    PointCount,
    Caption,
    Score,
    /// The promoted member at this position.
    Attr(usize),
    /// Text in `object_extra`.
    Extra,
    /// A name that `object_extra` uses itself.
    Reserved,
}

const KNOWN: [(&str, Member); 11] = [
    ("id", Member::Id),
    ("image_id", Member::ImageId),
    ("category_id", Member::Category),
    ("bbox", Member::Box),
    ("area", Member::Area),
    ("iscrowd", Member::Crowd),
    ("segmentation", Member::Segmentation),
    ("keypoints", Member::Points),
    ("num_keypoints", Member::PointCount),
    ("caption", Member::Caption),
    ("score", Member::Score),
];

/// Image members that have keys of their own.
pub(super) const IMAGE_KNOWN: [&str; 4] = ["id", "file_name", "height", "width"];

/// Members COCO does not have that are keys of the data model by the same name: our own exporter writes them, and
/// other tools mean the same.
const OWN_KEYS: [(&str, Scalar); 6] = [
    ("difficult", Scalar::Bool),
    ("truncated", Scalar::Bool),
    ("occluded", Scalar::Bool),
    ("ignored", Scalar::Bool),
    ("group_of", Scalar::Bool),
    ("track_id", Scalar::Int),
];

/// How many members of one list of records may become keys.
const MAX_PROMOTED: usize = 64;

/// The object keys of a set.
#[derive(Clone, Debug)]
pub(super) struct SetPlan {
    pub(super) name: String,
    pub(super) object_id: IdType,
    pub(super) label: bool,
    pub(super) bbox: bool,
    pub(super) area: bool,
    pub(super) crowded: bool,
    pub(super) segmentation: bool,
    pub(super) points: bool,
    pub(super) caption: bool,
    pub(super) score: bool,
    pub(super) attrs: Vec<(String, Scalar)>,
    pub(super) ordinal: bool,
    /// True if some file of the set is panoptic.
    pub(super) panoptic: bool,
}

impl SetPlan {
    /// The object fields, behind the row fields of panoptic records, in the order in which columns come.
    pub(super) fn fields(&self) -> Vec<Field> {
        let set = self.name.as_str();
        let mut fields = if self.panoptic { super::panoptic::fields() } else { Vec::new() };
        fields.push(field::object_id(set, self.object_id));
        let known = [
            (self.label, "label"),
            (self.bbox, "bbox"),
            (self.area, "area"),
            (self.crowded, "crowded"),
            (self.segmentation, "segmentation"),
            (self.points, "point"),
            (self.points, "visible"),
            (self.caption, "caption"),
            (self.score, "score"),
        ];
        fields.extend(known.iter().filter(|(has, _)| *has).filter_map(|(_, base)| field::object(set, base)));
        let attr = |(name, scalar): &(String, Scalar)| {
            let own = field::object(set, name).filter(|_| OWN_KEYS.contains(&(name.as_str(), *scalar)));
            own.unwrap_or_else(|| field::object_of(set, &format!("attr.{name}"), scalar.arrow()))
        };
        fields.extend(self.attrs.iter().map(attr));
        fields.extend(field::object(set, "object_extra"));
        if self.ordinal {
            fields.extend(field::object(set, "ordinal"));
        }
        fields
    }
}

/// What an image's member becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ImageMember {
    Id,
    FileName,
    Height,
    Width,
    Attr(usize),
    Extra,
    Reserved,
}

/// The row keys of the light group.
#[derive(Clone, Debug)]
pub(super) struct ImagePlan {
    pub(super) ids: IdType,
    /// True if some file lists images: results do not.
    pub(super) described: bool,
    pub(super) split: bool,
    pub(super) attrs: Vec<(String, Scalar)>,
}

impl ImagePlan {
    /// The row fields, in the order in which columns come.
    pub(super) fn fields(&self) -> Vec<Field> {
        let mut fields = vec![field::image_id(self.ids)];
        let known = [
            (self.described, "file_name"),
            (self.split, "split"),
            (self.described, "height"),
            (self.described, "width"),
        ];
        fields.extend(known.iter().filter(|(has, _)| *has).filter_map(|(_, name)| field::row(name)));
        let attr = |(name, scalar): &(String, Scalar)| field::row_of(&format!("attr.{name}"), scalar.arrow());
        fields.extend(self.attrs.iter().map(attr));
        fields.extend(field::row("extra"));
        fields
    }
}

/// The row fields that a set other than the default one has beside its objects.
pub(super) fn listing_fields(set: &str) -> Vec<Field> {
    vec![
        field::row_of(&key_name(set, "image_ordinal"), DataType::Int64),
        field::row_of(&key_name(set, "image_extra"), DataType::Utf8),
    ]
}

/// How one file is read.
pub(super) struct FilePlan<'a> {
    /// The file's name, for messages.
    pub(super) path: &'a str,
    pub(super) annotations: &'a Members,
    pub(super) annotations_repeat: bool,
    members: Vec<Member>,
    pub(super) images: &'a Members,
    pub(super) images_repeat: bool,
    image_members: Vec<ImageMember>,
    pub(super) styles: Styles,
    pub(super) labels: &'a HashMap<Id, i64>,
    /// True if unknown categories are to be expected: captions need none.
    pub(super) without_categories: bool,
    /// True if the file's annotations as a rule count their keypoints.
    pub(super) counts_points: bool,
    /// True if its annotations are segments of panoptic records.
    pub(super) panoptic: bool,
}

impl<'a> FilePlan<'a> {
    pub(super) fn new(
        file: &'a SourceFile<'_>,
        set: Option<&SetPlan>,
        images: &ImagePlan,
        labels: &'a HashMap<Id, i64>,
    ) -> FilePlan<'a> {
        let (annotations, records) = (&file.index.annotations, &file.index.images);
        let attrs = set.map(|set| set.attrs.as_slice()).unwrap_or_default();
        let panoptic = file.index.panoptic.is_some();
        let member = |name: usize| {
            let text = annotations.members.text(name);
            if panoptic && text == "image_id" {
                return Member::Extra; // a segment's image is its record's
            }
            let known = KNOWN.iter().find(|(known, _)| *known == text).map(|(_, member)| *member);
            known.unwrap_or_else(|| match position(attrs, text) {
                Some(i) => Member::Attr(i),
                None if text == DECLARED || text == ABSENT => Member::Reserved,
                None => Member::Extra,
            })
        };
        let image_member = |name: usize| match records.members.text(name) {
            "id" => ImageMember::Id,
            "file_name" => ImageMember::FileName,
            "height" => ImageMember::Height,
            "width" => ImageMember::Width,
            DECLARED | ABSENT => ImageMember::Reserved,
            text => position(&images.attrs, text).map_or(ImageMember::Extra, ImageMember::Attr),
        };
        let captions = file.source.kind == Kind::Captions || annotations.members.present("caption") > 0;
        FilePlan {
            path: &file.source.name,
            annotations: &annotations.members,
            annotations_repeat: annotations.repeats,
            members: (0..annotations.members.len()).map(member).collect(),
            images: &records.members,
            images_repeat: records.repeats,
            image_members: (0..records.members.len()).map(image_member).collect(),
            styles: file.styles,
            labels,
            without_categories: captions && file.categories.raw.is_empty(),
            counts_points: annotations.members.present("num_keypoints") > 0,
            panoptic,
        }
    }

    #[inline]
    pub(super) fn member(&self, name: usize) -> Member {
        self.members.get(name).copied().unwrap_or(Member::Extra)
    }

    #[inline]
    pub(super) fn image_member(&self, name: usize) -> ImageMember {
        self.image_members.get(name).copied().unwrap_or(ImageMember::Extra)
    }
}

fn position(attrs: &[(String, Scalar)], name: &str) -> Option<usize> {
    attrs.iter().position(|(attr, _)| attr == name)
}

/// Plans the row keys of all files.
///
/// # Errors
/// [`ErrorKind::Mismatch`] if some image ids are integers and some text.
pub(super) fn plan_images(files: &[SourceFile<'_>], splits: &[Split<'_>]) -> Result<ImagePlan> {
    let mut members = Members::default();
    for file in files {
        members.merge(&file.index.images.members);
    }
    let mut ids = None;
    for split in splits {
        for id in split.rows.ids.iter().filter(|id| **id != NONE).filter_map(|id| split.ids.get(*id)) {
            match ids {
                None => ids = Some((id.id_type(), id.clone())),
                Some((before, _)) if before == id.id_type() => {}
                Some((_, before)) => {
                    let what = format!("the image ids {before} and {id} are of two types");
                    return Err(Error::new(ErrorKind::Mismatch, what)
                        .at(Place::area("coco").key("image_id"))
                        .remedy("make all image ids of a dataset integers, or all text"));
                }
            }
        }
    }
    Ok(ImagePlan {
        ids: ids.map_or(IdType::Int, |(ids, _)| ids),
        described: files.iter().any(|f| f.index.layout == Layout::Object),
        split: splits.iter().any(|split| split.name.is_some()),
        attrs: promote(&members, &IMAGE_KNOWN, &[]),
    })
}

/// Plans the object keys of a set from all its files. `rows` gives what the join said of each of them.
pub(super) fn plan_set(
    name: &str,
    files: &[&SourceFile<'_>],
    in_order: bool,
    classes: &Classes,
    images: &ImagePlan,
) -> SetPlan {
    let mut members = Members::default();
    for file in files {
        members.merge(&file.index.annotations.members);
    }
    let has = |member: &str| members.present(member) > 0;
    let known: Vec<&str> = KNOWN.iter().map(|(name, _)| *name).collect();
    // In the default set `attr.x` is already the key of images that have such a member.
    let taken: &[(String, Scalar)] = if name.is_empty() { &images.attrs } else { &[] };
    let text_ids = members.count("id", Token::Text) > members.count("id", Token::Int);
    SetPlan {
        name: name.to_owned(),
        object_id: if text_ids { IdType::Text } else { IdType::Int },
        label: !classes.table.is_empty(),
        bbox: has("bbox"),
        area: has("area"),
        crowded: has("iscrowd"),
        segmentation: has("segmentation"),
        points: has("keypoints"),
        caption: has("caption"),
        score: has("score"),
        attrs: promote(&members, &known, taken),
        ordinal: !in_order,
        panoptic: files.iter().any(|file| file.index.panoptic.is_some()),
    }
}

/// The members that become keys: at least one record in a hundred has them with one and the same scalar
/// token.
fn promote(members: &Members, known: &[&str], taken: &[(String, Scalar)]) -> Vec<(String, Scalar)> {
    let fits = |name: &&str| {
        !known.contains(name)
            && ![DECLARED, ABSENT, ""].contains(name)
            && name.len() <= 64
            && !name.chars().any(char::is_control)
            && position(taken, name).is_none()
    };
    let scalar = |name: &str| {
        let tokens = [Token::Bool, Token::Int, Token::Float, Token::Text];
        let (count, token) = tokens.map(|token| (members.count(name, token), token)).into_iter().max()?;
        let enough = count > 0 && count.saturating_mul(100) >= members.records();
        if enough { Scalar::of(token).map(|scalar| (name.to_owned(), scalar)) } else { None }
    };
    members.template().filter(fits).filter_map(scalar).take(MAX_PROMOTED).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::convert::coco::ids::Ids;
    use crate::convert::coco::source::tests::source_file;

    fn plan(text: &str) -> (ImagePlan, SetPlan) {
        let mut ids = Ids::default();
        let files = [source_file(text, &mut ids)];
        let images = plan_images(&files, &[]).unwrap();
        let set = plan_set("", &[&files[0]], true, &Classes::default(), &images);
        (images, set)
    }

    #[test]
    fn common_scalars_become_keys_and_rare_or_nested_ones_do_not() {
        let mut records: Vec<String> =
            (0..200).map(|i| format!(r#"{{"id": {i}, "a": {i}, "n": {{}}}}"#)).collect();
        records.push(r#"{"id": 200, "rare": 1, "a": "text"}"#.to_owned());
        let (images, _) = plan(&format!(r#"{{"images": [{}]}}"#, records.join(",")));
        assert_eq!(images.attrs, [("a".to_owned(), Scalar::Int)]);
    }

    #[test]
    fn a_name_that_images_have_stays_theirs_in_the_default_set() {
        let (images, set) = plan(
            r#"{"images": [{"id": 1, "license": 3}], "annotations": [{"image_id": 1, "license": 3, "own": true}]}"#,
        );
        assert_eq!(images.attrs, [("license".to_owned(), Scalar::Int)]);
        assert_eq!(set.attrs, [("own".to_owned(), Scalar::Bool)]);
        let names: Vec<_> = set.fields().iter().map(|f| f.name().clone()).collect();
        assert_eq!(names, ["object_id", "attr.own", "object_extra"]);
    }
}
