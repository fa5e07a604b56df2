# shellcheck shell=bash
# Waits until everything that the charts have made in the namespace is ready. cluster-login.sh stands before it.
#
# STRATA_TIMEOUT   seconds
# STRATA_COMPUTES  number of compute hosts: so many pods of nova-compute must be ready
#
# Helm itself doesn't wait: pods wait for jobs that Helm runs only after it would have waited for the pods.

# One line for each: kind/name, how many are wanted, how many are ready.
workloads() {
  # shellcheck disable=SC2016 # kubectl's template
  kube get deployments,statefulsets,daemonsets,jobs -o go-template='{{range .items}}{{$wanted := 1}}{{$ready := 0}}{{$own := true}}
{{- if eq .kind "DaemonSet"}}{{$wanted = or .status.desiredNumberScheduled 0}}{{$ready = or .status.numberReady 0}}
{{- else if eq .kind "Job"}}{{if .metadata.ownerReferences}}{{$own = false}}{{end}}{{$wanted = or .spec.completions 1}}{{$ready = or .status.succeeded 0}}
{{- else}}{{$wanted = or .spec.replicas 0}}{{$ready = or .status.readyReplicas 0}}{{end}}
{{- if $own}}{{.kind}}/{{.metadata.name}} {{$wanted}} {{$ready}}{{"\n"}}{{end}}{{end}}'
}

# What pods say of themselves that aren't ready, a line each.
complaints() {
  # shellcheck disable=SC2016 # kubectl's template
  kube get pods -o go-template='{{range .items}}{{$pod := .metadata.name}}{{range .status.initContainerStatuses}}{{with .state.waiting}}{{$pod}}: {{.reason}} {{or .message ""}}{{"\n"}}{{end}}{{end}}{{range .status.containerStatuses}}{{with .state.waiting}}{{$pod}}: {{.reason}} {{or .message ""}}{{"\n"}}{{end}}{{end}}{{range .status.conditions}}{{if eq .type "PodScheduled"}}{{if eq .status "False"}}{{$pod}}: {{or .message "not scheduled"}}{{"\n"}}{{end}}{{end}}{{end}}{{end}}' |
    grep -v ': PodInitializing' | sort -u | head -n 20
}

deadline=$((SECONDS + STRATA_TIMEOUT))
said='' calm=0
while true; do
  if list=$(workloads 2>&1); then
    missing=$(awk 'NF == 3 && $3 + 0 < $2 + 0 { print $1 " " $3 "/" $2 }' <<<"$list" | sort)
    computes=$(awk '$1 ~ /^DaemonSet\/nova-compute/ { sum += $3 } END { print sum + 0 }' <<<"$list")
    if [[ -z $list ]]; then
      missing='nothing is installed yet'
    elif ((computes < STRATA_COMPUTES)); then
      missing+="${missing:+$'\n'}nova-compute on $computes of $STRATA_COMPUTES hosts"
    fi
  else
    missing="the cluster does not answer: ${list##*$'\n'}"
  fi
  if [[ -z $missing ]]; then
    # Twice: what was just changed may not have begun to roll.
    calm=$((calm + 1))
    ((calm < 2)) || break
  else
    calm=0
    now=$(grep -c '' <<<"$missing")
    if [[ $now != "$said" ]]; then
      say "waiting for $now, the first: ${missing%%$'\n'*}"
      said=$now
    fi
  fi
  if ((SECONDS >= deadline)); then
    {
      echo "strata: OpenStack was not ready after $STRATA_TIMEOUT s; apply again to go on waiting. Not ready:"
      printf '%s\n' "$missing" | head -n 40
      echo 'strata: what pods say:'
      complaints || true
    } >&2
    exit 1
  fi
  sleep "${STRATA_PAUSE:-5}"
done
say 'everything is ready'
