"""Datasets as pictures: ``Dataset.show`` and what notebooks display."""

from __future__ import annotations

import base64
import html as escape
import operator
from collections import Counter
from typing import Any, Dict, List, Optional

from ._lensframe import Dataset, sheet, thumbnail

#: Rows that a notebook shows, with pictures and without.
ROWS, PLAIN_ROWS = 5, 10
#: The longer side of their pictures, in pixels, and how large they are drawn: names can be read, and boxes be seen.
TILE, DRAWN = 220, 290
#: Keys of rows that are shown where they are there.
LIGHT = ("image_id", "file_name", "split", "height", "width")
#: Keys that are no text, or that pictures show.
HEAVY = ("img", "label_map", "instance_map", "panoptic", "content_hash", "mask", "segmentation", "label", "bbox")


def show(dataset: Dataset, rows: Any = None, set: str = "", columns: Optional[int] = None) -> Any:
    """Rows on one sheet; the first sixteen where nobody says which. A PIL image where Pillow is installed."""
    if rows is None:
        rows = slice(16)
    elif hasattr(rows, "__index__") and not hasattr(rows, "__len__"):
        rows = [operator.index(rows)]
    view = dataset.slice[rows]
    pixels = sheet(view, [set] if set else [], columns)
    try:
        from PIL import Image
    except ImportError:
        return pixels
    return Image.fromarray(pixels)


def html(dataset: Dataset) -> str:
    """A table of the first rows: pictures with their objects, the light keys, and what the objects are."""
    names = [str(name) for name in (dataset.keys if isinstance(dataset.keys, tuple) else (dataset.keys,))]
    one_key = not isinstance(dataset.keys, tuple)
    light = [name for name in names if name in LIGHT]
    others = [name for name in names if name not in light and name not in HEAVY and "." not in name]
    shown = light + others[: max(0, 4 - len(light))] if not one_key else names
    if not shown and "img" not in names and "label" not in names:
        shown = names[:4]
    pictured, objects = "img" in names and not one_key, "label" in names and not one_key
    heads = ["", *shown, *(["objects"] if objects else [])] if pictured else [*shown, *(["objects"] if objects else [])]
    body = []
    for row in range(min(ROWS if pictured else PLAIN_ROWS, len(dataset))):
        view = dataset.slice[row : row + 1]
        cells = [_picture(view, names, row)] if pictured else []
        cells += [escape.escape(_short(_value(view, name))) for name in shown]
        if objects:
            cells.append(escape.escape(_objects(dataset, _value(view, "label"))))
        body.append("".join(f'<td style="text-align:left;vertical-align:middle">{cell}</td>' for cell in cells))
    head = "".join(f'<th style="text-align:left">{escape.escape(name)}</th>' for name in heads)
    rest = len(dataset) - len(body)
    more = f"<p>and {rest:,} more {'row' if rest == 1 else 'rows'}</p>" if rest and body else ""
    rows = "".join(f"<tr>{cells}</tr>" for cells in body)
    count = f"{len(dataset):,} {'row' if len(dataset) == 1 else 'rows'}"
    about = f"<p><b>Dataset</b> of {count}: {_keys(names)}</p>"
    return f"<div>{about}<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>{more}</div>"


def _keys(names: List[str]) -> str:
    """The names of the keys, those of an object set together."""
    sets: Dict[str, List[str]] = {}
    for name in names:
        set, dot, key = name.rpartition(".")
        sets.setdefault("" if set == "attr" or not dot else set.split(".")[0], []).append(name)
    own = escape.escape(", ".join(sets.pop("", [])))
    others = [f"<b>{escape.escape(set)}</b> ({len(keys)} {'key' if len(keys) == 1 else 'keys'})" for set, keys in sets.items()]
    return "; ".join(part for part in (own, ", ".join(others)) if part)


def _picture(view: Dataset, names: List[str], row: int) -> str:
    """The picture of the one row of a view, as an element of HTML."""
    drawn = [name for name in names if name in ("img", "height", "width", "orientation", "bbox", "label", "point", "visible", "score")]
    try:
        png = base64.b64encode(thumbnail(view.select(drawn), 0, DRAWN)).decode()
    except Exception as error:  # a picture that cannot be drawn is said, and the rest is shown
        return escape.escape(str(error)[:80])
    return f'<img src="data:image/png;base64,{png}" alt="row {row}" style="width:{TILE}px;max-width:none;height:auto">'


def _value(view: Dataset, name: str) -> Any:
    """The value of a key of the one row of a view, or why there is none."""
    try:
        return view.select([name])[0][name]
    except Exception as error:  # as for pictures
        return error


def _objects(dataset: Dataset, labels: Any) -> str:
    """How many objects there are of which classes, in words."""
    if labels is None:
        return "not annotated"
    try:
        numbers = [int(label) for label in (labels if hasattr(labels, "__len__") else [labels])]
    except TypeError:
        return _short(labels)
    classes = dataset.classes() or []
    counts = Counter(classes[number] if 0 <= number < len(classes) else str(number) for number in numbers)
    told = [name if count == 1 else f"{count} × {name}" for name, count in counts.most_common(6)]
    rest = sum(counts.values()) - sum(count for _, count in counts.most_common(6))
    return ", ".join(told + ([f"and {rest} more"] if rest else [])) or "none"


def _short(value: Any) -> str:
    if getattr(value, "ndim", 1) > 1:
        return f"{' × '.join(str(length) for length in value.shape)} {value.dtype}"
    text = str(value)
    return text if len(text) <= 60 else text[:59] + "…"
