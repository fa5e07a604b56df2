import { TerraformVariable } from 'cdktf';
import * as fc from 'fast-check';
import { port, synth } from './support';
import { Cidr } from '../../lib/core/cidr';
import { DataVolume } from '../../lib/nova/data-volume';

test('a port has its groups, one address in the network’s subnet, and its tags', () => {
  const stack = synth((ground) =>
    port(ground, 'cp-0', { securityGroupIds: ['a', 'b'], fixedAddress: '10.20.0.5', tags: ['generation=1'], allowedAddressPairs: ['10.244.0.0/16'] }),
  );
  expect(stack.resource('openstack_networking_port_v2')).toMatchObject({
    name: 'cp-0',
    security_group_ids: ['a', 'b'],
    fixed_ip: [{ ip_address: '10.20.0.5', subnet_id: expect.stringContaining('openstack_networking_subnet_v2') }],
    allowed_address_pairs: [{ ip_address: '10.244.0.0/16' }],
    tags: ['generation=1'],
  });
});

test.each([
  [{ securityGroupIds: [] }, /cp-0-port: securityGroupIds must not be empty: the port would get the default group of the project/],
  [
    { fixedAddress: '10.21.0.5' },
    /cp-0-port: fixedAddress is outside its network 10.20.0.0\/16, got "10.21.0.5"; use one from 10.20.0.0 to 10.20.255.255/,
  ],
  [{ fixedAddress: 'fd00::5' }, /fixedAddress is outside its network/],
  [{ fixedAddress: '10.20.0.5/32' }, /fixedAddress is not an IPv4 or IPv6 address, got "10.20.0.5\/32"/],
  [{ fixedAddress: '10.20.0.256' }, /fixedAddress is not an IPv4 or IPv6 address/],
  [{ allowedAddressPairs: ['fd00::/64'] }, /allowedAddressPairs must be of the network's family, IPv4, got "fd00::\/64"/],
  [{ allowedAddressPairs: ['pods'] }, /allowedAddressPairs is not an IPv4 or IPv6/],
  [{ fixedAddress: '10.20.0.5', createBeforeDestroy: true }, /createBeforeDestroy and fixedAddress exclude each other/],
  [{ name: ' cp' }, /name must have 1 to 255 characters and no blanks around them, got " cp"/],
  [{ tags: ['a,b'] }, /tags must have 1 to 60 characters, without "\/" and ",", got "a,b"/],
  [{ tags: ['a', 'a'] }, /tag must be unique, got "a"/],
])('bad input: %j', (props, message) => {
  expect(() => synth((ground) => port(ground, 'cp-0', props))).toThrow(message);
});

test('addresses that are references reach Terraform', () => {
  const stack = synth((ground) => {
    const address = new TerraformVariable(ground.stack, 'address', { type: 'string' }).stringValue;
    port(ground, 'cp-0', { fixedAddress: address, allowedAddressPairs: [address] });
  });
  expect(stack.resource('openstack_networking_port_v2').fixed_ip[0].ip_address).toBe('${var.address}');
  expect(stack.resource('openstack_networking_port_v2').allowed_address_pairs).toEqual([{ ip_address: '${var.address}' }]);
});

test('whatever the network: its addresses are taken, those of the other family and those outside are refused', () => {
  const networks = fc.constantFrom('10.20.0.0/16', '192.168.3.0/28', 'fd00:20::/64', '2001:db8::/120');
  fc.assert(
    fc.property(networks, networks, fc.integer({ min: 1, max: 14 }), (cidr, other, index) => {
      const build = () => synth((ground) => port(ground, 'cp-0', { fixedAddress: Cidr.of(other).addressAt(index) }), { network: { cidr } });
      if (cidr === other) expect(build).not.toThrow();
      else expect(build).toThrow(/fixedAddress is outside its network/);
    }),
    { numRuns: 40 },
  );
});

test.each(['192.168.3.0', '192.168.3.15', 'fd00:20:0::'])('%s is the subnet’s own, and no port’s', (fixedAddress) => {
  const cidr = fixedAddress.includes(':') ? 'fd00:20::/64' : '192.168.3.0/28';
  expect(() => synth((ground) => port(ground, 'cp-0', { fixedAddress }), { network: { cidr } })).toThrow(/fixedAddress is the subnet's own/);
});

test('addresses are written as Neutron gives them back', () => {
  const options = { fixedAddress: 'FD00:20::0:5', allowedAddressPairs: ['FD00:244:0::/48', 'fd00:20::0:6', '10.20.0.7', '10.20.0.7/32'] };
  const network = { cidr: 'FD00:20:0::/64', secondaryCidr: '10.20.0.0/16' };
  const stack = synth((ground) => port(ground, 'cp-0', options), { network });
  expect(stack.resource('openstack_networking_port_v2')).toMatchObject({
    fixed_ip: [{ ip_address: 'fd00:20::5' }, {}],
    allowed_address_pairs: ['fd00:244::/48', 'fd00:20::6', '10.20.0.7', '10.20.0.7/32'].map((ip_address) => ({ ip_address })),
  });
});

describe('data volumes', () => {
  const volume = synth(({ stack }) => void new DataVolume(stack, 'Etcd', { name: 'etcd-0', sizeGib: 20, type: 'ssd', availabilityZone: 'nova' }));

  test('grow in place, and an apply never replaces them and their data', () => {
    expect(volume.resource('openstack_blockstorage_volume_v3')).toMatchObject({
      size: 20,
      volume_type: 'ssd',
      availability_zone: 'nova',
      enable_online_resize: true,
      lifecycle: { ignore_changes: expect.arrayContaining(['availability_zone', 'volume_type']) },
    });
  });

  test.each([
    [{ name: 'etcd', sizeGib: 0 }, /Etcd: sizeGib must be a whole number from 1, got 0/],
    [{ name: '', sizeGib: 1 }, /Etcd: name must have 1 to 255 characters/],
    [{ name: 'etcd', sizeGib: 1, metadata: { 'a/b': 'c' } }, /Etcd: keys of metadata must be/],
  ])('bad input: %j', (props, message) => {
    expect(() => synth(({ stack }) => void new DataVolume(stack, 'Etcd', props))).toThrow(message);
  });
});
