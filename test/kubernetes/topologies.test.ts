/** Whatever the topology: a cluster either synthesises to what OpenStack's provider takes, with everything holding that must, or is refused by name. */
import { App, TerraformStack, Testing } from 'cdktf';
import * as fc from 'fast-check';
import '../support/properties';
import { cloudOf } from './cluster-fixture';
import { CalicoEncapsulation, CiliumRouting, Cni } from '../../lib/contracts/cni';
import { NodeFlavor } from '../../lib/contracts/node-flavor';
import { NodeImage } from '../../lib/contracts/node-image';
import { LoadBalancerProvider } from '../../lib/contracts/openstack-cloud';
import { Cidr } from '../../lib/core/cidr';
import { KubernetesVersion } from '../../lib/core/kubernetes-version';
import { StrataError } from '../../lib/core/validation';
import { ApiEndpoint } from '../../lib/kubernetes/api-endpoint';
import { ClusterPki } from '../../lib/kubernetes/cluster-pki';
import { K8sOnNova, K8sOnNovaProps } from '../../lib/kubernetes/k8s-on-nova';
import { WorkerPoolProps } from '../../lib/kubernetes/worker-pool';
import { ServerGroupPolicy } from '../../lib/nova/server-group-policy';
import { OpenstackProvider } from '../../lib/providers/openstack/provider';
import { checkAgainstSchemas } from '../support/schema';
import { Block } from '../support/synth';

/** A case costs 0.15 s of one core. `STRATA_TOPOLOGIES=1000` draws more. */
const RUNS = Number(process.env.STRATA_TOPOLOGIES ?? 200);
const image = NodeImage.byName('node');
const flavor = NodeFlavor.of({ vcpus: 2, memoryMib: 4096, diskGib: 20 });
const optional = <T>(value: fc.Arbitrary<T>, freq = 2) => fc.option(value, { nil: undefined, freq });

const V4 = {
  clients: ['198.51.100.0/24', '203.0.113.0/25', '0.0.0.0/0'],
  nodes: ['10.20.0.0/16', '192.168.0.0/24'],
  pods: ['10.244.0.0/16', '172.16.0.0/12'],
  services: ['10.96.0.0/16'],
};
const V6 = { clients: ['2001:db8::/32', '2001:db8:1::/48', '::/0'], nodes: ['fd00:20::/64'], pods: ['fd00:244::/56'], services: ['fd00:96::/112'] };
/** The families of nodes' subnets, the first one first. */
const shapes = fc.constantFrom([V4], [V4], [V6], [V4, V6], [V6, V4]);

const clouds = fc.record({
  zones: fc
    .uniqueArray(fc.constantFrom('az1', 'az2', 'az3'), { minLength: 1 })
    .map((names) => names.map((compute) => ({ compute, volume: `volumes-${compute}` }))),
  loadBalancerProvider: fc.constantFrom(LoadBalancerProvider.AMPHORA, LoadBalancerProvider.OVN),
  computeHostCount: optional(fc.integer({ min: 1, max: 5 })),
  tenantNetworkMtu: fc.constantFrom(1442, 8942, 1500),
  hostCidrs: optional(fc.constant(['10.10.0.0/24'])),
});

const poolOf = (name: string): fc.Arbitrary<WorkerPoolProps> =>
  fc.record({
    name: fc.constant(name),
    replicas: fc.integer({ min: 0, max: 3 }),
    flavor: fc.constant(flavor),
    rootVolume: optional(fc.constant({ sizeGib: 20 })),
    volumes: optional(fc.constant([{ name: 'data', sizeGib: 5, mountPath: '/data' }])),
    additionalPorts: optional(fc.constant([{ name: 'nic', networkId: 'net', portSecurity: false }])),
    trunk: optional(fc.boolean()),
    serverGroupPolicy: optional(fc.constant(ServerGroupPolicy.ANTI_AFFINITY)),
    gpu: optional(fc.constant({})),
  });

const CNIS = [
  Cni.cilium(),
  Cni.cilium({ wireGuard: true, routing: CiliumRouting.GENEVE }),
  Cni.cilium({ routing: CiliumRouting.NATIVE_ADDRESS_PAIRS }),
  Cni.calico(),
  Cni.calico({ encapsulation: CalicoEncapsulation.IPIP }), // IPv4 alone
  Cni.calico({ encapsulation: CalicoEncapsulation.NONE }),
  Cni.kuryr({ acknowledgeRetired: true, controllerImage: 'a/b:1', cniImage: 'a/c:1' }), // IPv4 alone
];

/** What goes together, as far as a user knows. */
const sound = shapes.chain((shape) => {
  const [first, second] = shape;
  const clients = fc.uniqueArray(fc.constantFrom(...shape.flatMap((family) => family.clients)), { maxLength: 3 });
  const apiClients = fc.uniqueArray(fc.constantFrom(...first.clients), { maxLength: 2 });
  const endpoint = fc.record({ allowedCidrs: apiClients, wantsFloatingIp: fc.boolean(), keepalived: fc.boolean() }).map((chosen) => {
    const { allowedCidrs } = chosen;
    const options = { allowedCidrs, floatingIp: chosen.wantsFloatingIp && first === V4 && allowedCidrs.length > 0 };
    return chosen.keepalived ? ApiEndpoint.keepalived(options) : ApiEndpoint.octavia(options);
  });
  const from = (list: string[]) => fc.constantFrom(...list);
  return fc.record({
    cloud: clouds,
    props: fc.record({
      controlPlane: fc.record({ replicas: fc.constantFrom(1, 3, 5), flavor: fc.constant(flavor) }),
      workerPools: fc.tuple(optional(poolOf('general'), 4), optional(poolOf('a'))).map((made) => made.filter((pool) => pool !== undefined)),
      cni: fc.constantFrom(...CNIS),
      api: endpoint,
      nodeCidr: first === V4 ? optional(from(V4.nodes)) : from(V6.nodes),
      secondaryNodeCidr: second === undefined ? fc.constant(undefined) : from(second.nodes),
      podCidr: optional(from(first.pods)),
      serviceCidr: optional(from(first.services)),
      secondaryPodCidr: second === undefined ? fc.constant(undefined) : optional(from(second.pods)),
      publicServiceCidrs: optional(clients),
      sshAllowedCidrs: optional(clients),
      egressAllowedCidrs: optional(clients),
      keyPairName: fc.constant('ops'),
      bastion: optional(
        fc.record({
          flavor: fc.constant(flavor),
          image: fc.constant(image),
          allowedCidrs: fc.uniqueArray(fc.constantFrom(...first.clients), { minLength: 1 }),
        }),
      ),
      configDrive: optional(fc.boolean()),
    }),
  });
});

/** One thing that doesn't go with the rest, or goes with some of it. */
const slips: fc.Arbitrary<{ readonly [option: string]: unknown }> = fc.constantFrom<{ readonly [option: string]: unknown }>(
  { controlPlane: { replicas: 2, flavor } },
  { controlPlane: { replicas: 3, flavor, zones: ['az9'] } },
  { controlPlane: { replicas: 3, flavor, zones: ['az1', 'az1'] } },
  { workerPools: [{ name: 'Bad Name', replicas: 1, flavor }] },
  { workerPools: ['a', 'a'].map((name) => ({ name, replicas: 1, flavor })) },
  { workerPools: [{ name: 'control-plane', replicas: 1, flavor }] },
  { workerPools: [{ name: 'a', replicas: -1, flavor }] },
  { workerPools: [{ name: 'a', replicas: 1, flavor, volumes: [{ name: 'data', sizeGib: 5, mountPath: '/etc' }] }] },
  { workerPools: [{ name: 'a', replicas: 1, flavor, additionalPorts: [{ name: 'nic', networkId: 'net' }] }] },
  { workerPools: [{ name: 'a', replicas: 1, flavor, allowedAddressPairs: ['fd00:20::77'] }] },
  { workerPools: [{ name: 'a', replicas: 1, flavor, allowedAddressPairs: ['10.20.0.77'] }] },
  { api: ApiEndpoint.keepalived({ virtualAddress: '10.99.0.9' }) },
  { api: ApiEndpoint.keepalived({ virtualAddress: '10.20.0.9' }) },
  { api: ApiEndpoint.keepalived({ floatingIp: true }) },
  { api: ApiEndpoint.octavia({ floatingIp: true, allowedCidrs: ['198.51.100.0/24'] }) },
  { api: ApiEndpoint.octavia({ allowedCidrs: ['198.51.100.7/24'] }) },
  { nodeCidr: '10.244.0.0/24' },
  { nodeCidr: '192.168.0.0/28' },
  { nodeCidr: 'fd00:10:244::/64' },
  { secondaryNodeCidr: 'fd00:20::/80' },
  { secondaryNodeCidr: '10.21.0.0/16' },
  { podCidr: '10.20.128.0/17' },
  { podCidr: 'fd00:244::/32' },
  { serviceCidr: '10.0.0.0/8' },
  { secondaryPodCidr: '10.245.0.0/16' },
  { secondaryServiceCidr: 'fd00:97::/64' },
  { publicServiceCidrs: ['2001:db8::/32'] },
  { sshAllowedCidrs: ['198.51.100.9/32'] },
  { keyPairName: undefined },
  { bastion: { flavor, image, allowedCidrs: [] } },
);

const topologies = fc.tuple(sound, optional(slips, 2)).map(([{ cloud, props }, slip]) => ({ cloud, props: { ...props, ...slip } as typeof props }));

/** The stack as Terraform would read it, or the error that refuses it. */
function attempt({ cloud, props }: { cloud: object; props: object }): Block | StrataError {
  const app: App = Testing.app();
  const stack = new TerraformStack(app, 'test');
  new OpenstackProvider(stack, 'OpenStack', {});
  try {
    new K8sOnNova(stack, 'K8s', {
      cloud: cloudOf(stack, cloud),
      clusterName: 'prod',
      version: KubernetesVersion.V1_36,
      nodeImage: image,
      pki: ClusterPki.fromVariables(), // what is made has its own tests
      ...(props as Pick<K8sOnNovaProps, 'controlPlane' | 'workerPools' | 'cni' | 'api'>),
    });
    stack.prepareStack();
    return JSON.parse(JSON.stringify(stack.toTerraform()));
  } catch (error) {
    if (error instanceof StrataError) return error;
    throw error;
  }
}

const all = (json: Block, type: string): Block[] => Object.values(json.resource[`openstack_${type}`] ?? {});

function judge(json: Block): void {
  expect(checkAgainstSchemas(json)).toEqual([]);
  // names and addresses are nobody else's
  const servers = all(json, 'compute_instance_v2');
  for (const names of [servers.map(({ name }) => name), all(json, 'blockstorage_volume_v3').map(({ name }) => name)]) {
    expect(new Set(names).size).toBe(names.length);
  }
  const fixed = all(json, 'networking_port_v2').flatMap(({ fixed_ip }) => (fixed_ip ?? []).map((ip: Block) => ip.ip_address).filter(Boolean));
  expect(new Set(fixed).size).toBe(fixed.length);
  // every port is in each of the network's subnets, by the subnet of its family, and no server shares a port
  const subnets = Object.entries<Block>(json.resource.openstack_networking_subnet_v2);
  for (const [, { cidr, ip_version }] of subnets) expect(Cidr.of(cidr).family).toBe(`IPv${ip_version}`);
  const plugged = servers.flatMap(({ network }) => network.map(({ port }: Block) => port));
  expect(new Set(plugged).size).toBe(plugged.length);
  const families = subnets.map(([, { ip_version }]) => ip_version);
  expect(new Set(families).size).toBe(families.length);
  const own = all(json, 'networking_port_v2').filter(({ name }) => /^prod-(?!api).*-\d$/.test(name));
  for (const port of own) {
    expect(port.fixed_ip).toHaveLength(subnets.length);
    for (const { ip_address } of port.allowed_address_pairs ?? []) {
      if (!ip_address.includes('${')) expect(families).toContain(ip_address.includes(':') ? 6 : 4);
    }
  }
  // rules between groups pass in both directions (etcd, VRRP aside), are of their range's family, and none opens node ports to everybody unasked
  const rules = all(json, 'networking_secgroup_rule_v2').filter(({ direction }) => direction === 'ingress');
  const key = (rule: Block, group: string, source: string) =>
    [group, source, rule.ethertype, rule.protocol, rule.port_range_min, rule.port_range_max].join(' ');
  const between = new Set(rules.filter((rule) => rule.remote_group_id).map((rule) => key(rule, rule.security_group_id, rule.remote_group_id)));
  for (const rule of rules) {
    if (rule.remote_group_id) expect(between).toContain(key(rule, rule.remote_group_id, rule.security_group_id));
    const range: string | undefined = rule.remote_ip_prefix;
    if (range !== undefined && !range.includes('${')) expect(rule.ethertype).toBe(Cidr.of(range).family);
    expect(families).toContain(rule.ethertype === 'IPv6' ? 6 : 4);
  }
}

test(`${RUNS} topologies either hold together or are refused with a reason`, () => {
  let made = 0;
  const reasons = new Set<string>();
  fc.assert(
    fc.property(topologies, (topology) => {
      const result = attempt(topology);
      if (result instanceof StrataError) {
        expect(result.message).toMatch(/^test\/K8s|^(Cni|Encapsulation|Mtu|Cidr)/);
        reasons.add(result.finding.problem);
        return;
      }
      made++;
      judge(result);
      const world = all(result, 'networking_secgroup_rule_v2').filter(
        ({ direction, remote_ip_prefix, port_range_min }) =>
          direction === 'ingress' && /\/0$/.test(remote_ip_prefix ?? '') && port_range_min === 30000,
      );
      const asked = topology.props.publicServiceCidrs ?? [];
      for (const { remote_ip_prefix } of world) expect(asked).toContain(remote_ip_prefix);
      if (topology.cloud.loadBalancerProvider === LoadBalancerProvider.AMPHORA) expect(world).toEqual([]);
    }),
    { numRuns: RUNS },
  );
  // the instrument judges: neither all refused nor all taken
  expect(made).toBeGreaterThan(RUNS / 20);
  expect(reasons.size).toBeGreaterThan(Math.min(15, RUNS / 20));
}, 600_000);
