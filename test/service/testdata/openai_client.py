"""Runs batches by OpenAI's own client. Every assertion is about what the client made of an answer.

The arguments are the addresses of two servers that share everything, or twice the same: files come in at the one, and batches
are asked for at the other.
"""

import http.server
import io
import json
import queue
import sys
import threading
import time
import urllib.request

import openai

files = openai.OpenAI(base_url=sys.argv[1] + "/v1", api_key="placeholder")
client = openai.OpenAI(base_url=sys.argv[2] + "/v1", api_key="placeholder")
total, bad = 10_000, set(range(7, 10_000, 100))
texts = ["refund my order", "the app crashes", "I want to buy more"]


def line(i):
    if i in bad:
        return [f"bad {i}", json.dumps({"custom_id": f"r{i}", "method": "POST", "url": "/v1/classify", "body": {}})][i // 100 % 2]
    body = {"text": f"{texts[i % 3]} {i}"}
    return json.dumps({"custom_id": f"r{i}", "method": "POST", "url": "/v1/classify", "body": body})


def wait(batch):
    while batch.status not in ("completed", "failed", "cancelled"):
        time.sleep(0.1)
        batch = client.batches.retrieve(batch.id)
    return batch


def create(file, **more):
    return client.batches.create(
        input_file_id=file.id, endpoint="/v1/classify", completion_window="24h",
        metadata={"name": "test"}, extra_body={"labels": ["billing", "technical", "sales"], **more},
    )


data = ("\n".join(line(i) for i in range(total)) + "\n").encode()
file = files.files.create(file=("requests.jsonl", io.BytesIO(data)), purpose="batch")
assert file.bytes == len(data) and file.filename == "requests.jsonl" and file.status == "processed", file
assert client.files.retrieve(file.id) == file


# Whatever is posted is verified by the client's own unwrap, which refuses what was changed.
class Receiver(http.server.BaseHTTPRequestHandler):
    events = queue.Queue()

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        event = client.webhooks.unwrap(body, dict(self.headers), secret=hook["secret"])
        try:
            client.webhooks.unwrap(body.replace(b"batch_", b"botch_"), dict(self.headers), secret=hook["secret"])
            event = None
        except openai.InvalidWebhookSignatureError:
            pass
        self.events.put(event)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


receiver = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
threading.Thread(target=receiver.serve_forever, daemon=True).start()


def ask(method, path, body=None):
    request = urllib.request.Request(sys.argv[1] + path, method=method, data=json.dumps(body).encode() if body else None)
    request.add_header("Content-Type", "application/json")
    return json.load(urllib.request.urlopen(request))


hook = ask("POST", "/v1/webhooks", {"url": f"http://127.0.0.1:{receiver.server_port}/", "events": ["batch.completed", "batch.cancelled"]})

batch = wait(create(file))
assert batch.status == "completed" and batch.metadata == {"name": "test"} and batch.completed_at, batch
assert (batch.request_counts.total, batch.request_counts.completed, batch.request_counts.failed) == (total, total - len(bad), len(bad)), batch

event = Receiver.events.get(timeout=60)
assert type(event).__name__ == "BatchCompletedWebhookEvent" and event.type == "batch.completed" and event.data.id == batch.id, event
assert event.object == "event" and event.id.startswith("msg_") and abs(event.created_at - time.time()) < 300, event

answers = [json.loads(s) for s in client.files.content(batch.output_file_id).text.splitlines()]
assert [a["custom_id"] for a in answers] == [f"r{i}" for i in range(total) if i not in bad]
assert all(a["response"]["status_code"] == 200 and a["error"] is None and a["response"]["body"]["label"] for a in answers)
assert answers[0]["response"]["body"]["label"] == "billing", answers[0]
errors = [json.loads(s) for s in client.files.content(batch.error_file_id).text.splitlines()]
assert len(errors) == len(bad), len(errors)
for e, i in zip(errors, sorted(bad)):
    if i // 100 % 2:
        assert e["custom_id"] == f"r{i}" and e["response"]["status_code"] == 400 and e["response"]["body"]["error"]["code"] == "input.required", e
    else:
        assert e["custom_id"] is None and e["response"] is None and e["error"]["code"] == "record.json", e

# In parts, by the client's own helper.
big = data * 40
upload = files.uploads.upload_file_chunked(
    file=big, filename="requests.jsonl", bytes=len(big), mime_type="text/jsonl", purpose="batch", part_size=8_000_000
)
assert upload.status == "completed" and client.files.content(upload.file.id).content == big, upload

# Cancelled: one that runs, whose answers so far stay, and one that waits for it. By the encoder it takes minutes, on any machine.
second, third = create(upload.file, backend="encoder"), create(file)
while client.batches.retrieve(second.id).request_counts.completed == 0:
    time.sleep(0.01)
assert client.batches.cancel(third.id).status == "cancelled"
assert client.batches.cancel(second.id).status == "cancelling"
second = wait(second)
assert second.status == "cancelled" and second.cancelled_at and second.request_counts.completed < 40 * total, second
part = client.files.content(second.output_file_id).text.splitlines()
assert len(part) == second.request_counts.completed, (len(part), second)
assert [json.loads(s)["custom_id"] for s in part[: len(answers)]] == [a["custom_id"] for a in answers[: len(part)]]

events = [Receiver.events.get(timeout=60) for _ in range(2)]
assert {(e.type, e.data.id) for e in events} == {("batch.cancelled", second.id), ("batch.cancelled", third.id)}, events
log, begun = [], time.time()
while len(log) < 3 and time.time() - begun < 60:  # written down once the receiver has answered
    log = ask("GET", f"/v1/webhooks/{hook['id']}/deliveries")
assert {(d["job_id"], d["error"]) for d in log} == {(b.id, None) for b in (batch, second, third)}, log

# Lists go from page to page.
assert [b.id for b in client.batches.list(limit=1)] == [third.id, second.id, batch.id]
assert {f.id for f in files.files.list(limit=2)} >= {file.id, upload.file.id, batch.output_file_id, batch.error_file_id}
assert {f.id for f in client.files.list(purpose="batch")} == {file.id, upload.file.id}

assert client.files.delete(file.id).deleted is True
for wrong in [
    lambda: client.files.retrieve(file.id),
    lambda: client.batches.retrieve("batch_0"),
    lambda: create(file),
]:
    try:
        wrong()
    except openai.NotFoundError as e:
        assert e.code in ("file.unknown", "job.unknown") and e.type == "invalid_request_error" and e.message, e
    else:
        raise AssertionError(wrong)
try:
    create(upload.file, labels=["a", "a"])
except openai.BadRequestError as e:
    assert e.code == "labels.duplicate", e
else:
    raise AssertionError("labels twice")
