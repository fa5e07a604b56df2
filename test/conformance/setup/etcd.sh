#!/usr/bin/env bash
# Builds etcd, etcdctl and etcdutl from their Go modules, of the version that kubeadm of the newest Kubernetes deploys. Prints ETCD_BIN, their folder.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
VERSION=${ETCD_VERSION:-3.6.8}
BIN=$CACHE/etcd-$VERSION/bin

program() { # program <name> <package>
  local dir=$CACHE/build/etcd-$VERSION
  need_go
  mkdir -p "$dir" "$BIN"
  cd "$dir"
  # a module that requires etcd's: the replace lines of etcd's own go.mod count only in its own tree
  printf 'module conformance/etcd\ngo 1.23\nrequire (\n\tgo.etcd.io/etcd/server/v3 v%s\n\tgo.etcd.io/etcd/etcdctl/v3 v%s\n\tgo.etcd.io/etcd/etcdutl/v3 v%s\n)\n' "$VERSION" "$VERSION" "$VERSION" >go.mod
  CGO_ENABLED=0 GOFLAGS='-mod=mod -buildvcs=false' nice -n 10 go build -trimpath -ldflags '-s -w' -o "$BIN/$1.part" "$2"
  mv "$BIN/$1.part" "$BIN/$1"
}

build() {
  [ -x "$BIN/etcd" ] || step "etcd $VERSION" program etcd go.etcd.io/etcd/server/v3
  [ -x "$BIN/etcdutl" ] || step "etcdutl $VERSION" program etcdutl go.etcd.io/etcd/etcdutl/v3
  [ -x "$BIN/etcdctl" ] || step "etcdctl $VERSION" program etcdctl go.etcd.io/etcd/etcdctl/v3
}

one_at_a_time etcd build
echo "ETCD_BIN=$BIN"
