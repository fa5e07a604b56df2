import { OctaviaOptions } from './octavia-options';
import { LoadBalancerProvider } from '../contracts/openstack-cloud';
import { checkDnsSubdomain } from '../core/naming';
import { check, checkInteger, checkOneOf, fail, Where } from '../core/validation';

/** OVN's load balancers are flows: they end no connection, so that they neither read nor time nor encrypt one. */
const AMPHORA_ONLY = [
  'flavorId',
  'availabilityZone',
  'tlsContainerRef',
  'proxyProtocol',
  'xForwardedFor',
  'timeoutClientData',
  'timeoutMemberConnect',
  'timeoutMemberData',
  'timeoutTcpInspect',
] as const satisfies readonly (keyof OctaviaOptions)[];

/** Throws for options that Octavia, or the given provider of it, refuses or ignores. */
export function checkOctavia(where: Where, options: OctaviaOptions, provider: LoadBalancerProvider | undefined): void {
  if (provider === LoadBalancerProvider.OVN) {
    const refused = AMPHORA_ONLY.find((option) => options[option] !== undefined && options[option] !== false);
    if (refused !== undefined) {
      fail(where, {
        problem: `octavia.${refused} needs an amphora load balancer, and this cloud's provider is OVN`,
        value: options[refused],
        fix: 'leave it out',
      });
    }
    checkOneOf(where, 'octavia.method (with OVN)', options.method, ['SOURCE_IP_PORT']);
  }
  checkOneOf(where, 'octavia.method', options.method, ['ROUND_ROBIN', 'LEAST_CONNECTIONS', 'SOURCE_IP', 'SOURCE_IP_PORT']);
  if (options.proxyProtocol && options.xForwardedFor) {
    fail(where, {
      problem: 'octavia.proxyProtocol and octavia.xForwardedFor exclude each other: one is for TCP, the other for HTTP',
      fix: 'keep the one that the program understands',
    });
  }
  checkInteger(where, 'octavia.connectionLimit', options.connectionLimit, { min: 1 });
  for (const name of ['timeoutClientData', 'timeoutMemberConnect', 'timeoutMemberData', 'timeoutTcpInspect'] as const) {
    checkInteger(where, `octavia.${name}`, options[name], { min: 0, max: 365 * 24 * 3600 * 1000 });
  }
  check(where, options.availabilityZone, (zone) => !/\s/.test(zone), {
    problem: 'octavia.availabilityZone has a space, which the controller does not take',
    fix: 'choose another zone, or name it otherwise in Octavia',
  });
  checkDnsSubdomain(where, 'octavia.hostname', options.hostname);
}
