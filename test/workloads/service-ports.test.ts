import { IpFamily } from '../../lib/core/ip-family';
import { InternalService } from '../../lib/workloads/internal-service';
import { IpFamilyPolicy } from '../../lib/workloads/ip-family-policy';
import { PublicService, PublicServiceProps } from '../../lib/workloads/public-service';
import { ServiceProtocol } from '../../lib/workloads/service-port';
import { Workload } from '../../lib/workloads/workload';
import { ClusterOptions, synthOn } from '../kubernetes/addons/cluster';
import type { Block } from '../support/synth';

const selector = { app: 'web' };
function service(props: Partial<PublicServiceProps>, options: ClusterOptions = {}): Block {
  return synthOn(options, (stack, cluster) => new PublicService(stack, 'Web', { cluster, port: 80, selector, ...props })).resource(
    'kubernetes_service_v1',
  ).spec;
}
const dual = { secondaryServiceCidr: 'fd00:10:96::/112', imported: false };

test('a Service has further ports, and so has a container', () => {
  const furtherPorts = [
    { name: 'https', port: 443, targetPort: 8443 },
    { name: 'quic', port: 443, protocol: ServiceProtocol.UDP },
  ];
  const expected = [
    { name: 'main', port: 80, target_port: '80', protocol: 'TCP' },
    { name: 'https', port: 443, target_port: '8443', protocol: 'TCP' },
    { name: 'quic', port: 443, target_port: '443', protocol: 'UDP' },
  ];
  expect(service({ furtherPorts }).port).toEqual(expected);
  const stack = synthOn({}, (scope, cluster) => {
    const workload = new Workload(scope, 'Shop', { cluster, image: 'shop:1', port: 8080, furtherPorts: [{ name: 'metrics', port: 9090 }] });
    new InternalService(scope, 'Metrics', { cluster, workload, port: 80, furtherPorts });
  });
  expect(stack.resource('kubernetes_service_v1').spec.port.slice(1)).toEqual(expected.slice(1));
  expect(stack.resource('kubernetes_deployment_v1').spec.template.spec.container[0].port).toEqual([
    { name: 'main', container_port: 8080, protocol: 'TCP' },
    { name: 'metrics', container_port: 9090, protocol: 'TCP' },
  ]);
});

test.each([
  [[{ name: 'main', port: 81 }], /name in furtherPorts/],
  [[{ name: 'http', port: 80 }], /port in furtherPorts/],
  [[{ name: 'a-name-that-is-too-long', port: 81 }], /15 characters at most/],
  [[{ name: '8080', port: 81 }], /at least one letter/],
  [[{ name: 'high', port: 70000 }], /furtherPorts\.port/],
])('further ports %j are refused', (furtherPorts, message) => {
  expect(() => service({ furtherPorts })).toThrow(message);
  expect(() => synthOn({}, (scope, cluster) => new Workload(scope, 'Shop', { cluster, image: 'shop:1', port: 80, furtherPorts }))).toThrow(message);
});

test('a Service has addresses of both IP families', () => {
  const both = { ipFamilyPolicy: IpFamilyPolicy.REQUIRE_DUAL_STACK, ipFamilies: [IpFamily.V6, IpFamily.V4] };
  expect(service(both, dual)).toMatchObject({ ip_family_policy: 'RequireDualStack', ip_families: ['IPv6', 'IPv4'] });
  expect(service({ ipFamilyPolicy: IpFamilyPolicy.PREFER_DUAL_STACK }, { imported: false }).ip_families).toBeUndefined();
  // of a cluster that others made nobody knows
  expect(service(both)).toMatchObject({ ip_family_policy: 'RequireDualStack' });
});

test.each<[Partial<PublicServiceProps>, ClusterOptions, RegExp]>([
  [
    { ipFamilyPolicy: IpFamilyPolicy.REQUIRE_DUAL_STACK },
    { imported: false },
    /Services of one IP family alone, got "10\.96\.0\.0\/12"; use PREFER_DUAL_STACK/,
  ],
  [{ ipFamilies: [IpFamily.V6] }, { imported: false }, /no Services of that IP family, got "IPv6"; use IPv4/],
  [{ ipFamilies: [IpFamily.V4, IpFamily.V6] }, dual, /give ipFamilyPolicy/],
  [{ ipFamilies: [IpFamily.V4, IpFamily.V4], ipFamilyPolicy: IpFamilyPolicy.PREFER_DUAL_STACK }, dual, /family in ipFamilies/],
])('IP families %j are refused', (props, options, message) => {
  expect(() => service(props, options)).toThrow(message);
});

test('a load balancer is shared by reference: its id is read from the other Service, once that has it', () => {
  const stack = synthOn({}, (scope, cluster) => {
    const web = new PublicService(scope, 'Web', { cluster, port: 80, selector });
    new PublicService(scope, 'Mail', { cluster, port: 25, selector, octavia: { loadBalancerId: web.loadBalancerId } });
    expect(web.loadBalancerId).toMatch(/TfToken/); // it is read once, however often it is asked for
  });
  const [[id, found]] = Object.entries(stack.data('kubernetes_resources'));
  expect(found).toMatchObject({ kind: 'Service', namespace: 'default', field_selector: 'metadata.name=web' });
  expect(found.depends_on).toEqual([expect.stringMatching(/^kubernetes_service_v1\.Web/)]);
  const mail = Object.values(stack.resources('kubernetes_service_v1')).find(({ metadata }) => metadata.name === 'mail')!;
  expect(mail.metadata.annotations['loadbalancer.openstack.org/load-balancer-id']).toBe(
    `\${data.kubernetes_resources.${id}.objects.0.metadata.annotations["loadbalancer.openstack.org/load-balancer-id"]}`,
  );
});
