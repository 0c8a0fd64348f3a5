//! What Open Images publishes beside boxes: [`Declared`], the hierarchy of classes and image-level labels.

use std::collections::HashMap;
use std::path::PathBuf;

use serde_json::Value;

use super::hierarchy::Hierarchy;
use crate::error::{Error, ErrorKind, Place, Result, ResultExt};
use crate::eval::comparison::{ClassEntry, Comparison};

/// How deep a hierarchy may be nested.
const DEPTH: usize = 64;

/// The files beside the boxes; without them classes are flat, and a class is verified where it has a box.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Declared {
    /// `bbox_labels_600_hierarchy.json`: nested objects with `LabelName`, `Subcategory` and `Part`.
    pub hierarchy: Option<PathBuf>,
    /// `*-annotations-human-imagelabels.csv`: `ImageID`, `LabelName` and others.
    pub labels: Option<PathBuf>,
}

impl Declared {
    /// The hierarchy over these classes, which are named by id or name. Classes of the file that are not among them
    /// pass their place on: what is below them is below what is above them. `Part` is no class below, as in the
    /// TF Object Detection API.
    ///
    /// # Errors
    /// Those of reading; [`ErrorKind::Format`] for what is no such file.
    pub fn hierarchy(&self, classes: &[ClassEntry]) -> Result<Hierarchy> {
        let Some(file) = &self.hierarchy else { return Ok(Hierarchy::flat(classes.len())) };
        let place = || Place::none().file(file);
        let bytes = std::fs::read(file).map_err(|e| Error::io("read", e)).at(place)?;
        let tree: Value = serde_json::from_slice(&bytes)
            .map_err(|e| Error::new(ErrorKind::Format, e.to_string()))
            .at(place)?;
        let places = places(classes);
        let mut pairs = Vec::new();
        below(&tree, None, &places, &mut pairs, DEPTH).at(place)?;
        pairs.sort_unstable();
        pairs.dedup();
        if pairs.is_empty() && !classes.is_empty() {
            return Err(Error::new(
                ErrorKind::Format,
                "none of its classes is below another of the truth's classes",
            )
            .at(place())
            .remedy("LabelName has to be the id or the name of a class"));
        }
        Hierarchy::new(classes.len(), &pairs).at(place)
    }

    /// The classes that image-level labels verify on each image, whether they say that it is there or not.
    ///
    /// # Errors
    /// Those of reading; [`ErrorKind::Format`], naming the line, for what is no such file.
    pub fn verified(&self, comparison: &Comparison) -> Result<Vec<Vec<u32>>> {
        let mut out = vec![Vec::new(); comparison.images.len()];
        let Some(file) = &self.labels else { return Ok(out) };
        let place = || Place::none().file(file);
        let text = std::fs::read_to_string(file).map_err(|e| Error::io("read", e)).at(place)?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let mut lines = text.lines().zip(1u64..).filter(|(line, _)| !line.trim().is_empty());
        let column = |head: &str, name: &str| head.split(',').position(|cell| cell.trim() == name);
        let (image, label) = lines
            .next()
            .and_then(|(head, _)| column(head, "ImageID").zip(column(head, "LabelName")))
            .ok_or_else(|| {
                Error::new(ErrorKind::Format, "its head names no ImageID and LabelName").at(place())
            })?;
        let classes = places(&comparison.classes);
        let mut images: HashMap<String, usize> = HashMap::new();
        for (at, entry) in comparison.images.iter().enumerate() {
            images.insert(entry.id.name(), at);
            let stem = entry.file_name.as_deref().map(|name| {
                let name = name.rsplit('/').next().unwrap_or(name);
                name.rsplit_once('.').map_or(name, |(stem, _)| stem)
            });
            if let Some(stem) = stem {
                images.entry(stem.to_owned()).or_insert(at);
            }
        }
        for (line, number) in lines {
            let cell = |n: usize| line.split(',').nth(n).map(str::trim);
            let (Some(image), Some(label)) = (cell(image), cell(label)) else {
                let what = "this line has fewer cells than its head";
                return Err(Error::new(ErrorKind::Format, what).at(place().line(number)));
            };
            if let (Some(at), Some(class)) = (images.get(image), classes.get(label))
                && let Some(list) = out.get_mut(*at)
            {
                list.push(*class);
            }
        }
        Ok(out)
    }
}

/// The place of each class by its id and by its name.
fn places(classes: &[ClassEntry]) -> HashMap<String, u32> {
    let mut places = HashMap::new();
    for (class, at) in classes.iter().zip(0u32..) {
        places.insert(class.id.name(), at);
        places.entry(class.name.clone()).or_insert(at);
    }
    places
}

/// Pairs of a class and the nearest class above it that is known.
fn below(
    node: &Value,
    above: Option<u32>,
    places: &HashMap<String, u32>,
    pairs: &mut Vec<(u32, u32)>,
    depth: usize,
) -> Result<()> {
    let Some(name) = node.get("LabelName").and_then(Value::as_str) else {
        return Err(Error::new(ErrorKind::Format, "a class of the hierarchy has no LabelName"));
    };
    let depth =
        depth.checked_sub(1).ok_or_else(|| Error::new(ErrorKind::Limit, "it is nested too deeply"))?;
    let own = places.get(name).copied();
    if let (Some(own), Some(above)) = (own, above)
        && own != above
    {
        pairs.push((own, above));
    }
    let children = node.get("Subcategory").and_then(Value::as_array);
    children.into_iter().flatten().try_for_each(|child| below(child, own.or(above), places, pairs, depth))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::comparison::ImageEntry;

    fn file(folder: &tempfile::TempDir, name: &str, text: &str) -> Option<PathBuf> {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        Some(path)
    }

    #[test]
    fn unknown_classes_pass_their_place_on_and_labels_find_images_by_id_or_stem() {
        let folder = tempfile::tempdir().unwrap();
        let tree = r#"{"LabelName": "Entity", "Subcategory": [{"LabelName": "/m/animal", "Subcategory":
            [{"LabelName": "/m/pet", "Subcategory": [{"LabelName": "cat"}], "Part": [{"LabelName": "/m/leg"}]}]}]}"#;
        let labels = "ImageID,Source,LabelName,Confidence\na1,verification,cat,0\nb,verification,/m/animal,1\nc,v,cat,1\n";
        let declared = Declared {
            hierarchy: file(&folder, "tree.json", tree),
            labels: file(&folder, "labels.csv", labels),
        };
        let classes = ["/m/animal", "/m/leg", "/m/cat"].map(|id| ClassEntry::new(id.into(), id));
        let mut comparison = Comparison { classes: classes.into(), ..Comparison::default() };
        comparison.classes[2].name = "cat".into();
        let tree = declared.hierarchy(&comparison.classes).unwrap();
        assert_eq!((tree.above(2), tree.above(1)), (&[0][..], &[][..]));
        let named =
            |id: i64, name: &str| ImageEntry { file_name: Some(name.into()), ..ImageEntry::new(id.into()) };
        comparison.images = vec![named(1, "x/a1.jpg"), ImageEntry::new("b".into()), named(3, "d.png")];
        assert_eq!(declared.verified(&comparison).unwrap(), [vec![2], vec![0], vec![]]);
        let short =
            Declared { labels: file(&folder, "short.csv", "ImageID,LabelName\na1\n"), ..Declared::default() };
        assert_eq!(short.verified(&comparison).unwrap_err().place().line_number(), Some(2));
    }
}
