//! Doors: other people's predictions, in whatever their tools write, as one [`Side`].
//!
//! [`predictions`] looks at what lies at a path, says what it takes it for, and reads it. The truth is needed: it knows
//! the images by name, how large they are, and which classes there are.
//!
//! | format | one line or record of it |
//! |---|---|
//! | `json` | `{"image_id": 7, "category_id": 1, "bbox": [x, y, w, h], "score": 0.9}` in a list, in `annotations`, or a line each; ids of images may be texts |
//! | `yolo` | `0 0.5 0.5 0.25 0.125 0.9` in `000007.txt`; see [`yolo`] for the six forms of a line |
//!
//! # What holds in all of them
//! - Numbers have to be finite; the error names file, line or row, and what it is of.
//! - Boxes become x, y, w, h in pixels, half-open from 0. Nothing is clipped or rounded. A negative width or height is
//!   kept and counted: it overlaps nothing.
//! - Detections keep the order of their source, which decides between equal scores; doubles are kept.
//! - Images and classes that the truth does not have are kept, so that [`join`](crate::eval::join) counts them.
//! - What values leave open is asked for by the name of an option, never guessed.

#![deny(clippy::indexing_slicing, clippy::as_conversions)]

mod classes;
mod folder;
mod format;
mod intake;
mod json;
mod lines;
mod names;
mod options;
mod recognise;
pub mod yolo;

use std::path::Path;

pub use format::PredictionFormat;
pub use options::{BoxForm, ClassNumbers, PredictionOptions};

use super::Wanted;
use crate::error::{Place, Result, ResultExt};
use crate::eval::side::Side;
use crate::job::Job;
use folder::Files;
use intake::Intake;
use recognise::{Content, recognise};

/// The predictions at a path, of images and classes of a truth.
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
    let mut side = match (format, seen.content) {
        (PredictionFormat::Json, Content::Bytes(map)) => {
            json::read(map.buffer(), path, truth, wanted, options, |end| map.forget(0..end))?
        }
        (_, Content::Files(files)) => read_files(format, &files, truth, wanted, options, job)?,
        _ => return Err(recognise::not_such(path, format)),
    };
    side.remarks.add("found.format", "--pred-format names another", || {
        let name = path.file_name().map_or_else(|| path.to_string_lossy(), |name| name.to_string_lossy());
        format!("{name} is read as {} ({})", format.title(), format.name())
    });
    Ok(side)
}

fn read_files(
    format: PredictionFormat,
    files: &Files,
    truth: &Side,
    wanted: &Wanted,
    options: &PredictionOptions,
    job: &Job,
) -> Result<Side> {
    let mut intake = Intake::new(truth, wanted, options);
    match format {
        PredictionFormat::Yolo => yolo::read(files, &mut intake, job)?,
        _ => return Err(recognise::not_such(&files.name(""), format)),
    }
    intake.finish().at(|| Place::none().file(files.name("")))
}
