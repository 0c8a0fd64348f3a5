//! The demo's data: a COCO folder of drawn scenes, the same for the same seed.
//!
//! Shapes on a shaded ground, written as BMP because that needs no codec, with `instances` and `captions`
//! files for the splits `train` and `val` in COCO's own layout. Annotations are deliberately out of image
//! order, as in the real files.

use std::fs;
use std::path::Path;

use serde_json::{Value as Json, json};

use crate::error::{Error, Place, Result, ResultExt};
use crate::job::Job;
use crate::random::Random;

const WIDTH: usize = 192;
const HEIGHT: usize = 128;
const SHAPES: [(&str, [u8; 3], usize); 3] =
    [("triangle", [214, 84, 62], 3), ("diamond", [64, 132, 214], 4), ("disc", [92, 176, 88], 24)];

/// Writes a COCO folder with `train` images for training and `val` for validation.
pub(super) fn write_coco(folder: &Path, train: usize, val: usize, seed: u64, job: &Job) -> Result<()> {
    let stage = job.stage("drawing scenes", Some((train + val) as u64));
    let annotations = folder.join("annotations");
    make_folder(&annotations)?;
    let mut next = 0;
    for (split, count) in [("train", train), ("val", val)] {
        make_folder(&folder.join("images").join(split))?;
        let mut truth = Truth::default();
        for _ in 0..count {
            next += 1;
            let scene = Scene::draw(seed, next);
            let name = format!("{next:06}.bmp");
            write(&folder.join("images").join(split).join(&name), &scene.bmp())?;
            truth.add(next, &name, &scene);
            stage.advance(1)?;
        }
        Random::keyed(&[seed, 1]).shuffle(&mut truth.instances);
        for (kind, records, categories) in
            [("instances", truth.instances, categories()), ("captions", truth.captions, json!([]))]
        {
            let file = json!({
                "info": {"description": "drawn scenes", "version": "1.0"},
                "images": truth.images, "annotations": records, "categories": categories,
            });
            write(&annotations.join(format!("{kind}_{split}.json")), file.to_string().as_bytes())?;
        }
    }
    Ok(())
}

fn categories() -> Json {
    // Ids with a gap, as COCO's.
    SHAPES
        .iter()
        .zip([1, 2, 4])
        .map(|((name, ..), id)| json!({"id": id, "name": name, "supercategory": "shape"}))
        .collect()
}

#[derive(Default)]
struct Truth {
    images: Vec<Json>,
    instances: Vec<Json>,
    captions: Vec<Json>,
}

impl Truth {
    fn add(&mut self, id: u64, name: &str, scene: &Scene) {
        self.images
            .push(json!({"id": id, "file_name": name, "height": HEIGHT, "width": WIDTH, "license": 1}));
        for (n, shape) in scene.shapes.iter().enumerate() {
            let (x0, y0, x1, y1) = shape.bounds();
            let ring: Vec<f64> = shape.corners.iter().flat_map(|(x, y)| [*x, *y]).collect();
            let category = [1, 2, 4].get(shape.class);
            self.instances.push(json!({
                "id": id * 100 + n as u64, "image_id": id, "category_id": category, "iscrowd": 0,
                "segmentation": [ring], "area": shape.area(), "bbox": [x0, y0, x1 - x0, y1 - y0],
            }));
        }
        let names: Vec<&str> = scene.shapes.iter().filter_map(|s| SHAPES.get(s.class)).map(|s| s.0).collect();
        let caption = if names.is_empty() { "nothing".to_owned() } else { names.join(" and ") };
        self.captions.push(json!({"id": id, "image_id": id, "caption": caption}));
    }
}

struct Shape {
    class: usize,
    corners: Vec<(f64, f64)>,
}

impl Shape {
    fn bounds(&self) -> (f64, f64, f64, f64) {
        let start = (f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY);
        self.corners.iter().fold(start, |(a, b, c, d), (x, y)| (a.min(*x), b.min(*y), c.max(*x), d.max(*y)))
    }

    fn edges(&self) -> impl Iterator<Item = ((f64, f64), (f64, f64))> + '_ {
        self.corners.iter().copied().zip(self.corners.iter().copied().cycle().skip(1))
    }

    fn area(&self) -> f64 {
        let twice: f64 = self.edges().map(|((ax, ay), (bx, by))| ax * by - bx * ay).sum();
        (twice / 2.0).abs()
    }

    /// Even-odd rule at a point.
    fn covers(&self, x: f64, y: f64) -> bool {
        let crossings = self.edges().filter(|((ax, ay), (bx, by))| {
            (*ay > y) != (*by > y) && x < (bx - ax) * (y - ay) / (by - ay) + ax
        });
        crossings.count() % 2 == 1
    }
}

struct Scene {
    shapes: Vec<Shape>,
    pixels: Vec<[u8; 3]>,
}

impl Scene {
    fn draw(seed: u64, id: u64) -> Scene {
        let mut random = Random::keyed(&[seed, 0, id]);
        let shapes: Vec<Shape> = (0..random.below(5)).map(|_| Scene::shape(&mut random)).collect();
        let tint = random.below(40) as f64;
        let pixels = (0..HEIGHT * WIDTH).map(|i| {
            let (x, y) = ((i % WIDTH) as f64 + 0.5, (i / WIDTH) as f64 + 0.5);
            let shade = 170.0 + tint + 40.0 * (y / HEIGHT as f64) - random.below(12) as f64;
            let top = shapes.iter().rev().find(|s| s.covers(x, y)).and_then(|s| SHAPES.get(s.class));
            top.map_or([shade as u8; 3], |(_, color, _)| *color)
        });
        let pixels = pixels.collect();
        Scene { shapes, pixels }
    }

    fn shape(random: &mut Random) -> Shape {
        let class = random.below(SHAPES.len() as u64) as usize;
        let corners = SHAPES.get(class).map_or(3, |s| s.2);
        let radius = 8.0 + 28.0 * random.unit();
        let (cx, cy) = (
            radius + (WIDTH as f64 - 2.0 * radius) * random.unit(),
            radius + (HEIGHT as f64 - 2.0 * radius) * random.unit(),
        );
        let turn = random.unit();
        let corner = |k: usize| {
            let angle = std::f64::consts::TAU * (k as f64 / corners as f64 + turn);
            // Two decimals, as annotation tools write them.
            (
                ((cx + radius * angle.cos()) * 100.0).round() / 100.0,
                ((cy + radius * angle.sin()) * 100.0).round() / 100.0,
            )
        };
        Shape { class, corners: (0..corners).map(corner).collect() }
    }

    /// An uncompressed 24-bit BMP: rows bottom up, blue green red. 192 × 3 needs no row padding.
    fn bmp(&self) -> Vec<u8> {
        let size = 54 + self.pixels.len() * 3;
        let mut file = Vec::with_capacity(size);
        file.extend(b"BM");
        for field in [size as u32, 0, 54, 40, WIDTH as u32, HEIGHT as u32] {
            file.extend(field.to_le_bytes());
        }
        file.extend([1, 0, 24, 0]);
        file.extend([0; 24]);
        for row in self.pixels.chunks(WIDTH).rev() {
            file.extend(row.iter().flat_map(|[r, g, b]| [*b, *g, *r]));
        }
        file
    }
}

fn make_folder(path: &Path) -> Result<()> {
    fs::create_dir_all(path).map_err(|e| Error::io("make the folder", e)).at(|| Place::none().file(path))
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    fs::write(path, bytes).map_err(|e| Error::io("write", e)).at(|| Place::none().file(path))
}
