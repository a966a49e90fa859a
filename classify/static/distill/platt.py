#!/usr/bin/env python3
"""Fit the scale of independent probabilities (multi mode, detection) in calibration.go, of this package or of
../../encoder, on the reference sets.

usage: platt.py TABLE_FOLDER TASKS_FOLDER
       platt.py --temperature T [--every N] --vectors COMMAND TASKS_FOLDER

COMMAND turns texts on its standard input, a JSON string a line, into unit vectors of float32. N takes every N-th set.

p = 1/(1+e^-(slope·cosine + offset − ln(labels − 1))). The vectors were tuned on these sets, so cosines of right labels are
higher here than elsewhere: the slope that fits is brought down by the ratio of the softmax temperature that fits here to
T, the one for sets they have not seen (of the table 0.07, up to ten labels).
"""
import argparse
import json
import shlex
import subprocess

import numpy as np
from scipy.optimize import minimize

import tasks as reference

args = argparse.ArgumentParser()
args.add_argument("folders", nargs="+")
args.add_argument("--temperature", type=float, default=0.07)
args.add_argument("--every", type=int, default=1)
args.add_argument("--vectors")
args = args.parse_args()
task_folder = args.folders[-1]


def unit(x):
    return x / np.maximum(np.linalg.norm(x, axis=-1, keepdims=True), 1e-9)


def table(folder):
    """Vectors by a static table."""
    from safetensors.numpy import load_file
    from tokenizers import Tokenizer

    model = load_file(folder + "/model.safetensors")
    rows = model["embeddings"].astype(np.float32) * model["scales"][:, None]
    tk = Tokenizer.from_file(folder + "/tokenizer.json")
    tk.no_padding()
    tk.no_truncation()
    for token in ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"):
        rows[tk.token_to_id(token)] = 0
    return lambda texts: unit(np.array([rows[e.ids].sum(0) for e in tk.encode_batch(texts, add_special_tokens=False)]))


def command(line):
    """Vectors by a command, which is called once, for all texts there are."""
    texts = set()
    for s in sets:
        texts.update(reference.words(x["n"]) for x in s.labels)
        texts.update(x.get("d") or "" for x in s.labels)
        texts.update(t for t, _ in s.texts)
    texts = sorted(texts)
    lines = "\n".join(map(json.dumps, texts)).encode()
    raw = subprocess.run(shlex.split(line), input=lines, stdout=subprocess.PIPE, check=True).stdout
    all = np.frombuffer(raw, "<f4").reshape(len(texts), -1)
    index = {t: i for i, t in enumerate(texts)}
    return lambda texts: all[[index[t] for t in texts]] * np.array([[t != ""] for t in texts])


def fit(loss, start):
    return minimize(loss, start).x


sets = reference.read(task_folder)[:: args.every]
vectors = command(args.vectors) if args.vectors else table(args.folders[0])
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


here = min(np.arange(0.01, 0.1, 0.0025), key=softmax_loss)
x, y, odds = [], [], []
for s, lv, tv in zip(sets, labels, texts):
    if s.multi:
        x.append((tv @ lv.T).ravel())
        y.append(gold(s).ravel())
        odds.append(np.full(x[-1].size, np.log(len(s.labels) - 1)))
x, y, odds = map(np.concatenate, (x, y, odds))
steep = fit(lambda p: np.logaddexp(0, -(2 * y - 1) * (p[0] * x + p[1])).mean(), [10, -4])[0]
slope = round(steep * here / args.temperature)
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
