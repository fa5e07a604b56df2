/** The kubelets that the lab's servers lack: whatever Nova calls ACTIVE registers at the API server, as the cluster's own nodes would. */
import type { ApiServer } from '../harness/apiserver';
import type { Context } from '../harness/check';
import { sleep } from '../harness/process';

interface Server {
  readonly id: string;
  readonly name: string;
  readonly status: string;
}

interface Node {
  readonly metadata: { readonly name: string; readonly uid: string };
  readonly spec: { readonly providerID?: string };
}

const STATIC_PODS = ['etcd', 'kube-apiserver'];
const ready = (status: 'True' | 'False') => [{ type: 'Ready', status, reason: 'Conformance', lastHeartbeatTime: null, lastTransitionTime: null }];

/**
 * Registers Nodes, Ready and with their provider id, for the servers of a cluster, as fast as they come up. A control plane deletes the Node of the server
 * before it, as the boot program does, and brings the pods of its etcd and its API server; a worker can't register while there is one. Nobody deletes the Node of
 * a server that is gone: that is the drainer's part.
 */
export class HollowNodes {
  /** Nodes that don't come up, whatever Nova says of their servers. */
  public readonly down = new Set<string>();
  /** Servers whose kubelet has registered: it does so when it starts, and never again. */
  private readonly registered = new Set<string>();
  private running = true;
  private failure?: Error;
  private readonly done: Promise<void>;
  private session?: { readonly token: string; readonly compute: string };

  constructor(
    context: Context,
    private readonly cloud: { readonly [name: string]: string },
    private readonly api: ApiServer,
    private readonly cluster: string,
  ) {
    this.done = this.watch();
    context.defer(() => this.stop());
  }

  /** Ends it; throws if the last round went wrong. */
  public async stop(): Promise<void> {
    this.running = false;
    await this.done;
    if (this.failure !== undefined) throw this.failure;
  }

  /** The Nodes' names and the ids of their servers. */
  public async nodes(): Promise<{ readonly [name: string]: string }> {
    return Object.fromEntries((await this.list()).map(({ metadata, spec }) => [metadata.name, String(spec.providerID).replace('openstack:///', '')]));
  }

  private async watch(): Promise<void> {
    while (this.running) {
      try {
        await this.step();
        this.failure = undefined;
      } catch (error) {
        this.failure = error as Error; // of a busy cloud, or of a server that has just gone: the next round tells
      }
      await sleep(1_000);
    }
  }

  private async step(): Promise<void> {
    const servers = (await this.servers()).filter(({ id, name, status }) => status === 'ACTIVE' && !this.down.has(name) && !this.registered.has(id));
    const nodes = new Map((await this.list()).map((node) => [node.metadata.name, node]));
    for (const { name, id } of servers) {
      const match = new RegExp(`^${this.cluster}-(?:control-plane-\\d+|(.+?)-\\d+(?:-g\\d+)?)$`).exec(name);
      if (match === null) continue;
      const [, pool] = match;
      const node = nodes.get(name);
      if (node !== undefined && pool !== undefined) continue;
      if (node !== undefined) await this.remove(name);
      await this.register(name, id, pool);
      this.registered.add(id);
    }
  }

  private async register(name: string, id: string, pool: string | undefined): Promise<void> {
    const node = await this.call('POST', '/api/v1/nodes', {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name, ...(pool !== undefined && { labels: { 'strata/pool': pool } }) },
      spec: { providerID: `openstack:///${id}` },
      status: { conditions: ready('True') },
    });
    if (pool !== undefined) return;
    for (const part of STATIC_PODS) {
      const ownerReferences = [{ apiVersion: 'v1', kind: 'Node', name, uid: node.metadata.uid, controller: true }];
      const pods = '/api/v1/namespaces/kube-system/pods';
      await this.call('POST', pods, {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: `${part}-${name}`, labels: { tier: 'control-plane' }, ownerReferences },
        spec: { nodeName: name, containers: [{ name: 'main', image: 'none' }], terminationGracePeriodSeconds: 0 },
      });
      await this.call('PATCH', `${pods}/${part}-${name}/status`, { status: { conditions: ready('True') } });
    }
  }

  private async remove(name: string): Promise<void> {
    for (const part of STATIC_PODS) await this.call('DELETE', `/api/v1/namespaces/kube-system/pods/${part}-${name}?gracePeriodSeconds=0`);
    await this.call('DELETE', `/api/v1/nodes/${name}`);
  }

  private async list(): Promise<Node[]> {
    return (await this.call('GET', '/api/v1/nodes')).items;
  }

  private async call(method: string, url: string, body?: object): Promise<any> {
    const answer = await this.api.request(method, url, body);
    if (answer.status >= 300 && answer.status !== 404) {
      throw new Error(`${method} ${url}: ${answer.status} ${JSON.stringify(answer.body).slice(0, 300)}`);
    }
    return answer.body;
  }

  private async servers(): Promise<Server[]> {
    this.session ??= await logIn(this.cloud);
    // by tag: the names of another cluster's servers may begin alike
    const response = await fetch(`${this.session.compute}/servers/detail?tags=${encodeURIComponent(`kubernetes-cluster=${this.cluster}`)}`, {
      headers: { 'x-auth-token': this.session.token, 'openstack-api-version': 'compute 2.26' },
    });
    if (!response.ok) throw new Error(`Nova says ${response.status} to a list of servers`);
    return ((await response.json()) as { servers: Server[] }).servers;
  }
}

async function logIn(cloud: { readonly [name: string]: string }): Promise<{ readonly token: string; readonly compute: string }> {
  const domain = { name: cloud.OS_USER_DOMAIN_NAME };
  const password = { user: { name: cloud.OS_USERNAME, domain, password: cloud.OS_PASSWORD } };
  const scope = { project: { name: cloud.OS_PROJECT_NAME, domain: { name: cloud.OS_PROJECT_DOMAIN_NAME } } };
  const response = await fetch(`${cloud.OS_AUTH_URL}/auth/tokens`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ auth: { identity: { methods: ['password'], password }, scope } }),
  });
  if (!response.ok) throw new Error(`Keystone says ${response.status}`);
  const { token } = (await response.json()) as { token: { catalog: { type: string; endpoints: { interface: string; url: string }[] }[] } };
  const compute = token.catalog.find(({ type }) => type === 'compute')!.endpoints.find((endpoint) => endpoint.interface === 'public')!.url;
  return { token: response.headers.get('x-subject-token')!, compute };
}
