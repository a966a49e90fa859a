#!/bin/sh
# Fuzzes one target of a package's test binary; scripts/fuzz.sh calls it: sh scripts/fuzz-target.sh 5s BINARY PACKAGE TARGET
set -eu
time=$1 binary=$2 package=$3 target=$4
corpus=$($GO env GOCACHE)/fuzz/$($GO list "./$package") # where 'go test -fuzz' keeps what it found
log=$binary.$target.log
cd "$package"
if ! "$binary" -test.run '^$' -test.fuzz "^$target\$" -test.fuzztime "$time" -test.fuzzminimizetime 10x -test.parallel 1 \
	-test.fuzzcachedir "$corpus" >"$log" 2>&1; then
	# A worker that is busy when the time is over is reported as a failure without an input: it is none.
	if grep -q 'Failing input written' "$log" || ! grep -q 'context deadline exceeded' "$log"; then
		cat "$log"
		exit 255 # xargs starts no other
	fi
fi
echo "fuzz: $target in $package for $time: $(grep 'execs:' "$log" | tail -n 1 | sed 's/^fuzz: .*execs:/execs:/')"
