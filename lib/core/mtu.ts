import { Encapsulation } from './encapsulation';
import { IpFamily } from './ip-family';
import { fail, isKnown, Where } from './validation';

/** The least MTU that every IPv6 link must have (RFC 8200, section 5). Below it dual-stack networks lose packets in silence. */
const MINIMUM = 1280;
/** The greatest IPv4 packet; no network card goes beyond. */
const MAXIMUM = 65535;

/**
 * The largest packet, in bytes, that a network carries whole, IP header included and Ethernet header not.
 * It remembers how it came about, so that an error can name every layer that took its part.
 */
export class Mtu {
  /**
   * An MTU of so many bytes, from 1280 to 65535, known at synth.
   *
   * @param bytes the MTU of a physical or a Neutron network.
   * @param where what errors begin with, such as a construct's path.
   */
  public static of(bytes: number, where: string = 'Mtu'): Mtu {
    return (
      Mtu._parse(where, 'MTU', bytes) ?? fail(where, { problem: 'MTU must be known at synth, a reference was given', fix: 'give the number itself' })
    );
  }

  /**
   * Reads an MTU that a construct was given. Undefined if it isn't known at synth.
   * @internal
   */
  public static _parse(where: Where, name: string, bytes: number): Mtu | undefined {
    if (!isKnown(bytes)) return undefined;
    if (!Number.isSafeInteger(bytes) || bytes < MINIMUM || bytes > MAXIMUM) {
      fail(where, {
        problem: `${name} must be a whole number of bytes from ${MINIMUM} (the least that IPv6 works with) to ${MAXIMUM}`,
        value: bytes,
        fix: 'use 1500, or 9000 where every switch on the way carries jumbo frames',
      });
    }
    return new Mtu(where, bytes, String(bytes));
  }

  /** The MTU in bytes. */
  public readonly bytes: number;
  /** How it came about: `9000 - 58 (Geneve (OVN) over IPv4) = 8942`. */
  public readonly chain: string;

  private readonly where: Where;

  private constructor(where: Where, bytes: number, chain: string) {
    this.where = where;
    this.bytes = bytes;
    this.chain = chain;
  }

  /** What is left for packets inside a tunnel on this network. An error if that is under 1280 bytes, the least that IPv6 works with. */
  public inside(encapsulation: Encapsulation, underlay: IpFamily): Mtu {
    const overhead = encapsulation.overheadBytes(underlay);
    if (overhead === 0) return this;
    const bytes = this.bytes - overhead;
    const chain = `${this.chain} - ${overhead} (${encapsulation.name} over ${underlay}) = ${bytes}`;
    if (bytes < MINIMUM) {
      fail(this.where, {
        problem: `MTU inside ${encapsulation.name} no longer holds a packet of ${MINIMUM} bytes, the least that IPv6 works with (${chain})`,
        value: bytes,
        fix: `raise the MTU of the lowest network by ${MINIMUM - bytes} bytes or more, or take an encapsulation away`,
      });
    }
    return new Mtu(this.where, bytes, chain);
  }

  /** The MTU and its unit. */
  public toString(): string {
    return `${this.bytes} bytes`;
  }
}
