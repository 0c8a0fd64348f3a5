//! Pascal VOC: XML annotations, lists of images and label PNGs, into Arrow groups and back.
//!
//! [`import`] reads a tree (folder or archive) or one XML file, [`export`] writes one. The rest of this page is
//! the convention that both share: what is stored where, and the rule by which a record is written again. The
//! law is that every annotation comes back equal as an XML value (see [`xml`]), every list byte by byte.
//!
//! # Layouts
//! A tree is one *part* or several: a devkit (`Annotations`, `JPEGImages`, `ImageSets`, `SegmentationClass`,
//! `SegmentationObject`, `labelmap.txt`, as far as they are there); years of it (`VOC2007`, also below
//! `VOCdevkit`); a folder of XML files, or of `annotations` and `images`; folders of splits with such in them.
//! `ImageSets` and the folders of label PNGs are called exactly so, case does not count in the others.
//!
//! # Groups
//! - `images` {`image_id`, `img`, `content_hash` if embedded, `orientation` if headers are looked at, `label_map`,
//!   `instance_map`}, as far as there are
//! - `objects` {`image_id`, `file_name`, `source`, `split`, `height`, `width`, `image_label`, `attr.*`, `extra`,
//!   `label`, `bbox`, `difficult`, `truncated`, `occluded`, `segmentation`, `point`, `rbox`, `attr.*`,
//!   `attr.action.*`, `attr.part`, `object_extra`}; of the object keys, those that some object has
//! - `sets/masks` {`image_id`, `masks.object_id`, `label`, `bbox`, `area`, `segmentation`}, if there is a
//!   `SegmentationObject`
//!
//! # Rows
//! A row is an annotation, a name in a list, or (where no image root is given) a photograph. `image_id` is its
//! path below the folder of annotations, without the ending; `source` is the year, in a devkit with years. A
//! null list of objects: no annotation. An empty one: an annotation without objects.
//! The photograph is the image of the same name, with any ending of images, else the one that `filename` says.
//! `file_name` is its path below the folder of photographs; where there is none, the declared `filename`.
//!
//! `split` is the list that names the image: of Main, then Segmentation, Layout, Action, others; in each train,
//! val, test, others, trainval; lists with numbers count only under those four names. In folders of splits it
//! is the folder. Rows come by part, split, place in that list, name. Each list is also a saved view called by
//! its path (`Main/train`, `VOC2007/Main/cat_val`): its images, or of a list of a class those with flag 1.
//! Where there is not one object, lists of classes give `image_label`.
//!
//! # Leaves and keys
//! | element of `annotation` | key | | element of `object` | key |
//! |---|---|---|---|---|
//! | `filename` | `file_name`, its last part | | `name` | `label` |
//! | `size/height`, `size/width` | `height`, `width`; where absent, of the photograph | | `bndbox` | `bbox`, by `--coords` |
//! | | | | `difficult`, `truncated`, `occluded` | same; `0` or `1` |
//! | | | | `part` | `attr.part`: name and box of each |
//! | | | | `actions/NAME` | `attr.action.NAME` |
//! | | | | `point` | `point`, moved as boxes are |
//! | | | | `robndbox` | `rbox`, as declared |
//! | | | | `polygon` of x1, y1, x2, … | `segmentation`, as declared |
//!
//! Any other leaf (text of an element without children, attribute, `attributes/attribute` of name and value)
//! that one record in a hundred has gets a key `attr.NAME`, NAME being the last step of its path, or all of it
//! where that is taken: an integer or a double where 99 in 100 texts are, else text. At most 64 do. The rest
//! stands in `extra` or `object_extra`.
//!
//! # Boxes
//! The devkit's corners are pixels counted from 1, the far one included: x = xmin − 1, w = xmax − xmin + 1.
//! [`Coords`](crate::convert::Coords) names the other three readings; the residue keeps which was meant.
//!
//! # Classes
//! Those of `labelmap.txt` but for `background` and `ignored` (void); else VOC's own table where all names are in it; else the names
//! in order. Names are as written, white space around them aside.
//!
//! # Writing a record again
//! A record has the shape that most have, kept in the residue, or its own in `@shape`: which elements, in which
//! order. The text of each path is that of its key: whole numbers in the dataset's style (`45` or `45.0`),
//! fractions as the shortest text that reads back. Where that would not give the source's text it is kept in
//! `@declared`, and holds as long as it reads as what the key says: a key that was changed is written, and an
//! element whose key is null is left out. Keys that the shape has no place for are added, but for those of the paths
//! in `@absent`: the size of the photograph where the file says none.
//!
//! # Label PNGs
//! Stored unchanged. The index of a palette image, or the index of the colour (of the label map, else of VOC's
//! colour map), is the position in the label map, or label + 1; 255, or VOC's void colour, is void. The palette
//! is in the residue. Each number of `SegmentationObject` but 0 and void is an object of the set `masks`, of
//! the class that most of its pixels have. Without stored PNGs an export paints them from `masks`.
//!
//! # Residue
//! `voc`: `{"head": {coords, shapes, styles, attrs, parts, palette}, "lists": [{"part", "name", "text"}]}`.
//!
//! # What it does not do
//! Nothing is repaired. Doctypes, comments and the XML declaration are not kept; the path of another computer
//! in `path` is text and nothing else.

#![deny(clippy::indexing_slicing, clippy::as_conversions)]

mod attrs;
mod check;
mod classes;
mod export;
mod extra;
mod file;
mod finder;
mod images;
mod import;
mod layout;
mod list;
mod masks;
mod memory;
mod number;
mod objects;
mod pass;
mod plan;
mod prepare;
mod render;
mod residue;
mod rows;
mod shape;
mod slot;
mod survey;
mod tuple;
mod values;
pub mod xml;

pub use export::export;
pub use import::import;
pub(in crate::convert) use import::{detect, import_source};
pub use memory::rewrite;
