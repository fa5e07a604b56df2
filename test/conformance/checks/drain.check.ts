import * as fs from 'node:fs';
import * as path from 'node:path';
import { parse, stringify } from 'yaml';
import { APISERVER_NEEDS, type ApiServer, startApiServer } from '../harness/apiserver';
import type { Check, Context } from '../harness/check';
import { exec, type ExecResult } from '../harness/process';

const folder = path.join(__dirname, '..', '..', '..', 'lib', 'kubernetes');

/** A program as Terraform runs it, beside the server; kubectl is the one that was built. */
function program(context: Context, server: ApiServer, name: string, environment: { readonly [name: string]: string }): Promise<ExecResult> {
  const text = ['kubectl-login.sh', name].map((file) => fs.readFileSync(path.join(folder, file), 'utf8')).join('');
  return exec('bash', ['-c', text], {
    env: {
      PATH: `${context.value('KUBERNETES_BIN')}:${process.env.PATH}`,
      KUBECONFIG: undefined,
      STRATA_CLUSTER: 'prod',
      STRATA_CA: fs.readFileSync(path.join(server.pkiFolder, 'ca.crt'), 'utf8'),
      STRATA_KUBECONFIG: server.kubeconfig,
      STRATA_BIRTH: 'false',
      STRATA_TIMEOUT: '6',
      STRATA_DRAIN_TIMEOUT: '6',
      STRATA_UNMANAGED_PODS: 'keep',
      STRATA_ON_UNREACHABLE: 'fail',
      ...environment,
    },
  });
}

function expect(result: ExecResult, code: number, ...texts: string[]): void {
  const missing = texts.filter((text) => !result.output.replace(/\s+/g, ' ').includes(text));
  if (result.code !== code || missing.length > 0) {
    throw new Error(
      `ended with ${result.code} instead of ${code}${missing.length > 0 ? `, without "${missing.join('", "')}"` : ''}:\n${result.output}`,
    );
  }
}

interface NodeState {
  readonly name: string;
  readonly id: string;
  readonly ready?: 'True' | 'False' | 'Unknown';
  readonly pool?: string;
}

/** A Node as a kubelet registers and reports it. */
async function node(server: ApiServer, { name, id, ready, pool }: NodeState): Promise<void> {
  await server.kubectl(
    ['create', '-f', '-'],
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name, ...(pool && { labels: { 'strata/pool': pool } }) },
      spec: { providerID: `openstack:///${id}` },
    }),
  );
  if (ready !== undefined) {
    const condition = { type: 'Ready', status: ready, reason: 'Conformance', lastHeartbeatTime: null, lastTransitionTime: null };
    await server.kubectl([
      'patch',
      'node',
      name,
      '--subresource=status',
      '--type=merge',
      '-p',
      JSON.stringify({ status: { conditions: [condition] } }),
    ]);
  }
}

/** A pod that is bound to a node. No controller made it. */
async function pod(server: ApiServer, name: string, nodeName: string, further: object = {}): Promise<void> {
  await server.kubectl(
    ['create', '-f', '-'],
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: 'default', ...further },
      spec: { nodeName, containers: [{ name: 'main', image: 'none' }], terminationGracePeriodSeconds: 0 },
    }),
  );
}

const names = async (server: ApiServer) =>
  (await server.kubectl(['get', 'nodes', '-o', 'jsonpath={range .items[*]}{.metadata.name}{.spec.unschedulable} {end}'])).stdout.trim();

async function expectNodes(server: ApiServer, ...expected: string[]): Promise<void> {
  const found = (await names(server)).split(' ').sort().join(' ');
  if (found !== expected.sort().join(' ')) throw new Error(`the nodes are ${found}, not ${expected.join(' ')}`);
}

export const checks: readonly Check[] = [
  {
    name: 'workers are drained once the wanted ones are Ready, only those of the cluster, and never against what holds them',
    needs: APISERVER_NEEDS,
    run: async (context) => {
      const server = await startApiServer(context, { extraArgs: ['--disable-admission-plugins=ServiceAccount'] });
      const drain = (environment: { readonly [name: string]: string } = {}) =>
        program(context, server, 'drain-workers.sh', { STRATA_POOL_0: 'prod-general-0-g2=n0 prod-general-1-g2=n1', ...environment });

      await node(server, { name: 'prod-control-plane-0', id: 'c0', ready: 'True' });
      await node(server, { name: 'prod-general-0', id: 'o0', ready: 'True', pool: 'general' });
      await node(server, { name: 'prod-general-1', id: 'o1', ready: 'Unknown', pool: 'general' });
      await node(server, { name: 'of-somebody-else', id: 'x', ready: 'True' });
      await pod(server, 'without-controller', 'prod-general-0');

      expect(await drain({ STRATA_BIRTH: 'true' }), 0, 'the cluster is new');
      expect(await drain(), 1, 'are not Ready: prod-general-0-g2 prod-general-1-g2', 'none is deleted');
      await expectNodes(server, 'prod-control-plane-0', 'prod-general-0', 'prod-general-1', 'of-somebody-else');

      await node(server, { name: 'prod-general-0-g2', id: 'n0', ready: 'True', pool: 'general' });
      // left by a server of that name which is gone: it would keep the new one from registering
      await node(server, { name: 'prod-general-1-g2', id: 'gone', ready: 'True', pool: 'general' });
      expect(await drain(), 1, 'deleting the Node prod-general-1-g2 of a server that is gone', 'are not Ready: prod-general-1-g2');
      await node(server, { name: 'prod-general-1-g2', id: 'n1', ready: 'False', pool: 'general' });
      expect(await drain(), 1, 'are not Ready: prod-general-1-g2');
      const condition = { type: 'Ready', status: 'True', reason: 'Conformance', lastHeartbeatTime: null, lastTransitionTime: null };
      const status = JSON.stringify({ status: { conditions: [condition] } });
      await server.kubectl(['patch', 'node', 'prod-general-1-g2', '--subresource=status', '--type=merge', '-p', status]);

      expect(await drain(), 1, 'prod-general-0 could not be drained', 'its server stays');
      await expectNodes(
        server,
        ...['prod-control-plane-0', 'prod-general-0true', 'prod-general-1true', 'of-somebody-else', 'prod-general-0-g2', 'prod-general-1-g2'],
      );
      // whoever may ask for the API's health, and for nothing else, must not be told that there is nothing to drain
      await server.kubectl(['-n', 'default', 'create', 'serviceaccount', 'nobody']);
      const token = (await server.kubectl(['-n', 'default', 'create', 'token', 'nobody'])).stdout.trim();
      const kubeconfig = parse(fs.readFileSync(server.kubeconfig, 'utf8'));
      kubeconfig.users[0].user = { token };
      const ofNobody = path.join(context.folder, 'of-nobody');
      fs.writeFileSync(ofNobody, stringify(kubeconfig), { mode: 0o600 });
      expect(await drain({ STRATA_KUBECONFIG: ofNobody, STRATA_UNMANAGED_PODS: 'delete' }), 1, 'Forbidden', 'none is deleted');
      expect(await drain({ STRATA_UNMANAGED_PODS: 'delete' }), 0, 'prod-general-0 is drained', 'prod-general-1 is drained');
      await expectNodes(server, 'prod-control-plane-0', 'of-somebody-else', 'prod-general-0-g2', 'prod-general-1-g2');
      expect(await drain(), 0, 'no worker to drain');
      // fewer workers, and a pool that is gone
      expect(await drain({ STRATA_POOL_0: '' }), 0, 'prod-general-0-g2 is drained', 'prod-general-1-g2 is drained');

      const otherCa = fs.readFileSync(path.join(server.pkiFolder, 'etcd', 'ca.crt'), 'utf8');
      expect(await drain({ STRATA_CA: otherCa, STRATA_ON_UNREACHABLE: 'continue' }), 1, 'is of another cluster', 'nothing was changed');
      expect(await drain({ STRATA_KUBECONFIG: '/nonexistent' }), 1, 'there is no kubeconfig for prod', 'none is deleted');
      expect(await drain({ STRATA_KUBECONFIG: '/nonexistent', STRATA_ON_UNREACHABLE: 'continue' }), 0, 'Going on without draining');
    },
  },
  {
    name: 'the gate behind a rolled slot wants its Node, its etcd and its API server, all of the present server',
    needs: APISERVER_NEEDS,
    run: async (context) => {
      const server = await startApiServer(context, { extraArgs: ['--disable-admission-plugins=ServiceAccount'] });
      const gate = (slots: string) => program(context, server, 'roll-gate.sh', { STRATA_SLOTS: slots, STRATA_TIMEOUT: '2' });
      const staticPod = async (name: string, nodeName: string, ready: 'True' | 'False') => {
        const uid = (await server.kubectl(['get', 'node', nodeName, '-o', 'jsonpath={.metadata.uid}'])).stdout;
        const ownerReferences = [{ apiVersion: 'v1', kind: 'Node', name: nodeName, uid, controller: true }];
        await pod(server, name, nodeName, { namespace: 'kube-system', labels: { tier: 'control-plane' }, ownerReferences });
        const conditions = [{ type: 'Ready', status: ready, lastProbeTime: null, lastTransitionTime: null }];
        const patch = JSON.stringify({ status: { conditions } });
        await server.kubectl(['-n', 'kube-system', 'patch', 'pod', name, '--subresource=status', '--type=merge', '-p', patch]);
      };
      const slot = 'prod-control-plane-0';
      expect(await gate(`${slot}=n`), 1, `the Node ${slot} of server n is not Ready`, 'No other slot is rolled');
      await node(server, { name: slot, id: 'former', ready: 'True' });
      expect(await gate(`${slot}=n`), 1, `the Node ${slot} of server n is not Ready`);
      expect(await gate(`${slot}=former`), 1, `etcd-${slot} is not ready`);
      await staticPod(`etcd-${slot}`, slot, 'False');
      expect(await gate(`${slot}=former`), 1, `etcd-${slot} is not ready`);
      const ready = JSON.stringify({ status: { conditions: [{ type: 'Ready', status: 'True', lastProbeTime: null, lastTransitionTime: null }] } });
      await server.kubectl(['-n', 'kube-system', 'patch', 'pod', `etcd-${slot}`, '--subresource=status', '--type=merge', '-p', ready]);
      expect(await gate(`${slot}=former`), 1, `kube-apiserver-${slot} is not ready`);
      await staticPod(`kube-apiserver-${slot}`, slot, 'True');
      expect(await gate(`${slot}=former`), 0, 'the control plane is whole');
      // the same names on a new server: what the pods of the former one said counts for nothing
      await server.kubectl(['delete', 'node', slot]);
      await node(server, { name: slot, id: 'n', ready: 'True' });
      expect(await gate(`${slot}=n`), 1, `etcd-${slot} is not ready`);
    },
  },
];
