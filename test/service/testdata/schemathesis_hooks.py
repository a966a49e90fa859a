"""What no JSON Schema can say of a valid request, most of it about what the server holds already.

A generated request that is valid by the schema is made to hold to that as well, so that it has to be accepted; one that is not is
left as it is.
"""

import os
import re
import time
import uuid

import requests
import schemathesis
from schemathesis.core.parameters import ParameterLocation

SERVER = os.environ["WINNOW_URL"]
mine = requests.Session()
mine.headers["Authorization"] = "Bearer " + os.environ["WINNOW_KEY"]

# Classifiers that requests may name.
SAVED = {"one": "single", "several": "multi"}
for name, mode in SAVED.items():
    saved = mine.post(SERVER + "/v1/classifiers", json={"name": name, "labels": ["bug", "praise"], "mode": mode}, timeout=30)
    saved.raise_for_status()


def _texts(value):
    return isinstance(value, list) and all(isinstance(text, str) for text in value)


def _labels(body):
    """No two labels are the same but for letter case; descriptions and examples are about labels, and no text is an example of two."""
    if not _texts(body.get("labels")) or len(set(body["labels"])) < len(body["labels"]):
        return
    seen = {}
    for label in body["labels"]:
        seen.setdefault(label.strip().casefold(), label)
    body["labels"] = list(seen.values())
    labels = set(body["labels"])
    if isinstance(body.get("descriptions"), dict | type(None)):
        known = {k: v for k, v in (body.get("descriptions") or {}).items() if k in labels or not isinstance(v, str)}
        # A label without a word that the table knows has to be described by some.
        unknown = {k: "a label" for k in labels if not re.fullmatch("[0-9A-Za-z]{1,3}", k) and isinstance(known.get(k, ""), str)}
        body["descriptions"] = known | unknown
    if isinstance(body.get("examples"), dict):
        kept, used = {}, set()
        for key, texts in body["examples"].items():
            if not _texts(texts):
                kept[key] = texts
            elif key in labels and used.isdisjoint(texts):
                kept[key] = texts
                used.update(texts)
        body["examples"] = kept


def _classifier(case, body):
    """It was saved in the mode that is asked for, and brings its labels."""
    if not isinstance(body.get("classifier"), str) or body["classifier"].split("@")[0] == "":
        return
    multi = "/tag" in case.path or body.get("mode") == "multi" or body.get("endpoint") == "/v1/tag"
    body["classifier"] = "several" if multi else "one"
    if _texts(body.get("labels")):
        body["labels"] = None


def _kept(case):
    """Those that others name stay as they were saved."""
    if case.path == "/v1/classifiers" and isinstance(case.body, dict) and case.body.get("name") in list(SAVED):
        case.body["name"] = "another"
    if case.method == "DELETE" and case.path_parameters and str(case.path_parameters.get("reference")).split("@")[0] in SAVED:
        case.path_parameters["reference"] = "another"


def _days(case):
    """The first day is not behind the last, and not long before it."""
    if case.path == "/v1/usage" and case.query and isinstance(case.query.get("from"), str):
        if re.fullmatch(r"(19[7-9]\d|[2-9]\d{3})-\d\d-\d\d", case.query["from"]):
            case.query["to"] = case.query["from"]


def _start(case):
    """A job begins anew, or waits for its first beginning."""
    if case.path.endswith("/start") and case.query and all(case.query.get(name) in (True, "true") for name in ("queue", "restart")):
        del case.query["restart"]


def _after(case):
    """It names what the page before has listed."""
    if case.path.endswith("/events") or not case.query or not isinstance(case.query.get("after"), str):
        return
    page = mine.get(SERVER + case.path, params={"limit": 1}, timeout=60).json()
    items = page if isinstance(page, list) else page["data"]
    if items:
        case.query["after"] = items[0].get("job_id") or items[0]["id"]
    else:
        del case.query["after"]


def _file():
    """A file of one request."""
    line = '{"custom_id":"1","method":"POST","url":"/v1/classify","body":{"text":"it crashes","labels":["bug","other"]}}'
    form = {"purpose": (None, "batch"), "file": ("requests.jsonl", line)}
    return mine.post(SERVER + "/v1/files", files=form, timeout=60).json()["id"]


def _upload(case):
    """It waits for its parts, and they are its own."""
    if case.path.startswith("/v1/uploads/{id}/") and str(case.path_parameters["id"]).startswith("upload_"):
        case.path_parameters["id"] = _begun()
    if case.path.endswith("/complete") and isinstance(case.body, dict) and _texts(case.body.get("part_ids")):
        case.path_parameters["id"] = _begun()
        address = f"{SERVER}/v1/uploads/{case.path_parameters['id']}/parts"
        case.body["part_ids"] = [mine.post(address, files={"data": "x"}, timeout=60).json()["id"]]


def _begun():
    """An upload of one byte."""
    made = mine.post(SERVER + "/v1/uploads", json={"purpose": "batch", "filename": "x", "bytes": 1}, timeout=60).json()["id"]
    _open(made)
    return made


uploads = []


def _open(upload):
    """An account can't have many uploads at once: the oldest one is cancelled."""
    uploads.append(upload)
    if len(uploads) > 20:
        mine.post(f"{SERVER}/v1/uploads/{uploads.pop(0)}/cancel", timeout=60)


LINE = '{"text":"it crashes"}\n'


def _made():
    """A job that waits for its input."""
    return mine.post(SERVER + "/v1/batch", json={"classifier": "topics"}, timeout=60).json()


def _uploaded():
    """A job that waits for its start."""
    made = _made()
    requests.post(made["upload_url"], data={"key": made["input_key"]}, files={"file": LINE}, timeout=60).raise_for_status()
    return made["job_id"]


def _completed():
    """A job that has ended."""
    job = _uploaded()
    mine.post(f"{SERVER}/v1/batch/{job}/start", timeout=60).raise_for_status()
    while mine.get(f"{SERVER}/v1/batch/{job}", timeout=60).json()["status"] != "completed":
        time.sleep(0.1)
    return job


ended = [_completed()]


def _ended():
    """That job, or another one where a request has deleted it."""
    if mine.get(f"{SERVER}/v1/batch/{ended[0]}/results", timeout=60).status_code == 404:
        ended[0] = _completed()
    return ended[0]


def _job(case):
    """It is there, and has its input; an address is one that was given out. What is to be no id stays so."""
    if case.meta is not None and case.meta.is_negative_at(ParameterLocation.PATH):
        return
    if case.path == "/_blob/u/{ticket}":
        made = _made()
        case.path_parameters["ticket"] = made["upload_url"].rsplit("/", 1)[1]
        if isinstance(case.body, dict) and isinstance(case.body.get("key"), str):
            case.body = {"key": made["input_key"]} | {name: case.body[name] for name in case.body if name == "file"}
    elif case.path == "/_blob/d/{ticket}":
        case.path_parameters["ticket"] = mine.get(f"{SERVER}/v1/batch/{_ended()}/results", timeout=60).json()["download_url"].rsplit("/", 1)[1]
    elif case.path.startswith("/v1/batch/{id}/"):
        case.path_parameters["id"] = _uploaded() if case.method == "POST" else _ended()
    elif case.path == "/v1/batches/{id}/cancel":
        batch = {"endpoint": "/v1/tag", "completion_window": "24h", "input_file_id": _file()}
        case.path_parameters["id"] = mine.post(SERVER + "/v1/batches", json=batch, timeout=60).json()["id"]
    elif case.path in ("/v1/classifiers/{reference}/versions", "/v1/classifiers/{reference}/diff"):
        case.path_parameters["reference"] = "one"


def _form(case):
    """Names of a form's fields stand in headers, the purpose comes before the file, and what is no text is no file."""
    names = [name for name in case.body if name.isascii() and name.isprintable()]
    names = [name for name in names if name not in ("file", "data") or isinstance(case.body[name], (str, bytes))]
    case.body = {name: case.body[name] for name in sorted(names, key=lambda name: name != "purpose")}
    if case.path == "/api/batch_jobs/create":
        _table(case.body)


def _table(body):
    """The file has rows, the model is there, the server sends no mail, and the fields that describe the file are left to it."""
    if body.get("file"):
        body["file"] = "text\nit crashes\n"
    if isinstance(body.get("model"), str) and body["model"]:
        body["model"] = "one"
    body.pop("columns_to_classify", None)  # a form has texts alone, and any number may be a column's
    for name in ("delimiter", "encoding", "sheet"):
        if isinstance(body.get(name), str):
            del body[name]
    if body.get("header") in ("auto", "true", "false"):
        del body["header"]


def _headers(case):
    """An Idempotency-Key comes with one body alone, and If-Match names the version that is the newest."""
    if not case.headers:
        return
    key = case.headers.get("Idempotency-Key")
    if isinstance(key, str) and 1 <= len(key) <= 255 and all(" " <= c <= "~" for c in key):
        case.headers["Idempotency-Key"] = str(uuid.uuid4())
    case.headers.pop("If-Match", None)


def _told(body):
    """What has the form of an address is one that mail could go to."""
    if isinstance(body.get("notify_email"), str) and re.fullmatch(r"[^@\s]+@[^@\s]+", body["notify_email"]):
        body["notify_email"] = "someone@example.com"


@schemathesis.hook
def before_call(context, case, kwargs):
    _headers(case)
    _kept(case)
    _job(case)
    _days(case)
    _after(case)
    _upload(case)
    _start(case)
    body = case.body
    if not isinstance(body, dict):
        return
    _labels(body)
    _classifier(case, body)
    _told(body)
    if case.media_type == "multipart/form-data":
        _form(case)
    if case.path == "/v1/batches" and isinstance(body.get("input_file_id"), str) and body["input_file_id"]:
        body["input_file_id"] = _file()


@schemathesis.hook
def after_call(context, case, response):
    if case.method == "POST" and case.path == "/v1/uploads" and response.status_code == 200:
        _open(response.json()["id"])
