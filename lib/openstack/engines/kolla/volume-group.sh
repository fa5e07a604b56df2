#!/usr/bin/env bash
# volume-group.sh <name> <device...>: an LVM volume group of exactly these disks or more. A disk that has anything on it is never touched.
set -euo pipefail
group=$1
shift

die() {
  echo "strata: $*" >&2
  exit 1
}

command -v pvs >/dev/null || {
  if command -v apt-get >/dev/null; then
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq -o DPkg::Lock::Timeout=600 lvm2
  else
    dnf install -y -q lvm2
  fi
}

for device in "$@"; do
  [ -b "$device" ] || die "$device is not a block device of this host"
  owner=$(pvs --noheadings -o vg_name "$device" 2>/dev/null | tr -d ' ') && [ -n "$owner" ] || owner=
  if [ "$owner" = "$group" ]; then continue; fi
  [ -z "$owner" ] || die "$device belongs to the volume group $owner; take it out of there, or out of the inventory"
  if ! pvs "$device" >/dev/null 2>&1; then
    [ "$(lsblk --noheadings --nodeps -o TYPE "$device")" != "" ] || die "$device can't be read"
    [ "$(lsblk --noheadings -o NAME "$device" | wc -l)" = 1 ] || die "$device has partitions or is in use; empty it, or take it out of the inventory"
    signatures=$(wipefs --noheadings --no-act "$device")
    [ -z "$signatures" ] || die "$device is not empty ($(echo "$signatures" | tr -s ' \n' ' ')); run wipefs --all on it if nothing there is needed"
    pvcreate --yes "$device" >/dev/null
  fi
  if vgs "$group" >/dev/null 2>&1; then vgextend "$group" "$device"; else vgcreate "$group" "$device"; fi
done
vgs "$group" >/dev/null
