//! [`Scenes`]: drawn scenes as a source.

use super::columns::{self, KeyColumn, PANOPTIC};
use super::options::Options;
use super::truth::{Maker, Need, Row};
use crate::dataset::{Access, Batch, Column, Key, KeyIndex, Keys, Rows, Source};
use crate::error::Result;
use crate::job::Job;
use crate::schema::classes::ClassTable;

/// Below this many rows a read stays on its own thread.
const FEW: usize = 4;

/// Scenes, drawn when they are read: a pure function of options, seed and row. What a read does not ask for is
/// not drawn, and files are encoded only for the keys that hold them; a large read is spread over the threads
/// of its job.
///
/// ```
/// use lensframe::dataset::{Dataset, Source};
/// use lensframe::synth::{Options, Scenes};
/// let options = Options { count: 4, height: 48.into(), width: 64.into(), ..Options::default() };
/// let ds = Dataset::new(Scenes::new(options, 7)?);
/// let img = ds.select("img")?.get(2)?;
/// assert!(img.value().and_then(|img| img.member("bytes")).is_some());
/// assert_eq!(ds.classes("").map(|table| table.len()), Some(20));
/// # Ok::<(), lensframe::error::Error>(())
/// ```
pub struct Scenes {
    maker: Maker,
    columns: Vec<KeyColumn>,
    keys: Keys,
}

impl Scenes {
    /// Scenes of these options.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`](crate::error::ErrorKind::Usage), naming the option that cannot be.
    pub fn new(options: Options, seed: u64) -> Result<Scenes> {
        options.check()?;
        let columns = columns::all();
        let keys = Keys::many(columns.iter().map(|column| Key::arrow(column.field.clone())));
        Ok(Scenes { maker: Maker::new(options, seed), columns, keys })
    }

    /// The options.
    pub fn options(&self) -> &Options {
        &self.maker.options
    }

    /// The seed.
    pub fn seed(&self) -> u64 {
        self.maker.seed
    }

    /// The group that a key is stored in, as importers lay groups out: `images`, `objects`, `sets/NAME`.
    pub fn group(&self, key: KeyIndex) -> Option<&'static str> {
        self.columns.get(key.0).map(|column| column.group)
    }

    /// The object sets that have a class table.
    pub fn labelled_sets(&self) -> [&'static str; 2] {
        ["", PANOPTIC]
    }

    /// The rows, in order.
    fn rows(&self, indices: &[u64], need: Need, job: &Job) -> Result<Vec<Row>> {
        // Numbers alone are had sooner than threads.
        let one = need == Need::default() || indices.len() < FEW;
        let alone = one.then(|| job.clone().threads(1));
        alone.as_ref().unwrap_or(job).each(indices, |index| self.maker.row(*index, need))
    }
}

impl Source for Scenes {
    fn keys(&self) -> &Keys {
        &self.keys
    }

    fn len(&self) -> usize {
        usize::try_from(self.maker.options.count).unwrap_or(usize::MAX)
    }

    fn read(&self, rows: &Rows, keys: &[KeyIndex], access: &Access<'_>) -> Result<Batch> {
        access.job.check()?;
        rows.check(self.len())?;
        self.keys.check(keys)?;
        let distinct = rows.distinct();
        let asked = distinct.as_ref().map_or(rows, |(rows, _)| rows);
        let columns: Vec<&KeyColumn> = keys.iter().filter_map(|key| self.columns.get(key.0)).collect();
        let need = columns.iter().fold(Need::default(), |need, column| need.or(column.need));
        let indices: Vec<u64> = asked.iter().collect();
        let made = if columns.is_empty() { Vec::new() } else { self.rows(&indices, need, access.job)? };
        let column = |column: &&KeyColumn| Ok(Column::Arrow(vec![(column.make)(&made)?]));
        let batch = Batch::new(indices.len(), columns.iter().map(column).collect::<Result<_>>()?)?;
        match distinct {
            Some((_, positions)) => batch.take(&positions),
            None => Ok(batch),
        }
    }

    fn classes(&self, set: &str) -> Option<&ClassTable> {
        match set {
            "" => Some(&self.maker.things),
            PANOPTIC => Some(&self.maker.segments),
            _ => None,
        }
    }
}
