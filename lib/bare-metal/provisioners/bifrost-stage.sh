#!/usr/bin/env bash
# What the stages of Bifrost do, on the deployment host, as root. run-stage.sh starts it, detached.
#
#   bifrost-stage.sh <stage> [argument...]
#
# Kolla-Ansible's plays run Bifrost in a container of this host. Its configuration lies apart from that of the cloud, which may be deployed from here, too.
set -euo pipefail
export HOME=${HOME:-/root} LC_ALL=C.UTF-8 ANSIBLE_NOCOLOR=1 ANSIBLE_FORCE_COLOR=0
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
home=$(dirname "$here")
config=$home/config
# Where Kolla puts what its containers read.
generated=/etc/kolla/bifrost
umask 077

say() { echo "strata: $*"; }
die() {
  say "$*" >&2
  exit 1
}

in_venv() {
  local venv
  venv=$(cat "$home/venv") || die 'there is no environment of Kolla-Ansible on this host'
  PATH="$venv/bin:$PATH" VIRTUAL_ENV=$venv "$venv/bin/$1" "${@:2}"
}
kolla() { in_venv kolla-ansible "$1" --configdir "$config" -i "$config/inventory.yml" "${@:2}"; }

# files <folder of what was copied here>
stage_files() { python3 "$here/place-files.py" "$1/files.json" "$config" "$home/placed-files"; }

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

stage_bootstrap-servers() { kolla bootstrap-servers; }

# deploy-bifrost <version of kolla-ansible>
stage_deploy-bifrost() {
  local what=deploy-bifrost
  # the container of another release takes the place of the one that runs
  if [ -e "$home/deployed-version" ] && [ "$(cat "$home/deployed-version")" != "$1" ]; then what=upgrade-bifrost; fi
  kolla "$what"
  printf '%s\n' "$1" >"$home/deployed-version"
}

# What Bifrost's Ironic knows: name and state of each node, as JSON.
nodes() {
  local engine=docker
  command -v docker >/dev/null || engine=podman
  "$engine" exec bifrost_deploy bash -c 'OS_CLOUD=bifrost baremetal node list --fields name provision_state -f json'
}

# deploy-servers: installs those that aren't deployed yet. Bifrost is never told of the others, so that it can't do anything to them.
stage_deploy-servers() {
  nodes >"$home/nodes.json"
  python3 "$here/bifrost-servers.py" select "$config/servers.json" "$home/bmc.json" "$home/nodes.json" "$generated/servers.yml" || {
    [ $? = 3 ] || exit 1
    say 'every host is deployed already'
    return
  }
  kolla deploy-servers
  nodes >"$home/nodes.json"
  python3 "$here/bifrost-servers.py" check "$config/servers.json" "$home/nodes.json"
}

stage=$1
shift
declare -F "stage_$stage" >/dev/null || die "unknown stage: $stage"
"stage_$stage" "$@"
