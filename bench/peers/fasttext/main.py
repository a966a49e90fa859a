"""A plugin for winnow: a classifier around a fastText model, whose own call labels many lines at once."""

import fasttext
import numpy as np
import pyarrow as pa
import winnow_plugin as winnow

fasttext.FastText.eprint = lambda *_: None


class Model:
    def __init__(self, task: winnow.Task):
        self._model = fasttext.load_model(task.config["model"])
        labels = self._model.get_labels()
        self._index = {label: i for i, label in enumerate(labels)}
        self.labels = [label.removeprefix("__label__") for label in labels]

    def classify(self, texts: pa.StringArray) -> winnow.Answers:
        lines = [(text or "").replace("\n", " ") + "\n" for text in texts.to_pylist()]
        labels, probabilities = self._model.f.multilinePredict(lines, 1, 0.0, "strict")
        return winnow.Answers(
            label=np.fromiter((self._index[x[0]] for x in labels), np.int32, len(lines)),
            confidence=np.fromiter((min(x[0], 1) for x in probabilities), np.float32, len(lines)),
        )


if __name__ == "__main__":
    winnow.serve(name="fasttext", version="1.0.0", classifier=Model)
