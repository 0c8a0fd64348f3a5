//! What holds for any objects on any picture.

use lensframe::draw::{COCO_PERSON_LIMBS, Object, Style, draw_objects, draw_objects_from};
use lensframe::geometry::{BBox, Keypoint, Rle, Size};
use lensframe::image::{Channels, Pixels};
use proptest::prelude::*;

/// Numbers as data has them: about the picture, and now and then impossible.
fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        20 => -60.0..160.0_f64,
        2 => (-60..160_i32).prop_map(f64::from),
        1 => prop::sample::select(vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, -0.0, 1e9, -1e18, 1e300, f64::MIN_POSITIVE]),
    ]
}

fn name() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "dog",
        "traffic light",
        "Ångström",
        "سيارة زرقاء",
        "כלב",
        "自行车",
        "🐈",
        "",
        " ",
        "a name that is much longer than any picture here is wide",
    ])
    .prop_map(str::to_owned)
}

prop_compose! {
    fn object(size: (u32, u32))(
        bbox in prop::option::of([number(), number(), number(), number()]),
        rbox in prop::option::weighted(0.3, [number(), number(), number(), number(), number()]),
        masked in prop::option::weighted(0.3, [0.0..100.0_f64, 0.0..100.0_f64, 0.0..80.0_f64, 0.0..80.0_f64]),
        points in prop::collection::vec((number(), number(), 0..4_u8), 0..18),
        label in prop::option::of(0..200_usize),
        name in prop::option::of(name()),
        score in prop::option::of(number()),
        crowd in any::<bool>(),
    ) -> Object {
        let mask = masked.map(|[x, y, w, h]| {
            let inside = BBox::try_new(x, y, w, h).unwrap();
            Rle::from_bbox(Size::new(size.0, size.1), &inside).unwrap()
        });
        let points = points.into_iter().map(|(x, y, visibility)| Keypoint { x, y, visibility }).collect();
        Object { bbox, rbox, mask, points, label, name, score, crowd, difficult: false }
    }
}

fn scene() -> impl Strategy<Value = ((u32, u32), Vec<Object>)> {
    let size = prop_oneof![1 => Just((1, 1)), 1 => (1..4_u32, 1..200_u32), 4 => (1..120_u32, 1..120_u32)];
    size.prop_flat_map(|size| (Just(size), prop::collection::vec(object(size), 0..8)))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn anything_is_drawn_and_every_object_is_counted_once((size, objects) in scene()) {
        let style = Style { skeleton: COCO_PERSON_LIMBS.to_vec(), min_score: Some(0.0), ..Style::default() };
        let mut pixels = Pixels::filled(size, Channels::Gray, [128; 3]).unwrap();
        let drawn = draw_objects(&mut pixels, &objects, &style).unwrap();
        prop_assert_eq!((pixels.size(), pixels.channels()), (size, Channels::Rgb));
        prop_assert_eq!(drawn.drawn + drawn.left_out + drawn.undrawable, objects.len());
        let mut again = Pixels::filled(size, Channels::Rgb, [128; 3]).unwrap();
        draw_objects(&mut again, &objects, &style).unwrap();
        prop_assert!(again == pixels, "the same objects, another picture");
        let mut small = Pixels::filled((17, 23), Channels::Rgb, [128; 3]).unwrap();
        draw_objects_from(&mut small, size, &objects, &style).unwrap();
    }

    /// A box alone leaves the inside alone, and the outside beyond its line and halo.
    #[test]
    fn a_box_paints_its_outline_only(x in -20..80_i32, y in -20..80_i32, w in 1..90_i32, h in 1..90_i32, line in 1..5_u32) {
        let bbox = [x, y, w, h].map(f64::from);
        let object = Object { bbox: Some(bbox), ..Object::default() };
        let style = Style { line_width: Some(line), halo: false, ..Style::default() };
        let mut pixels = Pixels::filled((60, 70), Channels::Rgb, [0; 3]).unwrap();
        draw_objects(&mut pixels, &[object], &style).unwrap();
        let (line, colour) = (i32::try_from(line).unwrap(), lensframe::draw::class_colour(0));
        for (row, column) in (0..60).flat_map(|r| (0..70).map(move |c| (r, c))) {
            let within = |n: i32| {
                (x + n..x + w - n).contains(&column) && (y + n..y + h - n).contains(&row)
            };
            let want = if within(-(line / 2)) && !within(line - line / 2) { colour } else { [0; 3] };
            prop_assert_eq!(pixels.pixel(row as u32, column as u32), want, "row {} column {}", row, column);
        }
    }
}
