"""What Pillow says of the headers of real image files.

    python images_probe.py corpus FOLDER    write small images of every kind (the fuzzer's first inputs, kept in
                                            fuzz/corpus/image_probe; encoders change: write them once)
    python images_probe.py record DATA      read the images below DATA and the written ones, write images_probe.json
                                            beside this file

Answers of an image: format, stored size (height, width), mode, the orientation of its EXIF (1 if it has none), whether
there is an ICC profile and transparency, and how many pictures. The file in the repository was recorded with
Pillow 12.3.0.
"""

import io
import json
import struct
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
FOLDERS = ["codec-cases", "exif", "photos", "coco-photos/images", "fridge-voc", "shapes-coco", "panopticapi"]
NAMES = {".jpg", ".jpeg", ".png", ".tif", ".tiff", ".gif", ".bmp", ".webp"}


def answer(path):
    from PIL import Image

    with Image.open(path) as image:
        orientation = image.getexif().get(0x0112, 1)
        return {
            "format": image.format,
            "size": [image.height, image.width],  # of TIFF the upright one
            "mode": image.mode,
            "orientation": orientation if isinstance(orientation, int) else 1,
            "icc": "icc_profile" in image.info,
            "transparency": "transparency" in image.info,
            "pictures": getattr(image, "n_frames", 1),
        }


def ramp(mode, width=13, height=7):
    from PIL import Image

    picture = Image.new("RGB", (width, height))
    picture.putdata([(19 * x % 256, 37 * y % 256, (x * y * 5) % 256) for y in range(height) for x in range(width)])
    if mode == "I;16B":
        return Image.frombytes(mode, (width, height), bytes(range(2 * width * height)))
    return picture.convert("L").convert(mode) if mode in ("I;16", "F", "LA") else picture.convert(mode)


def exif(value=None, order="<", kind=3, count=1, tag=0x0112):
    """The smallest EXIF, with one entry."""
    mark = {"<": b"II", ">": b"MM"}[order]
    field = struct.pack(order + {1: "Bxxx", 3: "Hxx", 4: "I", 2: "Bxxx"}[kind], value)
    entry = struct.pack(order + "HHI", tag, kind, count) + field
    return b"Exif\0\0" + mark + struct.pack(order + "HIH", 42, 8, 1) + entry + bytes(4)


def corpus(folder):
    from PIL import Image, ImageCms

    folder.mkdir(parents=True, exist_ok=True)
    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()

    def save(name, mode, form, **options):
        buffer = io.BytesIO()
        picture = options.pop("picture", None) or ramp(mode)
        picture.save(buffer, form, **options)
        (folder / name).write_bytes(buffer.getvalue())
        return buffer.getvalue()

    for mode in ("RGB", "L", "CMYK"):
        save(f"jpeg-{mode}", mode, "JPEG")
    plain = save("jpeg-progressive-icc", "RGB", "JPEG", progressive=True, icc_profile=icc)
    save("jpeg-stored-rgb", "RGB", "JPEG", keep_rgb=True)
    save("jpeg-mpo", "RGB", "MPO", save_all=True, append_images=[ramp("RGB")])
    for value in range(10):
        save(f"jpeg-exif-{value}", "RGB", "JPEG", exif=exif(value, "<>"[value % 2]), comment="before or after")
    save("jpeg-exif-long", "RGB", "JPEG", exif=exif(6, kind=4))
    save("jpeg-exif-byte", "RGB", "JPEG", exif=exif(6, kind=1))
    save("jpeg-exif-no-orientation", "RGB", "JPEG", exif=exif(6, tag=0x0100))
    save("jpeg-exif-cut", "RGB", "JPEG", exif=exif(6)[:24])
    save("jpeg-exif-no-order", "RGB", "JPEG", exif=b"Exif\0\0XX" + exif(6)[8:])

    for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"):
        save(f"png-{mode}".replace(";", ""), mode, "PNG")
    save("png-P-trns", "P", "PNG", transparency=bytes([255, 0, 128]))
    save("png-P-trns-opaque", "P", "PNG", transparency=bytes([255, 255]))
    save("png-L-trns", "L", "PNG", transparency=0)
    save("png-RGB-trns", "RGB", "PNG", transparency=(0, 0, 0))
    save("png-exif-5-icc", "RGB", "PNG", exif=exif(5), icc_profile=icc)
    save("png-animated", "RGB", "PNG", save_all=True, append_images=[ramp("RGB").rotate(180)])

    save("webp-lossy", "RGB", "WEBP")
    save("webp-lossless", "RGB", "WEBP", lossless=True)
    clear = ramp("RGBA")
    clear.putalpha(ramp("L"))
    save("webp-lossy-alpha", "RGBA", "WEBP", picture=clear)
    save("webp-lossless-alpha", "RGBA", "WEBP", picture=clear, lossless=True)
    save("webp-exif-7-icc", "RGB", "WEBP", exif=exif(7), icc_profile=icc)
    save("webp-exif-bare", "RGB", "WEBP", exif=exif(6)[6:])
    save("webp-animated", "RGB", "WEBP", save_all=True, append_images=[ramp("RGB").rotate(180)], exif=exif(3))

    for mode in ("1", "L", "P", "RGB", "RGBA"):
        save(f"bmp-{mode}", mode, "BMP")
    for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "I;16B", "F", "LAB"):
        save(f"tiff-{mode}".replace(";", ""), mode, "TIFF")
    save("tiff-jpeg", "RGB", "TIFF", compression="jpeg")
    save("tiff-big", "RGB", "TIFF", big_tiff=True)
    save("tiff-pages", "L", "TIFF", save_all=True, append_images=[ramp("L")])
    save("tiff-orientation-8-icc", "RGB", "TIFF", tiffinfo={274: 8}, icc_profile=icc)

    save("gif-P", "P", "GIF")
    save("gif-L", "L", "GIF", interlace=0)
    save("gif-transparent", "P", "GIF", transparency=3)
    frames = [ramp("P").rotate(turn) for turn in (90, 180)]
    save("gif-animated", "P", "GIF", save_all=True, append_images=frames, loop=0)
    save("gif-animated-once", "P", "GIF", save_all=True, append_images=frames)
    save("gif-transparent-animated", "P", "GIF", save_all=True, append_images=frames, transparency=3)
    assert len(plain) < 4000


def main():
    command, folder = sys.argv[1], Path(sys.argv[2])
    if command == "corpus":
        return corpus(folder)
    assert command == "record", __doc__
    paths = [(p, folder) for below in FOLDERS for p in (folder / below).rglob("*") if p.suffix.lower() in NAMES]
    kept = HERE.parent.parent / "fuzz/corpus/image_probe"
    paths += [(p, kept.parent) for p in kept.iterdir() if "-" in p.name and not p.name.startswith("bad-")]
    answers = {p.relative_to(root).as_posix(): answer(p) for p, root in sorted(paths)}
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(said)}" for name, said in answers.items())
    (HERE / "images_probe.json").write_text("{\n" + lines + "\n}\n")


main()
