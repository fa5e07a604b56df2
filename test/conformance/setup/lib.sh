# shellcheck shell=bash
# What the setup scripts share: source it. Progress goes to stderr; stdout is for `NAME=value` lines only.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive CHECKPOINT_DISABLE=1
: "${HOME:=$(getent passwd "$(id -u)" | cut -d: -f6)}"
export HOME
CACHE=${STRATA_CONFORMANCE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/cdktf-strata}
mkdir -p "$CACHE/bin" "$CACHE/log" "$CACHE/lock" "$CACHE/build"

say() { echo "[$(date +%T)] $*" >&2; }
die() {
  say "error: $*"
  exit 1
}

# step <name> <command...>: runs the command with its output in a log file and says how long it took; shows the end of the log if it failed.
# The subshell is a statement of its own, not a condition, so that `set -e` holds inside a function that is run as a step.
step() {
  local name=$1 log=$CACHE/log/${1//[^a-zA-Z0-9.]/-}.log began=$SECONDS rc
  shift
  set +e
  (
    set -e
    "$@"
  ) >"$log" 2>&1
  rc=$?
  set -e
  if [ $rc -ne 0 ]; then
    say "$name: failed with $rc after $((SECONDS - began)) s; the end of $log:"
    tail -n 25 "$log" >&2
    return $rc
  fi
  say "$name: $((SECONDS - began)) s"
}

# one_at_a_time <lock name> <command...>: the same thing is not built or installed twice at once.
one_at_a_time() {
  local lock=$CACHE/lock/$1
  shift
  exec {LOCK_FD}>"$lock"
  flock "$LOCK_FD"
  "$@"
  exec {LOCK_FD}>&-
}

install_packages() {
  # Debian starts the services that it installs; here everything is started by hand, on loopback.
  local guard=/usr/sbin/policy-rc.d rc=0
  if [ ! -e "$guard" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$guard"
    chmod +x "$guard"
    # shellcheck disable=SC2064  # the value of now is meant
    trap "rm -f $guard" EXIT
  fi
  # a machine may have no package lists yet, or old ones that name files which are gone
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends -o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-unsafe-io -o DPkg::Lock::Timeout=600 "$@" || rc=$?
  return $rc
}

# apt_install <name of the step> <packages...>; a package with a trailing `-` is kept out.
apt_install() {
  local name=$1
  shift
  [ "$(id -u)" = 0 ] || die "$name: installing $* needs root"
  one_at_a_time apt step "$name" install_packages "$@"
}

# module_folder <module@version>: downloads a Go module and prints its folder in the module cache.
module_folder() {
  local dir
  dir=$(cd / && GOFLAGS=-mod=mod go mod download -json "$1" | python3 -c 'import json, sys; print(json.load(sys.stdin).get("Dir", ""))')
  if [ -z "$dir" ] || [ ! -d "$dir" ]; then die "the Go module $1 can't be had"; fi
  echo "$dir"
}

# copy_module <module@version> <folder>: a writable copy, to build in.
copy_module() {
  local from
  from=$(module_folder "$1")
  rm -rf "$2"
  cp -r "$from" "$2"
  chmod -R u+w "$2"
}

need_go() { command -v go >/dev/null || die 'go is not on the PATH; it is needed to build what no package has'; }
