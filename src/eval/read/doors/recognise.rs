//! What lies at a path, told by its content: [`recognise`].
//!
//! The first bytes of a file and the names and first lines of a folder decide; the ending of a name never does alone.
//! What Python pickled is refused by name, with the way out.

use std::io::Read;
use std::path::Path;

use arrow_buffer::Buffer;
use flate2::read::MultiGzDecoder;

use super::folder::Files;
use super::format::PredictionFormat;
use super::options::PredictionOptions;
use super::yolo;
use crate::error::{Error, ErrorKind, Place, Result, ResultExt};
use crate::eval::side::Side;
use crate::job::Job;
use crate::place::{Access, Map, Tree, TreeOptions};

/// What a compressed file may expand to.
const MOST_EXPANDED: u64 = 4 << 30;

/// How much of a text is looked at.
const HEAD: usize = 64 << 10;

/// What was found, and as what it is to be read.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) format: PredictionFormat,
    pub(super) content: Content,
}

/// A file's bytes, or the files of a folder.
#[derive(Debug)]
pub(super) enum Content {
    Bytes(Map),
    Files(Files),
}

/// Looks at a path.
///
/// # Errors
/// [`ErrorKind::Unsupported`] for what is no known format; those of reading.
pub(super) fn recognise(path: &Path, truth: &Side, options: &PredictionOptions, job: &Job) -> Result<Seen> {
    if path.is_dir() {
        return of_tree(Tree::open(path, &TreeOptions::default(), job)?, truth, options, job);
    }
    let mut map = Map::open(path, Access::Sequential)?;
    if map.buffer().starts_with(b"\x1f\x8b") && !Tree::is_tree(path) {
        map = Map::of(expand(map.buffer(), path)?);
    }
    let place = || Place::none().file(path);
    if let Some(what) = pickled(map.buffer()) {
        return Err(Error::new(ErrorKind::Unsupported, format!("{what} runs code when it is read"))
            .at(place())
            .remedy(
                "write JSON from Python: Detectron2 keeps coco_instances_results.json beside it, MMDetection writes \
                 results.bbox.json with --format-only and outfile_prefix",
            ));
    }
    let seen = match options.format {
        Some(format) => Some(format),
        None => of_bytes(map.buffer()),
    };
    match seen {
        Some(format) if !in_files(format) => Ok(Seen { format, content: Content::Bytes(map) }),
        _ if Tree::is_tree(path) => {
            of_tree(Tree::open(path, &TreeOptions::default(), job)?, truth, options, job)
        }
        Some(format) => Err(not_such(path, format)),
        None => Err(unknown(path)),
    }
}

/// Whether a format is many files.
fn in_files(format: PredictionFormat) -> bool {
    matches!(format, PredictionFormat::Yolo)
}

/// The format of a file.
fn of_bytes(bytes: &[u8]) -> Option<PredictionFormat> {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let first = text.iter().find(|byte| !byte.is_ascii_whitespace());
    match first {
        Some(b'[' | b'{') => Some(PredictionFormat::Json),
        _ => None,
    }
}

/// What Python's pickle or torch's archive is called; none for anything else.
fn pickled(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0x80, 2..=5, ..] => Some("a pickle of Python"),
        [b'P', b'K', 3, 4, ..] => {
            let head = bytes.get(..bytes.len().min(4096)).unwrap_or_default();
            memchr::memmem::find(head, b"/data.pkl").map(|_| "an archive of torch")
        }
        _ => None,
    }
}

/// The format of a folder or archive.
fn of_tree(tree: Tree, truth: &Side, options: &PredictionOptions, job: &Job) -> Result<Seen> {
    let files = Files::of(tree, job)?;
    let format = match options.format {
        Some(format) => format,
        None => of_files(&files, truth)?,
    };
    if !in_files(format) {
        return Err(not_such(&files.name(""), format));
    }
    Ok(Seen { format, content: Content::Files(files) })
}

fn of_files(files: &Files, _truth: &Side) -> Result<PredictionFormat> {
    let mut lines = files.with_ending("txt").take(64).map(|member| -> Result<bool> {
        let bytes = files.read(member)?;
        let head = bytes.get(..bytes.len().min(HEAD)).unwrap_or_default();
        let path = files.name(member);
        let first = super::lines::lines(head, &path).next().transpose()?;
        Ok(yolo::is_names(member, head) || first.is_none_or(|line| yolo::accepts(line.text)))
    });
    let texts = files.with_ending("txt").next().is_some();
    if texts && lines.all(|line| line.unwrap_or(false)) {
        return Ok(PredictionFormat::Yolo);
    }
    Err(unknown(&files.name("")))
}

/// A gzip file's content.
fn expand(bytes: &[u8], path: &Path) -> Result<Buffer> {
    let mut out = Vec::new();
    let place = || Place::none().file(path);
    let mut limited = MultiGzDecoder::new(bytes).take(MOST_EXPANDED + 1);
    limited.read_to_end(&mut out).map_err(|e| Error::new(ErrorKind::Format, e.to_string())).at(place)?;
    if u64::try_from(out.len()).unwrap_or(u64::MAX) > MOST_EXPANDED {
        let what = format!("expands to more than {MOST_EXPANDED} bytes");
        return Err(Error::new(ErrorKind::Limit, what).at(place()).remedy("unpack it and name the file"));
    }
    Ok(Buffer::from(out))
}

/// The error for a path that is not of the format that was named.
pub(super) fn not_such(path: &Path, format: PredictionFormat) -> Error {
    let what = format!("{} ({}) does not look like this", format.title(), format.name());
    Error::new(ErrorKind::Unsupported, what)
        .at(Place::none().file(path))
        .remedy("leave --pred-format out to have it recognised")
}

fn unknown(path: &Path) -> Error {
    let known: Vec<&str> = PredictionFormat::ALL.map(PredictionFormat::name).to_vec();
    Error::new(ErrorKind::Unsupported, "holds no predictions in a known format")
        .at(Place::none().file(path))
        .remedy(format!("name the file or folder of predictions, or say --pred-format {}", known.join("|")))
}
