"""How far a long call is: a line in a terminal, a bar in a notebook, nothing elsewhere."""

from __future__ import annotations

import sys
from typing import Any, Optional, Union


def bar() -> "Union[_Notebook, _Terminal, _Silent]":
    """What shows progress here."""
    if _in_notebook():
        return _Notebook()
    if sys.stderr is not None and sys.stderr.isatty():
        return _Terminal()
    return _Silent()


def _in_notebook() -> bool:
    try:
        from IPython import get_ipython
    except ImportError:
        return False
    shell = get_ipython()
    return shell is not None and type(shell).__name__ == "ZMQInteractiveShell"


def _text(what: str, done: int, total: Optional[int]) -> str:
    if total:
        return f"{what}: {done:,} of {total:,} ({100 * done / total:.0f} %)"
    return f"{what}: {done:,}"


class _Silent:
    def show(self, what: str, done: int, total: Optional[int]) -> None:
        pass

    def close(self) -> None:
        pass


class _Terminal:
    def show(self, what: str, done: int, total: Optional[int]) -> None:
        sys.stderr.write("\r\x1b[K" + _text(what, done, total))
        sys.stderr.flush()

    def close(self) -> None:
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()


class _Notebook:
    def __init__(self) -> None:
        from IPython.display import HTML, display

        self.handle = display(HTML(""), display_id=True)  # type: ignore[no-untyped-call, unused-ignore]

    @staticmethod
    def page(what: str, done: int, total: Optional[int]) -> Any:
        import html

        from IPython.display import HTML

        value = f'value="{done}" max="{total}"' if total else ""
        return HTML(  # type: ignore[no-untyped-call, unused-ignore]
            f"<progress {value}></progress> {html.escape(_text(what, done, total))}"
        )

    def show(self, what: str, done: int, total: Optional[int]) -> None:
        self.handle.update(self.page(what, done, total))

    def close(self) -> None:
        from IPython.display import HTML

        self.handle.update(HTML(""))  # type: ignore[no-untyped-call, unused-ignore]
