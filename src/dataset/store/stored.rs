//! The stored source: keys and live rows of a version, read column by column.
//!
//! A key is read from the file of its group in each fragment; a group that is absent there, or lacks the key,
//! reads as null. `row` is hidden, and `image_id`, which every group repeats, is one key. A batch that does not
//! validate fails its own rows; a file that is gone or has another length fails the read.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use arrow_array::{ArrayRef, UInt64Array};
use arrow_buffer::Buffer;
use arrow_schema::{DataType, Field};
use arrow_select::take::take;

use super::cache::{BUDGET, Cache};
use super::failed;
use super::gather::{self, Piece};
use super::group_file::GroupFile;
use super::images;
use super::ipc::IpcFile;
use super::live::{Live, Span};
use super::roots::ImageRoots;
use crate::dataset::{Access, Batch, Bounds, Column, Key, KeyIndex, Keys, RowPos, Rows, Source, Zone};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::schema::classes::ClassTable;
use crate::schema::field::{image_type, image_view_type, is_image};
use crate::schema::manifest::{FileEntry, IMAGE_ID, Version};
use crate::schema::types;

/// A key and the groups that hold it, the lightest first.
struct Slot {
    name: String,
    /// The type in memory before images become views.
    ty: DataType,
    image: bool,
    /// The type as read: images as views.
    shown: DataType,
    groups: Vec<String>,
}

struct LazyFile {
    entry: FileEntry,
    number: usize,
    open: OnceLock<Result<Arc<GroupFile>>>,
}

/// A version's rows and keys.
pub(super) struct Stored {
    root: PathBuf,
    version: Arc<Version>,
    live: Live,
    keys: Keys,
    slots: Vec<Slot>,
    fragments: Vec<BTreeMap<String, LazyFile>>,
    cache: Arc<Cache>,
    images: ImageRoots,
}

impl Stored {
    pub(super) fn of(root: &Path, version: Arc<Version>) -> Result<Stored> {
        let (keys, slots) = slots(&version)?;
        let mut number = 0;
        let mut fragments = Vec::new();
        for fragment in &version.fragments {
            let mut files = BTreeMap::new();
            for (group, entry) in &fragment.files {
                files.insert(group.clone(), LazyFile { entry: entry.clone(), number, open: OnceLock::new() });
                number += 1;
            }
            fragments.push(files);
        }
        let live = Live::of(root, &version);
        let cache = Arc::new(Cache::new(BUDGET));
        let images = ImageRoots::of(root, &version.roots);
        Ok(Stored { root: root.to_owned(), version, live, keys, slots, fragments, cache, images })
    }

    /// Where relative image paths lead.
    pub(super) fn images(&self) -> &ImageRoots {
        &self.images
    }

    /// The file a relative image path leads to.
    pub(super) fn image(&self, path: &str) -> Result<Buffer> {
        self.images.read(path)?.ok_or_else(|| {
            let roots: Vec<&str> = self.version.roots.iter().map(|r| r.absolute.as_str()).collect();
            Error::new(ErrorKind::NotFound, format!("no image '{path}' below a root"))
                .at(Place::area("store").file(&self.root))
                .remedy(format!("the roots are: {}", roots.join(", ")))
        })
    }

    /// Which rows there are.
    pub(super) fn live(&self) -> &Live {
        &self.live
    }

    /// The open file of a group in a fragment (by position); `None` where the fragment has none.
    pub(super) fn file(&self, fragment: usize, group: &str) -> Result<Option<Arc<GroupFile>>> {
        let Some(lazy) = self.fragments.get(fragment).and_then(|files| files.get(group)) else {
            return Ok(None);
        };
        let open = || GroupFile::open(&self.root, &lazy.entry, &self.cache, lazy.number).map(Arc::new);
        lazy.open.get_or_init(open).clone().map(Some)
    }

    /// Where a key of a fragment is: the file and the column.
    fn find(&self, slot: &Slot, fragment: usize) -> Result<Option<(Arc<GroupFile>, usize)>> {
        for group in &slot.groups {
            if let Some(file) = self.file(fragment, group)?
                && let Some(column) = file.find(&slot.name)
            {
                return Ok(Some((file, column)));
            }
        }
        Ok(None)
    }

    /// The images' ids of a fragment (by position): file, column and type.
    pub(super) fn ids(&self, fragment: usize) -> Result<Option<(Arc<GroupFile>, usize, DataType)>> {
        let Some(slot) = self.slots.iter().find(|slot| slot.name == IMAGE_ID) else { return Ok(None) };
        Ok(self.find(slot, fragment)?.map(|(file, column)| (file, column, slot.ty.clone())))
    }

    fn slot(&self, key: KeyIndex) -> Result<&Slot> {
        self.slots.get(key.0).ok_or_else(|| {
            let what = format!("key position {} out of range for {} keys", key.0, self.slots.len());
            Error::new(ErrorKind::Index, what).at(Place::area("store"))
        })
    }

    /// The parts of batches that hold these rows of a key.
    fn parts(&self, slot: &Slot, spans: &[Span]) -> Result<Vec<Part>> {
        let mut parts = Vec::with_capacity(spans.len());
        // The file of the fragment looked at last, and the column in it.
        type Found = Option<(Arc<GroupFile>, usize)>;
        let mut known: Option<(usize, Found)> = None;
        for span in spans {
            let found = match &known {
                Some((fragment, found)) if *fragment == span.fragment => found.clone(),
                _ => known.insert((span.fragment, self.find(slot, span.fragment)?)).1.clone(),
            };
            let Some((file, column)) = found else {
                parts.push(Part { file: None, batch: 0, start: 0, len: span.len as usize });
                continue;
            };
            let (mut offset, end) = (span.offset, span.offset + span.len);
            while offset < end {
                let (batch, start) = file.locate(offset);
                let take = file.batch_rows(batch).saturating_sub(start).min(end - offset);
                if take == 0 {
                    // The manifest's sums were checked: only a fault of ours leads here.
                    return Err(
                        Error::new(ErrorKind::Corrupt, "a row outside its file").at(Place::area("store"))
                    );
                }
                let file = Some((Arc::clone(&file), column));
                parts.push(Part { file, batch, start: start as usize, len: take as usize });
                offset += take;
            }
        }
        Ok(parts)
    }

    fn column(
        &self,
        slot: &Slot,
        spans: &[Span],
        apart: bool,
        failed: &mut failed::Failed,
    ) -> Result<Column> {
        let parts = self.parts(slot, spans)?;
        let mut positions = Vec::with_capacity(parts.len());
        let mut position: RowPos = 0;
        for part in &parts {
            positions.push(position);
            position += part.len;
        }
        let mut arrays: Vec<Option<ArrayRef>> = vec![None; parts.len()];
        for n in decode_order(&parts, apart) {
            let (Some(part), Some(position)) = (parts.get(n), positions.get(n)) else { continue };
            let Some((file, column)) = &part.file else { continue };
            match file.column(part.batch, *column, &slot.ty).and_then(|array| part.own(array, file, apart)) {
                Ok(array) => arrays[n] = Some(array),
                Err(error) => failed.add(*position, part.len, &error),
            }
        }
        let pieces: Vec<Piece<'_>> =
            parts.iter().zip(arrays).map(|(part, array)| part.piece(array, apart)).collect();
        Ok(Column::Arrow(gather::chunks(&pieces, &slot.shown, slot.image, apart)?))
    }
}

/// Rows of one batch of a file; of none where the key is absent.
struct Part {
    file: Option<(Arc<GroupFile>, usize)>,
    batch: usize,
    start: usize,
    len: usize,
}

impl Part {
    /// True if the part's rows are copied out of their decoded batch: a few rows of a Parquet row group would
    /// otherwise keep all of it in memory.
    fn copied(&self, file: &GroupFile, apart: bool) -> bool {
        !apart && file.arrow().is_none() && (self.len as u64) < file.batch_rows(self.batch)
    }

    /// The decoded batch, or a copy of the part's rows of it.
    fn own(&self, batch: ArrayRef, file: &GroupFile, apart: bool) -> Result<ArrayRef> {
        if !self.copied(file, apart) {
            return Ok(batch);
        }
        let rows = UInt64Array::from_iter_values((self.start..self.start + self.len).map(|row| row as u64));
        Ok(take(batch.as_ref(), &rows, None)?)
    }

    fn piece(&self, array: Option<ArrayRef>, apart: bool) -> Piece<'_> {
        let Some((file, _)) = &self.file else { return Piece { array, start: 0, len: self.len, map: None } };
        let start = if self.copied(file, apart) { 0 } else { self.start };
        Piece { array, start, len: self.len, map: file.arrow().map(IpcFile::map) }
    }
}

/// In which order parts are decoded: as they come, but those of one Parquet row group together, so that it is
/// decoded once.
fn decode_order(parts: &[Part], apart: bool) -> Vec<usize> {
    let mut order: Vec<usize> = (0..parts.len()).collect();
    let parquet = |part: &Part| part.file.as_ref().is_some_and(|(file, _)| file.arrow().is_none());
    if !apart && parts.iter().any(parquet) {
        order.sort_by_key(|n| {
            parts.get(*n).map(|part| (part.file.as_ref().map(|(file, _)| Arc::as_ptr(file)), part.batch))
        });
    }
    order
}

impl Source for Stored {
    fn keys(&self) -> &Keys {
        &self.keys
    }

    fn classes(&self, set: &str) -> Option<&ClassTable> {
        self.version.class_table(set)
    }

    fn len(&self) -> usize {
        usize::try_from(self.live.len()).unwrap_or(usize::MAX)
    }

    fn read(&self, rows: &Rows, keys: &[KeyIndex], access: &Access<'_>) -> Result<Batch> {
        let spans = self.live.spans(rows)?;
        // A range keeps the chunks it is stored in; a list is gathered.
        let range = matches!(rows.as_range(), Some((_, 1)));
        let mut failed = failed::Failed::default();
        let mut columns = Vec::with_capacity(keys.len());
        for key in keys {
            access.job.check()?;
            columns.push(self.column(self.slot(*key)?, &spans, range, &mut failed)?);
        }
        Ok(failed.finish(Batch::new(rows.len(), columns)?))
    }

    fn linked(&self, _row: u64, _key: KeyIndex, path: &str) -> Result<Option<Buffer>> {
        self.image(path).map(Some)
    }

    /// Those of the row groups of Parquet files; of versions with deleted rows none.
    fn zones(&self, key: KeyIndex) -> Option<Vec<Zone>> {
        let slot = self.slot(key).ok()?;
        let whole = self.version.fragments.iter().map(|fragment| fragment.rows).sum::<u64>();
        if slot.image || whole != self.live.len() {
            return None;
        }
        let (mut zones, mut known) = (Vec::new(), false);
        for (fragment, rows) in self.version.fragments.iter().map(|fragment| fragment.rows).enumerate() {
            let own = match self.find(slot, fragment).ok()? {
                None => vec![Zone { rows, bounds: Bounds::Nothing }],
                Some((file, column)) => {
                    let own = file.zones(column);
                    known |= own.is_some();
                    own.unwrap_or_else(|| vec![Zone { rows, bounds: Bounds::Unknown }])
                }
            };
            zones.extend(own);
        }
        known.then_some(zones)
    }

    fn prefetch(&self, rows: &Rows, keys: &[KeyIndex]) {
        let Ok(spans) = self.live.spans(rows) else { return };
        let wanted = keys.iter().filter_map(|key| self.slot(*key).ok());
        let parts: Vec<(&Slot, Vec<Part>)> =
            wanted.filter_map(|slot| Some((slot, self.parts(slot, &spans).ok()?))).collect();
        // In waves, so that the small reads of all batches are under way before the first is waited for.
        let each = |visit: &dyn Fn(&Slot, &GroupFile, usize, &Part)| {
            for (slot, parts) in &parts {
                for part in parts {
                    if let Some((file, column)) = &part.file {
                        visit(slot, file, *column, part);
                    }
                }
            }
        };
        let once = std::cell::RefCell::new(std::collections::HashSet::new());
        let first = |what: u8, file: &GroupFile, batch: usize, column: usize| {
            once.borrow_mut().insert((what, std::ptr::from_ref(file).addr(), batch, column))
        };
        each(&|_, file, _, part| {
            if let Some(arrow) = file.arrow().filter(|_| first(0, file, part.batch, 0)) {
                arrow.announce_metadata(part.batch);
            }
        });
        each(&|_, file, column, part| {
            if let Some(arrow) = file.arrow().filter(|_| first(1, file, part.batch, column)) {
                arrow.announce(part.batch, column);
            }
        });
        each(&|slot, file, column, part| {
            let Some(arrow) = file.arrow().filter(|_| slot.image) else { return };
            if let Ok(array) = file.column(part.batch, column, &slot.ty) {
                let part =
                    images::Part { array: &array, start: part.start, len: part.len, map: Some(arrow.map()) };
                images::announce([part].iter(), usize::MAX);
            }
        });
    }
}

/// The keys of a version in order, each with the groups that hold it.
fn slots(version: &Version) -> Result<(Keys, Vec<Slot>)> {
    let mut keys: Vec<Key> = Vec::new();
    let mut slots: Vec<Slot> = Vec::new();
    let heavy = |group: &str| {
        let group = version.group(group);
        group.is_some_and(|g| g.keys.iter().any(|k| k.field().is_ok_and(|f| is_image(f.data_type()))))
    };
    for group in &version.groups {
        for entry in &group.keys {
            let field = entry.field()?;
            if let Some(slot) = slots.iter_mut().find(|s| s.name == IMAGE_ID && s.name == entry.name) {
                // Ids may be wider in one group than in another.
                slot.ty = types::widen(&slot.ty, field.data_type()).unwrap_or_else(|| slot.ty.clone());
                slot.groups.push(group.name.clone());
                continue;
            }
            let image = is_image(field.data_type());
            let ty = if image { image_type() } else { field.data_type().clone() };
            let shown = if image { image_view_type() } else { ty.clone() };
            slots.push(Slot { name: entry.name.clone(), ty, image, shown, groups: vec![group.name.clone()] });
            keys.push(Key::arrow(field));
        }
    }
    for (slot, key) in slots.iter_mut().zip(&mut keys) {
        // Ids are read from where no image lies between them.
        slot.groups.sort_by_key(|group| heavy(group));
        if !slot.image {
            slot.shown = slot.ty.clone();
        }
        if let Some(field) = key.field() {
            *key = Key::arrow(Field::clone(field).with_data_type(slot.shown.clone()));
        }
    }
    Ok((Keys::many(keys), slots))
}
