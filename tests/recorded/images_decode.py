#!/usr/bin/env python3
"""Records what Pillow and OpenCV make of image files: the known answers of tests/it/images/{kinds,real}.rs.

needs: pillow, numpy, opencv-python-headless
use: images_decode.py DATA        DATA: the folder of real files; writes images_kinds.json and images_real.json here

images_kinds.json: small files of many kinds, drawn and written here (hex), and the RGB pixels they hold (hex).
images_real.json: of each real file its upright size and the means of an 8 x 8 grid of its pixels.
"""
import io
import json
import struct
import sys
import zlib
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageOps

HERE = Path(__file__).resolve().parent
HEIGHT, WIDTH = 13, 19


def drawing(channels):
    """Smooth enough for lossy formats, different in each channel and corner."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    planes = [60 + 8 * x + 2 * y, 220 - 5 * x - 3 * y, 40 + 10 * y + 3 * x, 255 - 13 * x]
    return np.clip(np.stack(planes[:channels], -1), 0, 255).astype(np.uint8)


def saved(image, form, **options):
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def by_opencv(array, suffix, *options):
    bgr = array if array.ndim == 2 else cv2.cvtColor(array, {3: cv2.COLOR_RGB2BGR, 4: cv2.COLOR_RGBA2BGRA}[array.shape[2]])
    return cv2.imencode(suffix, bgr, [int(o) for o in options])[1].tobytes()


def pillow(data, over=None):
    """RGB as Pillow has it; transparent files laid over a gray level."""
    image = Image.open(io.BytesIO(data))
    image.seek(0)
    if over is not None:
        rgba = image.convert("RGBA")
        ground = Image.new("RGBA", rgba.size, (over, over, over, 255))
        values = np.asarray(rgba).astype(np.int64)
        alpha = values[..., 3:]
        assert ground.size == rgba.size
        return ((values[..., :3] * alpha + over * (255 - alpha) + 127) // 255).astype(np.uint8)
    return np.asarray(image.convert("RGB"))


def bitmap(bits, compression, body, masks=(), palette=b"", height=HEIGHT):
    """A BMP with this body; masks follow the header of 40 bytes."""
    extra = b"".join(struct.pack("<I", m) for m in masks)
    offset = 14 + 40 + len(extra) + len(palette)
    head = struct.pack("<IiiHHIIiiII", 40, WIDTH, height, 1, bits, compression, len(body), 2835, 2835, len(palette) // 4, 0)
    return b"BM" + struct.pack("<IHHI", offset + len(body), 0, 0, offset) + head + extra + palette + body


def padded(rows):
    return b"".join(row + b"\0" * (-len(row) % 4) for row in rows)


def bitmaps():
    rgb = drawing(3)
    r, g, b = (rgb[..., n].astype(np.uint32) for n in range(3))
    words = (r >> 3 << 11 | g >> 2 << 5 | b >> 3).astype("<u2")
    yield "bmp 565", bitmap(16, 3, padded(row.tobytes() for row in words[::-1]), (0xF800, 0x7E0, 0x1F)), rgb, 8
    words = (r >> 3 << 10 | g >> 3 << 5 | b >> 3).astype("<u2")
    yield "bmp 555", bitmap(16, 0, padded(row.tobytes() for row in words[::-1])), rgb, 8
    words = (b << 16 | g << 8 | r).astype("<u4")
    yield "bmp 32-bit masks", bitmap(32, 3, padded(row.tobytes() for row in words[::-1]), (0xFF, 0xFF00, 0xFF0000)), rgb, 0
    yield "bmp top down", bitmap(24, 0, padded(row[:, ::-1].tobytes() for row in rgb), height=-HEIGHT), rgb, 0
    gray = drawing(1)[..., 0] // 16
    palette = b"".join(bytes([n * 17, 255 - n * 17, n * 3, 0]) for n in range(16))
    shown = np.stack([gray * 3, 255 - gray * 17, gray * 17], -1)
    runs = b"".join(bytes(v for n in row for v in (1, n)) + b"\0\0" for row in gray[::-1]) + b"\0\1"
    yield "bmp rle8", bitmap(8, 1, runs, palette=palette), shown, 0
    runs = b"".join(bytes(v for n in row for v in (1, n << 4)) + b"\0\0" for row in gray[::-1]) + b"\0\1"
    yield "bmp rle4", bitmap(4, 2, runs, palette=palette), shown, 0
    rows = ((row.tobytes() + b"\0")[: WIDTH + 1] for row in gray[::-1])
    yield "bmp 4-bit", bitmap(4, 0, padded(bytes(a << 4 | b for a, b in zip(row[::2], row[1::2])) for row in rows), palette=palette), shown, 0


def chunk(name, body):
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(color, depth, rows, *chunks):
    head = struct.pack(">IIBBBBB", WIDTH, HEIGHT, depth, color, 0, 0, 0)
    body = zlib.compress(b"".join(b"\0" + row for row in rows))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + b"".join(chunks) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def kinds():
    """(name, file, pixels, greatest difference allowed, alpha rule)"""
    rgb, gray = drawing(3), drawing(1)[..., 0]
    color, luma, rgba = Image.fromarray(rgb), Image.fromarray(gray), Image.fromarray(drawing(4))
    la = Image.merge("LA", [luma, rgba.getchannel("A")])
    indexed = color.quantize(16)

    def plain(name, data, most=0):
        return name, data, pillow(data), most, "error"

    # JPEG
    for name, options in {
        "444": {"subsampling": 0}, "422": {"subsampling": 1}, "420": {"subsampling": 2}, "411": {"subsampling": "4:1:1"},
        "progressive 420": {"subsampling": 2, "progressive": True}, "progressive 444": {"subsampling": 0, "progressive": True},
        "restarts": {"subsampling": 2, "restart_marker_blocks": 1}, "optimized": {"optimize": True},
        "rgb": {"keep_rgb": True}, "quality 30": {"quality": 30},
    }.items():
        yield plain(f"jpeg {name}", saved(color, "JPEG", **{"quality": 92, **options}), 4)
    yield plain("jpeg 440", by_opencv(rgb, ".jpg", cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_440), 4)
    yield plain("jpeg gray", saved(luma, "JPEG"), 2)
    yield plain("jpeg gray progressive", saved(luma, "JPEG", progressive=True), 2)
    yield plain("jpeg cmyk", saved(color.convert("CMYK"), "JPEG", quality=95), 4)
    for size in [(1, 1), (8, 8), (16, 1), (1, 17), (9, 16)]:
        yield plain(f"jpeg {size}", saved(color.resize(size), "JPEG", quality=90), 8)

    # PNG
    for bits in (1, 2, 4, 8):
        yield plain(f"png palette {bits}", saved(color.quantize(1 << bits), "PNG", bits=bits))
    for depth in (1, 2, 4):
        levels = gray >> (8 - depth)
        bits = "".join(f"{v:0{depth}b}" for v in levels.ravel())
        lines = [bits[n * WIDTH * depth : (n + 1) * WIDTH * depth] for n in range(HEIGHT)]
        rows = [bytes(int(line[n : n + 8].ljust(8, "0"), 2) for n in range(0, len(line), 8)) for line in lines]
        scaled = (levels.astype(int) * 255 // ((1 << depth) - 1)).astype(np.uint8)
        data = png(0, depth, rows)
        yield f"png gray {depth}", data, np.stack([scaled] * 3, -1), 0, "error"
        key = chunk(b"tRNS", struct.pack(">H", int(levels[0, 0])))
        white = np.where((levels == levels[0, 0])[..., None], 255, np.stack([scaled] * 3, -1)).astype(np.uint8)
        yield f"png gray {depth} key", png(0, depth, rows, key), white, 0, "white"
    yield plain("png gray", saved(luma, "PNG"))
    yield plain("png rgb", saved(color, "PNG"))
    key = tuple(int(v) for v in rgb[3, 4])
    hidden = saved(color, "PNG", transparency=key)
    yield "png rgb key", hidden, pillow(hidden, 255), 0, "white"
    masked = saved(indexed, "PNG", transparency=3)
    yield "png palette transparency", masked, pillow(masked, 0), 0, "black"
    for rule, over in (("white", 255), ("black", 0)):
        for name, image in (("la", la), ("rgba", rgba)):
            data = saved(image, "PNG")
            yield f"png {name} {rule}", data, pillow(data, over), 0, rule
    deep = rgb.astype(np.uint16) * 256 + 255 - rgb
    data = by_opencv(deep, ".png")
    opened = cv2.cvtColor(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
    assert (opened == rgb).all(), "OpenCV takes the high byte"
    yield "png rgb 16", data, opened, 0, "error"
    deep = gray.astype(np.uint16) * 256 + 255 - gray
    data = by_opencv(deep, ".png")
    opened = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert (opened == gray[..., None]).all(), "OpenCV takes the high byte"
    yield "png gray 16", data, opened, 0, "error"
    key = chunk(b"tRNS", struct.pack(">H", int(deep[5, 5])))
    white = np.where((deep == deep[5, 5])[..., None], 255, opened).astype(np.uint8)
    yield "png gray 16 key", png(0, 16, [row.astype(">u2").tobytes() for row in deep], key), white, 0, "white"
    data = saved(color, "PNG", save_all=True, append_images=[luma.convert("RGB")], default_image=True)
    yield "png animation", data, rgb, 0, "error"

    # WebP
    yield plain("webp lossless", saved(color, "WEBP", lossless=True))
    yield plain("webp lossy", saved(color, "WEBP", quality=90), 3)
    data = saved(rgba, "WEBP", lossless=True, exact=True)
    yield "webp lossless alpha", data, pillow(data, 255), 0, "white"
    data = saved(rgba, "WEBP", quality=90, exact=True)
    yield "webp lossy alpha", data, pillow(data, 255), 3, "white"
    yield plain("webp animation", saved(color, "WEBP", lossless=True, save_all=True, append_images=[luma.convert("RGB")], duration=50))

    # BMP
    for name, image in {"1": color.convert("1"), "8": indexed, "gray": luma, "24": color}.items():
        yield plain(f"bmp {name}", saved(image, "BMP"))
    # The low bits of 5 and 6 are filled in by everybody in another way: within 8.
    for name, data, pixels, most in bitmaps():
        yield name, data, pixels, most, "error"
    data = by_opencv(drawing(4), ".bmp")
    yield "bmp 32-bit alpha", data, pillow(saved(rgba, "PNG"), 255), 0, "white"

    # TIFF
    for compression in (None, "tiff_lzw", "tiff_adobe_deflate", "packbits"):
        yield plain(f"tiff {compression}", saved(color, "TIFF", compression=compression))
    yield plain("tiff predictor", saved(color, "TIFF", compression="tiff_lzw", tiffinfo={317: 2}))
    yield plain("tiff strips", saved(color, "TIFF", compression="tiff_lzw", tiffinfo={278: 3}))
    yield plain("tiff gray", saved(luma, "TIFF"))
    yield plain("tiff bilevel", saved(color.convert("1"), "TIFF"))
    yield plain("tiff group 4", saved(color.convert("1"), "TIFF", compression="group4"))
    yield "tiff palette", saved(indexed, "TIFF"), rgb, 0, "unsupported"
    yield plain("tiff cmyk", saved(color.convert("CMYK"), "TIFF"), 1)
    data = saved(rgba, "TIFF")
    yield "tiff rgba", data, pillow(data, 255), 0, "white"
    data = by_opencv(rgb.astype(np.uint16) * 256 + 255 - rgb, ".tiff")
    yield "tiff rgb 16", data, rgb, 0, "error"
    for order in ("<", ">"):
        body = (gray.astype(np.uint16) * 256 + 7).astype(f"{order}u2").tobytes()
        for photometric in (0, 1):
            want = gray if photometric else 255 - gray
            yield (f"tiff gray 16 {order}{photometric}", tiff(order, photometric, 16, body), np.stack([want] * 3, -1), 0, "error")
    nibbles = np.pad(gray >> 4, ((0, 0), (0, 1)))
    body = bytes(a << 4 | b for row in nibbles for a, b in zip(row[0:WIDTH + 1:2], row[1:WIDTH + 1:2]))
    yield "tiff gray 4", tiff("<", 1, 4, body), rgb, 0, "unsupported"
    yield "tiff float", saved(luma.convert("F"), "TIFF"), rgb, 0, "unsupported"
    data = saved(color, "TIFF", compression="jpeg", quality=95)
    yield plain("tiff jpeg", data, 4)
    data = saved(color, "TIFF", save_all=True, append_images=[luma])
    yield plain("tiff pages", data)

    # GIF
    yield plain("gif", saved(indexed, "GIF"))
    yield plain("gif interlaced", saved(indexed, "GIF", interlace=True))
    data = saved(indexed, "GIF", transparency=5)
    yield "gif transparency", data, pillow(data, 0), 0, "black"
    yield plain("gif animation", saved(indexed, "GIF", save_all=True, append_images=[luma], duration=50))


def tiff(order, photometric, bits, body):
    """A TIFF of one gray strip in this byte order."""
    tags = [(256, 4, WIDTH), (257, 4, HEIGHT), (258, 3, bits), (259, 3, 1), (262, 3, photometric), (273, 4, 8),
            (277, 3, 1), (278, 4, HEIGHT), (279, 4, len(body))]
    body += b"\0" * (len(body) % 2)
    pack = lambda form, *values: struct.pack(order + form, *values)
    entry = lambda tag, kind, value: pack("HHI", tag, kind, 1) + (pack("HH", value, 0) if kind == 3 else pack("I", value))
    head = (b"II" if order == "<" else b"MM") + pack("HI", 42, 8 + len(body))
    return head + body + pack("H", len(tags)) + b"".join(entry(*tag) for tag in tags) + pack("I", 0)


FOLDERS = ("codec-cases", "exif", "photos", "fridge-voc/images", "coco-photos/images", "shapes-coco")


def real(root):
    for folder in FOLDERS:
        for path in sorted((root / folder).iterdir()):
            if path.suffix not in (".jpg", ".png", ".tif") or path.name == "truncated_jpeg.jpg":
                continue
            image = Image.open(path)
            if path.suffix in (".png", ".tif") and image.mode.startswith("I"):
                deep = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
                hidden = deep == image.info["transparency"] if "transparency" in image.info else np.zeros(deep.shape, bool)
                pixels = np.where(hidden, 255, deep >> 8).astype(np.uint8)[..., None].repeat(3, -1)
            elif path.suffix == ".png" and path.name.startswith(("basn2c16", "basn6a16")):
                deep = cv2.imread(str(path), cv2.IMREAD_UNCHANGED) >> 8
                pixels = deep[..., 2::-1].astype(int)
                if deep.shape[2] == 4:
                    alpha = deep[..., 3:].astype(int)
                    pixels = (pixels * alpha + 255 * (255 - alpha) + 127) // 255
            else:
                upright = ImageOps.exif_transpose(image)
                clear = "transparency" in image.info or image.mode in ("LA", "RGBA")
                pixels = pillow(path.read_bytes(), 255) if clear else np.asarray(upright.convert("RGB"))
            height, width = pixels.shape[:2]
            rows, columns = (np.linspace(0, n, 9).astype(int) for n in (height, width))
            means = [pixels[rows[i] : rows[i + 1], columns[j] : columns[j + 1]].reshape(-1, 3).mean(0).round(2).tolist()
                     for i in range(8) for j in range(8)]
            yield str(path.relative_to(root)), {"size": [height, width], "means": means}


def main():
    root = Path(sys.argv[1])
    recorded = [{"name": name, "alpha": alpha, "most": most, "size": list(pixels.shape[:2]), "file": data.hex(),
                 "pixels": np.ascontiguousarray(pixels).tobytes().hex()} for name, data, pixels, most, alpha in kinds()]
    lines = ",\n".join(json.dumps(kind) for kind in recorded)
    (HERE / "images_kinds.json").write_text(f"[\n{lines}\n]\n")
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(facts)}" for name, facts in real(root))
    (HERE / "images_real.json").write_text("{\n" + lines + "\n}\n")


if __name__ == "__main__":
    main()
