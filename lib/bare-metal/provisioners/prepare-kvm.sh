#!/usr/bin/env bash
# Prepares the KVM layer of a compute host: prepare-kvm.sh <file of settings> <name of the host>
#
# A line of the file is a setting: `nested 0|1`, `ksm 0|1`, `sysctl <name> <value>`. All of it takes effect at once and at every boot.
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

nested=0 ksm=0 sysctl=()
while read -r kind name value; do
  case $kind in
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

prepare_modules
prepare_ksm
[ ${#sysctl[@]} -eq 0 ] || prepare_sysctl
[ -c /dev/kvm ] || stop "/dev/kvm is not there though $module is loaded" "see 'dmesg'"
say "the KVM layer is prepared ($module, nested=$nested, ksm=$ksm)"
