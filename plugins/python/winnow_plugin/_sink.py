"""Sinks as plugins."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

import grpc
import pyarrow as pa

from . import plugin_pb2 as pb
from ._errors import error_of, refusal, require, row_errors
from ._frame import StreamDecoder, decode_schema
from ._task import Task, task_of


@dataclasses.dataclass(frozen=True)
class Opening:
    """How winnow opens a sink.

    columns are those of the records: "_offset", "_raw", "_key", "_time" and "_headers" where they are there, then the records' own.
    results are those of the classifier, and labels its labels; both are empty without one. last is the receipt of the last
    checkpoint, and None for a start from nothing. Where resumed is true, the run had begun before: what is left of it is its own, also
    without a receipt. Where sealing is true, last is the seal's, and the output may be whole already. overwrite allows to replace
    what is there; otherwise it is refused. rows is how many records are to come at most, and -1 where that is unknown. Where
    stream is true, the records follow those of earlier runs, of which no receipt is kept: what they committed stays, and what they only
    prepared comes again. scope is what a sink that keeps offsets keeps them for: the same for all runs of a stream, and another for each
    sink of a pipeline.
    """

    pipeline: str
    run: str
    columns: pa.Schema
    results: pa.Schema
    labels: tuple[str, ...] = ()
    last: bytes | None = None
    resumed: bool = False
    sealing: bool = False
    overwrite: bool = False
    rows: int = -1
    stream: bool = False
    scope: str = ""


@dataclasses.dataclass(frozen=True)
class Records:
    """A batch to write: rows of the split, with offsets in [first, next). columns and results are as the opening said; results has no
    columns without a classifier."""

    split: str
    first: int
    next: int
    columns: pa.RecordBatch
    results: pa.RecordBatch


@dataclasses.dataclass(frozen=True)
class Span:
    """A part of a split: offsets in [first, next)."""

    split: str
    first: int
    next: int


class Sink(Protocol):
    """What winnow asks a sink for. Its methods are called one at a time, open first.

    write takes records: when it returns, they are out. It may return errors for single rows, by row: winnow sets those records aside
    with what is said here, and sends those again that have a TransientError. An exception is about the batch as a whole, of which then
    nothing was taken: winnow halves it to find the record at fault after a ValueError, sends it again after a TransientError, and stops
    at any other. That is at least once: after a crash records come again.

    A sink that has prepare, commit and abort too is exactly once. prepare(epoch, spans) makes durable what was written since the last
    commit, in a way that can still be undone, and returns a receipt of at most 64 KiB; spans is what was read since then. Winnow
    writes the receipt down and calls commit(receipt), which may come again. abort() undoes what came after the last commit. After a
    crash open gets the last receipt that was written down: the sink commits that, undoes what came after it, and gets it
    again. A sink that has seal(receipt) is told when all is committed.

    One that has resume(split) as well keeps how far it has each split, and is exactly once behind a stream too. Commit then makes
    what was written and the spans that prepare was told final in one step, such as a transaction. resume takes a split over, by its
    id, and returns the offset after what is committed of it, None where nothing is. From then on the commit of the split's earlier
    owner, be it this process or another one, has to raise a FencedError and to commit nothing. No receipts come back. Where what was taken
    is lost, as with a connection, a LostError says so.

    raw = True asks for the column "_raw" where the source has the bytes of single records, meta = True for "_key", "_time" and
    "_headers". The constructor touches nothing outside, and close may come without open.
    """

    def open(self, opening: Opening) -> None: ...

    def write(self, records: Records) -> Mapping[int, str | Exception] | None: ...

    def close(self) -> None: ...


class Service:
    """Serves a sink: make is called once, with the user's task."""

    def __init__(self, make: Callable[[Task], Sink]):
        self._make = make
        self._lock = threading.Lock()  # held while the sink is called
        self._inner: Any = None
        self._two_phase = False
        self._schema: pa.Schema | None = None
        self._results = 0

    def handlers(self) -> grpc.GenericRpcHandler:
        def unary(call: Callable, request: Any, response: Any) -> grpc.RpcMethodHandler:
            return grpc.unary_unary_rpc_method_handler(call, request.FromString, response.SerializeToString)

        return grpc.method_handlers_generic_handler("winnow.plugin.v1.Sink", {
            "Configure": unary(self.configure, pb.ConfigureSinkRequest, pb.ConfigureSinkResponse),
            "Open": unary(self.open, pb.OpenSinkRequest, pb.SinkResponse),
            "Write": grpc.stream_stream_rpc_method_handler(
                self.write, pb.WriteRequest.FromString, pb.WriteResponse.SerializeToString),
            "Prepare": unary(self.prepare, pb.PrepareRequest, pb.PrepareResponse),
            "Commit": unary(self.commit, pb.CommitRequest, pb.SinkResponse),
            "Abort": unary(self.abort, pb.AbortRequest, pb.SinkResponse),
            "Resume": unary(self.resume, pb.ResumeRequest, pb.ResumeResponse),
            "Seal": unary(self.seal, pb.SealRequest, pb.SinkResponse),
        })

    def configure(self, request: pb.ConfigureSinkRequest, context: grpc.ServicerContext) -> pb.ConfigureSinkResponse:
        with self._lock:
            if self._inner is not None:
                context.abort(grpc.StatusCode.FAILED_PRECONDITION, "it is configured already")
            try:
                inner = self._make(task_of(request))
                require(inner, "open", "write", "close")
            except Exception as e:
                context.abort(grpc.StatusCode.INVALID_ARGUMENT, refusal(e))
            self._inner = inner
            self._two_phase = all(callable(getattr(self._inner, name, None)) for name in ("prepare", "commit", "abort"))
            return pb.ConfigureSinkResponse(
                two_phase=self._two_phase, seals=callable(getattr(self._inner, "seal", None)),
                raw=bool(getattr(self._inner, "raw", False)), meta=bool(getattr(self._inner, "meta", False)),
                resumes=self._two_phase and callable(getattr(self._inner, "resume", None)))

    def open(self, request: pb.OpenSinkRequest, context: grpc.ServicerContext) -> pb.SinkResponse:
        schema = decode_schema(request.schema)
        own = len(schema) - request.results
        opening = Opening(
            pipeline=request.pipeline, run=request.run_id, columns=pa.schema(list(schema)[:own]), results=pa.schema(list(schema)[own:]),
            labels=tuple(request.labels), last=request.last if request.HasField("last") else None, resumed=request.resumed,
            sealing=request.sealing, overwrite=request.overwrite, rows=request.rows, stream=request.stream, scope=request.scope)
        self._schema, self._results = schema, request.results
        return self._call(context, lambda sink: sink.open(opening))

    def write(self, requests: Iterator[pb.WriteRequest], context: grpc.ServicerContext) -> Iterator[pb.WriteResponse]:
        if self._schema is None:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, "it is not open")
        batches = StreamDecoder()
        for request in requests:
            batch = batches.decode(request.batch)
            own = batch.num_columns - self._results
            records = Records(
                request.split, request.first, request.next, batch.select(range(own)), batch.select(range(own, batch.num_columns)))
            response = pb.WriteResponse(seq=request.seq)
            try:
                with self._lock:
                    refused = self._inner.write(records) or {}
                response.rows.extend(row_errors(refused))
                response.taken = batch.num_rows - len(refused)
            except ValueError as e:
                response.error.CopyFrom(error_of(e))
            except Exception as e:
                response.error.CopyFrom(_own_error(e))
            yield response

    def prepare(self, request: pb.PrepareRequest, context: grpc.ServicerContext) -> pb.PrepareResponse:
        spans = [Span(s.split, s.first, s.next) for s in request.spans]
        response = pb.PrepareResponse()

        def prepare(sink: Any) -> None:
            response.receipt = sink.prepare(request.epoch, spans)

        answer = self._call(context, prepare)
        if answer.HasField("error"):
            response.error.CopyFrom(answer.error)
        return response

    def commit(self, request: pb.CommitRequest, context: grpc.ServicerContext) -> pb.SinkResponse:
        return self._call(context, lambda sink: sink.commit(request.receipt))

    def abort(self, _request: pb.AbortRequest, context: grpc.ServicerContext) -> pb.SinkResponse:
        return self._call(context, lambda sink: sink.abort())

    def resume(self, request: pb.ResumeRequest, context: grpc.ServicerContext) -> pb.ResumeResponse:
        response = pb.ResumeResponse()

        def resume(sink: Any) -> None:
            response.next = -1 if (next_ := sink.resume(request.split)) is None else next_

        answer = self._call(context, resume)
        if answer.HasField("error"):
            response.error.CopyFrom(answer.error)
        return response

    def seal(self, request: pb.SealRequest, context: grpc.ServicerContext) -> pb.SinkResponse:
        return self._call(context, lambda sink: sink.seal(request.receipt))

    def close(self) -> None:
        """Closes the sink at the process's end."""
        with self._lock:
            if self._inner is not None:
                self._inner.close()

    def _call(self, context: grpc.ServicerContext, call: Callable[[Any], None]) -> pb.SinkResponse:
        with self._lock:
            if self._inner is None:
                context.abort(grpc.StatusCode.FAILED_PRECONDITION, "it is not configured")
            try:
                call(self._inner)
            except Exception as e:
                return pb.SinkResponse(error=_own_error(e))
        return pb.SinkResponse()


def _own_error(e: Exception) -> pb.Error:
    """An error of the sink, which no record is at fault for."""
    error = error_of(e)
    if error.fate == pb.FATE_RECORD:
        error.fate = pb.FATE_FATAL
    return error
