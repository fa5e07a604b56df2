# shellcheck shell=bash
# Takes workers that are no longer wanted out of the cluster, before Terraform deletes their servers: waits until the wanted ones are Ready, then cordons and
# drains the others and deletes their Nodes. It may be run again at any time. kubectl-login.sh stands before it.
#
# STRATA_POOL_<n>          the wanted workers of a pool: <name>=<server id> …
# STRATA_TIMEOUT           how long to wait for the wanted ones, in seconds
# STRATA_DRAIN_TIMEOUT     how long to drain one node, in seconds
# STRATA_UNMANAGED_PODS    "delete": pods without a controller go, too; "keep": they stop the drain
# STRATA_ON_UNREACHABLE    "fail" or "continue"
why=
if is_new 60; then
  say "the cluster is new: no worker to drain ($why)"
  exit 0
fi
need_kubectl 'drain workers' 'set drain: WorkerDrain.disabled()'

wanted=
for pool in $(compgen -v STRATA_POOL_); do wanted+=" ${!pool}"; done
id_of() { # <name> -> the id of the wanted server of that name
  local pair
  for pair in $wanted; do if [[ ${pair%%=*} == "$1" ]]; then echo "${pair#*=}"; fi; done
}

require_cluster 'Going on without draining, as drain.onUnreachable says' \
  'No worker was drained and none is deleted; repair it and apply again, or give drain: WorkerDrain.enabled({ onUnreachable: OnUnreachable.CONTINUE })'

# Into a variable first: a list that failed is no empty one.
list=$(nodes) || stop 'the API does not give the list of nodes (see above). No worker was drained and none is deleted'
# A Node's provider id never changes: that of a server which is gone keeps its successor of the same name from registering.
while read -r name provider _ pool _; do
  id=$(id_of "$name")
  if [[ -n $id && $pool != - && $provider != - && $provider != "openstack:///$id" ]]; then
    say "deleting the Node $name of a server that is gone ($provider)"
    kube delete node "$name" --wait=true >/dev/null
  fi
done <<<"$list"

unwanted=()
while read -r name _ _ pool _; do
  if [[ $pool != - && -z $(id_of "$name") ]]; then unwanted+=("$name"); fi
done <<<"$list"
if ((${#unwanted[@]} == 0)); then
  say 'no worker to drain'
  exit 0
fi

awaited=$wanted
if is_unfinished "$list"; then
  say 'no Node is Ready, and none of a new cluster is before it has a pod network: not waiting for the wanted workers'
  awaited=
fi
begun=$SECONDS
told=
while :; do
  list=$(nodes) || list= # an API that is away for a moment says nothing against the new servers
  missing=
  for pair in $awaited; do
    if ! grep -q "^${pair%%=*} openstack:///${pair#*=} True " <<<"$list"; then missing+=" ${pair%%=*}"; fi
  done
  if [[ -z $missing ]]; then break; fi
  if [[ $missing != "$told" ]]; then say "waiting until these are Ready:$missing"; fi
  told=$missing
  if ((SECONDS - begun >= STRATA_TIMEOUT)); then
    stop "after $((SECONDS - begun)) s these workers are not Ready:$missing. No other worker was drained and none is deleted. See the consoles of the new servers (openstack console log show)"
  fi
  sleep 5
done

say "draining ${unwanted[*]}"
for name in "${unwanted[@]}"; do kube cordon "$name" >/dev/null; done
for name in "${unwanted[@]}"; do
  options=(--ignore-daemonsets --delete-emptydir-data "--timeout=${STRATA_DRAIN_TIMEOUT}s")
  if [[ $STRATA_UNMANAGED_PODS == delete ]]; then options+=(--force); fi
  # Pods of a node that doesn't answer never end by themselves.
  list=$(nodes) || stop "the API does not give the list of nodes (see above). $name is cordoned, its server stays; apply again"
  if ! grep -q "^$name [^ ]* True " <<<"$list"; then options+=(--skip-wait-for-delete-timeout=10); fi
  if ! kubectl ${CONTEXT[@]+"${CONTEXT[@]}"} drain "$name" "${options[@]}"; then
    stop "$name could not be drained within $STRATA_DRAIN_TIMEOUT s (see above: a PodDisruptionBudget, or a pod without a controller). It is cordoned, its server stays; deal with the pods and apply again, or kubectl uncordon it if it is to stay"
  fi
  begun=$SECONDS
  while :; do
    attached=$(kube get volumeattachments -o "jsonpath={range .items[?(@.spec.nodeName=='$name')]}{.metadata.name} {end}") ||
      stop "the API does not tell which volumes are attached to $name (see above). It is drained, its server stays; apply again"
    if [[ -z $attached ]]; then break; fi
    list=$(nodes) || stop "the API does not give the list of nodes (see above). $name is drained, its server stays; apply again"
    # Nobody gives back volumes of a kubelet that says nothing, and Nova takes them off with the server. One that says that it isn't ready may still do it.
    if ! grep -qE "^$name [^ ]* (True|False) " <<<"$list"; then
      say "no kubelet answers on $name: not waiting for its volumes (${attached% }), which go free with its server"
      break
    fi
    if ((SECONDS - begun >= STRATA_DRAIN_TIMEOUT)); then
      stop "volumes are still attached to $name after $((SECONDS - begun)) s: ${attached% }. Its server stays; see what the CSI driver says, and apply again;" \
        "if its kubelet can't give them back any more, stop the server (openstack server stop) and apply again once the Node's Ready is Unknown"
    fi
    sleep 3
  done
  kube delete node "$name" --wait=true >/dev/null
  say "$name is drained"
done
