#!/usr/bin/env python3
"""Questions in SQL have DuckDB's answers, and what the conditions choose is what a filter of the JSON chooses.

needs: duckdb, pycocotools
use: check_query.py PROGRAM
"""
import contextlib
import glob
import io
import json
import math
import os
import random
import subprocess
import sys
import tempfile

CLASSES = ["person", "bicycle", "car", "traffic light", "dog's bed", "cat"]

# The text of both where one is given; ours and DuckDB's where their words for a thing differ.
QUESTIONS = [
    "SELECT COUNT(*) AS n FROM images",
    "SELECT COUNT(*) AS n FROM objects",
    "SELECT category, COUNT(*) AS n FROM objects GROUP BY category ORDER BY category",
    "SELECT category, COUNT(*) AS n, AVG(area) AS mean, MIN(area) AS low, MAX(area) AS high FROM objects GROUP BY category ORDER BY category",
    "SELECT COUNT(*) AS n FROM objects WHERE category = 'person' AND area > 9216",
    "SELECT COUNT(DISTINCT row) AS n FROM objects WHERE category = 'person' AND area > 9216",
    "SELECT COUNT(*) AS n FROM objects WHERE category IN ('car', 'bicycle') OR area < 100",
    "SELECT COUNT(*) AS n FROM objects WHERE NOT crowded",
    "SELECT COUNT(*) AS n FROM objects WHERE crowded IS NULL",
    "SELECT iscrowd, COUNT(*) AS n FROM objects GROUP BY iscrowd ORDER BY iscrowd",
    "SELECT category_id, SUM(w * h) AS area FROM objects GROUP BY category_id ORDER BY category_id",
    "SELECT COUNT(*) AS n FROM objects WHERE x1 < 10 AND y2 > 200",
    "SELECT COUNT(*) AS n FROM objects WHERE aspect BETWEEN 0.5 AND 2",
    "SELECT width, height, COUNT(*) AS n FROM images GROUP BY width, height ORDER BY width, height",
    "SELECT file_name FROM images WHERE file_name LIKE '%7.jpg' ORDER BY file_name",
    "SELECT file_name FROM images WHERE width > height ORDER BY image_id DESC LIMIT 10",
    "SELECT MAX(width) AS w, MIN(height) AS h, SUM(width * height) AS pixels FROM images",
    "SELECT image_id FROM images WHERE width = 640 AND height <> 480 ORDER BY image_id",
    "SELECT i.image_id, COUNT(o.label) AS n FROM images i LEFT JOIN objects o ON i.row = o.row GROUP BY i.image_id ORDER BY n DESC, i.image_id LIMIT 20",
    "SELECT i.width, AVG(o.area) AS mean FROM images i JOIN objects o ON i.row = o.row GROUP BY i.width ORDER BY i.width",
    "SELECT image_id FROM images WHERE row IN (SELECT row FROM objects WHERE category = 'cat') ORDER BY image_id",
    "SELECT image_id FROM images WHERE row NOT IN (SELECT row FROM objects) ORDER BY image_id",
    "SELECT n, COUNT(*) AS images FROM (SELECT row, COUNT(*) AS n FROM objects GROUP BY row) AS t GROUP BY n ORDER BY n",
    "SELECT category, COUNT(*) AS n FROM objects GROUP BY category HAVING COUNT(*) > 1000 ORDER BY n DESC",
    "SELECT CASE WHEN area < 1024 THEN 'small' WHEN area < 9216 THEN 'medium' ELSE 'large' END AS size, COUNT(*) AS n FROM objects GROUP BY size ORDER BY size",
    "SELECT UPPER(category) AS c, LENGTH(category) AS l, COUNT(*) AS n FROM objects GROUP BY c, l ORDER BY c",
    "SELECT one, other, COUNT(*) AS n FROM (SELECT a.category AS one, b.category AS other FROM objects a JOIN objects b ON a.row = b.row WHERE a.label < b.label) AS pairs GROUP BY one, other ORDER BY one, other",
    "WITH big AS (SELECT row, COUNT(*) AS n FROM objects WHERE area > 9216 GROUP BY row) SELECT n, COUNT(*) AS images FROM big GROUP BY n ORDER BY n",
    "SELECT ROUND(area, 0) AS a, COUNT(*) AS n FROM objects WHERE area < 60 GROUP BY a ORDER BY a",
    "SELECT category FROM objects WHERE area > 0 UNION SELECT category FROM objects WHERE area < 50 ORDER BY category",
    "SELECT COUNT(*) AS n, SUM(CASE WHEN touches_border THEN 1 ELSE 0 END) AS on_border FROM objects",
    "SELECT COUNT(*) AS n FROM objects WHERE rel_area > 0.25",
    "SELECT category, COUNT(*) AS n FROM objects WHERE area > (SELECT AVG(area) FROM objects) GROUP BY category ORDER BY category",
    "SELECT image_id, width FROM images WHERE width = (SELECT MAX(width) FROM images) ORDER BY image_id LIMIT 5",
    "SELECT file_name FROM images WHERE row = (SELECT row FROM objects ORDER BY area DESC, row LIMIT 1)",
    "SELECT COUNT(*) AS n FROM images a JOIN images b ON a.width + b.height > 1200",
    "SELECT COUNT(*) AS n FROM images a JOIN images b ON ABS(a.width - b.width) < 200 AND a.image_id < 100 AND a.row < b.row",
    "SELECT category FROM objects GROUP BY category HAVING category LIKE '%c%' ORDER BY category",
]


def draw(path, images=3000):
    """A COCO file by seed: images with and without objects, some without iscrowd and area."""
    chance = random.Random(5)
    data = {"images": [], "annotations": [], "categories": [{"id": 3 * n + 1, "name": name} for n, name in enumerate(CLASSES)]}
    for number in range(images):
        width, height = chance.choice([(640, 480), (480, 640), (640, 360), (320, 240)])
        data["images"].append({"id": 7 * number + 2, "file_name": f"{number:06}.jpg", "width": width, "height": height})
        for _ in range(max(0, chance.randrange(-2, 12))):
            w, h = (round(side * chance.random() ** 2 + 1, 2) for side in (width / 2, height / 2))
            x, y = round(chance.random() * (width - w), 2), round(chance.random() * (height - h), 2)
            if chance.random() < 0.1:
                x = 0
            one = {"id": len(data["annotations"]) + 1, "image_id": 7 * number + 2, "bbox": [x, y, w, h],
                   "category_id": 3 * min(chance.randrange(6), chance.randrange(6)) + 1, "area": round(w * h, 3)}
            if chance.random() < 0.9:
                one["iscrowd"] = int(chance.random() < 0.05)
            data["annotations"].append(one)
    json.dump(data, open(path, "w"))
    return data


def views(db, folder):
    """The tables of our questions as views of DuckDB over the Parquet form."""
    db.execute(f"create view files as select * from '{folder}/objects/*.parquet'")
    db.execute("create table classes as select * from (values " + ", ".join(
        f"({n}, '{name.replace(chr(39), chr(39) * 2)}', {3 * n + 1})" for n, name in enumerate(CLASSES)) + ") t(label, category, category_id)")
    db.execute("create view images as select row, image_id, file_name, width, height from files")
    db.execute("create view flat as select row, width, height, unnest(label) as label, unnest(area) as area, "
               "unnest(crowded) as crowded, unnest(bbox) as bbox from files")
    db.execute("create view objects as select *, bbox[1] as x1, bbox[2] as y1, bbox[1] + bbox[3] as x2, bbox[2] + bbox[4] as y2, "
               "bbox[3] as w, bbox[4] as h, bbox[3] / bbox[4] as aspect, cast(crowded as integer) as iscrowd, "
               "bbox[3] * bbox[4] / (width * height) as rel_area, bbox[1] <= 0 or bbox[2] <= 0 or bbox[1] + bbox[3] >= width "
               "or bbox[2] + bbox[4] >= height as touches_border from flat join classes using (label)")


def alike(a, b):
    if isinstance(a, float) or isinstance(b, float):
        return a is not None and b is not None and math.isclose(a, b, rel_tol=1e-12)
    return a == b


def nulls_last(rows):
    """Where null stands in an order is each engine's own."""
    return sorted(rows, key=lambda row: any(value is None for value in row))


def main():
    import duckdb
    program = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory() as tmp:
        data = draw(f"{tmp}/instances.json")
        for storage in ("arrow", "parquet"):
            subprocess.run([program, "convert", f"{tmp}/instances.json", f"{tmp}/{storage}.lf", "--images", "none", "--storage", storage, "-q"],
                           check=True, stdout=subprocess.DEVNULL)
        assert glob.glob(f"{tmp}/parquet.lf/objects/*.parquet")
        db = duckdb.connect()
        views(db, f"{tmp}/parquet.lf")
        for question in QUESTIONS:
            want = db.execute(question)
            names = [column[0] for column in want.description]
            want = nulls_last([list(row) for row in want.fetchall()])
            for storage in ("arrow", "parquet"):
                answer = json.loads(subprocess.run([program, "query", f"{tmp}/{storage}.lf", question, "--json"],
                                                   check=True, stdout=subprocess.PIPE).stdout)
                assert answer["columns"] == names, (question, answer["columns"], names)
                got = nulls_last([[row[name] for name in names] for row in answer["rows"]])
                assert len(got) == len(want), (question, len(got), len(want))
                for own, other in zip(got, want):
                    assert all(map(alike, own, other)), (storage, question, own, other)
        print(f"  DuckDB: {len(QUESTIONS)} questions, two forms of the files, equal answers")

        # What is exported by conditions is what a filter of the JSON keeps, as pycocotools reads it.
        from pycocotools.coco import COCO
        subprocess.run([program, "export", f"{tmp}/arrow.lf", f"{tmp}/out", "--to", "coco", "--where", "width >= 480",
                        "--having", "category = 'person' AND area > 9216", "--objects", "area > 500", "-q"], check=True, stdout=subprocess.DEVNULL)
        written = glob.glob(f"{tmp}/out/**/*.json", recursive=True)
        with contextlib.redirect_stdout(io.StringIO()):
            coco = COCO(written[0])
        wide = {image["id"] for image in data["images"] if image["width"] >= 480}
        chosen = {a["image_id"] for a in data["annotations"] if a["category_id"] == 1 and a["area"] > 9216} & wide
        kept = {a["id"] for a in data["annotations"] if a["image_id"] in chosen and a["area"] > 500}
        assert set(coco.getImgIds()) == chosen and set(coco.getAnnIds()) == kept, (len(chosen), len(kept))
        print(f"  pycocotools: {len(chosen)} images and {len(kept)} annotations of an export by conditions")


if __name__ == "__main__":
    main()
