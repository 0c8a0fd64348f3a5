//! Pictures of plain values: boxes, masks, points, names and legends on pixels, and sheets of pictures.
//!
//! | file | noun |
//! |---|---|
//! | `object.rs`, `style.rs` | [`Object`]: what is known of a thing; [`Style`]: how it is drawn, and as which tool draws it |
//! | `objects.rs` | [`draw_objects`], [`draw_objects_from`]: the layers and their order; [`Drawn`] counts |
//! | `boxes.rs`, `masks.rs`, `points.rs`, `names.rs` | the layers |
//! | `semantic.rs`, `legend.rs` | [`draw_semantic`] and its [`Legend`]; [`segment_objects`] for panoptic maps |
//! | `sheet.rs` | [`Sheet`] of [`Tile`]s; [`tile_images`] |
//! | `palette.rs` | [`class_colour`], [`instance_colour`], [`rainbow`] |
//! | `text.rs`, `font.rs`, `unifont.rs`, `arabic.rs` | [`Line`] of text; what letters are drawn from, and in which forms |
//! | `canvas.rs`, `area.rs`, `coverage.rs`, `shape.rs` | paint on pixels; whole pixels; shares of pixels; smooth lines and discs |
//!
//! Numbers are those of data: boxes are x, y, w, h in pixels, sizes (height, width). What is wrong with them is
//! counted, not refused, and nothing outside a picture is written. Nothing here knows of datasets or files.
//!
//! For a sheet, make a picture small first and draw on it then, so that lines are sharp and names are legible:
//!
//! ```
//! use lensframe::draw::{Object, Sheet, Style, Tile, draw_objects_from};
//! use lensframe::image::{Channels, Filter, Pixels};
//! # fn main() -> lensframe::error::Result<()> {
//! let photograph = Pixels::filled((480, 640), Channels::Rgb, [60, 80, 60])?;
//! let bbox = Some([100.0, 120.0, 300.0, 200.0]);
//! let objects = [Object { bbox, label: Some(0), name: Some("dog".into()), ..Object::default() }];
//!
//! let sheet = Sheet { title: Some("one dog".into()), ..Sheet::default() };
//! let mut pixels = photograph.resize(sheet.fit(photograph.size()), Filter::Bilinear)?;
//! let drawn = draw_objects_from(&mut pixels, photograph.size(), &objects, &Style::default())?;
//! assert_eq!((drawn.drawn, drawn.unnamed), (1, 0));
//! let picture = sheet.assemble(&[Tile { pixels, captions: vec!["000001.jpg".into()] }])?;
//! assert!(picture.height() > 240 && picture.width() > 320);
//! # Ok(())
//! # }
//! ```

mod arabic;
mod area;
mod boxes;
mod canvas;
mod coverage;
mod font;
mod legend;
mod masks;
mod names;
mod object;
mod objects;
mod palette;
mod points;
mod semantic;
mod shape;
mod sheet;
mod style;
mod text;
mod unifont;

pub use legend::{Entry, Legend};
pub use object::Object;
pub use objects::{Drawn, draw_objects, draw_objects_from};
pub use palette::{DISTINCT, class_colour, instance_colour, rainbow};
pub use points::COCO_PERSON_LIMBS;
pub use semantic::{PanopticSegment, SemanticStyle, draw_semantic, segment_objects};
pub use sheet::{Sheet, Tile, tile_images};
pub use style::{Caption, Colours, Style};
pub use text::Line;
