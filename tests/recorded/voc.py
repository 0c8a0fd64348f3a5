#!/usr/bin/env python3
"""Records what Datumaro reads of its own small VOC devkit, into voc_datumaro.json.

use: voc.py FOLDER        FOLDER: datumaro's tests/assets/voc_dataset/voc_dataset1

Recorded with datumaro 1.13.12. It takes corners as 0-based and exclusive: our coords `zero-exclusive`.
"""
import json
import sys
from pathlib import Path

from datumaro import Dataset

data = Dataset.import_from(sys.argv[1], "voc")
names = [label.name for label in data.categories()[next(iter(data.categories()))]]
parts = {"head", "hand", "foot"}
out = {}
for item in data:
    boxes, masks = [], []
    for one in item.annotations:
        kind = one.type.name
        if kind == "bbox" and names[one.label] not in parts:
            flags = {name: bool(one.attributes[name]) for name in ("difficult", "truncated")}
            boxes.append({"name": names[one.label], "bbox": [float(v) for v in one.get_bbox()], **flags})
        elif kind == "mask":
            masks.append({"name": names[one.label], "area": int(one.image.sum())})
    out[item.id] = {"split": item.subset, "boxes": boxes, "masks": masks}
text = json.dumps(out, indent=1, sort_keys=True)
(Path(__file__).parent / "voc_datumaro.json").write_text(text + "\n")
