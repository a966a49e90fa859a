"""A plugin for winnow: a classifier around a saved pipeline of scikit-learn."""

import winnow_plugin as winnow

from classifier import Pipeline

if __name__ == "__main__":
    winnow.serve(name="sklearn", version="1.0.0", classifier=Pipeline)
