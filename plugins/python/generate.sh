#!/bin/sh
# Writes winnow_plugin/plugin_pb2.py below a folder (default: here) of the protocol, by a protoc that is old enough for every
# runtime that pyproject.toml allows.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# The file's name is what the runtime knows it by: one that no other package has.
mkdir "$work/winnow_plugin"
cp ../proto/plugin.proto "$work/winnow_plugin/"
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q 'grpcio-tools==1.75.0' 'setuptools<81'
"$work/venv/bin/python" -m grpc_tools.protoc -I "$work" --python_out="${1:-.}" "$work/winnow_plugin/plugin.proto"
