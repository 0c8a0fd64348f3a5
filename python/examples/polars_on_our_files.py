"""Polars on a dataset: a view is a frame, and the files of a dataset are Arrow IPC files that Polars opens itself."""

import pathlib
import sys

import polars as pl

import lensframe

path = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "scenes.lf")
ds = lensframe.open(path) if path.exists() else lensframe.synth(path, 40, size="320x240", detections=True)

# A view is a frame. Name the keys that are wanted: those alone are read.
frame = pl.DataFrame(ds.select(["image_id", "split", "label", "area"]))
objects = frame.explode("label", "area")
print(objects.group_by("split").agg(pl.len().alias("objects"), pl.col("area").mean()).sort("split"))

# An answer of Polars goes back: as a table to join, or as rows to take.
large = objects.filter(pl.col("area") > 2000).group_by("image_id").agg(pl.len().alias("large"))
joined = ds.select(["image_id", "file_name"]).join(lensframe.from_arrow(large), "image_id")
print(f"{len(joined)} of {len(ds)} images hold an object of more than 2000 pixels")

# The files, without lensframe. `objects/` has the light keys; `row` and `image_id` join it with the other folders.
scanned = pl.scan_ipc(path / "objects" / "*.arrow").select("row", "image_id", pl.col("bbox").list.len().alias("objects"))
print(scanned.sort("objects", descending=True).head(3).collect())
first = pl.read_ipc(next((path / "sets" / "pred").glob("*.arrow")))
print(first.select("row", "image_id", "pred.score").head(3))
