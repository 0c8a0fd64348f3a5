//! What is odd about a value that is kept as declared: the codes and sentences of the warnings.
//!
//! Nothing is repaired. Boxes may overhang their image by one pixel, as rounding and inclusive corners make
//! them.

use super::segmentation::Shape;

/// How far a box may overhang its image, in pixels.
const SLACK: f64 = 1.0;

/// A warning's code and its sentence.
pub(super) type Finding = (&'static str, String);

/// What is odd about a box x, y, w, h in an image of (height, width).
pub(super) fn odd_box(bbox: &[f64; 4], size: Option<(i32, i32)>) -> Option<Finding> {
    let [x, y, w, h] = *bbox;
    let shown = format_args!("[{x}, {y}, {w}, {h}]");
    if !bbox.iter().all(|v| v.is_finite()) {
        return Some(("coco.box-infinite", format!("the box {shown} is beyond the range of doubles")));
    }
    if w < 0.0 || h < 0.0 {
        return Some(("coco.box-negative", format!("the box {shown} has a negative size")));
    }
    if w == 0.0 || h == 0.0 {
        return Some(("coco.box-empty", format!("the box {shown} has no area")));
    }
    let (height, width) = size?;
    let outside =
        x < -SLACK || y < -SLACK || x + w > f64::from(width) + SLACK || y + h > f64::from(height) + SLACK;
    outside.then(|| {
        ("coco.box-outside", format!("the box {shown} reaches out of its image of {width}x{height}"))
    })
}

/// What is odd about a segmentation in an image of (height, width).
pub(super) fn odd_shape(shape: Shape, size: Option<(i32, i32)>) -> Option<Finding> {
    match shape {
        Shape::Polygons { odd, .. } if odd > 0 => {
            Some(("coco.polygon-odd", format!("{odd} polygons have an odd number of coordinates")))
        }
        Shape::Polygons { short, .. } if short > 0 => {
            Some(("coco.polygon-short", format!("{short} polygons have fewer than three points")))
        }
        Shape::Polygons { .. } => None,
        Shape::Runs { size: [height, width], total } => {
            let pixels = i64::from(height) * i64::from(width);
            match total {
                None => Some(("coco.rle-text", "the compressed run lengths cannot be decoded".to_owned())),
                Some(total) if i64::try_from(total) != Ok(pixels) => {
                    let what =
                        format!("the run lengths add up to {total}, not to {height}x{width} = {pixels}");
                    Some(("coco.rle-length", what))
                }
                Some(_) => {
                    let (h, w) = size.filter(|size| *size != (height, width))?;
                    Some(("coco.rle-size", format!("the mask is {width}x{height} but its image {w}x{h}")))
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(bbox: [f64; 4]) -> Option<&'static str> {
        odd_box(&bbox, Some((10, 20))).map(|(code, _)| code)
    }

    #[test]
    fn each_oddity_of_a_box_has_its_code() {
        assert_eq!(code([0.0, 0.0, 20.0, 10.0]), None);
        assert_eq!(code([-1.0, 0.0, 22.0, 10.0]), None);
        assert_eq!(code([f64::INFINITY, 0.0, 1.0, 1.0]), Some("coco.box-infinite"));
        assert_eq!(code([0.0, 0.0, -1.0, 1.0]), Some("coco.box-negative"));
        assert_eq!(code([0.0, 0.0, 0.0, 1.0]), Some("coco.box-empty"));
        assert_eq!(code([15.0, 0.0, 7.0, 1.0]), Some("coco.box-outside"));
        assert_eq!(odd_box(&[15.0, 0.0, 7.0, 1.0], None), None);
    }

    #[test]
    fn run_lengths_are_held_against_their_size() {
        let runs = |total| Shape::Runs { size: [10, 5], total };
        let code = |shape, size| odd_shape(shape, size).map(|(code, _)| code);
        assert_eq!(code(runs(Some(50)), None), None);
        assert_eq!(code(runs(Some(49)), None), Some("coco.rle-length"));
        assert_eq!(code(runs(None), None), Some("coco.rle-text"));
        assert_eq!(code(runs(Some(50)), Some((5, 10))), Some("coco.rle-size"));
    }
}
