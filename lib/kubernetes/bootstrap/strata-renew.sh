#!/usr/bin/env bash
# Renews this control-plane node's certificates once two thirds of their life are over, and makes its programs use them. A timer runs it every day; it may
# be run at any time and cut at any point. One node at a time does it, under the lease, and only while every other API server is ready.
set -euo pipefail
# shellcheck source=strata-common.sh
. "${BASH_SOURCE[0]%/*}/strata-common.sh"

# CoreDNS and kube-proxy, if the last slot that was rolled could not ask every other one.
catch_up() {
  mint_credentials
  if [[ $(recorded addons) == $(version_at "$STRATA_ADDRESS" kube) ]]; then return; fi
  take_lease
  trap release_lease EXIT
  know_peers || stop 'etcd here does not tell its members'
  agree_on_configuration
  update_addons
  release_lease
  trap - EXIT
}

renew() {
  local address
  if [[ $(probe "$STRATA_ADDRESS") == ready ]]; then
    mint_credentials
    take_lease
    trap release_lease EXIT
    know_peers || stop 'etcd here does not tell its members'
    for address in $STRATA_PEERS; do
      if [[ $(probe "$address") != ready ]]; then stop "the API server at $address is not ready: renewing here as well would be one too many. It is tried again"; fi
    done
  else
    warn 'the API here is not ready: what is down anyway is renewed without the lease'
  fi
  touch "$STATE/renewing" # until what runs has them: after a cut, none of the new ones is due
  renew_certificates
  revive_kubelet
  stop_static_pods
  systemctl start kubelet
  wait_ready
  mint_credentials
  release_lease # of a run that was cut as well; before the mark, after which nobody would
  trap - EXIT
  rm -f "$STATE/renewing"
  say "renewed; the first of them ends $(first_end)"
}

main() {
  load_settings
  # shellcheck disable=SC2153  # from cluster.env
  if [[ $STRATA_ROLE != control-plane || ! -e $STATE/settled ]]; then return; fi
  lock 1800
  render
  compose_ours
  # kubeadm does it at birth, if the kubelet's first own certificate was there by then.
  if grep -q client-certificate-data "$KUBERNETES/kubelet.conf" && [[ -e /var/lib/kubelet/pki/kubelet-client-current.pem ]]; then
    say 'the kubelet has a certificate that renews itself: it uses that one from now on'
    init_phase kubelet-finalize all
  fi
  if [[ -e $STATE/renewing ]] || certificates_due; then renew; fi
  # Last: what can't be caught up with must not keep certificates from being renewed.
  if [[ $(probe "$STRATA_ADDRESS") == ready ]]; then catch_up; fi
}

main "$@"
