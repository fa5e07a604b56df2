import { TerraformVariable } from 'cdktf';
import * as fc from 'fast-check';
import { Ground, port, synth } from './support';
import { LoadBalancerProvider } from '../../lib/contracts/openstack-cloud';
import { sortedCidrs } from '../../lib/nova/api-listener';
import { ApiLoadBalancer, ApiLoadBalancerProps } from '../../lib/nova/api-load-balancer';

const LISTENER = 'openstack_lb_listener_v2';

function balancer(ground: Ground, props: Partial<ApiLoadBalancerProps> = {}): ApiLoadBalancer {
  const memberPorts = ['cp-0', 'cp-1', 'cp-2'].map((name) => port(ground, name));
  return new ApiLoadBalancer(ground.stack, 'Api', { name: 'prod-api', network: ground.network, cloud: ground.cloud, memberPorts, ...props });
}

const synthLb = (props: Partial<ApiLoadBalancerProps> = {}, cidr?: string) =>
  synth((ground) => balancer(ground, props), { network: cidr ? { cidr } : {} });
const ovn = { provider: LoadBalancerProvider.OVN };
const open = { floatingIp: true, allowedCidrs: ['198.51.100.0/24'] };

test('amphora: round robin to the members whose API says that it is ready', () => {
  const stack = synthLb();
  expect(stack.resource('openstack_lb_loadbalancer_v2')).toMatchObject({ name: 'prod-api', loadbalancer_provider: 'amphora' });
  expect(stack.resource(LISTENER)).toMatchObject({ protocol: 'TCP', protocol_port: 6443, timeout_client_data: 600000, timeout_member_data: 600000 });
  expect(stack.resource('openstack_lb_pool_v2')).toMatchObject({ protocol: 'TCP', lb_method: 'ROUND_ROBIN' });
  expect(stack.resource('openstack_lb_monitor_v2')).toMatchObject({ type: 'HTTPS', url_path: '/readyz', http_method: 'GET', expected_codes: '200' });
});

test('what Octavia would answer with another load balancer changes nothing', () => {
  const chosen = synthLb({ vipAddress: '10.20.0.9', flavorId: 'ha', availabilityZone: 'az1' }).resource('openstack_lb_loadbalancer_v2');
  expect(chosen).toMatchObject({ vip_address: '10.20.0.9', flavor_id: 'ha', availability_zone: 'az1' });
  expect(chosen.lifecycle.ignore_changes).toEqual(['availability_zone', 'flavor_id', 'vip_address']);
  expect(() => synthLb({ vipAddress: '10.99.0.9' })).toThrow(/vipAddress/);
});

test('a floating IP that is there already is associated, and none is made', () => {
  const stack = synthLb({ ...open, floatingIpAddress: '203.0.113.7' });
  expect(stack.resources('openstack_networking_floatingip_v2')).toEqual({});
  expect(stack.resource('openstack_networking_floatingip_associate_v2').floating_ip).toBe('203.0.113.7');
  for (const address of ['public', '2001:db8::7']) {
    expect(() => synthLb({ ...open, floatingIpAddress: address })).toThrow(/floatingIpAddress must be an IPv4 address, Neutron has no others/);
  }
  expect(() => synthLb({ floatingIpAddress: '203.0.113.7' })).toThrow(/floatingIpAddress is given without floatingIp/);
});

test('OVN knows SOURCE_IP_PORT and TCP monitors alone, and refuses an access list', () => {
  const stack = synthLb({ ...ovn, ...open });
  expect(stack.resource('openstack_lb_loadbalancer_v2').loadbalancer_provider).toBe('ovn');
  expect(stack.resource('openstack_lb_pool_v2').lb_method).toBe('SOURCE_IP_PORT');
  const monitor = stack.resource('openstack_lb_monitor_v2');
  expect(monitor.type).toBe('TCP');
  for (const http of ['url_path', 'http_method', 'expected_codes']) expect(monitor).not.toHaveProperty(http);
  for (const amphora of ['allowed_cidrs', 'timeout_client_data', 'timeout_member_data']) expect(stack.resource(LISTENER)).not.toHaveProperty(amphora);
});

test('the cloud’s provider is taken unless another is given', () => {
  const stack = synth((ground) => balancer(ground), { cloud: { loadBalancerProvider: LoadBalancerProvider.OVN } });
  expect(stack.resource('openstack_lb_loadbalancer_v2').loadbalancer_provider).toBe('ovn');
});

test('parts of one load balancer changed side by side are answered by "immutable": each waits for the one before, members are one batch', () => {
  const stack = synthLb();
  expect(stack.resource('openstack_lb_pool_v2').listener_id).toContain(LISTENER);
  expect(stack.resource('openstack_lb_monitor_v2').pool_id).toContain('openstack_lb_pool_v2');
  const members = stack.resource('openstack_lb_members_v2');
  expect(members.depends_on).toEqual([expect.stringMatching(/^openstack_lb_monitor_v2\./)]);
  expect(members.member.map(({ name }: { name: string }) => name)).toEqual(['cp-0', 'cp-1', 'cp-2']);
  expect(stack.resources('openstack_lb_member_v2')).toEqual({});
});

describe('the access list', () => {
  test('is given back in lexicographic order, so it is written in that', () => {
    const { allowed_cidrs } = synthLb({ allowedCidrs: ['9.0.0.0/8', '198.51.100.0/24', '10.0.0.0/8', '9.0.0.0/8'] }).resource(LISTENER);
    expect(allowed_cidrs).toEqual(['10.0.0.0/8', '10.20.0.0/16', '198.51.100.0/24', '9.0.0.0/8']);
  });

  test('that forgets the nodes locks them out: they are always in it', () => {
    expect(synthLb().resource(LISTENER).allowed_cidrs).toEqual(['10.20.0.0/16']);
    expect(synthLb({ allowedCidrs: ['198.51.100.0/24'] }).resource(LISTENER).allowed_cidrs).toContain('10.20.0.0/16');
  });

  test('lets the nodes’ own router in where there is a floating IP that they might use; Terraform sorts what it alone knows', () => {
    const { allowed_cidrs } = synthLb(open).resource(LISTENER);
    expect(allowed_cidrs).toMatch(
      /^\$\{sort\(distinct\(\["10.20.0.0\/16", "198.51.100.0\/24", format\("%s\/32", regex\(.*external_fixed_ip\[\*]\.ip_address\)\)\)]\)\)}$/,
    );
  });

  test('has references of the user’s in it', () => {
    const stack = synth((ground) =>
      balancer(ground, { allowedCidrs: [new TerraformVariable(ground.stack, 'office', { type: 'string' }).stringValue] }),
    );
    expect(stack.resource(LISTENER).allowed_cidrs).toBe('${sort(distinct(["10.20.0.0/16", var.office]))}');
  });

  test('in any order gives the same list', () => {
    const cidrs = fc.shuffledSubarray(['10.0.0.0/8', '10.20.0.0/16', '9.0.0.0/8', '198.51.100.0/24', '0.0.0.0/0', '2001:db8::/32', 'fd00::/8'], {
      minLength: 2,
    });
    fc.assert(
      fc.property(cidrs, (list) => {
        expect(sortedCidrs([...list, list[0]])).toEqual([...list].sort());
        expect(sortedCidrs(sortedCidrs(list))).toEqual(sortedCidrs(list));
      }),
    );
  });
});

describe('the floating IP', () => {
  const stack = synthLb({ ...open, tags: ['cluster=prod'] });

  test('races the router interface: it waits for it', () => {
    expect(stack.resource('openstack_networking_floatingip_v2')).toMatchObject({
      pool: 'public',
      depends_on: [expect.stringMatching(/^openstack_networking_router_interface_v2\./)],
    });
  });

  test('is apart from the load balancer, so that its address outlives it', () => {
    const association = stack.resource('openstack_networking_floatingip_associate_v2');
    expect(association.port_id).toMatch(/vip_port_id}$/);
    const [router, members] = ['networking_router_interface_v2', 'lb_members_v2'].map((type) => expect.stringMatching(`^openstack_${type}\\.`));
    expect(association.depends_on).toEqual([router, members]);
    // the load balancer itself waits for the router only where its flows are the router's, too
    expect(stack.resource('openstack_lb_loadbalancer_v2')).not.toHaveProperty('depends_on');
    expect(synthLb(ovn).resource('openstack_lb_loadbalancer_v2').depends_on).toEqual([router]);
    expect(stack.resource('openstack_networking_floatingip_v2')).not.toHaveProperty('port_id');
  });

  test('is there only when asked for', () => {
    expect(synthLb().resources('openstack_networking_floatingip_v2')).toEqual({});
    synth((ground) => expect(balancer(ground).publicAddress).toBeUndefined());
    synth((ground) => expect(balancer(ground, open).publicAddress).toBeDefined());
  });

  test('tags are on all that takes them in every version of the provider', () => {
    for (const type of ['openstack_lb_loadbalancer_v2', LISTENER, 'openstack_networking_floatingip_v2']) {
      expect(stack.resource(type).tags).toEqual(['cluster=prod']);
    }
    expect(stack.resource('openstack_lb_pool_v2')).not.toHaveProperty('tags'); // not in 1.54.1
  });
});

test.each([
  [
    { ...ovn, idleTimeoutSeconds: 60 },
    /test\/Api: idleTimeoutSeconds is an option of amphora load balancers, the provider is ovn, got 60; remove it, or use LoadBalancerProvider.AMPHORA/,
  ],
  [{ ...ovn, flavorId: 'ha' }, /flavorId is an option of amphora load balancers/],
  [{ ...ovn, availabilityZone: 'az1' }, /availabilityZone is an option of amphora load balancers/],
  [{ floatingIp: true }, /floatingIp without allowedCidrs would be of no use.*say who may in allowedCidrs/],
  [{ allowedCidrs: ['198.51.100.1/24'] }, /test\/Api: allowedCidrs has bits set.*use 198.51.100.0\/24/],
  [{ allowedCidrs: ['2001:db8::/32'] }, /allowedCidrs must be of the VIP's family, IPv4/],
  [{ memberPorts: [] }, /memberPorts must not be empty/],
  [{ idleTimeoutSeconds: 0 }, /idleTimeoutSeconds must be a whole number from 1 to 86400, got 0/],
  [{ cloud: undefined }, /neither cloud nor provider is given/],
])('bad input: %j', (props, message) => {
  expect(() => synthLb(props)).toThrow(message);
});

test('bad input: a floating IP on an IPv6 network, two members of one name', () => {
  expect(() => synthLb({ floatingIp: true, allowedCidrs: ['2001:db8::/32'] }, 'fd00:20::/64')).toThrow(
    /floatingIp is not possible, Neutron has none for IPv6/,
  );
  expect(() =>
    synth((ground) => {
      const twice = port(ground, 'cp-9');
      balancer(ground, { memberPorts: [twice, twice] });
    }),
  ).toThrow(/name of a member port must be unique, got "cp-9"/);
});

test('an amphora option that is a reference is refused with OVN, too, and never printed as a number', () => {
  expect(() =>
    synth((ground) => balancer(ground, { ...ovn, idleTimeoutSeconds: new TerraformVariable(ground.stack, 'idle', { type: 'number' }).numberValue })),
  ).toThrow('test/Api: idleTimeoutSeconds is an option of amphora load balancers, the provider is ovn; remove it');
});
