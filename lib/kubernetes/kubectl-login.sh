# shellcheck shell=bash disable=SC2034  # the programs that this stands before use the rest
# How what runs beside Terraform logs in to the cluster: by a kubeconfig file of whoever runs it, and to no other cluster. Stands before each such program.
#
# STRATA_CLUSTER     name of the cluster
# STRATA_CA          its CA, PEM: a kubeconfig of another cluster is refused
# STRATA_KUBECONFIG  the kubeconfig file; empty for what kubectl uses by itself
# STRATA_BIRTH       "true": no gate has been passed yet, as far as Neutron knows. The cluster is being made, or it lives and its marker there is lost
set -euo pipefail

say() { echo "strata: $*"; }
stop() {
  echo "strata: $*" >&2
  exit 1
}

need_kubectl() { # <what for>
  command -v kubectl >/dev/null || stop "the machine that runs Terraform needs kubectl to $1; install it, or $2"
}

if [[ -n $STRATA_KUBECONFIG ]]; then export KUBECONFIG=${STRATA_KUBECONFIG/#\~/$HOME}; fi
CONTEXT=()

kube() { kubectl ${CONTEXT[@]+"${CONTEXT[@]}"} --request-timeout=20s "$@"; }

# Certificates of a PEM file, one a line.
certificates() { awk '/-END CERTIFICATE-/ { print body; inside = 0 } inside { gsub(/[[:space:]]/, ""); body = body $0 } /-BEGIN CERTIFICATE-/ { body = ""; inside = 1 }'; }

# Chooses the context, and sees that it is of this cluster: 0; or $why and 1, and 2 if it is of another one.
log_in() {
  local authority file
  if kubectl config get-contexts "kubernetes-admin@$STRATA_CLUSTER" >/dev/null 2>&1; then CONTEXT=(--context "kubernetes-admin@$STRATA_CLUSTER"); fi
  authority=$(kube config view --raw --minify -o 'jsonpath={.clusters[0].cluster.certificate-authority-data}' 2>/dev/null | base64 -d 2>/dev/null || true)
  if [[ -z $authority ]]; then
    file=$(kube config view --raw --minify -o 'jsonpath={.clusters[0].cluster.certificate-authority}' 2>/dev/null || true)
    if [[ -n $file && -r $file ]]; then authority=$(<"$file"); fi
  fi
  if [[ -z $authority ]]; then
    why="there is no kubeconfig for $STRATA_CLUSTER (${KUBECONFIG:-~/.kube/config}): write the cluster's kubeconfig to a file of this machine and give kubeconfigPath or KUBECONFIG"
    return 1
  fi
  # while authorities are replaced, a file may have been written one step before
  if ! certificates <<<"$authority" | grep -qxFf <(certificates <<<"$STRATA_CA"); then
    why="the kubeconfig (${KUBECONFIG:-~/.kube/config}) is of another cluster: its CA is not that of $STRATA_CLUSTER; nothing was changed."
    why+=" If the cluster's authorities were replaced since, write its kubeconfig to that file anew"
    return 2
  fi
}

# Waits for the API: 0, or 1 and $why.
reach() { # <seconds>
  local begun=$SECONDS answer
  until answer=$(kube get --raw /readyz 2>&1) && [[ $answer == ok ]]; do
    if ((SECONDS - begun >= $1)); then
      why="the API of $STRATA_CLUSTER does not answer: ${answer##*$'\n'}"
      case $answer in
        *x509* | *Unauthorized* | *'must be logged in'*)
          why+=" (if its authorities are being replaced, write its kubeconfig anew to the file that this machine logs in by)"
          ;;
      esac
      return 1
    fi
    sleep 3
  done
}

# Logs in and waits for the API, or ends the program as STRATA_ON_UNREACHABLE says.
require_cluster() { # <what follows if it goes on without> <what follows if it stops>
  local why='' login=0
  log_in || login=$?
  if ((login == 0)) && reach 60; then return; fi
  if ((login != 2)) && [[ $STRATA_ON_UNREACHABLE == continue ]]; then
    say "WARNING: $why. $1"
    exit 0
  fi
  stop "$why. $2"
}

# Whether the cluster is being made, as far as can be told: 0 and $why, or 1. It rarely has a login then, and need not have one; one that answers is served like any
# other, for it may live.
is_new() { # <how long to wait for its API, in seconds>
  why='this machine has no kubectl'
  [[ $STRATA_BIRTH == true ]] && ! { command -v kubectl >/dev/null && log_in && reach "$1"; }
}

# Whether the cluster is being made, by what it says itself: no Node gets Ready before there is a pod network, which comes after the birth.
is_unfinished() { # <what nodes gave>
  [[ $STRATA_BIRTH == true ]] && ! grep -q ' True ' <<<"$1"
}

# One line a node: name, provider id, status of its condition Ready, its pool; "-" for what it doesn't have.
nodes() {
  # shellcheck disable=SC2016  # kubectl's template
  kube get nodes -o go-template='{{range .items}}{{.metadata.name}} {{or .spec.providerID "-"}} {{$ready := "-"}}{{range .status.conditions}}{{if eq .type "Ready"}}{{$ready = .status}}{{end}}{{end}}{{$ready}} {{with .metadata.labels}}{{or (index . "strata/pool") "-"}}{{else}}-{{end}} {{.metadata.uid}}{{"\n"}}{{end}}'
}
