# shellcheck shell=bash
# Makes the token known to the cluster with which workers that were just made join, for as long as they may need it, and takes the ones before away. It may be
# run again at any time. kubectl-login.sh stands before it.
#
# STRATA_TOKEN              the token
# STRATA_TOKEN_HOURS        how long it is good for, in hours
# STRATA_TOKEN_DESCRIPTION  what this cluster's tokens for workers are known by; others are never touched
# STRATA_ON_UNREACHABLE     "fail" or "continue"
# STRATA_HOST               URL of the API, and STRATA_NAME the name that every API server's certificate has

# Whether a cluster that nobody can log in to refuses the token. It is asked for what its first node makes last, behind the token, and everybody may read. More than
# once: an API server that has just started knows no token yet.
is_refused() {
  local folder login answers i
  command -v curl >/dev/null || return 1
  folder=$(mktemp -d)
  printf '%s\n' "$STRATA_CA" >"$folder/ca.crt"
  for i in 1 2 3 4; do
    if ((i > 1)); then sleep 4; fi
    answers=
    for login in '' "header = \"Authorization: Bearer $STRATA_TOKEN\""; do
      answers+=$(curl -s -K - -o "$folder/body" -w '%{http_code} ' --connect-timeout 5 --max-time 10 --cacert "$folder/ca.crt" --connect-to "::${STRATA_HOST#https://}" \
        "https://$STRATA_NAME:${STRATA_HOST##*:}/api/v1/namespaces/kube-public/configmaps/cluster-info" <<<"$login" || true)
    done
    if [[ $answers != '200 401 ' ]]; then break; fi
  done
  rm -r "$folder"
  [[ $answers == '200 401 ' ]]
}

why=
if is_new 60; then
  if is_refused; then
    stop "the cluster does not know the token that new workers join with: since its first control-plane node registered one, $STRATA_TOKEN_HOURS hours have passed, or it is another." \
      "Here it can't be registered: $why. Apply again then"
  fi
  say "the cluster is new: its first control-plane node registers the token for workers ($why)"
  exit 0
fi
need_kubectl 'register the token that new workers join with' 'set bootstrapToken: BootstrapToken.permanent()'

require_cluster 'The token for workers is not registered: no new worker can join' \
  'The token for workers could not be registered, and none was taken away: new workers wait for it. Repair it and apply again'

encoded() { printf %s "$1" | base64 | tr -d '\n'; }
name=bootstrap-token-${STRATA_TOKEN%%.*}
end=$(($(date +%s) + STRATA_TOKEN_HOURS * 3600))
expiration=$(date -u -d "@$end" +%Y-%m-%dT%H:%M:%SZ 2>/dev/null || date -u -r "$end" +%Y-%m-%dT%H:%M:%SZ) # GNU's, and BSD's
# Server-side: no annotation keeps a copy of it.
kube apply --server-side --force-conflicts --field-manager=strata -f - >/dev/null <<SECRET || stop "the token for workers could not be registered: see above"
apiVersion: v1
kind: Secret
metadata: { name: $name, namespace: kube-system }
type: bootstrap.kubernetes.io/token
data:
  token-id: $(encoded "${STRATA_TOKEN%%.*}")
  token-secret: $(encoded "${STRATA_TOKEN#*.}")
  expiration: $(encoded "$expiration")
  description: $(encoded "$STRATA_TOKEN_DESCRIPTION")
  usage-bootstrap-authentication: $(encoded true)
  usage-bootstrap-signing: $(encoded true)
  auth-extra-groups: $(encoded system:bootstrappers:kubeadm:default-node-token)
SECRET
say "workers can join until $expiration"

# shellcheck disable=SC2016  # kubectl's template
kube -n kube-system get secrets --field-selector type=bootstrap.kubernetes.io/token \
  -o go-template='{{range .items}}{{.metadata.name}} {{.data.description}}{{"\n"}}{{end}}' |
  while read -r other description; do
    if [[ $other == "$name" || $description != "$(encoded "$STRATA_TOKEN_DESCRIPTION")" ]]; then continue; fi
    kube -n kube-system delete secret "$other" </dev/null >/dev/null
    say "the token before it ($other) is taken away"
  done
