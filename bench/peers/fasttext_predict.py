"""Labels the lines of a file by fastText's package from PyPI: the model's own call for many lines at once.

    python fasttext_predict.py MODEL TEXTS
"""
import itertools
import sys

import fasttext

fasttext.FastText.eprint = lambda *_: None


def main(path, texts):
    model = fasttext.load_model(path)
    with open(texts, encoding="utf-8") as lines:
        while batch := list(itertools.islice(lines, 8192)):
            labels, _ = model.f.multilinePredict(batch, 1, 0.0, "strict")
            print("\n".join(found[0][9:] if found else "" for found in labels))


if __name__ == "__main__":
    main(*sys.argv[1:])
