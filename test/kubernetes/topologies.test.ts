/** Whatever the topology: a cluster either synthesises to what OpenStack's provider takes, with everything holding that must, or is refused by name. */
import { App, TerraformStack, Testing } from 'cdktf';
import * as fc from 'fast-check';
import '../support/properties';
import { cloudOf } from './cluster-fixture';
import { CalicoEncapsulation, CiliumRouting, Cni, PodTransport } from '../../lib/contracts/cni';
import { NodeFlavor } from '../../lib/contracts/node-flavor';
import { NodeImage } from '../../lib/contracts/node-image';
import { LoadBalancerProvider } from '../../lib/contracts/openstack-cloud';
import { KubernetesVersion } from '../../lib/core/kubernetes-version';
import { StrataError } from '../../lib/core/validation';
import { ApiEndpoint } from '../../lib/kubernetes/api-endpoint';
import { ClusterPki } from '../../lib/kubernetes/cluster-pki';
import { K8sOnNova, K8sOnNovaProps } from '../../lib/kubernetes/k8s-on-nova';
import { WorkerPoolProps } from '../../lib/kubernetes/worker-pool';
import { ClusterNetwork, ClusterNetworkAttributes } from '../../lib/nova/cluster-network';
import { Ipv6AddressMode } from '../../lib/nova/ipv6-address-mode';
import { NodeSecurityGroups, NodeSecurityGroupsAttributes } from '../../lib/nova/node-security-groups';
import { ServerGroupPolicy } from '../../lib/nova/server-group-policy';
import { OpenstackProvider } from '../../lib/providers/openstack/provider';
import { addressText, anyRange, canonical, clashing, holds, NOBODYS, overlap, parse } from '../support/ranges';
import { checkAgainstSchemas } from '../support/schema';
import { Block } from '../support/synth';

/** A case costs 0.15 s of one core. `STRATA_TOPOLOGIES=1000` draws more. */
const RUNS = Number(process.env.STRATA_TOPOLOGIES ?? 200);
const image = NodeImage.byName('node');
const flavor = NodeFlavor.of({ vcpus: 2, memoryMib: 4096, diskGib: 20 });
const sometimes = <T>(value: fc.Arbitrary<T>, times = 1) =>
  fc.oneof({ weight: 2, arbitrary: fc.constant(undefined) }, { weight: times, arbitrary: value });

/** A family of addresses, and the prefix lengths that its ranges mostly have. */
interface Family {
  readonly bits: 32 | 128;
  readonly world: string;
  readonly nodes: readonly [number, number];
  readonly pods: readonly [number, number];
  readonly services: readonly [number, number];
  readonly clients: readonly [number, number];
}
const V4: Family = { bits: 32, world: '0.0.0.0/0', nodes: [14, 27], pods: [8, 22], services: [12, 28], clients: [8, 32] };
const V6: Family = { bits: 128, world: '::/0', nodes: [48, 123], pods: [48, 64], services: [108, 124], clients: [20, 128] };
/** The families of nodes' subnets, the first one first. */
const shapes = fc.constantFrom([V4], [V4], [V6], [V4, V6], [V6, V4]);

interface Topology {
  readonly cloud: { readonly loadBalancerProvider: LoadBalancerProvider; readonly hostCidrs?: string[] };
  /** A network that is there already. */
  readonly network?: Omit<ClusterNetworkAttributes, 'cloud'>;
  /** Security groups that are there already. */
  readonly securityGroups?: NodeSecurityGroupsAttributes;
  readonly api: { readonly keepalived: boolean; readonly allowedCidrs: string[]; readonly floatingIp: boolean; readonly address?: string };
  readonly props: Pick<K8sOnNovaProps, 'controlPlane' | 'workerPools' | 'cni'> & Partial<K8sOnNovaProps>;
}

const clouds = fc.record({
  zones: fc
    .uniqueArray(fc.constantFrom('az1', 'az2', 'az3'), { minLength: 1 })
    .map((names) => names.map((compute) => ({ compute, volume: `volumes-${compute}` }))),
  loadBalancerProvider: fc.constantFrom(LoadBalancerProvider.AMPHORA, LoadBalancerProvider.OVN),
  computeHostCount: sometimes(fc.integer({ min: 1, max: 9 })),
  tenantNetworkMtu: fc.constantFrom(1442, 8942, 1500),
  hostCidrs: sometimes(fc.array(anyRange(32, [16, 30]), { maxLength: 2 })),
});

const poolOf = (name: string): fc.Arbitrary<WorkerPoolProps> =>
  fc.record({
    name: fc.constant(name),
    replicas: fc.integer({ min: 0, max: 3 }),
    flavor: fc.constant(flavor),
    rootVolume: sometimes(fc.constant({ sizeGib: 20 })),
    volumes: sometimes(fc.constant([{ name: 'data', sizeGib: 5, mountPath: '/data' }])),
    additionalPorts: sometimes(fc.constant([{ name: 'nic', networkId: 'net', portSecurity: false }])),
    trunk: sometimes(fc.boolean()),
    serverGroupPolicy: sometimes(fc.constant(ServerGroupPolicy.ANTI_AFFINITY)),
    gpu: sometimes(fc.constant({})),
  });

const IPV4_CNIS = [
  Cni.calico({ encapsulation: CalicoEncapsulation.IPIP }),
  Cni.kuryr({ acknowledgeRetired: true, controllerImage: 'a/b:1', cniImage: 'a/c:1' }),
];
const CNIS = [
  Cni.cilium(),
  Cni.cilium({ wireGuard: true, routing: CiliumRouting.GENEVE }),
  Cni.cilium({ routing: CiliumRouting.NATIVE_ADDRESS_PAIRS }),
  Cni.cilium({ routing: CiliumRouting.NATIVE_NEUTRON_ROUTES }),
  Cni.calico(),
  Cni.calico({ encapsulation: CalicoEncapsulation.NONE }),
];

/** What goes together, as far as a user knows. */
const sound: fc.Arbitrary<Topology> = shapes.chain((shape) => {
  const [first, second] = shape;
  const onlyV4 = !shape.includes(V6);
  const clientsOf = (families: readonly Family[], minLength = 0) =>
    fc.uniqueArray(
      fc.oneof(...families.flatMap(({ bits, world, clients }) => [fc.constant(world), anyRange(bits, clients), anyRange(bits, clients)])),
      {
        minLength,
        maxLength: 3,
      },
    );
  const ofSecond = (range: (family: Family) => fc.Arbitrary<string | undefined>) => (second === undefined ? fc.constant(undefined) : range(second));
  const pods = ({ bits, pods: lengths }: Family) => sometimes(anyRange(bits, lengths), 4);
  const services = ({ bits, services: lengths }: Family) => sometimes(anyRange(bits, lengths), 4);
  const adopted = fc.record({
    network: fc.constantFrom({ networkId: 'network' }, { networkName: 'network' }),
    subnetId: sometimes(fc.constant('subnet')),
    secondarySubnetId: second === undefined ? fc.constant(undefined) : sometimes(fc.constant('subnet-2')),
    mtu: sometimes(fc.constantFrom(1400, 1442)),
    router: sometimes(fc.constant({ routerId: 'router', routerExternalAddress: '203.0.113.9' })),
    external: fc.constantFrom({}, { externalNetworkId: 'external' }),
  });
  return fc
    .record({
      cloud: clouds,
      adopted: sometimes(adopted),
      securityGroups: sometimes(
        fc.constantFrom(
          { controlPlaneGroupId: 'group-control-plane', workerGroupId: 'group-worker' },
          { controlPlaneGroupId: 'group', workerGroupId: 'group' },
        ),
      ),
      nodeCidr: first === V4 ? sometimes(anyRange(32, V4.nodes), 6) : anyRange(128, V6.nodes),
      secondaryNodeCidr: ofSecond(({ bits, nodes }) => anyRange(bits, nodes)),
      api: fc.record({
        keepalived: fc.boolean(),
        allowedCidrs: clientsOf([first]),
        floatingIp: fc.boolean(),
        address: sometimes(fc.bigInt(10n, 20n)),
      }),
      clients: fc.record({
        publicServiceCidrs: sometimes(clientsOf(shape), 2),
        sshAllowedCidrs: sometimes(clientsOf(shape), 2),
        egressAllowedCidrs: sometimes(clientsOf(shape), 2),
      }),
      props: fc.record({
        controlPlane: fc.record({ replicas: fc.constantFrom(1, 3, 5), flavor: fc.constant(flavor) }),
        workerPools: fc.tuple(sometimes(poolOf('general'), 6), sometimes(poolOf('a'))).map((made) => made.filter((pool) => pool !== undefined)),
        cni: fc.constantFrom(...CNIS, ...(onlyV4 ? IPV4_CNIS : [])),
        podCidr: pods(first),
        serviceCidr: services(first),
        secondaryPodCidr: ofSecond(pods),
        secondaryServiceCidr: ofSecond(services),
        keyPairName: fc.constant('ops'),
        bastion: sometimes(fc.record({ flavor: fc.constant(flavor), image: fc.constant(image), allowedCidrs: clientsOf([first], 1) })),
        configDrive: sometimes(fc.boolean()),
      }),
    })
    .map(({ cloud, adopted: network, securityGroups, nodeCidr, secondaryNodeCidr, api, clients, props }) => {
      const cidr = nodeCidr ?? NODES;
      const { bits, first: start } = parse(cidr);
      return {
        cloud,
        securityGroups,
        api: {
          ...api,
          floatingIp: api.floatingIp && first === V4 && api.allowedCidrs.length > 0,
          address: api.address === undefined ? undefined : addressText(bits, start + api.address),
        },
        ...(network && {
          network: {
            ...network.network,
            ...network.router,
            ...network.external,
            cidr,
            secondaryCidr: secondaryNodeCidr,
            subnetId: network.subnetId,
            secondarySubnetId: network.secondarySubnetId,
            mtu: network.mtu,
          },
        }),
        props: { ...props, ...(securityGroups === undefined && clients), ...(network === undefined && { nodeCidr, secondaryNodeCidr }) },
      };
    });
});

const NODES = '10.20.0.0/16';
const DEFAULTS = {
  32: { pods: '10.244.0.0/16', services: '10.96.0.0/12' },
  128: { pods: 'fd00:10:244::/48', services: 'fd00:10:96::/112' },
};

/** The ranges that a cluster is to have. */
function rangesOf({ network, props }: Topology) {
  const nodes = network?.cidr ?? props.nodeCidr ?? NODES;
  const secondaryNodes = network?.secondaryCidr ?? props.secondaryNodeCidr;
  const second = secondaryNodes === undefined ? undefined : DEFAULTS[parse(secondaryNodes).bits];
  return {
    nodes: [nodes, secondaryNodes].filter((text) => text !== undefined),
    pods: [props.podCidr ?? DEFAULTS[parse(nodes).bits].pods, props.secondaryPodCidr ?? second?.pods].filter((text) => text !== undefined),
    services: [props.serviceCidr ?? DEFAULTS[parse(nodes).bits].services, props.secondaryServiceCidr ?? second?.services].filter(
      (text) => text !== undefined,
    ),
  };
}

type Slip = (topology: Topology) => Topology;
const withNodes = ({ network, props, ...rest }: Topology, cidr: string): Topology =>
  network === undefined ? { ...rest, props: { ...props, nodeCidr: cidr } } : { ...rest, props, network: { ...network, cidr } };

/** One range that doesn't go with the rest. */
const rangeSlips: fc.Arbitrary<Slip> = fc.oneof(
  // the same addresses twice; the length may be wrong, too
  fc
    .record({ what: fc.constantFrom('podCidr', 'serviceCidr'), other: fc.constantFrom('nodes', 'pods', 'services'), length: fc.nat(20) })
    .map(({ what, other, length }): Slip => (topology) => {
      const [text] = rangesOf(topology)[other as 'nodes'];
      return { ...topology, props: { ...topology.props, [what]: clashing(text, text.includes(':') ? 44 + 4 * length : 8 + length) } };
    }),
  fc
    .record({ other: fc.constantFrom('nodes', 'pods', 'services'), length: fc.integer({ min: 8, max: 32 }) })
    .map(({ other, length }): Slip => (topology) => {
      const [text] = rangesOf(topology)[other as 'nodes'];
      return { ...topology, cloud: { ...topology.cloud, hostCidrs: [clashing(text, length)] } };
    }),
  // too few addresses
  fc.nat(6).map((missing): Slip => (topology) => {
    const [text] = rangesOf(topology).nodes;
    return withNodes(topology, clashing(text, parse(text).bits - missing));
  }),
  // addresses that no server and no pod can have
  fc.constantFrom('0.0.0.0/16', '127.0.0.0/16', '169.254.0.0/16', '239.1.0.0/16', '224.0.0.0/3', '::/64', 'fe80::/64', 'ff02::/64').map(
    (cidr): Slip =>
      (topology) =>
        withNodes(topology, cidr),
  ),
  fc.constantFrom('127.0.0.0/16', '169.0.0.0/8', 'ff02::/56').map((podCidr): Slip => (topology) => ({
    ...topology,
    props: { ...topology.props, podCidr },
  })),
  // the address of nobody's server: before the subnet, its first, its last
  fc.constantFrom(-1n, 0n, 'last' as const).map((offset): Slip => (topology) => {
    const { bits, first, last } = parse(rangesOf(topology).nodes[0]);
    return { ...topology, api: { ...topology.api, address: addressText(bits, offset === 'last' ? last : first + offset) } };
  }),
  // servers make their own addresses in a /64 alone
  fc.constantFrom(Ipv6AddressMode.SLAAC, Ipv6AddressMode.DHCPV6_STATELESS).map((ipv6AddressMode): Slip => (topology) => ({
    ...topology,
    props: { ...topology.props, ipv6AddressMode },
  })),
);

/** One other thing that doesn't go with the rest, or goes with some of it. */
const slips: fc.Arbitrary<Slip> = fc
  .constantFrom<{ readonly [option: string]: unknown }>(
    { controlPlane: { replicas: 2, flavor } },
    { controlPlane: { replicas: 3, flavor, zones: ['az9'] } },
    { controlPlane: { replicas: 3, flavor, zones: ['az1', 'az1'] } },
    { workerPools: [{ name: 'Bad Name', replicas: 1, flavor }] },
    { workerPools: ['a', 'a'].map((name) => ({ name, replicas: 1, flavor })) },
    { workerPools: [{ name: 'control-plane', replicas: 1, flavor }] },
    { workerPools: [{ name: 'a', replicas: -1, flavor }] },
    { workerPools: [{ name: 'a', replicas: 1, flavor, volumes: [{ name: 'data', sizeGib: 5, mountPath: '/etc' }] }] },
    { workerPools: [{ name: 'a', replicas: 1, flavor, additionalPorts: [{ name: 'nic', networkId: 'net' }] }] },
    { workerPools: [{ name: 'a', replicas: 1, flavor, allowedAddressPairs: ['FD00:20::77', 'FD00:21::/64'] }] },
    { workerPools: [{ name: 'a', replicas: 1, flavor, allowedAddressPairs: ['10.20.0.77'] }] },
    ...IPV4_CNIS.map((cni) => ({ cni })),
    { nodeCidr: '10.244.0.0/24' },
    { nodeCidr: 'fd00:10:244::/64' },
    { secondaryNodeCidr: 'fd00:20::/80' },
    { secondaryNodeCidr: '10.21.0.0/16' },
    { podCidr: 'fd00:244::/32' },
    { serviceCidr: '10.0.0.0/8' },
    { secondaryPodCidr: '10.245.0.0/16' },
    { secondaryServiceCidr: 'fd00:97::/64' },
    { publicServiceCidrs: ['2001:db8::/32'] },
    { sshAllowedCidrs: ['198.51.100.9/32'] },
    { keyPairName: undefined },
    { bastion: { flavor, image, allowedCidrs: [] } },
  )
  .map((slip) => (topology) => ({ ...topology, props: { ...topology.props, ...slip } }));

const apiSlips: fc.Arbitrary<Slip> = fc
  .constantFrom<Partial<Topology['api']>>(
    { floatingIp: true, allowedCidrs: [] },
    { floatingIp: true, allowedCidrs: ['198.51.100.0/24'] },
    { allowedCidrs: ['198.51.100.7/24'] },
  )
  .map((slip) => (topology) => ({ ...topology, api: { ...topology.api, ...slip } }));

const topologies = fc
  .tuple(sound, sometimes(fc.oneof({ weight: 3, arbitrary: rangeSlips }, { weight: 3, arbitrary: slips }, { weight: 1, arbitrary: apiSlips })))
  .map(([topology, slip]) => slip?.(topology) ?? topology);

/** The stack as Terraform would read it, or the error that refuses it. */
function attempt({ cloud: attributes, network, securityGroups, api, props }: Topology): Block | StrataError {
  const app: App = Testing.app();
  const stack = new TerraformStack(app, 'test');
  new OpenstackProvider(stack, 'OpenStack', {});
  const { keepalived, address, ...endpoint } = api;
  try {
    const cloud = cloudOf(stack, attributes);
    new K8sOnNova(stack, 'K8s', {
      cloud,
      clusterName: 'prod',
      version: KubernetesVersion.V1_36,
      nodeImage: image,
      pki: ClusterPki.fromVariables(), // what is made has its own tests
      api: keepalived ? ApiEndpoint.keepalived({ ...endpoint, virtualAddress: address }) : ApiEndpoint.octavia({ ...endpoint, vipAddress: address }),
      ...(network && { network: ClusterNetwork.fromNetworkAttributes(stack, 'Adopted', { ...network, cloud }) }),
      ...(securityGroups && { securityGroups: NodeSecurityGroups.fromGroupIds(stack, 'Groups', securityGroups) }),
      ...props,
    });
    stack.prepareStack();
    return JSON.parse(JSON.stringify(stack.toTerraform()));
  } catch (error) {
    if (error instanceof StrataError) return error;
    throw error;
  }
}

/** What can be wrong with ranges, by the words of the error that says so. */
const FAULTS = [
  'overlaps',
  'must have a prefix length',
  "nodes' range has room",
  'no server and no pod',
  'is outside its network',
  "is the subnet's own",
  'in a /64 alone',
];
const LENGTHS = { 32: { pods: [8, 24], services: [12, 28] }, 128: { pods: [48, 64], services: [108, 124] } };

/** What is wrong with a cluster's ranges, found without the library. */
function faultsOf(topology: Topology): string[] {
  const { network, props, api } = topology;
  const ranges = rangesOf(topology);
  const [nodes, pods, services] = [ranges.nodes, ranges.pods, ranges.services].map((texts) => texts.map(parse));
  // Kuryr's Services have a subnet twice as large
  const inNeutron = IPV4_CNIS.indexOf(props.cni) === 1 ? ranges.services.map((text) => parse(clashing(text, parse(text).prefix - 1))) : services;
  const all = [...nodes, ...pods, ...inNeutron];
  const sizes = props.workerPools.map(({ replicas }) => replicas);
  const most = props.controlPlane.replicas + sizes.reduce((sum, size) => sum + size, 0) + Math.max(0, ...sizes);
  const vip = api.address === undefined ? undefined : parse(api.address);
  const [first] = nodes;
  const found = [
    all.some((one, i) => all.slice(i + 1).some((other) => overlap(one, other))) ||
      (topology.cloud.hostCidrs ?? []).some((hosts) => [...nodes, ...pods, ...services].some((range) => overlap(range, parse(hosts)))),
    [
      ...pods.map((range) => [range, LENGTHS[range.bits].pods] as const),
      ...services.map((range) => [range, LENGTHS[range.bits].services] as const),
    ].some(([{ prefix }, [shortest, longest]]) => prefix < shortest || prefix > longest),
    // the first and the last address, the gateway, two of DHCP, the API's, its load balancer's
    nodes.some(({ bits, prefix }) => 2 ** (bits - prefix) - 7 < most),
    [...nodes, ...pods, ...services].some((range) => NOBODYS.some((nobodys) => overlap(range, nobodys))),
    vip !== undefined && !holds(first, vip),
    vip !== undefined && (vip.first === first.first || (vip.bits === 32 && vip.first === first.last)),
    network === undefined && props.ipv6AddressMode !== undefined && nodes.some(({ bits, prefix }) => bits === 128 && prefix !== 64),
  ];
  return FAULTS.filter((_, i) => found[i]);
}

const all = (json: Block, type: string): Block[] => Object.values(json.resource[`openstack_${type}`] ?? {});
const known = (text: string | undefined) => text !== undefined && !text.includes('${');

/** The cluster's subnets, the first one first, by the ids that ports have. */
function subnetsOf(json: Block, { network, ...topology }: Topology): { readonly id: string; readonly cidr: string }[] {
  const written = Object.entries<Block>((network ? json.data : json.resource).openstack_networking_subnet_v2 ?? {});
  return rangesOf({ network, ...topology })
    .nodes.map(canonical)
    .map((cidr, i) => {
      const given = [network?.subnetId, network?.secondarySubnetId][i];
      const [name] = written.find(([, subnet]) => subnet.cidr === cidr) ?? [];
      return { id: given ?? `\${${network ? 'data.' : ''}openstack_networking_subnet_v2.${name}.id}`, cidr };
    });
}

function judge(json: Block, topology: Topology): void {
  expect(checkAgainstSchemas(json)).toEqual([]);
  const { network, securityGroups } = topology;
  // what was given is not made
  for (const [given, types] of [
    [network, ['networking_network_v2', 'networking_subnet_v2', 'networking_router_v2', 'networking_router_interface_v2']],
    [securityGroups, ['networking_secgroup_v2', 'networking_secgroup_rule_v2']],
  ] as const) {
    const made = types
      .flatMap((type) => all(json, type))
      .filter(({ name, security_group_id: group }) => name !== 'prod-bastion' && !group?.includes('Bastion'));
    expect(made.length === 0).toBe(given !== undefined);
  }
  // names are nobody else's
  const servers = all(json, 'compute_instance_v2');
  for (const names of [servers.map(({ name }) => name), all(json, 'blockstorage_volume_v3').map(({ name }) => name)]) {
    expect(new Set(names).size).toBe(names.length);
  }
  // every port is in each of the network's subnets, by the subnet of its family; no server shares a port, and no port an address
  const subnets = subnetsOf(json, topology);
  const plugged = servers.flatMap(({ network: nics }) => nics.map(({ port }: Block) => port));
  expect(new Set(plugged).size).toBe(plugged.length);
  for (const { cidr, ip_version } of all(json, 'networking_subnet_v2')) expect(parse(cidr).bits).toBe(ip_version === 6 ? 128 : 32);
  const ports = all(json, 'networking_port_v2').filter(({ fixed_ip, name }) => fixed_ip !== undefined && !/-nic$/.test(name));
  for (const { name, fixed_ip } of ports) {
    expect(fixed_ip.map(({ subnet_id }: Block) => subnet_id)).toEqual((name === 'prod-api' ? subnets.slice(0, 1) : subnets).map(({ id }) => id));
  }
  expect(ports.filter(({ name }) => name !== 'prod-api').length).toBe(servers.length);
  const balancers = all(json, 'lb_loadbalancer_v2');
  for (const { vip_subnet_id } of balancers) expect(vip_subnet_id).toBe(subnets[0].id);
  const fixed = [
    ...ports.flatMap(({ fixed_ip }) => fixed_ip.map((ip: Block) => ip.ip_address)),
    ...balancers.map(({ vip_address }) => vip_address),
  ].filter(Boolean);
  expect(new Set(fixed).size).toBe(fixed.length);
  for (const address of fixed) expect(holds(parse(subnets[0].cidr), parse(address))).toBe(true);
  const pairs = ports.flatMap(({ allowed_address_pairs }) => allowed_address_pairs ?? []).map(({ ip_address }) => ip_address);
  for (const address of pairs.filter(known)) expect(subnets.map(({ cidr }) => parse(cidr).bits)).toContain(parse(address).bits);
  // what OpenStack gives back is what was written
  const rules = all(json, 'networking_secgroup_rule_v2');
  const cidrs = [...all(json, 'networking_subnet_v2').map(({ cidr }) => cidr), ...rules.map(({ remote_ip_prefix }) => remote_ip_prefix)];
  for (const text of [...cidrs, ...fixed, ...pairs].filter(known)) expect(text).toBe(canonical(text));

  for (const { delete_default_rules } of all(json, 'networking_secgroup_v2')) expect(delete_default_rules).toBe(true);
  // nobody opens node ports to everybody, unasked or by a wider rule
  const { publicServiceCidrs = [] } = topology.props;
  const ovn = topology.cloud.loadBalancerProvider === LoadBalancerProvider.OVN;
  for (const { direction, remote_ip_prefix: from, remote_group_id, protocol, port_range_min = 0, port_range_max = 65535 } of rules) {
    const isWorld = direction === 'ingress' && remote_group_id === undefined && (from === undefined || from.endsWith('/0'));
    const toNodePorts = port_range_min <= 32767 && port_range_max >= 30000 && !/icmp|^112$/.test(protocol ?? '');
    if (isWorld && toNodePorts) expect(ovn ? publicServiceCidrs.map(canonical) : []).toContain(from);
  }
  if (securityGroups === undefined) judgeRules(json, topology);
}

/** The security groups: exactly what was asked, and both ends of it. */
function judgeRules(json: Block, topology: Topology): void {
  const { network, api, cloud, props } = topology;
  const { nodes, pods, services } = Object.fromEntries(Object.entries(rangesOf(topology)).map(([what, texts]) => [what, texts.map(canonical)]));
  const tunnel = props.cni.podTransport === PodTransport.TUNNEL;
  const kuryr = props.cni.podTransport === PodTransport.NEUTRON_PORTS;
  const inside = [...nodes, ...(tunnel ? [] : pods), ...(kuryr ? [clashing(services[0], parse(services[0]).prefix - 1)] : [])];
  const families = nodes.map((cidr) => (parse(cidr).bits === 32 ? 'IPv4' : 'IPv6'));
  const groups = Object.entries<Block>(json.resource.openstack_networking_secgroup_v2)
    .filter(([, { name }]) => name !== 'prod-bastion')
    .map(([id, { name }]) => ({ id: `\${openstack_networking_secgroup_v2.${id}.id}`, name: name.replace('prod-', '') }));
  expect(groups.map(({ name }) => name).sort()).toEqual(['control-plane', 'worker']);
  for (const { name, security_group_ids: ids } of all(json, 'networking_port_v2')) {
    if (/^prod-(control-plane|general|a)-\d$/.test(name)) {
      expect(ids).toEqual([groups.find((group) => (group.name === 'worker') !== /control-plane/.test(name))!.id]);
    }
  }
  const rules = all(json, 'networking_secgroup_rule_v2').filter((rule) => groups.some(({ id }) => id === rule.security_group_id));
  for (const { ethertype, remote_ip_prefix: range, direction } of rules) {
    if (known(range)) expect(ethertype).toBe(range.includes(':') ? 'IPv6' : 'IPv4');
    // Neutron refuses a range of another family than the rule's: of a reference, Terraform alone knows which of two it is. The router's address is an IPv4 one.
    const looked = range !== undefined && !known(range) && !range.endsWith('}/32') && families.length > 1;
    if (looked) expect(ethertype).toBe(`\${strcontains(${range.slice(2, -1)}, ":") ? "IPv6" : "IPv4"}`);
    else if (direction === 'ingress') expect(families).toContain(ethertype);
  }
  const [ingress, egress] = ['ingress', 'egress'].map((direction) => rules.filter((rule) => rule.direction === direction));

  // between groups, what passes one way passes the other way, too; what one lets in the other lets out
  const key = ({ ethertype, protocol, port_range_min: min, port_range_max: max }: Block, ...ends: string[]) =>
    [...ends, ethertype, protocol, min, max].join(' ');
  const between = ingress.filter((rule) => rule.remote_group_id);
  const passes = new Set(between.map((rule) => key(rule, rule.security_group_id, rule.remote_group_id)));
  const letsOut = (group: string, cidr: string) =>
    egress.some(
      (rule) =>
        rule.security_group_id === group &&
        rule.protocol === undefined &&
        rule.ethertype === (cidr.includes(':') ? 'IPv6' : 'IPv4') &&
        (rule.remote_ip_prefix === undefined || holds(parse(rule.remote_ip_prefix), parse(cidr))),
    );
  for (const rule of between) {
    expect(passes).toContain(key(rule, rule.remote_group_id, rule.security_group_id));
    expect(letsOut(rule.remote_group_id, nodes[families.indexOf(rule.ethertype)])).toBe(true);
  }
  for (const { id } of groups) for (const cidr of inside) expect([id, cidr, letsOut(id, cidr)]).toEqual([id, cidr, true]);

  // from outside, what was asked and nothing else
  const outside = (texts: string[] = []) => texts.map(canonical).filter((cidr) => !inside.includes(cidr));
  const asked = (group: string, what: string, cidrs: string[]) => cidrs.map((cidr) => `${group} ${what} ${cidr}`);
  const direct = api.keepalived || cloud.loadBalancerProvider === LoadBalancerProvider.OVN;
  const router = families[0] === 'IPv4' && api.allowedCidrs.length > 0 && network?.routerExternalAddress;
  const clients = [...outside(api.allowedCidrs), ...(router ? [`${router}/32`] : [])];
  const services4 = cloud.loadBalancerProvider === LoadBalancerProvider.OVN ? outside(props.publicServiceCidrs) : [];
  const expected = [
    ...asked('control-plane', 'tcp 6443 6443', direct ? clients : []),
    ...['control-plane', 'worker'].flatMap((group) => asked(group, 'tcp 22 22', outside(props.sshAllowedCidrs))),
    ...['tcp', 'udp'].flatMap((protocol) => asked('worker', `${protocol} 30000 32767`, services4)),
  ];
  const nameOf = (rule: Block) => groups.find(({ id }) => id === rule.security_group_id)!.name;
  const text = (rule: Block) => [nameOf(rule), rule.protocol, rule.port_range_min, rule.port_range_max, rule.remote_ip_prefix].join(' ');
  expect(
    ingress
      .filter((rule) => known(rule.remote_ip_prefix) && !inside.includes(rule.remote_ip_prefix))
      .map(text)
      .sort(),
  ).toEqual([...new Set(expected)].sort());

  const { egressAllowedCidrs } = props;
  const out = egressAllowedCidrs === undefined ? ['IPv4', 'IPv6'] : [...inside, ...egressAllowedCidrs.map(canonical), '169.254.169.254/32'];
  for (const { id } of groups) {
    const lets = egress.filter((rule) => rule.security_group_id === id);
    expect(lets.map((rule) => rule.remote_ip_prefix ?? rule.ethertype).sort()).toEqual([...new Set(out)].sort());
    expect(lets.filter((rule) => rule.protocol !== undefined).map((rule) => rule.remote_ip_prefix)).toEqual(
      egressAllowedCidrs ? ['169.254.169.254/32'] : [],
    );
  }
}

test(`${RUNS} topologies either hold together or are refused with a reason`, () => {
  let made = 0;
  const reasons = new Set<string>();
  const faults = new Set<string>();
  fc.assert(
    fc.property(topologies, (topology) => {
      const result = attempt(topology);
      const wrong = faultsOf(topology);
      if (result instanceof StrataError) {
        expect(result.message).toMatch(/^test\/(K8s|Adopted)|^(Cni|Encapsulation|Mtu|Cidr)/);
        const { problem } = result.finding;
        for (const fault of FAULTS.filter((words) => problem.includes(words))) {
          expect(wrong).toContain(fault);
          faults.add(fault);
        }
        reasons.add(problem);
        return;
      }
      expect(wrong).toEqual([]);
      made++;
      judge(result, topology);
    }),
    { numRuns: RUNS },
  );
  process.stdout.write(`${made} of ${RUNS} made, ${reasons.size} reasons\n`);
  // the instrument judges: neither all refused nor all taken
  expect(made).toBeGreaterThan(RUNS / 3);
  expect(reasons.size).toBeGreaterThan(Math.min(15, RUNS / 20));
  if (RUNS >= 1000) expect([...faults].sort()).toEqual([...FAULTS].sort());
}, 600_000);
