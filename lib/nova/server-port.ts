import { Fn, ITerraformDependable, Token } from 'cdktf';
import { Construct } from 'constructs';
import { IClusterNetwork } from '../contracts/cluster-network';
import { checkAddress, checkInside, parseCidr } from '../core/cidr-checks';
import { replacement } from '../core/replacement';
import { check, checkListKnown, checkUnique, fail } from '../core/validation';
import { checkNeutronName, checkTags } from './private/names';
import { NetworkingPortV2 } from '../providers/openstack/networking-port-v2';

/** Properties of ServerPort. */
export interface ServerPortProps {
  /** Name of the port in Neutron. */
  readonly name: string;
  /** The network that it is in. */
  readonly network: IClusterNetwork;
  /** Security groups, at least one: a port without would get the project's default group. They belong on the port; on a server they would override it. */
  readonly securityGroupIds: string[];
  /**
   * Its address, inside the network's CIDR.
   * @default - Neutron chooses; the port keeps it for its life, whatever becomes of its server
   */
  readonly fixedAddress?: string;
  /**
   * Other addresses (single ones, or blocks in CIDR notation) that may send from the port: the pods' for a pod network without encapsulation.
   * @default - none
   */
  readonly allowedAddressPairs?: string[];
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
 * Creates one port with one address in the network's subnet. Errors: no security group; an address outside the subnet or of the other IP family.
 */
export class ServerPort extends Construct {
  /** Name of the port in Neutron. */
  public readonly portName: string;
  /** Neutron's id. */
  public readonly portId: string;
  /** Its address in the network's subnet. */
  public readonly address: string;
  /** The network that it is in. */
  public readonly network: IClusterNetwork;
  /** The L1 port. */
  public readonly resource: NetworkingPortV2;

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
    checkAddress(this, 'fixedAddress', fixedAddress);
    checkInside(this, 'fixedAddress', fixedAddress, network.cidr);
    const family = parseCidr(this, 'cidr of the network', network.cidr)?.family;
    checkListKnown(this, 'allowedAddressPairs', allowedAddressPairs);
    for (const pair of allowedAddressPairs) {
      const range = parseCidr(this, 'allowedAddressPairs', pair.includes('/') ? pair : pair.includes(':') ? `${pair}/128` : `${pair}/32`);
      check(this, pair, () => range === undefined || family === undefined || range.family === family, {
        problem: `allowedAddressPairs must be of the network's family, ${family}`,
        fix: `give ${family} addresses`,
      });
    }
    if (props.createBeforeDestroy && fixedAddress !== undefined) {
      fail(this, {
        problem: 'createBeforeDestroy and fixedAddress exclude each other: two ports cannot have one address',
        fix: 'leave one of them out',
      });
    }

    this.resource = new NetworkingPortV2(this, 'Port', {
      name,
      networkId: network.networkId,
      adminStateUp: true,
      fixedIp: [{ subnetId: network.subnetId, ...(fixedAddress !== undefined && { ipAddress: fixedAddress }) }],
      securityGroupIds,
      ...(allowedAddressPairs.length > 0 && { allowedAddressPairs: allowedAddressPairs.map((ipAddress) => ({ ipAddress })) }),
      ...(tags && { tags }),
      lifecycle: { ...replacement(props), ...(props.ignoreSecurityGroupChanges && { ignoreChanges: ['security_group_ids'] }) },
    });
    this.portName = name;
    this.portId = this.resource.id;
    this.address = Token.asString(Fn.element(this.resource.allFixedIps, 0));
    this.network = network;
  }
}
