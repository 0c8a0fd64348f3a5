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
use super::{classwise, csv, lines, names, npz, table, voc_xml, yolo};
use crate::error::{Error, ErrorKind, Place, Result, ResultExt};
use crate::eval::side::Side;
use crate::job::Job;
use crate::place::{Access, Map, Tree, TreeOptions};

/// What a compressed file may expand to.
const MOST_EXPANDED: u64 = 4 << 30;

/// How much of a text is looked at.
const HEAD: usize = 64 << 10;

/// How many files of a folder are looked at.
const LOOKED_AT: usize = 64;

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
    if map.buffer().starts_with(b"\xff\xff\xff\xff") {
        return Err(Error::new(ErrorKind::Unsupported, "an Arrow IPC stream, and a file is needed")
            .at(place())
            .remedy("write it with pyarrow's ipc.new_file, or polars' write_ipc"));
    }
    if map.buffer().iter().all(u8::is_ascii_whitespace) && options.format.is_none() {
        return Err(Error::new(ErrorKind::Unsupported, "the file is empty")
            .at(place())
            .remedy("for no detections write [], or say --pred-format"));
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
        seen => {
            let files = alone(path, job)?;
            let format = match seen {
                Some(format) => format,
                None => of_file(&files, truth)?,
            };
            Ok(Seen { format, content: Content::Files(files) })
        }
    }
}

/// A file that is one of many of its kind.
fn alone(path: &Path, job: &Job) -> Result<Files> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.file_name().and_then(|name| name.to_str()).ok_or_else(|| unknown(path))?;
    Ok(Files::one(Tree::open(folder, &TreeOptions::default(), job)?, name))
}

/// Whether a format is many files, or an archive of them.
fn in_files(format: PredictionFormat) -> bool {
    use PredictionFormat::{Dota, Npz, VocResults, VocXml, Yolo};
    matches!(format, Yolo | VocResults | VocXml | Dota | Npz)
}

/// The format of a file that is whole in itself.
fn of_bytes(bytes: &[u8]) -> Option<PredictionFormat> {
    for (magic, format) in [
        (b"\x93NUMPY".as_slice(), PredictionFormat::Npy),
        (b"PAR1", PredictionFormat::Parquet),
        (b"ARROW1", PredictionFormat::Arrow),
    ] {
        if bytes.starts_with(magic) {
            return Some(format);
        }
    }
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let first = text.iter().find(|byte| !byte.is_ascii_whitespace());
    if let Some(b'[' | b'{') = first {
        return Some(PredictionFormat::Json);
    }
    let head = text.get(..text.len().min(HEAD)).unwrap_or_default();
    let (_, names) = csv::header(head)?;
    table::is_header(&names).then_some(PredictionFormat::Csv)
}

/// The format of a file that has others of its kind beside it.
fn of_file(files: &Files, truth: &Side) -> Result<PredictionFormat> {
    for member in files.members() {
        let bytes = files.read(member)?;
        if voc_xml::accepts(&bytes) {
            return Ok(PredictionFormat::VocXml);
        }
    }
    of_texts(files, files.members(), truth)
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

fn of_files(files: &Files, truth: &Side) -> Result<PredictionFormat> {
    if npz::accepts(files) {
        return Ok(PredictionFormat::Npz);
    }
    let mut kinds = Vec::new();
    let texts: Vec<String> = files.with_ending("txt").map(str::to_owned).collect();
    if !texts.is_empty() {
        kinds.extend(of_texts(files, &texts, truth).ok());
    }
    if let Some(member) = files.with_ending("xml").next() {
        kinds.extend(voc_xml::accepts(&files.read(member)?).then_some(PredictionFormat::VocXml));
    }
    match kinds.as_slice() {
        [one] => Ok(*one),
        [] => Err(unknown(&files.name(""))),
        several => {
            let names: Vec<&str> = several.iter().map(|format| format.name()).collect();
            let what = format!("holds predictions in several formats: {}", names.join(", "));
            Err(Error::new(ErrorKind::Usage, what)
                .at(Place::none().file(files.name("")))
                .remedy("name one of them with --pred-format, or the folder of one"))
        }
    }
}

/// The format of text files, by their names and first lines.
fn of_texts(files: &Files, members: &[String], truth: &Side) -> Result<PredictionFormat> {
    let any = |format| members.iter().any(|member| classwise::is_named(member, format));
    for format in [PredictionFormat::Dota, PredictionFormat::VocResults] {
        if any(format) {
            return Ok(format);
        }
    }
    // A folder of empty files is one in which nothing was found; an empty file is nothing.
    let (mut yolo, mut classes) = (true, true);
    let mut any = files.members().len() > 1;
    let class = |name: &str| truth.classes.iter().flatten().any(|class| class.name == name);
    for member in members.iter().take(LOOKED_AT) {
        let bytes = files.read(member)?;
        let head = bytes.get(..bytes.len().min(HEAD)).unwrap_or_default();
        let path = files.name(member);
        if yolo::is_names(member, head) {
            continue;
        }
        classes &= class(names::stem(member));
        // A head may be cut within a letter or a number; its first line is whole, or too long to be one.
        let first = lines::lines(head, &path).next().transpose()?;
        any |= first.is_some();
        if let Some(line) = first {
            yolo &= yolo::accepts(line.text);
            classes &= classwise::accepts(line.text, 5);
        }
    }
    match (yolo && any, classes && any) {
        // Files are called after classes only where they are of classes.
        (_, true) => Ok(PredictionFormat::VocResults),
        (true, false) => Ok(PredictionFormat::Yolo),
        (false, false) => Err(unknown(&files.name(match members {
            [one] => one,
            _ => "",
        }))),
    }
}

/// A gzip file's content.
pub(in crate::eval) fn expand(bytes: &[u8], path: &Path) -> Result<Buffer> {
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
        .remedy(format!(
            "name the file or folder of predictions, or say --pred-format {}, also where nothing was found and the \
             files are empty",
            known.join("|")
        ))
}
