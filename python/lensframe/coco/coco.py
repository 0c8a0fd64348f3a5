"""``COCO``: an annotation file in memory, with the questions that programs ask of it."""

from __future__ import annotations

import copy
import itertools
import json
import os
import time
from collections import defaultdict
from typing import Any, Iterable, List
from urllib.request import urlretrieve

import numpy as np

from . import mask as maskUtils


def _is_many(value: Any) -> bool:
    return hasattr(value, "__iter__") and hasattr(value, "__len__")


def _as_list(value: Any) -> Any:
    return value if _is_many(value) else [value]


class COCO:
    """Images, annotations and categories of COCO's JSON, as dicts, and their indexes.

    Attributes: ``dataset`` is the file; ``anns``, ``imgs`` and ``cats`` map ids to its records, ``imgToAnns`` and
    ``catToImgs`` ids to lists.
    """

    def __init__(self, annotation_file: Any = None) -> None:
        self.dataset: dict = dict()
        self.anns: dict = dict()
        self.cats: dict = dict()
        self.imgs: dict = dict()
        self.imgToAnns: Any = defaultdict(list)
        self.catToImgs: Any = defaultdict(list)
        if annotation_file is not None:
            print("loading annotations into memory...")
            started = time.time()
            with open(annotation_file, "r") as file:
                dataset = json.load(file)
            assert type(dataset) is dict, f"annotation file format {type(dataset)} not supported"
            print(f"Done (t={time.time() - started:0.2f}s)")
            self.dataset = dataset
            self.createIndex()

    def createIndex(self) -> None:
        """Makes the indexes anew from ``dataset``."""
        print("creating index...")
        anns, cats, imgs = {}, {}, {}
        of_image, of_category = defaultdict(list), defaultdict(list)
        annotations = self.dataset.get("annotations", ())
        for ann in annotations:
            of_image[ann["image_id"]].append(ann)
            anns[ann["id"]] = ann
        for img in self.dataset.get("images", ()):
            imgs[img["id"]] = img
        categories = self.dataset.get("categories")
        for cat in categories or ():
            cats[cat["id"]] = cat
        if "annotations" in self.dataset and categories is not None:
            for ann in annotations:
                of_category[ann["category_id"]].append(ann["image_id"])
        print("index created!")
        self.anns, self.imgToAnns, self.catToImgs = anns, of_image, of_category
        self.imgs, self.cats = imgs, cats

    def info(self) -> None:
        """Prints what the file says of itself."""
        for key, value in self.dataset["info"].items():
            print(f"{key}: {value}")

    def getAnnIds(self, imgIds: Any = [], catIds: Any = [], areaRng: Any = [], iscrowd: Any = None) -> List[Any]:
        """The ids of annotations of these images and categories, with an area between two, crowds or none."""
        imgIds, catIds = _as_list(imgIds), _as_list(catIds)
        if len(imgIds) == len(catIds) == len(areaRng) == 0:
            chosen = self.dataset["annotations"]
        else:
            if len(imgIds) > 0:
                lists = [self.imgToAnns[img] for img in imgIds if img in self.imgToAnns]
                chosen = list(itertools.chain.from_iterable(lists))
            else:
                chosen = self.dataset["annotations"]
            if len(catIds) > 0:
                chosen = [ann for ann in chosen if ann["category_id"] in catIds]
            if len(areaRng) > 0:
                chosen = [ann for ann in chosen if areaRng[0] < ann["area"] < areaRng[1]]
        if iscrowd is not None:
            return [ann["id"] for ann in chosen if ann["iscrowd"] == iscrowd]
        return [ann["id"] for ann in chosen]

    def getCatIds(self, catNms: Any = [], supNms: Any = [], catIds: Any = []) -> List[Any]:
        """The ids of categories by their names, by the names above them, or of these ids."""
        catNms, supNms, catIds = _as_list(catNms), _as_list(supNms), _as_list(catIds)
        cats = self.dataset["categories"]
        if len(catNms) > 0:
            cats = [cat for cat in cats if cat["name"] in catNms]
        if len(supNms) > 0:
            cats = [cat for cat in cats if cat["supercategory"] in supNms]
        if len(catIds) > 0:
            cats = [cat for cat in cats if cat["id"] in catIds]
        return [cat["id"] for cat in cats]

    def getImgIds(self, imgIds: Any = [], catIds: Any = []) -> List[Any]:
        """The ids of images: of these, those that show every one of the categories."""
        imgIds, catIds = _as_list(imgIds), _as_list(catIds)
        if len(imgIds) == len(catIds) == 0:
            return list(self.imgs.keys())
        chosen = set(imgIds)
        for at, cat in enumerate(catIds):
            if at == 0 and len(chosen) == 0:
                chosen = set(self.catToImgs[cat])
            else:
                chosen &= set(self.catToImgs[cat])
        return list(chosen)

    def loadAnns(self, ids: Any = []) -> List[dict]:
        """The annotations of these ids."""
        return self._load(self.anns, ids)

    def loadCats(self, ids: Any = []) -> List[dict]:
        """The categories of these ids."""
        return self._load(self.cats, ids)

    def loadImgs(self, ids: Any = []) -> List[dict]:
        """The images of these ids."""
        return self._load(self.imgs, ids)

    @staticmethod
    def _load(records: dict, ids: Any) -> Any:
        if _is_many(ids) and not isinstance(ids, str):
            return [records[one] for one in ids]
        if isinstance(ids, (int, str, np.integer)):
            return [records[ids]]
        return None

    def showAnns(self, anns: Any, draw_bbox: bool = False) -> Any:
        """Draws annotations on the current axes of matplotlib: masks, skeletons, boxes; captions are printed."""
        if len(anns) == 0:
            return 0
        if "segmentation" in anns[0] or "keypoints" in anns[0]:
            from ._draw import draw

            draw(self, anns, draw_bbox)
        elif "caption" in anns[0]:
            for ann in anns:
                print(ann["caption"])
        else:
            raise Exception("datasetType not supported")

    def loadRes(self, resFile: Any) -> "COCO":
        """Results as another ``COCO``: from a file, a list of dicts, or an array of (n, 7).

        What a result lacks is made up: its id, ``iscrowd`` 0, the area, a box of a mask or of points, an outline of a
        box. Of all results the first says what they are.
        """
        res = COCO()
        if "info" in self.dataset:
            res.dataset["info"] = copy.deepcopy(self.dataset["info"])
        res.dataset["images"] = list(self.dataset["images"])
        print("Loading and preparing results...")
        started = time.time()
        if isinstance(resFile, (str, os.PathLike)):
            with open(resFile) as file:
                anns = json.load(file)
        elif isinstance(resFile, np.ndarray):
            anns = self.loadNumpyAnnotations(resFile)
        else:
            anns = resFile
        assert isinstance(anns, list), "results in not an array of objects"
        images = {ann["image_id"] for ann in anns}
        assert images <= set(self.getImgIds()), "Results do not correspond to current coco set"
        first = anns[0]
        if "caption" in first:
            shown = {img["id"] for img in res.dataset["images"]} & images
            res.dataset["images"] = [img for img in res.dataset["images"] if img["id"] in shown]
            for number, ann in enumerate(anns, 1):
                ann["id"] = number
        else:
            complete = self._completion(first)
            res.dataset["categories"] = copy.deepcopy(self.dataset["categories"])
            for number, ann in enumerate(anns, 1):
                complete(ann)
                ann["id"] = number
                if complete is not _of_points:
                    ann["iscrowd"] = 0
        print(f"DONE (t={time.time() - started:0.2f}s)")
        res.dataset["annotations"] = anns
        res.createIndex()
        return res

    @staticmethod
    def _completion(first: dict) -> Any:
        """What is made up for results like this one."""
        if "bbox" in first and not first["bbox"] == []:
            return _of_box
        if "segmentation" in first:
            return _of_mask
        if "keypoints" in first:
            return _of_points
        return lambda ann: None

    def download(self, tarDir: Any = None, imgIds: Any = []) -> Any:
        """Fetches images from where the file says they are into a folder."""
        if tarDir is None:
            print("Please specify target directory")
            return -1
        images = self.imgs.values() if len(imgIds) == 0 else self.loadImgs(imgIds)
        os.makedirs(tarDir, exist_ok=True)
        for at, img in enumerate(images):
            started = time.time()
            path = os.path.join(tarDir, img["file_name"])
            if not os.path.exists(path):
                urlretrieve(img["coco_url"], path)
            print(f"downloaded {at}/{len(images)} images (t={time.time() - started:0.1f}s)")

    def loadNumpyAnnotations(self, data: Any) -> List[dict]:
        """Rows of (image id, x, y, width, height, score, class) as results."""
        print("Converting ndarray to lists...")
        assert type(data) is np.ndarray
        print(data.shape)
        assert data.shape[1] == 7
        rows = data.shape[0]
        anns = []
        for at in range(rows):
            if at % 1000000 == 0:
                print(f"{at}/{rows}")
            row = data[at]
            anns.append({
                "image_id": int(row[0]),
                "bbox": [row[1], row[2], row[3], row[4]],
                "score": row[5],
                "category_id": int(row[6]),
            })
        return anns

    def annToRLE(self, ann: dict) -> dict:
        """The mask of an annotation, whichever way it is written down."""
        image = self.imgs[ann["image_id"]]
        height, width = image["height"], image["width"]
        segmentation = ann["segmentation"]
        if isinstance(segmentation, list):
            parts = maskUtils.frPyObjects(segmentation, height, width)
            return parts[0] if len(parts) == 1 else maskUtils.merge(parts)
        if isinstance(segmentation["counts"], list):
            return maskUtils.frPyObjects(segmentation, height, width)
        return segmentation

    def annToMask(self, ann: dict) -> Any:
        """The mask of an annotation as (H, W) uint8."""
        return maskUtils.decode(self.annToRLE(ann))


def _of_box(ann: dict) -> None:
    x, y, w, h = ann["bbox"]
    if "segmentation" not in ann:
        ann["segmentation"] = [[x, y, x, y + h, x + w, y + h, x + w, y]]
    ann["area"] = w * h


def _of_mask(ann: dict) -> None:
    ann["area"] = maskUtils.area(ann["segmentation"])
    if "bbox" not in ann:
        ann["bbox"] = maskUtils.toBbox(ann["segmentation"])


def _of_points(ann: dict) -> None:
    xs, ys = ann["keypoints"][0::3], ann["keypoints"][1::3]
    left, right, top, bottom = min(xs), max(xs), min(ys), max(ys)
    ann["area"] = (right - left) * (bottom - top)
    ann["bbox"] = [left, top, right - left, bottom - top]
