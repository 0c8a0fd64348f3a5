"""Evaluation and the program, as Python has them."""

import json
import math
import subprocess
import sys

import pytest

import lensframe

PROGRAM = "import sys; from lensframe._program import main; sys.exit(main())"


def same(one, other):
    """Equal numbers, and NaN in the same places."""
    return str(one) == str(other)


def test_views_and_paths_are_evaluated_alike(scenes, tmp_path):
    path = tmp_path / "all.lf"
    scenes.save(path)
    of_view = lensframe.evaluate(scenes, "#pred")
    of_path = lensframe.evaluate(path, f"{path}#pred", metric="coco/bbox")
    assert same(of_view.flat(), of_path.flat()) and 0 < of_view["AP"] < 1
    flat = of_view.flat("val/")
    assert flat["val/AP"] == of_view["AP"]
    assert all(isinstance(value, float) for value in flat.values()) and not math.isnan(flat["val/AP"])
    with pytest.raises(KeyError, match="AP50"):
        of_view["AP51"]


def test_reports_are_text_pages_and_json(scenes, tmp_path):
    report = lensframe.evaluate(scenes, "#pred")
    assert "AP" in str(report) and str(report).count("\n") > 5
    assert report._repr_html_().startswith("<iframe")
    for name in ("r.html", "r.md", "r.json"):
        report.save(tmp_path / name)
    assert same(lensframe.Report.from_json((tmp_path / "r.json").read_text()).flat(), report.flat())
    with pytest.raises(ValueError):
        report.save(tmp_path / "r.doc")


def test_wrong_calls_are_exceptions_and_not_exits(scenes):
    with pytest.raises(lensframe.LensframeError, match="coco/bbox"):
        lensframe.evaluate(scenes, "#pred", metric="coco/bbx")
    with pytest.raises(ValueError, match="nonsense"):
        lensframe.evaluate(scenes, "#pred", nonsense=3)


def test_the_program_is_in_the_package(tmp_path):
    run = lambda *args: subprocess.run([sys.executable, "-c", PROGRAM, *args], capture_output=True, text=True)
    done = run("formats", "--json")
    assert done.returncode == 0, done.stderr
    assert "coco" in json.dumps(json.loads(done.stdout))
    wrong = run("info", str(tmp_path / "none.lf"))
    assert wrong.returncode == 1 and wrong.stderr.startswith("lensframe: ")


def test_the_package_is_imported_without_numpy():
    heavy = ("numpy", "torch", "pandas", "pyarrow", "polars")
    code = f"import sys, lensframe; sys.exit(sum(name in sys.modules for name in {heavy}))"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_a_whole_dataset_is_evaluated_where_it_lies_and_named_by_its_path(scenes):
    whole = lensframe.evaluate(scenes, "#pred")
    assert whole.data["title"].startswith("scenes.lf"), whole.data["title"]
    turned = lensframe.evaluate(scenes.slice[::-1], "#pred")
    some = lensframe.evaluate(scenes.slice[:5], "#pred")
    assert same(turned.flat(), whole.flat()) and not same(some.flat(), whole.flat())


def test_figures_of_one_name_are_told_once_and_alike(scenes):
    report = lensframe.evaluate(scenes, "#pred", errors=True)
    assert len(report.keys()) == len(set(report.keys())) == len(report.flat())
    assert all(same(report.flat()[name], float("nan") if report[name] is None else report[name]) for name in report.keys())
