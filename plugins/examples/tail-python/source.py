"""The lines of files that grow."""

import pathlib
import time
from collections.abc import Iterator

import pyarrow as pa
import winnow_plugin as winnow


class Tail:
    """Follows the .log files of a folder: each file is a split, each line a record as soon as it is whole, and its offset is its place
    in the file. Files may come while others are read; they are only ever appended to."""

    schema = pa.schema([pa.field("line", pa.int64()), pa.field("text", pa.string())])  # lines are counted from 1

    def __init__(self, task: winnow.Task):
        self._folder = pathlib.Path(task.config["folder"])
        self._poll = task.config.get("poll", 0.5)
        if not self._folder.is_dir():
            raise ValueError(f"{self._folder} is no folder")

    def splits(self) -> Iterator[winnow.Split]:
        for path in sorted(self._folder.glob("*.log")):
            yield winnow.Split(id=path.name, place=str(path))

    def read(self, split: winnow.Split, offset: int, want: winnow.Want) -> Iterator[winnow.Batch | None]:
        with open(self._folder / split.id, "rb") as file:
            for _ in range(offset):
                file.readline()
            while True:
                texts = list(self._whole(file, want.rows))
                if not texts:
                    yield None  # nothing has come: winnow may give up here
                    time.sleep(self._poll)
                    continue
                numbers = range(offset + 1, offset + len(texts) + 1)
                too_long = {row: "the line is too long" for row, text in enumerate(texts) if len(text) > want.max_record}
                yield winnow.Batch(pa.record_batch(
                    [pa.array(numbers, pa.int64()), pa.array([text.decode(errors="replace") for text in texts], pa.string())],
                    schema=self.schema), errors=too_long)
                offset += len(texts)

    @staticmethod
    def _whole(file, most: int) -> Iterator[bytes]:
        """The next lines that have been written to their ends."""
        for _ in range(most):
            line = file.readline()
            if not line.endswith(b"\n"):
                file.seek(-len(line), 1)
                return
            yield line.rstrip(b"\n")

    def acknowledge(self, done: dict[str, int]) -> None:
        """That there is this method says that there is no end. A queue would forget here what is done; a file keeps it."""
