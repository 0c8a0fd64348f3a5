"""Answers of scikit-learn for the classification evaluators.

    python eval_classification.py record    draw the cases, ask scikit-learn, write eval_classification.json beside this
    python eval_classification.py check     the same, and compare with that file; exit 1 on a difference

Floats are recorded as their bits. Scores are halves and quarters in part, so that there are ties. Recorded with
scikit-learn 1.9.1 and numpy 2.4.6.
"""

import json
import sys
import warnings
from pathlib import Path

import numpy as np
from sklearn import metrics

warnings.simplefilter("ignore")
rng = np.random.default_rng(55)


def bits(value):
    value = np.asarray(value, dtype=np.float64)
    texts = ["nan" if np.isnan(x) else f"{int(x.view(np.uint64)):016x}" for x in np.atleast_1d(value)]
    return texts if value.ndim else texts[0]


def quality(truth, predicted, labels, zero):
    ask = lambda average: metrics.precision_recall_fscore_support(
        truth, predicted, labels=labels, average=average, zero_division=zero)[:3]
    answer = {name: bits(values) for name, values in zip(("precision", "recall", "f1"), ask(None))}
    return dict(answer, **{name: [bits(x) for x in ask(name)] for name in ("micro", "macro", "weighted")})


def scores(n, classes):
    values = rng.random((n, classes))
    return np.where(rng.random((n, 1)) < 0.5, np.round(values * 4) / 4, values)


def single(classes, n, some):
    truth = rng.choice(some, n)
    given = scores(n, classes)
    given[np.arange(n), truth] += 0.3 * (rng.random(n) < 0.6)
    predicted = given.argmax(1)
    top = {}
    if classes > 2:  # two classes are another thing there
        top = {k: bits(metrics.top_k_accuracy_score(truth, given, k=k, labels=np.arange(classes))) for k in (1, 2, 3)}
    return {
        "classes": classes, "truth": truth.tolist(), "scores": given.tolist(), "predicted": predicted.tolist(), "top": top,
        "accuracy": bits(metrics.accuracy_score(truth, predicted)),
        "balanced": bits(metrics.balanced_accuracy_score(truth, predicted)),
        "confusion": metrics.confusion_matrix(truth, predicted, labels=np.arange(classes)).tolist(),
        "present": quality(truth, predicted, sorted(set(truth) | set(predicted)), 0),
        "all": quality(truth, predicted, np.arange(classes), 0),
        "nan": quality(truth, predicted, np.arange(classes), np.nan),
    }


def several(classes, n, share):
    truth = rng.random((n, classes)) < share * rng.random(classes)
    given = scores(n, classes)
    given = np.where(truth & (rng.random((n, classes)) < 0.5), np.minimum(given + 0.25, 1), given)
    ask = lambda average: metrics.average_precision_score(truth.astype(int), given, average=average)
    return {
        "classes": classes, "truth": truth.astype(int).tolist(), "scores": given.tolist(),
        "ap": bits(ask(None)), "micro": bits(ask("micro")), "macro": bits(ask("macro")), "weighted": bits(ask("weighted")),
        "quality": quality(truth.astype(int), (given >= 0.5).astype(int), None, 0),
    }


cases = {
    "single": [single(c, n, np.arange(c)[:: 1 + i % 2]) for i, (c, n) in enumerate([(2, 9), (3, 20), (5, 14), (12, 60), (40, 30), (11, 200)])],
    "several": [several(c, n, s) for c, n, s in [(2, 7, 0.8), (3, 40, 0.5), (9, 30, 0.3), (20, 12, 0.2), (4, 150, 0.6)]],
}
text = "{\n" + ",\n".join(f'"{k}":[\n' + ",\n".join(json.dumps(c, separators=(",", ":")) for c in v) + "\n]" for k, v in cases.items()) + "\n}\n"
OUT = Path(__file__).resolve().with_suffix(".json")
if sys.argv[1:2] == ["check"]:
    assert OUT.read_text() == text, f"{OUT.name} is not what is answered now"
else:
    OUT.write_text(text)
