#!/usr/bin/env bash
# Writes every Secret anew that stands in etcd otherwise than API servers write Secrets now: after another key has become the first one on every slot, and before
# the former is taken away. The boot program runs it on each new server, so that the last slot does it; it may be run by hand at any time on any control-plane node, be
# cut at any point and run again: what is done already is not done again.
#
# How Secrets are written now is not believed but tried, by every API server. A Secret that somebody changes meanwhile is never overwritten. It ends well only if
# etcd holds no Secret under another key.
set -euo pipefail
# shellcheck source=strata-common.sh
. "${BASH_SOURCE[0]%/*}/strata-common.sh"

not_yet() { # <why>
  if [[ $FROM_BOOT == yes ]]; then
    say "$1: the slot that comes last looks after Secrets under former keys"
    exit 0
  fi
  stop "$1. Nothing was changed; run this again when every slot has been rolled and is ready"
}

main() {
  local address rc=0 servers=()
  FROM_BOOT=no
  load_settings
  if [[ ${1:-} == --from-boot ]]; then
    FROM_BOOT=yes # it holds the lock, and has minted the credentials
  else
    # shellcheck disable=SC2153  # from cluster.env
    if [[ $STRATA_ROLE != control-plane || ! -e $STATE/settled ]]; then stop 'this is no control-plane node that has come to its end: see strata-boot'; fi
    lock 60
    render
    compose_ours
    mint_credentials
  fi
  know_peers || not_yet 'etcd here does not tell who the other slots are'
  for address in $STRATA_ADDRESS $STRATA_PEERS; do
    case "$(probe "$address") $FROM_BOOT" in
      'ready '*) servers+=("$address") ;;
      'silent no') warn "nobody answers at $address; if a slot comes back there that was not rolled since, run this again" ;;
      *) not_yet "the API server at $address is not ready, and may write Secrets with a former key" ;;
    esac
  done
  trap 'rm -f "$RUN/reencrypt.pem"' EXIT
  (
    umask 077
    sed -n 's/^ *client-\(certificate\|key\)-data: //p' "$RUN/super-admin.conf" | while read -r data; do base64 -d <<<"$data"; done >"$RUN/reencrypt.pem"
  )
  python3 "${BASH_SOURCE[0]%/*}/strata-secrets.py" rewrite "$KUBERNETES/pki" "${servers[@]}" -- "$RUN/reencrypt.pem" "$STRATA_ENDPOINT" "$STRATA_PORT" || rc=$?
  case $rc in
    0) ;;
    3) not_yet 'not every slot has been rolled' ;;
    *) stop 'not every Secret is written anew: see above. The former key must stay in security.encryptionKeys until this has been run again and ends well' ;;
  esac
}

main "$@"
