#!/usr/bin/env bash
# The root file system of a Debian 12, with most of the packages that a node of a distribution's own image installs from Debian's mirror. Prints DEBIAN_ROOT, a tar archive.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
ROOT=$CACHE/debian-root.tar
PACKAGES=ca-certificates,conntrack,curl,e2fsprogs,ethtool,iptables,openssl,python3

install_mmdebstrap() { command -v mmdebstrap >/dev/null || apt_install 'package mmdebstrap' mmdebstrap; }
# The mirror that this machine itself uses.
# shellcheck disable=SC2016  # apt's own variable
mirror() { apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -v security | head -n 1; }

root() {
  mmdebstrap --mode=root --variant=minbase --include="$PACKAGES" --aptopt='Acquire::Languages "none"' --format=tar bookworm "$ROOT.part" "$(mirror)"
  mv "$ROOT.part" "$ROOT"
}

build() { [ -e "$ROOT" ] || step 'root of Debian 12' root; }

[ "$(id -u)" = 0 ] || die 'a root file system needs root'
install_mmdebstrap
one_at_a_time debian-root build
echo "DEBIAN_ROOT=$ROOT"
