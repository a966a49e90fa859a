"""Makes a Python program a plugin of winnow.

The program calls serve with what the plugin is: a classifier, a source, a sink, or several of them. It speaks to winnow over standard output and a
socket, and ends when winnow asks for it or is gone. What it prints is a line in winnow's log.
"""

from ._classifier import Answers, Classifier, NO_KNOWN_WORDS, NULL_TEXT, UNSURE
from ._errors import FatalError, FencedError, LostError, TransientError
from ._serve import serve
from ._sink import Opening, Records, Sink, Span
from ._source import Batch, Source, Split, Want
from ._task import Label, Task

__all__ = [
    "Answers",
    "Batch",
    "Classifier",
    "FatalError",
    "FencedError",
    "Label",
    "LostError",
    "NO_KNOWN_WORDS",
    "NULL_TEXT",
    "Opening",
    "Records",
    "Sink",
    "Source",
    "Span",
    "Split",
    "Task",
    "TransientError",
    "UNSURE",
    "Want",
    "serve",
]
