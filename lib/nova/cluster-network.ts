import { Fn, ITerraformDependable, Token } from 'cdktf';
import { Construct } from 'constructs';
import { IClusterNetwork } from '../contracts/cluster-network';
import { IOpenStackCloud } from '../contracts/openstack-cloud';
import { checkAddress, parseCidr } from '../core/cidr-checks';
import { IpFamily } from '../core/ip-family';
import { Mtu } from '../core/mtu';
import { check, checkInteger, checkKnown, fail, isKnown } from '../core/validation';
import { externalNetworkId } from './private/lookups';
import { checkNeutronName, checkTags } from './private/names';
import { inSameStack } from './private/same-stack';
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
   * Addresses at the beginning of the subnet, after the gateway, that Neutron hands to nobody: for ports that ask for a fixed address there.
   * @default 0
   */
  readonly reservedAddresses?: number;
  /**
   * Name servers that servers get by DHCP.
   * @default - Neutron's own: what the cloud's operator configured
   */
  readonly dnsNameservers?: string[];
  /**
   * MTU in bytes, from 1280 to the cloud's tenant MTU.
   * @default - the cloud's tenant MTU
   */
  readonly mtu?: number;
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
 * The tenant network of a cluster's nodes: a network, a subnet, a router to the cloud's external network and the interface between them.
 *
 * Several clusters may share one. The MTU is set explicitly, since everything above is computed from it.
 * Errors: a CIDR that overlaps the cloud's hosts, an MTU larger than the cloud's tenant networks carry or less than 1280.
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
  public readonly routed: ITerraformDependable[];
  /** The L1 network. */
  public readonly network: NetworkingNetworkV2;
  /** The L1 subnet. */
  public readonly subnet: NetworkingSubnetV2;
  /** The L1 router. */
  public readonly router: NetworkingRouterV2;

  constructor(scope: Construct, id: string, props: ClusterNetworkProps) {
    super(scope, id);
    const { cloud, name, tags } = props;
    checkNeutronName(this, 'name', name);
    checkTags(this, tags);
    this.cidr = props.cidr ?? '10.20.0.0/16';
    const range =
      parseCidr(this, 'cidr', this.cidr) ??
      fail(this, { problem: 'cidr must be known at synth, a reference was given', fix: 'give the text itself' });
    for (const hosts of cloud.hostCidrs ?? []) {
      const other = parseCidr(this, 'hostCidrs of the cloud', hosts);
      check(this, this.cidr, () => other === undefined || !other.overlaps(range), {
        problem: `cidr overlaps ${hosts}, which the cloud's own hosts use`,
        fix: 'choose another range: servers could not reach those hosts',
      });
    }
    for (const server of props.dnsNameservers ?? []) checkAddress(this, 'dnsNameservers', server);
    this.mtu = checkedMtu(this, props.mtu, cloud.tenantNetworkMtu);
    const reserved = props.reservedAddresses ?? 0;
    checkKnown(this, 'reservedAddresses', reserved);
    checkInteger(this, 'reservedAddresses', reserved, { min: 0, max: Math.max(0, range.addressCount - 8) });

    const before = [...cloud.ready, ...(props.dependsOn ?? [])];
    this.externalNetworkName = cloud.externalNetworkName;
    this.externalNetworkId = externalNetworkId(this, cloud.externalNetworkName, before);
    this.network = new NetworkingNetworkV2(this, 'Network', {
      name,
      mtu: this.mtu,
      adminStateUp: true,
      ...(tags && { tags }),
      dependsOn: inSameStack(this, cloud.ready),
    });
    const v6 = range.family === IpFamily.V6;
    this.subnet = new NetworkingSubnetV2(this, 'Subnet', {
      name,
      networkId: this.network.id,
      cidr: this.cidr,
      ipVersion: v6 ? 6 : 4,
      ...(v6 && { ipv6AddressMode: 'dhcpv6-stateful', ipv6RaMode: 'dhcpv6-stateful' }),
      ...(reserved > 0 && { allocationPool: [{ start: range.addressAt(2 + reserved), end: range.addressAt(v6 ? -1 : -2) }] }),
      ...(props.dnsNameservers && { dnsNameservers: props.dnsNameservers }),
      ...(tags && { tags }),
    });
    this.router = new NetworkingRouterV2(this, 'Router', {
      name,
      adminStateUp: true,
      externalNetworkId: this.externalNetworkId,
      ...(tags && { tags }),
      dependsOn: inSameStack(this, before),
    });
    const routerInterface = new NetworkingRouterInterfaceV2(this, 'RouterInterface', { routerId: this.router.id, subnetId: this.subnet.id });

    this.networkId = this.network.id;
    this.subnetId = this.subnet.id;
    this.routerId = this.router.id;
    if (!v6) {
      // The first of its addresses that is IPv4: external networks may have subnets of both families.
      const addresses = Token.asList(this.router.interpolationForAttribute('external_fixed_ip[*].ip_address'));
      this.routerExternalAddress = Token.asString(Fn.regex('[0-9]+[.][0-9]+[.][0-9]+[.][0-9]+', Fn.join(' ', addresses)));
    }
    this.routed = [routerInterface];
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
  public readonly routed: ITerraformDependable[] = [];

  constructor(scope: Construct, id: string, attributes: ClusterNetworkAttributes) {
    super(scope, id);
    const { cloud, cidr } = attributes;
    const missing = (what: string, fix: string): never => fail(this, { problem: `${what} of the adopted network is not known`, fix });
    if (parseCidr(this, 'cidr', cidr) === undefined) {
      fail(this, { problem: 'cidr must be known at synth, a reference was given', fix: 'give the text itself' });
    }
    this.cidr = cidr;
    if (attributes.networkId === undefined && attributes.networkName === undefined) missing('the id', 'give networkId or networkName');
    this.networkId = attributes.networkId ?? new DataOpenstackNetworkingNetworkV2(this, 'Network', { name: attributes.networkName }).id;
    this.subnetId = attributes.subnetId ?? new DataOpenstackNetworkingSubnetV2(this, 'Subnet', { networkId: this.networkId, cidr }).id;
    this.mtu = checkedMtu(this, attributes.mtu, cloud?.tenantNetworkMtu ?? attributes.mtu ?? missing('the MTU', 'give mtu, or cloud'));
    this.externalNetworkName =
      attributes.externalNetworkName ?? cloud?.externalNetworkName ?? missing('the external network', 'give externalNetworkName, or cloud');
    this.externalNetworkId = attributes.externalNetworkId ?? externalNetworkId(this, this.externalNetworkName, cloud?.ready);
    this.routerId = attributes.routerId;
    this.routerExternalAddress = attributes.routerExternalAddress;
  }
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
