//! One side of a comparison as it was read, and how two are brought together.
//!
//! Files, datasets and arrays are all made into a [`Side`]; [`join`] then matches images and classes and puts the
//! objects of both into one order. What has no counterpart is counted, never silently dropped.

use std::collections::HashMap;

use super::comparison::{ClassEntry, Comparison, ImageEntry, Rate, Remarks};
use super::images::ImageId;
use super::records::Records;
use crate::error::{Error, ErrorKind, Result};

/// By what images of both sides are matched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MatchBy {
    /// The id.
    #[default]
    Id,
    /// The name of the file, folders included.
    FileName,
    /// The name of the file without folders and extension; the id where there is no name. Leading zeros of a number
    /// do not count, so that `000000000139.jpg` and 139 are one.
    Stem,
}

/// By what classes of both sides are matched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ClassesBy {
    /// The id; the name where both sides name their classes and one name has different ids in them.
    #[default]
    Auto,
    /// The id.
    Id,
    /// The name; where a side has none, its id as text.
    Name,
    /// By a list: an id or name of the detections, and an id or name of the truth.
    Map(Vec<(String, String)>),
}

/// How two sides are brought together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Matching {
    /// Images.
    pub images: MatchBy,
    /// Classes.
    pub classes: ClassesBy,
}

/// Images, classes and objects of one side. Objects name their image and class by place in the lists.
#[derive(Clone, Debug, Default)]
pub struct Side {
    /// Images; none at places that only objects name.
    pub(super) images: Vec<Option<ImageEntry>>,
    /// Classes; none at places that only objects name.
    pub(super) classes: Vec<Option<ClassEntry>>,
    pub(super) records: Records,
    pub(super) remarks: Remarks,
}

impl Side {
    /// Writes down which object is which of the source, so that a row of [`Matches`](super::matches::Matches) can be
    /// found there again: [`Objects::source`](super::Objects).
    pub fn number(&mut self) {
        self.records.source = (0u32..).take(self.records.image.len()).collect();
    }
}

/// Brings both sides into one order of images and classes.
///
/// # Errors
/// [`ErrorKind::Usage`] if two images of one side are the same by what they are matched by, or no detection's
/// image is known; [`ErrorKind::Limit`] for too many objects.
pub fn join(truth: Side, mut found: Side, matching: &Matching) -> Result<Comparison> {
    let image_of = images(&truth, &mut found, matching.images)?;
    let class_of = classes(&truth, &mut found, &matching.classes)?;
    let rate = rate(&found, &image_of, &class_of);
    if rate.all > 0 && rate.no_image == rate.all {
        let known: Vec<String> =
            truth.images.iter().flatten().take(3).map(|image| described(image, matching.images)).collect();
        let known = if known.is_empty() { String::from("none") } else { known.join(", ") };
        let what =
            format!("no detection is of an image of the truth: {} against {known}", rate.examples.join(", "));
        return Err(Error::new(ErrorKind::Usage, what)
            .remedy("match by --match-by file_name or stem, or give the truth of these detections"));
    }
    let at = |places: &[Option<u32>], n: u32| places.get(n as usize).copied().flatten();
    found.records.settle(|image| truth.images.get(at(&image_of, image)? as usize)?.as_ref()?.size);
    if let Some((record, image)) = found.records.unsized_mask(|image| at(&image_of, image).is_some()) {
        let image = found.images.get(image as usize).and_then(Option::as_ref);
        let of = image.map(|image| described(image, matching.images)).unwrap_or_default();
        let what = format!(
            "detection {record} is of polygons or a box, and {of} has no height and width in the truth"
        );
        return Err(Error::new(ErrorKind::Format, what).remedy("give every image its height and width"));
    }
    let (images, image_place) = sorted(truth.images, |image: &ImageEntry| &image.id);
    let (classes, class_place) = sorted(truth.classes, |class: &ClassEntry| &class.id);
    let (wide, mut remarks) = (images.len(), truth.remarks);
    let listed = |places: &[Option<u32>], n: &u32| at(places, *n).is_some();
    let records = truth.records.image.iter().zip(&truth.records.class);
    for (number, _) in (0u64..)
        .zip(records)
        .filter(|(_, (image, class))| !listed(&image_place, image) || !listed(&class_place, class))
    {
        remarks.add("truth.stranger", "left out, as in pycocotools", || {
            format!("annotation {number} is of an image or category that is not listed")
        });
    }
    let truth = truth.records.into_objects(wide, |n| at(&image_place, n), |n| at(&class_place, n))?;
    remarks.merge(found.remarks);
    let found = found.records.into_objects(
        wide,
        |n| at(&image_place, at(&image_of, n)?),
        |n| at(&class_place, at(&class_of, n)?),
    )?;
    Ok(Comparison { images, classes, truth, found, rate, remarks })
}

/// The entries in the order of their ids, and the place of each.
fn sorted<T, K: Ord>(entries: Vec<Option<T>>, id: impl Fn(&T) -> &K) -> (Vec<T>, Vec<Option<u32>>) {
    let mut places = vec![None; entries.len()];
    let mut known: Vec<(usize, T)> =
        entries.into_iter().enumerate().filter_map(|(n, entry)| Some((n, entry?))).collect();
    known.sort_by(|(_, a), (_, b)| id(a).cmp(id(b)));
    for (place, (number, _)) in (0u32..).zip(&known) {
        if let Some(slot) = places.get_mut(*number) {
            *slot = Some(place);
        }
    }
    (known.into_iter().map(|(_, entry)| entry).collect(), places)
}

/// What an image is matched by.
pub(super) fn key(image: &ImageEntry, by: MatchBy) -> ImageId {
    match (by, &image.file_name) {
        (MatchBy::FileName, Some(name)) => ImageId::from(name.as_str()),
        (MatchBy::Stem, Some(name)) => stem(name),
        (MatchBy::Stem | MatchBy::FileName, None) => match &image.id {
            ImageId::Text(text) if by == MatchBy::Stem => stem(text),
            id => id.clone(),
        },
        (MatchBy::Id, _) => image.id.clone(),
    }
}

/// The name without folders and extension; a number where it is one.
fn stem(name: &str) -> ImageId {
    let file = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    match stem.parse::<i64>() {
        Ok(number) if stem.bytes().all(|b| b.is_ascii_digit()) => ImageId::Int(number),
        _ => ImageId::from(stem),
    }
}

fn described(image: &ImageEntry, by: MatchBy) -> String {
    format!("image {}", key(image, by))
}

/// For each image of the detections its place in the truth.
fn images(truth: &Side, found: &mut Side, by: MatchBy) -> Result<Vec<Option<u32>>> {
    let mut places: HashMap<ImageId, u32> = HashMap::with_capacity(truth.images.len());
    for (place, image) in (0u32..).zip(&truth.images) {
        let Some(image) = image else { continue };
        if places.insert(key(image, by), place).is_some() {
            let what = format!("{} stands twice in the truth", described(image, by));
            return Err(
                Error::new(ErrorKind::Usage, what).remedy("match by --match-by id, file_name or stem")
            );
        }
    }
    let (list, remarks) = (&found.images, &mut found.remarks);
    let find = |image: &Option<ImageEntry>| {
        let own = key(image.as_ref()?, by);
        if let Some(place) = places.get(&own) {
            return Some(*place);
        }
        let other = respelled(&own)?;
        let place = places.get(&other).copied()?;
        remarks.add("found.image_id.spelling", "taken for the same", || {
            format!("an image is {own} in the detections and {other} in the truth")
        });
        Some(place)
    };
    Ok(list.iter().map(find).collect())
}

/// A number as text, or a text as the number that is written so.
fn respelled(id: &ImageId) -> Option<ImageId> {
    match id {
        ImageId::Int(number) => Some(ImageId::from(number.to_string().as_str())),
        ImageId::Text(text) => {
            let number: i64 = text.parse().ok()?;
            (number.to_string() == **text).then_some(ImageId::Int(number))
        }
    }
}

/// For each class of the detections its place in the truth.
fn classes(truth: &Side, found: &mut Side, by: &ClassesBy) -> Result<Vec<Option<u32>>> {
    let entries = || (0u32..).zip(&truth.classes).filter_map(|(place, class)| Some((place, class.as_ref()?)));
    let named: HashMap<&str, u32> = entries().map(|(place, class)| (class.name.as_str(), place)).collect();
    let ids: HashMap<&ImageId, u32> = entries().map(|(place, class)| (&class.id, place)).collect();
    let texts: HashMap<String, u32> = entries().map(|(place, class)| (class.id.name(), place)).collect();
    let by_id = |class: &ClassEntry| ids.get(&class.id).copied();
    let by_name = |class: &ClassEntry| named.get(class.name.as_str()).copied();
    // Under one name another class than under one id: the two sides number their classes differently.
    let says_otherwise = |class: &ClassEntry| {
        let differs = |place: &u32| by_id(class).is_some_and(|own| own != *place);
        class.name != class.id.name() && by_name(class).as_ref().is_some_and(differs)
    };
    let otherwise: Vec<&ClassEntry> = found.classes.iter().flatten().filter(|c| says_otherwise(c)).collect();
    if let (Some(first), ClassesBy::Auto | ClassesBy::Id) = (otherwise.first(), by) {
        let done = match by {
            ClassesBy::Auto => "classes are matched by name; --classes-by id matches them by id",
            _ => "classes are matched by id, as --classes-by id says",
        };
        let other = by_id(first).and_then(|place| truth.classes.get(place as usize)?.as_ref());
        let other = other.map(|class| class.name.clone()).unwrap_or_default();
        let what =
            format!("class {} is {:?} in the detections and {other:?} in the truth", first.id, first.name);
        let (count, remarks) = (otherwise.len(), &mut found.remarks);
        (0..count).for_each(|_| remarks.add("found.class.id", done, || what.clone()));
    }
    let by_names =
        *by == ClassesBy::Name || (*by == ClassesBy::Auto && found.remarks.count("found.class.id") > 0);
    if let ClassesBy::Map(pairs) = by {
        let known = |name: &String| named.contains_key(name.as_str()) || texts.contains_key(name);
        if !pairs.is_empty() && !pairs.iter().any(|(_, to)| known(to)) {
            let some: Vec<&str> = named.keys().copied().take(3).collect();
            let what = format!("no class of the truth is called as the list says: {:?}", pairs[0].1);
            return Err(
                Error::new(ErrorKind::Usage, what).remedy(format!("there are: {}, …", some.join(", ")))
            );
        }
    }
    let find = |class: &ClassEntry| match by {
        ClassesBy::Map(pairs) => {
            let own = class.id.name();
            let (_, other) = pairs.iter().find(|(from, _)| *from == class.name || *from == own)?;
            named.get(other.as_str()).or_else(|| texts.get(other)).copied()
        }
        _ if by_names && (*by == ClassesBy::Name || class.name != class.id.name()) => by_name(class),
        _ => by_id(class),
    };
    Ok(found.classes.iter().map(|class| find(class.as_ref()?)).collect())
}

fn rate(found: &Side, images: &[Option<u32>], classes: &[Option<u32>]) -> Rate {
    let known = |places: &[Option<u32>], n: u32| places.get(n as usize).is_some_and(Option::is_some);
    let mut rate = Rate { all: found.records.image.len() as u64, ..Rate::default() };
    if images.iter().chain(classes).all(Option::is_some) {
        return rate;
    }
    let (mut no_image, mut no_class) = (Vec::new(), Vec::new());
    for (image, class) in found.records.image.iter().zip(&found.records.class) {
        let example = if !known(images, *image) {
            rate.no_image += 1;
            (&mut no_image, *image)
        } else if !known(classes, *class) {
            rate.no_class += 1;
            (&mut no_class, *class)
        } else {
            continue;
        };
        if example.0.len() < 3 && !example.0.contains(&example.1) {
            example.0.push(example.1);
        }
    }
    let images = no_image.iter().filter_map(|n| found.images.get(*n as usize)?.as_ref());
    let classes = no_class.iter().filter_map(|n| found.classes.get(*n as usize)?.as_ref());
    rate.examples = images.map(|image| described(image, MatchBy::Id)).collect();
    rate.examples.extend(classes.map(|class| format!("class {}", class.name)));
    rate
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stems_leave_folders_extensions_and_leading_zeros_out() {
        assert_eq!(stem("val2017/000000000139.jpg"), ImageId::Int(139));
        assert_eq!(stem("a\\b.c.png"), ImageId::from("b.c"));
        assert_eq!(stem("img-7"), ImageId::from("img-7"));
        assert_eq!(stem("99999999999999999999"), ImageId::from("99999999999999999999"));
    }

    fn side(images: &[(i64, Option<&str>)], classes: &[(i64, &str)], records: &[(u32, u32)]) -> Side {
        let entry = |(id, name): &(i64, Option<&str>)| {
            Some(ImageEntry { file_name: name.map(str::to_owned), ..ImageEntry::new((*id).into()) })
        };
        let class = |(id, name): &(i64, &str)| Some(ClassEntry::new((*id).into(), *name));
        let mut side = Side { images: images.iter().map(entry).collect(), ..Side::default() };
        side.classes = classes.iter().map(class).collect();
        (side.records.image, side.records.class) = records.iter().copied().unzip();
        side
    }

    #[test]
    fn images_and_classes_are_matched_as_asked_and_what_is_left_over_is_counted() {
        let truth = || side(&[(5, Some("a/1.jpg")), (3, Some("a/2.jpg"))], &[(2, "dog"), (1, "cat")], &[]);
        let found =
            || side(&[(1, None), (2, None), (9, None)], &[(0, "cat"), (2, "cow")], &[(0, 0), (1, 1), (2, 0)]);
        let by = |images, classes| join(truth(), found(), &Matching { images, classes });
        assert!(by(MatchBy::Id, ClassesBy::Id).unwrap_err().to_string().contains("image 1"));
        let joined = by(MatchBy::Stem, ClassesBy::Name).unwrap();
        assert_eq!((joined.rate.no_image, joined.rate.no_class), (1, 1));
        assert_eq!(joined.rate.examples, ["image 9", "class cow"]);
        // Images stand in the order of their ids: 3, then 5. The cat is class 0.
        assert_eq!((joined.found.range(0).len(), joined.found.range(1).len()), (0, 1));
        assert_eq!(joined.found.label, [0]);
        let map = ClassesBy::Map(vec![("cow".into(), "dog".into()), ("0".into(), "1".into())]);
        assert_eq!(by(MatchBy::Stem, map).unwrap().found.label, [1, 0]);
    }

    #[test]
    fn two_images_of_one_stem_are_refused() {
        let truth = side(&[(1, Some("a/1.jpg")), (2, Some("b/1.jpg"))], &[], &[]);
        let matching = Matching { images: MatchBy::Stem, ..Matching::default() };
        assert!(join(truth, Side::default(), &matching).unwrap_err().to_string().contains("stands twice"));
    }
}
