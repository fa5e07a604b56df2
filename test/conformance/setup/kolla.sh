#!/usr/bin/env bash
# Kolla-Ansible and ansible-core in a virtual environment for each release that the library knows.
# Prints KOLLA_2026_1, KOLLA_2025_2, KOLLA_2025_1: the environments' folders. The packaged inventories, group_vars and roles
# are under share/kolla-ansible/ansible there, ansible-inventory under bin. Galaxy collections are not installed.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

environment() { # environment <folder> <version of kolla-ansible>
  rm -rf "$1" # a virtual environment knows its own path: it is made in place, and counts once the mark is there
  /usr/bin/python3 -m venv "$1"
  "$1/bin/pip" install --quiet --no-input --disable-pip-version-check "kolla-ansible==$2" ansible-core
  test -f "$1/share/kolla-ansible/ansible/inventory/multinode"
  "$1/bin/ansible-inventory" --version
  touch "$1/complete"
}

build() {
  local pair series version dir
  for pair in 2026.1=22.2.0 2025.2=21.2.0 2025.1=20.5.0; do
    series=${pair%=*} version=${pair#*=} dir=$CACHE/kolla-ansible-${pair#*=}
    [ -e "$dir/complete" ] || step "kolla-ansible $version" environment "$dir" "$version"
    echo "KOLLA_${series//./_}=$dir"
  done
}

/usr/bin/python3 -c 'import ensurepip' 2>/dev/null || apt_install 'package python3-venv' python3-venv
one_at_a_time kolla build
