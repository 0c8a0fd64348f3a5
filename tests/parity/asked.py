"""What the checks of evaluation share: the program's report as values, and how numbers are held against a peer's.

No check itself; `run.py` runs check_*.py alone.
"""
import json
import math
import subprocess
import sys

PROGRAM = sys.argv[1] if len(sys.argv) > 1 else "lensframe"


def program(*arguments):
    """Runs the program and returns what it prints; its own message is the failure's."""
    done = subprocess.run([PROGRAM, "--quiet", *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == 0, f"{' '.join(map(str, arguments))}\n{done.stderr}"
    return done.stdout


def report(gt, pred, metric, *more):
    """`lensframe eval --json`."""
    return json.loads(program("eval", "--gt", gt, "--pred", pred, "--metric", metric, "--json", *more))


def headline(of):
    """The figures of the headline by key."""
    return {figure["key"]: figure["value"] for figure in of["headline"]}


def breakdown(of, begin):
    """The figures of the breakdown whose name begins so, by key."""
    found = [own for own in of["breakdowns"] if own["name"].startswith(begin)]
    assert len(found) == 1, [own["name"] for own in of["breakdowns"]]
    return {figure["key"]: figure for figure in found[0]["figures"]}


def classes(of, column):
    """A column of the table of classes by the class's name."""
    columns = {own["name"]: own["cells"] for own in of["classes"]["columns"]}
    assert column in columns, list(columns)
    return dict(zip(columns["class"], columns[column]))


def gap(own, wanted, none=None):
    """How far a number is from a peer's; 0 where both have none (null here; NaN, or `none`, there)."""
    nothing = wanted is None or math.isnan(wanted) or wanted == none
    if own is None or nothing:
        return 0.0 if own is None and nothing else math.inf
    return abs(own - float(wanted))


class Gaps:
    """The largest difference, and how many numbers had equal bits."""

    def __init__(self, bound):
        self.bound, self.worst, self.equal, self.all = bound, 0.0, 0, 0

    def hold(self, what, own, wanted, none=None):
        off = gap(own, wanted, none)
        assert off <= self.bound, f"{what}: {own!r} here, {wanted!r} there"
        self.worst, self.equal, self.all = max(self.worst, off), self.equal + (off == 0.0), self.all + 1

    def __str__(self):
        same = "equal bits" if self.equal == self.all else f"{self.equal} with equal bits, others within {self.worst:.1e}"
        return f"{self.all} numbers, {same}"
