"""What winnow does after an exception of a plugin."""

from __future__ import annotations

import sys
import threading
import traceback
from collections.abc import Mapping

from . import plugin_pb2 as pb

# Winnow's codes.
_LATER = "plugin.unavailable"  # it may work later
_FENCED = "plugin.fenced"


class TransientError(Exception):
    """It may work later: winnow tries the same again."""


class FencedError(TransientError):
    """Another process has taken over a split that a sink was about to commit: nothing of it was committed."""


class LostError(TransientError):
    """What a sink took since the last commit is lost: winnow goes back to that commit."""


class FatalError(Exception):
    """It never will: the pipeline stops with this message."""


def error_of(e: Exception) -> pb.Error:
    """The exception as the protocol has it. One of another kind may be a record's fault, and winnow finds out whose."""
    fate = pb.FATE_RECORD
    if isinstance(e, TransientError):
        fate = pb.FATE_TRANSIENT
    elif isinstance(e, FatalError):
        fate = pb.FATE_FATAL
    else:
        trace(e)
    return pb.Error(
        fate=fate, message=describe(e), code=_FENCED if isinstance(e, FencedError) else "", lost=isinstance(e, LostError))


def row_errors(errors: Mapping[int, str | Exception]) -> list[pb.RowError]:
    """Errors of single rows as the protocol has them. A row with a TransientError is tried again."""
    return [
        pb.RowError(
            row=row, message=describe(e) if isinstance(e, Exception) else str(e), code=_LATER if isinstance(e, TransientError) else "")
        for row, e in sorted(errors.items())
    ]


_traced: set[tuple[str, int]] = set()
_lock = threading.Lock()


def trace(e: BaseException) -> None:
    """Has winnow's log say where an exception comes from, the first time that one comes from there."""
    frames = traceback.extract_tb(e.__traceback__)
    if not frames:
        return
    at = (frames[-1].filename, frames[-1].lineno)
    with _lock:
        if at in _traced:
            return
        _traced.add(at)
    traceback.print_exception(e, file=sys.stderr)


def refusal(e: Exception) -> str:
    """What an exception says that refuses a configuration. Another one than a check's ValueError is most likely a bug, and traced."""
    if not isinstance(e, ValueError):
        trace(e)
    return describe(e)


def require(made: object, *names: str) -> None:
    """Refuses what a plugin has made where it lacks a method."""
    for name in names:
        if not callable(getattr(made, name, None)):
            raise TypeError(f"{type(made).__name__} has no method {name}")


def describe(e: BaseException) -> str:
    """What an exception says, and its type where that tells more."""
    text = str(e)
    if not text:
        return type(e).__name__
    if type(e) in (ValueError, RuntimeError, TransientError, FencedError, LostError, FatalError):
        return text
    return f"{type(e).__name__}: {text}"
