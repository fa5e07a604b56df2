#!/usr/bin/env bash
# Makes a Kubernetes cluster of bare-metal hosts by kubeadm: on the first control host, as root. run-stage.sh starts it, detached.
#
#   make-cluster.sh <SSH user> <SSH port> <Kubernetes version> <its packages> <containerd's packages>
#
# Beside it: node.sh; and in the folder above: key, and bundle/ with hosts (name and address of each, this one first), init.yaml, and <name>.yaml for each
# of the others. It may be cut at any point and run again: what is done is not done again, and a cluster is never made twice.
set -euo pipefail
umask 077
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
home=$(dirname "$here")
bundle=$home/bundle
user=$1 port=$2
shift 2
export KUBECONFIG=/etc/kubernetes/admin.conf

say() { echo "strata: $*"; }
die() {
  say "$*" >&2
  exit 1
}

# Host keys are learnt at the first contact and must stay the same.
remote() { # <address> <command>
  ssh -F none -i "$home/key" -p "$port" -l "$user" -o IdentitiesOnly=yes -o BatchMode=yes -o ConnectTimeout=30 -o LogLevel=ERROR \
    -o ServerAliveInterval=15 -o StrictHostKeyChecking=accept-new -o "UserKnownHostsFile=$home/known_hosts" "$1" "$2"
}
sudo_=''
if [[ $user != root ]]; then sudo_='sudo -n '; fi
on_node() { # <address> <argument...>: node.sh over there, what is on the standard input goes to it
  # shellcheck disable=SC2154
  remote "$1" "${sudo_}${home}/node.sh $(printf '%q ' "${@:2}")"
}
answers() { [[ $(kubectl --request-timeout=10s get --raw /readyz 2>/dev/null) == ok ]]; }

prepare() { # <name> <address> <argument...>
  remote "$2" "${sudo_}install -D -m 700 /dev/stdin $home/node.sh" <"$here/node.sh" && on_node "$2" prepare "${@:3}" </dev/null
}

# ---- every host, side by side --------------------------------------------------------------------------------------------------------------------------
mkdir -p "$home/hosts"
pids=() names=()
while read -r name address; do
  prepare "$name" "$address" "$@" >"$home/hosts/$name.log" 2>&1 &
  pids+=($!) names+=("$name")
done <"$bundle/hosts"
failed=()
for i in "${!pids[@]}"; do wait "${pids[i]}" || failed+=("${names[i]}"); done
for name in ${failed[@]+"${failed[@]}"}; do
  echo "strata: $name could not be prepared; $home/hosts/$name.log ends with:" >&2
  tail -n 15 "$home/hosts/$name.log" >&2
done
((${#failed[@]} == 0)) || exit 1
say "${#names[@]} hosts are prepared"

# ---- the first one -------------------------------------------------------------------------------------------------------------------------------------
if [[ ! -e $home/begun ]]; then
  # A beginning that was cut off has no node but this one, and nothing in it.
  if [[ -e $home/beginning ]]; then
    kubeadm reset --force
  elif [[ -e $KUBECONFIG || -d /var/lib/etcd/member ]]; then
    die "a cluster that isn't of this making is on this host ($KUBECONFIG or /var/lib/etcd); take another host, or run kubeadm reset on it if nothing in it is needed"
  fi
  touch "$home/beginning"
  kubeadm init --config "$bundle/init.yaml"
  mv "$home/beginning" "$home/begun"
fi
for _ in $(seq "${STRATA_PATIENCE:-60}"); do
  if answers; then break; fi
  sleep 5
done
answers || die "the cluster was made and its API doesn't answer; look after it (journalctl -u kubelet), nothing was changed"

# ---- the others, one after the other -------------------------------------------------------------------------------------------------------------------
hash=
while read -r name address <&3; do
  if on_node "$address" joined </dev/null; then continue; fi
  if [[ -z $hash ]]; then
    hash=$(openssl x509 -in /etc/kubernetes/pki/ca.crt -noout -pubkey | openssl pkey -pubin -outform DER | sha256sum | cut -d' ' -f1)
    token=$(kubeadm token create --ttl 1h --description 'hosts that join now')
    # kubeadm deletes them after two hours
    certificates=$(kubeadm init phase upload-certs --upload-certs | tail -n 1)
  fi
  say "$name joins"
  sed -e "s/@TOKEN@/$token/" -e "s/@HASH@/sha256:$hash/" -e "s/@CERTIFICATES@/$certificates/" "$bundle/$name.yaml" | on_node "$address" join ||
    die "$name could not join; the lines above say why"
done 3< <(tail -n +2 "$bundle/hosts")
if [[ -n $hash ]]; then kubeadm token delete "${token%%.*}" >/dev/null; fi
say 'the cluster is there'
