"""Tags of python-crfsuite, for tests: trains on one file of JSON lines with tokens and tags, prints the tags of another.

crfsuite_tags.py TRAIN TEST MODEL prints one JSON list of tags for each line of TEST, and leaves its model in MODEL. Features are those of the package's
tutorial (NER on CoNLL 2002) without part-of-speech tags; L-BFGS, c1 1.0, c2 1e-3, 50 iterations."""
import json
import sys

import pycrfsuite


def word_features(tokens, i):
    word = tokens[i]
    features = [
        "bias", "word.lower=" + word.lower(), "word[-3:]=" + word[-3:], "word[-2:]=" + word[-2:],
        f"word.isupper={word.isupper()}", f"word.istitle={word.istitle()}", f"word.isdigit={word.isdigit()}",
    ]
    for step, name in ((-1, "-1"), (1, "+1")):
        if 0 <= i + step < len(tokens):
            near = tokens[i + step]
            features += [f"{name}:word.lower={near.lower()}", f"{name}:word.istitle={near.istitle()}", f"{name}:word.isupper={near.isupper()}"]
    if i == 0:
        features.append("BOS")
    if i == len(tokens) - 1:
        features.append("EOS")
    return features


def read(path):
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            example = json.loads(line)
            yield [word_features(example["tokens"], i) for i in range(len(example["tokens"]))], example["tags"]


trainer = pycrfsuite.Trainer(verbose=False)
for features, tags in read(sys.argv[1]):
    trainer.append(features, tags)
trainer.set_params({"c1": 1.0, "c2": 1e-3, "max_iterations": 50, "feature.possible_transitions": True})
trainer.train(sys.argv[3])
tagger = pycrfsuite.Tagger()
tagger.open(sys.argv[3])
for features, _ in read(sys.argv[2]):
    print(json.dumps(tagger.tag(features)))
