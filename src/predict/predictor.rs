//! [`Predictor`]: a model, its recipe and a device.

use super::found::Found;
use super::lens::Lens;
use super::recipe::Recipe;
use crate::augment::Dtype;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::feed::Batch;
use crate::image::Order;
use crate::job::Job;
use crate::model::{Binary, DType, Device, Dim, Graph, Op, Session, Tensor, ValueId};

/// A model that was told how it is used, ready to run.
pub struct Predictor {
    recipe: Recipe,
    session: Session,
    /// Pictures that go through at a time; none for any number.
    batch: Option<usize>,
}

impl Predictor {
    /// A graph with its recipe on a device.
    ///
    /// # Errors
    /// `NotFound` for inputs and outputs that the recipe names and the model does not have; `Unsupported` for models of
    /// several inputs, and what the device cannot run.
    pub fn new(mut graph: Graph, recipe: Recipe, device: Device, job: &Job) -> Result<Predictor> {
        let input = input(&graph, recipe.input().name.as_deref())?;
        let declared = graph.value(input).and_then(|value| value.shape.clone());
        let fixed = match (recipe.input().batch, declared.as_ref().and_then(|shape| shape.first())) {
            (Some(batch), _) => Some(batch),
            (None, Some(Dim::Known(batch))) if !recipe.input().any_size => Some(*batch),
            _ => None,
        };
        prepare(&mut graph, input, &recipe);
        recipe.head().extend(&mut graph, recipe.classes().map(|table| table.len()))?;
        graph.check()?;
        let session = Session::new(graph, device, job)?;
        Ok(Predictor { recipe, session, batch: fixed })
    }

    /// How the model is used.
    pub fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    /// What runs it.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Pictures that the model takes at a time; none for any number.
    pub fn batch(&self) -> Option<usize> {
        self.batch
    }

    /// What is found in each picture of a batch that the recipe's pipeline made: in pixels of the stored pictures, the
    /// best first.
    ///
    /// # Errors
    /// `Key` for rows without pictures; those of the model; `Length` where its numbers are not what the recipe says.
    pub fn predict(&self, batch: &Batch) -> Result<Vec<Vec<Found>>> {
        let Some(pictures) = &batch.pictures else {
            let what = "rows have no pictures";
            return Err(Error::new(ErrorKind::Key, what).at(Place::area("predict").key("img")));
        };
        if pictures.dtype() != Dtype::U8 {
            let what = "pictures are levels of 8 bits until the model has them";
            return Err(Error::new(ErrorKind::Type, what).at(Place::area("predict")));
        }
        let count = batch.rows.len();
        let lenses: Vec<Lens> = (0..count).map(|at| lens(batch, at)).collect::<Result<_>>()?;
        let shape = pictures.shape().get(1..).unwrap_or_default();
        let one = pictures.bytes().len() / count.max(1);
        let each = self.batch.unwrap_or(count).max(1);
        let mut found = Vec::with_capacity(count);
        for (bytes, lenses) in
            pictures.bytes().chunks(one.saturating_mul(each).max(1)).zip(lenses.chunks(each))
        {
            let mut bytes = bytes.to_vec();
            let mut lenses = lenses.to_vec();
            let there = lenses.len();
            // A model of a fixed number of pictures gets black ones beside the last.
            let size = if self.batch.is_some() { each } else { there };
            bytes.resize(size * one, 0);
            if let Some(last) = lenses.last().copied() {
                lenses.resize(size, last);
            }
            let tensor = Tensor::new(&[&[size], shape].concat(), bytes)?;
            let outputs = self.session.run(vec![tensor])?;
            let mut objects = self.recipe.head().read(&outputs, &lenses)?;
            objects.truncate(there);
            found.append(&mut objects);
        }
        self.check(&found)?;
        Ok(found)
    }

    /// Labels have to be of classes that there are.
    fn check(&self, found: &[Vec<Found>]) -> Result<()> {
        let Some(classes) = self.recipe.classes() else { return Ok(()) };
        let known = |object: &&Found| classes.get(object.label).is_none();
        match found.iter().flatten().find(known) {
            None => Ok(()),
            Some(object) => {
                let what = format!("the model says class {} of {}", object.label, classes.len());
                Err(Error::new(ErrorKind::Index, what)
                    .at(Place::area("predict").key("label"))
                    .remedy("do the recipe's classes belong to this model?"))
            }
        }
    }
}

/// The value that pictures go into.
fn input(graph: &Graph, name: Option<&str>) -> Result<ValueId> {
    let place = || Place::area("recipe").key("input");
    let names: Vec<&str> =
        graph.inputs().iter().filter_map(|id| Some(graph.value(*id)?.name.as_str())).collect();
    match (name, graph.inputs()) {
        (None, [only]) => Ok(*only),
        (Some(name), [only]) if names == [name] => Ok(*only),
        (Some(name), [_]) => Err(Error::new(ErrorKind::NotFound, format!("the model has no input '{name}'"))
            .at(place())
            .remedy(format!("its input is '{}'", names.join("', '")))),
        _ => {
            let what = format!("the model has {} inputs: {}", names.len(), names.join(", "));
            Err(Error::new(ErrorKind::Unsupported, what)
                .at(place())
                .remedy("pictures go into models of one input; export it so"))
        }
    }
}

/// Puts what makes the model's numbers of levels before its input.
fn prepare(graph: &mut Graph, input: ValueId, recipe: &Recipe) {
    let finish = recipe.input().pipeline.finish();
    let declared = graph.value(input).cloned().unwrap_or_default();
    let shape = match recipe.input().any_size {
        true => vec![Dim::Named(String::new()); 4],
        false => declared.shape.unwrap_or_else(|| vec![Dim::Named(String::new()); 4]),
    };
    if recipe.input().any_size {
        graph.forget_shapes();
    }
    let wanted = declared.dtype.unwrap_or(DType::F32);
    let line = recipe.input().normalize.as_ref().map(|normalize| normalize.line());
    if wanted == DType::U8 && line.is_none() {
        return;
    }
    let axes: &[usize] = match finish.order {
        Order::Chw => &[1, 3, 1, 1],
        Order::Hwc => &[1, 1, 1, 3],
    };
    let bgr = finish.bgr;
    graph.before(input, DType::U8, shape, move |graph, levels| {
        let mut value = graph.then(Op::Cast { to: DType::F32, saturate: true }, &[levels]);
        if let Some((scale, bias)) = line {
            let mut along = |mut numbers: [f32; 3], rule: Binary, value: ValueId| {
                if bgr {
                    numbers.reverse();
                }
                // Three numbers make this shape, so that there is always a tensor.
                let Ok(numbers) = Tensor::new(axes, numbers.to_vec()) else { return value };
                let numbers = graph.hold(numbers);
                graph.then(Op::Binary(rule), &[value, numbers])
            };
            value = along(scale, Binary::Mul, value);
            value = along(bias, Binary::Add, value);
        }
        match wanted {
            DType::F32 => value,
            other => graph.then(Op::Cast { to: other, saturate: true }, &[value]),
        }
    });
}

/// From the model's picture of a row to the stored one.
fn lens(batch: &Batch, at: usize) -> Result<Lens> {
    let back = batch.back.get(at).copied().flatten().ok_or_else(|| {
        Error::new(ErrorKind::Unsupported, "several pictures were mixed, so nothing can be carried back")
            .at(Place::area("predict"))
            .remedy("leave mosaic and mix_up out of the recipe")
    })?;
    let stored = batch.stored.get(at).copied().filter(|size| size.pixels() > 0);
    Ok(Lens::new(back, batch.canvas, stored))
}
