#!/usr/bin/env bash
# Builds a node's programs of the minor before the newest that the library knows, of the very patch that it deploys: what a cluster is upgraded from.
# Prints PREVIOUS_KUBERNETES_BIN, the folder with them.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

told=$(KUBERNETES_VERSION=1.35.4 "$(dirname "${BASH_SOURCE[0]}")/kubernetes.sh" kubeadm kubectl kube-apiserver)
echo "PREVIOUS_$told"
