#!/usr/bin/env bash
# Runs one stage of a deployment so that it outlives the connection that asked for it.
#
#   run-stage.sh <stage> <inputs> <patience in seconds> <command> [argument...]
#
# <inputs> names what the stage works on (a hash). Whoever asks for a stage and inputs that are running already is attached to that run; a run that has
# succeeded while nobody was attached is reported, not repeated. One stage runs at a time. The whole output is in <home>/<stage>/log, where <home> is the
# folder above the one in which this program lies.
set -euo pipefail
self=$(readlink -f "${BASH_SOURCE[0]}")
home=$(dirname "$(dirname "$self")")

say() { echo "strata: $*"; }

# ---- the detached part: holds the lock as long as the command runs -------------------------------------------------------------------------------------
if [ "${1:-}" = --detached ]; then
  shift
  stage=$1 inputs=$2 run=$3
  shift 3
  exec 9>>"$home/lock"
  flock -n 9 || exit 75 # somebody else was faster
  rm -f "$home/$stage/result" "$home/$stage/reported"
  printf '%s\n' "$inputs" >"$home/$stage/inputs"
  printf '%s %s %s\n' "$stage" "$inputs" "$run" >"$home/current"
  set +e
  "$@" >"$home/$stage/log" 2>&1 </dev/null 9>&-
  code=$?
  printf '%s\n' "$code" >"$home/$stage/result.new"
  mv "$home/$stage/result.new" "$home/$stage/result"
  exit "$code"
fi

# ---- the part that Terraform sees ----------------------------------------------------------------------------------------------------------------------
stage=$1 inputs=$2 patience=$3
shift 3
umask 077
mkdir -p "$home/$stage"
: >>"$home/current"
deadline=$((SECONDS + patience))

busy() { ! flock -n "$home/lock" true; }

# The lines by which one follows Ansible; the rest is in the log.
follow() { grep --line-buffered -E '^(PLAY|TASK|RUNNING HANDLER) |^(fatal|failed|ERROR|strata:)|unreachable=' || true; }

report() {
  local code
  code=$(cat "$home/$stage/result")
  if [ "$code" = 0 ]; then
    touch "$home/$stage/reported"
    say "stage $stage is done"
    exit 0
  fi
  say "stage $stage failed with $code; its log on this host is $home/$stage/log and ends with:" >&2
  tail -n 60 "$home/$stage/log" >&2
  exit 1
}

attach() {
  local follower
  tail -n "+$1" -F "$home/$stage/log" 2>/dev/null > >(follow) &
  follower=$!
  trap 'kill $follower 2>/dev/null || true' EXIT
  while busy; do
    if [ $SECONDS -ge $deadline ]; then
      say "stage $stage is still running after $patience s; apply again to attach to it, or raise stageTimeoutMinutes" >&2
      exit 124
    fi
    sleep 1
  done
  sleep 0.5 # the last lines
  if [ ! -e "$home/$stage/result" ]; then
    say "stage $stage was cut off (a restart of this host?); apply again to run it anew" >&2
    exit 1
  fi
  report
}

exec 8>>"$home/asking"
while true; do
  flock 8 # one decision at a time
  if busy; then
    read -r running with _ <"$home/current" || true
    if [ "$running" = "$stage" ] && [ "$with" = "$inputs" ]; then
      flock -u 8
      say "stage $stage is running already, attached to it"
      attach "$(($(wc -l <"$home/$stage/log") + 1))"
    fi
    flock -u 8
    if [ $SECONDS -ge $deadline ]; then
      say "stage $running is still running on this host, $stage waited $patience s for it; apply again when it is done" >&2
      exit 124
    fi
    say "stage $running is running on this host, $stage waits for it"
    sleep 5
    continue
  fi
  if [ -e "$home/$stage/result" ] && [ ! -e "$home/$stage/reported" ] && [ "$(cat "$home/$stage/inputs")" = "$inputs" ] && [ "$(cat "$home/$stage/result")" = 0 ]; then
    say "stage $stage has ended well while nobody was attached"
    report
  fi
  run=$(cat /proc/sys/kernel/random/uuid)
  detached=("$self" --detached "$stage" "$inputs" "$run" "$@")
  if [ -d /run/systemd/system ]; then
    systemd-run --quiet --collect --unit="${home##*/}-$stage-${run%%-*}" --setenv=HOME=/root "${detached[@]}" 8>&-
  else
    setsid "${detached[@]}" </dev/null >/dev/null 2>&1 8>&- &
  fi
  for _ in $(seq 100); do
    read -r _ _ now <"$home/current" 2>/dev/null || now=
    if [ "$now" = "$run" ]; then
      flock -u 8
      attach 1
    fi
    sleep 0.1
  done
  flock -u 8
  say "stage $stage could not be started" >&2
  exit 1
done
