#!/usr/bin/env bash
# Builds what real machines need that run a real cluster, without any registry: Kubernetes, etcd, CoreDNS and containerd from their Go modules, Kubernetes'
# images out of them, and the disk of a Debian 12 machine with all of that inside, as a prebuilt node image has it. Prints the paths of disk, kernel,
# initial RAM disk and qemu.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
CONTAINERD=2.2.9
SUITE=bookworm

[ "$(id -u)" = 0 ] || die 'building a machine needs root'
for p in kubeadm kubelet kubectl kube-apiserver kube-controller-manager kube-scheduler kube-proxy; do
  eval "$("$HERE/kubernetes.sh" "$p")" # one by one: whoever waits for one of them doesn't wait for all
done
eval "$("$HERE/etcd.sh")"
WORK=$CACHE/build/node-image
BIN=$CACHE/node-programs/bin
mkdir -p "$WORK" "$BIN"
VERSION=$("$KUBERNETES_BIN/kubeadm" version -o short)
mapfile -t IMAGES < <("$KUBERNETES_BIN/kubeadm" config images list --kubernetes-version "$VERSION" 2>/dev/null)
image() { printf '%s\n' "${IMAGES[@]}" | grep "/$1:"; } # <name> -> with registry and tag
tag() { local found; found=$(image "$1") && echo "${found##*:}"; }
COREDNS=$(tag coredns)

# build_program <name> <version> <module> <package>: a module of our own, since replace lines count only in the main module.
build_program() {
  local name=$1 version=$2 module=$3 package=$4 dir=$WORK/$1
  mkdir -p "$dir"
  cd "$dir"
  printf 'module conformance/%s\ngo 1.23\nrequire %s v%s\n' "$name" "$module" "$version" >go.mod
  CGO_ENABLED=0 GOFLAGS='-mod=mod -buildvcs=false' nice -n 10 go build -trimpath -ldflags "-s -w ${5:-}" -o "$BIN/$name-$version.part" "$package"
  mv "$BIN/$name-$version.part" "$BIN/$name-$version"
}

program() { # the same arguments
  [ -x "$BIN/$1-$2" ] || step "$1 $2" build_program "$@"
}

# kubeadm gives the container runtime two seconds for an answer, and has etcd and the API server asked every second whether they are ready. An emulated machine
# takes longer for the one and has no time for the other; nothing else about it is changed.
patient_kubeadm() {
  local source=$CACHE/build/kubernetes-${VERSION#v} flags='-s -w' v minor=${VERSION#*.}
  for v in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
    flags+=" -X $v.gitVersion=$VERSION -X $v.gitMajor=1 -X $v.gitMinor=${minor%.*} -X $v.gitTreeState=clean"
  done
  cd "$source"
  change() { # <file> <pattern> <instead>
    grep -q "$2" "$1"
    sed "s|$2|$3|" "$1" >"$WORK/${1##*/}"
  }
  local runtime=cmd/kubeadm/app/util/runtime/runtime.go probes=cmd/kubeadm/app/util/staticpod/utils.go
  change "$runtime" 'const defaultTimeout = 2 \* time.Second' 'const defaultTimeout = 60 * time.Second'
  change "$probes" 'scheme, 0, 15, 3, 1)' 'scheme, 0, 15, 3, 20)'
  printf '{ "Replace": { "%s": "%s", "%s": "%s" } }' "$source/$runtime" "$WORK/runtime.go" "$source/$probes" "$WORK/utils.go" >"$WORK/overlay.json"
  CGO_ENABLED=0 GOFLAGS='-mod=mod -buildvcs=false' nice -n 10 go build -overlay "$WORK/overlay.json" -trimpath -ldflags "$flags" -o "$PATIENT_KUBEADM.part" ./cmd/kubeadm
  mv "$PATIENT_KUBEADM.part" "$PATIENT_KUBEADM"
}
PATIENT_KUBEADM=$BIN/patient-kubeadm-$VERSION

# The process that holds a pod's namespaces.
pause_program() {
  cat >"$WORK/pause.c" <<'C'
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
static void down(int s) { (void)s; _exit(0); }
static void reap(int s) { (void)s; while (waitpid(-1, 0, WNOHANG) > 0); }
int main(void) {
  signal(SIGINT, down);
  signal(SIGTERM, down);
  signal(SIGCHLD, reap);
  for (;;) pause();
}
C
  gcc -Os -static -s -o "$BIN/pause" "$WORK/pause.c"
}

programs() {
  need_go
  local c=github.com/containerd/containerd/v2
  program containerd "$CONTAINERD" "$c" "$c/cmd/containerd" "-X $c/version.Version=$CONTAINERD"
  program containerd-shim-runc-v2 "$CONTAINERD" "$c" "$c/cmd/containerd-shim-runc-v2"
  program ctr "$CONTAINERD" "$c" "$c/cmd/ctr"
  program coredns "${COREDNS#v}" github.com/coredns/coredns github.com/coredns/coredns
  [ -x "$PATIENT_KUBEADM" ] || step 'kubeadm with patience' patient_kubeadm
  [ -x "$BIN/pause" ] || step pause pause_program
}

one_at_a_time node-programs programs

install_mmdebstrap() { command -v mmdebstrap >/dev/null || apt_install 'package mmdebstrap' mmdebstrap; }
# The mirror that this machine itself uses.
# shellcheck disable=SC2016  # apt's own variable
mirror() { apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -v security | head -n 1; }
SLIM=(--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*')
SLIM+=(--aptopt='APT::Install-Recommends "false"')

# What kube-proxy, the pod network and the pods of the checks find in their images.
userland() {
  mmdebstrap --mode=root --variant=minbase "${SLIM[@]}" --format=tar --include=busybox,conntrack,curl,iproute2,ipset,iptables,kmod,nftables \
    "$SUITE" "$WORK/userland.tar.part" "$(mirror)"
  mv "$WORK/userland.tar.part" "$WORK/userland.tar"
}

images() {
  rm -rf "$WORK/images"
  mkdir -p "$WORK/images"
  local p k=$KUBERNETES_BIN
  write_image() { python3 "$HERE/container-image.py" "$WORK/images/$1.tar" "${@:2}"; }
  for p in kube-apiserver kube-controller-manager kube-scheduler; do
    write_image "$p" "$(image "$p")" --file "$k/$p:usr/local/bin/$p" --entrypoint "/usr/local/bin/$p"
  done
  write_image etcd "$(image etcd)" --file "$ETCD_BIN/etcd:usr/local/bin/etcd" --file "$ETCD_BIN/etcdctl:usr/local/bin/etcdctl" \
    --file "$ETCD_BIN/etcdutl:usr/local/bin/etcdutl" --entrypoint /usr/local/bin/etcd
  # as the released image: not root, port 53 by a capability of its own
  write_image coredns "$(image coredns)" --file "$BIN/coredns-${COREDNS#v}:coredns" --folder etc --folder tmp --entrypoint /coredns --user 65532:65532
  write_image pause "$(image pause)" --file "$BIN/pause:pause" --entrypoint /pause --user 65535:65535
  write_image kube-proxy "$(image kube-proxy)" --base "$WORK/userland.tar" --file "$k/kube-proxy:usr/local/bin/kube-proxy" --entrypoint /usr/local/bin/kube-proxy
  write_image userland strata.test/userland:1 --base "$WORK/userland.tar" --file "$k/kubectl:usr/local/bin/kubectl" --entrypoint /bin/sh
}

ROOT=$WORK/root
unmount_root() {
  local folder
  for folder in run/images run dev sys proc; do
    if mountpoint -q "$ROOT/$folder"; then umount -l "$ROOT/$folder"; fi
  done
}

machine_root() {
  unmount_root
  rm -rf "$ROOT"
  local packages=systemd-sysv,udev,dbus,libpam-systemd,linux-image-cloud-amd64,initramfs-tools,zstd,cloud-init,cloud-guest-utils,openssh-server
  packages+=,runc,containernetworking-plugins,iptables,nftables,conntrack,ipset,kmod,iproute2,ethtool,socat,iputils-ping,procps
  packages+=,e2fsprogs,fdisk,ca-certificates,netbase,sudo,curl,openssl,python3,keepalived
  # shellcheck disable=SC2016  # the hooks' own argument
  mmdebstrap --mode=root --variant=minbase "${SLIM[@]}" --include="$packages" --format=directory \
    --essential-hook='mkdir -p "$1/etc/initramfs-tools/conf.d"; printf "MODULES=list\nCOMPRESS=zstd\nCOMPRESSLEVEL=1\n" >"$1/etc/initramfs-tools/conf.d/strata"' \
    --customize-hook='rm -f "$1/etc/hostname"; : >"$1/etc/machine-id"' \
    "$SUITE" "$ROOT" "$(mirror)"
}

configure_root() {
  local p k=$KUBERNETES_BIN
  printf '%s\n' virtio_pci virtio_blk virtio_net virtio_rng ext4 isofs nls_ascii >>"$ROOT/etc/initramfs-tools/modules"
  mount -t proc proc "$ROOT/proc"
  chroot "$ROOT" update-initramfs -u -k all
  umount "$ROOT/proc"
  echo 'LABEL=strata-root / ext4 defaults 0 1' >"$ROOT/etc/fstab"
  echo '127.0.0.1 localhost' >"$ROOT/etc/hosts"
  rm -f "$ROOT/etc/resolv.conf"
  : >"$ROOT/etc/resolv.conf"
  printf 'datasource_list: [ ConfigDrive, OpenStack, None ]\napt: { preserve_sources_list: true }\nlocale: C.UTF-8\nmanage_etc_hosts: true\nssh_genkeytypes: [ed25519]\n' \
    >"$ROOT/etc/cloud/cloud.cfg.d/90-image.cfg"
  # no timers, and no waiting for router advertisements that never come: emulated machines are slow enough
  for p in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer man-db.timer; do
    ln -sf /dev/null "$ROOT/etc/systemd/system/$p"
  done
  mkdir -p "$ROOT/etc/systemd/network/10-cloud-init-eth0.network.d"
  printf '[Network]\nIPv6AcceptRA=no\n' >"$ROOT/etc/systemd/network/10-cloud-init-eth0.network.d/image.conf"
  chroot "$ROOT" systemctl enable systemd-networkd
  chroot "$ROOT" systemctl disable keepalived
  rm -f "$ROOT"/etc/ssh/ssh_host_*
  # what a prebuilt node image has: kubelet, kubeadm, kubectl, containerd 2.x
  for p in kubelet kubectl; do install -m 755 "$k/$p" "$ROOT/usr/bin/$p"; done
  install -m 755 "$PATIENT_KUBEADM" "$ROOT/usr/bin/kubeadm"
  for p in containerd containerd-shim-runc-v2 ctr; do install -m 755 "$BIN/$p-$CONTAINERD" "$ROOT/usr/bin/$p"; done
  mkdir -p "$ROOT/opt/cni/bin" "$ROOT/etc/cni/net.d" "$ROOT/etc/kubernetes/manifests" "$ROOT/etc/containerd"
  mv "$ROOT"/usr/lib/cni/* "$ROOT/opt/cni/bin/"
  sed "s|@PAUSE_IMAGE@|$(image pause)|" "$HERE/../../../lib/kubernetes/bootstrap/containerd.toml" >"$ROOT/etc/containerd/config.toml"
  cat >"$ROOT/usr/lib/systemd/system/containerd.service" <<'UNIT'
[Unit]
Description=containerd container runtime
After=network.target local-fs.target dbus.service

[Service]
ExecStartPre=-/sbin/modprobe overlay
ExecStart=/usr/bin/containerd
Type=notify
Delegate=yes
KillMode=process
Restart=always
RestartSec=5
LimitNPROC=infinity
LimitCORE=infinity
TasksMax=infinity
OOMScoreAdjust=-999

[Install]
WantedBy=multi-user.target
UNIT
  # as in the packages of pkgs.k8s.io
  cat >"$ROOT/usr/lib/systemd/system/kubelet.service" <<'UNIT'
[Unit]
Description=kubelet: The Kubernetes Node Agent
Documentation=https://kubernetes.io/docs/
Wants=network-online.target
After=network-online.target

[Service]
ExecStart=/usr/bin/kubelet
Restart=always
StartLimitInterval=0
RestartSec=10

[Install]
WantedBy=multi-user.target
UNIT
  mkdir -p "$ROOT/usr/lib/systemd/system/kubelet.service.d"
  cat >"$ROOT/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf" <<'UNIT'
[Service]
Environment="KUBELET_KUBECONFIG_ARGS=--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --kubeconfig=/etc/kubernetes/kubelet.conf"
Environment="KUBELET_CONFIG_ARGS=--config=/var/lib/kubelet/config.yaml"
EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env
EnvironmentFile=-/etc/default/kubelet
ExecStart=
ExecStart=/usr/bin/kubelet $KUBELET_KUBECONFIG_ARGS $KUBELET_CONFIG_ARGS $KUBELET_KUBEADM_ARGS $KUBELET_EXTRA_ARGS
UNIT
  # Until it is configured it ends at once, and later it looks at every container: an emulated machine has no time for that every ten seconds.
  printf '[Service]\nRestartSec=60\nEnvironment=KUBELET_EXTRA_ARGS=--housekeeping-interval=60s\n' >"$ROOT/usr/lib/systemd/system/kubelet.service.d/05-emulation.conf"
  chroot "$ROOT" systemctl enable containerd kubelet
}

# The machine's own containerd takes the images in, without any of Kubernetes' parts.
preload() {
  local t containerd rc=0
  mount -t proc proc "$ROOT/proc"
  mount -t tmpfs tmpfs "$ROOT/run"
  mkdir -p "$ROOT/run/images"
  mount --bind "$WORK/images" "$ROOT/run/images"
  printf 'version = 3\ndisabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.cri.v1.images", "io.containerd.cri.v1.runtime"]\n' >"$ROOT/run/c.toml"
  chroot "$ROOT" /usr/bin/containerd -c /run/c.toml &
  containerd=$!
  for t in $(seq 150); do
    if [ -S "$ROOT/run/containerd/containerd.sock" ]; then break; fi
    sleep 0.2
  done
  for t in "$WORK"/images/*.tar; do chroot "$ROOT" ctr -n k8s.io images import "/run/images/${t##*/}" || rc=1; done
  # as the kubelet's own pulls are marked, so that CRI knows them
  chroot "$ROOT" ctr -n k8s.io images ls -q | grep -v sha256 | while read -r t; do chroot "$ROOT" ctr -n k8s.io images label "$t" io.cri-containerd.image=managed; done
  kill "$containerd"
  wait "$containerd" || true
  unmount_root
  return $rc
}

DISK=$CACHE/node-image/disk.raw
disk() {
  local out=${DISK%/*}
  mkdir -p "$out"
  cp "$ROOT"/boot/vmlinuz-* "$out/vmlinuz"
  cp "$ROOT"/boot/initrd.img-* "$out/initrd.img"
  rm -f "$DISK.part"
  truncate -s 10G "$DISK.part"
  mke2fs -q -t ext4 -L strata-root -d "$ROOT" "$DISK.part"
  mv "$DISK.part" "$DISK"
}

# What the disk was made of: it is made anew when any of that changed.
recipe() {
  cat "${BASH_SOURCE[0]}" "$HERE/container-image.py" "$HERE/../../../lib/kubernetes/bootstrap/containerd.toml" | sha256sum
}

machine() {
  if [ -s "$DISK" ] && [ "$(cat "$DISK.recipe" 2>/dev/null)" = "$(recipe)" ]; then return; fi
  rm -f "$DISK.recipe"
  trap unmount_root EXIT
  [ -s "$WORK/userland.tar" ] || step 'userland of images' userland
  step 'images of Kubernetes' images
  step 'root of a machine' machine_root
  step 'node image' configure_root
  step 'images into the machine' preload
  step 'disk of a machine' disk
  rm -rf "$ROOT"
  recipe >"$DISK.recipe"
}

if ! command -v qemu-system-x86_64 >/dev/null || ! command -v qemu-img >/dev/null; then
  apt_install 'package qemu' qemu-system-x86 qemu-utils
fi
command -v genisoimage >/dev/null || apt_install 'package genisoimage' genisoimage
install_mmdebstrap
one_at_a_time node-image machine
echo "KUBERNETES_BIN=$KUBERNETES_BIN"
echo "NODE_DISK=$DISK"
echo "NODE_KERNEL=${DISK%/*}/vmlinuz"
echo "NODE_INITRD=${DISK%/*}/initrd.img"
echo "QEMU=$(command -v qemu-system-x86_64)"
