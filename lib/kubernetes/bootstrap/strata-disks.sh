# shellcheck shell=bash
# How the programs of a node find a volume among its disks. Sourced, never run.
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
