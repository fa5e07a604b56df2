#!/usr/bin/env bash
# Saves etcd's whole content to a file on this node's etcd volume, and to a bucket if there is one. A timer runs it every six hours on each control-plane
# node; it may be run at any time. strata-restore.sh makes a cluster of such a file again.
set -euo pipefail
# shellcheck source=strata-common.sh
. "${BASH_SOURCE[0]%/*}/strata-common.sh"

# The stream of etcd's gateway: a JSON object a line with a piece of the database; its last 32 bytes are the SHA-256 of the rest.
receive() { # <file>
  etcd_post "$STRATA_ADDRESS" maintenance/snapshot '{}' --max-time 900 | python3 -c '
import base64, json, os, sys
with open(sys.argv[1], "wb") as file:
    for line in sys.stdin:
        file.write(base64.b64decode(json.loads(line)["result"].get("blob", "")))
    file.flush()
    os.fsync(file.fileno())' "$1"
}

# The newest so many, and two at least; only two on a volume that is nearly full.
prune() {
  local keep=${STRATA_SNAPSHOT_KEEP:-12} names used
  used=$(df --output=pcent "$SNAPSHOTS" | tail -n 1 | tr -dc 0-9)
  if ((used > 70 || keep < 2)); then keep=2; fi
  mapfile -t names < <(compgen -G "$SNAPSHOTS/etcd-*.db" | sort -r)
  for name in "${names[@]:keep}"; do rm -f "$name"; done
}

# Snapshots lie beside etcd's data: without room for its logs etcd itself would stop, on every control-plane node at the same time.
check_room() {
  local need free
  need=$(($(stat -c %s "$ETCD_DATA/member/snap/db") + (256 << 20)))
  free=$(free_on "$SNAPSHOTS")
  if ((free < need)); then
    stop "a snapshot needs $(mib "$need") on etcd's volume, $(mib "$free") are free: none was made. Give controlPlane.etcdVolume.sizeGib more, or take away what you" \
      "need no more in $ETCD_MOUNT (aside-*, before-restore-*)"
  fi
}

quoted() { base64 -d <<<"$1" | sed 's/[\\"]/\\&/g'; } # <base64> -> the text, as curl's configuration has it between quotes

# S3, signed by curl itself; what it is told goes by standard input, so that no process list shows the key.
upload() { # <file>
  # shellcheck source=/dev/null
  . "$ETC/bucket.env"
  # shellcheck disable=SC2153  # from bucket.env
  curl -sSf --retry 3 --max-time 1800 --upload-file "$1" --config - <<CURL
url = "$STRATA_BUCKET_URL/$STRATA_CLUSTER/$STRATA_NODE/${1##*/}"
aws-sigv4 = "aws:amz:$STRATA_BUCKET_REGION:s3"
user = "$(quoted "$STRATA_BUCKET_ACCESS_KEY_BASE64"):$(quoted "$STRATA_BUCKET_SECRET_KEY_BASE64")"
CURL
}

main() {
  local file
  load_settings
  if ! mountpoint -q "$ETCD_MOUNT"; then stop "etcd's volume is not mounted: strata-boot comes first"; fi
  install -d -m 700 "$SNAPSHOTS"
  exec 8>"$SNAPSHOTS/.lock"
  flock -n 8 || stop 'another snapshot is being made'
  rm -f "$SNAPSHOTS"/*.part
  prune
  check_room
  file=$SNAPSHOTS/etcd-$(date -u +%Y%m%dT%H%M%SZ).db
  trap 'rm -f "$SNAPSHOTS"/*.part' EXIT
  receive "$file.part" || stop "etcd here gives no snapshot: see its log"
  verify_snapshot "$file.part"
  mv "$file.part" "$file"
  prune
  say "saved $file ($(stat -c %s "$file") bytes)"
  if [[ -e $ETC/bucket.env ]]; then
    upload "$file" || stop "$file is on the volume, but could not be put into the bucket"
    say 'it is in the bucket, too'
  fi
}

if [[ ${BASH_SOURCE[0]} == "$0" ]]; then main "$@"; fi
