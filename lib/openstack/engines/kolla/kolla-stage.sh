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
# With a vault, the passwords are on this host only while they are used, and never on a disk.
vault=$config/vault.json
in_memory=${STRATA_KOLLA_RUN:-/run}/strata-kolla
vault_passwords() { in_venv python "$here/vault-passwords.py" "$1" "$2" "$vault" "$home/vault-token" | sed "/^WARNING: '.*' not found in Vault$/d"; }
kolla() {
  local -a passwords=()
  if [ -e "$vault" ]; then
    install -d -m 700 "$in_memory"
    trap 'rm -rf "$in_memory"' EXIT
    cp "$(cat "$home/venv")/share/kolla-ansible/etc_examples/kolla/passwords.yml" "$in_memory/passwords.yml"
    vault_passwords read "$in_memory/passwords.yml"
    passwords=(--passwords "$in_memory/passwords.yml")
  fi
  in_venv kolla-ansible "$1" --configdir "$config" -i "$inventory" "${passwords[@]}" "${@:2}"
}

plan() { in_venv python "$here/deploy-plan.py" "$1" "$home/deployed.json" "$home/placed.json"; }

# files <folder of what was copied here> [retired host,...]: puts the configuration in place and removes what an earlier one had more. What must not be
# done to a live cloud is refused here, before anything is changed.
stage_files() {
  local from=$1
  if [ -e "$home/deployed.json" ]; then
    in_venv python "$here/deploy-plan.py" check "$home/deployed.json" "$from/files.json" "${2:-}" | tee -a "$home/manual-removals"
    check_retired "$from/files.json"
  fi
  if [ -n "$upgrade_from" ]; then prepare_upgrade; fi
  mkdir -p "$config" "$HOME/.ssh"
  chmod 700 "$HOME/.ssh"
  if [ -e "$from/key" ]; then install -m 600 "$from/key" "$HOME/.ssh/strata-kolla"; fi
  if [ -e "$from/vault-token" ]; then install -m 600 "$from/vault-token" "$home/vault-token"; fi
  if [ -e "$from/vault-ca" ]; then install -m 600 "$from/vault-ca" "$home/vault-ca"; fi
  python3 "$here/place-files.py" "$from/files.json" "$config" "$home/placed-files"
  cp "$from/files.json" "$home/placed.json"
  if [ -d "$from/ceph" ]; then
    mkdir -p "$config/config"
    cp -r "$from/ceph/." "$config/config/"
  fi
  if [ -d "$from/ironic" ]; then
    mkdir -p "$config/config/ironic"
    cp "$from/ironic/ironic-agent.kernel" "$from/ironic/ironic-agent.initramfs" "$config/config/ironic/"
  fi
}

container_engine() { in_venv python -c 'import sys, yaml; print(yaml.safe_load(open(sys.argv[1])).get("kolla_container_engine", "docker"))' "$config/globals.yml"; }

# Hosts that are said to be retired are: the cloud itself is asked. Before a control host goes, the others must carry the database and the message queue.
check_retired() {
  local -a gone control
  read -ra gone < <(in_venv python "$here/deploy-plan.py" removed "$home/deployed.json" "$1")
  if [ ${#gone[@]} = 0 ]; then return 0; fi
  read -ra control < <(in_venv python "$here/deploy-plan.py" removed-control "$home/deployed.json" "$1")
  in_venv python "$here/retired-host.py" "$config/clouds.yaml" kolla-admin-internal "${gone[@]}"
  if [ ${#control[@]} = 0 ]; then return 0; fi
  in_venv python "$here/control-health.py" "$home/deployed.json" "$HOME/.ssh/strata-kolla" "${control[@]}"
}

# With the release that is deployed, its environment and its configuration: a copy of the configuration and of the database.
prepare_upgrade() {
  local copy=$home/before-$release
  if [ -e "$copy/complete" ]; then return; fi
  say "OpenStack $upgrade_from is upgraded to $release: the configuration is copied to $copy, the database is backed up"
  rm -rf "$copy"
  mkdir -m 700 "$copy"
  cp -a "$config" "$copy/kolla"
  kolla mariadb-backup --full
  touch "$copy/complete"
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

# verify [ceph]: the hosts together, as verify-cloud.py tells
stage_verify() {
  in_venv python "$here/verify-cloud.py" "$config/verification.json" "$HOME/.ssh/strata-kolla" ${1:+"$config/config"}
}

# passwords: makes those that are missing. They stay here, or go into the vault and are nowhere else.
stage_passwords() {
  local example folder=$config
  example=$(cat "$home/venv")/share/kolla-ansible/etc_examples/kolla/passwords.yml
  if [ -e "$vault" ]; then
    folder=$in_memory
    install -d -m 700 "$folder"
    trap 'rm -rf "$in_memory"' EXIT
  fi
  rm -f "$folder/passwords.new" "$folder/passwords.merged"
  cp "$example" "$folder/passwords.new"
  if [ -e "$vault" ]; then vault_passwords read "$folder/passwords.new"; fi
  if [ -e "$config/passwords.yml" ]; then
    in_venv kolla-mergepwd --old "$config/passwords.yml" --new "$folder/passwords.new" --final "$folder/passwords.merged"
  else
    cp "$folder/passwords.new" "$folder/passwords.merged"
  fi
  in_venv kolla-genpwd -p "$folder/passwords.merged"
  chmod 600 "$folder/passwords.merged"
  if [ -e "$vault" ]; then
    vault_passwords write "$folder/passwords.merged"
    rm -f "$config/passwords.yml"
  else
    mv "$folder/passwords.merged" "$config/passwords.yml"
  fi
  rm -f "$folder/passwords.new"
}

# certificates [tls] [octavia] renewal=<word that this run is known by>
stage_certificates() {
  local which
  for which in "$@"; do
    case $which in
      tls) kolla certificates ;;
      octavia) kolla octavia-certificates ;;
      renewal=*) printf '%s\n' "${which#renewal=}" >"$home/renewal" ;;
      *) die "unknown certificates: $which" ;;
    esac
  done
  if renew_certificates && [ -e "$deployed" ] && [ -z "$upgrade_from" ]; then kolla reconfigure; fi
  note_certificates
}

# Certificates of one year are made anew from 60 days before their end on. The CA, which whoever talks to the cloud has to be given anew, from 180 days.
leaves() { printf '%s\n' "$config"/certificates/private/{external,internal,backend}/*.crt "$config/octavia-certificates/client_ca/client.cert.pem"; }
root=$config/certificates/private/root/root.crt
ends_within() { [ -e "$2" ] && ! openssl x509 -in "$2" -noout -checkend $(($1 * 24 * 3600)) >/dev/null; } # <days> <file>

# Kolla's plays take certificates for done as long as their files are there. True if any was made anew.
renew_certificates() {
  local file tls=0 octavia=0
  if ends_within 180 "$root"; then
    say "the CA $root ends within 180 days and is made anew with the same key: what it has signed stays good"
    mv "$root" "$root.before"
    tls=1
  fi
  while read -r file; do
    ends_within 60 "$file" || continue
    say "the certificate $file ends within 60 days and is made anew"
    mv "$file" "$file.before"
    case $file in
      */client.cert.pem)
        # the new one has the name of the old one
        echo 'unique_subject = no' >"${file%/*}/index.txt.attr"
        octavia=1
        ;;
      *) tls=1 ;;
    esac
  done < <(leaves)
  if [ $tls = 1 ]; then kolla certificates || die 'the certificates could not be made anew'; fi
  if [ $octavia = 1 ]; then kolla octavia-certificates || die "Octavia's client certificate could not be made anew"; fi
  [ $tls = 1 ] || [ $octavia = 1 ]
}

# For the machine that runs Terraform: from when on certificates are to be made anew, and the word of the last run of their stage.
note_certificates() {
  local file days end from first=
  while read -r file; do
    [ -e "$file" ] || continue
    days=60
    if [ "$file" = "$root" ]; then days=180; fi
    end=$(date -u -d "$(openssl x509 -in "$file" -noout -enddate | cut -d= -f2)" +%s)
    from=$((end - days * 24 * 3600))
    if [ -z "$first" ] || [ "$from" -lt "$first" ]; then first=$from; fi
  done < <(leaves && echo "$root")
  if [ -z "$first" ]; then return 0; fi
  printf '{"renewFrom": "%s", "renewal": "%s"}\n' "$(date -u -d "@$first" +%Y-%m-%dT%H:%M:%SZ)" "$(cat "$home/renewal" 2>/dev/null)" >"$home/certificates.json"
}

# volume-group <name>: on every storage host, from its own disks
stage_volume-group() {
  in_venv ansible -i "$inventory" storage -m ansible.builtin.script -a "$here/volume-group.sh $1 {{ strata_block_devices | join(' ') }}"
}

# ceph: the cloud's own cluster, and what Kolla needs of it in its overlay
stage_ceph() { in_venv python "$here/ceph-cluster.py" "$config/ceph.json" "$HOME/.ssh/strata-kolla" "$config/config"; }

stage_bootstrap-servers() {
  local -a what=(bootstrap-servers)
  # a new release prepares all hosts; else those that are new, since it may restart the container engine
  if [ -z "$upgrade_from" ]; then read -ra what < <(plan bootstrap); fi
  kolla "${what[@]}"
}
stage_prechecks() { kolla prechecks "$@"; }
stage_pull() { kolla pull; }
stage_deploy() {
  local -a what=(upgrade)
  if [ -z "$upgrade_from" ]; then read -ra what < <(plan deploy); fi
  if renew_certificates && [ -e "$deployed" ] && [ -z "$upgrade_from" ]; then what=(reconfigure); fi
  note_certificates
  say "kolla-ansible ${what[*]}"
  kolla "${what[@]}"
  cp "$home/placed.json" "$home/deployed.json.new"
  mv "$home/deployed.json.new" "$home/deployed.json"
  printf '%s\n' "$release" >"$deployed.new"
  mv "$deployed.new" "$deployed"
}
stage_post-deploy() { kolla post-deploy; }

# hand-over <folder>: clouds.yaml, whose entries name the CA as <folder>/ca.crt, and the CA, as an archive on the standard output. Never run by
# run-stage.sh, which would write it into a log.
stage_hand-over() { in_venv python "$here/hand-over.py" "$config/clouds.yaml" "$1" "$home/certificates.json"; }

# destroy-cloud: Kolla's own end of a cloud. Machines that are still there are somebody's.
stage_destroy-cloud() {
  local engine machines
  engine=$(container_engine)
  machines=$(in_venv ansible -i "$inventory" compute --one-line --become -m ansible.builtin.shell \
    -a "$engine inspect nova_libvirt >/dev/null 2>&1 || exit 0; $engine exec nova_libvirt virsh list --all --name | sed 's/^./machine &/'") ||
    die "the compute hosts could not be asked for their machines, and the cloud is left as it is: $machines"
  if grep -q 'machine ' <<<"$machines"; then
    say "$(grep 'machine ' <<<"$machines")"
    die 'there are still machines on these hosts: delete them first, or take them elsewhere; the cloud is left as it is'
  fi
  kolla destroy --yes-i-really-really-mean-it
  rm -f "$deployed" "$home/deployed.json" "$home/placed.json"
  say "the cloud is gone from its hosts; what was its configuration, passwords included, is in $config on this host"
}

release=$1 stage=$2
shift 2
declare -F "stage_$stage" >/dev/null || die "unknown stage: $stage"
# Kolla upgrades a cloud by steps of its own, from the release before, or from one SLURP release to the next. Anything else would break its databases.
upgrade_from=
if [ -e "$deployed" ] && [ "$(cat "$deployed")" != "$release" ]; then
  upgrade_from=$(cat "$deployed")
  case "$upgrade_from $release" in
    '2025.1 2025.2' | '2025.1 2026.1' | '2025.2 2026.1') ;;
    *) die "this cloud runs OpenStack $upgrade_from, which can't become $release in one step; set the release back to $upgrade_from" ;;
  esac
fi
"stage_$stage" "$@"
