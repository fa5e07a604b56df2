import * as fs from 'node:fs';
import * as path from 'node:path';
import { API_ADDRESS, CLUSTER, CONTROL_PLANE, KUBERNETES_VERSION, POOL } from './cluster';
import { Machine, MachineNetwork, type MachineProps, makeVolume } from './machines';
import { type RenderedCluster, renderCluster } from './rendering';
import type { Check, Context } from '../harness/check';
import type { Component } from '../harness/components';
import { sleep, tail } from '../harness/process';

const NEEDS: readonly Component[] = ['terraform', 'node-image'];
const MINUTE = 60_000;
const WORKER = `${CLUSTER}-${POOL}-0`;
const ETCD_VOLUME = '5f1d3c1e-8a1f-4a52-9a3b-0c7f4a9d2e61';
const SERVERS = { controlPlane: 'c0000000-0000-4000-8000-00000000000', worker: 'a0000000-0000-4000-8000-00000000000' };

/** The cluster of one check: its machines and those who look at it. */
class Cluster {
  public static async make(context: Context): Promise<Cluster> {
    const rendered = await renderCluster(context, {
      addresses: { [CONTROL_PLANE]: '10.77.0.11', [WORKER]: '10.77.0.21', [`${CLUSTER}-api`]: API_ADDRESS },
      volumes: { [`${CONTROL_PLANE}-etcd`]: ETCD_VOLUME },
    });
    const kubeconfig = path.join(context.folder, 'kubeconfig');
    fs.writeFileSync(kubeconfig, rendered.kubeconfig, { mode: 0o600 });
    const volume = path.join(context.folder, 'etcd.raw');
    await makeVolume(volume, 1024);
    return new Cluster(context, await MachineNetwork.make(context), rendered, kubeconfig, volume);
  }

  private readonly began = Date.now();
  private readonly machines: Machine[] = [];

  private constructor(
    private readonly context: Context,
    private readonly network: MachineNetwork,
    private readonly rendered: RenderedCluster,
    private readonly kubeconfig: string,
    private readonly volume: string,
  ) {}

  /** The how many-th server of the first slot. All of them have its address and its volume. */
  public controlPlane(generation: number): Machine {
    return this.known({
      name: CONTROL_PLANE,
      id: `${SERVERS.controlPlane}${generation}`,
      address: '10.77.0.11',
      userData: this.rendered.userData[CONTROL_PLANE],
      memoryMib: 3072,
      cpus: 2,
      volume: { id: ETCD_VOLUME, file: this.volume },
    });
  }

  /** The how many-th server of the worker's name. */
  public worker(generation: number): Machine {
    return this.known({
      name: WORKER,
      id: `${SERVERS.worker}${generation}`,
      address: '10.77.0.21',
      userData: this.rendered.userData[WORKER],
      memoryMib: 2048,
      cpus: 1,
    });
  }

  private known(props: MachineProps): Machine {
    const machine = new Machine(this.context, this.network, props);
    this.machines.push(machine);
    return machine;
  }

  /** Fetches what the machines have to tell, when something failed. */
  public async collect(): Promise<void> {
    for (const machine of this.machines) await machine.collect();
  }

  public log(text: string): void {
    this.context.log(`after ${Math.round((Date.now() - this.began) / 1000)} s: ${text}`);
  }

  /** kubectl, at the API's address as everybody outside uses it. */
  public async kubectl(args: readonly string[], input?: string): Promise<string> {
    const { code, output, stdout } = await this.network.kubectl(this.kubeconfig, args, input);
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${tail(output, 5)}`);
    return stdout;
  }

  public async get(...args: string[]): Promise<any> {
    return JSON.parse(await this.kubectl(['get', ...args, '-o', 'json']));
  }

  /** Everything that is asked of a slow cluster is asked again, until the time is over. */
  public async eventually<T>(what: string, minutes: number, look: () => Promise<T>): Promise<T> {
    const deadline = Date.now() + minutes * MINUTE;
    for (;;) {
      try {
        return await look();
      } catch (error) {
        if (Date.now() > deadline) throw new Error(`${what}: not after ${minutes} min: ${(error as Error).message}`);
      }
      await sleep(15_000);
    }
  }

  /** Without the API's schema: to write it down keeps an emulated API server from everything else for minutes. */
  public apply(manifest: string): Promise<unknown> {
    return this.eventually('apply', 5, () => this.kubectl(['apply', '--validate=false', '--openapi-patch=false', '-f', '-'], manifest));
  }
}

function expect(holds: boolean, problem: string): void {
  if (!holds) throw new Error(problem);
}

/** Waits until the machine has become a node, and looks whether it is the one that it should be. */
async function expectNode(cluster: Cluster, machine: Machine, minutes: number): Promise<void> {
  const { name, id } = machine.props;
  await machine.says(new RegExp(`strata-boot: ${name} is a node of ${CLUSTER}`), minutes * MINUTE);
  const node = await cluster.eventually(`the Node ${name}`, 3, () => cluster.get('node', name));
  expect(node.spec.providerID === `openstack:///${id}`, `the Node ${name} has the provider id ${node.spec.providerID}, its server is ${id}`);
  expect(node.status.nodeInfo.kubeletVersion === `v${KUBERNETES_VERSION}`, `${name} runs ${node.status.nodeInfo.kubeletVersion}`);
}

/** What no cloud controller is there for: to find the server and say that it is known. */
async function initialise(cluster: Cluster, name: string): Promise<void> {
  const taint = 'node.cloudprovider.kubernetes.io/uninitialized';
  await cluster.eventually(`taint of ${name}`, 3, async () => {
    const { spec } = await cluster.get('node', name);
    if (spec.taints?.some(({ key }: { key: string }) => key === taint)) await cluster.kubectl(['taint', 'node', name, `${taint}-`]);
  });
}

async function expectReady(cluster: Cluster, name: string, minutes: number): Promise<void> {
  await cluster.eventually(`${name} Ready`, minutes, async () => {
    const { status } = await cluster.get('node', name);
    const ready = status.conditions.find(({ type }: { type: string }) => type === 'Ready');
    expect(ready?.status === 'True', `${ready?.reason}: ${ready?.message}`);
  });
}

/** etcd's cluster and its only member, as the machine's own program sees them. */
async function etcdOf(cluster: Cluster, machine: Machine): Promise<string> {
  const program = 'set -e; . /usr/local/lib/strata/strata-common.sh; load_settings; etcd_call list {}';
  return cluster.eventually('the members of etcd', 3, async () => {
    const { code, stdout, output } = await machine.ssh(program);
    expect(code === 0, tail(output, 3));
    const { header, members } = JSON.parse(stdout);
    return `cluster ${header.cluster_id}, members ${members.map(({ ID }: { ID: string }) => ID).join(' ')}`;
  });
}

/** What the kubelet runs with, of what the library sets. */
async function expectKubeletConfiguration(cluster: Cluster, name: string): Promise<void> {
  const wanted = {
    protectKernelDefaults: true,
    seccompDefault: true,
    readOnlyPort: undefined, // 0, which is not written out
    podPidsLimit: 4096,
    tlsMinVersion: 'VersionTLS12',
    shutdownGracePeriod: '1m0s',
    cgroupDriver: 'systemd',
  };
  await cluster.eventually(`the kubelet of ${name}`, 3, async () => {
    const { kubeletconfig } = JSON.parse(await cluster.kubectl(['get', '--raw', `/api/v1/nodes/${name}/proxy/configz`]));
    for (const [field, value] of Object.entries(wanted)) {
      expect(kubeletconfig[field] === value, `the kubelet of ${name} runs with ${field}=${kubeletconfig[field]}, it should be ${value}`);
    }
  });
}

/** A page on the worker, and one on the control plane who reads it by the Service's name. Deployments: a node that shuts down ends its pods for good. */
const WEB = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      nodeSelector: { tier: general }
      terminationGracePeriodSeconds: 1
      containers:
      - name: web
        image: strata.test/userland:1
        imagePullPolicy: Never
        command: [sh, -c, "mkdir /www; echo served by $NODE >/www/index.html; exec busybox httpd -f -p 8080 -h /www"]
        env: [{ name: NODE, valueFrom: { fieldRef: { fieldPath: spec.nodeName } } }]
        readinessProbe: { tcpSocket: { port: 8080 } }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, ports: [{ port: 80, targetPort: 8080 }] }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: client }
spec:
  selector: { matchLabels: { app: client } }
  template:
    metadata: { labels: { app: client } }
    spec:
      nodeSelector: { kubernetes.io/hostname: ${CONTROL_PLANE} }
      terminationGracePeriodSeconds: 1
      tolerations: [{ key: node-role.kubernetes.io/control-plane, operator: Exists }]
      containers: [{ name: client, image: 'strata.test/userland:1', imagePullPolicy: Never, command: [sleep, '1000000'] }]
`;

async function expectService(cluster: Cluster, worker: string, minutes: number): Promise<void> {
  const ask = (url: string) => cluster.kubectl(['exec', 'deployment/client', '--', 'curl', '-sSf', '--max-time', '20', url]);
  const page = await cluster.eventually('the Service across nodes', minutes, () => ask('http://web.default.svc.cluster.local/'));
  expect(page.trim() === `served by ${worker}`, `the Service answers ${page}`);
  // and it is not that everything answers
  const wrong = await ask('http://nothing.default.svc.cluster.local/').catch((error: Error) => error.message);
  expect(/[Cc]ould not resolve|resolve host/.test(wrong), `a Service that isn't there: ${wrong}`);
}

async function expectCoreDns(cluster: Cluster, minutes: number): Promise<void> {
  await cluster.eventually('CoreDNS', minutes, async () => {
    const { status } = await cluster.get('deployment', 'coredns', '-n', 'kube-system');
    expect(status.readyReplicas >= 1, `ready replicas: ${status.readyReplicas ?? 0}`);
  });
}

/** Everything on it runs, and the cluster is used. */
async function expectWorking(cluster: Cluster, names: readonly string[], worker: string): Promise<void> {
  for (const name of names) {
    await initialise(cluster, name);
    await expectReady(cluster, name, 15);
  }
  await expectCoreDns(cluster, 20);
  await expectService(cluster, worker, 10);
}

function inCluster(live: (cluster: Cluster) => Promise<void>): Check['run'] {
  return async (context) => {
    const cluster = await Cluster.make(context);
    try {
      await live(cluster);
    } catch (error) {
      await cluster.collect();
      throw error;
    }
  };
}

/** Its power fails at three points of its birth; it has to come to the same end. A worker is made before it is there, and waits for it. */
async function bornThroughPowerCuts(cluster: Cluster, controlPlane: Machine, worker: Machine): Promise<void> {
  const points = [
    { said: /strata-boot: the etcd volume .* is blank: making a file system/, what: 'while the volume got its file system' },
    { said: /\[kubelet-start\] Starting the kubelet/, what: 'when the kubelet was started' },
    { said: /strata-boot: the cluster's configuration becomes revision/, what: 'when the API had answered for the first time' },
  ];
  await controlPlane.create();
  for (const { said, what } of points) {
    await controlPlane.says(said, 30 * MINUTE);
    await controlPlane.cutPower();
    cluster.log(`the power failed ${what}`);
    controlPlane.switchOn();
  }
  await worker.create();
  await expectNode(cluster, controlPlane, 40);
  await cluster.eventually('the public ConfigMap, which says that the cluster is complete', 3, () =>
    cluster.get('configmap', 'cluster-info', '-n', 'kube-public'),
  );
}

// One life, and not a check for each of its parts: a birth takes minutes.
export const checks: readonly Check[] = [
  {
    name: 'a cluster lives in real machines: a birth through power cuts, a worker, pods, a reboot, a new system disk, a new worker',
    needs: NEEDS,
    run: inCluster(async (cluster) => {
      let controlPlane = cluster.controlPlane(1);
      const worker = cluster.worker(1);
      await bornThroughPowerCuts(cluster, controlPlane, worker);
      cluster.log('the control plane is born');
      await expectKubeletConfiguration(cluster, CONTROL_PLANE);
      const etcd = await etcdOf(cluster, controlPlane);
      expect(/members \d+$/.test(etcd), `etcd has not one member: ${etcd}`);

      await cluster.apply(fs.readFileSync(path.join(__dirname, 'pod-network.yaml'), 'utf8'));
      await initialise(cluster, CONTROL_PLANE);
      await expectNode(cluster, worker, 30);
      cluster.log('the worker has joined');
      await expectKubeletConfiguration(cluster, worker.props.name);
      await cluster.apply(WEB);
      await expectWorking(cluster, [CONTROL_PLANE, worker.props.name], worker.props.name);
      cluster.log('pods, names and Services work across nodes');

      await controlPlane.ssh('systemctl reboot');
      await controlPlane.says(/strata-boot: etcd has data here: starting this member again/, 20 * MINUTE);
      await expectNode(cluster, controlPlane, 20);
      const rebooted = await etcdOf(cluster, controlPlane);
      expect(rebooted === etcd, `after a reboot etcd is ${rebooted}; it was ${etcd}`);
      await expectService(cluster, worker.props.name, 15);
      cluster.log('the control plane was rebooted');

      await controlPlane.delete();
      controlPlane = cluster.controlPlane(2);
      await controlPlane.create();
      await controlPlane.says(/strata-boot: etcd has data here: starting this member again/, 30 * MINUTE);
      await expectNode(cluster, controlPlane, 30);
      const replaced = await etcdOf(cluster, controlPlane);
      expect(replaced === etcd, `with a new system disk etcd is ${replaced}; it was ${etcd}`);
      await expectWorking(cluster, [CONTROL_PLANE], worker.props.name);
      cluster.log('the control plane has a new server and a new system disk');

      await worker.delete();
      const next = cluster.worker(2);
      await next.create();
      // as the drainer does: a Node's provider id never changes
      await cluster.eventually('delete', 5, () => cluster.kubectl(['delete', 'node', worker.props.name, '--ignore-not-found']));
      await expectNode(cluster, next, 30);
      await expectWorking(cluster, [next.props.name], next.props.name);
      cluster.log('the worker was replaced');
    }),
  },
];
