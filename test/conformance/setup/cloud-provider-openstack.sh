#!/usr/bin/env bash
# Builds programs of cloud-provider-openstack from its Go module: cloud-provider-openstack.sh barbican-kms-plugin k8s-keystone-auth …
# Prints CPO_BIN, the folder with them.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
VERSION=1.36.0
BIN=$CACHE/cloud-provider-openstack-$VERSION/bin
SRC=$CACHE/build/cloud-provider-openstack-bin-$VERSION
PROGRAMS=("$@")
[ $# -gt 0 ] || PROGRAMS=(barbican-kms-plugin k8s-keystone-auth)

source_tree() {
  need_go
  copy_module "k8s.io/cloud-provider-openstack@v$VERSION" "$SRC.part"
  rm -rf "$SRC"
  mv "$SRC.part" "$SRC"
}

program() {
  cd "$SRC" || die "$SRC is not there"
  CGO_ENABLED=0 GOFLAGS='-mod=mod -buildvcs=false' nice -n 10 go build -trimpath -ldflags '-s -w' -o "$BIN/$1.part" "./cmd/$1"
  mv "$BIN/$1.part" "$BIN/$1"
}

build() {
  mkdir -p "$BIN"
  local p
  for p in "${PROGRAMS[@]}"; do
    [ -x "$BIN/$p" ] && continue
    [ -d "$SRC" ] || step "cloud-provider-openstack $VERSION source" source_tree
    step "$p $VERSION" program "$p"
  done
}

one_at_a_time cloud-provider-openstack build
echo "CPO_BIN=$BIN"
