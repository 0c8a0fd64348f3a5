//! [`Maker`]: rows made into a batch, by one thread.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use super::batch::{Batch, Replaced};
use super::options::{OnError, Options};
use super::sampler::{self, Epoch};
use super::statistics::Counters;
use super::tensor::Pool;
use crate::augment::{Flow, IGNORED, Partners, Pipeline, Reading, Sample};
use crate::dataset::Value;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::geometry::Size;
use crate::random::Random;

/// How often another row is tried in the place of one that cannot be used.
const TRIES: u64 = 32;

/// What every thread that makes batches has.
pub(super) struct Maker {
    pub(super) reading: Reading,
    pub(super) pipeline: Arc<Pipeline>,
    pub(super) options: Options,
    pub(super) seed: u64,
    /// Whether an epoch has no row twice.
    pub(super) rows_once: bool,
    pub(super) pool: Arc<Pool>,
    pub(super) counters: Arc<Counters>,
    /// Set when nobody waits for batches any more.
    pub(super) stopped: Arc<AtomicBool>,
}

/// A batch to be made.
#[derive(Clone)]
pub(super) struct Order {
    pub(super) epoch: Arc<Epoch>,
    pub(super) batch: sampler::Batch,
}

impl Maker {
    /// Makes a batch. A fault of our own is an error too, and not the end of a thread that somebody waits for.
    pub(super) fn make(&self, order: &Order) -> Result<Batch> {
        catch_unwind(AssertUnwindSafe(|| self.made(order))).unwrap_or_else(|panic| {
            let text = match (panic.downcast_ref::<String>(), panic.downcast_ref::<&str>()) {
                (Some(text), _) => text.as_str(),
                (None, Some(text)) => text,
                (None, None) => "no words",
            };
            let what = format!("a worker broke: {text}; a fault of lensframe, please report it");
            Err(Error::new(ErrorKind::Unsupported, what).at(Place::area("feed")))
        })
    }

    fn made(&self, order: &Order) -> Result<Batch> {
        let mut places: Vec<Standing> = order.batch.rows.iter().map(|row| Standing::of(*row)).collect();
        loop {
            let start = Instant::now();
            let rows: Vec<u64> = places.iter().map(|place| self.stored(place.row)).collect();
            let read = self.reading.samples(&rows)?;
            let mut samples = Vec::with_capacity(rows.len());
            for (at, sample) in read.into_iter().enumerate() {
                samples.push(self.through(order, at, sample, &mut places[at])?);
            }
            self.counters.planned(start.elapsed());
            let start = Instant::now();
            match self.laid_out(order, samples, &places) {
                Ok(done) => {
                    self.counters.made(start.elapsed(), rows.len() as u64, done.replaced.len() as u64);
                    return Ok(done);
                }
                // Pixels are decoded last, so this is where a damaged file is found.
                Err(Damaged::Row(at, error)) => {
                    self.next(order, at, &mut places[at], Reason::Error(error))?
                }
                Err(Damaged::Batch(error)) => return Err(error),
            }
        }
    }

    /// The row of the dataset that a row of the plan is a view of.
    fn stored(&self, row: u64) -> u64 {
        row / self.pipeline.views()
    }

    fn replaced(&self, place: &Standing) -> Option<Replaced> {
        let why = place.why.clone()?;
        Some(Replaced { row: self.stored(place.wanted), by: self.stored(place.row), why })
    }

    /// Sends a sample through the pipeline, or another one in its place.
    fn through(
        &self,
        order: &Order,
        at: usize,
        sample: Result<Sample>,
        place: &mut Standing,
    ) -> Result<Sample> {
        let mut sample = sample;
        loop {
            if self.stopped.load(Ordering::Relaxed) {
                return Err(left());
            }
            let reason = match sample.and_then(|mut sample| {
                if sample.picture().is_none() && self.reading.has_pictures() {
                    return Err(Error::new(ErrorKind::Key, "the row has no picture")
                        .at(Place::area("feed").row(self.stored(place.row)).key("img"))
                        .remedy("filter such rows out, substitute others, or select keys without img"));
                }
                let key = [self.seed, order.epoch.number(), self.stream(order, at, place.row)];
                let view = place.row % self.pipeline.views();
                let flow = self.pipeline.run_view(view, &mut sample, key, Some(&self.reading));
                flow.map(|flow| (sample, flow)).map_err(|e| e.at(Place::none().row(self.stored(place.row))))
            }) {
                Ok((sample, Flow::On)) => return Ok(sample),
                Ok((_, Flow::Dropped(why))) => Reason::Dropped(why),
                Err(error) => Reason::Error(error),
            };
            self.next(order, at, place, reason)?;
            sample = Partners::sample(&self.reading, self.stored(place.row));
        }
    }

    /// What a row's random numbers are named by: the row, or the place where a row may come several times.
    fn stream(&self, order: &Order, at: usize, row: u64) -> u64 {
        match self.rows_once && !order.batch.padded {
            true => row,
            false => Random::keyed(&[row, order.batch.index, at as u64]).next_u64(),
        }
    }

    /// Puts another row in a place.
    fn next(&self, order: &Order, at: usize, place: &mut Standing, reason: Reason) -> Result<()> {
        let why = match reason {
            Reason::Error(error) if self.options.on_error == OnError::Fail || error.is_cancelled() => {
                return Err(error);
            }
            Reason::Error(error) => error.to_string(),
            Reason::Dropped(why) => why.to_owned(),
        };
        let why = place.why.get_or_insert(why).clone();
        let row = order.epoch.stand_in(order.batch.index, at as u64, place.attempts);
        let (Some(row), true) = (row, place.attempts < TRIES) else {
            let what = format!("no row of {TRIES} could take its place; it could not be used: {why}");
            return Err(
                Error::new(ErrorKind::Format, what).at(Place::area("feed").row(self.stored(place.wanted)))
            );
        };
        (place.row, place.attempts) = (row, place.attempts + 1);
        Ok(())
    }

    /// Makes the pixels, each picture straight into its place, and gathers everything else.
    fn laid_out(
        &self,
        order: &Order,
        samples: Vec<Sample>,
        places: &[Standing],
    ) -> std::result::Result<Batch, Damaged> {
        let sizes: Vec<Size> = samples.iter().map(Sample::size).collect();
        let up = |n: u32| n.next_multiple_of(self.options.multiple.max(1));
        let canvas = Size::new(
            up(sizes.iter().map(|size| size.height).max().unwrap_or(0)),
            up(sizes.iter().map(|size| size.width).max().unwrap_or(0)),
        );
        let finish = self.pipeline.finish();
        let any = samples.iter().any(|sample| sample.picture().is_some());
        let damaged = |at: usize, place: &Standing, error: Error| {
            Damaged::Row(at, error.at(Place::area("image").row(self.stored(place.row)).key("img")))
        };
        let mut drafts = Vec::new();
        if self.options.drafts {
            for (at, (sample, place)) in samples.iter().zip(places).enumerate() {
                let Some(picture) = sample.picture() else { continue };
                drafts.push(picture.draft().map_err(|error| damaged(at, place, error))?);
            }
        }
        let mut pictures = (any && !self.options.drafts).then(|| {
            let shape = [vec![samples.len()], finish.shape(canvas).to_vec()].concat();
            self.pool.tensor(finish.dtype, shape)
        });
        if let Some(tensor) = &mut pictures {
            if sizes.iter().any(|size| *size != canvas) {
                tensor.bytes_mut().fill(0);
            }
            for (at, (sample, place)) in samples.iter().zip(places).enumerate() {
                if self.stopped.load(Ordering::Relaxed) {
                    return Err(Damaged::Batch(left()));
                }
                let done = finish.write(sample, tensor.part(at), canvas);
                done.map_err(|error| damaged(at, place, error))?;
            }
        }
        let mut batch = Batch {
            index: order.batch.index,
            rows: places.iter().map(|place| self.stored(place.row)).collect(),
            views: places.iter().map(|place| place.row % self.pipeline.views()).collect(),
            padded: order.batch.padded,
            pictures,
            drafts,
            sizes,
            stored: samples.iter().map(Sample::stored).collect(),
            back: samples.iter().map(|sample| sample.motion()?.inverse()).collect(),
            offsets: vec![0],
            boxes: None,
            rboxes: None,
            points: None,
            shapes: None,
            objects: Vec::new(),
            maps: Vec::new(),
            canvas,
            values: Vec::new(),
            replaced: places.iter().filter_map(|place| self.replaced(place)).collect(),
        };
        gather(samples, &mut batch).map_err(Damaged::Batch)?;
        Ok(batch)
    }
}

/// A place in a batch, and who stands there.
struct Standing {
    /// Who should.
    wanted: u64,
    row: u64,
    attempts: u64,
    why: Option<String>,
}

impl Standing {
    fn of(row: u64) -> Standing {
        Standing { wanted: row, row, attempts: 0, why: None }
    }
}

fn left() -> Error {
    Error::new(ErrorKind::Cancelled, "the feed was left").at(Place::area("feed"))
}

/// Why a row cannot be used.
enum Reason {
    Error(Error),
    Dropped(&'static str),
}

/// What cannot be laid out.
enum Damaged {
    /// The row in a place.
    Row(usize, Error),
    /// All of it.
    Batch(Error),
}

/// Puts what samples have besides pixels one after the other.
fn gather(samples: Vec<Sample>, batch: &mut Batch) -> Result<()> {
    let mut all: Option<crate::augment::Objects> = None;
    let wide = batch.canvas.width as usize;
    let names: Vec<String> = samples
        .iter()
        .flat_map(|sample| sample.maps().iter().map(|(name, _)| name.clone()))
        .fold(Vec::new(), |mut names, name| {
            if !names.contains(&name) {
                names.push(name);
            }
            names
        });
    let pixels = wide * batch.canvas.height as usize;
    for name in names {
        let mut whole = vec![IGNORED; pixels * samples.len()];
        for (sample, out) in samples.iter().zip(whole.chunks_exact_mut(pixels.max(1))) {
            let Some((_, ids)) = sample.maps().iter().find(|(own, _)| *own == name) else { continue };
            let width = sample.size().width as usize;
            for (from, to) in ids.chunks_exact(width.max(1)).zip(out.chunks_exact_mut(wide.max(1))) {
                to[..width].copy_from_slice(from);
            }
        }
        batch.maps.push((name, whole));
    }
    for (at, sample) in samples.into_iter().enumerate() {
        let last = batch.offsets.last().copied().unwrap_or(0);
        batch.offsets.push(last + sample.objects.len() as u64);
        for (name, value) in sample.values {
            let place = batch.values.iter_mut().find(|(own, _)| *own == name);
            let list = match place {
                Some((_, list)) => list,
                None => {
                    batch.values.push((name, Vec::new()));
                    let Some((_, list)) = batch.values.last_mut() else { continue };
                    list
                }
            };
            list.resize(at, Value::Null);
            list.push(value);
        }
        match &mut all {
            Some(all) => all.join(sample.objects),
            None => all = Some(sample.objects),
        }
    }
    let rows = batch.rows.len();
    batch.values.iter_mut().for_each(|(_, list)| list.resize(rows, Value::Null));
    let Some(all) = all else { return Ok(()) };
    for name in all.names() {
        if let Some(column) = all.column(&name)? {
            batch.objects.push((name, column));
        }
    }
    (batch.boxes, batch.rboxes, batch.points, batch.shapes) = (all.bbox, all.rbox, all.points, all.shapes);
    Ok(())
}
