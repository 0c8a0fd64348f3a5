"""The types: the whole package passes ``mypy --strict``, and the stub of the extension is what the extension exports."""

import ast
import os
import pathlib
import re
import subprocess
import sys

import pytest

import lensframe
from lensframe import _lensframe as native

ROOT = pathlib.Path(__file__).resolve().parent.parent
STUB = ROOT / "lensframe" / "_lensframe.pyi"

# What a user writes, with what it is.
SCRIPT = '''
from typing import Any, Dict, List, Optional

import numpy as np
from numpy.typing import NDArray

import lensframe
from lensframe.coco import COCO, COCOeval, mask


def boxes(ds: lensframe.Dataset) -> List[NDArray[np.float64]]:
    return [row["bbox"] for row in ds.filter("width >= 640").slice[:10]]


ds: lensframe.Dataset = lensframe.open("a.lf", split=["val"])
labels: lensframe.Dataset = ds.slice[:, "label"]
some: lensframe.Dataset = ds.slice[[3, 1], ("img", "bbox")]
many: lensframe.Dataset = ds.filter_objects("area > 9", at_least=2).sort_by("width", descending=True)
train, val = ds.split([0.8, 0.2], seed=1)
saved: lensframe.Dataset = lensframe.concat(train, val).save("b.lf", storage="parquet")
offsets: NDArray[np.int64] = ds.column("bbox").offsets
names: Optional[List[str]] = ds.classes()
counts: int = sum(len(row["label"]) for row in ds)
report: lensframe.Report = lensframe.evaluate(ds, "#pred", metric="coco/bbox", bootstrap=True)
ap: Optional[float] = report["AP"]
flat: Dict[str, float] = report.flat("val/")
told: Dict[str, Any] = lensframe.export(ds, "out", "coco", force=True)
COCOeval(COCO("gt.json"), COCO("gt.json").loadRes("dt.json"), "bbox").evaluate()
mask.encode(np.zeros((2, 2), dtype=np.uint8))
try:
    ds[0]["bbx"]
except lensframe.errors.MissingKeyError as error:
    where: Optional[str] = error.key
'''

# Calls that a type checker must not let pass.
WRONG = [
    ("lensframe.open(3)", "arg-type"),
    ('lensframe.open("a.lf", spilt=["val"])', "call-arg"),
    ('lensframe.open("a.lf").save("b.lf", storage="zip")', "arg-type"),
    ('lensframe.open("a.lf").fliter("width > 3")', "attr-defined"),
    ('lensframe.open("a.lf").column("bbox").offsets.reshap(2)', "attr-defined"),
    ('lensframe.export(lensframe.open("a.lf"), "out")', "call-arg"),
]


def mypy(tmp_path, *args, module="mypy"):
    command = [sys.executable, "-m", module, *args]
    env = {**os.environ, "MYPYPATH": str(ROOT), "MYPY_CACHE_DIR": str(tmp_path / "cache")}
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)


def stubbed():
    """The names that the stub gives at its top, without what it needs for itself."""
    names = set()
    for node in ast.parse(STUB.read_text(encoding="utf-8")).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.add(node.target.id)
    return names


def test_the_stub_names_what_the_extension_exports():
    exported = {name for name in dir(native) if name == "__version__" or not name.startswith("__")}
    missing, gone = sorted(exported - stubbed()), sorted(stubbed() - exported)
    assert not missing, f"add to lensframe/_lensframe.pyi, with their types: {', '.join(missing)}"
    assert not gone, f"take out of lensframe/_lensframe.pyi, the extension has them no more: {', '.join(gone)}"


def test_the_stub_has_the_signatures_of_the_extension(tmp_path):
    """mypy's own stubtest: members, arguments, their names, kinds and defaults."""
    pytest.importorskip("mypy.stubtest")
    allowed = tmp_path / "allowed"
    # Python iterates by `__len__` and `__getitem__`, type checkers by `__iter__`; all names are exported.
    allowed.write_text(r"lensframe\._lensframe\.(__all__|(Dataset|Column)\.__iter__)" + "\n")
    options = ["--concise", "--allowlist", str(allowed), "--ignore-unused-allowlist"]
    options += ["--mypy-config-file", str(ROOT / "pyproject.toml")]
    done = mypy(tmp_path, "lensframe._lensframe", *options, module="mypy.stubtest")
    assert done.returncode == 0, f"lensframe/_lensframe.pyi is not what the extension has:\n{done.stdout}{done.stderr}"


def test_the_package_and_what_users_write_are_strictly_typed(tmp_path):
    pytest.importorskip("mypy")
    script = tmp_path / "user.py"
    script.write_text(SCRIPT)
    wrong = tmp_path / "wrong.py"
    wrong.write_text("import lensframe\n" + "".join(f"{call}\n" for call, _ in WRONG))
    told = mypy(tmp_path, "--strict", "lensframe", str(script), str(wrong)).stdout.splitlines()
    faults = [line for line in told if "error:" in line and "wrong.py:" not in line]
    assert not faults, "\n".join(faults)
    for line, (call, code) in enumerate(WRONG, 2):
        assert any(re.search(rf"wrong\.py:{line}: error: .*\[{code}\]", one) for one in told), f"{call} passes: {told}"


def test_the_package_says_that_it_is_typed():
    assert (ROOT / "lensframe" / "py.typed").exists()
    assert all(hasattr(lensframe, name) for name in lensframe.__all__)
    assert set(lensframe.__all__) <= set(dir(lensframe))
