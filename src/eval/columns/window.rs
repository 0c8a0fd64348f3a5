//! Rows that were read together: [`Window`].

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{Array, ArrayRef, ListArray};

use super::{Role, kind, primitive};
use crate::dataset::{Batch, Column};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::eval::comparison::{ImageEntry, Known};
use crate::eval::images::ImageId;
use crate::eval::objects::Flags;
use crate::eval::read::Wanted;
use crate::eval::records::extent;
use crate::eval::side::Side;
use crate::geometry::Size;

/// Rows that were read together.
pub(super) struct Window<'a> {
    pub(super) names: &'a [&'static str],
    pub(super) batch: &'a Batch,
    /// The first row's place in the view.
    pub(super) first: usize,
}

impl Window<'_> {
    fn column(&self, name: &str) -> Option<&Column> {
        self.batch.columns.get(self.names.iter().position(|known| *known == name)?)
    }

    /// The objects of every row, counted by their labels; none where the set is null.
    fn counts(&self) -> Result<Vec<Option<usize>>> {
        let mut counts = Vec::with_capacity(self.batch.len);
        for list in self.lists("label")? {
            counts.extend(
                (0..list.len()).map(|row| list.is_valid(row).then(|| list.value_length(row) as usize)),
            );
        }
        Ok(counts)
    }

    /// The chunks of a list key.
    fn lists(&self, name: &str) -> Result<Vec<&ListArray>> {
        let Some(column) = self.column(name) else { return Ok(Vec::new()) };
        let typed = |chunk: &'_ ArrayRef| chunk.as_list_opt::<i32>().is_some();
        let chunks = column.chunks()?;
        match chunks.iter().find(|chunk| !typed(chunk)) {
            Some(odd) => Err(kind(name, odd)),
            None => Ok(chunks.iter().filter_map(|chunk| chunk.as_list_opt()).collect()),
        }
    }

    /// The elements of a list key, chunk after chunk, of rows that are not null. The set's keys are null together.
    pub(super) fn elements(&self, name: &str) -> Result<Vec<ArrayRef>> {
        let mut out = Vec::new();
        for list in self.lists(name)? {
            let offsets = list.value_offsets();
            let (Some(first), Some(end)) = (offsets.first(), offsets.last()) else { continue };
            if list.null_count() == 0 {
                out.push(list.values().slice(*first as usize, (end - first) as usize));
                continue;
            }
            for (row, range) in offsets.windows(2).enumerate() {
                if let ([start, end], true) = (range, list.is_valid(row)) {
                    out.push(list.values().slice(*start as usize, (end - start) as usize));
                }
            }
        }
        Ok(out)
    }

    /// Copies the rows into a side.
    pub(super) fn add(&self, side: &mut Side, role: Role, wanted: &Wanted) -> Result<()> {
        let counts = self.counts()?;
        self.images(side, &counts, role)?;
        let n: usize = counts.iter().flatten().sum();
        let before = side.records.class.len();
        side.records.class.reserve(n);
        for chunk in self.elements("label")? {
            let labels = primitive::<Int64Type>("label", &chunk)?;
            // A label outside the class table is an unknown class, which is counted as one.
            let class = |label: i64| u32::try_from(label).unwrap_or(u32::MAX);
            match labels.null_count() {
                0 => side.records.class.extend(labels.values().iter().map(|label| class(*label))),
                _ => side.records.class.extend(labels.iter().map(|label| label.map_or(u32::MAX, class))),
            }
        }
        self.boxes(side)?;
        self.object_ids(side)?;
        self.floats("score", &mut side.records.score)?;
        self.floats("area", &mut side.records.area)?;
        // Detections with boxes have the areas of those: no column says so.
        let by_box = role == Role::Found && side.records.bbox.len() == before + n;
        if side.records.area.len() == before && !by_box {
            side.records.area.resize(before + n, f64::NAN);
        }
        if role == Role::Truth {
            self.flags(side, before, n)?;
        }
        if wanted.masks {
            self.masks(side, n)?;
        }
        if wanted.rotated {
            self.rotated(side)?;
        }
        if wanted.points > 0 {
            self.points(side, wanted.points)?;
            if role == Role::Truth {
                for object in before..before + n {
                    let labelled = side.records.points.of(object).iter().any(|[_, _, v]| *v > 0.0);
                    if let Some(flags) = side.records.flags.get_mut(object) {
                        flags.ignored |= !labelled;
                    }
                }
            }
        }
        // What declares no area has that of its box, as results do; without a box its pixels are counted.
        let areas = side.records.area.iter_mut().enumerate().skip(before);
        for (at, area) in areas.filter(|(_, area)| area.is_nan()) {
            if let Some([_, _, w, h]) = side.records.bbox.get(at) {
                *area = w * h;
            } else if wanted.points > 0 {
                *area = extent(side.records.points.of(at));
            }
            if role == Role::Truth {
                side.remarks.add("truth.area.absent", "taken from its box", || format!("object {at}"));
            }
        }
        let images = &side.images;
        side.records.settle(|image| images.get(image as usize)?.as_ref()?.size);
        let areas = if by_box { side.records.bbox.len() } else { side.records.area.len() };
        let lengths = [side.records.image.len(), side.records.class.len(), areas];
        match lengths.windows(2).all(|pair| pair[0] == pair[1]) {
            true => Ok(()),
            false => Err(Error::new(ErrorKind::Length, "the lists of a row are not of one length")
                .at(Place::area("eval"))
                .remedy("`lensframe verify` names the row")),
        }
    }

    /// The images of these rows, and which object is of which.
    fn images(&self, side: &mut Side, counts: &[Option<usize>], role: Role) -> Result<()> {
        let text = |name: &str, row: usize| {
            self.column(name).and_then(|column| column.value(row).as_text().map(str::to_owned))
        };
        let sides = |name: &str, row: usize| {
            self.column(name).and_then(|column| u32::try_from(column.value(row).as_int()?).ok())
        };
        let ids = self.ids()?;
        side.records.image.reserve(counts.iter().flatten().sum());
        for (row, count) in counts.iter().enumerate() {
            let place = side.images.len() as u32;
            if count.is_none() && role == Role::Truth {
                side.remarks.add("truth.not_annotated", "its image is left out", || {
                    format!("row {} is not annotated", self.first + row)
                });
                continue;
            }
            let id = ids.get(row).cloned().unwrap_or(ImageId::Int((self.first + row) as i64));
            let size = sides("height", row).zip(sides("width", row)).map(|(h, w)| Size::new(h, w));
            let known = text("extra", row).and_then(|extra| known(&extra));
            side.images.push(Some(ImageEntry { id, file_name: text("file_name", row), size, known }));
            side.records.image.extend(std::iter::repeat_n(place, count.unwrap_or(0)));
        }
        Ok(())
    }

    fn ids(&self) -> Result<Vec<ImageId>> {
        let Some(column) = self.column("image_id") else { return Ok(Vec::new()) };
        let mut ids = Vec::with_capacity(self.batch.len);
        for value in column.values() {
            ids.push(match (value.as_int(), value.as_text()) {
                (Some(id), _) => ImageId::Int(id),
                (_, Some(id)) => ImageId::from(id),
                _ => ImageId::Int((self.first + ids.len()) as i64),
            });
        }
        Ok(ids)
    }

    /// The objects' own ids, where they are asked for and there.
    fn object_ids(&self, side: &mut Side) -> Result<()> {
        let unknown = || ImageId::from("");
        for chunk in self.elements("object_id")? {
            if let Some(numbers) = chunk.as_primitive_opt::<Int64Type>() {
                side.records.ids.extend(numbers.iter().map(|id| id.map_or_else(unknown, ImageId::Int)));
            } else if let Some(texts) = chunk.as_string_opt::<i32>() {
                side.records.ids.extend(texts.iter().map(|id| id.map_or_else(unknown, ImageId::from)));
            } else {
                return Err(kind("object_id", &chunk));
            }
        }
        Ok(())
    }

    fn boxes(&self, side: &mut Side) -> Result<()> {
        let chunks = self.elements("bbox")?;
        side.records.bbox.reserve(chunks.iter().map(Array::len).sum());
        for chunk in chunks {
            let Some(boxes) = chunk.as_fixed_size_list_opt().filter(|list| list.value_length() == 4) else {
                return Err(kind("bbox", &chunk));
            };
            let numbers = primitive::<Float64Type>("bbox", boxes.values())?;
            let first = boxes.value_offset_at(0);
            let flat = numbers.values().get(first..first + boxes.len() * 4).unwrap_or_default();
            let (flat, _) = flat.as_chunks::<4>();
            if boxes.null_count() == 0 {
                side.records.bbox.extend_from_slice(flat);
            } else {
                // What has no box has an empty one, which overlaps nothing.
                let known = |at: usize| flat.get(at).copied().filter(|_| boxes.is_valid(at));
                side.records.bbox.extend((0..boxes.len()).map(|at| known(at).unwrap_or_default()));
            }
        }
        Ok(())
    }

    /// Appends the numbers of a key; NaN for null.
    fn floats(&self, name: &str, out: &mut Vec<f64>) -> Result<()> {
        let chunks = self.elements(name)?;
        out.reserve(chunks.iter().map(Array::len).sum());
        for chunk in chunks {
            let numbers = primitive::<Float64Type>(name, &chunk)?;
            match numbers.null_count() {
                0 => out.extend_from_slice(numbers.values()),
                _ => out.extend(numbers.iter().map(|number| number.unwrap_or(f64::NAN))),
            }
        }
        Ok(())
    }

    fn flags(&self, side: &mut Side, before: usize, n: usize) -> Result<()> {
        side.records.flags.resize(before + n, Flags::default());
        type Set = fn(&mut Flags);
        let keys: [(&str, Set); 4] = [
            ("crowded", |flags| (flags.crowd, flags.ignored) = (true, true)),
            ("difficult", |flags| flags.ignored = true),
            ("ignored", |flags| flags.ignored = true),
            ("group_of", |flags| flags.group = true),
        ];
        for (name, set) in keys {
            let mut at = before;
            for chunk in self.elements(name)? {
                let Some(values) = chunk.as_boolean_opt() else { return Err(kind(name, &chunk)) };
                for value in values {
                    if let (Some(true), Some(flags)) = (value, side.records.flags.get_mut(at)) {
                        set(flags);
                    }
                    at += 1;
                }
            }
        }
        Ok(())
    }
}

/// What LVIS says of an image's classes, kept by the import as what has no column.
fn known(extra: &str) -> Option<Box<Known>> {
    let members: serde_json::Map<String, serde_json::Value> = serde_json::from_str(extra).ok()?;
    let ids = |name: &str| -> Option<Vec<ImageId>> {
        Some(members.get(name)?.as_array()?.iter().filter_map(|id| id.as_i64().map(ImageId::Int)).collect())
    };
    let (negative, not_exhaustive) = (ids("neg_category_ids"), ids("not_exhaustive_category_ids"));
    (negative.is_some() || not_exhaustive.is_some()).then(|| {
        let (negative, not_exhaustive) = (negative.unwrap_or_default(), not_exhaustive.unwrap_or_default());
        Box::new(Known { negative, not_exhaustive })
    })
}
