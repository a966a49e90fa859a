#!/bin/sh
# Writes docs/reference anew from the code: commands, spec, errors, schema, HTTP API.
set -eu
GO=${GO:-go}
$GO generate ./...
$GO test -count=1 ./cmd/winnow -run TestReference -docs
