#!/bin/sh
# Every test that needs Go only. What it leaves out, it says.
set -eu
GO=${GO:-go}
start=$(date +%s)
# The flags of 'make build', so that what it compiled is not compiled again; 'make lint' runs vet. Arrow's kernels, which
# only the judge of Parquet tests pulls in, take a minute to optimize, for nothing here.
export CGO_ENABLED=0 GOFLAGS="-trimpath ${GOFLAGS:-}"
$GO test -count=1 -timeout 5m -vet=off -ldflags '-s -w' \
	-gcflags 'github.com/apache/arrow-go/v18/arrow/compute/...=-N -l' ${TESTFLAGS:-} ./...
echo
echo "every Go test passed in $(($(date +%s) - start)) s. Left out here, and run by 'make test-all':"
echo "  - the race detector over every package"
echo "  - token ids beside the tokenizers package, and scores beside scikit-learn and statsmodels, from PyPI (needs Python 3)"
echo "  - accuracy and calibration on the real labelled sets (needs ../shared/data/sets)"
echo "  - streams on a real Kafka and a schema registry (needs Java 17 and Maven)"
echo "  - jobs and keys in a real PostgreSQL, blobs in a real S3 server (needs PostgreSQL)"
echo "  - statement coverage, and each fault of the commit under the tag failpoint"
echo "'make torture' kills runs over 1,000,000 rows; 'make fuzz' fuzzes longer; 'make bench' measures."
