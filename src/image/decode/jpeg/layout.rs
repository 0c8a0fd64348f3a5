//! [`Layout`]: the frame and the scans of a JPEG, and where their compressed data lie.
//!
//! Read from the markers alone, in one pass that looks at nothing but the 0xFF bytes of the compressed data, so it
//! costs next to nothing. What is said here is what the file promises; whether the data keep the promise is for
//! [`check`](super::check) to find out. Nothing is decoded and nothing of the size of the picture is allocated.

use memchr::memchr;

use crate::error::{Error, ErrorKind, Result};

/// More scans than this are refused: each costs a pass over the whole picture, so a small file of thousands of
/// them is a trap. Ten are usual.
pub(super) const MOST_SCANS: usize = 100;

/// One component of the frame.
#[derive(Clone, Copy, Debug)]
pub(super) struct Component {
    pub(super) id: u8,
    /// Sampling factors, 1 to 4: the blocks of an interleaved unit are h × v.
    pub(super) h: u32,
    pub(super) v: u32,
}

/// What the frame segment says.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    pub(super) progressive: bool,
    pub(super) height: u32,
    pub(super) width: u32,
    pub(super) components: Vec<Component>,
}

impl Frame {
    /// The largest sampling factors: (h, v).
    pub(super) fn most(&self) -> (u32, u32) {
        let most = |f: fn(&Component) -> u32| self.components.iter().map(f).max().unwrap_or(1).max(1);
        (most(|c| c.h), most(|c| c.v))
    }
}

/// A component of a scan, and the numbers of its tables.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    pub(super) component: usize,
    pub(super) dc: usize,
    pub(super) ac: usize,
}

/// The definition of a Huffman table: 16 counts, then the symbols.
pub(super) type Definition<'a> = Option<&'a [u8]>;

/// One scan.
#[derive(Clone, Debug)]
pub(super) struct Scan<'a> {
    pub(super) parts: Vec<Part>,
    /// First and last coefficient, and the bit positions before and after (progressive only).
    pub(super) spectrum: (u8, u8),
    pub(super) bits: (u8, u8),
    /// Units between restart markers; 0 for none.
    pub(super) restart: u32,
    pub(super) dc: [Definition<'a>; 4],
    pub(super) ac: [Definition<'a>; 4],
    /// Compressed data with their restart markers, up to the next other marker.
    pub(super) data: &'a [u8],
}

/// A JPEG by its markers.
#[derive(Clone, Debug)]
pub(super) struct Layout<'a> {
    pub(super) frame: Frame,
    pub(super) scans: Vec<Scan<'a>>,
    /// Where the last segment or scan that could be read ends, the end marker left out.
    pub(super) end: usize,
    /// True if the end marker was found.
    pub(super) ended: bool,
    /// What is wrong with the segments after the first scan.
    pub(super) broken: Option<String>,
    /// Where the payloads of Adobe's segments begin.
    #[cfg(any(test, not(feature = "turbo")))]
    pub(super) adobe: Vec<usize>,
}

fn damaged(what: &str) -> Error {
    Error::new(ErrorKind::Format, format!("the JPEG is damaged: {what}"))
        .remedy("fetch or copy the file again")
}

/// What is collected on the way.
#[derive(Default)]
struct Reading<'a> {
    frame: Option<Frame>,
    scans: Vec<Scan<'a>>,
    restart: u32,
    dc: [Definition<'a>; 4],
    ac: [Definition<'a>; 4],
    #[cfg(any(test, not(feature = "turbo")))]
    adobe: Vec<usize>,
}

impl<'a> Layout<'a> {
    /// The layout of a JPEG whose start marker is at byte 0.
    pub(super) fn read(jpeg: &'a [u8]) -> Result<Layout<'a>> {
        let mut reading = Reading::default();
        let (mut at, mut end) = (2, 2);
        let (mut ended, mut broken) = (false, None);
        while let Some((code, after)) = next_marker(jpeg, at) {
            if code == 0xd9 {
                ended = true;
                break;
            }
            if matches!(code, 0x01 | 0xd0..=0xd7) {
                at = after;
                continue;
            }
            match reading.segment(jpeg, code, after) {
                Ok(next) => (at, end) = (next, next),
                Err(error) if reading.scans.is_empty() || error.kind() == ErrorKind::Limit => {
                    return Err(error);
                }
                // A segment that the file ends in is no more than the end of the file.
                Err(_) if next_segment(jpeg, after).is_none() && code >= 0xc0 => break,
                Err(error) => {
                    broken = Some(error.to_string());
                    break;
                }
            }
        }
        let Some(frame) = reading.frame else { return Err(damaged("it ends before its pixels begin")) };
        if reading.scans.is_empty() {
            return Err(damaged("it ends before its pixels begin"));
        }
        Ok(Layout {
            frame,
            scans: reading.scans,
            end,
            ended,
            broken,
            #[cfg(any(test, not(feature = "turbo")))]
            adobe: reading.adobe,
        })
    }
}

impl<'a> Reading<'a> {
    /// Reads the segment whose marker ends at `after`; where what follows it begins.
    fn segment(&mut self, jpeg: &'a [u8], code: u8, after: usize) -> Result<usize> {
        let (payload, next) = next_segment(jpeg, after).ok_or_else(|| damaged("a segment is cut short"))?;
        match code {
            0xc0..=0xc2 if self.frame.is_none() => self.frame = Some(frame(code, payload)?),
            0xc0..=0xc3 | 0xc5..=0xcb | 0xcd..=0xcf => return Err(damaged("it has a second frame")),
            0xc4 => self.tables(payload)?,
            0xdd => {
                let interval =
                    payload.first_chunk().ok_or_else(|| damaged("its restart interval is cut short"))?;
                self.restart = u32::from(u16::from_be_bytes(*interval));
            }
            #[cfg(any(test, not(feature = "turbo")))]
            0xee if payload.starts_with(b"Adobe") => self.adobe.push(after + 2),
            0xda => {
                let data = entropy_coded(jpeg, next);
                let scan = self.scan(payload, data)?;
                self.scans.push(scan);
                if self.scans.len() > MOST_SCANS {
                    let what = format!("the JPEG has more than {MOST_SCANS} scans");
                    return Err(Error::new(ErrorKind::Limit, what).remedy("write it again with fewer"));
                }
                return Ok(next + data.len());
            }
            0x02..=0xbf | 0xd8 => return Err(damaged("there is a marker that makes no sense where it is")),
            _ => {}
        }
        Ok(next)
    }

    fn tables(&mut self, mut payload: &'a [u8]) -> Result<()> {
        while let [kind, rest @ ..] = payload {
            let counts = rest.get(..16).ok_or_else(|| damaged("a Huffman table is cut short"))?;
            let symbols: usize = counts.iter().map(|n| usize::from(*n)).sum();
            let definition =
                rest.get(..16 + symbols).ok_or_else(|| damaged("a Huffman table is cut short"))?;
            let tables = if kind >> 4 == 0 { &mut self.dc } else { &mut self.ac };
            let place = (kind >> 4 <= 1).then(|| tables.get_mut(usize::from(kind & 15))).flatten();
            *place.ok_or_else(|| damaged("a Huffman table has an impossible number"))? = Some(definition);
            payload = rest.get(16 + symbols..).unwrap_or_default();
        }
        Ok(())
    }

    fn scan(&self, payload: &[u8], data: &'a [u8]) -> Result<Scan<'a>> {
        let wrong = || damaged("the head of a scan makes no sense");
        let frame =
            self.frame.as_ref().ok_or_else(|| damaged("its pixels begin without a size before them"))?;
        let (count, rest) = payload.split_first().ok_or_else(wrong)?;
        let (parts, rest) = rest.split_at_checked(usize::from(*count) * 2).ok_or_else(wrong)?;
        let [first, last, approximation] = *rest.first_chunk().ok_or_else(wrong)?;
        let parts = parts.as_chunks::<2>().0.iter().map(|[id, tables]| {
            let component = frame.components.iter().position(|c| c.id == *id)?;
            Some(Part { component, dc: usize::from(tables >> 4), ac: usize::from(tables & 15) })
        });
        let parts: Vec<Part> = parts.collect::<Option<_>>().ok_or_else(wrong)?;
        let twice = (1..parts.len()).any(|n| {
            let component = |part: &Part| part.component;
            parts.iter().take(n).map(component).any(|c| parts.get(n).map(component) == Some(c))
        });
        let (bits, spectrum) = ((approximation >> 4, approximation & 15), (first, last));
        let sound = if frame.progressive {
            let dc = first == 0 && last == 0;
            let ac = first > 0 && first <= last && last < 64 && parts.len() == 1;
            (dc || ac) && bits.1 <= 13 && (bits.0 == 0 || bits.0 == bits.1 + 1)
        } else {
            true
        };
        let blocks = |part: &Part| frame.components.get(part.component).map_or(0, |c| c.h * c.v);
        if parts.is_empty()
            || twice
            || !sound
            || (parts.len() > 1 && parts.iter().map(blocks).sum::<u32>() > 10)
        {
            return Err(wrong());
        }
        Ok(Scan { parts, spectrum, bits, restart: self.restart, dc: self.dc, ac: self.ac, data })
    }
}

fn frame(code: u8, payload: &[u8]) -> Result<Frame> {
    let cut = || damaged("its frame is cut short");
    let [_, h0, h1, w0, w1, count] = *payload.first_chunk().ok_or_else(cut)?;
    let components = payload.get(6..6 + usize::from(count) * 3).ok_or_else(cut)?;
    let components: Vec<Component> = components
        .as_chunks::<3>()
        .0
        .iter()
        .map(|[id, sampling, _]| Component {
            id: *id,
            h: u32::from(sampling >> 4),
            v: u32::from(sampling & 15),
        })
        .collect();
    if components.iter().any(|c| !(1..=4).contains(&c.h) || !(1..=4).contains(&c.v)) {
        return Err(damaged("its sampling factors make no sense"));
    }
    let (height, width) = (u16::from_be_bytes([h0, h1]).into(), u16::from_be_bytes([w0, w1]).into());
    let frame = Frame { progressive: code == 0xc2, height, width, components };
    let (h, v) = frame.most();
    if frame.components.iter().any(|c| h % c.h != 0 || v % c.v != 0) {
        let what = "a JPEG whose components are sampled in no whole ratio is not decoded";
        return Err(Error::new(ErrorKind::Unsupported, what).remedy("write it again with an image program"));
    }
    Ok(frame)
}

/// The next marker from `at` on, and where it ends.
fn next_marker(jpeg: &[u8], at: usize) -> Option<(u8, usize)> {
    let mut at = at;
    loop {
        at += memchr(0xff, jpeg.get(at..)?)?;
        match jpeg.get(at + 1)? {
            0xff => at += 1,
            0 => at += 2,
            code => return Some((*code, at + 2)),
        }
    }
}

/// The payload of the segment whose marker ends at `after`, and where it ends.
fn next_segment(jpeg: &[u8], after: usize) -> Option<(&[u8], usize)> {
    let length = usize::from(u16::from_be_bytes(*jpeg.get(after..)?.first_chunk()?));
    let payload = jpeg.get(after + 2..after.checked_add(length)?)?;
    Some((payload, after + length))
}

/// Bytes that are looked at together.
const PIECE: usize = 64;

/// True if the first [`PIECE`] bytes hold no 0xFF but in front of 0x00, which is a byte of the data.
fn is_plain(bytes: &[u8; PIECE + 1]) -> bool {
    let [now @ .., _] = bytes;
    let [_, next @ ..] = bytes;
    // Without a branch a byte, so that many are compared at once.
    let odd = |(now, next): (&u8, &u8)| u8::from(*now == 0xff) & u8::from(*next != 0);
    now.iter().zip(next).map(odd).fold(0, |all, odd| all | odd) == 0
}

/// The compressed data from `from` on, up to the next marker that is no restart marker.
fn entropy_coded(jpeg: &[u8], from: usize) -> &[u8] {
    let data = jpeg.get(from..).unwrap_or_default();
    let mut at = 0;
    loop {
        while data.get(at..).and_then(<[u8]>::first_chunk).is_some_and(is_plain) {
            at += PIECE;
        }
        let Some(found) = data.get(at..).and_then(|rest| memchr(0xff, rest)) else { return data };
        let first = at + found;
        let mut second = first + 1;
        while data.get(second) == Some(&0xff) {
            second += 1;
        }
        match data.get(second) {
            Some(0 | 0xd0..=0xd7) => at = second + 1,
            _ => return data.get(..first).unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    /// The same, a byte at a time.
    fn plainly(data: &[u8]) -> usize {
        let mut at = 0;
        while at < data.len() {
            let run = data[at..].iter().take_while(|byte| **byte == 0xff).count();
            match data.get(at + run) {
                _ if run == 0 => at += 1,
                Some(0 | 0xd0..=0xd7) => at += run + 1,
                _ => return at,
            }
        }
        data.len()
    }

    #[test]
    fn data_end_where_a_look_at_every_byte_ends_them() {
        let mut random = Random::keyed(&[3]);
        let small = |n: u64| u8::try_from(n).unwrap();
        for (share, others) in [(2, 1), (40, 1), (400, 1), (2, 6), (60, 40), (300, 2)] {
            for length in (0..700).step_by(7) {
                let mut data = Vec::with_capacity(length + 1);
                while data.len() < length {
                    match random.below(share) {
                        0 if random.below(others) == 0 => data.extend([0xff, 0]),
                        0 => data.extend([0xff, 0xff, 0xd0 + small(random.below(9))]),
                        _ => data.push(small(random.below(255))),
                    }
                }
                assert_eq!(entropy_coded(&data, 0).len(), plainly(&data), "{data:?}");
            }
        }
    }
}
