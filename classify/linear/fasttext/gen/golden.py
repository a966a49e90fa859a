"""Writes ../testdata/golden: tiny models of the fasttext package, of every kind of file, and its answers for texts that
try every rule of tokenization; and ../testdata/small, a set of made-up texts for tests where no other is at hand. Run: python golden.py (fasttext, numpy<2)."""
import base64
import json
import os
import random
import sys
import tempfile

import fasttext

from peer import predict

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = os.path.join(HERE, "..", "testdata", "golden")
WORDS = {
    "card": "card arrived lost track delivery kreditkarte carte tarjeta карта 卡片",
    "transfer": "transfer money sent pending überweisung virement перевод 转账",
    "crash": "app crash freezes error screen Absturz plantage ошибка 崩溃",
    "praise": "thanks great love wonderful danke génial спасибо 谢谢",
}
FILL = "my the a is I has not been when will it please to of and".split()
MODELS = {
    "softmax.bin": dict(loss="softmax", dim=6),
    "softmax_many.bin": dict(loss="softmax", dim=4, labels=110),
    "softmax_ngrams.bin": dict(loss="softmax", dim=20, wordNgrams=3, bucket=60, minn=2, maxn=4),
    "hs.bin": dict(loss="hs", dim=5, labels=9, wordNgrams=2, bucket=40),
    "hs_few.bin": dict(loss="hs", dim=40, minn=2, maxn=3, bucket=30, minCount=3),
    "ns.bin": dict(loss="ns", dim=7, minn=1, maxn=3, bucket=50),
    "ova.bin": dict(loss="ova", dim=9, labels=12, wordNgrams=2, bucket=40, lr=1.5),
    "no_eos.bin": dict(loss="softmax", dim=4, eos=False),
    "softmax.ftz": dict(loss="softmax", dim=5, minn=2, maxn=4, wordNgrams=2, bucket=300, quantize=dict(dsub=2)),
    "cutoff.ftz": dict(loss="ova", dim=4, minn=2, maxn=5, bucket=500, quantize=dict(cutoff=270, qnorm=True, dsub=2)),
    "words_only.ftz": dict(loss="softmax", dim=4, labels=280, minn=0, maxn=0, bucket=0, extra=300, quantize=dict(qnorm=True, qout=True, dsub=3)),
    "hs.ftz": dict(loss="hs", dim=3, labels=300, minn=3, maxn=3, bucket=280, quantize=dict(qout=True, dsub=2)),
}
TEXTS = [
    "my card has not arrived", "the app crashes again and again", "thank you, great!", "", " ", "\t\r\v\f\x00", "?", "card",
    "card card card card", "a\tb\rc\vd\fe\x00card", "two\nlines of money", "carriage\r\nreturn transfer", "nbsp\u00a0card",
    "card </s> money is not read", "</s>", "</s> card", "__label__card money", "__label__unknown money", "x__label__card",
    "überweisung ПЕРЕВОД карта", "我的卡片还没有到", "转账 转账", "génial ge\u0301nial", "😀 card 😀😀", "zzz qqq", "zzz",
    "<card> < > <> card>", "_ __ ___", "x" * 300, "card " * 700, "ca\u0301rd kreditkarten kartenkredit",
    b"\xff\xfe card \xc3( \xed\xa0\x80 money", b"\x80\x80card\x80", b"\xc3", "I love the wonderful app, it has been great",
]


def corpus(rng, labels, extra, eos):
    names = list(WORDS) + ["l%d" % i for i in range(max(0, (labels or 4) - 4))]
    lines = []
    for i in range(max(160, 3 * len(names))):
        chosen = [names[min(int(rng.expovariate(0.15)), len(names) - 1) if i % 2 else i // 2 % len(names)]]
        if rng.random() < 0.2:
            chosen.append(rng.choice(names))
        words = [w for c in chosen for w in rng.sample(WORDS.get(c, c + " word" + c + " tarjeta").split(), 2)] + rng.sample(FILL, 3)
        if extra:
            words += ["w%d" % (i * 2 % extra), "w%d" % ((i * 2 + 1) % extra)]
        rng.shuffle(words)
        lines.append(" ".join(["__label__" + c for c in dict.fromkeys(chosen)] + words))
    return ("\n" if eos else " ").join(lines)


def small():
    """Texts of eight labels: two words of the label's own, some of its neighbour's, and words that say nothing."""
    rng = random.Random("small")
    os.makedirs(os.path.join(HERE, "..", "testdata", "small"), exist_ok=True)
    topics = list(WORDS) + ["lost luggage", "refund", "opening hours", "parking"]
    own = {t: WORDS.get(t, "").split()[:8] or ["%s%d" % (t[:4].strip(), i) for i in range(8)] + [t.split()[0]] for t in topics}
    for split, n in (("train", 400), ("test", 200)):
        with open(os.path.join(HERE, "..", "testdata", "small", split + ".jsonl"), "w") as f:
            for i in range(n):
                label = topics[i % len(topics)]
                words = rng.sample(own[label], 2) + rng.sample(own[rng.choice(topics)], 1) + rng.choices(FILL, k=rng.randint(1, 8))
                rng.shuffle(words)
                f.write(json.dumps({"text": " ".join(words), "label": label}, ensure_ascii=False) + "\n")


def main():
    os.makedirs(OUT, exist_ok=True)
    with open(os.path.join(OUT, "answers.jsonl"), "w") as out:
        for name, options in MODELS.items():
            options = dict(options)
            quantize = options.pop("quantize", None)
            text = corpus(random.Random(name), options.pop("labels", None), options.pop("extra", 0), options.pop("eos", True))
            with tempfile.NamedTemporaryFile("w", suffix=".txt") as f:
                f.write(text)
                f.flush()
                model = fasttext.train_supervised(f.name, **{"epoch": 15, "lr": 0.7, "minCount": 1, "bucket": 0, "thread": 12, "verbose": 0, **options})
            if quantize:
                model.quantize(verbose=0, **quantize)
            path = os.path.join(OUT, name)
            model.save_model(path)
            for t in TEXTS:
                raw = t if isinstance(t, bytes) else t.encode()
                row = {"model": name, "text": base64.b64encode(raw).decode()}
                for key, k, threshold in (("all", -1, 0.0), ("three", 3, 0.05)):
                    row[key] = [[l, round(s, 7)] for l, s in predict(path, raw, k, threshold)][:12]
                out.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n")


small()
if "small" not in sys.argv:
    main()
