"""The cases of masks, points and files; see cases.py."""

import json

import numpy as np
from pycocotools import mask as masks

from cases import A, B, BOTH, CASES, NAN, TWO, ann, case, changed, det, truth, without

__all__ = ["CASES"]


def rle(box, size=(100, 100), runs=False):
    """A filled box as runs, as a compressed string or as numbers."""
    x, y, w, h = box
    image = np.zeros(size, dtype=np.uint8, order="F")
    image[y:y + h, x:x + w] = 1
    if runs:
        flat = image.ravel(order="F")
        edges = np.flatnonzero(np.diff(np.concatenate([[0], flat, [1 - flat[-1]]])))
        return {"size": list(size), "counts": np.diff(np.concatenate([[0], edges])).tolist()}
    coded = masks.encode(image)
    return {"size": list(size), "counts": coded["counts"].decode()}


def ring(box):
    x, y, w, h = box
    return [x, y, x + w, y, x + w, y + h, x, y + h]


def seg(score, shape, **more):
    """A result with a mask and no box: the official form."""
    return dict(image_id=1, category_id=1, score=score, segmentation=shape, **more)


# -------------------------------------------------------------------------------------------------------- masks
G = "Masks"
SHAPES = truth(ann(1, A, segmentation=[ring(A)]), ann(2, B, segmentation=rle(B)))
NEAR = (52, 50, 40, 40)
SEGS = [seg(0.9, rle(A)), seg(0.8, rle(NEAR))]
BOXED = [det(0.9, A, segmentation=rle(A)), det(0.8, NEAR, segmentation=rle(NEAR))]


def shaped(second, **more):
    """The truth with another second mask."""
    return changed(changed(SHAPES, ["annotations", 1, "segmentation"], second), ["annotations", 1],
                   dict(ann(2, B), segmentation=second, **more))


case(G, "segm_official", "Results have masks and no boxes", SHAPES, SEGS,
     "This is the official form. The truth mixes polygons and runs.", kind="segm")
case(G, "segm_with_boxes", "Results have masks and boxes", SHAPES, BOXED,
     "The area of a detection is then that of its box, for the whole file as the first record says.", kind="segm")
case(G, "segm_first_bbox_empty", "The first result has masks and bbox: []", SHAPES,
     [dict(SEGS[0], bbox=[]), SEGS[1]], "An empty list is no box: areas are those of masks.", kind="segm")
case(G, "segm_second_without_bbox", "The first result has a box, a later one only a mask", SHAPES,
     [BOXED[0], SEGS[1]], "What is missing is only the area, and the mask has one.", kind="segm",
     ours="its area is that of its mask", repaired=(SHAPES, [BOXED[0], dict(SEGS[1], bbox=list(NEAR))]))
case(G, "segm_second_with_bbox", "The first result has only a mask, a later one a box too", SHAPES,
     [SEGS[0], BOXED[1]], "The first record decides for the file: areas are those of masks.", kind="segm")
case(G, "segm_boxes_alone", "Results have boxes and no masks", SHAPES, [det(0.9, A), det(0.8, NEAR)],
     "A box is taken for a mask of its own, and the report says so.", kind="segm")
case(G, "segm_polygon_results", "Results have polygons and no boxes", SHAPES,
     [seg(0.9, [ring(A)]), seg(0.8, [ring(NEAR)])],
     "A polygon is a mask as soon as the size of its image is known.", kind="segm",
     ours="drawn as polygons of the truth are", repaired=(SHAPES, SEGS))
case(G, "segm_run_results", "Results have runs as numbers and no boxes", SHAPES,
     [seg(0.9, rle(A, runs=True)), seg(0.8, rle(NEAR, runs=True))],
     "Runs are runs, compressed or not.", kind="segm", ours="as if compressed", repaired=(SHAPES, SEGS))
case(G, "segm_run_truth", "Masks of the truth are runs as numbers", shaped(rle(B, runs=True)), SEGS,
     "Runs are runs, compressed or not.", kind="segm")
case(G, "segm_crowd", "A mask of the truth is a crowd", shaped(rle(B, runs=True), iscrowd=1),
     [*SEGS, seg(0.7, rle((55, 55, 9, 9))), seg(0.6, rle((85, 85, 15, 15)))],
     "A crowd takes any number; overlaps are shares of the detection.", kind="segm")
case(G, "segm_polygon_none", "A segmentation is an empty list", shaped([]), SEGS,
     "The object is there, and its mask is empty: nobody finds it.", kind="segm", ours="an empty mask",
     repaired=(shaped({"size": [100, 100], "counts": [10000]}), SEGS))
case(G, "segm_polygon_two_points", "A polygon has two points", shaped([[50, 50, 90, 90]]), SEGS,
     "Two points enclose nothing.", kind="segm", ours="an empty mask",
     repaired=(shaped({"size": [100, 100], "counts": [10000]}), SEGS))
case(G, "segm_polygon_odd", "A polygon has an odd count of numbers", shaped([[*ring(B), 50]]), SEGS,
     "A number without its other half is left out.", kind="segm")
case(G, "segm_polygon_outside", "A polygon leaves the image", shaped([[50, 50, 130, 50, 130, 90, 50, 90]]), SEGS,
     "What lies outside is cut off.", kind="segm")
case(G, "segm_polygons_overlap", "The rings of a mask overlap", shaped([ring(B), ring((60, 60, 10, 10))]), SEGS,
     "Rings are joined: one inside another is no hole.", kind="segm")
case(G, "segm_absent", "An annotation has no segmentation",
     changed(SHAPES, ["annotations", 1], ann(2, B)), SEGS,
     "A box is not taken for the mask of a truth: that would be an object nobody drew.", kind="segm",
     error=["gt.json", "annotation 1", "segmentation"])
case(G, "segm_other_size", "A result's mask has another size than the truth's", SHAPES,
     [SEGS[0], seg(0.8, rle(NEAR, (120, 110)))], "Masks of two sizes do not overlap.", kind="segm")
case(G, "segm_runs_short", "The runs of a result do not fill its size", SHAPES,
     [SEGS[0], seg(0.8, {"size": [110, 100], "counts": SEGS[1]["segmentation"]["counts"]})],
     "Such a mask is cut off or of another image; pycocotools counts on, past what is there.", kind="segm",
     odd="refused", error=["dt.json", "result 1", "the runs have 10000 pixels, the size 110x100 has 11000"])
case(G, "segm_image_without_size", "An image has no height and width, and polygons",
     changed(SHAPES, ["images", 0], without(SHAPES["images"][0], "height", "width")), SEGS,
     "Polygons are drawn on their image; without its size nothing can be.", kind="segm",
     error=["gt.json", "annotation 0", "height"])
case(G, "segm_twice", "A record has two members segmentation", json.dumps(SHAPES),
     json.dumps(SEGS).replace('"segmentation"', '"segmentation": null, "segmentation"', 1).replace(
         '"score": 0.8,', f'"score": 0.8, "segmentation": {json.dumps(rle(A))},'),
     "Of two members of one name the later counts, in Python and here.", kind="segm")

# ------------------------------------------------------------------------------------------------------- points
G = "Points"
BODY = [value for n in range(17) for value in (20 + 2 * n, 30 + 3 * (n % 5), 2)]
OTHER = [value for n in range(17) for value in (60 + n, 20 + 4 * n, 1 + n % 2)]
HIDDEN = [0] * 51


def shifted(points, by):
    return [value + (by if n % 3 < 2 else 0) for n, value in enumerate(points)]


def pose(id, points, box, **more):
    return ann(id, box, keypoints=points, num_keypoints=sum(v > 0 for v in points[2::3]), **more)


def posed(score, points, **more):
    return dict(image_id=1, category_id=1, score=score, keypoints=points, **more)


POSES = truth(pose(1, BODY, (15, 25, 45, 60)), pose(2, OTHER, (55, 15, 25, 75)))
SEEN = [posed(0.9, shifted(BODY, 2)), posed(0.8, shifted(OTHER, 1)), posed(0.7, shifted(OTHER, 20))]


def second(**more):
    return changed(POSES, ["annotations", 1], dict(POSES["annotations"][1], **more))


def second_without(*keys):
    return changed(POSES, ["annotations", 1], without(POSES["annotations"][1], *keys))


case(G, "points_plain", "Results have points and no boxes", POSES, SEEN,
     "The area of a detection is the extent of all its points.", kind="keypoints")
case(G, "points_with_boxes", "Results have points and boxes", POSES,
     [dict(seen, bbox=[10, 10, 20 + n, 20]) for n, seen in enumerate(SEEN)],
     "The area of a detection is then that of its box.", kind="keypoints")
case(G, "points_no_number", "An annotation has no num_keypoints", second_without("num_keypoints"), SEEN,
     "The field says what its points say.", kind="keypoints", ours="its labelled points are counted",
     repaired=(POSES, SEEN))
case(G, "points_number_zero", "num_keypoints is 0 and points are labelled", second(num_keypoints=0), SEEN,
     "The field is believed: the object is ignored.", kind="keypoints")
case(G, "points_number_wrong", "num_keypoints is 3 and no point is labelled", second(keypoints=HIDDEN, num_keypoints=3),
     SEEN, "The field is believed; the distance to the box, doubled on each side, stands in for that to points.",
     kind="keypoints")
case(G, "points_absent", "An annotation has no keypoints", second_without("keypoints"), SEEN,
     "As if no point were labelled.", kind="keypoints", ours="none is labelled",
     repaired=(second(keypoints=HIDDEN), SEEN))
case(G, "points_area_zero", "The area of an annotation is 0", second(area=0), SEEN,
     "Distances are divided by the area; 2^-52 is added to it.", kind="keypoints")
case(G, "points_fourteen", "Results have fourteen points", POSES, [posed(0.9, BODY[:42]), *SEEN[1:]],
     "Which point is which is not known.", kind="keypoints",
     error=["dt.json", "result 0", "\"keypoints\"", "17 points", "sigmas"])
case(G, "points_twice", "A record has two members keypoints", POSES,
     json.dumps(SEEN).replace('"score": 0.9,', f'"score": 0.9, "keypoints": {json.dumps(OTHER)},'),
     "Of two members of one name the later counts, in Python and here.", kind="keypoints")
case(G, "points_no_bbox", "An annotation with labelled points has no bbox", second_without("bbox"), SEEN,
     "Its box is only asked for where no point is labelled.", kind="keypoints", ours="its points are compared",
     repaired=(POSES, SEEN))
case(G, "points_nan", "A coordinate of a result is NaN", POSES,
     [posed(0.9, [NAN, *shifted(BODY, 2)[1:]]), *SEEN[1:]],
     "The similarity is NaN, which no comparison refuses.", kind="keypoints")

# -------------------------------------------------------------------------------------------------------- files
G = "Files"
case(G, "file_mark", "The results begin with a byte order mark", TWO, "\ufeff" + json.dumps(BOTH),
     "Windows writes it, and it means nothing in UTF-8.", ours="passed over", repaired=(TWO, BOTH))
case(G, "file_object", "The results are an object", TWO, {"predictions": BOTH},
     "Files of another kind are named, not guessed.", error=["dt.json", "line 1", "result 0 has no \"image_id\""])
case(G, "file_cut", "The results end in the middle", TWO, json.dumps(BOTH)[:-20],
     "A file that is cut off has no number.", error=["dt.json", "line 1", "ends"])
case(G, "file_member_twice", "A record has two members score", TWO,
     json.dumps(BOTH).replace('"score": 0.9', '"score": 0.1, "score": 0.9'),
     "Of two members of one name the later counts, in Python and here.")
case(G, "file_image_id_twice", "A record has two members image_id", TWO,
     json.dumps(BOTH).replace('"image_id": 1', '"image_id": 77, "image_id": 1', 1),
     "Of two members of one name the later counts, in Python and here.")
case(G, "file_truth_list", "The truth is a list", TWO["annotations"], BOTH,
     "A list has neither images nor classes.", error=["gt.json", "{"])
