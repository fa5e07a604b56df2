import { TerraformVariable } from 'cdktf';
import fc from 'fast-check';
import { Cidr } from '../../../lib/core/cidr';
import { checkAllocationPools } from '../../../lib/openstack/foundation/allocation-pools';
import { ProviderNetwork, ProviderNetworkProps } from '../../../lib/openstack/foundation/provider-network';
import { NetworkingFloatingipV2 } from '../../../lib/providers/openstack/networking-floatingip-v2';
import { OpenstackProvider } from '../../../lib/providers/openstack/provider';
import { synthStack } from '../../support/synth';

const BASE: ProviderNetworkProps = {
  name: 'public',
  physicalNetwork: 'physnet1',
  cidr: '203.0.113.0/24',
  allocationPools: [{ start: '203.0.113.50', end: '203.0.113.200' }],
};
const synth = (props: Partial<ProviderNetworkProps> = {}) =>
  synthStack((stack) => {
    new OpenstackProvider(stack, 'OpenStack');
    const network = new ProviderNetwork(stack, 'External', { ...BASE, ...props });
    new NetworkingFloatingipV2(stack, 'Ip', { pool: network.networkName, dependsOn: network.ready });
  });

test('flat, external, closed to servers, without DHCP', () => {
  const stack = synth();
  const network = stack.resource('openstack_networking_network_v2');
  expect(network).toMatchObject({
    name: 'public',
    external: true,
    shared: false,
    segments: [{ network_type: 'flat', physical_network: 'physnet1' }],
  });
  expect(network.segments[0]).not.toHaveProperty('segmentation_id');
  const subnet = stack.resource('openstack_networking_subnet_v2');
  expect(subnet).toMatchObject({ cidr: '203.0.113.0/24', ip_version: 4, gateway_ip: '203.0.113.1', enable_dhcp: false });
  // the block that both versions of the provider know
  expect(subnet.allocation_pool).toEqual([{ start: '203.0.113.50', end: '203.0.113.200' }]);
  expect(subnet).not.toHaveProperty('allocation_pools');
});

test('a floating IP waits for the subnet', () => {
  expect(synth().resource('openstack_networking_floatingip_v2').depends_on.join()).toContain('openstack_networking_subnet_v2.');
});

test('VLAN, internal, IPv6', () => {
  const stack = synth({ vlanId: 100, external: false, cidr: 'fd00:1::/64', allocationPools: undefined, mtu: 9000 });
  expect(stack.resource('openstack_networking_network_v2')).toMatchObject({
    external: false,
    mtu: 9000,
    segments: [{ network_type: 'vlan', segmentation_id: 100 }],
  });
  expect(stack.resource('openstack_networking_subnet_v2')).toMatchObject({ ip_version: 6, gateway_ip: 'fd00:1::1', enable_dhcp: true });
});

test.each<[string, Partial<ProviderNetworkProps>, RegExp]>([
  ['no name', { name: '' }, /name must have 1 to 255 characters/],
  ['a physical network with a colon', { physicalNetwork: 'physnet1:br-ex' }, /physicalNetwork must be a name without/],
  ['VLAN 4095', { vlanId: 4095 }, /vlanId must be a whole number from 1 to 4094, got 4095/],
  ['an MTU under 1280', { mtu: 1000 }, /mtu must be a whole number of bytes from 1280/],
  ['host bits in the CIDR', { cidr: '203.0.113.5/24' }, /cidr has bits set beyond its prefix length/],
  ['a /31', { cidr: '203.0.113.0/31', allocationPools: undefined }, /cidr is too small/],
  ['a gateway elsewhere', { gatewayAddress: '198.51.100.1' }, /gatewayAddress is outside its network/],
  ['a pool elsewhere', { allocationPools: [{ start: '203.0.114.1', end: '203.0.114.9' }] }, /start of an allocation pool is outside its network/],
  [
    'a pool backwards',
    { allocationPools: [{ start: '203.0.113.9', end: '203.0.113.3' }] },
    /an allocation pool must not end before it starts, got "203\.0\.113\.9-203\.0\.113\.3"/,
  ],
  [
    'the gateway in a pool',
    { allocationPools: [{ start: '203.0.113.1', end: '203.0.113.3' }] },
    /an allocation pool holds the gateway 203\.0\.113\.1/,
  ],
  [
    'the broadcast address in a pool',
    { allocationPools: [{ start: '203.0.113.9', end: '203.0.113.255' }] },
    /an allocation pool holds 203\.0\.113\.255/,
  ],
  [
    'pools that overlap',
    {
      allocationPools: [
        { start: '203.0.113.20', end: '203.0.113.30' },
        { start: '203.0.113.10', end: '203.0.113.20' },
      ],
    },
    /allocation pools overlap: 203\.0\.113\.20-203\.0\.113\.30/,
  ],
  ['a name server that is none', { dnsNameservers: ['dns.example.com'] }, /dnsNameservers is not an IPv4 or IPv6 address/],
])('%s is an error', (_, props, message) => {
  expect(() => synth(props)).toThrow(message);
  expect(() => synth(props)).toThrow(/^test\/External: /);
});

test('references pass, a gateway is then asked for', () => {
  const make = (more: (text: string) => Partial<ProviderNetworkProps>) =>
    synthStack((stack) => {
      new OpenstackProvider(stack, 'OpenStack');
      const { stringValue, numberValue } = new TerraformVariable(stack, 'v', {});
      new ProviderNetwork(stack, 'External', { ...BASE, vlanId: numberValue, mtu: numberValue, cidr: stringValue, ...more(stringValue) });
    });
  expect(() => make(() => ({}))).toThrow('gatewayAddress must be given where cidr is a reference');
  const stack = make((text) => ({ gatewayAddress: text, allocationPools: [{ start: text, end: text }] }));
  expect(stack.resource('openstack_networking_subnet_v2')).toMatchObject({
    gateway_ip: '${var.v}',
    allocation_pool: [{ start: '${var.v}', end: '${var.v}' }],
  });
});

test('any two pools are refused exactly when they share an address', () => {
  const cidr = Cidr.of('10.0.0.0/24');
  const pool = fc
    .tuple(fc.integer({ min: 2, max: 254 }), fc.integer({ min: 2, max: 254 }))
    .map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) }));
  const text = ({ from, to }: { from: number; to: number }) => ({ start: `10.0.0.${from}`, end: `10.0.0.${to}` });
  fc.assert(
    fc.property(pool, pool, (a, b) => {
      const shared = a.from <= b.to && b.from <= a.to;
      const check = () => checkAllocationPools('x', [text(a), text(b)], cidr, '10.0.0.1');
      if (shared) expect(check).toThrow('overlap');
      else expect(check).not.toThrow();
    }),
  );
});
