"""Arrow batches as the protocol's messages: a stream of messages is one Arrow IPC stream, whose first message holds the schema
as well."""

from __future__ import annotations

import io

import pyarrow as pa


class Encoder:
    """Writes the batches of one direction of one stream."""

    def __init__(self, schema: pa.Schema):
        self.schema = schema
        self._begun = False

    def encode(self, batch: pa.RecordBatch) -> bytes:
        message = batch.serialize().to_pybytes()
        if self._begun:
            return message
        self._begun = True
        return self.schema.serialize().to_pybytes() + message


class Decoder:
    """Reads the batches of one direction of one stream. Their columns are flat, so that no message holds dictionaries."""

    def __init__(self) -> None:
        self._schema: pa.Schema | None = None

    def decode(self, message: bytes) -> pa.RecordBatch:
        stream = pa.BufferReader(message)
        if self._schema is None:
            self._schema = pa.ipc.read_schema(stream)
        return pa.ipc.read_record_batch(pa.ipc.read_message(stream), self._schema)


class StreamDecoder:
    """Reads the batches of one direction of one stream, whose columns may be dictionaries that grow from message to message."""

    def __init__(self) -> None:
        self._in = _Feed()
        self._reader: pa.ipc.RecordBatchStreamReader | None = None

    def decode(self, message: bytes) -> pa.RecordBatch:
        self._in.feed(message)
        if self._reader is None:
            self._reader = pa.ipc.open_stream(self._in)
        return self._reader.read_next_batch()


class _Feed(io.RawIOBase):
    """A file whose bytes come message by message. Each is read to its end before the next one comes."""

    def __init__(self) -> None:
        self._left = memoryview(b"")

    def feed(self, message: bytes) -> None:
        self._left = memoryview(message)

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        size = len(self._left) if size < 0 else size
        part, self._left = self._left[:size], self._left[size:]
        return bytes(part)


def encode_schema(schema: pa.Schema) -> bytes:
    """A schema as a stream without a batch."""
    sink = pa.BufferOutputStream()
    pa.ipc.new_stream(sink, schema).close()
    return sink.getvalue().to_pybytes()


def decode_schema(message: bytes) -> pa.Schema:
    """What encode_schema wrote."""
    return pa.ipc.open_stream(message).schema
