"""Questions in SQL choose images and objects; what is left is written as COCO and as VOC. No image is decoded."""

import pathlib
import sys

import lensframe

path = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "scenes.lf")
ds = lensframe.open(path) if path.exists() else lensframe.synth(path, 40, size="320x240", detections=True)

counted = ds.sql("SELECT category, COUNT(*) AS n FROM objects GROUP BY category ORDER BY n DESC, category LIMIT 3")
for row in counted:
    print(f"{row['n']:4} {row['category']}")

common = counted[0]["category"]
chosen = ds.filter_objects(f"category = '{common}' AND NOT crowded")  # images with such an object
chosen = chosen.keep_objects("area >= 100")                          # and of those, the objects that are large enough
train, val = chosen.shuffle(seed=1).split([0.8, 0.2])
print(f"{len(chosen)} of {len(ds)} images show a {common}: {len(train)} to train with, {len(val)} to validate")

for name, part in (("train", train), ("val", val)):
    stored = part.save(path.with_name(f"{name}.lf"), replace=True)
    told = lensframe.export(stored, path.with_name(f"coco-{name}"), "coco", force=True)
    print(f"{name}: {len(told['files'])} files of COCO")
lensframe.export(val, path.with_name("voc-val"), "voc", force=True)
