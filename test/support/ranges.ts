/** Ranges of addresses as numbers: what a test expects of them is not computed by what it tests. */
/* eslint-disable no-bitwise -- an address is a string of bits */
import * as fc from 'fast-check';

export interface Range {
  readonly bits: 32 | 128;
  readonly prefix: number;
  readonly first: bigint;
  readonly last: bigint;
}

const rangeOf = (bits: 32 | 128, address: bigint, prefix: number): Range => {
  const size = 1n << BigInt(bits - prefix);
  const first = (address / size) * size;
  return { bits, prefix, first, last: first + size - 1n };
};

/** A range, or a single address as a range of one. */
export function parse(text: string): Range {
  const [address, length] = text.split('/');
  if (!text.includes(':')) return rangeOf(32, BigInt(`0x${address.split('.').map(hex2).join('')}`), Number(length ?? 32));
  const [head, tail] = address.split('::').map((half) => (half === '' ? [] : half.split(':')));
  const groups = tail === undefined ? head : [...head, ...Array<string>(8 - head.length - tail.length).fill('0'), ...tail];
  return rangeOf(128, BigInt(`0x${groups.map((group) => group.padStart(4, '0')).join('')}`), Number(length ?? 128));
}

const hex2 = (part: string) => Number(part).toString(16).padStart(2, '0');

const groupsOf = (address: bigint) => address.toString(16).padStart(32, '0').match(/.{4}/g)!;

/** As Neutron writes an address. */
export function addressText(bits: 32 | 128, address: bigint): string {
  if (bits === 32) return [24n, 16n, 8n, 0n].map((shift) => (address >> shift) & 255n).join('.');
  return new URL(`http://[${groupsOf(address).join(':')}]`).hostname.slice(1, -1);
}

/** As Neutron writes a range. */
export const rangeText = ({ bits, first, prefix }: Range) => `${addressText(bits, first)}/${prefix}`;

/** The text of a range, or of an address, as Neutron writes it. */
export const canonical = (text: string) => (text.includes('/') ? rangeText(parse(text)) : addressText(parse(text).bits, parse(text).first));

/** As somebody may write the same: with every zero, and in capitals. */
export const atLength = (text: string) => {
  const { bits, first, prefix } = parse(text);
  return bits === 32 ? text : `${groupsOf(first).join(':').toUpperCase()}/${prefix}`;
};

export const overlap = (a: Range, b: Range) => a.bits === b.bits && a.first <= b.last && b.first <= a.last;
export const holds = (outer: Range, inner: Range) => overlap(outer, inner) && outer.prefix <= inner.prefix;

/** The range of that length around the first address of another: the two have addresses in common. */
export const clashing = (text: string, prefix: number) => {
  const { bits, first } = parse(text);
  return rangeText(rangeOf(bits, first, prefix));
};

/** Addresses that servers and pods can't have. */
export const NOBODYS = ['0.0.0.0/8', '127.0.0.0/8', '169.254.0.0/16', '224.0.0.0/4', '::/8', 'fe80::/10', 'ff00::/8'].map(parse);

/** Random addresses that servers and pods can have: IPv4, or IPv6's global and unique local ones. */
const BASES = {
  32: fc.bigInt({ min: 1n << 24n, max: 0xdfffffffn }),
  128: fc.oneof(fc.bigInt({ min: 0x2n << 124n, max: (0x4n << 124n) - 1n }), fc.bigInt({ min: 0xfcn << 120n, max: (0xfen << 120n) - 1n })),
};

/** A random range with a prefix length between the two. */
export function anyRange(bits: 32 | 128, [shortest, longest]: readonly [number, number]): fc.Arbitrary<string> {
  return fc
    .tuple(BASES[bits], fc.integer({ min: shortest, max: longest }), fc.nat(3))
    .map(([address, prefix, written]) => ({ range: rangeOf(bits, address, prefix), written }))
    .filter(({ range }) => !NOBODYS.some((nobodys) => overlap(nobodys, range)))
    .map(({ range, written }) => (written === 0 ? atLength(rangeText(range)) : rangeText(range)));
}
