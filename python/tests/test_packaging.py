"""What the wheel is made of: its recipe says what the code says, and what a wheel is tried with passes here."""

import os
import pathlib
import re
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
RECIPE = ROOT.parent / ".github" / "workflows" / "wheels.yml"


def test_what_a_wheel_is_tried_with_passes_here(tmp_path):
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, str(ROOT / "tests" / "smoke.py")], cwd=tmp_path, env=env, capture_output=True, text=True)
    assert done.returncode == 0 and "sound" in done.stdout, done.stderr


def test_the_oldest_python_is_the_same_everywhere():
    oldest = re.search(r'requires-python = ">=3\.(\d+)"', PROJECT).group(1)
    assert f"abi3-py3{oldest}" in (ROOT / "Cargo.toml").read_text(encoding="utf-8")
    assert sorted(map(int, re.findall(r"Python :: 3\.(\d+)", PROJECT)))[0] == int(oldest)
    assert f"-cp3{oldest}-abi3-" in RECIPE.read_text(encoding="utf-8")


def test_the_package_carries_its_licences_and_its_types():
    for name in ("LICENSE-MIT", "LICENSE-APACHE"):
        assert (ROOT / name).read_bytes() == (ROOT.parent / name).read_bytes(), name
    for path in re.search(r"^include = \[(.*)\]", PROJECT, re.M).group(1).split(","):
        assert (ROOT / path.strip().strip('"')).exists(), path
    assert 'readme = "README.md"' in PROJECT and (ROOT / "README.md").read_text(encoding="utf-8").startswith("# lensframe")


def test_recipes_are_valid_yaml():
    yaml = pytest.importorskip("yaml")
    jobs = yaml.safe_load(RECIPE.read_text(encoding="utf-8"))["jobs"]
    platforms = {one["name"] for one in jobs["wheel"]["strategy"]["matrix"]["include"]}
    assert platforms == {"linux-x86_64", "linux-aarch64", "macos-x86_64", "macos-arm64", "windows-x86_64"}
