import { LoadBalancerProvider } from '../contracts/openstack-cloud';
import { Cidr } from '../core/cidr';
import { isKnown } from '../core/validation';

/** What an Octavia provider is asked for, for a Kubernetes API. */
export interface ListenerSettings {
  readonly lbMethod: string;
  readonly monitor: { readonly type: string; readonly urlPath?: string; readonly httpMethod?: string; readonly expectedCodes?: string };
}

/** OVN knows only SOURCE_IP_PORT and TCP monitors; amphorae ask the API server whether it is ready. */
export function listenerSettings(provider: LoadBalancerProvider): ListenerSettings {
  return provider === LoadBalancerProvider.OVN
    ? { lbMethod: 'SOURCE_IP_PORT', monitor: { type: 'TCP' } }
    : { lbMethod: 'ROUND_ROBIN', monitor: { type: 'HTTPS', urlPath: '/readyz', httpMethod: 'GET', expectedCodes: '200' } };
}

/** The access list: canonical, each once, in the order in which Octavia gives it back. References keep their place at the end: sort them in Terraform. */
export function sortedCidrs(cidrs: readonly string[]): string[] {
  const known = cidrs.filter(isKnown).map((cidr) => Cidr.of(cidr).toString());
  return [...new Set(known)].sort().concat(cidrs.filter((cidr) => !isKnown(cidr)));
}
