//! MMDetection's names (2.x): what `evaluate` of its datasets gives.
//!
//! COCO's numbers are computed there with 100, 300 and 1000 detections an image and class: `mAP` is of 100, the others
//! of 1000.

use super::counterpart::{Counterpart, Ours};

const fn of(protocols: &'static [&'static str], theirs: &'static str, ours: Ours) -> Counterpart {
    Counterpart { protocols, theirs, ours }
}

const COCO: &[&str] = &["coco/bbox", "coco/segm"];
const LVIS: &[&str] = &["lvis/bbox", "lvis/segm"];
const MAP: &[&str] = &["mmdet/map", "mmdet/map_voc07"];
const OPEN: &[&str] = &["open_images/mmdet"];
const PROPOSAL: &[&str] = &["proposals"];
const FAST: &[&str] = &["proposals/fast"];
const PANOPTIC: &[&str] = &["panoptic"];
const CITYSCAPES: &[&str] = &["cityscapes"];
const SEMANTIC: &[&str] = &["semantic"];

pub(super) const LIST: &[Counterpart] = &[
    // Asked for first, so that a report of other numbers of detections is refused.
    of(COCO, "{kind}_mAP", Ours::Rounded("AP")),
    of(COCO, "{kind}_mAP_50", Ours::Rounded("AP50")),
    of(COCO, "{kind}_mAP_75", Ours::Rounded("AP75")),
    of(COCO, "{kind}_mAP_s", Ours::Rounded("APs")),
    of(COCO, "{kind}_mAP_m", Ours::Rounded("APm")),
    of(COCO, "{kind}_mAP_l", Ours::Rounded("APl")),
    of(COCO, "{kind}_mAP_copypaste", Ours::Paste(&["AP", "AP50", "AP75", "APs", "APm", "APl"])),
    of(LVIS, "{kind}_AP", Ours::Rounded("AP")),
    of(LVIS, "{kind}_AP50", Ours::Rounded("AP50")),
    of(LVIS, "{kind}_AP75", Ours::Rounded("AP75")),
    of(LVIS, "{kind}_APs", Ours::Rounded("APs")),
    of(LVIS, "{kind}_APm", Ours::Rounded("APm")),
    of(LVIS, "{kind}_APl", Ours::Rounded("APl")),
    of(LVIS, "{kind}_APr", Ours::Rounded("APr")),
    of(LVIS, "{kind}_APc", Ours::Rounded("APc")),
    of(LVIS, "{kind}_APf", Ours::Rounded("APf")),
    of(
        LVIS,
        "{kind}_mAP_copypaste",
        Ours::PasteNamed(&["AP", "AP50", "AP75", "APs", "APm", "APl", "APr", "APc", "APf"]),
    ),
    of(LVIS, "AR@300", Ours::None("LVIS's recall of proposals without classes; `proposals` has COCO's")),
    of(PROPOSAL, "AR@*", Ours::RoundedFigures("AR@")),
    of(PROPOSAL, "AR_*", Ours::RoundedFigures("AR_")),
    of(FAST, "recall@{n}@{iou}", Ours::Recalls),
    of(FAST, "AR@*", Ours::Figures("AR@")),
    of(MAP, "mAP", Ours::Figure("mAP")),
    of(MAP, "AP*", Ours::RoundedFigures("AP")),
    of(OPEN, "AP*", Ours::RoundedFigures("AP")),
    of(OPEN, "mAP", Ours::Figure("AP50")),
    of(PANOPTIC, "PQ", Ours::Percent("PQ")),
    of(PANOPTIC, "SQ", Ours::Percent("SQ")),
    of(PANOPTIC, "RQ", Ours::Percent("RQ")),
    of(PANOPTIC, "PQ_th", Ours::Percent("PQ_th")),
    of(PANOPTIC, "SQ_th", Ours::Percent("SQ_th")),
    of(PANOPTIC, "RQ_th", Ours::Percent("RQ_th")),
    of(PANOPTIC, "PQ_st", Ours::Percent("PQ_st")),
    of(PANOPTIC, "SQ_st", Ours::Percent("SQ_st")),
    of(PANOPTIC, "RQ_st", Ours::Percent("RQ_st")),
    of(CITYSCAPES, "mAP", Ours::Figure("allAp")),
    of(CITYSCAPES, "AP@50", Ours::Figure("allAp50%")),
    of(SEMANTIC, "aAcc", Ours::Figure("aAcc")),
    of(SEMANTIC, "mIoU", Ours::Figure("mIoU")),
    of(SEMANTIC, "mAcc", Ours::Figure("mAcc")),
    of(SEMANTIC, "mDice", Ours::Figure("mDice")),
    of(
        COCO,
        "occluded_recall",
        Ours::None("needs the list of occluded objects that comes with that tool's data"),
    ),
    of(
        COCO,
        "separated_recall",
        Ours::None("needs the list of separated objects that comes with that tool's data"),
    ),
    of(
        COCO,
        "P, mPC, rPC",
        Ours::None("means of AP over corrupted copies of a dataset, each of which is one evaluation"),
    ),
    of(COCO, "{child_index}_{kind}_mAP", Ours::None("joined datasets evaluated apart: one evaluation each")),
];
