import { IpFamily } from './ip-family';
import { fail } from './validation';

/** IPv4 header without options (RFC 791) and IPv6 fixed header (RFC 8200). */
const IP_HEADER = { [IpFamily.V4]: 20, [IpFamily.V6]: 40 };
const UDP_HEADER = 8;
/** Inner Ethernet header that a layer 2 tunnel carries along. */
const ETHERNET_HEADER = 14;

/** A way to carry packets inside packets, and what it takes from the MTU. */
export class Encapsulation {
  /** No encapsulation: VLAN or flat networks, routed pods. Takes nothing. */
  public static readonly NATIVE = new Encapsulation('native', undefined);
  /** VXLAN (RFC 7348): Ethernet, VXLAN (8), UDP and IP headers; 50 bytes over IPv4, 70 over IPv6. */
  public static readonly VXLAN = new Encapsulation('VXLAN', ETHERNET_HEADER + 8 + UDP_HEADER);
  /** Geneve (RFC 8926) without options, as Cilium has it: 50 bytes over IPv4, 70 over IPv6. */
  public static readonly GENEVE = new Encapsulation('Geneve', ETHERNET_HEADER + 8 + UDP_HEADER);
  /** Geneve (RFC 8926) as OVN uses it, with one option of 8 bytes for its logical ports: 58 bytes over IPv4, 78 over IPv6. */
  public static readonly GENEVE_OVN = new Encapsulation('Geneve (OVN)', ETHERNET_HEADER + 8 + 8 + UDP_HEADER);
  /** IP in IP (RFC 2003), as Calico has it: 20 bytes. It carries IPv4 over IPv4 only. */
  public static readonly IPIP = new Encapsulation('IPIP', 0, true);
  /** WireGuard: data message header and tag (32), UDP and IP headers; 60 bytes over IPv4, 80 over IPv6. */
  public static readonly WIREGUARD = new Encapsulation('WireGuard', 32 + UDP_HEADER);
  /** WireGuard as Cilium reckons with it: the header of IPv6 over either family, and 15 bytes of padding, 95 bytes in all (its pkg/mtu, 1.20). */
  public static readonly WIREGUARD_CILIUM = new Encapsulation('WireGuard (Cilium)', 95, false, true);

  /** Name as operators know it. */
  public readonly name: string;

  private readonly bytesBesideIp: number | undefined;
  private readonly ipv4Only: boolean;
  private readonly ipIncluded: boolean;

  private constructor(name: string, bytesBesideIp: number | undefined, ipv4Only = false, ipIncluded = false) {
    this.name = name;
    this.bytesBesideIp = bytesBesideIp;
    this.ipv4Only = ipv4Only;
    this.ipIncluded = ipIncluded;
  }

  /** Bytes that every packet loses when the tunnel's outer header is of the given family. An error for IPIP over IPv6. */
  public overheadBytes(underlay: IpFamily): number {
    if (this.ipv4Only && underlay !== IpFamily.V4) {
      fail(`Encapsulation ${this.name}`, { problem: `${this.name} needs an IPv4 underlay`, value: underlay, fix: 'use VXLAN, or an IPv4 underlay' });
    }
    if (this.bytesBesideIp === undefined) return 0;
    return this.bytesBesideIp + (this.ipIncluded ? 0 : IP_HEADER[underlay]);
  }

  /** The name. */
  public toString(): string {
    return this.name;
  }
}
