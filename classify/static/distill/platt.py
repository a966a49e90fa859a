#!/usr/bin/env python3
"""Fit the scale of independent probabilities (multi mode, detection) in ../calibration.go on the reference sets.

usage: platt.py TABLE_FOLDER TASKS_FOLDER

p = 1/(1+e^-(slope·cosine + offset − ln(labels − 1))). The table was tuned on these sets, so cosines of right labels are
higher here than elsewhere: the slope that fits is brought down by the ratio of the softmax temperature that fits here to
the one for sets the table has not seen (0.07 up to ten labels).
"""
import sys

import numpy as np
from safetensors.numpy import load_file
from scipy.optimize import minimize
from tokenizers import Tokenizer

import tasks as reference

folder, task_folder = sys.argv[1:3]
model = load_file(folder + "/model.safetensors")
rows = model["embeddings"].astype(np.float32) * model["scales"][:, None]
tk = Tokenizer.from_file(folder + "/tokenizer.json")
tk.no_padding()
tk.no_truncation()
for token in ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"):
    rows[tk.token_to_id(token)] = 0


def unit(x):
    return x / np.maximum(np.linalg.norm(x, axis=-1, keepdims=True), 1e-9)


def vectors(texts):
    return unit(np.array([rows[e.ids].sum(0) for e in tk.encode_batch(texts, add_special_tokens=False)]))


def fit(loss, start):
    return minimize(loss, start).x


sets = reference.read(task_folder)
labels = [unit(vectors([reference.words(x["n"]) for x in s.labels]) + vectors([x.get("d") or "" for x in s.labels])) for s in sets]
texts = [vectors([t for t, _ in s.texts]) for s in sets]


def gold(s):
    y = np.zeros((len(s.texts), len(s.labels)))
    for i, (_, g) in enumerate(s.texts):
        y[i, g] = 1
    return y


def softmax_loss(t):
    losses = []
    for s, lv, tv in zip(sets, labels, texts):
        if not s.multi:
            z = tv @ lv.T / t
            losses.extend(np.log(np.exp(z).sum(1)) - z[np.arange(len(z)), [g[0] for _, g in s.texts]])
    return np.mean(losses)


here = min(np.arange(0.02, 0.1, 0.0025), key=softmax_loss)
x, y, odds = [], [], []
for s, lv, tv in zip(sets, labels, texts):
    if s.multi:
        x.append((tv @ lv.T).ravel())
        y.append(gold(s).ravel())
        odds.append(np.full(x[-1].size, np.log(len(s.labels) - 1)))
x, y, odds = map(np.concatenate, (x, y, odds))
steep = fit(lambda p: np.logaddexp(0, -(2 * y - 1) * (p[0] * x + p[1])).mean(), [10, -4])[0]
slope = round(steep * here / 0.07)
offset = fit(lambda p: np.logaddexp(0, -(2 * y - 1) * (slope * x - odds + p[0])).mean(), [-1])[0]
print(f"{sum(s.multi for s in sets)} sets with several labels a text: slope {steep:.1f} here at temperature {here:.4f}, so {slope}; offset {offset:.2f}")

# Detection: texts of the label against texts of the set's other labels and of other sets, half and half.
rng = np.random.RandomState(0)
everything = np.concatenate(texts)
own, near, far = [], [], []
for s, lv, tv in zip(sets, labels, texts):
    z, g = tv @ lv.T, gold(s) > 0
    own.append(z[g]), near.append(z[~g])
    far.append((everything[rng.choice(len(everything), 40)] @ lv.T).ravel())
own, near, far = map(np.concatenate, (own, near, far))
loss = lambda p: sum(w * np.logaddexp(0, sign * (slope * v + p[0])).mean() for v, sign, w in ((own, -1, 0.5), (near, 1, 0.25), (far, 1, 0.25)))
print(f"detection: offset {fit(loss, [-1])[0]:.2f}")
