import { ITerraformDependable, TerraformResource } from 'cdktf';
import { Construct } from 'constructs';
import { checkAllocationPools, checkReserved } from './allocation-pools';
import { checkProjects, rbacPolicies } from './rbac';
import { Cidr } from '../../core/cidr';
import { checkAddress, checkInside, parseCidr } from '../../core/cidr-checks';
import { IpFamily } from '../../core/ip-family';
import { Mtu } from '../../core/mtu';
import { check, checkInteger, fail, isKnown } from '../../core/validation';
import { NetworkingNetworkV2 } from '../../providers/openstack/networking-network-v2';
import { NetworkingSubnetV2 } from '../../providers/openstack/networking-subnet-v2';

/** A range of addresses that Neutron may hand out, both ends included. */
export interface AllocationPool {
  /** First address. */
  readonly start: string;
  /** Last address. */
  readonly end: string;
}

/** Properties of ProviderNetwork. */
export interface ProviderNetworkProps {
  /** Its name. Floating IPs and routers find it by that: keep it unique in the cloud. */
  readonly name: string;
  /** Neutron's name of the physical network: "physnet1" is the first provider interface of the hosts on a cloud by Kolla. */
  readonly physicalNetwork: string;
  /**
   * VLAN id on the physical network, 1 to 4094.
   * @default - flat: untagged
   */
  readonly vlanId?: number;
  /** Addresses of its subnet, in CIDR notation. */
  readonly cidr: string;
  /**
   * Ranges that Neutron may hand out. Leave out what other machines there use.
   * @default - all addresses of the CIDR but the gateway's
   */
  readonly allocationPools?: AllocationPool[];
  /**
   * Address of the physical router.
   * @default - the first address of the CIDR
   */
  readonly gatewayAddress?: string;
  /**
   * Whether it is an external network: routers lead to it and floating IPs come from it.
   * @default true
   */
  readonly external?: boolean;
  /**
   * Whether every project may put servers on it directly.
   * @default false
   */
  readonly shared?: boolean;
  /**
   * Projects that may use it, by a name of your choice that stays, with their ids (RBAC policies): for routers and floating IPs if it is external, else for
   * servers. Nobody else sees it then.
   * @default - every project if it is external or shared, else the administrator's alone
   */
  readonly projects?: { readonly [name: string]: string };
  /**
   * Addresses in it that somebody has, each with who that is: hosts, virtual addresses, routers. No allocation pool may hold them.
   * `cloud.reservedAddresses` has those of a cloud that was made here.
   * @default - none are known
   */
  readonly reservedAddresses?: { readonly [address: string]: string };
  /**
   * Id of the subnet pool that the CIDR is taken from, so that the pool's address scope holds.
   * @default - from none
   */
  readonly subnetPoolId?: string;
  /**
   * Whether Neutron's DHCP answers there. On a network that other machines share, it would answer them.
   * @default - only if it isn't external
   */
  readonly dhcp?: boolean;
  /**
   * Name servers that DHCP tells.
   * @default - none
   */
  readonly dnsNameservers?: string[];
  /**
   * MTU in bytes.
   * @default - the physical network's, as Neutron knows it
   */
  readonly mtu?: number;
  /**
   * Tags on network and subnet.
   * @default - none
   */
  readonly tags?: string[];
}

/**
 * A network of the data centre made known to Neutron: flat or VLAN, usually the external one. Needs an administrator's login.
 *
 * Creates the network and one subnet, and a policy for each of `projects`. What takes a floating IP must depend on `ready`: Neutron has none to give before the subnet is there.
 */
export class ProviderNetwork extends Construct {
  /** The L1 network. */
  public readonly resource: TerraformResource;
  /** The L1 subnet. */
  public readonly subnet: TerraformResource;
  /** Its name, known at synth. */
  public readonly networkName: string;
  /** Neutron's id of the network. */
  public readonly networkId: string;
  /** Neutron's id of the subnet. */
  public readonly subnetId: string;
  /** To be depended upon by routers and floating IPs: the network has its subnet. */
  public readonly ready: ITerraformDependable[];

  constructor(scope: Construct, id: string, props: ProviderNetworkProps) {
    super(scope, id);
    check(this, props.name, (name) => name !== '' && name.length <= 255, {
      problem: 'name must have 1 to 255 characters',
      fix: 'give the network a name',
    });
    check(this, props.physicalNetwork, (name) => /^[^\s:,]{1,64}$/.test(name), {
      problem: 'physicalNetwork must be a name without spaces, commas and colons, 64 characters at most',
      fix: 'use the name in Neutron\'s bridge mappings, "physnet1" on a cloud by Kolla',
    });
    checkInteger(this, 'vlanId', props.vlanId, { min: 1, max: 4094 });
    Mtu._parse(this, 'mtu', props.mtu ?? 1500);
    const cidr = parseCidr(this, 'cidr', props.cidr);
    const external = props.external ?? true;
    const gateway = props.gatewayAddress ?? firstAddress(this, cidr);
    checkAddress(this, 'gatewayAddress', gateway);
    checkInside(this, 'gatewayAddress', gateway, props.cidr);
    for (const address of props.dnsNameservers ?? []) checkAddress(this, 'dnsNameservers', address);
    checkAllocationPools(this, props.allocationPools ?? [], cidr, gateway);
    checkReserved(this, props.allocationPools, cidr, gateway, props.reservedAddresses);
    checkProjects(this, props.projects, props.shared ?? false);

    const network = new NetworkingNetworkV2(this, 'Resource', {
      name: props.name,
      adminStateUp: true,
      // A policy for a project makes a network external by itself; said here, it would be so for every project.
      external: external && props.projects !== undefined ? undefined : external,
      shared: props.shared ?? false,
      mtu: props.mtu,
      segments: [
        {
          physicalNetwork: props.physicalNetwork,
          networkType: props.vlanId === undefined ? 'flat' : 'vlan',
          ...(props.vlanId === undefined ? {} : { segmentationId: props.vlanId }),
        },
      ],
      tags: props.tags,
    });
    const subnet = new NetworkingSubnetV2(this, 'Subnet', {
      name: props.name,
      networkId: network.id,
      cidr: props.cidr,
      subnetpoolId: props.subnetPoolId,
      ipVersion: cidr?.family === IpFamily.V6 ? 6 : 4,
      gatewayIp: gateway,
      enableDhcp: props.dhcp ?? !external,
      allocationPool: props.allocationPools,
      dnsNameservers: props.dnsNameservers,
      tags: props.tags,
    });
    this.resource = network;
    this.subnet = subnet;
    this.networkName = props.name;
    this.networkId = network.id;
    this.subnetId = subnet.id;
    const action = external ? 'access_as_external' : 'access_as_shared';
    this.ready = [network, subnet, ...rbacPolicies(this, { objectType: 'network', objectId: network.id, action, projects: props.projects })];
  }
}

function firstAddress(scope: Construct, cidr: Cidr | undefined): string {
  if (cidr !== undefined && isKnown(cidr.prefixLength) && cidr.addressCount >= 4) return cidr.addressAt(1);
  return fail(scope, {
    problem: cidr === undefined ? 'gatewayAddress must be given where cidr is a reference' : 'cidr is too small for a gateway and other addresses',
    value: cidr?.toString(),
    fix: cidr === undefined ? 'give gatewayAddress' : 'use a /30 or larger',
  });
}
