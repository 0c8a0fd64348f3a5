"""The scripts of ``examples/`` run as they stand, each in a process and an empty folder of its own, and say what is so."""

import importlib.util
import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

import lensframe

ROOT = pathlib.Path(__file__).resolve().parent.parent
EXAMPLES = ROOT / "examples"

# What a script needs, and what it must have said at the end.
SCRIPTS = {
    "torchvision_predictions.py": ((), r"AP 0\.\d{4}, AP50 0\.\d{4} of \d+ detections on 40 images"),
    "ultralytics_labels.py": ((), r"AP 0\.\d{4}; wrong classes cost 0\.\d{4}, misses 0\.\d{4}"),
    "onnx_outputs.py": ((), r"AP 0\.\d{4}, with 95 % chance between 0\.\d{4} and 0\.\d{4}"),
    "filter_then_export.py": ((), r"val: \d+ files of COCO"),
    "swap_pycocotools.py": (("pycocotools",), r"the same twelve numbers, bit for bit: True"),
    "polars_on_our_files.py": (("polars",), r"\d+ of 40 images hold an object of more than 2000 pixels"),
    "duckdb_on_parquet.py": (("duckdb", "pyarrow"), r" 40 │ +\d+"),
}


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """What the scripts draw where nothing is named."""
    path = tmp_path_factory.mktemp("drawn") / "scenes.lf"
    lensframe.synth(path, 40, size="320x240", detections=True)
    return path


@pytest.fixture(scope="module")
def said(drawn, tmp_path_factory):
    """Runs a script once, and returns what it printed."""
    outputs = {}

    def run(name):
        if name not in outputs:
            folder = tmp_path_factory.mktemp("a folder with spaces")
            shutil.copytree(drawn, folder / "scenes.lf")
            # Warnings of ours and of Python count as failures; those of other libraries are theirs.
            flags = ["-W", "error::UserWarning:__main__", "-X", "utf8"]
            done = subprocess.run(
                [sys.executable, *flags, str(EXAMPLES / name)], cwd=folder, capture_output=True, text=True,
                encoding="utf-8", env={**os.environ, "PYTHONPATH": str(ROOT)},
            )  # fmt: skip
            assert done.returncode == 0, f"{name} failed:\n{done.stdout[-2000:]}\n{done.stderr}"
            outputs[name] = done.stdout
        return outputs[name]

    return run


@pytest.mark.parametrize("name", sorted(SCRIPTS))
def test_an_example_runs_as_it_stands(name, said):
    needs, line = SCRIPTS[name]
    missing = [need for need in needs if importlib.util.find_spec(need) is None]
    if missing:
        pytest.skip(f"{name} needs {', '.join(missing)}")
    assert re.search(line, said(name)), said(name)[-2000:]


def test_the_same_detections_in_three_forms_have_the_same_precision(said):
    forms = ("torchvision_predictions.py", "ultralytics_labels.py", "onnx_outputs.py")
    found = {name: re.search(r"^AP (0\.\d{4})", said(name), re.M).group(1) for name in forms}
    assert len(set(found.values())) == 1, found


def test_an_example_draws_its_scenes_where_there_are_none(tmp_path):
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / "filter_then_export.py"), "own scenes.lf"], cwd=tmp_path, capture_output=True,
        text=True, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert len(lensframe.open(tmp_path / "own scenes.lf")) == 40 and (tmp_path / "voc-val").is_dir()


def test_every_example_is_tested_and_listed():
    scripts = {path.name for path in EXAMPLES.glob("*.py")}
    assert scripts == set(SCRIPTS)
    page = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    assert all(f"`{path.name}`" in page for path in EXAMPLES.iterdir() if path.suffix in (".py", ".ipynb"))
