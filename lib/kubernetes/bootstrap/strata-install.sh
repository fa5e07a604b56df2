#!/usr/bin/env bash
# Makes a node's image out of a distribution's own: containerd 2.x, kubelet, kubeadm and kubectl of one pinned patch. Ubuntu 24.04, Debian 12 and 13.
# It runs before the boot program, at every boot, and does nothing where everything is there already; it may be cut at any point and run again.
set -euo pipefail
# shellcheck source=strata-common.sh
. "${BASH_SOURCE[0]%/*}/strata-common.sh"

KEYRINGS=/etc/apt/keyrings
SOURCES=/etc/apt/sources.list.d
export DEBIAN_FRONTEND=noninteractive

# Something else may have apt just now, and a mirror may be slow to answer.
apt() { apt-get -q -o DPkg::Lock::Timeout=600 -o Acquire::Retries=5 "$@"; }

installed() { dpkg-query -W -f '${db:Status-Abbrev} ${Version}' "$1" 2>/dev/null | sed -n 's/^.i *//p'; } # <package> -> its version

# After a cut in the middle of its work apt does nothing any more until dpkg has come to its end. Something else may have dpkg just now.
finish_interrupted() {
  local _
  for _ in {1..60}; do
    dpkg --force-confold --configure -a && return
    sleep 10
  done
}

# What was cut while it was unpacked, apt takes for installed, and dpkg leaves it as it is.
unpack_again() {
  local -a torn
  mapfile -t torn < <(dpkg-query -W -f '${db:Status-Abbrev} ${binary:Package}\n' | sed -n 's/^.H. *//p')
  if ((${#torn[@]} == 0)); then return; fi
  apt install -y --reinstall --allow-change-held-packages -o Dpkg::Options::=--force-confold "${torn[@]}"
}

# A repository of packages, trusted by its own key alone: given, or fetched once from beside the repository.
repository() { # <name> <URL> <suite and components> <URL of its key>
  local key=$KEYRINGS/$1.asc
  install -d -m 755 "$KEYRINGS"
  if [[ -e $ETC/$1.asc ]]; then
    install -m 644 "$ETC/$1.asc" "$key"
  elif [[ ! -s $key ]]; then # a cut may leave an empty file
    curl -fsSL --retry 10 --retry-all-errors --retry-delay 5 -o "$RUN/$1.asc" "$4" || stop "the key of $2 can't be fetched from $4"
    install -m 644 "$RUN/$1.asc" "$key.part"
    mv "$key.part" "$key"
  fi
  echo "deb [signed-by=$key] $2 $3" >"$SOURCES/$1.list"
}

install_packages() {
  local id codename
  # shellcheck source=/dev/null
  . /etc/os-release
  id=$ID codename=$VERSION_CODENAME
  case "$id $codename" in
    'ubuntu noble' | 'debian bookworm' | 'debian trixie') ;;
    *) stop "this image is $PRETTY_NAME; NodeImage.stock knows Ubuntu 24.04, Debian 12 and Debian 13" ;;
  esac
  finish_interrupted
  apt update
  apt install -y --no-install-recommends ca-certificates curl
  repository kubernetes "$STRATA_KUBERNETES_PACKAGES" / "${STRATA_KUBERNETES_PACKAGES%/}/Release.key"
  repository containerd "${STRATA_CONTAINERD_PACKAGES%/}/$id" "$codename stable" "${STRATA_CONTAINERD_PACKAGES%/}/$id/gpg"
  apt update || stop 'the lists of packages are not to be had, or not signed by the key that was given: apt says which, above'
  unpack_again
  apt install -y --no-install-recommends --allow-change-held-packages --allow-downgrades -o Dpkg::Options::=--force-confold \
    'containerd.io=2.*' "kubelet=$STRATA_VERSION-*" "kubeadm=$STRATA_VERSION-*" "kubectl=$STRATA_VERSION-*" \
    conntrack e2fsprogs ethtool iptables openssl python3 socat
  # Only a new server has a new version.
  apt-mark hold containerd.io kubelet kubeadm kubectl >/dev/null
}

main() {
  load_settings
  # shellcheck source=/dev/null
  . "$ETC/packages.env"
  if [[ $(installed kubelet) == "$STRATA_VERSION-"* && $(installed kubeadm) == "$STRATA_VERSION-"* && $(installed containerd.io) == 2.* ]]; then return; fi
  say "installing containerd 2.x and Kubernetes $STRATA_VERSION"
  # The kubelet refuses to run beside swap.
  swapoff -a
  sed -i 's/^\([^#].*[[:space:]]swap[[:space:]].*\)$/# \1/' /etc/fstab
  modprobe --all overlay br_netfilter
  install_packages
  # the package brings a configuration without CRI
  install -m 644 "$ETC/containerd.toml" /etc/containerd/config.toml
  systemctl enable containerd kubelet
  systemctl restart containerd
  say 'installed'
}

main "$@"
