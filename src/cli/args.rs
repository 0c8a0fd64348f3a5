//! What the command line may say.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::convert::{Coords, ImportOptions, OnError};
use crate::image::Window;

/// A dataset engine for computer vision: convert, ask, feed, predict, evaluate.
#[derive(Parser)]
#[command(name = "lensframe", version, about, disable_help_subcommand = true)]
pub(super) struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Args)]
pub(super) struct Global {
    /// Print one JSON object on stdout instead of text
    #[arg(long, global = true)]
    pub json: bool,
    /// List the warnings one by one instead of counting them
    #[arg(long, global = true)]
    pub warnings: bool,
    /// Make the first warning an error
    #[arg(long, global = true)]
    pub strict: bool,
    /// Say nothing on stderr but errors
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// Threads to use [default: all]
    #[arg(long, global = true, value_name = "N")]
    pub threads: Option<usize>,
    /// Working memory to use, as 300M or 2G [default: 1G]
    #[arg(long, global = true, value_name = "BYTES")]
    pub memory: Option<Bytes>,
}

#[derive(Subcommand)]
pub(super) enum Command {
    /// Turn annotations and images of a known format into a dataset
    Convert(ConvertArgs),
    /// Write a dataset out in a known format
    Export(ExportArgs),
    /// Say what a dataset holds: rows, keys, sets, classes, files
    Info(DatasetArgs),
    /// Print the first rows
    Head(HeadArgs),
    /// Draw rows of a dataset, with what is known of them, on one picture
    View(ViewArgs),
    /// Check every file of a dataset against its manifest and its data against their rules
    Verify(VerifyArgs),
    /// Remove files that no kept version needs
    Gc(GcArgs),
    /// List the versions, newest first
    Log(LogArgs),
    /// Store the files that a dataset's images link to in the dataset
    Pack(PackArgs),
    /// Say what an image file holds and what is wrong with it, and write it as another
    Image(ImageArgs),
    /// List the formats that can be read and written
    Formats,
    /// Draw scenes and walk through everything the program does with them
    Demo(DemoArgs),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// How what is not a stored dataset is read.
#[derive(Args)]
pub(super) struct SourceArgs {
    /// A folder or archive with images; may be given more than once [default: looked for in the source]
    #[arg(long, value_name = "PATH")]
    pub image_root: Vec<PathBuf>,
    /// Only this split of the source; may be given more than once
    #[arg(long, value_name = "NAME")]
    pub split: Vec<String>,
    /// What the corners of boxes mean in VOC-like XML
    #[arg(long, value_enum, default_value_t = CoordsArg::Voc)]
    pub coords: CoordsArg,
    /// What to do with records that make no sense
    #[arg(long, value_enum, default_value_t = OnErrorArg::Keep)]
    pub on_error: OnErrorArg,
}

impl SourceArgs {
    /// As the library wants it.
    pub(super) fn options(&self) -> ImportOptions {
        ImportOptions {
            image_roots: self.image_root.clone(),
            splits: self.split.clone(),
            coords: match self.coords {
                CoordsArg::Voc => Coords::Voc,
                CoordsArg::ZeroBased => Coords::ZeroBased,
                CoordsArg::Exclusive => Coords::Exclusive,
                CoordsArg::ZeroExclusive => Coords::ZeroExclusive,
            },
            on_error: match self.on_error {
                OnErrorArg::Keep => OnError::Keep,
                OnErrorArg::Skip => OnError::Skip,
            },
            ..ImportOptions::default()
        }
    }
}

#[derive(Args)]
pub(super) struct ConvertArgs {
    /// A file, folder or archive (zip, tar, tar.gz) of a known format
    pub src: PathBuf,
    /// The dataset to make, as `name.lf`
    pub dst: PathBuf,
    /// The format of SRC [default: found out from its files]
    #[arg(long, value_name = "FORMAT")]
    pub from: Option<String>,
    #[command(flatten)]
    pub source: SourceArgs,
    /// What to do with the images
    #[arg(long, value_enum, default_value_t = ImagesArg::Auto)]
    pub images: ImagesArg,
    /// Do not look at the headers of photographs: faster on slow network disks, but sizes and EXIF orientation go
    /// unchecked
    #[arg(long)]
    pub no_probe: bool,
    /// The form of the table files
    #[arg(long, value_enum, default_value_t = StorageArg::Arrow)]
    pub storage: StorageArg,
    /// How large shards are to be; an interrupted run goes on from the last full one [default: 512M]
    #[arg(long, value_name = "BYTES")]
    pub shard_size: Option<Bytes>,
    /// Replace DST if it is a dataset (its old versions stay until `gc`)
    #[arg(long)]
    pub force: bool,
}

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum ImagesArg {
    /// Link what is in folders, embed what is in archives
    Auto,
    /// Store the files' bytes, unchanged
    Embed,
    /// Store paths
    Link,
    /// Neither
    None,
}

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum CoordsArg {
    /// First pixel 1, far corner inside the box (the devkit's rule)
    Voc,
    /// First pixel 0, far corner inside the box
    ZeroBased,
    /// First pixel 1, far corner just outside the box
    Exclusive,
    /// First pixel 0, far corner just outside the box
    ZeroExclusive,
}

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum OnErrorArg {
    /// Keep what is declared, with a warning; stop at files that cannot be read
    Keep,
    /// Leave such records and files out, with a warning
    Skip,
}

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum StorageArg {
    /// Arrow IPC: mapped, fastest to read
    Arrow,
    /// Parquet with zstd: smaller, opened by DuckDB
    Parquet,
}

#[derive(Args)]
pub(super) struct ExportArgs {
    /// A dataset, as `name.lf`, `name.lf@3` (version) or `name.lf#captions` (set), or a path in any known format
    pub dataset: String,
    /// The folder or file to write
    pub dst: PathBuf,
    /// The format to write
    #[arg(long, value_name = "FORMAT")]
    pub to: String,
    /// Only this object set (`default` is the unnamed one)
    #[arg(long, value_name = "NAME")]
    pub set: Option<String>,
    /// Only rows A up to B, as 0:100, :50, -10: or ::2
    #[arg(long, value_name = "A:B", allow_hyphen_values = true)]
    pub rows: Option<String>,
    /// What to do with the images
    #[arg(long, value_enum, default_value_t = ExportImagesArg::Auto)]
    pub images: ExportImagesArg,
    /// Make up what evaluation needs and the source did not say: area of the segmentation or box, iscrowd 0
    #[arg(long)]
    pub fill: bool,
    /// Replace files that are there
    #[arg(long)]
    pub force: bool,
    #[command(flatten)]
    pub source: SourceArgs,
}

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum ExportImagesArg {
    /// Write embedded images out, leave linked ones where they are
    Auto,
    /// Write both
    Copy,
    /// Write none
    None,
}

#[derive(Args)]
pub(super) struct DatasetArgs {
    /// A dataset, as `name.lf` or `name.lf@3`, or a path in any known format
    pub dataset: String,
    #[command(flatten)]
    pub source: SourceArgs,
}

#[derive(Args)]
pub(super) struct HeadArgs {
    /// A dataset, as `name.lf`, `name.lf@3` (version) or `name.lf#captions` (set), or a path in any known format
    pub dataset: String,
    /// How many rows
    #[arg(short = 'n', long, default_value_t = 5)]
    pub rows: usize,
    /// Only these keys, in this order: `--keys img,bbox,label`
    #[arg(long, value_delimiter = ',', value_name = "KEY,…")]
    pub keys: Vec<String>,
    #[command(flatten)]
    pub source: SourceArgs,
}

#[derive(Args)]
pub(super) struct ViewArgs {
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
    /// Draw no names and scores
    #[arg(long)]
    pub no_names: bool,
    /// Replace FILE if it is there
    #[arg(long)]
    pub force: bool,
    #[command(flatten)]
    pub source: SourceArgs,
}

/// What gives an object its colour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ColourArg {
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
pub(super) struct VerifyArgs {
    /// A dataset, as `name.lf` or `name.lf@3`
    pub dataset: String,
    /// Check lengths and structure only, without reading every byte
    #[arg(long)]
    pub quick: bool,
}

#[derive(Args)]
pub(super) struct GcArgs {
    /// A dataset
    pub dataset: PathBuf,
    /// Keep this many of the newest versions
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub keep: usize,
    /// Also remove unneeded files younger than a day: only when nobody is writing
    #[arg(long)]
    pub now: bool,
}

#[derive(Args)]
pub(super) struct LogArgs {
    /// A dataset
    pub dataset: PathBuf,
}

#[derive(Args)]
pub(super) struct PackArgs {
    /// A dataset
    pub dataset: PathBuf,
}

#[derive(Args)]
pub(super) struct ImageArgs {
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

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum AlphaArg {
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
pub(super) enum ScaleArg {
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

#[derive(Args)]
pub(super) struct DemoArgs {
    /// The folder to work in; must be empty or absent
    #[arg(default_value = "demo")]
    pub folder: PathBuf,
    /// Empty the folder first, if it is an earlier demo
    #[arg(long)]
    pub force: bool,
}

/// A number of bytes, as `300M`, `2G`, `65536`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bytes(pub u64);

impl FromStr for Bytes {
    type Err = String;

    fn from_str(text: &str) -> Result<Bytes, String> {
        let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (digits, unit) = text.split_at(split);
        let shift = match unit.to_ascii_lowercase().trim_end_matches('b').trim_end_matches('i') {
            "" => 0,
            "k" => 10,
            "m" => 20,
            "g" => 30,
            "t" => 40,
            _ => return Err(format!("'{unit}' is not a unit; use K, M, G or T")),
        };
        let number: u64 = digits.parse().map_err(|_| format!("'{text}' is not a number of bytes"))?;
        number
            .checked_shl(shift)
            .filter(|n| n >> shift == number)
            .map(Bytes)
            .ok_or_else(|| "too many bytes".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn bytes_are_read_with_and_without_units() {
        for (text, bytes) in [("0", 0), ("300M", 300 << 20), ("2GiB", 2 << 30), ("64kb", 64 << 10)] {
            assert_eq!(text.parse(), Ok(Bytes(bytes)), "{text}");
        }
        for bad in ["", "M", "3X", "-1", "99999999T"] {
            assert!(bad.parse::<Bytes>().is_err(), "{bad}");
        }
    }
}
