import { parse } from 'ipaddr.js';
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

/** Negative if the first address is the lower one, 0 if they are the same. Addresses of one family. */
export function compareAddresses(a: string, b: string): number {
  const [left, right] = [parse(a).toByteArray(), parse(b).toByteArray()];
  const difference = left.findIndex((byte, i) => byte !== right[i]);
  return difference < 0 ? 0 : left[difference] - right[difference];
}

function within(address: string, range: Range): boolean {
  return compareAddresses(address, range.start) >= 0 && compareAddresses(address, range.end) <= 0;
}
