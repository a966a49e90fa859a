"""A plugin for winnow: a source that reads the lines of text files. It is the smallest whole source in Python, to read and to start
from."""

import winnow_plugin as winnow

from source import Lines

if __name__ == "__main__":
    winnow.serve(name="lines-python", version="1.0.0", source=Lines)
