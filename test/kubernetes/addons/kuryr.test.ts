import { ClusterOptions, helmValues, local, releaseOf, synthOn } from './cluster';
import { CiliumRouting, Cni, KuryrOptions } from '../../../lib/contracts/cni';
import { LoadBalancerProvider } from '../../../lib/contracts/openstack-cloud';
import { Kuryr } from '../../../lib/kubernetes/addons/kuryr/kuryr';
import { osloConf } from '../../../lib/kubernetes/addons/kuryr/kuryr-conf';
import { CloudController, OpenStackCloudController } from '../../../lib/kubernetes/addons/openstack-cloud-controller/openstack-cloud-controller';
import { PodNetwork } from '../../../lib/kubernetes/addons/pod-network/pod-network';
import { OpenstackProvider } from '../../../lib/providers/openstack/provider';
import { literalsOf } from '../../support/expressions';
import { Block, Synthesised } from '../../support/synth';

const images = { controllerImage: 'registry.example.com/kuryr/controller:10.0.0', cniImage: 'registry.example.com/kuryr/cni:10.0.0' };
const kuryr = (options: Partial<KuryrOptions> = {}) => Cni.kuryr({ acknowledgeRetired: true, ...images, ...options });

function synth(options: ClusterOptions & { kuryr?: Partial<KuryrOptions> } = {}): Synthesised {
  return synthOn({ cni: kuryr(options.kuryr), podMtu: 1442, trunkPorts: true, routed: true, ...options }, (stack, cluster) => {
    new OpenstackProvider(stack, 'OpenStack', { cloud: 'prod' });
    new PodNetwork(stack, 'PodNetwork', { cluster });
  });
}

/** The objects of a release that is made of objects. */
function objectsOf(stack: Synthesised, name: string): Block[] {
  const release = Object.values(stack.resources('helm_release')).find((one) => one.name === name)!;
  const { objects } = JSON.parse(literalsOf(local(stack, release.values[0])));
  return objects.map((text: string) => JSON.parse(text));
}

describe('in OpenStack', () => {
  const stack = synth();

  test('pods have a pool, Services half of a subnet', () => {
    expect(stack.resource('openstack_networking_subnetpool_v2')).toMatchObject({
      name: 'prod-pods',
      prefixes: ['10.244.0.0/16'],
      default_prefixlen: 24,
    });
    const subnets = Object.values(stack.resources('openstack_networking_subnet_v2'));
    expect(subnets).toEqual([
      expect.objectContaining({ name: 'prod-pods', prefix_length: 24, enable_dhcp: false }),
      expect.objectContaining({
        name: 'prod-services',
        cidr: '10.96.0.0/11',
        gateway_ip: '10.127.255.254',
        allocation_pool: [{ start: '10.112.0.1', end: '10.127.255.253' }],
      }),
    ]);
    expect(Object.keys(stack.resources('openstack_networking_router_interface_v2'))).toHaveLength(2);
    for (const network of Object.values(stack.resources('openstack_networking_network_v2'))) {
      expect(network).toMatchObject({ mtu: 1442, tags: ['kubernetes-cluster=prod'] });
    }
  });

  test('the Service `kubernetes` is a load balancer before the API servers', () => {
    expect(stack.resource('openstack_lb_loadbalancer_v2')).toMatchObject({ vip_address: '10.96.0.1', loadbalancer_provider: 'amphora' });
    expect(stack.resource('openstack_lb_listener_v2')).toMatchObject({ protocol: 'TCP', protocol_port: 443 });
    expect(stack.resource('openstack_lb_members_v2').member).toEqual([
      { name: 'control-plane-0', address: '10.20.0.11', protocol_port: 6443 },
      { name: 'control-plane-1', address: '10.20.0.12', protocol_port: 6443 },
    ]);
    const ovn = synth({ provider: LoadBalancerProvider.OVN });
    expect(ovn.resource('openstack_lb_pool_v2').lb_method).toBe('SOURCE_IP_PORT');
    expect(ovn.resource('openstack_lb_members_v2').member[0].subnet_id).toMatch(/SubnetId/);
    expect(ovn.resource('openstack_lb_listener_v2')).not.toHaveProperty('timeout_client_data');
  });

  test('pods let in pods, load balancers and nodes, and nobody else', () => {
    const rules = Object.values(stack.resources('openstack_networking_secgroup_rule_v2'));
    expect(
      rules
        .filter(({ direction }) => direction === 'ingress')
        .map(({ remote_ip_prefix }) => remote_ip_prefix)
        .sort(),
    ).toEqual([expect.stringMatching(/^\$\{data\.openstack_networking_subnet_v2\..*\.cidr\}$/), '10.244.0.0/16', '10.96.0.0/11']);
    expect(stack.resource('openstack_networking_secgroup_v2').delete_default_rules).toBe(true);
  });

  test("what Kuryr's controller made goes after the controller, and before what is Terraform's", () => {
    const [[name, sweep]] = Object.entries(stack.resources('terraform_data')).filter(([id]) => id.includes('Sweep'));
    expect(sweep.input).toMatchObject({ cluster: 'prod', kuryr: 'only' });
    expect(sweep.depends_on).toEqual(expect.arrayContaining([expect.stringMatching(/members/), expect.stringMatching(/router_interface/)]));
    const release = Object.values(stack.resources('helm_release')).find((each) => each.name === 'kuryr')!;
    expect(release.depends_on).toContain(`terraform_data.${name}`);
  });

  test('the plan refuses limits that are too low, with the number that is needed', () => {
    const { precondition } = stack.resource('openstack_networking_subnetpool_v2').lifecycle;
    expect(precondition.map(({ error_message }: Block) => /needs up to (\d+) ([a-z ]+) \(/.exec(error_message)!.slice(1))).toEqual([
      ['376', 'ports'],
      ['22', 'networks'],
      ['22', 'subnets'],
      ['21', 'security groups'],
    ]);
  });
});

describe('in Kubernetes', () => {
  const stack = synth({ caCertificatePem: '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n' });
  const objects = objectsOf(stack, 'kuryr');
  const named = (kind: string, name: string) => objects.find((object) => object.kind === kind && object.metadata.name === name)!;

  test('definitions stay when the add-on goes', () => {
    const definitions = objectsOf(stack, 'kuryr-crds');
    expect(definitions.map(({ metadata }) => metadata.name)).toEqual([
      'kuryrnetworks.openstack.org',
      'kuryrports.openstack.org',
      'kuryrloadbalancers.openstack.org',
      'kuryrnetworkpolicies.openstack.org',
    ]);
    for (const { metadata } of definitions) expect(metadata.annotations).toEqual({ 'helm.sh/resource-policy': 'keep' });
  });

  test('the credential is in a Secret that the controller alone has', () => {
    const secret = stack.resource('kubernetes_secret_v1');
    expect(Object.keys(secret.data).sort()).toEqual(['ca.crt', 'neutron-credential.conf']);
    expect(local(stack, secret.data['neutron-credential.conf'])).toMatch(
      /auth_type = v3applicationcredential\n.*application_credential_secret = \$\{replace\(var\..*, "\$", "\$\$"\)\}\ncafile = \/etc\/kuryr-ca\/ca\.crt/s,
    );
    expect(JSON.stringify(named('Deployment', 'kuryr-controller'))).toContain('kuryr-credential');
    expect(JSON.stringify(named('DaemonSet', 'kuryr-cni'))).not.toContain('kuryr-credential');
    expect(JSON.stringify(named('ConfigMap', 'kuryr-config'))).not.toContain('application_credential');
  });

  test('the controller is no root and may do nothing beyond its watch', () => {
    const { spec } = named('Deployment', 'kuryr-controller').spec.template;
    expect(spec.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    expect(spec.containers[0].securityContext).toEqual({ allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } });
    const { rules } = named('ClusterRole', 'kuryr-controller');
    expect(JSON.stringify(rules)).not.toContain('*');
    expect(rules.flatMap(({ resources }: Block) => resources)).not.toContain('secrets');
  });

  test('kuryr.conf says what nested VLANs need', () => {
    const conf = Object.values(stack.json.locals as Record<string, string>).find((text) => text.includes('[pod_vif_nested]'))!;
    for (const line of [
      'pod_vif_driver = nested-vlan',
      'pod_subnets_driver = namespace',
      'network_device_mtu = 1442',
      'resource_tags = kuryr=prod',
      'member_mode = L3',
      'link_iface = ens3',
      'api_root = https://203.0.113.60:6443',
    ]) {
      expect(conf).toContain(`\n${line}\n`);
    }
  });
});

describe('errors', () => {
  test.each<[string, ClusterOptions & { kuryr?: Partial<KuryrOptions> }, RegExp]>([
    ['nodes without trunks', { trunkPorts: false, imported: false }, /Kuryr needs a trunk ports, .*make the nodes with trunk ports/],
    ['a router that nobody knows', { routed: false }, /the cluster doesn't tell the router of its nodes; give routerId/],
    ['an interface that is none', { kuryr: { linkInterface: 'eth 0' } }, /linkInterface must be the name of an interface, got "eth 0"/],
    [
      'namespaces larger than the pool',
      { podCidr: '10.244.0.0/24', kuryr: { namespacePrefixLength: 22 } },
      /podCidr has no room for a namespace's \/22/,
    ],
    ["nodes on a network smaller than the cloud's default", { podMtu: 1400 }, /carries less than the 1442 bytes.*got 1400/],
    ['no pods', { kuryr: { capacity: { pods: 0, services: 1, namespaces: 1 } } }, /capacity\.pods must be a whole number from 1, got 0/],
    ['pods on IPv6', { secondaryPodCidr: 'fd00:10:244::/48' }, /Kuryr gives pods addresses of IPv4 alone/],
    ['a cluster for another', { cni: Cni.cilium() }, /made for another pod network.*got "cilium"/],
  ])('%s', (_, options, message) => {
    const other = options.cni !== undefined;
    const build = () => (other ? synthOn({ ...options }, (stack, cluster) => new Kuryr(stack, 'Kuryr', { cluster })) : synth(options));
    expect(build).toThrow(message);
  });
});

test('the cloud controller leaves Services to Kuryr, and routes to nobody else', () => {
  const ccm = (cni: Cni, controllers?: CloudController[]) => {
    const stack = synthOn({ cni, podMtu: 1442 }, (scope, cluster) => new OpenStackCloudController(scope, 'Ccm', { cluster, controllers }));
    return helmValues(stack, releaseOf(stack, 'openstack-cloud-controller-manager')).enabledControllers;
  };
  expect(ccm(kuryr())).toEqual(['cloud-node', 'cloud-node-lifecycle']);
  expect(() => ccm(kuryr(), [CloudController.CLOUD_NODE, CloudController.SERVICE])).toThrow(/must not include SERVICE: Kuryr makes/);
  expect(() => ccm(Cni.cilium({ routing: CiliumRouting.NATIVE_NEUTRON_ROUTES }), [CloudController.CLOUD_NODE])).toThrow(
    /controllers must include ROUTE/,
  );
});

test('a value of oslo.config is one line, and its dollars are doubled', () => {
  expect(osloConf('test', [{ name: 'a', values: { b: 'x$y', c: ['1', '2'], d: undefined, e: false } }])).toBe('[a]\nb = x$$y\nc = 1,2\ne = false\n');
  expect(() => osloConf('test', [{ name: 'a', values: { b: 'x\n[other]' } }])).toThrow(/test: a\.b must be one line/);
});
