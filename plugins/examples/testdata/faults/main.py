"""A classifier that some texts harm."""

import os
import pathlib

import winnow_plugin as winnow

ASKED, WAITED = pathlib.Path("asked"), pathlib.Path("waited")  # in its own folder


class Faults:
    labels = ["sound"]

    def __init__(self, task):
        if task.config.get("refuse"):
            raise ValueError("it was told to refuse")

    def classify(self, texts):
        errors = {}
        for row, text in enumerate(texts.to_pylist()):
            if text == "raise":
                raise KeyError(text)
            if text == "die":
                os._exit(7)
            if text == "later" and not ASKED.exists():
                ASKED.touch()
                raise winnow.TransientError("not now")
            if text == "wait" and not WAITED.exists():
                WAITED.touch()
                errors[row] = winnow.TransientError("this one not now")
            if text == "error":
                errors[row] = "not this one"
        return winnow.Answers(label=[0] * len(texts), confidence=[1] * len(texts), errors=errors)


if __name__ == "__main__":
    winnow.serve(name="faults", version="1.0.0", classifier=Faults)
