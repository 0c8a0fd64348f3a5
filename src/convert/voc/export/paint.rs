//! Label PNGs painted from masks, where no PNGs are stored.
//!
//! Masks of an image are painted in their order, later ones over earlier ones, as the instances 1, 2, 3, …;
//! crowds are void. What is painted is so far changed that overlaps are gone: the report says so.

use std::collections::BTreeMap;

use super::names::{Names, Target};
use crate::convert::LossReport;
use crate::convert::export::{Cell, Partial, Reader, Table};
use crate::convert::voc::classes::VOID;
use crate::convert::voc::masks::SET;
use crate::dataset::Dataset;
use crate::error::Result;
use crate::geometry::{LabelCanvas, Rle, Size};
use crate::image::{LabelImage, voc_colormap};
use crate::job::Job;
use crate::schema::axis::{Axis, key_name};

/// Why masks are not painted.
const TOO_MANY: &str = "label PNGs have 254 classes and instances at most";

/// What is painted, and where to.
pub(super) struct Painter<'a> {
    pub(super) ds: &'a Dataset,
    pub(super) names: &'a Names,
    /// The set whose masks are painted, and how many classes it has.
    pub(super) set: &'a str,
    pub(super) classes: usize,
}

/// The set of a view whose masks are to be painted: `masks`, else the one that is exported, if its
/// segmentations have no other place.
pub(super) fn set_of<'a>(ds: &Dataset, exported: &'a str, own: bool) -> Option<&'a str> {
    let has = |set: &str| ds.keys().find(key_name(set, "segmentation").as_str()).is_ok();
    match has(SET) {
        true => Some(SET),
        false => Some(exported).filter(|set| !own && has(set)),
    }
}

impl Painter<'_> {
    /// Paints `SegmentationClass` and `SegmentationObject`, and lists what is painted of rows from elsewhere.
    ///
    /// # Errors
    /// Those of reading rows, of masks that are damaged, and of the disk.
    pub(super) fn write(&self, partial: &mut Partial, loss: &mut LossReport, job: &Job) -> Result<()> {
        let (rows, objects) = (["height", "width"], ["label", "segmentation", "crowded"]);
        let reader = Reader::new(self.ds, |axis, base| match axis {
            Axis::Row => rows.contains(&base),
            Axis::Object(set) => *set == self.set && objects.contains(&base),
        })?;
        let all: Vec<usize> = (0..self.ds.len()).collect();
        let mut lists: BTreeMap<String, String> = BTreeMap::new();
        for window in reader.windows(&all, job) {
            let (rows, table) = window?;
            for (at, row) in rows.iter().enumerate() {
                let Some((class, instance)) = self.paint(&table, at, loss)? else { continue };
                for (canvas, target) in [(class, Target::Classes), (instance, Target::Instances)] {
                    let Some(file) = self.names.png(*row, target) else { continue };
                    partial.write(&file, &encode(canvas)?)?;
                }
                if let Some((list, line)) = self.names.segmentation_line(*row) {
                    lists.entry(list).or_default().push_str(&line);
                }
            }
        }
        for (list, text) in lists {
            partial.write(&list, text.as_bytes())?;
        }
        Ok(())
    }

    fn paint(
        &self,
        table: &Table,
        at: usize,
        loss: &mut LossReport,
    ) -> Result<Option<(LabelCanvas, LabelCanvas)>> {
        let key = key_name(self.set, "segmentation");
        let side = |key: &str| {
            let cell = table.row_key(key).and_then(|c| c.cell(at)).and_then(Cell::int);
            cell.and_then(|side| u32::try_from(side).ok())
        };
        let declared = side("height").zip(side("width")).map(|(height, width)| Size::new(height, width));
        let mut canvases: Option<(LabelCanvas, LabelCanvas)> = None;
        let mut number = 0u32;
        for object in 0..table.objects(at).unwrap_or(0) {
            let cell = |key: &str| table.object_key(key).and_then(|c| c.element(at, object));
            let Some(segmentation) = cell("segmentation") else { continue };
            let Some(mask) = mask(segmentation, declared)? else {
                loss.add(&key, 1, "the size of its image is not known");
                continue;
            };
            let label = cell("label").and_then(Cell::int).and_then(|label| u32::try_from(label).ok());
            let crowd = cell("crowded").and_then(Cell::flag) == Some(true);
            if !crowd && (number + 1 >= u32::from(VOID) || self.classes >= usize::from(VOID)) {
                loss.add(&key, 1, TOO_MANY);
                continue;
            }
            let (class, instance) = match &mut canvases {
                Some((class, instance)) => (class, instance),
                None => {
                    let made = (LabelCanvas::new(mask.size(), 0)?, LabelCanvas::new(mask.size(), 0)?);
                    let (class, instance) = canvases.insert(made);
                    (class, instance)
                }
            };
            if class.size() != mask.size() {
                loss.add(&key, 1, "the masks of its image differ in size");
                continue;
            }
            let void = u32::from(VOID);
            number += u32::from(!crowd);
            // A mask without a class is void among the classes.
            class.paint(&mask, label.filter(|_| !crowd).map_or(void, |label| label + 1))?;
            instance.paint(&mask, if crowd { void } else { number })?;
            if self.set != SET {
                loss.change(&key, 1, "painted into label PNGs, later masks over earlier ones");
            }
        }
        Ok(canvases)
    }
}

/// A mask in any of the forms; `None` for polygons without a size.
fn mask(cell: Cell<'_>, declared: Option<Size>) -> Result<Option<Rle>> {
    let side = |cell: Option<Cell<'_>>| cell.and_then(Cell::int).and_then(|v| u32::try_from(v).ok());
    let own = cell.member("size").and_then(Cell::items).and_then(|mut sides| {
        let (height, width) = (side(sides.next()?)?, side(sides.next()?)?);
        Some(Size::new(height, width))
    });
    let Some(size) = own.or(declared) else { return Ok(None) };
    if let Some(text) = cell.member("rle").and_then(Cell::text) {
        return Rle::from_coco_string(size, text.as_bytes()).map(Some);
    }
    if let Some(counts) = cell.member("counts").and_then(Cell::items) {
        let counts: Option<Vec<i64>> = counts.map(|count| count.and_then(Cell::int)).collect();
        return counts.map(|counts| Rle::from_list(size, &counts)).transpose();
    }
    let rings = cell.member("polygon").and_then(Cell::items);
    let rings: Option<Vec<&[f64]>> = rings.and_then(|rings| rings.map(|ring| ring?.floats()).collect());
    rings.map(|rings| Rle::from_polygons(size, &rings)).transpose()
}

fn encode(canvas: LabelCanvas) -> Result<Vec<u8>> {
    let Size { height, width } = canvas.size();
    let indices = canvas.into_ids().into_iter().map(|id| u8::try_from(id).unwrap_or(VOID)).collect();
    LabelImage::indexed((height, width), indices, voc_colormap(256))?.encode()
}
