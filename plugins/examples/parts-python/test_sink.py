import pathlib
import tempfile
import unittest

import pyarrow as pa
import winnow_plugin as winnow

from sink import Parts

COLUMNS = pa.schema([pa.field("_offset", pa.int64()), pa.field("text", pa.binary())])
RESULTS = pa.schema([pa.field("label", pa.dictionary(pa.int32(), pa.string()))])


def records(*texts: bytes) -> winnow.Records:
    columns = pa.record_batch([pa.array(range(len(texts)), pa.int64()), pa.array(texts, pa.binary())], schema=COLUMNS)
    results = pa.record_batch([pa.array(["bug"] * len(texts)).dictionary_encode()], schema=RESULTS)
    return winnow.Records("split", 0, len(texts), columns, results)


class TestParts(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name) / "out"

    def opened(self, **how) -> Parts:
        sink = Parts(winnow.Task({"folder": str(self.folder)}))
        sink.open(winnow.Opening(pipeline="p", run="r", columns=COLUMNS, results=RESULTS, **how))
        return sink

    def visible(self) -> list[str]:
        return [p.read_text() for p in sorted(self.folder.iterdir()) if not p.name.startswith(".")]

    def test_a_part_is_seen_when_it_is_committed(self):
        sink = self.opened()
        self.assertEqual(sink.write(records(b"a", b"\xff", b"c")).keys(), {1})
        receipt = sink.prepare(1, [])
        self.assertEqual(self.visible(), [])
        sink.commit(receipt)
        sink.commit(receipt)
        self.assertEqual(self.visible(), ['{"text": "a", "label": "bug"}\n{"text": "c", "label": "bug"}\n'])
        self.assertEqual(sink.prepare(2, []), b"")

    def test_what_was_prepared_after_the_last_receipt_is_undone(self):
        sink = self.opened()
        sink.write(records(b"a"))
        first = sink.prepare(1, [])
        sink.commit(first)
        sink.write(records(b"b"))
        sink.prepare(2, [])
        other = self.opened(last=first, resumed=True)
        other.write(records(b"c"))
        other.commit(other.prepare(2, []))
        self.assertEqual([text[10] for text in self.visible()], ["a", "c"])

    def test_abort_forgets_what_was_not_committed(self):
        sink = self.opened()
        sink.write(records(b"a"))
        sink.abort()
        self.assertEqual(sink.prepare(1, []), b"")

    def test_parts_of_others_are_not_replaced(self):
        sink = self.opened()
        sink.write(records(b"a"))
        sink.commit(sink.prepare(1, []))
        with self.assertRaisesRegex(FileExistsError, "holds parts"):
            self.opened()
        self.opened(overwrite=True)
        self.assertEqual(self.visible(), [])


if __name__ == "__main__":
    unittest.main()
