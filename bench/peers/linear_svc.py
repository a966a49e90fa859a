"""Answers the test splits of evaluation sets by scikit-learn: TF-IDF over words 1-2 and characters 2-4, LinearSVC, all
options at their defaults but for sublinear term frequencies. Each set is a folder with train.jsonl and test.jsonl.

    python linear_svc.py OUT SET...

writes OUT/SET.json, the labels of the test split in order. WINNOW_PEER=OUT go test -run TestFullData ./classify/linear/head
then compares winnow's own answers with them, text by text.
"""
import json
import os
import sys
import time

from scipy.sparse import hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.svm import LinearSVC


def read(path):
    with open(path, encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [r["text"] for r in rows], [r["label"] for r in rows]


def answer(folder):
    texts, labels = read(os.path.join(folder, "train.jsonl"))
    test, gold = read(os.path.join(folder, "test.jsonl"))
    before = time.process_time()
    views = [
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
        TfidfVectorizer(analyzer="char", ngram_range=(2, 4), sublinear_tf=True),
    ]
    model = LinearSVC().fit(hstack([v.fit_transform(texts) for v in views]).tocsr(), labels)
    answers = model.predict(hstack([v.transform(test) for v in views]).tocsr()).tolist()
    right = sum(a == g for a, g in zip(answers, gold))
    took = time.process_time() - before
    print(f"{os.path.basename(folder)}: {100 * right / len(gold):.2f} %, {took:.0f} CPU seconds", flush=True)
    return answers


if __name__ == "__main__":
    os.makedirs(sys.argv[1], exist_ok=True)
    for folder in sys.argv[2:]:
        folder = folder.rstrip("/")
        with open(os.path.join(sys.argv[1], os.path.basename(folder) + ".json"), "w", encoding="utf-8") as out:
            json.dump(answer(folder), out)
