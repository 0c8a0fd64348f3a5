//! [`Loader`]: batches of a view, epoch after epoch; [`Feed`]: those of one.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded, unbounded};

use super::batch::Batch;
use super::facts::Known;
use super::make::{Maker, Order};
use super::options::Options;
use super::sampler::{Epoch, Plan, Share, State};
use super::statistics::{Counters, Statistics};
use super::tensor::Pool;
use crate::augment::{Pipeline, Reading};
use crate::dataset::{Dataset, Rows};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::job::Job;

/// A view, an order of its rows, a pipeline, and how batches are made.
///
/// ```
/// use lensframe::augment::Pipeline;
/// use lensframe::dataset::Dataset;
/// use lensframe::feed::sampler::{Plan, Sampler};
/// use lensframe::feed::{Loader, Options};
/// use lensframe::job::Job;
/// use lensframe::synth::{Options as Draw, Scenes};
///
/// let scenes = Dataset::new(Scenes::new(Draw { count: 6, ..Draw::default() }, 7)?);
/// let pipeline = Pipeline::from_json(r#"[{"op": "resize", "size": [48, 64]}, {"op": "random_flip"}]"#)?;
/// let plan = Plan::new(Sampler::Shuffled, 4).seed(1);
/// let loader = Loader::new(&scenes, pipeline, plan, Options { workers: 2, ..Options::default() }, &Job::new())?;
/// let mut feed = loader.epoch(0)?;
/// let first = feed.next().unwrap()?;
/// assert_eq!(first.pictures.unwrap().shape(), [4, 3, 48, 64]);
/// assert_eq!(feed.next().unwrap()?.rows.len(), 2);
/// assert!(feed.next().is_none());
/// # Ok::<(), lensframe::error::Error>(())
/// ```
#[derive(Clone)]
pub struct Loader {
    reading: Reading,
    pipeline: Arc<Pipeline>,
    plan: Plan,
    known: Arc<Known>,
    options: Options,
    pool: Arc<Pool>,
}

impl Loader {
    /// Batches of a view. What the sampler needs to know of rows is read now.
    ///
    /// # Errors
    /// Those of [`Reading::new`] and [`Plan::epoch`]; `Usage` for a rank that is none.
    pub fn new(ds: &Dataset, pipeline: Pipeline, plan: Plan, options: Options, job: &Job) -> Result<Loader> {
        let reading = Reading::new(ds, pipeline.set(), pipeline.decoding())?;
        let known = Known::read(&seen(ds, pipeline.views())?, pipeline.set(), &plan.sampler, job)?;
        let loader = Loader {
            reading,
            pipeline: Arc::new(pipeline),
            plan,
            known: Arc::new(known),
            options,
            pool: Arc::default(),
        };
        loader.len(0)?;
        Ok(loader)
    }

    /// How many batches an epoch has for this rank.
    ///
    /// # Errors
    /// Those of [`Plan::epoch`] and [`Epoch::share`].
    pub fn len(&self, epoch: u64) -> Result<u64> {
        self.plan.epoch(&self.known.facts(), epoch)?.len(self.options.rank, self.options.world)
    }

    /// The order of rows.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// How batches are made.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// What is done to rows.
    pub fn pipeline(&self) -> &Pipeline {
        &self.pipeline
    }

    /// The same with other options.
    #[must_use]
    pub fn with(&self, options: Options) -> Loader {
        Loader { options, ..self.clone() }
    }

    /// The batches of an epoch.
    ///
    /// # Errors
    /// As [`Loader::len`]; the operating system's for threads.
    pub fn epoch(&self, epoch: u64) -> Result<Feed> {
        let epoch = self.plan.epoch(&self.known.facts(), epoch)?;
        self.feed(epoch, 0)
    }

    /// The batches of an epoch after those that a state says were finished, on whatever number of ranks.
    ///
    /// # Errors
    /// `Mismatch` for a state of another plan or other rows; as [`Loader::epoch`].
    pub fn resume(&self, state: &State) -> Result<Feed> {
        let (epoch, done) = self.plan.resume(&self.known.facts(), state)?;
        self.feed(epoch, done)
    }

    fn feed(&self, epoch: Epoch, done: u64) -> Result<Feed> {
        let share = epoch.share_after(done, self.options.rank, self.options.world)?;
        let stopped = Arc::new(AtomicBool::new(false));
        let counters = Arc::new(Counters::default());
        let maker = Arc::new(Maker {
            reading: self.reading.clone(),
            pipeline: Arc::clone(&self.pipeline),
            options: self.options.clone(),
            seed: self.plan.seed,
            rows_once: self.plan.sampler.visits_each_row_once(),
            pool: Arc::clone(&self.pool),
            counters: Arc::clone(&counters),
            stopped: Arc::clone(&stopped),
        });
        let threads = self.options.workers.min(usize::try_from(share.len()).unwrap_or(usize::MAX));
        let crew = (threads > 0).then(|| Crew::new(&maker, threads)).transpose()?;
        let mut feed = Feed {
            maker,
            epoch: Arc::new(epoch),
            share,
            crew,
            ahead: self.options.ahead.max(threads) as u64,
            issued: 0,
            next: 0,
            stopped,
            counters,
            began: Instant::now(),
        };
        feed.issue();
        Ok(feed)
    }
}

/// The rows as a sampler sees them: each as often as a pipeline makes views of it.
fn seen(ds: &Dataset, views: u64) -> Result<Dataset> {
    if views == 1 {
        return Ok(ds.clone());
    }
    let most = 1 << 32;
    let rows = ds.len() as u64;
    if rows.saturating_mul(views) > most {
        let what = format!("{views} views of {rows} rows are more than {most}");
        return Err(Error::new(ErrorKind::Limit, what).at(Place::area("feed")));
    }
    ds.take(&(0..rows * views).map(|row| row / views).collect::<Vec<_>>())
}

/// Threads that make batches.
struct Crew {
    /// Taken away when no more are wanted.
    orders: Option<Sender<(u64, Order)>>,
    made: Receiver<(u64, Result<Batch>)>,
    /// Those that came before their turn.
    early: BTreeMap<u64, Result<Batch>>,
    threads: Vec<JoinHandle<()>>,
}

impl Crew {
    fn new(maker: &Arc<Maker>, threads: usize) -> Result<Crew> {
        // Orders are issued as many as are wanted ahead, and no more.
        let (orders, wanted) = unbounded::<(u64, Order)>();
        let (done, made) = bounded(threads);
        let mut crew = Crew { orders: Some(orders), made, early: BTreeMap::new(), threads: Vec::new() };
        for number in 0..threads {
            let (maker, wanted, done) = (Arc::clone(maker), wanted.clone(), done.clone());
            let work = move || {
                for (round, order) in wanted {
                    if maker.stopped.load(Ordering::Relaxed)
                        || done.send((round, maker.make(&order))).is_err()
                    {
                        return;
                    }
                }
            };
            let thread = std::thread::Builder::new().name(format!("feed {number}")).spawn(work);
            crew.threads.push(thread.map_err(|e| Error::io("start a thread of", e).at(Place::area("feed")))?);
        }
        Ok(crew)
    }

    /// The batch of a round, if it comes until then.
    fn next(&mut self, round: u64, until: Instant) -> Option<Result<Batch>> {
        loop {
            if let Some(batch) = self.early.remove(&round) {
                return Some(batch);
            }
            match self.made.recv_deadline(until) {
                Ok((came, batch)) => {
                    self.early.insert(came, batch);
                }
                Err(RecvTimeoutError::Timeout) => return None,
                Err(RecvTimeoutError::Disconnected) => {
                    let what = "the threads that make batches are gone; a fault of lensframe";
                    return Some(Err(Error::new(ErrorKind::Unsupported, what).at(Place::area("feed"))));
                }
            }
        }
    }
}

/// The batches of an epoch, in order. Left before its end, its threads stop after the row they are at.
pub struct Feed {
    maker: Arc<Maker>,
    epoch: Arc<Epoch>,
    share: Share,
    crew: Option<Crew>,
    ahead: u64,
    /// Rounds that were ordered.
    issued: u64,
    /// The round that comes next.
    next: u64,
    stopped: Arc<AtomicBool>,
    counters: Arc<Counters>,
    began: Instant,
}

impl Feed {
    /// How many batches are left.
    pub fn left(&self) -> u64 {
        self.share.len() - self.next
    }

    /// Where the feed is: what [`Loader::resume`] takes, in at most 100 bytes of text. Batches that were handed out count
    /// as finished.
    pub fn state(&self) -> State {
        self.epoch.state(self.share.done(self.next))
    }

    /// What the feed did until now.
    pub fn statistics(&self) -> Statistics {
        self.counters.read(self.began.elapsed())
    }

    fn order(&self, round: u64) -> Option<Order> {
        let batch = self.epoch.batch(self.share.index(round)?)?;
        Some(Order { epoch: Arc::clone(&self.epoch), batch })
    }

    /// Orders as many batches as are wanted ahead, and tells storage which rows come next.
    fn issue(&mut self) {
        let Some(orders) = self.crew.as_ref().and_then(|crew| crew.orders.clone()) else { return };
        while self.issued < self.share.len().min(self.next.saturating_add(self.ahead)) {
            let Some(order) = self.order(self.issued) else { return };
            let view = self.maker.reading.view();
            let rows: Vec<u64> =
                order.batch.rows.iter().map(|row| row / self.maker.pipeline.views()).collect();
            if let Ok(view) = view.take(&rows) {
                view.announce(&Rows::all(view.len()));
            }
            if orders.send((self.issued, order)).is_err() {
                return;
            }
            self.issued += 1;
        }
    }
}

impl Feed {
    /// The next batch, if it is there within a time; `None` if not. At the end there is `Some(None)`. Without threads the
    /// batch is made here, however long it takes.
    pub fn next_within(&mut self, patience: Duration) -> Option<Option<Result<Batch>>> {
        if self.left() == 0 || self.stopped.load(Ordering::Relaxed) {
            return Some(None);
        }
        let start = Instant::now();
        let batch = match &mut self.crew {
            None => match self.order(self.next) {
                Some(order) => self.maker.make(&order),
                None => return Some(None),
            },
            Some(crew) => match crew.next(self.next, start + patience) {
                Some(batch) => batch,
                None => {
                    self.counters.waited(start.elapsed());
                    return None;
                }
            },
        };
        self.counters.waited(start.elapsed());
        self.next += 1;
        if batch.is_err() {
            // What comes after an error would have a gap before it.
            self.stopped.store(true, Ordering::Relaxed);
        }
        self.issue();
        Some(Some(batch))
    }
}

impl Iterator for Feed {
    type Item = Result<Batch>;

    fn next(&mut self) -> Option<Result<Batch>> {
        loop {
            if let Some(next) = self.next_within(Duration::from_secs(60)) {
                return next;
            }
        }
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Relaxed);
        if let Some(mut crew) = self.crew.take() {
            crew.orders = None;
            // Whoever waits to hand over a batch finds nobody there.
            drop((crew.made, crew.early));
            crew.threads.into_iter().for_each(|thread| {
                // Broken threads have said so.
                let _ = thread.join();
            });
        }
    }
}
