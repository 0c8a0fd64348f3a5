//! [`Rendering`]: a view whose rows went through a pipeline, as files and tables again.
//!
//! The invariant: what a row becomes depends on seed, epoch and row, so reading it twice gives the same. A row that the
//! pipeline leaves alone keeps its file byte for byte; every other picture is encoded again, its boxes, masks, points
//! and label maps moved, and `source_map` leads back to the picture it was.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_schema::DataType;

use super::cut::{Cut, Piece};
use super::draw::Flow;
use super::objects::Keep;
use super::picture::Picture;
use super::pipeline::Pipeline;
use super::reading::{Reading, Role};
use super::row::Row;
use super::sample::Sample;
use crate::dataset::{Access, Batch, Dataset, Key, KeyIndex, Keys, Rows, Source, Value};
use crate::error::{Error, ErrorKind, Place, Result, ResultExt};
use crate::geometry::Size;
use crate::image::{Encoding, Filter, Interpolation, Orientation};
use crate::job::Job;
use crate::schema::axis::{Axis, base_name};
use crate::schema::classes::ClassTable;
use crate::schema::field;

/// The row that a row was made of, counted in the view that was rendered.
pub const SOURCE_ROW: &str = "source_row";
/// Its `image_id`.
pub const SOURCE_ID: &str = "source_image_id";
/// Where a point (x, y) lies in the stored picture: a x + b y + c, d x + e y + f. Null once pictures were mixed.
pub const SOURCE_MAP: &str = "source_map";

/// What rows become: pieces of them, sent through a pipeline, encoded. The pipeline's `normalize` and `output` are for
/// batches and have no part in it.
#[derive(Clone, Debug)]
pub struct Rendering {
    /// What is done to every piece.
    pub pipeline: Pipeline,
    /// Which pieces of a row become rows.
    pub cut: Cut,
    /// The files of pictures; those of a row that nothing was done to stay what they are unless this is given. Else JPEG
    /// of quality 95 where the row has one, and PNG where not.
    pub encoding: Option<Encoding>,
    /// The most pixels that a side may have in the end; larger pictures shrink in their shape (bicubic, antialiased).
    pub max_side: Option<u32>,
    /// What all chance is drawn from.
    pub seed: u64,
}

/// A rendered view, and what had to be left out of it.
#[derive(Debug)]
pub struct Rendered {
    /// The rows.
    pub view: Dataset,
    /// Keys that no pipeline moves: other object sets than its own, unless they have no place on the picture and it stays
    /// one, other pictures, computed masks.
    pub left_out: Vec<String>,
}

impl Rendering {
    /// Whole rows through a pipeline.
    pub fn new(pipeline: Pipeline) -> Rendering {
        Rendering { pipeline, cut: Cut::Whole, encoding: None, max_side: None, seed: 0 }
    }

    /// The view of another view's rows. Nothing is decoded before it is read.
    ///
    /// Keys stay, with `image_id` counted anew where a row may give several; [`SOURCE_ROW`], [`SOURCE_ID`] and
    /// [`SOURCE_MAP`] are added, `image_label` for cut-out objects, and what steps tell under their `params`, as JSON.
    ///
    /// # Errors
    /// Those of [`Reading::new`] and [`Cut::check`]; `Usage` for sides of no pixel; where pieces are looked for, those of
    /// reading.
    pub fn of(&self, ds: &Dataset, job: &Job) -> Result<Rendered> {
        if self.max_side == Some(0) {
            return Err(Error::new(ErrorKind::Usage, "pictures cannot have sides of no pixel"));
        }
        let set = self.pipeline.set();
        let reading = Reading::new(ds, set, self.pipeline.decoding())?;
        let pieces = self.cut.pieces(&reading, set, job)?;
        let (kept, left_out) = match self.cut == Cut::Whole && self.pipeline.views() == 1 {
            true => placeless(ds, &reading)?,
            false => (Vec::new(), others(ds, &reading)),
        };
        let kept = ds.select(kept)?;
        let (keys, makers) = self.keys(&reading, &kept);
        let source = Made { rendering: self.clone(), reading, kept, pieces: pieces.into(), keys, makers };
        Ok(Rendered { view: Dataset::new(source), left_out })
    }

    /// The keys that come out, and what each is made of.
    fn keys(&self, reading: &Reading, kept: &Dataset) -> (Keys, Vec<Maker>) {
        let mut keys = Vec::new();
        let mut makers = Vec::new();
        let mut id = None;
        for (at, (key, (name, role))) in reading.view().keys().iter().zip(reading.roles()).enumerate() {
            let maker = match role {
                Role::Picture => Maker::Picture,
                Role::Map => Maker::Map(name.clone(), at),
                Role::Object(base) => Maker::Object(base.clone(), at),
                Role::Row
                    if name == "content_hash"
                        || [SOURCE_ROW, SOURCE_ID, SOURCE_MAP].contains(&name.as_str()) =>
                {
                    continue;
                }
                Role::Row => Maker::Row(name.clone(), at),
            };
            if name == "image_id" {
                id = key.field().map(|own| own.data_type().clone());
            }
            keys.push(match (key.field(), role) {
                (Some(own), Role::Picture | Role::Map) => {
                    Key::arrow(own.as_ref().clone().with_data_type(field::image_type()))
                }
                _ => key.clone(),
            });
            makers.push(maker);
        }
        let mut add = |own, maker: Maker| {
            keys.push(Key::arrow(own));
            makers.push(maker);
        };
        add(field::row_of(SOURCE_ROW, DataType::Int64), Maker::SourceRow);
        if let Some(ty) = id {
            add(field::row_of(SOURCE_ID, ty), Maker::SourceId);
        }
        add(field::row_of(SOURCE_MAP, field::fixed_list(DataType::Float64, 6)), Maker::SourceMap);
        let has = |wanted: &str| reading.roles().iter().any(|(name, _)| name == wanted);
        if matches!(self.cut, Cut::Objects { .. }) && !has("image_label") {
            add(field::row_of("image_label", DataType::Int64), Maker::Label);
        }
        for name in self.pipeline.steps().iter().filter_map(|step| step.params.as_ref()) {
            if !has(name) {
                add(field::row_of(name, DataType::Utf8), Maker::Told(name.clone()));
            }
        }
        keys.extend(kept.keys().iter().cloned());
        makers.extend((0..kept.keys().len()).map(Maker::Kept));
        (Keys::many(keys), makers)
    }
}

/// The names of keys that samples are not made of.
fn others(ds: &Dataset, reading: &Reading) -> Vec<String> {
    let names = ds.keys().iter().filter_map(Key::name);
    names.filter(|name| reading.view().keys().position(name).is_none()).map(str::to_owned).collect()
}

/// Of the keys that samples are not made of, those of sets that have no place on the picture, as captions; and the rest.
fn placeless(ds: &Dataset, reading: &Reading) -> Result<(Vec<String>, Vec<String>)> {
    let mut placed = Vec::new();
    let mut found = Vec::new();
    for name in others(ds, reading) {
        let own = ds.keys().get(ds.keys().find(&name)?).and_then(Key::field);
        let set = match own.map(|own| Axis::of(own)).transpose()? {
            Some(Axis::Object(set)) => Some(set),
            _ => None,
        };
        if let (Some(own), Some(set)) = (own, &set)
            && ["bbox", "rbox", "point", "segmentation", "mask"].contains(&base_name(own)?)
        {
            placed.push(set.clone());
        }
        found.push((name, set));
    }
    let stays = |set: &Option<String>| set.as_ref().is_some_and(|set| !placed.contains(set));
    let (kept, gone): (Vec<_>, Vec<_>) = found.into_iter().partition(|(_, set)| stays(set));
    let names = |list: Vec<(String, Option<String>)>| list.into_iter().map(|(name, _)| name).collect();
    Ok((names(kept), names(gone)))
}

/// What a key is made of.
#[derive(Clone, Debug)]
enum Maker {
    Picture,
    /// A label map, and its place among the keys that were read.
    Map(String, usize),
    /// What objects have under a name, and its place among the keys that were read.
    Object(String, usize),
    Row(String, usize),
    SourceRow,
    SourceId,
    SourceMap,
    Label,
    Told(String),
    /// A key that has no place on the picture, by its place among those.
    Kept(usize),
}

struct Made {
    rendering: Rendering,
    reading: Reading,
    /// The rows' keys that nothing is done to.
    kept: Dataset,
    pieces: Arc<[Piece]>,
    keys: Keys,
    makers: Vec<Maker>,
}

impl Made {
    /// True if a row may become several.
    fn is_several(&self) -> bool {
        self.rendering.cut != Cut::Whole || self.rendering.pipeline.views() > 1
    }

    /// The piece that a row is a view of.
    fn piece(&self, at: u64) -> Option<&Piece> {
        self.pieces.get(usize::try_from(at / self.rendering.pipeline.views()).ok()?)
    }

    /// The values of a row under these keys.
    fn row(&self, at: u64, keys: &[KeyIndex], access: &Access<'_>) -> Result<Vec<Value>> {
        let index = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
        let piece =
            self.piece(at).ok_or_else(|| Error::new(ErrorKind::Index, format!("there is no row {at}")))?;
        let stored = self.reading.view().get_with(index(piece.row), access)?;
        let stored = stored.values();
        let mut sample = self.reading.sample(index(piece.row), stored)?;
        let jpeg = sample.picture().is_some_and(Picture::is_jpeg);
        if let Some(object) = piece.object {
            let flags: Vec<bool> = sample.objects.positions().map(|position| position == object).collect();
            sample.objects.retain(&flags);
        }
        if let Some(window) = piece.window {
            sample.crop(window, &Keep::INSIDE)?;
        }
        let view = at % self.rendering.pipeline.views();
        let key = [self.rendering.seed.wrapping_add(access.seed), access.epoch, at];
        let flow = self.rendering.pipeline.run_view(view, &mut sample, key, Some(&self.reading));
        if let Flow::Dropped(why) = flow.at(|| Place::none().row(piece.row))? {
            let what = format!("the pipeline drops it: {why}");
            return Err(Error::new(ErrorKind::Format, what).at(Place::area("pipeline").row(piece.row)));
        }
        if let Some(most) = self.rendering.max_side {
            limit(&mut sample, most)?;
        }
        let usual = match jpeg {
            true => Encoding::Jpeg { quality: 95, orientation: Orientation::Upright },
            false => Encoding::Png,
        };
        let changed = (!sample.is_as_stored()).then_some(usual);
        // A row without a picture has no file, and its name stays.
        let encoding = sample.picture().and(self.rendering.encoding.or(changed));
        let mut row = Row { sample, encoding, stored };
        keys.iter().map(|key| self.value(*key, at, piece, &mut row)).collect()
    }

    fn value(&self, key: KeyIndex, at: u64, piece: &Piece, row: &mut Row<'_>) -> Result<Value> {
        let Some(maker) = self.makers.get(key.0) else { return Ok(Value::Null) };
        let file =
            |place: usize| self.reading.view().file_of(piece.row as usize, KeyIndex(place), row.value(place));
        match maker {
            Maker::Picture => row.picture(),
            Maker::Map(_, place) if row.value(*place).is_null() => Ok(Value::Null),
            Maker::Map(name, place) => row.map(name, &file(*place)?),
            Maker::Object(base, place) => row.object(base, *place),
            Maker::Row(name, _) if name == "image_id" && self.is_several() => Ok(self.counted(key, at)),
            Maker::Row(name, place) => Ok(row.other(name, *place, &self.label(at, piece))),
            Maker::SourceRow => Ok(Value::from(piece.row)),
            Maker::SourceId => {
                Ok(self.place_of("image_id").map_or(Value::Null, |place| row.value(place).clone()))
            }
            Maker::SourceMap => Ok(row.source_map()),
            Maker::Label => row.label(),
            Maker::Told(name) => Ok(row.told(name)),
            Maker::Kept(place) => {
                let values = self.kept.get_with(piece.row as usize, &Access::default())?;
                Ok(values.values().get(*place).cloned().unwrap_or(Value::Null))
            }
        }
    }

    /// What is put into a file's name to tell a piece from the others of its row.
    fn label(&self, at: u64, piece: &Piece) -> String {
        let mut label = piece.window.map_or(String::new(), |window| format!("_{}_{}", window.y, window.x));
        if let Some(object) = piece.object {
            label = format!("{label}_{object}");
        }
        if self.rendering.pipeline.views() > 1 {
            label = format!("{label}_view{}", at % self.rendering.pipeline.views());
        }
        label
    }

    /// A new id of the type that the key has.
    fn counted(&self, key: KeyIndex, at: u64) -> Value {
        let ty = self.keys.get(key).and_then(Key::field).map(|own| own.data_type());
        match ty {
            Some(DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View) => {
                Value::from(at.to_string().as_str())
            }
            _ => Value::from(at),
        }
    }

    fn place_of(&self, name: &str) -> Option<usize> {
        self.reading.roles().iter().position(|(own, _)| own == name)
    }
}

/// Shrinks a picture of which a side is longer.
fn limit(sample: &mut Sample, most: u32) -> Result<()> {
    let size = sample.size();
    let longer = size.height.max(size.width);
    if longer <= most {
        return Ok(());
    }
    // Rounded to the nearest pixel; no side vanishes.
    let side = |n: u32| {
        let share = u64::from(n) * u64::from(most) * 2 + u64::from(longer);
        u32::try_from(share / (2 * u64::from(longer))).unwrap_or(most).max(1)
    };
    let size = Size::new(side(size.height), side(size.width));
    sample.resize(size, Interpolation::Antialias(Filter::Bicubic))
}

impl Source for Made {
    fn keys(&self) -> &Keys {
        &self.keys
    }

    fn len(&self) -> usize {
        self.pieces.len() * usize::try_from(self.rendering.pipeline.views()).unwrap_or(1)
    }

    fn read(&self, rows: &Rows, keys: &[KeyIndex], access: &Access<'_>) -> Result<Batch> {
        rows.check(self.len())?;
        self.keys.check(keys)?;
        let wanted: Vec<u64> = rows.iter().collect();
        let made = access.job.each(&wanted, |at| match self.row(*at, keys, access) {
            Err(error) if error.is_cancelled() => Err(error),
            made => Ok(made),
        })?;
        let mut columns: Vec<Vec<Value>> = vec![Vec::with_capacity(wanted.len()); keys.len()];
        let mut failed = BTreeMap::new();
        for (position, made) in made.into_iter().enumerate() {
            let values = made.unwrap_or_else(|error| {
                failed.insert(position, error);
                vec![Value::Null; keys.len()]
            });
            columns.iter_mut().zip(values).for_each(|(column, value)| column.push(value));
        }
        let own: Vec<&Key> = keys.iter().filter_map(|key| self.keys.get(*key)).collect();
        Batch::of_values(&own, columns, rows, failed)
    }

    fn prefetch(&self, rows: &Rows, _: &[KeyIndex]) {
        let stored = rows.iter().filter_map(|at| self.piece(at));
        let stored: Vec<u64> = stored.map(|piece| piece.row).collect();
        self.reading.view().announce(&Rows::indices(stored));
    }

    fn classes(&self, set: &str) -> Option<&ClassTable> {
        self.reading.view().classes(set)
    }

    fn map_depth(&self) -> u64 {
        1 + self.reading.view().source().map_depth()
    }
}
