"""Answers for the panoptic evaluator, by numpy and written from the rules alone.

    python eval_panoptic.py record [PANOPTICAPI]    draw the cases, answer them, write eval_panoptic.json beside this
    python eval_panoptic.py check [PANOPTICAPI]     the same, and compare with that file; exit 1 on a difference

panopticapi is on no index; with the path of a checkout the answers are also asked of it, and must be equal.
The rules: a pair of segments of one class whose IoU is above 1/2 is a match; the union is without the truth's
void (id 0) and has the declared area of the truth; crowds of the truth are never missed; a predicted segment without
a match is forgiven if more than half of it is void or the last crowd of its class. Recorded with numpy 2.4.6, and
equal to panopticapi at commit 1ad5afa.
"""

import json
import sys
from pathlib import Path

import numpy as np

OUT = Path(__file__).resolve().with_suffix(".json")
rng = np.random.default_rng(33)
VOID = 0


def evaluate(things, images):
    """Sums per class over images in order, in one process; then the three means."""
    classes = len(things)
    iou_sum, tp, fp, fn = [0.0] * classes, [0] * classes, [0] * classes, [0] * classes
    for image in images:
        truth, predicted = np.array(image["truth"]), np.array(image["predicted"])
        asked = {s["id"]: s for s in image["truth_segments"]}
        got = {s["id"]: s for s in image["predicted_segments"]}
        overlap = {}
        for t, p in zip(truth.ravel().tolist(), predicted.ravel().tolist()):
            overlap[t, p] = overlap.get((t, p), 0) + 1
        size = {p: int((predicted == p).sum()) for p in got}
        matched_truth, matched_predicted = set(), set()
        for (t, p), shared in sorted(overlap.items()):
            if t not in asked or p not in got or asked[t]["crowd"] or asked[t]["label"] != got[p]["label"]:
                continue
            quotient = shared / (size[p] + asked[t]["area"] - shared - overlap.get((VOID, p), 0))
            if quotient > 0.5:
                iou_sum[asked[t]["label"]] += quotient
                tp[asked[t]["label"]] += 1
                matched_truth.add(t)
                matched_predicted.add(p)
        crowd = {s["label"]: t for t, s in asked.items() if s["crowd"]}
        for t, segment in asked.items():
            fn[segment["label"]] += t not in matched_truth and not segment["crowd"]
        for p, segment in got.items():
            if p not in matched_predicted:
                excused = overlap.get((VOID, p), 0) + overlap.get((crowd.get(segment["label"]), p), 0)
                fp[segment["label"]] += not excused / size[p] > 0.5
    per_class = []
    for c in range(classes):
        weight = tp[c] + 0.5 * fp[c] + 0.5 * fn[c]
        seen = tp[c] + fp[c] + fn[c] > 0
        quality = [iou_sum[c] / weight, iou_sum[c] / tp[c] if tp[c] else 0.0, tp[c] / weight] if seen else [0.0] * 3
        per_class.append({"quality": quality, "iou": iou_sum[c], "counts": [tp[c], fp[c], fn[c]]})
    means = {}
    for name, kind in (("all", None), ("things", True), ("stuff", False)):
        chosen = [
            one["quality"] for one, thing in zip(per_class, things) if any(one["counts"]) and kind in (None, thing)
        ]
        sums = [0.0, 0.0, 0.0]
        for quality in chosen:
            sums = [a + b for a, b in zip(sums, quality)]
        means[name] = {"quality": [s / len(chosen) if chosen else None for s in sums], "classes": len(chosen)}
    return {"per_class": per_class, **means}


def draw(classes, size, odd):
    """Blocks of segments; the prediction is the truth with blocks moved, joined and renamed."""
    h, w = size
    ids = rng.choice(1 << 24, size=9, replace=False) + 1
    truth = np.zeros(size, dtype=int)
    for one in ids[:7]:
        y, x = rng.integers(0, h), rng.integers(0, w)
        truth[y : y + rng.integers(4, h), x : x + rng.integers(4, w)] = one
    label = {int(one): int(rng.integers(classes)) for one in ids}
    predicted = np.roll(truth, rng.integers(-1, 2, 2), (0, 1))
    renamed = {int(one): int(new) for one, new in zip(ids, rng.choice(1 << 24, size=9, replace=False) + 1)}
    predicted = np.vectorize(lambda one: renamed.get(int(one), 0))(predicted)
    for _ in range(2):
        y, x = rng.integers(0, h), rng.integers(0, w)
        predicted[y : y + 3, x : x + 3] = rng.choice([0, *renamed.values()])
    truth_segments, predicted_segments = [], []
    for one in rng.permutation(ids[:7]).tolist():
        area = int((truth == one).sum())
        if area == 0 and not odd:
            continue
        if odd and rng.random() < 0.2:
            continue  # painted and not listed, or neither
        if odd and rng.random() < 0.3:
            area += int(rng.integers(-2, 9))
        crowd = bool(rng.random() < 0.3)
        truth_segments.append({"id": one, "label": label[one], "area": area, "crowd": crowd})
    if odd and truth_segments:
        again = dict(truth_segments[0], label=int(rng.integers(classes)))
        truth_segments.append(again)
    for old, new in renamed.items():
        if (predicted == new).any():
            other = rng.random() < 0.2
            predicted_segments.append({"id": new, "label": int(rng.integers(classes)) if other else label[old]})
    rng.shuffle(predicted_segments)
    return {
        "truth": truth.tolist(), "predicted": predicted.tolist(),
        "truth_segments": truth_segments, "predicted_segments": predicted_segments,
    }


def ask(checkout, things, images):
    """The same by panopticapi, in this process."""
    import tempfile
    from PIL import Image

    sys.path.insert(0, checkout)
    from panopticapi import evaluation as reference

    with tempfile.TemporaryDirectory() as home:
        pairs = []
        for n, image in enumerate(images):
            sides = []
            for side in ("truth", "predicted"):
                ids = np.array(image[side], dtype=np.uint32)
                colours = np.stack([ids % 256, ids // 256 % 256, ids // 65536], axis=-1).astype(np.uint8)
                name = f"{n}_{side}.png"
                Image.fromarray(colours).save(f"{home}/{name}")
                segments = [
                    {"id": s["id"], "category_id": s["label"], "area": s.get("area"), "iscrowd": int(s.get("crowd", False))}
                    for s in image[side + "_segments"]
                ]
                sides.append({"image_id": n, "file_name": name, "segments_info": segments})
            pairs.append(tuple(sides))
        categories = {c: {"id": c, "isthing": int(thing)} for c, thing in enumerate(things)}
        stat = reference.pq_compute_single_core(0, pairs, home, home, categories)
    counts = [[stat[c].tp, stat[c].fp, stat[c].fn] for c in categories]
    sums = [float(stat[c].iou) for c in categories]
    means = {}
    for name, kind in (("all", None), ("things", True), ("stuff", False)):
        try:
            mean, _ = stat.pq_average(categories, kind)
            means[name] = {"quality": [float(mean[k]) for k in ("pq", "sq", "rq")], "classes": mean["n"]}
        except ZeroDivisionError:
            means[name] = {"quality": [None] * 3, "classes": 0}
    return counts, sums, means


if __name__ == "__main__":
    cases = []
    for n in range(24):
        things = (rng.random(1 + n % 5) < 0.5).tolist()
        images = [draw(len(things), tuple(rng.integers(8, 15, 2)), n % 3 == 2) for _ in range(1 + n % 4)]
        answer = evaluate(things, images)
        if len(sys.argv) > 2:
            counts, sums, means = ask(sys.argv[2], things, images)
            ours = [[c["counts"] for c in answer["per_class"]], [c["iou"] for c in answer["per_class"]]]
            assert ours == [counts, sums], (n, ours, counts, sums)
            assert {k: answer[k] for k in means} == means, (n, answer, means)
        cases.append({"things": things, "images": images, "answer": answer})
    # repr of a float is read back as the same float.
    text = "[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]\n"
    if sys.argv[1:2] == ["check"]:
        assert OUT.read_text() == text, f"{OUT.name} is not what is answered now"
    else:
        OUT.write_text(text)
    print(len(cases), "cases,", sum(sum(c["counts"][0] for c in case["answer"]["per_class"]) for case in cases), "matches")
