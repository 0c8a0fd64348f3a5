//! Lists of images, and the label map.

use super::names::{Names, list_line};
use crate::convert::export::{Partial, below};
use crate::convert::photos::join;
use crate::convert::voc::classes::IGNORED;
use crate::convert::voc::finder::image_stem;
use crate::convert::voc::list::line;
use crate::convert::voc::residue::Residue;
use crate::error::Result;
use crate::image::voc_colour;
use crate::schema::classes::ClassTable;

/// Writes the lists: those of the import, without the lines of rows that the view does not have, and one for
/// each split of rows that came from elsewhere.
///
/// # Errors
/// Those of the disk.
pub(super) fn write(
    residue: Option<&Residue>,
    names: &Names,
    whole: bool,
    partial: &mut Partial,
) -> Result<()> {
    for (number, part) in names.parts().iter().enumerate() {
        let folder = part.lists.as_deref().unwrap_or("ImageSets");
        let there = names.of_part(number);
        let entries = residue.iter().flat_map(|r| &r.lists).filter(|entry| entry.part == number);
        for entry in entries {
            let Some(file) = below(folder, &format!("{}.txt", entry.name)) else { continue };
            let kept = |raw: &&str| {
                line(raw).is_some_and(|line| {
                    there.contains(line.id) || image_stem(line.id).is_some_and(|stem| there.contains(stem))
                })
            };
            let text: String = match whole {
                true => entry.text.clone(),
                false => entry.text.split_inclusive('\n').filter(kept).collect(),
            };
            if whole || !text.is_empty() {
                partial.write(&file, text.as_bytes())?;
            }
        }
        if let Some(map) = &part.labelmap
            && let Some(file) = below("", &map.file)
        {
            partial.write(&file, map.text.as_bytes())?;
        }
    }
    let Some(part) = names.foreign_part().and_then(|part| names.parts().get(part)) else { return Ok(()) };
    let folder = join(part.lists.as_deref().unwrap_or("ImageSets"), "Main");
    for (split, stems) in names.foreign() {
        let name = split.unwrap_or("default");
        let Some(file) = below(&folder, &format!("{name}.txt")).filter(|file| !partial.has(file)) else {
            continue;
        };
        let text: String = stems.into_iter().map(list_line).collect();
        partial.write(&file, text.as_bytes())?;
    }
    Ok(())
}

/// Writes the label map of classes that did not come from VOC, unless they are VOC's own.
///
/// # Errors
/// Those of the disk.
pub(super) fn labelmap(classes: &ClassTable, partial: &mut Partial) -> Result<()> {
    let voc = crate::schema::labels::table("voc").unwrap_or_default();
    if classes.is_empty() || classes.names() == voc.names() || partial.has("labelmap.txt") {
        return Ok(());
    }
    let mut text = "# label:color_rgb:parts:actions\nbackground:0,0,0::\n".to_owned();
    for (index, class) in (1..).zip(classes.iter()) {
        let [r, g, b] = class.color.unwrap_or_else(|| voc_colour(index));
        // A line is divided by colons, and ends at a comment.
        let name = class.name.replace([':', '#', '\n', '\r'], " ");
        text.push_str(&format!("{name}:{r},{g},{b}::\n"));
    }
    // What painted crowds and masks without a class are: readers ask for every colour to be there.
    let (name, [r, g, b]) = IGNORED;
    text.push_str(&format!("{name}:{r},{g},{b}::\n"));
    partial.write("labelmap.txt", text.as_bytes())
}
