"""Classifiers as plugins."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import grpc
import pyarrow as pa
import pyarrow.compute as pc

from . import plugin_pb2 as pb
from ._errors import error_of, refusal, require, row_errors
from ._frame import Decoder, Encoder
from ._task import Task, task_of

NULL_TEXT = 1
"""There is no text."""
NO_KNOWN_WORDS = 2
"""The text holds nothing that the classifier knows."""
UNSURE = 3
"""No label is sure enough."""

_SCORES = pa.list_(pa.field("item", pa.struct([
    pa.field("label", pa.int32(), nullable=False), pa.field("confidence", pa.float32(), nullable=False),
]), nullable=False))


@dataclasses.dataclass
class Answers:
    """A row for each text, in order. Lists, NumPy arrays and Arrow arrays will do.

    label is an index into the labels, and -1 or None for none; confidence is of the label, in [0, 1]. Where there is no label,
    reason says why (NULL_TEXT, NO_KNOWN_WORDS, UNSURE); without reasons a text that is null gets NULL_TEXT, any other UNSURE.
    tokens is the texts' length as the classifier counts it. labels has for each text its best labels as pairs of index and
    confidence, best first; it is needed in the mode "multi", and in "single" taken where the classifier's lists is true. errors
    are texts that have no answer, by row: winnow sets such a record aside with what is said here, and asks for its batch again where
    that is a TransientError.
    """

    label: Any
    confidence: Any
    reason: Any = None
    tokens: Any = None
    labels: Sequence[Sequence[tuple[int, float]]] | None = None
    errors: Mapping[int, str | Exception] = dataclasses.field(default_factory=dict)


class Classifier(Protocol):
    """What winnow asks a classifier for. labels are the names that answers refer to. classify is called from up to four threads at
    once. An exception that it raises is about the batch: winnow halves it to find the texts at fault, after a TransientError
    asks again, and stops at a FatalError."""

    labels: Sequence[str]

    def classify(self, texts: pa.StringArray) -> Answers: ...


class Service:
    """Serves a classifier: make is called once, with the user's task."""

    def __init__(self, make: Callable[[Task], Classifier]):
        self._make = make
        self._lock = threading.Lock()
        self._inner: Classifier | None = None
        self._lists = False

    def handlers(self) -> grpc.GenericRpcHandler:
        return grpc.method_handlers_generic_handler("winnow.plugin.v1.Classifier", {
            "Open": grpc.unary_unary_rpc_method_handler(
                self.open, pb.OpenClassifierRequest.FromString, pb.OpenClassifierResponse.SerializeToString),
            "Classify": grpc.stream_stream_rpc_method_handler(
                self.classify, pb.ClassifyRequest.FromString, pb.ClassifyResponse.SerializeToString),
        })

    def open(self, request: pb.OpenClassifierRequest, context: grpc.ServicerContext) -> pb.OpenClassifierResponse:
        with self._lock:
            if self._inner is not None:
                context.abort(grpc.StatusCode.FAILED_PRECONDITION, "it is open already")
            try:
                inner = self._make(task_of(request))
                require(inner, "classify")
                labels = list(inner.labels)
                mode = getattr(inner, "mode", "single")
                if mode not in ("single", "multi"):
                    raise ValueError(f'the mode is {mode!r}, and has to be "single" or "multi"')
            except Exception as e:
                context.abort(grpc.StatusCode.INVALID_ARGUMENT, refusal(e))
            self._lists = mode == "multi" or bool(getattr(inner, "lists", False))
            self._inner = inner
        return pb.OpenClassifierResponse(
            labels=labels, mode=pb.MODE_MULTI if mode == "multi" else pb.MODE_SINGLE, lists=self._lists)

    def classify(self, requests: Iterator[pb.ClassifyRequest], context: grpc.ServicerContext) -> Iterator[pb.ClassifyResponse]:
        if self._inner is None:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, "it is not open")
        texts, answers = Decoder(), Encoder(schema(self._lists))
        for request in requests:
            response = pb.ClassifyResponse(seq=request.seq)
            batch = texts.decode(request.batch)
            try:
                response.batch, rows = self._answer(batch.column(0), answers)
                response.rows.extend(rows)
            except Exception as e:
                response.error.CopyFrom(error_of(e))
            yield response

    def _answer(self, texts: pa.StringArray, out: Encoder) -> tuple[bytes, list[pb.RowError]]:
        answers = self._inner.classify(texts)
        if not isinstance(answers, Answers):
            raise TypeError(f"classify returns {type(answers).__name__}, and has to return Answers")
        failed = sorted(answers.errors)
        batch = batch_of(answers, texts, out.schema, failed)
        return out.encode(batch), row_errors(answers.errors)


def schema(lists: bool) -> pa.Schema:
    """The columns of an answer."""
    fields = [
        pa.field("label", pa.int32(), nullable=False),
        pa.field("confidence", pa.float32(), nullable=False),
        pa.field("reason", pa.uint8(), nullable=False),
        pa.field("tokens", pa.int32(), nullable=False),
    ]
    if lists:
        fields.append(pa.field("labels", _SCORES, nullable=False))
    return pa.schema(fields)


def batch_of(answers: Answers, texts: pa.StringArray, columns: pa.Schema, failed: Sequence[int]) -> pa.RecordBatch:
    """The answers as the protocol has them. What is not given is filled in."""
    rows = len(texts)
    label = pc.fill_null(_column("label", answers.label, pa.int32(), rows), -1)
    if failed:
        mask = pa.array([row in answers.errors for row in range(rows)])
        label = pc.if_else(mask, pa.scalar(-1, pa.int32()), label)
    none = pc.less(label, 0)
    confidence = pc.fill_null(_column("confidence", answers.confidence, pa.float32(), rows), 0)
    confidence = pc.if_else(none, pa.scalar(0, pa.float32()), confidence)
    if answers.reason is None:
        reason = pc.if_else(pc.is_null(texts), pa.scalar(NULL_TEXT, pa.uint8()), pa.scalar(UNSURE, pa.uint8()))
    else:
        reason = pc.fill_null(_column("reason", answers.reason, pa.uint8(), rows), 0)
    reason = pc.if_else(none, reason, pa.scalar(0, pa.uint8()))
    tokens = pa.array([0] * rows, pa.int32()) if answers.tokens is None else _column("tokens", answers.tokens, pa.int32(), rows)
    arrays = [label, confidence, reason, pc.fill_null(tokens, 0)]
    if len(columns) > len(arrays):
        lists = answers.labels
        if lists is None:
            raise ValueError("the answers have no labels, which the mode or lists promises")
        arrays.append(_column("labels", [
            [{"label": i, "confidence": c} for i, c in ([] if row in answers.errors else best)] for row, best in enumerate(lists)
        ], _SCORES, rows))
    return pa.RecordBatch.from_arrays(arrays, schema=columns)


def _column(name: str, values: Any, kind: pa.DataType, rows: int) -> pa.Array:
    column = values if isinstance(values, pa.Array) else pa.array(values)
    if len(column) != rows:
        raise ValueError(f"{name} has {len(column)} rows for {rows} texts")
    if column.type == kind:
        return column
    try:
        return column.cast(kind, safe=kind != pa.float32())
    except pa.ArrowInvalid as e:
        raise TypeError(f"{name} has values that are no {kind}: {e}") from None
