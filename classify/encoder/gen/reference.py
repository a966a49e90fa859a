"""Text vectors of a BERT encoder by numpy in float32, as its definition has them.

usage: reference.py CONFIG MODEL TOKENIZER < texts > vectors

Texts come as JSON strings, one a line; vectors go out as little endian float32, one after another. Every processor has a
process of one thread: numpy computes most of a layer on one alone. Needs numpy, scipy and tokenizers."""

import json
import multiprocessing
import os
import sys

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"  # no threads when this process forks

import numpy as np
from scipy.special import erf
from tokenizers import Tokenizer

WINDOW, STRIDE = 256, 192
BATCH = 4096  # tokens

config = json.load(open(sys.argv[1]))
heads, eps = config["num_attention_heads"], config["layer_norm_eps"]


def load(path):
    raw = open(path, "rb").read()
    n = int.from_bytes(raw[:8], "little")
    types = {"F32": np.float32, "F16": np.float16}
    out = {}
    for name, t in json.loads(raw[8 : 8 + n]).items():
        if name == "__metadata__" or t["dtype"] not in types:
            continue
        start, end = t["data_offsets"]
        a = np.frombuffer(raw[8 + n + start : 8 + n + end], types[t["dtype"]])
        out[name.removeprefix("bert.")] = a.reshape(t["shape"]).astype(np.float32)
    return out


weights = load(sys.argv[2])
tokenizer = Tokenizer.from_file(sys.argv[3])
tokenizer.no_truncation()
tokenizer.no_padding()


def linear(x, name):
    return x @ weights[name + ".weight"].T + weights[name + ".bias"]


def norm(x, name):
    x = x - x.mean(-1, keepdims=True)
    return x / np.sqrt((x * x).mean(-1, keepdims=True) + eps) * weights[name + ".weight"] + weights[name + ".bias"]


def encode(sequences):
    """sequences: (tokens, text, weight), all of one length. Returns unit vectors."""
    ids = np.array([ids for ids, _, _ in sequences])
    e = "embeddings."
    x = weights[e + "word_embeddings.weight"][ids]
    x = x + weights[e + "position_embeddings.weight"][: ids.shape[1]] + weights[e + "token_type_embeddings.weight"][0]
    x = norm(x, e + "LayerNorm")
    split = lambda y: y.reshape(*ids.shape, heads, -1).transpose(0, 2, 1, 3)
    for i in range(config["num_hidden_layers"]):
        p = f"encoder.layer.{i}."
        q, k, v = (split(linear(x, p + "attention.self." + n)) for n in ("query", "key", "value"))
        s = q @ k.transpose(0, 1, 3, 2) / np.float32(np.sqrt(q.shape[-1]))
        s = np.exp(s - s.max(-1, keepdims=True))
        a = (s / s.sum(-1, keepdims=True) @ v).transpose(0, 2, 1, 3).reshape(x.shape)
        x = norm(x + linear(a, p + "attention.output.dense"), p + "attention.output.LayerNorm")
        h = linear(x, p + "intermediate.dense")
        h = h * (1 + erf(h / np.float32(np.sqrt(2)))) / 2
        x = norm(x + linear(h, p + "output.dense"), p + "output.LayerNorm")
    v = x.mean(1)
    return v / np.linalg.norm(v, axis=-1, keepdims=True)


begin, end = tokenizer.token_to_id("[CLS]"), tokenizer.token_to_id("[SEP]")
windows = {}  # from length to sequences with (text, tokens)
texts = [json.loads(line) for line in sys.stdin]
for number, encoding in enumerate(tokenizer.encode_batch(texts, add_special_tokens=False)):
    start = 0
    while True:
        part = encoding.ids[start : start + WINDOW - 2]
        windows.setdefault(len(part), []).append(([begin, *part, end], number, len(part)))
        if start + WINDOW - 2 >= len(encoding.ids):
            break
        start += STRIDE

batches = []
for length, sequences in windows.items():
    step = max(1, BATCH // (length + 2))
    batches += (sequences[i : i + step] for i in range(0, len(sequences), step))

sums = np.zeros((len(texts), config["hidden_size"]), np.float32)
tokens = np.zeros(len(texts), np.float32)
with multiprocessing.get_context("fork").Pool(len(os.sched_getaffinity(0))) as pool:
    for part, vectors in zip(batches, pool.imap(encode, batches)):
        for vector, (_, number, n) in zip(vectors, part):
            sums[number] += vector * max(n, 1)
            tokens[number] += max(n, 1)
sys.stdout.buffer.write((sums / tokens[:, None]).astype("<f4").tobytes())
