# shellcheck shell=bash disable=SC2034  # those who source it use the rest
# What the programs of a node share: where things are, how the cluster is asked, the lease, and the one configuration. Sourced, never run.
set -euo pipefail

ETC=/etc/strata            # what cloud-init wrote
RUN=/run/strata            # this boot's own files; secrets among them, so in memory
STATE=/var/lib/strata      # what must outlive a reboot, but not the root disk
KUBERNETES=/etc/kubernetes
KUBELET=/var/lib/kubelet
CA=$KUBERNETES/pki/ca.crt
ETCD_MOUNT=/var/lib/etcd   # the volume's file system
ETCD_DATA=$ETCD_MOUNT/data # a subfolder: kubeadm refuses a folder with a lost+found in it
SNAPSHOTS=$ETCD_MOUNT/snapshots
HOSTS=/etc/hosts
RESOLV_CONF=$STATE/resolv.conf # for pods, where the system's own has no name server
LEASE_SECONDS=1200 # longer than any one command takes while it is held; keep_lease renews it between them
PROGRAM=${0##*/}
PROGRAM=${PROGRAM%.sh}

say() { echo "$PROGRAM: $*"; }
warn() { say "WARNING: $*" >&2; }
stop() {
  say "STOPPED: $*" >&2
  exit 1
}

# What this machine was told, and what it finds out about itself.
load_settings() {
  # Not exported: kubeadm writes variables that end in _PROXY into every manifest.
  # shellcheck source=/dev/null
  . "$ETC/cluster.env"
  # shellcheck source=/dev/null
  if [[ -e $ETC/slot.env ]]; then . "$ETC/slot.env"; fi
  # shellcheck source=/dev/null
  if [[ -e $ETC/etcd.env ]]; then . "$ETC/etcd.env"; fi
  install -d -m 700 "$RUN" "$STATE"
  STRATA_INSTANCE=$(cat /var/lib/cloud/data/instance-id)
  STRATA_ADDRESS=${STRATA_ADDRESS:-$(ip -o route get "$STRATA_VIP" | sed -n 's/.* src \([^ ]*\).*/\1/p')}
  # The name in Nova is the Node's, else the cloud controller takes the Node for that of a deleted server.
  STRATA_NODE=${STRATA_NODE:-$(cloud-init query ds.meta_data.name)}
  # Everybody but us, as it was when this server was made: know_peers tells more.
  STRATA_PEERS=$(others "$STRATA_PEERS")
}

others() { tr ' ' '\n' <<<"$1" | grep -vx "$STRATA_ADDRESS" | tr '\n' ' ' || true; } # <addresses> -> those that aren't ours

# One of these programs at a time on this machine.
lock() { # <seconds to wait for the other one>
  exec 9>"$RUN/lock"
  flock -w "$1" 9 || stop "another of the programs of this node is running (systemctl status 'strata-*' tells which): wait for its end, or stop it"
}

json() { python3 -c "import json, sys; d = json.load(sys.stdin); $1" "${@:2}"; }

# --- the cluster -------------------------------------------------------------------------------------------------------------------

in_url() { if [[ $1 == *:* ]]; then echo "[$1]"; else echo "$1"; fi; } # <address>

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

# etcd's API as JSON. It needs no program but curl.
etcd_post() { # <address> <path> <request> [further options of curl]
  curl -sf --noproxy '*' --connect-timeout 3 --cacert "$KUBERNETES/pki/etcd/ca.crt" --data "$3" "${@:4}" \
    --cert "$KUBERNETES/pki/apiserver-etcd-client.crt" --key "$KUBERNETES/pki/apiserver-etcd-client.key" "https://$(in_url "$1"):2379/v3/$2"
}

# The members as the first peer has them that answers. A peer's word goes before our own: only others can tell that we were removed.
etcd_call() { # <path> <request>
  local address
  for address in $STRATA_PEERS "$STRATA_ADDRESS"; do
    if etcd_post "$address" "cluster/member/$1" "$2" --max-time 15; then return; fi
  done
  return 1
}

# Who the other slots are, as etcd has it: some may have been added since this server was made, or taken away. Fails if no etcd tells.
know_peers() {
  local members
  members=$(etcd_call list '{}') || return 1
  STRATA_PEERS=$(json 'from urllib.parse import urlsplit as u; print(*(a for a in (u(m["peerURLs"][0]).hostname for m in d["members"]) if a != sys.argv[1]))' \
    "$STRATA_ADDRESS" <<<"$members")
}

# Our member in etcd's list, found by its peer URL: "<id> voter", "<id> learner", or nothing. Fails if no etcd tells.
our_member() {
  local members
  members=$(etcd_call list '{}') || return 1
  json 'print("\n".join(m["ID"] + (" learner" if m.get("isLearner") else " voter") for m in d["members"] if sys.argv[1] in m.get("peerURLs", [])))' \
    "https://$(in_url "$STRATA_ADDRESS"):2380" <<<"$members"
}

# The cluster's name for its API. A control-plane node that is up maps it to itself, so that it needs no other and no load balancer.
map_endpoint() { # <address>
  local others
  others=$(grep -v '# strata-boot$' "$HOSTS" || true)
  printf '%s\n%s %s # strata-boot\n' "$others" "$1" "$STRATA_ENDPOINT" >"$RUN/hosts"
  cat "$RUN/hosts" >"$HOSTS" # in place: it may be a mount
}

init_phase() { kubeadm init phase "$@" --config "$RUN/kubeadm.yaml"; }

# While authorities are replaced, their files have two certificates: both are trusted, the first one signs.
several_authorities() { (($(grep -c -- '-BEGIN CERTIFICATE-' "$CA") > 1)); }

# kubeadm writes no certificate but the first into a kubeconfig; what signs elsewhere is to be trusted, too.
trust_all_authorities() { # <kubeconfig ...>
  if several_authorities; then sed -i "s|^\( *certificate-authority-data: \).*|\1$(base64 -w 0 "$CA")|" "$@"; fi
}

lapsed() { [[ -s $1 ]] && ! openssl x509 -noout -checkend 0 -in "$1" >/dev/null; } # <certificate>

# To ask etcd with. kubeadm keeps what is there, and ends where that has lapsed.
mint_etcd_client() {
  local pair=$KUBERNETES/pki/apiserver-etcd-client
  if lapsed "$pair.crt"; then rm -f "$pair".{crt,key}; fi
  init_phase certs apiserver-etcd-client
}

# A credential of our own making: whoever holds the CA needs no token.
mint_credentials() {
  mint_etcd_client
  rm -f "$RUN/super-admin.conf"
  init_phase kubeconfig super-admin --kubeconfig-dir "$RUN"
  trust_all_authorities "$RUN/super-admin.conf"
}

kube_once() { kubectl --kubeconfig "$RUN/super-admin.conf" --request-timeout 20s "$@"; }

# An API that is busy or changes its leader is asked again, as kubeadm does, and for as long: what is half done here would wait for the next boot otherwise. What it
# answers itself is an answer.
kube() { # never with standard input
  local begun=$SECONDS
  until kube_once "$@" 2>"$RUN/kube.err"; do
    if ((SECONDS - begun >= API_PATIENCE)) || ! grep -qE "$NO_ANSWER" "$RUN/kube.err"; then
      cat "$RUN/kube.err" >&2
      return 1
    fi
    sleep 3
  done
}
API_PATIENCE=180
NO_ANSWER='^Unable to connect|^The connection to the server|^Error from server \((ServiceUnavailable|TooManyRequests|Timeout|ServerTimeout|InternalError)\)'
NO_ANSWER+='|etcdserver: |context deadline exceeded|connection (refused|reset|lost)|unexpected EOF|i/o timeout'

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
    keep_lease
    sleep 3
  done
  promote_learner
}

# Static pods outlive their manifests while the kubelet is down, and read their certificates and arguments only when they begin.
stop_static_pods() {
  if ! command -v crictl >/dev/null; then return; fi
  local pods
  pods=$(crictl pods -q --namespace kube-system --label tier=control-plane 2>/dev/null || true)
  if [[ -n $pods ]]; then xargs -r crictl stopp <<<"$pods" >/dev/null || true; fi
}

# --- certificates and snapshots ----------------------------------------------------------------------------------------------------

# Our own certificates as "<begin> <end> <file>", in seconds: those that kubeadm made, in files and in kubeconfigs; the authorities are the cluster's.
own_certificates() {
  local file pem dates
  for file in "$KUBERNETES"/pki/*.crt "$KUBERNETES"/pki/etcd/*.crt "$KUBERNETES"/{admin,super-admin,controller-manager,scheduler}.conf; do
    if [[ ! -e $file || $file == */ca.crt || $file == */front-proxy-ca.crt ]]; then continue; fi
    if [[ $file == *.conf ]]; then pem=$(sed -n 's/^ *client-certificate-data: //p' "$file" | base64 -d); else pem=$(cat "$file"); fi
    dates=$(openssl x509 -noout -dates <<<"$pem")
    echo "$(date -d "$(sed -n 's/notBefore=//p' <<<"$dates")" +%s) $(date -d "$(sed -n 's/notAfter=//p' <<<"$dates")" +%s) $file"
  done
}

# Whether two thirds of a certificate's life are over.
certificates_due() {
  local begin end file now
  now=$(date +%s)
  while read -r begin end file; do
    if ((now > begin + (end - begin) * 2 / 3)); then
      say "$file ends $(date -u -d "@$end" +%F): two thirds of its life are over"
      return 0
    fi
  done < <(own_certificates)
  return 1
}

first_end() { date -u -d "@$(own_certificates | cut -d ' ' -f 2 | sort -n | head -n 1)" +%F; }

# With what is on this machine alone: the authorities' keys. Those that have lapsed already are renewed as well.
renew_certificates() {
  kubeadm certs renew all --config "$RUN/kubeadm.yaml"
  trust_all_authorities "$KUBERNETES"/*.conf
}

# Where the kubelet's own certificate lapsed while this machine was off, it can't ask for another one; the CA makes it one that it replaces by itself. Without a
# kubeconfig, it was cut over that.
revive_kubelet() {
  if [[ -e $KUBERNETES/kubelet.conf ]] && ! lapsed "$KUBELET/pki/kubelet-client-current.pem"; then return; fi
  say "the kubelet's certificate has lapsed: it gets another one"
  rm -f "$KUBERNETES/kubelet.conf" "$KUBELET"/pki/kubelet-client-*.pem
  init_phase kubeconfig kubelet
  trust_all_authorities "$KUBERNETES/kubelet.conf"
}

free_on() { df --output=avail -B 1 "$1" | tail -n 1; } # <folder> -> bytes
mib() { echo $(($1 >> 20)) MiB; }                      # <bytes>

# A snapshot ends with the SHA-256 of the rest of it.
verify_snapshot() { # <file>
  python3 - "$1" <<'PYTHON' || stop "$1 is not a complete snapshot of etcd: its checksum is wrong"
import hashlib, os, sys
size = os.path.getsize(sys.argv[1]) - 32
digest = hashlib.sha256()
with open(sys.argv[1], "rb") as file:
    left = size
    while left > 0:
        piece = file.read(min(left, 1 << 20))
        left -= len(piece)
        digest.update(piece)
    sys.exit(size <= 0 or digest.digest() != file.read(32))
PYTHON
}

# --- the lease: what touches members or configuration is done by one node at a time ---------------------------------------------------

# It expires, so that a holder that died doesn't keep it.
lease() { # <resourceVersion, empty for a new one>
  cat <<LEASE
apiVersion: coordination.k8s.io/v1
kind: Lease
metadata: { name: strata-join, namespace: kube-system${1:+, resourceVersion: \"$1\"} }
spec: { holderIdentity: "$STRATA_INSTANCE", leaseDurationSeconds: $LEASE_SECONDS, renewTime: "$(date -u +%Y-%m-%dT%H:%M:%S.%6NZ)" }
LEASE
}

take_lease() {
  local begun=$SECONDS told=0 holder version renewed
  until lease '' | kube_once create -f - >/dev/null 2>&1; do
    IFS='|' read -r holder version renewed < <(
      kube_once -n kube-system get lease strata-join --ignore-not-found -o 'jsonpath={.spec.holderIdentity}|{.metadata.resourceVersion}|{.spec.renewTime}' && echo
    ) || true
    if [[ -n ${version:-} ]] && { [[ $holder == "$STRATA_INSTANCE" ]] || (($(date +%s) - $(date -d "$renewed" +%s) > LEASE_SECONDS)); }; then
      # with the version that was read: of two that find it expired, one gets it
      if lease "$version" | kube_once replace -f - >/dev/null 2>&1; then break; fi
    fi
    if ((SECONDS - begun >= STRATA_PATIENCE)); then
      stop "the lease kube-system/strata-join was not free for $((SECONDS - begun)) s; its holder is server ${holder:-unknown}"
    fi
    if ((SECONDS - begun >= told)); then
      say "waiting for the lease kube-system/strata-join (${holder:-the API does not tell its holder})"
      told=$((told + 60))
    fi
    sleep 5
  done
  LEASE_TAKEN=$SECONDS
}

# In loops that wait under the lease. The API here may not be up yet, so any is asked; whoever finds another holder has lost the right to go on.
keep_lease() {
  local address holder version
  if [[ -z ${LEASE_TAKEN:-} ]] || ((SECONDS - LEASE_TAKEN < LEASE_SECONDS / 4)); then return; fi
  for address in "$STRATA_ADDRESS" $STRATA_PEERS "$STRATA_VIP"; do
    if [[ $(probe "$address") != ready ]]; then continue; fi
    IFS='|' read -r holder version < <(
      kube_at "$address" kube_once -n kube-system get lease strata-join --ignore-not-found -o 'jsonpath={.spec.holderIdentity}|{.metadata.resourceVersion}' && echo
    ) || continue
    if [[ $holder != "$STRATA_INSTANCE" ]]; then stop "the lease kube-system/strata-join is not this server's any more, but ${holder:-nobody}'s"; fi
    if lease "$version" | kube_at "$address" kube_once replace -f - >/dev/null 2>&1; then
      LEASE_TAKEN=$SECONDS
      return
    fi
  done
}

# Exactly the lease that was read: when the answer to a delete is lost, the next holder may have one of its own by the time it is repeated.
release_lease() {
  local holder uid
  IFS='|' read -r holder uid < <(
    kube -n kube-system get lease strata-join --ignore-not-found -o 'jsonpath={.spec.holderIdentity}|{.metadata.uid}' && echo
  ) || stop 'the API does not tell who holds the lease kube-system/strata-join'
  LEASE_TAKEN=
  if [[ $holder != "$STRATA_INSTANCE" ]]; then return; fi
  echo "{\"apiVersion\": \"v1\", \"kind\": \"DeleteOptions\", \"preconditions\": {\"uid\": \"$uid\"}}" >"$RUN/release.json"
  kube delete --raw /apis/coordination.k8s.io/v1/namespaces/kube-system/leases/strata-join -f "$RUN/release.json" >/dev/null 2>&1 ||
    grep -qE 'NotFound|Conflict' "$RUN/kube.err"
}

# --- the one configuration --------------------------------------------------------------------------------------------------------
#
# A revision is <Kubernetes version>-<number>, for example 1.36.3-2: a newer version is a higher revision by itself, the number is the user's. The
# ConfigMap kube-system/strata says which one the cluster has.

# Our address, and that of the other IP family on the same interface where nodes have both: it comes by itself, a moment later.
node_ips() {
  local device family=-6 second begun=$SECONDS
  if [[ -z ${STRATA_DUAL_STACK:-} ]]; then
    echo "$STRATA_ADDRESS"
    return
  fi
  if [[ $STRATA_ADDRESS == *:* ]]; then family=-4; fi
  device=$(ip -o addr show to "$STRATA_ADDRESS" | sed -n '1s/^[0-9]*: \([^ ]*\).*/\1/p')
  until second=$(ip -o "$family" addr show dev "$device" scope global -deprecated -tentative | sed -n '1s/.* inet6\{0,1\} \([^/ ]*\).*/\1/p') &&
    [[ -n $second ]]; do
    if ((SECONDS - begun >= 120)); then stop "this server has no address of the second IP family on $device after $((SECONDS - begun)) s"; fi
    sleep 2
  done
  echo "$STRATA_ADDRESS,$second"
}

# Our own part, with what only this machine knows.
render() {
  local file ips
  ips=$(node_ips)
  rm -rf "$RUN/patches" # where kubeadm looks for them
  mkdir "$RUN/patches"
  if [[ -e $RESOLV_CONF ]]; then echo "resolvConf: $RESOLV_CONF" >"$RUN/patches/kubeletconfiguration+merge.yaml"; fi
  for file in "$ETC"/kubeadm-*.yaml; do
    sed -e "s|@NODE_NAME@|$STRATA_NODE|g" -e "s|@NODE_ADDRESS@|$STRATA_ADDRESS|g" -e "s|@NODE_IPS@|$ips|g" -e "s|@PROVIDER_ID@|openstack:///$STRATA_INSTANCE|g" \
      "$file" >"$RUN/${file##*/}"
  done
  # shellcheck disable=SC2153  # from cluster.env
  if [[ $STRATA_ROLE == control-plane ]]; then choose_signer; fi
}

# The controller manager ends at once over a file of several authorities to sign with: it gets the first alone.
choose_signer() {
  if ! several_authorities; then return; fi
  sed '/-END CERTIFICATE-/q' "$CA" >"$KUBERNETES/pki/signing-ca.pem"
  # of two equal flags, it takes the last
  echo '[{"op": "add", "path": "/spec/containers/0/command/-", "value": "--cluster-signing-cert-file='"$KUBERNETES/pki/signing-ca.pem"'"}]' \
    >"$RUN/patches/kube-controller-manager+json.json"
}

# What every phase of kubeadm is given: our own InitConfiguration, and what all nodes have in common.
compose() { # <ClusterConfiguration> <KubeletConfiguration>
  { cat "$RUN/kubeadm-init.yaml" && echo --- && cat "$1" && echo --- && cat "$2"; } >"$RUN/kubeadm.yaml"
}
compose_ours() { compose "$RUN/kubeadm-cluster.yaml" "$RUN/kubeadm-kubelet.yaml"; }

minor_of() { cut -d . -f 2 <<<"$1"; } # 1.36.3-2 -> 36
is_higher() { [[ $1 != "$2" && $(printf '%s\n' "$1" "$2" | sort -V | tail -n 1) == "$1" ]]; }
our_digest() { cat "$ETC/kubeadm-cluster.yaml" "$ETC/kubeadm-kubelet.yaml" | sha256sum | cut -c 1-64; }
recorded() { kube -n kube-system get configmap strata --ignore-not-found -o "jsonpath={.data.$1}"; } # <key>

record() { # <key=value ...>
  local words=() pair
  for pair in "$@"; do words+=("--from-literal=$pair"); done
  if ! kube -n kube-system create configmap strata "${words[@]}" >/dev/null 2>&1; then
    printf '%s\n' "$@" | python3 -c 'import json, sys; print(json.dumps({"data": dict(l.split("=", 1) for l in sys.stdin.read().split("\n") if l)}))' \
      >"$RUN/record.json"
    kube -n kube-system patch configmap strata --type merge --patch-file "$RUN/record.json" >/dev/null
  fi
}

fetch() { kube -n kube-system get configmap "$1" -o "jsonpath={.data.$2}" >"$3"; } # <ConfigMap> <key> <file>

# Under the lease. Ours is higher: the cluster gets it first. Otherwise the cluster's is taken, whatever ours says. Sets $CONFIGURATION.
agree_on_configuration() {
  local theirs digest
  theirs=$(recorded revision)
  digest=$(recorded digest)
  CONFIGURATION=ours
  if [[ -z $theirs ]] || is_higher "$STRATA_REVISION" "$theirs"; then
    if [[ -n $theirs ]] && (($(minor_of "$STRATA_REVISION") > $(minor_of "$theirs") + 1)); then
      stop "this server is for Kubernetes ${STRATA_REVISION%-*}, the cluster is at ${theirs%-*}: upgrades go by one minor at a time, no minor can be left out"
    fi
    say "the cluster's configuration becomes revision $STRATA_REVISION (it was ${theirs:-none})"
    compose_ours
    init_phase upload-config all --kubeconfig "$RUN/super-admin.conf"
    record "revision=$STRATA_REVISION" "digest=$(our_digest)"
    return
  fi
  if [[ $theirs == "$STRATA_REVISION" ]]; then
    if [[ $digest == "$(our_digest)" ]]; then
      compose_ours
      return
    fi
    warn "what this server was born with is not the cluster's configuration, though both are revision $theirs; the cluster's is taken." \
      "Raise the configuration's revision to change it"
  else
    say "the cluster is at revision $theirs, this server was born with $STRATA_REVISION: the cluster's configuration is taken"
  fi
  CONFIGURATION=theirs
  fetch kubeadm-config ClusterConfiguration "$RUN/theirs-cluster.yaml"
  fetch kubelet-config kubelet "$RUN/theirs-kubelet.yaml"
  local file
  while read -r file; do
    if [[ ! -e $file ]]; then stop "the cluster's configuration asks for $file, which this server was born without: make it with the cluster's options of today"; fi
  done < <(grep -o '/etc/kubernetes/apiserver/[a-z-]*\.yaml' "$RUN/theirs-cluster.yaml" | sort -u)
  # kubeadm makes nothing newer than itself: until this slot is rolled, too, it stays one minor behind.
  if (($(minor_of "$STRATA_REVISION") < $(minor_of "$theirs"))); then
    sed -i "s/^kubernetesVersion: .*/kubernetesVersion: v${STRATA_REVISION%-*}/" "$RUN/theirs-cluster.yaml"
  fi
  compose "$RUN/theirs-cluster.yaml" "$RUN/theirs-kubelet.yaml"
}

# Whom to trust, as the cluster itself tells it. kubeadm writes it into the public ConfigMap cluster-info when a cluster is made, and never again. API servers
# add what they trust to the ConfigMap by which the APIs beside them know their clients, and take nothing away: an authority that is gone is taken out here. An
# API server that still trusts it puts it in again, so that the last slot has the last word.
publish_authorities() {
  local map patch
  for map in kube-public/cluster-info kube-system/extension-apiserver-authentication; do
    patch=$(kube -n "${map%/*}" get configmap "${map#*/}" --ignore-not-found -o json | python3 -c "$AUTHORITIES_PATCH" "$CA" "$KUBERNETES/pki/front-proxy-ca.crt")
    if [[ -z $patch ]]; then continue; fi
    say "the authorities in the ConfigMap $map become those of this node"
    kube -n "${map%/*}" patch configmap "${map#*/}" --type merge --patch "$patch" >/dev/null
  done
}
AUTHORITIES_PATCH='
import base64, json, re, sys
ours = {"client-ca-file": open(sys.argv[1]).read(), "requestheader-client-ca-file": open(sys.argv[2]).read()}
def certificates(text):
    return {"".join(found.split()) for found in re.findall("-BEGIN CERTIFICATE-+(.*?)-+END", text, re.S)}
text = sys.stdin.read()
data = json.loads(text)["data"] if text.strip() else {}
patch = {key: ours[key] for key in data if key in ours and certificates(data[key]) - certificates(ours[key])}
known = re.search("certificate-authority-data: *(\\S+)", data.get("kubeconfig", ""))
if known and certificates(base64.b64decode(known[1]).decode()) != certificates(ours["client-ca-file"]):
    patch["kubeconfig"] = data["kubeconfig"].replace(known[1], base64.b64encode(ours["client-ca-file"].encode()).decode())
if patch:
    print(json.dumps({"data": patch}))'

# One API server, and no other.
kube_at() { "$2" --server "https://$(in_url "$1"):$STRATA_PORT" --tls-server-name "$STRATA_ENDPOINT" "${@:3}"; } # <address> <kube | kube_once> <argument ...>

version_at() { # <address> <kube | kube_once> -> v1.36.3
  local answer
  answer=$(kube_at "$1" "$2" get --raw /version) || return
  json 'print(d["gitVersion"])' <<<"$answer"
}

# CoreDNS and kube-proxy follow when the last API server does. The first node of a cluster installs them. If one doesn't tell, strata-renew does it some day later.
update_addons() {
  local address addon ours at theirs
  at=$(recorded addons)
  ours=$(version_at "$STRATA_ADDRESS" kube)
  if [[ $at == "$ours" ]]; then return; fi
  if [[ -n $at ]]; then
    for address in $STRATA_PEERS; do
      theirs=$(version_at "$address" kube_once 2>/dev/null) || theirs='a version that it does not tell'
      if [[ $theirs != "$ours" ]]; then
        say "CoreDNS and kube-proxy stay at $at: the API server at $address is at $theirs, not at $ours yet"
        return
      fi
    done
  fi
  say "every API server is at $ours: so become the addons ($STRATA_ADDONS)"
  for addon in $STRATA_ADDONS; do init_phase addon "$addon"; done
  record "addons=$ours"
}
