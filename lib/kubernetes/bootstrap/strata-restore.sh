#!/usr/bin/env bash
# Makes this node the only member of the cluster again that a snapshot of etcd holds. For a cluster that is lost; it needs no API.
#
#   strata-restore.sh <snapshot>
#
# The other control-plane nodes must be off, and stay off until this is done: then they join. What etcd's data was here is kept on the volume, and so is what
# was set aside before. A run that was cut is run again.
set -euo pipefail
# shellcheck source=strata-boot.sh
. "${BASH_SOURCE[0]%/*}/strata-boot.sh"

# etcd's own tool: the machine's, or the one in etcd's image, which needs no Kubernetes.
etcdutl_here() {
  if command -v etcdutl >/dev/null; then
    etcdutl "$@"
    return
  fi
  local image
  image=$(kubeadm config images list --config "$RUN/kubeadm.yaml" 2>/dev/null | grep /etcd:)
  crictl pull "$image" >/dev/null || warn "$image can't be pulled; it may be here already"
  ctr -n k8s.io run --rm --mount "type=bind,src=$ETCD_MOUNT,dst=$ETCD_MOUNT,options=rbind:rw" "$image" "strata-restore-$$" etcdutl "$@"
}

# The snapshot's copy, its database, and two write-ahead logs of 64 MiB with as much again.
check_room() { # <snapshot>
  local need free
  need=$((2 * $(stat -c %s "$1") + (256 << 20)))
  free=$(free_on "$ETCD_MOUNT")
  if ((free < need)); then
    stop "a restore needs $(mib "$need") on etcd's volume, $(mib "$free") are free, and it deletes nothing. Nothing was restored: take away what you need no more" \
      "in $ETCD_MOUNT (aside-*, before-restore-*, snapshots), or give controlPlane.etcdVolume.sizeGib more"
  fi
}

put_data() { # <snapshot> <its mark>
  local snapshot=$ETCD_MOUNT/restore.db new=$ETCD_MOUNT/restore.new url
  url=https://$(in_url "$STRATA_ADDRESS"):2380
  cp "$1" "$snapshot"
  # Clients that watched the lost cluster must not take this one's past for its future: hence the higher revision.
  etcdutl_here snapshot restore "$snapshot" --data-dir "$new" --name "$STRATA_NODE" --initial-cluster "$STRATA_NODE=$url" \
    --initial-advertise-peer-urls "$url" --initial-cluster-token "strata-$(date +%s)" --bump-revision 1000000000 --mark-compacted
  echo "$2" >"$new/restored-from"
  sync -f "$new"
  spend_right # between the two next commands there is no data
  if [[ -e $ETCD_DATA ]]; then set_data_aside before-restore; fi
  mv "$new" "$ETCD_DATA"
  rm -f "$snapshot"
}

restore() { # <snapshot>
  local _ address mark had=
  verify_snapshot "$1"
  know_peers || say 'no etcd tells who the members are: the other control-plane nodes are those that were there when this server was made'
  for address in $STRATA_PEERS; do
    if listens "$address" 2379 || listens "$address" "$STRATA_PORT"; then
      stop "the control-plane node at $address is up: with it there would be two clusters. Shut the others down first"
    fi
  done
  rm -rf "$ETCD_MOUNT"/restore.{new,db} # of a run that was cut
  # A run that was cut after it had put the data here goes on: what is here then is no lost cluster's, and nothing to be kept.
  mark=$(tail -c 32 "$1" | sha256sum)
  if [[ -e $ETCD_DATA/restored-from ]]; then had=$(cat "$ETCD_DATA/restored-from"); fi
  if [[ $had != "$mark" ]]; then check_room "$1"; fi
  clear_node
  # Those that joined since are behind the API's address.
  for _ in 1 2 3 4 5; do
    if [[ $(probe "$STRATA_VIP") != silent ]]; then
      stop "the API answers at $STRATA_VIP while this node is down: another control-plane node is up. Nothing was restored; shut the others down first, or start this node again by strata-boot"
    fi
  done
  if [[ $had != "$mark" ]]; then put_data "$1" "$mark"; fi
  start_local
  settle
}

start_boot() {
  exec 9>&- # the lock
  systemctl start --no-block strata-boot.service || true
}

main() {
  local kept
  if (($# != 1)); then stop "usage: $0 <snapshot>, for example the newest in $SNAPSHOTS"; fi
  load_settings
  if [[ $STRATA_ROLE != control-plane ]]; then stop 'this is no control-plane node'; fi
  # Without a quorum, these hold the lock for as long as they wait for one. The boot program comes back in any case, for what it does at the end of a boot.
  trap start_boot EXIT
  systemctl stop strata-boot.service strata-renew.service
  lock 60
  mount_etcd_volume
  if [[ ! -e $1 ]]; then stop "there is no file $1"; fi
  drop_torn_files
  render
  compose_ours
  CONFIGURATION=ours
  restore "$1"
  kept=$(compgen -G "$ETCD_MOUNT/before-restore-*" | tr '\n' ' ') || true
  if [[ -n $kept ]]; then say "what was here before is kept, delete it when you need it no more: $kept"; fi
  say "the cluster of $1 is back, with this member alone; start the other control-plane nodes now, one after the other: they join"
}

main "$@"
