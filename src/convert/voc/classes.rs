//! The classes of a dataset: from `labelmap.txt`, the 20 of VOC, or the names in order.
//!
//! A line of a label map is `name:r,g,b:parts:actions`, lists separated by commas, the last three may be
//! empty or absent, and `#` begins a comment: as CVAT and Datumaro write it. Its lines are the indices of label
//! PNGs; `background`, and `ignored` in VOC's void colour, are among them, but no classes.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::error::{Place, Result};
use crate::image::{Colour, ColourTable, voc_colormap};
use crate::job::{Job, Warning};
use crate::schema::classes::{Class, ClassTable};
use crate::schema::labels;

/// The index that means no class in label PNGs.
pub(super) const VOID: u8 = 255;

/// The name of what is no class.
const BACKGROUND: &str = "background";

/// What label maps call void, and its colour.
pub(super) const IGNORED: (&str, Colour) = ("ignored", crate::image::voc_colour(VOID));

/// The classes, and what the pixels of label PNGs mean.
#[derive(Debug)]
pub(super) struct Classes {
    pub(super) table: ClassTable,
    /// The colour of each index, up to the void one.
    pub(super) palette: Vec<Colour>,
    /// The label of each index.
    labels: Vec<Option<i64>>,
}

/// A line of a label map.
fn entry(line: &str) -> Option<Class> {
    let line = line.split('#').next().unwrap_or(line).trim_start_matches('\u{feff}').trim();
    let mut fields = line.split(':');
    let name = fields.next().map(str::trim).filter(|name| !name.is_empty())?;
    let mut class = Class::named(name);
    let parts: Vec<Option<u8>> = fields.next()?.split(',').map(|part| part.trim().parse().ok()).collect();
    if let [Some(r), Some(g), Some(b)] = parts.as_slice() {
        class.color = Some([*r, *g, *b]);
    }
    for (member, field) in ["parts", "actions"].into_iter().zip(fields) {
        let names: Vec<&str> = field.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
        if !names.is_empty() {
            class.extra.insert(member.to_owned(), Json::from(names));
        }
    }
    Some(class)
}

impl Classes {
    /// The classes of a dataset whose objects have these names. `labelmap` is the file's path and text.
    ///
    /// # Errors
    /// Those of warnings.
    pub(super) fn of(names: &BTreeSet<String>, labelmap: Option<(&str, &str)>, job: &Job) -> Result<Classes> {
        if let Some((file, text)) = labelmap {
            return Classes::of_labelmap(names, file, text, job);
        }
        let voc = labels::table("voc").unwrap_or_default();
        let table = match names.iter().all(|name| voc.label_of(name).is_some()) {
            true => voc,
            false => ClassTable::from_names(names.iter().cloned()),
        };
        let labels = std::iter::once(None).chain((0..).take(table.len()).map(Some)).collect();
        Ok(Classes { table, palette: voc_colormap(256), labels })
    }

    fn of_labelmap(names: &BTreeSet<String>, file: &str, text: &str, job: &Job) -> Result<Classes> {
        let (mut table, mut labels) = (ClassTable::default(), Vec::new());
        let mut palette = Vec::new();
        for class in text.lines().filter_map(entry) {
            let index = u8::try_from(palette.len()).unwrap_or(u8::MAX);
            palette.push(class.color.unwrap_or(crate::image::voc_colour(index)));
            let void = (class.name.as_str(), class.color) == (IGNORED.0, Some(IGNORED.1));
            labels.push((class.name != BACKGROUND && !void).then(|| table.push(class)));
        }
        for name in names {
            if table.label_of(name).is_some() {
                continue;
            }
            let what = format!("the class '{name}' is not in the label map");
            let place = Place::area("voc").file(file);
            job.warn(Warning::new("voc.unknown-class", place, what, "added behind the others"))?;
            table.push(Class::named(name.as_str()));
        }
        palette.truncate(usize::from(VOID));
        Ok(Classes { table, palette, labels })
    }

    /// The label of an index of a label PNG.
    pub(super) fn label(&self, index: u8) -> Option<i64> {
        self.labels.get(usize::from(index)).copied().flatten()
    }

    /// The index of a label: where the PNG of a mask of the class has its number.
    #[cfg(test)]
    pub(super) fn index(&self, label: i64) -> Option<usize> {
        self.labels.iter().position(|known| *known == Some(label))
    }

    /// Which index each colour of an RGB label PNG is. VOC's void colour is void unless a class has it.
    pub(super) fn colours(&self) -> ColourTable {
        let mut colours = self.palette.clone();
        let voc = voc_colormap(256);
        // Up to the void index with colours that are taken, so that they mean nothing new.
        let first = colours.first().copied().unwrap_or_default();
        colours.resize(usize::from(VOID), first);
        colours.extend(voc.last());
        ColourTable::new(&colours)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|n| (*n).to_owned()).collect()
    }

    #[test]
    fn names_of_voc_get_its_table_and_others_the_order_of_the_alphabet() {
        let job = Job::new();
        let voc = Classes::of(&names(&["person", "cat"]), None, &job).unwrap();
        assert_eq!(
            (voc.table.len(), voc.label(15), voc.label(0), voc.label(255)),
            (20, Some(14), None, None)
        );
        let own = Classes::of(&names(&["dog", "Cat"]), None, &job).unwrap();
        assert_eq!(own.table.names(), ["Cat", "dog"]);
        assert_eq!((own.label(1), own.index(1)), (Some(0), Some(2)));
    }

    #[test]
    fn a_label_map_says_names_colours_parts_and_actions() {
        let job = Job::new();
        let text = "# label:color_rgb:parts:actions\nbackground:0,0,0::\ncat:1,2,3:head,tail:run\ndog:::\n\
            ignored:224,224,192::\n";
        let classes = Classes::of(&names(&["cat", "cow"]), Some(("labelmap.txt", text)), &job).unwrap();
        assert_eq!(classes.table.names(), ["cat", "dog", "cow"]);
        let cat = classes.table.get(0).unwrap();
        assert_eq!((cat.color, &cat.extra["parts"]), (Some([1, 2, 3]), &Json::from(vec!["head", "tail"])));
        assert_eq!((classes.label(0), classes.label(1), classes.label(2)), (None, Some(0), Some(1)));
        let colours = classes.colours();
        assert_eq!((colours.index([1, 2, 3]), colours.index([224, 224, 192])), (Some(1), Some(3)));
        assert_eq!(classes.label(3), None);
        assert_eq!(job.warnings().count("voc.unknown-class"), 1);
    }
}
