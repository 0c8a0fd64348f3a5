//! ChainerCV's functions over plain arrays: a list an image, boxes as y_min, x_min, y_max, x_max.
//!
//! The same kernel as [`Voc`]; boxes are compared in the type of their array, as numpy does. Where the reference fails
//! (no label anywhere), the result is empty and the mean NaN.

use crate::error::{Error, ErrorKind, Place, Result};
use crate::eval::batch::Batch;
use crate::eval::images::ImageId;
use crate::eval::objects::{Flags, Objects};
use crate::geometry::{Bitmap, Rle, corners_iou};
use crate::job::Job;

use super::curves::{Curves, Scores};
use super::evaluator::Voc;
use super::overlap::{Real, moved_out, seen};
use super::params::{Kind, Params};

/// Precision and recall by VOC's rule, class by class; a place for every class up to the greatest label.
///
/// Per image: boxes (y_min, x_min, y_max, x_max), labels and scores of detections; boxes, labels and `difficult` of
/// truths (`None`: nothing is). A detection matches from `iou_thresh` on.
///
/// # Errors
/// [`ErrorKind::Length`], naming image and list, where lists differ in length; [`ErrorKind::Limit`] for 2^32 objects.
///
/// ```
/// use lensframe::eval::voc::calc_detection_voc_prec_rec;
/// let curves = calc_detection_voc_prec_rec(
///     &[vec![[0.0f32, 0.0, 1.0, 1.0], [0.0, 0.0, 2.0, 2.0], [0.3, 0.3, 0.5, 0.5]]],
///     &[vec![0, 0, 0]],
///     &[vec![0.8f32, 0.9, 1.0]],
///     &[vec![[0.0, 0.0, 1.0, 0.9]]],
///     &[vec![0]],
///     None,
///     0.5,
/// )?;
/// assert_eq!(curves.prec, [Some(vec![0.0, 0.0, 1.0 / 3.0])]);
/// assert_eq!(curves.rec, [Some(vec![0.0, 0.0, 1.0])]);
/// # Ok::<(), lensframe::error::Error>(())
/// ```
pub fn calc_detection_voc_prec_rec<T: Real, S: Real>(
    pred_bboxes: &[Vec<[T; 4]>],
    pred_labels: &[Vec<u32>],
    pred_scores: &[Vec<S>],
    gt_bboxes: &[Vec<[T; 4]>],
    gt_labels: &[Vec<u32>],
    gt_difficults: Option<&[Vec<bool>]>,
    iou_thresh: f64,
) -> Result<Curves> {
    let found = side("pred", pred_bboxes, pred_labels, Some(pred_scores))?;
    let mut truth = side::<_, S>("gt", gt_bboxes, gt_labels, None)?;
    if let Some(difficult) = gt_difficults {
        same_counts("gt_difficults", gt_labels, difficult)?;
        truth.flags = difficult
            .iter()
            .flatten()
            .map(|ignored| Flags { ignored: *ignored, ..Flags::default() })
            .collect();
    }
    let corners = |boxes: &[Vec<[T; 4]>]| boxes.iter().flatten().map(|b| moved_out(*b)).collect::<Vec<_>>();
    let (own, there) = (corners(pred_bboxes), corners(gt_bboxes));
    let threshold = T::nearest(iou_thresh).into();
    curves(Params { threshold, ..Params::new(Kind::Bbox) }, &truth, &found, |d, t| {
        match (own.get(d), there.get(t)) {
            (Some(own), Some(there)) => corners_iou(own, there).into(),
            _ => 0.0,
        }
    })
}

/// Average precision by VOC's rule: [`calc_detection_voc_prec_rec`] and [`super::calc_detection_voc_ap`] in one.
///
/// # Errors
/// As [`calc_detection_voc_prec_rec`].
#[allow(clippy::too_many_arguments)]
pub fn eval_detection_voc<T: Real, S: Real>(
    pred_bboxes: &[Vec<[T; 4]>],
    pred_labels: &[Vec<u32>],
    pred_scores: &[Vec<S>],
    gt_bboxes: &[Vec<[T; 4]>],
    gt_labels: &[Vec<u32>],
    gt_difficults: Option<&[Vec<bool>]>,
    iou_thresh: f64,
    use_07_metric: bool,
) -> Result<Scores> {
    let curves = calc_detection_voc_prec_rec(
        pred_bboxes,
        pred_labels,
        pred_scores,
        gt_bboxes,
        gt_labels,
        gt_difficults,
        iou_thresh,
    )?;
    Ok(curves.scores(use_07_metric))
}

/// Precision and recall of masks by VOC's rule. All masks of an image are of one size; no truth is difficult.
///
/// # Errors
/// As [`calc_detection_voc_prec_rec`]; [`ErrorKind::Length`] also for masks of different sizes that are compared.
pub fn calc_instance_segmentation_voc_prec_rec<S: Real>(
    pred_masks: &[Vec<Bitmap>],
    pred_labels: &[Vec<u32>],
    pred_scores: &[Vec<S>],
    gt_masks: &[Vec<Bitmap>],
    gt_labels: &[Vec<u32>],
    iou_thresh: f64,
) -> Result<Curves> {
    let mut found = side("pred", pred_masks, pred_labels, Some(pred_scores))?;
    let mut truth = side::<_, S>("gt", gt_masks, gt_labels, None)?;
    for (objects, masks) in [(&mut found, pred_masks), (&mut truth, gt_masks)] {
        for mask in masks.iter().flatten() {
            objects.masks.push_runs(mask.size(), Rle::from(mask).counts());
        }
    }
    let mut voc =
        Voc::new(Params { threshold: iou_thresh, ..Params::new(Kind::Segm) }, classes(&truth, &found))?;
    let images = ids(&truth);
    voc.update(&Batch { images: &images, truth: &truth, found: &found }, &Job::new().threads(1))?;
    voc.finish(&Job::new().threads(1))
}

/// Average precision of masks by VOC's rule.
///
/// # Errors
/// As [`calc_instance_segmentation_voc_prec_rec`].
pub fn eval_instance_segmentation_voc<S: Real>(
    pred_masks: &[Vec<Bitmap>],
    pred_labels: &[Vec<u32>],
    pred_scores: &[Vec<S>],
    gt_masks: &[Vec<Bitmap>],
    gt_labels: &[Vec<u32>],
    iou_thresh: f64,
    use_07_metric: bool,
) -> Result<Scores> {
    let curves = calc_instance_segmentation_voc_prec_rec(
        pred_masks,
        pred_labels,
        pred_scores,
        gt_masks,
        gt_labels,
        iou_thresh,
    )?;
    Ok(curves.scores(use_07_metric))
}

/// The objects of a side, without their places.
fn side<P, S: Real>(
    name: &str,
    places: &[Vec<P>],
    labels: &[Vec<u32>],
    scores: Option<&[Vec<S>]>,
) -> Result<Objects> {
    same_counts(&format!("{name}_labels"), places, labels)?;
    let mut objects = Objects::new(labels.iter().map(Vec::len))?;
    objects.label = labels.concat();
    if let Some(scores) = scores {
        same_counts(&format!("{name}_scores"), places, scores)?;
        objects.score = scores.iter().flatten().map(|score| (*score).into()).collect();
    }
    Ok(objects)
}

/// Checks that two lists have the same images and, on each, the same number of objects.
fn same_counts<A, B>(name: &str, first: &[Vec<A>], second: &[Vec<B>]) -> Result<()> {
    if first.len() != second.len() {
        let what = format!("{name} has {} images, another list {}", second.len(), first.len());
        return Err(Error::new(ErrorKind::Length, what));
    }
    for (image, (first, second)) in (0u64..).zip(first.iter().zip(second)) {
        if first.len() != second.len() {
            let what = format!("{name} has {} objects, another list {}", second.len(), first.len());
            return Err(Error::new(ErrorKind::Length, what).at(Place::none().row(image)));
        }
    }
    Ok(())
}

/// One more than the greatest label.
fn classes(truth: &Objects, found: &Objects) -> usize {
    truth.label.iter().chain(&found.label).max().map_or(0, |label| *label as usize + 1)
}

fn ids(objects: &Objects) -> Vec<ImageId> {
    (0i64..).take(objects.images()).map(ImageId::Int).collect()
}

fn curves(
    params: Params,
    truth: &Objects,
    found: &Objects,
    overlap: impl Fn(usize, usize) -> f64 + Sync,
) -> Result<Curves> {
    let job = Job::new().threads(1);
    let mut voc = Voc::new(params, classes(truth, found))?;
    let images = ids(truth);
    let batch = Batch { images: &images, truth, found };
    voc.admit(&batch)?;
    voc.judge(&batch, false, &job, |truths, found, out| {
        out.clear();
        for d in found {
            for t in truths {
                out.push(seen(overlap(*d as usize, *t as usize)));
            }
        }
        Ok(())
    })?;
    voc.finish(&job)
}
