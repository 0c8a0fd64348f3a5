//! Pictures of plain values: boxes, masks, points, names and legends on pixels, and sheets of pictures.
//!
//! Nothing here knows of datasets or files.

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
