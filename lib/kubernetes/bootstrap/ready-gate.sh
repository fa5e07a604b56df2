#!/usr/bin/env bash
# Waits until a Kubernetes cluster is ready: its API says so, and it has been initialised to the end. Runs where Terraform runs.
#
# STRATA_HOST     URL of the API
# STRATA_NAME     name that every API server's certificate has: others enter certificates only with a roll
# STRATA_CA       the cluster's CA, PEM: nobody else is believed
# STRATA_TIMEOUT  how long to wait, in seconds
set -euo pipefail

stop() {
  echo "strata: $*" >&2
  exit 1
}

command -v curl >/dev/null || stop 'the machine that runs Terraform needs curl to see whether the cluster is ready; install it, or set readyGate: ReadyGate.disabled()'
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
printf '%s\n' "$STRATA_CA" >"$folder/ca.crt"

get() { # <option>... <url>
  curl -sS -o "$folder/body" -w '%{http_code}' --connect-timeout 5 --max-time 10 --cacert "$folder/ca.crt" "$@" 2>"$folder/error"
}

# The status of an answer, or 000 and why there is none.
ask() { # <path>
  local code=0
  get "$STRATA_HOST$1" >"$folder/status" || code=$?
  # 60: a certificate that isn't believed. Of the right CA it may be, and not know a name or an address that the API has got since.
  if ((code == 60)); then get --connect-to "::${STRATA_HOST#https://}" "https://$STRATA_NAME:$port$1" >"$folder/status" || code=$?; fi
  cat "$folder/status"
}

port=${STRATA_HOST##*:}
began=$SECONDS
told=
while :; do
  status=$(ask /readyz)
  if [[ $status == 200 ]]; then
    # The last thing that the first node makes, and readable without logging in. Before it, the administrator has no rights yet.
    status=$(ask /api/v1/namespaces/kube-public/configmaps/cluster-info)
    case $status in
      200)
        echo "strata: the cluster at $STRATA_HOST is ready after $((SECONDS - began)) s"
        exit 0
        ;;
      000) why="$STRATA_HOST: $(head -n 1 "$folder/error")" ;;
      *) why="the API at $STRATA_HOST answers; the first node has not finished (cluster-info: HTTP $status)" ;;
    esac
  elif [[ $status == 000 ]]; then
    why="$STRATA_HOST: $(head -n 1 "$folder/error")"
  else
    why="$STRATA_HOST/readyz: HTTP $status"
  fi
  if [[ $why != "$told" ]]; then
    echo "strata: waiting, $why"
    told=$why
  fi
  if ((SECONDS - began >= STRATA_TIMEOUT)); then
    stop "the cluster is not ready after $((SECONDS - began)) s: $why." \
      "See the console of the first control-plane server (openstack console log show), where strata-boot says what it waits for;" \
      "check that this machine is in api.allowedCidrs and has a route; or raise the time with readyGate: ReadyGate.enabled({ timeoutSeconds })"
  fi
  sleep 3
done
