"""``examples/tour.ipynb``: committed without outputs, runs from top to bottom, and what it displays is there."""

import ast
import json
import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
TOUR = ROOT / "examples" / "tour.ipynb"


def cells():
    return ["".join(cell["source"]) for cell in json.loads(TOUR.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"]


# Runs cells in one namespace and says of the value of each last line what a notebook would display.
DRIVER = """
import ast, json, sys
space = {}
for source in json.load(open(sys.argv[1], encoding="utf-8")):
    tree = ast.parse(source)
    last = ast.Expression(tree.body.pop().value) if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "<cell>", "exec"), space)
    value = None if last is None else eval(compile(last, "<cell>", "eval"), space)
    page = value._repr_html_() if hasattr(value, "_repr_html_") else None
    print("SHOWS", type(value).__name__, len(page or ""), (page or "").count("<img"))
"""


def test_the_notebook_is_committed_without_outputs():
    for cell in json.loads(TOUR.read_text(encoding="utf-8"))["cells"]:
        assert not cell.get("outputs") and cell.get("execution_count") is None, cell["id"]
    for source in cells():
        ast.parse(source)


def test_the_notebook_runs_and_shows_tables_pictures_and_a_report(tmp_path):
    pytest.importorskip("PIL")
    (tmp_path / "cells.json").write_text(json.dumps(cells()), encoding="utf-8")
    work = tmp_path / "a folder"
    work.mkdir()
    args = [sys.executable, "-W", "error::UserWarning", "-c", DRIVER, str(tmp_path / "cells.json")]
    done = subprocess.run(args, cwd=work, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    shown = [line.split()[1:] for line in done.stdout.splitlines() if line.startswith("SHOWS")]
    kinds = [kind for kind, _, _ in shown]
    assert kinds == ["Dataset", "NoneType", "Dataset", "Dataset", "Image", "Image", "tuple", "Report", "tuple"]
    assert [int(images) for kind, _, images in shown if kind == "Dataset"] == [5, 0, 5]
    assert int(shown[7][1]) > 10_000
