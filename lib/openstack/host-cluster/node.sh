#!/usr/bin/env bash
# What a host of a cluster on bare metal does, as root. make-cluster.sh calls it over SSH.
#
#   node.sh prepare <Kubernetes version> <its packages> <containerd's packages>
#   node.sh joined      succeeds if this host has joined
#   node.sh join        the configuration of kubeadm is on the standard input
#
# Each may be cut at any point and run again.
set -euo pipefail
umask 022
home=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
export DEBIAN_FRONTEND=noninteractive

die() {
  echo "strata: $(hostname): $*" >&2
  exit 1
}

# Something else may have apt just now, and a mirror may be slow to answer.
apt() { apt-get -q -o DPkg::Lock::Timeout=600 -o Acquire::Retries=5 "$@"; }
installed() { dpkg-query -W -f '${db:Status-Abbrev} ${Version}' "$1" 2>/dev/null | sed -n 's/^.i *//p'; } # <package> -> its version

repository() { # <name> <URL> <suite and components> <URL of its key>
  local key=/etc/apt/keyrings/strata-$1.asc
  install -d -m 755 /etc/apt/keyrings
  if [[ ! -s $key ]]; then
    curl -fsSL --retry 10 --retry-all-errors --retry-delay 5 -o "$key.part" "$4" || die "the key of $2 can't be fetched from $4"
    mv "$key.part" "$key"
  fi
  echo "deb [signed-by=$key] $2 $3" >"/etc/apt/sources.list.d/strata-$1.list"
}

prepare() { # <version> <Kubernetes' packages> <containerd's packages>
  local version=$1 id codename has
  has=$(installed kubelet)
  if [[ -e /etc/kubernetes/kubelet.conf && $has != "$version-"* ]]; then
    die "this host is in the cluster with Kubernetes ${has%%-*}, and $version is wanted; upgrade it by kubeadm, then apply again"
  fi
  if [[ $has != "$version-"* || $(installed kubeadm) != "$version-"* || $(installed containerd.io) != 2.* ]]; then
    # shellcheck source=/dev/null
    . /etc/os-release
    id=$ID codename=${VERSION_CODENAME:-}
    case "$id $codename" in
      'ubuntu noble' | 'debian bookworm' | 'debian trixie') ;;
      *) die "this host runs ${PRETTY_NAME:-$id}; a cluster is made on Ubuntu 24.04, Debian 12 and Debian 13" ;;
    esac
    apt update
    apt install -y --no-install-recommends ca-certificates curl
    repository kubernetes "$2" / "${2%/}/Release.key"
    repository containerd "${3%/}/$id" "$codename stable" "${3%/}/$id/gpg"
    apt update
    apt install -y --no-install-recommends --allow-change-held-packages -o Dpkg::Options::=--force-confold \
      'containerd.io=2.*' "kubelet=$version-*" "kubeadm=$version-*" "kubectl=$version-*" conntrack ethtool iptables openssl socat
    apt-mark hold containerd.io kubelet kubeadm kubectl >/dev/null
  fi
  # The kubelet refuses to run beside swap.
  swapoff -a
  sed -i 's/^\([^#].*[[:space:]]swap[[:space:]].*\)$/# \1/' /etc/fstab
  printf 'overlay\nbr_netfilter\n' >/etc/modules-load.d/strata-kubernetes.conf
  modprobe --all overlay br_netfilter
  printf 'net.ipv4.ip_forward = 1\nnet.bridge.bridge-nf-call-iptables = 1\nnet.bridge.bridge-nf-call-ip6tables = 1\n' >/etc/sysctl.d/90-strata-kubernetes.conf
  sysctl --quiet --system
  # the package brings a configuration without CRI
  containerd config default | sed 's/SystemdCgroup = false/SystemdCgroup = true/' >"$home/containerd.toml"
  if ! cmp -s "$home/containerd.toml" /etc/containerd/config.toml; then
    install -D -m 644 "$home/containerd.toml" /etc/containerd/config.toml
    systemctl restart containerd
  fi
  systemctl enable --quiet --now containerd kubelet
}

joined() { [[ -e $home/joined && -e /etc/kubernetes/kubelet.conf ]]; }

join() {
  umask 077
  trap 'rm -f "$home/join.yaml"' EXIT
  cat >"$home/join.yaml"
  # A host whose joining was cut off has nothing on it yet; if it became a member of etcd, this takes it out.
  if [[ -e $home/joining ]]; then
    kubeadm reset --force
  elif [[ -e /etc/kubernetes/kubelet.conf ]]; then
    die "this host is a node of a cluster that isn't of this making; run kubeadm reset on it if nothing on it is needed, then apply again"
  fi
  touch "$home/joining"
  kubeadm join --config "$home/join.yaml"
  mv "$home/joining" "$home/joined"
}

"$@"
