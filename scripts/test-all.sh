#!/bin/sh
# Every test: with the race detector, beside packages from PyPI that do the same (tokenizers, fasttext, python-crfsuite,
# scikit-learn), on the real labelled sets where they lie beside the checkout, with a fault at every step of the commit, with
# arm64's assembly, on a real Kafka, on a real PostgreSQL, S3 and Redis, and with coverage.
set -eu
GO=${GO:-go}
flags='-count=1 -vet=off -ldflags=-w' # 'make lint' runs vet; without DWARF binaries link in less time
plain='env CGO_ENABLED=0 GOFLAGS=-trimpath' # as 'make test' compiles, so that packages are compiled once
start=$(date +%s)

echo "test-all: a Python environment with what tests compare with (a C++ compiler builds fasttext once)"
if [ ! -x .venv/bin/python ]; then
	python3 -m venv .venv
fi
.venv/bin/python -c 'import tokenizers, fasttext, seqeval, pycrfsuite, sklearn, scipy, statsmodels' 2>/dev/null ||
	.venv/bin/python -m pip install -q 'tokenizers>=0.22,<1' 'fasttext>=0.9.3,<1' 'numpy<2' 'seqeval>=1.2.2,<2' 'python-crfsuite>=0.9.11,<1' \
		'scikit-learn>=1.5,<2' 'scipy>=1.13,<2' 'statsmodels>=0.14,<1'
if [ ! -d ../shared/data/sets ]; then
	echo "test-all: ../shared/data/sets is not there: accuracy on the real sets and parity over their texts are left out"
fi

echo "test-all: race detector"
$GO test -race -short $flags -timeout 30m ./...

echo "test-all: integration, without the race detector"
$plain $GO test $flags -timeout 15m ./test/crash -all
WINNOW_QUALITY=1 WINNOW_PYTHON=$PWD/.venv/bin/python $plain $GO test $flags -timeout 30m ./classify/...
WINNOW_QUALITY=1 $plain $GO test $flags -timeout 30m -run 'TestAuto$' ./cmd/winnow/internal/wire
WINNOW_QUALITY=1 $plain $GO test $flags -timeout 30m -run 'TestEncoderQuality$' ./cmd/winnow
WINNOW_QUALITY=1 $plain $GO test $flags -timeout 10m -run 'TestTiming$' ./cmd/winnow/internal/api
$plain $GO vet -tags failpoint ./...

echo "test-all: arm64's assembly, under qemu"
if ! command -v qemu-aarch64-static >/dev/null; then
	echo "test-all: qemu-aarch64-static is missing (Debian: apt-get install qemu-user-static)" >&2
	exit 1
fi
GOARCH=arm64 $GO test $flags -timeout 10m -exec 'qemu-aarch64-static -cpu max' ./classify/encoder/kernel

echo "test-all: a real Kafka (Java 17; Maven fetches its jars once), and PostgreSQL behind it"
for tool in java mvn; do
	if ! command -v $tool >/dev/null; then
		echo "test-all: $tool is missing (Debian: apt-get install openjdk-17-jre-headless maven)" >&2
		exit 1
	fi
done
if ! command -v psql >/dev/null; then
	echo "test-all: PostgreSQL is missing (Debian: apt-get install postgresql)" >&2
	exit 1
fi
scripts/kafka install
$plain $GO vet -tags integration ./...
# The longest first: the others run beside it.
$GO test -tags integration $flags -timeout 40m ./test/stream ./connectors/kafka/... ./test/broker ./cmd/winnow/internal/scaffold ./plugins/examples

echo "test-all: a real PostgreSQL (its server and psql), a real S3 server (Go builds it once), an SMTP server (aiosmtpd), a real Redis"
if ! command -v redis-server >/dev/null; then
	echo "test-all: Redis is missing (Debian: apt-get install redis-server)" >&2
	exit 1
fi
for service in s3 smtp; do # built before several packages ask for them at once
	scripts/services start $service --port 0 --dir "$PWD/.venv/$service" >/dev/null
	scripts/services stop $service --dir "$PWD/.venv/$service" --wipe
done
$GO test -tags integration $flags -timeout 20m ./test/service ./pipeline/job/... ./connectors/blob ./cmd/winnow/internal/account \
	./cmd/winnow/internal/api ./cmd/winnow/internal/filestore ./cmd/winnow/internal/webhook ./cmd/winnow/internal/dbfs ./cmd/winnow/internal/upkeep ./cmd/winnow/internal/notify ./plugins/examples/postgres ./plugins/examples/redis

echo "test-all: coverage"
sh scripts/cover.sh

echo "test-all passed in $(($(date +%s) - start)) s"
