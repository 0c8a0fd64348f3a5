"""What Ultralytics writes with `save_txt=True, save_conf=True`: a text file an image, evaluated as it is.

A line is `class cx cy width height confidence`, the box in shares of the image, the class counted from 0.
"""

import pathlib
import sys

import lensframe

path = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "scenes.lf")
ds = lensframe.open(path) if path.exists() else lensframe.synth(path, 40, size="320x240", detections=True)

# In your program: `model.predict(images, save_txt=True, save_conf=True)`. Here the scenes' own detections are written.
labels = path.with_name("labels")
labels.mkdir(exist_ok=True)
for row in ds:
    height, width = row["height"], row["width"]
    lines = []
    for (x, y, w, h), label, score in zip(row["pred.bbox"], row["pred.label"], row["pred.score"]):
        cx, cy = (x + w / 2) / width, (y + h / 2) / height
        lines.append(f"{label} {cx:.9f} {cy:.9f} {w / width:.9f} {h / height:.9f} {score:.9f}\n")
    stem = pathlib.Path(row["file_name"]).stem
    (labels / f"{stem}.txt").write_text("".join(lines))

report = lensframe.evaluate(ds, labels, match_by="stem", errors=True)
print(report)
print(f"AP {report['AP']:.4f}; wrong classes cost {report['Cls']:.4f}, misses {report['Miss']:.4f}")
report.save(path.with_name("report.html"))
