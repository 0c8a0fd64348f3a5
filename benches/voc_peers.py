"""Times the import of many small VOC files, Datumaro beside us, in one run: `python benches/voc_peers.py PROGRAM [N]`.

Draws N (20,000) annotation files of 1 to 8 objects and as many empty photographs, then measures the CPU time
(user and system, children included) and the largest memory of both: of Datumaro's reading alone, and of its
reading and writing its own format, which is what our conversion does. Needs `pip install datumaro`.
Quote the ratio: the seconds are those of a machine at a moment.
"""

import os
import random
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

NAMES = "aeroplane bicycle bird boat bottle bus car cat chair cow diningtable dog horse motorbike person".split()
READ = """
import datumaro
dataset = datumaro.Dataset.import_from({src!r}, "voc")
print(len(dataset), sum(len(item.annotations) for item in dataset))
"""
CONVERT = READ + """
dataset.export({dst!r}, "datumaro")
"""


def draw(folder: Path, count: int) -> int:
    rng = random.Random(7)
    for name in ("Annotations", "JPEGImages", "ImageSets/Main"):
        (folder / name).mkdir(parents=True)
    objects = 0
    for i in range(count):
        name = f"2012_{i:06}"
        boxes = []
        for _ in range(rng.randint(1, 8)):
            x, y = rng.randint(1, 400), rng.randint(1, 300)
            boxes.append(
                f"\t<object>\n\t\t<name>{rng.choice(NAMES)}</name>\n\t\t<pose>Unspecified</pose>\n"
                f"\t\t<truncated>{rng.randint(0, 1)}</truncated>\n\t\t<difficult>0</difficult>\n\t\t<bndbox>\n"
                f"\t\t\t<xmin>{x}</xmin>\n\t\t\t<ymin>{y}</ymin>\n\t\t\t<xmax>{x + 60}</xmax>\n"
                f"\t\t\t<ymax>{y + 50}</ymax>\n\t\t</bndbox>\n\t</object>\n"
            )
        objects += len(boxes)
        (folder / "Annotations" / f"{name}.xml").write_text(
            f"<annotation>\n\t<folder>VOC2012</folder>\n\t<filename>{name}.jpg</filename>\n\t<source>\n"
            "\t\t<database>drawn</database>\n\t</source>\n\t<size>\n\t\t<width>500</width>\n"
            "\t\t<height>375</height>\n\t\t<depth>3</depth>\n\t</size>\n\t<segmented>0</segmented>\n"
            + "".join(boxes)
            + "</annotation>\n"
        )
        (folder / "JPEGImages" / f"{name}.jpg").touch()
    (folder / "ImageSets/Main/train.txt").write_text("".join(f"2012_{i:06}\n" for i in range(count)))
    return objects


def measured(command: list[str]) -> tuple[float, float, str]:
    """CPU seconds and the largest resident MB of a child."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    out, err = child.communicate()
    if child.returncode != 0:
        sys.exit(f"{command[0]} failed:\n{err[-2000:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu, after.ru_maxrss / 1024, out.strip()


def main() -> None:
    program = os.path.abspath(sys.argv[1])
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 20_000
    with tempfile.TemporaryDirectory() as home:
        src = Path(home) / "voc"
        objects = draw(src, count)
        # What was drawn is on the disk before anybody is measured: a sync of ours would pay for it else.
        os.sync()
        print(f"{count} files, {objects} objects")
        ours = []
        for run in range(3):
            target = str(Path(home) / f"{run}.lf")
            cpu, memory, _ = measured([program, "convert", str(src), target, "--json", "--quiet"])
            ours.append(cpu)
            print(f"lensframe  {cpu:7.2f} CPU s  {memory:7.0f} MB")
        for what, code in (("read", READ), ("convert", CONVERT)):
            code = code.format(src=str(src), dst=str(Path(home) / "peer"))
            cpu, memory, said = measured([sys.executable, "-c", code])
            print(f"Datumaro, {what}  {cpu:7.2f} CPU s  {memory:7.0f} MB  ({said})")
            print(f"  ratio of our convert: 1/{cpu / sorted(ours)[1]:.1f}")


if __name__ == "__main__":
    main()
