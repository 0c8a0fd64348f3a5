"""Writes fuzz/corpus/ipc_open: small Arrow files by pyarrow, sound ones and some that are not to be read.

python3 tests/recorded/ipc_corpus.py fuzz/corpus/ipc_open      (pyarrow 25)
"""

import datetime
import sys

import pyarrow as pa

out = sys.argv[1]
image = pa.struct([("bytes", pa.binary()), ("path", pa.utf8())])
segmentation = pa.struct([
    ("size", pa.list_(pa.int32(), 2)), ("polygon", pa.list_(pa.list_(pa.float64()))),
    ("counts", pa.list_(pa.uint32())), ("rle", pa.utf8())])
stamp = datetime.datetime(2026, 11, 21)
columns = {
    "row": pa.array([0, 1, 2], pa.int64()),
    "img": pa.array([{"bytes": b"\xff\xd8 a jpeg", "path": None}, None, {"bytes": None, "path": "a.jpg"}], image),
    "tags": pa.array([["a", None], [], None], pa.list_(pa.utf8())),
    "bbox": pa.array([[[1, 2, 3, 4.5]], None, [[0, 0, 1, 1], None]], pa.list_(pa.list_(pa.float64(), 4))),
    "seg": pa.array([[{"size": [4, 5], "polygon": [[0, 1, 2, 3, 4, 5]], "counts": None, "rle": None}],
                     [{"size": None, "polygon": None, "counts": [1, 2], "rle": "PP"}], None], pa.list_(segmentation)),
    "crowded": pa.array([[True, None], [], [False]], pa.list_(pa.bool_())),
    "hash": pa.array([b"0123456789abcdef", None, b"fedcba9876543210"], pa.binary(16)),
    "large": pa.array([["x"], None, []], pa.large_list(pa.large_utf8())),
    "nothing": pa.nulls(3),
    "u8": pa.array([1, None, 255], pa.uint8()),
    "f16": pa.array([0.5, None, 1.0], pa.float16()),
    "time": pa.array([stamp, None, stamp], pa.timestamp("ms", tz="UTC")),
}
table = pa.table(columns)


def write(name, table, batch=2, options=None):
    with pa.OSFile(f"{out}/{name}", "wb") as sink, pa.ipc.new_file(sink, table.schema, options=options) as writer:
        writer.write_table(table, max_chunksize=batch)


write("all_types", table)
write("one_column", table.select(["row"]), 1)
write("images", table.select(["row", "img"]))
write("lists", table.select(["bbox", "seg"]))
write("empty", table.slice(0, 0))
write("no_columns", table.select([]))
write("compressed", table.select(["row", "tags"]), options=pa.ipc.IpcWriteOptions(compression="lz4"))
write("dictionary", pa.table({"x": pa.array(["a", "b", "a"]).dictionary_encode()}))
write("views", pa.table({"x": pa.array(["a", "b longer than twelve"], pa.string_view())}))
