//! What must hold for any bytes taken for masks: refused, or equal to what the plain bitmap says.
//!
//! The first byte chooses what the rest is: compressed strings, run lists or polygon corners. Sizes come
//! from the next bytes. The tests replay the corpus through this same function.

use lensframe::geometry::rle::{runs, text};
use lensframe::geometry::{Bitmap, Ring, Rle, Size, coco_mask_iou, rasterize};

/// Panics where a mask made from `data` breaks a promise.
pub(super) fn check(data: &[u8]) {
    let Some((&[what, a, b, c], rest)) = data.split_first_chunk::<4>() else { return };
    match what % 4 {
        0 => strings(Size::new(a.into(), b.into()), rest),
        1 => lists(Size::new(a.into(), b.into()), rest),
        2 => polygon(Size::new(a.into(), b.into()), rest),
        // Sizes far beyond memory: everything must still be answered at once.
        _ => huge(Size::new(u32::from_le_bytes([a, b, c, a]), u32::from_le_bytes([c, b, a, c])), rest),
    }
}

/// Two strings, cut at the first line end.
fn strings(size: Size, rest: &[u8]) {
    let mut parts = rest.splitn(2, |byte| *byte == b'\n').map(|part| {
        let raw = text::parse(part).ok()?;
        let again = text::write(&raw);
        assert!(again.len() <= part.len(), "the shortest spelling is longer");
        assert_eq!(text::parse(again.as_bytes()).ok().as_ref(), Some(&raw));
        Rle::try_new(size, raw).ok()
    });
    agree(parts.next().flatten(), parts.next().flatten());
}

/// Two lists of 16-bit runs, cut in the middle, their last runs mended to reach the size.
fn lists(size: Size, rest: &[u8]) {
    let counts: Vec<i64> =
        rest.as_chunks::<2>().0.iter().map(|pair| i64::from(i16::from_le_bytes(*pair))).collect();
    let (a, b) = counts.split_at(counts.len() / 2);
    let mask = |half: &[i64]| {
        let mut half = half.to_vec();
        half.push(size.pixels() as i64 - half.iter().sum::<i64>());
        Rle::from_list(size, &half).ok()
    };
    agree(mask(a), mask(b));
}

/// One ring of any doubles, and the same bytes as small numbers.
fn polygon(size: Size, rest: &[u8]) {
    let wild: Vec<f64> = rest.as_chunks::<8>().0.iter().map(|bytes| f64::from_le_bytes(*bytes)).collect();
    let tame: Vec<f64> =
        rest.as_chunks::<2>().0.iter().map(|pair| f64::from(i16::from_le_bytes(*pair)) / 16.0).collect();
    let mask = |flat: &[f64]| {
        let ring = Ring::try_new(flat).ok()?;
        assert!(ring.area() >= 0.0 && ring.bounds().area() >= 0.0);
        rasterize(size, &[ring]).ok()
    };
    agree(mask(&wild), mask(&tame));
}

/// A string for a size no bitmap is made of.
fn huge(size: Size, rest: &[u8]) {
    if let Ok(mask) = Rle::from_coco_string(size, rest) {
        assert!(runs::check(size, mask.counts()).is_ok());
        let bbox = mask.bbox();
        assert!(f64::from(mask.area()) <= bbox.area());
        assert!(bbox.right() <= f64::from(size.width) && bbox.bottom() <= f64::from(size.height));
        assert_eq!(mask.union(&mask).ok().as_ref(), Some(&mask));
        let rest = mask.clone().complement();
        assert_eq!(u64::from(rest.area()) + u64::from(mask.area()), size.pixels());
    }
}

/// Whatever masks came out are canonical, and every operation equals the bitmap's.
fn agree(a: Option<Rle>, b: Option<Rle>) {
    let twins: Vec<(Rle, Bitmap)> = [a, b]
        .into_iter()
        .flatten()
        .map(|mask| {
            let map = plain(&mask);
            (mask, map)
        })
        .collect();
    for (mask, map) in &twins {
        assert!(runs::check(mask.size(), mask.counts()).is_ok());
        assert_eq!(&Rle::from(map), mask);
        assert_eq!(u64::from(mask.area()), map.area());
        assert_eq!(mask.bbox(), map.bbox());
        assert_eq!(
            Rle::from_coco_string(mask.size(), mask.to_coco_string().as_bytes()).ok().as_ref(),
            Some(mask)
        );
    }
    let [(a, map_a), (b, map_b)] = twins.as_slice() else { return };
    assert_eq!(a.union(b).ok(), map_a.union(map_b).ok().map(|m| Rle::from(&m)));
    assert_eq!(a.intersection(b).ok(), map_a.intersection(map_b).ok().map(|m| Rle::from(&m)));
    assert_eq!(a.difference(b).ok(), map_a.difference(map_b).ok().map(|m| Rle::from(&m)));
    let iou = map_a.iou(map_b).ok();
    assert_eq!(a.iou(b).ok(), iou);
    assert_eq!(Some(coco_mask_iou(a, b, false)), iou);
}

/// The mask as pixels, by way of nothing but its spans.
fn plain(mask: &Rle) -> Bitmap {
    let Size { height, width } = mask.size();
    let mut pixels = vec![0u8; (height * width) as usize];
    for at in mask.inside().flat_map(|(first, end)| first..end) {
        pixels[(at % height * width + at / height) as usize] = 1;
    }
    Bitmap::from_pixels(mask.size(), &pixels).unwrap()
}
