//! [`Pictures`]: duplicates side by side and suspicious objects, drawn for the page.

use crate::dataset::Dataset;
use crate::draw::{Colours, Object, Sheet, Style, Tile, draw_objects_from};
use crate::error::Result;
use crate::gallery::Gallery;
use crate::image::{Colour, Encoding, Orientation, Pixels, encode};
use crate::job::Job;
use crate::profile::{Finding, Group, Profile, Row, Suspect};
use crate::report::Picture;

/// The longer side of a duplicate, in pixels: several stand side by side.
const TWIN: u32 = 200;

/// How many images of a group are shown.
const SHOWN: usize = 4;

/// The longer side of an image with a suspicious object.
const SIDE: u32 = 360;

/// The colour of suspicious objects.
const RED: Colour = [225, 40, 40];

/// JPEG's quality.
const QUALITY: u8 = 82;

/// What is drawn.
pub(super) struct Pictures<'a> {
    pub(super) members: &'a [(&'a str, &'a Dataset)],
    pub(super) profile: &'a Profile,
    /// The most pictures of duplicates, and the most of suspicious objects.
    pub(super) most: usize,
}

/// One picture to make.
enum Task<'a> {
    Group(&'static str, &'a Group),
    Finding(Suspect, &'a Finding),
}

impl Pictures<'_> {
    /// Duplicates, suspicious objects (each kind in its turn, so that none takes all room), and where boxes lie.
    pub(super) fn all(&self, job: &Job) -> Result<Vec<Picture>> {
        let kinds = [("exact duplicates", &self.profile.exact), ("near duplicates", &self.profile.near)];
        let groups = kinds.into_iter().flat_map(|(what, found)| {
            found.iter().flat_map(move |found| found.first.iter().map(move |group| Task::Group(what, group)))
        });
        let mut tasks: Vec<Task> = groups.take(self.most).collect();
        let mut chosen: Vec<(Suspect, &Finding)> = Vec::new();
        let longest = self.profile.suspects.iter().map(|found| found.first.len()).max().unwrap_or(0);
        for turn in 0..longest {
            for found in &self.profile.suspects {
                if let Some(one) = found.first.get(turn).filter(|_| chosen.len() < self.most) {
                    chosen.push((found.kind, one));
                }
            }
        }
        // The order of the profile: one kind after the other.
        let rank = |kind: Suspect| Suspect::ALL.iter().position(|one| *one == kind);
        chosen.sort_by_key(|(kind, _)| rank(*kind));
        tasks.extend(chosen.into_iter().map(|(kind, found)| Task::Finding(kind, found)));
        let stage = job.stage("drawing pictures", u64::try_from(tasks.len()).ok());
        let alone = job.clone().threads(1).unwatched();
        let mut pictures = job.each(&tasks, |task| {
            stage.advance(1)?;
            match task {
                Task::Group(what, group) => self.group(what, group, &alone),
                Task::Finding(kind, found) => self.finding(*kind, found, &alone),
            }
        })?;
        if let Some(map) = self.profile.centre_map()? {
            pictures
                .push(Picture::new("where the centres of boxes lie in images: the darker, the more", map));
        }
        Ok(pictures)
    }

    /// The bare image of a row.
    fn image(&self, row: &Row, tile: u32, job: &Job) -> Result<Pixels> {
        let Some((_, ds)) = self.members.get(row.member) else { return ground((1, 1)) };
        Gallery { panels: vec!["img".to_owned()], tile, ..Gallery::default() }.picture(ds, row.row, job)
    }

    fn group(&self, what: &str, group: &Group, job: &Job) -> Result<Picture> {
        let rows: Vec<&Row> = group.first.iter().take(SHOWN).collect();
        let tiles = rows
            .iter()
            .map(|row| Ok(Tile { pixels: self.image(row, TWIN, job)?, captions: vec![self.at(row)] }));
        let tiles = tiles.collect::<Result<Vec<Tile>>>()?;
        // Four are two above two: a strip of them would be shown too small.
        let columns = tiles.len().clamp(1, 2);
        let sheet = Sheet { columns, tile: (TWIN, TWIN), gap: 8, ..Sheet::default() }.assemble(&tiles)?;
        let names: Vec<String> = rows.iter().map(|row| self.place(row)).collect();
        let mut caption = format!("{what}: {}", names.join(", "));
        if group.count > rows.len() as u64 {
            caption.push_str(&format!(" and {} more", group.count - rows.len() as u64));
        }
        if group.splits.len() > 1 {
            caption.push_str(&format!(" · in {}", group.splits.join(" and ")));
        }
        if group.distance > 0 {
            caption.push_str(&format!(" · {} bits apart", group.distance));
        }
        Ok(Picture::new(caption, jpeg(&sheet)?))
    }

    fn finding(&self, kind: Suspect, found: &Finding, job: &Job) -> Result<Picture> {
        let has_images =
            self.members.get(found.row.member).is_some_and(|(_, ds)| ds.keys().find("img").is_ok());
        let mut pixels = match (has_images, found.size) {
            (true, _) => self.image(&found.row, SIDE, job)?,
            // Without images boxes are drawn on a plain ground.
            (false, Some(size)) => ground(size)?,
            (false, None) => ground((1, 1))?,
        };
        let size = found.size.unwrap_or(pixels.size());
        let object = Object {
            bbox: found.bbox.as_deref().and_then(|numbers| numbers.try_into().ok()),
            rbox: found.bbox.as_deref().and_then(|numbers| numbers.try_into().ok()),
            name: (!found.class.is_empty()).then(|| found.class.clone()),
            ..Object::default()
        };
        let style = Style { colours: Colours::One(RED), line_width: Some(3), ..Style::default() };
        let drawn = draw_objects_from(&mut pixels, size, &[object], &style)?;
        let nothing = if drawn.drawn == 0 { " · nothing of it can be drawn" } else { "" };
        let class = if found.class.is_empty() { String::new() } else { format!(" ({})", found.class) };
        let caption =
            format!("{}: {}, object {}{class}{nothing}", kind.name(), self.place(&found.row), found.object);
        Ok(Picture::new(caption, jpeg(&pixels)?))
    }

    /// A row with its dataset, of several, and its name.
    fn place(&self, row: &Row) -> String {
        let dataset = match self.profile.datasets.get(row.member).filter(|_| self.members.len() > 1) {
            Some(name) => format!("{name} "),
            None => String::new(),
        };
        let name = if row.name.is_empty() { String::new() } else { format!(" {}", row.name) };
        format!("{dataset}row {}{name}", row.row)
    }

    /// A row with its split, for a line under its picture.
    fn at(&self, row: &Row) -> String {
        if row.split.is_empty() {
            format!("row {}", row.row)
        } else {
            format!("row {} · {}", row.row, row.split)
        }
    }
}

/// A gray ground in the proportions of an image.
fn ground((height, width): (u32, u32)) -> Result<Pixels> {
    let longest = f64::from(height.max(width).max(1));
    let side = |side: u32| ((f64::from(side) / longest * f64::from(SIDE)).round() as u32).max(1);
    Pixels::filled((side(height), side(width)), Default::default(), [214; 3])
}

fn jpeg(pixels: &Pixels) -> Result<Vec<u8>> {
    encode(pixels, Encoding::Jpeg { quality: QUALITY, orientation: Orientation::Upright })
}
