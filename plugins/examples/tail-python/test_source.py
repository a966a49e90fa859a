import itertools
import pathlib
import tempfile
import unittest

import winnow_plugin as winnow

from source import Tail

WANT = winnow.Want(columns=("line", "text"), rows=2, bytes=1 << 20, max_record=20)


class TestTail(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = pathlib.Path(folder.name) / "a.log"
        self.path.write_text("one\ntwo\nthree\nfo")
        self.tail = Tail(winnow.Task({"folder": folder.name, "poll": 0}))

    def read(self, offset: int):
        reading = self.tail.read(winnow.Split("a.log"), offset, WANT)
        self.addCleanup(reading.close)
        return (batch and batch.records.column("text").to_pylist() for batch in reading)

    def test_waits_for_whole_lines(self):
        lines = self.read(0)
        self.assertEqual(list(itertools.islice(lines, 4)), [["one", "two"], ["three"], None, None])
        with self.path.open("a") as file:
            file.write("ur\nfi")
        self.assertEqual(list(itertools.islice(lines, 2)), [["four"], None])

    def test_reads_on_from_a_line(self):
        self.assertEqual(list(itertools.islice(self.read(2), 2)), [["three"], None])
        self.assertEqual(list(itertools.islice(self.read(3), 1)), [None])

    def test_files_come(self):
        self.path.with_name("b.log").touch()
        self.path.with_name("c.txt").touch()
        self.assertEqual([split.id for split in self.tail.splits()], ["a.log", "b.log"])


if __name__ == "__main__":
    unittest.main()
