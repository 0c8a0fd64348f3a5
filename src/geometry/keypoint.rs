//! Points with a visibility, as people and birds have them: [`Keypoint`].
//!
//! The invariant of what [`parse`] gives: coordinates are finite. Visibility is the source's own
//! number; in COCO 0 means not labelled (then x and y are 0), 1 labelled but hidden, 2 visible.

use crate::error::{Error, ErrorKind, Place, Result};
use crate::geometry::BBox;

/// A point in pixels, x to the right and y down, and what its source says of its visibility.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Keypoint {
    /// Pixels from the left edge.
    pub x: f64,
    /// Pixels from the top edge.
    pub y: f64,
    /// The source's number; 0 is not labelled.
    pub visibility: u8,
}

impl Keypoint {
    /// True unless the visibility is 0.
    pub fn is_labelled(&self) -> bool {
        self.visibility > 0
    }
}

/// Which points of a COCO person change places in a mirror image: eyes, ears, shoulders, elbows, wrists,
/// hips, knees, ankles. The nose (0) stays.
pub const COCO_PERSON_PAIRS: [(usize, usize); 8] =
    [(1, 2), (3, 4), (5, 6), (7, 8), (9, 10), (11, 12), (13, 14), (15, 16)];

/// Points from COCO's flat list x, y, v, x, y, v, …
///
/// ```
/// use lensframe::geometry::keypoint;
/// # fn main() -> lensframe::error::Result<()> {
/// let points = keypoint::parse(&[10.0, 20.0, 2.0, 0.0, 0.0, 0.0])?;
/// assert_eq!((points.len(), keypoint::labelled(&points)), (2, 1));
/// assert_eq!(keypoint::flat(&points), [10.0, 20.0, 2.0, 0.0, 0.0, 0.0]);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// `Length` if the numbers do not come in threes; `Format` if a coordinate is not finite or a
/// visibility is not a whole number of 0 to 255.
pub fn parse(flat: &[f64]) -> Result<Vec<Keypoint>> {
    let place = || Place::none().key("point");
    let (triplets, []) = flat.as_chunks::<3>() else {
        let what = format!("{} numbers are not keypoints of x, y, visibility", flat.len());
        return Err(Error::new(ErrorKind::Length, what).at(place()));
    };
    let parse = |(i, [x, y, v]): (usize, &[f64; 3])| {
        let visibility = *v as u8; // saturates; compared below
        if !x.is_finite() || !y.is_finite() || f64::from(visibility) != *v {
            let what = format!("keypoint {i} is ({x}, {y}) with visibility {v}");
            return Err(Error::new(ErrorKind::Format, what).at(place()));
        }
        Ok(Keypoint { x: *x, y: *y, visibility })
    };
    triplets.iter().enumerate().map(parse).collect()
}

/// The flat list x, y, v, … again: the inverse of [`parse`].
pub fn flat(points: &[Keypoint]) -> Vec<f64> {
    points.iter().flat_map(|p| [p.x, p.y, f64::from(p.visibility)]).collect()
}

/// How many are labelled: COCO's `num_keypoints`.
pub fn labelled(points: &[Keypoint]) -> usize {
    points.iter().filter(|p| p.is_labelled()).count()
}

/// The box spanned by the labelled points, or `None` without one. Its width is 0 where they share an x.
///
/// # Errors
/// `Format` if the span is beyond the range of numbers; so for [`extent`].
pub fn bounds(points: &[Keypoint]) -> Result<Option<BBox>> {
    span(points.iter().filter(|p| p.is_labelled()))
}

/// The box spanned by *all* points, unlabelled ones included, or `None` without one: what COCO's
/// tools take for the box of a keypoint result that has none (pycocotools `loadRes`).
///
/// # Errors
/// As [`bounds`].
pub fn extent(points: &[Keypoint]) -> Result<Option<BBox>> {
    span(points.iter())
}

fn span<'a>(points: impl Iterator<Item = &'a Keypoint>) -> Result<Option<BBox>> {
    let corners = points
        .map(|p| [p.x, p.y, p.x, p.y])
        .reduce(|a, b| [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])]);
    corners.map(|[left, top, right, bottom]| BBox::from_xyxy(left, top, right, bottom)).transpose()
}

/// The points of the mirror image: x becomes `width` − x and paired points change places.
///
/// Points that are not labelled keep their coordinates, which say nothing, so that COCO's 0, 0, 0
/// stays what it is. Coordinates are continuous: the image spans 0 to `width`, so that a pixel's
/// centre (i + ½) falls on a pixel's centre.
///
/// ```
/// use lensframe::geometry::{FlipPairs, keypoint};
/// # fn main() -> lensframe::error::Result<()> {
/// let eyes = keypoint::parse(&[1.0, 5.0, 2.0, 4.0, 6.0, 1.0])?;
/// let flipped = keypoint::flip_x(&eyes, 10.0, &FlipPairs::try_new(2, &[(0, 1)])?)?;
/// assert_eq!(keypoint::flat(&flipped), [6.0, 6.0, 1.0, 9.0, 5.0, 2.0]);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// `Length` if the pairs were made for another number of points.
pub fn flip_x(points: &[Keypoint], width: f64, pairs: &FlipPairs) -> Result<Vec<Keypoint>> {
    if points.len() != pairs.partner.len() {
        let what = format!("{} keypoints, flip pairs for {}", points.len(), pairs.partner.len());
        return Err(Error::new(ErrorKind::Length, what).at(Place::none().key("point")));
    }
    let flip = |p: Keypoint| if p.is_labelled() { Keypoint { x: width - p.x, ..p } } else { p };
    Ok(pairs.partner.iter().filter_map(|from| points.get(*from)).map(|p| flip(*p)).collect())
}
/// Which points change places in a mirror image: a checked list of disjoint pairs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlipPairs {
    partner: Vec<usize>,
}

impl FlipPairs {
    /// Pairs among `points` points; what is in no pair stays where it is.
    ///
    /// # Errors
    /// `Usage` if a pair names a point that does not exist, or one point twice.
    pub fn try_new(points: usize, pairs: &[(usize, usize)]) -> Result<FlipPairs> {
        let mut partner: Vec<usize> = (0..points).collect();
        for &(a, b) in pairs {
            if a == b || partner.get(a) != Some(&a) || partner.get(b) != Some(&b) {
                let what = format!("the flip pair ({a}, {b}) does not join two free points of {points}");
                return Err(Error::new(ErrorKind::Usage, what));
            }
            partner.swap(a, b);
        }
        Ok(FlipPairs { partner })
    }

    /// The number of points these pairs are for.
    pub fn points(&self) -> usize {
        self.partner.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn triplets_that_are_not_points_are_refused() {
        for (flat, kind) in [
            (&[1.0, 2.0][..], ErrorKind::Length),
            (&[f64::NAN, 0.0, 1.0], ErrorKind::Format),
            (&[0.0, f64::INFINITY, 1.0], ErrorKind::Format),
            (&[0.0, 0.0, 1.5], ErrorKind::Format),
            (&[0.0, 0.0, -1.0], ErrorKind::Format),
            (&[0.0, 0.0, 256.0], ErrorKind::Format),
            (&[0.0, 0.0, f64::NAN], ErrorKind::Format),
        ] {
            assert_eq!(parse(flat).unwrap_err().kind(), kind, "{flat:?}");
        }
        assert!(parse(&[]).unwrap().is_empty());
    }

    #[test]
    fn bounds_leave_unlabelled_points_out_and_extent_takes_them() {
        let points = parse(&[0.0, 0.0, 0.0, 4.0, 9.0, 1.0, 6.0, 2.0, 2.0]).unwrap();
        assert_eq!(bounds(&points).unwrap().unwrap().to_array(), [4.0, 2.0, 2.0, 7.0]);
        assert_eq!(extent(&points).unwrap().unwrap().to_array(), [0.0, 0.0, 6.0, 9.0]);
        assert_eq!(bounds(&points[..1]).unwrap(), None);
        assert_eq!(extent(&[]).unwrap(), None);
    }

    #[test]
    fn flipping_twice_gives_the_points_back() {
        let flat: Vec<f64> = (0..17).flat_map(|i| [f64::from(i), 2.0, f64::from(i % 3)]).collect();
        let points = parse(&flat).unwrap();
        let pairs = FlipPairs::try_new(17, &COCO_PERSON_PAIRS).unwrap();
        let once = flip_x(&points, 640.0, &pairs).unwrap();
        assert_eq!((once[1].x, once[2].x), (638.0, 639.0));
        assert_eq!(once[4], points[3], "unlabelled points only change places");
        assert_eq!(flip_x(&once, 640.0, &pairs).unwrap(), points);
        assert!(flip_x(&points[1..], 640.0, &pairs).is_err());
    }

    #[test]
    fn pairs_that_share_or_miss_a_point_are_refused() {
        for bad in [&[(0, 0)][..], &[(0, 3)], &[(0, 1), (1, 2)], &[(0, 1), (0, 1)], &[(0, 1), (1, 0)]] {
            assert!(FlipPairs::try_new(3, bad).is_err(), "{bad:?}");
        }
        assert_eq!(FlipPairs::try_new(3, &[]).unwrap().points(), 3);
    }
}
