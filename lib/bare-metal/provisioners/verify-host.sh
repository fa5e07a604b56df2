#!/usr/bin/env bash
# Compares a host with what its inventory says: verify-host.sh <file of expectations> <name of the host> <time where Terraform runs, as 2026-01-31T23:59:59Z>
#
# A line of the file is an expectation: a word for what it is about, then its values, divided by blanks. Each is looked at, whatever became of those
# before it, and each that isn't met is told with what was expected, what was found and what to do. The exit code is 1 if there was any.
# Nothing is changed, except that the kvm module is loaded where the CPU can do it and /dev/kvm is missing.
# Needs bash, coreutils, grep, util-linux and iproute2, which every installation of Debian, Ubuntu and Rocky has.
set -u
export LC_ALL=C PATH=$PATH:/usr/sbin:/sbin
host=$2
# seconds by which this host's clock is ahead, a few more for the way here
ahead=$(($(date +%s) - $(date -d "$3" +%s)))
looked_at=0 defects=0

# ok <what> <found>
ok() {
  looked_at=$((looked_at + 1))
  echo "host $host: ok: $1: $2"
}

# defect <what> <expected> <found> <fix>
defect() {
  looked_at=$((looked_at + 1)) defects=$((defects + 1))
  echo "host $host: DEFECT: $1: expected $2, found $3; $4"
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo -n "$@"; fi
}

check_tools() {
  local tool missing=()
  for tool in grep ip lsblk nproc readlink; do
    command -v "$tool" >/dev/null || missing+=("$tool")
  done
  [ ${#missing[@]} -eq 0 ] || defect tools "the programs grep, ip, lsblk, nproc and readlink" "no ${missing[*]}" "install the packages coreutils, util-linux and iproute2"
}

check_sudo() {
  local said
  if said=$(as_root true 2>&1); then
    ok sudo "$(id -un) becomes root without a password"
  else
    defect sudo "$(id -un) to become root without a password" "${said:-a refusal}" "add '$(id -un) ALL=(ALL) NOPASSWD: ALL' to a file in /etc/sudoers.d"
  fi
}

# check_os <ID> <VERSION_ID>
check_os() {
  local id version
  # shellcheck source=/dev/null
  id=$(. /etc/os-release && echo "${ID:-}")
  # shellcheck source=/dev/null
  version=$(. /etc/os-release && echo "${VERSION_ID:-}")
  case "$id $version" in
  "$1 $2" | "$1 $2".*) ok "operating system" "$id $version" ;;
  *) defect "operating system" "$1 $2" "$id $version" "reinstall the host, or correct os in the inventory" ;;
  esac
}

# check_cpu <threads>
check_cpu() {
  local found
  found=$(nproc --all)
  if [ "$found" -ge "$1" ]; then
    ok "CPU threads" "$found"
  else
    defect "CPU threads" "at least $1" "$found" "look whether the firmware has hyper-threading or a socket switched off, or correct cpuThreads in the inventory"
  fi
}

# check_memory <least MiB that the kernel shows> <MiB installed>
check_memory() {
  local found
  found=$(($(grep -oE '^MemTotal: +[0-9]+' /proc/meminfo | grep -oE '[0-9]+') / 1024))
  if [ "$found" -ge "$1" ]; then
    ok memory "$found MiB"
  else
    defect memory "$2 MiB, of which the kernel would show at least $1" "$found MiB" "look for a module that is missing or has failed, or correct memory in the inventory"
  fi
}

# check_numa <nodes>
check_numa() {
  local nodes=(/sys/devices/system/node/node[0-9]*) found=1
  [ ! -e "${nodes[0]}" ] || found=${#nodes[@]}
  if [ "$found" -ge "$1" ]; then
    ok "NUMA nodes" "$found"
  else
    defect "NUMA nodes" "at least $1" "$found" "switch node interleaving off in the firmware, or correct numaNodes in the inventory"
  fi
}

# check_architecture <machine>
check_architecture() {
  local found
  found=$(uname -m)
  if [ "$found" = "$1" ]; then
    ok architecture "$found"
  else
    defect architecture "$1" "$found" "correct architecture in the inventory, or look whether this is the host that it should be"
  fi
}

# check_sockets <number>
check_sockets() {
  local found
  found=$(cat /sys/devices/system/cpu/cpu[0-9]*/topology/physical_package_id 2>/dev/null | sort -u | grep -c .)
  if [ "$found" -eq "$1" ]; then
    ok "CPU sockets" "$found"
  else
    defect "CPU sockets" "$1" "$found" "look for a CPU that the firmware has switched off, or correct cpuSockets in the inventory"
  fi
}

# check_threads_per_core <number>
check_threads_per_core() {
  local found
  found=$(cpu_count "$(cat /sys/devices/system/cpu/cpu0/topology/thread_siblings_list 2>/dev/null || echo 0)")
  if [ "$found" -eq "$1" ]; then
    ok "threads of each core" "$found"
  else
    defect "threads of each core" "$1" "$found" "switch hyper-threading (SMT) on or off in the firmware, or correct threadsPerCore in the inventory"
  fi
}

# cpu_count <list of CPUs>: how many there are in 0-3,8
cpu_count() {
  local range count=0
  for range in ${1//,/ }; do
    count=$((count + ${range##*-} - ${range%%-*} + 1))
  done
  echo "$count"
}

# check_numa_cpus <node> <list of CPUs>
check_numa_cpus() {
  local found
  found=$(cat "/sys/devices/system/node/node$1/cpulist" 2>/dev/null || echo none)
  if [ "$found" = "$2" ]; then
    ok "threads of NUMA node $1" "$found"
  else
    defect "threads of NUMA node $1" "$2" "$found" "correct numa in the inventory to what 'lscpu' says, and the CPU sets of the KVM profile with it"
  fi
}

# check_boot <uefi|uefi-secure-boot|bios>
check_boot() {
  local found=bios variable=(/sys/firmware/efi/efivars/SecureBoot-*)
  [ ! -d /sys/firmware/efi ] || found=uefi
  # the last byte of the variable is the answer
  [ ! -e "${variable[0]}" ] || [ "$(od -An -tu1 "${variable[0]}" 2>/dev/null | grep -oE '[0-9]+ *$' | tr -d ' ')" != 1 ] || found=uefi-secure-boot
  if [ "$found" = "$1" ]; then
    ok "boot mode" "$found"
  else
    defect "boot mode" "$1" "$found" "change it in the firmware, which may take an installation anew, or correct bootMode in the inventory"
  fi
}

check_kvm() {
  local flag module
  flag=$(grep -m1 -E '^flags' /proc/cpuinfo | grep -owE 'vmx|svm' | head -n1)
  case $flag in
  vmx)
    module=kvm_intel
    ok "CPU virtualisation" "vmx (Intel VT-x)"
    ;;
  svm)
    module=kvm_amd
    ok "CPU virtualisation" "svm (AMD-V)"
    ;;
  *)
    defect "CPU virtualisation" "the CPU flag vmx or svm on a compute host" "neither" "switch VT-x or AMD-V (SVM) on in the firmware, or take the role compute from the host"
    ;;
  esac
  [ -c /dev/kvm ] || [ -z "${module:-}" ] || as_root modprobe "$module" >/dev/null 2>&1
  if [ -c /dev/kvm ]; then
    ok /dev/kvm "there"
  else
    defect /dev/kvm "the device on a compute host" "no such device" "switch virtualisation on in the firmware and see what 'modprobe ${module:-kvm}' and 'dmesg' say"
  fi
}

declare -A disk_names=()

# check_disk <device> <GiB> <role>
check_disk() {
  local device bytes gib used
  device=$(readlink -f "$1")
  if [ ! -b "$device" ]; then
    defect "disk $1" "a block device" "none of that name" "choose one of: $(lsblk -dnro NAME,SIZE,TYPE | grep -E 'disk|raid' | tr ' \n' '/,' | sed 's/,$//')"
    return
  fi
  if [ -n "${disk_names[$device]:-}" ]; then
    defect "disk $1" "a disk of its own" "$device, which is ${disk_names[$device]} too" "give each disk once in the inventory"
    return
  fi
  disk_names[$device]=$1
  bytes=$(lsblk -bdnro SIZE "$device")
  gib=$((bytes / 1024 / 1024 / 1024))
  if [ "$gib" -ge "$2" ]; then
    ok "disk $1" "$gib GiB"
  else
    defect "disk $1" "at least $2 GiB" "$gib GiB ($((bytes / 1000000000)) GB)" "correct its size in the inventory; makers count in GB, so a disk sold as 480 GB is 'size: 480GB'"
  fi
  [ "$3" = block-storage ] || return 0
  used=$(lsblk -nro MOUNTPOINT "$device" | grep -v '^$' | sort -u | tr '\n' ' ')
  if [ -z "$used" ]; then
    ok "disk $1" "not in use by the system"
  else
    defect "disk $1" "a disk for block storage that the system doesn't use" "mounted at ${used% }" "correct device or role of the disk in the inventory: what is on it would be lost"
  fi
}

# there <interface>: false, in silence, if it isn't there, since check_nic has told so
there() {
  [ -e "/sys/class/net/$1" ]
}

# check_nic <interface>
check_nic() {
  local all=(/sys/class/net/*)
  if there "$1"; then
    ok "interface $1" "there"
  else
    defect "interface $1" "an interface of that name" "none; there are ${all[*]##*/}" "correct its name in the inventory, or configure it (bond, VLAN) on the host"
  fi
}

# check_nic_mac <interface> <MAC>
check_nic_mac() {
  there "$1" || return 0
  local found
  # a member of a bond shows the bond's address, and its own here
  found=$(cat "/sys/class/net/$1/bonding_slave/perm_hwaddr" 2>/dev/null || cat "/sys/class/net/$1/address")
  if [ "$found" = "$2" ]; then
    ok "MAC address of $1" "$found"
  else
    defect "MAC address of $1" "$2" "$found" "correct mac in the inventory, or look whether this is the host that it should be"
  fi
}

# check_nic_mtu <interface> <MTU> [<networks>]
check_nic_mtu() {
  there "$1" || return 0
  local found what="MTU of $1${3:+ ($3)}"
  found=$(cat "/sys/class/net/$1/mtu")
  if [ "$found" -eq "$2" ]; then
    ok "$what" "$found"
  else
    defect "$what" "$2" "$found" "set it on the host, where its network is configured, and on the switch; or correct mtu in the inventory"
  fi
}

# check_nic_vlan <interface> <id>
check_nic_vlan() {
  there "$1" || return 0
  local found
  found=$(ip -details link show dev "$1" | grep -oE 'vlan protocol 802\.1Q id [0-9]+' | grep -oE '[0-9]+$')
  if [ "$found" = "$2" ]; then
    ok "VLAN of $1" "$found"
  else
    defect "VLAN of $1" "$2" "${found:-no VLAN interface}" "make the VLAN interface on the host, or leave vlan out of the network if the switch takes the tag away"
  fi
}

# check_nic_bond <interface> <member>...
check_nic_bond() {
  local nic=$1 expected found
  shift
  there "$nic" || return 0
  expected=$(printf '%s\n' "$@" | sort | tr '\n' ' ')
  found=$(tr ' ' '\n' 2>/dev/null <"/sys/class/net/$nic/bonding/slaves" | grep -v '^$' | sort | tr '\n' ' ')
  if [ "$found" = "$expected" ]; then
    ok "bond $nic" "${found% }"
  else
    defect "bond $nic" "a bond of ${expected% }" "${found:-no bond}" "configure the bond on the host, or correct bondOf in the inventory"
  fi
}

# check_nic_bond_mode <interface> <mode>
check_nic_bond_mode() {
  there "$1" || return 0
  local found
  found=$(cut -d' ' -f1 "/sys/class/net/$1/bonding/mode" 2>/dev/null)
  if [ "$found" = "$2" ]; then
    ok "mode of bond $1" "$found"
  else
    defect "mode of bond $1" "$2" "${found:-no bond}" "set it on the host and on the switch, or correct bondMode in the inventory"
  fi
}

# check_nic_up <interface> <networks>
check_nic_up() {
  there "$1" || return 0
  local found
  found=$(cat "/sys/class/net/$1/operstate")
  case $found in
  up | unknown) ok "link of $1 ($2)" "$found" ;;
  *) defect "link of $1 ($2)" "up" "$found" "look at cable and switch port, or set the interface up on the host" ;;
  esac
}

# addresses <interface>: with prefix lengths, without those that every link has
addresses() {
  ip -o address show dev "$1" scope global | grep -oE 'inet6? [^ ]+' | cut -d' ' -f2
}

# check_nic_address <interface> <address> [<prefix length>]
check_nic_address() {
  there "$1" || return 0
  local expected=$2${3:+/$3} found
  found=$(addresses "$1")
  # iproute2 compares, since an IPv6 address may be written in many ways
  if [ -n "$(ip -o address show dev "$1" to "$2" 2>/dev/null)" ] && { [ -z "${3:-}" ] || ip -o address show dev "$1" to "$2" | grep -qE "/$3( |$)"; }; then
    ok "address of $1" "$expected"
  else
    defect "address of $1" "$expected" "$(echo "${found:-none}" | tr '\n' ' ' | sed 's/ $//')" "set it on the host, where its network is configured, or correct address in the inventory"
  fi
}

# check_nic_no_address <interface>
check_nic_no_address() {
  there "$1" || return 0
  local found
  found=$(addresses "$1" | tr '\n' ' ')
  if [ -z "$found" ]; then
    ok "address of $1" "none, as a provider network's interface must be"
  else
    defect "address of $1" "none, since Neutron takes the interface of a provider network into its bridge" "${found% }" "take the address from the interface, or let another one carry the provider network"
  fi
}

check_time() {
  local leap
  if command -v chronyc >/dev/null && leap=$(chronyc -c tracking 2>/dev/null) && [ -n "$leap" ]; then
    # the last field is the leap status, the first the reference: 7F7F0101 is the host's own clock
    case "${leap##*,} ${leap%%,*}" in
    *"7F7F0101") defect clock "a clock that follows a time server" "chrony follows the host's own clock" "give chrony a server or pool that answers" ;;
    "Not synchronised"*) defect clock "a clock that follows a time server" "chrony isn't synchronised" "see 'chronyc sources', and whether UDP port 123 is open to them" ;;
    *) ok clock "synchronised (chrony)" ;;
    esac
  elif [ "$(timedatectl show --property=NTPSynchronized --value 2>/dev/null)" = yes ]; then
    ok clock "synchronised (timedatectl)"
  else
    defect clock "a clock that follows a time server" "neither chrony nor systemd says that it is synchronised" "install chrony or switch systemd-timesyncd on, with a time server that answers"
  fi
}

check_skew() {
  if [ "${ahead#-}" -le 30 ]; then
    ok "time of day" "$ahead s from the machine that runs Terraform"
  else
    defect "time of day" "at most 30 s from the machine that runs Terraform" "${ahead#-} s $([ "$ahead" -gt 0 ] && echo ahead of it || echo behind it)" "set the clock that is wrong; if the other hosts have the same defect, it is that machine's"
  fi
}

check_tools
check_sudo
while read -r -a words; do
  set -- "${words[@]:1}"
  case ${words[0]:-} in
  '') ;;
  os) check_os "$@" ;;
  cpu) check_cpu "$@" ;;
  memory) check_memory "$@" ;;
  architecture) check_architecture "$@" ;;
  sockets) check_sockets "$@" ;;
  threads-per-core) check_threads_per_core "$@" ;;
  numa) check_numa "$@" ;;
  numa-cpus) check_numa_cpus "$@" ;;
  boot) check_boot "$@" ;;
  kvm) check_kvm ;;
  disk) check_disk "$@" ;;
  nic) check_nic "$@" ;;
  nic-bond-mode) check_nic_bond_mode "$@" ;;
  nic-mac) check_nic_mac "$@" ;;
  nic-mtu) check_nic_mtu "$@" ;;
  nic-vlan) check_nic_vlan "$@" ;;
  nic-bond) check_nic_bond "$@" ;;
  nic-up) check_nic_up "$@" ;;
  nic-address) check_nic_address "$@" ;;
  nic-no-address) check_nic_no_address "$@" ;;
  time)
    check_time
    check_skew
    ;;
  *) defect "expectation '${words[0]}'" "one that this script knows" "none" "use the script and the expectations of one version of the library" ;;
  esac
done <"$1"

if [ "$defects" -gt 0 ]; then
  echo "host $host: $defects of $looked_at expectations are not met"
  exit 1
fi
echo "host $host: all $looked_at expectations are met"
