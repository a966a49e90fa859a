"""Writes the texts that the classifier language is judged by, from packages that its model has learnt nothing from.

    pip download --no-deps spacy==3.8.18 django==5.2.19 and unpack both into PACKAGES
    python3 language.py PACKAGES > ../testdata/language.jsonl

All example sentences of spaCy (MIT), and of the translations of Django (BSD-3-Clause) ten of each language; of languages
that the recipe names.
"""

import ast
import hashlib
import json
import pathlib
import re
import sys

TEXTS = 10  # of Django's, of each language
SHORTEST, LONGEST = 20, 100  # bytes

# Codes of the packages that the model has other ones for.
CODES = {"nb": "no", "zh_Hans": "zh", "zh_Hant": "zh", "kmr": "ku"}


def spacy(packages):
    """The example sentences: a list of literals in a file of each language."""
    for path in sorted(packages.glob("spacy/lang/*/examples.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Assign):
                for text in ast.literal_eval(node.value):
                    yield path.parent.name, text


def django(packages):
    """Translations that are sentences by themselves: without plurals and placeholders, and not left in English."""
    entry = re.compile(r'^msgid ((?:".*"\n)+)msgstr ((?:".*"\n?)+)', re.M)
    for path in sorted(packages.glob("django/**/locale/*/LC_MESSAGES/django.po")):
        for block in path.read_text(encoding="utf-8").split("\n\n"):
            found = None if "#, fuzzy" in block else entry.search(block)
            if found:
                english, text = ("".join(map(ast.literal_eval, part.splitlines())) for part in found.groups())
                if text != english and not re.search(r"[%{<\n\\]", text):
                    yield path.parts[-3], text


def drawn(rows):
    """The first rows of each language by the hash of the text."""
    taken = {}
    for code, text in sorted(rows, key=lambda row: hashlib.sha256(row[1].encode()).digest()):
        texts = taken.setdefault(CODES.get(code, code), [])
        if SHORTEST <= len(text.encode()) <= LONGEST and text not in texts and len(texts) < TEXTS:
            texts.append(text)
    return [(code, text) for code in sorted(taken) for text in taken[code]]


def main():
    packages = pathlib.Path(sys.argv[1])
    recipe = pathlib.Path(__file__).parent / "recipes" / "language.yaml"
    known = re.findall(r'^  "?(\w+)"?: ', recipe.read_text(encoding="utf-8"), re.M)
    for source, rows in (("spaCy", spacy(packages)), ("Django", drawn(django(packages)))):
        for code, text in rows:
            label = CODES.get(code, code)
            if label in known:
                print(json.dumps({"text": text, "label": label, "task": source}, ensure_ascii=False, separators=(",", ":")))


main()
