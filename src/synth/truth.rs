//! [`Row`]: what a scene's row says, read off the owners of its pixels.
//!
//! Masks, boxes, areas, label map, instance map and panoptic PNG all come from the one array of owners, so they
//! agree pixel by pixel. What a reader does not ask for is not made.

use std::collections::HashSet;

use arrow_buffer::Buffer;

use super::canvas::{FIRST_OBJECT, Owner};
use super::classes::{segments, things};
use super::fixed::Point;
use super::options::Options;
use super::scene::{Facts, Placed, Scene, Stream, stream};
use super::words;
use crate::error::Result;
use crate::geometry::{LabelMap, Rle, Segment, Size};
use crate::image::{Colour, LabelImage, encode, pack_id, voc_colormap};
use crate::random::Random;
use crate::schema::classes::ClassTable;

/// The value of pixels in label and instance maps that are none's: crowds in the latter.
const VOID: u8 = 255;

/// What of a row is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Need {
    pub(super) scene: bool,
    pub(super) img: bool,
    pub(super) label_map: bool,
    pub(super) instance_map: bool,
    pub(super) panoptic: bool,
}

impl Need {
    pub(super) fn or(self, other: Need) -> Need {
        Need {
            scene: self.scene | other.scene,
            img: self.img | other.img,
            label_map: self.label_map | other.label_map,
            instance_map: self.instance_map | other.instance_map,
            panoptic: self.panoptic | other.panoptic,
        }
    }

    fn is_drawn(self) -> bool {
        self != Need::default()
    }
}

/// An object of the default set.
#[derive(Clone, Debug)]
pub(super) struct Object {
    pub(super) id: i64,
    pub(super) label: i64,
    pub(super) mask: Rle,
    pub(super) bbox: [f64; 4],
    pub(super) area: f64,
    pub(super) crowded: bool,
    pub(super) truncated: bool,
    /// The part of its pixels that others hide.
    pub(super) hidden: f64,
    pub(super) rbox: Option<[f64; 5]>,
    /// x, y and COCO's visibility.
    pub(super) points: Option<Vec<([f64; 2], u8)>>,
}

impl Object {
    /// Most of it is hidden, or hardly a pixel is left.
    pub(super) fn is_difficult(&self) -> bool {
        self.hidden > 0.75 || self.area < 16.0
    }
}

/// A segment of the set `panoptic`.
#[derive(Clone, Debug)]
pub(super) struct PanopticSegment {
    pub(super) id: u32,
    pub(super) label: i64,
    pub(super) bbox: [f64; 4],
    pub(super) area: f64,
    pub(super) crowded: bool,
}

/// A row, as far as it was asked for.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) facts: Facts,
    pub(super) objects: Vec<Object>,
    pub(super) segments: Vec<PanopticSegment>,
    pub(super) captions: Vec<String>,
    pub(super) img: Option<Buffer>,
    pub(super) label_map: Option<Buffer>,
    pub(super) instance_map: Option<Buffer>,
    pub(super) panoptic: Option<Buffer>,
}

/// What rows are made with.
#[derive(Debug)]
pub(super) struct Maker {
    pub(super) options: Options,
    pub(super) seed: u64,
    pub(super) things: ClassTable,
    pub(super) segments: ClassTable,
    palette: Vec<Colour>,
}

impl Maker {
    pub(super) fn new(options: Options, seed: u64) -> Maker {
        let count = options.classes as usize;
        let (things, segments) = (things(count), segments(count));
        let mut palette = voc_colormap(256);
        for (slot, class) in palette.iter_mut().skip(1).zip(segments.iter()) {
            *slot = class.color.unwrap_or(*slot);
        }
        Maker { options, seed, things, segments, palette }
    }

    /// A row, with what is needed of it.
    ///
    /// # Errors
    /// Those of the encoders.
    pub(super) fn row(&self, index: u64, need: Need) -> Result<Row> {
        let facts = Facts::of(&self.options, self.seed, index);
        let mut row = Row {
            facts: facts.clone(),
            objects: Vec::new(),
            segments: Vec::new(),
            captions: Vec::new(),
            img: None,
            label_map: None,
            instance_map: None,
            panoptic: None,
        };
        if !need.is_drawn() {
            return Ok(row);
        }
        let scene = Scene::draw(&self.options, self.seed, facts);
        if need.img {
            row.img = Some(encode(&scene.pixels()?, scene.facts.encoding)?.into());
        }
        if need.label_map {
            row.label_map = Some(self.label_map(&scene)?.into());
        }
        let size = (scene.facts.height, scene.facts.width);
        if !(need.scene || need.instance_map || need.panoptic) {
            return Ok(row);
        }
        let found = LabelMap::try_new(Size::new(size.0, size.1), &scene.canvas.owners)?.masks();
        if need.scene {
            row.captions = words::captions(self, &scene, &found);
        }
        let ids = self.ids(&scene, &found);
        let id = |owner: Owner| ids.get(usize::from(owner)).copied().unwrap_or(0);
        if need.panoptic {
            let painted: Vec<u32> = scene.canvas.owners.iter().map(|owner| id(*owner)).collect();
            row.panoptic = Some(LabelImage::from_ids(size, &painted)?.encode()?.into());
        }
        for (segment, mask) in found {
            let owner = segment.id as Owner;
            let (label, placed) = self.labelled(&scene, owner);
            if id(owner) != 0 {
                row.segments.push(PanopticSegment {
                    id: id(owner),
                    label,
                    bbox: segment.bbox.to_array(),
                    area: f64::from(segment.area),
                    crowded: placed.is_some_and(|p| p.crowded),
                });
            }
            if let Some(placed) = placed {
                let id = scene.facts.image_id() * 1000 + row.objects.len() as i64 + 1;
                row.objects.push(object(&scene, placed, owner, id, &segment, mask));
            }
        }
        if need.instance_map {
            row.instance_map = Some(self.instance_map(&scene, &row.objects)?.into());
        }
        Ok(row)
    }

    /// The label of an owner in the table of segments, and the object, if it is one.
    pub(super) fn labelled<'a>(&self, scene: &'a Scene, owner: Owner) -> (i64, Option<&'a Placed>) {
        let object = owner.checked_sub(FIRST_OBJECT).and_then(|n| scene.objects.get(usize::from(n)));
        let ground = || scene.ground.get(usize::from(owner)).map_or(0, |piece| piece.ground.position());
        let label = object.map_or_else(|| self.things.len() + ground(), |placed| placed.label);
        (label as i64, object)
    }

    /// The ids of owners in the panoptic PNG: colours near those of their classes; 0 where there is none.
    fn ids(&self, scene: &Scene, found: &[(Segment, Rle)]) -> Vec<u32> {
        let mut random = stream(self.seed, scene.facts.index, Stream::Ids);
        let mut taken = HashSet::from([0]);
        let mut ids = vec![0; usize::from(FIRST_OBJECT) + scene.objects.len()];
        for (segment, _) in found {
            let owner = segment.id as usize;
            let (label, placed) = self.labelled(scene, segment.id as Owner);
            if placed.is_none() && !self.options.stuff {
                continue;
            }
            let colour = self.segments.get(label).and_then(|class| class.color).unwrap_or_default();
            let id = std::iter::repeat_with(|| near(colour, &mut random)).find(|id| taken.insert(*id));
            ids[owner] = id.unwrap_or_default();
        }
        ids
    }

    /// Class numbers: 0 for ground that is background, else 1 + the label in the table of segments.
    fn label_map(&self, scene: &Scene) -> Result<Vec<u8>> {
        let owners = FIRST_OBJECT + scene.objects.len() as Owner;
        let number = |owner: Owner| match self.labelled(scene, owner) {
            (_, None) if !self.options.stuff => 0,
            // 80 and 10 classes at most.
            (label, _) => label as u8 + 1,
        };
        self.map(scene, (0..owners).map(number).collect())
    }

    /// Numbers of objects from 1 in the order of their lists; 0 elsewhere, void in crowds.
    fn instance_map(&self, scene: &Scene, objects: &[Object]) -> Result<Vec<u8>> {
        let mut numbers = vec![0; usize::from(FIRST_OBJECT) + scene.objects.len()];
        for (number, object) in (1..).zip(objects) {
            let first = object.mask.inside().next().map_or(0, |(first, _)| first as usize);
            let (x, y) = (first / scene.canvas.height, first % scene.canvas.height);
            let owner = scene.canvas.owners[y * scene.canvas.width + x];
            numbers[usize::from(owner)] = if object.crowded { VOID } else { number };
        }
        let image = self.map_of(scene, &numbers, voc_colormap(256))?;
        image.encode()
    }

    fn map(&self, scene: &Scene, numbers: Vec<u8>) -> Result<Vec<u8>> {
        self.map_of(scene, &numbers, self.palette.clone())?.encode()
    }

    fn map_of(&self, scene: &Scene, numbers: &[u8], palette: Vec<Colour>) -> Result<LabelImage> {
        let number = |owner: &Owner| numbers.get(usize::from(*owner)).copied().unwrap_or(VOID);
        let values = scene.canvas.owners.iter().map(number).collect();
        LabelImage::indexed((scene.facts.height, scene.facts.width), values, palette)
    }
}

/// A segment id whose colour is near a class's.
fn near(colour: Colour, random: &mut Random) -> u32 {
    pack_id(colour.map(|channel| {
        let moved = i32::from(channel) + random.below(49) as i32 - 24;
        moved.clamp(0, 255) as u8
    }))
}

fn object(scene: &Scene, placed: &Placed, owner: Owner, id: i64, segment: &Segment, mask: Rle) -> Object {
    let seen = |point: &Point| match scene.canvas.owner_at(*point) {
        None => ([0.0; 2], 0),
        Some(found) => (point.pixels(), if found == owner { 2 } else { 1 }),
    };
    Object {
        id,
        label: placed.label as i64,
        mask,
        bbox: segment.bbox.to_array(),
        area: f64::from(segment.area),
        crowded: placed.crowded,
        truncated: placed.truncated,
        hidden: 1.0 - f64::from(segment.area) / f64::from(placed.drawn.max(1)),
        rbox: placed.rbox,
        points: placed.points.as_ref().map(|points| points.iter().map(seen).collect()),
    }
}
