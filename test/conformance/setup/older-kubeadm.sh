#!/usr/bin/env bash
# Builds kubeadm of the minors that the library knows besides the newest, of the very patch that it deploys. Prints KUBEADM_1_34, KUBEADM_1_35: the programs.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

for version in 1.34.4 1.35.4; do
  told=$(KUBERNETES_VERSION=$version "$(dirname "${BASH_SOURCE[0]}")/kubernetes.sh" kubeadm)
  minor=${version%.*}
  echo "KUBEADM_${minor//./_}=${told#KUBERNETES_BIN=}/kubeadm"
done
