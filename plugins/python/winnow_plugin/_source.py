"""Sources as plugins."""

from __future__ import annotations

import dataclasses
import datetime
import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Protocol

import grpc
import pyarrow as pa

from . import plugin_pb2 as pb
from ._errors import error_of, refusal, require, row_errors
from ._frame import Encoder, encode_schema
from ._task import Task, task_of

_IDLE = 5.0  # seconds after which winnow is told that nothing has come


@dataclasses.dataclass(frozen=True)
class Split:
    """A part of the input that is read by itself and in order.

    id is stable over restarts and unique in the source; place is what a user calls it. start and end are the offsets of its first
    record and after its last one, end -1 where reading has to tell. size is its bytes, 0 where unknown: for progress alone.
    fingerprint identifies the content: a run that is resumed refuses another. rows is how many records it has, None where unknown:
    offsets may leave gaps, and are not taken for their number.
    """

    id: str
    place: str = ""
    start: int = 0
    end: int = -1
    size: int = 0
    fingerprint: str = ""
    rows: int | None = None


@dataclasses.dataclass(frozen=True)
class Want:
    """What winnow asks for: columns by name, and batches of so many rows and bytes at most, with one record at least. Records above
    max_record bytes are to be failed rows."""

    columns: tuple[str, ...]
    rows: int
    bytes: int
    max_record: int


@dataclasses.dataclass
class Batch:
    """Records of a split, one after the other.

    records has the columns that were asked for. offsets are those of its rows, ascending; without them they count on from where
    the last batch ended. next is the offset after the last record; without it, one more than the last offset. errors are rows that
    can't be read, by row: winnow sets them aside with what is said here. Offsets that are left out are records that are blank.

    The others are of a source without an end, and show how far behind winnow is. high is the offset after the last record that could
    be read now. Where offsets leave gaps, so that it would count nothing, ahead is how many records behind these could be read now.
    time is when the last of these came about; without a zone it is this machine's. Where records is None nothing has come: the
    batch says no more than that, and how far behind winnow is.
    """

    records: pa.RecordBatch | None
    offsets: Sequence[int] | None = None
    next: int | None = None
    errors: Mapping[int, str | Exception] = dataclasses.field(default_factory=dict)
    high: int | None = None
    ahead: int | None = None
    time: datetime.datetime | None = None


class Source(Protocol):
    """What winnow asks a source for.

    schema has the columns of its records: booleans, integers, floating point numbers, dates, timestamps, strings or binary; what
    is nested comes as JSON in a string whose field has the metadata {"json": "true"}. Where replayable is true, a split has the same
    records whenever it is read. splits lists the parts of the input in the order in which their records come out. read yields the
    records of a split from an offset on, as Batch or as bare RecordBatch; it is called from several threads at once, and may be
    called again for the same split. An exception stops the pipeline with its message; after a TransientError the split is read
    on from where it was.

    A source that has acknowledge(done) too has no end. Then read does not return where there are no more records, but waits for
    some: every few seconds at the latest it yields None, or a Batch without records, after which it may be given up. splits is asked every two seconds, for those
    that are new. acknowledge tells up to which offset each split, by its id, has reached the sinks for good, and may come again; winnow
    keeps that as well, and reads on from there after a restart. It is called from a thread of its own.
    """

    schema: pa.Schema
    replayable: bool

    def splits(self) -> Iterable[Split]: ...

    def read(self, split: Split, offset: int, want: Want) -> Iterable[Batch | pa.RecordBatch | None]: ...


class Service:
    """Serves a source: make is called once, with the user's task."""

    def __init__(self, make: Callable[[Task], Source]):
        self._make = make
        self._lock = threading.Lock()
        self._inner: Source | None = None

    def handlers(self) -> grpc.GenericRpcHandler:
        return grpc.method_handlers_generic_handler("winnow.plugin.v1.Source", {
            "Open": grpc.unary_unary_rpc_method_handler(
                self.open, pb.OpenSourceRequest.FromString, pb.OpenSourceResponse.SerializeToString),
            "Splits": grpc.unary_unary_rpc_method_handler(
                self.splits, pb.SplitsRequest.FromString, pb.SplitsResponse.SerializeToString),
            "Read": grpc.stream_stream_rpc_method_handler(
                self.read, pb.ReadRequest.FromString, pb.ReadResponse.SerializeToString),
            "Acknowledge": grpc.unary_unary_rpc_method_handler(
                self.acknowledge, pb.AcknowledgeRequest.FromString, pb.AcknowledgeResponse.SerializeToString),
        })

    def open(self, request: pb.OpenSourceRequest, context: grpc.ServicerContext) -> pb.OpenSourceResponse:
        with self._lock:
            if self._inner is not None:
                context.abort(grpc.StatusCode.FAILED_PRECONDITION, "it is open already")
            try:
                inner = self._make(task_of(request))
                require(inner, "splits", "read")
                schema = encode_schema(inner.schema)
            except Exception as e:
                context.abort(grpc.StatusCode.INVALID_ARGUMENT, refusal(e))
            self._inner = inner
        return pb.OpenSourceResponse(
            schema=schema, replayable=bool(getattr(inner, "replayable", False)), notes=list(getattr(inner, "notes", ())),
            unbounded=_unbounded(inner))

    def _opened(self, context: grpc.ServicerContext) -> Source:
        if self._inner is None:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, "it is not open")
        return self._inner

    def splits(self, _request: pb.SplitsRequest, context: grpc.ServicerContext) -> pb.SplitsResponse:
        inner = self._opened(context)
        try:
            splits = [pb.Split(**dataclasses.asdict(split)) for split in inner.splits()]
        except Exception as e:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, refusal(e))
        return pb.SplitsResponse(splits=splits)

    def read(self, requests: Iterator[pb.ReadRequest], context: grpc.ServicerContext) -> Iterator[pb.ReadResponse]:
        inner = self._opened(context)
        first = next(requests)
        start = first.start
        split = Split(**{f.name: getattr(start.split, f.name) for f in dataclasses.fields(Split)})
        if not start.split.HasField("rows"):
            split = dataclasses.replace(split, rows=None)
        want = Want(tuple(start.columns), start.rows, start.bytes, start.max_record)
        credits = _Credits(first.credits, requests)
        reading = _Reading(start)
        told = time.monotonic()
        try:
            for batch in inner.read(split, reading.offset, want):
                if not isinstance(batch, Batch):
                    batch = Batch(batch)
                if batch.records is None:
                    if not context.is_active():
                        return
                    responses = reading.nothing(batch) if time.monotonic() - told >= _IDLE else ()
                else:
                    responses = reading.responses(batch)
                for response in responses:
                    if not credits.take():
                        return
                    yield response
                    told = time.monotonic()
        except Exception as e:
            yield pb.ReadResponse(error=error_of(e))
            return
        if credits.take():
            yield pb.ReadResponse(end=True)


    def acknowledge(self, request: pb.AcknowledgeRequest, context: grpc.ServicerContext) -> pb.AcknowledgeResponse:
        inner = self._opened(context)
        if not _unbounded(inner):
            context.abort(grpc.StatusCode.UNIMPLEMENTED, "the input has an end")
        try:
            inner.acknowledge({done.split: done.next for done in request.done})
        except Exception as e:
            return pb.AcknowledgeResponse(error=error_of(e))
        return pb.AcknowledgeResponse()


def _unbounded(source: Source) -> bool:
    return callable(getattr(source, "acknowledge", None))


class _Credits:
    """How many batches winnow has room for."""

    def __init__(self, first: int, requests: Iterator[pb.ReadRequest]):
        self._left = first
        self._more: queue.SimpleQueue[int] = queue.SimpleQueue()
        threading.Thread(target=self._receive, args=(requests,), daemon=True).start()

    def _receive(self, requests: Iterator[pb.ReadRequest]) -> None:
        try:
            for request in requests:
                self._more.put(request.credits)
        except Exception:  # the stream was cancelled
            pass
        self._more.put(0)

    def take(self) -> bool:
        """Waits for room; False: winnow has had enough."""
        while self._left == 0:
            more = self._more.get()
            if more == 0:
                return False
            self._left += more
        self._left -= 1
        return True


class _Reading:
    """Makes messages of the batches of one split."""

    def __init__(self, start: pb.ReadStart):
        self.offset = getattr(start, "from").offset
        self._rows = start.rows
        self._columns = list(start.columns)
        self._out: Encoder | None = None

    def responses(self, batch: Batch) -> Iterator[pb.ReadResponse]:
        """The batch, cut into as many as the rows that may be in one ask for."""
        records = batch.records.select(self._columns)
        rows = records.num_rows
        offsets = batch.offsets
        if offsets is None:
            offsets = range(self.offset, self.offset + rows)
        elif len(offsets) != rows:
            raise ValueError(f"{len(offsets)} offsets for {rows} records")
        end = batch.next
        if end is None:
            end = offsets[rows - 1] + 1 if rows else self.offset
        for at in range(0, rows, self._rows):
            to = min(at + self._rows, rows)
            response = self._response(
                records.slice(at, to - at), offsets[at:to], end if to == rows else offsets[to - 1] + 1,
                row_errors({row - at: e for row, e in batch.errors.items() if at <= row < to}))
            yield _measured(response, batch, rows - to)
        if rows == 0 and end > self.offset:  # blank records alone
            first, self.offset = self.offset, end
            yield _measured(pb.ReadResponse(first=first, next=_position(end), blank=end - first), batch)

    def nothing(self, batch: Batch) -> Iterator[pb.ReadResponse]:
        """Says that nothing has come."""
        yield _measured(pb.ReadResponse(first=self.offset, next=_position(self.offset)), batch)

    def _response(self, records: pa.RecordBatch, offsets: Sequence[int], end: int, errors: list[pb.RowError]) -> pb.ReadResponse:
        column = pa.array(offsets, pa.int64())
        fields = [pa.field("_offset", pa.int64(), nullable=False), *records.schema]
        batch = pa.RecordBatch.from_arrays([column, *records.columns], schema=pa.schema(fields))
        if self._out is None:
            self._out = Encoder(batch.schema)
        first, self.offset = self.offset, end
        return pb.ReadResponse(
            first=first, next=_position(end), blank=end - first - len(offsets), batch=self._out.encode(batch), rows=errors)


def _measured(response: pb.ReadResponse, batch: Batch, left: int = 0) -> pb.ReadResponse:
    """The response with what the batch says of how far behind winnow is, where left of its records come later."""
    response.high = batch.high or 0
    if batch.ahead is not None:
        response.ahead = batch.ahead + left
    if batch.time is not None:
        response.time = round(batch.time.timestamp() * 1000)
    return response


def _position(offset: int) -> pb.Position:
    return pb.Position(offset=offset, byte=-1)
