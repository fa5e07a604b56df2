import { IPv4, IPv6 } from 'ipaddr.js';
import { Cidr } from './cidr';
import { IpFamily } from './ip-family';
import { isKnown } from './validation';

/** A subnet in Neutron whose one half is Kubernetes' for the addresses of Services, and the other Neutron's for everything else. */
export interface ServiceSubnet {
  /** The whole: twice the Services' range. */
  readonly cidr: string;
  /** The router's address: the last of Neutron's half. Kubernetes gives the Services' first address to its own API. */
  readonly gateway: string;
  /** First and last address that Neutron gives to ports: those of amphorae, for example. */
  readonly pool: { readonly start: string; readonly end: string };
  /** The address of the Service `kubernetes`. */
  readonly apiAddress: string;
}

/**
 * The subnet for Services with the given range. Kubernetes chooses addresses from the whole of its range without asking Neutron, so Neutron must have a
 * range of its own beside it: the other half of a subnet twice as large. Undefined if the range isn't known at synth.
 */
export function serviceSubnetOf(serviceCidr: string): ServiceSubnet | undefined {
  if (!isKnown(serviceCidr)) return undefined;
  const services = Cidr.of(serviceCidr);
  const parser = services.family === IpFamily.V4 ? IPv4 : IPv6;
  const prefixLength = services.prefixLength - 1;
  const whole = Cidr.of(`${parser.networkAddressFromCIDR(`${services.network}/${prefixLength}`).toString()}/${prefixLength}`);
  const half = services.addressCount;
  const first = whole.network === services.network ? half : 0; // of Neutron's half
  const last = first + half - 1;
  return {
    cidr: whole.toString(),
    gateway: whole.addressAt(last - 1),
    pool: { start: whole.addressAt(first + 1), end: whole.addressAt(last - 2) },
    apiAddress: services.addressAt(1),
  };
}
