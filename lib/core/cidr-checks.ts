import { Cidr } from './cidr';
import { IpFamily } from './ip-family';
import { fail, isKnown, Where } from './validation';

/** Reads a CIDR that a construct was given; undefined if it isn't known at synth. */
export function parseCidr(where: Where, name: string, text: string): Cidr | undefined {
  return Cidr._parse(where, name, text);
}

/** Blocks that no subnet, pod or Service can be in: Neutron refuses most of them for a subnet, and hosts don't route them. */
const UNUSABLE = {
  '0.0.0.0/8': 'this host',
  '127.0.0.0/8': 'loopback',
  '169.254.0.0/16': 'link-local, and the metadata service',
  '224.0.0.0/4': 'multicast',
  '::/8': 'loopback and IPv4 in IPv6',
  'fe80::/10': 'link-local',
  'ff00::/8': 'multicast',
};

/** Throws if the block has addresses that no server and no pod can have. */
export function checkUsable(where: Where, name: string, range: Cidr): void {
  const [block, what] = Object.entries(UNUSABLE).find(([text]) => Cidr.of(text).overlaps(range)) ?? [];
  if (block === undefined) return;
  fail(where, {
    problem: `${name} has addresses of ${block} (${what}), which no server and no pod can have`,
    value: range.toString(),
    fix: 'choose another range',
  });
}

/** Throws unless the text is an IPv4 or IPv6 address. */
export function checkAddress(where: Where, name: string, address: string | undefined): void {
  if (address !== undefined) Cidr._parseAddress(where, name, address);
}

/** Throws unless the address, or the block, lies inside the CIDR. Whichever isn't known at synth is skipped. */
export function checkInside(where: Where, name: string, addressOrCidr: string | undefined, cidr: string): void {
  if (addressOrCidr === undefined || !isKnown(addressOrCidr)) return;
  const given = addressOrCidr.includes('/') ? Cidr._parse(where, name, addressOrCidr) : Cidr._parseAddress(where, name, addressOrCidr);
  const network = Cidr._parse(where, `network of ${name}`, cidr);
  if (given === undefined || network === undefined || network.contains(given.toString())) return;
  fail(where, {
    problem: `${name} is outside its network ${network.toString()}`,
    value: addressOrCidr,
    fix: `use one from ${network.network} to ${network.addressAt(-1)}`,
  });
}

/** Throws unless a server, or a load balancer, can have the address in the subnet. Whichever isn't known at synth is skipped. */
export function checkHostAddress(where: Where, name: string, address: string | undefined, cidr: string): void {
  if (address === undefined) return;
  const host = Cidr._parseAddress(where, name, address);
  checkInside(where, name, address, cidr);
  const subnet = Cidr._parse(where, `network of ${name}`, cidr);
  if (host === undefined || subnet === undefined) return;
  const isBroadcast = subnet.family === IpFamily.V4 && host.network === subnet.addressAt(-1);
  if (host.network !== subnet.network && !isBroadcast) return;
  fail(where, {
    problem: `${name} is the subnet's own ${isBroadcast ? 'broadcast' : 'first'} address, which is no port's`,
    value: address,
    fix: 'choose another address of the subnet',
  });
}

/** Throws if two of the named CIDRs have an address in common, and tells which. CIDRs that aren't known at synth are skipped. */
export function assertDisjoint(where: Where, named: { readonly [name: string]: string | undefined }): void {
  const seen: { name: string; cidr: Cidr }[] = [];
  for (const [name, text] of Object.entries(named)) {
    const cidr = text === undefined ? undefined : Cidr._parse(where, name, text);
    if (cidr === undefined) continue;
    const clash = seen.find((other) => other.cidr.overlaps(cidr));
    if (clash !== undefined) {
      fail(where, {
        problem: `${name} overlaps ${clash.name} (${clash.cidr.toString()})`,
        value: cidr.toString(),
        fix: `give ${name} or ${clash.name} another range`,
      });
    }
    seen.push({ name, cidr });
  }
}
