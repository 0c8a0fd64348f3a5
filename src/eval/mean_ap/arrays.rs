//! MMDetection's function over plain arrays: [`eval_map`].

use crate::error::{Error, ErrorKind, Place, Result};
use crate::eval::batch::Batch;
use crate::eval::images::ImageId;
use crate::eval::objects::{Flags, Objects};
use crate::job::Job;

use super::corners::Corners;
use super::evaluator::MeanAp;
use super::params::Params;
use super::table::Tables;

/// The truths of an image, boxes as x1, y1, x2, y2.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Annotation {
    /// Boxes that count.
    pub bboxes: Vec<[f32; 4]>,
    /// Their classes.
    pub labels: Vec<u32>,
    /// Boxes that are ignored.
    pub bboxes_ignore: Vec<[f32; 4]>,
    /// Their classes.
    pub labels_ignore: Vec<u32>,
}

/// `eval_map`: detections as a list an image of a list a class of x1, y1, x2, y2, score. In legacy coordinates corners
/// are taken as they are: what far edge the parameters name does not matter.
///
/// # Errors
/// [`ErrorKind::Length`] where lists differ in length, naming the image; [`ErrorKind::Usage`] for labels outside the
/// classes of the first image's lists.
///
/// ```
/// use lensframe::eval::mean_ap::{Annotation, Params, eval_map};
/// let found = [vec![vec![], vec![[0.0, 0.0, 10.0, 10.0, 0.9]]]];
/// let truth = [Annotation { bboxes: vec![[0.0, 0.0, 10.0, 9.0]], labels: vec![1], ..Annotation::default() }];
/// let tables = eval_map(&found, &truth, Params::new())?;
/// assert_eq!(tables.mean(), 1.0);
/// # Ok::<(), lensframe::error::Error>(())
/// ```
pub fn eval_map(
    det_results: &[Vec<Vec<[f32; 5]>>],
    annotations: &[Annotation],
    params: Params,
) -> Result<Tables> {
    let classes = det_results.first().map_or(0, Vec::len);
    if det_results.len() != annotations.len() {
        let what = format!("{} images with detections, {} with truths", det_results.len(), annotations.len());
        return Err(Error::new(ErrorKind::Length, what));
    }
    let mut found = Objects::new(det_results.iter().map(|image| image.iter().map(Vec::len).sum()))?;
    let mut own: Vec<Corners> = Vec::new();
    for (image, lists) in (0u64..).zip(det_results) {
        if lists.len() != classes {
            let what = format!("detections of {} classes, in the first image of {classes}", lists.len());
            return Err(Error::new(ErrorKind::Length, what).at(Place::none().row(image)));
        }
        for (class, list) in (0u32..).zip(lists) {
            for [x1, y1, x2, y2, score] in list {
                found.label.push(class);
                found.score.push(f64::from(*score));
                own.push([*x1, *y1, *x2, *y2]);
            }
        }
    }
    let counts = annotations.iter().map(|image| image.bboxes.len() + image.bboxes_ignore.len());
    let mut truth = Objects::new(counts)?;
    let mut there: Vec<Corners> = Vec::new();
    for (image, of) in (0u64..).zip(annotations) {
        for (boxes, labels, ignored) in
            [(&of.bboxes, &of.labels, false), (&of.bboxes_ignore, &of.labels_ignore, true)]
        {
            if boxes.len() != labels.len() {
                let what = format!("{} boxes, {} labels", boxes.len(), labels.len());
                return Err(Error::new(ErrorKind::Length, what).at(Place::none().row(image)));
            }
            there.extend(boxes);
            truth.label.extend(labels);
            truth.flags.extend(boxes.iter().map(|_| Flags { ignored, ..Flags::default() }));
        }
    }
    let images: Vec<ImageId> = (0i64..).take(annotations.len()).map(ImageId::Int).collect();
    let batch = Batch { images: &images, truth: &truth, found: &found };
    batch.check(classes)?;
    let job = Job::new().threads(1);
    let mut map = MeanAp::new(params, classes)?;
    map.judge(&batch, &there, &own, &job)?;
    map.finish(&job)
}
