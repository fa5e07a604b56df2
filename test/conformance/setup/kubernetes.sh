#!/usr/bin/env bash
# Builds programs of Kubernetes from the Go module: kubernetes.sh kubeadm kubectl kube-apiserver …
# Prints KUBERNETES_BIN, the folder with them.
# The Kubernetes version is the newest minor that the library knows; another by STRATA_CONFORMANCE_KUBERNETES, or for one call by KUBERNETES_VERSION.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
VERSION=${KUBERNETES_VERSION:-${STRATA_CONFORMANCE_KUBERNETES:-1.36.0}}
BIN=$CACHE/kubernetes-$VERSION/bin
SRC=$CACHE/build/kubernetes-$VERSION
PROGRAMS=("$@")
[ $# -gt 0 ] || PROGRAMS=(kubeadm kubectl kube-apiserver)

source_tree() {
  need_go
  copy_module "k8s.io/kubernetes@v$VERSION" "$SRC.part"
  # the released module lacks the staging folder that its go.mod points to; the same code is published as modules of their own
  rm -f "$SRC.part"/go.work*
  sed -i -E "s#=> ./staging/src/k8s.io/([^ ]+)#=> k8s.io/\1 v0.${VERSION#*.}#" "$SRC.part/go.mod"
  rm -rf "$SRC"
  mv "$SRC.part" "$SRC"
}

program() {
  local v flags='-s -w' minor=${VERSION#*.}
  for v in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
    flags+=" -X $v.gitVersion=v$VERSION -X $v.gitMajor=${VERSION%%.*} -X $v.gitMinor=${minor%.*} -X $v.gitTreeState=clean"
  done
  cd "$SRC"
  CGO_ENABLED=0 GOFLAGS='-mod=mod -buildvcs=false' nice -n 10 go build -trimpath -ldflags "$flags" -o "$BIN/$1.part" "./cmd/$1"
  mv "$BIN/$1.part" "$BIN/$1"
}

build() {
  mkdir -p "$BIN"
  local p
  for p in "${PROGRAMS[@]}"; do
    [ -x "$BIN/$p" ] && continue
    [ -d "$SRC" ] || step "kubernetes $VERSION source" source_tree
    step "$p $VERSION" program "$p"
  done
}

# what is there needs no lock: another run may be building something else for long
for p in "${PROGRAMS[@]}"; do [ -x "$BIN/$p" ] || { one_at_a_time kubernetes build && break; }; done
echo "KUBERNETES_BIN=$BIN"
