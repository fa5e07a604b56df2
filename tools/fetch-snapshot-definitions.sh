#!/usr/bin/env bash
# Writes the CustomResourceDefinitions of VolumeSnapshot into a folder, out of the Go module that kubernetes-csi releases them with (Apache License 2.0).
# Each says that it stays when its release goes; nothing else is changed. Run it with another version, then raise the chart's and the controller's.
#   tools/fetch-snapshot-definitions.sh [folder]
set -euo pipefail
VERSION=8.4.0
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
TO=${1:-$HERE/../lib/kubernetes/addons/volume-snapshots/definitions-chart/files}
MODULE=$(cd / && GOFLAGS=-mod=mod go mod download -json "github.com/kubernetes-csi/external-snapshotter/client/v8@v$VERSION" |
  python3 -c 'import json, sys; print(json.load(sys.stdin)["Dir"])')
mkdir -p "$TO"
for kind in volumesnapshotclasses volumesnapshotcontents volumesnapshots; do
  name=snapshot.storage.k8s.io_$kind.yaml
  {
    echo "# github.com/kubernetes-csi/external-snapshotter/client/v8 $VERSION, Apache License 2.0"
    sed -e '/^---$/d' -e 's/^  annotations:$/&\n    helm.sh\/resource-policy: keep/' "$MODULE/config/crd/$name"
  } >"$TO/$name"
  grep -q 'helm.sh/resource-policy: keep' "$TO/$name"
done
