import * as fs from 'node:fs';
import * as path from 'node:path';
import { parse, stringify } from 'yaml';
import { APISERVER_NEEDS, type ApiServer, startApiServer, startControllers } from '../harness/apiserver';
import type { Check, Context } from '../harness/check';
import { freePort } from '../harness/ports';
import { daemon, exec, type ExecResult, expectExit, run, sleep, waitFor } from '../harness/process';

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

const expect = (result: ExecResult, code: number, ...words: string[]) => expectExit('the program', result, code, ...words);

interface NodeState {
  readonly name: string;
  /** Of its server. @default - the Node has no provider id */
  readonly id?: string;
  /** @default - it has no such condition */
  readonly ready?: 'True' | 'False' | 'Unknown';
  readonly pool?: string;
  readonly cordoned?: boolean;
}

/** A Node as a kubelet registers and reports it. */
async function node(server: ApiServer, { name, id, ready, pool, cordoned }: NodeState): Promise<void> {
  await server.kubectl(
    ['create', '-f', '-'],
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name, ...(pool && { labels: { 'strata/pool': pool } }) },
      spec: { ...(id && { providerID: `openstack:///${id}` }), ...(cordoned && { unschedulable: true }) },
    }),
  );
  if (ready !== undefined) await nodeReady(server, name, ready);
}

async function nodeReady(server: ApiServer, name: string, ready: 'True' | 'False' | 'Unknown'): Promise<void> {
  const condition = { type: 'Ready', status: ready, reason: 'Conformance', lastHeartbeatTime: null, lastTransitionTime: null };
  const patch = JSON.stringify({ status: { conditions: [condition] } });
  await server.kubectl(['patch', 'node', name, '--subresource=status', '--type=merge', '-p', patch]);
}

/** A pod that is bound to a node. Without an owner in `further` no controller made it. */
async function pod(server: ApiServer, name: string, nodeName: string, further: object = {}, graceSeconds = 0): Promise<void> {
  await server.kubectl(
    ['create', '-f', '-'],
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: 'default', ...further },
      spec: { nodeName, containers: [{ name: 'main', image: 'none' }], terminationGracePeriodSeconds: graceSeconds },
    }),
  );
}

/** What a kubelet says of a pod. */
async function podReady(server: ApiServer, name: string, namespace: string, ready: 'True' | 'False'): Promise<void> {
  const conditions = [{ type: 'Ready', status: ready, lastProbeTime: null, lastTransitionTime: null }];
  const patch = JSON.stringify({ status: { phase: 'Running', conditions } });
  await server.kubectl(['-n', namespace, 'patch', 'pod', name, '--subresource=status', '--type=merge', '-p', patch]);
}

/** Of a controller that is not there: nobody makes the pod again. */
const OWNED = { ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web', uid: crypto.randomUUID(), controller: true }] };

/** What the attach-detach controller makes for a volume on a node. */
async function attach(server: ApiServer, name: string, nodeName: string): Promise<void> {
  await server.kubectl(
    ['create', '-f', '-'],
    JSON.stringify({
      apiVersion: 'storage.k8s.io/v1',
      kind: 'VolumeAttachment',
      metadata: { name },
      spec: { attacher: 'cinder.csi.openstack.org', nodeName, source: { persistentVolumeName: `of-${name}` } },
    }),
  );
}

/** As the kubelet mirrors a static pod of the control plane. */
async function staticPod(server: ApiServer, name: string, nodeName: string, ready: 'True' | 'False'): Promise<void> {
  const uid = (await server.kubectl(['get', 'node', nodeName, '-o', 'jsonpath={.metadata.uid}'])).stdout;
  const ownerReferences = [{ apiVersion: 'v1', kind: 'Node', name: nodeName, uid, controller: true }];
  await pod(server, name, nodeName, { namespace: 'kube-system', labels: { tier: 'control-plane' }, ownerReferences });
  await podReady(server, name, 'kube-system', ready);
}

interface Member {
  readonly name: string;
  readonly clientUrl: string;
  readonly peerUrl: string;
  /** Where the kubelet asks. */
  readonly probeUrl: string;
}

/** A member of an etcd cluster, the first as its one voter, another as a learner. */
async function startMember(context: Context, name: string, others: readonly Member[]): Promise<Member> {
  const [clientUrl, peerUrl, probeUrl] = [await freePort(), await freePort(), await freePort()].map((port) => `http://127.0.0.1:${port}`);
  const member = { name, clientUrl, peerUrl, probeUrl };
  const binary = (what: string) => path.join(context.value('ETCD_BIN'), what);
  for (const { clientUrl: endpoint } of others) {
    await run(binary('etcdctl'), [`--endpoints=${endpoint}`, 'member', 'add', name, '--learner', `--peer-urls=${peerUrl}`]);
  }
  const etcd = daemon(
    binary('etcd'),
    [
      `--name=${name}`,
      `--data-dir=${path.join(context.folder, name)}`,
      '--unsafe-no-fsync',
      `--listen-client-urls=${clientUrl}`,
      `--advertise-client-urls=${clientUrl}`,
      `--listen-peer-urls=${peerUrl}`,
      `--initial-advertise-peer-urls=${peerUrl}`,
      `--listen-metrics-urls=${probeUrl}`,
      `--initial-cluster=${[...others, member].map((each) => `${each.name}=${each.peerUrl}`).join(',')}`,
      `--initial-cluster-state=${others.length === 0 ? 'new' : 'existing'}`,
    ],
    path.join(context.folder, `${name}.log`),
  );
  context.defer(etcd.stop);
  await waitFor(name, async () => (await fetch(`${probeUrl}/livez`)).ok, { daemon: etcd });
  return member;
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

      expect(await drain(), 1, 'are not Ready: prod-general-0-g2 prod-general-1-g2', 'none is deleted');
      await expectNodes(server, 'prod-control-plane-0', 'prod-general-0', 'prod-general-1', 'of-somebody-else');

      await node(server, { name: 'prod-general-0-g2', id: 'n0', ready: 'True', pool: 'general' });
      // left by a server of that name which is gone: it would keep the new one from registering
      await node(server, { name: 'prod-general-1-g2', id: 'gone', ready: 'True', pool: 'general' });
      expect(await drain(), 1, 'deleting the Node prod-general-1-g2 of a server that is gone', 'are not Ready: prod-general-1-g2');
      await node(server, { name: 'prod-general-1-g2', id: 'n1', ready: 'False', pool: 'general' });
      expect(await drain(), 1, 'are not Ready: prod-general-1-g2');
      await nodeReady(server, 'prod-general-1-g2', 'True');

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
    name: 'a drain waits for budgets of disruption and for volumes, and says what it waited for in vain',
    needs: [...APISERVER_NEEDS, 'kube-controller-manager'],
    run: async (context) => {
      const server = await startApiServer(context, { extraArgs: ['--disable-admission-plugins=ServiceAccount'] });
      await startControllers(context, server, 'disruption-controller');
      const drain = (environment: { readonly [name: string]: string } = {}) =>
        program(context, server, 'drain-workers.sh', { STRATA_POOL_0: 'prod-general-0=w0', ...environment });
      await node(server, { name: 'prod-general-0', id: 'w0', ready: 'True', pool: 'general' });
      await node(server, { name: 'prod-general-1', id: 'w1', ready: 'True', pool: 'general' });
      const budget = { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name: 'web', namespace: 'default' } };
      const spec = { minAvailable: 1, selector: { matchLabels: { app: 'web' } } };
      await server.kubectl(['create', '-f', '-'], JSON.stringify({ ...budget, spec }));
      const web = { labels: { app: 'web' }, ...OWNED };
      await pod(server, 'web-1', 'prod-general-1', web);
      await podReady(server, 'web-1', 'default', 'True');
      const allowed = (count: number) =>
        waitFor(`a budget that allows ${count}`, async () => {
          const { status = {} } = JSON.parse((await server.kubectl(['get', 'pdb', 'web', '-o', 'json'])).stdout);
          return status.currentHealthy === count + 1 && status.disruptionsAllowed === count;
        });
      await allowed(0);

      const held = await drain();
      expect(held, 1, "would violate the pod's disruption budget", 'prod-general-1 could not be drained within 6 s', 'its server stays', 'uncordon');
      await expectNodes(server, 'prod-general-0', 'prod-general-1true');
      await server.kubectl(['get', 'pod', 'web-1']);
      // another one becomes Ready elsewhere while the drain waits; then a volume is detached while it waits
      await attach(server, 'data', 'prod-general-1');
      await attach(server, 'of-another-node', 'prod-general-0');
      const waiting = drain({ STRATA_DRAIN_TIMEOUT: '60' });
      await sleep(3_000);
      await pod(server, 'web-0', 'prod-general-0', web);
      await podReady(server, 'web-0', 'default', 'True');
      await waitFor('the eviction', async () => !(await server.kubectl(['get', 'pods', '-o', 'name'])).stdout.includes('web-1'));
      await sleep(4_000);
      await expectNodes(server, 'prod-general-0', 'prod-general-1true');
      await server.kubectl(['delete', 'volumeattachment', 'data']);
      expect(await waiting, 0, 'will retry', 'prod-general-1 is drained');
      await expectNodes(server, 'prod-general-0');

      await node(server, { name: 'prod-general-1', id: 'w1', ready: 'True', pool: 'general' });
      await attach(server, 'data', 'prod-general-1');
      expect(await drain(), 1, 'volumes are still attached to prod-general-1 after', 's: data. Its server stays');
      await expectNodes(server, 'prod-general-0', 'prod-general-1true');
    },
  },
  {
    name: 'a drain knows wanted workers by name and server, in whatever state Nodes are, and waits for pods and volumes only where a kubelet answers',
    needs: APISERVER_NEEDS,
    run: async (context) => {
      const server = await startApiServer(context, { extraArgs: ['--disable-admission-plugins=ServiceAccount'] });
      const drain = (environment: { readonly [name: string]: string } = {}) =>
        program(context, server, 'drain-workers.sh', { STRATA_POOL_0: 'prod-general-0=w0', ...environment });

      // none of these is the wanted worker: without a server, of a server by another name, and one of somebody else's by its name
      await node(server, { name: 'prod-general-0', ready: 'True', pool: 'general' });
      await node(server, { name: 'prod-general-0.other', id: 'w0', ready: 'True', pool: 'general' });
      expect(await drain(), 1, 'are not Ready: prod-general-0', 'none is deleted');
      await server.kubectl(['delete', 'node', 'prod-general-0']);
      await node(server, { name: 'prod-general-0', id: 'other', ready: 'True' });
      expect(await drain(), 1, 'are not Ready: prod-general-0', 'none is deleted');
      await expectNodes(server, 'prod-general-0', 'prod-general-0.other');
      await server.kubectl(['delete', 'node', 'prod-general-0', 'prod-general-0.other']);

      // as wanted, but its kubelet has said nothing yet
      await node(server, { name: 'prod-general-0', id: 'w0', pool: 'general' });
      await node(server, { name: 'prod-general-1', id: 'w1', pool: 'general' });
      expect(await drain(), 1, 'are not Ready: prod-general-0');
      await server.kubectl(['delete', 'node', 'prod-general-0']);
      // cordoned by hand: it is wanted, and stays as it is. The API is away for a moment meanwhile
      await node(server, { name: 'prod-general-0', id: 'w0', ready: 'Unknown', pool: 'general', cordoned: true });
      const waiting = drain({ STRATA_TIMEOUT: '60' });
      await sleep(3_000);
      await server.stop();
      await sleep(7_000);
      await server.start();
      await nodeReady(server, 'prod-general-0', 'True');
      expect(await waiting, 0, 'refused', 'prod-general-1 is drained');
      await expectNodes(server, 'prod-general-0true');

      // Gone from the program: one cordoned by hand, one without a server's id, and such whose kubelet doesn't answer. Their pods never end by themselves.
      await node(server, { name: 'prod-general-1', id: 'w1', ready: 'True', pool: 'general', cordoned: true });
      await node(server, { name: 'prod-general-2', ready: 'True', pool: 'general' });
      await node(server, { name: 'prod-general-3', id: 'w3', ready: 'Unknown', pool: 'general' });
      await node(server, { name: 'prod-general-4', id: 'w4', ready: 'False', pool: 'general' });
      await node(server, { name: 'prod-general-5', id: 'w5', pool: 'general' });
      for (const name of ['3', '4', '5']) await pod(server, `web-${name}`, `prod-general-${name}`, OWNED, 1);
      const all = ['1', '2', '3', '4', '5'].map((name) => `prod-general-${name} is drained`);
      expect(await drain({ STRATA_DRAIN_TIMEOUT: '40' }), 0, ...all);
      await expectNodes(server, 'prod-general-0true');

      // Nor do those that say nothing ever give back their volumes. A kubelet that says that it isn't ready may.
      await node(server, { name: 'prod-general-3', id: 'w3', ready: 'Unknown', pool: 'general' });
      await node(server, { name: 'prod-general-4', id: 'w4', ready: 'False', pool: 'general' });
      await node(server, { name: 'prod-general-5', id: 'w5', pool: 'general' });
      for (const name of ['3', '4', '5']) await attach(server, `data-${name}`, `prod-general-${name}`);
      const silent = (name: string) =>
        `no kubelet answers on prod-general-${name}: not waiting for its volumes (data-${name}), which go free with its server`;
      const held = await drain({ STRATA_DRAIN_TIMEOUT: '15' });
      expect(held, 1, silent('3'), 'prod-general-3 is drained', 'volumes are still attached to prod-general-4', 'openstack server stop');
      await expectNodes(server, 'prod-general-0true', 'prod-general-4true', 'prod-general-5true');
      // it ends while its volumes are waited for
      const ending = drain({ STRATA_DRAIN_TIMEOUT: '60' });
      await sleep(4_000);
      await expectNodes(server, 'prod-general-0true', 'prod-general-4true', 'prod-general-5true');
      await nodeReady(server, 'prod-general-4', 'Unknown');
      expect(await ending, 0, silent('4'), 'prod-general-4 is drained', silent('5'), 'prod-general-5 is drained');
      await expectNodes(server, 'prod-general-0true');

      // One that answers is waited for, with many Nodes behind it as well.
      await node(server, { name: 'prod-aaa-0', id: 'a0', ready: 'True', pool: 'aaa' });
      for (let i = 0; i < 150; i++) {
        await server.request('POST', '/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: `of-somebody-else-${i}` } });
      }
      await pod(server, 'ends-slowly', 'prod-aaa-0', OWNED, 1);
      expect(await drain({ STRATA_DRAIN_TIMEOUT: '20' }), 1, 'prod-aaa-0 could not be drained within 20 s');
      await server.kubectl(['get', 'node', 'prod-aaa-0']);
    },
  },
  {
    name: 'a birth without a login ends well without work; where the cluster answers, no worker goes undrained, none is waited for before there is a pod network, and slots are waited for',
    needs: APISERVER_NEEDS,
    run: async (context) => {
      const server = await startApiServer(context, { extraArgs: ['--disable-admission-plugins=ServiceAccount'] });
      const born =
        (name: string) =>
        (environment: { readonly [name: string]: string } = {}) =>
          program(context, server, name, {
            STRATA_BIRTH: 'true',
            STRATA_POOL_0: 'prod-general-0-g2=n0',
            STRATA_SLOTS: 'prod-control-plane-0=c0',
            ...environment,
          });
      const [check, drain, gate] = ['runner-check.sh', 'drain-workers.sh', 'roll-gate.sh'].map(born);
      const ends = { 'there is nothing to reach yet': check, 'no worker to drain': drain, 'no slot was rolled': gate };
      const elsewhere = path.join(context.folder, 'elsewhere');
      const kubeconfig = parse(fs.readFileSync(server.kubeconfig, 'utf8'));
      kubeconfig.clusters[0].cluster.server = `https://127.0.0.1:${await freePort()}`;
      fs.writeFileSync(elsewhere, stringify(kubeconfig), { mode: 0o600 });
      const otherCa = fs.readFileSync(path.join(server.pkiFolder, 'etcd', 'ca.crt'), 'utf8');
      const withoutKubectl = path.join(context.folder, 'bin');
      fs.mkdirSync(withoutKubectl);
      fs.symlinkSync('/bin/bash', path.join(withoutKubectl, 'bash'));
      await node(server, { name: 'prod-general-0', id: 'o0', ready: 'True', pool: 'general' });

      // as a rule there is no login yet, or one of something else; with one that was there before the cluster, workers don't wait for the API that they come before
      for (const [what, ended] of Object.entries(ends)) {
        const nothing = `the cluster is new: ${what} (`;
        expect(await ended({ PATH: withoutKubectl }), 0, `${nothing}this machine has no kubectl)`);
        expect(await ended({ STRATA_KUBECONFIG: '/nonexistent' }), 0, `${nothing}there is no kubeconfig for prod`);
        expect(await ended({ STRATA_CA: otherCa }), 0, `${nothing}the kubeconfig (`, 'is of another cluster');
      }
      const began = Date.now();
      expect(await check({ STRATA_KUBECONFIG: elsewhere }), 0, 'there is nothing to reach yet (the API of prod does not answer');
      if (Date.now() - began > 15_000) throw new Error('workers of a cluster without an API wait for it');
      expect(await drain({ STRATA_KUBECONFIG: elsewhere }), 0, 'no worker to drain (the API of prod does not answer');
      await expectNodes(server, 'prod-general-0');

      // the marker is lost, the cluster lives: all is done as always
      expect(await check(), 0, 'prod answers: its workers can be changed');
      expect(await gate(), 1, 'the Node prod-control-plane-0 of server c0 is not Ready', 'No other slot is rolled');
      expect(await drain(), 1, 'are not Ready: prod-general-0-g2', 'none is deleted');
      await node(server, { name: 'prod-general-0-g2', id: 'n0', ready: 'True', pool: 'general' });
      expect(await drain(), 0, 'prod-general-0 is drained');
      await expectNodes(server, 'prod-general-0-g2');

      // it is being made: what is wanted is on its way, and no Node gets Ready; a worker that a later apply no longer wants goes in order all the same
      await nodeReady(server, 'prod-general-0-g2', 'False');
      expect(await gate(), 0, 'the cluster is new: no slot was rolled');
      expect(await drain({ STRATA_POOL_0: 'prod-general-0-g2=n0 prod-general-1-g2=n1' }), 0, 'no worker to drain');
      await node(server, { name: 'prod-general-7', id: 'w7', ready: 'False', pool: 'general' });
      const unmade = await drain({ STRATA_POOL_0: 'prod-general-0-g2=n0 prod-general-1-g2=n1' });
      expect(unmade, 0, 'no Node is Ready', 'not waiting for the wanted workers', 'prod-general-7 is drained');
      await expectNodes(server, 'prod-general-0-g2');
    },
  },
  {
    name: 'the gate behind a rolled slot wants its Node, its etcd and its API server, all of the present server',
    needs: APISERVER_NEEDS,
    run: async (context) => {
      const server = await startApiServer(context, { extraArgs: ['--disable-admission-plugins=ServiceAccount'] });
      const gate = (slots: string) => program(context, server, 'roll-gate.sh', { STRATA_SLOTS: slots, STRATA_TIMEOUT: '2' });
      const slot = 'prod-control-plane-0';
      expect(await gate(`${slot}=n`), 1, `the Node ${slot} of server n is not Ready`, 'No other slot is rolled');
      await node(server, { name: slot, id: 'former', ready: 'True' });
      expect(await gate(`${slot}=n`), 1, `the Node ${slot} of server n is not Ready`);
      expect(await gate(`${slot}=former`), 1, `etcd-${slot} is not ready`);
      await staticPod(server, `etcd-${slot}`, slot, 'False');
      expect(await gate(`${slot}=former`), 1, `etcd-${slot} is not ready`);
      await podReady(server, `etcd-${slot}`, 'kube-system', 'True');
      expect(await gate(`${slot}=former`), 1, `kube-apiserver-${slot} is not ready`);
      await staticPod(server, `kube-apiserver-${slot}`, slot, 'True');
      expect(await gate(`${slot}=former`), 0, 'the control plane is whole');
      for (const state of ['False', 'Unknown'] as const) {
        await nodeReady(server, slot, state);
        expect(await gate(`${slot}=former`), 1, `the Node ${slot} of server former is not Ready`);
      }
      await nodeReady(server, slot, 'True');
      expect(await gate(`${slot}=former`), 0, 'the control plane is whole');
      expect(await gate(`${slot}=former prod-control-plane-1=second`), 1, 'the Node prod-control-plane-1 of server second is not Ready');
      // the same names on a new server: what the pods of the former one said counts for nothing
      await server.kubectl(['delete', 'node', slot]);
      expect(await gate(`${slot}=n`), 1, `the Node ${slot} of server n is not Ready`);
      for (const state of [{}, { id: 'n' }]) {
        await node(server, { name: slot, ...state });
        expect(await gate(`${slot}=n`), 1, `the Node ${slot} of server n is not Ready`);
        await server.kubectl(['delete', 'node', slot]);
      }
      await node(server, { name: slot, id: 'n', ready: 'True' });
      expect(await gate(`${slot}=n`), 1, `etcd-${slot} is not ready`);
    },
  },
  {
    name: 'a learner of etcd is not ready by the probe of its pod, and holds the gate until it is promoted',
    needs: APISERVER_NEEDS,
    run: async (context) => {
      const server = await startApiServer(context, { extraArgs: ['--disable-admission-plugins=ServiceAccount'] });
      const slots = ['prod-control-plane-0', 'prod-control-plane-1'];
      const gate = () =>
        program(context, server, 'roll-gate.sh', { STRATA_SLOTS: slots.map((slot) => `${slot}=of-${slot}`).join(' '), STRATA_TIMEOUT: '2' });
      const members: Member[] = [];
      for (const name of slots) members.push(await startMember(context, name, members));
      for (const slot of slots) {
        await node(server, { name: slot, id: `of-${slot}`, ready: 'True' });
        for (const part of ['etcd', 'kube-apiserver']) await staticPod(server, `${part}-${slot}`, slot, 'True');
      }
      // the kubelet's part: the probe that kubeadm gives etcd's pod, and what follows of it
      const probe = async () => {
        const answers = await Promise.all(members.map(({ probeUrl }) => fetch(`${probeUrl}/readyz`)));
        for (const [i, { ok }] of answers.entries()) await podReady(server, `etcd-${slots[i]}`, 'kube-system', ok ? 'True' : 'False');
        return Promise.all(answers.map(async (answer) => `${answer.status} ${await answer.text()}`));
      };
      const [voter, learner] = await probe();
      if (!voter.startsWith('200') || !/^503 .*non_learner failed/s.test(learner)) throw new Error(`the voter: ${voter}\nthe learner: ${learner}`);
      expect(await gate(), 1, `etcd-${slots[1]} is not ready`);

      const etcdctl = (...args: string[]) => run(path.join(context.value('ETCD_BIN'), 'etcdctl'), [`--endpoints=${members[0].clientUrl}`, ...args]);
      const list = JSON.parse((await etcdctl('member', 'list', '--hex', '-w', 'json')).stdout).members;
      // it can be promoted once it has what the leader has
      const id = list.find((member: { name: string }) => member.name === slots[1]).ID;
      await waitFor('the promotion', async () => (await etcdctl('member', 'promote', id)).code === 0);
      await waitFor('a second voter', async () => (await fetch(`${members[1].probeUrl}/readyz`)).ok);
      await probe();
      expect(await gate(), 0, 'the control plane is whole');
    },
  },
];
