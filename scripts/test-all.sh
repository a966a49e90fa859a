#!/bin/sh
# Every test: with the race detector, beside the tokenizers and fasttext packages from PyPI, on the real labelled sets where
# they lie beside the checkout, with a fault at every step of the commit, on a real Kafka, and with coverage.
set -eu
GO=${GO:-go}
start=$(date +%s)

echo "test-all: a Python environment with tokenizers and fasttext (a C++ compiler builds it once)"
if [ ! -x .venv/bin/python ]; then
	python3 -m venv .venv
fi
.venv/bin/python -c 'import tokenizers' 2>/dev/null || .venv/bin/python -m pip install -q 'tokenizers>=0.22,<1'
.venv/bin/python -c 'import fasttext' 2>/dev/null || .venv/bin/python -m pip install -q 'fasttext>=0.9.3,<1' 'numpy<2'
if [ ! -d ../shared/data/sets ]; then
	echo "test-all: ../shared/data/sets is not there: accuracy on the real sets and parity over their texts are left out"
fi

echo "test-all: race detector"
$GO test -race -short -count=1 -timeout 15m ./...

echo "test-all: integration, without the race detector"
$GO test -count=1 -timeout 15m ./test/crash -all
WINNOW_PYTHON=$PWD/.venv/bin/python $GO test -count=1 -timeout 20m ./classify/...
$GO vet -tags failpoint ./...

echo "test-all: a real Kafka (Java 17; Maven fetches its jars once)"
for tool in java mvn; do
	if ! command -v $tool >/dev/null; then
		echo "test-all: $tool is missing (Debian: apt-get install openjdk-17-jre-headless maven)" >&2
		exit 1
	fi
done
scripts/kafka install
$GO vet -tags integration ./...
$GO test -tags integration -count=1 -timeout 20m ./connectors/kafka/... ./test/broker ./test/stream

echo "test-all: coverage"
sh scripts/cover.sh

echo "test-all passed in $(($(date +%s) - start)) s"
