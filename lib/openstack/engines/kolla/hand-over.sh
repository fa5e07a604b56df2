#!/usr/bin/env bash
# Fetches the administrator's clouds.yaml and the CA from the deployment host into a private folder of this machine, the one that runs Terraform.
#
# In the environment: STRATA_ADDRESS, STRATA_PORT, STRATA_USER, STRATA_KEY, STRATA_HOST_KEY (may be empty), STRATA_FOLDER, STRATA_COMMAND (on the host;
# the folder is appended to it). Nothing of the files is printed.
set -euo pipefail
umask 077

die() {
  echo "strata: $*" >&2
  exit 1
}
# shellcheck disable=SC2088 # the tilde is what is looked for
in_home() { case $1 in "~/"*) echo "$HOME/${1:2}" ;; *) echo "$1" ;; esac }

folder=$(in_home "$STRATA_FOLDER")
key=$(in_home "$STRATA_KEY")
case $folder in *[!A-Za-z0-9._/@+-]*) die "the folder for credentials must be letters, digits and ._/@+-, got $folder" ;; esac
for program in ssh tar; do
  command -v "$program" >/dev/null || die "$program is missing on this machine, which fetches clouds.yaml from $STRATA_ADDRESS with it"
done
mkdir -p "$folder"
chmod 700 "$folder"
folder=$(cd "$folder" && pwd)
work=$(mktemp -d "$folder/.new-XXXXXX")
trap 'rm -rf "$work"' EXIT

options=(-F none -i "$key" -p "$STRATA_PORT" -l "$STRATA_USER" -o IdentitiesOnly=yes -o BatchMode=yes -o ConnectTimeout=60 -o LogLevel=ERROR)
if [ -n "$STRATA_HOST_KEY" ]; then
  # Terraform takes a host's key, or that of the CA that signed it
  printf '%s %s\n@cert-authority %s %s\n' '*' "$STRATA_HOST_KEY" '*' "$STRATA_HOST_KEY" >"$work/known_hosts"
  options+=(-o 'StrictHostKeyChecking yes' -o "UserKnownHostsFile $work/known_hosts" -o 'GlobalKnownHostsFile /dev/null')
else
  options+=(-o 'StrictHostKeyChecking no' -o 'UserKnownHostsFile /dev/null' -o 'GlobalKnownHostsFile /dev/null')
fi

mkdir "$work/files"
# shellcheck disable=SC2029 # the folder is this machine's
ssh "${options[@]}" "$STRATA_ADDRESS" "$STRATA_COMMAND $folder" </dev/null >"$work/archive" ||
  die "clouds.yaml could not be fetched from $STRATA_ADDRESS; the lines above say why"
tar -C "$work/files" --no-same-owner -xf "$work/archive" || die "$STRATA_ADDRESS has sent no archive"
[ -s "$work/files/clouds.yaml" ] || die "$STRATA_ADDRESS has sent no clouds.yaml"
for name in ca.crt certificates.json clouds.yaml; do
  if [ -e "$work/files/$name" ]; then
    chmod 600 "$work/files/$name"
    mv -f "$work/files/$name" "$folder/$name"
  else
    rm -f "$folder/$name"
  fi
done
echo "strata: clouds.yaml is in $folder; use it by OS_CLIENT_CONFIG_FILE=$folder/clouds.yaml OS_CLOUD=kolla-admin"
