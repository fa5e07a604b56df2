#!/usr/bin/env bash
# Programs that Debian has: packages.sh shellcheck cloud-init sshd chronyd keepalived iptables nft mariadbd rabbitmq-server. Prints where each is, as SHELLCHECK, CLOUD_INIT …
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
PATH=$PATH:/usr/sbin:/sbin
for name in "$@"; do
  case $name in
  sshd) packages=(openssh-server openssh-client) ;;
  chronyd) packages=(chrony) ;;
  nft) packages=(nftables) ;;
  mariadbd) packages=(mariadb-server galera-4) ;;
  *) packages=("$name") ;;
  esac
  command -v "$name" >/dev/null || apt_install "package ${packages[0]}" "${packages[@]}"
  variable=${name^^}
  echo "${variable//-/_}=$(command -v "$name")"
done
