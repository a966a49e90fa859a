#!/usr/bin/env python3
"""Write ../testdata/golden.jsonl, {"text", "ids"} a line: what the `tokenizers` package makes of texts of the project's
own reference sets, and of strings made to be hard.

usage: golden.py TASKS.jsonl...        (pip install tokenizers==0.21.4)
"""
import json
import os
import random
import subprocess
import sys

here = os.path.dirname(os.path.abspath(__file__))
random.seed(1)
texts = []
for path in sys.argv[1:]:
    with open(path, encoding="utf-8") as f:
        texts += [t for line in f for t, _ in json.loads(line)["texts"]]
texts = random.sample(texts, 400)
# Every code point that the normalizer treats in a way of its own comes up: blocks are drawn evenly.
blocks = [(0, 0x80), (0x80, 0x250), (0x250, 0x600), (0x300, 0x370), (0x590, 0x700), (0x900, 0xE00), (0x1100, 0x1200), (0x1AB0, 0x1B80),
          (0x1D00, 0x2000), (0x2000, 0x2100), (0x2100, 0x2C00), (0x2E00, 0x3100), (0x3400, 0x3500), (0x4E00, 0x5000), (0xA820, 0xAB00),
          (0xAC00, 0xAD00), (0xE000, 0xE010), (0xF900, 0xFB00), (0xFB00, 0x10000), (0x10000, 0x11900), (0x1D100, 0x1D200),
          (0x1E000, 0x1EA00), (0x1F300, 0x1F700), (0x20000, 0x20100), (0x2F800, 0x2FA20), (0xE0000, 0xE0200)]
words = ["[CLS]", "[MASK]", "[unk]", "[ UNK]", "[C\u200bLS]", "don't", "CAFÉ", "naïve", "x" * 100, "x" * 101, "é" * 100, "é" * 101,
         "unaffable", "antidisestablishmentarianism", "1234567890123", "##ing", "e\u0301\u0327", "\u1b44\u0300\u302e", "ab\x00cd", "\t\r\n",
         "İstanbul", "ΑΣ", "ẞ", "ﬁ", "가나다", "日本語", "کیا", "a\u00ada", "a\u200da", "\ufeffa", "\ufffd"]
for _ in range(1200):
    s = ""
    for _ in range(random.randint(1, 12)):
        k = random.random()
        if k < 0.3:
            s += random.choice(words)
        elif k < 0.45:
            s += " "
        elif k < 0.6:
            s += "".join(chr(random.randint(0x20, 0x7E)) for _ in range(random.randint(1, 9)))
        else:
            lo, hi = random.choice(blocks)
            s += "".join(chr(random.randrange(lo, hi)) for _ in range(random.randint(1, 4)))
    texts.append(s)
encoded = subprocess.run([sys.executable, here + "/encode.py", here + "/../../static/table/vocab.txt"], check=True, text=True,
                         input="".join(json.dumps(t) + "\n" for t in texts), stdout=subprocess.PIPE).stdout.splitlines()
with open(here + "/../testdata/golden.jsonl", "w", encoding="utf-8") as out:
    for t, ids in zip(texts, encoded):
        out.write(json.dumps({"text": t, "ids": json.loads(ids)}, separators=(",", ":")) + "\n")
