#!/bin/sh
# Fuzzes every target in turn: sh scripts/fuzz.sh 5s [PACKAGES]
set -eu
GO=${GO:-go}
time=${1:-60s}
log=$(mktemp)
trap 'rm -f "$log"' EXIT
for dir in $(cd "$(dirname "$0")/.." && $GO list -f '{{.Dir}}' ${2:-./...}); do
	for target in $(grep -hoE '^func Fuzz[A-Za-z0-9_]*' "$dir"/*_test.go 2>/dev/null | sed 's/^func //' | sort -u); do
		echo "fuzz: $target in ${dir#"$PWD"/} for $time"
		if ! $GO test -run '^$' -fuzz "^$target\$" -fuzztime "$time" -fuzzminimizetime 10x -parallel 2 "$dir" >"$log" 2>&1; then
			# A worker that is busy when the time is over is reported as a failure without an input: it is none.
			if grep -q 'Failing input written' "$log" || ! grep -q 'context deadline exceeded' "$log"; then
				cat "$log"
				exit 1
			fi
		fi
		tail -n 1 "$log"
	done
done
