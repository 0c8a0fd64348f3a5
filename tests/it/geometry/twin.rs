//! Fast against plain: run lengths against bitmaps, the rasteriser against a walk over every grid point.

use lensframe::geometry::rle::{runs, text};
use lensframe::geometry::{Bitmap, Rle, Size, coco_mask_iou};
use proptest::prelude::*;

/// Cuts or fills runs so that they add up to `pixels`.
pub(super) fn cut(runs: &mut Vec<u32>, pixels: u32) {
    let mut left = pixels;
    for run in runs.iter_mut() {
        *run = left.min(*run);
        left -= *run;
    }
    while runs.len() > 1 && runs.last() == Some(&0) {
        runs.pop();
    }
    if left > 0 {
        runs.push(left);
    }
}

/// Any mask of this size: noise, or runs of any length, zeros among them.
fn mask(size: Size) -> impl Strategy<Value = Bitmap> {
    let pixels = size.pixels() as usize;
    let noise = (prop::collection::vec(any::<u8>(), pixels), any::<u8>())
        .prop_map(move |(bytes, cut)| bytes.iter().map(|b| u8::from(*b < cut)).collect::<Vec<u8>>());
    let long = prop::collection::vec(0usize..=pixels / 3 + 1, 0..12).prop_map(move |lengths| {
        let runs = lengths.iter().enumerate().flat_map(|(i, n)| std::iter::repeat_n((i % 2) as u8, *n));
        runs.chain(std::iter::repeat(0)).take(pixels).collect::<Vec<u8>>()
    });
    prop_oneof![noise, long].prop_map(move |columns| {
        let at = |y: u32, x: u32| columns[(x * size.height + y) as usize] == 1;
        Bitmap::from_fn(size, at).unwrap()
    })
}

fn size() -> impl Strategy<Value = Size> {
    // Wider than a block of the pixel loops now and then.
    (1u32..14, prop_oneof![4 => 1u32..14, 1 => 60u32..140]).prop_map(|(h, w)| Size::new(h, w))
}

fn two_masks() -> impl Strategy<Value = (Bitmap, Bitmap)> {
    size().prop_flat_map(|size| (mask(size), mask(size)))
}

/// Runs the most obvious way.
fn plain_runs(map: &Bitmap) -> Vec<u32> {
    let mut runs = vec![0];
    let mut inside = false;
    for (x, y) in (0..map.size().width).flat_map(|x| (0..map.size().height).map(move |y| (x, y))) {
        if map.get(y, x) != inside {
            inside = !inside;
            runs.push(0);
        }
        *runs.last_mut().unwrap() += 1;
    }
    runs
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn pixels_and_runs_say_the_same(map in size().prop_flat_map(mask)) {
        let rle = Rle::from(&map);
        prop_assert_eq!(rle.counts(), plain_runs(&map));
        prop_assert!(runs::check(map.size(), rle.counts()).is_ok());
        prop_assert_eq!(&rle.to_bitmap().unwrap(), &map);
        let columns = rle.to_columns().unwrap();
        prop_assert_eq!(&Rle::from_columns(map.size(), &columns).unwrap(), &rle);
        let Size { height, width } = map.size();
        for (x, y) in (0..width).flat_map(|x| (0..height).map(move |y| (x, y))) {
            prop_assert_eq!(columns[(x * height + y) as usize] == 1, map.get(y, x));
        }
        prop_assert_eq!(u64::from(rle.area()), map.area());
        prop_assert_eq!(rle.bbox(), map.bbox());
        prop_assert_eq!(rle.is_empty(), map.area() == 0);
        prop_assert_eq!(rle.clone().complement().to_bitmap().unwrap(), map.complement());
        let string = rle.to_coco_string();
        prop_assert_eq!(Rle::from_coco_string(map.size(), string.as_bytes()).unwrap(), rle);
    }

    #[test]
    fn operations_on_runs_equal_operations_on_pixels((a, b) in two_masks()) {
        let (ra, rb) = (Rle::from(&a), Rle::from(&b));
        prop_assert_eq!(ra.union(&rb).unwrap(), Rle::from(&a.union(&b).unwrap()));
        prop_assert_eq!(ra.intersection(&rb).unwrap(), Rle::from(&a.intersection(&b).unwrap()));
        prop_assert_eq!(ra.difference(&rb).unwrap(), Rle::from(&a.difference(&b).unwrap()));
        prop_assert_eq!(ra.iou(&rb).unwrap(), a.iou(&b).unwrap());
        prop_assert_eq!(coco_mask_iou(&ra, &rb, false), a.iou(&b).unwrap());
        let shared = a.intersection(&b).unwrap().area();
        prop_assert_eq!(u64::from(runs::shared(ra.counts(), rb.counts())), shared);
        let own = if shared == 0 { 0.0 } else { shared as f64 / a.area() as f64 };
        prop_assert_eq!(ra.iof(&rb).unwrap(), own);
        prop_assert_eq!(coco_mask_iou(&ra, &rb, true), own);
        // The laws that tie them together.
        prop_assert_eq!(ra.difference(&rb).unwrap().union(&ra.intersection(&rb).unwrap()).unwrap(), ra);
    }

    #[test]
    fn any_runs_of_the_right_sum_are_one_mask(mut raw in prop::collection::vec(0u32..5, 0..40), h in 1u32..9) {
        let (sum, w) = (raw.iter().sum::<u32>(), raw.iter().sum::<u32>().div_ceil(h));
        raw.push(h * w - sum);
        let rle = Rle::try_new(Size::new(h, w), raw.clone()).unwrap();
        let columns: Vec<u8> = raw
            .iter()
            .enumerate()
            .flat_map(|(i, n)| std::iter::repeat_n((i % 2) as u8, *n as usize))
            .collect();
        prop_assert_eq!(rle.to_columns().unwrap(), columns);
        prop_assert!(runs::check(rle.size(), rle.counts()).is_ok());
    }

    #[test]
    fn runs_come_back_from_their_strings(raw in prop::collection::vec(prop_oneof![0u32..40, any::<u32>()], 0..40)) {
        prop_assert_eq!(text::parse(text::write(&raw).as_bytes()).unwrap(), raw);
    }

    #[test]
    fn hostile_strings_are_refused_or_read(bytes in prop::collection::vec(prop_oneof![5 => 48u8..112, 1 => any::<u8>()], 0..40), h in 0u32..9, w in 0u32..9) {
        if let Ok(raw) = text::parse(&bytes) {
            prop_assert_eq!(&text::parse(text::write(&raw).as_bytes()).unwrap(), &raw);
            let sum: u64 = raw.iter().map(|r| u64::from(*r)).sum();
            let fits = sum == u64::from(h * w);
            prop_assert_eq!(Rle::from_coco_string(Size::new(h, w), &bytes).is_ok(), fits);
        }
    }
}

/// COCO's polygon rule with every grid point made and looked at.
fn plain_fill(size: Size, flat: &[f64]) -> Bitmap {
    let (h, w) = (i64::from(size.height), i64::from(size.width));
    let grid: Vec<(i64, i64)> = flat
        .as_chunks::<2>()
        .0
        .iter()
        .map(|[x, y]| ((5.0 * x + 0.5) as i64, (5.0 * y + 0.5) as i64))
        .collect();
    let mut walk: Vec<(i64, i64)> = Vec::new();
    for (i, &(x0, y0)) in grid.iter().enumerate() {
        let (x1, y1) = grid[(i + 1) % grid.len()];
        let (dx, dy) = ((x1 - x0).abs(), (y1 - y0).abs());
        let steps = dx.max(dy);
        // The formula starts from the end that is smaller along the longer axis.
        let swap = if dx >= dy { x0 > x1 } else { y0 > y1 };
        let ((ax, ay), (bx, by)) = if swap { ((x1, y1), (x0, y0)) } else { ((x0, y0), (x1, y1)) };
        let mut side: Vec<(i64, i64)> = (0..=steps)
            .map(|t| {
                let along =
                    |a: i64, b: i64| (a as f64 + (b - a) as f64 / steps as f64 * t as f64 + 0.5) as i64;
                if dx >= dy { (ax + t, along(ay, by)) } else { (along(ax, bx), ay + t) }
            })
            .collect();
        if swap {
            side.reverse();
        }
        walk.extend(side);
    }
    // How many crossings lie at or before each pixel of the column-major order decides its colour.
    let mut switches = vec![0u32; (h * w) as usize + 1];
    for step in walk.windows(2) {
        let ((u0, v0), (u1, v1)) = (step[0], step[1]);
        let (left, n) = (u0.min(u1), (u0.min(u1) - 2).div_euclid(5));
        if u0 != u1 && (left - 2).rem_euclid(5) == 0 && (0..w).contains(&n) {
            let row = (v0.min(v1) - 2 + 4).div_euclid(5).clamp(0, h);
            switches[(n * h + row) as usize] += 1;
        }
    }
    let mut inside = 0;
    for at in &mut switches {
        inside += *at;
        *at = inside % 2;
    }
    Bitmap::from_fn(size, |y, x| switches[(i64::from(x) * h + i64::from(y)) as usize] == 1).unwrap()
}

fn ring() -> impl Strategy<Value = Vec<f64>> {
    let number = prop_oneof![
        4 => (-200i32..800).prop_map(|v| f64::from(v) / 10.0),
        4 => -20.0f64..80.0,
        1 => -2000.0f64..2000.0,
        1 => (-9i32..9).prop_map(f64::from),
    ];
    (3usize..14).prop_flat_map(move |n| prop::collection::vec(number.clone(), 2 * n))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn polygons_fill_as_a_walk_over_every_grid_point(flat in ring(), h in 1u32..70, w in 1u32..70) {
        let size = Size::new(h, w);
        let mask = Rle::from_polygons(size, &[&flat]).unwrap();
        prop_assert_eq!(mask, Rle::from(&plain_fill(size, &flat)));
    }

    #[test]
    fn rings_merge_as_a_union(a in ring(), b in ring(), h in 1u32..40, w in 1u32..40) {
        let size = Size::new(h, w);
        let both = Rle::from_polygons(size, &[&a, &b]).unwrap();
        let plain = plain_fill(size, &a).union(&plain_fill(size, &b)).unwrap();
        prop_assert_eq!(both, Rle::from(&plain));
    }

    #[test]
    fn any_finite_polygon_is_filled_or_refused(flat in prop::collection::vec(any::<f64>(), 0..12), h in 0u32..40, w in 0u32..40) {
        if let Ok(mask) = Rle::from_polygons(Size::new(h, w), &[&flat]) {
            prop_assert!(runs::check(mask.size(), mask.counts()).is_ok());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    // Far outside: millions of grid points there, a few crossings here.
    #[test]
    fn far_corners_fill_as_a_walk_over_every_grid_point(
        flat in prop::collection::vec(prop_oneof![-1e5f64..1e5, -20.0f64..60.0], 6..12),
        h in 1u32..50,
        w in 1u32..50,
    ) {
        let flat = &flat[..flat.len() / 2 * 2];
        let size = Size::new(h, w);
        let mask = Rle::from_polygons(size, &[flat]).unwrap();
        prop_assert_eq!(mask, Rle::from(&plain_fill(size, flat)));
    }
}
