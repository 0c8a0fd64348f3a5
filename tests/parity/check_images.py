#!/usr/bin/env python3
"""Whole pictures as Pillow and OpenCV decode them: real files, and small ones of every kind written by the peers.

needs: pillow, numpy, opencv-python-headless
use: check_images.py PROGRAM
Real files are read from ../shared/data beside the project, or LENSFRAME_DATA, where that is there.

Allowed: nothing for lossless kinds. For JPEG a level where the program says that libjpeg-turbo is its decoder,
as it is Pillow's and OpenCV's; with zune-jpeg 24 levels anywhere and 1 on average.
"""
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageFile, ImageOps

ROOT = Path(__file__).resolve().parents[2]
GROUND = {"white": 255, "black": 0}


def recorder():
    spec = importlib.util.spec_from_file_location("images_decode", ROOT / "tests/recorded/images_decode.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def ours(program, path, out, *options):
    """The pixels that the program writes, and what it says of the file."""
    done = subprocess.run([program, "image", path, "-o", out, "--force", "--json", *options], capture_output=True, text=True)
    assert done.returncode == 0, (path, done.stderr)
    return np.asarray(Image.open(out)), json.loads(done.stdout)


def near(name, found, want, facts):
    assert found.shape == want.shape, (name, found.shape, want.shape)
    difference = np.abs(found.astype(int) - want)
    most, mean = (0, 0.0)
    if facts["format"] == "jpeg":
        most, mean = (1, 0.01) if facts["decoder"].startswith("libjpeg-turbo") else (24, 1.0)
    assert difference.max() <= most and difference.mean() <= mean, (name, difference.max(), difference.mean())
    return difference.max()


def real(root):
    for folder in ("codec-cases", "exif", "photos", "fridge-voc/images", "coco-photos/images", "shapes-coco"):
        yield from sorted(p for p in (root / folder).iterdir() if p.suffix in (".jpg", ".png"))


def main():
    program = os.path.abspath(sys.argv[1])
    written = recorder()
    counted = {}

    def compare(name, peer, found, want, facts):
        most = near(f"{name} by {peer}", found, want, facts)
        n, worst = counted.get((peer, facts["format"]), (0, 0))
        counted[peer, facts["format"]] = n + 1, max(worst, most)

    with tempfile.TemporaryDirectory() as tmp:
        out = f"{tmp}/out.png"
        for name, data, pixels, most, alpha in written.kinds():
            file = f"{tmp}/file"
            Path(file).write_bytes(data)
            if alpha == "unsupported":
                continue
            found, facts = ours(program, file, out, "--alpha", alpha)
            lossy = facts["format"] == "jpeg" or "lossy" in name or name in ("tiff jpeg", "tiff cmyk")
            if not lossy and most == 0:
                compare(name, "Pillow", found, pixels, facts)
            elif facts["format"] == "jpeg":
                compare(name, "Pillow", found, pixels, facts)

        root = Path(os.environ.get("LENSFRAME_DATA", ROOT / "../shared/data"))
        for path in real(root) if (root / "README.md").is_file() else ():
            found, facts = ours(program, path, out, "--alpha", "ignore")
            image = Image.open(path)
            # It lacks half its end marker and no pixel.
            ImageFile.LOAD_TRUNCATED_IMAGES = path.name == "truncated_jpeg.jpg"
            clear = "transparency" in image.info or image.mode in ("LA", "RGBA")
            if not image.mode.startswith("I") and facts["depth"] != 16:
                # Pillow drops an alpha channel as we do when told to ignore it.
                compare(path.name, "Pillow", found, np.asarray(ImageOps.exif_transpose(image).convert("RGB")), facts)
            # OpenCV multiplies inks in a rounder way, up to 2 levels from Pillow.
            if not clear and image.mode != "CMYK":
                opened = cv2.cvtColor(cv2.imread(str(path), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
                compare(path.name, "OpenCV", found, opened, facts)
            gray, _ = ours(program, path, out, "--alpha", "ignore", "--gray")
            assert (gray == np.asarray(Image.fromarray(found).convert("L"))).all(), (path, "luma")
    for (peer, form), (n, worst) in sorted(counted.items()):
        print(f"  {peer}, {form}: {n} pictures agree, within {worst}")


if __name__ == "__main__":
    main()
