# shellcheck shell=bash
# Sees that the machine that runs Terraform has kubectl and a route to the API, before any worker is made or goes: the steps behind them need both.
# kubectl-login.sh stands before it.
#
# STRATA_ON_UNREACHABLE  "fail" or "continue"

# Asked once: workers of a cluster that is being made are before its API.
why=
if is_new 0; then
  say "the cluster is new: there is nothing to reach yet ($why)"
  exit 0
fi
need_kubectl 'change workers' 'set drain: WorkerDrain.disabled() and leave bootstrapToken out'

require_cluster 'Going on all the same, as drain.onUnreachable says' \
  'No worker was changed; repair it and apply again, or give drain: WorkerDrain.enabled({ onUnreachable: OnUnreachable.CONTINUE })'
say "$STRATA_CLUSTER answers: its workers can be changed"
