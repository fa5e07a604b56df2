#!/usr/bin/env bash
# What the stages of a deployment by Kolla-Ansible do, on the deployment host, as root. run-stage.sh starts it, detached.
#
#   kolla-stage.sh <OpenStack series> <stage> [argument...]
set -euo pipefail
export HOME=${HOME:-/root} LC_ALL=C.UTF-8 ANSIBLE_NOCOLOR=1 ANSIBLE_FORCE_COLOR=0
home=${STRATA_KOLLA_HOME:-/var/lib/strata-kolla}
config=${KOLLA_CONFIG_PATH:-/etc/kolla}
inventory=$config/inventory.yml
# The series of the last deployment that succeeded.
deployed=$home/deployed-release
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
# Host keys are learnt at the first contact and must stay the same.
export ANSIBLE_SSH_COMMON_ARGS='-o StrictHostKeyChecking=accept-new' ANSIBLE_PIPELINING=1
umask 077

say() { echo "strata: $*"; }
die() {
  say "$*" >&2
  exit 1
}

in_venv() { # program of the environment that the last stage "environment" made
  local venv
  venv=$(cat "$home/venv") || die 'there is no environment of Kolla-Ansible on this host'
  PATH="$venv/bin:$PATH" VIRTUAL_ENV=$venv "$venv/bin/$1" "${@:2}"
}
kolla() { in_venv kolla-ansible "$1" --configdir "$config" -i "$inventory" "${@:2}"; }

# files <folder of what was copied here> <name of the key's file in it>: puts the configuration in place and removes what an earlier one had more.
stage_files() {
  local from=$1
  mkdir -p "$config" "$HOME/.ssh"
  chmod 700 "$HOME/.ssh"
  if [ -e "$from/key" ]; then install -m 600 "$from/key" "$HOME/.ssh/strata-kolla"; fi
  python3 "$here/place-files.py" "$from/files.json" "$config" "$home/placed-files"
  if [ -d "$from/ceph" ]; then
    mkdir -p "$config/config"
    cp -r "$from/ceph/." "$config/config/"
  fi
  if [ -d "$from/ironic" ]; then
    mkdir -p "$config/config/ironic"
    cp "$from/ironic/ironic-agent.kernel" "$from/ironic/ironic-agent.initramfs" "$config/config/ironic/"
  fi
}

# environment <version of kolla-ansible> <versions of ansible-core> <versions of Python>
stage_environment() {
  local venv=$home/kolla-ansible-$1
  if command -v apt-get >/dev/null; then
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    apt-get install -y -qq -o DPkg::Lock::Timeout=600 git gcc python3-dev python3-venv libffi-dev libssl-dev
  elif command -v dnf >/dev/null; then
    dnf install -y -q git gcc python3-devel python3-pip libffi-devel openssl-devel
  fi
  if [ ! -e "$venv/complete" ]; then
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --no-input --disable-pip-version-check --upgrade pip packaging
    "$venv/bin/python" - "$3" <<'PYTHON' || die "kolla-ansible $1 needs Python $3, this host has $(python3 --version)"
import platform, sys
from packaging.specifiers import SpecifierSet
sys.exit(platform.python_version() not in SpecifierSet(sys.argv[1]))
PYTHON
    "$venv/bin/pip" install --quiet --no-input --disable-pip-version-check "kolla-ansible==$1" "ansible-core$2"
    echo "$venv" >"$home/venv"
    in_venv kolla-ansible install-deps
    touch "$venv/complete"
  fi
  echo "$venv" >"$home/venv"
}

# passwords: makes those that are missing. They stay here.
stage_passwords() {
  local example
  example=$(cat "$home/venv")/share/kolla-ansible/etc_examples/kolla/passwords.yml
  rm -f "$config/passwords.new" "$config/passwords.merged"
  cp "$example" "$config/passwords.new"
  if [ -e "$config/passwords.yml" ]; then
    in_venv kolla-mergepwd --old "$config/passwords.yml" --new "$config/passwords.new" --final "$config/passwords.merged"
  else
    cp "$config/passwords.new" "$config/passwords.merged"
  fi
  in_venv kolla-genpwd -p "$config/passwords.merged"
  chmod 600 "$config/passwords.merged"
  mv "$config/passwords.merged" "$config/passwords.yml"
  rm -f "$config/passwords.new"
}

# certificates [tls] [octavia]
stage_certificates() {
  local which
  for which in "$@"; do
    case $which in
      tls) kolla certificates ;;
      octavia) kolla octavia-certificates ;;
      *) die "unknown certificates: $which" ;;
    esac
  done
}

# volume-group <name>: on every storage host, from its own disks
stage_volume-group() {
  in_venv ansible -i "$inventory" storage -m ansible.builtin.script -a "$here/volume-group.sh $1 {{ strata_block_devices | join(' ') }}"
}

stage_bootstrap-servers() { kolla bootstrap-servers; }
stage_prechecks() { kolla prechecks "$@"; }
stage_pull() { kolla pull; }
stage_deploy() {
  kolla deploy
  printf '%s\n' "$release" >"$deployed.new"
  mv "$deployed.new" "$deployed"
}
stage_post-deploy() { kolla post-deploy; }

# hand-over <folder>: clouds.yaml, whose entries name the CA as <folder>/ca.crt, and the CA, as an archive on the standard output. Never run by
# run-stage.sh, which would write it into a log.
stage_hand-over() { in_venv python "$here/hand-over.py" "$config/clouds.yaml" "$1"; }

release=$1 stage=$2
shift 2
declare -F "stage_$stage" >/dev/null || die "unknown stage: $stage"
# Kolla upgrades a cloud by steps of its own: a deployment of another series over a live one would break its databases.
if [ -e "$deployed" ] && [ "$(cat "$deployed")" != "$release" ]; then
  die "this cloud runs OpenStack $(cat "$deployed"), the program says $release; upgrades are not run by this engine yet: set the release back to $(cat "$deployed")"
fi
"stage_$stage" "$@"
