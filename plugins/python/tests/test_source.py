import unittest
from unittest import mock

import pyarrow as pa

from winnow_plugin import Batch, TransientError
from winnow_plugin import _source
from winnow_plugin import plugin_pb2 as pb
from winnow_plugin._frame import encode_schema


class Queue:
    """A source without an end: what is None in it is a moment without records."""

    schema = pa.schema([pa.field("text", pa.string())])

    def __init__(self, *texts):
        self.texts, self.done, self.closed = texts, [], False

    def splits(self):
        return []

    def read(self, split, offset, want):
        try:
            for text in self.texts[offset:]:
                yield text and Batch(pa.record_batch([[text]], schema=self.schema), high=len(self.texts))
        finally:
            self.closed = True

    def acknowledge(self, done):
        self.done.append(done)
        if done.get("a") == 13:
            raise TransientError("not now")


class Context:
    """Of a call that is given up after so many questions."""

    def __init__(self, active):
        self._active = active

    def is_active(self):
        self._active -= 1
        return self._active >= 0


class TestSource(unittest.TestCase):
    def serve(self, *texts):
        self.queue = Queue(*texts)
        service = _source.Service(lambda task: self.queue)
        opened = service.open(pb.OpenSourceRequest(config=b"{}"), None)
        self.assertEqual((opened.unbounded, opened.schema), (True, encode_schema(Queue.schema)))
        return service

    def read(self, service, offset=0, active=100):
        start = pb.ReadStart(columns=["text"], rows=10)
        getattr(start, "from").offset = offset
        requests = iter([pb.ReadRequest(start=start, credits=100)])
        return [
            "end" if r.end else (r.first, r.next.offset, r.high, bool(r.batch)) for r in service.read(requests, Context(active))
        ]

    def test_tells_that_nothing_has_come(self):
        with mock.patch.object(_source, "_IDLE", 0):
            self.assertEqual(self.read(self.serve("x", None, None, "y")), [
                (0, 1, 4, True), (1, 1, 0, False), (1, 1, 0, False), (1, 2, 4, True), "end",
            ])

    def test_does_not_tell_it_all_the_time(self):
        self.assertEqual(self.read(self.serve("x", None, None, "y")), [(0, 1, 4, True), (1, 2, 4, True), "end"])

    def test_reads_on_from_an_offset(self):
        self.assertEqual(self.read(self.serve("x", "y", "z"), offset=2), [(2, 3, 3, True), "end"])

    def test_gives_up_where_it_waits(self):
        self.assertEqual(self.read(self.serve("x", None, None, None, "y"), active=2), [(0, 1, 5, True)])
        self.assertTrue(self.queue.closed)

    def test_is_told_what_is_done(self):
        service = self.serve()
        done = pb.AcknowledgeRequest(done=[pb.Acknowledged(split="a", next=12), pb.Acknowledged(split="b", next=3)])
        self.assertFalse(service.acknowledge(done, None).HasField("error"))
        self.assertEqual(self.queue.done, [{"a": 12, "b": 3}])
        answer = service.acknowledge(pb.AcknowledgeRequest(done=[pb.Acknowledged(split="a", next=13)]), None)
        self.assertEqual((answer.error.fate, answer.error.message), (pb.FATE_TRANSIENT, "not now"))


if __name__ == "__main__":
    unittest.main()
