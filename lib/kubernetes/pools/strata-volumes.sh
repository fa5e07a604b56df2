#!/usr/bin/env bash
# Mounts this server's further volumes before anything of Kubernetes starts. systemd runs it at every boot; it may be run at any time and cut at any point.
#
# A volume is found by its id, which Nova's metadata tells: an absent disk is waited for, then it stops; absent is never blank. A blank one gets its file
# system and what its mount point has in it so far (images that came with the server, under /var/lib/containerd).
set -euo pipefail
# shellcheck source=../bootstrap/strata-disks.sh
. "${BASH_SOURCE[0]%/*}/strata-disks.sh"

LIST=/etc/strata/volumes        # what cloud-init wrote: "<name> <file system> <mount point>" a line
STATE=/var/lib/strata/volumes   # the ids, once they are known
STAGE=/run/strata-volumes       # where a new file system is filled
PATIENCE=900                    # seconds: volumes are attached once the server runs

say() { echo "strata-volumes: $*"; }
stop() {
  say "STOPPED: $*" >&2
  exit 1
}

# Nova's metadata of this server, as it was at its birth.
volume_id() { # <name>
  if [[ ! -s $STATE/$1 ]]; then
    cloud-init query ds.meta_data.meta |
      python3 -c 'import json, sys; print(json.load(sys.stdin)["strata-volume-" + sys.argv[1]])' "$1" >"$STATE/$1.new"
    mv "$STATE/$1.new" "$STATE/$1"
  fi
  cat "$STATE/$1"
}

wait_for_disk() { # <name> <volume id>
  local waited=0
  until disk_of "$2"; do
    if ((waited >= PATIENCE)); then stop "the volume $2 ($1) is not attached after $waited s"; fi
    if ((waited % 60 == 0)); then say "waiting for the volume $2 ($1)" >&2; fi
    sleep 5
    waited=$((waited + 5))
  done
}

# Filled before it is mounted where it belongs: a half-filled one still has its mark, and is made again.
fill() { # <device> <file system> <mount point>
  case $2 in
    ext4) mkfs.ext4 -q -F "$1" ;;
    xfs) mkfs.xfs -q -f "$1" ;;
  esac
  mkdir -p "$STAGE" "$3"
  mount "$1" "$STAGE"
  touch "$STAGE/.strata-unfinished"
  sync "$STAGE"
  cp -a "$3/." "$STAGE/"
  sync
  rm "$STAGE/.strata-unfinished"
  umount "$STAGE"
}

is_unfinished() { # <device>
  local unfinished=1
  mkdir -p "$STAGE"
  mount -o ro "$1" "$STAGE" || return 1
  if [[ -e $STAGE/.strata-unfinished ]]; then unfinished=0; fi
  umount "$STAGE"
  return "$unfinished"
}

# While it is mounted, and used.
grow() { # <file system> <mount point>
  case $1 in
    ext4) resize2fs "$(findmnt -n -o SOURCE -M "$2")" >/dev/null 2>&1 ;;
    xfs) xfs_growfs "$2" >/dev/null 2>&1 ;;
  esac || say "the file system at $2 could not be grown to its volume's size"
}

mount_volume() { # <name> <file system> <mount point>
  local id device content
  if mountpoint -q "$3"; then
    grow "$2" "$3"
    return
  fi
  id=$(volume_id "$1")
  device=$(wait_for_disk "$1" "$id")
  content=$(content_of "$device")
  if [[ $content == unreadable ]]; then
    stop "the volume $id ($1, $device) can't be read, so it is not touched: see the kernel's messages, repair it in Cinder, then reboot this server"
  fi
  if [[ $content == blank ]] || { [[ $content == "$2" ]] && is_unfinished "$device"; }; then
    say "the volume $id ($1) is new: making a file system ($2) for $3"
    fill "$device" "$2" "$3"
  elif [[ $content != "$2" ]]; then
    stop "the volume $id ($1, $device) is to be a file system $2, but holds ${content:-a signature without a type}: it is not touched"
  fi
  mkdir -p "$3"
  mount -o noatime "$device" "$3"
  grow "$2" "$3"
  say "the volume $id ($1) is at $3"
}

main() {
  local name type path containerd=no
  if mountpoint -q "$STAGE"; then umount "$STAGE"; fi # it was cut while it filled one
  install -d -m 700 "$STATE"
  # Not before there is a node: nothing but images is in use yet.
  if grep -q ' /var/lib/containerd$' "$LIST" && ! mountpoint -q /var/lib/containerd && systemctl is-active -q containerd; then
    containerd=yes
    systemctl stop containerd
  fi
  while read -r name type path; do mount_volume "$name" "$type" "$path"; done <"$LIST"
  # systemd itself starts it after this program, if it is to be started at boot.
  if [[ $containerd == yes ]]; then systemctl start --no-block containerd; fi
}

if [[ ${BASH_SOURCE[0]} == "$0" ]]; then main "$@"; fi
