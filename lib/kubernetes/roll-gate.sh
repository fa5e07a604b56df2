# shellcheck shell=bash
# Waits until the control plane is whole after one of its slots was rolled: every slot's Node is of its present server and Ready, and its etcd and its API server
# are ready, which a learner of etcd never is. kubectl-login.sh stands before it.
#
# STRATA_SLOTS    the slots: <name>=<server id> …
# STRATA_TIMEOUT  how long to wait, in seconds

# For a cluster that is being made another gate waits.
why=
if is_new 60; then
  say "the cluster is new: no slot was rolled ($why)"
  exit 0
fi
need_kubectl 'see whether a rolled control-plane slot is back' 'set readyGate: ReadyGate.disabled()'

# Ready pods of the control plane: <name> <uid of their node>
ready_pods() {
  # shellcheck disable=SC2016  # kubectl's template
  kube -n kube-system get pods -l tier=control-plane -o go-template='{{range .items}}{{$pod := .}}{{range .status.conditions}}{{if and (eq .type "Ready") (eq .status "True")}}{{$pod.metadata.name}} {{range $pod.metadata.ownerReferences}}{{.uid}}{{end}}{{"\n"}}{{end}}{{end}}{{end}}'
}

# What is missing, or nothing.
missing() {
  local list pods pair name uid part
  if ! list=$(nodes) || ! pods=$(ready_pods); then
    echo 'the API does not answer'
    return
  fi
  for pair in $STRATA_SLOTS; do
    name=${pair%%=*}
    uid=$(sed -n "s|^$name openstack:///${pair#*=} True [^ ]* ||p" <<<"$list")
    if [[ -z $uid ]]; then
      echo "the Node $name of server ${pair#*=} is not Ready"
      return
    fi
    for part in etcd kube-apiserver; do
      if ! grep -qx "$part-$name $uid" <<<"$pods"; then
        echo "$part-$name is not ready"
        return
      fi
    done
  done
}

log_in || stop "$why. The slot's new server is there; the next slot is not rolled before this gate has been passed: repair it and apply again"
if list=$(nodes) && is_unfinished "$list"; then
  say 'the cluster is new: no slot was rolled (no Node is Ready, and none is before there is a pod network)'
  exit 0
fi
begun=$SECONDS
told=
while :; do
  what=$(missing)
  if [[ -z $what ]]; then
    say "the control plane is whole after $((SECONDS - begun)) s"
    exit 0
  fi
  if [[ $what != "$told" ]]; then say "waiting, $what"; fi
  told=$what
  if ((SECONDS - begun >= STRATA_TIMEOUT)); then
    stop "the control plane is not whole after $((SECONDS - begun)) s: $what. No other slot is rolled before this gate has been passed." \
      "See the console of that server (openstack console log show), where strata-boot says what it waits for; then apply again"
  fi
  sleep 3
done
