//! What the command line may say.

mod eval;
mod pictures;
mod predict;
mod query;
mod stats;

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::convert::{Coords, ImportOptions, OnError};
pub(in crate::cli) use eval::{
    AskArgs, CompareArgs, Condition, ConfusionArg, EvalArgs, MatchArg, ReportArgs, SamplingArgs,
};
pub(in crate::cli) use pictures::{
    AlphaArg, ColourArg, EncodeArg, FilesArg, ImageArgs, ScaleArg, SynthArgs, ViewArgs, WriteArgs,
};
pub(in crate::cli) use predict::{ModelArgs, ModelCommand, PredictArgs};
pub(in crate::cli) use query::{QueryArgs, WhereArgs};
pub(in crate::cli) use stats::StatsArgs;

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
    /// Say what a dataset is made of and what may be wrong with it: classes, sizes, duplicates, suspicious boxes
    Stats(StatsArgs),
    /// Print the first rows
    Head(HeadArgs),
    /// Send rows through a pipeline of augmentations as a training loop would, and say how fast and where time goes
    Feed(FeedArgs),
    /// Answer a question in SQL over images, objects and sets
    Query(QueryArgs),
    /// Draw rows of a dataset, with what is known of them, on one picture
    View(ViewArgs),
    /// Store what a pipeline makes of rows: smaller pictures, tiles, objects cut out, other files
    Write(WriteArgs),
    /// Find what is in the pictures of a dataset with a network, and store it as an object set
    Predict(PredictArgs),
    /// Say what a network is and what each of its nodes costs
    Model(ModelArgs),
    /// Hold what was found against what is there: average precision and its kin
    Eval(EvalArgs),
    /// Hold several sets of predictions against one truth, and say which differences are more than chance
    Compare(CompareArgs),
    /// Draw the masks of a stored dataset once and store them, so that evaluations need not
    Masks(MasksArgs),
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
    /// Draw labelled scenes: a dataset whose truth is known to the pixel
    Synth(SynthArgs),
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
            coords: self.coords.coords(),
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
    /// Also draw every mask once and store it, so that evaluations need not (see `masks`)
    #[arg(long)]
    pub masks: bool,
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

#[derive(Args)]
pub(super) struct MasksArgs {
    /// A stored dataset, as `name.lf`, or one of its sets, as `name.lf#pred`
    pub dataset: String,
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

impl CoordsArg {
    /// As the library wants it.
    fn coords(self) -> Coords {
        match self {
            CoordsArg::Voc => Coords::Voc,
            CoordsArg::ZeroBased => Coords::ZeroBased,
            CoordsArg::Exclusive => Coords::Exclusive,
            CoordsArg::ZeroExclusive => Coords::ZeroExclusive,
        }
    }
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
    #[command(flatten)]
    pub conditions: WhereArgs,
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
    pub conditions: WhereArgs,
    #[command(flatten)]
    pub source: SourceArgs,
}

#[derive(Args)]
pub(super) struct FeedArgs {
    /// A dataset, as `name.lf` or `name.lf@3` (version), or a path in any known format
    pub dataset: Option<String>,
    /// The pipeline, as JSON, TOML or YAML [default: pictures as they are]
    #[arg(long, value_name = "FILE")]
    pub pipeline: Option<PathBuf>,
    /// Rows a batch
    #[arg(long, default_value_t = 64, value_name = "N")]
    pub batch: usize,
    /// Threads that make batches; 0: none but this one [default: --threads]
    #[arg(long, value_name = "N")]
    pub workers: Option<usize>,
    /// The order of rows: sequential, shuffled, class_aware, repeat_factor, aspect_groups, …
    #[arg(long, default_value = "shuffled", value_name = "NAME")]
    pub sampler: String,
    /// What all chance is drawn from
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub seed: u64,
    /// How many times all rows are fed
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub epochs: u64,
    /// Stop after so many seconds; 0: at the end
    #[arg(long, default_value_t = 0.0, value_name = "S")]
    pub seconds: f64,
    /// Put another row in the place of one that cannot be used, and count it
    #[arg(long)]
    pub substitute: bool,
    /// List the operations of pipelines and what each moves
    #[arg(long)]
    pub ops: bool,
    #[command(flatten)]
    pub conditions: WhereArgs,
    #[command(flatten)]
    pub source: SourceArgs,
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

/// Whole numbers, as `5` or `1:14`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Range(pub u32, pub u32);

impl FromStr for Range {
    type Err = String;

    fn from_str(text: &str) -> Result<Range, String> {
        let number = |part: &str| part.parse().map_err(|_| format!("'{part}' is not a number"));
        let (from, to) = text.split_once(':').unwrap_or((text, text));
        Ok(Range(number(from)?, number(to)?))
    }
}

/// Sizes of pictures, as `640x480` or `320x240:640x480`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sizes {
    pub width: Range,
    pub height: Range,
}

impl FromStr for Sizes {
    type Err = String;

    fn from_str(text: &str) -> Result<Sizes, String> {
        let (from, to) = text.split_once(':').unwrap_or((text, text));
        let size = |part: &str| match part.split_once(['x', 'X']) {
            Some((width, height)) => Ok((width.parse::<Range>()?.0, height.parse::<Range>()?.0)),
            None => Err(format!("'{part}' is not a size: width x height, as 640x480")),
        };
        let ((w0, h0), (w1, h1)) = (size(from)?, size(to)?);
        Ok(Sizes { width: Range(w0, w1), height: Range(h0, h1) })
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
    fn sizes_and_ranges_are_read() {
        let sizes = Sizes { width: Range(320, 640), height: Range(240, 480) };
        assert_eq!("320x240:640x480".parse(), Ok(sizes));
        assert_eq!("7".parse(), Ok(Range(7, 7)));
        for bad in ["640", "640x", "x", "axb"] {
            assert!(bad.parse::<Sizes>().is_err(), "{bad}");
        }
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
