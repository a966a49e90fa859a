"""A saved pipeline of scikit-learn as a classifier."""

import os

import joblib
import numpy as np
import pyarrow as pa
import winnow_plugin as winnow


class Pipeline:
    """Gives a text the label that the pipeline gives the highest probability."""

    def __init__(self, task: winnow.Task):
        path = task.config["model"]
        if not os.path.isfile(path):
            raise ValueError(f"there is no model {path}")
        self._pipeline = joblib.load(path)
        if not hasattr(self._pipeline, "predict_proba"):
            raise ValueError(
                f"the model {path} has no predict_proba: a confidence is a probability; wrap it in CalibratedClassifierCV")
        self.labels = [str(label) for label in self._pipeline.classes_]

    def classify(self, texts: pa.StringArray) -> winnow.Answers:
        probabilities = self._pipeline.predict_proba(texts.fill_null("").to_pylist())
        best = probabilities.argmax(axis=1)
        return winnow.Answers(
            label=np.where(texts.is_null().to_numpy(zero_copy_only=False), -1, best),
            confidence=probabilities[np.arange(len(texts)), best],
        )
