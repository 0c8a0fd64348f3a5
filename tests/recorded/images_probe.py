"""What Pillow says of the headers of real image files.

    python images_probe.py record DATA      read the images below DATA, write images_probe.json beside this file

Answers of an image: format, stored size (height, width), mode, the orientation of its EXIF (1 if it has none), whether
there is an ICC profile and transparency, and how many pictures. The file in the repository was recorded with
Pillow 12.3.0.
"""

import json
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
FOLDERS = ["codec-cases", "exif", "photos", "coco-photos/images", "fridge-voc", "shapes-coco", "panopticapi"]
NAMES = {".jpg", ".jpeg", ".png", ".tif", ".tiff", ".gif", ".bmp", ".webp"}


def answer(path):
    from PIL import Image

    with Image.open(path) as image:
        return {
            "format": image.format,
            "size": [image.height, image.width],
            "mode": image.mode,
            "orientation": image.getexif().get(0x0112, 1),
            "icc": "icc_profile" in image.info,
            "transparency": "transparency" in image.info,
            "pictures": getattr(image, "n_frames", 1),
        }


def main():
    command, data = sys.argv[1], Path(sys.argv[2])
    assert command == "record", __doc__
    paths = sorted(p for folder in FOLDERS for p in (data / folder).rglob("*") if p.suffix.lower() in NAMES)
    answers = {p.relative_to(data).as_posix(): answer(p) for p in paths}
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(said)}" for name, said in answers.items())
    (HERE / "images_probe.json").write_text("{\n" + lines + "\n}\n")


main()
