//! What lies over what, and which objects are drawn at all.

use lensframe::draw::{Caption, Colours, Drawn, Object, Style, draw_objects, draw_objects_from};
use lensframe::error::ErrorKind;
use lensframe::geometry::{BBox, Rle, Size};
use lensframe::image::{Channels, Colour, Pixels};

const SIZE: (u32, u32) = (40, 50);

fn ground() -> Pixels {
    Pixels::filled(SIZE, Channels::Rgb, [0; 3]).unwrap()
}

/// Masks alone, opaque, without names: a pixel is of the colour that is in front.
fn plain() -> Style {
    Style {
        colours: Colours::Instances(vec![[255, 0, 0], [0, 255, 0], [0, 0, 255]]),
        boxes: false,
        names: false,
        scores: false,
        contours: false,
        mask_alpha: 1.0,
        ..Style::default()
    }
}

fn object(score: Option<f64>) -> Object {
    let square = BBox::try_new(10.0, 10.0, 20.0, 20.0).unwrap();
    let mask = Rle::from_bbox(Size::new(SIZE.0, SIZE.1), &square).unwrap();
    Object { mask: Some(mask), bbox: Some(square.to_array()), score, ..Object::default() }
}

fn front(objects: &[Object], style: &Style) -> (Colour, Drawn) {
    let mut pixels = ground();
    let drawn = draw_objects(&mut pixels, objects, style).unwrap();
    (pixels.pixel(20, 20).try_into().unwrap(), drawn)
}

#[test]
fn the_highest_score_is_in_front_or_else_the_last_object() {
    let objects = [object(Some(0.4)), object(Some(0.9)), object(Some(0.1))];
    assert_eq!(front(&objects, &plain()).0, [0, 255, 0]);
    assert_eq!(front(&objects, &Style { sort_by_score: false, ..plain() }).0, [0, 0, 255]);
    // What has no score is certain; what has none that is a number is last.
    assert_eq!(front(&[object(None), object(Some(0.9))], &plain()).0, [255, 0, 0]);
    assert_eq!(front(&[object(Some(f64::NAN)), object(Some(-3.0))], &plain()).0, [0, 255, 0]);
}

#[test]
fn a_score_must_be_greater_than_the_least_one() {
    let objects = [object(Some(0.3)), object(Some(0.31)), object(None)];
    let style = Style { min_score: Some(0.3), ..plain() };
    let (_, drawn) = front(&objects, &style);
    assert_eq!((drawn.drawn, drawn.left_out), (2, 1));
}

#[test]
fn the_best_k_are_drawn_in_the_order_of_the_style() {
    let objects = [object(Some(0.4)), object(Some(0.9)), object(Some(0.8))];
    let style = Style { top_k: Some(2), sort_by_score: false, ..plain() };
    let (colour, drawn) = front(&objects, &style);
    assert_eq!((colour, drawn.drawn, drawn.left_out), ([0, 0, 255], 2, 1));
    let (colour, drawn) = front(&objects, &Style { top_k: Some(0), ..plain() });
    assert_eq!((colour, drawn.drawn, drawn.left_out), ([0; 3], 0, 3));
}

#[test]
fn colours_are_those_of_the_class_the_instance_or_the_list() {
    let labelled = [Object { label: Some(7), ..object(None) }];
    let of = |colours| front(&labelled, &Style { colours, ..plain() }).0;
    assert_eq!(of(Colours::ByClass), lensframe::draw::class_colour(7));
    assert_eq!(of(Colours::Shades), lensframe::draw::class_colour(7));
    assert_eq!(of(Colours::ByInstance), [128, 0, 0]);
    assert_eq!(of(Colours::One([1, 2, 3])), [1, 2, 3]);
    assert_eq!(of(Colours::List(vec![[5; 3], [6; 3]])), [6; 3]);
    assert_eq!(of(Colours::Instances(vec![[5; 3], [6; 3]])), [5; 3]);
    assert_eq!(of(Colours::List(vec![])), [255; 3]);
}

#[test]
fn what_cannot_be_drawn_is_counted_and_the_rest_is_drawn() {
    let boxed = |bbox| Object { bbox: Some(bbox), ..Object::default() };
    let other = Rle::full(Size::new(7, 7)).unwrap();
    let empty = Rle::empty(Size::new(SIZE.0, SIZE.1)).unwrap();
    let objects = [
        boxed([f64::NAN, 1.0, 2.0, 3.0]),
        boxed([1.0, 1.0, -2.0, 3.0]),
        boxed([1.0, 1.0, 0.0, 3.0]),
        boxed([90.0, 1.0, 5.0, 5.0]),
        Object::default(),
        Object { mask: Some(other), ..Object::default() },
        Object { mask: Some(empty), ..Object::default() },
        Object { rbox: Some([10.0, 10.0, f64::INFINITY, 2.0, 0.1]), ..Object::default() },
        boxed([5.0, 5.0, 10.0, 10.0]),
    ];
    let drawn = draw_objects(&mut ground(), &objects, &Style::default()).unwrap();
    assert_eq!((drawn.drawn, drawn.undrawable), (1, objects.len() - 1));
}

#[test]
fn a_label_without_a_name_is_an_error_if_there_are_names() {
    let objects = [Object { label: Some(2), ..object(None) }];
    let style = Style { classes: vec!["cat".into(), "dog".into()], ..Style::default() };
    let mut pixels = ground();
    let error = draw_objects(&mut pixels, &objects, &style).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Index);
    assert_eq!(
        error.to_string(),
        "draw: label 2 has no name among 2 classes; give the names of all classes, or none"
    );
    assert!(pixels == ground(), "nothing is drawn");
    assert!(draw_objects_from(&mut pixels, (0, 5), &[], &style).is_err());
}

#[test]
fn captions_are_spelt_as_the_tool_does() {
    let text = |caption, names, scores| {
        let bbox = Some([2.0, 20.0, 46.0, 15.0]);
        let object = Object { bbox, name: Some("dog".into()), score: Some(0.954), ..Object::default() };
        let mut pixels = ground();
        let style = Style { caption, names, scores, font_size: Some(9.0), ..Style::default() };
        draw_objects(&mut pixels, &[object], &style).unwrap();
        pixels
    };
    let written = |text: &str| {
        let bbox = Some([2.0, 20.0, 46.0, 15.0]);
        let mut pixels = ground();
        let object = Object { bbox, name: Some(text.into()), ..Object::default() };
        draw_objects(&mut pixels, &[object], &Style { font_size: Some(9.0), ..Style::default() }).unwrap();
        pixels
    };
    assert!(text(Caption::Colon, true, true) == written("dog: 0.95"));
    assert!(text(Caption::Bar, true, true) == written("dog|0.95"));
    assert!(text(Caption::Colon, false, true) == written("0.95"));
    assert!(text(Caption::Bar, true, false) == written("dog"));
}

#[test]
fn the_presets_draw_what_their_tools_draw() {
    let boxes = [object(Some(0.2)), object(Some(0.5))];
    let edge = |style: &Style| -> Colour {
        let mut pixels = ground();
        draw_objects(&mut pixels, &boxes, &Style { names: false, scores: false, ..style.clone() }).unwrap();
        pixels.pixel(29, 20).try_into().unwrap()
    };
    assert_eq!(edge(&Style::chainercv_boxes()), [255, 0, 0]);
    assert_eq!(edge(&Style::mmcv(0.3)), [0, 255, 0]);
    assert_eq!(edge(&Style::proposals()), [0, 255, 0]);
    // The second over the first: green at 70% over red at 70% of 128 each.
    assert_eq!(edge(&Style::chainercv_masks()), [27, 90, 0]);
    assert_eq!(front(&boxes, &Style::mmcv(0.3)).1.left_out, 1);
}

#[test]
fn objects_drawn_on_a_small_picture_lie_where_they_lay() {
    let mut small = Pixels::filled((20, 25), Channels::Rgb, [0; 3]).unwrap();
    draw_objects_from(&mut small, SIZE, &[object(None)], &plain()).unwrap();
    for (row, column) in (0..20).flat_map(|r| (0..25).map(move |c| (r, c))) {
        let inside = (5..15).contains(&row) && (5..15).contains(&column);
        let want: Colour = if inside { [255, 0, 0] } else { [0; 3] };
        assert_eq!(small.pixel(row, column), want, "{row} {column}");
    }
}
