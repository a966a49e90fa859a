"""The fasttext package of PyPI, for tests: answers each line of JSON on standard input by one on standard output.

{"train": path, "save": path, "options": {…}, "quantize": {…} or null} trains a supervised model and writes it.
{"model": path, "texts": [base64, …], "k": n, "threshold": x} gives [[label, score], …] for each text, labels without
their prefix. Newlines in a text count as spaces."""
import base64
import json
import sys

import fasttext

fasttext.FastText.eprint = lambda *args, **kwargs: None
models = {}


def predict(model, text, k, threshold):
    """text is bytes."""
    if model not in models:
        models[model] = fasttext.load_model(model)
    answer = models[model].f.predict(text.replace(b"\n", b" ") + b"\n", k, threshold, "strict")
    return [[label.removeprefix("__label__"), score] for score, label in answer]


def train(path, save, options, quantize):
    model = fasttext.train_supervised(path, verbose=0, **options)
    if quantize:
        model.quantize(verbose=0, **quantize)
    model.save_model(save)


if __name__ == "__main__":
    for line in sys.stdin:
        q = json.loads(line)
        if "train" in q:
            train(q["train"], q["save"], q["options"], q.get("quantize"))
            print("{}", flush=True)
        else:
            print(json.dumps([predict(q["model"], base64.b64decode(t), q["k"], q["threshold"]) for t in q["texts"]]), flush=True)
