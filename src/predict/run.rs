//! [`Run`]: a view through a predictor, into a sink.

use std::time::{Duration, Instant};

use super::found::Found;
use super::predictor::Predictor;
use super::sink::Sink;
use crate::dataset::Dataset;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::feed::sampler::Plan;
use crate::feed::{Batch, Loader, OnError, Options};
use crate::job::{Job, Warning};

/// How often a sink is asked to keep what it has.
const KEEP: Duration = Duration::from_secs(5);

/// The keys that pictures are read by. Declared sizes are not among them: what counts is the picture.
const READ: [&str; 2] = ["img", "orientation"];

/// How a view goes through a predictor.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    /// Rows that go through together; of a model that takes a fixed number, that one.
    pub batch: usize,
    /// Threads that decode.
    pub workers: usize,
    /// Rows whose pictures are damaged or missing are left out, counted and warned of; else they end the run.
    pub skip: bool,
}

/// What a run did.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Summary {
    /// Rows whose objects were found.
    pub rows: u64,
    /// Rows that the sink had already.
    pub there: u64,
    /// Rows that were left out.
    pub skipped: u64,
    /// Objects that were found.
    pub objects: u64,
    /// Seconds from the first batch on.
    pub seconds: f64,
    /// Of them, those in which the model waited for pictures.
    pub waited: f64,
}

impl Run {
    /// Sends the rows that the sink wants through the predictor.
    ///
    /// # Errors
    /// Those of the feed, of the model and of the sink; what was taken before stays taken.
    pub fn send(
        &self,
        ds: &Dataset,
        predictor: &Predictor,
        sink: &mut dyn Sink,
        job: &Job,
    ) -> Result<Summary> {
        let rows = sink.wanted(ds.len());
        let mut summary =
            Summary { there: (ds.len() as u64).saturating_sub(rows.len() as u64), ..Summary::default() };
        if rows.is_empty() {
            return Ok(summary);
        }
        let keys: Vec<&str> = READ.into_iter().filter(|key| ds.keys().find(key).is_ok()).collect();
        if !keys.contains(&"img") {
            return Err(Error::new(ErrorKind::Key, "there are no pictures")
                .at(Place::area("predict").key("img"))
                .remedy("give the folder of images: --image-root"));
        }
        let view = ds.take(&rows)?.select(keys)?;
        let batch = predictor.batch().unwrap_or(self.batch).max(1);
        let on_error = if self.skip { OnError::Substitute } else { OnError::Fail };
        let options = Options {
            workers: self.workers,
            ahead: (2 * self.workers).max(1),
            on_error,
            multiple: predictor.recipe().input().multiple,
            drafts: predictor.takes_drafts(),
            ..Options::default()
        };
        let pipeline = predictor.recipe().input().pipeline.clone();
        let loader = Loader::new(&view, pipeline, Plan::evaluation(batch), options, job)?;
        let stage = job.stage("predicting", Some(rows.len() as u64));
        let (start, mut kept) = (Instant::now(), Instant::now());
        let mut feed = loader.epoch(0)?;
        for made in feed.by_ref() {
            let made = made?;
            let found = predictor.predict(&made)?;
            let count = made.rows.len() as u64;
            self.hand(&rows, batch, &made, found, sink, &mut summary, job)?;
            if kept.elapsed() > KEEP {
                sink.keep()?;
                kept = Instant::now();
            }
            stage.advance(count)?;
        }
        sink.keep()?;
        summary.seconds = start.elapsed().as_secs_f64();
        summary.waited = feed.statistics().waited;
        Ok(summary)
    }

    /// Hands what was found to the sink, without those rows in whose place others stood.
    #[expect(clippy::too_many_arguments, reason = "one step of the loop above, for its length")]
    fn hand(
        &self,
        rows: &[u64],
        size: usize,
        batch: &Batch,
        found: Vec<Vec<Found>>,
        sink: &mut dyn Sink,
        summary: &mut Summary,
        job: &Job,
    ) -> Result<()> {
        let first = batch.index.saturating_mul(size as u64);
        let (mut taken, mut objects) = (Vec::with_capacity(found.len()), Vec::with_capacity(found.len()));
        for ((place, row), found) in (first..).zip(&batch.rows).zip(found) {
            let own = usize::try_from(place).ok().and_then(|place| rows.get(place)).copied();
            match own.filter(|_| place == *row) {
                Some(own) => {
                    summary.objects += found.len() as u64;
                    taken.push(own);
                    objects.push(found);
                }
                None => summary.skipped += 1,
            }
        }
        for replaced in &batch.replaced {
            let row = usize::try_from(replaced.row).ok().and_then(|row| rows.get(row)).copied().unwrap_or(0);
            let place = Place::area("predict").row(row);
            job.warn(Warning::new("predict.skipped", place, replaced.why.clone(), "left out"))?;
        }
        summary.rows += taken.len() as u64;
        if taken.is_empty() { Ok(()) } else { sink.take(&taken, &objects) }
    }
}
