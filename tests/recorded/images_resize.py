#!/usr/bin/env python3
"""Records Pillow's resized pictures: the known answers of tests/it/images/resize.rs.

needs: pillow, numpy
use: images_resize.py        writes images_resize.json here
"""
import json
from pathlib import Path

import numpy as np
from PIL import Image

FILTERS = ("nearest", "box", "bilinear", "bicubic", "lanczos")
SIZES = ((7, 9), (20, 24), (11, 30), (1, 1))


def told(image):
    return {"size": [image.height, image.width], "pixels": np.asarray(image).tobytes().hex()}


noise = np.random.default_rng(1).integers(0, 256, (13, 19, 3), dtype=np.uint8)
source = Image.fromarray(noise)
resized = [{"filter": name, **told(source.resize((width, height), Image.Resampling[name.upper()]))}
           for name in FILTERS for height, width in SIZES]
record = {"source": told(source), "resized": resized}
Path(__file__).with_suffix(".json").write_text(json.dumps(record, indent=0) + "\n")
