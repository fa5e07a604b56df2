#!/usr/bin/env bash
# Builds helm, and fetches the charts of cloud-provider-openstack out of the Go module that they are released with.
# Prints HELM, the program, and CPO_CHARTS, a folder with a folder for each chart version: 2.36.0/openstack-cinder-csi …
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
VERSION=3.17.0
BIN=$CACHE/helm-$VERSION
CHARTS=$CACHE/cloud-provider-openstack-charts

program() {
  local src=$CACHE/build/helm-$VERSION
  need_go
  [ -d "$src" ] || copy_module "helm.sh/helm/v3@v$VERSION" "$src"
  cd "$src" || die "$src is not there"
  CGO_ENABLED=0 GOFLAGS='-mod=mod -buildvcs=false' nice -n 10 go build -trimpath -ldflags '-s -w' -o "$BIN.part" ./cmd/helm
  mv "$BIN.part" "$BIN"
}

# The cloud controller's chart takes one template, standard labels, from a library chart that can't be had: this stands in for it.
labels() {
  local to=$1/charts/common version
  version=$(sed -n '/name: common/,/version:/s/^ *version: *//p' "$1/Chart.yaml")
  mkdir -p "$to/templates"
  printf 'apiVersion: v2\nname: common\ntype: library\nversion: %s\n' "$version" >"$to/Chart.yaml"
  cat >"$to/templates/_labels.tpl" <<'END'
{{- define "common.labels.standard" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}
END
}

# charts <version of the module> <version of the charts>
charts() {
  local src=$CACHE/build/cloud-provider-openstack-$1
  need_go
  [ -d "$src" ] || copy_module "k8s.io/cloud-provider-openstack@v$1" "$src"
  mkdir -p "$CHARTS/$2.part"
  local chart name
  for chart in "$src"/charts/*/; do
    name=$(sed -n 's/^name: *//p' "$chart/Chart.yaml")
    cp -r "$chart" "$CHARTS/$2.part/$name"
    if grep -q 'name: common' "$chart/Chart.yaml"; then labels "$CHARTS/$2.part/$name"; fi
  done
  rm -rf "$src"
  mv "$CHARTS/$2.part" "$CHARTS/$2"
}

build() {
  mkdir -p "$CHARTS"
  [ -x "$BIN" ] || step "helm $VERSION" program
  [ -d "$CHARTS/2.36.0" ] || step 'charts 2.36.0' charts 1.36.0 2.36.0
  [ -d "$CHARTS/2.35.0" ] || step 'charts 2.35.0' charts 1.35.0 2.35.0
  [ -d "$CHARTS/2.34.0" ] || step 'charts 2.34.0' charts 1.34.1 2.34.0
}

one_at_a_time helm build
echo "HELM=$BIN"
echo "CPO_CHARTS=$CHARTS"
