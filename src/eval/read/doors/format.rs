//! What predictions may be written as: [`PredictionFormat`].
//!
//! A format is recognised by what lies in the file or folder; its name is for people who know better, and for the
//! remark that says what was taken for what.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, ErrorKind};

/// A way in which tools write what they found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PredictionFormat {
    /// JSON: COCO's list of results, the same as a member `annotations` of a whole COCO file, or one result a line.
    /// Ultralytics' `predictions.json`, Detectron2's `coco_instances_results.json` and MMDetection's
    /// `results.bbox.json` are such lists.
    Json,
    /// A folder with a text file an image: YOLO's lines, and those of mAP and Object-Detection-Metrics.
    Yolo,
    /// The VOC devkit's text files, one a class.
    VocResults,
    /// A folder of VOC's XML files, one an image, whose objects have a `confidence` or `score`.
    VocXml,
    /// A table as text, with a header: comma, tab or semicolon.
    Csv,
    /// numpy's array of seven columns, as pycocotools takes it.
    Npy,
    /// numpy's archive of boxes, scores, labels and images.
    Npz,
    /// A Parquet file.
    Parquet,
    /// An Arrow IPC file.
    Arrow,
    /// DOTA's text files, one a class, with four corners an object.
    Dota,
}

use PredictionFormat::{Arrow, Csv, Dota, Json, Npy, Npz, Parquet, VocResults, VocXml, Yolo};

impl PredictionFormat {
    /// All formats, in the order in which they are shown.
    pub const ALL: [PredictionFormat; 10] =
        [Json, Yolo, VocResults, VocXml, Csv, Npy, Npz, Parquet, Arrow, Dota];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Json => "json",
            Yolo => "yolo",
            VocResults => "voc-results",
            VocXml => "voc-xml",
            Csv => "csv",
            Npy => "npy",
            Npz => "npz",
            Parquet => "parquet",
            Arrow => "arrow",
            Dota => "dota",
        }
    }

    /// What it is, in a few words.
    pub fn title(self) -> &'static str {
        match self {
            Json => "COCO results",
            Yolo => "YOLO text files",
            VocResults => "results of the VOC devkit",
            VocXml => "VOC XML files with scores",
            Csv => "a table as text",
            Npy => "an array of seven columns",
            Npz => "arrays of boxes, scores and labels",
            Parquet => "a Parquet table",
            Arrow => "an Arrow table",
            Dota => "DOTA's text files",
        }
    }
}

impl fmt::Display for PredictionFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for PredictionFormat {
    type Err = Error;

    fn from_str(name: &str) -> Result<PredictionFormat, Error> {
        PredictionFormat::ALL.into_iter().find(|format| format.name() == name).ok_or_else(|| {
            let known: Vec<&str> = PredictionFormat::ALL.map(PredictionFormat::name).to_vec();
            Error::new(ErrorKind::Usage, format!("there is no format of predictions {name:?}"))
                .remedy(format!("name one of {}", known.join(", ")))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_is_found_by_its_name_and_no_other() {
        for format in PredictionFormat::ALL {
            assert_eq!(format.to_string().parse::<PredictionFormat>().unwrap(), format);
        }
        let error = "coco".parse::<PredictionFormat>().unwrap_err();
        assert!(
            error.to_string().contains("\"coco\"") && error.to_string().contains("voc-results"),
            "{error}"
        );
    }
}
