//! Files of truths and detections, read straight into the columns that evaluators take.
//!
//! The shortest way from COCO's JSON to a number: nothing is converted, no field is kept that the protocol does not
//! ask for. Every other format, and every dataset, comes through [`crate::eval::dataset`].
//!
//! | file | noun |
//! |---|---|
//! | `truth.rs` | an annotation file |
//! | `results.rs` | a results file |
//! | `shape.rs` | masks and points as both spell them |
//! | `records.rs` | objects in file order, and put into the order of images |
//! | `ids.rs`, `scan.rs` | ids as small numbers; JSON member by member |

mod ids;
mod records;
mod results;
mod scan;
mod shape;
mod truth;

use std::path::Path;

use super::coco::Kind;
use super::comparison::{ClassEntry, Comparison, ImageEntry, Rate};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::job::Job;
use crate::place::{Access, Map};
use ids::Ids;
use results::Results;
use truth::Truth;

/// What a protocol needs of the objects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Boxes.
    pub boxes: bool,
    /// Masks.
    pub masks: bool,
    /// So many points an object; 0 for none.
    pub points: usize,
    /// Repair what makes the reference's number wrong.
    pub corrected: bool,
}

impl Wanted {
    /// What a kind of COCO's protocol needs.
    pub fn by(kind: &Kind) -> Wanted {
        match kind {
            Kind::Bbox => Wanted { boxes: true, ..Wanted::default() },
            Kind::Segm => Wanted { masks: true, ..Wanted::default() },
            Kind::Keypoints(sigmas) => Wanted { points: sigmas.len(), ..Wanted::default() },
        }
    }
}

/// Truths of a COCO annotation file and detections of a results file.
///
/// # Errors
/// Those of reading; [`ErrorKind::Format`], naming file, byte and line, for what is no such file;
/// [`ErrorKind::Usage`] if no detection's image is known.
pub fn coco_json(truth: &Path, found: &Path, wanted: &Wanted, job: &Job) -> Result<Comparison> {
    let truth = {
        let map = Map::open(truth, Access::Sequential)?;
        Truth::read(map.buffer(), truth, wanted)?
    };
    job.check()?;
    let results = {
        let map = Map::open(found, Access::Sequential)?;
        Results::read(map.buffer(), found, wanted, |end| map.forget(0..end))?
    };
    job.check()?;
    join(truth, results, found)
}

/// Brings both sides into one order of images and classes.
fn join(truth: Truth, mut results: Results, file: &Path) -> Result<Comparison> {
    let (images, image_place) = sorted(truth.images, |image: &ImageEntry| &image.id);
    let (classes, class_place) = sorted(truth.classes, |class: &ClassEntry| &class.id);
    let image_of = across(&results.image_ids, &truth.image_ids, &image_place);
    let class_of = across(&results.class_ids, &truth.class_ids, &class_place);
    let rate = rate(&results, &image_of, &class_of);
    if rate.all > 0 && rate.no_image == rate.all {
        let ids: Vec<String> = images.iter().take(3).map(|image| image.id.to_string()).collect();
        let what = format!(
            "no detection is of an image of the truth: {} against {}",
            rate.examples.join(", "),
            ids.join(", ")
        );
        return Err(Error::new(ErrorKind::Usage, what)
            .at(Place::none().file(file))
            .remedy("match by --match-by file_name or stem, or give the truth of these detections"));
    }
    results.settle(|image| images.get(*image_of.get(image as usize)?.as_ref()? as usize)?.size);
    let at = |places: &[Option<u32>], n: u32| places.get(n as usize).copied().flatten();
    let (wide, mut remarks) = (images.len(), truth.remarks);
    let truth = truth.records.into_objects(wide, |n| at(&image_place, n), |n| at(&class_place, n))?;
    remarks.merge(results.remarks);
    let found = results.records.into_objects(wide, |n| at(&image_of, n), |n| at(&class_of, n))?;
    Ok(Comparison { images, classes, truth, found, rate, remarks })
}

/// The entries in the order of their ids, and the place of each number.
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

/// For every number of one side's ids the place of the same id of the other side.
fn across(from: &Ids, to: &Ids, places: &[Option<u32>]) -> Vec<Option<u32>> {
    from.list().iter().map(|id| places.get(to.find(id)? as usize).copied().flatten()).collect()
}

fn rate(results: &Results, images: &[Option<u32>], classes: &[Option<u32>]) -> Rate {
    let known = |places: &[Option<u32>], n: u32| places.get(n as usize).is_some_and(Option::is_some);
    let mut rate = Rate { all: results.records.image.len() as u64, ..Rate::default() };
    if images.iter().chain(classes).all(Option::is_some) {
        return rate;
    }
    for (image, class) in results.records.image.iter().zip(&results.records.class) {
        if !known(images, *image) {
            rate.no_image += 1;
        } else if !known(classes, *class) {
            rate.no_class += 1;
        }
    }
    let missing = |ids: &Ids, places: &[Option<u32>], what: &str| -> Vec<String> {
        let unknown = ids.list().iter().zip(places).filter(|(_, place)| place.is_none());
        unknown.take(3).map(|(id, _)| format!("{what} {id}")).collect()
    };
    rate.examples = missing(&results.image_ids, images, "image");
    rate.examples.extend(missing(&results.class_ids, classes, "class"));
    rate
}
