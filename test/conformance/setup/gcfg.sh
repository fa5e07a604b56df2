#!/usr/bin/env bash
# Builds a reader of cloud.conf around the parser that the OpenStack controllers use. Prints GCFG, the program.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
VERSION=1.2.3
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
BIN=$CACHE/gcfg-$VERSION-$(sha256sum "$HERE/gcfg/main.go" | cut -c1-12)

program() {
  local dir=$CACHE/build/gcfg-$VERSION
  need_go
  mkdir -p "$dir"
  cp "$HERE/gcfg/main.go" "$dir"
  cd "$dir"
  printf 'module conformance/gcfg\ngo 1.23\nrequire gopkg.in/gcfg.v1 v%s\n' "$VERSION" >go.mod
  CGO_ENABLED=0 GOFLAGS='-mod=mod -buildvcs=false' nice -n 10 go build -trimpath -o "$BIN.part" .
  mv "$BIN.part" "$BIN"
}

build() {
  [ -x "$BIN" ] || step "gcfg $VERSION" program
}

one_at_a_time gcfg build
echo "GCFG=$BIN"
