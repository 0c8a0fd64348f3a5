//! [`Images`]: what reading the image files told; [`Seen`]: of one image.
//!
//! Files are read and decoded window by window on the threads of the job; of an image that was looked at less than 100
//! bytes stay. What stands in the way of one image (it is not there, it is no image, it does not decode) is counted.

use arrow_buffer::Buffer;

use super::hash::Print;
use super::options::{Options, Reading};
use super::row::{Places, Row};
use crate::dataset::{Access, Dataset, KeyIndex, Value};
use crate::error::{ErrorKind, Result};
use crate::image::{Alpha, Channels, Damage, Decode, Frame, Header, Scale, decode, probe};
use crate::job::Job;

/// The key of the photographs.
const IMAGE: &str = "img";

/// Images that each thread has in hand.
const WINDOW: usize = 16;

/// What stands in the way of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Trouble {
    /// The row has neither bytes nor a path.
    Absent,
    /// Its path leads nowhere.
    Missing,
    /// It cannot be read, or is no image that can be decoded.
    Unreadable,
    /// It decodes in part: pixels are missing or wrong.
    Damaged,
    /// Its size is not the declared one, neither upright nor as stored.
    Size,
}

impl Trouble {
    /// All kinds.
    pub const ALL: [Trouble; 5] =
        [Trouble::Absent, Trouble::Missing, Trouble::Unreadable, Trouble::Damaged, Trouble::Size];

    /// A short name for programs and tables.
    pub fn name(self) -> &'static str {
        match self {
            Trouble::Absent => "no image",
            Trouble::Missing => "not there",
            Trouble::Unreadable => "not readable",
            Trouble::Damaged => "damaged",
            Trouble::Size => "other size than declared",
        }
    }
}

/// Images that one thing stands in the way of.
#[derive(Clone, Debug, PartialEq)]
pub struct Troubles {
    /// What.
    pub kind: Trouble,
    /// How many images.
    pub count: u64,
    /// The first of them, with what is wrong in words.
    pub first: Vec<(Row, String)>,
}

/// What reading the image files told.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Images {
    /// How many rows name an image.
    pub named: u64,
    /// How many of these could be read and are images.
    pub read: u64,
    /// Bytes of the files that were read.
    pub bytes: u64,
    /// How many are of one tone, so that near duplicates cannot be told.
    pub flat: u64,
    /// What stands in the way of images, kinds that occur.
    pub troubles: Vec<Troubles>,
}

/// What is kept of one image.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    /// (height, width) in which its annotations lie.
    pub(super) size: Option<(u32, u32)>,
    /// The hash of its file: the first 16 bytes of BLAKE3, as in the key `content_hash`.
    pub(super) content: Option<[u8; 16]>,
    pub(super) print: Option<Print>,
}

/// One image, with what is only counted.
struct Look {
    seen: Seen,
    named: bool,
    read: bool,
    flat: bool,
    bytes: u64,
    trouble: Option<(Trouble, String)>,
}

/// The keys of one image that are needed.
struct Known {
    row: usize,
    image: Value,
    content: Option<[u8; 16]>,
    declared: [Option<i32>; 2],
    orientation: Value,
    /// Why the row could not be read.
    failed: Option<String>,
}

/// Reads the images of all rows; nothing for datasets without such a key.
pub(super) fn read(
    members: &[(&str, &Dataset)],
    places: &Places,
    options: &Options,
    job: &Job,
) -> Result<(Option<Images>, Vec<Seen>)> {
    let there = members.iter().any(|(_, ds)| ds.keys().find(IMAGE).is_ok());
    if options.images == Reading::None || !there {
        return Ok((None, Vec::new()));
    }
    let mut images = Images::default();
    let mut troubles = Trouble::ALL.map(|kind| Troubles { kind, count: 0, first: Vec::new() });
    let mut all: Vec<Seen> = Vec::with_capacity(places.total());
    let stage = job.stage("reading images", u64::try_from(places.total()).ok());
    let window = WINDOW * job.thread_budget().max(1);
    for (member, (_, ds)) in members.iter().enumerate() {
        let Ok(key) = ds.keys().find(IMAGE) else {
            all.resize(places.start(member + 1), Seen::default());
            continue;
        };
        for start in (0..ds.len()).step_by(window) {
            let known = known(ds, start..ds.len().min(start + window), job)?;
            let looks = job.each(&known, |known| {
                stage.advance(1)?;
                look(ds, key, known, options.images)
            })?;
            for look in looks {
                images.named += u64::from(look.named);
                images.read += u64::from(look.read);
                images.flat += u64::from(look.flat);
                images.bytes += look.bytes;
                if let Some((kind, what)) = look.trouble
                    && let Some(troubles) = troubles.iter_mut().find(|troubles| troubles.kind == kind)
                {
                    troubles.count += 1;
                    if troubles.first.len() < options.top {
                        troubles.first.push((places.row(all.len()), what));
                    }
                }
                all.push(look.seen);
            }
        }
    }
    if images.named == 0 {
        // That no row has an image is one fact, not a list.
        return Ok((Some(images), all));
    }
    images.troubles = troubles.into_iter().filter(|troubles| troubles.count > 0).collect();
    Ok((Some(images), all))
}

/// The keys of some rows. Image bytes are views of what is stored, not copies.
fn known(ds: &Dataset, rows: std::ops::Range<usize>, job: &Job) -> Result<Vec<Known>> {
    let names = [IMAGE, "content_hash", "height", "width", "orientation"];
    let names: Vec<&str> = names.into_iter().filter(|name| ds.keys().find(name).is_ok()).collect();
    let first = rows.start;
    let batch = ds.slice(rows)?.select(names.clone())?.read_all(&Access::new(job))?;
    let columns: Vec<Vec<Value>> = batch.columns.iter().map(|column| column.values()).collect();
    let get = |name: &str, at: usize| {
        let column = names.iter().position(|known| *known == name).and_then(|n| columns.get(n));
        column.and_then(|column| column.get(at)).cloned().unwrap_or(Value::Null)
    };
    let side = |name: &str, at: usize| i32::try_from(get(name, at).as_int()?).ok();
    let known = |at: usize| Known {
        row: first + at,
        image: get(IMAGE, at),
        content: get("content_hash", at).as_bytes().and_then(|hash| hash.try_into().ok()),
        declared: [side("height", at), side("width", at)],
        orientation: get("orientation", at),
        failed: batch.failed.iter().find(|(row, _)| *row == at).map(|(_, error)| error.what().to_owned()),
    };
    Ok((0..batch.len).map(known).collect())
}

fn look(ds: &Dataset, key: KeyIndex, known: &Known, reading: Reading) -> Result<Look> {
    let mut look = Look {
        seen: Seen { content: known.content, ..Seen::default() },
        named: true,
        read: false,
        flat: false,
        bytes: 0,
        trouble: None,
    };
    if let Some(why) = &known.failed {
        look.trouble = Some((Trouble::Unreadable, why.clone()));
        return Ok(look);
    }
    let file = match ds.file_of(known.row, key, &known.image) {
        Ok(file) => file,
        Err(error) if error.is_cancelled() => return Err(error),
        Err(error) => {
            let path = known.image.member("path").and_then(Value::as_text);
            let (absent, missing) = (ErrorKind::NotFound == error.kind(), path.is_some());
            look.named = missing || !absent;
            let kind = match (look.named, absent) {
                (false, _) => Trouble::Absent,
                (true, true) => Trouble::Missing,
                (true, false) => Trouble::Unreadable,
            };
            look.trouble = Some((kind, path.map_or_else(|| error.what().to_owned(), str::to_owned)));
            return Ok(look);
        }
    };
    look.bytes = file.len() as u64;
    if look.seen.content.is_none() {
        look.seen.content = blake3::hash(&file).as_bytes().first_chunk().copied();
    }
    match pixels(&file, known, reading, &mut look) {
        Err(error) if error.is_cancelled() => return Err(error),
        Err(error) => look.trouble = Some((Trouble::Unreadable, error.what().to_owned())),
        Ok(()) => look.read = true,
    }
    Ok(look)
}

/// Looks at the header and, where that is asked for, at the pixels.
fn pixels(file: &Buffer, known: &Known, reading: Reading, look: &mut Look) -> Result<()> {
    let header = probe(file)?;
    let [height, width] = known.declared;
    let frame = header.frame(height, width);
    // What the import found out, else what the declared size tells.
    let stored = match known.orientation.as_text() {
        Some(said) => said == "ignore",
        None => frame == Frame::Stored,
    };
    let size = if stored { header.size } else { header.upright() };
    look.seen.size = Some(size);
    if frame == Frame::Neither {
        let side = |side: Option<i32>| side.map_or_else(|| "?".to_owned(), |side| side.to_string());
        let what = format!("declared {} × {}, is {} × {}", side(width), side(height), size.1, size.0);
        look.trouble = Some((Trouble::Size, what));
    }
    if reading == Reading::All {
        let options = Decode {
            alpha: Alpha::White,
            damage: Damage::Keep,
            channels: Channels::Gray,
            upright: !stored,
            scale: scale(&header),
            ..Decode::default()
        };
        let decoded = decode(file, &options)?;
        if let Some(flaw) = decoded.flaws.iter().find(|flaw| flaw.harms_pixels()) {
            // Half a picture looks like nothing but itself.
            look.trouble = Some((Trouble::Damaged, flaw.to_string()));
            return Ok(());
        }
        look.seen.print = Print::of(decoded.pixels)?;
        look.flat = look.seen.print.is_none();
    }
    Ok(())
}

/// The smallest scale that leaves at least 64 pixels a side: prints need 32, and a scaled decode is much cheaper.
fn scale(header: &Header) -> Scale {
    let side = header.size.0.min(header.size.1);
    match [8, 4, 2].into_iter().find(|step| side / step >= 64) {
        Some(8) => Scale::Eighth,
        Some(4) => Scale::Quarter,
        Some(2) => Scale::Half,
        _ => Scale::Full,
    }
}
