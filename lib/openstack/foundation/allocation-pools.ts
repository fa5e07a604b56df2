import { fromByteArray, parse } from 'ipaddr.js';
import { Cidr } from '../../core/cidr';
import { checkAddress, checkInside } from '../../core/cidr-checks';
import { IpFamily } from '../../core/ip-family';
import { fail, isKnown, Where } from '../../core/validation';

/** A range of addresses, both ends included. */
interface Range {
  readonly start: string;
  readonly end: string;
}

/** Throws unless the pools lie inside the CIDR, run upwards, don't overlap, and leave out the gateway, the network and the broadcast address. */
export function checkAllocationPools(where: Where, pools: readonly Range[], cidr: Cidr | undefined, gateway: string | undefined): void {
  const seen: Range[] = [];
  for (const pool of pools) {
    if (!isKnown(pool)) continue;
    const text = `${pool.start}-${pool.end}`;
    for (const [name, address] of Object.entries(pool)) {
      checkAddress(where, `${name} of an allocation pool`, address);
      if (cidr !== undefined) checkInside(where, `${name} of an allocation pool`, address, cidr.toString());
    }
    if (compareAddresses(pool.start, pool.end) > 0) {
      fail(where, { problem: 'an allocation pool must not end before it starts', value: text, fix: 'swap start and end' });
    }
    if (gateway !== undefined && isKnown(gateway) && within(gateway, pool)) {
      fail(where, {
        problem: `an allocation pool holds the gateway ${gateway}`,
        value: text,
        fix: 'begin behind the gateway, or give another gatewayAddress',
      });
    }
    const reserved = cidr === undefined || cidr.family === IpFamily.V6 ? [] : [cidr.network, cidr.addressAt(-1)];
    const taken = reserved.find((address) => within(address, pool));
    if (taken !== undefined) {
      fail(where, { problem: `an allocation pool holds ${taken}, the network's own or its broadcast address`, value: text, fix: 'leave it out' });
    }
    const clash = seen.find((other) => within(pool.start, other) || within(other.start, pool));
    if (clash !== undefined) {
      fail(where, {
        problem: `allocation pools overlap: ${clash.start}-${clash.end}`,
        value: text,
        fix: 'give them ranges without a common address',
      });
    }
    seen.push(pool);
  }
}

/**
 * Throws if a pool, or without pools the whole network, holds an address that somebody has: a floating IP of that address would take it away from them.
 * `reserved` says who has which address.
 */
export function checkReserved(
  where: Where,
  pools: readonly Range[] | undefined,
  cidr: Cidr | undefined,
  gateway: string | undefined,
  reserved: { readonly [address: string]: string } | undefined,
): void {
  const others = Object.entries(reserved ?? {}).filter(([address]) => isKnown(address) && address !== gateway);
  others.forEach(([address]) => checkAddress(where, 'reservedAddresses', address));
  const whole = cidr !== undefined && isKnown(cidr.toString()) ? { start: cidr.network, end: cidr.addressAt(-1) } : undefined;
  const given = pools === undefined || pools.length === 0 ? whole : undefined;
  for (const pool of given === undefined ? (pools ?? []) : [given]) {
    if (!isKnown(pool)) continue;
    const [address, owner] = others.find(([other]) => sameFamily(other, pool.start) && within(other, pool)) ?? [];
    if (address === undefined) continue;
    const free =
      whole === undefined ? undefined : largestGap(whole, [...others.map(([other]) => other), ...(gateway === undefined ? [] : [gateway])]);
    fail(where, {
      problem:
        given === undefined
          ? `the allocation pool ${pool.start}-${pool.end} holds the address of ${owner}, which Neutron would give away`
          : `without allocationPools Neutron gives away all of ${cidr!.toString()}, and with it the address of ${owner}`,
      value: address,
      fix: `give allocationPools that leave it out${free === undefined ? '' : `, for example { start: '${free.start}', end: '${free.end}' }`}`,
    });
  }
}

/** The most addresses in a row that nobody has, without the first and the last one of the network. */
function largestGap(network: Range, taken: readonly string[]): Range | undefined {
  const numbers = [network.start, ...taken.filter((address) => sameFamily(address, network.start) && within(address, network)), network.end]
    .map(numberOf)
    .sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const gaps = numbers.slice(1).map((next, i) => ({ from: numbers[i] + 1n, to: next - 1n }));
  const { from, to } = gaps.reduce((best, gap) => (gap.to - gap.from > best.to - best.from ? gap : best));
  return from > to ? undefined : { start: addressOf(from, network.start), end: addressOf(to, network.start) };
}

function numberOf(address: string): bigint {
  return parse(address).toByteArray().reduce((sum, byte) => sum * 256n + BigInt(byte), 0n); // prettier-ignore
}

/** Of the family of another address. */
function addressOf(number: bigint, like: string): string {
  const { length } = parse(like).toByteArray();
  return fromByteArray(Array.from({ length }, (_, i) => Number((number / 256n ** BigInt(length - 1 - i)) % 256n))).toString();
}

function sameFamily(a: string, b: string): boolean {
  return parse(a).kind() === parse(b).kind();
}

/** Negative if the first address is the lower one, 0 if they are the same. Addresses of one family. */
export function compareAddresses(a: string, b: string): number {
  const [left, right] = [parse(a).toByteArray(), parse(b).toByteArray()];
  const difference = left.findIndex((byte, i) => byte !== right[i]);
  return difference < 0 ? 0 : left[difference] - right[difference];
}

function within(address: string, range: Range): boolean {
  return compareAddresses(address, range.start) >= 0 && compareAddresses(address, range.end) <= 0;
}
