//! [`folders`]: instance maps against results in the official form.
//!
//! Results are one text file an image, whose name begins with that of the image (`city_sequence_frame`): a line for
//! each prediction with the path of a mask, relative to the file, the id of its class, and its score. What is not
//! black in the mask belongs to the prediction.

use std::collections::BTreeMap;
use std::path::Path;

use super::evaluator::{Evaluator, Options, Prediction};
use super::scores::Scores;
use crate::error::{Error, ErrorKind, Place, Result, ResultExt};
use crate::geometry::{LabelMap, Rle, Size};
use crate::image::{Colour, LabelData, LabelImage, MAX_LABEL_PIXELS};
use crate::job::Job;
use crate::place::{EntryKind, Tree, TreeOptions};

/// What ends the name of a map of instances.
const TRUTH_END: &str = "_gtFine_instanceIds.png";

/// Images of one shard.
const SHARD: usize = 4;

/// Compares the `*_gtFine_instanceIds.png` of a folder or archive with the results in another, subfolders included.
///
/// # Errors
/// [`ErrorKind::NotFound`] if there is no such map, for an image without results, and for a mask that is not
/// there; [`ErrorKind::Usage`] for two results of one image; [`ErrorKind::Format`] for a line that is none, with
/// file and line; those of decoding and of [`Evaluator::update`].
pub fn folders(truth: &Path, results: &Path, options: &Options, job: &Job) -> Result<Scores> {
    let open = |path: &Path| Tree::open(path, &TreeOptions::default(), job);
    let (truths, results) = (open(truth)?, open(results)?);
    let texts = files(&results, ".txt")?;
    let maps = files(&truths, TRUTH_END)?;
    if maps.is_empty() {
        let what = format!("there is no file whose name ends with {TRUTH_END}");
        return Err(Error::new(ErrorKind::NotFound, what).at(place(truths.path())));
    }
    let mut images = Vec::with_capacity(maps.len());
    for (position, (image, map)) in (0u64..).zip(&maps) {
        let mut begin = texts.range(image.clone()..).take_while(|(name, _)| name.starts_with(image));
        match (begin.next(), begin.next()) {
            (Some((_, text)), None) => images.push((position, image, map, text)),
            (None, _) => {
                let what = format!("there is no result for the image {image}");
                return Err(Error::new(ErrorKind::NotFound, what).at(place(results.path())));
            }
            (Some((_, one)), Some((_, other))) => {
                let what = format!("the image {image} has two results, '{one}' and '{other}'");
                return Err(Error::new(ErrorKind::Usage, what).at(place(results.path())));
            }
        }
    }
    let stage = job.stage("comparing instances", Some(images.len() as u64));
    let shards: Vec<_> = images.chunks(SHARD).collect();
    let parts = job.each(&shards, |shard| {
        let mut part = Evaluator::new(options.clone())?;
        for (position, image, map, text) in *shard {
            let truth = decode(&truths, map)?;
            let found = read(&results, text)?;
            let list: Vec<Prediction<'_>> = found
                .iter()
                .map(|(mask, class, score)| Prediction { class: *class, score: *score, mask })
                .collect();
            let size = Size::new(truth.size().0, truth.size().1);
            part.update(*position, image, LabelMap::try_new(size, &truth.ids())?, &list)?;
            stage.advance(1)?;
        }
        Ok(part)
    })?;
    let mut whole = Evaluator::new(options.clone())?;
    parts.into_iter().try_for_each(|part| whole.merge(part))?;
    Ok(whole.finish())
}

fn place(file: impl AsRef<Path>) -> Place {
    Place::area("cityscapes").file(file)
}

/// The files of a tree whose names end so, by the name without that end.
fn files(tree: &Tree, end: &str) -> Result<BTreeMap<String, String>> {
    let (mut found, mut folders) = (BTreeMap::new(), vec![String::new()]);
    while let Some(folder) = folders.pop() {
        for (name, kind) in tree.list(&folder)?.iter() {
            let member = if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
            if kind == EntryKind::Folder {
                folders.push(member);
            } else if let Some(stem) = name.strip_suffix(end)
                && let Some(other) = found.insert(stem.to_owned(), member.clone())
            {
                let what = format!("'{other}' and '{member}' have one name");
                return Err(Error::new(ErrorKind::Usage, what).at(place(tree.path())));
            }
        }
    }
    Ok(found)
}

fn decode(tree: &Tree, member: &str) -> Result<LabelImage> {
    LabelImage::decode(&tree.read(member)?, MAX_LABEL_PIXELS).at(|| place(tree.name(member)))
}

/// The predictions of a text file: mask, class, score.
fn read(tree: &Tree, text: &str) -> Result<Vec<(Rle, u32, f64)>> {
    let bytes = tree.read(text)?;
    let file = tree.name(text);
    let content = std::str::from_utf8(&bytes)
        .map_err(|_| Error::new(ErrorKind::Format, "the results are no text").at(place(&file)))?;
    let folder = text.rsplit_once('/').map_or("", |(folder, _)| folder);
    // A mask that is named twice has the class and score of its last line.
    let mut lines: Vec<(String, u32, f64)> = Vec::new();
    for (number, line) in (1..).zip(content.lines()) {
        let wrong = |what: String| Error::new(ErrorKind::Format, what).at(place(&file).line(number));
        let parts: Vec<&str> = line.split(' ').collect();
        let [path, class, score] = parts[..] else {
            let what =
                format!("{} fields, where there are path, class and score with a space between", parts.len());
            return Err(wrong(what));
        };
        let class = class.trim().parse::<f64>().ok().filter(|class| *class >= 0.0 && *class < 1e9);
        let (Some(class), Ok(score)) = (class, score.trim().parse::<f64>()) else {
            return Err(wrong(format!("'{}' is no class id and score", parts[1..].join(" "))));
        };
        let member = inside(folder, path)
            .ok_or_else(|| wrong(format!("the path '{path}' leads out of the folder of results")))?;
        let class = class as u32;
        match lines.iter_mut().find(|(other, ..)| *other == member) {
            Some(line) => (line.1, line.2) = (class, score),
            None => lines.push((member, class, score)),
        }
    }
    lines
        .into_iter()
        .map(|(member, class, score)| Ok((mask(&decode(tree, &member)?)?, class, score)))
        .collect()
}

/// A path relative to a folder, as one relative to the tree; `None` if it leads out of it.
fn inside(folder: &str, path: &str) -> Option<String> {
    if path.starts_with('/') {
        return None;
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// What is not black. Colours are black where their luma (ITU-R 601, as Pillow rounds it) is 0.
fn mask(image: &LabelImage) -> Result<Rle> {
    let bright = |[r, g, b]: Colour| {
        let luma = u32::from(r) * 19_595 + u32::from(g) * 38_470 + u32::from(b) * 7_471 + 0x8000;
        u8::from(luma >> 16 != 0)
    };
    let pixels: Vec<u8> = match (image.data(), image.palette()) {
        (LabelData::U8(values), None) => values.clone(),
        (LabelData::U8(values), Some(palette)) => {
            let colour = |index: &u8| palette.get(usize::from(*index)).copied().unwrap_or([0; 3]);
            values.iter().map(|index| bright(colour(index))).collect()
        }
        (LabelData::U16(values), _) => values.iter().map(|value| u8::from(*value != 0)).collect(),
        (LabelData::Rgb(colours), _) => colours.iter().map(|colour| bright(*colour)).collect(),
    };
    Rle::from_pixels(Size::new(image.size().0, image.size().1), &pixels)
}

#[cfg(test)]
mod tests {
    use super::inside;

    #[test]
    fn paths_stay_inside_the_results() {
        assert_eq!(inside("a/b", "c.png").as_deref(), Some("a/b/c.png"));
        assert_eq!(inside("a/b", "../m/./c.png").as_deref(), Some("a/m/c.png"));
        assert_eq!(inside("", "c.png").as_deref(), Some("c.png"));
        assert_eq!(
            (inside("a", "../../c.png"), inside("", "../c.png"), inside("a", "/c.png")),
            (None, None, None)
        );
    }
}
