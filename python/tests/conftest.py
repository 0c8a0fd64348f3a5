"""Scenes that our own ``synth`` draws, once for all tests."""

import re
import shutil
from pathlib import Path

import pytest

import lensframe

FIXTURES = Path(__file__).parents[2] / "fixtures"


@pytest.fixture(scope="session")
def scenes(tmp_path_factory):
    """Twelve scenes with detections."""
    path = tmp_path_factory.mktemp("scenes with spaces") / "scenes.lf"
    return lensframe.synth(path, 12, size="96x64:128x96", seed=3, detections=True)


@pytest.fixture(scope="session")
def voc_tree(tmp_path_factory):
    """Our fixture of VOC with names that VOC has, as the folder of a year."""
    root = tmp_path_factory.mktemp("voc") / "VOC2012"
    shutil.copytree(FIXTURES / "scenes-voc", root)
    (root / "labelmap.txt").unlink()
    # In the order of the indices in the label maps, which begin with those of VOC.
    names = {"red triangle": "aeroplane", "blue ring": "bicycle", "orange figure": "bird", "yellow star": "boat", "purple square": "bottle"}
    for xml in (root / "Annotations").iterdir():
        xml.write_text(re.sub("|".join(names), lambda found: names[found.group()], xml.read_text()))
    (root / "ImageSets" / "Segmentation").mkdir()
    for lists in ("Main", "Segmentation"):
        # Not in the order of names.
        (root / "ImageSets" / lists / "train.txt").write_text("000003\n000001\n000002\n")
    return root


@pytest.fixture(scope="session")
def coco_tree(tmp_path_factory):
    """Our fixture of COCO as val2017."""
    root = tmp_path_factory.mktemp("coco tree")
    (root / "annotations").mkdir()
    shutil.copy(FIXTURES / "scenes-coco/annotations/instances_train.json", root / "annotations/instances_val2017.json")
    shutil.copytree(FIXTURES / "scenes-coco/images/train", root / "images/val2017")
    return root
