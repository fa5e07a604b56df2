#!/usr/bin/env bash
# Brings an enrolled Ironic node to where it can be deployed, or adopts it. Runs where Terraform runs, with python-ironicclient's `baremetal` and the
# credentials of its environment (OS_CLOUD, or OS_AUTH_TYPE and OS_ENDPOINT). It may be cut off at any point and run again.
#
# NODE: the node's uuid; NAME: its name; MODE: deploy or adopt; INSPECT: 0 or 1; RAID: Ironic's target_raid_config as JSON, or nothing;
# INSTANCE_INFO: Ironic's instance_info, a line `name=value` each; TIMEOUT: seconds for each step.
#
# A node that is deployed is never cleaned, inspected, or undeployed by this.
set -euo pipefail

say() { echo "node $NAME: $*"; }

stop() {
  say "DEFECT: $1; $2"
  exit 1
}

command -v baremetal >/dev/null || stop 'the program baremetal is not there' 'install python-ironicclient where Terraform runs'

field() { baremetal node show "$NODE" --fields "$1" -f value -c "$1"; }

state() { field provision_state; }

# go <verb> [argument...]: one step of Ironic's, waited for
go() {
  local verb=$1 from
  shift
  from=$(state)
  say "$verb, from '$from'"
  baremetal node "$verb" "$NODE" --wait "$TIMEOUT" "$@" || stop "'$verb' ended in '$(state)' ($(field last_error))" "see 'baremetal node show $NAME', mend what it says and apply again"
}

clean_raid() {
  local current file
  current=$(field target_raid_config | tr -d ' \n' | tr "'" '"')
  if [ "$current" = "$(tr -d ' \n' <<<"$RAID")" ] && [ "$(field raid_config | tr -d '{}\n ')" != "" ]; then
    say 'its RAID is made already'
    return
  fi
  file=$(mktemp)
  printf '%s' "$RAID" >"$file"
  baremetal node set "$NODE" --target-raid-config "$file"
  rm -f "$file"
  go clean --clean-steps '[{"interface": "raid", "step": "delete_configuration"}, {"interface": "raid", "step": "create_configuration"}]'
}

# What is deployed, or stands for it. The provider sends it along with the deployment in some versions only.
set_instance_info() {
  local line arguments=()
  while IFS= read -r line; do arguments+=(--instance-info "$line"); done <<<"$INSTANCE_INFO"
  if [ "$MODE" = adopt ]; then
    # an image must have a checksum; this one is of nothing
    arguments+=(--instance-info image_os_hash_algo=sha256 --instance-info "image_os_hash_value=$(sha256sum </dev/null | cut -d' ' -f1)")
  fi
  baremetal node set "$NODE" "${arguments[@]}"
}

case $(state) in
active | 'rescue' | 'service wait' | 'servicing')
  say "is $(state), and stays as it is"
  exit 0
  ;;
'enroll') go manage ;;
'inspect failed' | 'clean failed' | 'adopt failed') go manage ;;
'available')
  if [ "$MODE$RAID$INSPECT" = deploy0 ]; then
    set_instance_info
    exit 0
  fi
  go manage
  ;;
'manageable') ;;
*) stop "is in '$(state)', where nothing can be begun" 'wait until Ironic is done with it, or mend it, and apply again' ;;
esac

if [ "$MODE" = adopt ]; then
  set_instance_info
  go adopt
  say 'is adopted: Ironic has it as it is'
  exit 0
fi
[ "$INSPECT" = 0 ] || go inspect
[ -z "$RAID" ] || clean_raid
set_instance_info
go provide
say 'is available'
