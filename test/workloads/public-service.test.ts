import { TerraformOutput, TerraformVariable } from 'cdktf';
import * as fc from 'fast-check';
import { LoadBalancerProvider } from '../../lib/contracts/openstack-cloud';
import { StrataError } from '../../lib/core/validation';
import { OpenStackCloudController } from '../../lib/kubernetes/addons/openstack-cloud-controller/openstack-cloud-controller';
import { octaviaAnnotations } from '../../lib/workloads/octavia-annotations';
import { checkOctavia } from '../../lib/workloads/octavia-checks';
import { OctaviaOptions } from '../../lib/workloads/octavia-options';
import { ExternalTrafficPolicy, PublicService, PublicServiceProps } from '../../lib/workloads/public-service';
import { ServiceProtocol } from '../../lib/workloads/service-port';
import { StatefulWorkload } from '../../lib/workloads/stateful-workload';
import { ClusterOptions, synthOn } from '../kubernetes/addons/cluster';

const INTERNAL = 'service.beta.kubernetes.io/openstack-internal-load-balancer';

function synth(props: Partial<PublicServiceProps> = {}, options: ClusterOptions = {}) {
  const selector = props.workload ? {} : { selector: { app: 'web' } };
  return synthOn(options, (stack, cluster) => new PublicService(stack, 'Web', { cluster, port: 443, ...selector, ...props })).resource(
    'kubernetes_service_v1',
  );
}
const ovn = { provider: LoadBalancerProvider.OVN };

test('is a Service of type LoadBalancer that waits for its address', () => {
  expect(synth({ targetPort: 8443 })).toMatchObject({
    metadata: { name: 'web', namespace: 'default', annotations: { [INTERNAL]: 'false' } },
    spec: {
      type: 'LoadBalancer',
      selector: { app: 'web' },
      port: [{ port: 443, target_port: '8443', protocol: 'TCP' }],
      external_traffic_policy: 'Cluster',
    },
    wait_for_load_balancer: true,
  });
});

test('serves a workload in its namespace, on its port', () => {
  const stack = synthOn({}, (scope, cluster) => {
    const workload = new StatefulWorkload(scope, 'App', {
      cluster,
      image: 'app:1',
      port: 8080,
      volume: { sizeGib: 1, mountPath: '/x' },
      namespace: 'shop',
    });
    const service = new PublicService(scope, 'AppPublic', { cluster, workload, port: 80, internal: true });
    new TerraformOutput(scope, 'address', { value: service.address });
  });
  const service = Object.values(stack.resources('kubernetes_service_v1')).find(({ spec }) => spec.type === 'LoadBalancer')!;
  const pods = stack.resource('kubernetes_stateful_set_v1').spec.template.metadata.labels;
  expect(service.metadata).toMatchObject({ name: 'app-public', namespace: 'shop', annotations: { [INTERNAL]: 'true' } });
  expect(pods).toMatchObject(service.spec.selector);
  expect(service.spec.port[0]).toMatchObject({ port: 80, target_port: '8080' });
  expect(stack.json.output.address.value).toMatch(
    /^\$\{kubernetes_service_v1\.AppPublic_Service_\w+\.status\[0\]\.load_balancer\[0\]\.ingress\[0\]\.ip\}$/,
  );
});

test('what the controller writes on it is no reason for a plan', () => {
  expect(synth().lifecycle.ignore_changes).toEqual([
    'metadata[0].annotations["loadbalancer.openstack.org/load-balancer-address"]',
    'metadata[0].annotations["loadbalancer.openstack.org/load-balancer-id"]',
  ]);
  expect(synth({ octavia: { loadBalancerId: 'lb' } }).lifecycle.ignore_changes).toHaveLength(1);
});

test('is gone before the cloud controller, or its load balancer would stay', () => {
  const stack = synthOn({}, (scope, cluster) => {
    new PublicService(scope, 'Web', { cluster, port: 443, selector: { app: 'web' } });
    new OpenStackCloudController(scope, 'Ccm', { cluster });
  });
  expect(stack.resource('kubernetes_service_v1').depends_on).toEqual([expect.stringMatching(/^helm_release\.Ccm_Release_/)]);
});

test('every option is the annotation that the controller reads', () => {
  const { annotations } = synth({
    octavia: {
      floatingNetworkId: 'net',
      floatingSubnet: '~public.*',
      floatingSubnetTags: ['a', 'b'],
      subnetId: 's',
      networkId: 'n',
      memberSubnetId: 'm',
      portId: 'p',
      keepFloatingIp: true,
      method: 'LEAST_CONNECTIONS',
      connectionLimit: 100,
      proxyProtocol: true,
      tlsContainerRef: 'https://barbican/v1/containers/x',
      timeoutClientData: 1,
      timeoutMemberConnect: 2,
      timeoutMemberData: 3,
      timeoutTcpInspect: 4,
      healthMonitor: true,
      healthMonitorDelay: 10,
      healthMonitorTimeout: 5,
      healthMonitorMaxRetries: 2,
      healthMonitorMaxRetriesDown: 4,
      nodeSelector: { tier: 'edge', 'node-role.kubernetes.io/ingress': '' },
      flavorId: 'f',
      availabilityZone: 'az',
      hostname: 'web.example.com',
    },
  }).metadata;
  const prefix = 'loadbalancer.openstack.org/';
  const short = Object.fromEntries(
    Object.entries(annotations)
      .filter(([key]) => key !== INTERNAL)
      .map(([key, value]) => [key.replace(prefix, ''), value]),
  );
  expect(short).toEqual({
    'floating-network-id': 'net',
    'floating-subnet': '~public.*',
    'floating-subnet-tags': 'a,b',
    'subnet-id': 's',
    'network-id': 'n',
    'member-subnet-id': 'm',
    'port-id': 'p',
    'keep-floatingip': 'true',
    'lb-method': 'LEAST_CONNECTIONS',
    'connection-limit': '100',
    'proxy-protocol': 'true',
    'default-tls-container-ref': 'https://barbican/v1/containers/x',
    'timeout-client-data': '1',
    'timeout-member-connect': '2',
    'timeout-member-data': '3',
    'timeout-tcp-inspect': '4',
    'enable-health-monitor': 'true',
    'health-monitor-delay': '10',
    'health-monitor-timeout': '5',
    'health-monitor-max-retries': '2',
    'health-monitor-max-retries-down': '4',
    'node-selector': 'tier=edge,node-role.kubernetes.io/ingress',
    'flavor-id': 'f',
    'availability-zone': 'az',
    hostname: 'web.example.com',
  });
});

test.each<[string, PublicServiceProps['octavia'], string, string]>([
  ['the id of the external subnet', { floatingSubnetId: 'sub' }, 'floating-subnet-id', 'sub'],
  ['a class', { loadBalancerClass: 'office' }, 'class', 'office'],
  ['a shared load balancer', { loadBalancerId: 'lb' }, 'load-balancer-id', 'lb'],
  ['version 2 of the PROXY protocol', { proxyProtocol: true, proxyProtocolVersion: 2 }, 'proxy-protocol', 'v2'],
  ['version 1 of the PROXY protocol', { proxyProtocol: true, proxyProtocolVersion: 1 }, 'proxy-protocol', 'true'],
  ['no limit', { connectionLimit: -1 }, 'connection-limit', '-1'],
])('%s', (_, octavia, name, value) => {
  expect(synth({ octavia }).metadata.annotations[`loadbalancer.openstack.org/${name}`]).toBe(value);
});

const words = fc.string({ unit: fc.constantFrom(...'abcxyz019-'), minLength: 1, maxLength: 12 });
const values: Record<string, fc.Arbitrary<unknown>> = {
  method: fc.constantFrom('ROUND_ROBIN', 'LEAST_CONNECTIONS', 'SOURCE_IP', 'SOURCE_IP_PORT'),
  connectionLimit: fc.integer({ min: -2, max: 5 }),
  proxyProtocol: fc.boolean(),
  proxyProtocolVersion: fc.integer({ min: 0, max: 3 }),
  xForwardedFor: fc.boolean(),
  tlsContainerRef: fc.constantFrom('https://barbican:9311/v1/containers/a', 'https://barbican:9311/v1/orders/a', 'own-store'),
  timeoutClientData: fc.integer({ min: -1, max: 100000 }),
  healthMonitor: fc.boolean(),
  healthMonitorDelay: fc.integer({ min: 0, max: 10 }),
  healthMonitorTimeout: fc.integer({ min: 0, max: 10 }),
  healthMonitorMaxRetries: fc.integer({ min: 0, max: 11 }),
  floatingSubnet: words,
  floatingSubnetId: words,
  floatingSubnetTags: fc.array(words, { minLength: 1, maxLength: 3 }),
  loadBalancerClass: words,
  loadBalancerId: words,
  flavorId: words,
  keepFloatingIp: fc.boolean(),
  hostname: words.filter((word) => !/^-|-$/.test(word)),
};
/** A few options at a time: of many, some always exclude each other. */
const octavias = fc
  .uniqueArray(fc.oneof(...Object.entries(values).map(([name, value]) => value.map((drawn) => [name, drawn] as const))), {
    maxLength: 4,
    selector: ([name]) => name,
  })
  .map((entries): OctaviaOptions => Object.fromEntries(entries));

test('whatever is accepted is what the controller reads as it was meant, for any options', () => {
  const accepted = new Set<string>();
  fc.assert(
    fc.property(octavias, fc.boolean(), fc.boolean(), (octavia, onOvn, internal) => {
      const provider = onOvn ? LoadBalancerProvider.OVN : LoadBalancerProvider.AMPHORA;
      try {
        checkOctavia('a', octavia, provider, { internal, protocol: 'TCP' });
      } catch (error) {
        expect(error).toBeInstanceOf(StrataError);
        return;
      }
      Object.keys(octavia).forEach((option) => accepted.add(option));
      const found = octaviaAnnotations(octavia, internal);
      const of = (name: string) => found[`loadbalancer.openstack.org/${name}`];
      expect(found[INTERNAL]).toBe(String(internal));
      // what the controller does with them: Atoi for numbers, "true" and "false" alone for booleans
      for (const [name, value] of Object.entries(found)) {
        expect(value).not.toBe('');
        if (/timeout|delay|retries|limit/.test(name)) expect(String(parseInt(value, 10))).toBe(value);
        if (/x-forwarded|keep-|enable-/.test(name)) expect(['true', 'false']).toContain(value);
      }
      expect(['true', 'false', 'v2', undefined]).toContain(of('proxy-protocol'));
      const proxied = of('proxy-protocol') !== undefined && of('proxy-protocol') !== 'false';
      expect(proxied && of('x-forwarded-for') === 'true').toBe(false);
      if (onOvn) expect([proxied, of('flavor-id'), of('default-tls-container-ref'), of('timeout-client-data')]).toEqual([false, ...Array(3)]);
      if (of('load-balancer-id') !== undefined) expect([internal, of('flavor-id')]).toEqual([false, undefined]);
      if (of('health-monitor-delay') && of('health-monitor-timeout')) {
        expect(Number(of('health-monitor-timeout'))).toBeLessThan(Number(of('health-monitor-delay')));
      }
    }),
    { numRuns: 2000 },
  );
  // the property says something of every option
  expect(accepted.size).toBeGreaterThanOrEqual(19);
});

test('an internal load balancer may have an address of its own choice', () => {
  expect(synth({ internal: true, vipAddress: '10.8.0.50' }).spec.load_balancer_ip).toBe('10.8.0.50');
});

test('with a name of its own it tells that', () => {
  const stack = synthOn({}, (scope, cluster) => {
    const service = new PublicService(scope, 'Web', { cluster, port: 80, selector: { app: 'web' }, octavia: { hostname: 'web.example.com' } });
    new TerraformOutput(scope, 'address', { value: service.address });
  });
  expect(stack.json.output.address.value).toMatch(/\.ingress\[0\]\.hostname\}$/);
});

test('a floating IP that was given is kept, unless it is said otherwise', () => {
  const annotation = 'loadbalancer.openstack.org/keep-floatingip';
  const given = synth({ floatingIp: '203.0.113.99' });
  expect(given.spec.load_balancer_ip).toBe('203.0.113.99');
  expect(given.metadata.annotations[annotation]).toBe('true');
  expect(synth({ floatingIp: '203.0.113.99', octavia: { keepFloatingIp: false } }).metadata.annotations[annotation]).toBe('false');
  expect(synth().metadata.annotations).not.toHaveProperty([annotation]);
});

test('references go through: a number token never becomes a text', () => {
  const service = synthOn({}, (scope, cluster) => {
    const limit = new TerraformVariable(scope, 'limit', { type: 'number' }).numberValue;
    const network = new TerraformVariable(scope, 'network', { type: 'string' }).stringValue;
    new PublicService(scope, 'Web', {
      cluster,
      port: 443,
      selector: { app: 'web' },
      octavia: { connectionLimit: limit, floatingNetworkId: network },
    });
  }).resource('kubernetes_service_v1');
  expect(service.metadata.annotations['loadbalancer.openstack.org/connection-limit']).toBe('${var.limit}');
  expect(service.metadata.annotations['loadbalancer.openstack.org/floating-network-id']).toBe('${var.network}');
});

test('source ranges', () => {
  expect(synth({ sourceRanges: ['198.51.100.0/24'] }).spec.load_balancer_source_ranges).toEqual(['198.51.100.0/24']);
  expect(() => synth({ sourceRanges: ['198.51.100.0/24'] }, ovn)).toThrow(
    /^test\/Web: sourceRanges would not be enforced: OVN's load balancers have no access list, got \["198\.51\.100\.0\/24"\]; restrict clients by the cluster's publicServiceCidrs/,
  );
  expect(synth({ sourceRanges: ['198.51.100.0/24'], securityGroupsManaged: true }, ovn).spec.load_balancer_source_ranges).toEqual([
    '198.51.100.0/24',
  ]);
});

test.each<[string, PublicServiceProps['octavia']]>([
  ['flavorId', { flavorId: 'f' }],
  ['availabilityZone', { availabilityZone: 'z' }],
  ['tlsContainerRef', { tlsContainerRef: 'r' }],
  ['proxyProtocol', { proxyProtocol: true }],
  ['xForwardedFor', { xForwardedFor: true }],
  ['timeoutClientData', { timeoutClientData: 1 }],
  ['timeoutMemberConnect', { timeoutMemberConnect: 1 }],
  ['timeoutMemberData', { timeoutMemberData: 1 }],
  ['timeoutTcpInspect', { timeoutTcpInspect: 0 }],
])('OVN has no %s', (option, octavia) => {
  expect(() => synth({ octavia }, ovn)).toThrow(
    new RegExp(`^test/Web: octavia\\.${option} needs an amphora load balancer, and this cloud's provider is OVN, got .*; leave it out$`),
  );
  expect(() => synth({ octavia })).not.toThrow();
});

test.each<[string, Partial<PublicServiceProps>, RegExp, ClusterOptions?]>([
  [
    'another method with OVN',
    { octavia: { method: 'ROUND_ROBIN' } },
    /octavia\.method \(with OVN\) is not known, got "ROUND_ROBIN"; use one of SOURCE_IP_PORT/,
    ovn,
  ],
  ['a method that is none', { octavia: { method: 'RANDOM' } }, /octavia\.method is not known, got "RANDOM"/],
  ['PROXY and X-Forwarded-For', { octavia: { proxyProtocol: true, xForwardedFor: true } }, /exclude each other/],
  ['PROXY on UDP', { octavia: { proxyProtocol: true }, protocol: ServiceProtocol.UDP }, /proxyProtocol needs TCP, got "UDP"/],
  ['a zone with a space', { octavia: { availabilityZone: 'zone 1' } }, /availabilityZone has a space.*got "zone 1"/],
  ['nothing to serve', { selector: undefined }, /neither a workload nor a selector/],
  ['everything to serve', { selector: {} }, /selector is empty/],
  ['port 70000', { port: 70000 }, /port must be a whole number from 1 to 65535, got 70000/],
  ['a name that Kubernetes rejects', { name: 'Web.1' }, /name must be lower-case.*got "Web\.1"/],
  ['nobody let in', { sourceRanges: [] }, /sourceRanges is empty, which Kubernetes takes for everybody/],
  ['an address for a range', { sourceRanges: ['198.51.100.1'] }, /sourceRanges is not an IPv4 or IPv6 CIDR, got "198\.51\.100\.1"/],
  ['a range twice', { sourceRanges: ['10.0.0.0/8', '10.0.0.0/8'] }, /CIDR in sourceRanges must be unique/],
  ['a floating IP that is none', { floatingIp: '203.0.113' }, /floatingIp is not an IPv4 or IPv6 address, got "203\.0\.113"/],
  ['an internal floating IP', { floatingIp: '203.0.113.9', internal: true }, /an internal Service has no floating IP/],
  ['TLS on UDP', { octavia: { tlsContainerRef: 'x' }, protocol: ServiceProtocol.UDP }, /tlsContainerRef needs TCP, got "UDP"/],
  ['a URL that is none of Barbican', { octavia: { tlsContainerRef: 'https://x/y' } }, /tlsContainerRef is not Barbican's.*got "https:\/\/x\/y"/],
  ['a PROXY protocol of version 3', { octavia: { proxyProtocol: true, proxyProtocolVersion: 3 } }, /proxyProtocolVersion must be .*got 3/],
  ['a version of no PROXY protocol', { octavia: { proxyProtocolVersion: 2 } }, /proxyProtocolVersion needs proxyProtocol, got 2/],
  ['no connections', { octavia: { connectionLimit: 0 } }, /connectionLimit must be .*got 0/],
  ['eleven retries', { octavia: { healthMonitorMaxRetries: 11 } }, /healthMonitorMaxRetries must be .*got 11/],
  [
    'a monitor that waits longer than it sleeps',
    { octavia: { healthMonitorDelay: 5, healthMonitorTimeout: 5 } },
    /healthMonitorTimeout must be less than healthMonitorDelay, got \[5,5\]; raise the delay/,
  ],
  ['the delay of no monitor', { octavia: { healthMonitor: false, healthMonitorDelay: 5 } }, /healthMonitorDelay has no effect without/],
  ['a node selector of no labels', { octavia: { nodeSelector: { 'a b': 'c' } } }, /nodeSelector has a key that Kubernetes rejects, got "a b"/],
  [
    'the flavor of what is there',
    { octavia: { loadBalancerId: 'lb', flavorId: 'f' } },
    /flavorId has no effect on a load balancer that is there, got "f"/,
  ],
  ['an internal share', { internal: true, octavia: { loadBalancerId: 'lb' } }, /internal Service cannot share.*got "lb"/],
  ['a kept nothing', { internal: true, octavia: { keepFloatingIp: true } }, /keepFloatingIp has no effect on an internal Service, got true/],
  [
    'a class and a subnet',
    { octavia: { loadBalancerClass: 'c', floatingSubnet: 's' } },
    /floatingSubnet has no effect beside loadBalancerClass, got "s"/,
  ],
  ['a subnet twice', { octavia: { floatingSubnetId: 'i', floatingSubnet: 's' } }, /floatingSubnet has no effect beside floatingSubnetId, got "s"/],
  ['the VIP of a public one', { vipAddress: '10.8.0.50' }, /vipAddress is the address of an internal.*got "10\.8\.0\.50"/],
  ['a VIP that is none', { internal: true, vipAddress: '10.8.0' }, /vipAddress is not an IPv4 or IPv6 address/],
  [
    'LOCAL without a monitor',
    { externalTrafficPolicy: ExternalTrafficPolicy.LOCAL, octavia: { healthMonitor: false } },
    /LOCAL needs the health monitor/,
  ],
])('%s is an error', (_, props, message, options = {}) => {
  expect(() => synth(props, options)).toThrow(message);
});

test('a workload of another namespace is an error', () => {
  const other = () =>
    synthOn({}, (scope, cluster) => {
      const workload = new StatefulWorkload(scope, 'App', { cluster, image: 'app:1', port: 8080, volume: { sizeGib: 1, mountPath: '/x' } });
      new PublicService(scope, 'Web', { cluster, workload, port: 80, namespace: 'shop' });
    });
  expect(other).toThrow(/namespace must be the workload's, default.*got "shop"/);
});
