//! ChainerCV's names (0.13): what its evaluators report, class by class and in the mean.
//!
//! Its documentation prints two keys of recall with a single overlap (`ar/iou=0.50/…/max_dets=10`, `iou=0.75/…=100`);
//! what it computes and emits is the mean over all overlaps, under the names given here.

use super::counterpart::{Counterpart, Ours};

const COCO: &[&str] = &["coco/bbox", "coco/segm"];
const VOC: &[&str] = &["voc/bbox", "voc07/bbox", "voc/segm", "voc07/segm"];
const SEMANTIC: &[&str] = &["semantic"];

const fn coco(theirs: &'static str, ours: Ours) -> Counterpart {
    Counterpart { protocols: COCO, theirs, ours }
}

const fn voc(theirs: &'static str, ours: Ours) -> Counterpart {
    Counterpart { protocols: VOC, theirs, ours }
}

const fn semantic(theirs: &'static str, ours: Ours) -> Counterpart {
    Counterpart { protocols: SEMANTIC, theirs, ours }
}

pub(super) const LIST: &[Counterpart] = &[
    voc("map", Ours::Figure("mAP")),
    voc("ap/{class}", Ours::Column("AP")),
    coco("map/iou=0.50:0.95/area=all/max_dets=100", Ours::Figure("AP")),
    coco("map/iou=0.50/area=all/max_dets=100", Ours::Figure("AP50")),
    coco("map/iou=0.75/area=all/max_dets=100", Ours::Figure("AP75")),
    coco("map/iou=0.50:0.95/area=small/max_dets=100", Ours::Figure("APs")),
    coco("map/iou=0.50:0.95/area=medium/max_dets=100", Ours::Figure("APm")),
    coco("map/iou=0.50:0.95/area=large/max_dets=100", Ours::Figure("APl")),
    coco("mar/iou=0.50:0.95/area=all/max_dets=1", Ours::Figure("AR@1")),
    coco("mar/iou=0.50:0.95/area=all/max_dets=10", Ours::Figure("AR@10")),
    coco("mar/iou=0.50:0.95/area=all/max_dets=100", Ours::Figure("AR@100")),
    coco("mar/iou=0.50:0.95/area=small/max_dets=100", Ours::Figure("ARs")),
    coco("mar/iou=0.50:0.95/area=medium/max_dets=100", Ours::Figure("ARm")),
    coco("mar/iou=0.50:0.95/area=large/max_dets=100", Ours::Figure("ARl")),
    coco("ap/iou=0.50:0.95/area=all/max_dets=100/{class}", Ours::Column("AP")),
    coco("ap/iou=0.50/area=all/max_dets=100/{class}", Ours::Column("AP50")),
    coco("ap/iou=0.75/area=all/max_dets=100/{class}", Ours::Column("AP75")),
    coco("ap/iou=0.50:0.95/area=small/max_dets=100/{class}", Ours::Column("AP small")),
    coco("ap/iou=0.50:0.95/area=medium/max_dets=100/{class}", Ours::Column("AP medium")),
    coco("ap/iou=0.50:0.95/area=large/max_dets=100/{class}", Ours::Column("AP large")),
    coco("ar/iou=0.50:0.95/area=all/max_dets=1/{class}", Ours::Column("AR@1")),
    coco("ar/iou=0.50:0.95/area=all/max_dets=10/{class}", Ours::Column("AR@10")),
    coco("ar/iou=0.50:0.95/area=all/max_dets=100/{class}", Ours::Column("AR")),
    coco("ar/iou=0.50:0.95/area=small/max_dets=100/{class}", Ours::Column("AR small")),
    coco("ar/iou=0.50:0.95/area=medium/max_dets=100/{class}", Ours::Column("AR medium")),
    coco("ar/iou=0.50:0.95/area=large/max_dets=100/{class}", Ours::Column("AR large")),
    coco(
        "existent_labels",
        Ours::None("numbers of classes; the table of classes says how many objects each has"),
    ),
    coco(
        "coco_eval",
        Ours::None("an object of pycocotools; its arrays are `Coco::finish`, and files by --arrays"),
    ),
    semantic("miou", Ours::Figure("mIoU")),
    semantic("pixel_accuracy", Ours::Figure("aAcc")),
    semantic("mean_class_accuracy", Ours::Figure("mAcc")),
    semantic("iou/{class}", Ours::Column("IoU")),
    semantic("class_accuracy/{class}", Ours::Column("accuracy")),
];
