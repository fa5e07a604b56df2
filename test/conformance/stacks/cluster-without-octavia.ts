/**
 * Clusters whose control planes hold the API's address themselves: one whose nodes have addresses of both IP families, with a bastion, and pods that Neutron sees
 * under their own addresses; and one of IPv6 alone. As in cluster.ts, nothing waits for the servers, which run nothing here.
 */
import { App, TerraformOutput, TerraformStack } from 'cdktf';
import { parse } from 'yaml';
import { CiliumRouting, Cni } from '../../../lib/contracts/cni';
import { NodeImage } from '../../../lib/contracts/node-image';
import { ApiEndpoint } from '../../../lib/kubernetes/api-endpoint';
import { K8sOnNova, type K8sOnNovaProps } from '../../../lib/kubernetes/k8s-on-nova';
import { ReadyGate } from '../../../lib/kubernetes/ready-gate';
import { WorkerDrain } from '../../../lib/kubernetes/worker-drain';
import { OpenstackProvider } from '../../../lib/providers/openstack/provider';
import type { Context } from '../harness/check';
import type { Cloud } from '../harness/cloud';
import { decode, type NodeUserData } from '../harness/cluster-files';
import { throwAwayPki } from '../harness/pki';
import type { Applied } from '../harness/stacks';
import { AT_BIRTH, foundation, labOf } from '../life/cluster';

const DUAL = 'dual';
const SIX = 'six';
const ROUTER_ID = 77;
const CLIENTS = { [DUAL]: '198.51.100.0/24', [SIX]: '2001:db8:51::/48' };
const OPERATORS = { [DUAL]: ['198.51.100.22/32'], [SIX]: ['2001:db8:51::22/128'] };
/** What virtual addresses of MetalLB would be of; the second one is not as Neutron writes it back. */
const SERVICE_ADDRESSES = ['10.20.255.0/28', 'FD00:20:0:0:FF::/112'];
/** Nobody has the private key. */
const PUBLIC_KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAs0FoJ/5qeVa7O26RySqyhdSO8+1MIE+lw87QIpZ8KN conformance';

/** One stack has both clusters: Terraform makes them side by side, in hardly more time than one of them takes. */
const STACK = 'clusters';

export function build(app: App): void {
  const cloud = foundation(app);
  const [pool] = AT_BIRTH.workerPools;
  const stack = new TerraformStack(app, STACK);
  stack.addDependency(cloud);
  new OpenstackProvider(stack, 'OpenStack', { cloud: 'lab' });
  clusterIn(stack, DUAL, {
    secondaryNodeCidr: 'fd00:20::/64',
    cni: Cni.cilium({ routing: CiliumRouting.NATIVE_ADDRESS_PAIRS }),
    api: ApiEndpoint.keepalived({ virtualRouterId: ROUTER_ID, floatingIp: true, allowedCidrs: [CLIENTS.dual] }),
    workerPools: [
      {
        ...pool,
        replicas: 1,
        volumes: [{ name: 'data', sizeGib: 1, mountPath: '/data' }],
        additionalPorts: [{ name: 'storage', networkName: 'strata-life-shared', portSecurity: false }],
        allowedAddressPairs: SERVICE_ADDRESSES,
        metadata: { purpose: 'conformance' },
      },
    ],
  });
  clusterIn(stack, SIX, {
    nodeCidr: 'fd00:66::/64',
    api: ApiEndpoint.keepalived({ virtualAddress: 'fd00:66::a', allowedCidrs: [CLIENTS.six] }),
    controlPlane: { ...AT_BIRTH.controlPlane, replicas: 1 },
    workerPools: [{ ...pool, replicas: 1 }],
  });
}

function clusterIn(stack: TerraformStack, name: typeof DUAL | typeof SIX, props: Pick<K8sOnNovaProps, 'api'> & Partial<K8sOnNovaProps>): void {
  const { kubeconfig, nodeApiEndpoint, apiVirtualAddress } = new K8sOnNova(stack, name, {
    ...AT_BIRTH,
    cloud: labOf(stack),
    clusterName: name,
    readyGate: ReadyGate.disabled(),
    drain: WorkerDrain.disabled(),
    sshPublicKey: PUBLIC_KEY,
    bastion: { flavor: AT_BIRTH.controlPlane.flavor, image: NodeImage.byName('strata-life-node-2'), allowedCidrs: OPERATORS[name] },
    ...props,
  });
  const api = { host: kubeconfig.host, vip: nodeApiEndpoint!.host, public: apiVirtualAddress!.publicAddress ?? '' };
  new TerraformOutput(stack, `${name}_api`, { value: api, staticId: true });
}

export async function variables(context: Context) {
  return { [STACK]: { ...(await throwAwayPki(context, DUAL)), ...(await throwAwayPki(context, SIX)) } };
}

export async function verify({ cloud, workspaces }: Applied): Promise<void> {
  const { dual_api: dual, six_api: six } = await workspaces[STACK].outputs();
  await expectDual(await lookAt(cloud, DUAL), dual);
  await expectSix(await lookAt(cloud, SIX), six);
}

/** What is there under a cluster's name. */
interface Seen {
  readonly servers: {
    readonly [name: string]: { readonly metadata: Words; readonly host: string; readonly userData: string; readonly [fact: string]: unknown };
  };
  readonly ports: { readonly [name: string]: Port };
  /** What each group lets in and out, sorted: "ingress IPv4 tcp/22-22 10.20.0.5/32". */
  readonly rules: { readonly [group: string]: readonly string[] };
  /** Floating IP by its port's name: the address, and the one behind it. */
  readonly floating: { readonly [port: string]: readonly [string, string] };
  /** The router's address in the external network. */
  readonly router: string;
  readonly keys: Words;
}

/** Where a cluster's API is, as its stack tells. */
interface Api {
  readonly host: string;
  readonly vip: string;
  readonly public: string;
}

interface Port {
  /** Address by range of the subnet. */
  readonly addresses: Words;
  readonly pairs: readonly string[];
  readonly groups: readonly string[];
  readonly filtered: boolean;
  /** Name of the server that has it. */
  readonly server: string;
}

type Words = { readonly [name: string]: string };

async function lookAt(cloud: Cloud, cluster: string): Promise<Seen> {
  return JSON.parse(
    await cloud.python(`
cluster = ${JSON.stringify(cluster)}
ours = lambda things: [t for t in things if t.name.startswith(cluster + '-')]
ranges = {s.id: s.cidr for s in cloud.network.subnets()}
groups = {g.id: g.name for g in cloud.network.security_groups()}
ports = ours(cloud.network.ports())
full = lambda s: cloud.compute.get('/servers/' + s.id, microversion='2.71').json()['server']
servers = {s.name: full(s) for s in ours(cloud.compute.servers())}
names = {s['id']: name for name, s in servers.items()}
policy = lambda ids: [cloud.compute.get('/os-server-groups/' + i, microversion='2.64').json()['server_group']['policy'] for i in ids]
def rule(r):
    span = '' if r.port_range_min is None else f'/{r.port_range_min}-{r.port_range_max}'
    return f'{r.direction} {r.ether_type} {r.protocol or "any"}{span} {groups.get(r.remote_group_id) or r.remote_ip_prefix or "anybody"}'
print(json.dumps({
  'servers': {name: {'metadata': s['metadata'], 'host': s['OS-EXT-SRV-ATTR:hypervisor_hostname'], 'userData': s['OS-EXT-SRV-ATTR:user_data'], 'key': s['key_name'],
                     'drive': s['config_drive'], 'tags': s['tags'], 'volumes': [v['id'] for v in s['os-extended-volumes:volumes_attached']],
                     'policy': policy(s['server_groups'])} for name, s in servers.items()},
  'ports': {p.name: {'addresses': {ranges[ip['subnet_id']]: ip['ip_address'] for ip in p.fixed_ips}, 'pairs': sorted(a['ip_address'] for a in p.allowed_address_pairs),
                     'groups': sorted(groups[g] for g in p.security_group_ids), 'filtered': p.is_port_security_enabled,
                     'server': names.get(p.device_id, p.device_id)} for p in ports},
  'rules': {g.name: sorted(rule(r) for r in cloud.network.security_group_rules(security_group_id=g.id)) for g in ours(cloud.network.security_groups())},
  'floating': {p.name: [ip.floating_ip_address, ip.fixed_ip_address] for p in ports for ip in cloud.network.ips(port_id=p.id)},
  'router': cloud.network.find_router(cluster).external_gateway_info['external_fixed_ips'][0]['ip_address'],
  'keys': {k.name: k.public_key for k in ours(cloud.compute.keypairs())},
}))`),
  );
}

async function expectDual(seen: Seen, api: Api): Promise<void> {
  const [nodes, nodes6] = ['10.20.0.0/16', 'fd00:20::/64'];
  const planes = [0, 1, 2].map((i) => `${DUAL}-control-plane-${i}`);
  const [worker, bastion] = [`${DUAL}-general-0`, `${DUAL}-bastion`];
  expectSame('the servers', Object.keys(seen.servers).sort(), [bastion, ...planes, worker]);
  expectSame(
    'their ports',
    Object.keys(seen.ports).sort(),
    [`${DUAL}-api`, bastion, ...planes, worker, `${worker}-storage`, `${DUAL}-control-plane-rolled`].sort(),
  );

  // The virtual address is nobody's own, and each control plane's to send from.
  const { [`${DUAL}-api`]: virtual, [`${worker}-storage`]: storage } = seen.ports;
  expectSame('the port of the virtual address', virtual, {
    addresses: { [nodes]: api.vip },
    pairs: [],
    groups: [`${DUAL}-control-plane`],
    filtered: true,
    server: '',
  });
  const pods = ['10.244.0.0/16', 'fd00:10:244::/48'];
  const own = { [worker]: [...pods, ...SERVICE_ADDRESSES.map((range) => range.toLowerCase())], [bastion]: [] as string[] };
  for (const name of [...planes, worker, bastion]) {
    const { addresses, ...port } = seen.ports[name];
    expectSame(`the ranges of ${name}`, Object.keys(addresses).sort(), [nodes, nodes6]);
    const group = planes.includes(name) ? `${DUAL}-control-plane` : name === worker ? `${DUAL}-worker` : bastion;
    expectSame(`the port of ${name}`, port, { pairs: (own[name] ?? [...pods, api.vip]).sort(), groups: [group], filtered: true, server: name });
  }
  expectSame('the further port', Object.keys(storage.addresses), ['10.30.0.0/16']);
  expectSame('the further port', [storage.filtered, storage.groups, storage.server], [false, [], worker]);

  const hop = seen.ports[bastion].addresses;
  expectSame('the floating IPs', seen.floating, {
    [`${DUAL}-api`]: [api.public, api.vip],
    [bastion]: [seen.floating[bastion][0], hop[nodes]],
  });
  expectSame('the kubeconfig', api.host, `https://${api.public}:6443`);
  const ssh = [`ingress IPv4 tcp/22-22 ${hop[nodes]}/32`, `ingress IPv6 tcp/22-22 ${hop[nodes6]}/128`];
  expectAdmitted(seen, DUAL, ssh, {
    vrrp: [`ingress IPv4 112 ${DUAL}-control-plane`],
    api: [nodes, CLIENTS.dual, `${seen.router}/32`, nodes6]
      .map((range) => `ingress ${range === nodes6 ? 'IPv6' : 'IPv4'} tcp/6443-6443 ${range}`)
      .sort(),
    etcd: ['IPv4', 'IPv6'].map((family) => `ingress ${family} tcp/2379-2380 ${DUAL}-control-plane`),
    bastion: [
      'egress IPv4 tcp/22-22 10.20.0.0/16',
      'egress IPv4 tcp/80-80 169.254.169.254/32',
      'egress IPv6 tcp/22-22 fd00:20::/64',
      `ingress IPv4 tcp/22-22 ${OPERATORS.dual}`,
    ],
  });
  // Pods speak under their own addresses, and a node's port is that of its pods, too.
  const everything = [['IPv4', '10.244.0.0/16'] as const, ['IPv6', 'fd00:10:244::/48'] as const]
    .flatMap(([family, range]) => [`${DUAL}-control-plane`, `${DUAL}-worker`, range].map((source) => `ingress ${family} any ${source}`))
    .sort();
  for (const group of ['control-plane', 'worker']) {
    const found = seen.rules[`${DUAL}-${group}`].filter((rule) => /^ingress \S+ any /.test(rule));
    expectSame(`what the ${group} group lets in by every protocol`, found, everything);
  }

  const version = AT_BIRTH.version.version;
  const [key] = expectKey(seen, DUAL);
  for (const [i, name] of planes.entries()) {
    const { metadata, userData, volumes, host: _, ...facts } = seen.servers[name];
    expectSame(`the metadata of ${name}`, metadata, { 'kubernetes-version': version });
    expectSame(name, facts, { key, drive: '', tags: [`kubernetes-cluster=${DUAL}`], policy: ['anti-affinity'] });
    const { files } = decode(userData);
    expectTold(name, files, {
      podSubnet: '10.244.0.0/16,fd00:10:244::/48',
      serviceSubnet: '10.96.0.0/12,fd00:10:96::/112',
      certSANs: [`api.${DUAL}.internal`, api.vip, api.public],
      STRATA_VIP: api.vip,
      STRATA_DUAL_STACK: 'yes',
      STRATA_PEERS: planes.map((plane) => seen.ports[plane].addresses[nodes]).join(' '),
    });
    expectSame(`the slot of ${name}`, environmentOf(files['/etc/strata/slot.env']), {
      STRATA_NODE: name,
      STRATA_ADDRESS: seen.ports[name].addresses[nodes],
      STRATA_ETCD_VOLUME: (volumes as string[])[0],
      ...(i === 0 && { STRATA_INIT_VOLUME: (volumes as string[])[0] }),
    });
    expectSame(`keepalived of ${name}`, environmentOf(files['/etc/strata/vip.env']), { STRATA_VRID: String(ROUTER_ID) });
  }
  expectSame('the hypervisors of the control planes', new Set(planes.map((name) => seen.servers[name].host)).size, 3);

  const { metadata, userData, volumes } = seen.servers[worker];
  const [data] = volumes as string[];
  expectSame(`the metadata of ${worker}`, metadata, { 'kubernetes-version': version, purpose: 'conformance', 'strata-volume-data': data });
  const { files } = decode(userData);
  expectTold(worker, files, { STRATA_VIP: api.vip, STRATA_DUAL_STACK: 'yes', STRATA_PEERS: '' });
  expectSame('the volumes of the worker', files['/etc/strata/volumes'], 'data ext4 /data\n');
}

async function expectSix(seen: Seen, api: Api): Promise<void> {
  const nodes = 'fd00:66::/64';
  const [plane, worker, bastion] = ['control-plane-0', 'general-0', 'bastion'].map((name) => `${SIX}-${name}`);
  expectSame('the servers', Object.keys(seen.servers).sort(), [bastion, plane, worker]);
  expectSame('the virtual address', [api.vip, seen.ports[`${SIX}-api`].addresses[nodes]], ['fd00:66::a', 'fd00:66::a']);
  expectSame('the floating IPs', [seen.floating, api.public], [{}, '']);
  expectSame('the kubeconfig', api.host, 'https://[fd00:66::a]:6443');
  for (const name of [plane, worker, bastion]) {
    const { addresses, pairs } = seen.ports[name];
    expectSame(`the ranges of ${name}`, Object.keys(addresses), [nodes]);
    expectSame(`the address pairs of ${name}`, pairs, name === plane ? ['fd00:66::a'] : []);
    expectSame(`the config drive of ${name}`, seen.servers[name].drive, 'True');
  }
  const hop = seen.ports[bastion].addresses[nodes];
  expectAdmitted(seen, SIX, [`ingress IPv6 tcp/22-22 ${hop}/128`], {
    vrrp: [`ingress IPv6 112 ${SIX}-control-plane`],
    api: [CLIENTS.six, nodes].map((range) => `ingress IPv6 tcp/6443-6443 ${range}`),
    etcd: [`ingress IPv6 tcp/2379-2380 ${SIX}-control-plane`],
    bastion: [`egress IPv6 tcp/22-22 ${nodes}`, `ingress IPv6 tcp/22-22 ${OPERATORS.six}`],
  });
  const others = Object.values(seen.rules).flatMap((rules) => rules.filter((rule) => /^ingress (?!IPv6)/.test(rule)));
  expectSame('what is let in of IPv4', others, []);
  expectKey(seen, SIX);
  const { files } = decode(seen.servers[plane].userData);
  const address = seen.ports[plane].addresses[nodes];
  expectTold(plane, files, {
    podSubnet: 'fd00:10:244::/48',
    serviceSubnet: 'fd00:10:96::/112',
    certSANs: [`api.${SIX}.internal`, 'fd00:66::a'],
    STRATA_VIP: 'fd00:66::a',
    STRATA_DUAL_STACK: undefined,
    STRATA_PEERS: address,
  });
  expectSame(`the slot of ${plane}`, environmentOf(files['/etc/strata/slot.env']).STRATA_ADDRESS, address);
  expectTold(worker, decode(seen.servers[worker].userData).files, { STRATA_VIP: 'fd00:66::a', STRATA_DUAL_STACK: undefined, STRATA_PEERS: '' });
}

/** Who is let in: SSH from the bastion alone, the API to nodes and clients, VRRP and etcd among control planes; and nobody everywhere. */
function expectAdmitted(
  { rules }: Seen,
  cluster: string,
  ssh: readonly string[],
  expected: { readonly [what in 'vrrp' | 'api' | 'etcd' | 'bastion']: readonly string[] },
): void {
  const [planes, workers] = ['control-plane', 'worker'].map((group) => rules[`${cluster}-${group}`]);
  const among = (list: readonly string[], what: RegExp) => list.filter((rule) => rule.startsWith('ingress') && what.test(rule));
  for (const [group, list] of Object.entries({ planes, workers })) expectSame(`SSH to the ${group}`, among(list, / tcp\/22-22 /), ssh);
  expectSame('VRRP', [among(planes, / 112 /), among(workers, / 112 /)], [expected.vrrp, []]);
  expectSame('the API', [among(planes, / tcp\/6443-6443 /), among(workers, / tcp\/6443-6443 /)], [expected.api, []]);
  expectSame('etcd', [among(planes, / tcp\/2379-/), among(workers, / tcp\/2379-/)], [expected.etcd, []]);
  expectSame('the group of the bastion', rules[`${cluster}-bastion`], expected.bastion);
  const open = Object.values(rules).flatMap((list) => among(list, /(anybody|\/0)$/));
  expectSame('what is open to the world', open, []);
}

/** The key pair of all servers, which is of the key that the program has. */
function expectKey({ keys, servers }: Seen, cluster: string): readonly string[] {
  const names = Object.keys(keys);
  expectSame('the key pairs', Object.values(keys), [PUBLIC_KEY]);
  expectSame('the key pairs of the servers', [...new Set(Object.values(servers).map(({ key }) => key))], names);
  if (!names[0].startsWith(`${cluster}-`)) throw new Error(`the key pair is ${names[0]}`);
  return names;
}

/** What a node is told of its cluster: by kubeadm's configuration, and by the boot program's. */
function expectTold(name: string, files: NodeUserData['files'], expected: { readonly [what: string]: unknown }): void {
  const text = files['/etc/strata/kubeadm-cluster.yaml'];
  const { networking, apiServer } = text === undefined ? { networking: {}, apiServer: {} } : parse(text);
  const told = { ...environmentOf(files['/etc/strata/cluster.env']), ...networking, ...apiServer };
  for (const [what, value] of Object.entries(expected)) expectSame(`${what} of ${name}`, told[what], value);
}

const environmentOf = (text: string): Words => Object.fromEntries([...text.matchAll(/^(\w+)="(.*)"$/gm)].map(([, name, value]) => [name, value]));

function expectSame(what: string, found: unknown, expected: unknown): void {
  const text = (value: unknown): string =>
    JSON.stringify(value, (_, v) => (v?.constructor === Object ? Object.fromEntries(Object.entries(v).sort()) : v), 1);
  if (text(found) !== text(expected)) throw new Error(`${what}: expected ${text(expected)}, found ${text(found)}`);
}
