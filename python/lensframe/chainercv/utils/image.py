"""Image files as arrays and back: :func:`read_image`, :func:`read_label`, :func:`write_image`, :func:`tile_images`.

Pictures are (C, H, W) float32, RGB, 0 to 255. JPEG, PNG, BMP, GIF, TIFF and WebP are read, upright as their EXIF says.
"""

from __future__ import annotations

import os
from typing import Any, Optional

import numpy as np

from ... import _lensframe as native

_FORMATS = {"png": "png", "jpeg": "jpeg", "jpg": "jpeg", "bmp": "bmp"}


def _bytes(file: Any) -> bytes:
    if hasattr(file, "read"):
        return file.read()
    with open(file, "rb") as opened:
        return opened.read()


def _named(error: Exception, file: Any) -> Exception:
    """An error of a file's content, with the name of the file."""
    if hasattr(file, "read"):
        return error
    return type(error)(f"{os.fspath(file)}: {error}")


def read_image(file: Any, dtype: Any = np.float32, color: bool = True, alpha: Optional[str] = None) -> Any:
    """A picture of a file.

    Args:
        file: a path, or a file that is open for reading bytes.
        dtype: the type of the array.
        color: (3, H, W) RGB, or (1, H, W) luma.
        alpha: what becomes of transparency: ``None`` refuses it (ChainerCV drops it without a word where it reads by
            OpenCV; its manual says that it is an error, as here), ``"ignore"`` takes the colours as stored,
            ``"blend_with_white"`` and ``"blend_with_black"`` lay them over white or black, rounded to whole levels.

    Raises:
        ValueError: for what is no picture, and for transparency without ``alpha``.
    """
    try:
        picture = native.decode_image(_bytes(file), bool(color), alpha)
    except NotImplementedError as error:
        if alpha is None and "transparency" in str(error):
            raise ValueError(f"{_named(ValueError(error), file)}: alpha says what becomes of it") from error
        raise _named(error, file) from error
    except ValueError as error:
        raise _named(error, file) from error
    return np.ascontiguousarray(picture.transpose(2, 0, 1), dtype=dtype)


def read_label(file: Any, dtype: Any = np.int32) -> Any:
    """The numbers of a label PNG, (H, W): indices of a palette, or gray values as they are.

    Raises:
        ValueError: for colours, and for what is no PNG.
    """
    try:
        return native.decode_label(_bytes(file)).astype(dtype, copy=False)
    except ValueError as error:
        raise _named(error, file) from error


def write_image(img: Any, file: Any, format: Optional[str] = None) -> None:
    """Writes a picture, (3, H, W) RGB or (1, H, W), 0 to 255. Fractions are cut off.

    Args:
        file: a path, whose ending says the format, or a file that is open for writing bytes.
        format: ``"bmp"``, ``"jpeg"`` or ``"png"``; needed for an open file.
    """
    img = np.asarray(img)
    if img.ndim != 3 or img.shape[0] not in (1, 3):
        raise ValueError(f"a picture is (3, H, W) or (1, H, W), not {img.shape}")
    if format is None:
        if hasattr(file, "write"):
            raise ValueError("format: an open file does not say what it is to hold")
        format = os.path.splitext(os.fspath(file))[1].lstrip(".")
    if format.lower() not in _FORMATS:
        raise ValueError(f"format is one of {sorted(_FORMATS)}, not {format!r}")
    data = native.encode_image(np.ascontiguousarray(img.transpose(1, 2, 0)).astype(np.uint8), _FORMATS[format.lower()])
    if hasattr(file, "write"):
        file.write(data)
        return
    with open(file, "wb") as opened:
        opened.write(data)


def tile_images(imgs: Any, n_col: int, pad: Any = 2, fill: Any = 0) -> Any:
    """Pictures side by side, row after row.

    Args:
        imgs: (B, C, H, W).
        n_col: how many stand in a row, as far as there are.
        pad: how many pixels lie between two, or (vertically, horizontally).
        fill: the number between them, or one a channel.

    Returns:
        (C, (H + pad_y) · rows, (W + pad_x) · columns); half of the padding, rounded down, comes first.
    """
    imgs = np.asarray(imgs)
    if imgs.ndim != 4 or len(imgs) == 0:
        raise ValueError(f"imgs is (B, C, H, W) with a picture at least, not {imgs.shape}")
    pad_y, pad_x = (pad, pad) if np.ndim(pad) == 0 else pad
    count, channels, height, width = imgs.shape
    columns = min(n_col, count)
    if columns < 1:
        raise ValueError(f"n_col is {n_col}")
    rows = -(-count // columns)
    tile_height, tile_width = height + pad_y, width + pad_x
    out = np.empty((channels, tile_height * rows, tile_width * columns), dtype=imgs.dtype)
    out[...] = np.reshape(fill, (-1, 1, 1))
    for at, img in enumerate(imgs):
        top = at // columns * tile_height + pad_y // 2
        left = at % columns * tile_width + pad_x // 2
        out[:, top : top + height, left : left + width] = img
    return out
