"""Answers of the fasttext package: reads lines {"model": path, "texts": [base64, …], "k": n, "threshold": x} and writes
for each a line of [[label, score], …] per text, labels without prefix."""
import base64
import json
import sys

import fasttext

fasttext.FastText.eprint = lambda *args, **kwargs: None
models = {}


def predict(model, text, k, threshold):
    """text is bytes without a newline."""
    if model not in models:
        models[model] = fasttext.load_model(model)
    answer = models[model].f.predict(text + b"\n", k, threshold, "strict")
    return [[label.removeprefix("__label__"), score] for score, label in answer]


if __name__ == "__main__":
    for line in sys.stdin:
        q = json.loads(line)
        print(json.dumps([predict(q["model"], base64.b64decode(t).replace(b"\n", b" "), q["k"], q["threshold"]) for t in q["texts"]]))
