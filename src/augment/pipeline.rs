//! [`Pipeline`]: operations in their order, and what their pixels become.

use std::path::Path;

use serde_json::{Map, Value as Json};

use super::draw::{Draw, Flow, Partners};
use super::mmdetection;
use super::op::{Op, Step};
use super::ops::Operation;
use super::output::{Finish, Normalize, Output};
use super::picture::Decoding;
use super::sample::Sample;
use crate::error::{Error, ErrorKind, Place, Result};

/// What is done to every sample. A pipeline is a value: it is written as JSON, TOML or YAML, and what it does to a row
/// depends on nothing but seed, epoch and row. `schemas/pipeline.json` is the same rule for other programs.
///
/// ```
/// use lensframe::augment::Pipeline;
/// let pipeline = Pipeline::from_json(r#"{
///     "decode": "fast",
///     "steps": [
///         {"op": "random_resized_crop", "size": 224},
///         {"op": "random_flip"},
///         {"op": "normalize", "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}
///     ]
/// }"#)?;
/// assert_eq!(pipeline.finish().shape(lensframe::geometry::Size::new(224, 224)), [3, 224, 224]);
/// # Ok::<(), lensframe::error::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Pipeline {
    decoding: Decoding,
    set: String,
    steps: Vec<Step>,
    /// Where pixels are normalised: after so many steps.
    normalize: Option<(usize, Normalize)>,
    output: Output,
    finish: Finish,
}

impl Pipeline {
    /// Steps of operations, pixels as they are.
    ///
    /// # Errors
    /// `Usage` for parameters that make no sense.
    pub fn new(steps: impl IntoIterator<Item = Step>) -> Result<Pipeline> {
        let steps: Vec<Step> = steps.into_iter().collect();
        steps.iter().try_for_each(|step| step.op.check())?;
        check_views(&steps)?;
        let (output, decoding) = (Output::default(), Decoding::default());
        let finish = Finish::new(&output, None)?;
        Ok(Pipeline { decoding, set: String::new(), steps, normalize: None, output, finish })
    }

    /// The pipeline of a JSON text: an object with `steps` and, where wanted, `decode` (`exact`, `fast`), `set` (the
    /// object set that moves with the pictures) and `output` (`dtype`, `order`, `bgr`); or the steps alone, as a list.
    ///
    /// Steps may be those of an MMDetection configuration, 2.x or 3.x: objects with a `type` in the place of `op`. The type,
    /// layout and order of channels of pixels are then those that the list has there, unless `output` says otherwise.
    ///
    /// # Errors
    /// `Usage` for what is no pipeline: the step's number and parameter are the place.
    pub fn from_json(text: &str) -> Result<Pipeline> {
        let json = serde_json::from_str(text).map_err(|e| no_pipeline(&format!("no JSON: {e}")))?;
        Pipeline::from_value(json)
    }

    /// The pipeline in a file: `.json`, `.toml`, `.yaml` or `.yml`.
    ///
    /// # Errors
    /// As [`Pipeline::from_json`], with the file as the place; the operating system's.
    pub fn open(path: &Path) -> Result<Pipeline> {
        let place = || Place::area("pipeline").file(path);
        let text = std::fs::read_to_string(path).map_err(|e| Error::io("read", e).at(place()))?;
        let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        let json = match extension.to_ascii_lowercase().as_str() {
            "toml" => toml::from_str::<Json>(&text).map_err(|e| no_pipeline(&format!("no TOML: {e}"))),
            "yaml" | "yml" => {
                serde_yaml_ng::from_str::<Json>(&text).map_err(|e| no_pipeline(&format!("no YAML: {e}")))
            }
            _ => serde_json::from_str(&text).map_err(|e| no_pipeline(&format!("no JSON: {e}"))),
        };
        json.and_then(Pipeline::from_value).map_err(|e| e.at(place()))
    }

    /// The same of a value.
    ///
    /// # Errors
    /// As [`Pipeline::from_json`].
    pub fn from_value(json: Json) -> Result<Pipeline> {
        let mut members = match json {
            Json::Object(members) => members,
            Json::Array(steps) => Map::from_iter([("steps".to_owned(), Json::Array(steps))]),
            _ => return Err(no_pipeline("neither an object with steps nor a list of them")),
        };
        let steps = match members.remove("steps") {
            Some(Json::Array(steps)) => steps,
            _ => return Err(no_pipeline("its steps are missing: a list of operations")),
        };
        let decoding = take(&mut members, "decode")?.unwrap_or_default();
        let set = take(&mut members, "set")?.unwrap_or_default();
        let output: Option<Output> = take(&mut members, "output")?;
        if let Some((name, _)) = members.into_iter().next() {
            return Err(no_pipeline(&format!("'{name}' is none of decode, set, steps, output")));
        }
        let (steps, output) = match mmdetection::is_list(&steps) {
            true => {
                let read = mmdetection::read(steps)?;
                (read.steps, output.unwrap_or(read.output))
            }
            false => {
                let place = |at: usize| format!("pipeline: step {}", at + 1);
                let steps = steps.into_iter().enumerate().map(|(at, step)| (place(at), step));
                (steps.collect(), output.unwrap_or_default())
            }
        };
        let (mut own, mut normalize) = (Vec::with_capacity(steps.len()), None);
        for (place, step) in steps {
            let place = || Place::area(place.clone());
            let Json::Object(mut step) = step else {
                return Err(Error::new(ErrorKind::Usage, "a step is an object with op").at(place()));
            };
            if step.get("op").and_then(Json::as_str) == Some("normalize") {
                step.remove("op");
                let made: Normalize = serde_json::from_value(Json::Object(step))
                    .map_err(|e| Error::new(ErrorKind::Usage, e.to_string()).at(place()))?;
                made.check().map_err(|e| e.at(place()))?;
                if normalize.is_some() {
                    let what = "pixels are normalised already";
                    return Err(Error::new(ErrorKind::Usage, what).at(place()));
                }
                normalize = Some((own.len(), made));
                continue;
            }
            let step = Step::parse(step).map_err(|e| e.at(place()))?;
            if normalize.is_some() && !after_normalize(&step.op) {
                let what = format!("{} works on levels, and normalize was before it", step.op.name());
                return Err(Error::new(ErrorKind::Usage, what)
                    .at(place())
                    .remedy("put normalize behind it; only flips, crops and one pad may follow"));
            }
            own.push(step);
        }
        check_views(&own)?;
        let finish = Finish::new(&output, normalize.as_ref().map(|(_, normalize)| normalize.clone()))?;
        Ok(Pipeline { decoding, set, steps: own, normalize, output, finish })
    }

    /// The pipeline as [`Pipeline::from_value`] reads it.
    pub fn to_json(&self) -> Json {
        let mut steps: Vec<Json> = self.steps.iter().map(Step::to_json).collect();
        if let Some((at, normalize)) = &self.normalize {
            let mut json = serde_json::to_value(normalize).unwrap_or_default();
            json["op"] = "normalize".into();
            steps.insert((*at).min(steps.len()), json);
        }
        serde_json::json!({
            "decode": self.decoding,
            "set": self.set,
            "steps": steps,
            "output": self.output,
        })
    }

    /// How files are decoded.
    pub fn decoding(&self) -> Decoding {
        self.decoding
    }

    /// The object set that moves with the pictures.
    pub fn set(&self) -> &str {
        &self.set
    }

    /// The same for another object set.
    #[must_use]
    pub fn for_set(self, set: &str) -> Pipeline {
        Pipeline { set: set.to_owned(), ..self }
    }

    /// What pixels become.
    pub fn finish(&self) -> &Finish {
        &self.finish
    }

    /// The operations.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// How many views of a row there are: 1, unless steps make [`Each`](super::ops::each::Each) of several.
    pub fn views(&self) -> u64 {
        let count = |step: &Step| match &step.op {
            Op::Each(each) => each.of.len() as u64,
            _ => 1,
        };
        self.steps.iter().map(count).fold(1, u64::saturating_mul)
    }

    /// Sends a sample through. What is drawn depends on seed, epoch, row and the step's place.
    ///
    /// # Errors
    /// Those of [`Op::apply`], with the step as their place.
    pub fn run(&self, sample: &mut Sample, key: [u64; 3], partners: Option<&dyn Partners>) -> Result<Flow> {
        self.run_view(0, sample, key, partners)
    }

    /// The same for one of the [`Pipeline::views`].
    ///
    /// # Errors
    /// As [`Pipeline::run`].
    pub fn run_view(
        &self,
        view: u64,
        sample: &mut Sample,
        key: [u64; 3],
        partners: Option<&dyn Partners>,
    ) -> Result<Flow> {
        let [seed, epoch, row] = key;
        let mut left = view;
        let zeros = self.normalize.as_ref().map_or(usize::MAX, |(at, _)| *at);
        for (at, step) in self.steps.iter().enumerate() {
            let mut draw = Draw::new([seed, epoch, row, at as u64]);
            if let Some(partners) = partners {
                draw = draw.with_partners(partners);
            }
            if let Op::Each(each) = &step.op {
                let count = each.of.len().max(1) as u64;
                draw = draw.of_view(usize::try_from(left % count).unwrap_or(0));
                left /= count;
            }
            let place = || Place::area(format!("step {} ({})", at + 1, step.op.name()));
            let flow = step.apply(sample, draw.after_normalize(at >= zeros)).map_err(|e| e.at(place()))?;
            if flow != Flow::On {
                return Ok(flow);
            }
        }
        Ok(Flow::On)
    }
}

/// The most views of a row.
const MOST_VIEWS: u64 = 4096;

fn check_views(steps: &[Step]) -> Result<()> {
    let mut views = 1_u64;
    for step in steps {
        if let Op::Each(each) = &step.op {
            if step.p < 1.0 {
                return Err(no_pipeline(
                    "each makes views of every row, and cannot be left out by chance: no p",
                ));
            }
            views = views.saturating_mul(each.of.len() as u64);
        }
    }
    match views <= MOST_VIEWS {
        true => Ok(()),
        false => {
            Err(no_pipeline(&format!("its steps make {views} views of a row; {MOST_VIEWS} is the most")))
        }
    }
}

/// What moves pixels without mixing them.
fn after_normalize(op: &Op) -> bool {
    matches!(op, Op::Pad(_) | Op::Flip(_) | Op::RandomFlip(_) | Op::CenterCrop(_) | Op::RandomCrop(_))
}

fn no_pipeline(what: &str) -> Error {
    Error::new(ErrorKind::Usage, what.to_owned()).at(Place::area("pipeline"))
}

fn take<T: serde::de::DeserializeOwned>(members: &mut Map<String, Json>, name: &str) -> Result<Option<T>> {
    let Some(value) = members.remove(name) else { return Ok(None) };
    serde_json::from_value(value).map(Some).map_err(|e| no_pipeline(&format!("{name}: {e}")))
}
