//! [`Gallery`]: what is drawn of a view and how large; [`Sheet`]: what came of it.

use std::collections::HashMap;
use std::sync::Arc;

use super::maps::{Map, segment_id};
use super::note;
use super::objects::{captions, objects};
use super::panel::Panel;
use super::photo::{Photo, Trouble};
use super::record::{Record, elements};
use crate::dataset::{Access, Dataset, Value};
use crate::draw::{self, Colours, SemanticStyle, Style, Tile};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::geometry::{LabelMap, Rle, Size};
use crate::image::Pixels;
use crate::job::Job;
use crate::schema::axis::{DEFAULT_SET, key_name};
use crate::schema::classes::ClassTable;

/// Rows read at a time.
const ROWS: usize = 64;

/// How much the colours of a label image cover the picture.
const MAP_ALPHA: f32 = 0.6;

/// The key with numbers of instances.
const INSTANCES: &str = "instance_map";

/// The most names that are a legend and not a heap.
const LEGEND: usize = 40;

/// The most pixels that a sheet may have: what a PNG viewer opens.
const MOST: u64 = 1 << 28;

/// What is drawn of a view, and how large.
#[derive(Clone, Debug)]
pub struct Gallery {
    /// What stands side by side for each row: names of object sets (`default` is the unnamed one), of keys with
    /// label images, or `img`. None: what the dataset is mainly about.
    pub panels: Vec<String>,
    /// The longer side of each picture, in pixels.
    pub tile: u32,
    /// Rows of the view side by side; `None` makes the sheet about square.
    pub columns: Option<u32>,
    /// Draw the rotated boxes of objects that have both; else the upright ones.
    pub rotated: bool,
    /// How objects are drawn.
    pub style: Style,
}

impl Default for Gallery {
    /// The main panel alone, 320 pixels, about square, the default style.
    fn default() -> Gallery {
        Gallery { panels: Vec::new(), tile: 320, columns: None, rotated: false, style: Style::default() }
    }
}

/// Rows drawn on one picture, and what was in the way.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// The picture, RGB.
    pub pixels: Pixels,
    /// How many rows are on it.
    pub rows: u64,
    /// How many of them have no image.
    pub absent: u64,
    /// How many have one that cannot be read.
    pub unreadable: u64,
    /// How many have one whose pixels are damaged in part.
    pub damaged: u64,
    /// How many objects there was nothing to draw of.
    pub skipped: u64,
}

/// One row, drawn.
struct Drawn {
    panels: Vec<Pixels>,
    lines: Vec<String>,
    trouble: Option<Trouble>,
    skipped: u64,
}

/// What does not change from row to row.
struct Scene<'a> {
    gallery: &'a Gallery,
    ds: &'a Dataset,
    panels: Vec<Panel>,
    captions: Vec<String>,
    photo: Option<&'static str>,
}

impl Gallery {
    /// The rows of a view, on one sheet.
    ///
    /// # Errors
    /// `Usage` for a view without rows; `NotFound` for a panel that is not there; `Limit` for a sheet that would
    /// have more than 2^28 pixels; those of reading the view. An image that cannot be shown is no error: its
    /// place says why.
    pub fn sheet(&self, ds: &Dataset, job: &Job) -> Result<Sheet> {
        let scene = Scene::of(self, ds)?;
        self.check(ds.len(), scene.panels.len())?;
        let mut tiles = Vec::with_capacity(ds.len() * scene.panels.len());
        let (mut absent, mut unreadable, mut damaged, mut skipped) = (0, 0, 0, 0);
        let stage = job.stage("drawing rows", u64::try_from(ds.len()).ok());
        for start in (0..ds.len()).step_by(ROWS) {
            let rows: Vec<usize> = (start..ds.len().min(start + ROWS)).collect();
            for drawn in scene.rows(&rows, job)? {
                match drawn.trouble {
                    None => {}
                    Some(Trouble::Absent) => absent += 1,
                    Some(Trouble::Unreadable(_)) => unreadable += 1,
                    Some(Trouble::Damaged(_)) => damaged += 1,
                }
                skipped += drawn.skipped;
                let mut lines = drawn.lines;
                tiles.extend(drawn.panels.into_iter().map(|pixels| {
                    // The row's own lines stand below its first panel.
                    Tile { pixels, captions: std::mem::take(&mut lines) }
                }));
                stage.advance(1)?;
            }
        }
        let pixels = self.layout(ds.len(), &scene.panels).assemble(&tiles)?;
        let rows = u64::try_from(ds.len()).unwrap_or(u64::MAX);
        Ok(Sheet { pixels, rows, absent, unreadable, damaged, skipped })
    }

    fn layout(&self, rows: usize, panels: &[Panel]) -> draw::Sheet {
        // Photographs are wider than high, and panels stand side by side: fewer columns than rows make a square.
        let square = ((rows as f64 * 0.8 / panels.len().max(1) as f64).sqrt().ceil() as usize).max(1);
        let columns = self.columns.map_or(square, |n| n as usize).min(rows).max(1);
        let titles = panels.iter().map(|panel| panel.title().to_owned());
        let headings =
            if panels.len() > 1 { titles.cycle().take(columns * panels.len()).collect() } else { vec![] };
        draw::Sheet {
            columns: columns * panels.len(),
            // Legends stand under their picture and need room.
            tile: (self.tile.saturating_mul(2), self.tile),
            enlarge: false,
            // What stands side by side begins at one height, legends or not.
            level: panels.len() > 1,
            headings,
            ..draw::Sheet::default()
        }
    }

    /// One row, its panels side by side without captions; the picture alone where there is one panel.
    ///
    /// # Errors
    /// As [`Gallery::sheet`], and `Index` past the end.
    pub fn picture(&self, ds: &Dataset, row: usize, job: &Job) -> Result<Pixels> {
        let ds = ds.slice(row..row.saturating_add(1))?;
        let scene = Scene::of(self, &ds)?;
        self.check(1, scene.panels.len())?;
        let drawn = scene.rows(&[0], job)?.pop();
        let mut panels = drawn.map(|drawn| drawn.panels).unwrap_or_default();
        if panels.len() == 1
            && let Some(only) = panels.pop()
        {
            return Ok(only);
        }
        let largest = |side: fn(&Pixels) -> u32| panels.iter().map(side).max().unwrap_or(1);
        let tile = (largest(Pixels::height), largest(Pixels::width));
        let tiles: Vec<Tile> =
            panels.into_iter().map(|pixels| Tile { pixels, captions: Vec::new() }).collect();
        draw::Sheet { columns: tiles.len(), tile, gap: 0, enlarge: false, ..draw::Sheet::default() }
            .assemble(&tiles)
    }

    fn check(&self, rows: usize, panels: usize) -> Result<()> {
        let place = || Place::area("view");
        if rows == 0 {
            return Err(Error::new(ErrorKind::Usage, "there is no row to draw").at(place()));
        }
        if self.tile == 0 {
            return Err(Error::new(ErrorKind::Usage, "pictures of 0 pixels cannot be drawn").at(place()));
        }
        let side = u64::from(self.tile);
        let pixels = (rows as u64).saturating_mul(panels as u64).saturating_mul(side * side);
        if pixels > MOST {
            let what =
                format!("{rows} rows of {panels} pictures of {side} pixels are too many for one sheet");
            return Err(Error::new(ErrorKind::Limit, what)
                .at(place())
                .remedy("draw fewer rows, or smaller ones"));
        }
        Ok(())
    }
}

impl<'a> Scene<'a> {
    fn of(gallery: &'a Gallery, ds: &'a Dataset) -> Result<Scene<'a>> {
        let panels = Panel::all(ds, &gallery.panels)?;
        let sets = ds.sets().into_iter();
        let captions = sets.filter(|set| ds.keys().find(&key_name(set, "caption")).is_ok()).collect();
        let photo = ds.keys().find("img").is_ok().then_some("img");
        Ok(Scene { gallery, ds, panels, captions, photo })
    }

    /// The keys that are read, each once.
    fn keys(&self) -> Arc<[String]> {
        let row = ["img", "image_id", "file_name", "split", "height", "width", "orientation"];
        let mut keys: Vec<String> =
            row.into_iter().filter(|k| self.ds.keys().find(k).is_ok()).map(str::to_owned).collect();
        let captions = self.captions.iter().map(|set| key_name(set, "caption"));
        for key in self.panels.iter().flat_map(|panel| panel.keys(self.ds)).chain(captions) {
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        keys.into()
    }

    fn rows(&self, rows: &[usize], job: &Job) -> Result<Vec<Drawn>> {
        let keys = self.keys();
        let at: Vec<u64> = rows.iter().map(|row| *row as u64).collect();
        let view = self.ds.take(&at)?.select(keys.to_vec())?;
        view.check_boxes("view")?;
        let batch = view.read_all(&Access::new(job))?.whole()?;
        let work: Vec<(usize, Record)> = rows.iter().copied().zip(Record::of(&batch, &keys)).collect();
        job.each(&work, |(row, record)| self.row(*row, record))
    }

    fn row(&self, row: usize, record: &Record) -> Result<Drawn> {
        let photo = Photo::of(self.ds, row, self.photo, record, self.gallery.tile)?;
        let (mut panels, mut skipped) = (Vec::with_capacity(self.panels.len()), 0);
        for panel in &self.panels {
            let (pixels, more) = self.panel(panel, row, record, &photo)?;
            panels.push(pixels);
            skipped += more;
        }
        Ok(Drawn { panels, lines: self.lines(record), trouble: photo.trouble, skipped })
    }

    fn panel(&self, panel: &Panel, row: usize, record: &Record, photo: &Photo) -> Result<(Pixels, u64)> {
        let mut pixels = photo.pixels.clone();
        let (height, width) = photo.annotated;
        let size = Size::new(height, width);
        let mut skipped = 0;
        let mut trouble = photo.trouble.as_ref().map(Trouble::to_string);
        match panel {
            Panel::Plain => {}
            Panel::Objects(set) => {
                let mut objects = objects(record, set, self.ds.classes(set), size);
                for object in &mut objects {
                    // Both round one object are one line too many.
                    match (object.bbox, object.rbox) {
                        (Some(_), Some(_)) if self.gallery.rotated => object.bbox = None,
                        (Some(_), Some(_)) => object.rbox = None,
                        _ => {}
                    }
                }
                let style = self.style(set);
                skipped = self.objects(&mut pixels, photo.annotated, &objects, set, style)?;
            }
            Panel::Segments(set) => match self.map(row, set, record) {
                Ok(None) => trouble = trouble.or_else(|| Some("no label image".to_owned())),
                Ok(Some(map)) => match map.masks(photo.annotated) {
                    Ok(masks) => {
                        let objects = self.segments(record, set, size, &masks);
                        let style = self.style(set);
                        skipped = self.objects(&mut pixels, photo.annotated, &objects, set, style)?;
                    }
                    Err(error) => trouble = Some(error.what().to_owned()),
                },
                Err(error) => trouble = Some(error.what().to_owned()),
            },
            Panel::Map(key) => match self.map(row, key, record) {
                Ok(None) => trouble = trouble.or_else(|| Some("no label image".to_owned())),
                Ok(Some(map)) => self.semantic(&mut pixels, &map, key)?,
                Err(error) => trouble = Some(error.what().to_owned()),
            },
        }
        if let Some(trouble) = trouble {
            note::write(&mut pixels, &trouble);
        }
        Ok((pixels, skipped))
    }

    /// Draws objects of a picture of `annotated` size on one of another; gives how many could not be drawn.
    fn objects(
        &self,
        pixels: &mut Pixels,
        annotated: (u32, u32),
        objects: &[draw::Object],
        set: &str,
        mut style: Style,
    ) -> Result<u64> {
        if style.skeleton.is_empty() {
            style.skeleton = self.ds.classes(set).map(skeleton).unwrap_or_default();
        }
        let drawn = draw::draw_objects_from(pixels, annotated, objects, &style)?;
        Ok(u64::try_from(drawn.undrawable).unwrap_or(u64::MAX))
    }

    /// The style, with the colours that classes have of their own, where they have any.
    fn style(&self, set: &str) -> Style {
        let mut style = self.gallery.style.clone();
        let colours = self.ds.classes(set).and_then(|table| table.iter().map(|class| class.color).collect());
        if let (Colours::ByClass, Some(colours)) = (&style.colours, colours) {
            style.colours = Colours::List(colours);
        }
        style
    }

    fn map(&self, row: usize, key: &str, record: &Record) -> Result<Option<Map>> {
        let value = record.get(key);
        if value.is_null() {
            return Ok(None);
        }
        let key = self.ds.keys().find(key)?;
        Map::decode(&self.ds.file_of(row, key, value)?).map(Some)
    }

    /// Lays the colours of a label image over the picture, with the names of what is seen under it.
    fn semantic(&self, pixels: &mut Pixels, map: &Map, key: &str) -> Result<()> {
        let size = pixels.size();
        let mut ids = map.at(size);
        let mut seen = ids.clone();
        seen.sort_unstable();
        seen.dedup();
        // Numbers may be anything: they are drawn as positions in the list of those seen.
        for id in &mut ids {
            *id = seen.binary_search(id).map_or(0, |at| u32::try_from(at).unwrap_or(0));
        }
        let classes = self.named(map);
        let legend = map.legend(classes.as_ref());
        let style = SemanticStyle {
            names: seen.iter().map(|id| legend.name(*id)).collect(),
            colours: seen.iter().map(|id| legend.colour(*id)).collect(),
            alpha: MAP_ALPHA,
            // Positions in a list: none of them means void.
            ignore: None,
            ..SemanticStyle::default()
        };
        let named = draw::draw_semantic(pixels, LabelMap::try_new(Size::new(size.0, size.1), &ids)?, &style)?;
        // The numbers of instances are no classes.
        if named.entries.len() <= LEGEND && key != INSTANCES {
            *pixels = named.under(pixels, 12.0)?;
        }
        Ok(())
    }

    /// The classes that a label image is about: those of the default set, or of a set with the colours of more
    /// of its numbers (a panoptic set knows stuff too). What was found by a model says nothing of it.
    fn named(&self, map: &Map) -> Option<ClassTable> {
        let is_truth = |set: &String| self.ds.keys().find(&key_name(set, "score")).is_err();
        let tables = self.ds.sets().into_iter().filter(is_truth).chain([DEFAULT_SET.to_owned()]);
        let tables = tables.filter_map(|set| self.ds.classes(&set).cloned());
        let known = |table: &ClassTable| map.known(table);
        // Of equals the last: the default set.
        tables.max_by_key(known)
    }

    fn segments(
        &self,
        record: &Record,
        set: &str,
        size: Size,
        masks: &HashMap<u32, Rle>,
    ) -> Vec<draw::Object> {
        let mut objects = objects(record, set, self.ds.classes(set), size);
        let ids = elements(record.get(&key_name(set, "object_id")));
        for (object, id) in objects.iter_mut().zip(&ids) {
            object.mask = segment_id(id).and_then(|id| masks.get(&id)).cloned();
            object.bbox = None;
        }
        objects
    }

    /// What stands below a row: what it is called, then its captions.
    fn lines(&self, record: &Record) -> Vec<String> {
        let text = |key| match record.get(key) {
            Value::Text(text) => Some(text.to_string()),
            Value::Int(n) => Some(n.to_string()),
            _ => None,
        };
        let name = text("file_name").or_else(|| text("image_id")).unwrap_or_default();
        let name = match text("split") {
            Some(split) => format!("{name} · {split}"),
            None => name,
        };
        let captions = self.captions.iter().flat_map(|set| captions(record, set));
        [name].into_iter().chain(captions.take(3)).collect()
    }
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Trouble::Absent => f.write_str("no image"),
            Trouble::Unreadable(why) | Trouble::Damaged(why) => f.write_str(why),
        }
    }
}

/// The limbs of the first class that declares any: pairs of positions among its points. COCO counts from 1.
fn skeleton(classes: &ClassTable) -> Vec<(usize, usize)> {
    let limbs = classes.iter().find_map(|class| class.extra.get("skeleton")?.as_array());
    let pair = |limb: &serde_json::Value| {
        let end = |at: usize| usize::try_from(limb.get(at)?.as_u64()?).ok()?.checked_sub(1);
        Some((end(0)?, end(1)?))
    };
    limbs.map(|limbs| limbs.iter().filter_map(pair).collect()).unwrap_or_default()
}
