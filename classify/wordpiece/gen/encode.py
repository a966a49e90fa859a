#!/usr/bin/env python3
"""Encode texts with the `tokenizers` package: a JSON string a line in, a JSON list of ids a line out.

usage: encode.py VOCAB.txt < texts > ids        (pip install tokenizers==0.21.4)
"""
import json
import sys

from tokenizers import AddedToken, Tokenizer, models, normalizers, pre_tokenizers

with open(sys.argv[1], encoding="utf-8") as f:
    vocab = {line.rstrip("\n"): i for i, line in enumerate(f)}
tk = Tokenizer(models.WordPiece(vocab, unk_token="[UNK]", max_input_chars_per_word=100))
tk.normalizer = normalizers.BertNormalizer(clean_text=True, handle_chinese_chars=True, strip_accents=None, lowercase=True)
tk.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
tk.add_special_tokens([AddedToken(t, normalized=False, special=True) for t in ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")])

for line in sys.stdin:
    print(json.dumps(tk.encode(json.loads(line), add_special_tokens=False).ids))
