//! What must hold for any bytes: a label image that can be written again and whose segments cover it, or an
//! error with a sentence.

use lensframe::geometry::{LabelCanvas, LabelMap, Size};
use lensframe::image::{ColourTable, LabelImage, voc_colormap};

/// Small, so that the fuzzer looks for odd files rather than for large ones.
const MOST_PIXELS: u64 = 1 << 16;

/// Decodes the bytes as a PNG.
pub(super) fn check(data: &[u8]) {
    let labels = match LabelImage::decode(data, MOST_PIXELS) {
        Ok(labels) => labels,
        Err(error) => return assert!(!error.what().is_empty()),
    };
    let (height, width) = labels.size();
    assert_eq!(LabelImage::decode_size(data).expect("it was decoded"), (height, width));
    assert!(u64::from(height) * u64::from(width) <= MOST_PIXELS, "the limit holds");

    let png = labels.encode().expect("what was decoded can be encoded");
    assert_eq!(LabelImage::decode(&png, MOST_PIXELS).expect("what was encoded can be decoded"), labels);

    let (size, ids) = (Size::new(height, width), labels.ids());
    let map = LabelMap::try_new(size, &ids).expect("a number a pixel");
    let mut canvas = LabelCanvas::new(size, u32::MAX).expect("small");
    for (segment, mask) in map.masks() {
        assert_eq!((segment.area, segment.bbox), (mask.area(), mask.bbox()));
        assert_eq!(canvas.paint(&mask, segment.id).expect("of one size"), 0, "segments are disjoint");
    }
    assert_eq!(canvas.into_ids(), ids, "segments cover the image");

    let indexed = labels.to_indices(&ColourTable::new(&voc_colormap(256)), 255);
    assert_eq!(indexed.indices.len(), ids.len());
    assert_eq!(indexed.unknown > 0, indexed.first_unknown.is_some());
}
