"""What an evaluation says: :class:`Report`."""

from __future__ import annotations

import json
import os
from typing import Any, Dict, Iterator, List, Optional, Union, cast


class Report:
    """Numbers with names, tables and curves, as an evaluation says them.

    ``report["AP"]`` is a figure by its short name; ``report.flat()`` all of them for a logger; printed it is the text
    of the program, and in a notebook its page.
    """

    def __init__(self, data: Dict[str, Any]) -> None:
        self.data = data

    @classmethod
    def from_json(cls, text: str) -> "Report":
        """Reads what :meth:`to_json` or ``lensframe eval --json`` wrote."""
        return cls(json.loads(text))

    def to_json(self) -> str:
        """One line of JSON, by ``schemas/report.json``."""
        return json.dumps(self.data, ensure_ascii=False)

    def _figures(self) -> Iterator[Dict[str, Any]]:
        yield from self.data.get("headline", ())
        for breakdown in self.data.get("breakdowns", ()):
            yield from breakdown.get("figures", ())

    def __getitem__(self, name: str) -> Optional[float]:
        for figure in self._figures():
            if figure["key"] == name:
                return cast(Optional[float], figure["value"])
        raise KeyError(f"no figure {name!r}; there are: {', '.join(self.keys())}")

    def __contains__(self, name: object) -> bool:
        return any(figure["key"] == name for figure in self._figures())

    def keys(self) -> List[str]:
        """The short names of the figures, each once."""
        return list(dict.fromkeys(figure["key"] for figure in self._figures()))

    def flat(self, prefix: str = "") -> Dict[str, float]:
        """All figures by their names, NaN where one is undefined: what loggers take.

        Of figures of one name it is the first, as of ``report[name]``.
        """
        numbers: Dict[str, float] = {}
        for figure in self._figures():
            numbers.setdefault(prefix + figure["key"], float("nan") if figure["value"] is None else figure["value"])
        return numbers

    def to_html(self) -> str:
        """One page that needs nothing but itself."""
        from ._lensframe import report_html

        return report_html(self.to_json())

    def to_markdown(self) -> str:
        """Figures and tables as Markdown."""
        from ._lensframe import report_markdown

        return report_markdown(self.to_json())

    def save(self, path: Union[str, "os.PathLike[str]"]) -> None:
        """Writes the report as ``.html``, ``.md`` or ``.json``."""
        text = {"html": self.to_html, "md": self.to_markdown, "json": self.to_json}
        form = str(path).rsplit(".", 1)[-1].lower()
        if form not in text:
            raise ValueError(f"reports are written as .html, .md or .json, not {path}")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text[form]())

    def __str__(self) -> str:
        from ._lensframe import report_text

        return report_text(self.to_json(), 100)

    def __repr__(self) -> str:
        shown = ", ".join(f"{figure['key']}={figure['value']}" for figure in self.data.get("headline", ())[:3])
        return f"<lensframe.Report {self.data.get('protocol', '')}: {shown}>"

    def _repr_html_(self) -> str:
        import html

        page = html.escape(self.to_html(), quote=True)
        title = html.escape(str(self.data.get("title", "report")), quote=True)
        # As high as the page, up to what a screen shows; from there on it is scrolled.
        fit = "this.style.height=Math.min(this.contentDocument.documentElement.scrollHeight+4,1000)+'px'"
        style = "box-sizing:border-box;width:100%;height:760px;border:1px solid #ddd;border-radius:4px"
        return f'<iframe title="{title}" srcdoc="{page}" onload="{fit}" style="{style}"></iframe>'
