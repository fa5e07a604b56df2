#!/usr/bin/env bash
# Makes this machine a node of its cluster. systemd runs it at every boot; it may be run at any time and cut at any point.
#
# What it does on a control-plane node follows from what it finds, never from what it believes to have done before:
#
#   etcd's data   the cluster   our member   right to init   it does
#   there         answers       listed                       restart
#   there         answers       unlisted                     rejoin: the data is moved aside, then join
#   there         silent                                     restart: the cold start of a whole cluster
#   blank         answers                                    join
#   blank         silent                     yes             init
#   otherwise                                                wait, for a bounded time; then stop and say why
#
# There is never a second cluster: init needs the first etcd volume that the first slot ever had, blank, and silence everywhere.
set -euo pipefail

ETC=/etc/strata             # what cloud-init wrote
RUN=/run/strata             # this boot's own files; secrets among them, so in memory
STATE=/var/lib/strata       # what must outlive a reboot, but not the root disk
KUBERNETES=/etc/kubernetes
CA=$KUBERNETES/pki/ca.crt
ETCD_MOUNT=/var/lib/etcd    # the volume's file system
ETCD_DATA=$ETCD_MOUNT/data  # a subfolder: kubeadm refuses a folder with a lost+found in it
DISKS=/dev/disk/by-id
HOSTS=/etc/hosts
LABEL=strata-etcd
LEASE_SECONDS=1200          # longer than everything that is done while it is held
JOIN_SECONDS=800
# Left by an earlier attempt that was cut: not a reason to give up.
LEFTOVERS=DirAvailable--etc-kubernetes-manifests,FileAvailable--etc-kubernetes-bootstrap-kubelet.conf,FileAvailable--etc-kubernetes-kubelet.conf
LEFTOVERS+=,FileAvailable--etc-kubernetes-pki-ca.crt,Port-10250,Port-10257,Port-10259,Port-2379,Port-2380,Port-6443
for manifest in etcd kube-apiserver kube-controller-manager kube-scheduler; do
  LEFTOVERS+=,FileAvailable--etc-kubernetes-manifests-$manifest.yaml
done

say() { echo "strata-boot: $*"; }
stop() {
  say "STOPPED: $*" >&2
  exit 1
}

# --- what there is ---------------------------------------------------------------------------------------------------------------

# The disk whose serial is the volume's id; Nova gives virtio disks the first 20 characters, SCSI disks all of it.
disk_of() { # <volume id>
  local link
  for link in "$DISKS"/*"${1:0:20}"*; do
    if [[ -e $link && $link != *-part[0-9]* ]]; then
      readlink -f "$link"
      return
    fi
  done
  return 1
}

# A disk without any signature is blank. One that can't be read, or that holds what blkid can't tell apart, is not.
content_of() { # <device> -> blank | ours | the type of what is on it
  local found rc=0
  found=$(blkid -p -o export "$1" 2>/dev/null) || rc=$?
  case $rc in
    2) echo blank ;;
    0) if grep -qx "LABEL=$LABEL" <<<"$found"; then echo ours; else sed -n 's/^\(TYPE\|PTTYPE\)=//p' <<<"$found" | head -n 1; fi ;;
    *) echo "something that blkid can't tell (status $rc)" ;;
  esac
}

mount_etcd_volume() {
  local device content waited=0
  if mountpoint -q "$ETCD_MOUNT"; then return; fi
  until device=$(disk_of "$STRATA_ETCD_VOLUME"); do
    if ((waited >= STRATA_PATIENCE)); then
      stop "the etcd volume $STRATA_ETCD_VOLUME is not attached after $waited s; an absent disk is never taken for a blank one"
    fi
    if ((waited % 60 == 0)); then say "waiting for the etcd volume $STRATA_ETCD_VOLUME"; fi
    sleep 5
    waited=$((waited + 5))
  done
  content=$(content_of "$device")
  case $content in
    ours) ;;
    blank)
      say "the etcd volume $STRATA_ETCD_VOLUME ($device) is blank: making a file system"
      mkfs.ext4 -q -L "$LABEL" "$device"
      ;;
    *) stop "the volume $STRATA_ETCD_VOLUME ($device) is to be etcd's, but holds ${content:-a signature without a type}: it is not touched" ;;
  esac
  mkdir -p "$ETCD_MOUNT"
  mount -o noatime "$device" "$ETCD_MOUNT"
  chmod 700 "$ETCD_MOUNT"
  resize2fs "$device" >/dev/null 2>&1 || say "the file system could not be grown to its volume's size"
}

# etcd has data once it has a write-ahead log. It makes that folder under another name and renames it: all of it is there, or nothing.
has_data() { compgen -G "$ETCD_DATA/member/wal/*.wal" >/dev/null; }

# Asks an API server for its readiness, under the cluster's own CA.
probe() { # <address> -> ready | unready | silent
  local code
  code=$(curl -s -o /dev/null -w '%{http_code}' --noproxy '*' --connect-timeout 3 --max-time 10 --cacert "$CA" \
    --resolve "$STRATA_ENDPOINT:$STRATA_PORT:$1" "https://$STRATA_ENDPOINT:$STRATA_PORT/readyz") || true
  case $code in
    200) echo ready ;;
    000 | '') echo silent ;;
    *) echo unready ;;
  esac
}

listens() { timeout 3 bash -c "exec 3<>/dev/tcp/$1/$2" 2>/dev/null; } # <address> <port>

# An address at which the cluster's API is ready: a peer's, or the load balancer's. A worker has no peers.
find_api() {
  local address
  for address in $STRATA_PEERS $STRATA_VIP; do
    if [[ $(probe "$address") == ready ]]; then
      echo "$address"
      return
    fi
  done
  return 1
}

# Nobody answers, not even with an error, and no peer's etcd listens.
silent_everywhere() {
  local address
  for address in $STRATA_PEERS; do
    if listens "$address" "$STRATA_PORT" || listens "$address" 2379; then return 1; fi
  done
  [[ $(probe "$STRATA_VIP") == silent ]]
}

json() { python3 -c "import json, sys; d = json.load(sys.stdin); $1" "${@:2}"; }

# etcd's API as JSON, at the first peer that answers. It needs no program but curl.
etcd_call() { # <path> <request>
  local address
  for address in $STRATA_PEERS "$STRATA_ADDRESS"; do
    if curl -sf --noproxy '*' --connect-timeout 3 --max-time 15 --cacert "$KUBERNETES/pki/etcd/ca.crt" --data "$2" \
      --cert "$KUBERNETES/pki/apiserver-etcd-client.crt" --key "$KUBERNETES/pki/apiserver-etcd-client.key" "https://$address:2379/v3/cluster/member/$1"; then
      return
    fi
  done
  return 1
}

# Our member in etcd's list, found by its peer URL: "<id> voter", "<id> learner", or nothing. Fails if no etcd tells.
our_member() {
  local members
  members=$(etcd_call list '{}') || return 1
  json 'print("\n".join(m["ID"] + (" learner" if m.get("isLearner") else " voter") for m in d["members"] if sys.argv[1] in m.get("peerURLs", [])))' \
    "https://$STRATA_ADDRESS:2380" <<<"$members"
}

has_right_to_init() { [[ -n ${STRATA_INIT_VOLUME:-} && $STRATA_INIT_VOLUME == "$STRATA_ETCD_VOLUME" ]]; }

# --- what follows from it ----------------------------------------------------------------------------------------------------------

# The table above, and nothing else.
decide() { # <data: there|blank> <cluster: answers|unready|silent> <member: listed|unlisted|unknown> <right: yes|no>
  case "$1 $2 $3 $4" in
    'there answers listed '*) echo restart ;;
    'there answers unlisted '*) echo rejoin ;;
    'there silent '* | 'there unready '*) echo restart ;;
    'blank answers '*) echo join ;;
    'blank silent '*' yes') echo init ;;
    *) echo wait ;;
  esac
}

# --- what is done ------------------------------------------------------------------------------------------------------------------

# The cluster's name for its API. A control-plane node that is up maps it to itself, so that it needs no other and no load balancer.
map_endpoint() { # <address>
  local others
  others=$(grep -v '# strata-boot$' "$HOSTS" || true)
  printf '%s\n%s %s # strata-boot\n' "$others" "$1" "$STRATA_ENDPOINT" >"$RUN/hosts"
  cat "$RUN/hosts" >"$HOSTS" # in place: it may be a mount
}

# The rendered configurations, with what only this machine knows.
render() {
  local file
  for file in "$ETC"/kubeadm-*.yaml; do
    sed -e "s|@NODE_NAME@|$STRATA_NODE|g" -e "s|@NODE_ADDRESS@|$STRATA_ADDRESS|g" -e "s|@PROVIDER_ID@|openstack:///$STRATA_INSTANCE|g" \
      "$file" >"$RUN/${file##*/}"
  done
}

init_phase() { kubeadm init phase "$@" --config "$RUN/kubeadm-init.yaml"; }

# A credential of our own making: whoever holds the CA needs no token.
mint_credentials() {
  init_phase certs apiserver-etcd-client
  rm -f "$RUN/super-admin.conf"
  init_phase kubeconfig super-admin --kubeconfig-dir "$RUN"
}

kube() { kubectl --kubeconfig "$RUN/super-admin.conf" --request-timeout 20s "$@"; }

# One attempt; nothing if our member votes or if no etcd tells. etcd refuses a learner that is not up to date yet.
promote_learner() {
  local member
  if member=$(our_member) && [[ $member == *learner ]]; then
    say "promoting our etcd member ${member% *} to a voter"
    etcd_call promote "{\"ID\": \"${member% *}\"}" >/dev/null || say 'etcd does not promote it yet'
  fi
}

# The API here asks the etcd here alone, and a learner refuses reads: it is ready only once our member votes.
wait_ready() {
  local begun=$SECONDS
  until [[ $(probe "$STRATA_ADDRESS") == ready ]]; do
    if ((SECONDS - begun >= STRATA_PATIENCE)); then
      stop "the API at $STRATA_ADDRESS is not ready after $((SECONDS - begun)) s (etcd's member here: $(our_member || echo 'no etcd answers'))." \
        "See crictl ps -a and the journal of kubelet"
    fi
    promote_learner
    sleep 5
  done
}

# A Node's providerID never changes, and the cloud controller deletes the Node of a server that is gone: an old Node of our name goes first.
drop_stale_node() { # returns 0 if one was there
  local provider_id
  provider_id=$(kube get node "$STRATA_NODE" --ignore-not-found -o 'jsonpath={.spec.providerID}')
  if [[ -z $provider_id || $provider_id == "openstack:///$STRATA_INSTANCE" ]]; then return 1; fi
  say "deleting the Node $STRATA_NODE of a former server ($provider_id)"
  kube delete node "$STRATA_NODE" --wait=true
}

# Only one node joins at a time: etcd takes one learner. The lease expires, so that a holder that died doesn't keep it.
lease() { # <resourceVersion, empty for a new one>
  cat <<LEASE
apiVersion: coordination.k8s.io/v1
kind: Lease
metadata: { name: strata-join, namespace: kube-system${1:+, resourceVersion: \"$1\"} }
spec: { holderIdentity: "$STRATA_INSTANCE", leaseDurationSeconds: $LEASE_SECONDS, renewTime: "$(date -u +%Y-%m-%dT%H:%M:%S.%6NZ)" }
LEASE
}

take_lease() {
  local waited=0 holder version renewed
  until lease '' | kube create -f - >/dev/null 2>&1; do
    IFS='|' read -r holder version renewed < <(
      kube -n kube-system get lease strata-join --ignore-not-found -o 'jsonpath={.spec.holderIdentity}|{.metadata.resourceVersion}|{.spec.renewTime}' && echo
    ) || true
    if [[ -n ${version:-} ]] && { [[ $holder == "$STRATA_INSTANCE" ]] || (($(date +%s) - $(date -d "$renewed" +%s) > LEASE_SECONDS)); }; then
      # with the version that was read: of two that find it expired, one gets it
      if lease "$version" | kube replace -f - >/dev/null 2>&1; then break; fi
    fi
    if ((waited >= STRATA_PATIENCE)); then stop "the lease kube-system/strata-join was not free for $waited s; its holder is server ${holder:-unknown}"; fi
    if ((waited % 60 == 0)); then say "waiting for the lease kube-system/strata-join"; fi
    sleep 5
    waited=$((waited + 5))
  done
}

release_lease() {
  if [[ $(kube -n kube-system get lease strata-join --ignore-not-found -o 'jsonpath={.spec.holderIdentity}') == "$STRATA_INSTANCE" ]]; then
    kube -n kube-system delete lease strata-join >/dev/null
  fi
}

move_data_aside() {
  local aside
  aside=$ETCD_MOUNT/aside-$(date -u +%Y%m%dT%H%M%SZ)
  say "etcd no longer knows this member: its data goes to $aside"
  systemctl stop kubelet || true
  rm -f "$KUBERNETES"/manifests/*.yaml "$STATE/settled"
  stop_containers
  mv "$ETCD_DATA" "$aside"
}

# Static pods outlive their manifests while the kubelet is down.
stop_containers() {
  if ! command -v crictl >/dev/null; then return; fi
  local pods
  pods=$(crictl pods -q --namespace kube-system 2>/dev/null || true)
  if [[ -n $pods ]]; then xargs -r crictl stopp <<<"$pods" >/dev/null || true; fi
}

# Certificates, kubeconfigs, manifests and the kubelet from what is on this machine alone: for init and for restart.
start_local() {
  map_endpoint "$STRATA_ADDRESS"
  if [[ ! -e $STATE/settled ]]; then
    init_phase certs all
    rm -f "$KUBERNETES"/*.conf # may be of a server that is gone; the CA makes new ones
    init_phase kubeconfig all
    init_phase etcd local
    init_phase control-plane all
    init_phase kubelet-start
  fi
  systemctl start kubelet
  wait_ready
}

init() {
  say "nobody answers, and this is the first etcd volume of the cluster: init"
  init_phase preflight --ignore-preflight-errors="$LEFTOVERS"
  rm -f "$STATE/settled"
  touch "$ETCD_MOUNT/init-pending"
  start_local
}

# What kubeadm init does once the API answers. Each phase can be repeated; bootstrap-token is the last, its public ConfigMap cluster-info
# tells the outside that the cluster is complete.
finish_init() {
  local addon
  init_phase upload-config all
  init_phase mark-control-plane
  init_phase kubelet-finalize all
  for addon in $STRATA_ADDONS; do init_phase addon "$addon"; done
  init_phase bootstrap-token
  rm -f "$ETCD_MOUNT/init-pending"
}

restart() {
  say "etcd has data here: starting this member again"
  start_local
}

remove_member() { # <id and kind>
  say "removing the member ${1% *}, whose data is gone"
  etcd_call remove "{\"ID\": \"${1% *}\"}" >/dev/null
}

join() { # <address of an API that is ready>
  local member
  say "the cluster answers at $1: joining it"
  map_endpoint "$1"
  mint_credentials
  take_lease
  member=$(our_member) || stop "no member of etcd answers, though the API at $1 is ready"
  if [[ -n $member ]]; then remove_member "$member"; fi
  drop_stale_node || true
  systemctl stop kubelet || true
  rm -f "$KUBERNETES"/manifests/*.yaml "$KUBERNETES"/*.conf "$STATE/settled"
  rm -rf "$ETCD_DATA" # without a write-ahead log there is nothing in it
  # A join that says no may have come far enough, and the other way round: what counts is the state, which is looked at next.
  timeout "$JOIN_SECONDS" kubeadm join --config "$RUN/kubeadm-join.yaml" --ignore-preflight-errors="$LEFTOVERS" || say "kubeadm join ended with $?"
  if ! has_data; then
    release_lease
    stop "kubeadm join left no etcd data; run strata-boot again once its message above is dealt with"
  fi
  systemctl start kubelet
  wait_ready
  release_lease
  map_endpoint "$STRATA_ADDRESS"
}

# Once for each root disk, when the local API is ready.
settle() {
  if [[ -e $ETCD_MOUNT/init-pending ]]; then finish_init; fi
  if [[ -e $STATE/settled ]]; then return; fi
  mint_credentials
  if drop_stale_node; then systemctl restart kubelet; fi
  until kube get node "$STRATA_NODE" >/dev/null 2>&1; do sleep 2; done
  init_phase mark-control-plane
  touch "$STATE/settled"
}

control_plane() {
  local waited=0 data cluster api member action
  mount_etcd_volume
  render
  while :; do
    if has_data; then data=there; else data=blank; fi
    member=unknown
    if api=$(find_api); then
      cluster=answers
      if [[ $data == there ]]; then
        init_phase certs apiserver-etcd-client >/dev/null
        if member=$(our_member); then member=${member:+listed}; member=${member:-unlisted}; else member=unknown; fi
      fi
    elif silent_everywhere; then
      cluster=silent
    else
      cluster=unready
    fi
    action=$(decide "$data" "$cluster" "$member" "$(has_right_to_init && echo yes || echo no)")
    case $action in
      restart) restart ;;
      rejoin)
        move_data_aside
        join "$api"
        ;;
      join) join "$api" ;;
      init)
        sleep 10 # one who is only slow gets a second chance to be heard
        if ! silent_everywhere; then continue; fi
        init
        ;;
      wait)
        if ((waited >= STRATA_PATIENCE)); then
          stop "etcd's volume is $data, the cluster is $cluster (member $member) for $waited s, and this server has no right to make a new cluster." \
            "If the cluster is lost, restore it on purpose; if it is slow, run strata-boot again"
        fi
        if ((waited % 60 == 0)); then say "waiting for the cluster at $STRATA_PEERS $STRATA_VIP ($cluster)"; fi
        sleep 10
        waited=$((waited + 10))
        continue
        ;;
    esac
    break
  done
  settle
}

worker() {
  local waited=0
  CA=$ETC/ca.crt # kubeadm join puts the other in place
  map_endpoint "$STRATA_VIP"
  render
  if [[ -e $KUBERNETES/kubelet.conf && -e $STATE/settled ]]; then
    systemctl start kubelet
    return
  fi
  until find_api >/dev/null; do
    if ((waited >= STRATA_PATIENCE)); then stop "the cluster's API at $STRATA_VIP is not ready after $waited s"; fi
    if ((waited % 60 == 0)); then say "waiting for the cluster's API at $STRATA_VIP"; fi
    sleep 10
    waited=$((waited + 10))
  done
  # The exit code alone says little: a join that ran into a time limit may have succeeded.
  until kubelet_runs; do
    if ((waited >= STRATA_PATIENCE)); then stop "this node has not joined after $waited s: see kubeadm's messages above"; fi
    systemctl stop kubelet || true
    rm -f "$KUBERNETES/kubelet.conf" "$KUBERNETES/bootstrap-kubelet.conf"
    timeout "$JOIN_SECONDS" kubeadm join --config "$RUN/kubeadm-join.yaml" --ignore-preflight-errors="$LEFTOVERS" || say "kubeadm join ended with $?"
    sleep 10
    waited=$((waited + 60))
  done
  touch "$STATE/settled"
}

kubelet_runs() { [[ -e $KUBERNETES/kubelet.conf ]] && curl -sf --noproxy '*' --max-time 5 http://127.0.0.1:10248/healthz >/dev/null; }

# Pods must not read this server's user_data, which holds what it was born with: the node's own processes may, what is forwarded may not.
keep_metadata_from_pods() {
  local rule=(PREROUTING -t raw -d 169.254.169.254/32 -j DROP)
  if ! command -v iptables >/dev/null; then
    say "iptables is not there: nothing on this node keeps pods from the metadata service"
    return
  fi
  iptables -w -C "${rule[@]}" 2>/dev/null || iptables -w -I "${rule[@]}"
}

main() {
  # Not exported: kubeadm writes variables that end in _PROXY into every manifest.
  # shellcheck source=/dev/null
  . "$ETC/cluster.env"
  # shellcheck source=/dev/null
  if [[ -e $ETC/slot.env ]]; then . "$ETC/slot.env"; fi
  install -d -m 700 "$RUN" "$STATE"
  exec 9>"$RUN/lock"
  flock -n 9 || stop 'another strata-boot is running'
  STRATA_INSTANCE=$(cat /var/lib/cloud/data/instance-id)
  STRATA_ADDRESS=${STRATA_ADDRESS:-$(ip -o route get "$STRATA_VIP" | sed -n 's/.* src \([^ ]*\).*/\1/p')}
  # The name in Nova is the Node's, else the cloud controller takes the Node for that of a deleted server.
  STRATA_NODE=${STRATA_NODE:-$(cloud-init query ds.meta_data.name)}
  # Everybody but us.
  STRATA_PEERS=$(tr ' ' '\n' <<<"$STRATA_PEERS" | grep -vx "$STRATA_ADDRESS" | tr '\n' ' ' || true)
  keep_metadata_from_pods
  # shellcheck disable=SC2153  # from cluster.env
  case $STRATA_ROLE in
    control-plane) control_plane ;;
    worker) worker ;;
    *) stop "no such role: $STRATA_ROLE" ;;
  esac
  say "$STRATA_NODE is a node of $STRATA_CLUSTER"
}

if [[ ${BASH_SOURCE[0]} == "$0" ]]; then main "$@"; fi
