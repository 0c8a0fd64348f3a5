#!/usr/bin/env python3
"""Makes the two built-in fonts: sans.z and unifont.z.

    pip install fonttools==4.68.0
    python3 pack.py DejaVuSansCondensed.ttf unifont.hex plane00-combining.txt

The first file is DejaVu 2.37 (Debian's fonts-dejavu-extra), the others are of GNU Unifont 15.0.01 (Debian's
unifont). Both results are raw deflate streams; font.rs unpacks sans.z, bitmap.rs unpacks unifont.z.

unifont.z, all numbers little-endian:
    u16 ranges, then for each: u16 first code, u16 last code, u8 form
    u16 marks, then for each: u16 code, i8 columns that a combining mark is moved by
    the bitmaps of all codes of all ranges, 16 rows a glyph, the leftmost pixel in the highest bit:
        form 1: 8 columns, 16 bytes
        form 2: 16 columns, the 16 bytes of the left half before those of the right half
        form 3: 16 columns, the two bytes of a row side by side
What DejaVu draws is left out, and so are private and surrogate codes. Forms 2 and 3 differ in nothing but how well
they deflate.
"""

import io
import struct
import sys
import zlib

from fontTools import subset
from fontTools.ttLib import TTFont

SANS = (
    "0020-007E,00A0-02FF,0300-03FF,0400-052F,0531-058F,0590-06FF,10A0-10FF,1E00-1FFF,2000-209F,20A0-20CF,"
    "2100-218F,2190-23FF,2500-27BF,FB00-FB06,FB1D-FDFF,FE20-FE2F,FE70-FEFF,FFFD"
)
HANGUL = range(0xAC00, 0xD7A4)
UNWANTED = [range(0xD800, 0xF900), range(0x0000, 0x0020), range(0x007F, 0x00A0)]


def deflate(data):
    packer = zlib.compressobj(9, zlib.DEFLATED, -15, 9)
    return packer.compress(data) + packer.flush()


def sans(path):
    options = subset.Options()
    options.hinting = False
    options.layout_features = []
    options.drop_tables += ["GSUB", "GPOS", "GDEF", "FFTM", "MATH", "kern", "gasp"]
    options.name_IDs = []
    options.glyph_names = False
    font = TTFont(path, recalcTimestamp=False)
    codes = set()
    for part in SANS.split(","):
        first, _, last = part.partition("-")
        codes.update(range(int(first, 16), int(last or first, 16) + 1))
    worker = subset.Subsetter(options)
    worker.populate(unicodes=codes)
    worker.subset(font)
    out = io.BytesIO()
    font.save(out)
    return out.getvalue(), set(TTFont(io.BytesIO(out.getvalue())).getBestCmap())


def form(code, bitmap):
    return 1 if len(bitmap) == 16 else 3 if code in HANGUL else 2


def unifont(path, combining, drawn):
    glyphs = {}
    for line in open(path, encoding="ascii"):
        code, bits = line.strip().split(":")
        glyphs[int(code, 16)] = bytes.fromhex(bits)
    glyphs = {
        code: bits
        for code, bits in sorted(glyphs.items())
        if code not in drawn and not any(code in part for part in UNWANTED)
    }
    ranges = []
    for code, bits in glyphs.items():
        if ranges and ranges[-1][1] + 1 == code and ranges[-1][2] == form(code, bits):
            ranges[-1][1] = code
        else:
            ranges.append([code, code, form(code, bits)])
    marks = []
    for line in open(combining, encoding="ascii"):
        code, offset = line.strip().split(":")
        if int(code, 16) in glyphs:
            marks.append((int(code, 16), int(offset)))
    out = struct.pack("<H", len(ranges)) + b"".join(struct.pack("<HHB", *r) for r in ranges)
    out += struct.pack("<H", len(marks)) + b"".join(struct.pack("<Hb", *m) for m in sorted(marks))
    for code, bits in glyphs.items():
        out += bits[0::2] + bits[1::2] if form(code, bits) == 2 else bits
    return out, len(glyphs), len(ranges), len(marks)


def main():
    font, drawn = sans(sys.argv[1])
    bitmaps, *counts = unifont(sys.argv[2], sys.argv[3], drawn)
    for name, data in (("sans.z", font), ("unifont.z", bitmaps)):
        packed = deflate(data)
        open(name, "wb").write(packed)
        print(name, len(data), "->", len(packed))
    print(len(drawn), "codes of DejaVu;", "%d codes in %d ranges, %d marks of Unifont" % tuple(counts))


if __name__ == "__main__":
    main()
