//! [`check`]: whether the compressed data of a JPEG are all there and make sense.
//!
//! Decoders paint over what is missing: zune-jpeg in gray, libjpeg with zeros and a warning that says little. So
//! the codes are read here once more, in the order of the scans, and nothing is made of them but a verdict: where
//! the data end too early, hold a code that does not exist, have bytes left over, or restart markers out of order.
//! The rules are libjpeg-turbo's warnings (`JWRN_HIT_MARKER`, `HUFF_BAD_CODE`, `EXTRANEOUS_DATA`, `MUST_RESYNC`,
//! `BOGUS_PROGRESSION`), so both decoders come to one verdict; on top of them it is held against the scans whether
//! every coefficient was sent to its last bit.
//!
//! It costs about a fifth of decoding a baseline file. For progressive files a bit a coefficient is kept.

use super::huffman::{Bits, Table};
use super::layout::{Layout, Scan};
use crate::error::Result;
use crate::image::header::Flaw;

/// So many bytes may be left over before a marker: libjpeg reads so far ahead, and overlooks them or not as it
/// happens. Cameras leave some.
const MOST_LEFT: usize = 8;

/// Where a scan breaks.
struct Break {
    /// The first row of the stored picture that is not as it was.
    row: u32,
    /// True if the data end too early, and nothing else is wrong.
    short: bool,
    what: String,
}

/// What is wrong with the pixels of a JPEG; nothing if all is well.
pub(super) fn check(layout: &Layout<'_>) -> Result<Vec<Flaw>> {
    let mut flaws = Vec::new();
    let mut walk = Walk::new(layout);
    let count = layout.scans.len();
    for (n, scan) in (1..).zip(&layout.scans) {
        if let Some(found) = walk.scan(scan)? {
            let place = if count > 1 { format!("scan {n} of {count}, ") } else { String::new() };
            flaws.push(if found.short && n == count {
                Flaw::Truncated { from_row: Some(found.row) }
            } else {
                Flaw::Damaged { what: format!("{place}from about row {} on: {}", found.row, found.what) }
            });
            break;
        }
    }
    flaws.extend(promised(layout));
    if flaws.is_empty() && !layout.ended {
        flaws.push(Flaw::MissingEnd);
    }
    Ok(flaws)
}

/// What the markers alone say is missing or wrong.
pub(super) fn promised(layout: &Layout<'_>) -> Vec<Flaw> {
    let mut flaws = Vec::new();
    if let Some(what) = &layout.broken {
        flaws.push(Flaw::Damaged { what: what.clone() });
    }
    // How many low bits of each coefficient are still to come.
    let mut open = vec![[None::<u8>; 64]; layout.frame.components.len()];
    let mut order = true;
    for scan in &layout.scans {
        let (first, last) = if layout.frame.progressive { scan.spectrum } else { (0, 63) };
        let bits = if layout.frame.progressive { scan.bits } else { (0, 0) };
        for part in &scan.parts {
            let Some(open) = open.get_mut(part.component) else { continue };
            order &= first == 0 || open.first().is_some_and(Option::is_some);
            let range = open.get_mut(usize::from(first)..=usize::from(last)).unwrap_or_default();
            for place in range {
                order &= !layout.frame.progressive || place.unwrap_or(0) == bits.0;
                *place = Some(bits.1);
            }
        }
    }
    if !order {
        flaws.push(Flaw::Damaged { what: "its scans are in an order that makes no sense".to_owned() });
    }
    if open.iter().flatten().any(|open| *open != Some(0)) {
        flaws.push(Flaw::MissingScans);
    }
    flaws
}

/// The geometry of the blocks of a scan.
struct Grid {
    /// Units a row, and rows of units.
    wide: u32,
    high: u32,
    /// Stored rows a row of units.
    rows: u32,
}

/// Goes through the scans in order.
struct Walk<'a, 'b> {
    layout: &'b Layout<'a>,
    /// Per component and block: the coefficients that are not zero (progressive only).
    set: Vec<Vec<u64>>,
}

impl<'a, 'b> Walk<'a, 'b> {
    fn new(layout: &'b Layout<'a>) -> Walk<'a, 'b> {
        Walk { layout, set: vec![Vec::new(); layout.frame.components.len()] }
    }

    fn grid(&self, scan: &Scan<'_>) -> Grid {
        let frame = &self.layout.frame;
        let (h, v) = frame.most();
        let only = match scan.parts.as_slice() {
            [part] => frame.components.get(part.component),
            _ => None,
        };
        match only {
            Some(c) => Grid {
                wide: (frame.width * c.h).div_ceil(8 * h),
                high: (frame.height * c.v).div_ceil(8 * v),
                rows: 8 * v / c.v.max(1),
            },
            None => {
                Grid { wide: frame.width.div_ceil(8 * h), high: frame.height.div_ceil(8 * v), rows: 8 * v }
            }
        }
    }

    /// Where a scan breaks, if it does.
    fn scan(&mut self, scan: &Scan<'_>) -> Result<Option<Break>> {
        let grid = self.grid(scan);
        let units = u64::from(grid.wide) * u64::from(grid.high);
        let parts = Parts::new(self.layout, scan)?;
        // The colours of a row may be mixed from those of the next.
        let blurred = u32::from(self.layout.frame.most().1 > 1);
        let at = |unit: u64, short: bool, what: String| {
            let row = u32::try_from(unit / u64::from(grid.wide).max(1)).unwrap_or(u32::MAX);
            let row = row.saturating_mul(grid.rows).saturating_sub(blurred);
            Some(Break { row: row.min(self.layout.frame.height - 1), short, what })
        };
        let coefficients = self.layout.frame.progressive && scan.spectrum.0 > 0;
        let mut set = match scan.parts.as_slice() {
            [part] if coefficients => {
                let mut set = self.set.get_mut(part.component).map(std::mem::take).unwrap_or_default();
                set.resize(usize::try_from(units).unwrap_or(usize::MAX), 0);
                set
            }
            _ => Vec::new(),
        };
        let interval = if scan.restart == 0 { units } else { u64::from(scan.restart) };
        let mut segments = Segments { data: scan.data };
        let mut from = 0;
        let mut expected = 0;
        let mut found = None;
        while from < units {
            let Some((data, marker)) = segments.next() else {
                found = at(from, true, "the data end".to_owned());
                break;
            };
            let to = units.min(from.saturating_add(interval));
            let mut bits = Bits::new(data);
            let mut run = 0;
            for unit in from..to {
                let sound = if coefficients {
                    let block = usize::try_from(unit).ok().and_then(|unit| set.get_mut(unit));
                    block.is_some_and(|block| parts.coefficients(scan, &mut bits, &mut run, block))
                } else {
                    parts.unit(&mut bits)
                };
                if !sound || bits.overrun() {
                    let short = bits.overrun();
                    let what = if short { "the data end" } else { "a code that does not exist" };
                    found = at(unit, short && marker.is_none(), what.to_owned());
                    break;
                }
            }
            if found.is_some() {
                break;
            }
            let left = bits.left();
            if left > MOST_LEFT {
                found = at(from, false, format!("{left} bytes are left over"));
                break;
            }
            from = to;
            if from < units {
                match marker {
                    Some(marker) if marker == expected => expected = (expected + 1) % 8,
                    Some(marker) => {
                        found = at(from, false, format!("restart marker {marker} where {expected} must be"));
                        break;
                    }
                    None => {}
                }
            }
        }
        if let ([part], true) = (scan.parts.as_slice(), coefficients)
            && let Some(place) = self.set.get_mut(part.component)
        {
            *place = set;
        }
        // Restart markers behind the last unit are borne, data behind them are not.
        if found.is_none() && segments.any(|(data, _)| !data.is_empty()) {
            found = at(units.saturating_sub(1), false, "data are left over".to_owned());
        }
        Ok(found)
    }
}

/// Compressed data between restart markers, and the number of the marker behind them.
struct Segments<'a> {
    data: &'a [u8],
}

impl<'a> Iterator for Segments<'a> {
    type Item = (&'a [u8], Option<u8>);

    fn next(&mut self) -> Option<Self::Item> {
        if self.data.is_empty() {
            return None;
        }
        let mut at = 0;
        while let Some(found) = self.data.get(at..).and_then(|rest| memchr::memchr(0xff, rest)) {
            let first = at + found;
            let mut second = first + 1;
            while self.data.get(second) == Some(&0xff) {
                second += 1;
            }
            if let Some(code @ 0xd0..=0xd7) = self.data.get(second) {
                let segment = self.data.get(..first).unwrap_or_default();
                self.data = self.data.get(second + 1..).unwrap_or_default();
                return Some((segment, Some(code - 0xd0)));
            }
            at = second + 1;
        }
        Some((std::mem::take(&mut self.data), None))
    }
}

/// The tables of a scan's components.
struct Parts {
    /// Blocks a unit, DC table, AC table, in the order of the scan; what the scan does not read is absent.
    tables: Vec<(u32, Option<Table>, Option<Table>)>,
    /// True if DC coefficients get one more bit each.
    refines: bool,
}

impl Parts {
    fn new(layout: &Layout<'_>, scan: &Scan<'_>) -> Result<Parts> {
        let progressive = layout.frame.progressive;
        let dc = scan.spectrum.0 == 0 || !progressive;
        let refines = progressive && dc && scan.bits.0 > 0;
        let mut tables = Vec::new();
        for part in &scan.parts {
            let component = layout.frame.components.get(part.component);
            let blocks = if scan.parts.len() == 1 { 1 } else { component.map_or(1, |c| c.h * c.v) };
            let (dcs, acs) = (&scan.dc, &scan.ac);
            let first = (dc && !refines).then(|| Table::new(dcs.get(part.dc).copied().flatten(), true));
            let second =
                (!dc || !progressive).then(|| Table::new(acs.get(part.ac).copied().flatten(), false));
            tables.push((blocks, first.transpose()?, second.transpose()?));
        }
        Ok(Parts { tables, refines })
    }

    /// Reads a unit of a sequential scan, or of DC coefficients; false for a code that does not exist.
    #[inline]
    fn unit(&self, bits: &mut Bits<'_>) -> bool {
        for (blocks, dc, ac) in &self.tables {
            for _ in 0..*blocks {
                if self.refines {
                    bits.take(1);
                    continue;
                }
                if let Some(dc) = dc {
                    let Some(size) = dc.next(bits) else { return false };
                    bits.skip(u32::from(size));
                }
                if let Some(ac) = ac
                    && !block(ac, bits)
                {
                    return false;
                }
            }
        }
        true
    }

    /// Reads a block's part of a scan of AC coefficients (ITU-T T.81, G.1.2).
    fn coefficients(&self, scan: &Scan<'_>, bits: &mut Bits<'_>, run: &mut u32, set: &mut u64) -> bool {
        let [(_, _, Some(table))] = self.tables.as_slice() else { return false };
        let (mut k, last) = (u32::from(scan.spectrum.0), u32::from(scan.spectrum.1));
        let refines = scan.bits.0 > 0;
        while *run == 0 && k <= last {
            let Some(symbol) = table.next(bits) else { return false };
            let (zeros, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
            if size == 0 && zeros < 15 {
                *run = (1 << zeros) + bits.take(zeros);
                break;
            }
            // A refinement's new coefficient is one bit, its sign, whatever its size says.
            if refines {
                bits.skip(u32::from(size > 0));
                k = past_zeros(*set, k, last, zeros, bits);
            } else {
                bits.skip(size);
                k += zeros;
            }
            if size > 0 {
                *set |= 1_u64.checked_shl(k.min(63)).unwrap_or(0);
            }
            k += 1;
        }
        if *run > 0 {
            *run -= 1;
            if refines && k <= last {
                let rest = (*set >> k) & (u64::MAX >> (63 - (last - k)));
                bits.pass(rest.count_ones());
            }
        }
        true
    }
}

/// From coefficient `k` over `zeros` zeros to the next one, a bit for each that is not zero on the way.
fn past_zeros(set: u64, mut k: u32, last: u32, mut zeros: u32, bits: &mut Bits<'_>) -> u32 {
    while k <= last {
        if set >> k & 1 == 1 {
            bits.pass(1);
        } else if zeros == 0 {
            break;
        } else {
            zeros -= 1;
        }
        k += 1;
    }
    k
}

/// Reads the AC coefficients of a sequential block; false for a code that does not exist.
#[inline]
fn block(table: &Table, bits: &mut Bits<'_>) -> bool {
    let mut k = 1;
    while k < 64 {
        let Some(symbol) = table.next(bits) else { return false };
        let (zeros, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
        if size == 0 && zeros < 15 {
            break;
        }
        bits.skip(size);
        k += zeros + 1;
    }
    true
}
