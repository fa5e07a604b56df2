import { OctaviaOptions } from './octavia-options';
import { checkLabels } from './workload-checks';
import { LoadBalancerProvider } from '../contracts/openstack-cloud';
import { checkDnsSubdomain } from '../core/naming';
import { check, checkInteger, checkKnown, checkOneOf, fail, Where } from '../core/validation';

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

/** What describes a load balancer when it is made: the controller doesn't look at it for one that is there. */
const AT_BIRTH = ['flavorId', 'availabilityZone', 'portId', 'subnetId', 'networkId'] as const satisfies readonly (keyof OctaviaOptions)[];

/** Where a floating IP comes from, and whether it stays. */
const FLOATING = [
  'floatingNetworkId',
  'floatingSubnetId',
  'floatingSubnet',
  'floatingSubnetTags',
  'keepFloatingIp',
] as const satisfies readonly (keyof OctaviaOptions)[];

/** How its subnet may be found; the class and the id come first, and leave the others without effect. */
const SUBNETS = ['loadBalancerClass', 'floatingSubnetId'] as const satisfies readonly (keyof OctaviaOptions)[];

/** What else of the Service decides. */
export interface OctaviaService {
  readonly internal: boolean;
  readonly protocol: string;
}

/** Throws for options that Octavia, the given provider of it, or the cloud controller refuses or ignores. */
export function checkOctavia(where: Where, options: OctaviaOptions, provider: LoadBalancerProvider | undefined, service: OctaviaService): void {
  checkIgnored(where, options, service.internal);
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
  const layer7 = (['proxyProtocol', 'xForwardedFor', 'tlsContainerRef'] as const).find((option) => options[option]);
  if (layer7 !== undefined && service.protocol !== 'TCP') {
    fail(where, { problem: `octavia.${layer7} needs TCP`, value: service.protocol, fix: 'leave it out' });
  }
  checkInteger(where, 'octavia.proxyProtocolVersion', options.proxyProtocolVersion, { min: 1, max: 2 });
  if (options.proxyProtocolVersion !== undefined && !options.proxyProtocol) {
    fail(where, {
      problem: 'octavia.proxyProtocolVersion needs proxyProtocol',
      value: options.proxyProtocolVersion,
      fix: 'set it, or leave both out',
    });
  }
  checkKnown(where, 'octavia.proxyProtocolVersion', options.proxyProtocolVersion); // one annotation holds both
  // A container store other than Barbican may have references of any form, but no URLs.
  check(where, options.tlsContainerRef, (ref) => !/^https?:/.test(ref) || /^https?:\/\/.+\/(containers|secrets)\/[^/]+$/.test(ref), {
    problem: "octavia.tlsContainerRef is not Barbican's reference of a container or secret",
    fix: 'write it as https://barbican.example.com/v1/containers/<uuid>',
  });
  check(where, options.connectionLimit, (limit) => Number.isSafeInteger(limit) && (limit === -1 || limit >= 1), {
    problem: 'octavia.connectionLimit must be a whole number from 1, or -1 for no limit',
    fix: 'give such a number',
  });
  checkLabels(where, 'octavia.nodeSelector', options.nodeSelector);
  checkHealthMonitor(where, options);
  for (const name of ['timeoutClientData', 'timeoutMemberConnect', 'timeoutMemberData', 'timeoutTcpInspect'] as const) {
    checkInteger(where, `octavia.${name}`, options[name], { min: 0, max: 365 * 24 * 3600 * 1000 });
  }
  check(where, options.availabilityZone, (zone) => !/\s/.test(zone), {
    problem: 'octavia.availabilityZone has a space, which the controller does not take',
    fix: 'choose another zone, or name it otherwise in Octavia',
  });
  checkDnsSubdomain(where, 'octavia.hostname', options.hostname);
}

function checkHealthMonitor(where: Where, options: OctaviaOptions): void {
  const { healthMonitorDelay: delay, healthMonitorTimeout: timeout } = options;
  checkInteger(where, 'octavia.healthMonitorDelay', delay, { min: 1, max: 86400 });
  checkInteger(where, 'octavia.healthMonitorTimeout', timeout, { min: 1, max: 86400 });
  checkInteger(where, 'octavia.healthMonitorMaxRetries', options.healthMonitorMaxRetries, { min: 1, max: 10 });
  checkInteger(where, 'octavia.healthMonitorMaxRetriesDown', options.healthMonitorMaxRetriesDown, { min: 1, max: 10 });
  check(where, [timeout, delay], ([short, long]) => short === undefined || long === undefined || short < long, {
    problem: 'octavia.healthMonitorTimeout must be less than healthMonitorDelay',
    fix: 'raise the delay',
  });
  const given = (['healthMonitorDelay', 'healthMonitorTimeout', 'healthMonitorMaxRetries', 'healthMonitorMaxRetriesDown'] as const).find(
    (option) => options[option] !== undefined,
  );
  if (given !== undefined && options.healthMonitor === false) {
    fail(where, {
      problem: `octavia.${given} has no effect without the health monitor`,
      value: options[given],
      fix: 'leave out healthMonitor: false',
    });
  }
}

/** What the controller accepts and then doesn't look at would be believed to hold. */
function checkIgnored(where: Where, options: OctaviaOptions, internal: boolean): void {
  const given = (names: readonly (keyof OctaviaOptions)[]) => names.find((name) => options[name] !== undefined);
  if (options.loadBalancerId !== undefined) {
    const ignored = given(AT_BIRTH);
    if (ignored !== undefined) {
      fail(where, { problem: `octavia.${ignored} has no effect on a load balancer that is there`, value: options[ignored], fix: 'leave it out' });
    }
    if (internal) {
      fail(where, {
        problem: 'an internal Service cannot share a load balancer',
        value: options.loadBalancerId,
        fix: 'leave out internal or loadBalancerId',
      });
    }
  }
  const floating = given(FLOATING);
  if (internal && floating !== undefined) {
    fail(where, { problem: `octavia.${floating} has no effect on an internal Service`, value: options[floating], fix: 'leave it out' });
  }
  for (const first of SUBNETS.filter((name) => options[name] !== undefined)) {
    const second = given(['floatingSubnetId', 'floatingSubnet', 'floatingSubnetTags'].filter((name) => name !== first) as (keyof OctaviaOptions)[]);
    if (second === undefined) continue;
    fail(where, { problem: `octavia.${second} has no effect beside ${first}`, value: options[second], fix: 'leave one of them out' });
  }
}
