import { ExternalNetwork, ExternalNetworkProps } from '../../../lib/openstack/foundation/external-network';
import { ProviderNetwork } from '../../../lib/openstack/foundation/provider-network';
import { SubnetPool, SubnetPoolProps } from '../../../lib/openstack/foundation/subnet-pool';
import { OpenstackProvider } from '../../../lib/providers/openstack/provider';
import { synthStack } from '../../support/synth';

const external = (props: Partial<ExternalNetworkProps> = {}) =>
  synthStack((stack) => {
    new OpenstackProvider(stack, 'OpenStack');
    new ExternalNetwork(stack, 'ExternalNetwork', { cidr: '203.0.113.0/24', ...props });
  });

const pool = (props: Partial<SubnetPoolProps> = {}) =>
  synthStack((stack) => {
    new OpenstackProvider(stack, 'OpenStack');
    new SubnetPool(stack, 'Pool', { name: 'tenants', prefixes: ['10.64.0.0/12'], ...props });
  });

describe('external network', () => {
  test('is a provider network by the same logical ids', () => {
    const bare = synthStack((stack) => {
      new OpenstackProvider(stack, 'OpenStack');
      new ProviderNetwork(stack, 'ExternalNetwork', { name: 'public', physicalNetwork: 'physnet1', cidr: '203.0.113.0/24' });
    });
    const ids = ({ json }: typeof bare) =>
      Object.entries<any>(json.resource).flatMap(([type, made]) => Object.keys(made).map((name) => `${type}.${name}`));
    expect(ids(external())).toEqual(ids(bare));
  });

  test('with IPv6 beside', () => {
    const stack = external({ ipv6Cidr: '2001:db8:1::/64', ipv6GatewayAddress: 'fe80::1' });
    const subnets = Object.values(stack.resources('openstack_networking_subnet_v2')).sort((a, b) => a.ip_version - b.ip_version);
    expect(subnets).toMatchObject([
      { ip_version: 4, gateway_ip: '203.0.113.1', enable_dhcp: false, name: 'public' },
      { ip_version: 6, gateway_ip: 'fe80::1', enable_dhcp: false, name: 'public-v6' },
    ]);
  });

  test('for some projects it is made external by their policies', () => {
    const stack = external({ projects: { prod: 'p1' } });
    expect(stack.resource('openstack_networking_network_v2')).not.toHaveProperty('external');
    expect(stack.resource('openstack_networking_rbac_policy_v2')).toMatchObject({
      action: 'access_as_external',
      object_type: 'network',
      target_tenant: 'p1',
    });
  });

  const reservedAddresses = { '203.0.113.10': 'the external virtual address', '203.0.113.150': 'host control-1', '10.0.0.1': 'somebody elsewhere' };
  test.each<[string, Partial<ExternalNetworkProps>, RegExp]>([
    [
      'a pool with a virtual address',
      { allocationPools: [{ start: '203.0.113.5', end: '203.0.113.100' }], reservedAddresses },
      /the allocation pool 203\.0\.113\.5-203\.0\.113\.100 holds the address of the external virtual address.*got "203\.0\.113\.10"/,
    ],
    [
      'no pools, and hosts in the network',
      { reservedAddresses },
      /Neutron gives away all of 203\.0\.113\.0\/24.*{ start: '203\.0\.113\.11', end: '203\.0\.113\.149' }/,
    ],
    ['IPv6 as the first', { cidr: '2001:db8::/64' }, /cidr must be IPv4/],
    ['IPv4 as the second', { ipv6Cidr: '198.51.100.0/24' }, /ipv6Cidr must be IPv6/],
    ['pools of what it has not', { ipv6AllocationPools: [] }, /need ipv6Cidr/],
    ['no project', { projects: {} }, /projects must name a project/],
    [
      'a pool with a host of IPv6',
      { ipv6Cidr: '2001:db8::/64', reservedAddresses: { '2001:db8::a': 'host control-1' } },
      /2001:db8::\/64.*{ start: '2001:db8::b', end: '2001:db8::ffff:ffff:ffff:fffe' }/,
    ],
  ])('%s is an error', (_, props, message) => expect(() => external(props)).toThrow(message));

  test('pools beside everything that somebody has', () => {
    external({
      reservedAddresses: { ...reservedAddresses, '203.0.113.1': 'the gateway' },
      allocationPools: [{ start: '203.0.113.11', end: '203.0.113.149' }],
    });
  });
});

test('a network for servers of some projects is shared with them', () => {
  const stack = synthStack((scope) => {
    new OpenstackProvider(scope, 'OpenStack');
    const network = { name: 'storage', physicalNetwork: 'physnet2', vlanId: 40, cidr: '198.51.100.0/24', external: false, projects: { prod: 'p1' } };
    new ProviderNetwork(scope, 'Storage', { ...network, subnetPoolId: 'pool' });
    expect(() => new ProviderNetwork(scope, 'Both', { ...network, shared: true })).toThrow(/shared is for every project/);
    scope.node.tryRemoveChild('Both');
  });
  expect(stack.resource('openstack_networking_rbac_policy_v2')).toMatchObject({ action: 'access_as_shared', target_tenant: 'p1' });
  expect(stack.resource('openstack_networking_network_v2')).toMatchObject({ external: false, shared: false });
  expect(stack.resource('openstack_networking_subnet_v2')).toMatchObject({ subnetpool_id: 'pool', cidr: '198.51.100.0/24' });
});

describe('subnet pool', () => {
  test('lengths by family', () => {
    expect(pool().resource('openstack_networking_subnetpool_v2')).toMatchObject({
      min_prefixlen: 12,
      default_prefixlen: 24,
      max_prefixlen: 28,
      shared: false,
      is_default: false,
    });
    expect(pool({ prefixes: ['2001:db8::/48'] }).resource('openstack_networking_subnetpool_v2')).toMatchObject({
      min_prefixlen: 48,
      default_prefixlen: 64,
      max_prefixlen: 64,
    });
  });

  test('another prefix leaves the lengths as they are', () => {
    const { min_prefixlen } = pool({ prefixes: ['10.64.0.0/12', '10.100.0.0/16'] }).resource('openstack_networking_subnetpool_v2');
    expect(min_prefixlen).toBe(12);
  });

  test("prefixes are in Neutron's order", () => {
    const prefixes = ['10.64.0.0/12', '10.112.0.0/12'];
    expect(pool({ prefixes }).resource('openstack_networking_subnetpool_v2').prefixes).toEqual(['10.112.0.0/12', '10.64.0.0/12']);
  });

  test('whoever gets the pool gets its scope before', () => {
    const policies = Object.values(pool({ addressScopeName: 'scope', projects: { prod: 'p1' } }).resources('openstack_networking_rbac_policy_v2'));
    const ofPool = policies.find(({ object_type }) => object_type === 'subnetpool')!;
    expect(policies.map(({ object_type }) => object_type).sort()).toEqual(['address_scope', 'subnetpool']);
    expect(ofPool.depends_on).toEqual([expect.stringContaining('openstack_networking_rbac_policy_v2.Pool_ScopeAccess-prod')]);
  });

  test.each<[string, Partial<SubnetPoolProps>, RegExp]>([
    ['no prefix', { prefixes: [] }, /prefixes must not be empty/],
    ['two families', { prefixes: ['10.0.0.0/8', 'fd00::/8'] }, /of one family/],
    ['one in the other', { prefixes: ['10.0.0.0/8', '10.1.0.0/16'] }, /must not overlap/],
    ['two halves', { prefixes: ['10.0.0.0/9', '10.128.0.0/9'] }, /halves of a larger one.*a \/8/],
    ['two halves of IPv6', { prefixes: ['fd00::/9', 'fd80::/9'] }, /halves of a larger one.*a \/8/],
    ['lengths that descend', { defaultPrefixLength: 30 }, /must ascend/],
    ['a prefix without room', { prefixes: ['10.0.0.0/8', '192.168.0.0/30'], minPrefixLength: 24 }, /smaller than the smallest subnet/],
    ['for all and for some', { shared: true, projects: { a: 'b' } }, /shared is for every project/],
  ])('%s is an error', (_, props, message) => expect(() => pool(props)).toThrow(message));
});
