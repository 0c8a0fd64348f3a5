//! The objects of an instance PNG, and what is odd about the label PNGs.
//!
//! Nothing is repaired: odd numbers are told and kept, their objects without a label where no class has them.

use crate::convert::cityscapes::columns::Object;
use crate::error::{Place, Result, ResultExt};
use crate::geometry::{LabelMap, Size};
use crate::image::{LabelImage, MAX_LABEL_PIXELS};
use crate::job::{Job, Warning};
use crate::place::Tree;
use crate::schema::classes::{Class, ClassTable, SourceId};

/// What a class is multiplied by in the ids of instances.
const OFFSET: u32 = 1000;
const KEPT: &str = "kept as it is";

/// The class table of all labels; the same for every dataset.
pub(super) fn classes() -> ClassTable {
    crate::schema::labels::table("cityscapes_ids").unwrap_or_default()
}

fn has_instances(class: &Class) -> bool {
    class.extra.get("has_instances").and_then(serde_json::Value::as_bool) == Some(true)
}

fn is_train_id(class: &Class, id: u32) -> bool {
    class.extra.get("train_id").and_then(serde_json::Value::as_u64) == Some(id.into())
}

/// The PNGs of one row.
pub(super) struct Maps<'a> {
    pub(super) tree: &'a Tree,
    pub(super) classes: &'a ClassTable,
    pub(super) job: &'a Job,
}

/// A PNG, decoded.
struct Map<'a> {
    member: &'a str,
    size: (u32, u32),
    ids: Vec<u32>,
}

impl Maps<'_> {
    fn place(&self, member: &str) -> Place {
        Place::area("cityscapes").file(self.tree.name(member))
    }

    fn warn(&self, code: &'static str, member: &str, what: String) -> Result<()> {
        self.job.warn(Warning::new(code, self.place(member), what, KEPT))
    }

    /// Decodes a PNG; one that cannot be decoded is a warning.
    fn decode<'m>(&self, member: &'m str) -> Result<Option<Map<'m>>> {
        let bytes = self.tree.read(member).at(|| self.place(member))?;
        match LabelImage::decode(&bytes, MAX_LABEL_PIXELS) {
            Ok(labels) => Ok(Some(Map { member, size: labels.size(), ids: labels.ids() })),
            Err(error) => {
                self.warn("cityscapes.png", member, error.what().to_owned())?;
                Ok(None)
            }
        }
    }

    /// The objects of an instance PNG; `None` if there is none that can be read. `labels` is the label PNG with
    /// what its numbers are, `size` the (height, width) of the image.
    ///
    /// # Errors
    /// Those of the tree, and of a strict job.
    pub(super) fn read(
        &self,
        instances: Option<&str>,
        labels: Option<(&str, &str)>,
        size: Option<(u32, u32)>,
    ) -> Result<Option<(Size, Vec<Object>)>> {
        let instances = instances.map(|member| self.decode(member)).transpose()?.flatten();
        let labels_kind = labels.map(|(_, kind)| kind);
        let labels = labels.map(|(member, _)| self.decode(member)).transpose()?.flatten();
        for map in labels.iter().chain(&instances) {
            if let Some((h, w)) = size.filter(|size| *size != map.size) {
                let what = format!("it has {}x{} pixels, its image {h}x{w}", map.size.0, map.size.1);
                self.warn("cityscapes.size", map.member, what)?;
            }
        }
        if let (Some(map), Some(kind)) = (&labels, labels_kind) {
            self.check_labels(map, kind)?;
        }
        if let (Some(map), Some(labels), Some("labelIds")) = (&instances, &labels, labels_kind) {
            self.check_agreement(map, labels)?;
        }
        let Some(map) = instances else { return Ok(None) };
        let size = Size::new(map.size.0, map.size.1);
        let mut objects = Vec::new();
        for (segment, mask) in LabelMap::try_new(size, &map.ids)?.masks() {
            let (id, instance) = (segment.id, segment.id >= OFFSET);
            let class = if instance { id / OFFSET } else { id };
            let label = self.classes.label_of_source(&SourceId::Int(class.into()));
            let known = label.and_then(|label| self.classes.get(label));
            match known {
                None => {
                    let what =
                        format!("{} pixels have the id {id}, and there is no class {class}", segment.area);
                    self.warn("cityscapes.unknown-class", map.member, what)?;
                }
                Some(class) if instance && !has_instances(class) => {
                    let what = format!("id {id} is an instance of '{}', which has none", class.name);
                    self.warn("cityscapes.odd-instance", map.member, what)?;
                }
                Some(_) => {}
            }
            objects.push(Object {
                id: id.into(),
                label,
                bbox: segment.bbox.to_array(),
                area: segment.area.into(),
                crowded: !instance && known.is_some_and(has_instances),
                rle: mask.to_coco_string(),
            });
        }
        Ok(Some((size, objects)))
    }

    /// Tells of numbers that no class has.
    fn check_labels(&self, map: &Map<'_>, kind: &str) -> Result<()> {
        for segment in LabelMap::try_new(Size::new(map.size.0, map.size.1), &map.ids)?.segments() {
            let id = segment.id;
            let known = match kind {
                "labelIds" => self.classes.label_of_source(&SourceId::Int(id.into())).is_some(),
                // 255 is void, and -1 written in a byte.
                _ => self.classes.iter().any(|class| is_train_id(class, id)),
            };
            if !known {
                let sort = if kind == "labelIds" { "id" } else { "train id" };
                let what = format!("{} pixels have the {sort} {id}, which no class has", segment.area);
                self.warn("cityscapes.unknown-label", map.member, what)?;
            }
        }
        Ok(())
    }

    /// Tells of pixels whose class is not the same in both PNGs.
    fn check_agreement(&self, instances: &Map<'_>, labels: &Map<'_>) -> Result<()> {
        if instances.size != labels.size {
            return Ok(()); // told already, of one of them
        }
        let class = |id: u32| if id >= OFFSET { id / OFFSET } else { id };
        let pairs = instances.ids.iter().zip(&labels.ids);
        let differing = pairs.filter(|(instance, label)| class(**instance) != **label).count();
        if differing > 0 {
            let what = format!("{differing} pixels are of another class than in {}", labels.member);
            self.warn("cityscapes.disagree", instances.member, what)?;
        }
        Ok(())
    }
}
