#!/usr/bin/env python3
"""Write ../unicode_table.bin: what BERT's uncased normalizer and pre-tokenizer make of each code point.

usage: unicode.py [OUT]        (pip install tokenizers==0.21.4)

The table is read off the `tokenizers` package itself, one code point at a time, so that winnow's tokens are the
package's tokens whatever version of Unicode Go was built with. Layout, little endian:

  u16 blocks, u16 mappings, u32 bytes of mapping text
  stage 1   u16 x 8704               block number of each 128 code points
  stage 2   u16 x 128 x blocks       what becomes of a code point:
              0 kept · 1 removed · 2 removed, but ends a run of combining marks · 3 white space
              4 kept, a word of its own (punctuation, CJK ideographs) · 5 Hangul syllable, decomposed
              0x100 + c  kept combining mark of canonical class c
              0x200 + i  replaced by mapping i (isolated words have their spaces in the mapping)
  offsets   u16 x (mappings + 1)     into the text
  text      UTF-8
"""
import os
import struct
import sys
import unicodedata

from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer

full = BertNormalizer(clean_text=True, handle_chinese_chars=True, strip_accents=None, lowercase=True)
clean = BertNormalizer(clean_text=True, handle_chinese_chars=False, strip_accents=False, lowercase=False)
split = BertPreTokenizer()

mappings, index = [], {}


def value(c):
    s = chr(c)
    out = full.normalize_str(s)
    if out == "":
        return 2 if clean.normalize_str(s) and unicodedata.combining(s) == 0 else 1
    if out == " ":
        return 3
    alone = len(split.pre_tokenize_str("a" + out + "a")) > 1
    if out.strip(" ") == s:
        if alone:
            return 4
        ccc = unicodedata.combining(s)
        return 0x100 + ccc if ccc else 0
    if 0xAC00 <= c < 0xD7A4:
        return 5
    if alone:
        out = " " + out.strip(" ") + " "
    if out not in index:
        index[out] = len(mappings)
        mappings.append(out)
    return 0x200 + index[out]


def main():
    stage1, blocks, known = [], [], {}
    for start in range(0, 0x110000, 128):
        block = tuple(1 if 0xD800 <= c < 0xE000 else value(c) for c in range(start, start + 128))
        if block not in known:
            known[block] = len(blocks)
            blocks.append(block)
        stage1.append(known[block])
    text, offsets = b"", [0]
    for m in mappings:
        text += m.encode()
        offsets.append(len(text))
    out = struct.pack("<HHI", len(blocks), len(mappings), len(text))
    out += struct.pack(f"<{len(stage1)}H", *stage1)
    for block in blocks:
        out += struct.pack("<128H", *block)
    out += struct.pack(f"<{len(offsets)}H", *offsets) + text
    path = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(__file__), "..", "unicode_table.bin")
    with open(path, "wb") as f:
        f.write(out)
    print(f"{len(blocks)} blocks, {len(mappings)} mappings, {len(out)} bytes")


main()
