//! The directory of a tar archive: a walk over its headers.
//!
//! Old (V7), ustar, GNU and pax archives are read: long names and link targets, sizes above 8 GiB, hard and
//! symbolic links. Sparse files, parts of several volumes and other types that are not simply bytes are left
//! out with a warning; devices and FIFOs are no files and left out without one. Facts of the format: POSIX
//! pax, "pax Interchange Format", and the manual of GNU tar, "Basic Tar Format".
//!
//! The walk keeps nothing of the members but what the directory needs; names are bounded before they are read.

use tar::{EntryType, Header};

use super::builder::Builder;
use super::directory::{Directory, Spot};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::place::limits::Limits;
use crate::place::map::Map;

/// The unit of a tar archive.
pub(super) const BLOCK: usize = 512;

/// How many bytes of extended headers one member may have besides its names.
const MOST_EXTENDED: u64 = 1 << 20;

/// Bytes read from start to end.
pub(super) trait Stream {
    /// Where the next byte is.
    fn position(&self) -> u64;

    /// Fills `out`; gives fewer bytes only at the end of the archive.
    fn fill(&mut self, out: &mut [u8]) -> Result<usize>;

    /// Passes over `count` bytes; gives a smaller number only at the end of the archive.
    fn skip(&mut self, count: u64) -> Result<u64>;
}

/// How much of a map is announced at once, and up to how far apart headers make that worth while.
const AHEAD: usize = 1 << 20;
const DENSE: u64 = 64 << 10;

/// A mapped archive.
pub(super) struct Mapped<'a> {
    map: &'a Map,
    at: usize,
    /// Up to where the kernel was asked to read.
    announced: usize,
    /// How far the last member reached.
    stride: u64,
}

impl<'a> Mapped<'a> {
    /// The whole archive, from the start.
    pub(super) fn new(map: &'a Map) -> Mapped<'a> {
        Mapped { map, at: 0, announced: 0, stride: 0 }
    }

    fn rest(&self) -> &'a [u8] {
        self.map.buffer().get(self.at..).unwrap_or_default()
    }
}

impl Stream for Mapped<'_> {
    fn position(&self) -> u64 {
        u64::try_from(self.at).unwrap_or(u64::MAX)
    }

    fn fill(&mut self, out: &mut [u8]) -> Result<usize> {
        if self.stride < DENSE && self.at + out.len() > self.announced {
            self.map.will_need(self.at..self.at + AHEAD);
            self.announced = self.at + AHEAD;
        }
        let count = out.len().min(self.rest().len());
        if let (Some(to), Some(from)) = (out.get_mut(..count), self.rest().get(..count)) {
            to.copy_from_slice(from);
        }
        self.at += count;
        Ok(count)
    }

    fn skip(&mut self, count: u64) -> Result<u64> {
        self.stride = count;
        let count = usize::try_from(count).unwrap_or(usize::MAX).min(self.rest().len());
        self.at += count;
        Ok(u64::try_from(count).unwrap_or(u64::MAX))
    }
}

/// What extended headers say of the member that follows them.
#[derive(Default)]
struct Extended {
    name: Option<Vec<u8>>,
    target: Option<Vec<u8>>,
    size: Option<u64>,
    sparse: bool,
}

/// Reads the headers of an archive from start to end.
pub(super) fn walk(stream: &mut impl Stream, limits: &Limits, mut builder: Builder<'_>) -> Result<Directory> {
    let mut extended = Extended::default();
    let (mut members, mut announced) = (0_u64, false);
    loop {
        let at = stream.position();
        let mut block = [0; BLOCK];
        let read = stream.fill(&mut block)?;
        if read < BLOCK {
            // What was read is zero, or the beginning of a header that is lost.
            if announced || members == 0 || block != [0; BLOCK] {
                return Err(truncated(at, "in the header of a member"));
            }
            builder.warn("place.no-end", "", "the archive has no end mark", "taken as whole")?;
            break;
        }
        if block == [0; BLOCK] {
            trailing(stream, &builder)?;
            break;
        }
        let header = Header::from_byte_slice(&block);
        if !checksum_holds(header) {
            return Err(Error::new(
                ErrorKind::Format,
                "a header of the archive is damaged: its checksum is wrong",
            )
            .at(Place::none().byte(at))
            .remedy("fetch or make the archive again"));
        }
        members += 1;
        let kind = header.entry_type();
        announced = is_extension(kind);
        let declared = header.entry_size().map_err(|e| damaged(at, &e.to_string()))?;
        let size = match (kind, extended.size) {
            // GNU tar writes a size for links but no bytes.
            (EntryType::Link, _) => 0,
            (kind, Some(size)) if !is_extension(kind) => size,
            _ => declared,
        };
        if announced {
            let bytes = extension(stream, at, size, limits)?;
            match kind {
                EntryType::GNULongName => extended.name = Some(until_nul(bytes)),
                EntryType::GNULongLink => extended.target = Some(until_nul(bytes)),
                EntryType::XHeader => pax(&bytes, at, &mut extended)?,
                // Records for all members: none of them is one that matters here.
                _ => {}
            }
            continue;
        }
        let extended = std::mem::take(&mut extended);
        let name = extended.name.unwrap_or_else(|| header.path_bytes().into_owned());
        if kind == EntryType::GNUSparse {
            sparse_headers(stream, header, at)?;
        }
        let offset = stream.position();
        let shown = String::from_utf8_lossy(&name);
        match kind {
            _ if extended.sparse || kind == EntryType::GNUSparse => {
                builder.warn("place.unsupported", &shown, "it is a sparse file", "left out")?;
            }
            EntryType::Regular | EntryType::Continuous => {
                builder.add(&name, false, Spot { offset, stored: size, length: size, ..Spot::default() })?;
            }
            EntryType::Directory => builder.add(&name, true, Spot::default())?,
            EntryType::Link | EntryType::Symlink => {
                let target = extended.target.or_else(|| header.link_name_bytes().map(|t| t.into_owned()));
                builder.link(&name, &target.unwrap_or_default(), kind == EntryType::Link)?;
            }
            EntryType::Char | EntryType::Block | EntryType::Fifo => {}
            other => {
                let what = format!("it is of the unknown type {:?}", char::from(other.as_byte()));
                builder.warn("place.unsupported", &shown, what, "left out")?;
            }
        }
        if stream.skip(size)? < size {
            let what =
                format!("within {}, which should have {size} bytes from byte {offset}", shown.escape_debug());
            return Err(truncated(stream.position(), &what));
        }
        // The last member may lack its padding.
        stream.skip(padding(size))?;
    }
    builder.finish()
}

/// How many bytes fill the last block of a member.
fn padding(size: u64) -> u64 {
    (512 - size % 512) % 512
}

/// True for the types that say something of the next member.
fn is_extension(kind: EntryType) -> bool {
    matches!(
        kind,
        EntryType::GNULongName | EntryType::GNULongLink | EntryType::XHeader | EntryType::XGlobalHeader
    )
}

fn truncated(at: u64, what: &str) -> Error {
    Error::new(ErrorKind::Format, format!("the archive ends {what}"))
        .at(Place::none().byte(at))
        .remedy("fetch or make it again: it is incomplete")
}

fn damaged(at: u64, what: &str) -> Error {
    Error::new(ErrorKind::Format, format!("a header of the archive is damaged: {what}"))
        .at(Place::none().byte(at))
        .remedy("fetch or make it again")
}

/// True if the sum of a header's bytes is the one it states, as unsigned or, from some old tools, signed
/// bytes. The eight bytes of the sum itself count as spaces.
pub(super) fn checksum_holds(header: &Header) -> bool {
    let Ok(stated) = header.cksum() else { return false };
    let bytes = header.as_bytes();
    let field = bytes.get(148..156).unwrap_or_default();
    let signed = |byte: &u8| i64::from(i8::from_ne_bytes([*byte]));
    let unsigned = |byte: &u8| i64::from(*byte);
    let holds = |value: fn(&u8) -> i64| {
        let own: i64 = field.iter().map(value).sum();
        bytes.iter().map(value).sum::<i64>() - own + 8 * i64::from(b' ') == i64::from(stated)
    };
    holds(unsigned) || holds(signed)
}

/// The bytes of an extended header.
fn extension(stream: &mut impl Stream, at: u64, size: u64, limits: &Limits) -> Result<Vec<u8>> {
    let most = MOST_EXTENDED.saturating_add(u64::try_from(limits.name_bytes).unwrap_or(u64::MAX));
    let room = usize::try_from(size).ok().filter(|_| size <= most).ok_or_else(|| {
        let what = format!("an extended header has {size} bytes, more than the {most} allowed");
        Error::new(ErrorKind::Limit, what).at(Place::none().byte(at))
    })?;
    let mut bytes = vec![0; room];
    if stream.fill(&mut bytes)? < room {
        return Err(truncated(stream.position(), "in an extended header"));
    }
    stream.skip(padding(size))?;
    Ok(bytes)
}

/// Passes the further headers of an old GNU sparse file.
fn sparse_headers(stream: &mut impl Stream, header: &Header, at: u64) -> Result<()> {
    let mut more = header.as_gnu().is_some_and(tar::GnuHeader::is_extended);
    while more {
        let mut block = [0; BLOCK];
        if stream.fill(&mut block)? < BLOCK {
            return Err(truncated(at, "in the headers of a sparse file"));
        }
        // The flag follows 21 pairs of 12 bytes.
        more = block.get(504).is_some_and(|flag| *flag == 1);
    }
    Ok(())
}

fn until_nul(mut bytes: Vec<u8>) -> Vec<u8> {
    if let Some(end) = bytes.iter().position(|byte| *byte == 0) {
        bytes.truncate(end);
    }
    bytes
}

/// Reads pax records: `LENGTH KEY=VALUE\n`, the length counting the whole record. A value may hold any byte.
fn pax(mut rest: &[u8], at: u64, extended: &mut Extended) -> Result<()> {
    let wrong = || damaged(at, "a pax record is malformed");
    while !rest.is_empty() {
        let space = rest.iter().position(|byte| *byte == b' ').ok_or_else(wrong)?;
        let length: usize = rest
            .get(..space)
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| digits.parse().ok())
            .ok_or_else(wrong)?;
        let (record, after) = rest.split_at_checked(length).ok_or_else(wrong)?;
        let record = record.get(space + 1..).and_then(|r| r.strip_suffix(b"\n")).ok_or_else(wrong)?;
        let equals = record.iter().position(|byte| *byte == b'=').ok_or_else(wrong)?;
        let (key, value) = record.split_at_checked(equals).ok_or_else(wrong)?;
        let value = value.get(1..).unwrap_or_default();
        match key {
            b"path" => extended.name = Some(value.to_owned()),
            b"linkpath" => extended.target = Some(value.to_owned()),
            b"size" => {
                let size = std::str::from_utf8(value).ok().and_then(|digits| digits.parse().ok());
                extended.size = Some(size.ok_or_else(wrong)?);
            }
            key if key.starts_with(b"GNU.sparse.") => extended.sparse = true,
            _ => {}
        }
        rest = after;
    }
    Ok(())
}

/// Looks at what follows the first zero block: another one, and zeros up to the end of the record.
fn trailing(stream: &mut impl Stream, builder: &Builder<'_>) -> Result<()> {
    let mut block = [0; BLOCK];
    if stream.fill(&mut block)? < BLOCK {
        return builder.warn(
            "place.no-end",
            "",
            "the end mark of the archive is incomplete",
            "taken as whole",
        );
    }
    let mut clean = block == [0; BLOCK];
    // The record of a tape is at most 4 MiB; what lies behind it need not be read.
    for _ in 0..8192 {
        let read = stream.fill(&mut block)?;
        clean &= block.iter().take(read).all(|byte| *byte == 0);
        if !clean || read < BLOCK {
            break;
        }
    }
    if !clean {
        let what = "something that is not part of the archive follows its end mark";
        builder.warn("place.trailing", "", what, "ignored")?;
    }
    Ok(())
}
