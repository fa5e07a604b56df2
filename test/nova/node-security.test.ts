import { TerraformVariable, Token } from 'cdktf';
import * as fc from 'fast-check';
import { synth } from './support';
import { CalicoEncapsulation, CiliumRouting, Cni } from '../../lib/contracts/cni';
import { LoadBalancerProvider } from '../../lib/contracts/openstack-cloud';
import { Cidr } from '../../lib/core/cidr';
import { IpFamily } from '../../lib/core/ip-family';
import { NodeSecurityGroups, NodeSecurityGroupsProps } from '../../lib/nova/node-security-groups';
import { familiesOf, nodeEgressRules, NodeRule, NodeRulesInput, nodeSecurityRules } from '../../lib/nova/node-security-rules';
import { Block } from '../support/synth';

const { AMPHORA, OVN } = LoadBalancerProvider;
const base: NodeRulesInput = { cni: Cni.cilium(), loadBalancerProvider: AMPHORA, nodeCidr: '10.20.0.0/16' };

/** One line a rule: "control-plane tcp/2379-2380 < control-plane". */
function lines(input: Partial<NodeRulesInput> = {}): string[] {
  return nodeSecurityRules({ ...base, ...input })
    .map(line)
    .sort();
}

function line({ group, protocol, fromPort, toPort, from }: NodeRule): string {
  const ports = fromPort === undefined ? '' : `/${fromPort}${toPort === fromPort ? '' : `-${toPort}`}`;
  return `${group} ${protocol ?? 'any'}${ports} < ${'group' in from ? from.group : from.cidr}`;
}

const everywhere = (what: string) =>
  ['control-plane', 'worker'].flatMap((group) => ['control-plane', 'worker'].map((source) => `${group} ${what} < ${source}`));

describe('the least that nodes let in', () => {
  const common = [
    'control-plane tcp/6443 < 10.20.0.0/16',
    'control-plane tcp/2379-2380 < control-plane',
    ...everywhere('tcp/10250'),
    'worker tcp/30000-32767 < 10.20.0.0/16',
    'worker udp/30000-32767 < 10.20.0.0/16',
  ];
  test.each([
    ['Cilium', Cni.cilium(), [...everywhere('udp/8472'), ...everywhere('tcp/4240'), ...everywhere('icmp')]],
    ['Calico with VXLAN', Cni.calico(), [...everywhere('udp/4789'), ...everywhere('tcp/5473')]],
    [
      'Calico with IPIP',
      Cni.calico({ encapsulation: CalicoEncapsulation.IPIP }),
      [...everywhere('tcp/179'), ...everywhere('4'), ...everywhere('tcp/5473')],
    ],
  ])('%s: the whole list', (_, cni, own) => {
    expect(lines({ cni })).toEqual([...common, ...own].sort());
  });
});

test('without a tunnel pods come under their own addresses, and a node sends to any port of a pod on another', () => {
  const cni = Cni.cilium({ routing: CiliumRouting.NATIVE_ADDRESS_PAIRS });
  const more = lines({ cni, podCidr: '10.244.0.0/16' }).filter((rule) => !lines().includes(rule));
  expect(more).toEqual([...everywhere('any'), 'control-plane any < 10.244.0.0/16', 'worker any < 10.244.0.0/16'].sort());
});

test("Kuryr's pods have ports of their own: nodes let in pods and load balancers, by their addresses", () => {
  const cni = Cni.kuryr({ acknowledgeRetired: true, controllerImage: 'a', cniImage: 'b' });
  const own = lines({ cni, podCidr: '10.244.0.0/16', serviceSubnetCidr: '10.96.0.0/11' }).filter((rule) => / any /.test(rule));
  expect(own).toEqual(
    ['10.244.0.0/16', '10.96.0.0/11'].flatMap((cidr) => ['control-plane', 'worker'].map((group) => `${group} any < ${cidr}`)).sort(),
  );
});

describe('clients', () => {
  const clients = { apiAllowedCidrs: ['198.51.100.0/24'], publicServiceCidrs: ['0.0.0.0/0'], routerExternalAddress: '203.0.113.7' };

  test('of amphorae come from the nodes’ subnet: no rule names them', () => {
    expect(lines(clients)).toEqual(lines());
  });

  test('CAPO#2333: of OVN keep their address and are unreachable until let in, to the API and to node ports', () => {
    const more = lines({ ...clients, loadBalancerProvider: OVN }).filter((rule) => !lines().includes(rule));
    expect(more).toEqual([
      'control-plane tcp/6443 < 198.51.100.0/24',
      'control-plane tcp/6443 < 203.0.113.7/32',
      'worker tcp/30000-32767 < 0.0.0.0/0',
      'worker udp/30000-32767 < 0.0.0.0/0',
    ]);
  });

  test('without ranges nobody is let in, also with OVN', () => {
    expect(lines({ loadBalancerProvider: OVN, routerExternalAddress: '203.0.113.7' })).toEqual(lines());
  });

  test('the VIP’s subnet reaches the API when it is another', () => {
    expect(lines({ vipCidr: '10.30.0.0/24' })).toContain('control-plane tcp/6443 < 10.30.0.0/24');
  });
});

test('pods without encapsulation are let in by their addresses; with it they never show', () => {
  expect(lines({ podCidr: '10.244.0.0/16' })).toEqual(lines());
});

test('SSH and the control plane’s metrics only when asked for', () => {
  expect(lines().filter((rule) => /\/(22|1025[789]|2381) /.test(rule))).toEqual([]);
  expect(lines({ sshAllowedCidrs: ['10.99.0.5/32'] })).toEqual(
    expect.arrayContaining(['control-plane tcp/22 < 10.99.0.5/32', 'worker tcp/22 < 10.99.0.5/32']),
  );
  expect(lines({ controlPlaneMetrics: true })).toEqual(
    expect.arrayContaining([10257, 10258, 10259, 2381].map((port) => `control-plane tcp/${port} < worker`)),
  );
});

describe('a virtual address of the API', () => {
  test('VRRP passes between control planes alone, and clients come to them under their own addresses', () => {
    const more = lines({ virtualApiAddress: true, apiAllowedCidrs: ['198.51.100.0/24'], routerExternalAddress: '203.0.113.7' });
    expect(more.filter((rule) => !lines().includes(rule))).toEqual([
      'control-plane 112 < control-plane',
      'control-plane tcp/6443 < 198.51.100.0/24',
      'control-plane tcp/6443 < 203.0.113.7/32',
    ]);
  });
});

describe('both IP families', () => {
  const both = nodeSecurityRules({ ...base, secondaryNodeCidr: 'fd00:20::/64', cni: Cni.calico({ encapsulation: CalicoEncapsulation.IPIP }) });

  test('what passes between nodes passes in both; rules of the first have the names that they always had', () => {
    const single = nodeSecurityRules({ ...base, cni: Cni.calico({ encapsulation: CalicoEncapsulation.IPIP }) });
    expect(both).toEqual(expect.arrayContaining(single));
    const added = both.filter(({ family }) => family === IpFamily.V6).map(({ key }) => key);
    expect(added).toEqual(
      expect.arrayContaining(['etcd-from-control-plane-ipv6', 'kubelet-of-worker-from-control-plane-ipv6', 'api-from-fd00:20::/64']),
    );
  });

  test('IPIP has no IPv6', () => {
    expect(both.filter(({ protocol }) => protocol === '4').map(({ family }) => family)).toEqual(['IPv4', 'IPv4', 'IPv4', 'IPv4']);
  });
});

test('what nodes may send to, where not everything is let out', () => {
  const out = nodeEgressRules({ ...base, secondaryNodeCidr: 'fd00:20::/64', podCidr: '10.244.0.0/16' }, ['203.0.113.0/24', '10.20.0.0/16']);
  expect(out.filter(({ group }) => group === 'worker').map((rule) => line(rule).replace('<', '>'))).toEqual([
    'worker any > 10.20.0.0/16',
    'worker any > fd00:20::/64',
    'worker tcp/80 > 169.254.169.254/32',
    'worker any > 203.0.113.0/24',
  ]);
  const native = Cni.cilium({ routing: CiliumRouting.NATIVE_ADDRESS_PAIRS });
  expect(nodeEgressRules({ ...base, cni: native, podCidr: '10.244.0.0/16' }, []).map(line)).toContain('worker any < 10.244.0.0/16');
});

describe('whatever the choices', () => {
  const v4 = fc.constantFrom('10.20.0.0/16', '192.168.7.0/24', '198.51.100.0/24', '203.0.113.128/25', '0.0.0.0/0');
  const v6 = fc.constantFrom('fd00:20::/64', '2001:db8::/32', '2001:db8:1::/48', '::/0');
  const inputs: fc.Arbitrary<NodeRulesInput> = fc.boolean().chain((six) => {
    const cidr = six ? v6 : v4;
    return fc.record({
      cni: fc.constantFrom(
        Cni.cilium(),
        Cni.calico(),
        Cni.cilium({ wireGuard: true }),
        ...(six ? [] : [Cni.calico({ encapsulation: CalicoEncapsulation.IPIP })]),
      ),
      loadBalancerProvider: fc.constantFrom(AMPHORA, OVN),
      nodeCidr: fc.constantFrom(...(six ? ['fd00:20::/64'] : ['10.20.0.0/16'])),
      secondaryNodeCidr: fc.option(fc.constantFrom(...(six ? ['10.20.0.0/16'] : ['fd00:20::/64'])), { nil: undefined }),
      virtualApiAddress: fc.boolean(),
      apiAllowedCidrs: fc.option(fc.array(cidr), { nil: undefined }),
      publicServiceCidrs: fc.option(fc.array(cidr), { nil: undefined }),
      sshAllowedCidrs: fc.option(fc.array(cidr), { nil: undefined }),
      routerExternalAddress: fc.option(fc.constant('203.0.113.7'), { nil: undefined }),
      controlPlaneMetrics: fc.boolean(),
    });
  });
  const holds = (property: (rules: NodeRule[], input: NodeRulesInput) => void) => {
    fc.assert(fc.property(inputs, (input) => property(nodeSecurityRules(input), input)));
  };
  const isWorld = (rule: NodeRule) => 'cidr' in rule.from && rule.from.cidr.endsWith('/0');

  test('what passes between nodes passes in both directions, etcd and metrics aside', () => {
    holds((rules) => {
      const ofFamily = (rule: NodeRule) => `${rule.family} ${line(rule)}`;
      const all = rules.map(ofFamily);
      for (const rule of rules) {
        if (!('group' in rule.from) || rule.group === rule.from.group || /^metrics/.test(rule.key)) continue;
        expect(all).toContain(ofFamily({ ...rule, group: rule.from.group, from: { group: rule.group } }));
      }
    });
  });

  test('etcd is for control planes alone', () => {
    holds((rules, input) => {
      const etcd = rules.filter(({ fromPort }) => fromPort === 2379);
      for (const { group, from } of etcd) expect([group, from]).toEqual(['control-plane', { group: 'control-plane' }]);
      expect(etcd.map(({ family }) => family)).toEqual(familiesOf(input));
    });
  });

  test('the world reaches node ports only by publicServiceCidrs, the API only by apiAllowedCidrs, SSH only by sshAllowedCidrs, and nothing else', () => {
    holds((rules, input) => {
      for (const rule of rules.filter(isWorld)) {
        const by =
          rule.fromPort === 30000
            ? input.publicServiceCidrs
            : rule.fromPort === 6443
              ? input.apiAllowedCidrs
              : rule.fromPort === 22
                ? input.sshAllowedCidrs
                : [];
        expect(by).toContain(rule.family === IpFamily.V4 ? '0.0.0.0/0' : '::/0');
      }
    });
  });

  test('every rule has its own key, and no two say the same: Neutron refuses twins', () => {
    holds((rules) => {
      expect(new Set(rules.map(({ group, key }) => `${group} ${key}`)).size).toBe(rules.length);
      expect(new Set(rules.map((rule) => `${rule.family} ${line(rule)}`)).size).toBe(rules.length);
    });
  });

  test('every rule is of one family, its range included', () => {
    holds((rules, input) => {
      for (const rule of rules) {
        expect(familiesOf(input)).toContain(rule.family);
        if ('cidr' in rule.from) expect(Cidr.of(rule.from.cidr).family).toBe(rule.family);
        if (rule.family === IpFamily.V6) expect(['icmp', '4']).not.toContain(rule.protocol);
      }
    });
  });

  test('the nodes’ own subnet always reaches the API', () => {
    holds((rules, { nodeCidr, secondaryNodeCidr }) => {
      for (const cidr of [nodeCidr, ...(secondaryNodeCidr ? [secondaryNodeCidr] : [])]) {
        expect(rules.map(line)).toContain(`control-plane tcp/6443 < ${cidr}`);
      }
    });
  });

  test('one range more adds rules and changes no other', () => {
    holds((rules, input) => {
      const more = nodeSecurityRules({
        ...input,
        apiAllowedCidrs: [Cidr.of(input.nodeCidr).family === IpFamily.V4 ? '172.31.0.0/16' : 'fd99::/16', ...(input.apiAllowedCidrs ?? [])],
      });
      const byKey = new Map(more.map((rule) => [`${rule.group} ${rule.key}`, rule]));
      for (const rule of rules) expect(byKey.get(`${rule.group} ${rule.key}`)).toEqual(rule);
    });
  });
});

describe('in Neutron', () => {
  const GROUP = 'openstack_networking_secgroup_v2';
  const RULE = 'openstack_networking_secgroup_rule_v2';
  const build = (props: Partial<NodeSecurityGroupsProps> = {}, cidr?: string) =>
    synth(
      ({ stack, network }) =>
        void new NodeSecurityGroups(stack, 'Security', { name: 'prod', network, cni: Cni.cilium(), loadBalancerProvider: OVN, ...props }),
      { network: cidr === undefined ? {} : { cidr } },
    );

  test('default egress rules are answered by a conflict: they are deleted, and everything out is a rule of its own', () => {
    const stack = build({ tags: ['cluster=prod'] });
    expect(Object.values(stack.resources(GROUP))).toEqual([
      expect.objectContaining({ name: 'prod-control-plane', delete_default_rules: true, tags: ['cluster=prod'] }),
      expect.objectContaining({ name: 'prod-worker', delete_default_rules: true, tags: ['cluster=prod'] }),
    ]);
    const egress = Object.values(stack.resources(RULE)).filter(({ direction }) => direction === 'egress');
    expect(egress.map(({ ethertype, protocol, remote_ip_prefix }) => [ethertype, protocol, remote_ip_prefix])).toEqual(
      ['IPv4', 'IPv6', 'IPv4', 'IPv6'].map((ethertype) => [ethertype, undefined, undefined]),
    );
  });

  test('egress that is restricted has no rule for everywhere', () => {
    const egress = Object.values(build({ egressAllowedCidrs: ['203.0.113.0/24'] }).resources(RULE)).filter(({ direction }) => direction === 'egress');
    expect(egress.map(({ remote_ip_prefix }) => remote_ip_prefix)).not.toContain(undefined);
    expect(egress).toContainEqual(expect.objectContaining({ remote_ip_prefix: '203.0.113.0/24', ethertype: 'IPv4' }));
  });

  test('rules are known by what they are for, not by their place in a list', () => {
    const ids = (cidrs: string[]) => Object.keys(build({ apiAllowedCidrs: cidrs }).resources(RULE));
    const both = ids(['198.51.100.0/24', '203.0.113.0/24']);
    expect(ids(['203.0.113.0/24', '198.51.100.0/24']).sort()).toEqual([...both].sort());
    expect(both).toEqual(expect.arrayContaining(ids(['203.0.113.0/24'])));
  });

  test('every ingress rule names a source', () => {
    for (const rule of Object.values(build().resources(RULE)) as Block[]) {
      if (rule.direction === 'ingress') expect(rule.remote_group_id ?? rule.remote_ip_prefix).toBeTruthy();
    }
  });

  test('an IPv6 range is written as Neutron writes it back', () => {
    const rules = Object.values(build({ apiAllowedCidrs: ['2001:DB8:0:0::/64'] }, 'fd00:20::/64').resources(RULE));
    expect(rules).toContainEqual(expect.objectContaining({ remote_ip_prefix: '2001:db8::/64', ethertype: 'IPv6', port_range_min: 6443 }));
    expect(rules).toContainEqual(expect.objectContaining({ protocol: 'ipv6-icmp' }));
  });

  test.each([
    [{ apiAllowedCidrs: ['198.51.100.0'] }, /test\/Security: apiAllowedCidrs is not an IPv4 or IPv6 CIDR, got "198.51.100.0"/],
    [{ apiAllowedCidrs: ['198.51.100.7/24'] }, /apiAllowedCidrs has bits set.*use 198.51.100.0\/24/],
    [{ publicServiceCidrs: ['::/0'] }, /publicServiceCidrs must be of the nodes' family, IPv4, got "::\/0"; give IPv4 addresses/],
    [{ sshAllowedCidrs: ['bastion'] }, /sshAllowedCidrs is not an IPv4 or IPv6 CIDR/],
    [{ podCidr: '10.244.0.0' }, /podCidr is not an IPv4 or IPv6 CIDR/],
    [{ name: '' }, /name must have 1 to 255 characters/],
  ])('bad input: %j', (props, message) => {
    expect(() => build(props)).toThrow(message);
  });

  test('a range that is a reference has the family that it turns out to be of, where nodes have both', () => {
    const rules = synth(
      ({ stack, network }) => {
        const office = [new TerraformVariable(stack, 'office', { type: 'string' }).stringValue];
        const props = { apiAllowedCidrs: office, sshAllowedCidrs: office, publicServiceCidrs: office, egressAllowedCidrs: office };
        new NodeSecurityGroups(stack, 'Security', { name: 'prod', network, cni: Cni.cilium(), loadBalancerProvider: OVN, ...props });
      },
      { network: { secondaryCidr: 'fd00:20::/64' } },
    ).resources(RULE);
    const named = (Object.values(rules) as Block[]).filter(({ remote_ip_prefix }) => remote_ip_prefix === '${var.office}');
    expect(named).toHaveLength(7); // the API; SSH to and everything from both groups; node ports by TCP and UDP
    for (const { ethertype } of named) expect(ethertype).toBe('${strcontains(var.office, ":") ? "IPv6" : "IPv4"}');
  });

  test('a range that is a reference is a rule; a list that is one is an error', () => {
    const withVariable = (list: boolean) =>
      synth(({ stack, network }) => {
        const variable = new TerraformVariable(stack, 'office', { type: 'string' });
        const apiAllowedCidrs = list ? Token.asList(variable.value) : [variable.stringValue];
        new NodeSecurityGroups(stack, 'Security', { name: 'prod', network, cni: Cni.cilium(), loadBalancerProvider: OVN, apiAllowedCidrs });
      });
    expect(Object.values(withVariable(false).resources(RULE))).toContainEqual(expect.objectContaining({ remote_ip_prefix: '${var.office}' }));
    expect(() => withVariable(true)).toThrow(/apiAllowedCidrs must be a list known at synth, a reference was given/);
  });
});
