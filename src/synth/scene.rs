//! [`Scene`]: what is where in one picture, decided from seed, options and number alone.
//!
//! Drawing goes from the back to the front. An object is in the scene if a pixel of it is seen when all is
//! drawn; what is hidden altogether is not.

use super::canvas::{Canvas, FIRST_OBJECT, Owner};
use super::classes::{Kind, Texture, look};
use super::figure::figure;
use super::fixed::{PIXEL, Point, Turn, UNIT};
use super::ground::{self, Piece};
use super::options::{Files, Options};
use super::shape::{Part, bounds, parts};
use super::texture::{Pattern, Surface, shifted};
use crate::image::{Encoding, Format, Orientation};
use crate::random::Random;

/// Which stream of random numbers a part of a scene draws from.
#[derive(Clone, Copy, Debug)]
pub(super) enum Stream {
    Facts,
    Ground,
    Objects,
    Words,
    Ids,
}

/// The random numbers of a part of a scene.
pub(super) fn stream(seed: u64, index: u64, stream: Stream) -> Random {
    Random::keyed(&[0x7363_656e_6573, seed, index, stream as u64])
}

/// What is known of a scene before anything is drawn.
#[derive(Clone, Debug)]
pub(super) struct Facts {
    pub(super) index: u64,
    pub(super) height: u32,
    pub(super) width: u32,
    pub(super) encoding: Encoding,
    pub(super) gray: bool,
    pub(super) empty: bool,
    pub(super) split: &'static str,
}

impl Facts {
    pub(super) fn of(options: &Options, seed: u64, index: u64) -> Facts {
        let mut random = stream(seed, index, Stream::Facts);
        let (height, width) = (options.height.draw(&mut random), options.width.draw(&mut random));
        let quality = options.quality.draw(&mut random) as u8;
        let kind = random.below(10);
        let mut chance = |share: f64| random.unit() < share;
        let (gray, empty, rotated) = (chance(options.gray), chance(options.empty), chance(options.rotated));
        let turned = Orientation::from_exif(2 + random.below(7) as u16);
        let orientation = turned.filter(|_| rotated).unwrap_or(Orientation::Upright);
        let jpeg = Encoding::Jpeg { quality, orientation };
        let encoding = match (options.images, kind) {
            (Files::Jpeg, _) | (Files::Mix, 0..=6) => jpeg,
            (Files::Png, _) | (Files::Mix, 7 | 8) => Encoding::Png,
            (Files::Bmp | Files::Mix, _) => Encoding::Bmp,
        };
        let split = if index < options.train() { "train" } else { "val" };
        Facts { index, height, width, encoding, gray, empty, split }
    }

    /// Ids count from 1.
    pub(super) fn image_id(&self) -> i64 {
        self.index as i64 + 1
    }

    pub(super) fn file_name(&self) -> String {
        let extension = match self.encoding.format() {
            Format::Jpeg => "jpg",
            Format::Bmp => "bmp",
            _ => "png",
        };
        format!("{:06}.{extension}", self.image_id())
    }

    pub(super) fn is_turned(&self) -> bool {
        matches!(self.encoding, Encoding::Jpeg { orientation, .. } if orientation != Orientation::Upright)
    }
}

/// An object that was drawn.
#[derive(Clone, Debug)]
pub(super) struct Placed {
    pub(super) label: usize,
    pub(super) surface: Surface,
    /// Pixels of the picture that it would cover if nothing lay over it.
    pub(super) drawn: u32,
    pub(super) crowded: bool,
    /// Some of it is beyond the picture.
    pub(super) truncated: bool,
    /// Centre x, centre y, width, height in pixels and the turn in radians, of the whole object.
    pub(super) rbox: Option<[f64; 5]>,
    pub(super) points: Option<Vec<Point>>,
}

/// One picture, drawn as owners of pixels.
#[derive(Clone, Debug)]
pub(super) struct Scene {
    pub(super) facts: Facts,
    pub(super) canvas: Canvas,
    pub(super) ground: Vec<Piece>,
    /// From the back to the front; the owner of the first is [`FIRST_OBJECT`].
    pub(super) objects: Vec<Placed>,
}

impl Scene {
    pub(super) fn draw(options: &Options, seed: u64, facts: Facts) -> Scene {
        let mut canvas = Canvas::new(facts.height, facts.width);
        let ground = ground::draw(&mut canvas, &mut stream(seed, facts.index, Stream::Ground));
        let mut random = stream(seed, facts.index, Stream::Objects);
        let count = if facts.empty { 0 } else { options.objects.draw(&mut random) };
        let crowd = (random.unit() < options.crowds).then(|| random.below(u64::from(count.max(1))) as u32);
        let mut layout = Layout { canvas: &mut canvas, options, centres: Vec::new(), random };
        let objects = (0..count).map(|n| layout.place(n, crowd == Some(n))).collect();
        Scene { facts, canvas, ground, objects }
    }
}

/// Where an object is, and how large, in 256ths of a pixel.
#[derive(Clone, Copy)]
struct Spot {
    centre: Point,
    radius: i32,
}

struct Layout<'a> {
    canvas: &'a mut Canvas,
    options: &'a Options,
    centres: Vec<Spot>,
    random: Random,
}

impl Layout<'_> {
    /// Draws the next object.
    fn place(&mut self, number: u32, crowded: bool) -> Placed {
        let label = self.random.below(u64::from(self.options.classes)) as usize;
        let look = look(label);
        let spot = self.spot(look.kind, crowded);
        self.centres.push(spot);
        let turn = Turn(self.random.below(256) as u8);
        let owner = FIRST_OBJECT + number as Owner;
        let mut placed = Placed {
            label,
            surface: self.surface(look.texture, look.colour, spot, turn),
            drawn: 0,
            crowded,
            truncated: false,
            rbox: None,
            points: None,
        };
        let drawn = if crowded {
            (0..9 + self.random.below(22)).flat_map(|_| self.member(look.kind, spot)).collect()
        } else if look.kind == Kind::Figure {
            let (drawn, points) = figure(spot.radius, &mut self.random);
            placed.points = Some(points.into_iter().map(|p| p + spot.centre).collect());
            let parts = moved(&drawn, |p| p + spot.centre);
            placed.rbox = Some(upright(&parts));
            parts
        } else {
            let stretch = self.stretch(spot.radius);
            let shape = moved(&parts(look.kind), |p| scaled(p, stretch));
            placed.rbox = Some(turned_box(&shape, spot.centre, turn));
            moved(&shape, |p| p.turned(turn) + spot.centre)
        };
        let [left, top, right, bottom] = bounds(drawn.iter().flatten().flatten());
        let (height, width) = (self.canvas.height as i32, self.canvas.width as i32);
        placed.truncated = left < 0 || top < 0 || right > width * PIXEL || bottom > height * PIXEL;
        placed.drawn = self.canvas.fill(&drawn, owner);
        placed
    }

    /// One of a crowd, around its spot.
    fn member(&mut self, kind: Kind, crowd: Spot) -> Vec<Part> {
        let radius = (crowd.radius / 5).max(2 * PIXEL) * (80 + self.random.below(60) as i32) / 100;
        let away = self.random.below(crowd.radius.max(1) as u64) as i32;
        let by = Turn(self.random.below(256) as u8).at(away);
        let centre = crowd.centre + Point::new(by.x, by.y / 2);
        if kind == Kind::Figure {
            let (drawn, _) = figure(radius * 3 / 2, &mut self.random);
            return moved(&drawn, |p| p + centre);
        }
        let turn = Turn(self.random.below(256) as u8);
        moved(&parts(kind), |p| scaled(p, [radius; 2]).turned(turn) + centre)
    }

    /// Radii along both axes: up to a quarter more or less.
    fn stretch(&mut self, radius: i32) -> [i32; 2] {
        [radius; 2].map(|r| (i64::from(r) * (76 + self.random.below(50) as i64) / 100) as i32)
    }

    /// A place for the next object.
    fn spot(&mut self, kind: Kind, crowded: bool) -> Spot {
        let (height, width) = (self.canvas.height as i64, self.canvas.width as i64);
        let small = height.min(width) * i64::from(PIXEL);
        let mut between = |from: i64, to: i64| from + self.random.below((to - from).max(1) as u64) as i64;
        let size = match between(0, 100) {
            0..35 => between(small / 42, small / 17),
            35..80 => between(small / 17, small / 7),
            _ => between(small / 7, small * 2 / 7),
        };
        let (size, least) = match kind {
            _ if crowded => (size.max(small / 8) * 3 / 2, 8),
            Kind::Figure => (size * 3 / 2, 8),
            Kind::Bar => (size * 2, 8),
            Kind::Ring | Kind::Frame => (size, 5),
            _ => (size, 3),
        };
        let radius = size.max(least * i64::from(PIXEL)).min(small / 2) as i32;
        let mut spot = Spot { centre: Point::default(), radius };
        if let Some(under) = self.under() {
            let away = i64::from(under.radius) * (25 + self.random.below(70) as i64) / 100;
            let by = Turn(self.random.below(256) as u8).at(away as i32);
            spot.centre = under.centre + by;
            return spot;
        }
        for _ in 0..12 {
            // A few may lie across the border, but not beyond it.
            let margin = if self.random.below(100) < 12 { 0 } else { i64::from(radius) };
            let mut along = |length: i64| {
                let free = (length * i64::from(PIXEL) - 2 * margin).max(1);
                (margin + self.random.below(free as u64) as i64) as i32
            };
            spot.centre = Point::new(along(width), along(height));
            let clear = |other: &Spot| {
                let (dx, dy) = (spot.centre.x - other.centre.x, spot.centre.y - other.centre.y);
                let (dx, dy, reach) = (i64::from(dx), i64::from(dy), i64::from(radius + other.radius));
                dx * dx + dy * dy >= reach * reach * 4 / 5
            };
            if self.centres.iter().all(clear) {
                break;
            }
        }
        spot
    }

    /// An earlier object to be put onto, now and then.
    fn under(&mut self) -> Option<Spot> {
        let wanted = self.random.unit() < self.options.overlap;
        let chosen = self.random.below(self.centres.len().max(1) as u64) as usize;
        self.centres.get(chosen).copied().filter(|_| wanted)
    }

    fn surface(&mut self, texture: Texture, colour: [u8; 3], spot: Spot, turn: Turn) -> Surface {
        let mut jitter = || self.random.below(33) as i32 - 16;
        let by = [jitter(), jitter(), jitter()];
        let first = shifted(colour, by);
        // The second colour of a pattern is as much lighter or darker as there is room for.
        let bright: i32 = first.iter().map(|c| i32::from(*c)).sum::<i32>() / 3;
        let step = if bright > 130 { -78 } else { 86 };
        let (pattern, step) = match texture {
            Texture::Plain => (Pattern::Plain, step / 4),
            Texture::Striped => (Pattern::Stripes, step),
            Texture::Checked => (Pattern::Checks, step),
            Texture::Dotted => (Pattern::Dots, step),
        };
        Surface::around(pattern, [first, shifted(first, [step; 3])], spot.centre, spot.radius, turn)
    }
}

fn moved(parts: &[Part], by: impl Fn(Point) -> Point) -> Vec<Part> {
    parts.iter().map(|part| part.iter().map(|ring| ring.iter().map(|p| by(*p)).collect()).collect()).collect()
}

/// A point of an outline in [`UNIT`]s, for these radii.
fn scaled(p: Point, radii: [i32; 2]) -> Point {
    let scale = |v: i32, r: i32| (i64::from(v) * i64::from(r) / i64::from(UNIT)) as i32;
    Point::new(scale(p.x, radii[0]), scale(p.y, radii[1]))
}

/// The box of a shape along its own axes, once it is turned and moved.
fn turned_box(shape: &[Part], centre: Point, turn: Turn) -> [f64; 5] {
    let [left, top, right, bottom] = bounds(shape.iter().flatten().flatten());
    // Twice the middle, so that nothing is cut.
    let middle = Point::new(left + right, top + bottom).turned(turn);
    let [x, y] = (Point::new(2 * centre.x, 2 * centre.y) + middle).pixels().map(|v| v / 2.0);
    let [width, height] = Point::new(right - left, bottom - top).pixels();
    [x, y, width, height, turn.radians()]
}

fn upright(parts: &[Part]) -> [f64; 5] {
    turned_box(parts, Point::default(), Turn::default())
}
