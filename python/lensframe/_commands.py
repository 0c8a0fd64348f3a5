"""Commands of the program as functions: the same work, options and words."""

from __future__ import annotations

import json
import os
from typing import Any, Dict, Iterable, List, Optional, Union, cast

from ._lensframe import Dataset, command, open as open_dataset

PathLike = Union[str, "os.PathLike[str]"]


def run(name: str, *args: Any, **options: Any) -> Dict[str, Any]:
    """A command of the program, as ``run("info", "a.lf")``: what it prints with ``--json``.

    Keywords are its options: ``max_dets=[1, 10]`` is ``--max-dets=1,10``, ``force=True`` is ``--force``, and what is
    ``None`` or ``False`` is not said. Options that are given several times take a list as well as one value.
    """
    return cast(Dict[str, Any], json.loads(command(words(name, *args, **options))))


def words(name: str, *args: Any, **options: Any) -> List[str]:
    """The words of a command line. What begins with ``-`` is a value, not an option."""
    said = [name]
    for option, value in options.items():
        flag = "--" + option.rstrip("_").replace("_", "-")
        if value is None or value is False:
            continue
        many = isinstance(value, Iterable) and not isinstance(value, (str, bytes, os.PathLike))
        if value is True:
            said.append(flag)
        elif many and option.rstrip("_") in SEVERAL:
            said.extend(f"{flag}={_word(one)}" for one in value)
        elif many:
            said.append(f"{flag}=" + ",".join(_word(one) for one in value))
        else:
            said.append(f"{flag}={_word(value)}")
    return [*said, "--", *(_word(arg) for arg in args)] if args else said


#: Options that are given several times, each with one value.
SEVERAL = ("fail_if", "image_root", "set", "split", "with")


def _word(value: Any) -> str:
    return os.fsdecode(value) if isinstance(value, (bytes, os.PathLike)) else str(value)


def convert(
    source: PathLike,
    path: PathLike,
    *,
    format: Optional[str] = None,
    images: str = "auto",
    image_root: Union[PathLike, Iterable[PathLike], None] = None,
    split: Union[str, Iterable[str], None] = None,
    force: bool = False,
    **options: Any,
) -> Dataset:
    """Converts a path in any known format into a dataset, and opens it.

    Args:
        source: a file, folder or archive of COCO, VOC, panoptic, Cityscapes.
        path: the dataset, as ``name.lf``.
        format: the name of the format, where the path does not say it.
        images: ``"auto"`` stores those of archives and links those of folders; ``"embed"``, ``"link"``, ``"none"``.
        image_root: where images are, if not beside the annotations: one place or several.
        split: only this split, or these.
        force: replace what is there.
    """
    own = {"from_": format, "images": images, "image_root": image_root, "split": split, "force": force}
    command(words("convert", source, path, **own, **options))
    return open_dataset(os.path.abspath(path))


def export(dataset: Union[Dataset, PathLike], path: PathLike, format: str, *, force: bool = False, **options: Any) -> Dict[str, Any]:
    """Writes a dataset in a known format: ``"coco"``, ``"voc"``, ``"panoptic"``, ``"labels"``.

    A view is stored for the moment in the system's folder for temporary files; a path is written as it is. Returns what
    was written and what the format cannot hold.
    """
    if isinstance(dataset, Dataset):
        import tempfile

        with tempfile.TemporaryDirectory(prefix="lensframe-") as folder:
            stored = os.path.join(folder, "view.lf")
            dataset.save(stored, links=True)
            return run("export", stored, path, to=format, force=force, **options)
    return run("export", dataset, path, to=format, force=force, **options)


def synth(path: PathLike, count: int = 100, *, force: bool = False, **options: Any) -> Dataset:
    """Draws labelled scenes whose boxes, masks and keypoints are right to the pixel, and opens them.

    Args:
        path: the dataset, as ``name.lf``.
        count: how many scenes.
        options: those of ``lensframe synth``, as ``size="640x480"``, ``seed=7``, ``detections=True``.
    """
    command(words("synth", path, count=count, force=force, **options))
    return open_dataset(os.path.abspath(path))
