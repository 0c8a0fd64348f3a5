//! Segments, masks and painting, against loops over every pixel.

use std::collections::BTreeMap;

use lensframe::geometry::{BBox, Bitmap, LabelCanvas, LabelMap, Rle, Size};
use proptest::prelude::*;

/// Ids row after row in a size, few or many, near or far apart.
fn maps() -> impl Strategy<Value = (Size, Vec<u32>)> {
    (1u32..40, 1u32..40, 1u32..6, any::<u32>()).prop_flat_map(|(height, width, ids, spread)| {
        let id = (0..ids).prop_map(move |i| i.wrapping_mul(spread));
        let pixels = (height * width) as usize;
        (Just(Size::new(height, width)), proptest::collection::vec(id, pixels))
    })
}

/// The plain way: a bitmap an id.
fn plain(size: Size, ids: &[u32]) -> BTreeMap<u32, Bitmap> {
    let mut distinct = ids.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    let inside = |id: u32| {
        Bitmap::from_fn(size, |y, x| ids[(y * size.width + x) as usize] == id).expect("a small bitmap")
    };
    distinct.into_iter().map(|id| (id, inside(id))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn segments_and_masks_equal_a_bitmap_an_id((size, ids) in maps()) {
        let map = LabelMap::try_new(size, &ids).unwrap();
        let (segments, masks, want) = (map.segments(), map.masks(), plain(size, &ids));
        prop_assert_eq!(masks.iter().map(|(s, _)| s.clone()).collect::<Vec<_>>(), segments);
        prop_assert_eq!(masks.len(), want.len());
        for ((segment, mask), (id, bitmap)) in masks.iter().zip(&want) {
            prop_assert_eq!((segment.id, u64::from(segment.area)), (*id, bitmap.area()));
            prop_assert_eq!(segment.bbox, bitmap.bbox());
            prop_assert_eq!(mask, &Rle::from(bitmap));
        }
        let odd = map.masks_of(|id| id % 2 == 1);
        prop_assert_eq!(odd, masks.into_iter().filter(|(s, _)| s.id % 2 == 1).collect::<Vec<_>>());
    }

    #[test]
    fn ids_of_every_width_give_the_same_segments(
        (height, width) in (1u32..20, 1u32..20), seed in proptest::collection::vec(any::<u8>(), 400),
    ) {
        let size = Size::new(height, width);
        let ids = &seed[..(height * width) as usize];
        let (short, long): (Vec<u16>, Vec<u32>) = ids.iter().map(|id| (u16::from(*id), u32::from(*id))).unzip();
        let want = LabelMap::try_new(size, ids).unwrap().masks();
        prop_assert_eq!(&LabelMap::try_new(size, &short).unwrap().masks(), &want);
        prop_assert_eq!(&LabelMap::try_new(size, &long).unwrap().masks(), &want);
    }

    #[test]
    fn painting_the_masks_of_a_map_gives_the_map((size, ids) in maps()) {
        let mut canvas = LabelCanvas::new(size, 0).unwrap();
        for (segment, mask) in LabelMap::try_new(size, &ids).unwrap().masks() {
            prop_assert_eq!(canvas.paint(&mask, segment.id).unwrap(), 0);
        }
        prop_assert_eq!(canvas.into_ids(), ids);
    }

    #[test]
    fn later_masks_lie_over_earlier_ones_and_overlaps_are_counted(
        (height, width) in (1u32..24, 1u32..24),
        painted in proptest::collection::vec((any::<u8>(), proptest::collection::vec(0u8..3, 576)), 0..5),
    ) {
        let size = Size::new(height, width);
        let pixels = (height * width) as usize;
        let background = 9;
        let mut canvas = LabelCanvas::new(size, background).unwrap();
        let mut want = vec![background; pixels];
        for (id, inside) in painted {
            let inside: Vec<u8> = inside[..pixels].iter().map(|i| u8::from(*i == 0)).collect();
            let mut overlap = 0;
            for (pixel, inside) in want.iter_mut().zip(&inside) {
                if *inside == 1 {
                    overlap += u32::from(*pixel != background);
                    *pixel = u32::from(id);
                }
            }
            prop_assert_eq!(canvas.paint(&Rle::from_pixels(size, &inside).unwrap(), u32::from(id)).unwrap(), overlap);
        }
        prop_assert_eq!(canvas.into_ids(), want);
    }
}

#[test]
fn a_map_of_as_many_ids_as_pixels_has_a_segment_a_pixel() {
    let size = Size::new(300, 400);
    let ids: Vec<u32> = (0..size.height * size.width).rev().collect();
    let found = LabelMap::try_new(size, &ids).unwrap().masks();
    assert_eq!(found.len(), ids.len());
    for (i, (segment, mask)) in found.iter().enumerate() {
        let at = (ids.len() - 1 - i) as u32;
        let (y, x) = (at / size.width, at % size.width);
        assert_eq!((segment.id as usize, segment.area), (i, 1));
        assert_eq!(segment.bbox, BBox::try_new(f64::from(x), f64::from(y), 1.0, 1.0).unwrap());
        assert_eq!(mask.inside().collect::<Vec<_>>(), [(x * size.height + y, x * size.height + y + 1)]);
    }
}
