"""Labels texts by lists of words."""

import re

import pyarrow as pa
import winnow_plugin as winnow


class Keywords:
    """Gives a text the label of which it holds the most words."""

    def __init__(self, task: winnow.Task):
        self.labels = sorted(task.config["words"])
        self._of: dict[str, int] = {}  # a word in lower case: its label
        for i, label in enumerate(self.labels):
            for word in map(str.lower, task.config["words"][label]):
                if word in self._of:
                    raise ValueError(f'the word "{word}" belongs to {self.labels[self._of[word]]} and to {label}')
                self._of[word] = i

    def classify(self, texts: pa.StringArray) -> winnow.Answers:
        """Counts the words of each label. The confidence is the best label's share of the words that are of any."""
        rows = len(texts)
        answers = winnow.Answers(label=[-1] * rows, confidence=[0.0] * rows, reason=[winnow.NO_KNOWN_WORDS] * rows, tokens=[0] * rows)
        for row, text in enumerate(texts.to_pylist()):
            if text is None:
                answers.reason[row] = winnow.NULL_TEXT
                continue
            words = re.findall(r"[^\W\d_]+", text)
            answers.tokens[row] = len(words)
            counts = [0] * len(self.labels)
            for word in words:
                label = self._of.get(word.lower())
                if label is not None:
                    counts[label] += 1
            if best := max(counts):
                answers.label[row] = counts.index(best)
                answers.confidence[row] = best / sum(counts)
        return answers
