//! What Open Images' protocol is asked for.

use crate::error::{Error, ErrorKind, Result};

/// What a group counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Groups {
    /// Groups are truths like others.
    Plain,
    /// Weight 0: a group is not sought, and detections inside one are left out.
    Ignored,
    /// Weight 1: a group is sought; the best detection inside one is true, the others are left out.
    Counted,
}

/// In which numbers overlaps and averages are computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arithmetic {
    /// MMDetection's single precision.
    Single,
    /// The TF Object Detection API's double precision.
    Double,
}

/// The parameters of Open Images' protocol.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Params {
    /// How much a detection has to overlap its truth.
    pub threshold: f64,
    /// How much of a detection has to lie inside a group.
    pub share: f64,
    /// What a group counts.
    pub groups: Groups,
    /// Adds to each detection one of every class above its own that is verified on the image.
    pub expand_found: bool,
    /// Drops detections of classes that are not verified on the image.
    pub drop_unverified: bool,
    /// In which numbers.
    pub arithmetic: Arithmetic,
}

impl Params {
    /// The Open Images V2 metric: groups weigh 0.
    pub fn v2() -> Params {
        Params {
            threshold: 0.5,
            share: 0.5,
            groups: Groups::Ignored,
            expand_found: false,
            drop_unverified: true,
            arithmetic: Arithmetic::Double,
        }
    }

    /// The Open Images Challenge metric: groups weigh 1.
    pub fn challenge() -> Params {
        Params { groups: Groups::Counted, ..Params::v2() }
    }

    /// What MMDetection's Open Images data sets ask for.
    pub fn mmdetection() -> Params {
        Params { expand_found: true, arithmetic: Arithmetic::Single, ..Params::challenge() }
    }

    /// Checks the parameters.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] for a threshold that is not a number.
    pub fn check(&self) -> Result<()> {
        if self.threshold.is_nan() || self.share.is_nan() {
            return Err(Error::new(ErrorKind::Usage, "a threshold is not a number"));
        }
        Ok(())
    }
}
