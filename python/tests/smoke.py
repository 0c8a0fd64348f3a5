"""Tries an installed package from end to end, without a test runner: what each wheel has to pass.

``python smoke.py`` uses whichever lensframe the interpreter finds, and needs nothing but it and NumPy.
"""

import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

import lensframe
from lensframe.coco import mask


def main() -> None:
    package = pathlib.Path(lensframe.__file__).parent
    assert (package / "py.typed").exists() and (package / "_lensframe.pyi").exists(), "the package is not typed"
    with tempfile.TemporaryDirectory(prefix="smoke with spaces ") as folder:
        os.chdir(folder)
        ds = lensframe.synth("scenes.lf", 12, size="96x64", images="mix", detections=True)
        for row in ds:
            assert row["img"].shape == (row["height"], row["width"], 3), row
        assert 0 < len(ds.filter_objects("area > 100")) <= 12
        lensframe.export(ds, "coco", "coco")
        again = lensframe.convert("coco", "again.lf", images="embed")
        assert all(np.array_equal(a["bbox"], b["bbox"]) for a, b in zip(ds, again))
        report = lensframe.evaluate(ds, "#pred")
        assert 0 < report["AP"] < 1
        report.save("report.html")
        planes = np.zeros((7, 5, 2), np.uint8)
        planes[2:4, 1:3] = 1
        assert np.array_equal(mask.decode(mask.encode(planes)), planes)
        program = [sys.executable, "-m", "lensframe._program"]
        told = subprocess.run([*program, "info", "again.lf"], capture_output=True, text=True, encoding="utf-8", check=True)
        assert "12 rows" in told.stdout, told.stdout
        os.chdir(package)
        del ds, again, row
    print(f"lensframe {lensframe.__version__} on Python {sys.version.split()[0]}, {sys.platform}: sound, AP {report['AP']:.4f}")


if __name__ == "__main__":
    main()
