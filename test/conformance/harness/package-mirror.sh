#!/usr/bin/env bash
# package-mirror.sh <folder>: a mirror of packages as Kubernetes and containerd publish them, signed by a key of its own. The packages are named and versioned as
# the real ones and contain next to nothing. `key.asc` signs, `other.asc` doesn't.
set -euo pipefail
MIRROR=$1
export GNUPGHOME=$MIRROR/gnupg
install -d -m 700 "$GNUPGHOME"
for name in key other; do
  gpg --batch --quiet --passphrase '' --quick-generate-key "$name@mirror.example.org" rsa2048 sign 1d
  gpg --armor --export "$name@mirror.example.org" >"$MIRROR/$name.asc"
done

package() { # <folder> <name> <version>
  local tree=$MIRROR/tree
  rm -rf "$tree"
  mkdir -p "$tree/DEBIAN" "$tree/usr/bin"
  printf 'Package: %s\nVersion: %s\nArchitecture: amd64\nMaintainer: Nobody <nobody@example.org>\nDescription: stand-in\n' "$2" "$3" >"$tree/DEBIAN/control"
  printf '#!/bin/sh\necho %s\n' "$3" >"$tree/usr/bin/$2"
  if [[ $2 == containerd.io ]]; then
    mkdir -p "$tree/etc/containerd"
    echo 'disabled_plugins = ["cri"]' >"$tree/etc/containerd/config.toml"
    echo /etc/containerd/config.toml >"$tree/DEBIAN/conffiles"
  fi
  # where a file of that name is, the machine stops here: the power is cut
  local script
  for script in preinst postinst; do
    # shellcheck disable=SC2016  # for the package's own shell
    printf '#!/bin/sh\nif [ -e "/cut-in-%s-of-%s" ]; then : >/cut-now; sleep 600; fi\n' "$script" "$2" >"$tree/DEBIAN/$script"
  done
  chmod 755 "$tree/usr/bin/$2" "$tree/DEBIAN/preinst" "$tree/DEBIAN/postinst"
  mkdir -p "$1"
  dpkg-deb --root-owner-group --build "$tree" "$1/$2_$3_amd64.deb" >/dev/null
}

index() { # <folder of the repository> <folder with Packages, below it> <folder with the packages, below it>
  local deb
  cd "$1"
  mkdir -p "$2"
  for deb in "$3"/*.deb; do
    dpkg-deb --field "$deb"
    printf 'Filename: %s\nSize: %s\nSHA256: %s\n\n' "$deb" "$(stat -c %s "$deb")" "$(sha256sum "$deb" | cut -d' ' -f1)"
  done >"$2/Packages"
}

release() { # <folder with Release> <Packages, below it> [further fields]
  cd "$1"
  {
    printf 'Origin: mirror\nDate: %s\n%s' "$(LC_ALL=C date -Ru)" "${3:-}"
    printf 'SHA256:\n %s %s %s\n' "$(sha256sum "$2" | cut -d' ' -f1)" "$(stat -c %s "$2")" "$2"
  } >Release
  gpg --batch --quiet --local-user key@mirror.example.org --clearsign --output InRelease Release
}

for version in 1.35.9-1.1 1.36.2-1.1 1.36.3-1.1 1.36.9-1.1; do
  for name in kubelet kubeadm kubectl; do package "$MIRROR/kubernetes" "$name" "$version"; done
done
index "$MIRROR/kubernetes" . .
release "$MIRROR/kubernetes" Packages
for version in 1.7.28-1 2.2.1-1; do package "$MIRROR/containerd/debian/pool" containerd.io "$version~debian.12~bookworm"; done
index "$MIRROR/containerd/debian" dists/bookworm/stable/binary-amd64 pool
release "$MIRROR/containerd/debian/dists/bookworm" stable/binary-amd64/Packages $'Suite: bookworm\nCodename: bookworm\nComponents: stable\nArchitectures: amd64\n'
# the publishers have their keys beside the packages
cp "$MIRROR/key.asc" "$MIRROR/kubernetes/Release.key"
cp "$MIRROR/key.asc" "$MIRROR/containerd/debian/gpg"
gpgconf --kill all
