"""scikit-learn beside winnow's linear head: TF-IDF over words 1-2 and characters 2-4, LinearSVC, all options at their
defaults but for sublinear term frequencies.

    python linear_svc.py train TRAIN MODEL      learns from JSONL with text and label
    python linear_svc.py answer MODEL TEXTS     prints the label of each line of TEXTS; of standard input (-) as they come
    python linear_svc.py sets OUT SET...        writes OUT/SET.json, the labels of each folder's test.jsonl in order

With the last, WINNOW_PEER=OUT go test -run TestFullData ./classify/linear/head compares winnow's own answers text by text.
"""
import json
import os
import sys
import time

import joblib
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline, make_union
from sklearn.svm import LinearSVC


def read(path):
    with open(path, encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [r["text"] for r in rows], [r["label"] for r in rows]


def fit(texts, labels):
    model = make_pipeline(
        make_union(
            TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
            TfidfVectorizer(analyzer="char", ngram_range=(2, 4), sublinear_tf=True),
        ),
        LinearSVC(),
    )
    return model.fit(texts, labels)


def train(source, target):
    joblib.dump(fit(*read(source)), target)


def answer(source, path):
    model = joblib.load(source)
    if path == "-":
        for line in sys.stdin:
            print(model.predict([line.rstrip("\n")])[0], flush=True)
        return
    with open(path, encoding="utf-8") as lines:
        texts = [line.rstrip("\n") for line in lines]
    print("\n".join(model.predict(texts)))


def sets(out, *folders):
    os.makedirs(out, exist_ok=True)
    for folder in folders:
        texts, gold = read(os.path.join(folder, "test.jsonl"))
        before = time.process_time()
        model = fit(*read(os.path.join(folder, "train.jsonl")))
        answers = model.predict(texts).tolist()
        took = time.process_time() - before
        name = os.path.basename(folder.rstrip("/"))
        print(f"{name}: {100 * sum(a == g for a, g in zip(answers, gold)) / len(gold):.2f} %, {took:.0f} CPU seconds", flush=True)
        with open(os.path.join(out, name + ".json"), "w", encoding="utf-8") as file:
            json.dump(answers, file)


if __name__ == "__main__":
    {"train": train, "answer": answer, "sets": sets}[sys.argv[1]](*sys.argv[2:])
