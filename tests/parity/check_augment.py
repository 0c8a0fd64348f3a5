#!/usr/bin/env python3
"""Photographs through the pipelines of `lensframe.Loader`, and through OpenCV or Pillow, whichever an operation follows.

needs: pillow, numpy, opencv-python-headless, pyarrow
use: check_augment.py PROGRAM
Photographs are read from ../shared/data beside the project, or LENSFRAME_DATA; without them the check says that it is skipped,
and so it does without the Python extension beside the program. Of large photographs it is a window from the middle.

Allowed is one level, and none where a rule is said to be a tool's to the byte. Some causes of more are known, and are what is
left out, or is held against something else beside:
- Bicubic and Lanczos of Pillow round between columns and rows: a half that is rounded otherwise there (even here, up there)
  may be two levels after rows that overshoot, of one sample in a hundred thousand.
- OpenCV rounds places to 1/32 of a pixel when it warps: we are held against Pillow's places, which are exact, wherever no
  border is mixed in; against OpenCV few samples may be further off than two levels.
- Where a place falls upon the border of two samples, rounding decides which is taken, and tools add up their places in single
  steps or in fixed point: such samples are left out.
"""
import io
import math
import os
import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np
import pyarrow as pa
from PIL import Image, ImageEnhance, ImageOps

ROOT = Path(__file__).resolve().parents[2]
MOST = 256
PILLOW = {
    "nearest": Image.NEAREST, "bilinear": Image.BILINEAR, "bicubic": Image.BICUBIC, "lanczos": Image.LANCZOS, "area": Image.BOX,
}  # fmt: skip
OPENCV = {
    "nearest": cv2.INTER_NEAREST_EXACT, "bilinear": cv2.INTER_LINEAR, "bicubic": cv2.INTER_CUBIC, "lanczos": cv2.INTER_LANCZOS4,
    "area": cv2.INTER_AREA,
}  # fmt: skip


def door(program, folder):
    """The package with the extension that lies beside the program; `None` where there is none."""
    names = {"darwin": "lib_lensframe.dylib", "win32": "_lensframe.dll"}
    built = Path(program).parent / names.get(sys.platform, "lib_lensframe.so")
    if not built.is_file():
        return None
    package = Path(folder) / "lensframe"
    package.mkdir()
    for own in (ROOT / "python/lensframe").iterdir():
        if own.is_dir() or own.suffix in (".py", ".pyi"):
            (package / own.name).symlink_to(own)
    (package / ("_lensframe.pyd" if sys.platform == "win32" else "_lensframe.abi3.so")).symlink_to(built)
    sys.path.insert(0, str(folder))
    import lensframe

    return lensframe


def photographs(root):
    """The names of photographs, and PNGs of as much of their middles as is looked at."""
    for folder in ("photos", "coco-photos/images"):
        for path in sorted((root / folder).iterdir()):
            if path.suffix not in (".jpg", ".png"):
                continue
            image = Image.open(path).convert("RGB")
            width, height = (min(side, MOST) for side in image.size)
            left, top = (image.width - width) // 2, (image.height - height) // 2
            out = io.BytesIO()
            image.crop((left, top, left + width, top + height)).save(out, "PNG")
            yield path.name, out.getvalue()


class Table:
    """Runs pipelines, compares, and keeps the differences."""

    def __init__(self, lensframe, ds, wanted):
        self.lensframe, self.ds, self.wanted = lensframe, ds, wanted
        self.lines, self.wrong = [], []

    def rows(self, *steps):
        """Pictures (H, W, 3) with what was drawn."""
        told = [{**step, "params": "drawn"} for step in steps[:1]] + list(steps[1:])
        loader = self.lensframe.Loader(self.ds, {"steps": told, "output": {"order": "hwc"}}, 1, workers=2, seed=5)
        for batch in loader:
            yield batch["img"][0], batch.get("drawn", [None])[0]

    def hold(self, name, peer, step, theirs, most=1, further=0.0, inner=None):
        """Every picture within `most` levels of the peer's; of samples no larger share than `further` is beyond that.

        `theirs` is called with the picture and what was drawn; `inner` gives what is compared of (H, W).
        """
        worst, counts, many = 0, np.zeros(2), 0
        for at, ((found, drawn), source) in enumerate(zip(self.rows(step), self.wanted, strict=True)):
            want = theirs(source, drawn)
            assert found.shape == want.shape, (name, peer, at, found.shape, want.shape)
            difference = np.abs(found.astype(int) - want)
            if inner is not None:
                difference = difference[inner(source, drawn)]
            worst = max(worst, int(difference.max(initial=0)))
            counts += [np.count_nonzero(difference), np.count_nonzero(difference > most)]
            many += difference.size
        unequal, beyond = counts / many
        self.lines.append((name, peer, most, worst, unequal, beyond))
        if beyond > further:
            found = f"{worst} levels, {beyond:.3%} of samples are further off than {most}"
            self.wrong.append(f"{name} by {peer}: {found}")


def levels(numbers):
    return np.clip(np.rint(numbers), 0, 255).astype(np.uint8)


def cv_resize(size, method):
    return lambda source, _=None: cv2.resize(source, size[::-1], interpolation=OPENCV[method])


def pil_resize(size, method):
    return lambda source, _=None: np.asarray(Image.fromarray(source).resize(size[::-1], PILLOW[method]))


def certain(size, near, centre):
    """Which samples of a resized picture have a place that is further than `near` from the border of two samples."""

    def window(source, _):
        sides = []
        for new, old in zip(size, source.shape[:2]):
            place = (np.arange(new) + centre) * old / new
            sides.append(np.abs(place - np.rint(place)) > near if new != old else np.full(new, True))
        return sides[0][:, None] & sides[1]

    return window


def resizes(table):
    for size, how in (((100, 131), "smaller"), ((440, 511), "larger"), ((100, 440), "mixed")):
        for method in OPENCV:
            step = {"op": "resize", "size": list(size), "method": method}
            anti = {**step, "antialias": True}
            if method == "nearest":
                # OpenCV counts in 1/65536, Pillow adds steps up.
                for peer, resized, near in (("OpenCV", cv_resize, 0.01), ("Pillow", pil_resize, 1e-6)):
                    table.hold(f"resize nearest, {how}", peer, step, resized(size, method), 0, inner=certain(size, near, 0.5))
                continue
            inner = certain(size, 1e-6, 0) if method == "area" and how != "smaller" else None
            table.hold(f"resize {method}, {how}", "OpenCV", step, cv_resize(size, method), inner=inner)
            twice = 1e-5 if method in ("bicubic", "lanczos") else 0
            table.hold(f"resize {method} antialias, {how}", "Pillow", anti, pil_resize(size, method), further=twice)

    def short(source, _=None):
        height, width = source.shape[:2]
        size = (100, width * 100 // height) if height <= width else (height * 100 // width, 100)
        return cv_resize(size, "bilinear")(source)

    table.hold("resize_short", "OpenCV", {"op": "resize_short", "size": 100}, short)

    def contained(source, drawn):
        out = np.full((200, 240, 3), 114, np.uint8)
        size = drawn["scaled_height"], drawn["scaled_width"]
        y, x = drawn["y_offset"], drawn["x_offset"]
        height, width = source.shape[:2]
        factor = min(200 / height, 240 / width)
        assert size == (round(height * factor), round(width * factor)), (size, height, width)
        out[y : y + size[0], x : x + size[1]] = cv_resize(size, "bilinear")(source)
        return out

    step = {"op": "resize_contain", "size": [200, 240], "fill": [114] * 3, "enlarge": True, "round": True}
    table.hold("resize_contain", "OpenCV", step, contained)
    frame = lambda source, drawn: cv_resize((drawn["height"], drawn["width"]), "bilinear")(source)
    table.hold("rescale", "OpenCV", {"op": "rescale", "scales": [[333, 200]]}, frame)


def windows(table):
    cut = lambda source, drawn: source[drawn["y"] : drawn["y"] + drawn["height"], drawn["x"] : drawn["x"] + drawn["width"]]
    table.hold("center_crop", "NumPy", {"op": "center_crop", "size": [99, 120], "fit": True}, cut, 0)
    table.hold("random_crop", "NumPy", {"op": "random_crop", "size": [70, 90], "fit": True}, cut, 0)
    table.hold("random_crop of shares", "NumPy", {"op": "random_crop", "share": [0.4, 0.4]}, cut, 0)
    table.hold("random_sized_crop", "NumPy", {"op": "random_sized_crop"}, cut, 0)
    ways = ("bilinear", "OpenCV", cv_resize), ("area", "OpenCV", cv_resize), ("bilinear", "Pillow", pil_resize)
    for method, peer, resized in ways:
        step = {"op": "random_resized_crop", "size": [96, 128], "method": method, "antialias": peer == "Pillow"}
        theirs = lambda s, d, of=resized((96, 128), method): of(np.ascontiguousarray(cut(s, d)))
        table.hold(f"random_resized_crop {method}", peer, step, theirs)
    table.hold("flip x", "OpenCV", {"op": "flip", "x": True}, lambda s, _: cv2.flip(s, 1), 0)
    table.hold("flip y", "OpenCV", {"op": "flip", "y": True}, lambda s, _: cv2.flip(s, 0), 0)
    table.hold("flip x y", "OpenCV", {"op": "flip", "x": True, "y": True}, lambda s, _: cv2.flip(s, -1), 0)
    flipped = lambda s, d: s[:: -1 if d["y_flip"] else 1, :: -1 if d["x_flip"] else 1]
    table.hold("random_flip", "NumPy", {"op": "random_flip", "x": 0.5, "y": 0.5}, flipped, 0)
    table.hold("random_turn", "NumPy", {"op": "random_turn"}, lambda s, d: np.rot90(s, d["k"]), 0)

    def padded(source, _):
        height, width = (-side % 32 for side in source.shape[:2])
        return cv2.copyMakeBorder(source, 0, height, 0, width, cv2.BORDER_CONSTANT, value=(3, 60, 250))

    table.hold("pad", "OpenCV", {"op": "pad", "multiple": 32, "fill": [3, 60, 250]}, padded, 0)

    def expanded(source, drawn):
        height, width = (int(side * drawn["ratio"]) for side in source.shape[:2])
        y, x = drawn["y_offset"], drawn["x_offset"]
        rest = height - y - source.shape[0], width - x - source.shape[1]
        return cv2.copyMakeBorder(source, y, rest[0], x, rest[1], cv2.BORDER_CONSTANT, value=(9, 9, 7))

    table.hold("expand", "OpenCV", {"op": "expand", "ratio": [1, 2], "fill": [9, 9, 7]}, expanded, 0)


def rotation(angle, source):
    """Counter-clockwise about the middle, in pixels whose centres are at halves."""
    height, width = source.shape[:2]
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    x, y = width / 2, height / 2
    return np.array([[cos, sin, x - cos * x - sin * y], [-sin, cos, y + sin * x - cos * y]])


def of_centres(matrix):
    """The same map of pixels whose centres are at whole numbers."""
    half = np.array([0.5, 0.5])
    return np.column_stack([matrix[:, :2], matrix[:, 2] + matrix[:, :2] @ half - half])


def cv_warp(map_of, fill=(0, 0, 0), flag=cv2.INTER_LINEAR):
    def warped(source, drawn):
        size = source.shape[1::-1]
        matrix = of_centres(map_of(drawn, source))
        return cv2.warpAffine(source, matrix, size, flags=flag, borderMode=cv2.BORDER_CONSTANT, borderValue=fill)

    return warped


def inverse(matrix):
    return cv2.invertAffineTransform(np.asarray(matrix, dtype=np.float64))


def pil_warp(map_of, sampling=Image.BILINEAR):
    def warped(source, drawn):
        planes = (Image.fromarray(source[..., n].astype(np.float32)) for n in range(3))
        there = inverse(map_of(drawn, source)).ravel()
        size = source.shape[1::-1]
        return levels(np.stack([np.asarray(p.transform(size, Image.AFFINE, there, sampling)) for p in planes], axis=2))

    return warped


def seen(map_of, near=0.0):
    """Which pixels come from within the picture, a pixel from its border, and further than `near` from pixels' edges."""

    def window(source, drawn):
        height, width = source.shape[:2]
        columns, rows = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
        there = inverse(map_of(drawn, source))
        x, y = (line[0] * columns + line[1] * rows + line[2] for line in there)
        within = (x > 1) & (y > 1) & (x < width - 1) & (y < height - 1)
        return within & (np.abs(x - np.rint(x)) > near) & (np.abs(y - np.rint(y)) > near) if near else within

    return window


def warps(table):
    maps = {
        "rotate": ({"op": "rotate", "angle": [-40, 40]}, lambda d, s: rotation(d["angle"], s)),
        "rotate by 7": ({"op": "rotate", "angle": [7, 7]}, lambda d, s: rotation(d["angle"], s)),
        "shear": (
            {"op": "shear", "x": [-0.4, 0.4], "y": [-0.2, 0.2]},
            lambda d, s: np.array([[1, d["x"], -d["x"] / 2], [d["y"], 1, -d["y"] / 2]]),
        ),
        "translate": (
            {"op": "translate", "x": [-30, 30], "y": [-30, 30]},
            lambda d, s: np.array([[1, 0, d["x"]], [0, 1, d["y"]]]),
        ),
    }
    for name, (step, map_of) in maps.items():
        table.hold(name, "Pillow, floats", step, pil_warp(map_of), inner=seen(map_of))
        table.hold(name, "OpenCV", step, cv_warp(map_of), most=2, further=0.01)
    far = {"op": "translate", "x": [17.9, 17.9], "y": [-5.2, -5.2], "whole": True, "fill": [1, 2, 3]}
    moved = cv_warp(lambda d, s: np.array([[1.0, 0, 17], [0, 1, -5]]), (1, 2, 3))
    table.hold("translate, whole", "OpenCV", far, moved, 0)
    for name in ("rotate", "shear"):
        step, map_of = maps[name]
        nearest, inner = pil_warp(map_of, Image.NEAREST), seen(map_of, 0.01)
        table.hold(f"{name}, nearest", "Pillow", {**step, "nearest": True}, nearest, 0, inner=inner)


def grown(table):
    def larger(source, drawn):
        return np.asarray(Image.fromarray(source).rotate(90, expand=True))

    table.hold("rotate by 90, expand", "Pillow", {"op": "rotate", "angle": [90, 90], "expand": True}, larger, 0)


def blended(source, factor, other):
    return np.clip(cv2.addWeighted(source.astype(np.float32), factor, other.astype(np.float32), 1 - factor, 0), 0, 255)


def cv_gray(source):
    return cv2.cvtColor(cv2.cvtColor(source, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)


def cv_sharp(source, factor):
    kernel = np.array([[1, 1, 1], [1, 5, 1], [1, 1, 1]]) / 13.0
    return blended(source, factor, cv2.filter2D(source, -1, kernel)).astype(np.uint8)


def cv_tone(change, f):
    flat = lambda source: np.full_like(source, int(np.rint(cv2.cvtColor(source, cv2.COLOR_RGB2GRAY).mean())))
    return {
        "brightness": lambda s: blended(s, f, np.zeros_like(s)).astype(np.uint8),
        "contrast": lambda s: blended(s, f, flat(s)).astype(np.uint8),
        "saturation": lambda s: levels(blended(s, f, cv_gray(s))),
        "sharpness": lambda s: cv_sharp(s, f),
        "grayscale": cv_gray,
        "clahe": lambda s: cv_clahe(s, f),
    }[change]


def cv_clahe(source, limit):
    parts = list(cv2.split(cv2.cvtColor(source, cv2.COLOR_RGB2YCrCb)))
    parts[0] = cv2.createCLAHE(clipLimit=limit, tileGridSize=(8, 8)).apply(parts[0])
    return cv2.cvtColor(cv2.merge(parts), cv2.COLOR_YCrCb2RGB)


def pil_hue(image, shift):
    h, s, v = image.convert("HSV").split()
    turned = (np.asarray(h).astype(int) + int(shift * 255)) % 256
    return Image.merge("HSV", (Image.fromarray(turned.astype(np.uint8)), s, v)).convert("RGB")


def pil_tone(change, f):
    """Pillow's function; torchvision's on a Pillow image for gamma and hue."""
    made = {
        "brightness": lambda image: ImageEnhance.Brightness(image).enhance(f),
        "contrast": lambda image: ImageEnhance.Contrast(image).enhance(f),
        "saturation": lambda image: ImageEnhance.Color(image).enhance(f),
        "sharpness": lambda image: ImageEnhance.Sharpness(image).enhance(f),
        "posterize": lambda image: ImageOps.posterize(image, int(f)),
        "solarize": lambda image: ImageOps.solarize(image, int(f)),
        "auto_contrast": lambda image: ImageOps.autocontrast(image, cutoff=f),
        "equalize": ImageOps.equalize,
        "invert": ImageOps.invert,
        "grayscale": lambda image: image.convert("L").convert("RGB"),
        "gamma": lambda image: image.point([int(255.999 * (x / 255) ** f) for x in range(256)] * 3),
        "hue": lambda image: pil_hue(image, f),
    }[change]
    return lambda source: np.asarray(made(Image.fromarray(source)))


def colours(table):
    factors = {change: (0.0, 0.3, 0.95, 1.7) for change in ("brightness", "contrast", "saturation", "sharpness")}
    for change, values in {**factors, "grayscale": (0,), "clahe": (2, 40)}.items():
        for value in values:
            step = {"op": "tone", "change": change, "value": [value, value]}
            table.hold(f"tone {change} {value}", "OpenCV", step, lambda s, _, of=cv_tone(change, value): of(s), 0)
    only = {
        "posterize": (1, 3, 7), "solarize": (0, 128, 256), "auto_contrast": (0, 2), "equalize": (0,), "invert": (0,),
        "grayscale": (0,), "gamma": (0.4, 2.2), "hue": (-0.5, -0.07, 0.0, 0.2, 0.5),
    }  # fmt: skip
    for change, values in {**factors, **only}.items():
        for value in values:
            step = {"op": "tone", "change": change, "value": [value, value], "pillow": True}
            table.hold(f"tone {change} {value}", "Pillow", step, lambda s, _, of=pil_tone(change, value): of(s), 0)
    for part, change in (("brightness", "brightness"), ("contrast", "contrast"), ("saturation", "saturation"), ("hue", "hue")):
        step = {"op": "color_jitter", part: 0.4}
        table.hold(f"color_jitter {part}", "Pillow", step, lambda s, d, c=change: pil_tone(c, d[c])(s), 0)


def blurs(table):
    for radius, sigma in ((1, 0.6), (3, 1.5), (7, 4.0)):
        side, step = 2 * radius + 1, {"op": "blur", "radius": [radius] * 2, "sigma": [sigma] * 2}
        table.hold(f"blur gaussian {radius}", "OpenCV", step, lambda s, _, k=side, d=sigma: cv2.GaussianBlur(s, (k, k), d), 0)
        table.hold(f"blur mean {radius}", "OpenCV", {**step, "kind": "mean"}, lambda s, _, k=side: cv2.blur(s, (k, k)), 0)
        table.hold(f"blur median {radius}", "OpenCV", {**step, "kind": "median"}, lambda s, _, k=side: cv2.medianBlur(s, k), 0)


def chained(table):
    """Steps that are noted and done in one pass give what they give one by one."""
    noted = [{"op": "resize", "size": [200, 260]}, {"op": "flip", "x": True}, {"op": "center_crop", "size": [120, 140]}]
    steps = noted + [{"op": "pad", "multiple": 64}]
    for (found, _), source in zip(table.rows(*steps), table.wanted):
        want = cv2.flip(cv2.resize(source, (260, 200), interpolation=cv2.INTER_LINEAR), 1)[40:160, 60:200]
        assert np.abs(found[:120, :140].astype(int) - want).max() <= 1 and not found[120:].any() and not found[:, 140:].any()


def main():
    root = Path(os.environ.get("LENSFRAME_DATA", ROOT / "../shared/data"))
    if not (root / "README.md").is_file():
        print("  skipped: there are no photographs")
        return
    with tempfile.TemporaryDirectory() as folder:
        lensframe = door(os.path.abspath(sys.argv[1]), folder)
        if lensframe is None:
            print("  skipped: there is no extension beside the program")
            return
        files = dict(photographs(root))
        images = [{"bytes": data, "path": None} for data in files.values()]
        ds = lensframe.from_arrow(pa.table({"img": images}))
        wanted = [np.asarray(Image.open(io.BytesIO(data))) for data in files.values()]
        table = Table(lensframe, ds, wanted)
        for (found, _), source in zip(table.rows(), wanted):
            assert (found == source).all()
        for part in (resizes, windows, warps, grown, colours, blurs, chained):
            part(table)
    print(f"  {len(files)} photographs; levels allowed, and found; shares of samples that differ, and by more than allowed")
    for name, peer, most, worst, unequal, beyond in table.lines:
        print(f"  {name:34} {peer:14} {most:2} {worst:3} {unequal:8.3%} {beyond:8.3%}")
    assert not table.wrong, "\n".join(table.wrong)


if __name__ == "__main__":
    main()
