//! [`Predictor`]: a model, its recipe and a device.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::drafts::{Room, together};
use super::found::Found;
use super::lens::Lens;
use super::recipe::Recipe;
use crate::augment::Dtype;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::feed::Batch;
use crate::geometry::Size;
use crate::image::{Draft, Order};
use crate::job::Job;
use crate::model::{Binary, Compose, DType, Device, Dim, Graph, Op, Session, Tensor, ValueId};

/// A model that was told how it is used, ready to run.
pub struct Predictor {
    recipe: Recipe,
    session: Session,
    /// Pictures that go through at a time; none for any number.
    batch: Option<usize>,
    /// Pictures that are known to be too many for the device's memory are more than this.
    fits: AtomicUsize,
    /// Where pictures are resampled as well.
    drafts: Option<Room>,
}

impl Predictor {
    /// A graph with its recipe on a device.
    ///
    /// # Errors
    /// `NotFound` for inputs and outputs that the recipe names and the model does not have; `Unsupported` for models of
    /// several inputs, and what the device cannot run.
    pub fn new(graph: Graph, recipe: Recipe, device: Device, job: &Job) -> Result<Predictor> {
        let input = input(&graph, recipe.input().name.as_deref())?;
        let declared = graph.value(input).and_then(|value| value.shape.clone());
        let fixed = match (recipe.input().batch, declared.as_ref().and_then(|shape| shape.first())) {
            (Some(batch), _) => Some(batch),
            (None, Some(Dim::Known(batch))) if !recipe.input().any_size => Some(*batch),
            _ => None,
        };
        let session = |drafts: bool| {
            let mut graph = graph.clone();
            prepare(&mut graph, input, &recipe, drafts);
            recipe.head().extend(&mut graph, recipe.classes().map(|table| table.len()))?;
            graph.check()?;
            Session::new(graph, device, job)
        };
        let drafts = device.is_gpu();
        let mut ready = session(drafts)?;
        // A GPU that could not be opened: the processor does the work, and has its pictures from the feed.
        if drafts && !ready.is_on_gpu() {
            ready = session(false)?;
        }
        let drafts = ready.is_on_gpu();
        let fits = AtomicUsize::new(usize::MAX);
        Ok(Predictor { recipe, session: ready, batch: fixed, fits, drafts: drafts.then(Room::default) })
    }

    /// Whether a GPU stores weights in 16 bits: see [`Session::half_weights`].
    #[must_use]
    pub fn half_weights(self, halves: bool) -> Predictor {
        Predictor { session: self.session.half_weights(halves), ..self }
    }

    /// Whether it takes pictures as they were decoded ([`Options::drafts`](crate::feed::Options)), and resamples them where
    /// it runs.
    pub fn takes_drafts(&self) -> bool {
        self.drafts.is_some()
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
    /// best first. A batch that is too large for the device goes through it in parts.
    ///
    /// # Errors
    /// `Key` for rows without pictures; those of the model; `Length` where its numbers are not what the recipe says.
    pub fn predict(&self, batch: &Batch) -> Result<Vec<Vec<Found>>> {
        let count = batch.rows.len();
        let lenses: Vec<Lens> = (0..count).map(|at| lens(batch, at)).collect::<Result<_>>()?;
        let pictures = self.pictures(batch)?;
        let mut found = Vec::with_capacity(count);
        let mut from = 0;
        while from < count {
            let most = self.batch.unwrap_or(count).max(1);
            let fits = self.fits.load(Ordering::Relaxed);
            let there = pictures.together(from).min(most).min(fits).min(count - from);
            // A model of a fixed number of pictures gets black ones beside the last.
            let size = if self.batch.is_some() { most } else { there };
            let outputs = match pictures.inputs(from, there, size).and_then(|inputs| self.session.run(inputs))
            {
                Err(error) if error.kind() == ErrorKind::Limit && there > 1 && self.batch.is_none() => {
                    self.fits.fetch_min(there.div_ceil(2), Ordering::Relaxed);
                    continue;
                }
                outputs => outputs?,
            };
            let mut lenses = lenses.get(from..from + there).unwrap_or_default().to_vec();
            if let Some(last) = lenses.last().copied() {
                lenses.resize(size, last);
            }
            let mut objects = self.recipe.head().read(&outputs, &lenses)?;
            objects.truncate(there);
            found.append(&mut objects);
            from += there;
        }
        self.check(&found)?;
        Ok(found)
    }

    /// The pictures of a batch in the form that the model has them.
    fn pictures<'a>(&'a self, batch: &'a Batch) -> Result<Pictures<'a>> {
        let place = || Place::area("predict").key("img");
        let none = || Error::new(ErrorKind::Key, "rows have no pictures").at(place());
        if let Some(room) = &self.drafts {
            return match batch.drafts.len() == batch.rows.len() {
                true => Ok(Pictures::Drafts(room, &batch.drafts, batch.canvas)),
                false if batch.pictures.is_some() => {
                    let what = "a GPU takes pictures as they were decoded";
                    Err(Error::new(ErrorKind::Usage, what).at(place()).remedy("let the feed give drafts"))
                }
                false => Err(none()),
            };
        }
        let made = batch.pictures.as_ref().ok_or_else(none)?;
        match made.dtype() {
            Dtype::U8 => Ok(Pictures::Made(made.bytes(), made.shape())),
            _ => {
                let what = "pictures are levels of 8 bits until the model has them";
                Err(Error::new(ErrorKind::Type, what).at(place()))
            }
        }
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

/// Pictures of a batch.
enum Pictures<'a> {
    /// Resampled by the feed: bytes and their shape.
    Made(&'a [u8], &'a [usize]),
    /// As they were decoded, and the canvas they go on.
    Drafts(&'a Room, &'a [Draft], Size),
}

impl Pictures<'_> {
    /// How many of those from a place on go together.
    fn together(&self, from: usize) -> usize {
        match self {
            Pictures::Made(..) => usize::MAX,
            Pictures::Drafts(_, drafts, _) => together(drafts.get(from..).unwrap_or_default()),
        }
    }

    /// Some of them as inputs for so many.
    fn inputs(&self, from: usize, there: usize, size: usize) -> Result<Vec<Tensor>> {
        match self {
            Pictures::Made(bytes, shape) => {
                let one: usize = shape.iter().skip(1).product();
                let mut own = bytes.get(from * one..(from + there) * one).unwrap_or_default().to_vec();
                own.resize(size * one, 0);
                let rest = shape.get(1..).unwrap_or_default();
                Ok(vec![Tensor::new(&[&[size], rest].concat(), own)?])
            }
            Pictures::Drafts(room, drafts, canvas) => {
                room.tensors(drafts.get(from..from + there).unwrap_or_default(), size, *canvas)
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
            let some =
                names.get(..4).map_or_else(|| names.join(", "), |some| format!("{}, …", some.join(", ")));
            let what = format!("the model has {} inputs: {some}", names.len());
            Err(Error::new(ErrorKind::Unsupported, what).at(place()).remedy(
                "pictures go into models of one input; where the others are weights, name their file: --weights",
            ))
        }
    }
}

/// Puts what makes the model's numbers before its input: of levels, or of pictures as they were decoded.
fn prepare(graph: &mut Graph, input: ValueId, recipe: &Recipe, drafts: bool) {
    let finish = recipe.input().pipeline.finish();
    let declared = graph.value(input).cloned().unwrap_or_default();
    let any = || Dim::Named(String::new());
    let shape = match recipe.input().any_size {
        true => vec![any(); 4],
        false => declared.shape.unwrap_or_else(|| vec![any(); 4]),
    };
    if recipe.input().any_size {
        graph.forget_shapes();
    }
    let wanted = declared.dtype.unwrap_or(DType::F32);
    let line = recipe.input().normalize.as_ref().map(|normalize| normalize.line());
    if !drafts && wanted == DType::U8 && line.is_none() {
        return;
    }
    let (bgr, hwc) = (finish.bgr, finish.order == Order::Hwc);
    let axes: &[usize] = if hwc { &[1, 1, 1, 3] } else { &[1, 3, 1, 1] };
    let (dtype, given) = match drafts {
        true => (DType::U32, vec![any()]),
        false => (DType::U8, shape.clone()),
    };
    graph.before(input, dtype, given, move |graph, levels| {
        let mut value = match drafts {
            true => {
                let pictures = shape.into_iter().next().unwrap_or_else(any);
                let composed = compose(graph, levels, pictures, bgr);
                match hwc {
                    true => graph.then(Op::Transpose { perm: Some(vec![0, 2, 3, 1]) }, &[composed]),
                    false => composed,
                }
            }
            false => graph.then(Op::Cast { to: DType::F32, saturate: true }, &[levels]),
        };
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

/// Pictures as they were decoded onto a canvas; its other inputs stand behind those of the model.
fn compose(graph: &mut Graph, words: ValueId, pictures: Dim, bgr: bool) -> ValueId {
    let any = || Dim::Named(String::new());
    let mut take = |name: &str, dtype: DType, shape: Vec<Dim>| {
        let mut name = format!("lensframe.{name}");
        while graph.named(&name).is_some() {
            name.push('_');
        }
        graph.take(&name, dtype, shape)
    };
    let table = take("pictures", DType::I32, vec![pictures, Dim::Known(Compose::COLUMNS)]);
    let first = take("first", DType::I32, vec![any()]);
    let weights = take("weights", DType::F32, vec![any()]);
    let canvas = take("canvas", DType::I64, vec![Dim::Known(2)]);
    graph.then(Op::Compose(Compose { bgr }), &[words, table, first, weights, canvas])
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
