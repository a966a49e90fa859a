"""A plugin for winnow: a source without an end, in Python, that follows log files as they grow."""

import winnow_plugin as winnow

from source import Tail

if __name__ == "__main__":
    winnow.serve(name="tail-python", version="1.0.0", source=Tail)
