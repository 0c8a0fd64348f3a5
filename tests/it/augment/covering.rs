//! Objects that are pasted, and patches that are painted: what is left of what lies below.

use arrow_array::{Array, BooleanArray, Int64Array};
use lensframe::augment::{Objects, Partners, Picture, Sample, Shape};
use lensframe::dataset::Value;
use lensframe::error::Result;
use lensframe::geometry::{BBox, Keypoint, Rle, Size};
use lensframe::image::{Channels, Pixels};
use std::sync::Arc;

use super::{sample, scenes, step};

/// x, y, w, h in whole pixels as a mask.
fn block(size: Size, [x, y, w, h]: [f64; 4]) -> Rle {
    Rle::from_bbox(size, &BBox::try_new(x, y, w, h).unwrap()).unwrap()
}

/// A picture of one colour with blocks, each a box, a mask and a point in its middle.
fn blocks(size: (u32, u32), colour: [u8; 3], boxes: &[[f64; 4]], first: i64) -> Sample {
    let pixels = Pixels::filled(size, Channels::Rgb, colour).unwrap();
    let mut sample = Sample::of_picture(Picture::of_pixels(pixels));
    let labels: Vec<i64> = (first..first + boxes.len() as i64).collect();
    let labels: Arc<dyn Array> = Arc::new(Int64Array::from(labels));
    sample.objects = Objects::new(boxes.len(), vec![("label".into(), labels)]);
    sample.objects.bbox = Some(boxes.to_vec());
    let of = Size::new(size.0, size.1);
    sample.objects.shapes = Some(boxes.iter().map(|own| Some(Shape::Mask(block(of, *own)))).collect());
    let middle = |[x, y, w, h]: &[f64; 4]| vec![Keypoint { x: x + w / 2.0, y: y + h / 2.0, visibility: 2 }];
    sample.objects.points = Some(boxes.iter().map(middle).collect());
    sample.add_map("label_map", of, vec![i32::from(colour[0]); of.pixels() as usize]).unwrap();
    sample
}

fn labels(sample: &Sample) -> Vec<i64> {
    let column = sample.objects.column("label").unwrap().unwrap();
    column.as_any().downcast_ref::<Int64Array>().unwrap().values().to_vec()
}

/// One sample, whatever is asked for.
struct Only(Sample);

impl Partners for Only {
    fn len(&self) -> u64 {
        1
    }

    fn sample(&self, _: u64) -> Result<Sample> {
        Ok(self.0.clone())
    }
}

#[test]
fn what_is_pasted_covers_what_was_there_by_the_thresholds_of_mmdetection() {
    // Below a block at 30..70: half covered and large; gone; 5 pixels narrower; nearly gone; untouched.
    let below = [
        [10., 10., 40., 40.],
        [35., 35., 10., 10.],
        [20., 32., 15., 5.],
        [25., 45., 40., 6.],
        [75., 75., 20., 20.],
    ];
    let partner = Only(blocks((100, 100), [200, 0, 0], &[[30., 30., 40., 40.]], 100));
    let mut own = blocks((100, 100), [10, 20, 30], &below, 0);
    let pipeline = step(r#"{"op": "copy_paste", "selected": false, "params": "told"}"#);
    pipeline.run(&mut own, [1, 2, 3], Some(&partner)).unwrap();
    assert_eq!(labels(&own), [0, 2, 4, 100]);
    let boxes = own.objects.bbox.clone().unwrap();
    assert_eq!(
        boxes,
        [[10., 10., 40., 40.], [20., 32., 10., 5.], [75., 75., 20., 20.], [30., 30., 40., 40.]]
    );
    let size = own.size();
    let masks: Vec<Rle> = own
        .objects
        .shapes
        .as_ref()
        .unwrap()
        .iter()
        .map(|s| s.as_ref().unwrap().mask(size).unwrap())
        .collect();
    assert_eq!(masks.iter().map(Rle::area).collect::<Vec<_>>(), [1600 - 400, 50, 400, 1600]);
    for (at, mask) in masks[..3].iter().enumerate() {
        assert!(mask.intersection(&masks[3]).unwrap().is_empty(), "{at}");
    }
    // The middle of the first, (30, 30), lies under what was pasted; that of the last two does not.
    let seen: Vec<u8> = own.objects.points.as_ref().unwrap().iter().map(|own| own[0].visibility).collect();
    assert_eq!(seen, [1, 2, 2, 2]);
    let cover = masks[3].to_pixels().unwrap();
    let ids = own.maps()[0].1.clone();
    let pixels = own.pixels().unwrap().unwrap();
    for ((pixel, inside), id) in pixels.data().chunks_exact(3).zip(cover).zip(ids) {
        assert_eq!(pixel, if inside == 1 { [200, 0, 0] } else { [10, 20, 30] });
        assert_eq!(id, if inside == 1 { 200 } else { 10 });
    }
    let (_, told) = own.values.iter().find(|(name, _)| name == "told").unwrap();
    assert_eq!(told.member("pasted").and_then(Value::as_int), Some(1));
}

#[test]
fn boxes_do_for_masks_and_outlines_that_nothing_lies_on_stay_outlines() {
    let mut partner = blocks((50, 50), [9, 9, 9], &[[0., 0., 20., 20.]], 7);
    partner.objects.shapes = None;
    let mut own = blocks((50, 50), [0, 0, 0], &[[10., 0., 30., 30.], [30., 30., 10., 10.]], 0);
    let ring = vec![30.0, 30.0, 40.0, 30.0, 40.0, 40.0, 30.0, 40.0];
    own.objects.shapes = Some(vec![None, Some(Shape::Polygons(vec![ring.clone()]))]);
    step(r#"{"op": "copy_paste", "selected": false}"#).run(&mut own, [0; 3], Some(&Only(partner))).unwrap();
    let shapes = own.objects.shapes.as_ref().unwrap();
    assert_eq!(shapes[..], [None, Some(Shape::Polygons(vec![ring])), None]);
    // 900 − 200 pixels of the first box are left, which still reach from edge to edge.
    assert_eq!(own.objects.bbox.as_ref().unwrap()[0], [10., 0., 30., 30.]);
    assert_eq!(labels(&own), [0, 1, 7]);
}

#[test]
fn a_partner_of_another_size_is_made_to_fit_or_goes_through_steps_of_its_own() {
    let partner = Only(blocks((100, 200), [255, 0, 0], &[[100., 40., 60., 40.]], 5));
    let run = |json: &str| {
        let mut own = blocks((50, 60), [0, 0, 0], &[], 0);
        step(json).run(&mut own, [4, 0, 0], Some(&partner)).unwrap();
        assert_eq!(own.size(), Size::new(50, 60));
        let reds = own.pixels().unwrap().unwrap().data().chunks_exact(3).filter(|p| p[0] > 0).count();
        let boxes = own.objects.bbox.clone().unwrap();
        let of: u32 =
            own.objects.shapes.iter().flatten().flatten().map(|s| s.mask(own.size()).unwrap().area()).sum();
        assert_eq!(reds as u32, of, "{json}");
        boxes
    };
    // 200 × 100 becomes 60 × 30: a factor of 0.3.
    assert_eq!(run(r#"{"op": "copy_paste", "selected": false}"#), [[30., 12., 18., 12.]]);
    // Half as large, at the same corner, the right part cut off.
    let steps = r#"{"op": "copy_paste", "selected": false, "steps": [{"op": "resize", "size": [50, 100]}]}"#;
    assert_eq!(run(steps), [[50., 20., 10., 20.]]);
    let gone = r#"{"op": "copy_paste", "selected": false, "steps": [{"op": "resize", "size": [200, 400]}]}"#;
    assert!(run(gone).is_empty());
}

#[test]
fn so_many_objects_are_drawn_as_mmdetection_draws_and_groups_never() {
    let boxes: Vec<[f64; 4]> = (0..4).map(|n| [f64::from(n) * 20.0, 0.0, 10.0, 10.0]).collect();
    let mut other = blocks((20, 80), [1, 1, 1], &boxes, 0);
    let crowded: Arc<dyn Array> = Arc::new(BooleanArray::from(vec![false, false, true, false]));
    let labels: Arc<dyn Array> = Arc::new(Int64Array::from(vec![0, 1, 2, 3]));
    let (places, shapes) = (other.objects.bbox.take(), other.objects.shapes.take());
    other.objects = Objects::new(4, vec![("label".into(), labels), ("crowded".into(), crowded)]);
    (other.objects.bbox, other.objects.shapes) = (places, shapes);
    let partner = Only(other);
    let mut counts = [0; 4];
    for row in 0..400 {
        let mut own = blocks((20, 80), [0, 0, 0], &[], 0);
        step(r#"{"op": "copy_paste"}"#).run(&mut own, [7, 0, row], Some(&partner)).unwrap();
        counts[own.objects.len()] += 1;
        let drawn = self::labels(&own);
        assert!(drawn.is_sorted() && !drawn.contains(&2), "{drawn:?}");
        let mut own = blocks((20, 80), [0, 0, 0], &[], 0);
        step(r#"{"op": "copy_paste", "max_num_pasted": 1}"#)
            .run(&mut own, [7, 0, row], Some(&partner))
            .unwrap();
        assert!(own.objects.is_empty());
    }
    // None, one, two and three are equally likely: 100 each, with a deviation of 9.
    assert!(counts.iter().all(|count| (60..=140).contains(count)), "{counts:?}");
}

/// A view's rows, to be pasted.
struct View(lensframe::dataset::Dataset);

impl Partners for View {
    fn len(&self) -> u64 {
        self.0.len() as u64
    }

    fn sample(&self, row: u64) -> Result<Sample> {
        Ok(sample(&self.0, row as usize))
    }
}

#[test]
fn in_scenes_nothing_of_an_object_is_left_under_what_was_pasted() {
    let view = View(scenes(8));
    let pipeline = step(r#"{"op": "copy_paste", "params": "told"}"#);
    let mut compared = 0;
    for row in 0..view.0.len() {
        let mut own = sample(&view.0, row);
        pipeline.run(&mut own, [3, 1, row as u64], Some(&view)).unwrap();
        let (_, told) = own.values.iter().find(|(name, _)| name == "told").unwrap();
        let pasted = told.member("pasted").and_then(Value::as_int).unwrap() as usize;
        let size = own.size();
        let shapes = own.objects.shapes.clone().unwrap();
        let masks: Vec<Rle> = shapes.iter().flatten().map(|shape| shape.mask(size).unwrap()).collect();
        let boxes = own.objects.bbox.clone().unwrap();
        assert_eq!(masks.len(), boxes.len());
        let (below, above) = masks.split_at(masks.len() - pasted);
        let before = sample(&view.0, row);
        let whole: Vec<Rle> =
            before.objects.shapes.as_ref().unwrap().iter().flatten().map(|s| s.mask(size).unwrap()).collect();
        if let Ok(cover) = Rle::union_all(above) {
            for (mask, position) in below.iter().zip(own.objects.positions()) {
                assert!(mask.intersection(&cover).unwrap().is_empty());
                assert_eq!(*mask, whole[position as usize].difference(&cover).unwrap());
                compared += 1;
            }
        }
        for ([x, y, w, h], mask) in boxes.iter().zip(&masks).filter(|(_, mask)| mask.area() > 30) {
            let bounds = mask.bbox();
            let off = [bounds.x() - x, bounds.y() - y, x + w - bounds.right(), y + h - bounds.bottom()];
            assert!(off.iter().all(|side| *side > -4.0), "{bounds:?}");
        }
    }
    assert!(compared > 10, "{compared}");
    let alone = step(r#"{"op": "copy_paste"}"#).run(&mut sample(&view.0, 0), [6, 0, 0], None).unwrap_err();
    assert!(alone.to_string().contains("no others to draw from"), "{alone}");
}

#[test]
fn patches_take_their_pixels_out_of_masks_maps_and_points() {
    let json = r#"{"op": "erase_patches", "patches": [2, 2], "ratio": [0.3, 0.5], "max_erased": 0.6}"#;
    let (mut gone, mut cut) = (0, 0);
    for row in 0..60 {
        let places = [[5., 5., 30., 30.], [50., 40., 40., 20.], [70., 70., 8., 8.]];
        let mut own = blocks((100, 100), [1, 2, 3], &places, 0);
        step(json).run(&mut own, [row, 0, 0], None).unwrap();
        let size = own.size();
        let painted: Vec<u8> = {
            let pixels = own.pixels().unwrap().unwrap();
            pixels.data().chunks_exact(3).map(|pixel| u8::from(pixel == [128; 3])).collect()
        };
        let cover = Rle::from_pixels(size, &painted).unwrap();
        assert!((900..=5000).contains(&cover.area()));
        let ids = &own.maps()[0].1;
        assert!(ids.iter().zip(&painted).all(|(id, inside)| *id == if *inside == 1 { 255 } else { 1 }));
        let kept: Vec<usize> = own.objects.positions().map(|at| at as usize).collect();
        gone += 3 - kept.len();
        for (n, at) in kept.into_iter().enumerate() {
            let whole = block(size, places[at]);
            let Some(Shape::Mask(left)) = &own.objects.shapes.as_ref().unwrap()[n] else { panic!() };
            assert_eq!(*left, whole.difference(&cover).unwrap());
            assert!(f64::from(left.area()) > 0.4 * f64::from(whole.area()) - 1.0);
            assert_eq!(own.objects.bbox.as_ref().unwrap()[n], places[at], "boxes stay");
            let point = own.objects.points.as_ref().unwrap()[n][0];
            let under = painted[point.y as usize * 100 + point.x as usize] == 1;
            assert_eq!(point.visibility, if under { 1 } else { 2 });
            cut += usize::from(left.area() < whole.area());
        }
    }
    assert!(gone > 10 && cut > 10, "{gone} {cut}");
}

#[test]
fn boxes_are_made_anew_of_masks() {
    let mut own = blocks((50, 50), [0; 3], &[[0., 0., 9., 9.], [20., 20., 5., 5.], [30., 30., 5., 5.]], 0);
    let size = own.size();
    let shapes = vec![
        Some(Shape::Mask(block(size, [2., 3., 4., 5.]))),
        None,
        Some(Shape::Mask(Rle::empty(size).unwrap())),
    ];
    own.objects.shapes = Some(shapes);
    let mut dropped = own.clone();
    step(r#"{"op": "boxes_from_masks"}"#).run(&mut own, [0; 3], None).unwrap();
    assert_eq!(own.objects.bbox.unwrap(), [[2., 3., 4., 5.], [20., 20., 5., 5.], [30., 30., 5., 5.]]);
    step(r#"{"op": "boxes_from_masks", "drop": true}"#).run(&mut dropped, [0; 3], None).unwrap();
    assert_eq!(labels(&dropped), [0, 1]);
}

#[test]
fn a_picture_that_is_mixed_in_lies_on_its_canvas_first() {
    // 100 × 200 made to fit 50 × 60 is 30 × 60, the canvas gray below it, and black below that.
    let partner = Only(blocks((100, 200), [200, 0, 0], &[[100., 40., 60., 40.]], 5));
    let mut own = blocks((70, 60), [10, 20, 30], &[], 0);
    let json = r#"{"op": "mix_up", "size": [50, 60], "scale": [1, 1], "flip": 0}"#;
    step(json).run(&mut own, [1, 0, 0], Some(&partner)).unwrap();
    assert_eq!(own.objects.bbox.as_ref().unwrap()[0], [30., 12., 18., 12.]);
    let pixels = own.pixels().unwrap().unwrap();
    for row in 0..70 {
        let other = match row {
            0..30 => [200, 0, 0],
            30..50 => [114, 114, 114],
            _ => [0, 0, 0],
        };
        let wanted = [10u32, 20, 30].iter().zip(other).map(|(a, b): (&u32, u32)| ((a + b) / 2) as u8);
        assert!(pixels.pixel(row, 33).iter().copied().eq(wanted), "{row}: {:?}", pixels.pixel(row, 33));
    }
}
