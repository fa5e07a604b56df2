import { TerraformOutput, TerraformStack, TerraformVariable, Token } from 'cdktf';
import { Cloud, port, synth } from './support';
import { AvailabilityZone } from '../../lib/contracts/openstack-cloud';
import { ClusterNetwork, ClusterNetworkProps } from '../../lib/nova/cluster-network';
import { Ipv6AddressMode } from '../../lib/nova/ipv6-address-mode';
import { ServerPort } from '../../lib/nova/server-port';
import { OpenstackProvider } from '../../lib/providers/openstack/provider';
import { synthApp, synthStack } from '../support/synth';

describe('what is created', () => {
  const stack = synth(() => undefined, { network: { tags: ['cluster=prod'], dnsNameservers: ['9.9.9.9'] } });
  const network = stack.resource('openstack_networking_network_v2');
  const subnet = stack.resource('openstack_networking_subnet_v2');
  const router = stack.resource('openstack_networking_router_v2');

  test('a network, a subnet and a router to the external network, tied together', () => {
    expect(network).toMatchObject({ name: 'prod', mtu: 1442 });
    expect(subnet).toMatchObject({ cidr: '10.20.0.0/16', ip_version: 4, dns_nameservers: ['9.9.9.9'] });
    expect(Object.values(stack.data('openstack_networking_network_v2'))).toMatchObject([{ name: 'public', external: true }]);
    expect(router.external_network_id).toMatch(/^\$\{data\.openstack_networking_network_v2\..+\.id}$/);
    expect(stack.resource('openstack_networking_router_interface_v2').subnet_id).toMatch(/openstack_networking_subnet_v2\..+\.id/);
  });

  test('all that can be is tagged', () => {
    for (const resource of [network, subnet, router]) expect(resource.tags).toEqual(['cluster=prod']);
  });

  test('no depends_on where there is nothing to wait for', () => {
    expect(stack.text).not.toContain('"depends_on":[]');
  });
});

test("Neutron's zones are those of the cloud's zones, or given, and settled", () => {
  const zone = { compute: 'az1', volume: 'nova' };
  const hints = (zones: AvailabilityZone[], props: Partial<ClusterNetworkProps> = {}) => {
    const made = synthStack((scope) => {
      new OpenstackProvider(scope, 'OpenStack');
      new ClusterNetwork(scope, 'Network', { cloud: new Cloud(scope, { zones }), name: 'prod', ...props });
    });
    return ['network', 'router'].map((kind) => {
      const resource = made.resource(`openstack_networking_${kind}_v2`);
      expect(resource.lifecycle).toEqual({ ignore_changes: ['availability_zone_hints'] });
      return resource.availability_zone_hints;
    });
  };
  const three = [
    { ...zone, network: 'net1' },
    { ...zone, compute: 'az2', network: 'net2' },
    { ...zone, compute: 'az3', network: 'net1' },
  ];
  expect(hints([zone])).toEqual([undefined, undefined]);
  expect(hints(three)).toEqual([
    ['net1', 'net2'],
    ['net1', 'net2'],
  ]);
  expect(hints(three, { availabilityZoneHints: ['net3'] })).toEqual([['net3'], ['net3']]);
  expect(hints(three, { availabilityZoneHints: [] })).toEqual([undefined, undefined]);
});

describe('MTU', () => {
  test('is the cloud’s, and may be smaller', () => {
    expect(synth(() => undefined, { network: { mtu: 1400 } }).resource('openstack_networking_network_v2').mtu).toBe(1400);
  });

  test.each([
    [1500, /^test\/Network: mtu is larger than the 1442 bytes that the cloud's tenant networks carry, got 1500; use 1442 or less/],
    [1279, /Network: mtu must be a whole number of bytes from 1280/],
    [1400.5, /Network: mtu must be a whole number/],
  ])('of %s is an error', (mtu, message) => {
    expect(() => synth(() => undefined, { network: { mtu } })).toThrow(message);
  });

  test('that is a reference reaches Terraform as one', () => {
    const stack = synthStack((scope) => {
      new OpenstackProvider(scope, 'OpenStack');
      const mtu = new TerraformVariable(scope, 'mtu', { type: 'number' }).numberValue;
      new ClusterNetwork(scope, 'Network', { cloud: new Cloud(scope), name: 'prod', mtu });
    });
    expect(stack.resource('openstack_networking_network_v2').mtu).toBe('${var.mtu}');
  });
});

describe('addresses', () => {
  test.each([
    ['10.20.0.0', /Network: cidr is not an IPv4 or IPv6 CIDR, got "10.20.0.0"/],
    ['10.20.0.7/16', /Network: cidr has bits set beyond its prefix length.*use 10.20.0.0\/16/],
    ['10.10.0.0/16', /Network: cidr overlaps 10.10.0.0\/24, which the cloud's own hosts use, got "10.10.0.0\/16"/],
  ])('%s is an error', (cidr, message) => {
    expect(() => synth(() => undefined, { network: { cidr }, cloud: { hostCidrs: ['10.10.0.0/24'] } })).toThrow(message);
  });

  test('are written in the one form that the provider takes', () => {
    const stack = synth(() => undefined, { network: { cidr: 'FD00:20:0::/64' } });
    expect(stack.resource('openstack_networking_subnet_v2').cidr).toBe('fd00:20::/64');
  });

  test.each([
    ['127.1.0.0/16', /cidr has addresses of 127\.0\.0\.0\/8 \(loopback\), which no server and no pod can have/],
    ['239.1.0.0/16', /multicast/],
    ['224.0.0.0/3', /multicast/],
    ['0.0.0.0/16', /this host/],
    ['169.254.0.0/20', /link-local, and the metadata service/],
    ['fe80::/64', /link-local/],
    ['ff02::/64', /multicast/],
  ])('%s is nobody’s', (cidr, message) => {
    expect(() => synth(() => undefined, { network: { cidr } })).toThrow(message);
  });

  test('a CIDR that is a reference is an error, not a crash: rules are computed from it', () => {
    expect(() =>
      synthStack((scope) => {
        const cidr = new TerraformVariable(scope, 'cidr', { type: 'string' }).stringValue;
        new ClusterNetwork(scope, 'Network', { cloud: new Cloud(scope), name: 'prod', cidr });
      }),
    ).toThrow('test/Network: cidr must be known at synth, a reference was given; give the text itself');
  });

  test('reserved addresses are never handed out', () => {
    const subnet = synth(() => undefined, { network: { cidr: '10.6.0.0/24', reservedAddresses: 10 } }).resource('openstack_networking_subnet_v2');
    expect(subnet.allocation_pool).toEqual([{ start: '10.6.0.12', end: '10.6.0.254' }]);
  });

  test('of IPv6 are given by DHCP, so that ports can have fixed ones', () => {
    const stack = synth(() => undefined, { network: { cidr: 'fd00:20::/64' } });
    expect(stack.resource('openstack_networking_subnet_v2')).toMatchObject({
      ip_version: 6,
      ipv6_address_mode: 'dhcpv6-stateful',
      ipv6_ra_mode: 'dhcpv6-stateful',
    });
  });
});

describe('the external network', () => {
  test('is looked up once for all networks of a stack', () => {
    const stack = synth(({ stack: scope, cloud }) => void new ClusterNetwork(scope, 'Other', { cloud, name: 'other', cidr: '10.30.0.0/16' }));
    expect(Object.keys(stack.data('openstack_networking_network_v2'))).toHaveLength(1);
  });

  test('whose name is a reference is looked up by it', () => {
    const stack = synthStack((scope) => {
      new OpenstackProvider(scope, 'OpenStack');
      const name = new TerraformVariable(scope, 'external', { type: 'string' }).stringValue;
      new ClusterNetwork(scope, 'Network', { cloud: new Cloud(scope, { externalNetworkName: name }), name: 'prod' });
    });
    expect(Object.values(stack.data('openstack_networking_network_v2'))).toMatchObject([{ name: '${var.external}' }]);
  });

  test('gives an IPv4 network the router’s IPv4 address, whatever else the router has', () => {
    const stack = synth(({ stack: scope, network }) => void scope.addOverride('locals.router', network.routerExternalAddress));
    expect(stack.text).toContain('external_fixed_ip[*].ip_address');
    synth(({ network }) => expect(network.routerExternalAddress).toBeUndefined(), { network: { cidr: 'fd00:20::/64' } });
  });
});

describe('a network that is there already', () => {
  const adopt = (attributes: Parameters<typeof ClusterNetwork.fromNetworkAttributes>[2]) =>
    synthStack((scope) => {
      new OpenstackProvider(scope, 'OpenStack');
      const network = ClusterNetwork.fromNetworkAttributes(scope, 'Network', attributes);
      new ServerPort(scope, 'Port', { name: 'node-0', network, securityGroupIds: ['group'] });
    });

  test('by its ids: nothing is made and only the external network is looked up', () => {
    const stack = adopt({ networkId: 'net', subnetId: 'sub', cidr: '10.20.0.0/16', mtu: 1442, externalNetworkName: 'public' });
    expect(Object.keys(stack.json.resource)).toEqual(['openstack_networking_port_v2']);
    expect(stack.resource('openstack_networking_port_v2')).toMatchObject({ network_id: 'net', fixed_ip: [{ subnet_id: 'sub' }] });
  });

  test('by its name: the network is looked up, and its subnet by the CIDR', () => {
    const stack = adopt({ networkName: 'shared', cidr: '10.20.0.0/16', mtu: 1442, externalNetworkName: 'public' });
    expect(Object.values(stack.data('openstack_networking_subnet_v2'))).toMatchObject([{ cidr: '10.20.0.0/16' }]);
    const upper = adopt({ networkName: 'shared', cidr: 'FD00:20:0::/64', mtu: 1442, externalNetworkName: 'public' });
    expect(Object.values(upper.data('openstack_networking_subnet_v2'))).toMatchObject([{ cidr: 'fd00:20::/64' }]);
    expect(stack.resource('openstack_networking_port_v2').network_id).toMatch(/^\$\{data\.openstack_networking_network_v2\./);
  });

  test.each([
    [
      { cidr: '10.20.0.0/16', mtu: 1442, externalNetworkName: 'public' },
      /Network: the id of the adopted network is not known; give networkId or networkName/,
    ],
    [{ networkId: 'net', cidr: '10.20.0.0/16', externalNetworkName: 'public' }, /the MTU of the adopted network is not known; give mtu, or cloud/],
    [{ networkId: 'net', cidr: '10.20.0.0/16', mtu: 1442 }, /the external network of the adopted network is not known/],
    [{ networkId: 'net', cidr: '10.20.0.1/16', mtu: 1442, externalNetworkName: 'public' }, /use 10.20.0.0\/16/],
  ])('with a part missing or wrong is an error: %j', (attributes, message) => {
    expect(() => adopt(attributes)).toThrow(message);
  });
});

test('two clusters in stacks of their own share a network: references cross the stacks, depends_on does not', () => {
  const stacks = synthApp((app) => {
    const [one, two] = ['one', 'two'].map((name) => {
      const stack = new TerraformStack(app, name);
      new OpenstackProvider(stack, 'OpenStack');
      return stack;
    });
    const network = new ClusterNetwork(one, 'Network', { cloud: new Cloud(one), name: 'shared' });
    new ServerPort(two, 'Port', { name: 'node-0', network, securityGroupIds: ['group'] });
    expect(Token.isUnresolved(network.networkId)).toBe(true);
  });
  expect(stacks.two.resource('openstack_networking_port_v2').network_id).toContain('terraform_remote_state');
  expect(stacks.two.text).not.toContain('depends_on');
});

describe('both IP families', () => {
  const both = { cidr: '10.20.0.0/16', secondaryCidr: 'fd00:20::/64', dnsNameservers: ['9.9.9.9', '2620:fe::fe'], ipv6SubnetPoolId: 'pool-6' };
  const stack = synth(
    (ground) => {
      const made = port(ground, 'node-0', { allowedAddressPairs: ['10.244.0.0/16', 'fd00:244::/48'], fixedAddress: '10.20.0.5' });
      new TerraformOutput(ground.stack, 'addresses', { value: [made.address, made.secondaryAddress] });
    },
    { network: both },
  );

  test('a subnet of each, on one router, each with its name servers and its pool', () => {
    const subnets = Object.values(stack.resources('openstack_networking_subnet_v2'));
    const [v4, v6] = subnets.sort((a, b) => a.ip_version - b.ip_version);
    expect(v4).toMatchObject({ name: 'prod', cidr: '10.20.0.0/16', ip_version: 4, dns_nameservers: ['9.9.9.9'] });
    expect(v4).not.toHaveProperty('subnetpool_id');
    expect(v6).toMatchObject({ name: 'prod-ipv6', ip_version: 6, dns_nameservers: ['2620:fe::fe'], subnetpool_id: 'pool-6' });
    expect(v6).toMatchObject({ cidr: 'fd00:20::/64', ipv6_address_mode: 'dhcpv6-stateful', ipv6_ra_mode: 'dhcpv6-stateful' });
    expect(Object.keys(stack.resources('openstack_networking_router_interface_v2'))).toHaveLength(2);
  });

  test('a port has an address in each, told apart by their form and not by their order', () => {
    expect(stack.resource('openstack_networking_port_v2').fixed_ip).toEqual([
      { ip_address: '10.20.0.5', subnet_id: expect.stringContaining('Network_Subnet') },
      { subnet_id: expect.stringContaining('Network_SecondarySubnet') },
    ]);
    expect(stack.json.output.addresses.value[0]).toMatch(/^\$\{regex\("\[0-9\]\+\[.\].*all_fixed_ips/);
    expect(stack.json.output.addresses.value[1]).toMatch(/^\$\{regex\("\[0-9a-fA-F\]\*:.*all_fixed_ips/);
  });

  test('adopted: the second subnet is looked up by its range, or given', () => {
    const adopt = (secondarySubnetId?: string) =>
      synthStack((scope) => {
        new OpenstackProvider(scope, 'OpenStack');
        const given = {
          networkId: 'net',
          subnetId: 'sub',
          cidr: 'fd00:20::/64',
          secondaryCidr: '10.20.0.0/16',
          mtu: 1442,
          externalNetworkName: 'public',
        };
        const network = ClusterNetwork.fromNetworkAttributes(scope, 'Network', { ...given, secondarySubnetId });
        new ServerPort(scope, 'Port', { name: 'node-0', network, securityGroupIds: ['group'] });
      });
    expect(Object.values(adopt().data('openstack_networking_subnet_v2'))).toMatchObject([{ cidr: '10.20.0.0/16' }]);
    expect(adopt('second').resource('openstack_networking_port_v2').fixed_ip).toEqual([{ subnet_id: 'sub' }, { subnet_id: 'second' }]);
  });

  test.each<[Partial<ClusterNetworkProps>, RegExp]>([
    [
      { secondaryCidr: '10.30.0.0/16' },
      /secondaryCidr must be of the other IP family than cidr, which is IPv4, got "10.30.0.0\/16"; give an IPv6 range/,
    ],
    [{ cidr: 'fd00::/64', secondaryCidr: 'fd01::/64' }, /other IP family than cidr, which is IPv6.*give an IPv4 range/],
    [{ ipv6AddressMode: Ipv6AddressMode.SLAAC }, /ipv6AddressMode says something of IPv6 addresses, and the network has none, got "slaac"/],
    [{ cidr: 'fd00::/64', ipv4SubnetPoolId: 'p' }, /ipv4SubnetPoolId says something of IPv4 addresses/],
    [{ secondaryCidr: 'fd00::/80', ipv6AddressMode: Ipv6AddressMode.SLAAC }, /their own addresses \(slaac\) in a \/64 alone, got "fd00::\/80"/],
    [{ dnsNameservers: ['2620:fe::fe'] }, /dnsNameservers must be of a family that the network has, IPv4, got "2620:fe::fe"/],
  ])('bad input: %j', (network, message) => expect(() => synth(() => undefined, { network })).toThrow(message));

  test('SLAAC for a network of IPv6 alone', () => {
    const subnet = synth(() => undefined, { network: { cidr: 'fd00::/64', ipv6AddressMode: Ipv6AddressMode.SLAAC } });
    expect(subnet.resource('openstack_networking_subnet_v2')).toMatchObject({ ipv6_address_mode: 'slaac', ipv6_ra_mode: 'slaac' });
  });
});
