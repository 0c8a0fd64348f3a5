"""Writes the same two detections as numpy, pandas and pyarrow write them: eval_doors.json, each file as base64.

    python tests/recorded/eval_doors.py > tests/recorded/eval_doors.json

Recorded with numpy and pyarrow of the versions named in the file.
"""

import base64
import io
import json

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.feather
import pyarrow.parquet

boxes = np.array([[130.0, 20.0, 170.0, 50.0], [1.0, 2.0, 4.0, 6.0]])
scores = np.array([0.5, 0.25], dtype=np.float32)
labels = np.array([3, 10])
images = np.array(["000007", "b.x"])
table = pa.table({
    "file_name": images.tolist(), "category_id": labels, "score": scores,
    "xmin": boxes[:, 0], "ymin": boxes[:, 1], "xmax": boxes[:, 2], "ymax": boxes[:, 3],
})
files = {}


def keep(name, write):
    out = io.BytesIO()
    write(out)
    files[name] = base64.b64encode(out.getvalue()).decode()


arrays = dict(boxes=boxes, scores=scores, labels=labels, image_ids=images)
keep("savez.npz", lambda out: np.savez(out, **arrays))
keep("compressed.npz", lambda out: np.savez_compressed(out, **arrays))
seven = np.column_stack([[7, 8], boxes[:, :2], boxes[:, 2:] - boxes[:, :2], scores, labels])
keep("seven.npy", lambda out: np.save(out, seven))
keep("seven32.npy", lambda out: np.save(out, seven.astype(np.float32)))
keep("table.parquet", lambda out: pa.parquet.write_table(table, out))
keep("table.feather", lambda out: pa.feather.write_feather(table, out, compression="uncompressed"))
keep("table.csv", lambda out: pa.csv.write_csv(table, out))
versions = {"numpy": np.__version__, "pyarrow": pa.__version__}
print(json.dumps({"versions": versions, "files": files}, indent=1))
