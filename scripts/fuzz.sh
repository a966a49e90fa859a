#!/bin/sh
# Fuzzes every target in turn: sh scripts/fuzz.sh 5s [PACKAGES]
set -eu
GO=${GO:-go}
time=${1:-60s}
pkgs=${2:-./...}
for dir in $($GO list -f '{{.Dir}}' "$pkgs"); do
	for target in $(grep -hoE '^func Fuzz[A-Za-z0-9_]*' "$dir"/*_test.go 2>/dev/null | sed 's/^func //' | sort -u); do
		echo "fuzz: $target in ${dir#"$PWD"/} for $time"
		$GO test -run '^$' -fuzz "^$target\$" -fuzztime "$time" -parallel 2 "$dir"
	done
done
