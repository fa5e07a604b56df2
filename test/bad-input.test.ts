import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ref, TerraformStack, TerraformVariable, Token } from 'cdktf';
import { host, internal } from './bare-metal/support';
import * as addons from './kubernetes/addons/cluster';
import { cloudOf, clusterIn } from './kubernetes/cluster-fixture';
import { NETWORKS, TestPool, threeByThree } from './openstack/pool';
import * as support from './support/synth';
import { BareMetalPool } from '../lib/bare-metal/bare-metal-pool';
import { HostInventory } from '../lib/bare-metal/host-inventory';
import { InventoryError } from '../lib/bare-metal/problems';
import { Provisioner } from '../lib/bare-metal/provisioner';
import { Cni } from '../lib/contracts/cni';
import { Host, HostRole, NetworkRole } from '../lib/contracts/host';
import { KvmProfile } from '../lib/contracts/kvm-profile';
import { NodeFlavor } from '../lib/contracts/node-flavor';
import { NodeImage } from '../lib/contracts/node-image';
import { LoadBalancerProvider } from '../lib/contracts/openstack-cloud';
import { KubernetesVersion } from '../lib/core/kubernetes-version';
import { OpenStackRelease } from '../lib/core/openstack-release';
import { StrataError } from '../lib/core/validation';
import { CinderCsi } from '../lib/kubernetes/addons/cinder-csi/cinder-csi';
import { HelmAddon } from '../lib/kubernetes/addons/helm-addon/helm-addon';
import { OpenStackCloudController } from '../lib/kubernetes/addons/openstack-cloud-controller/openstack-cloud-controller';
import { PodNetwork } from '../lib/kubernetes/addons/pod-network/pod-network';
import { ApiEndpoint } from '../lib/kubernetes/api-endpoint';
import { K8sOnNovaProps } from '../lib/kubernetes/k8s-on-nova';
import { KubernetesCluster } from '../lib/kubernetes/kubernetes-cluster';
import { ReadyGate } from '../lib/kubernetes/ready-gate';
import { TaintEffect } from '../lib/kubernetes/worker-pool';
import { ApiLoadBalancer } from '../lib/nova/api-load-balancer';
import { ClusterNetwork, ClusterNetworkProps } from '../lib/nova/cluster-network';
import { DataVolume } from '../lib/nova/data-volume';
import { NodeSecurityGroups } from '../lib/nova/node-security-groups';
import { NovaServer } from '../lib/nova/nova-server';
import { ServerPool } from '../lib/nova/server-pool';
import { ServerPort } from '../lib/nova/server-port';
import { CinderBackend, KollaOptions } from '../lib/openstack/engines/kolla/kolla-options';
import { ExternalNetwork } from '../lib/openstack/foundation/external-network';
import { Flavor } from '../lib/openstack/foundation/flavor';
import { HostAggregate } from '../lib/openstack/foundation/host-aggregate';
import { DiskFormat, Image } from '../lib/openstack/foundation/image';
import { Project } from '../lib/openstack/foundation/project';
import { ProviderNetwork } from '../lib/openstack/foundation/provider-network';
import { SubnetPool } from '../lib/openstack/foundation/subnet-pool';
import { VolumeType } from '../lib/openstack/foundation/volume-type';
import { OpenStackCloud } from '../lib/openstack/openstack-cloud';
import { OpenStackControlPlane, OpenStackControlPlaneProps } from '../lib/openstack/openstack-control-plane';
import { OpenStackEngine } from '../lib/openstack/openstack-engine';
import { OpenstackProvider } from '../lib/providers/openstack/provider';
import { CinderVolumeClaim } from '../lib/workloads/cinder-volume-claim';
import { InternalService } from '../lib/workloads/internal-service';
import { NetworkPeer } from '../lib/workloads/network-peer';
import { NetworkPolicy } from '../lib/workloads/network-policy';
import { PublicService } from '../lib/workloads/public-service';
import { ScheduledWorkload } from '../lib/workloads/scheduled-workload';
import { StatefulWorkload } from '../lib/workloads/stateful-workload';
import { Workload } from '../lib/workloads/workload';

/** Everything that a user may get wrong, by what it is, and what is told: where it is, the value, and what to do. */

const folder = mkdtempSync(join(tmpdir(), 'bad-input-'));
afterAll(() => rmSync(folder, { recursive: true }));

const GOOD = readFileSync(join(__dirname, '../examples/platform-from-bare-metal/hosts.yaml'), 'utf8');
const FILE = join(folder, 'hosts.yaml');

/** The example's inventory with something else in the place of a text, each place or only the first. */
function inventory(good: string | RegExp, bad: string): HostInventory {
  const text = GOOD.replace(good, bad);
  if (text === GOOD) throw new Error(`the example's inventory has no ${good}`);
  writeFileSync(FILE, text);
  return HostInventory.fromFile(FILE);
}
/** Where a text stands in the changed inventory, as errors say it. */
const row = (text: string, occurrence = 1) => {
  const before = readFileSync(FILE, 'utf8').split(text).slice(0, occurrence).join(text);
  return `${FILE}:${before.split('\n').length}`;
};

/** Every stack has the variable that references are to. */
const MARK = 'mark';
const synthStack = (build: (stack: TerraformStack) => void) =>
  support.synthStack((stack) => {
    new TerraformVariable(stack, MARK, {});
    build(stack);
  });
const synthOn = (options: addons.ClusterOptions, build: (stack: TerraformStack, cluster: addons.TestCluster) => void) =>
  addons.synthOn(options, (stack, on) => {
    new TerraformVariable(stack, MARK, {});
    build(stack, on);
  });

const flavor = NodeFlavor.named('m1.large');
const workers = { name: 'general', replicas: 1, flavor };
const cluster = (props: Partial<K8sOnNovaProps>, cloud = {}) => synthStack((stack) => void clusterIn(stack, props, cloud));
const clusterNetwork = (props: Partial<ClusterNetworkProps>, cloud = {}) =>
  synthStack((stack) => {
    new OpenstackProvider(stack, 'OpenStack');
    new ClusterNetwork(stack, 'Network', { cloud: cloudOf(stack, cloud), name: 'prod', ...props });
  });
interface Metal {
  readonly hosts?: Host[];
  readonly networks?: typeof NETWORKS;
  readonly options?: Partial<KollaOptions>;
  readonly props?: Partial<OpenStackControlPlaneProps>;
}
const KOLLA: KollaOptions = { release: OpenStackRelease.V2026_1, internalVip: '10.10.0.250', externalVip: '203.0.113.10' };
const openstack = ({ hosts, networks, options, props }: Metal) =>
  synthStack((stack) => {
    const engine = OpenStackEngine.kolla({ ...KOLLA, ...options });
    new OpenStackControlPlane(stack, 'OpenStack', { pool: new TestPool(stack, hosts, networks), engine, ...props });
  });
const without = (role: HostRole) => threeByThree().map((h) => (h.is(role) ? new Host({ ...h, roles: [HostRole.STORAGE] }) : h));
const APP = { image: 'registry.example.com/team/app:1.2', volume: { sizeGib: 10, mountPath: '/data' }, port: 8080 };
const workload = (props: object) => synthOn({}, (stack, on) => void new StatefulWorkload(stack, 'App', { cluster: on, ...APP, ...props }));
const service = (props: object, options: addons.ClusterOptions = {}) =>
  synthOn(options, (stack, on) => void new PublicService(stack, 'Web', { cluster: on, port: 80, selector: { app: 'web' }, ...props }));

/** A text that doesn't compress. */
const noise = (blocks: number) => Array.from({ length: blocks }, (_, i) => createHash('sha512').update(`${i}`).digest('base64')).join('');

const OVN = { loadBalancerProvider: LoadBalancerProvider.OVN };
const CHART = { chart: 'app', repository: 'https://charts.example.com', version: '1.2.3', namespace: 'app' };
const ZONE = { compute: 'az1', volume: 'nova' };
const FACTS = {
  clusterName: 'prod',
  version: KubernetesVersion.V1_36,
  host: 'https://203.0.113.60:6443',
  clusterCaCertificate: 'ca',
  clientCertificate: 'crt',
  cni: Cni.cilium(),
  podCidr: '10.244.0.0/16',
  serviceCidr: '10.96.0.0/12',
  podMtu: 1400,
};
const CLOUD = {
  authUrl: 'https://keystone.example.com:5000/v3',
  region: 'RegionOne',
  externalNetworkName: 'public',
  zones: [ZONE],
  loadBalancerProvider: LoadBalancerProvider.AMPHORA,
  tenantNetworkMtu: 1442,
};

/** A stack with a network, where what stands on one can be made. */
const onNetwork = (build: (stack: TerraformStack, network: ClusterNetwork) => void) =>
  synthStack((stack) => {
    new OpenstackProvider(stack, 'OpenStack');
    build(stack, new ClusterNetwork(stack, 'Network', { cloud: cloudOf(stack), name: 'prod' }));
  });
const makePort = (stack: TerraformStack, network: ClusterNetwork, id: string, props: object = {}) =>
  new ServerPort(stack, id, { name: 'node-0', network, securityGroupIds: ['group'], ...props });
const port = (props: object) => onNetwork((stack, network) => void makePort(stack, network, 'Port', props));
const BOOT = { flavor, image: NodeImage.byName('ubuntu'), userData: '#cloud-config' };
const server = (props: object) =>
  onNetwork((stack, network) => {
    new NovaServer(stack, 'Server', { name: 'node-0', ...BOOT, port: makePort(stack, network, 'Port'), zone: ZONE, ...props });
  });
const servers = (props: object) =>
  onNetwork((stack, network) => {
    new ServerPool(stack, 'Workers', { name: 'workers', replicas: 2, ...BOOT, network, zones: [ZONE], securityGroupIds: ['group'], ...props });
  });
const balancer = (props: object) =>
  onNetwork((stack, network) => {
    const memberPorts = [makePort(stack, network, 'Port')];
    new ApiLoadBalancer(stack, 'Api', { name: 'api', network, memberPorts, provider: LoadBalancerProvider.AMPHORA, ...props });
  });
const onCloud = (build: (stack: TerraformStack) => void) =>
  synthStack((stack) => {
    new OpenstackProvider(stack, 'OpenStack');
    build(stack);
  });
const external = (props: object) =>
  onCloud((stack) => void new ProviderNetwork(stack, 'External', { name: 'public', physicalNetwork: 'physnet1', cidr: '203.0.113.0/24', ...props }));
const imported = (props: object) => synthStack((stack) => void OpenStackCloud.fromCloudAttributes(stack, 'Cloud', { ...CLOUD, ...props }));
const adopted = (props: object) =>
  synthStack((stack) => {
    const clientKey = new TerraformVariable(stack, 'key', { sensitive: true }).stringValue;
    KubernetesCluster.fromKubeconfig(stack, 'Adopted', { ...FACTS, clientKey, ...props });
  });
const addon = (type: any, props: object, options: addons.ClusterOptions = {}) =>
  synthOn(options, (stack, on) => void new type(stack, 'Addon', { cluster: on, ...props }));
const tunnelOf = (mtu: number) => NETWORKS.map((n) => (n.role === NetworkRole.TUNNEL ? { ...n, mtu } : n));
const fromCode = (wrong: object) => HostInventory.of({ networks: [internal], hosts: [{ ...host(11), ...wrong }, host(12)] as any });

type Row = readonly [what: string, run: () => unknown, where: string | (() => string), value: string | undefined, fix: string];

/** Errors about a file: it is made by the row, so where the error is becomes known after it. */
const INVENTORY: readonly Row[] = [
  ['is not there', () => HostInventory.fromFile('none.yaml'), 'none.yaml', undefined, 'give the path of a file'],
  ['of another kind', () => HostInventory.fromFile('hosts.toml'), 'hosts.toml', '".toml"', 'name it .yaml, .yml, .json or .csv'],
  ['malformed YAML', () => inventory('numaNodes: 2', 'numaNodes: ]2'), () => row('numaNodes: ]'), undefined, 'correct the syntax there'],
  ['an unknown field of a host', () => inventory('cpuThreads', 'cpuThread'), () => row('cpuThread:'), undefined, 'did you mean cpuThreads?'],
  ['an unknown field of an interface', () => inventory('bondOf', 'bondof'), () => row('bondof'), undefined, 'did you mean bondOf?'],
  ['an unknown network', () => inventory(/tunnel/g, 'tunel'), () => row('  tunel:'), undefined, 'did you mean tunnel?'],
  ['an unknown role', () => inventory('[control, network', '[contrl, network'), () => row('[contrl'), '"contrl"', 'did you mean control?'],
  ['a host twice', () => inventory('control-2', 'control-3'), () => row('control-3', 2), '"control-3"', 'give each its own name'],
  ['a MAC address twice', () => inventory(':53:14', ':53:10'), () => row(':53:10', 2), '"00:00:5e:00:53:10"', 'give each its own MAC address'],
  ['an address twice', () => inventory('10.10.20.12', '10.10.20.11'), () => row('10.10.20.11', 2), '"10.10.20.11"', 'give each its own address'],
  ['an address elsewhere', () => inventory('10.10.20.12', '10.10.21.12'), () => row('10.10.21.12'), '"10.10.21.12"', 'correct it, or'],
  ['networks that overlap', () => inventory('10.10.40.0/24', '10.10.20.0/23'), () => row('10.10.20.0/23'), '"10.10.20.0/23"', 'give one of them'],
  ['two control hosts', () => inventory('[control, network, monitoring]', '[network]'), () => row('hosts:\n'), '2', 'use 3'],
  ['an MTU under 1280', () => inventory('vlan: 10', 'vlan: 10, mtu: 1279'), () => row('1279'), '1279', 'use 1500'],
  ['a name that Nova rejects', () => inventory('control-2', 'Control_2'), () => row('Control_2'), '"Control_2"', 'choose a name'],
  ['a system that is not known', () => inventory('ubuntu-24.04', 'ubuntu-22.04'), () => row('22.04'), '"ubuntu-22.04"', 'did you mean ubuntu-24.04?'],
  ['a field in code', () => fromCode({ cpuThread: 1 }), 'HostInventory', undefined, 'did you mean cpuThreads?'],
  ['a host twice, in code', () => fromCode({ name: 'host-12' }), 'HostInventory', '"host-12"', 'give each its own name'],
  [
    'an address elsewhere, in code',
    () => fromCode({ nics: [{ ...host(11).nics[0], address: '10.9.0.1' }] }),
    'HostInventory',
    '"10.9.0.1"',
    'correct it',
  ],
];

const LIST: readonly Row[] = [
  // Numbers of hosts and servers
  ['an even control plane', () => cluster({ controlPlane: { replicas: 2, flavor } }), 'test/K8s', '2', 'use 3'],
  ['an even number of control hosts', () => openstack({ hosts: threeByThree().slice(1) }), 'test/OpenStack', '2', 'use 3'],
  ['no control host', () => openstack({ hosts: without(HostRole.CONTROL) }), 'test/OpenStack', '0', 'give it to at least one host'],
  ['no network host', () => openstack({ hosts: without(HostRole.NETWORK) }), 'test/OpenStack', '0', 'give it to at least one host'],
  ['no compute host', () => openstack({ hosts: without(HostRole.COMPUTE) }), 'test/OpenStack', '0', 'give it to at least one host'],

  [
    'no storage host',
    () => openstack({ hosts: threeByThree().slice(0, 6), options: { cinderBackend: CinderBackend.lvm() } }),
    'test/OpenStack',
    '0',
    'give',
  ],

  // Addresses
  [
    'a virtual address elsewhere',
    () => openstack({ options: { internalVip: '10.9.0.1' } }),
    'test/OpenStack',
    '"10.9.0.1"',
    'use one from 10.10.0.0',
  ],
  ['an address of a port elsewhere', () => port({ fixedAddress: '10.9.0.1' }), 'test/Port', '"10.9.0.1"', 'use one from 10.20.0.0'],
  ['a gateway elsewhere', () => external({ gatewayAddress: '10.9.0.1' }), 'test/External', '"10.9.0.1"', 'use one from 203.0.113.0'],
  [
    'a pool of addresses elsewhere',
    () => external({ allocationPools: [{ start: '10.9.0.1', end: '10.9.0.9' }] }),
    'test/External',
    '"10.9.0.1"',
    'use one from 203.0.113.0',
  ],
  ['pods among services', () => cluster({ serviceCidr: '10.244.0.0/20' }), 'test/K8s', '"10.244.0.0/20"', 'another range'],
  ['pods among nodes', () => cluster({ podCidr: '10.20.0.0/16' }), 'test/K8s', '"10.20.0.0/16"', 'another range'],
  ['services among nodes', () => cluster({ serviceCidr: '10.20.0.0/16' }), 'test/K8s', '"10.20.0.0/16"', 'another range'],
  ['pods among hosts', () => cluster({}, { hostCidrs: ['10.244.1.0/24'] }), 'test/K8s', '"10.244.0.0/16"', 'another range'],
  ['services among hosts', () => cluster({}, { hostCidrs: ['10.96.0.0/24'] }), 'test/K8s', '"10.96.0.0/12"', 'another range'],
  ['nodes among hosts', () => clusterNetwork({}, { hostCidrs: ['10.20.0.0/24'] }), 'test/Network', '"10.20.0.0/16"', 'choose another range'],
  [
    'pods among services of a cluster that is there',
    () => adopted({ serviceCidr: '10.244.0.0/20' }),
    'test/Adopted',
    '"10.244.0.0/20"',
    'another range',
  ],

  // MTU
  ['an underlay under 1280 and the tunnel', () => openstack({ networks: tunnelOf(1337) }), 'test/OpenStack: tunnel network', '1279', 'raise the MTU'],
  ['nodes under 1280', () => clusterNetwork({ mtu: 1279 }), 'test/Network', '1279', 'use 1500'],
  ['a cloud under 1280', () => imported({ tenantNetworkMtu: 1279 }), 'test/Cloud', '1279', 'use 1500'],
  ['pods under 1280', () => cluster({}, { tenantNetworkMtu: 1329 }), 'test/K8s', '1279', 'raise the MTU of the lowest network by 1 bytes'],
  ['nodes over what the cloud carries', () => clusterNetwork({ mtu: 1500 }), 'test/Network', '1500', 'use 1442 or less'],
  ['pods under 1280 of a cluster that is there', () => adopted({ podMtu: 1279 }), 'test/Adopted', '1279', 'give a number in that range'],

  // Versions. There is no construct yet where one is only named.
  ['an unknown Kubernetes', () => KubernetesVersion.of('1.40'), 'KubernetesVersion', '"1.40"', 'use one of 1.34, 1.35, 1.36'],
  ['an unknown OpenStack', () => OpenStackRelease.of('2026.3'), 'OpenStackRelease', '"2026.3"', 'use one of 2025.1, 2025.2, 2026.1'],
  ['Kubernetes out of support', () => cluster({ version: KubernetesVersion.V1_34 }), 'test/K8s', '"1.34', 'use one of 1.35, 1.36'],
  [
    'OpenStack out of support',
    () => openstack({ options: { release: OpenStackRelease.V2025_1 } }),
    'test/OpenStack',
    '"2025.1"',
    'use one of 2025.2, 2026.1',
  ],
  [
    'a host system and an OpenStack',
    () => openstack({ hosts: threeByThree().map((h) => new Host({ ...h, os: 'debian-12' })) }),
    'test/OpenStack',
    '"debian-12"',
    'use ubuntu-24.04, debian-13',
  ],
  ['Cinder CSI of another minor', () => addon(CinderCsi, { chartVersion: '2.35.0' }), 'test/Addon', '"2.35.0"', 'charts 2.36'],
  ['a cloud controller of another minor', () => addon(OpenStackCloudController, { chartVersion: '2.35.0' }), 'test/Addon', '"2.35.0"', 'charts 2.36'],
  ['a Calico of older Kubernetes', () => addon(PodNetwork, { chartVersion: '3.31.0' }, { cni: Cni.calico() }), 'test/Addon', '"3.31.0"', 'use v3.'],
  ['a chart of no exact version', () => addon(HelmAddon, { ...CHART, version: '1.x' }), 'test/Addon', '"1.x"', 'write it as 1.2.3'],

  // Names
  ['a cluster', () => cluster({ clusterName: 'Prod_1' }), 'test/K8s', '"Prod_1"', 'choose a name of that form'],
  ['a worker pool', () => cluster({ workerPools: [{ ...workers, name: 'GPU pool' }] }), 'test/K8s', '"GPU pool"', 'choose a name of that form'],
  ['a server', () => server({ name: 'node_0' }), 'test/Server', '"node_0"', 'choose a name of that form'],
  ['a pool of servers', () => servers({ name: 'Workers' }), 'test/Workers', '"Workers"', 'choose a name of that form'],
  ['a network', () => clusterNetwork({ name: '' }), 'test/Network', '""', 'choose a name of that form'],
  ['a workload', () => workload({ name: 'My_App' }), 'test/App', '"My_App"', 'choose a name of that form'],
  ['a namespace', () => workload({ namespace: 'Shop' }), 'test/App', '"Shop"', 'choose a name of that form'],
  ['a Service', () => service({ name: '8 web' }), 'test/Web', '"8 web"', 'choose a name of that form'],
  ['a StorageClass', () => addon(CinderCsi, { storageClasses: [{ name: 'Fast SSD' }] }), 'test/Addon', '"Fast SSD"', 'choose a name of that form'],
  ['a release of Helm', () => addon(HelmAddon, { ...CHART, releaseName: 'My_App' }), 'test/Addon', '"My_App"', 'choose a name of that form'],

  // Options that only amphorae have
  ['of an API', () => cluster({ api: ApiEndpoint.octavia({ flavorId: 'ha' }) }, OVN), 'test/K8s', '"ha"', 'leave flavorId out'],
  ['of a load balancer', () => balancer({ idleTimeoutSeconds: 60, provider: LoadBalancerProvider.OVN }), 'test/Api', '60', 'remove it'],
  ['of a Service', () => service({ octavia: { flavorId: 'ha' } }, { provider: LoadBalancerProvider.OVN }), 'test/Web', '"ha"', 'leave it out'],
  [
    'an access list',
    () => service({ sourceRanges: ['198.51.100.0/24'] }, { provider: LoadBalancerProvider.OVN }),
    'test/Web',
    '["198.51.100.0/24"]',
    'restrict',
  ],
  [
    'of a cloud',
    () => openstack({ options: { amphoraAddresses: { start: '10.10.60.9', end: '10.10.60.99' } } }),
    'test/OpenStack',
    '{"start":"10.10.60.9","end":"10.10.60.99"}',
    'leave it out',
  ],

  // User data
  ['of a server', () => server({ userData: noise(600) }), 'test/Server', '70400', 'compress it'],
  ['of a pool', () => servers({ userData: noise(600) }), 'test/Workers', '70400', 'compress it'],
  ['of a cluster', () => cluster({ cloudInit: { write_files: [{ path: '/x', content: noise(1000) }] } }), 'test/K8s', '', 'put less into cloudInit'],
];

describe('an inventory that nobody can build on', () => {
  test.each(INVENTORY)('%s', (_, run, where, value, fix) => told(run, where, value, fix));
});
describe('what could not be deployed', () => {
  test.each(LIST)('%s', (_, run, where, value, fix) => told(run, where, value, fix));
});

/** The error begins with where it is, has the value and ends with what to do. An inventory has several: what was changed is among them. */
function told(run: () => unknown, where: string | (() => string), value: string | undefined, fix: string): void {
  const error = thrown(run);
  expect(error instanceof StrataError || error instanceof InventoryError).toBe(true);
  const place = typeof where === 'string' ? where : where();
  const lines = error!.message.split('\n').map((line) => line.trim());
  const line =
    lines.find((text) => text.startsWith(`${place}: `) && text.includes(`; ${fix}`)) ?? lines.find((text) => text.startsWith(`${place}: `));
  expect(line ?? error!.message).toContain(`${place}: `);
  if (value !== undefined) expect(line).toContain(`, got ${value}`);
  expect(
    line!
      .split(/; (?!.*, got )/)
      .slice(1)
      .join('; '),
  ).toContain(fix);
}

function thrown(run: () => unknown): Error | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    return error as Error;
  }
}

/** Where a construct takes a text, a number or a list: in each of them a reference is either refused, or stands in what Terraform gets. */
interface Places {
  readonly make: (props: any) => support.Synthesised;
  readonly props?: object;
  readonly texts?: readonly string[];
  readonly numbers?: readonly string[];
  readonly lists?: readonly string[];
  /** Taken, but for others: nothing that is made here says it. */
  readonly kept?: readonly string[];
}

const inCode = (props: any) =>
  synthStack((stack) => {
    const { kvm, ssh, ...further } = props.pool ?? {};
    const hosts = HostInventory.of({ networks: props.networks, hosts: props.hosts });
    const provisioner = Provisioner.preprovisioned({ sshUser: 'ubuntu', sshPrivateKeyPath: '~/.ssh/id', ...ssh });
    new BareMetalPool(stack, 'Metal', { inventory: hosts, provisioner, kvm: kvm && KvmProfile.of(kvm), ...further });
  });
const NODE = { name: 'general', replicas: 2, flavor, labels: { tier: 'a' }, taints: [{ key: 'a', value: 'b', effect: TaintEffect.NO_EXECUTE }] };

const PLACES: { readonly [construct: string]: Places } = {
  BareMetalPool: {
    make: inCode,
    props: { networks: [internal], hosts: [{ ...host(11), tags: { row: '1' }, bmc: { address: 'bmc' } }, host(12)] },
    texts: [
      ...[
        'name',
        'managementAddress',
        'os',
        'rack',
        'zone',
        'bootMac',
        'sshHostKey',
        'nics.0.name',
        'nics.0.mac',
        'nics.0.address',
        'disks.0.device',
      ].map((field) => `hosts.0.${field}`),
      ...['roles.0', 'nics.0.networks.0', 'tags.row', 'bmc.address'].map((field) => `hosts.0.${field}`),
      'networks.0.role',
      'networks.0.cidr',
      'pool.ssh.sshUser',
      'pool.ssh.sshPrivateKeyPath',
      'pool.kvm.cpuMode',
      'pool.kvm.sysctl.vm',
    ],
    numbers: [
      ...['cpuThreads', 'memoryMib', 'numaNodes', 'disks.0.sizeGib', 'nics.0.mtu'].map((field) => `hosts.0.${field}`),
      'networks.0.mtu',
      'networks.0.vlan',
      'pool.connectTimeoutSeconds',
      'pool.ssh.sshPort',
      'pool.kvm.reservedMemoryMib',
      'pool.kvm.reservedCpuThreads',
      'pool.kvm.cpuAllocationRatio',
    ],
    lists: ['hosts.0.roles', 'hosts.0.nics.0.networks', 'hosts.0.nics.0.bondOf'],
    kept: ['hosts.0.bootMac', 'hosts.0.bmc.address'],
  },
  OpenStackControlPlane: {
    make: (props) => openstack({ props, options: props.kolla, hosts: props.host && threeByThree().map((h) => new Host({ ...h, ...props.host })) }),
    texts: [
      'externalNetworkName',
      'regionName',
      'caCertificatePem',
      'zones.0.compute',
      'zones.0.volume',
      ...['internalVip', 'externalVip', 'internalFqdn', 'externalFqdn', 'ansiblePrivateKeyPath', 'registry.server', 'amphoraAddresses.start'].map(
        (field) => `kolla.${field}`,
      ),
      'kolla.extraGlobals.a',
      'host.managementAddress',
    ],
    numbers: ['kolla.virtualRouterId', 'kolla.stageTimeoutMinutes', 'kolla.extraGlobals.a'],
    lists: ['kolla.extraGlobals.a'],
    props: { zones: [ZONE] },
    kept: ['externalNetworkName', 'caCertificatePem', 'zones.0.compute', 'zones.0.volume'],
  },
  OpenStackCloud: {
    make: (attributes) =>
      onCloud((stack) => {
        const cloud = OpenStackCloud.fromCloudAttributes(stack, 'Cloud', attributes);
        const network = new ClusterNetwork(stack, 'Network', { cloud, name: 'prod' });
        new NovaServer(stack, 'Server', {
          name: 'node-0',
          ...BOOT,
          port: makePort(stack, network, 'Port'),
          zone: cloud.zones[0],
          rootVolume: { sizeGib: 9 },
        });
      }),
    props: CLOUD,
    texts: ['externalNetworkName', 'zones.0.compute', 'zones.0.volume'],
    numbers: ['tenantNetworkMtu'],
  },
  Flavor: {
    make: ({ size, ...props }) => onCloud((stack) => void new Flavor(stack, 'Flavor', { size: NodeFlavor.of(size), ...props })),
    props: { size: { name: 'small', vcpus: 1, memoryMib: 1024, diskGib: 10 } },
    texts: ['size.name', 'extraSpecs.hw', 'projects.a'],
    numbers: ['size.vcpus', 'size.memoryMib', 'size.diskGib', 'ephemeralDiskGib', 'swapMib'],
  },
  HostAggregate: {
    make: (props) => onCloud((stack) => void new HostAggregate(stack, 'Aggregate', props)),
    props: { name: 'racks', hosts: ['a'] },
    texts: ['name', 'zone', 'hosts.0', 'metadata.a'],
    lists: ['hosts'],
  },
  Image: {
    make: (props) => onCloud((stack) => void new Image(stack, 'Image', props)),
    props: { name: 'ubuntu', checksum: `sha512:${'a'.repeat(128)}`, diskFormat: DiskFormat.QCOW2, localFilePath: '/tmp/a' },
    texts: ['name', 'checksum', 'localFilePath', 'properties.a', 'tags.0'],
    numbers: ['minDiskGib', 'minMemoryMib'],
    lists: ['tags'],
  },
  Project: {
    make: (props) => onCloud((stack) => void new Project(stack, 'Project', props)),
    props: { name: 'prod' },
    texts: ['name', 'userName', 'userPassword', 'domainId', 'roles.0', 'tags.0'],
    numbers: ['instances', 'cores', 'memoryMib', 'keyPairs', 'serverGroups', 'volumes', 'volumeGib', 'networks', 'ports', 'loadBalancers'].map(
      (n) => `quota.${n}`,
    ),
    lists: ['roles', 'tags'],
  },
  ExternalNetwork: {
    make: (props) => onCloud((stack) => void new ExternalNetwork(stack, 'External', props)),
    props: { cidr: '203.0.113.0/24', gatewayAddress: '203.0.113.1', ipv6Cidr: '2001:db8::/64', ipv6GatewayAddress: 'fe80::1' },
    texts: ['name', 'physicalNetwork', 'cidr', 'gatewayAddress', 'ipv6Cidr', 'ipv6GatewayAddress', 'projects.a', 'subnetPoolId', 'tags.0'],
    numbers: ['vlanId', 'mtu'],
    lists: ['tags'],
  },
  SubnetPool: {
    make: (props) => onCloud((stack) => void new SubnetPool(stack, 'Pool', props)),
    props: { name: 'tenants', prefixes: ['10.64.0.0/12'] },
    texts: ['name', 'addressScopeName', 'projects.a', 'tags.0'],
    numbers: ['quotaPerProject'],
    lists: ['tags'],
  },
  VolumeType: {
    make: (props) => onCloud((stack) => void new VolumeType(stack, 'Type', props)),
    props: { name: 'fast', encryption: {} },
    texts: ['name', 'description', 'backendName', 'extraSpecs.a', 'projects.a'],
  },
  ProviderNetwork: {
    make: external,
    props: { allocationPools: [{ start: '203.0.113.50', end: '203.0.113.99' }], gatewayAddress: '203.0.113.1' },
    texts: ['name', 'physicalNetwork', 'cidr', 'gatewayAddress', 'allocationPools.0.start', 'allocationPools.0.end', 'dnsNameservers.0', 'tags.0'],
    numbers: ['vlanId', 'mtu'],
    lists: ['dnsNameservers', 'tags'],
  },
  ClusterNetwork: {
    make: ({ cloud, ...props }) => clusterNetwork(props, cloud),
    texts: ['name', 'cidr', 'dnsNameservers.0', 'tags.0', 'cloud.externalNetworkName', 'cloud.hostCidrs.0'],
    numbers: ['mtu', 'reservedAddresses', 'cloud.tenantNetworkMtu'],
    lists: ['dnsNameservers', 'tags', 'cloud.hostCidrs'],
    kept: ['cloud.hostCidrs.0', 'cloud.hostCidrs'],
  },
  'an adopted network': {
    make: (attributes) => onCloud((stack) => void makePort(stack, ClusterNetwork.fromNetworkAttributes(stack, 'Network', attributes) as any, 'Port')),
    props: { networkId: 'n', subnetId: 's', cidr: '10.20.0.0/16', mtu: 1442, externalNetworkName: 'public', externalNetworkId: 'e' },
    texts: ['networkId', 'subnetId', 'cidr'],
  },
  ServerPort: {
    make: port,
    texts: ['name', 'fixedAddress', 'securityGroupIds.0', 'allowedAddressPairs.0', 'tags.0'],
    lists: ['securityGroupIds', 'allowedAddressPairs', 'tags'],
  },
  NovaServer: {
    make: server,
    texts: ['name', 'zone.compute', 'userData', 'keyPairName', 'metadata.a', 'tags.0', 'rootVolume.type'],
    numbers: ['rootVolume.sizeGib'],
    lists: ['tags'],
    props: { zone: ZONE, rootVolume: { sizeGib: 10 } },
  },
  ServerPool: {
    make: servers,
    texts: ['name', 'userData', 'securityGroupIds.0', 'zones.0.compute', 'metadata.a', 'tags.0'],
    numbers: ['replicas', 'generation', 'rootVolume.sizeGib'],
    lists: ['securityGroupIds', 'allowedAddressPairs', 'tags'],
    props: { zones: [ZONE] },
  },
  DataVolume: {
    make: (props) => onCloud((stack) => void new DataVolume(stack, 'Volume', props)),
    props: { name: 'data', sizeGib: 10 },
    texts: ['name', 'type', 'availabilityZone', 'metadata.a'],
    numbers: ['sizeGib'],
  },
  ApiLoadBalancer: {
    make: balancer,
    texts: ['name', 'allowedCidrs.0', 'flavorId', 'availabilityZone', 'tags.0'],
    numbers: ['idleTimeoutSeconds'],
    lists: ['allowedCidrs', 'tags'],
  },
  NodeSecurityGroups: {
    make: (props) =>
      onNetwork((stack, network) => {
        new NodeSecurityGroups(stack, 'Groups', {
          name: 'prod',
          network,
          cni: Cni.cilium(),
          loadBalancerProvider: LoadBalancerProvider.OVN,
          ...props,
        });
      }),
    texts: ['name', 'apiAllowedCidrs.0', 'publicServiceCidrs.0', 'sshAllowedCidrs.0', 'vipSubnetCidr', 'tags.0'],
    lists: ['apiAllowedCidrs', 'publicServiceCidrs', 'sshAllowedCidrs', 'tags'],
  },
  K8sOnNova: {
    make: ({ cloud, api, gate, ...props }) =>
      cluster(
        { ...props, api: ApiEndpoint.octavia({ allowedCidrs: ['198.51.100.0/24'], ...api }), ...(gate && { readyGate: ReadyGate.enabled(gate) }) },
        cloud,
      ),
    props: { controlPlane: { replicas: 3, flavor, etcdVolume: { sizeGib: 20 }, rootVolume: { sizeGib: 20 } }, workerPools: [NODE] },
    texts: [
      ...[
        'clusterName',
        'nodeCidr',
        'podCidr',
        'serviceCidr',
        'keyPairName',
        'tags.0',
        'sshAllowedCidrs.0',
        'cloudInit.timezone',
        'cloudInit.runcmd.0',
      ],
      ...['cloudCredential.applicationCredentialId', 'cloudCredential.applicationCredentialSecret', 'cloudCredentialRoles.0'],
      ...['controlPlane.zones.0', 'controlPlane.etcdVolume.type', 'controlPlane.rootVolume.type'],
      ...['name', 'labels.tier', 'taints.0.key', 'taints.0.value', 'taints.0.effect', 'zones.0'].map((field) => `workerPools.0.${field}`),
      ...['allowedCidrs.0', 'dnsName', 'certSans.0', 'flavorId', 'availabilityZone'].map((field) => `api.${field}`),
      ...['zones.0.compute', 'zones.0.volume', 'externalNetworkName'].map((field) => `cloud.${field}`),
    ],
    numbers: [
      ...['controlPlane.replicas', 'controlPlane.etcdVolume.sizeGib', 'controlPlane.rootVolume.sizeGib', 'workerPools.0.replicas'],
      ...['cloud.tenantNetworkMtu', 'gate.timeoutSeconds', 'cloudInit.growpart'],
    ],
    lists: [
      ...['tags', 'sshAllowedCidrs', 'cloudCredentialRoles', 'controlPlane.zones', 'workerPools.0.zones', 'api.allowedCidrs', 'api.certSans'],
      ...['cloudInit.runcmd', 'cloudInit.packages', 'cloudInit.apt.sources'],
    ],
    kept: ['cloudCredential.applicationCredentialId', 'cloudCredential.applicationCredentialSecret'],
  },
  'K8sOnNova with OVN': {
    make: ({ cloud, ...props }) => cluster(props, { ...OVN, ...cloud }),
    texts: ['publicServiceCidrs.0', 'sshAllowedCidrs.0'],
    lists: ['publicServiceCidrs', 'sshAllowedCidrs'],
  },
  'an adopted cluster': {
    make: (props) =>
      synthOn({}, (stack) => {
        const clientKey = new TerraformVariable(stack, 'clientkey', { sensitive: true }).stringValue;
        const on = KubernetesCluster.fromKubeconfig(stack, 'Adopted', { ...FACTS, clientKey, ...props });
        new PodNetwork(stack, 'PodNetwork', { cluster: on });
      }),
    texts: ['clusterName', 'host', 'podCidr', 'serviceCidr'],
    kept: ['clusterName', 'serviceCidr'],
    numbers: ['podMtu', 'controlPlaneReplicas'],
  },
  PodNetwork: {
    make: (props) => addon(PodNetwork, props),
    texts: ['chartVersion', 'values.a'],
    numbers: ['timeoutSeconds', 'values.a'],
    lists: ['values.a'],
  },
  'PodNetwork with Calico': {
    make: (props) => addon(PodNetwork, props, { cni: Cni.calico() }),
    texts: ['chartVersion'],
    numbers: ['timeoutSeconds'],
  },
  OpenStackCloudController: {
    make: (props) => addon(OpenStackCloudController, props),
    texts: ['chartVersion', 'values.a'],
    numbers: ['timeoutSeconds', 'logVerbosity', 'values.a'],
    lists: ['values.a', 'controllers'],
  },
  CinderCsi: {
    make: (props) => addon(CinderCsi, props),
    props: { storageClasses: [{ name: 'a' }] },
    texts: ['chartVersion', ...['name', 'volumeType', 'fileSystem', 'mountOptions.0', 'computeZones.0'].map((field) => `storageClasses.0.${field}`)],
    numbers: ['timeoutSeconds'],
    lists: ['storageClasses.0.mountOptions', 'storageClasses.0.computeZones'],
  },
  HelmAddon: {
    make: (props) => addon(HelmAddon, props),
    props: CHART,
    texts: ['chart', 'repository', 'version', 'namespace', 'releaseName', 'values.a'],
    numbers: ['timeoutSeconds', 'values.a'],
    lists: ['values.a'],
  },
  StatefulWorkload: {
    make: workload,
    props: { volume: APP.volume },
    texts: [
      ...['image', 'name', 'namespace', 'env.A', 'secretEnv.A.name', 'secretEnv.A.key', 'generatedPasswords.0', 'command.0', 'args.0'],
      ...['volume.mountPath', 'volume.storageClass', 'nodeSelector.a', 'labels.a'],
    ],
    numbers: [
      ...['port', 'replicas', 'volume.sizeGib', 'terminationGraceSeconds', 'security.runAsUser', 'security.runAsGroup', 'security.fsGroup'],
      ...['resources.cpuMillicores', 'resources.cpuLimitMillicores', 'resources.memoryMib', 'resources.memoryLimitMib'],
    ],
    lists: ['command', 'args', 'generatedPasswords'],
  },
  Workload: {
    make: (props) => synthOn({}, (stack, on) => void new Workload(stack, 'App', { cluster: on, image: 'app:1', port: 80, ...props })),
    props: { initContainers: [{ name: 'init', image: 'init:1' }] },
    texts: [
      ...['image', 'configEnv.A.name', 'serviceAccountName', 'scratchFolders.0', 'imagePullSecrets.0', 'podAnnotations.a', 'tolerations.0.key'],
      ...['initContainers.0.image', 'initContainers.0.args.0'],
    ],
    numbers: ['port', 'replicas', 'autoscaling.minReplicas', 'autoscaling.maxReplicas'],
    lists: ['args', 'scratchFolders', 'imagePullSecrets'],
  },
  ScheduledWorkload: {
    make: (props) =>
      synthOn({}, (stack, on) => void new ScheduledWorkload(stack, 'Job', { cluster: on, image: 'job:1', schedule: '@daily', ...props })),
    texts: ['schedule', 'timeZone'],
    numbers: ['retries', 'timeoutSeconds', 'startingDeadlineSeconds'],
  },
  CinderVolumeClaim: {
    make: (props) => synthOn({}, (stack, on) => void new CinderVolumeClaim(stack, 'Data', { cluster: on, sizeGib: 1, ...props })),
    texts: ['name', 'namespace', 'storageClass', 'labels.a'],
    numbers: ['sizeGib'],
  },
  InternalService: {
    make: (props) =>
      synthOn({}, (stack, on) => void new InternalService(stack, 'Web', { cluster: on, port: 80, selector: { app: 'web' }, ...props })),
    texts: ['name', 'namespace', 'selector.a'],
    numbers: ['port', 'targetPort'],
  },
  NetworkPolicy: {
    make: ({ cidr, ports, ...props }) =>
      synthOn({}, (stack, on) => {
        new NetworkPolicy(stack, 'Rules', { cluster: on, ingress: [{ peer: NetworkPeer.cidr(cidr), ports }], ...props });
      }),
    props: { cidr: '10.0.0.0/8', ports: [80] },
    texts: ['name', 'namespace', 'selector.a', 'cidr'],
    numbers: ['ports.0'],
  },
  PublicService: {
    make: service,
    texts: [
      ...['name', 'namespace', 'sourceRanges.0', 'floatingIp', 'labels.a', 'selector.a'],
      ...[
        'floatingNetworkId',
        'floatingSubnetTags.0',
        'loadBalancerClass',
        'method',
        'flavorId',
        'availabilityZone',
        'hostname',
        'loadBalancerId',
      ].map((field) => `octavia.${field}`),
    ],
    numbers: ['port', 'targetPort', 'octavia.connectionLimit', 'octavia.timeoutClientData'],
    lists: ['sourceRanges', 'octavia.floatingSubnetTags'],
  },
};

const KINDS = { texts: 'string', numbers: 'number', lists: 'list' } as const;
const CASES = Object.entries(PLACES).flatMap(([construct, places]) =>
  Object.keys(KINDS).flatMap((kind) =>
    (places[kind as keyof typeof KINDS] ?? []).map((place) => [construct, kind as keyof typeof KINDS, place] as const),
  ),
);

describe('a reference', () => {
  test.each(CASES)('in %s, of the %s, as %s', (construct, kind, place) => {
    const { make, props, kept = [] } = PLACES[construct];
    let stack: support.Synthesised | undefined;
    const error = thrown(() => (stack = make(put(props, place.split('.'), reference(kind)))));
    if (error !== undefined) {
      if (!(error instanceof StrataError || error instanceof InventoryError)) throw error;
      expect(error.message).not.toMatch(MARKER);
      expect(error.message).toMatch(/: .*; /);
    } else {
      expect(stack!.text).not.toMatch(MARKER);
      if (!kept.includes(place)) expect(stack!.text).toContain(`var.${MARK}`);
    }
  });
});

/** What is seen of a reference that nobody resolved. */
const MARKER = /e\+(29|30)\d|TfToken|TOKEN\[/;

/** A reference to the variable, as a program has it before Terraform runs. */
function reference(kind: keyof typeof KINDS): unknown {
  const variable = ref(`var.${MARK}`);
  return { texts: Token.asString(variable), numbers: Token.asNumber(variable), lists: Token.asList(variable) }[kind];
}

/** The properties with another value in a place; what is on the way to it is made. */
function put(props: any, [key, ...rest]: readonly string[], value: unknown): any {
  const copy = Array.isArray(props) ? [...props] : /^\d+$/.test(key) ? [] : { ...props };
  copy[key] = rest.length === 0 ? value : put(copy[key], rest, value);
  return copy;
}
