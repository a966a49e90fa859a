"""Uploads a job's input by the form of a presigned POST, as boto3's documentation does it, and fetches the results.

The first argument is the server's address. If there is a second, forms with less than all of their fields are refused.
"""

import base64
import json
import sys
import time

import boto3
import requests
from botocore.auth import S3SigV4PostAuth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials

address, strict = sys.argv[1], len(sys.argv) > 2
made = requests.post(f"{address}/v1/batch", json={"labels": ["billing", "technical", "sales"]}).json()
url, fields = made["upload_url"], made["upload_fields"]

# The form is the one that boto3 itself makes, and the policy covers each of its fields.
signer = boto3.client(
    "s3", region_name="us-east-1", aws_access_key_id="key", aws_secret_access_key="secret", config=Config(signature_version="s3v4")
)
own = signer.generate_presigned_post("bucket", fields["key"], Conditions=[["content-length-range", 1, 5 << 30]])["fields"]
assert set(own) == set(fields) - {"bucket"}, (own, fields)


def conditions(policy):
    policy = json.loads(base64.b64decode(policy))
    assert set(policy) == {"expiration", "conditions"}, policy
    return {c[1].lstrip("$") if isinstance(c, list) and c[0] != "content-length-range" else next(iter(c)) for c in policy["conditions"]}


assert conditions(fields["policy"]) == conditions(own["policy"]), fields

# botocore signs it alike: with the ticket as the secret key where the address is winnow's own.
if url.startswith(address):
    credentials = Credentials("winnow", url.rsplit("/", 1)[1])
else:
    credentials = boto3.Session().get_credentials()
request = AWSRequest()
request.context["timestamp"] = fields["x-amz-date"]
assert fields["x-amz-credential"].startswith(credentials.access_key + "/"), fields
assert S3SigV4PostAuth(credentials, "s3", "us-east-1").signature(fields["policy"], request) == fields["x-amz-signature"]


def upload(fields):
    return requests.post(url, data=fields, files={"file": ("input.ndjson", open("input.ndjson", "rb"))})


wrong = [{**fields, "key": fields["key"] + "x"}, {**fields, "x-amz-signature": "0" * 64}, {**fields, "acl": "public-read"}]
if strict:
    wrong += [{"key": fields["key"]}, {n: fields[n] for n in ("key", "policy", "x-amz-signature")}]
for form in wrong:
    response = upload(form)
    assert response.status_code in (400, 403) and "<Code>" in response.text, (form, response.text)
assert requests.get(f"{address}/v1/batch/{made['job_id']}").json()["status"] == "pending"
response = upload(fields)
assert response.status_code == 204, response.text

assert requests.post(f"{address}/v1/batch/{made['job_id']}/start").status_code == 202
job = {"status": "processing"}
while job["status"] not in ("completed", "failed"):
    time.sleep(0.1)
    job = requests.get(f"{address}/v1/batch/{made['job_id']}").json()
assert job["status"] == "completed" and job["requests_total"] == 3 and job["requests_failed"] == 0, job
results = requests.get(requests.get(f"{address}/v1/batch/{made['job_id']}/results").json()["download_url"])
assert results.status_code == 200 and [json.loads(line)["label"] for line in results.text.splitlines()][:2] == ["billing", "technical"], results.text
