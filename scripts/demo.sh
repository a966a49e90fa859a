#!/bin/sh
# Labels the demo's messages and shows what came out. DEMO_OUT says where to (demo-out).
set -eu
out=${DEMO_OUT:-demo-out}
mkdir -p "$out"
set -- bin/winnow classify testdata/demo/tickets.parquet \
	--labels-file testdata/demo/labels.json --text text --gold team -o "$out/labelled.jsonl" --overwrite
echo "\$ $*"
"$@"
echo
echo "The first of $(wc -l <"$out/labelled.jsonl" | tr -d ' ') labelled records ($out/labelled.jsonl):"
head -n 5 "$out/labelled.jsonl"
