# shellcheck shell=bash
# How the programs of a node find a volume among its disks, and what is on it. Sourced, never run.
DISKS=/dev/disk/by-id

# The disk whose serial is the volume's id; Nova gives virtio disks the first 20 characters, SCSI disks all of it.
disk_of() { # <volume id>
  local link
  for link in "$DISKS"/*"${1:0:20}"*; do
    if [[ -e $link && $link != *-part[0-9]* ]]; then
      readlink -f "$link"
      return
    fi
  done
  return 1
}

# Both ends, where signatures are, from the disk itself and not from the kernel's memory.
can_be_read() { # <device>
  local mebibytes
  mebibytes=$(($(blockdev --getsize64 "$1" 2>/dev/null || echo 0) >> 20))
  dd if="$1" of=/dev/null bs=1M count=1 iflag=direct status=none 2>/dev/null &&
    dd if="$1" of=/dev/null bs=1M skip=$((mebibytes - 1)) iflag=direct status=none 2>/dev/null
}

# What blkid finds nothing on may be a disk that it can't read: its status is the same. Only one that can be read, and has nothing after that either, is blank.
content_of() { # <device> [label of the file system that is ours] -> blank | unreadable | ours | the type of what is on it
  local found rc=0
  found=$(blkid -p -o export "$1" 2>/dev/null) || rc=$?
  if ((rc == 2)); then
    if ! can_be_read "$1"; then
      echo unreadable
      return
    fi
    rc=0
    found=$(blkid -p -o export "$1" 2>/dev/null) || rc=$?
  fi
  case $rc in
    2) echo blank ;;
    0) if [[ -n ${2:-} ]] && grep -qx "LABEL=$2" <<<"$found"; then echo ours; else sed -n 's/^\(TYPE\|PTTYPE\)=//p' <<<"$found" | head -n 1; fi ;;
    *) echo "something that blkid can't tell (status $rc)" ;;
  esac
}
