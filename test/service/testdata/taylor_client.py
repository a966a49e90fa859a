"""Runs the example of Taylor's guide, taylor_example.py, as it is written but for host and path, with CSV, Excel and JSON lines.
Its jobs, and some that it varies, are watched, previewed and downloaded. The ids of its jobs are printed, each with who is told.
"""

import csv
import io
import json
import os
import pathlib
import sys
import tempfile
import time

import openpyxl
import requests

host, public = sys.argv[1:]
example = pathlib.Path(__file__).with_name("taylor_example.py").read_text().replace("https://api.trytaylor.ai", host)
os.chdir(tempfile.mkdtemp())

columns = ["id", "name", "founded", "about"]
rows = [
    ["1", "Parcels, Inc.", "1999", "We deliver parcels overnight"],
    ["2", "School", "2004", "We teach children to read and write"],
    ["3", "=1+1", "2011", "We bake bread, cakes and rolls in our bakery"],
]
labels = ["492 Couriers and Messengers", "611 Educational Services", "311 Food Manufacturing"]

with open("rows.csv", "w", newline="") as f:
    csv.writer(f).writerows([columns, *rows])
book = openpyxl.Workbook()
for row in [columns, *rows]:
    book.active.append([v if v != "=1+1" else "'=1+1" for v in row])
book.save("rows.xlsx")
with open("rows.jsonl", "w") as f:
    f.writelines(json.dumps(dict(zip(columns, row))) + "\n" for row in rows)


def settled(id):
    """Waits for a job's end."""
    for _ in range(600):
        job = requests.get(f"{host}/api/batch_jobs/{id}").json()
        if job["status"] in ("completed", "failed"):
            return job
        time.sleep(0.1)
    raise SystemExit(f"{id} does not end: {job}")


def run(path, **more):
    """Runs the example, with more fields of the form, and returns its job when it is completed."""
    source = example.replace("path-to-file.csv", path)
    for name, value in more.items():
        source = source.replace("files = {", f'form_data["{name}"] = {value!r}\nfiles = {{')
    ran = {"print": lambda *_: None}
    exec(source, ran)
    response = ran["response"]
    assert response.status_code == 200, response.text
    made = response.json()
    assert made["status"] == "queued" and made["id"] == made["job_id"] and made["rows"] is None, made
    assert made["status_url"] == f"{public}/api/batch_jobs/{made['id']}", made
    job = settled(made["id"])
    assert (job["status"], job["rows"], job["rows_completed"], job["rows_failed"], job["error"]) == ("completed", 3, 3, 0, None), job
    assert job["columns_to_classify"] == ["about"] and job["model"] == "naics" and job["top_k"] == more.get("top_k", 5), job
    print(job["id"], more.get("notify_email", "team@example.com"))
    return job


def download(job):
    response = requests.get(f"{host}/api/batch_jobs/{job['id']}/download")
    assert response.status_code == 200 and "attachment" in response.headers["Content-Disposition"], response.headers
    return response


for path in ["rows.csv", "rows.xlsx", "rows.jsonl"]:
    job = run(path)
    got = list(csv.DictReader(io.StringIO(download(job).text)))
    assert [r["about"] for r in got] == [r[3] for r in rows], got
    for r, label in zip(got, labels):
        several, scores = json.loads(r["labels"]), json.loads(r["scores"])
        assert r["label"] == label == several[0] and float(r["score"]) == scores[0], r
        assert 1 <= len(several) <= 5 and scores == sorted(scores, reverse=True) and scores[-1] >= 0.2 and r["error"] == "", r
    assert got[2]["name"].startswith("'"), got  # no spreadsheet program runs it
    preview = requests.get(f"{host}/api/batch_jobs/{job['id']}/preview", params={"limit": 2}).json()
    assert preview["total"] == 3 and [r["label"] for r in preview["rows"]] == labels[:2] and preview["columns"][-1] == "error", preview

job = run("rows.csv", output_format="xlsx", top_k=1, notify_email="ann@example.com")
sheet = openpyxl.load_workbook(io.BytesIO(download(job).content)).active
cells = [list(r) for r in sheet.iter_rows(values_only=True)]
assert cells[0] == [*columns, "label", "score", "labels", "scores", "error"], cells
assert [c[:4] for c in cells[1:]] == rows and [c[4] for c in cells[1:]] == labels, cells
assert requests.get(f"{host}/api/batch_jobs/{job['id']}/preview").json()["rows"][0]["label"] == labels[0]

job = run("rows.xlsx", output_format="jsonl")
got = [json.loads(line) for line in download(job).text.splitlines()]
assert [g["label"] for g in got] == labels and all(g["scores"][0] == g["score"] for g in got), got

# A model that finds entities.
files = {"file": ("mails.csv", "text\nwrite to ann@example.com\nnothing\n", "text/csv")}
made = requests.post(f"{host}/api/batch_jobs/create", data={"model": "entities", "output_format": "jsonl"}, files=files).json()
job = settled(made["id"])
found = [[e["text"] for e in json.loads(line)["entities"]] for line in download(job).text.splitlines()]
assert found == [["ann@example.com"], []], found
print(job["id"], "team@example.com")

listed = [j["id"] for j in requests.get(f"{host}/api/batch_jobs").json()]
assert len(listed) == 6 and listed[0] == job["id"], listed

# What a guide's reader sees of a mistake.
response = requests.post(f"{host}/api/batch_jobs/create", data={"model": "naics", "columns_to_classify": [9]}, files={"file": open("rows.csv", "rb")})
assert response.status_code == 400 and "the file has 4: 0 id, 1 name" in response.json()["detail"], response.text
response = requests.post(f"{host}/api/batch_jobs/create", data={"model": "nacis"}, files={"file": b"text\n" + b"a\n" * 15_000_000})
assert response.status_code == 400 and response.json()["code"] == "FORM_MODEL", response.text
