"""What rows and keys a selection names: :func:`rows_of`, :func:`key_indices`."""

from __future__ import annotations

import operator
from typing import Any, Optional, Sequence, Tuple

import numpy as np


def is_many(keys: Any) -> bool:
    """True for a list of keys, false for one key. A name is one key; so is ``None``, the name of what has none."""
    return not isinstance(keys, str) and hasattr(keys, "__iter__")


def as_tuple(keys: Any) -> tuple:
    """Keys as a tuple, one key as a tuple of one."""
    return tuple(keys) if is_many(keys) else (keys,)


def _index(item: Any) -> Optional[int]:
    """A whole number; ``None`` for what is none."""
    try:
        return operator.index(item)
    except TypeError:
        return None


def _flags(items: Sequence[Any], count: int, what: str) -> Optional[list]:
    """The places of the flags that are set; ``None`` if these are no flags."""
    flags = [isinstance(item, (bool, np.bool_)) for item in items]
    if not any(flags):
        return None
    if not all(flags):
        raise TypeError(f"flags and other things in one list of {what}: give one or the other")
    if len(items) != count:
        raise ValueError(f"{len(items)} flags for {count} {what}")
    return [at for at, flag in enumerate(items) if flag]


def bounded(at: int, count: int) -> int:
    """A row counted from either end, as a place; IndexError past them."""
    place = at + count if at < 0 else at
    if not 0 <= place < count:
        raise IndexError(f"row {at} of a dataset of {count} rows")
    return place


def rows_of(rows: Any, count: int) -> Sequence[int]:
    """The places of the rows that a slice, numbers or flags name, of ``count``."""
    if isinstance(rows, slice):
        return range(count)[rows]
    if isinstance(rows, np.ndarray):
        rows = rows.tolist()
    if not is_many(rows):
        raise TypeError(f"rows are a slice, or a list of numbers or of flags, not {rows!r}; one row is dataset[i]")
    rows = list(rows)
    flagged = _flags(rows, count, "rows")
    if flagged is not None:
        return flagged
    places = []
    for row in rows:
        place = _index(row)
        if place is None:
            raise TypeError(f"a row is a number, not {row!r}")
        places.append(bounded(place, count))
    return places


def key_indices(keys: Any, names: Any) -> Tuple[int, ...]:
    """The positions of keys: names (the first key of that name), positions from either end, or flags.

    Raises:
        KeyError: for a name that there is not.
        IndexError: for a position past either end.
        ValueError: for flags that are more or fewer than the keys.
    """
    names = as_tuple(names)
    wanted = as_tuple(keys.tolist() if isinstance(keys, np.ndarray) else keys)
    if is_many(keys):
        flagged = _flags(wanted, len(names), "keys")
        if flagged is not None:
            return tuple(flagged)
    positions = []
    for key in wanted:
        position = None if isinstance(key, (bool, np.bool_)) else _index(key)
        if position is not None:
            if not -len(names) <= position < len(names):
                raise IndexError(f"key {position} of {len(names)} keys: {names}")
            positions.append(position % len(names))
        elif key in names:
            positions.append(names.index(key))
        else:
            raise KeyError(f"{key!r} is none of the keys {names}")
    return tuple(positions)
