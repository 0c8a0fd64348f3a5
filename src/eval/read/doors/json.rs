//! COCO's results and their relatives, brought to the truth: [`read`].
//!
//! Numbers are ids and stay as they are, as pycocotools has them. An image that is named by a text is sought in the
//! truth by that text or by its `file_name`; class numbers are ids unless something else is said.

use std::path::Path;

use super::classes::settle;
use super::names::{By, Names};
use super::options::{ClassNumbers, PredictionOptions};
use crate::error::{Place, Result, ResultExt};
use crate::eval::images::ImageId;
use crate::eval::read::Wanted;
use crate::eval::read::results::Results;
use crate::eval::side::Side;

/// Reads a file's bytes; `forget` is told how far it was read.
pub(super) fn read(
    bytes: &[u8],
    path: &Path,
    truth: &Side,
    wanted: &Wanted,
    options: &PredictionOptions,
    forget: impl Fn(usize),
) -> Result<Side> {
    let mut side = Results::read_any(bytes, path, wanted, options.score, forget)?;
    images(&mut side, truth).at(|| Place::none().file(path))?;
    classes(&mut side, truth, options.classes).at(|| Place::none().file(path))?;
    Ok(side)
}

/// Texts that name an image of the truth are made its id.
fn images(side: &mut Side, truth: &Side) -> Result<()> {
    let text = |id: &ImageId| matches!(id, ImageId::Text(_));
    if !side.images.iter().flatten().any(|image| text(&image.id) || image.file_name.is_some()) {
        return Ok(());
    }
    let names = Names::of(truth);
    for image in side.images.iter_mut().flatten() {
        let place = match (&image.id, &image.file_name) {
            (ImageId::Text(id), file) => match (names.find(id, By::Id)?, file) {
                (None, Some(file)) => names.find(file, By::File)?,
                (place, _) => place,
            },
            (ImageId::Int(_), _) => None,
        };
        let entry = place.and_then(|place| truth.images.get(usize::try_from(place).ok()?)?.clone());
        let Some(entry) = entry.filter(|entry| entry.id != image.id) else { continue };
        side.remarks.add("found.image.by_name", "taken for its id", || {
            format!("image {} is {} of the truth", image.id, entry.id)
        });
        *image = entry;
    }
    Ok(())
}

/// Class numbers that are no ids are made ids; those that look as if they were not are remarked upon.
fn classes(side: &mut Side, truth: &Side, said: ClassNumbers) -> Result<()> {
    if matches!(said, ClassNumbers::ZeroBased | ClassNumbers::OneBased) {
        let tokens: Vec<String> = side.classes.iter().flatten().map(|class| class.id.name()).collect();
        side.classes = settle(&tokens, truth, said, said, &[], &mut side.remarks)?;
        return Ok(());
    }
    let has = |id: &ImageId| truth.classes.iter().flatten().any(|class| class.id == *id);
    let count = i64::try_from(truth.classes.iter().flatten().count()).unwrap_or(i64::MAX);
    let mut ids = side.classes.iter().flatten().map(|class| &class.id);
    let all = ids.clone().all(|id| matches!(id, ImageId::Int(n) if (0..count).contains(n)));
    if said == ClassNumbers::Auto && all && ids.any(|id| !has(id)) {
        side.remarks.add(
            "found.class.number",
            "taken for ids; --pred-classes zero-based makes them places",
            || "numbers of classes are no ids of the truth, and would be places in its list".to_owned(),
        );
    }
    Ok(())
}
