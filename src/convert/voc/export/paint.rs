//! Label PNGs painted from masks, where no PNGs are stored.

use super::names::{Names, Target};
use crate::convert::LossReport;
use crate::convert::export::{Cell, Partial, Reader};
use crate::convert::voc::masks::SET;
use crate::dataset::Dataset;
use crate::dataset::store::Store;
use crate::error::Result;
use crate::geometry::{LabelCanvas, Rle, Size};
use crate::image::{LabelImage, voc_colormap};
use crate::job::Job;

/// Paints `SegmentationClass` and `SegmentationObject` of the set `masks`, later instances over earlier ones.
///
/// # Errors
/// Those of reading rows, of masks that are damaged, and of the disk.
pub(super) fn write(
    ds: &Dataset,
    names: &Names,
    store: &Store,
    partial: &mut Partial,
    loss: &mut LossReport,
    job: &Job,
) -> Result<()> {
    let keys = ["label", "segmentation"];
    let reader = Reader::new(ds, |axis, base| axis.set() == Some(SET) && keys.contains(&base))?;
    if reader.is_empty() {
        return Ok(());
    }
    let classes = ds.classes(SET).or_else(|| store.classes(SET)).map_or(0, |table| table.len());
    if classes > 254 {
        loss.add("masks", u64::try_from(ds.len()).unwrap_or(0), "label PNGs have 254 classes at most");
        return Ok(());
    }
    let all: Vec<usize> = (0..ds.len()).collect();
    for window in reader.windows(&all, job) {
        let (rows, table) = window?;
        for (at, row) in rows.iter().enumerate() {
            let objects = table.objects(at).unwrap_or(0);
            let mut canvases: Option<(LabelCanvas, LabelCanvas)> = None;
            for object in 0..objects {
                let cell = |key: &str| table.object_key(key).and_then(|c| c.element(at, object));
                let Some(mask) = cell("segmentation").map(mask).transpose()?.flatten() else {
                    loss.add("masks.segmentation", 1, "only run lengths are painted");
                    continue;
                };
                let label = cell("label").and_then(Cell::int).and_then(|label| u32::try_from(label).ok());
                let number = u32::try_from(object + 1).unwrap_or(u32::MAX);
                if number >= 255 {
                    loss.add("masks", 1, "label PNGs have 254 instances at most");
                    continue;
                }
                let (class, instance) = match &mut canvases {
                    Some(canvases) => (&mut canvases.0, &mut canvases.1),
                    None => {
                        let size = mask.size();
                        let made = (LabelCanvas::new(size, 0)?, LabelCanvas::new(size, 0)?);
                        let canvases = canvases.insert(made);
                        (&mut canvases.0, &mut canvases.1)
                    }
                };
                // A mask without a class is void.
                class.paint(&mask, label.map_or(255, |label| label + 1))?;
                instance.paint(&mask, number)?;
            }
            let Some((class, instance)) = canvases else { continue };
            for (canvas, target) in [(class, Target::Classes), (instance, Target::Instances)] {
                let Some(file) = names.png(*row, target) else { continue };
                partial.write(&file, &encode(canvas)?)?;
            }
        }
    }
    Ok(())
}

fn mask(cell: Cell<'_>) -> Result<Option<Rle>> {
    let side = |cell: Option<Cell<'_>>| cell.and_then(Cell::int).and_then(|v| u32::try_from(v).ok());
    let size = cell.member("size").and_then(Cell::items).and_then(|mut sides| {
        let (height, width) = (side(sides.next()?)?, side(sides.next()?)?);
        Some(Size::new(height, width))
    });
    let text = cell.member("rle").and_then(Cell::text);
    match size.zip(text) {
        Some((size, text)) => Rle::from_coco_string(size, text.as_bytes()).map(Some),
        None => Ok(None),
    }
}

fn encode(canvas: LabelCanvas) -> Result<Vec<u8>> {
    let Size { height, width } = canvas.size();
    let indices = canvas.into_ids().into_iter().map(|id| u8::try_from(id).unwrap_or(255)).collect();
    LabelImage::indexed((height, width), indices, voc_colormap(256))?.encode()
}
