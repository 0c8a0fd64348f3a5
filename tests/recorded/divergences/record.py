"""Asks evaluators about the cases of cases.py and shapes.py and writes their answers to cases.json beside this file.

    python record.py            asks pycocotools and every other tool that is installed
    python record.py check      asks pycocotools alone and says where it answers otherwise now

Each question is put to a process of its own, since some tools end theirs. An answer is the numbers that a tool
summarizes with, or what it raises.
"""

import contextlib
import importlib.metadata
import json
import math
import os
import signal
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from shapes import CASES  # noqa: E402

OUT = HERE / "cases.json"
# Longer no tool needs for a question; one that does is taken not to end.
SECONDS = 8


def classic(COCO, COCOeval, load="loadRes"):
    def ask(gt, dt, kind, caps):
        there = COCO(gt)
        evaluator = COCOeval(there, getattr(there, load)(dt), kind)
        if caps:
            evaluator.params.maxDets = caps
        evaluator.evaluate()
        evaluator.accumulate()
        evaluator.summarize()
        return evaluator.stats
    return ask


def pycocotools():
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval
    return classic(COCO, COCOeval)


def faster():
    from faster_coco_eval import COCO, COCOeval_faster
    return classic(COCO, COCOeval_faster)


def hotcoco():
    from hotcoco import COCO, COCOeval
    return classic(COCO, COCOeval, "load_res")


def ultrafast():
    from ultrafast_pycocotools import COCO, COCOeval
    return classic(COCO, COCOeval)


def vernier():
    from vernier.instance import Bbox, CocoDataset, Evaluator, Keypoints, Segm
    kinds = {"bbox": Bbox, "segm": Segm, "keypoints": Keypoints}

    def ask(gt, dt, kind, caps):
        there = CocoDataset.from_json(Path(gt).read_bytes())
        more = {"max_dets": tuple(caps)} if caps else {}
        evaluator = Evaluator(iou=kinds[kind](), parity_mode="strict", **more)
        return evaluator.evaluate(there, Path(dt).read_bytes()).stats
    return ask


TOOLS = {
    "pycocotools": pycocotools, "faster-coco-eval": faster, "hotcoco": hotcoco,
    "ultrafast-pycocotools": ultrafast, "vernier": vernier,
}


def answer(tool, folder, gt, dt, kind, caps):
    """What a tool says to one question, asked in a child."""
    for name, value in [("gt.json", gt), ("dt.json", dt)]:
        text = value if isinstance(value, str) else json.dumps(value)
        (folder / name).write_text(text, encoding="utf-8")
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        signal.alarm(SECONDS)
        try:
            stats = tool(str(folder / "gt.json"), str(folder / "dt.json"), kind, caps)
            said = {"stats": [plain(float(value)) for value in stats]}
        except BaseException as error:
            text = str(error).replace(str(folder) + os.sep, "").splitlines()
            said = {"raises": f"{type(error).__name__}: {text[0] if text else ''}"[:160]}
        os.write(write, json.dumps(said).encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        said = pipe.read()
    status = os.waitpid(child, 0)[1]
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGALRM:
        return {"raises": f"no answer in {SECONDS} seconds"}
    return json.loads(said) if said else {"raises": "ends its process"}


def plain(value):
    return value if math.isfinite(value) else repr(value)


def strict(value):
    """A value as it can stand in JSON: as its text where it has NaN, or is text."""
    if isinstance(value, str):
        return value
    try:
        json.dumps(value, allow_nan=False)
        return value
    except ValueError:
        return json.dumps(value)


def recorded(case, tools, folder):
    kind, caps = case.get("kind", "bbox"), case.get("caps")
    out = {key: case[key] for key in ("group", "name", "title", "why")}
    out["kind"] = kind
    out.update({key: case[key] for key in ("caps", "ours", "repair", "error", "odd") if key in case})
    out["gt"], out["dt"] = strict(case["gt"]), strict(case["dt"])
    out["answers"] = {
        name: answer(tool, folder, case["gt"], case["dt"], kind, caps) for name, tool in tools.items()
    }
    for twin in ("repaired", "corrected"):
        if twin in case:
            out[twin] = answer(tools["pycocotools"], folder, *case[twin], kind, caps)["stats"]
    return out


def record(tools):
    with tempfile.TemporaryDirectory() as folder:
        return [recorded(case, tools, Path(folder)) for case in CASES]


def differences():
    """Where pycocotools answers otherwise than recorded, as lines."""
    known = {case["name"]: case for case in json.loads(OUT.read_text())["cases"]}
    now = {case["name"]: case for case in record({"pycocotools": pycocotools()})}
    lines = [f"{name}: only {where}" for where, one, other in [("recorded", known, now), ("asked", now, known)]
             for name in one.keys() - other.keys()]
    for name in now.keys() & known.keys():
        for key in ("answers", "repaired", "corrected"):
            old, new = known[name].get(key), now[name].get(key)
            if key == "answers":
                old, new = old["pycocotools"], new["pycocotools"]
            if old != new:
                lines.append(f"{name}, {key}: {old} was recorded, {new} is said")
    return lines


def main():
    if sys.argv[1:] == ["check"]:
        lines = differences()
        print("\n".join(lines) or "pycocotools answers as recorded")
        return bool(lines)
    tools = {}
    for name, tool in TOOLS.items():
        with contextlib.suppress(ImportError):
            tools[name] = tool()
    versions = {name: importlib.metadata.version(name) for name in tools}
    cases = record(tools)
    lines = ",\n".join(json.dumps(case, ensure_ascii=False) for case in cases)
    OUT.write_text(f'{{"tools": {json.dumps(versions)}, "cases": [\n{lines}\n]}}\n', encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
