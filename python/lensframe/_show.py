"""Datasets as pictures: ``Dataset.show`` and what notebooks display."""

from __future__ import annotations

import base64
import html as escape
import operator
from typing import Any, Optional

from ._lensframe import Dataset, sheet, thumbnail

#: Rows that a notebook shows.
ROWS = 6
#: The longer side of their pictures, in pixels.
TILE = 160


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
    """A table of the first rows: pictures with their objects, and the light keys."""
    names = dataset.keys if isinstance(dataset.keys, tuple) else (dataset.keys,)
    light = [name for name in names if name in ("image_id", "file_name", "split", "height", "width")]
    shown = [name for name in light] or list(names)[:4]
    head = "".join(f"<th>{escape.escape(str(name))}</th>" for name in shown)
    body = []
    for row in range(min(ROWS, len(dataset))):
        picture = ""
        if "img" in names:
            try:
                png = base64.b64encode(thumbnail(dataset, row, TILE)).decode()
                picture = f'<img src="data:image/png;base64,{png}" alt="row {row}">'
            except Exception as error:  # a picture that cannot be drawn is said, and the rest is shown
                picture = escape.escape(str(error)[:80])
        example = dataset.slice[row : row + 1].select(shown)[0]
        cells = "".join(f"<td>{escape.escape(_short(example[name]))}</td>" for name in shown)
        body.append(f"<tr><td>{picture}</td>{cells}</tr>")
    about = f"{len(dataset):,} rows: {', '.join(escape.escape(str(name)) for name in names)}"
    return f"<div><p><b>Dataset</b> of {about}</p><table><tr><th></th>{head}</tr>{''.join(body)}</table></div>"


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 60 else text[:59] + "…"
