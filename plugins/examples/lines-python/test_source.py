import pathlib
import tempfile
import unittest

import winnow_plugin as winnow

from source import Lines

WANT = winnow.Want(columns=("line", "text"), rows=2, bytes=1 << 20, max_record=20)


class TestLines(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        (self.folder / "a.txt").write_text("one\ntwo\n\nfour")
        (self.folder / "b.txt").write_text("")
        (self.folder / "c.md").write_text("not this")
        self.lines = Lines(winnow.Task({"folder": folder.name}))

    def read(self, offset: int) -> list[list[dict]]:
        split = next(s for s in self.lines.splits() if s.id == "a.txt")
        return [batch.records.to_pylist() for batch in self.lines.read(split, offset, WANT)]

    def test_files_are_splits(self):
        self.assertEqual([s.id for s in self.lines.splits()], ["a.txt", "b.txt"])

    def test_reads_on_from_a_line(self):
        self.assertEqual(self.read(0), [
            [{"line": 1, "text": "one"}, {"line": 2, "text": "two"}], [{"line": 3, "text": ""}, {"line": 4, "text": "four"}],
        ])
        self.assertEqual(self.read(3), [[{"line": 4, "text": "four"}]])
        self.assertEqual(self.read(4), [])

    def test_a_line_that_is_too_long_fails_alone(self):
        (self.folder / "b.txt").write_text("x" * 21 + "\nfits\n")
        split = next(s for s in self.lines.splits() if s.id == "b.txt")
        self.assertEqual([list(b.errors) for b in self.lines.read(split, 0, WANT)], [[0]])

    def test_a_folder_that_is_not_there(self):
        with self.assertRaisesRegex(ValueError, "is no folder"):
            Lines(winnow.Task({"folder": str(self.folder / "none")}))


if __name__ == "__main__":
    unittest.main()
