#!/usr/bin/env bash
# ceph-host.sh <what> [argument...]: a storage host's part of a Ceph cluster by cephadm, as root. ceph-cluster.py sends it there.
#
#   prepare                                          cephadm and LVM are there; says the name by which Ceph knows this host
#   bootstrap <address> <network> <image or ''>      the first monitor and manager, once
#   key                                              the public key by which the cluster reaches its hosts
#   authorize <key in base64>                        lets the cluster in, as root
#   apply <specification in base64>                  hosts, monitors, managers and OSDs, as 'ceph orch apply' takes them
#   ceph <argument...>                               that command, in the cluster's own container
#
# No disk is wiped: Ceph takes those that have nothing on them.
set -euo pipefail
export LC_ALL=C.UTF-8
config=${STRATA_CEPH_CONFIG:-/etc/ceph}

die() {
  echo "strata: $*" >&2
  exit 1
}
# It tells on the standard error what it infers.
ceph() { cephadm shell -- ceph "$@"; }

prepare() {
  if ! command -v cephadm >/dev/null || ! command -v pvs >/dev/null; then
    if command -v apt-get >/dev/null; then
      DEBIAN_FRONTEND=noninteractive apt-get install -y -qq -o DPkg::Lock::Timeout=600 --no-install-recommends cephadm lvm2 >/dev/null
    else
      dnf install -y -q centos-release-ceph-squid >/dev/null
      dnf install -y -q cephadm lvm2 >/dev/null
    fi
  fi
  command -v docker >/dev/null || command -v podman >/dev/null || die 'there is neither docker nor podman on this host'
  hostname
}

bootstrap() {
  local -a options=(--mon-ip "$1" --skip-dashboard --skip-monitoring-stack --skip-firewalld --allow-fqdn-hostname)
  if [ -e "$config/ceph.conf" ]; then
    timeout 120 cephadm shell -- ceph fsid >/dev/null ||
      die "$config/ceph.conf is there and its cluster doesn't answer. See 'cephadm ls'; what is left of a cluster that was never finished goes by 'cephadm rm-cluster --force --fsid <fsid>' and removing $config/ceph.conf"
    return
  fi
  cephadm ${3:+--image "$3"} bootstrap "${options[@]}" >&2
  ceph config set mon public_network "$2" >&2
}

authorize() {
  local key
  key=$(base64 -d <<<"$1")
  install -d -m 700 "$HOME/.ssh"
  touch "$HOME/.ssh/authorized_keys"
  chmod 600 "$HOME/.ssh/authorized_keys"
  grep -qxF "$key" "$HOME/.ssh/authorized_keys" || printf '%s\n' "$key" >>"$HOME/.ssh/authorized_keys"
}

what=$1
shift
case $what in
prepare) prepare ;;
bootstrap) bootstrap "$@" ;;
key) cat "$config/ceph.pub" ;;
authorize) authorize "$1" ;;
apply) base64 -d <<<"$1" | ceph orch apply -i - ;;
ceph) ceph "$@" ;;
*) die "unknown: $what" ;;
esac
