/* eslint-disable no-bitwise -- an address is a string of bits */
import { IPv4, IPv6, parse } from 'ipaddr.js';
import { IpFamily } from './ip-family';
import { fail, isKnown, Where } from './validation';

/**
 * A block of IPv4 or IPv6 addresses in CIDR notation, for example `10.20.0.0/16`.
 *
 * A value: two of the same text are alike, and nothing in it changes. Its text is canonical (IPv6 as RFC 5952 writes it).
 */
export class Cidr {
  /**
   * Reads a block from its text. It must be a network address: host bits that are set are an error that tells the corrected value.
   * IPv4 needs all four decimal parts without leading zeros. The text must be known at synth.
   */
  public static of(text: string): Cidr {
    return (
      Cidr._parse('Cidr', 'CIDR', text) ??
      fail('Cidr', { problem: 'CIDR must be known at synth, a reference was given', fix: 'give the text itself' })
    );
  }

  /**
   * Reads a block and tells where it stood if it is bad. Undefined if the text isn't known at synth: Terraform will judge it.
   * @internal
   */
  public static _parse(where: Where, name: string, text: string): Cidr | undefined {
    if (!isKnown(text)) return undefined;
    const [, address, prefix] = (typeof text === 'string' && /^([^/]+)\/(0|[1-9]\d{0,2})$/.exec(text)) || [];
    const ip = address === undefined ? undefined : parseIp(address);
    if (ip === undefined) {
      fail(where, {
        problem: `${name} is not an IPv4 or IPv6 CIDR`,
        value: text,
        fix: 'write it as an address and a prefix length, for example 10.20.0.0/16',
      });
    }
    const prefixLength = Number(prefix);
    if (prefixLength > bitsOf(ip)) {
      fail(where, {
        problem: `${name} has a prefix length that ${familyOf(ip)} doesn't have`,
        value: text,
        fix: `use a prefix length from 0 to ${bitsOf(ip)}`,
      });
    }
    const hostBits = BigInt(bitsOf(ip) - prefixLength);
    const first = (toBigInt(ip) >> hostBits) << hostBits;
    const cidr = new Cidr(first, prefixLength, familyOf(ip));
    if (first !== toBigInt(ip)) {
      fail(where, {
        problem: `${name} has bits set beyond its prefix length, so it is an address within a network`,
        value: text,
        fix: `use ${cidr.toString()}`,
      });
    }
    return cidr;
  }

  /**
   * Reads a single address as a block of one. Undefined if the text isn't known at synth.
   * @internal
   */
  public static _parseAddress(where: Where, name: string, text: string): Cidr | undefined {
    if (!isKnown(text)) return undefined;
    const ip = parseIp(text);
    if (ip === undefined) fail(where, { problem: `${name} is not an IPv4 or IPv6 address`, value: text, fix: 'write it as 10.20.0.5 or fd00::5' });
    return new Cidr(toBigInt(ip), bitsOf(ip), familyOf(ip));
  }

  /** First address of the block, in canonical text. */
  public readonly network: string;
  /** Number of leading bits that all addresses of the block share: 0 to 32 for IPv4, 0 to 128 for IPv6. */
  public readonly prefixLength: number;
  /** IPv4 or IPv6. */
  public readonly family: IpFamily;

  private readonly first: bigint;

  private constructor(first: bigint, prefixLength: number, family: IpFamily) {
    this.first = first;
    this.prefixLength = prefixLength;
    this.family = family;
    this.network = toText(first, family);
  }

  /** Number of addresses in the block, network and broadcast address included; at most 9007199254740991 (a large IPv6 block has more). */
  public get addressCount(): number {
    return Number(this.size > BigInt(Number.MAX_SAFE_INTEGER) ? BigInt(Number.MAX_SAFE_INTEGER) : this.size);
  }

  /** The mask in address form: `255.255.0.0` for a /16. */
  public get netmask(): string {
    const bits = BigInt(widthOf(this.family));
    return toText((1n << bits) - this.size, this.family);
  }

  /**
   * True if the address, or every address of the block, lies in this block. An address of the other family never does.
   * True also for a reference that isn't known at synth: it can't be refuted before Terraform runs.
   */
  public contains(addressOrCidr: string): boolean {
    const other =
      typeof addressOrCidr === 'string' && addressOrCidr.includes('/')
        ? Cidr._parse('Cidr', 'CIDR', addressOrCidr)
        : Cidr._parseAddress('Cidr', 'address', addressOrCidr);
    if (other === undefined) return true;
    return other.family === this.family && other.first >= this.first && other.last <= this.last;
  }

  /** True if the two blocks have an address in common. */
  public overlaps(other: Cidr): boolean {
    return other.family === this.family && other.first <= this.last && other.last >= this.first;
  }

  /**
   * The n-th address of the block: 0 is the network address, 1 usually the gateway; negative numbers count from the end, -1 is the last.
   * An index outside the block is an error.
   */
  public addressAt(index: number): string {
    const size = this.size;
    if (!isKnown(index) || !Number.isSafeInteger(index) || BigInt(index) >= size || BigInt(index) < -size) {
      const value = isKnown(index) ? index : undefined;
      fail(`Cidr ${this.toString()}`, {
        problem: 'index of an address must be a whole number within the block, known at synth',
        value,
        fix: `use a number from ${-size} to ${size - 1n}`,
      });
    }
    return toText(index < 0 ? this.last + 1n + BigInt(index) : this.first + BigInt(index), this.family);
  }

  /** The block as text: `10.20.0.0/16`. */
  public toString(): string {
    return `${this.network}/${this.prefixLength}`;
  }

  private get size(): bigint {
    return 1n << BigInt(widthOf(this.family) - this.prefixLength);
  }

  private get last(): bigint {
    return this.first + this.size - 1n;
  }
}

/** Strict: ipaddr.js also takes octal, hexadecimal and short IPv4 forms, and IPv6 zones, which OpenStack and Kubernetes refuse. */
function parseIp(text: string): IPv4 | IPv6 | undefined {
  if (typeof text !== 'string') return undefined;
  if (IPv4.isValidFourPartDecimal(text)) return parse(text);
  return IPv6.isValid(text) && text.includes(':') && !text.includes('%') ? parse(text) : undefined;
}

function familyOf(ip: IPv4 | IPv6): IpFamily {
  return ip.kind() === 'ipv4' ? IpFamily.V4 : IpFamily.V6;
}

function widthOf(family: IpFamily): number {
  return family === IpFamily.V4 ? 32 : 128;
}

function bitsOf(ip: IPv4 | IPv6): number {
  return widthOf(familyOf(ip));
}

function toBigInt(ip: IPv4 | IPv6): bigint {
  return ip.toByteArray().reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

function toText(value: bigint, family: IpFamily): string {
  const bytes = Array.from({ length: widthOf(family) / 8 }, (_, i, width = widthOf(family)) =>
    Number((value >> BigInt(width - 8 * (i + 1))) & 0xffn),
  );
  return (family === IpFamily.V4 ? new IPv4(bytes) : new IPv6(bytes)).toString();
}
