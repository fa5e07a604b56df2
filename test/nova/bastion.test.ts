import { TerraformVariable } from 'cdktf';
import { Ground, synth } from './support';
import { NodeFlavor } from '../../lib/contracts/node-flavor';
import { NodeImage } from '../../lib/contracts/node-image';
import { IpFamily } from '../../lib/core/ip-family';
import { ApiVirtualAddress, ApiVirtualAddressProps } from '../../lib/nova/api-virtual-address';
import { Bastion, BastionProps } from '../../lib/nova/bastion';
import { DnsRecord, DnsRecordProps } from '../../lib/nova/dns-record';
import { OpenstackProvider } from '../../lib/providers/openstack/provider';
import { synthStack } from '../support/synth';

const bastion = ({ stack, network, cloud }: Ground, props: Partial<BastionProps> = {}) =>
  new Bastion(stack, 'Bastion', {
    name: 'prod-bastion',
    network,
    flavor: NodeFlavor.named('tiny'),
    image: NodeImage.byName('debian-12'),
    keyPairName: 'ops',
    zone: cloud.zones[0],
    allowedCidrs: ['198.51.100.0/24'],
    ...props,
  });

describe('a bastion', () => {
  const rulesOf = (props: Partial<BastionProps> = {}, network = {}) =>
    Object.values(synth((ground) => void bastion(ground, props), { network }).resources('openstack_networking_secgroup_rule_v2')).map(
      ({ direction, ethertype, protocol, port_range_min, remote_ip_prefix }) =>
        `${direction} ${ethertype} ${protocol ?? 'any'}/${port_range_min ?? ''} ${remote_ip_prefix}`,
    );

  test('lets in SSH from the ranges that are given, and out SSH to the nodes: nothing else', () => {
    expect(rulesOf().sort()).toEqual([
      'egress IPv4 tcp/22 10.20.0.0/16',
      'egress IPv4 tcp/80 169.254.169.254/32',
      'ingress IPv4 tcp/22 198.51.100.0/24',
    ]);
    expect(rulesOf({ egressAllowedCidrs: ['0.0.0.0/0'] })).toContain('egress IPv4 any/ 0.0.0.0/0');
    expect(rulesOf({ allowedCidrs: ['2001:db8::/32'] }, { secondaryCidr: 'fd00:20::/64' })).toEqual(
      expect.arrayContaining(['ingress IPv6 tcp/22 2001:db8::/32', 'egress IPv6 tcp/22 fd00:20::/64']),
    );
  });

  test('a range that is a reference has the family that it turns out to be of, where the network has both', () => {
    const ethertypes = (network = {}) =>
      Object.values(
        synth((ground) => void bastion(ground, { allowedCidrs: [new TerraformVariable(ground.stack, 'office', {}).stringValue] }), {
          network,
        }).resources('openstack_networking_secgroup_rule_v2'),
      ).flatMap(({ direction, ethertype }) => (direction === 'ingress' ? [ethertype] : []));
    expect(ethertypes()).toEqual(['IPv4']);
    expect(ethertypes({ secondaryCidr: 'fd00:20::/64' })).toEqual(['${strcontains(var.office, ":") ? "IPv6" : "IPv4"}']);
  });

  test('is reached by a floating IP, born with the key pair, and never replaced by a change of the program', () => {
    const stack = synth((ground) => void bastion(ground));
    expect(stack.resource('openstack_compute_instance_v2')).toMatchObject({ name: 'prod-bastion', key_pair: 'ops' });
    expect(stack.resource('openstack_networking_floatingip_v2').pool).toBe('public');
    expect(stack.resource('openstack_networking_secgroup_v2')).toMatchObject({ name: 'prod-bastion', delete_default_rules: true });
    expect(Object.keys(synth((ground) => void bastion(ground, { floatingIp: false })).resources('openstack_networking_floatingip_v2'))).toEqual([]);
  });

  test('in an IPv6 network has a config drive and no floating IP', () => {
    const stack = synth((ground) => void bastion(ground, { allowedCidrs: ['2001:db8::/32'] }), { network: { cidr: 'fd00:20::/64' } });
    expect(stack.resource('openstack_compute_instance_v2').config_drive).toBe(true);
    expect(stack.resources('openstack_networking_floatingip_v2')).toEqual({});
  });

  test.each<[Partial<BastionProps>, RegExp]>([
    [{ allowedCidrs: [] }, /test\/Bastion: allowedCidrs must not be empty: nobody could log in/],
    [{ allowedCidrs: ['2001:db8::/32'] }, /allowedCidrs must be of the network's family, IPv4, got "2001:db8::\/32"/],
    [{ egressAllowedCidrs: ['mirror'] }, /egressAllowedCidrs is not an IPv4 or IPv6 CIDR/],
    [{ name: 'Bastion' }, /name must be lower-case letters/],
  ])('bad input: %j', (props, message) => expect(() => synth((ground) => void bastion(ground, props))).toThrow(message));
});

describe('a virtual address of the API', () => {
  const vip = ({ stack, network }: Ground, props: Partial<ApiVirtualAddressProps> = {}) =>
    new ApiVirtualAddress(stack, 'Vip', { name: 'prod-api', network, securityGroupId: 'group', ...props });

  test('is a port that no server has, with a floating IP if asked for', () => {
    const stack = synth((ground) => void vip(ground, { address: '10.20.0.9', floatingIp: true }));
    expect(stack.resource('openstack_networking_port_v2')).toMatchObject({
      name: 'prod-api',
      fixed_ip: [{ ip_address: '10.20.0.9' }],
      security_group_ids: ['group'],
    });
    expect(stack.resource('openstack_networking_floatingip_associate_v2').port_id).toContain('openstack_networking_port_v2');
  });

  test('mistakes', () => {
    expect(() => synth((ground) => void vip(ground, { address: '10.21.0.9' }))).toThrow(/address is outside its network/);
    expect(() => synth((ground) => void vip(ground, { floatingIp: true }), { network: { cidr: 'fd00::/64' } })).toThrow(/Neutron has none for IPv6/);
  });
});

describe('a record in Designate', () => {
  const record = (props: Partial<DnsRecordProps> = {}) =>
    synthStack((stack) => {
      new OpenstackProvider(stack, 'OpenStack');
      new DnsRecord(stack, 'Record', { zone: { name: 'example.com' }, name: 'api.example.com', addresses: ['203.0.113.9'], ...props });
    });

  test('has the final dots that Designate writes back, and looks its zone up', () => {
    expect(record().resource('openstack_dns_recordset_v2')).toMatchObject({
      name: 'api.example.com.',
      type: 'A',
      ttl: 300,
      records: ['203.0.113.9'],
    });
    expect(Object.values(record().data('openstack_dns_zone_v2'))).toMatchObject([{ name: 'example.com.' }]);
    const v6 = record({ zone: { zoneId: 'zone', ttlSeconds: 60 }, addresses: ['2001:db8::9'], family: IpFamily.V6 });
    expect(v6.resource('openstack_dns_recordset_v2')).toMatchObject({ zone_id: 'zone', type: 'AAAA', ttl: 60 });
  });

  test.each<[Partial<DnsRecordProps>, RegExp]>([
    [{ name: 'api' }, /name must be a whole DNS name, got "api"/],
    [{ name: 'api.example.org' }, /name is not in the zone example.com, got "api.example.org"; use one that ends in .example.com/],
    [{ zone: {} }, /the zone is not known; give zone.name or zone.zoneId/],
    [{ addresses: [] }, /addresses must not be empty/],
    [{ zone: { zoneId: 'z', ttlSeconds: 0 } }, /zone.ttlSeconds must be a whole number from 1/],
  ])('bad input: %j', (props, message) => expect(() => record(props)).toThrow(message));
});
