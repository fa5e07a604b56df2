import { ITerraformDependable, TerraformResource } from 'cdktf';
import { Construct } from 'constructs';
import { checkAllocationPools, checkReserved } from './allocation-pools';
import { AllocationPool, ProviderNetwork } from './provider-network';
import { checkAddress, checkInside, parseCidr } from '../../core/cidr-checks';
import { IpFamily } from '../../core/ip-family';
import { fail } from '../../core/validation';
import { NetworkingSubnetV2 } from '../../providers/openstack/networking-subnet-v2';

/** Properties of ExternalNetwork. */
export interface ExternalNetworkProps {
  /**
   * Its name. Floating IPs and routers find it by that: keep it unique in the cloud.
   * @default "public"
   */
  readonly name?: string;
  /**
   * Neutron's name of the physical network.
   * @default "physnet1", the first provider interface of the hosts on a cloud by Kolla
   */
  readonly physicalNetwork?: string;
  /**
   * VLAN id on the physical network, 1 to 4094.
   * @default - flat: untagged
   */
  readonly vlanId?: number;
  /** Its IPv4 addresses, in CIDR notation. */
  readonly cidr: string;
  /**
   * Where floating IPs and routers' addresses come from. Leave out what the hosts, the VIPs and your routers use.
   * @default - the whole of it less the gateway
   */
  readonly allocationPools?: AllocationPool[];
  /**
   * Its gateway.
   * @default - the first address
   */
  readonly gatewayAddress?: string;
  /**
   * Its IPv6 addresses, in CIDR notation: routers get one of them each. There are no floating IPs for IPv6.
   * @default - IPv4 alone
   */
  readonly ipv6Cidr?: string;
  /**
   * Where routers' IPv6 addresses come from.
   * @default - the whole of `ipv6Cidr` less its gateway
   */
  readonly ipv6AllocationPools?: AllocationPool[];
  /**
   * The IPv6 gateway. It may be a link-local address, as many routers have it.
   * @default - the first address of `ipv6Cidr`
   */
  readonly ipv6GatewayAddress?: string;
  /**
   * Addresses in it that somebody has, each with who that is: hosts, virtual addresses, routers. No allocation pool may hold them.
   * `cloud.reservedAddresses` has those of a cloud that was made here.
   * @default - none are known
   */
  readonly reservedAddresses?: { readonly [address: string]: string };
  /**
   * Projects whose routers and floating IPs may use it, by a name of your choice that stays, with their ids (RBAC policies). Nobody else sees it then.
   * @default - every project
   */
  readonly projects?: { readonly [name: string]: string };
  /**
   * Id of the subnet pool that the IPv4 addresses are taken from, so that the pool's address scope holds: tenants' networks of that scope are reached
   * without NAT.
   * @default - from none
   */
  readonly subnetPoolId?: string;
  /**
   * MTU in bytes.
   * @default - the physical network's, as Neutron knows it
   */
  readonly mtu?: number;
  /**
   * Tags on network and subnets.
   * @default - none
   */
  readonly tags?: string[];
}

/**
 * The network that leads out of the cloud: routers have their gateways there, and floating IPs come from it. Needs an administrator's login.
 *
 * Creates a network, flat or VLAN, without DHCP, with an IPv4 subnet and with `ipv6Cidr` an IPv6 one. What takes a floating IP must depend on `ready`.
 */
export class ExternalNetwork extends Construct {
  /** The L1 network. */
  public readonly resource: TerraformResource;
  /** Its name, known at synth. */
  public readonly networkName: string;
  /** Neutron's id of the network. */
  public readonly networkId: string;
  /** Neutron's id of the IPv4 subnet. */
  public readonly subnetId: string;
  /** Neutron's id of the IPv6 subnet, if there is one. */
  public readonly ipv6SubnetId?: string;
  /** To be depended upon by routers and floating IPs: the network has its subnets. */
  public readonly ready: ITerraformDependable[];

  constructor(scope: Construct, id: string, props: ExternalNetworkProps) {
    super(scope, id);
    const { ipv6Cidr, ipv6AllocationPools, ipv6GatewayAddress, ...ipv4 } = props;
    if (parseCidr(this, 'cidr', props.cidr)?.family === IpFamily.V6) {
      fail(this, { problem: 'cidr must be IPv4, where floating IPs come from', value: props.cidr, fix: 'give the IPv6 one as ipv6Cidr' });
    }
    const name = props.name ?? 'public';
    // Of that name, the parts have the logical ids that they would have without it.
    const network = new ProviderNetwork(this, 'Default', { ...ipv4, name, physicalNetwork: props.physicalNetwork ?? 'physnet1', external: true });
    this.resource = network.resource;
    this.networkName = name;
    this.networkId = network.networkId;
    this.subnetId = network.subnetId;
    this.ready = [...network.ready];
    if (ipv6Cidr !== undefined) {
      const subnet = this.addIpv6(network, ipv6Cidr, props);
      this.ipv6SubnetId = subnet.id;
      this.ready.push(subnet);
    } else if (ipv6AllocationPools !== undefined || ipv6GatewayAddress !== undefined) {
      fail(this, { problem: 'ipv6AllocationPools and ipv6GatewayAddress need ipv6Cidr', fix: 'give it, or leave them out' });
    }
  }

  private addIpv6(network: ProviderNetwork, cidr: string, props: ExternalNetworkProps): NetworkingSubnetV2 {
    const parsed = parseCidr(this, 'ipv6Cidr', cidr);
    if (parsed?.family === IpFamily.V4) fail(this, { problem: 'ipv6Cidr must be IPv6', value: cidr, fix: 'write it as 2001:db8:1::/64' });
    if (parsed === undefined && props.ipv6GatewayAddress === undefined) {
      fail(this, { problem: 'ipv6GatewayAddress must be given where ipv6Cidr is a reference', fix: 'give ipv6GatewayAddress' });
    }
    const gateway = props.ipv6GatewayAddress ?? parsed!.addressAt(1);
    checkAddress(this, 'ipv6GatewayAddress', gateway);
    if (!/^fe80:/i.test(gateway)) checkInside(this, 'ipv6GatewayAddress', gateway, cidr);
    checkAllocationPools(this, props.ipv6AllocationPools ?? [], parsed, gateway);
    checkReserved(this, props.ipv6AllocationPools, parsed, gateway, props.reservedAddresses);
    return new NetworkingSubnetV2(this, 'SubnetV6', {
      name: `${network.networkName}-v6`,
      networkId: network.networkId,
      cidr,
      ipVersion: 6,
      gatewayIp: gateway,
      enableDhcp: false,
      allocationPool: props.ipv6AllocationPools,
      tags: props.tags,
    });
  }
}
