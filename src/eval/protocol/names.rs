//! The names of protocols, and the numbers that belong to them.

use super::Protocol;
use crate::error::{Error, ErrorKind, Result};
use crate::eval::coco::{Kind, Params};
use crate::eval::rotated::RotatedParams;
use crate::eval::{mean_ap, open_images, voc};

/// A protocol that can be named.
#[derive(Clone, Copy, Debug)]
pub struct Named {
    /// Its name.
    pub name: &'static str,
    /// What it is, and whose numbers it gives.
    pub what: &'static str,
    make: fn() -> Protocol,
}

fn coco(kind: Kind) -> Protocol {
    Protocol::Coco(Params::new(kind))
}

fn voc(kind: voc::Kind, eleven_points: bool) -> Protocol {
    Protocol::Voc(voc::Params { eleven_points, ..voc::Params::new(kind) })
}

fn open_images(params: open_images::Params) -> Protocol {
    Protocol::OpenImages(params, open_images::Declared::default())
}

const KNOWN: [Named; 20] = [
    Named { name: "coco/bbox", what: "COCO's AP and AR of boxes (pycocotools)", make: || coco(Kind::Bbox) },
    Named { name: "coco/segm", what: "COCO's AP and AR of masks (pycocotools)", make: || coco(Kind::Segm) },
    Named {
        name: "coco/boundary",
        what: "COCO's AP and AR of masks by Boundary IoU (boundary_iou_api)",
        make: || coco(Kind::boundary()),
    },
    Named {
        name: "coco/keypoints",
        what: "COCO's AP and AR of a person's points (pycocotools)",
        make: || coco(Kind::person()),
    },
    Named { name: "lvis/bbox", what: "LVIS's AP of boxes (lvis-api)", make: || Protocol::Lvis(Kind::Bbox) },
    Named { name: "lvis/segm", what: "LVIS's AP of masks (lvis-api)", make: || Protocol::Lvis(Kind::Segm) },
    Named {
        name: "lvis/boundary",
        what: "LVIS's AP of masks by Boundary IoU (boundary_iou_api)",
        make: || Protocol::Lvis(Kind::boundary()),
    },
    Named {
        name: "voc/bbox",
        what: "VOC's AP of boxes, area under the curve (ChainerCV)",
        make: || voc(voc::Kind::Bbox, false),
    },
    Named {
        name: "voc07/bbox",
        what: "VOC 2007's AP of boxes, eleven points (ChainerCV)",
        make: || voc(voc::Kind::Bbox, true),
    },
    Named {
        name: "voc/segm",
        what: "VOC's AP of instance masks, area under the curve (ChainerCV)",
        make: || voc(voc::Kind::Segm, false),
    },
    Named {
        name: "voc07/segm",
        what: "the same with eleven points (ChainerCV)",
        make: || voc(voc::Kind::Segm, true),
    },
    Named {
        name: "mmdet/map",
        what: "eval_map (MMDetection)",
        make: || Protocol::MeanAp(mean_ap::Params::new()),
    },
    Named {
        name: "mmdet/map_voc07",
        what: "eval_map as MMDetection's VOC 2007 asks for it",
        make: || Protocol::MeanAp(mean_ap::Params::voc(2007)),
    },
    Named {
        name: "open_images",
        what: "Open Images V2: groups do not count (TF Object Detection API)",
        make: || open_images(open_images::Params::v2()),
    },
    Named {
        name: "open_images/challenge",
        what: "Open Images Challenge: a group counts as one (TF Object Detection API)",
        make: || open_images(open_images::Params::challenge()),
    },
    Named {
        name: "open_images/mmdet",
        what: "Open Images as MMDetection has it",
        make: || open_images(open_images::Params::mmdetection()),
    },
    Named {
        name: "proposals",
        what: "recall of proposals by COCO's rule (MMDetection's `proposal`)",
        make: || Protocol::Proposals(vec![100, 300, 1000]),
    },
    Named {
        name: "proposals/fast",
        what: "recall of proposals, best pair first (MMDetection's `proposal_fast`)",
        make: || Protocol::FastProposals(crate::eval::proposals::RecallParams::new()),
    },
    Named {
        name: "dota",
        what: "AP of rotated boxes, area under the curve (MMRotate)",
        make: || Protocol::Rotated(RotatedParams::default(), false),
    },
    Named {
        name: "dota07",
        what: "AP of rotated boxes, eleven points (MMRotate)",
        make: || Protocol::Rotated(RotatedParams::default(), true),
    },
];

/// All protocols that can be named.
pub fn known() -> &'static [Named] {
    &KNOWN
}

pub(super) fn named(name: &str) -> Result<Protocol> {
    match KNOWN.iter().find(|known| known.name == name) {
        Some(known) => Ok((known.make)()),
        None => {
            let names: Vec<&str> = KNOWN.iter().map(|known| known.name).collect();
            Err(Error::new(ErrorKind::Usage, format!("there is no protocol {name:?}"))
                .remedy(format!("name one of {}", names.join(", "))))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_stands_once_and_makes_parameters_that_hold() {
        for (n, known) in KNOWN.iter().enumerate() {
            assert!(KNOWN.iter().skip(n + 1).all(|other| other.name != known.name));
            let mut protocol = named(known.name).unwrap();
            let wanted = protocol.wanted();
            assert!(wanted.boxes || wanted.masks || wanted.points > 0 || wanted.rotated, "{}", known.name);
            let _ = protocol.set_thresholds(vec![0.7]);
            if let Protocol::Voc(params) = &protocol {
                assert_eq!(params.threshold, 0.7);
                assert!(protocol.set_thresholds(vec![0.5, 0.7]).is_err());
            }
        }
    }
}
