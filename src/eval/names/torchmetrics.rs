//! torchmetrics' names (1.9): what `MeanAveragePrecision` gives.

use super::counterpart::{Counterpart, Ours};

const fn of(theirs: &'static str, ours: Ours) -> Counterpart {
    Counterpart { protocols: &["coco/bbox", "coco/segm"], theirs, ours }
}

pub(super) const LIST: &[Counterpart] = &[
    of("map", Ours::Figure("AP")),
    of("map_50", Ours::Figure("AP50")),
    of("map_75", Ours::Figure("AP75")),
    of("map_small", Ours::Figure("APs")),
    of("map_medium", Ours::Figure("APm")),
    of("map_large", Ours::Figure("APl")),
    of("mar_*", Ours::Figures("AR@")),
    of("mar_small", Ours::Figure("ARs")),
    of("mar_medium", Ours::Figure("ARm")),
    of("mar_large", Ours::Figure("ARl")),
    of("map_per_class", Ours::List("AP")),
    of("mar_{last}_per_class", Ours::List("AR")),
    of("classes", Ours::Classes),
    of("ious", Ours::None("the overlaps of all pairs are not kept; --matches has that of each match")),
    of("precision", Ours::None("an array; `Coco::finish`, and precision.npy by --arrays")),
    of("recall", Ours::None("an array; `Coco::finish`, and recall.npy by --arrays")),
    of("scores", Ours::None("an array; `Coco::finish_with_scores`, and scores.npy by --arrays")),
];
