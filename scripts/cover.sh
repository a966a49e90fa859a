#!/bin/sh
# Statement coverage of pipeline, connectors and classify by the short form of their own tests; each must reach 85 %.
set -eu
GO=${GO:-go}
floor=${COVER_FLOOR:-85}
pkgs='./pipeline/... ./connectors/... ./classify/...'
$GO test -short -count=1 -timeout 20m -vet=off -ldflags=-w -coverprofile=cover.out \
	-coverpkg="$(echo "$pkgs" | tr ' ' ',')" $pkgs >cover.log || { cat cover.log; exit 1; }
rm -f cover.log
$GO run ./scripts/cover -floor "$floor" cover.out pipeline connectors classify
