import { Fn, ITerraformDependable, Token } from 'cdktf';
import { Construct } from 'constructs';
import { IClusterNetwork } from '../contracts/cluster-network';
import { checkHostAddress, parseCidr } from '../core/cidr-checks';
import { IpFamily } from '../core/ip-family';
import { replacement } from '../core/replacement';
import { check, checkListKnown, checkUnique, fail } from '../core/validation';
import { addressOfFamily, asCidr, asNeutron } from './private/addresses';
import { checkNeutronName, checkTags } from './private/names';
import { portBinding } from './private/port-binding';
import { VnicType } from './vnic-type';
import { NetworkingPortV2 } from '../providers/openstack/networking-port-v2';
import { NetworkingTrunkV2 } from '../providers/openstack/networking-trunk-v2';

/** Properties of ServerPort. */
export interface ServerPortProps {
  /** Name of the port in Neutron. */
  readonly name: string;
  /** The network that it is in. */
  readonly network: IClusterNetwork;
  /** Security groups, at least one: a port without would get the project's default group. They belong on the port; on a server they would override it. */
  readonly securityGroupIds: string[];
  /**
   * Its address in the network's (first) subnet.
   * @default - Neutron chooses; the port keeps it for its life, whatever becomes of its server
   */
  readonly fixedAddress?: string;
  /**
   * Other addresses (single ones, or blocks in CIDR notation) that may send from the port: the pods' for a pod network without encapsulation.
   * @default - none
   */
  readonly allowedAddressPairs?: string[];
  /**
   * How it reaches the server. Settled when the port is made.
   * @default VnicType.NORMAL
   */
  readonly vnicType?: VnicType;
  /**
   * Neutron's binding profile. Clouds let administrators alone give one, as a rule. Settled when the port is made.
   * @default - none
   */
  readonly bindingProfile?: { readonly [key: string]: any };
  /**
   * Whether it is the parent of a trunk, so that something else (Kuryr's controller) can put subports on it: those are never touched here.
   * A port whose server runs can't become one.
   * @default false
   */
  readonly trunk?: boolean;
  /**
   * Tags.
   * @default - none
   */
  readonly tags?: string[];
  /**
   * Whether its groups are settled when it is made, so that those stay that something else puts on it: Kubernetes' cloud controller does, where it manages
   * security groups.
   * @default false
   */
  readonly ignoreSecurityGroupChanges?: boolean;
  /**
   * Whether its address pairs are settled when it is made, so that those stay that something else puts on it: Kubernetes' cloud controller does, where it
   * writes the pods' routes.
   * @default false
   */
  readonly ignoreAddressPairChanges?: boolean;
  /**
   * The port is replaced, and its server with it, whenever one of these is replaced.
   * @default - it never is by itself
   */
  readonly replaceTriggeredBy?: ITerraformDependable[];
  /**
   * Whether a new port is made before the old one goes. Not possible with a fixed address.
   * @default false
   */
  readonly createBeforeDestroy?: boolean;
}

/**
 * A Neutron port for one server, made before it and apart from it: the address and the security groups outlive the server.
 *
 * Creates one port with one address in the network's subnet, and one in its second subnet if there is one; with `trunk` a trunk, which goes before the port
 * and after the server. Errors: no security group; an address outside the subnet or of a family that the network doesn't have.
 */
export class ServerPort extends Construct {
  /** Name of the port in Neutron. */
  public readonly portName: string;
  /** Neutron's id, for the server: whoever reads it waits for the trunk, too. */
  public readonly portId: string;
  /** The network that it is in. */
  public readonly network: IClusterNetwork;
  /** The L1 port. */
  public readonly resource: NetworkingPortV2;
  /** The L1 trunk, if it is the parent of one. */
  public readonly trunk?: NetworkingTrunkV2;

  private readonly families: (IpFamily | undefined)[];
  private readonly addresses: { first?: string; second?: string } = {};

  constructor(scope: Construct, id: string, props: ServerPortProps) {
    super(scope, id);
    const { name, network, securityGroupIds, fixedAddress, allowedAddressPairs = [], tags } = props;
    checkNeutronName(this, 'name', name);
    checkTags(this, tags);
    check(this, securityGroupIds, (ids) => ids.length > 0, {
      problem: 'securityGroupIds must not be empty: the port would get the default group of the project',
      fix: 'give the groups of NodeSecurityGroups',
    });
    checkUnique(this, 'security group', securityGroupIds);
    checkHostAddress(this, 'fixedAddress', fixedAddress, network.cidr);
    const families = [network.cidr, ...(network.secondarySubnet ? [network.secondarySubnet.cidr] : [])].map(
      (cidr) => parseCidr(this, 'cidr of the network', cidr)?.family,
    );
    checkListKnown(this, 'allowedAddressPairs', allowedAddressPairs);
    for (const pair of allowedAddressPairs) {
      const range = parseCidr(this, 'allowedAddressPairs', asCidr(pair));
      check(this, pair, () => range === undefined || families.includes(undefined) || families.includes(range.family), {
        problem: `allowedAddressPairs must be of the network's family, ${families.join(' or ')}`,
        fix: `give ${families.join(' or ')} addresses`,
      });
    }
    if (props.createBeforeDestroy && fixedAddress !== undefined) {
      fail(this, {
        problem: 'createBeforeDestroy and fixedAddress exclude each other: two ports cannot have one address',
        fix: 'leave one of them out',
      });
    }

    const { binding } = portBinding(this, props);
    const settled = [
      ...(props.ignoreSecurityGroupChanges ? ['security_group_ids'] : []),
      ...(props.ignoreAddressPairChanges ? ['allowed_address_pairs'] : []),
      ...(binding ? ['binding'] : []), // Nova writes into it when it plugs the port
    ];
    this.resource = new NetworkingPortV2(this, 'Port', {
      name,
      networkId: network.networkId,
      adminStateUp: true,
      fixedIp: [
        { subnetId: network.subnetId, ...(fixedAddress !== undefined && { ipAddress: asNeutron(fixedAddress) }) },
        ...(network.secondarySubnet ? [{ subnetId: network.secondarySubnet.subnetId }] : []),
      ],
      securityGroupIds,
      ...(allowedAddressPairs.length > 0 && { allowedAddressPairs: allowedAddressPairs.map((pair) => ({ ipAddress: asNeutron(pair) })) }),
      ...(binding && { binding }),
      ...(tags && { tags }),
      lifecycle: { ...replacement(props), ...(settled.length > 0 && { ignoreChanges: settled }) },
    });
    if (props.trunk) {
      this.trunk = new NetworkingTrunkV2(this, 'Trunk', {
        name,
        portId: this.resource.id,
        adminStateUp: true,
        ...(tags && { tags }),
        lifecycle: { ...replacement(props), ignoreChanges: ['sub_port'] },
      });
    }
    this.portName = name;
    this.portId = this.trunk?.portId ?? this.resource.id;
    this.families = families;
    this.network = network;
  }

  // The addresses are references that the framework makes with some effort: not before somebody wants them, which is hardly anybody of a pool.

  /** Its address in the network's (first) subnet. */
  public get address(): string {
    const [family, second] = this.families;
    const { allFixedIps } = this.resource;
    this.addresses.first ??= second === undefined ? Token.asString(Fn.element(allFixedIps, 0)) : addressOfFamily(allFixedIps, family ?? IpFamily.V4);
    return this.addresses.first;
  }

  /** Its address of the other IP family, if the network has both. */
  public get secondaryAddress(): string | undefined {
    if (this.network.secondarySubnet === undefined) return undefined;
    this.addresses.second ??= addressOfFamily(this.resource.allFixedIps, this.families[1] ?? IpFamily.V6);
    return this.addresses.second;
  }
}
