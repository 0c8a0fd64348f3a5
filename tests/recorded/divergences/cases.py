"""Inputs on which evaluators of COCO's protocol differ, or on which only care agrees: `CASES`, in the page's order.

A case is a truth and results (what `json` writes, or text as it is), and says in words what we do and why.
Where pycocotools has no number, or has a wrong one, a twin says what ours means: the same input with the fault
taken out, which pycocotools can be asked. `repaired` is the twin of our default, `corrected` that of --corrected;
`error` holds what our message must say where we refuse. `odd` marks the cases where pycocotools has numbers
and ours are another's on purpose.
"""

import copy
import json

CASES = []


def case(group, name, title, gt, dt, why, **more):
    """Keywords: kind, caps, ours, repair, repaired, corrected, error, odd."""
    CASES.append(dict(group=group, name=name, title=title, gt=gt, dt=dt, why=why, **more))


def ann(id, box=(10, 10, 20, 20), image=1, cat=1, **more):
    box = list(box)
    return dict(id=id, image_id=image, category_id=cat, bbox=box, area=box[2] * box[3], iscrowd=0, **more)


def det(score, box=(10, 10, 20, 20), image=1, cat=1, **more):
    return dict(image_id=image, category_id=cat, bbox=list(box), score=score, **more)


def truth(*annotations, images=(1, 2), cats=(1,), size=(100, 100)):
    return {
        "images": [{"id": id, "height": size[0], "width": size[1], "file_name": f"{id}.jpg"} for id in images],
        "categories": [{"id": id, "name": f"class {id}"} for id in cats],
        "annotations": list(annotations),
    }


def without(record, *keys):
    return {key: value for key, value in record.items() if key not in keys}


def changed(value, path, to):
    """A copy with one member set."""
    value = copy.deepcopy(value)
    at = value
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = to
    return value


A, B = (10, 10, 20, 20), (50, 50, 40, 40)
TWO = truth(ann(1, A), ann(2, B))
BOTH = [det(0.9, A), det(0.8, B)]
NAN, INF = float("nan"), float("inf")

# ---------------------------------------------------------------------------------------------------------- ids
G = "Ids"
case(G, "annotation_id_zero", "An annotation has the id 0",
     changed(TWO, ["annotations", 0, "id"], 0), BOTH,
     "pycocotools stores the id of the object that a detection got and asks later whether it is 0.",
     repair="every match counts", corrected=(TWO, BOTH))
case(G, "annotation_id_shared", "Two annotations share an id",
     changed(TWO, ["annotations", 1, "id"], 1), BOTH,
     "pycocotools keeps annotations by id: the last one stands in the place of both.",
     repair="each annotation counts", corrected=(TWO, BOTH))
case(G, "annotation_id_absent", "Annotations have no id",
     changed(TWO, ["annotations"], [without(a, "id") for a in TWO["annotations"]]), BOTH,
     "No number of the protocol needs the id.", ours="each annotation counts", repaired=(TWO, BOTH))
case(G, "annotation_id_null", "An annotation has the id null",
     changed(TWO, ["annotations", 0, "id"], None), BOTH, "NumPy stores null as NaN, which is not 0.")
case(G, "annotation_id_text", "An annotation has a text for its id",
     changed(TWO, ["annotations", 0, "id"], "a1"), BOTH,
     "pycocotools stores ids of matches as floats; no number of the protocol needs the id.",
     ours="each annotation counts", repaired=(TWO, BOTH))
case(G, "annotation_id_negative", "An annotation has a negative id",
     changed(TWO, ["annotations", 0, "id"], -7), BOTH, "Only 0 reads as \"no match\".")
case(G, "annotation_id_fraction", "Annotations have ids with fractions",
     truth(ann(0.5, A), ann(1.5, B)), BOTH, "Only 0 reads as \"no match\".")
case(G, "annotation_id_float_zero", "An annotation has the id 0.0",
     changed(TWO, ["annotations", 0, "id"], 0.0), BOTH, "0.0 is 0.",
     repair="every match counts", corrected=(TWO, BOTH))
case(G, "annotation_id_false", "An annotation has the id false",
     changed(TWO, ["annotations", 0, "id"], False), BOTH, "In Python false is 0.",
     repair="every match counts", corrected=(TWO, BOTH))
case(G, "image_id_text", "Image ids are texts",
     truth(ann(1, A, "10"), ann(2, B, "9"), ann(3, A, "é"), images=("9", "é", "10")),
     [det(0.5, (80, 80, 9, 9), "9"), det(0.5, A, "10"), det(0.5, B, "é"), det(0.5, A, "é")],
     "Texts are ordered by their characters, and ties of scores go by the order of the images.")
case(G, "image_id_mixed", "Some image ids are texts, some numbers",
     truth(ann(1, A, 1), ann(2, B, "b"), images=(1, "b")), [det(0.9, A, 1), det(0.8, B, "b")],
     "Python cannot sort numbers and texts together.", ours="numbers come before texts",
     repaired=(truth(ann(1, A, 1), ann(2, B, 2)), [det(0.9, A, 1), det(0.8, B, 2)]))
case(G, "image_id_float", "Results write image and class ids as 1.0",
     TWO, [det(0.9, A, 1.0, 1.0), det(0.8, B, 1.0, 1.0)], "1.0 and 1 are one number.")
case(G, "image_id_large", "An image id does not fit into 64 bits",
     truth(ann(1, A, 10**20), images=(10**20,)), [det(0.9, A, 10**20)],
     "Such an id is a mistake more often than an id; ids that are texts may have any length.",
     odd="refused", error=["gt.json", "line 1", "64-bit", "as text"])
case(G, "image_twice", "An image is listed twice",
     truth(ann(1, A), ann(2, B), images=(1, 1, 2)), BOTH, "The last entry of an id counts, its objects once.")
case(G, "class_twice", "A class is listed twice",
     truth(ann(1, A), ann(2, B, cat=2), cats=(1, 2, 2)), [det(0.9, A), det(0.8, A, cat=2)],
     "The mean over classes has each class once.")
case(G, "class_id_text", "Class ids are texts",
     truth(ann(1, A, cat="cat"), ann(2, B, cat="dog"), cats=("dog", "cat")),
     [det(0.9, A, cat="cat"), det(0.8, A, cat="dog")], "An id is an id.")
case(G, "class_id_other_kind", "Results write the class 1 as \"1\"",
     TWO, [det(0.9, A), det(0.8, B, cat="1")],
     "A text is no number. The report names the class that is unknown; --classes-by matches it.")
case(G, "truth_unknown_class", "An annotation is of a class that is not listed",
     truth(ann(1, A), ann(2, B, cat=5)), BOTH, "Only the listed classes are looked at.")
case(G, "truth_unknown_image", "An annotation is of an image that is not listed",
     truth(ann(1, A), ann(2, B, 7)), BOTH, "Only the listed images are looked at.")
case(G, "found_unknown_class", "A result is of a class that is not listed",
     TWO, [*BOTH, det(0.95, A, cat=5)], "Only the listed classes are looked at; the report counts the rest.")
case(G, "found_unknown_image", "One of the results is of an image that is not listed",
     TWO, [*BOTH, det(0.95, A, 7)],
     "The usual reason is a truth of fewer images. The report counts what was left out, before any number.",
     ours="the result is left out and counted", repaired=(TWO, BOTH))
case(G, "found_unknown_images", "All results are of images that are not listed",
     TWO, [det(0.9, A, 7), det(0.8, B, 8)],
     "A score of 0 would hide that the files do not belong together.",
     error=["no detection is of an image of the truth", "image 7", "--match-by"])

# ------------------------------------------------------------------------------------------------------- absent
G = "What is absent"


def drop(*keys):
    return changed(TWO, ["annotations", 1], without(TWO["annotations"][1], *keys))


case(G, "no_iscrowd", "An annotation has no iscrowd", drop("iscrowd"), BOTH,
     "Most data sets have no crowds and do not write the field.", ours="taken for 0", repaired=(TWO, BOTH))
case(G, "null_iscrowd", "An annotation has the iscrowd null",
     changed(TWO, ["annotations", 1, "iscrowd"], None), BOTH, "As if it were absent.",
     ours="taken for 0", repaired=(TWO, BOTH))
case(G, "no_area", "An annotation has no area", drop("area"), BOTH,
     "A size is needed to say whether an object is small; its box has one.",
     ours="width times height of its box", repaired=(TWO, BOTH))
case(G, "no_area_segm", "An annotation with a mask has no area", truth(
    ann(1, A, segmentation=[[10, 10, 30, 10, 30, 30, 10, 30]]),
    without(ann(2, B, segmentation=[[50, 50, 90, 50, 90, 90]]), "area")),
     BOTH, "A size is needed to say whether an object is small; its box has one.", kind="segm",
     ours="width times height of its box", repaired=(truth(
         ann(1, A, segmentation=[[10, 10, 30, 10, 30, 30, 10, 30]]),
         ann(2, B, segmentation=[[50, 50, 90, 50, 90, 90]])), BOTH))
case(G, "no_truth_bbox", "An annotation has no bbox", drop("bbox"), BOTH,
     "The object is there and was not found, since nobody knows where it is.", ours="an empty box, found by none",
     repaired=(changed(TWO, ["annotations", 1, "bbox"], [0, 0, 0, 0]), BOTH))
case(G, "no_truth_image_id", "An annotation has no image_id", drop("image_id"), BOTH,
     "Nothing can stand in for it.", error=["gt.json", "an annotation has no \"image_id\""])
case(G, "no_truth_category_id", "An annotation has no category_id", drop("category_id"), BOTH,
     "Nothing can stand in for it.", error=["gt.json", "an annotation has no \"category_id\""])
case(G, "no_results", "The list of results is empty", TWO, [],
     "A model that finds nothing has an AP of 0.", ours="AP 0", repaired=(TWO, [det(0.9, A, cat=5)]))
case(G, "no_score", "A result has no score", TWO, [BOTH[0], without(BOTH[1], "score")],
     "Nothing can stand in for it.", error=["dt.json", "result 1 has no \"score\""])
case(G, "text_score", "A score is a text", TWO, [BOTH[0], det("0.8", B)],
     "A text is no number.", error=["dt.json", "\"score\" of result 1 is not a number"])
case(G, "no_found_bbox", "A result has no bbox", TWO, [BOTH[0], without(BOTH[1], "bbox")],
     "Nothing can stand in for it.", error=["dt.json", "result 1 has no \"bbox\""])
case(G, "short_bbox", "The bbox of a result has three numbers", TWO, [BOTH[0], det(0.8, B[:3])],
     "Nothing can stand in for the fourth.", error=["dt.json", "\"bbox\" of result 1 is not a list of four numbers"])
case(G, "no_found_image_id", "A result has no image_id", TWO, [BOTH[0], without(BOTH[1], "image_id")],
     "Nothing can stand in for it.", error=["dt.json", "result 1 has no \"image_id\""])
case(G, "no_found_category_id", "A result has no category_id", TWO, [BOTH[0], without(BOTH[1], "category_id")],
     "Nothing can stand in for it.", error=["dt.json", "result 1 has no \"category_id\""])
case(G, "no_annotations", "The truth has no list of annotations", without(TWO, "annotations"), BOTH,
     "Files of test images have none; −1 in twelve lines does not say so.",
     odd="refused", error=["gt.json", "no list \"annotations\""])
case(G, "no_categories", "The truth has no list of categories", without(TWO, "categories"), BOTH,
     "Which classes count in the mean is not known.", error=["gt.json", "no list \"categories\""])

# ------------------------------------------------------------------------------------------------------ numbers
G = "Numbers out of the ordinary"
case(G, "score_nan", "A score is NaN", TWO, [det(NAN, A), det(0.8, B), det(0.7, (70, 10, 9, 9))],
     "NumPy sorts NaN last: it is the least of all scores.")
case(G, "score_infinite", "Scores are Infinity and -Infinity",
     TWO, [det(-INF, A), det(INF, B), det(0.7, (70, 10, 9, 9))], "They are the greatest and the least.")
case(G, "score_signed_zero", "Scores are 0.0 and -0.0",
     TWO, [det(0.0, (70, 10, 9, 9)), det(-0.0, A), det(0.0, B)], "They are equal, so that the order of the file holds.")
case(G, "score_true", "A score is true", TWO, [det(True, A), det(0.8, B)],
     "pycocotools stumbles over it where it comes alone.", error=["dt.json", "\"score\" of result 0 is not a number"])
case(G, "found_box_nan", "The x of a result's box is NaN", TWO, [det(0.9, (NAN, 10, 20, 20)), det(0.8, B)],
     "C's fmin and fmax pass over NaN, so that the sides that are known decide.")
case(G, "found_box_nan_width", "The width of a result's box is NaN", TWO, [det(0.9, (10, 10, NAN, 20)), det(0.8, B)],
     "C's fmin and fmax pass over NaN; the area is NaN, and so is the overlap. Nothing is less than it, so that the last free object is taken.")
case(G, "truth_box_nan", "The y of a truth's box is NaN",
     truth(ann(1, (10, NAN, 20, 20)), ann(2, B)), BOTH, "C's fmin and fmax pass over NaN.")
case(G, "found_box_negative", "A box has a negative width",
     TWO, [det(0.9, (30, 10, -20, 20)), det(0.8, B)], "The far side is left of the near one: nothing overlaps.")
case(G, "found_box_both_negative", "A box has a negative width and height",
     TWO, [det(0.9, (30, 30, -20, -20)), det(0.8, B)], "Nothing overlaps, though the area is positive.")
case(G, "found_box_empty", "Boxes have no width",
     truth(ann(1, (10, 10, 0, 20)), ann(2, B)), [det(0.9, (10, 10, 0, 20)), det(0.8, B)],
     "Nothing overlaps with an empty box, not even the same one.")
case(G, "box_infinite", "The width of a result's box is Infinity",
     TWO, [det(0.9, (10, 10, INF, 20)), det(0.8, B)], "The overlap is finite, the union is not: 0.")
case(G, "box_huge", "A box is so large that its area is not finite",
     TWO, [det(0.9, (0, 0, 1e200, 1e200)), det(0.8, B)], "The overlap is finite, the union is not: 0.")
case(G, "number_huge", "A score is written as 1e999",
     TWO, json.dumps(BOTH).replace("0.8", "1e999"), "A number too large for a float is read as Infinity.")

# ------------------------------------------------------------------------------------------------ ties, borders
G = "Ties and borders"
MANY = [det(round(0.9 - n / 1000, 3), (60, 5, 8 + n % 7, 9)) for n in range(120)]
case(G, "scores_tie", "Scores are equal within an image",
     truth(ann(1, A), ann(2, B)), [det(0.5, (70, 10, 9, 9)), det(0.5, A), det(0.5, (72, 10, 9, 9)), det(0.5, B)],
     "Sorting is stable: the order of the file holds.")
case(G, "scores_tie_images", "Scores are equal across images",
     truth(ann(1, A, 2), ann(2, B, 1)), [det(0.5, A, 2), det(0.5, (70, 10, 9, 9), 1), det(0.5, B, 1)],
     "Images come in the order of their ids, whatever the order of the file.")
case(G, "overlap_at_threshold", "The overlap is exactly 0.5, and exactly 0.75",
     truth(ann(1, (0, 0, 10, 10)), ann(2, (50, 50, 20, 20))), [det(0.9, (0, 0, 10, 5)), det(0.8, (50, 50, 20, 15))],
     "A threshold that is just reached is reached.")
case(G, "overlaps_tie", "A detection overlaps two objects equally",
     truth(ann(1, (10, 10, 20, 20)), ann(2, (10, 10, 20, 20)), ann(3, (14, 10, 20, 20))),
     [det(0.9, (12, 10, 20, 20)), det(0.8, (10, 10, 20, 20)), det(0.7, (10, 10, 20, 20))],
     "The later object of the file is taken.")
case(G, "area_borders", "Areas are exactly 32² and 96²",
     truth(ann(1, (10, 10, 32, 32)), ann(2, (100, 100, 96, 96)), size=(300, 300)),
     [det(0.9, (10, 10, 32, 32)), det(0.8, (100, 100, 96, 90)), det(0.7, (200, 10, 32, 32))],
     "Both ends belong to a range: such an object is small and medium, or medium and large.")
case(G, "more_than_100", "An image has more than 100 results of a class", TWO, [*MANY, det(0.05, A), det(0.95, B)],
     "The 100 with the highest scores count, for each image and class.")
case(G, "caps_other", "The caps are 1, 10 and 300", TWO, [*MANY, det(0.05, A), det(0.95, B)],
     "pycocotools' first line is of 100 detections and has no number without that cap; the other lines have "
     "the greatest. Give 100 among the caps to have it.", caps=[1, 10, 300])

# -------------------------------------------------------------------------------------------------- crowds etc.
G = "Crowds and ignored objects"
CROWD = truth(ann(1, A), changed(ann(2, (40, 40, 50, 50)), ["iscrowd"], 1))
IN_CROWD = [det(0.9, (42, 42, 20, 20)), det(0.8, (60, 60, 20, 20)), det(0.7, A), det(0.6, (0, 80, 9, 9))]
case(G, "crowd_many", "Several detections lie in a crowd", CROWD, IN_CROWD,
     "A crowd takes any number, and none of them counts; overlaps are shares of the detection.")
case(G, "crowd_true", "iscrowd is true", changed(CROWD, ["annotations", 1, "iscrowd"], True), IN_CROWD,
     "In Python true is 1.")
case(G, "crowd_two", "iscrowd is 2", changed(CROWD, ["annotations", 1, "iscrowd"], 2), IN_CROWD,
     "Everything but 0 is a crowd.")
case(G, "crowd_text", "iscrowd is the text \"1\"", changed(CROWD, ["annotations", 1, "iscrowd"], "1"), IN_CROWD,
     "Python makes it a number.")
case(G, "crowd_text_zero", "iscrowd is the text \"0\"", changed(CROWD, ["annotations", 1, "iscrowd"], "0"), IN_CROWD,
     "A text is true in Python and its int is 0: the object is left out of account, and is no crowd.",
     repair="the object is looked for",
     corrected=(changed(CROWD, ["annotations", 1, "iscrowd"], 0), IN_CROWD))
case(G, "crowd_half", "iscrowd is 0.5", changed(CROWD, ["annotations", 1, "iscrowd"], 0.5), IN_CROWD,
     "True in Python, and its int is 0: the object is left out of account, and is no crowd.",
     repair="the object is looked for",
     corrected=(changed(CROWD, ["annotations", 1, "iscrowd"], 0), IN_CROWD))
case(G, "ignore_field", "An annotation says ignore: 1",
     truth(ann(1, A), ann(2, B, ignore=1)), BOTH,
     "pycocotools overwrites the field with iscrowd, though it reads it first.",
     repair="the object and what finds it count neither way",
     corrected=(truth(ann(1, A), changed(ann(2, B), ["area"], 2e10)), BOTH))
case(G, "found_iscrowd", "A result says iscrowd: 1", TWO, [det(0.9, A, iscrowd=1), det(0.8, B)],
     "Crowds are of the truth alone; the field is not looked at.")
case(G, "only_crowds", "All objects are crowds", changed(CROWD, ["annotations"], CROWD["annotations"][1:]), IN_CROWD,
     "Nothing can be found, so that no number exists: −1.")
