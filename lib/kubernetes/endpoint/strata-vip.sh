#!/usr/bin/env bash
# Holds the address of the cluster's API on one of its control planes, by keepalived: on one whose own API is ready.
#
# strata-vip.sh        makes the configuration from what this machine was told and becomes keepalived
# strata-vip.sh check  whether the API of this machine is ready; keepalived asks it
#
# The control planes speak VRRP with each other's fixed addresses (unicast: Neutron forwards no multicast), and no password: the ports' rules let nobody else
# speak it, and it has none of its own any more (RFC 5798, section 9). No preemption: the address moves only when its holder is not ready any more. Later slots
# have the higher priority, since an earlier one, until it is rolled, doesn't know those that were added after it and tells them nothing: it has to give way.
set -euo pipefail

ETC=/etc/strata
RUN=/run/strata-vip
PKI=/etc/kubernetes/pki
SELF=$(readlink -f "${BASH_SOURCE[0]}")

say() { echo "strata-vip: $*"; }

load_settings() {
  # shellcheck source=/dev/null
  . "$ETC/cluster.env"
  # shellcheck source=/dev/null
  . "$ETC/slot.env"
  # shellcheck source=/dev/null
  . "$ETC/vip.env"
  # how long an API that doesn't answer keeps the address, about: two checks that fail
  TAKEOVER=${STRATA_TAKEOVER:-10}
}

check() {
  curl -sf -o /dev/null --noproxy '*' --connect-timeout $((TAKEOVER / 5)) --max-time $((TAKEOVER * 2 / 5)) --cacert "$PKI/ca.crt" \
    --resolve "$STRATA_ENDPOINT:$STRATA_PORT:$STRATA_ADDRESS" "https://$STRATA_ENDPOINT:$STRATA_PORT/readyz"
}

interface() { ip -o addr show to "$STRATA_ADDRESS" | sed -n '1s/^[0-9]*: \([^ ]*\).*/\1/p'; }

configuration() { # <interface>
  local peers version=2 bits=32
  peers=$(tr ' ' '\n' <<<"$STRATA_PEERS" | grep -vx "$STRATA_ADDRESS" || true)
  if [[ $STRATA_VIP == *:* ]]; then version=3 bits=128; fi
  # One that is alone would speak multicast, and not hear those that are added later.
  peers=${peers:-$STRATA_VIP}
  cat <<CONF
global_defs {
  router_id $STRATA_NODE
  vrrp_version $version
  script_user root
  enable_script_security
  vrrp_garp_master_refresh 30
}
vrrp_script api {
  script "$SELF check"
  interval $((TAKEOVER * 3 / 10))
  timeout $((TAKEOVER / 2))
  rise 2
  fall 2
  init_fail
}
vrrp_instance api {
  state BACKUP
  nopreempt
  interface $1
  virtual_router_id $STRATA_VRID
  priority $((100 + ${STRATA_NODE##*-}))
  advert_int 1
CONF
  echo "  unicast_src_ip $STRATA_ADDRESS"
  echo '  unicast_peer {'
  while read -r peer; do echo "    $peer"; done <<<"$peers"
  echo '  }'
  cat <<CONF
  virtual_ipaddress {
    $STRATA_VIP/$bits dev $1
  }
  track_script {
    api
  }
}
CONF
}

# An image that was made for this has it; from the distribution's mirrors otherwise.
need_keepalived() {
  local attempt
  if command -v keepalived >/dev/null; then return; fi
  for attempt in 1 2 3 4 5; do
    say "keepalived is not in this image: installing it (attempt $attempt)"
    if apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -q -y install --no-install-recommends keepalived; then return; fi
    sleep 20
  done
  say 'STOPPED: keepalived could not be installed; put it into the node image, or give the nodes a way to their mirror' >&2
  exit 1
}

main() {
  local device
  load_settings
  if [[ ${1:-} == check ]]; then
    check
    return
  fi
  need_keepalived
  device=$(interface)
  if [[ -z $device ]]; then
    say "STOPPED: no interface of this server has the address $STRATA_ADDRESS yet" >&2
    exit 1
  fi
  install -d -m 700 "$RUN"
  (umask 077 && configuration "$device" >"$RUN/keepalived.conf")
  keepalived --config-test --use-file "$RUN/keepalived.conf"
  exec keepalived --dont-fork --log-console --vrrp --use-file "$RUN/keepalived.conf" --pid "$RUN/keepalived.pid" --vrrp_pid "$RUN/vrrp.pid"
}

if [[ ${BASH_SOURCE[0]} == "$0" ]]; then main "$@"; fi
