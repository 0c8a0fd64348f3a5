//! Drawn scenes whose truth is known to the pixel, and detections whose errors are known.
//!
//! [`Scenes`] is a source like any other: pictures of shapes on textured ground, with everything that can be
//! annotated. A renderer first decides whose each pixel is; pictures, masks, boxes, areas, label maps and
//! panoptic ids are then all read off that one array, so they agree pixel by pixel. The same options, seed and
//! row give the same bytes on every machine and any number of threads: what decides a pixel is whole-number
//! arithmetic.
//!
//! ```
//! use lensframe::dataset::{Dataset, Value};
//! use lensframe::synth::{Options, Scenes};
//! let options = Options { count: 8, height: 96.into(), width: 128.into(), ..Options::default() };
//! let ds = Dataset::new(Scenes::new(options, 7)?);
//! let row = ds.select(["file_name", "label", "segmentation"])?.get(0)?;
//! assert_eq!(row.get(0), Some(&Value::from("000001.jpg")));
//! # Ok::<(), lensframe::error::Error>(())
//! ```
//!
//! # Keys
//! | key | what it says |
//! |---|---|
//! | `image_id`, `file_name`, `split`, `height`, `width` | from 1; six digits; `train`, `val`; upright |
//! | `tags` | of `empty`, `gray`, `turned` (EXIF) those that hold |
//! | `img`, `content_hash` | the file |
//! | `label_map` | 1 + the label in the table of `panoptic`, whose first classes are those of the default set; 0 for ground without classes |
//! | `instance_map` | objects from 1 in the order of their lists; 255 in crowds, 0 elsewhere |
//! | `panoptic`, `panoptic.record`, `panoptic.file_name` | segment ids as colours, as COCO packs them |
//! | `object_id`, `label`, `bbox`, `area`, `segmentation` | what is seen of each object |
//! | `crowded`, `truncated`, `occluded`, `difficult` | a group; cut off by the border; partly hidden; more than ¾ hidden or below 16 pixels |
//! | `attr.hidden` | the part of its pixels that others hide |
//! | `rbox` | the whole object, hidden parts included; positive angles turn from x to y, clockwise on screen |
//! | `point`, `visible` | of figures; 2 seen, 1 hidden by another object, 0 beyond the picture |
//! | `captions.caption` | two sentences |
//! | `panoptic.object_id`, … | a segment an object and a piece of ground |
//!
//! `segmentation` is polygons along the edges of pixels; compressed runs for a mask with holes, which COCO's
//! polygons cannot say; plain runs for crowds. All three give exactly the pixels of the object.
//!
//! | file | noun |
//! |---|---|
//! | `options.rs` | [`Options`]: what scenes are like |
//! | `classes.rs` | kinds, colours, textures; class tables |
//! | `fixed.rs`, `shape.rs`, `figure.rs` | whole-number geometry; outlines |
//! | `canvas.rs`, `ground.rs`, `scene.rs` | whose each pixel is: filling, ground, objects |
//! | `texture.rs`, `render.rs` | colours |
//! | `outline.rs`, `words.rs`, `truth.rs` | what is true of a scene |
//! | `detections/` | [`detections`]: object sets with [`Errors`], made from any truth |
//! | `columns.rs`, `source.rs`, `write.rs` | [`Scenes`]: keys, reads, and into a stored dataset |

// Kernels over arrays that are made here, of lengths that are known here; nothing foreign is read.
#![allow(clippy::indexing_slicing, clippy::as_conversions)]

mod canvas;
mod classes;
mod columns;
mod detections;
mod figure;
mod fixed;
mod ground;
mod options;
mod outline;
mod render;
mod scene;
mod shape;
mod source;
mod texture;
mod truth;
mod words;
mod write;

pub use detections::{Errors, Fault, Scores, Tally, add_detections, detections};
pub use options::{Files, MAX_OBJECTS, MAX_SIDE, Options, Span};
pub use source::Scenes;
pub use write::Written;
