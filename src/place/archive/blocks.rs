//! Random access to what a gzip stream expands to, without expanding it to disk.
//!
//! The stream is expanded once, when it is opened. On the way a clone of the decoder is kept every megabyte of
//! output, a *point*; when there are more than [`MOST_POINTS`] every second one is dropped and the distance
//! doubles, so that points take no more than 64 MiB however long the stream. A block is then expanded from the
//! nearest point, or by a cursor that stopped nearer to it: several walks in the order of the archive, one
//! among its XML files and one among its photographs, go on where they left off and cost one expansion each.
//! Blocks expanded lately are kept, up to [`MOST_KEPT`], for walks in another order.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use arrow_buffer::Buffer;

use super::gzip::{BLOCK, Cursor};
use super::tar::Stream;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::job::Stage;
use crate::place::limits::Limits;
use crate::place::map::Map;

/// How many points are kept; one takes about 44 KB.
const MOST_POINTS: usize = 1400;

/// How many blocks lie between two points at first.
const FIRST_STRIDE: u64 = 4;

/// How many blocks are kept: 32 MiB.
const MOST_KEPT: usize = 128;

/// How many cursors wait where they stopped.
const MOST_CURSORS: usize = 8;

/// The block that holds a byte of the output, and where in it.
fn locate(offset: u64) -> (u64, usize) {
    let block = u64::try_from(BLOCK).unwrap_or(u64::MAX);
    (offset / block, usize::try_from(offset % block).unwrap_or_default())
}

/// Tells the kernel which input the next block is made of, and a little more: photographs hardly shrink.
fn announce(map: &Map, input: usize) {
    map.will_need(input..input.saturating_add(2 * BLOCK));
}

/// A gzip stream that was expanded once.
pub(super) struct Blocks {
    map: Map,
    points: BTreeMap<u64, Cursor>,
    live: Mutex<Live>,
}

/// What reading leaves behind.
#[derive(Default)]
struct Live {
    /// Cursors in the order in which they stopped.
    cursors: Vec<Cursor>,
    /// Blocks with the time of their last use.
    kept: HashMap<u64, (u64, Buffer)>,
    clock: u64,
}

/// The first expansion: a stream of bytes that leaves points behind.
pub(super) struct FirstPass<'a> {
    map: Map,
    limits: &'a Limits,
    stage: &'a Stage<'a>,
    cursor: Cursor,
    points: BTreeMap<u64, Cursor>,
    stride: u64,
    current: Buffer,
    /// Where in `current` the next byte is.
    at: usize,
    /// Where `current` ends in the output.
    end: u64,
    finished: bool,
}

impl<'a> FirstPass<'a> {
    /// At the start of a gzip stream; the stage advances with the bytes of its input.
    pub(super) fn new(map: &Map, limits: &'a Limits, stage: &'a Stage<'a>) -> FirstPass<'a> {
        FirstPass {
            map: map.clone(),
            limits,
            stage,
            cursor: Cursor::new(),
            points: BTreeMap::new(),
            stride: FIRST_STRIDE,
            current: Buffer::from(Vec::<u8>::new()),
            at: 0,
            end: 0,
            finished: false,
        }
    }

    /// Expands the next block once the current one is used up; false at the end of the stream.
    fn more(&mut self) -> Result<bool> {
        if self.at < self.current.len() {
            return Ok(true);
        }
        if self.finished {
            return Ok(false);
        }
        let number = self.cursor.block();
        if number.is_multiple_of(self.stride) {
            self.points.insert(number, self.cursor.clone());
            if self.points.len() > MOST_POINTS {
                self.stride *= 2;
                self.points.retain(|number, _| number.is_multiple_of(self.stride));
            }
        }
        let before = self.cursor.input();
        announce(&self.map, before);
        self.current = self.cursor.next(self.map.buffer())?;
        self.at = 0;
        self.end += u64::try_from(self.current.len()).unwrap_or_default();
        self.finished = self.current.len() < BLOCK;
        let used = self.cursor.input();
        self.stage.advance(u64::try_from(used.saturating_sub(before)).unwrap_or_default())?;
        self.check(u64::try_from(used).unwrap_or(u64::MAX))?;
        Ok(!self.current.is_empty())
    }

    /// Refuses a stream that expands beyond the limits.
    fn check(&self, input: u64) -> Result<()> {
        let ratio = self.end / input.max(1);
        let what = if self.end > self.limits.total_bytes {
            format!("expands to more than {} bytes", self.limits.total_bytes)
        } else if self.end >= self.limits.ratio_from && ratio > self.limits.ratio {
            format!("expands to {ratio} times its size")
        } else {
            return Ok(());
        };
        Err(Error::new(ErrorKind::Limit, what)
            .at(Place::none().byte(input))
            .remedy("if it is what it should be, unpack it and open the folder"))
    }

    /// Expands what is left; gives the random access, and how many bytes follow the stream.
    pub(super) fn finish(mut self) -> Result<(Blocks, usize)> {
        while self.more()? {
            self.at = self.current.len();
        }
        let rest = self.map.buffer().get(self.cursor.input()..).unwrap_or_default();
        let trailing = if rest.iter().all(|byte| *byte == 0) { 0 } else { rest.len() };
        Ok((Blocks { map: self.map, points: self.points, live: Mutex::default() }, trailing))
    }
}

impl Stream for FirstPass<'_> {
    fn position(&self) -> u64 {
        let left = self.current.len().saturating_sub(self.at);
        self.end.saturating_sub(u64::try_from(left).unwrap_or_default())
    }

    fn fill(&mut self, out: &mut [u8]) -> Result<usize> {
        let mut filled = 0;
        while filled < out.len() && self.more()? {
            let rest = self.current.get(self.at..).unwrap_or_default();
            let room = out.get_mut(filled..).unwrap_or_default();
            let count = rest.len().min(room.len());
            if let (Some(to), Some(from)) = (room.get_mut(..count), rest.get(..count)) {
                to.copy_from_slice(from);
            }
            filled += count;
            self.at += count;
        }
        Ok(filled)
    }

    fn skip(&mut self, count: u64) -> Result<u64> {
        let mut skipped = 0;
        while skipped < count && self.more()? {
            let left = usize::try_from(count - skipped).unwrap_or(usize::MAX);
            let step = left.min(self.current.len() - self.at);
            self.at += step;
            skipped += u64::try_from(step).unwrap_or_default();
        }
        Ok(skipped)
    }
}

impl Blocks {
    /// Appends `length` bytes of the output from `offset` on.
    ///
    /// # Errors
    /// [`ErrorKind::Corrupt`] if they are not there any more.
    pub(super) fn read_onto(&self, offset: u64, length: usize, out: &mut Vec<u8>) -> Result<()> {
        let (mut number, mut at) = locate(offset);
        let end = out.len().saturating_add(length);
        out.reserve(length);
        while out.len() < end {
            let block = self.block(number)?;
            let rest = block.get(at..).unwrap_or_default();
            let part = rest.get(..rest.len().min(end - out.len())).unwrap_or_default();
            if part.is_empty() {
                return Err(Error::new(ErrorKind::Corrupt, "the archive changed while it was read"));
            }
            out.extend_from_slice(part);
            (number, at) = (number + 1, 0);
        }
        Ok(())
    }

    fn live(&self) -> MutexGuard<'_, Live> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A block of the output: one that was kept, or expanded from the nearest place before it.
    fn block(&self, number: u64) -> Result<Buffer> {
        let waiting = {
            let mut live = self.live();
            if let Some(block) = live.kept(number) {
                return Ok(block);
            }
            live.cursor(number)
        };
        let point = self.points.range(..=number).next_back().map(|(_, cursor)| cursor);
        let mut cursor = match (waiting, point) {
            (Some(waiting), Some(point)) if waiting.block() < point.block() => {
                self.live().wait(waiting);
                point.clone()
            }
            (Some(waiting), _) => waiting,
            (None, Some(point)) => point.clone(),
            (None, None) => Cursor::new(),
        };
        loop {
            let at = cursor.block();
            announce(&self.map, cursor.input());
            let block = cursor.next(self.map.buffer())?;
            let mut live = self.live();
            live.keep(at, &block);
            if at >= number {
                live.wait(cursor);
                return Ok(block);
            }
            if block.len() < BLOCK {
                return Err(Error::new(ErrorKind::Corrupt, "the archive changed while it was read"));
            }
        }
    }
}

impl Live {
    fn kept(&mut self, number: u64) -> Option<Buffer> {
        self.clock += 1;
        let (used, block) = self.kept.get_mut(&number)?;
        *used = self.clock;
        Some(block.clone())
    }

    fn keep(&mut self, number: u64, block: &Buffer) {
        self.clock += 1;
        if self.kept.len() >= MOST_KEPT
            && !self.kept.contains_key(&number)
            && let Some(oldest) = self.kept.iter().min_by_key(|(_, (used, _))| *used).map(|(at, _)| *at)
        {
            self.kept.remove(&oldest);
        }
        self.kept.insert(number, (self.clock, block.clone()));
    }

    /// Takes the waiting cursor that is nearest before a block.
    fn cursor(&mut self, number: u64) -> Option<Cursor> {
        let before = self.cursors.iter().enumerate().filter(|(_, cursor)| cursor.block() <= number);
        let (at, _) = before.max_by_key(|(_, cursor)| cursor.block())?;
        Some(self.cursors.remove(at))
    }

    /// Lets a cursor wait; the one that waits longest goes when there are too many.
    fn wait(&mut self, cursor: Cursor) {
        if self.cursors.len() >= MOST_CURSORS {
            self.cursors.remove(0);
        }
        self.cursors.push(cursor);
    }
}
