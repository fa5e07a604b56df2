#!/usr/bin/env bash
# Fetches the administrator's kubeconfig from the first control host into a private folder of this machine, the one that runs Terraform.
#
# In the environment: STRATA_ADDRESS, STRATA_PORT, STRATA_USER, STRATA_KEY, STRATA_HOST_KEY (may be empty), STRATA_FOLDER, STRATA_COMMAND (on the host).
# Nothing of the file is printed.
set -euo pipefail
umask 077

die() {
  echo "strata: $*" >&2
  exit 1
}
# shellcheck disable=SC2088 # the tilde is what is looked for
in_home() { case $1 in "~/"*) echo "$HOME/${1:2}" ;; *) echo "$1" ;; esac }

folder=$(in_home "$STRATA_FOLDER")
command -v ssh >/dev/null || die "ssh is missing on this machine, which fetches the kubeconfig from $STRATA_ADDRESS with it"
mkdir -p "$folder"
chmod 700 "$folder"
work=$(mktemp -d "$folder/.new-XXXXXX")
trap 'rm -rf "$work"' EXIT
options=(-F none -i "$(in_home "$STRATA_KEY")" -p "$STRATA_PORT" -l "$STRATA_USER" -o IdentitiesOnly=yes -o BatchMode=yes -o ConnectTimeout=60 -o LogLevel=ERROR)
if [ -n "$STRATA_HOST_KEY" ]; then
  # Terraform takes a host's key, or that of the CA that signed it
  printf '%s %s\n@cert-authority %s %s\n' '*' "$STRATA_HOST_KEY" '*' "$STRATA_HOST_KEY" >"$work/known_hosts"
  options+=(-o 'StrictHostKeyChecking yes' -o "UserKnownHostsFile $work/known_hosts" -o 'GlobalKnownHostsFile /dev/null')
else
  options+=(-o 'StrictHostKeyChecking no' -o 'UserKnownHostsFile /dev/null' -o 'GlobalKnownHostsFile /dev/null')
fi
# shellcheck disable=SC2029 # the command is ours
ssh "${options[@]}" "$STRATA_ADDRESS" "$STRATA_COMMAND" </dev/null >"$work/kubeconfig" || die "the kubeconfig could not be fetched from $STRATA_ADDRESS; the lines above say why"
[ -s "$work/kubeconfig" ] || die "$STRATA_ADDRESS has sent no kubeconfig"
mv -f "$work/kubeconfig" "$folder/kubeconfig"
echo "strata: the kubeconfig is $folder/kubeconfig"
