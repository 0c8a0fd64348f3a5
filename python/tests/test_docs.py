"""The pages of ``docs`` and the READMEs: what they tell people to run is run, page by page, in an empty folder.

A page is Markdown. Blocks of ``sh`` and ``python`` run in order, those of Python in one namespace; a block of ``text``
right after one is what it prints, where ``…`` stands for anything. Comments that readers do not see:

- ``<!-- setup sh`` … ``-->`` (or ``setup python``): run before what follows;
- ``<!-- not run: why -->``: the next block is not run;
- ``<!-- needs: polars, duckdb -->``: the next block is left out where such a library is missing.

``python tests/test_docs.py`` writes what blocks print now into the pages.
"""

import importlib.util
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
REPOSITORY = ROOT.parent
SITE = REPOSITORY / "docs"
PAGES = [*sorted(SITE.glob("*.md")), REPOSITORY / "README.md", ROOT / "README.md"]

# Runs blocks in order and tells what each printed; ends with the first that fails.
DRIVER = """
import contextlib, io, json, subprocess, sys, traceback
space, told = {"__name__": "__main__"}, []
for number, (language, code) in enumerate(json.load(open(sys.argv[1], encoding="utf-8"))):
    out, fault = io.StringIO(), None
    if language == "python":
        try:
            with contextlib.redirect_stdout(out):
                exec(compile(code, f"<block {number}>", "exec"), space)
        except BaseException:
            fault = traceback.format_exc()
    else:
        done = subprocess.run(["bash", "-euo", "pipefail", "-c", code], capture_output=True, text=True, encoding="utf-8")
        out.write(done.stdout)
        fault = done.stderr or "it failed" if done.returncode else None
    told.append((out.getvalue(), fault))
    if fault:
        break
json.dump(told, open(sys.argv[2], "w", encoding="utf-8"))
"""

TOKEN = re.compile(
    r"^<!-- setup (?P<hidden>sh|python)\n(?P<own>.*?)^-->$"
    r"|^<!-- not run: (?P<why>[^\n]+) -->$"
    r"|^<!-- needs: (?P<needs>[^\n]+) -->$"
    r"|^```(?P<language>[^\n]*)\n(?P<code>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


class Block:
    """Something to run: its language, code, line, and what it is said to print (text and where that stands)."""

    def __init__(self, language, code, line):
        self.language, self.code, self.line = language, code, line
        self.expected = self.span = None


def blocks(text):
    """The blocks of a page that run, and what is wrong with how it is written."""
    found, faults, why, needs, last, end = [], [], None, [], None, 0
    for token in TOKEN.finditer(text):
        line = text.count("\n", 0, token.start()) + 1
        language = token["language"]
        if token["hidden"]:
            found.append(Block(token["hidden"], token["own"], line))
        elif token["why"]:
            why = token["why"]
        elif token["needs"]:
            needs = [one.strip() for one in token["needs"].split(",")]
        elif language == "text":
            if last is not None and not text[end : token.start()].strip():
                last.expected, last.span = token["code"], token.span("code")
            last = None
        elif language in ("sh", "python"):
            last = Block(language, token["code"], line)
            if why is None and not any(importlib.util.find_spec(need) is None for need in needs):
                found.append(last)
            why, needs = None, []
        elif not language:
            faults.append(f"line {line}: a block without a language")
        end = token.end()
    return found, faults


def environment(folder):
    """That of a shell in which lensframe is installed."""
    tools = pathlib.Path(folder) / "bin"
    tools.mkdir()
    for name, command in (("lensframe", "-m lensframe._program"), ("python", "")):
        script = tools / name
        script.write_text(f'#!/bin/sh\nexec "{sys.executable}" {command} "$@"\n')
        script.chmod(0o755)
    path = os.pathsep.join([str(tools), os.environ.get("PATH", "")])
    return {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "PYTHONWARNINGS": "error::UserWarning"}


def run(page, folder):
    """Pairs of block and what it printed; raises AssertionError at the first that fails."""
    found, faults = blocks(page.read_text(encoding="utf-8"))
    assert not faults, f"{page.name}: {faults}"
    folder = pathlib.Path(folder)
    work = folder / "a page's folder"
    work.mkdir()
    (folder / "blocks.json").write_text(json.dumps([(one.language, one.code) for one in found]), encoding="utf-8")
    args = [sys.executable, "-c", DRIVER, str(folder / "blocks.json"), str(folder / "told.json")]
    done = subprocess.run(args, cwd=work, env=environment(folder), capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, f"{page.name}: {done.stderr}"
    told = json.loads((folder / "told.json").read_text(encoding="utf-8"))
    for block, (_, fault) in zip(found, told):
        assert not fault, f"{page.name}, line {block.line}, failed:\n{block.code}\n{fault}"
    return [(block, out) for block, (out, _) in zip(found, told)]


def agree(expected, printed):
    """Whether what was printed is what a page shows, trailing spaces aside."""
    trimmed = lambda text: "\n".join(line.rstrip() for line in text.strip("\n").split("\n"))
    pattern = ".*?".join(re.escape(part) for part in trimmed(expected).split("…"))
    return re.fullmatch(pattern, trimmed(printed), re.DOTALL) is not None


@pytest.mark.skipif(os.name == "nt", reason="the pages' commands are for a POSIX shell")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_what_a_page_tells_to_run_runs_and_prints_what_it_shows(page, tmp_path):
    for block, printed in run(page, tmp_path):
        if block.expected is not None:
            where = f"{page.name}, line {block.line}"
            assert agree(block.expected, printed), f"{where} shows\n{block.expected}\nand printed\n{printed}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_links_between_pages_lead_somewhere(page):
    text = page.read_text(encoding="utf-8")
    for link in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
        if not link.startswith(("http:", "https:")):
            assert (page.parent / link).exists(), f"{page.name} links to {link}"


def test_the_site_lists_every_page():
    listed = set(re.findall(r": (\S+\.md)$", (REPOSITORY / "mkdocs.yml").read_text(), re.M))
    assert listed == {page.name for page in SITE.glob("*.md")}


def test_output_that_differs_is_told_from_output_that_agrees():
    assert agree("a  \nb …\n", "a\nb 17 and more\n\n") and agree("a\n…\nz\n", "a\n1\n2\nz\n")
    assert not agree("a\n", "b\n") and not agree("a\n", "a\nb\n") and not agree("…\nz\n", "a\n")
    found, faults = blocks("<!-- not run: slow -->\n```sh\nfalse\n```\n\n```sh\ntrue\n```\n\n```text\nx\n```\n\n```\ny\n```\n")
    assert [(one.code, one.expected) for one in found] == [("true\n", "x\n")] and faults == ["line 14: a block without a language"]


def test_a_page_fails_where_a_block_fails(tmp_path):
    page = tmp_path / "page.md"
    for number, block in enumerate(("```sh\nfalse\n```\n", "```python\nnothing\n```\n", "<!-- setup sh\nexit 3\n-->\n")):
        page.write_text("# A page\n\n" + block)
        (tmp_path / str(number)).mkdir()
        with pytest.raises(AssertionError, match="page.md, line 3, failed"):
            run(page, tmp_path / str(number))


def write(page):
    """Puts what blocks print into a page, where it is not what is shown."""
    with tempfile.TemporaryDirectory() as folder:
        done = run(page, folder)
    text = page.read_text(encoding="utf-8")
    for block, printed in reversed(done):
        if block.span is not None and not agree(block.expected, printed):
            shown = "".join(line.rstrip() + "\n" for line in printed.strip("\n").split("\n"))
            text = text[: block.span[0]] + shown + text[block.span[1] :]
    page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    for one in [pathlib.Path(arg).resolve() for arg in sys.argv[1:]] or PAGES:
        write(one)
