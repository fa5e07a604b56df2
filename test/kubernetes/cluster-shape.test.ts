import { App, TerraformStack, Testing } from 'cdktf';
import { clusterIn, cloudOf } from './cluster-fixture';
import { CalicoEncapsulation, CiliumRouting, Cni } from '../../lib/contracts/cni';
import { NodeFlavor } from '../../lib/contracts/node-flavor';
import { NodeImage } from '../../lib/contracts/node-image';
import { ApiEndpoint } from '../../lib/kubernetes/api-endpoint';
import { K8sOnNovaProps } from '../../lib/kubernetes/k8s-on-nova';
import { ClusterNetwork } from '../../lib/nova/cluster-network';
import { Ipv6AddressMode } from '../../lib/nova/ipv6-address-mode';
import { NodeSecurityGroups } from '../../lib/nova/node-security-groups';
import { Block, Synthesised, synthStack } from '../support/synth';

const synth = (props: Partial<K8sOnNovaProps> = {}) => synthStack((stack) => void clusterIn(stack, props));
const local = (stack: Synthesised, beginning: string) =>
  Object.entries(stack.json.locals as Record<string, string>).find(([name]) => name.startsWith(beginning))![1];
const controlPlaneConfig = (stack: Synthesised) => local(stack, 'K8s_ControlPlane_CloudConfig_Text');
const all = (stack: Synthesised, type: string): Block[] => Object.values(stack.resources(`openstack_${type}`));
const nodePorts = (stack: Synthesised) => all(stack, 'networking_port_v2').filter(({ name }) => /^prod-(control-plane|general)-\d$/.test(name));

describe('both IP families', () => {
  const stack = synth({ secondaryNodeCidr: 'fd00:20::/64', cni: Cni.cilium({ routing: CiliumRouting.NATIVE_ADDRESS_PAIRS }) });

  test('pods and services have the usual ranges of both, and kubeadm is told so', () => {
    const text = controlPlaneConfig(stack);
    expect(text).toContain('podSubnet: 10.244.0.0/16,fd00:10:244::/48');
    expect(text).toContain('serviceSubnet: 10.96.0.0/12,fd00:10:96::/112');
    expect(text).toContain('STRATA_DUAL_STACK="yes"');
    expect(local(stack, 'K8s_workers-general-cloud-config_Text')).toContain('STRATA_DUAL_STACK="yes"');
  });

  test('every port has an address in both subnets, and lets through the pods of both', () => {
    for (const port of nodePorts(stack)) {
      expect(port.fixed_ip).toHaveLength(2);
      expect(port.allowed_address_pairs).toEqual([{ ip_address: '10.244.0.0/16' }, { ip_address: 'fd00:10:244::/48' }]);
    }
  });

  test('the larger header of the two counts for the pods MTU', () => {
    const mtus: number[] = [];
    synthStack((scope) => void mtus.push(clusterIn(scope, { secondaryNodeCidr: 'fd00:20::/64' }).podMtu));
    expect(mtus).toEqual([1372]);
  });
});

describe('IPv6 alone', () => {
  const stack = synth({
    nodeCidr: 'fd00:20::/64',
    ipv6AddressMode: Ipv6AddressMode.SLAAC,
    ipv6SubnetPoolId: 'pool',
    api: ApiEndpoint.octavia({ allowedCidrs: ['2001:db8::/32'] }),
    publicServiceCidrs: ['2001:db8::/32'],
  });

  test('has ranges, rules and an URL of that family, and config drives, for there is no metadata service', () => {
    expect(controlPlaneConfig(stack)).toContain('podSubnet: fd00:10:244::/48');
    expect(local(stack, 'K8s_Kubeconfig')).toMatch(/server: "https:\/\/\[\$\{.*\}\]:6443"|server: "\$\{terraform_data/);
    for (const server of all(stack, 'compute_instance_v2')) expect(server.config_drive).toBe(true);
    for (const { direction, ethertype } of all(stack, 'networking_secgroup_rule_v2')) if (direction === 'ingress') expect(ethertype).toBe('IPv6');
    expect(all(stack, 'networking_subnet_v2')).toMatchObject([{ ip_version: 6, ipv6_ra_mode: 'slaac', subnetpool_id: 'pool' }]);
  });

  test('IPIP has no IPv6', () => {
    const cni = Cni.calico({ encapsulation: CalicoEncapsulation.IPIP });
    expect(() => synth({ nodeCidr: 'fd00:20::/64', api: ApiEndpoint.octavia(), cni })).toThrow(/IPIP needs an IPv4 underlay/);
  });
});

describe('without Octavia', () => {
  const stack = synth({ api: ApiEndpoint.keepalived({ floatingIp: true, allowedCidrs: ['198.51.100.0/24'], virtualAddress: '10.20.0.9' }) });

  test('the address is a port of its own, and only control planes may send from it', () => {
    expect(all(stack, 'lb_loadbalancer_v2')).toEqual([]);
    const vip = all(stack, 'networking_port_v2').find(({ name }) => name === 'prod-api')!;
    expect(vip.fixed_ip).toEqual([{ ip_address: '10.20.0.9', subnet_id: expect.any(String) }]);
    const pairs = all(stack, 'networking_port_v2').map(({ name, allowed_address_pairs }) => [name, (allowed_address_pairs ?? []).length]);
    expect(pairs.filter(([, count]) => count === 1).map(([name]) => name)).toEqual([0, 1, 2].map((i) => `prod-control-plane-${i}`));
  });

  test('control planes get keepalived, workers do not; who may use the API is a rule', () => {
    expect(controlPlaneConfig(stack)).toContain('STRATA_VRID="51"');
    expect(controlPlaneConfig(stack)).not.toContain('STRATA_TAKEOVER=');
    expect(controlPlaneConfig(synth({ api: ApiEndpoint.keepalived({ takeoverSeconds: 60 }) }))).toContain('STRATA_TAKEOVER="60"');
    expect(local(stack, 'K8s_workers-general-cloud-config_Text')).not.toContain('strata-vip');
    const rules = all(stack, 'networking_secgroup_rule_v2');
    expect(rules).toContainEqual(expect.objectContaining({ protocol: '112', direction: 'ingress' }));
    expect(rules).toContainEqual(expect.objectContaining({ port_range_min: 6443, remote_ip_prefix: '198.51.100.0/24' }));
  });
});

describe('access for the worst day', () => {
  test('a bastion has a group of its own, and nodes let in SSH from its address alone, only while it is there', () => {
    const bastion = { flavor: NodeFlavor.named('tiny'), image: NodeImage.byName('debian'), allowedCidrs: ['198.51.100.0/24'] };
    const ssh = (stack: Synthesised) =>
      all(stack, 'networking_secgroup_rule_v2').filter(({ direction, port_range_min }) => direction === 'ingress' && port_range_min === 22);
    const stack = synth({ sshPublicKey: 'ssh-ed25519 AAAAC3NzaC1lZDI1 me', bastion });
    expect(
      ssh(stack)
        .map(({ remote_ip_prefix }) => remote_ip_prefix)
        .sort(),
    ).toEqual([expect.stringMatching(/^\$\{format\("%s\/32"/), expect.stringMatching(/^\$\{format\("%s\/32"/), '198.51.100.0/24']);
    for (const server of all(stack, 'compute_instance_v2')) expect(server.key_pair).toMatch(/openstack_compute_keypair_v2/);
    expect(ssh(synth({ keyPairName: 'ops' }))).toEqual([]);
    expect(() => synth({ bastion })).toThrow(/a bastion without a key pair would let nobody in; give keyPairName or sshPublicKey/);
    expect(() => synth({ sshPublicKey: 'my key' })).toThrow(/sshPublicKey must be one public key/);
    expect(() => synth({ sshPublicKey: 'ssh-ed25519 AAAA', keyPairName: 'ops' })).toThrow(/sshPublicKey and keyPairName exclude each other/);
  });

  test('nodes of both families let a bastion in by either of its addresses, each in a rule of its family', () => {
    const bastion = { flavor: NodeFlavor.named('tiny'), image: NodeImage.byName('debian'), allowedCidrs: ['198.51.100.0/24'] };
    const stack = synth({ keyPairName: 'ops', bastion, secondaryNodeCidr: 'fd00:20::/64' });
    const ssh = all(stack, 'networking_secgroup_rule_v2').filter(
      ({ direction, port_range_min, remote_ip_prefix }) => direction === 'ingress' && port_range_min === 22 && remote_ip_prefix.includes('${'),
    );
    expect(ssh).toHaveLength(4);
    // Which of the two an address is, Terraform sees when the port is made.
    for (const { ethertype, remote_ip_prefix: range } of ssh) {
      expect(ethertype).toBe(`\${strcontains(${range.slice(2, -1)}, ":") ? "IPv6" : "IPv4"}`);
    }
  });

  test('somebody else who may log in is one more rule, and the rules for the bastion stay', () => {
    const bastion = { flavor: NodeFlavor.named('tiny'), image: NodeImage.byName('debian'), allowedCidrs: ['198.51.100.0/24'] };
    const names = (sshAllowedCidrs?: string[]) =>
      Object.keys(synth({ keyPairName: 'ops', bastion, sshAllowedCidrs }).resources('openstack_networking_secgroup_rule_v2'));
    expect(names(['198.51.100.22/32'])).toEqual(expect.arrayContaining(names()));
  });

  test('another key is another pair, which comes before the former one goes', () => {
    const pair = (sshPublicKey: string) => all(synth({ sshPublicKey }), 'compute_keypair_v2')[0];
    const [one, same, other] = ['ssh-ed25519 AAAA me', 'ssh-ed25519 AAAA somebody', 'ssh-ed25519 BBBB me'].map(pair);
    expect(one).toMatchObject({ name: expect.stringMatching(/^prod-[0-9a-f]{8}$/), lifecycle: { create_before_destroy: true } });
    expect([same.name === one.name, other.name === one.name]).toEqual([true, false]);
  });

  test('pools and the control plane have more cloud-config than the cluster, and pools metadata of theirs', () => {
    const stack = synth({
      cloudInit: { runcmd: [['of-all-nodes']] },
      controlPlane: { replicas: 1, flavor: NodeFlavor.named('a'), cloudInit: { runcmd: [['only-of-slots']] } },
      workerPools: [
        { name: 'dpdk', replicas: 1, flavor: NodeFlavor.named('a'), cloudInit: { bootcmd: [['only-of-dpdk']] }, metadata: { owner: 'ran' } },
      ],
    });
    const texts = Object.values(stack.json.locals as Record<string, string>).map(String);
    const has = (...words: string[]) => texts.some((text) => words.every((word) => text.includes(word)));
    expect([has('of-all-nodes', 'only-of-slots'), has('of-all-nodes', 'only-of-dpdk')]).toEqual([true, true]);
    expect(has('only-of-slots', 'only-of-dpdk')).toBe(false);
    const [, worker] = all(stack, 'compute_instance_v2');
    expect(worker.metadata).toMatchObject({ owner: 'ran', 'kubernetes-version': expect.anything() });
  });

  test('nodes without any key are warned of', () => {
    const warnings = (props: Partial<K8sOnNovaProps>) => {
      const app: App = Testing.app();
      const cluster = clusterIn(new TerraformStack(app, 'test'), props);
      return cluster.node.metadata.filter(({ data }) => /without a key pair/.test(String(data))).length;
    };
    const others: Partial<K8sOnNovaProps>[] = [
      { keyPairName: 'ops' },
      { cloudInit: { ssh_authorized_keys: ['ssh-ed25519 A'] } },
      { nodeOptions: { sshTrustedUserCaKeys: ['ssh-ed25519 AAAA'] } },
    ];
    expect([warnings({}), ...others.map(warnings)]).toEqual([1, 0, 0, 0]);
    const [flavor, withCa] = [NodeFlavor.named('m1.large'), { sshTrustedUserCaKeys: ['ssh-ed25519 AAAA'] }];
    const pool = { name: 'general', replicas: 1, flavor };
    // each kind of node for itself: what one has is no way to the others
    expect(warnings({ controlPlane: { replicas: 3, flavor, nodeOptions: withCa }, workerPools: [pool] })).toBe(1);
    expect(warnings({ controlPlane: { replicas: 3, flavor, nodeOptions: withCa }, workerPools: [{ ...pool, nodeOptions: withCa }] })).toBe(0);
    expect(warnings({ nodeOptions: withCa, workerPools: [{ ...pool, nodeOptions: { sshTrustedUserCaKeys: [] } }] })).toBe(1);
  });
});

describe('what is there already', () => {
  test('a network and security groups are adopted, each for itself', () => {
    const stack = synthStack((scope) => {
      clusterIn(scope, {
        network: ClusterNetwork.fromNetworkAttributes(scope, 'Shared', {
          cloud: cloudOf(scope),
          networkName: 'shared',
          cidr: '10.20.0.0/16',
          secondaryCidr: 'fd00:20::/64',
        }),
        securityGroups: NodeSecurityGroups.fromGroupIds(scope, 'Groups', { controlPlaneGroupId: 'cp', workerGroupId: 'w' }),
      });
    });
    for (const type of ['networking_network_v2', 'networking_subnet_v2', 'networking_router_v2', 'networking_secgroup_v2']) {
      expect(all(stack, type)).toEqual([]);
    }
    expect(nodePorts(stack).map(({ security_group_ids }) => security_group_ids[0])).toEqual(['cp', 'cp', 'cp', 'w', 'w']);
    // its subnet is looked up; another one, with the same range, would be refused
    const [subnet] = Object.keys(stack.data('openstack_networking_subnet_v2')).filter((name) => !name.includes('Secondary'));
    const [settled] = Object.values(stack.resources('terraform_data')).filter(({ input }) => input?.nodeCidr);
    expect(settled.input).toMatchObject({ network: 'given', subnetId: `\${data.openstack_networking_subnet_v2.${subnet}.id}` });
    const conditions = Object.values(stack.resources('terraform_data')).flatMap(({ lifecycle }) => lifecycle?.precondition ?? []);
    const [rule] = conditions.filter(({ error_message }) => error_message.includes(': subnetId was settled as'));
    expect(rule.condition).toMatch(new RegExp(`, (data.openstack_networking_subnet_v2.${subnet}.id)\\) == \\1\\}$`));
    expect(rule.error_message).toContain(`and would become \${data.openstack_networking_subnet_v2.${subnet}.id}`);
  });
});

test('the name of the API is made in Designate on request', () => {
  const stack = synth({
    api: ApiEndpoint.octavia({ floatingIp: true, allowedCidrs: ['198.51.100.0/24'], dnsName: 'k8s.example.com', dnsZone: { name: 'example.com' } }),
  });
  expect(all(stack, 'dns_recordset_v2')).toMatchObject([
    { name: 'k8s.example.com.', type: 'A', records: [expect.stringContaining('networking_floatingip_v2')] },
  ]);
});

test.each<[string, Partial<K8sOnNovaProps>, RegExp]>([
  [
    'services of another family than nodes',
    { serviceCidr: 'fd00::/112' },
    /serviceCidr must be IPv4, as the nodes' first subnet is, got "fd00::\/112"/,
  ],
  [
    'a second range of pods without second addresses',
    { secondaryPodCidr: 'fd00::/56' },
    /secondaryPodCidr is given, and the nodes have addresses of IPv4 alone/,
  ],
  [
    'too many services',
    { secondaryNodeCidr: 'fd00:20::/64', secondaryServiceCidr: 'fd00:96::/64' },
    /secondaryServiceCidr must have a prefix length from 108 to 124/,
  ],
  [
    'pods in the nodes range',
    { secondaryNodeCidr: 'fd00:20::/64', secondaryPodCidr: 'fd00:20::/56' },
    /second cidr of the network overlaps secondaryPodCidr/,
  ],
  ['a record without a name', { api: ApiEndpoint.octavia({ dnsZone: { name: 'example.com' } }) }, /api.dnsZone is given, and no api.dnsName/],
  ['a virtual address outside', { api: ApiEndpoint.keepalived({ virtualAddress: '10.21.0.9' }) }, /address is outside its network/],
  [
    'a VRRP router of a strange number',
    { api: ApiEndpoint.keepalived({ virtualRouterId: 0 }) },
    /api.virtualRouterId must be a whole number from 1 to 255/,
  ],
  [
    'an address that moves at once',
    { api: ApiEndpoint.keepalived({ takeoverSeconds: 3 }) },
    /api.takeoverSeconds must be a whole number from 10 to 300/,
  ],
  ['an open address for nobody', { api: ApiEndpoint.keepalived({ floatingIp: true }) }, /api.floatingIp without allowedCidrs would be of no use/],
])('mistakes are told at synth: %s', (_, props, message) => expect(() => synth(props)).toThrow(message));
