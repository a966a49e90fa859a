"""Part files of JSON lines."""

import json
import os
import pathlib
import re

import winnow_plugin as winnow

_PART = re.compile(r"\.?(\d{8})\.jsonl")


class Parts:
    """Writes a file of JSON lines for each commit: under a hidden name when it prepares, under its own when it commits. So a reader of
    the folder sees each record once, whatever crashes. The receipt is the part's number, and empty where no record came."""

    def __init__(self, task: winnow.Task):
        self._folder = pathlib.Path(task.config["folder"])
        self._lines: list[str] = []  # since the last prepare
        self._next = 1  # number of the next part

    def open(self, opening: winnow.Opening) -> None:
        """Commits the last receipt once more, and removes what was prepared after it."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._lines = []
        if opening.last is not None:
            self.commit(opening.last)
        anew = opening.last is None and not opening.stream  # nothing that is here was committed by this run
        if anew and not (opening.resumed or opening.overwrite) and self._parts():
            raise FileExistsError(f"{self._folder} holds parts")
        self._look(anew)

    def write(self, records: winnow.Records) -> dict[int, str]:
        """Gathers lines. A record that can't be written as JSON is refused, the others are taken."""
        refused = {}
        names = [name for name in records.columns.schema.names if not name.startswith("_")]
        columns = records.columns.select(names).to_pylist()
        for row, (own, result) in enumerate(zip(columns, _rows(records.results, len(columns)))):
            try:
                self._lines.append(json.dumps(own | result, ensure_ascii=False, allow_nan=False, default=_text) + "\n")
            except (TypeError, ValueError) as e:
                refused[row] = f"it can't be written as JSON: {e}"
        return refused

    def prepare(self, epoch: int, spans: list[winnow.Span]) -> bytes:
        """Writes the lines under a hidden name, and syncs them: a crash from now on loses none."""
        if not self._lines:
            return b""
        part = self._next
        with open(self._hidden(part), "w", encoding="utf-8", errors="backslashreplace") as file:
            file.writelines(self._lines)
            file.flush()
            os.fsync(file.fileno())
        self._sync()
        self._lines, self._next = [], part + 1
        return str(part).encode()

    def commit(self, receipt: bytes) -> None:
        """Gives a part its own name, which it may have already."""
        if not receipt:
            return
        part = int(receipt)
        if self._hidden(part).exists() or not self._visible(part).exists():
            self._hidden(part).rename(self._visible(part))
        self._sync()

    def abort(self) -> None:
        """Forgets the lines, and a part that was prepared."""
        self._lines = []
        self._look(anew=False)

    def close(self) -> None:
        """Nothing is open between two calls."""

    def _look(self, anew: bool) -> None:
        """Removes what is not committed, and finds the number of the next part."""
        self._next = 1
        for name, part in self._parts():
            if anew or name.startswith("."):
                (self._folder / name).unlink()
            else:
                self._next = max(self._next, part + 1)
        self._sync()

    def _parts(self) -> list[tuple[str, int]]:
        return [(name, int(m[1])) for name in os.listdir(self._folder) if (m := _PART.fullmatch(name))]

    def _visible(self, part: int) -> pathlib.Path:
        return self._folder / f"{part:08d}.jsonl"

    def _hidden(self, part: int) -> pathlib.Path:
        return self._folder / f".{part:08d}.jsonl"

    def _sync(self) -> None:
        """Makes names durable."""
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _rows(results, rows: int) -> list[dict]:
    """The results of each row; empty ones without a classifier."""
    return results.to_pylist() if results.num_columns else [{}] * rows


def _text(value) -> str:
    """What JSON has no type for: bytes as text, dates and times as ISO has them."""
    if isinstance(value, bytes):
        return value.decode("utf-8")
    if hasattr(value, "isoformat"):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no form in JSON")
