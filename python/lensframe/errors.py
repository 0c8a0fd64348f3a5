"""What can go wrong, as exceptions that say what, where, and what to do.

Every exception is a :class:`LensframeError` and one of Python's own where those have a name for it, so that
``except KeyError`` works as for any mapping.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, Optional, Tuple, Type


class LensframeError(Exception):
    """Anything that lensframe refuses or that fails in it.

    Attributes:
        kind: what kind of failure, as ``"Format"``.
        file, line, row, key: where, each ``None`` if it has no such place.
        remedy: what to do about it, if that is known.
    """

    def __init__(
        self,
        message: str = "",
        *,
        kind: str = "",
        file: Optional[str] = None,
        line: Optional[int] = None,
        row: Optional[int] = None,
        key: Optional[str] = None,
        remedy: Optional[str] = None,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.file = file
        self.line = line
        self.row = row
        self.key = key
        self.remedy = remedy

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""

    def __reduce__(self) -> Tuple[Callable[..., "LensframeError"], Tuple[Any, ...]]:
        facts = {name: getattr(self, name) for name in ("kind", "file", "line", "row", "key", "remedy")}
        return (_again, (type(self), str(self), facts))


def _again(cls: Type[LensframeError], message: str, facts: Dict[str, Any]) -> LensframeError:
    return cls(message, **facts)


class UsageError(LensframeError, ValueError):
    """A call that makes no sense, lengths that differ, things that do not fit together."""


class MissingKeyError(LensframeError, KeyError):
    """A key that there is not; the nearest ones are named."""


class OutOfRangeError(LensframeError, IndexError):
    """A row or position past either end."""


class DataTypeError(LensframeError, TypeError):
    """A value of a type that does not belong there."""


class NotFoundError(LensframeError, FileNotFoundError):
    """A file, dataset, version or set that is not there."""


class AlreadyExistsError(LensframeError, FileExistsError):
    """Something that would be overwritten without being told to."""


class DataError(LensframeError, ValueError):
    """A file that is damaged, or not what its format says."""


class UnsupportedError(LensframeError, NotImplementedError):
    """Something that is understood and not done."""


class LensframeWarning(UserWarning):
    """Something that was worked around."""


def warn(message: str) -> None:
    """Warns of something that was worked around, at the line of the program that called the package."""
    import sys
    import warnings

    level, frame = 2, sys._getframe(1)
    while frame.f_back is not None and str(frame.f_globals.get("__name__", "")).split(".")[0] == "lensframe":
        level, frame = level + 1, frame.f_back
    warnings.warn(message, LensframeWarning, stacklevel=level)
