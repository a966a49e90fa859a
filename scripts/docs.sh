#!/bin/sh
# Writes docs/reference anew from the code: commands, spec, errors.
set -eu
GO=${GO:-go}
mkdir -p docs/reference
$GO generate ./pipeline/... ./connectors/... ./classify/... ./cmd/...
$GO run ./scripts/reference docs/reference
