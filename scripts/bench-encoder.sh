#!/bin/sh
# Texts a second, of the encoder and of ONNX Runtime, over the same texts in the same minutes: of CPU time on one thread, and of
# wall time on one thread and two:
# sh scripts/bench-encoder.sh CHECKPOINT
set -eu
GO=${GO:-go}
checkpoint=$(cd "$1" && pwd)
if [ ! -x .venv/bin/python ]; then
	python3 -m venv .venv
fi
.venv/bin/python -c 'import tokenizers, onnx, onnxruntime' 2>/dev/null ||
	.venv/bin/python -m pip install -q 'tokenizers>=0.22,<1' 'onnx>=1.17' 'onnxruntime>=1.20'
WINNOW_ENCODER=$checkpoint $GO test -run '^$' -bench 'Encode|Forms|Threads' ./classify/encoder/...
.venv/bin/python classify/encoder/gen/speed.py "$checkpoint"
