import datetime
import unittest

import pyarrow as pa

from winnow_plugin import Batch
from winnow_plugin import plugin_pb2 as pb
from winnow_plugin._frame import Decoder
from winnow_plugin._source import _Reading


def records(*texts: str) -> pa.RecordBatch:
    return pa.record_batch({"id": pa.array(range(len(texts)), pa.int64()), "text": list(texts)})


def read(batches: list[Batch], rows: int = 2, offset: int = 10) -> list[tuple]:
    start = pb.ReadStart(columns=["text"], rows=rows)
    getattr(start, "from").offset = offset
    reading, decoder = _Reading(start), Decoder()
    made = []
    for batch in batches:
        for r in reading.responses(batch):
            got = decoder.decode(r.batch) if r.batch else None
            made.append((
                r.first, r.next.offset, r.blank, got and got.column("_offset").to_pylist(), got and got.column("text").to_pylist(),
                [(e.row, e.message) for e in r.rows],
            ))
    return made


class TestReading(unittest.TestCase):
    def test_offsets_count_on(self):
        self.assertEqual(read([Batch(records("a", "b", "c")), Batch(records("d"))]), [
            (10, 12, 0, [10, 11], ["a", "b"], []),
            (12, 13, 0, [12], ["c"], []),
            (13, 14, 0, [13], ["d"], []),
        ])

    def test_offsets_that_are_left_out_are_blank(self):
        self.assertEqual(read([Batch(records("a", "b", "c"), offsets=[11, 14, 15], next=18)]), [
            (10, 15, 3, [11, 14], ["a", "b"], []),
            (15, 18, 2, [15], ["c"], []),
        ])

    def test_rows_that_fail_keep_their_places(self):
        self.assertEqual(read([Batch(records("a", "b", "c"), errors={2: "no", 0: "none"})]), [
            (10, 12, 0, [10, 11], ["a", "b"], [(0, "none")]),
            (12, 13, 0, [12], ["c"], [(0, "no")]),
        ])

    def test_blank_records_alone_have_no_batch(self):
        self.assertEqual(read([Batch(records(), next=12), Batch(records())]), [(10, 12, 2, None, None, [])])

    def test_how_far_behind_is_told(self):
        reading = _Reading(pb.ReadStart(columns=["text"], rows=2))
        at = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
        told = [*reading.responses(Batch(records("a", "b", "c"), ahead=4, time=at)), *reading.responses(Batch(records("d"), high=9)),
                *reading.nothing(Batch(None, ahead=0)), *reading.nothing(Batch(None))]
        self.assertEqual([(r.high, r.ahead if r.HasField("ahead") else None, r.time) for r in told], [
            (0, 5, 1767225600000), (0, 4, 1767225600000), (9, None, 0), (0, 0, 0), (0, None, 0),
        ])

    def test_offsets_are_one_a_record(self):
        with self.assertRaisesRegex(ValueError, "1 offsets for 2 records"):
            read([Batch(records("a", "b"), offsets=[10])])


if __name__ == "__main__":
    unittest.main()
