"""Images (C, H, W) turned over, cut out and resized."""

from __future__ import annotations

from typing import Any, Tuple

import numpy as np

from ... import _lensframe as native

# Pillow's numbers. Of NEAREST, BICUBIC and LANCZOS the rule is Pillow's too, of BILINEAR it is OpenCV's.
_SAMPLING = {0: "nearest", 1: "lanczos", 2: "linear", 3: "bicubic"}


def flip(img: Any, y_flip: bool = False, x_flip: bool = False, copy: bool = False) -> Any:
    """The image turned over, upside down by ``y_flip`` and left to right by ``x_flip``."""
    if img.ndim != 3:
        raise AssertionError(f"an image is (C, H, W), not {img.shape}")
    out = img[:, :: -1 if y_flip else 1, :: -1 if x_flip else 1]
    return out.copy() if copy else out


def crop(img: Any, y_slice: slice, x_slice: slice, copy: bool) -> Any:
    """A window of an image, as a view or a copy."""
    out = img[:, y_slice, x_slice]
    return out.copy() if copy else out


def check_window(img: Any, size: Tuple[int, int]) -> None:
    """A ValueError for a window larger than the image."""
    if size[0] > img.shape[1] or size[1] > img.shape[2]:
        raise ValueError(f"a window of {tuple(size)} in an image of {img.shape[1:]}")


def center_crop(img: Any, size: Tuple[int, int], return_param: bool = False, copy: bool = False) -> Any:
    """The window of (height, width) in the middle; of two middles the one at the even number.

    Returns:
        (C, height, width); with ``return_param`` also ``y_slice`` and ``x_slice``.
    """
    check_window(img, size)
    slices = []
    for whole, part in zip(img.shape[1:], size):
        start = int(round((whole - part) / 2.0))
        slices.append(slice(start, start + part))
    out = crop(img, slices[0], slices[1], copy)
    return (out, {"y_slice": slices[0], "x_slice": slices[1]}) if return_param else out


def ten_crop(img: Any, size: Tuple[int, int]) -> Any:
    """Ten windows of (height, width): the middle, top left, bottom left, top right, bottom right, and all five left to right.

    The middle is rounded down, which is not :func:`center_crop`'s.

    Returns:
        (10, C, height, width).
    """
    check_window(img, size)
    (height, width), (whole_height, whole_width) = size, img.shape[1:]
    bottom, right = whole_height - height, whole_width - width
    corners = [(bottom // 2, right // 2), (0, 0), (bottom, 0), (0, right), (bottom, right)]
    five = np.stack([img[:, y : y + height, x : x + width] for y, x in corners])
    return np.concatenate((five, five[..., ::-1]))


def resize(img: Any, size: Tuple[int, int], interpolation: int = 2) -> Any:
    """The image in exactly (height, width).

    Args:
        img: (C, H, W); it is reckoned in float32.
        size: height and width, at least 1.
        interpolation: one of Pillow's numbers: 0 nearest, 1 Lanczos, 2 bilinear, 3 bicubic. Bilinear is OpenCV's, which does
            not average where an image shrinks, as the detectors of ChainerCV were trained; the others are Pillow's, which do.

    Returns:
        (C, height, width), in the type of ``img``, fractions of whole types cut off.
    """
    if int(interpolation) not in _SAMPLING:
        raise ValueError(f"interpolation is 0, 1, 2 or 3, not {interpolation}")
    if len(img) == 0:
        return np.empty((0,) + tuple(size), dtype=img.dtype)
    planes = np.ascontiguousarray(img, dtype=np.float32)
    out = native.resize_planes(planes, int(size[0]), int(size[1]), _SAMPLING[int(interpolation)])
    return out.astype(img.dtype, copy=False)


def filled(img: Any, size: Tuple[int, int], y_offset: int, x_offset: int, fill: Any) -> Any:
    """The image on a canvas of (height, width) that is filled with a number, or one a channel."""
    channels, height, width = img.shape
    out = np.empty((channels,) + tuple(size), dtype=img.dtype)
    out[...] = np.reshape(fill, (-1, 1, 1))
    out[:, y_offset : y_offset + height, x_offset : x_offset + width] = img
    return out


def resize_contain(img: Any, size: Tuple[int, int], fill: Any = 0, interpolation: int = 2, return_param: bool = False) -> Any:
    """The image made smaller until it fits into (height, width), never larger, in the middle of a canvas of that size.

    Returns:
        (C, height, width); with ``return_param`` also ``y_offset``, ``x_offset`` and ``scaled_size``, the size of the image on
        the canvas.
    """
    _, height, width = img.shape
    factor = min(size[0] / height, size[1] / width, 1)
    scaled_size = (int(height * factor), int(width * factor))
    if factor < 1:
        img = resize(img, scaled_size, interpolation)
    y_offset, x_offset = (size[0] - scaled_size[0]) // 2, (size[1] - scaled_size[1]) // 2
    out = filled(img, size, y_offset, x_offset, fill)
    return (out, {"y_offset": y_offset, "x_offset": x_offset, "scaled_size": scaled_size}) if return_param else out


def scale(img: Any, size: int, fit_short: bool = True, interpolation: int = 2) -> Any:
    """The image with its shorter edge (without ``fit_short`` its longer one) of a length, in its shape; the other edge is cut
    to a whole number. An image that has that length is given back itself."""
    _, height, width = img.shape
    if (min if fit_short else max)(height, width) == size:
        return img
    if (height < width) == fit_short:
        out_size = (size, int(size * width / height))
    else:
        out_size = (int(size * height / width), size)
    return resize(img, out_size, interpolation)
