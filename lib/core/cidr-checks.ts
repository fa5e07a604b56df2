import { Cidr } from './cidr';
import { fail, isKnown, Where } from './validation';

/** Reads a CIDR that a construct was given; undefined if it isn't known at synth. */
export function parseCidr(where: Where, name: string, text: string): Cidr | undefined {
  return Cidr._parse(where, name, text);
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
