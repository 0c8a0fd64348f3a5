"""DuckDB on a dataset: it reads the Parquet form of the files, and any view by its name."""

import pathlib
import sys

import duckdb

import lensframe

path = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "scenes.lf")
ds = lensframe.open(path) if path.exists() else lensframe.synth(path, 40, size="320x240", detections=True)

parquet = path.with_name("parquet.lf")
if not parquet.exists():
    ds.save(parquet, storage="parquet")

# The files, without lensframe. Names of folders may hold spaces; `row` joins the tables.
tables = {name: str(parquet / name / "*.parquet") for name in ("objects", "sets/pred")}
print(duckdb.sql(f"""
    SELECT split, COUNT(*) AS images, SUM(len(bbox)) AS objects
    FROM read_parquet('{tables["objects"]}') GROUP BY split ORDER BY split
"""))
print(duckdb.sql(f"""
    SELECT t.image_id, len(t.bbox) AS objects, len(p."pred.bbox") AS detections
    FROM read_parquet('{tables["objects"]}') t JOIN read_parquet('{tables["sets/pred"]}') p USING (row)
    ORDER BY abs(objects - detections) DESC, t.image_id LIMIT 3
"""))

# A view by the name of its variable: DuckDB takes Arrow streams.
wide = ds.filter("width >= 320").select(["image_id", "label"])
print(duckdb.sql("SELECT COUNT(*) AS images, SUM(len(label)) AS objects FROM wide"))
