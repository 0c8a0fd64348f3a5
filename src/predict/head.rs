//! [`Head`]: what a model's numbers mean.
//!
//! A head has two halves. The first is nodes at the end of the graph, which run where the model runs and leave little to
//! bring back; the second makes objects of what came back, picture by picture.

mod boxes;
mod chosen;
mod classes;
mod dense;
mod heatmap;
mod regions;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value as Json};

use super::found::{Found, Told};
use super::lens::Lens;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::model::{Graph, Tensor, ValueId};

pub use boxes::Boxes;
pub use chosen::Suppression;
pub use classes::Classes;
pub use dense::Dense;
pub use heatmap::Heatmap;
pub use regions::Regions;

/// What a model's numbers mean.
#[derive(Clone, Debug, PartialEq)]
pub enum Head {
    /// A score for each class of the whole picture.
    Classes(Classes),
    /// Boxes that the model chose itself.
    Boxes(Boxes),
    /// A box and scores at each of many places, of which the best are chosen.
    Dense(Dense),
    /// Centres of objects as peaks of a map.
    Heatmap(Heatmap),
    /// Areas of a map of shares.
    Regions(Regions),
}

/// What heads can do, with the names they have in recipes.
const KINDS: &str = "classes, boxes, dense, heatmap, regions";

impl Head {
    /// The head of a recipe's `output`: its `kind`, and its parameters beside it.
    ///
    /// # Errors
    /// `Usage` for unknown kinds and parameters, and values that make no sense.
    pub fn parse(mut members: Map<String, Json>) -> Result<Head> {
        let kind = match members.remove("kind") {
            Some(Json::String(kind)) => kind,
            _ => return Err(wrong(format!("the output has no kind: one of {KINDS}"))),
        };
        let head = match kind.as_str() {
            "classes" => Head::Classes(read(members)?),
            "boxes" => Head::Boxes(read(members)?),
            "dense" => Head::Dense(read(members)?),
            "heatmap" => Head::Heatmap(read(members)?),
            "regions" => Head::Regions(read(members)?),
            other => return Err(wrong(format!("'{other}' is no kind of output: one of {KINDS}"))),
        };
        head.check()?;
        Ok(head)
    }

    fn check(&self) -> Result<()> {
        match self {
            Head::Classes(head) => head.check(),
            Head::Boxes(head) => head.check(),
            Head::Dense(head) => head.check(),
            Head::Heatmap(head) => head.check(),
            Head::Regions(head) => head.check(),
        }
    }

    /// The least score of what is told, where the head has one.
    pub fn with_least_score(mut self, score: f64) -> Head {
        match &mut self {
            Head::Classes(_) => {}
            Head::Boxes(head) => head.score = score,
            Head::Dense(head) => head.suppression.score = score,
            Head::Heatmap(head) => head.suppression.score = score,
            Head::Regions(head) => head.score = score,
        }
        self
    }

    /// Puts the first half behind a graph, whose outputs are then what the second half reads. `classes`: how many there
    /// are, where that is known.
    ///
    /// # Errors
    /// `NotFound` for outputs that the graph does not have.
    pub fn extend(&self, graph: &mut Graph, classes: Option<usize>) -> Result<()> {
        match self {
            Head::Classes(head) => head.extend(graph, classes),
            Head::Boxes(head) => head.extend(graph),
            Head::Dense(head) => head.extend(graph),
            Head::Heatmap(head) => head.extend(graph),
            Head::Regions(head) => head.extend(graph),
        }
    }

    /// The objects of each picture of a batch, the best first.
    ///
    /// # Errors
    /// `Length` and `Type` for numbers in other shapes and types than the recipe says; `Index` for a class that is none.
    pub fn read(&self, outputs: &[Tensor], lenses: &[Lens]) -> Result<Vec<Vec<Found>>> {
        match self {
            Head::Classes(head) => head.read(outputs, lenses),
            Head::Boxes(head) => head.read(outputs, lenses),
            Head::Dense(head) => head.read(outputs, lenses),
            Head::Heatmap(head) => head.read(outputs, lenses),
            Head::Regions(head) => head.read(outputs, lenses),
        }
    }

    pub(super) fn told(&self) -> Told {
        Told {
            bbox: !matches!(self, Head::Classes(_)),
            points: matches!(self, Head::Heatmap(head) if head.points.is_some()),
            mask: matches!(self, Head::Regions(_)),
        }
    }
}

fn read<T: DeserializeOwned>(members: Map<String, Json>) -> Result<T> {
    serde_json::from_value(Json::Object(members)).map_err(|e| wrong(e.to_string()))
}

fn wrong(what: impl Into<String>) -> Error {
    Error::new(ErrorKind::Usage, what.into()).at(Place::area("recipe").key("output"))
}

/// An output by its name, or by its place where the recipe names none.
fn port(graph: &Graph, name: Option<&str>, place: usize) -> Result<ValueId> {
    let found = match name {
        Some(name) => graph.named(name),
        None => graph.outputs().get(place).copied(),
    };
    found.ok_or_else(|| {
        let names = graph.outputs().iter().filter_map(|id| Some(format!("'{}'", graph.value(*id)?.name)));
        let names: Vec<String> = names.collect();
        let what = match name {
            Some(name) => format!("the model has no value '{name}'"),
            None => format!("the model has {} outputs, and the recipe asks for one more", names.len()),
        };
        Error::new(ErrorKind::NotFound, what)
            .at(Place::area("recipe").key("output"))
            .remedy(format!("its outputs are {}", names.join(", ")))
    })
}

/// The numbers of an output, whose shape has to have these axes; `None` for axes of any length.
fn numbers<'a>(
    outputs: &'a [Tensor],
    place: usize,
    what: &str,
    axes: &[Option<usize>],
) -> Result<(&'a [f32], &'a [usize])> {
    let tensor = outputs.get(place).ok_or_else(|| odd(what, "is not there".to_owned()))?;
    let fits = tensor.rank() == axes.len()
        && axes.iter().zip(tensor.shape()).all(|(axis, n)| axis.is_none_or(|axis| axis == *n));
    if !fits {
        let axes: Vec<String> =
            axes.iter().map(|axis| axis.map_or("?".to_owned(), |n| n.to_string())).collect();
        return Err(odd(what, format!("has the shape {:?}, not ({})", tensor.shape(), axes.join(", "))));
    }
    let own = tensor.elements::<f32>().ok_or_else(|| odd(what, format!("is {}", tensor.dtype().name())))?;
    Ok((own, tensor.shape()))
}

/// The whole numbers of an output.
fn places<'a>(outputs: &'a [Tensor], place: usize, what: &str) -> Result<&'a [i64]> {
    let tensor = outputs.get(place).ok_or_else(|| odd(what, "is not there".to_owned()))?;
    tensor.elements::<i64>().ok_or_else(|| odd(what, format!("is {}", tensor.dtype().name())))
}

fn odd(what: &str, how: String) -> Error {
    Error::new(ErrorKind::Length, format!("the model's {what} {how}"))
        .at(Place::area("predict"))
        .remedy("does the recipe belong to this model?")
}
