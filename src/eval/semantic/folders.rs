//! [`folders`]: two folders of label PNGs, paired by the stems of their names.
//!
//! The pixels are compared as they are stored: palette indices, gray values of 1 to 16 bits, or packed colours
//! (see [`LabelImage::ids`]); [`Options`] says which class they are. No picture is resized.

use std::collections::BTreeMap;
use std::path::Path;

use super::evaluator::Evaluator;
use super::options::Options;
use super::scores::Scores;
use crate::error::{Error, ErrorKind, Place, Result, ResultExt};
use crate::geometry::{LabelMap, Size};
use crate::image::{LabelData, LabelImage, MAX_LABEL_PIXELS, pack_id};
use crate::job::{Job, Warning};
use crate::place::{EntryKind, Tree, TreeOptions};

/// How files of two folders are paired.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pairing {
    /// What ends a truth's stem and is no part of its name, as `_gtFine_labelIds`; other files are not looked at.
    pub truth_end: String,
    /// What ends a prediction's stem and is no part of its name.
    pub predicted_end: String,
    /// Leave out images without a prediction, with a warning; else they are an error.
    pub partial: bool,
}

/// Scores, and of which images.
#[derive(Clone, Debug, PartialEq)]
pub struct Compared {
    /// The scores of the images in both.
    pub scores: Scores,
    /// Names that only the truth has, in order.
    pub truth_only: Vec<String>,
    /// Names that only the predictions have, in order.
    pub predicted_only: Vec<String>,
}

/// Images of one shard: small enough that threads end together.
const SHARD: usize = 16;

/// Compares the PNGs of two folders or archives, subfolders included, that have the same stem.
///
/// # Errors
/// As [`folders_paired`].
pub fn folders(truth: &Path, predicted: &Path, options: &Options, job: &Job) -> Result<Compared> {
    folders_paired(truth, predicted, &Pairing::default(), options, job)
}

/// As [`folders`], with stems that differ in their ends, or images without a prediction.
///
/// # Errors
/// [`ErrorKind::NotFound`] if there is no truth, no pair, or a truth without a prediction (unless
/// [`Pairing::partial`]); [`ErrorKind::Usage`] if two files of one side have the same stem; those of decoding and
/// of [`Evaluator::update`], with the file.
pub fn folders_paired(
    truth: &Path,
    predicted: &Path,
    pairing: &Pairing,
    options: &Options,
    job: &Job,
) -> Result<Compared> {
    let open = |path: &Path| Tree::open(path, &TreeOptions::default(), job);
    let (truths, predictions) = (open(truth)?, open(predicted)?);
    let asked = stems(&truths, &pairing.truth_end)?;
    let mut given = stems(&predictions, &pairing.predicted_end)?;
    let (mut pairs, mut truth_only) = (Vec::new(), Vec::new());
    for (stem, member) in asked {
        match given.remove(&stem) {
            Some(other) => pairs.push((member, other)),
            None => truth_only.push(stem),
        }
    }
    let predicted_only: Vec<String> = given.into_keys().collect();
    report(truth, predicted, pairing, &truth_only, &predicted_only, pairs.len(), job)?;
    let shards: Vec<_> = pairs.chunks(SHARD).collect();
    let stage = job.stage("comparing label images", Some(pairs.len() as u64));
    let parts = job.each(&shards, |shard| {
        let mut part = Evaluator::new(options.clone())?;
        for (truth, predicted) in *shard {
            let name = predictions.name(predicted);
            let read = |tree: &Tree, member: &str| {
                LabelImage::decode(&tree.read(member)?, MAX_LABEL_PIXELS)
                    .at(|| Place::area("semantic").file(tree.name(member)))
            };
            let (truth, predicted) = (read(&truths, truth)?, read(&predictions, predicted)?);
            part.update_images(&name.to_string_lossy(), &truth, &predicted)?;
            stage.advance(1)?;
        }
        Ok(part)
    })?;
    let mut whole = Evaluator::new(options.clone())?;
    parts.into_iter().try_for_each(|part| whole.merge(part))?;
    Ok(Compared { scores: whole.finish(), truth_only, predicted_only })
}

impl Evaluator {
    /// Adds an image by its label images, whatever their pixels are: indices, gray values or packed colours.
    ///
    /// # Errors
    /// As [`Evaluator::update`].
    pub fn update_images(&mut self, image: &str, truth: &LabelImage, predicted: &LabelImage) -> Result<()> {
        let size = |of: &LabelImage| Size::new(of.size().0, of.size().1);
        let (asked, got) = (size(truth), size(predicted));
        match truth.data() {
            LabelData::U8(ids) => beside(self, image, LabelMap::try_new(asked, ids)?, got, predicted),
            LabelData::U16(ids) => beside(self, image, LabelMap::try_new(asked, ids)?, got, predicted),
            LabelData::Rgb(colours) => {
                let ids: Vec<u32> = colours.iter().map(|colour| pack_id(*colour)).collect();
                beside(self, image, LabelMap::try_new(asked, &ids)?, got, predicted)
            }
        }
    }
}

fn beside<T: Copy + Ord + Into<u32>>(
    evaluator: &mut Evaluator,
    image: &str,
    truth: LabelMap<'_, T>,
    size: Size,
    predicted: &LabelImage,
) -> Result<()> {
    match predicted.data() {
        LabelData::U8(ids) => evaluator.update(image, truth, LabelMap::try_new(size, ids)?),
        LabelData::U16(ids) => evaluator.update(image, truth, LabelMap::try_new(size, ids)?),
        LabelData::Rgb(_) => evaluator.update(image, truth, LabelMap::try_new(size, &predicted.ids())?),
    }
}

/// The PNGs of a tree by their stem without `end`; those that do not end so are others.
fn stems(tree: &Tree, end: &str) -> Result<BTreeMap<String, String>> {
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    let mut folders = vec![String::new()];
    while let Some(folder) = folders.pop() {
        for (name, kind) in tree.list(&folder)?.iter() {
            let member = if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
            if kind == EntryKind::Folder {
                folders.push(member);
                continue;
            }
            let Some((stem, extension)) = name.rsplit_once('.') else { continue };
            let Some(stem) = stem.strip_suffix(end) else { continue };
            if !extension.eq_ignore_ascii_case("png") {
                continue;
            }
            if let Some(other) = found.insert(stem.to_owned(), member.clone()) {
                let what = format!("'{stem}' is the stem of '{other}' and of '{member}'");
                return Err(Error::new(ErrorKind::Usage, what)
                    .at(Place::area("semantic").file(tree.path()))
                    .remedy("name the folder of one kind of label image, or what its stems end with"));
            }
        }
    }
    Ok(found)
}

fn report(
    truth: &Path,
    predicted: &Path,
    pairing: &Pairing,
    truth_only: &[String],
    predicted_only: &[String],
    pairs: usize,
    job: &Job,
) -> Result<()> {
    let place = |path: &Path| Place::area("semantic").file(path);
    let names = |names: &[String]| {
        let first: Vec<String> = names.iter().take(3).map(|name| format!("'{name}'")).collect();
        let more = if names.len() > 3 { ", …" } else { "" };
        format!("{}{more}", first.join(", "))
    };
    if pairs + truth_only.len() == 0 {
        let what = format!("there is no PNG whose stem ends with '{}'", pairing.truth_end);
        return Err(Error::new(ErrorKind::NotFound, what).at(place(truth)));
    }
    if !truth_only.is_empty() {
        let all = pairs + truth_only.len();
        let what = format!("{} of {all} images have no prediction: {}", truth_only.len(), names(truth_only));
        if !pairing.partial || pairs == 0 {
            return Err(Error::new(ErrorKind::NotFound, what)
                .at(place(predicted))
                .remedy("predictions are found by the stem of the truth's file; say what stems end with"));
        }
        job.warn(Warning::new("semantic.no-prediction", place(predicted), what, "left out"))?;
    }
    if !predicted_only.is_empty() {
        let what = format!("{} predictions have no truth: {}", predicted_only.len(), names(predicted_only));
        job.warn(Warning::new("semantic.no-truth", place(predicted), what, "left out"))?;
    }
    Ok(())
}
