import type { App } from 'cdktf';
import { ReadyGate } from '../../../lib/kubernetes/ready-gate';
import { WorkerDrain } from '../../../lib/kubernetes/worker-drain';
import type { Context } from '../harness/check';
import { throwAwayPki } from '../harness/pki';
import type { Applied } from '../harness/stacks';
import { clusterStack, expectBorn, foundation, NAME } from '../life/cluster';

/**
 * The birth and the death of a whole cluster's OpenStack part: three control planes with etcd volumes, two workers, load balancer, network, application
 * credential. What is between the two is in ../life. The servers of this cloud run nothing, so nothing waits for them; the PKI is brought as variables,
 * since the tls provider can't be had here.
 */
export function build(app: App): void {
  const cloud = foundation(app);
  clusterStack(app, 'cluster', { readyGate: ReadyGate.disabled(), drain: WorkerDrain.disabled() }).addDependency(cloud);
}

export async function variables(context: Context) {
  return { cluster: await throwAwayPki(context, NAME) };
}

export async function verify({ cloud, workspaces }: Applied): Promise<void> {
  await expectBorn(cloud, await workspaces.cluster.outputs());
}
