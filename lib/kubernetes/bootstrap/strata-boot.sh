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
# Init, restart and join end in the same steps: start_local makes this node's files and starts them, settle tells the cluster.
set -euo pipefail
# shellcheck source=strata-common.sh
. "${BASH_SOURCE[0]%/*}/strata-common.sh"
# shellcheck source=strata-disks.sh
. "${BASH_SOURCE[0]%/*}/strata-disks.sh"

LABEL=strata-etcd
JOIN_SECONDS=800
# Left by an earlier attempt that was cut: not a reason to give up.
LEFTOVERS=DirAvailable--etc-kubernetes-manifests,FileAvailable--etc-kubernetes-bootstrap-kubelet.conf,FileAvailable--etc-kubernetes-kubelet.conf
LEFTOVERS+=,FileAvailable--etc-kubernetes-pki-ca.crt,Port-10250,Port-10257,Port-10259,Port-2379,Port-2380,Port-6443
for manifest in etcd kube-apiserver kube-controller-manager kube-scheduler; do
  LEFTOVERS+=,FileAvailable--etc-kubernetes-manifests-$manifest.yaml
done

# --- what there is ---------------------------------------------------------------------------------------------------------------

mount_etcd_volume() {
  local device content waited=0
  if mountpoint -q "$ETCD_MOUNT"; then
    grow_etcd_volume
    return
  fi
  until device=$(disk_of "$STRATA_ETCD_VOLUME"); do
    if ((waited >= STRATA_PATIENCE)); then
      stop "the etcd volume $STRATA_ETCD_VOLUME is not attached after $waited s; an absent disk is never taken for a blank one"
    fi
    if ((waited % 60 == 0)); then say "waiting for the etcd volume $STRATA_ETCD_VOLUME"; fi
    sleep 5
    waited=$((waited + 5))
  done
  content=$(content_of "$device" "$LABEL")
  case $content in
    ours) ;;
    blank)
      say "the etcd volume $STRATA_ETCD_VOLUME ($device) is blank: making a file system"
      mkfs.ext4 -q -L "$LABEL" "$device"
      ;;
    unreadable) stop "the etcd volume $STRATA_ETCD_VOLUME ($device) can't be read, so it is not touched: see the kernel's messages, and repair it in Cinder" ;;
    *) stop "the volume $STRATA_ETCD_VOLUME ($device) is to be etcd's, but holds ${content:-a signature without a type}: it is not touched" ;;
  esac
  mkdir -p "$ETCD_MOUNT"
  mount -o noatime "$device" "$ETCD_MOUNT"
  chmod 700 "$ETCD_MOUNT"
  grow_etcd_volume
}

# While it is mounted, and used.
grow_etcd_volume() {
  resize2fs "$(findmnt -n -o SOURCE -M "$ETCD_MOUNT")" >/dev/null 2>&1 || say "the file system could not be grown to its volume's size"
}

# etcd has data once it has a write-ahead log. It makes that folder under another name and renames it: all of it is there, or nothing.
has_data() { compgen -G "$ETCD_DATA/member/wal/*.wal" >/dev/null; }

# The right is used up as soon as the volume has belonged to a cluster: whatever becomes of its data, it can never make another one.
has_right_to_init() { [[ -n ${STRATA_INIT_VOLUME:-} && $STRATA_INIT_VOLUME == "$STRATA_ETCD_VOLUME" && ! -e $ETCD_MOUNT/cluster-member ]]; }
spend_right() { touch "$ETCD_MOUNT/cluster-member"; }

# How long a write takes until it is on the disk: the 99th of 100, in milliseconds. etcd writes so before it answers anything.
measure_fsync() {
  python3 - "$ETCD_MOUNT/.fsync" <<'PYTHON'
import os, sys, time
file = os.open(sys.argv[1], os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
times = []
for _ in range(200):
    os.write(file, bytes(2300))
    begun = time.monotonic()
    os.fdatasync(file)
    times.append(time.monotonic() - begun)
os.close(file)
os.unlink(sys.argv[1])
print(round(sorted(times)[197] * 1000))
PYTHON
}

# Before there is a member here, a disk on which etcd would fail is refused. One that has a member is only warned of: it may be slow today alone.
check_disk() {
  local milliseconds
  milliseconds=$(measure_fsync)
  if ((milliseconds <= 10)); then return; fi
  if ((milliseconds > 50)) && [[ ${STRATA_SLOW_DISK:-refuse} != allow ]] && ! has_data; then
    stop "etcd's volume takes $milliseconds ms for a synchronous write (99th percentile); etcd wants 10 and loses its leader over 50." \
      "Use a faster volume type, or allow it with controlPlane.etcdVolume.allowSlowDisk"
  fi
  warn "etcd's volume takes $milliseconds ms for a synchronous write (99th percentile); etcd wants less than 10"
}

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

# A Node's providerID never changes, and the cloud controller deletes the Node of a server that is gone: an old Node of our name goes first.
drop_stale_node() { # returns 0 if one was there
  local provider_id
  provider_id=$(kube get node "$STRATA_NODE" --ignore-not-found -o 'jsonpath={.spec.providerID}') || stop "the API does not tell whether there is a Node $STRATA_NODE"
  if [[ -z $provider_id || $provider_id == "openstack:///$STRATA_INSTANCE" ]]; then return 1; fi
  say "deleting the Node $STRATA_NODE of a former server ($provider_id)"
  kube delete node "$STRATA_NODE" --ignore-not-found --wait=true || stop "the Node $STRATA_NODE of a former server cannot be deleted"
}

# Stops what runs here and forgets what was made for it; etcd's data stays.
clear_node() {
  systemctl stop kubelet || true
  rm -f "$KUBERNETES"/manifests/*.yaml "$KUBERNETES"/*.conf "$STATE/settled"
  stop_static_pods
}

set_data_aside() { # <what its name begins with>
  local aside
  aside=$ETCD_MOUNT/$1-$(date -u +%Y%m%dT%H%M%SZ)
  say "etcd's data here goes to $aside"
  spend_right
  mv -T "$ETCD_DATA" "$aside"
}

# Nothing that kubeadm and the kubelet write is waited for to be on the disk: after a power cut there are files without content, and keys without their
# certificate. Both would stop at them for ever. All of them can be made anew, and are; the authorities and keys that this server was born with are not touched.
drop_torn_files() {
  local file torn=
  for file in "$KUBERNETES"/*.conf "$KUBERNETES"/manifests/*.yaml "$KUBERNETES"/pki/{,etcd/}*.{crt,key} "$KUBELET"/{config.yaml,kubeadm-flags.env} "$KUBELET"/pki/*; do
    case $file in
      */ca.* | */front-proxy-ca.* | */sa.*) continue ;;
      *.crt | *.key)
        if [[ ! -e $file || (-s ${file%.*}.crt && -s ${file%.*}.key) ]]; then continue; fi
        rm -f "${file%.*}".{crt,key}
        ;;
      *)
        if [[ ! -f $file || -s $file ]]; then continue; fi
        rm -f "$file"
        ;;
    esac
    torn+=" $file"
  done
  if [[ -z $torn ]]; then return; fi
  say "the power was cut while these were written, they are made anew:$torn"
  rm -f "$STATE/settled"
}

# What this node was made of is on its disk before it says that it is made.
mark_settled() {
  sync -f "$KUBERNETES" "$KUBELET"
  touch "$STATE/settled"
}

# The etcd of this machine doesn't run yet, and none of those that it was told of answers: the API servers that are up have the others beside them.
meet_peers() { # <address of an API that is ready>
  local found
  mint_credentials >/dev/null
  if found=$(kube_at "$1" kube_once -n default get endpointslice kubernetes -o 'jsonpath={.endpoints[*].addresses[*]}'); then
    STRATA_PEERS=$(others "$found")
    know_peers || say 'no etcd tells who the members are'
  fi
}

# Certificates, kubeconfigs, manifests and the kubelet, from what is on this machine alone.
start_local() {
  map_endpoint "$STRATA_ADDRESS"
  if [[ ! -e $STATE/settled ]]; then
    init_phase certs all
    rm -f "$KUBERNETES"/*.conf # may be of a server that is gone; the CA makes new ones
    init_phase kubeconfig all
    trust_all_authorities "$KUBERNETES"/*.conf
    init_phase etcd local
    init_phase control-plane all
    init_phase kubelet-start
  fi
  STARTED=$CONFIGURATION
  # A node that was off for long: before anything runs on lapsed certificates. What is up is the business of strata-renew.
  if [[ $(probe "$STRATA_ADDRESS") != ready ]] && certificates_due; then renew_certificates; fi
  # What API servers need beside them, and must have without them.
  if [[ -d $ETC/static-pods ]]; then install -m 600 -t "$KUBERNETES/manifests" "$ETC"/static-pods/*.yaml; fi
  revive_kubelet
  systemctl start kubelet
  wait_ready
}

init() {
  say "nobody answers, and this is the first etcd volume of the cluster: init"
  init_phase preflight --ignore-preflight-errors="$LEFTOVERS"
  rm -f "$STATE/settled"
  touch "$ETCD_MOUNT/init-pending"
  start_local
  spend_right
}

# A key that was taken away too early would leave Secrets that nobody reads any more. Others are asked, before anything starts here.
check_secret_keys() {
  local address ways way
  for address in $STRATA_PEERS; do
    if listens "$address" 2379 && ways=$(python3 "${BASH_SOURCE[0]%/*}/strata-secrets.py" ways "$KUBERNETES/pki" "$address"); then break; fi
  done
  for way in ${ways:-}; do
    if [[ $way == unencrypted ]] || grep -qsE "name: \"?$(cut -d : -f 5 <<<"$way")\"?\$" "$KUBERNETES/apiserver/encryption.yaml"; then continue; fi
    stop "etcd has Secrets that are $way, and this server was born without that key. On a control-plane node that has it run strata-reencrypt.sh:" \
      "the next run here, in a minute, goes on; or give the key back to security.encryptionKeys and roll this slot again"
  done
}

# A new server in its slot takes the cluster's configuration before it starts, if there is a cluster that tells it; settle makes up for it otherwise.
restart() { # [address of an API that is ready]
  say "etcd has data here: starting this member again"
  if [[ -n ${1:-} && ! -e $STATE/settled ]]; then
    map_endpoint "$1"
    mint_credentials
    take_lease
    check_secret_keys
    drop_stale_node || true
    agree_on_configuration
  fi
  start_local
}

# Under the lease: no learner can be another's unfinished business. One that keeps up becomes a voter; one that doesn't makes room, its slot joins anew.
clear_other_learners() {
  local members id
  members=$(etcd_call list '{}')
  for id in $(json 'print(*(m["ID"] for m in d["members"] if m.get("isLearner")))' <<<"$members"); do
    if etcd_call promote "{\"ID\": \"$id\"}" >/dev/null; then
      say "the member $id, which an unfinished join left as a learner, is a voter now"
    else
      remove_member "$id"
    fi
  done
}

remove_member() { # <id and kind>
  say "removing the member ${1% *}, whose data is gone or was never complete"
  etcd_call remove "{\"ID\": \"${1% *}\"}" >/dev/null
}

# Announces our member, and writes what its etcd must know of the others: a patch for kubeadm's manifest.
add_member() {
  local url answer
  url=https://$(in_url "$STRATA_ADDRESS"):2380
  answer=$(etcd_call add "{\"peerURLs\": [\"$url\"], \"isLearner\": true}") ||
    stop 'etcd does not take a new member: see its log on the other control-plane nodes (a member that is down, with too few others, is one reason)'
  # kubeadm would write a cluster of one; of two equal flags, etcd takes the last
  json '
peers = ",".join((m.get("name") or sys.argv[1]) + "=" + m["peerURLs"][0] for m in d["members"])
flags = ["--initial-cluster=" + peers, "--initial-cluster-state=existing"]
print(json.dumps([{"op": "add", "path": "/spec/containers/0/command/-", "value": flag} for flag in flags]))' \
    "$STRATA_NODE" <<<"$answer" >"$RUN/patches/etcd+json.json"
}

join() { # <address of an API that is ready>
  local member
  say "the cluster answers at $1: joining it"
  map_endpoint "$1"
  mint_credentials
  take_lease
  check_secret_keys
  spend_right
  member=$(our_member) || stop "no member of etcd answers, though the API at $1 is ready"
  if [[ -n $member ]]; then remove_member "$member"; fi
  clear_node
  rm -rf "$ETCD_DATA" # without a write-ahead log there is nothing in it
  drop_stale_node || true
  agree_on_configuration
  clear_other_learners
  add_member
  start_local
}

# Once for each root disk, when the local API is ready: what the cluster must know of this node. Each step can be repeated.
settle() {
  local begun=$SECONDS
  if [[ -e $STATE/settled && ! -e $ETCD_MOUNT/init-pending ]]; then return; fi
  mint_credentials
  take_lease
  know_peers || stop 'etcd here does not tell its members'
  agree_on_configuration
  if [[ $CONFIGURATION != "$STARTED" ]]; then start_local; fi
  if drop_stale_node; then systemctl restart kubelet; fi
  until kube_once get node "$STRATA_NODE" >/dev/null 2>&1; do
    if ((SECONDS - begun >= STRATA_PATIENCE)); then stop "the kubelet has not registered the Node $STRATA_NODE: see its journal"; fi
    keep_lease
    sleep 2
  done
  init_phase mark-control-plane
  init_phase kubelet-finalize all
  update_addons
  # The last step of an init: the public ConfigMap cluster-info tells the outside that the cluster is complete.
  if [[ -e $ETCD_MOUNT/init-pending ]]; then
    init_phase bootstrap-token --skip-token-print # the console is not the place for it
    rm -f "$ETCD_MOUNT/init-pending"
  fi
  publish_authorities
  "${BASH_SOURCE[0]%/*}/strata-reencrypt.sh" --from-boot || warn 'this node is made, but not every Secret is written as it writes them'
  release_lease # before the mark, after which nobody would
  rm -f "$ETCD_DATA/restored-from" # from here on it is no restore's unfinished business
  mark_settled
}

control_plane() {
  local begun=$SECONDS told=0 data cluster api member action
  mount_etcd_volume
  check_disk
  drop_torn_files
  render
  compose_ours
  CONFIGURATION=ours
  while :; do
    if has_data; then data=there; else data=blank; fi
    member=unknown
    if api=$(find_api); then
      cluster=answers
      if [[ $data == there ]]; then
        mint_etcd_client >/dev/null
        know_peers || meet_peers "$api"
        if member=$(our_member); then member=${member:+listed}; member=${member:-unlisted}; else member=unknown; fi
      fi
    elif silent_everywhere; then
      cluster=silent
    else
      cluster=unready
    fi
    action=$(decide "$data" "$cluster" "$member" "$(has_right_to_init && echo yes || echo no)")
    case $action in
      restart) restart "$api" ;;
      rejoin)
        say 'etcd no longer knows this member'
        clear_node
        rm -rf "$ETCD_MOUNT"/aside-* # one is enough, the volume is not large
        set_data_aside aside
        join "$api"
        ;;
      join) join "$api" ;;
      init)
        sleep 10 # one who is only slow gets a second chance to be heard
        if ! silent_everywhere; then continue; fi
        init
        ;;
      wait)
        if ((SECONDS - begun >= STRATA_PATIENCE)); then
          stop "etcd's volume is $data, the cluster is $cluster (member $member) for $((SECONDS - begun)) s, and this server has no right to make a new cluster." \
            "If the cluster is lost, restore it on purpose; if it is slow, the next run, in a minute, may find it"
        fi
        if ((SECONDS - begun >= told)); then
          say "waiting for the cluster at $STRATA_PEERS $STRATA_VIP ($cluster)"
          told=$((told + 60))
        fi
        sleep 10
        continue
        ;;
    esac
    break
  done
  spend_right
  settle
  systemctl enable --now --no-block strata-renew.timer strata-snapshot.timer
}

worker() {
  local waited=0
  CA=$ETC/ca.crt # kubeadm join puts the other in place
  map_endpoint "$STRATA_VIP"
  drop_torn_files
  render
  if lapsed "$KUBELET/pki/kubelet-client-current.pem"; then
    warn "the kubelet's certificate has lapsed while this server was off: it joins again, by a token that the cluster has to know (the next apply that makes workers sees to it, unless the token was rotated since this server was made: then replace it)"
    rm -f "$STATE/settled" "$KUBELET"/pki/kubelet-client-*.pem
  fi
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
  mark_settled
}

# The kubelet writes its kubeconfig, and says that it is well, before it has the certificate that the kubeconfig names: without that it has not joined.
kubelet_runs() {
  [[ -e $KUBERNETES/kubelet.conf && -s $KUBELET/pki/kubelet-client-current.pem ]] &&
    curl -sf --noproxy '*' --max-time 5 http://127.0.0.1:10248/healthz >/dev/null
}

# Pods must not read this server's user_data, which holds what it was born with: the node's own processes may, what is forwarded may not. Neutron's other address
# for it, fe80::a9fe:a9fe, is a link-local one: no kernel forwards to it.
keep_metadata_from_pods() {
  local rule=(PREROUTING -t raw -d 169.254.169.254/32 -j DROP)
  if command -v iptables >/dev/null; then
    iptables -w -C "${rule[@]}" 2>/dev/null || iptables -w -I "${rule[@]}"
  elif command -v nft >/dev/null; then
    nft -f - <<'NFT'
table ip strata
delete table ip strata
table ip strata {
  chain metadata {
    type filter hook prerouting priority raw
    ip daddr 169.254.169.254 drop
  }
}
NFT
  else
    stop 'neither iptables nor nft is there: nothing would keep pods from this server'"'"'s user_data. Put one of them into the image'
  fi
}

# CoreDNS forwards what isn't the cluster's to the name servers of its node, and ends where there are none or where one is the node itself: no name at all
# would be known in the cluster. Pods there get the node's address for a name server. It refuses what it is asked, and the cluster's own names are known.
find_name_servers() {
  local system=/etc/resolv.conf
  # as kubeadm has it: the other one names a stub on this node
  if systemctl is-active --quiet systemd-resolved; then system=/run/systemd/resolve/resolv.conf; fi
  if grep -s '^nameserver ' "$system" | grep -qv ' \(127\.\|::1\)'; then
    if [[ -e $RESOLV_CONF ]]; then cp "$system" "$RESOLV_CONF"; fi # there are some by now: the kubelet reads it for each new pod
    return
  fi
  warn 'this server has no name server but itself: its pods know no names outside of the cluster. Give its subnet some (dnsNameservers), and reboot it'
  echo "nameserver $STRATA_ADDRESS" >"$RESOLV_CONF"
  # A node that is made already gets no configuration from kubeadm any more.
  if [[ -s $KUBELET/config.yaml ]] && ! grep -qx "resolvConf: $RESOLV_CONF" "$KUBELET/config.yaml"; then
    sed -i -e '/^resolvConf:/d' -e "\$a resolvConf: $RESOLV_CONF" "$KUBELET/config.yaml"
    systemctl try-restart kubelet
  fi
}

main() {
  load_settings
  lock 0
  keep_metadata_from_pods
  find_name_servers
  # shellcheck disable=SC2153  # from cluster.env
  case $STRATA_ROLE in
    control-plane) control_plane ;;
    worker) worker ;;
    *) stop "no such role: $STRATA_ROLE" ;;
  esac
  say "$STRATA_NODE is a node of $STRATA_CLUSTER"
}

if [[ ${BASH_SOURCE[0]} == "$0" ]]; then main "$@"; fi
