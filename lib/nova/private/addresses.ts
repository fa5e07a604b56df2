import { Fn, Token } from 'cdktf';
import { Cidr } from '../../core/cidr';
import { IpFamily } from '../../core/ip-family';
import { isKnown } from '../../core/validation';

/** A single address as a block of one. */
export function asCidr(addressOrCidr: string): string {
  if (!isKnown(addressOrCidr) || addressOrCidr.includes('/')) return addressOrCidr;
  return addressOrCidr.includes(':') ? `${addressOrCidr}/128` : `${addressOrCidr}/32`;
}

/** An address, or a block, as Neutron writes it back: a text that differs would be planned again for ever. */
export function asNeutron(addressOrCidr: string): string {
  if (!isKnown(addressOrCidr)) return addressOrCidr;
  return addressOrCidr.includes('/') ? Cidr.of(addressOrCidr).toString() : Cidr.of(asCidr(addressOrCidr)).network;
}

/** Without capture groups: Terraform's `regex` then returns the text itself. */
const ADDRESS = {
  [IpFamily.V4]: '[0-9]+[.][0-9]+[.][0-9]+[.][0-9]+',
  [IpFamily.V6]: '[0-9a-fA-F]*:[0-9a-fA-F:]+',
};

/** The first address of a family among those of both: Neutron gives them in no order that one could rely on. */
export function addressOfFamily(addresses: string[], family: IpFamily): string {
  return Token.asString(Fn.regex(ADDRESS[family], Fn.join(' ', addresses)));
}

/** The IP family of a range; undefined if it isn't known at synth. */
export function familyOf(cidr: string): IpFamily | undefined {
  return isKnown(cidr) ? Cidr.of(cidr).family : undefined;
}

/** Neutron's ethertype for a range. Of which family a reference is shows only where it is known: with both possible, Terraform looks. */
export function ethertypeOf(cidr: string, families: readonly (IpFamily | undefined)[]): string {
  const [only] = families;
  const settled = familyOf(cidr) ?? (families.length === 1 ? only : undefined);
  return settled ?? Token.asString(Fn.conditional(Fn.strcontains(cidr, ':'), IpFamily.V6, IpFamily.V4));
}

/**
 * What the rules of ranges are known by, whatever else is in the list: the range itself; a reference has no text at synth, and is counted among the references
 * alone.
 */
export function rangeNames(cidrs: readonly string[]): string[] {
  let references = 0;
  return cidrs.map((cidr) => (isKnown(cidr) ? asNeutron(cidr) : `reference-${references++}`));
}
