//! What COCO's protocol is asked for: kind of overlap, thresholds, area ranges, caps.

use crate::error::{Error, ErrorKind, Result};

/// What is compared.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// Boxes.
    Bbox,
    /// Masks.
    Segm,
    /// Masks by Boundary IoU: the lower of the overlaps of the masks and of their boundaries, which reach into them by
    /// this ratio of the image's diagonal. Crowds are compared by their masks alone.
    Boundary(f64),
    /// Points, by object keypoint similarity; one sigma a point.
    Keypoints(Vec<f64>),
}

impl Kind {
    /// COCO's name of the kind.
    pub fn name(&self) -> &'static str {
        match self {
            Kind::Bbox => "bbox",
            Kind::Segm => "segm",
            Kind::Boundary(_) => "boundary",
            Kind::Keypoints(_) => "keypoints",
        }
    }

    /// Boundary IoU with the ratio of its paper and reference, 0.02.
    pub fn boundary() -> Kind {
        Kind::Boundary(0.02)
    }

    /// The cap of the first number that is quoted, fixed in the reference: with other caps it has no number.
    pub fn headline_cap(&self) -> u32 {
        if matches!(self, Kind::Keypoints(_)) { 20 } else { 100 }
    }

    /// Keypoints with the sigmas of COCO's seventeen points of a person (pycocotools 2.0.11).
    pub fn person() -> Kind {
        let tenths = [
            0.26, 0.25, 0.25, 0.35, 0.35, 0.79, 0.79, 0.72, 0.72, 0.62, 0.62, 1.07, 1.07, 0.87, 0.87, 0.89,
            0.89,
        ];
        // Divided, as the reference does: a literal 0.026 is another double.
        Kind::Keypoints(tenths.iter().map(|sigma| sigma / 10.0).collect())
    }
}

/// A range of areas in square pixels; both ends belong to it.
#[derive(Clone, Debug, PartialEq)]
pub struct AreaRange {
    /// The name in keys and tables.
    pub name: String,
    /// The least area.
    pub from: f64,
    /// The greatest area.
    pub to: f64,
}

impl AreaRange {
    /// A named range.
    pub fn new(name: &str, from: f64, to: f64) -> AreaRange {
        AreaRange { name: name.to_owned(), from, to }
    }

    /// True if an area lies outside.
    pub fn leaves_out(&self, area: f64) -> bool {
        area < self.from || area > self.to
    }
}

/// The parameters of COCO's protocol; what [`Params::new`] gives are pycocotools' own.
#[derive(Clone, Debug, PartialEq)]
pub struct Params {
    /// What is compared.
    pub kind: Kind,
    /// Overlap thresholds, ascending.
    pub thresholds: Vec<f64>,
    /// Points of recall at which precision is read, ascending.
    pub recalls: Vec<f64>,
    /// Area ranges; the first is that of the headline.
    pub ranges: Vec<AreaRange>,
    /// How many detections of an image and class count, ascending.
    pub caps: Vec<u32>,
    /// All classes as one.
    pub class_agnostic: bool,
}

/// `n` numbers from one to another as numpy's `linspace` gives them.
fn linspace(from: f64, to: f64, n: usize) -> Vec<f64> {
    let step = (to - from) / (n - 1) as f64;
    (0..n).map(|i| if i + 1 == n { to } else { i as f64 * step + from }).collect()
}

impl Params {
    /// pycocotools' parameters for this kind.
    pub fn new(kind: Kind) -> Params {
        let points = matches!(kind, Kind::Keypoints(_));
        let mut ranges = vec![
            AreaRange::new("all", 0.0, 1e10),
            AreaRange::new("small", 0.0, 1024.0),
            AreaRange::new("medium", 1024.0, 9216.0),
            AreaRange::new("large", 9216.0, 1e10),
        ];
        if points {
            ranges.remove(1);
        }
        Params {
            kind,
            thresholds: linspace(0.5, 0.95, 10),
            recalls: linspace(0.0, 1.0, 101),
            ranges,
            caps: if points { vec![20] } else { vec![1, 10, 100] },
            class_agnostic: false,
        }
    }

    /// The greatest cap.
    pub fn cap(&self) -> u32 {
        self.caps.iter().copied().max().unwrap_or(0)
    }

    /// Checks the parameters.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`], naming what cannot be.
    pub fn check(&self) -> Result<()> {
        let fault = |what: &str| Err(Error::new(ErrorKind::Usage, what));
        if self.caps.is_empty() || self.caps.contains(&0) {
            return fault("the caps on detections are none, or 0 is among them");
        }
        if self.thresholds.iter().any(|t| t.is_nan()) || self.recalls.iter().any(|r| r.is_nan()) {
            return fault("a threshold or a point of recall is not a number");
        }
        if let Kind::Keypoints(sigmas) = &self.kind
            && !sigmas.iter().all(|sigma| *sigma > 0.0)
        {
            return fault("a point's sigma is not above 0");
        }
        if let Kind::Boundary(ratio) = self.kind
            && !(ratio.is_finite() && ratio >= 0.0)
        {
            return fault("the ratio of a boundary is not 0 or more");
        }
        if self.recalls.iter().any(|recall| recall.is_infinite()) {
            return fault("a point of recall is infinite");
        }
        if !self.recalls.is_sorted() {
            return fault("points of recall are not in ascending order");
        }
        if self.ranges.iter().any(|range| range.from.is_nan() || range.to.is_nan()) {
            return fault("an end of an area range is not a number");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_are_numpys_linspace_and_not_decimals() {
        let params = Params::new(Kind::Bbox);
        assert_eq!(params.thresholds[8], 0.8999999999999999);
        assert_eq!((params.thresholds[0], params.thresholds[5], params.thresholds[9]), (0.5, 0.75, 0.95));
        assert_eq!(params.recalls[35], 0.35000000000000003);
        assert_eq!((params.recalls.len(), params.recalls[100]), (101, 1.0));
    }
}
