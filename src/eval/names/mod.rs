//! Numbers of a report under the names that other tools give them: [`flat`].
//!
//! Training scripts, dashboards and papers ask for `bbox_mAP`, `map/iou=0.50:0.95/area=all/max_dets=100` or `map_50`.
//! What a tool calls a number, and where it stands in our reports, is data: one list a tool ([`Names::counterparts`]), of
//! which `docs/eval-names.md` is made. What a tool has and we do not give is in the list too, with the reason.
//!
//! | tool | without a value | numbers |
//! |---|---|---|
//! | our own | null | as computed |
//! | ChainerCV | NaN, which JSON writes as null | as computed; there boxes are rounded to two decimals first and classes to single precision |
//! | MMDetection | −1 (COCO, LVIS); else null | rounded to three decimals where it rounds; panoptic quality in per cent |
//! | torchmetrics | −1 | as computed; there single precision |
//!
//! | file | noun |
//! |---|---|
//! | `counterpart.rs` | [`Counterpart`], [`Ours`]: a name of theirs and where the number stands |
//! | `chainercv.rs`, `mmdetection.rs`, `torchmetrics.rs` | the lists |
//! | `value.rs` | [`Value`], [`Flat`]: names with values, and their JSON |

mod chainercv;
mod counterpart;
mod mmdetection;
mod torchmetrics;
mod value;

pub use counterpart::{Counterpart, Ours};
pub use value::{Flat, Value};

use crate::error::{Error, ErrorKind, Result};
use crate::report::{Cells, Report, Table};

/// Whose names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Names {
    /// Our own: the keys of the headline, and `COLUMN/CLASS` for the numbers of classes.
    #[default]
    Own,
    /// ChainerCV's: what its evaluators report.
    ChainerCv,
    /// MMDetection's: what `evaluate` of its datasets gives.
    MmDetection,
    /// torchmetrics': what `MeanAveragePrecision` gives.
    TorchMetrics,
}

impl Names {
    /// The tools whose names are known.
    pub const ALL: [Names; 4] = [Names::Own, Names::ChainerCv, Names::MmDetection, Names::TorchMetrics];

    /// How they are asked for.
    pub fn name(self) -> &'static str {
        match self {
            Names::Own => "lensframe",
            Names::ChainerCv => "chainercv",
            Names::MmDetection => "mmdetection",
            Names::TorchMetrics => "torchmetrics",
        }
    }

    /// The names of a tool and where our reports have their numbers; none for our own.
    pub fn counterparts(self) -> &'static [Counterpart] {
        match self {
            Names::Own => &[],
            Names::ChainerCv => chainercv::LIST,
            Names::MmDetection => mmdetection::LIST,
            Names::TorchMetrics => torchmetrics::LIST,
        }
    }

    /// The numbers of detections an image under which a tool computes COCO's numbers, where they are not pycocotools':
    /// MMDetection has 100, 300 and 1000, and the first only for its mean AP.
    pub fn caps(self, protocol: &str) -> Option<&'static [u32]> {
        let coco = matches!(protocol, "coco/bbox" | "coco/segm");
        (self == Names::MmDetection && coco).then_some(&[100, 300, 1000])
    }

    /// What stands for a number that there is none of.
    fn absent(self, protocol: &str) -> f64 {
        let minus = match self {
            Names::TorchMetrics => true,
            Names::MmDetection => {
                ["coco/", "lvis/", "proposals"].iter().any(|start| protocol.starts_with(start))
            }
            Names::Own | Names::ChainerCv => false,
        };
        if minus { -1.0 } else { f64::NAN }
    }
}

impl std::str::FromStr for Names {
    type Err = Error;

    fn from_str(text: &str) -> Result<Names> {
        Names::ALL.into_iter().find(|names| names.name() == text).ok_or_else(|| {
            let known = Names::ALL.map(Names::name).join(", ");
            Error::new(ErrorKind::Usage, format!("there are no names of {text:?}"))
                .remedy(format!("name one of {known}"))
        })
    }
}

/// The numbers of a report under somebody's names, in the order in which the tool has them.
///
/// ```
/// use lensframe::eval::names::{Names, Value, flat};
/// use lensframe::report::{Figure, Report, Table};
/// let mut report = Report::new("r50", "voc07/bbox");
/// report.headline.push(Figure::new("mAP", "", 0.75));
/// report.classes = Some(Table::new("classes").text("class", ["cat", "cow"]).float("AP", [Some(0.75), None]));
/// let own = flat(&report, Names::ChainerCv)?;
/// assert_eq!(own.get("map"), Some(&Value::Number(0.75)));
/// assert_eq!(own.to_json(), r#"{"map":0.75,"ap/cat":0.75,"ap/cow":null}"#);
/// # Ok::<(), lensframe::error::Error>(())
/// ```
///
/// # Errors
/// [`ErrorKind::Usage`] if the tool has no names for the protocol of the report, or the report was made with other
/// numbers of detections an image than the tool's names say.
pub fn flat(report: &Report, names: Names) -> Result<Flat> {
    if names == Names::Own {
        return Ok(own(report));
    }
    let fits = |counterpart: &&Counterpart| counterpart.is_of(&report.protocol);
    let list: Vec<&Counterpart> = names.counterparts().iter().filter(fits).collect();
    if !list.iter().any(|counterpart| !matches!(counterpart.ours, Ours::None(_))) {
        let known: Vec<&str> = protocols(names);
        let what = format!("{} has no names for the numbers of {}", names.name(), report.protocol);
        return Err(Error::new(ErrorKind::Usage, what).remedy(format!("it has for {}", known.join(", "))));
    }
    let has = |cap: &u32| report.figure(&format!("AR@{cap}")).is_some();
    if let Some(caps) = names.caps(&report.protocol).filter(|caps| !caps.iter().all(has)) {
        let caps: Vec<String> = caps.iter().map(u32::to_string).collect();
        let what = format!("{} counts {} detections an image and class", names.name(), caps.join(", "));
        return Err(Error::new(ErrorKind::Usage, what)
            .remedy(format!("evaluate with --max-dets {}, or its parameters' caps", caps.join(","))));
    }
    let mut out = Flat::default();
    for counterpart in list {
        counterpart.put(report, names.absent(&report.protocol), &mut out)?;
    }
    Ok(out)
}

/// The protocols that a tool has names for.
fn protocols(names: Names) -> Vec<&'static str> {
    let mut known: Vec<&str> = Vec::new();
    for counterpart in names.counterparts().iter().filter(|own| !matches!(own.ours, Ours::None(_))) {
        for protocol in counterpart.protocols {
            if !known.contains(protocol) {
                known.push(protocol);
            }
        }
    }
    known
}

fn own(report: &Report) -> Flat {
    let mut out = Flat::default();
    for figure in &report.headline {
        out.push(figure.key.clone(), Value::Number(figure.value.unwrap_or(f64::NAN)));
    }
    let Some(table) = &report.classes else { return out };
    for column in table.columns.iter().filter(|column| !column.cells.is_text()) {
        for (row, class) in classes(table).iter().enumerate() {
            let value = column.cells.number(row).unwrap_or(f64::NAN);
            out.push(format!("{}/{class}", column.name), Value::Number(value));
        }
    }
    out
}

/// The names of the classes of a table.
fn classes(table: &Table) -> &[String] {
    let words = table.columns.iter().find_map(|column| match &column.cells {
        Cells::Text(names) if column.name == "class" => Some(names.as_slice()),
        _ => None,
    });
    words.unwrap_or_default()
}
