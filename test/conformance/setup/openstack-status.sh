#!/usr/bin/env bash
# Is the cloud of openstack-up.sh up? Prints STATUS=running and OPENRC, or STATUS=stopped; a half-dead cloud is an error.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
RUN=/run/lab
shopt -s nullglob
alive=0
dead=()
for f in "$RUN"/*.pid; do
  if kill -0 "$(cat "$f")" 2>/dev/null; then alive=$((alive + 1)); else dead+=("$(basename "$f" .pid)"); fi
done
if [ $alive = 0 ]; then
  echo STATUS=stopped
elif [ ${#dead[@]} -gt 0 ] || [ ! -f "$RUN/ready" ]; then
  die "a cloud is up in part only (not running: ${dead[*]:-what comes after the last start}): stop it with openstack-down.sh --purge"
else
  echo STATUS=running
  echo "OPENRC=$RUN/openrc"
fi
