//! What may be said to the commands about pictures: `view`, `write`, `image`, `synth`.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, ValueEnum};

use super::{Range, Sizes, SourceArgs, StorageArg, WhereArgs};
use crate::geometry::Size;
use crate::image::Window;

#[derive(Args)]
pub(in crate::cli) struct ViewArgs {
    /// A dataset, as `name.lf`, `name.lf@3` (version) or `name.lf#captions` (set), or a path in any known format
    pub dataset: String,
    /// The picture to write, as .png, .jpg or .bmp; - is a PNG on stdout
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
    /// Only rows A up to B, as 0:100, :50, -10: or ::2 [default: the first 16]
    #[arg(long, value_name = "A:B", allow_hyphen_values = true)]
    pub rows: Option<String>,
    /// So many rows, chosen by chance
    #[arg(long, value_name = "N", conflicts_with = "rows")]
    pub sample: Option<usize>,
    /// The seed of that choice
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub seed: u64,
    #[command(flatten)]
    pub conditions: WhereArgs,
    /// What to draw: an object set (`default` is the unnamed one), a key with label images, or `img` for the bare
    /// picture; given more than once they stand side by side [default: what the dataset is mainly about]
    #[arg(long, value_name = "NAME")]
    pub set: Vec<String>,
    /// The longer side of each picture, in pixels
    #[arg(long, value_name = "PX", default_value_t = 320, value_parser = clap::value_parser!(u32).range(16..=8192))]
    pub tile: u32,
    /// Rows of the dataset side by side [default: what makes the sheet about square]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub columns: Option<u32>,
    /// Only objects with a score above this
    #[arg(long, value_name = "X")]
    pub min_score: Option<f64>,
    /// Only the N objects of each image with the highest scores
    #[arg(long, value_name = "N")]
    pub top: Option<usize>,
    /// What gives an object its colour: class, instance, or one colour for all as #rrggbb
    #[arg(long, value_name = "BY", default_value = "class")]
    pub color: ColourArg,
    /// Draw the rotated boxes of objects that have upright ones too
    #[arg(long)]
    pub rotated: bool,
    /// Draw no names and scores
    #[arg(long)]
    pub no_names: bool,
    /// Draw what a pipeline makes of each row, as JSON, TOML or YAML
    #[arg(long, value_name = "FILE")]
    pub pipeline: Option<PathBuf>,
    /// How often each row is drawn with --pipeline, each time by other chance
    #[arg(long, value_name = "N", default_value_t = 1, requires = "pipeline")]
    #[arg(value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub times: u16,
    /// Replace FILE if it is there
    #[arg(long)]
    pub force: bool,
    #[command(flatten)]
    pub source: SourceArgs,
}

#[derive(Args)]
pub(in crate::cli) struct WriteArgs {
    /// A dataset, as `name.lf`, `name.lf@3` (version) or `name.lf#preds` (the set that moves with the pictures), or a
    /// path in any known format
    pub dataset: String,
    /// The dataset to make, as `name.lf`
    pub dst: PathBuf,
    /// What is done to each row, as JSON, TOML or YAML; `lensframe feed --ops` lists operations
    #[arg(long, value_name = "FILE")]
    pub pipeline: Option<PathBuf>,
    /// Shrink pictures of which a side is longer than this
    #[arg(long, value_name = "PX", value_parser = clap::value_parser!(u32).range(1..))]
    pub max_side: Option<u32>,
    /// Cut pictures into tiles of this size, as 640 or 1024x512 (width x height): a row each
    #[arg(long, value_name = "WxH", value_parser = tile, conflicts_with = "crops")]
    pub tiles: Option<Size>,
    /// What neighbouring tiles share, in pixels
    #[arg(long, value_name = "WxH", value_parser = tile, requires = "tiles")]
    pub overlap: Option<Size>,
    /// Cut out the box of every object: a row each, with its class as `image_label`
    #[arg(long)]
    pub crops: bool,
    /// What is left around boxes, as a share of their sides
    #[arg(long, value_name = "X", default_value_t = 0.0, requires = "crops")]
    pub margin: f64,
    /// Write every picture as this [default: files that nothing is done to as they are, others as JPEG of quality 95
    /// where they are JPEGs, and as PNG else]
    #[arg(long, value_enum, value_name = "KIND")]
    pub encode: Option<EncodeArg>,
    /// The quality of --encode jpeg
    #[arg(long, value_name = "N", default_value_t = 95, requires = "encode")]
    #[arg(value_parser = clap::value_parser!(u8).range(1..=100))]
    pub quality: u8,
    /// What all chance is drawn from
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// Only rows A up to B, as 0:100, :50, -10: or ::2
    #[arg(long, value_name = "A:B", allow_hyphen_values = true)]
    pub rows: Option<String>,
    /// Leave out rows that cannot be used, and warn
    #[arg(long)]
    pub skip: bool,
    #[command(flatten)]
    pub conditions: WhereArgs,
    /// The form of the table files
    #[arg(long, value_enum, default_value_t = StorageArg::Arrow)]
    pub storage: StorageArg,
    /// Replace DST if it is a dataset (its old versions stay until `gc`)
    #[arg(long)]
    pub force: bool,
    #[command(flatten)]
    pub source: SourceArgs,
}

/// The kind of file that pictures become.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum EncodeArg {
    Jpeg,
    Png,
}

/// `640`, or `1024x512`: width, height.
fn tile(text: &str) -> Result<Size, String> {
    let (width, height) = text.split_once('x').unwrap_or((text, text));
    match (width.trim().parse(), height.trim().parse()) {
        (Ok(width), Ok(height)) => Ok(Size::new(height, width)),
        _ => Err(format!("'{text}' is no size: write it as 640 or 1024x512")),
    }
}

/// What gives an object its colour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cli) enum ColourArg {
    Class,
    Instance,
    One([u8; 3]),
}

impl FromStr for ColourArg {
    type Err = String;

    fn from_str(text: &str) -> Result<ColourArg, String> {
        match text {
            "class" => return Ok(ColourArg::Class),
            "instance" => return Ok(ColourArg::Instance),
            _ => {}
        }
        let digits = text.strip_prefix('#').filter(|hex| hex.len() == 6 && hex.is_ascii());
        let part = |at: usize| u8::from_str_radix(digits?.get(at..at + 2)?, 16).ok();
        match (part(0), part(2), part(4)) {
            (Some(r), Some(g), Some(b)) => Ok(ColourArg::One([r, g, b])),
            _ => Err(format!("'{text}' is none of class, instance and #rrggbb")),
        }
    }
}

#[derive(Args)]
pub(in crate::cli) struct ImageArgs {
    /// An image file: JPEG, PNG, WebP, BMP, TIFF or GIF, by what it holds and not by its name; - for stdin
    pub file: PathBuf,
    /// Write the pixels as this file, a .png, .jpg or .bmp
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// What becomes of transparency
    #[arg(long, value_enum, default_value_t = AlphaArg::Error)]
    pub alpha: AlphaArg,
    /// How much smaller
    #[arg(long, value_enum, default_value_t = ScaleArg::Full)]
    pub scale: ScaleArg,
    /// Only these rows and columns of the upright picture, as Y:X:HEIGHT:WIDTH
    #[arg(long, value_name = "Y:X:H:W", value_parser = window)]
    pub window: Option<Window>,
    /// Write one channel, the luma
    #[arg(long)]
    pub gray: bool,
    /// Leave the picture as it is stored, whatever EXIF says of its orientation
    #[arg(long)]
    pub stored: bool,
    /// Write what can be read of a damaged file
    #[arg(long)]
    pub keep: bool,
    /// Replace the file that is there
    #[arg(long)]
    pub force: bool,
}

#[derive(Args)]
pub(in crate::cli) struct SynthArgs {
    /// What to write: a dataset, as `name.lf`, or with --to the folder of another format
    pub dst: PathBuf,
    /// How many scenes
    #[arg(long, value_name = "N")]
    pub count: Option<u64>,
    /// Their size, as 640x480, or from one size to another, as 320x240:640x480
    #[arg(long, value_name = "WxH")]
    pub size: Option<Sizes>,
    /// How many classes of objects, 3 to 80
    #[arg(long, value_name = "K")]
    pub classes: Option<u32>,
    /// Objects in a scene, as 5 or 1:14
    #[arg(long, value_name = "A:B")]
    pub objects: Option<Range>,
    /// What to draw; the same seed and options give the same bytes
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// The kinds of image file
    #[arg(long, value_enum)]
    pub images: Option<FilesArg>,
    /// JPEG qualities, as 90 or 75:95
    #[arg(long, value_name = "A:B")]
    pub quality: Option<Range>,
    /// The share of scenes without an object
    #[arg(long, value_name = "SHARE")]
    pub empty: Option<f64>,
    /// The share of objects that lie on others
    #[arg(long, value_name = "SHARE")]
    pub overlap: Option<f64>,
    /// The share of scenes with a crowd
    #[arg(long, value_name = "SHARE")]
    pub crowds: Option<f64>,
    /// The share of gray files
    #[arg(long, value_name = "SHARE")]
    pub gray: Option<f64>,
    /// The share of JPEG files that are stored turned, as EXIF says
    #[arg(long, value_name = "SHARE")]
    pub rotated: Option<f64>,
    /// The share of scenes, the last ones, in the split `val`
    #[arg(long, value_name = "SHARE")]
    pub val: Option<f64>,
    /// The ground has no classes: it is background
    #[arg(long)]
    pub no_stuff: bool,
    /// A JSON file of such options; what is said here goes first
    #[arg(long, value_name = "FILE")]
    pub options: Option<PathBuf>,
    /// The format to write: lensframe, coco, voc, panoptic, labels
    #[arg(long, value_name = "FORMAT", default_value = "lensframe")]
    pub to: String,
    /// Add the set `pred`: detections with known errors
    #[arg(long)]
    pub detections: bool,
    /// The form of the table files
    #[arg(long, value_enum, default_value_t = StorageArg::Arrow)]
    pub storage: StorageArg,
    /// Replace DST if it is a dataset
    #[arg(long)]
    pub force: bool,
}

#[derive(Clone, Copy, ValueEnum)]
pub(in crate::cli) enum AlphaArg {
    /// Refuse the file
    Error,
    /// Take the colours as they are stored
    Ignore,
    /// Lay it over white
    White,
    /// Lay it over black
    Black,
}

#[derive(Clone, Copy, ValueEnum)]
pub(in crate::cli) enum ScaleArg {
    /// As stored
    Full,
    /// Half the rows and columns
    Half,
    /// A quarter
    Quarter,
    /// An eighth
    Eighth,
}

fn window(text: &str) -> Result<Window, String> {
    let numbers: Option<Vec<u32>> = text.split(':').map(|n| n.parse().ok()).collect();
    match numbers.as_deref() {
        Some([y, x, height, width]) => Ok(Window { x: *x, y: *y, width: *width, height: *height }),
        _ => Err("four whole numbers with colons between them are needed".into()),
    }
}

#[derive(Clone, Copy, ValueEnum)]
pub(in crate::cli) enum FilesArg {
    /// JPEG
    Jpeg,
    /// PNG
    Png,
    /// BMP
    Bmp,
    /// Of ten, seven JPEG, two PNG, one BMP
    Mix,
}
