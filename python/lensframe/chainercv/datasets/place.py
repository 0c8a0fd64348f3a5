"""Where datasets lie: :func:`place`, :func:`lines`, :func:`one_of`."""

from __future__ import annotations

import os
from typing import Any, List, Sequence


def place(data_dir: Any, name: str) -> str:
    """The folder of a dataset; ``"auto"`` is where ChainerCV downloads it to.

    Raises:
        FileNotFoundError: if there is nothing.
    """
    folder = os.fspath(data_dir)
    if folder == "auto":
        root = os.environ.get("CHAINER_DATASET_ROOT", os.path.join(os.path.expanduser("~"), ".chainer", "dataset"))
        folder = os.path.join(root, "pfnet", "chainercv", name)
        if not os.path.exists(folder):
            raise FileNotFoundError(f"{folder}: data_dir='auto' looks here, and nothing is downloaded; give the folder")
    elif not os.path.exists(folder):
        raise FileNotFoundError(f"{folder}: there is no such dataset")
    return folder


def lines(path: str) -> List[str]:
    """The lines of a text file that are not empty."""
    with open(path, encoding="utf-8") as opened:
        return [line.strip() for line in opened if line.strip()]


def one_of(what: str, value: Any, known: Sequence[Any]) -> None:
    """A ValueError for a value that is none of those known."""
    if value not in known:
        raise ValueError(f"{what} is one of {', '.join(map(repr, known))}, not {value!r}")
