"""The process of a plugin: its handshake, its services, and its end."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Callable
from concurrent import futures

import grpc

from . import _classifier, _sink, _source
from . import plugin_pb2 as pb
from ._task import Task

_COOKIE_KEY, _COOKIE = "WINNOW_PLUGIN", "f3a1c6d8-winnow-plugin"
_PROTOCOL = 1
_MAX_MESSAGE = 64 << 20
_THREADS = 1024  # made as they are needed; a call that streams holds one: 4 of a classifier, one for each split that is read


def serve(
    *,
    name: str,
    version: str,
    classifier: Callable[[Task], _classifier.Classifier] | None = None,
    source: Callable[[Task], _source.Source] | None = None,
    sink: Callable[[Task], _sink.Sink] | None = None,
) -> None:
    """Serves the plugin until winnow ends it.

    name and version are those of the manifest. classifier, source and sink make what a task asks for: a class whose constructor takes
    the task will do. Each is called once at most, and an exception that it raises goes to the user as a mistake in the
    configuration.
    """
    if os.environ.get(_COOKIE_KEY) != _COOKIE:
        sys.exit(f"{name} is a plugin of winnow, which starts it: see winnow plugin --help")
    folder = os.environ.get("PLUGIN_UNIX_SOCKET_DIR") or None
    threading.Thread(target=_end_with_winnow, args=(folder,), daemon=True).start()
    path = os.path.join(tempfile.mkdtemp(prefix="s", dir=folder), "plugin")
    server = grpc.server(futures.ThreadPoolExecutor(_THREADS), options=[
        ("grpc.max_receive_message_length", _MAX_MESSAGE), ("grpc.max_send_message_length", _MAX_MESSAGE),
    ])
    kinds = []
    if classifier is not None:
        kinds.append(pb.KIND_CLASSIFIER)
        server.add_generic_rpc_handlers((_classifier.Service(classifier).handlers(),))
    if source is not None:
        kinds.append(pb.KIND_SOURCE)
        server.add_generic_rpc_handlers((_source.Service(source).handlers(),))
    writer = _sink.Service(sink) if sink is not None else None
    if writer is not None:
        kinds.append(pb.KIND_SINK)
        server.add_generic_rpc_handlers((writer.handlers(),))
    ended = threading.Event()
    server.add_generic_rpc_handlers((
        _describe(pb.DescribeResponse(name=name, version=version, kinds=kinds)), _control(ended), _health(),
    ))
    server.add_insecure_port("unix:" + path)  # in a folder that only its owner can enter
    server.start()
    print(f"1|{_PROTOCOL}|unix|{path}|grpc|", flush=True)
    os.dup2(2, 1)  # from now on what is printed is for winnow's log
    ended.wait()
    server.stop(grace=1).wait()
    if writer is not None:
        writer.close()
    shutil.rmtree(os.path.dirname(path), ignore_errors=True)


def _describe(response: pb.DescribeResponse) -> grpc.GenericRpcHandler:
    return grpc.method_handlers_generic_handler("winnow.plugin.v1.Plugin", {
        "Describe": grpc.unary_unary_rpc_method_handler(
            lambda _request, _context: response, pb.DescribeRequest.FromString, pb.DescribeResponse.SerializeToString),
    })


def _control(ended: threading.Event) -> grpc.GenericRpcHandler:
    """How go-plugin, which winnow starts plugins with, asks a process to end: an empty message for an empty message."""

    def shutdown(_request: bytes, _context: grpc.ServicerContext) -> bytes:
        ended.set()
        return b""

    return grpc.method_handlers_generic_handler("plugin.GRPCController", {"Shutdown": grpc.unary_unary_rpc_method_handler(shutdown)})


def _health() -> grpc.GenericRpcHandler:
    """How winnow asks whether the process is well: any question gets a HealthCheckResponse with the status SERVING."""
    return grpc.method_handlers_generic_handler("grpc.health.v1.Health", {
        "Check": grpc.unary_unary_rpc_method_handler(lambda _request, _context: b"\x08\x01"),
    })


def _end_with_winnow(folder: str | None) -> None:
    """Ends the process when the pipe that winnow holds ends: winnow is gone, however it went."""
    while os.read(0, 1 << 16):
        pass
    if folder and os.path.basename(folder).startswith("plugin-dir"):
        shutil.rmtree(folder, ignore_errors=True)  # winnow made it, and is no longer there to remove it
    os._exit(0)
