#!/usr/bin/env bash
# Stops what openstack-up.sh started, by the process groups that it wrote down, and waits for them to end.
# With --purge the databases go too, so that the next start is a new cloud. Nova's fake driver keeps its servers in memory:
# always purge between a stop and a start.
set -uo pipefail
RUN=/run/lab
rm -f "$RUN/ready"
stop() { # pid files...
  local pids=() f p alive
  for f in "$@"; do
    [ -f "$f" ] || continue
    p=$(cat "$f")
    pids+=("$p")
    kill -TERM -- "-$p" 2>/dev/null || kill "$p" 2>/dev/null
    rm -f "$f"
  done
  for _ in $(seq 20); do
    alive=0
    for p in "${pids[@]}"; do kill -0 -- "-$p" 2>/dev/null && alive=1; done
    [ $alive = 0 ] && return 0
    sleep 0.5
  done
  for p in "${pids[@]}"; do kill -KILL -- "-$p" 2>/dev/null; done
}
db=$RUN/mariadb.pid
services=()
for f in "$RUN"/*.pid; do [ "$f" = "$db" ] || services+=("$f"); done
stop "${services[@]}"
if [ "${1:-}" = --purge ] && [ -f "$db" ]; then
  for d in keystone glance placement nova nova_api nova_cell0 neutron cinder octavia octavia_persistence ironic barbican; do
    mariadb --connect-timeout=5 -e "DROP DATABASE IF EXISTS $d" || echo "the database $d is left" >&2
  done
fi
stop "$db"
ip link delete labext0 2>/dev/null
rm -f "$RUN/openrc" "$RUN/clouds.yaml"
exit 0
