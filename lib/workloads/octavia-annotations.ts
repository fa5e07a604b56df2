import { Fn, Token } from 'cdktf';
import { OctaviaOptions } from './octavia-options';
import { isKnown } from '../core/validation';

/** Names of the annotations, as cloud-provider-openstack reads them (pkg/openstack/loadbalancer.go). */
const ANNOTATIONS: { readonly [option in keyof Required<Omit<OctaviaOptions, 'proxyProtocolVersion'>>]: string } = {
  floatingNetworkId: 'floating-network-id',
  floatingSubnetId: 'floating-subnet-id',
  floatingSubnet: 'floating-subnet',
  floatingSubnetTags: 'floating-subnet-tags',
  loadBalancerClass: 'class',
  subnetId: 'subnet-id',
  networkId: 'network-id',
  memberSubnetId: 'member-subnet-id',
  portId: 'port-id',
  loadBalancerId: 'load-balancer-id',
  keepFloatingIp: 'keep-floatingip',
  method: 'lb-method',
  connectionLimit: 'connection-limit',
  proxyProtocol: 'proxy-protocol',
  xForwardedFor: 'x-forwarded-for',
  tlsContainerRef: 'default-tls-container-ref',
  timeoutClientData: 'timeout-client-data',
  timeoutMemberConnect: 'timeout-member-connect',
  timeoutMemberData: 'timeout-member-data',
  timeoutTcpInspect: 'timeout-tcp-inspect',
  healthMonitor: 'enable-health-monitor',
  healthMonitorDelay: 'health-monitor-delay',
  healthMonitorTimeout: 'health-monitor-timeout',
  healthMonitorMaxRetries: 'health-monitor-max-retries',
  healthMonitorMaxRetriesDown: 'health-monitor-max-retries-down',
  nodeSelector: 'node-selector',
  flavorId: 'flavor-id',
  availabilityZone: 'availability-zone',
  hostname: 'hostname',
};

/** The annotations of a Service. Whether it is internal is always said, so that a cluster's default doesn't open or close it. */
export function octaviaAnnotations(options: OctaviaOptions, internal: boolean): { [name: string]: string } {
  const { proxyProtocolVersion, ...rest } = options;
  const values = { ...rest, proxyProtocol: rest.proxyProtocol && proxyProtocolVersion === 2 ? 'v2' : rest.proxyProtocol };
  const given = Object.entries(values).filter(([, value]) => value !== undefined);
  return {
    'service.beta.kubernetes.io/openstack-internal-load-balancer': String(internal),
    ...Object.fromEntries(given.map(([option, value]) => [`${PREFIX}${ANNOTATIONS[option as keyof typeof ANNOTATIONS]}`, text(value)])),
  };
}

const PREFIX = 'loadbalancer.openstack.org/';

function text(value: unknown): string {
  if (Array.isArray(value)) return Token.isUnresolved(value) ? Token.asString(Fn.join(',', value)) : value.join(',');
  if (typeof value === 'object' && value !== null && !Token.isUnresolved(value)) {
    return Object.entries(value)
      .map(([key, of]) => (of === '' ? key : `${key}=${of}`))
      .join(',');
  }
  return isKnown(value) ? String(value) : Token.asString(value);
}
