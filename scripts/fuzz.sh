#!/bin/sh
# Fuzzes every target: sh scripts/fuzz.sh 5s [PACKAGES]. A package is compiled once for all its targets, and as many targets
# as there are processors run at a time, each with one worker.
set -eu
export GO="${GO:-go}"
time=${1:-60s}
work=$(mktemp -d)
: >"$work/targets"
trap 'rm -rf "$work"' EXIT
cd "$(dirname "$0")/.."
for dir in $($GO list -f '{{.Dir}}' ${2:-./...}); do
	targets=$(grep -hoE '^func Fuzz[A-Za-z0-9_]*' "$dir"/*_test.go 2>/dev/null | sed 's/^func //' | sort -u)
	if [ -n "$targets" ]; then
		package=${dir#"$PWD"/}
		$GO test -c -vet=off -ldflags=-w -fuzz . -o "$work/$package.test" "./$package" # -fuzz: for the fuzzer's eyes
		for target in $targets; do
			echo "$time $work/$package.test $package $target" >>"$work/targets"
		done
	fi
done
xargs -r -P "$(getconf _NPROCESSORS_ONLN)" -L 1 sh scripts/fuzz-target.sh <"$work/targets"
