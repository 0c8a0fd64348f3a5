#!/usr/bin/env python3
"""Other tools open our files unaided: pyarrow, polars, Hugging Face datasets (Image and ClassLabel), DuckDB.

needs: pyarrow, polars, datasets, duckdb
use: check_open.py PROGRAM
"""
import glob
import json
import os
import subprocess
import sys
import tempfile

os.environ.setdefault("HF_DATASETS_OFFLINE", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")


def truth(coco, split):
    """What the drawn COCO files say: per image id the boxes and category names, in file order."""
    data = json.load(open(f"{coco}/annotations/instances_{split}.json"))
    names = {c["id"]: c["name"] for c in data["categories"]}
    rows = {i["id"]: {"file_name": i["file_name"], "objects": []} for i in data["images"]}
    for a in data["annotations"]:
        rows[a["image_id"]]["objects"].append((a["id"], names[a["category_id"]], a["bbox"]))
    return rows, [c["name"] for c in data["categories"]]


def same(rows, want, names, what):
    """rows: iterable of (image_id, file_name, object_ids, labels, boxes)."""
    seen = set()
    for image_id, file_name, ids, labels, boxes in rows:
        seen.add(image_id)
        got = [(i, names[l], list(b)) for i, l, b in zip(ids, labels, boxes)]
        assert file_name == want[image_id]["file_name"], (what, image_id)
        assert sorted(got) == sorted(want[image_id]["objects"]), (what, image_id, got)
    assert seen == set(want), (what, len(seen), len(want))
    print(f"  {what}: {len(seen)} rows agree")


def main():
    program = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory() as tmp:
        coco = f"{tmp}/demo/coco"
        subprocess.run([program, "demo", f"{tmp}/demo", "--quiet"], check=True, stdout=subprocess.DEVNULL)
        want = {}
        for split in ("train", "val"):
            rows, names = truth(coco, split)
            want.update(rows)
        for storage in ("arrow", "parquet"):
            subprocess.run([program, "convert", coco, f"{tmp}/{storage}.lf", "--images", "embed", "--storage", storage],
                           check=True, stdout=subprocess.DEVNULL)
        light = glob.glob(f"{tmp}/arrow.lf/objects/*.arrow")
        heavy = glob.glob(f"{tmp}/arrow.lf/images/*.arrow")
        light_pq = glob.glob(f"{tmp}/parquet.lf/objects/*.parquet")
        heavy_pq = glob.glob(f"{tmp}/parquet.lf/images/*.parquet")
        assert light and heavy and light_pq and heavy_pq
        columns = ["image_id", "file_name", "object_id", "label", "bbox"]

        import pyarrow as pa
        import pyarrow.parquet as pq
        for what, table in [("pyarrow IPC", pa.concat_tables([pa.ipc.open_file(pa.memory_map(f)).read_all() for f in light])),
                            ("pyarrow Parquet", pa.concat_tables([pq.read_table(f) for f in light_pq]))]:
            table.validate(full=True)
            same(zip(*(table[c].to_pylist() for c in columns)), want, names, what)

        import polars as pl
        for what, frame in [("polars IPC", pl.concat([pl.read_ipc(f) for f in light])),
                            ("polars Parquet", pl.concat([pl.read_parquet(f) for f in light_pq]))]:
            same(zip(*(frame[c].to_list() for c in columns)), want, names, what)

        import duckdb
        rows = duckdb.sql(f"select {', '.join(columns)} from '{tmp}/parquet.lf/objects/*.parquet'").fetchall()
        same(rows, want, names, "DuckDB Parquet")
        joined = duckdb.sql(f"select count(*), sum(octet_length(i.img.bytes)) from '{tmp}/parquet.lf/objects/*.parquet' o "
                            f"join '{tmp}/parquet.lf/images/*.parquet' i using (row)").fetchall()
        assert joined[0][0] == len(want), joined
        print(f"  DuckDB joins groups by row: {joined[0][0]} rows, {joined[0][1]} image bytes")

        import datasets
        for what, kind, files, images in [("datasets Arrow", "arrow", light, heavy), ("datasets Parquet", "parquet", light_pq, heavy_pq)]:
            ds = datasets.load_dataset(kind, data_files=files, split="train", cache_dir=f"{tmp}/hf")
            label = ds.features["label"].feature
            assert isinstance(label, datasets.ClassLabel) and label.names == names, ds.features
            same(((r["image_id"], r["file_name"], r["object_id"], r["label"], r["bbox"]) for r in ds), want, names, what)
            pictures = datasets.load_dataset(kind, data_files=images, split="train", cache_dir=f"{tmp}/hf")
            assert isinstance(pictures.features["img"], datasets.Image), pictures.features
            first = pictures[0]["img"]
            original = glob.glob(f"{coco}/images/*/{want[pictures[0]['image_id']]['file_name']}")[0]
            from PIL import Image
            assert first.tobytes() == Image.open(original).tobytes()
            print(f"  {what}: shows Image {first.size} and ClassLabel {label.names}")


if __name__ == "__main__":
    main()
