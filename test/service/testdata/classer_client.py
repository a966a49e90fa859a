"""Asks a server by Classer's own client. Every assertion is about what the client made of an answer."""

import sys

import classer
from classer import ClasserClient, ClasserError

ClasserClient.BASE_URL = sys.argv[1]

client = ClasserClient()
first = client.classify(text="I can't log in", labels=["billing", "technical_support", "sales"])
assert first.label == "technical_support", first
assert 0 < first.confidence <= 1 and first.tokens > 0 and first.latency_ms > 0 and first.cached is False, first
again = client.classify(text="I can't log in", labels=["billing", "technical_support", "sales"])
assert again.cached is True and again.label == first.label and again.confidence == first.confidence, again
anew = client.classify(text="I can't log in", labels=["billing", "technical_support", "sales"], cache=False, priority="fast")
assert anew.cached is False and anew.label == first.label, anew

described = client.classify(
    text="my invoice is wrong", labels=["a1", "b2"], descriptions={"a1": "sports and games", "b2": "payments and invoices"}
)
assert described.label == "b2", described
saved = client.classify(text="what a wonderful film", classifier="sentiment")
assert saved.label == "positive", saved

tags = client.tag(text="Breaking: Tech stocks surge amid AI boom", labels=["politics", "technology", "finance", "sports"], threshold=0.3)
names = [t.label for t in tags.labels]
assert "sports" not in names and names and all(t.confidence > 0.3 for t in tags.labels), tags
assert tags.labels == sorted(tags.labels, key=lambda t: -t.confidence) and tags.tokens > 0 and tags.cached is False, tags

texts = ["the app crashes", " ", "refund me please", "the app crashes"]
batch = client.classify_batch(texts=texts, labels=["billing", "bug"])
assert [r.label for r in batch.results] == ["bug", None, "billing", "bug"], batch
assert [r.error is None for r in batch.results] == [True, False, True, True], batch
assert batch.total_tokens == sum(r.tokens for r in batch.results) > 0 and not batch.results[0].cached, batch
assert client.classify_batch(texts=texts, labels=["billing", "bug"]).results[0].cached is True
tagged = client.tag_batch(texts=texts, labels=["billing", "bug"], threshold=0.4)
assert [bool(r.labels) for r in tagged.results] == [True, False, True, True] and tagged.results[1].error, tagged

# The module's functions use a client of their own.
assert classer.classify(text="the app crashes", labels=["billing", "bug"]).label == "bug"

for wrong, status, detail in [
    ({"text": "", "labels": ["a", "b"]}, 400, "there is no text"),
    ({"text": "x", "labels": ["a", "A"]}, 400, 'labels[0] "a" and labels[1] "A" are the same'),
    ({"text": "x", "classifier": "nothing"}, 404, None),
    ({"text": "x", "labels": ["a"], "image": "R0lGODlhAQABAAAAAA=="}, 422, None),
]:
    try:
        client.classify(**wrong)
    except ClasserError as e:
        assert e.status == status and e.detail and (detail is None or e.detail == detail), (wrong, e.status, e.detail)
    else:
        raise AssertionError(wrong)
