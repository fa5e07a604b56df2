#!/usr/bin/env bash
# Runs a program as on a node: in the node's network namespace, with the node's own folders in place of this machine's.
#
# run-on-node.sh <folder of the node> <network namespace> <program and arguments>
set -euo pipefail
node=$1 namespace=$2
shift 2
folders=(/etc/strata /etc/kubernetes /var/lib/kubelet /var/lib/strata /var/lib/cloud /var/log/kubernetes /run/strata)
mkdir -p /var/lib/etcd
for folder in "${folders[@]}"; do mkdir -p "$folder" "$node$folder"; done
mkdir -p "$node/etc"
if [[ ! -e $node/etc/resolv.conf ]]; then echo 'nameserver 198.51.100.53' >"$node/etc/resolv.conf"; fi
if [[ ! -e $node/etc/hosts ]]; then echo '127.0.0.1 localhost' >"$node/etc/hosts"; fi
export NODE=$node NAMESPACE=$namespace PATH=$node/bin:$PATH
# shellcheck disable=SC2016  # for the inner shell
exec ip netns exec "$namespace" unshare -m bash -c '
  for folder in "$@"; do
    if [[ $folder == -- ]]; then break; fi
    /usr/bin/mount --bind "$NODE$folder" "$folder"
    shift
  done
  shift
  for file in /etc/hosts /etc/resolv.conf; do /usr/bin/mount --bind "$NODE$file" "$file"; done
  exec "$@"' node "${folders[@]}" -- "$@"
