#!/bin/sh
# The encoder beside its definition in numpy, over all texts of the test splits: sh scripts/parity.sh CHECKPOINT
set -eu
GO=${GO:-go}
checkpoint=$(cd "$1" && pwd)
if [ ! -x .venv/bin/python ]; then
	python3 -m venv .venv
fi
.venv/bin/python -c 'import numpy, scipy, tokenizers' 2>/dev/null ||
	.venv/bin/python -m pip install -q 'numpy<2' 'scipy>=1.13,<2' 'tokenizers>=0.22,<1'
WINNOW_ENCODER=$checkpoint WINNOW_PYTHON=$PWD/.venv/bin/python $GO test -count=1 -timeout 60m -v -run 'Parity' ./classify/encoder
