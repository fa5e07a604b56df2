#!/usr/bin/env bash
# Prepares the KVM layer of a compute host: prepare-kvm.sh <file of settings> <name of the host>
#
# A line of the file is a setting: `nested 0|1`, `ksm 0|1`, `sysctl <name> <value>`, `iommu 1`, `kernel <argument>`,
# `hugepages <KiB of a page> all|<NUMA node> <pages>`, `sriov <interface> <virtual functions>`. All of it takes effect at once and at every boot, except for
# the kernel's command line: where that has to change, the host is told to be rebooted, and never is by this script.
# It may run any number of times: what is as it should be is left alone, and every change is told.
set -euo pipefail
export LC_ALL=C PATH=$PATH:/usr/sbin:/sbin
host=$2

say() {
  echo "host $host: $*"
}

# stop <what is wrong> <fix>
stop() {
  say "DEFECT: $1; $2"
  exit 1
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo -n "$@"; fi
}

# write <file> <text>: true if that changed the file
write() {
  if [ "$(as_root cat "$1" 2>/dev/null || true)" = "$2" ]; then return 1; fi
  as_root mkdir -p "${1%/*}"
  printf '%s\n' "$2" | as_root tee "$1" >/dev/null
  as_root chmod 644 "$1"
  say "changed: $1"
}

# switched <0|1|Y|N>: 0 or 1
switched() {
  case $1 in Y | y | 1) echo 1 ;; *) echo 0 ;; esac
}

nested=0 ksm=0 iommu=0 sysctl=() kernel=() hugepages=() sriov=()
while read -r kind name value; do
  case $kind in
  iommu) iommu=$name ;;
  kernel) kernel+=("$name") ;;
  hugepages) hugepages+=("$name $value") ;;
  sriov) sriov+=("$name $value") ;;
  nested) nested=$name ;;
  ksm) ksm=$name ;;
  sysctl) sysctl+=("$name = $value") ;;
  esac
done <"$1"

case $(grep -m1 -E '^flags' /proc/cpuinfo | grep -owE 'vmx|svm' | head -n1 || true) in
vmx) module=kvm_intel ;;
svm) module=kvm_amd ;;
*) stop 'the CPU has neither vmx nor svm' 'switch VT-x or AMD-V (SVM) on in the firmware' ;;
esac

prepare_modules() {
  local parameter=/sys/module/$module/parameters/nested
  write /etc/modprobe.d/strata-kvm.conf "options $module nested=$nested" || true
  write /etc/modules-load.d/strata-kvm.conf "$module"$'\nvhost_net' || true
  as_root modprobe "$module" || stop "modprobe $module failed" "see 'dmesg': virtualisation may be switched off in the firmware"
  as_root modprobe vhost_net || stop 'modprobe vhost_net failed' 'install the modules of the running kernel'
  [ -e "$parameter" ] || return 0
  if [ "$(switched "$(cat "$parameter")")" != "$nested" ]; then
    # the option is read when the module is loaded, and it can't be unloaded under a running machine
    if as_root modprobe -r "$module" 2>/dev/null && as_root modprobe "$module"; then
      say "changed: $module was loaded again with nested=$nested"
    elif [ "$nested" = 1 ]; then
      as_root modprobe "$module" 2>/dev/null || true
      stop "nested virtualisation can't be switched on while $module is in use" 'move or stop the machines on this host, reboot it and apply again'
    else
      as_root modprobe "$module" 2>/dev/null || true
      say "note: nested virtualisation stays on until the next reboot, since $module is in use"
    fi
  fi
}

prepare_ksm() {
  local run=/sys/kernel/mm/ksm/run service
  [ -e "$run" ] || return 0
  write /etc/tmpfiles.d/strata-ksm.conf "w $run - - - - $ksm" || true
  if [ "$ksm" = 0 ] && [ -d /run/systemd/system ]; then
    for service in ksmtuned ksm; do
      # it would switch KSM on again
      if systemctl is-enabled --quiet "$service" 2>/dev/null; then
        as_root systemctl disable --now --quiet "$service"
        say "changed: the service $service is switched off"
      fi
    done
  fi
  case "$ksm $(cat "$run")" in
  '1 1' | '0 0' | '0 2') ;;
  '1 '*)
    echo 1 | as_root tee "$run" >/dev/null
    say 'changed: equal memory pages are merged'
    ;;
  *)
    # 2 also parts the pages that are merged already
    echo 2 | as_root tee "$run" >/dev/null
    say 'changed: equal memory pages are merged no longer'
    ;;
  esac
}

prepare_sysctl() {
  local file=/etc/sysctl.d/60-strata-kvm.conf
  write "$file" "$(printf '%s\n' "${sysctl[@]}")" || true
  as_root sysctl --quiet --load "$file" || stop 'a kernel setting was refused' 'correct sysctl in the KVM profile'
}

# The kernel's command line. What was written here once and isn't wanted any more is taken away.
prepare_kernel() {
  local argument missing=() kept=/etc/strata-kvm.kernel former
  if [ "$iommu" = 1 ]; then
    # AMD's is on by itself
    [ "$module" != kvm_intel ] || kernel+=(intel_iommu=on)
    kernel+=(iommu=pt)
  fi
  former=$(as_root cat "$kept" 2>/dev/null || true)
  [ "$former" != "${kernel[*]-}" ] || [ ${#kernel[@]} -gt 0 ] || return 0
  if command -v update-grub >/dev/null; then
    # shellcheck disable=SC2016 # the boot loader expands it
    if write /etc/default/grub.d/60-strata-kvm.cfg "$(printf 'GRUB_CMDLINE_LINUX="$GRUB_CMDLINE_LINUX %s"' "${kernel[*]-}")"; then
      as_root update-grub >/dev/null 2>&1 || stop 'update-grub failed' "see what it says on the host"
    fi
  elif command -v grubby >/dev/null; then
    if [ "$former" != "${kernel[*]-}" ]; then
      [ -z "$former" ] || as_root grubby --update-kernel=ALL --remove-args="$former"
      [ ${#kernel[@]} -eq 0 ] || as_root grubby --update-kernel=ALL --args="${kernel[*]}"
      say "changed: arguments of the kernel"
    fi
  else
    stop 'neither update-grub nor grubby is there' "put these on the kernel's command line by hand: ${kernel[*]-}"
  fi
  write "$kept" "${kernel[*]-}" || true
  for argument in ${kernel[@]+"${kernel[@]}"}; do
    grep -qF -- " $argument " <<<" $(cat /proc/cmdline) " || missing+=("$argument")
  done
  if [ ${#missing[@]} -gt 0 ]; then
    stop "the kernel runs without ${missing[*]}" 'reboot the host and apply again'
  fi
}

prepare_iommu() {
  local groups=(/sys/kernel/iommu_groups/*)
  [ -e "${groups[0]}" ] || stop 'the IOMMU is off though the kernel was told to use it' 'switch VT-d or AMD-Vi on in the firmware'
}

# What an earlier profile had and this one hasn't is given back.
release_hugepages() {
  local kept=/etc/tmpfiles.d/strata-hugepages.conf file
  [ -e "$kept" ] || return 0
  while read -r _ file _; do
    grep -qF " $file " <<<"${1-}" || [ ! -e "$file" ] || [ "$(cat "$file")" = 0 ] || {
      echo 0 | as_root tee "$file" >/dev/null
      say "changed: no huge pages in $file"
    }
  done <"$kept"
  [ -n "${1-}" ] || as_root rm -f "$kept"
}

prepare_hugepages() {
  local request size node count nodes=() file lines=() found
  for request in "${hugepages[@]}"; do
    read -r size node count <<<"$request"
    nodes=("/sys/devices/system/node/node$node")
    [ "$node" != all ] || nodes=(/sys/devices/system/node/node[0-9]*)
    for node in "${nodes[@]}"; do
      file=$node/hugepages/hugepages-${size}kB/nr_hugepages
      [ -e "$file" ] || stop "huge pages of $size KiB are not to be had on ${node##*/}" 'correct hugePages in the KVM profile'
      lines+=("w $file - - - - $count")
      [ "$(cat "$file")" != "$count" ] || continue
      echo "$count" | as_root tee "$file" >/dev/null
      found=$(cat "$file")
      write_lines /etc/tmpfiles.d/strata-hugepages.conf "${lines[@]}"
      [ "$found" = "$count" ] ||
        stop "${node##*/} gave only $found of $count huge pages of $size KiB" 'memory is in use or in pieces: reboot the host, which sets them aside at once, and apply again'
      say "changed: $count huge pages of $size KiB on ${node##*/}"
    done
  done
  release_hugepages "$(printf '%s\n' "${lines[@]}")"
  write_lines /etc/tmpfiles.d/strata-hugepages.conf "${lines[@]}"
}

# write_lines <file> <line>...
write_lines() {
  local file=$1
  shift
  write "$file" "$(printf '%s\n' "$@")" || true
}

prepare_sriov() {
  local request port count file lines=()
  for request in "${sriov[@]}"; do
    read -r port count <<<"$request"
    file=/sys/class/net/$port/device/sriov_numvfs
    [ -e "$file" ] || stop "the interface $port has no virtual functions to give" 'switch SR-IOV on in the firmware, or correct sriov in the KVM profile'
    [ "$(cat "${file%numvfs}totalvfs")" -ge "$count" ] ||
      stop "$port gives $(cat "${file%numvfs}totalvfs") virtual functions at most, not $count" 'lower virtualFunctions in the KVM profile'
    lines+=("ACTION==\"add\", SUBSYSTEM==\"net\", KERNEL==\"$port\", ATTR{device/sriov_numvfs}=\"$count\"")
    case $(cat "$file") in
    "$count") ;;
    0)
      echo "$count" | as_root tee "$file" >/dev/null
      say "changed: $port has $count virtual functions"
      ;;
    *) stop "$port has $(cat "$file") virtual functions, and the number can't change while machines may use them" "empty the host, 'echo 0 > $file', and apply again" ;;
    esac
  done
  write_lines /etc/udev/rules.d/70-strata-sriov.rules "${lines[@]}"
}

# Virtual functions stay until the next reboot: machines may use them.
release_sriov() {
  local kept=/etc/udev/rules.d/70-strata-sriov.rules
  [ -e "$kept" ] || return 0
  as_root rm -f "$kept"
  say "changed: $kept is gone; the virtual functions stay until the next reboot"
}

prepare_kernel
[ "$iommu" = 0 ] || prepare_iommu
prepare_modules
prepare_ksm
[ ${#sysctl[@]} -eq 0 ] || prepare_sysctl
if [ ${#hugepages[@]} -gt 0 ]; then prepare_hugepages; else release_hugepages; fi
if [ ${#sriov[@]} -gt 0 ]; then prepare_sriov; else release_sriov; fi
[ -c /dev/kvm ] || stop "/dev/kvm is not there though $module is loaded" "see 'dmesg'"
say "the KVM layer is prepared ($module, nested=$nested, ksm=$ksm)"
