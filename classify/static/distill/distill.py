#!/usr/bin/env python3
"""Make the token table that winnow's static backend is built on, with one command:

    pip install -r requirements.txt
    ./distill.py --tasks FOLDER --texts FILE --out DIR

FOLDER holds reference sets (*.jsonl, see tasks.py); FILE one unlabelled text a line. DIR gets model.safetensors,
tokenizer.json and vocab.txt, as winnow loads them. Five stages: tune the encoder, embed the texts, fit the table, tune
the table, round it to int8. What a stage makes is kept under --work and used again when the command is repeated.
README.md has times and results.
"""
import argparse
import os
import random
import shutil

import numpy as np
import torch
from safetensors.numpy import save_file

import embed
import encoder
import finetune
import table
import tasks as reference
import tune


def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--tasks", required=True, help="folder of reference sets")
    p.add_argument("--texts", required=True, help="unlabelled texts, one a line")
    p.add_argument("--out", required=True, help="folder for the table")
    p.add_argument("--work", help="folder for what the stages make (default: OUT/work)")
    p.add_argument("--dim", type=int, default=256, help="dimensions, a multiple of 64")
    p.add_argument("--max-texts", type=int, default=0, help="use only the first N texts (0: all)")
    p.add_argument("--encoder-epochs", type=float, default=3, help="epochs of tuning the encoder; 0 takes it as it is")
    p.add_argument("--epochs", type=int, default=6, help="epochs of tuning the table")
    p.add_argument("--threads", type=int, default=os.cpu_count())
    return p.parse_args()


def main():
    o = arguments()
    work = o.work or os.path.join(o.out, "work")
    os.makedirs(work, exist_ok=True)
    os.makedirs(o.out, exist_ok=True)
    random.seed(0)
    torch.manual_seed(0)
    torch.set_num_threads(o.threads)

    sets = reference.read(o.tasks)
    with open(o.texts, encoding="utf-8") as f:
        lines = [line.strip() for line in f if line.strip()]
    lines = lines[: o.max_texts or None] + reference.all_texts(sets)[: o.max_texts or None]
    print(f"{len(sets)} reference sets, {len(lines)} texts", flush=True)

    model = tuned_encoder(os.path.join(work, "encoder.pt"), sets, o.encoder_epochs)
    embeddings, vocabulary = cached(os.path.join(work, "embeddings.npz"), lambda: (embed.texts(model, lines), embed.vocabulary(model)))
    if len(embeddings) != len(lines):
        raise SystemExit(f"{work} holds the work of other texts: remove it")
    (rows,) = cached(os.path.join(work, "table.npz"), lambda: (table.run(lines, embeddings, vocabulary, o.dim, 5),))
    rows = tune.run(rows, sets, lines, embeddings, o.epochs)

    int8, scales = table.quantize(rows)
    save_file({"embeddings": int8, "scales": scales}, os.path.join(o.out, "model.safetensors"))
    for name in ("tokenizer.json", "vocab.txt"):
        shutil.copy(encoder.package() / name, o.out)
    print(f"{o.out}: {len(int8)} tokens, {o.dim} dimensions, {os.path.getsize(os.path.join(o.out, 'model.safetensors'))} bytes")


def tuned_encoder(path, sets, epochs):
    model = encoder.load()
    if os.path.exists(path):
        model.load_state_dict(torch.load(path))
    elif epochs > 0:
        model = finetune.run(sets, epochs)
        torch.save(model.state_dict(), path)
    return model.eval()


def cached(path, make):
    """Arrays that make returns, kept in a file."""
    if not os.path.exists(path):
        np.savez(path, *make())
    with np.load(path) as saved:
        return [saved[name] for name in saved.files]


main()
