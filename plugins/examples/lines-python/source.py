"""The lines of text files as records."""

import itertools
import pathlib
from collections.abc import Iterator

import pyarrow as pa
import winnow_plugin as winnow


class Lines:
    """Reads the .txt files of a folder: each file is a split, each line a record, and its offset is its place in the file."""

    schema = pa.schema([pa.field("line", pa.int64()), pa.field("text", pa.string())])  # lines are counted from 1
    replayable = True

    def __init__(self, task: winnow.Task):
        self._folder = pathlib.Path(task.config["folder"])
        if not self._folder.is_dir():
            raise ValueError(f"{self._folder} is no folder")

    def splits(self) -> Iterator[winnow.Split]:
        """A file that was changed has another fingerprint: a run that began with it does not go on."""
        for path in sorted(self._folder.glob("*.txt")):
            state = path.stat()
            yield winnow.Split(
                id=path.name, place=str(path), size=state.st_size, fingerprint=f"{state.st_size} {state.st_mtime_ns}")

    def read(self, split: winnow.Split, offset: int, want: winnow.Want) -> Iterator[winnow.Batch]:
        with open(self._folder / split.id, encoding="utf-8", errors="replace", newline="\n") as file:
            lines = itertools.islice(file, offset, None)
            while texts := [line.rstrip("\n") for line in itertools.islice(lines, want.rows)]:
                numbers = range(offset + 1, offset + len(texts) + 1)
                too_long = {row: "the line is too long" for row, text in enumerate(texts) if len(text.encode()) > want.max_record}
                yield winnow.Batch(
                    pa.record_batch([pa.array(numbers, pa.int64()), pa.array(texts, pa.string())], schema=self.schema), errors=too_long)
                offset += len(texts)
