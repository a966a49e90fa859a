"""Reference sets: a line {"task", "labels": [{"n": name, "d": description, "a": [other names]}],
"texts": [[text, name or names]]} in every *.jsonl of a folder."""
import dataclasses
import glob
import json
import os
import random
import re


@dataclasses.dataclass
class Task:
    labels: list  # of {"n", "d", "a"}
    texts: list  # of (text, [indexes of its labels])
    multi: bool  # whether a text may have several labels


def words(name):
    """A label's name in snake_case, kebab-case or CamelCase as words, as winnow reads it."""
    return re.sub(r"([a-z])([A-Z])", r"\1 \2", name).replace("_", " ").replace("-", " ")


def read(folder):
    tasks = []
    for path in sorted(glob.glob(os.path.join(folder, "*.jsonl"))):
        with open(path, encoding="utf-8") as lines:
            for line in lines:
                row = json.loads(line)
                names = [label["n"] for label in row["labels"]]
                texts, multi = [], False
                for text, gold in row["texts"]:
                    several = isinstance(gold, list)
                    index = [names.index(g) for g in (gold if several else [gold]) if g in names]
                    if index and text.strip():
                        texts.append((text, index))
                        multi = multi or several
                if len(names) > 1 and texts:
                    tasks.append(Task(row["labels"], texts, multi))
    if not tasks:
        raise SystemExit(f"no reference sets in {folder}/*.jsonl")
    return tasks


def split(tasks, share):
    """Shuffle, and hold a share out."""
    tasks = list(tasks)
    random.shuffle(tasks)
    n = int(len(tasks) * share)
    return tasks[:n], tasks[n:]


def wording(label, training):
    """A label's name and description; in training now and then another name, and no description."""
    name = label["n"]
    if training and random.random() > 0.6:
        name = random.choice(label.get("a") or [name])
    description = label.get("d") or ""
    if training and random.random() < 0.35:
        description = ""
    return words(name), description


def all_texts(tasks):
    """Every text, name and description once, in order."""
    seen = {}
    for task in tasks:
        for text, _ in task.texts:
            seen[" ".join(text.split())] = None
        for label in task.labels:
            for text in [label["n"], label.get("d") or "", *(label.get("a") or [])]:
                seen[" ".join(words(text).split())] = None
    seen.pop("", None)
    return list(seen)
