#!/bin/sh
# Statement coverage by the short form of all packages' tests; pipeline, connectors and classify must each reach 85 %.
set -eu
GO=${GO:-go}
floor=${COVER_FLOOR:-85}
pkgs='./pipeline/... ./connectors/... ./classify/...'
$GO test -short -count=1 -timeout 10m -coverprofile=cover.out \
	-coverpkg="$(echo "$pkgs" | tr ' ' ',')" $pkgs ./cmd/... >cover.log || { cat cover.log; exit 1; }
rm -f cover.log
$GO run ./scripts/cover -floor "$floor" cover.out pipeline connectors classify
