import { ITerraformDependable, Token } from 'cdktf';
import { Construct } from 'constructs';
import { Ipv6AddressMode } from './ipv6-address-mode';
import { ClusterSubnet, IClusterNetwork } from '../contracts/cluster-network';
import { IOpenStackCloud } from '../contracts/openstack-cloud';
import { Cidr } from '../core/cidr';
import { checkAddress, checkUsable, parseCidr } from '../core/cidr-checks';
import { IpFamily } from '../core/ip-family';
import { Mtu } from '../core/mtu';
import { check, checkInteger, checkKnown, checkListKnown, fail, isKnown } from '../core/validation';
import { addressOfFamily } from './private/addresses';
import { externalNetworkId } from './private/lookups';
import { checkNeutronName, checkTags } from './private/names';
import { inSameStack } from '../core/same-stack';
import { DataOpenstackNetworkingNetworkV2 } from '../providers/openstack/data-openstack-networking-network-v2';
import { DataOpenstackNetworkingSubnetV2 } from '../providers/openstack/data-openstack-networking-subnet-v2';
import { NetworkingNetworkV2 } from '../providers/openstack/networking-network-v2';
import { NetworkingRouterInterfaceV2 } from '../providers/openstack/networking-router-interface-v2';
import { NetworkingRouterV2 } from '../providers/openstack/networking-router-v2';
import { NetworkingSubnetV2 } from '../providers/openstack/networking-subnet-v2';

/** Properties of ClusterNetwork. */
export interface ClusterNetworkProps {
  /** The cloud: its external network is the way out, its tenant MTU the largest that the network can have. */
  readonly cloud: IOpenStackCloud;
  /** Name of the network, its subnet and its router in Neutron. */
  readonly name: string;
  /**
   * Addresses of the nodes' subnet, IPv4 or IPv6, in CIDR notation. They must not overlap the cloud's own hosts, nor the pods and services of a cluster on it.
   * Changing them replaces the subnet, and with it every server.
   * @default "10.20.0.0/16"
   */
  readonly cidr?: string;
  /**
   * Addresses of a second subnet, of the other IP family, for a network of both: nodes have an address in each, and a cluster's pods and services, too.
   * It can't be added to a network whose servers are there: they have no port in it.
   * @default - one family, that of `cidr`
   */
  readonly secondaryCidr?: string;
  /**
   * How servers get their IPv6 address.
   * @default Ipv6AddressMode.DHCPV6_STATEFUL
   */
  readonly ipv6AddressMode?: Ipv6AddressMode;
  /**
   * Neutron's id of the subnet pool that the IPv4 addresses are of: `cidr` (or `secondaryCidr`) must be free in it. With an address scope,
   * such addresses are routed instead of translated.
   * @default - of no pool
   */
  readonly ipv4SubnetPoolId?: string;
  /**
   * Neutron's id of the subnet pool that the IPv6 addresses are of. IPv6 is never translated: without a pool in the external network's address scope,
   * or a route of the operator's, servers reach nobody outside by it.
   * @default - of no pool
   */
  readonly ipv6SubnetPoolId?: string;
  /**
   * Addresses at the beginning of the (first) subnet, after the gateway, that Neutron hands to nobody: for ports that ask for a fixed address there.
   * @default 0
   */
  readonly reservedAddresses?: number;
  /**
   * Name servers that servers get by DHCP; each subnet is given those of its family.
   * @default - Neutron's own: what the cloud's operator configured
   */
  readonly dnsNameservers?: string[];
  /**
   * MTU in bytes, from 1280 to the cloud's tenant MTU.
   * @default - the cloud's tenant MTU
   */
  readonly mtu?: number;
  /**
   * Neutron's zones for the network's DHCP servers and its router. Settled when they are made: another list would replace them.
   * @default - those that the cloud's zones name
   */
  readonly availabilityZoneHints?: string[];
  /**
   * Tags of the network, the subnet and the router.
   * @default - none
   */
  readonly tags?: string[];
  /**
   * What must be there before the external network is looked up: its subnet, if that is made in the same stack.
   * @default - nothing but the cloud itself
   */
  readonly dependsOn?: ITerraformDependable[];
}

/** A network that is there already. */
export interface ClusterNetworkAttributes {
  /**
   * Neutron's id of the network.
   * @default - looked up by `networkName`
   */
  readonly networkId?: string;
  /**
   * Name of the network. More than one of that name is an error when Terraform plans.
   * @default - `networkId` is given
   */
  readonly networkName?: string;
  /**
   * Neutron's id of the nodes' subnet.
   * @default - the subnet of the network that has `cidr`
   */
  readonly subnetId?: string;
  /** The subnet's addresses, in CIDR notation. */
  readonly cidr: string;
  /**
   * Addresses of its second subnet, of the other IP family, for nodes that are to have both.
   * @default - one family
   */
  readonly secondaryCidr?: string;
  /**
   * Neutron's id of the second subnet.
   * @default - the subnet of the network that has `secondaryCidr`
   */
  readonly secondarySubnetId?: string;
  /**
   * MTU in bytes of the network.
   * @default - the cloud's tenant MTU
   */
  readonly mtu?: number;
  /**
   * Name of the external network that its router leads to.
   * @default - the cloud's external network
   */
  readonly externalNetworkName?: string;
  /**
   * Neutron's id of that external network.
   * @default - looked up by its name
   */
  readonly externalNetworkId?: string;
  /**
   * Neutron's id of its router.
   * @default - not known
   */
  readonly routerId?: string;
  /**
   * The router's address in the external network.
   * @default - not known
   */
  readonly routerExternalAddress?: string;
  /**
   * The cloud it is in.
   * @default - none: `mtu` and `externalNetworkName` must be given
   */
  readonly cloud?: IOpenStackCloud;
}

/**
 * The tenant network of a cluster's nodes: a network, a subnet (or one of each IP family), a router to the cloud's external network and the interface
 * between them. IPv4 by default; IPv6 alone by an IPv6 `cidr`, both by `secondaryCidr`.
 *
 * Several clusters may share one. The MTU is set explicitly, since everything above is computed from it.
 * Errors: a CIDR that overlaps the cloud's hosts; two subnets of one family; a prefix that an address mode can't have; an MTU larger than the cloud's
 * tenant networks carry or less than 1280.
 */
export class ClusterNetwork extends Construct implements IClusterNetwork {
  /** Adopts a network that is there already: nothing is created, names are looked up when Terraform plans. */
  public static fromNetworkAttributes(scope: Construct, id: string, attributes: ClusterNetworkAttributes): IClusterNetwork {
    return new AdoptedNetwork(scope, id, attributes);
  }

  public readonly networkId: string;
  public readonly subnetId: string;
  public readonly cidr: string;
  public readonly mtu: number;
  public readonly externalNetworkName: string;
  public readonly externalNetworkId: string;
  public readonly routerId?: string;
  public readonly routerExternalAddress?: string;
  public readonly secondarySubnet?: ClusterSubnet;
  public readonly routed: ITerraformDependable[];
  /** The L1 network. */
  public readonly network: NetworkingNetworkV2;
  /** The L1 (first) subnet. */
  public readonly subnet: NetworkingSubnetV2;
  /** The L1 subnet of the other family, if there is one. */
  public readonly secondarySubnetResource?: NetworkingSubnetV2;
  /** The L1 router. */
  public readonly router: NetworkingRouterV2;

  constructor(scope: Construct, id: string, props: ClusterNetworkProps) {
    super(scope, id);
    const { cloud, name, tags } = props;
    checkNeutronName(this, 'name', name);
    checkTags(this, tags);
    const ranges = bothFamilies(this, props.cidr ?? '10.20.0.0/16', props.secondaryCidr);
    const [range, secondary] = ranges;
    this.cidr = range.toString(); // the provider takes no other form of it
    const [v4, v6] = [IpFamily.V4, IpFamily.V6].map((family) => ranges.find((candidate) => candidate.family === family));
    for (const hosts of cloud.hostCidrs ?? []) {
      const other = parseCidr(this, 'hostCidrs of the cloud', hosts);
      for (const own of ranges) {
        check(this, own.toString(), () => other === undefined || !other.overlaps(own), {
          problem: `cidr overlaps ${hosts}, which the cloud's own hosts use`,
          fix: 'choose another range: servers could not reach those hosts',
        });
      }
    }
    const { ipv6AddressMode = Ipv6AddressMode.DHCPV6_STATEFUL, ipv4SubnetPoolId, ipv6SubnetPoolId } = props;
    for (const [option, value, missing] of [
      ['ipv6AddressMode', props.ipv6AddressMode, v6 === undefined && IpFamily.V6],
      ['ipv6SubnetPoolId', ipv6SubnetPoolId, v6 === undefined && IpFamily.V6],
      ['ipv4SubnetPoolId', ipv4SubnetPoolId, v4 === undefined && IpFamily.V4],
    ] as const) {
      if (value === undefined || !missing) continue;
      fail(this, {
        problem: `${option} says something of ${missing} addresses, and the network has none`,
        value: isKnown(value) ? value : undefined,
        fix: `leave it out, or give an ${missing} range`,
      });
    }
    if (v6 !== undefined && ipv6AddressMode !== Ipv6AddressMode.DHCPV6_STATEFUL && v6.prefixLength !== 64) {
      fail(this, {
        problem: `servers make their own addresses (${ipv6AddressMode}) in a /64 alone`,
        value: v6.toString(),
        fix: 'give a /64, or use Ipv6AddressMode.DHCPV6_STATEFUL',
      });
    }
    for (const server of props.dnsNameservers ?? []) checkAddress(this, 'dnsNameservers', server);
    this.mtu = checkedMtu(this, props.mtu, cloud.tenantNetworkMtu);
    const reserved = props.reservedAddresses ?? 0;
    checkKnown(this, 'reservedAddresses', reserved);
    checkInteger(this, 'reservedAddresses', reserved, { min: 0, max: Math.max(0, range.addressCount - 8) });

    checkListKnown(this, 'availabilityZoneHints', props.availabilityZoneHints);
    const hints = props.availabilityZoneHints ?? [...new Set(cloud.zones.flatMap((zone) => zone.network ?? []))];
    const zones = hints.length > 0 ? { availabilityZoneHints: hints } : {};
    const lifecycle = { ignoreChanges: ['availability_zone_hints'] };

    const before = [...cloud.ready, ...(props.dependsOn ?? [])];
    this.externalNetworkName = cloud.externalNetworkName;
    this.externalNetworkId = externalNetworkId(this, cloud.externalNetworkName, before);
    this.network = new NetworkingNetworkV2(this, 'Network', {
      name,
      mtu: this.mtu,
      adminStateUp: true,
      ...zones,
      lifecycle,
      ...(tags && { tags }),
      dependsOn: inSameStack(this, cloud.ready),
    });
    const resolvers = resolversOf(this, props.dnsNameservers, ranges);
    const subnet = (subnetId: string, own: Cidr, first: number) => {
      const ipv6 = own.family === IpFamily.V6;
      const subnetpoolId = ipv6 ? ipv6SubnetPoolId : ipv4SubnetPoolId;
      return new NetworkingSubnetV2(this, subnetId, {
        name: own === range ? name : `${name}-${ipv6 ? 'ipv6' : 'ipv4'}`,
        networkId: this.network.id,
        cidr: own.toString(),
        ipVersion: ipv6 ? 6 : 4,
        ...(ipv6 && { ipv6AddressMode, ipv6RaMode: ipv6AddressMode }),
        ...(first > 0 && { allocationPool: [{ start: own.addressAt(2 + first), end: own.addressAt(ipv6 ? -1 : -2) }] }),
        ...(subnetpoolId !== undefined && { subnetpoolId }),
        ...resolvers(own),
        ...(tags && { tags }),
      });
    };
    this.subnet = subnet('Subnet', range, reserved);
    this.router = new NetworkingRouterV2(this, 'Router', {
      name,
      adminStateUp: true,
      externalNetworkId: this.externalNetworkId,
      ...zones,
      lifecycle,
      ...(tags && { tags }),
      dependsOn: inSameStack(this, before),
    });
    this.routed = [new NetworkingRouterInterfaceV2(this, 'RouterInterface', { routerId: this.router.id, subnetId: this.subnet.id })];
    if (secondary !== undefined) {
      this.secondarySubnetResource = subnet('SecondarySubnet', secondary, 0);
      this.secondarySubnet = { subnetId: this.secondarySubnetResource.id, cidr: secondary.toString() };
      const attached = { routerId: this.router.id, subnetId: this.secondarySubnetResource.id };
      this.routed.push(new NetworkingRouterInterfaceV2(this, 'SecondaryRouterInterface', attached));
    }

    this.networkId = this.network.id;
    this.subnetId = this.subnet.id;
    this.routerId = this.router.id;
    if (v4 !== undefined) {
      // The first of its addresses that is IPv4: external networks may have subnets of both families.
      const addresses = Token.asList(this.router.interpolationForAttribute('external_fixed_ip[*].ip_address'));
      this.routerExternalAddress = addressOfFamily(addresses, IpFamily.V4);
    }
  }
}

class AdoptedNetwork extends Construct implements IClusterNetwork {
  public readonly networkId: string;
  public readonly subnetId: string;
  public readonly cidr: string;
  public readonly mtu: number;
  public readonly externalNetworkName: string;
  public readonly externalNetworkId: string;
  public readonly routerId?: string;
  public readonly routerExternalAddress?: string;
  public readonly secondarySubnet?: ClusterSubnet;
  public readonly routed: ITerraformDependable[] = [];

  constructor(scope: Construct, id: string, attributes: ClusterNetworkAttributes) {
    super(scope, id);
    const { cloud, cidr } = attributes;
    const missing = (what: string, fix: string): never => fail(this, { problem: `${what} of the adopted network is not known`, fix });
    const [first, secondary] = bothFamilies(this, cidr, attributes.secondaryCidr);
    this.cidr = cidr;
    if (attributes.networkId === undefined && attributes.networkName === undefined) missing('the id', 'give networkId or networkName');
    this.networkId = attributes.networkId ?? new DataOpenstackNetworkingNetworkV2(this, 'Network', { name: attributes.networkName }).id;
    const lookup = (lookupId: string, range: Cidr) =>
      new DataOpenstackNetworkingSubnetV2(this, lookupId, { networkId: this.networkId, cidr: range.toString() }).id;
    this.subnetId = attributes.subnetId ?? lookup('Subnet', first);
    if (secondary !== undefined) {
      this.secondarySubnet = { subnetId: attributes.secondarySubnetId ?? lookup('SecondarySubnet', secondary), cidr: secondary.toString() };
    } else if (attributes.secondarySubnetId !== undefined) {
      missing('secondaryCidr', 'give it with secondarySubnetId');
    }
    this.mtu = checkedMtu(this, attributes.mtu, cloud?.tenantNetworkMtu ?? attributes.mtu ?? missing('the MTU', 'give mtu, or cloud'));
    this.externalNetworkName =
      attributes.externalNetworkName ?? cloud?.externalNetworkName ?? missing('the external network', 'give externalNetworkName, or cloud');
    this.externalNetworkId = attributes.externalNetworkId ?? externalNetworkId(this, this.externalNetworkName, cloud?.ready);
    this.routerId = attributes.routerId;
    this.routerExternalAddress = attributes.routerExternalAddress;
  }
}

/** The ranges of a network, which are known at synth: one, or two of different families. */
function bothFamilies(where: Construct, cidr: string, secondaryCidr: string | undefined): Cidr[] {
  const ranges = Object.entries({ cidr, secondaryCidr }).flatMap(([name, text]) =>
    text === undefined
      ? []
      : (parseCidr(where, name, text) ??
        fail(where, { problem: `${name} must be known at synth, a reference was given`, fix: 'give the text itself' })),
  );
  ranges.forEach((range, i) => checkUsable(where, i === 0 ? 'cidr' : 'secondaryCidr', range));
  if (ranges.length === 2 && ranges[0].family === ranges[1].family) {
    fail(where, {
      problem: `secondaryCidr must be of the other IP family than cidr, which is ${ranges[0].family}`,
      value: secondaryCidr,
      fix: `give an ${ranges[0].family === IpFamily.V4 ? IpFamily.V6 : IpFamily.V4} range`,
    });
  }
  return ranges;
}

/** The name servers of each subnet: those of its family. One that a subnet of the network can't give out is an error. */
function resolversOf(
  where: Construct,
  servers: readonly string[] | undefined,
  ranges: readonly Cidr[],
): (range: Cidr) => { dnsNameservers?: string[] } {
  const families = ranges.map(({ family }) => family);
  const isOf = (server: string, family: IpFamily) => (isKnown(server) ? server.includes(':') === (family === IpFamily.V6) : family === families[0]);
  for (const server of servers ?? []) {
    check(where, server, (v) => families.some((family) => isOf(v, family)), {
      problem: `dnsNameservers must be of a family that the network has, ${families.join(' or ')}`,
      fix: `give ${families.join(' or ')} addresses`,
    });
  }
  return ({ family }) => {
    const own = (servers ?? []).filter((server) => isOf(server, family));
    return own.length > 0 ? { dnsNameservers: own } : {};
  };
}

/** The MTU to use; the cloud's own is the largest that its tenant networks carry. */
function checkedMtu(where: Construct, mtu: number | undefined, tenantNetworkMtu: number): number {
  const largest = Mtu._parse(where, 'tenantNetworkMtu of the cloud', tenantNetworkMtu);
  const wanted = mtu === undefined ? undefined : Mtu._parse(where, 'mtu', mtu);
  if (largest !== undefined && wanted !== undefined && isKnown(mtu) && wanted.bytes > largest.bytes) {
    fail(where, {
      problem: `mtu is larger than the ${largest.bytes} bytes that the cloud's tenant networks carry`,
      value: mtu,
      fix: `use ${largest.bytes} or less, or raise the MTU of the cloud's underlay first`,
    });
  }
  return mtu ?? tenantNetworkMtu;
}
