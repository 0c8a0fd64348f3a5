//! Doors: other people's predictions, in whatever their tools write, as one [`Side`].
//!
//! [`predictions`] looks at what lies at a path, says what it takes it for, and reads it. The truth is needed: it knows
//! the images by name, how large they are, and which classes there are.
//!
//! | format | one line or record of it |
//! |---|---|
//! | `json` | `{"image_id": 7, "category_id": 1, "bbox": [x, y, w, h], "score": 0.9}` in a list, in `annotations`, or a line each; ids of images may be texts |
//! | `yolo` | `0 0.5 0.5 0.25 0.125 0.9` in `000007.txt`; see [`yolo`] for the six forms of a line |
//! | `voc-results` | `000007 0.9 11 21 50 60` in `comp4_det_test_car.txt` |
//! | `voc-xml` | `<object><name>car</name><confidence>0.9</confidence><bndbox>…` in `000007.xml` |
//! | `csv` | `image_id,label,score,xmin,ymin,xmax,ymax` then `7,car,0.9,10,20,50,60`; Open Images' names; `ImageId,PredictionString` |
//! | `npy` | `[image_id, x, y, w, h, score, category_id]`, a row a detection |
//! | `npz` | `boxes_xyxy`, `scores`, `labels`, `image_ids` |
//! | `parquet`, `arrow` | the columns of `csv`, or `bbox` as a list of four |
//! | `dota` | `P0706 0.9 10 20 50 20 50 60 10 60` in `Task1_plane.txt` |
//!
//! # What holds in all of them
//! - Numbers have to be finite; the error names file, line or row, and what it is of. In JSON alone `NaN` stays what
//!   pycocotools makes of it: a score that comes last, a box that the protocol's own rule decides.
//! - Boxes become x, y, w, h in pixels, half-open from 0. Nothing is clipped or rounded. A negative width or height is
//!   kept and counted: it overlaps nothing.
//! - Detections keep the order of their source, which decides between equal scores; doubles are kept.
//! - Images and classes that the truth does not have are kept, so that [`join`](crate::eval::join) counts them.
//! - What values leave open is asked for by the name of an option, never guessed.

#![deny(clippy::indexing_slicing, clippy::as_conversions)]

mod arrow;
mod classes;
mod classwise;
mod csv;
mod folder;
mod form;
mod format;
mod intake;
mod json;
mod lines;
mod names;
mod npy;
mod npz;
mod options;
mod recognise;
mod table;
mod voc_xml;
pub mod yolo;

use std::path::Path;

pub use format::PredictionFormat;
pub use options::{BoxForm, ClassNumbers, PredictionOptions};

use super::Wanted;
use crate::error::{Place, Result, ResultExt};
use crate::eval::side::Side;
use crate::job::Job;
use intake::Intake;
pub(in crate::eval) use recognise::expand;
use recognise::{Content, recognise};

/// The predictions at a path, of images and classes of a truth.
///
/// ```
/// use lensframe::eval::read::{PredictionOptions, Wanted, coco_truth, predictions};
/// use lensframe::eval::{Matching, join};
/// use lensframe::job::Job;
/// # use lensframe::error::Error;
/// # let folder = tempfile::tempdir().map_err(|e| Error::io("make", e))?;
/// # let (gt, labels) = (folder.path().join("gt.json"), folder.path().join("labels"));
/// # std::fs::create_dir(&labels).map_err(|e| Error::io("make", e))?;
/// # let text = r#"{"images": [{"id": 139, "file_name": "000000000139.jpg", "height": 100, "width": 200}],
/// #   "annotations": [], "categories": [{"id": 1, "name": "person"}, {"id": 3, "name": "car"}]}"#;
/// # std::fs::write(&gt, text).map_err(|e| Error::io("write", e))?;
/// // labels/000000000139.txt, by a detector that numbers its classes from 0
/// let line = "1 0.5 0.5 0.25 0.5 0.9";
/// # std::fs::write(labels.join("000000000139.txt"), line).map_err(|e| Error::io("write", e))?;
/// let wanted = Wanted { boxes: true, ..Wanted::default() };
/// let truth = coco_truth(&gt, &wanted)?;
/// let found = predictions(&labels, &truth, &wanted, &PredictionOptions::default(), &Job::new())?;
/// let both = join(truth, found, &Matching::default())?;
/// assert_eq!(both.found.bbox, [[75.0, 25.0, 50.0, 50.0]]);
/// assert_eq!(both.classes[both.found.label[0] as usize].name, "car");
/// # Ok::<(), Error>(())
/// ```
///
/// # Errors
/// Those of reading; [`ErrorKind::Unsupported`](crate::error::ErrorKind::Unsupported) for what is no known format,
/// [`ErrorKind::Format`](crate::error::ErrorKind::Format), naming file and line or row, for what breaks the rules of
/// its own, [`ErrorKind::Usage`](crate::error::ErrorKind::Usage) for what can be read in more than one way.
pub fn predictions(
    path: &Path,
    truth: &Side,
    wanted: &Wanted,
    options: &PredictionOptions,
    job: &Job,
) -> Result<Side> {
    let seen = recognise(path, truth, options, job)?;
    let format = seen.format;
    let place = || Place::none().file(path);
    let mut side = match (format, seen.content) {
        (PredictionFormat::Json, Content::Bytes(map)) => {
            json::read(map.buffer(), path, truth, wanted, options, |end| map.forget(0..end))?
        }
        (format, content) => {
            let mut intake = Intake::new(truth, wanted, options);
            match (format, &content) {
                (PredictionFormat::Csv, Content::Bytes(map)) => {
                    table::read(&csv::Text::new(map.buffer(), path)?, &mut intake, job)
                }
                (PredictionFormat::Parquet | PredictionFormat::Arrow, Content::Bytes(_)) => {
                    let columns = arrow::Columnar::open(path, format == PredictionFormat::Parquet)?;
                    table::read(&columns, &mut intake, job)
                }
                (PredictionFormat::Npy, Content::Bytes(map)) => {
                    npy::read(map.buffer(), path, &mut intake, job)
                }
                (PredictionFormat::Npz, Content::Files(files)) => npz::read(files, &mut intake, job),
                (PredictionFormat::Yolo, Content::Files(files)) => yolo::read(files, &mut intake, job),
                (PredictionFormat::VocXml, Content::Files(files)) => voc_xml::read(files, &mut intake, job),
                (PredictionFormat::VocResults | PredictionFormat::Dota, Content::Files(files)) => {
                    classwise::read(files, format, &mut intake, job)
                }
                _ => Err(recognise::not_such(path, format)),
            }
            .at(place)?;
            intake.finish().at(place)?
        }
    };
    // COCO's results are what everybody expects; anything else is worth a word.
    if format == PredictionFormat::Json {
        return Ok(side);
    }
    side.remarks.add("found.format", "--pred-format names another", || {
        let name = path.file_name().map_or_else(|| path.to_string_lossy(), |name| name.to_string_lossy());
        format!("{name} is read as {} ({})", format.title(), format.name())
    });
    Ok(side)
}
