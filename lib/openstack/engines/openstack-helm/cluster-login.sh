# shellcheck shell=bash
# How what runs beside Terraform logs in to the cluster that OpenStack is on. Stands before each such program.
#
# STRATA_KUBECONFIG  kubeconfig file; empty for what kubectl uses by itself
# STRATA_CONTEXT     its context; empty for the current one
# STRATA_HOST        URL of the cluster's API: a kubeconfig for another one is refused
# STRATA_NAMESPACE   OpenStack's namespace
set -euo pipefail

say() { echo "strata: $*"; }
die() {
  echo "strata: $*" >&2
  exit 1
}
# shellcheck disable=SC2088 # the tilde is what is looked for
in_home() { case $1 in "~/"*) echo "$HOME/${1:2}" ;; *) echo "$1" ;; esac }

command -v kubectl >/dev/null || die "kubectl is missing on this machine: it waits for the cloud and fetches the administrator's credentials"
if [[ -n $STRATA_KUBECONFIG ]]; then
  KUBECONFIG=$(in_home "$STRATA_KUBECONFIG")
  export KUBECONFIG
fi
context=()
if [[ -n $STRATA_CONTEXT ]]; then context=(--context "$STRATA_CONTEXT"); fi
kube() { kubectl ${context[@]+"${context[@]}"} --namespace "$STRATA_NAMESPACE" --request-timeout=20s "$@"; }

server=$(kube config view --minify -o 'jsonpath={.clusters[0].cluster.server}' 2>/dev/null || true)
[[ -n $server ]] ||
  die "there is no kubeconfig for the cluster (${KUBECONFIG:-~/.kube/config}): write one to a file of this machine, and give kubeconfigPath or KUBECONFIG"
[[ ${server%/} == "${STRATA_HOST%/}" ]] ||
  die "the kubeconfig (${KUBECONFIG:-~/.kube/config}) is for $server, and OpenStack is on $STRATA_HOST; give kubeconfigPath or kubeconfigContext"
