import { ITerraformDependable, Token, Fn } from 'cdktf';
import { Construct } from 'constructs';
import { IClusterNetwork } from '../contracts/cluster-network';
import { checkHostAddress, parseCidr } from '../core/cidr-checks';
import { IpFamily } from '../core/ip-family';
import { fail } from '../core/validation';
import { asNeutron } from './private/addresses';
import { checkFloatingIpAddress, makeFloatingIp } from './private/floating-ip';
import { checkNeutronName, checkTags } from './private/names';
import { inSameStack } from '../core/same-stack';
import { NetworkingPortV2 } from '../providers/openstack/networking-port-v2';

/** Properties of ApiVirtualAddress. */
export interface ApiVirtualAddressProps {
  /** Name of the port in Neutron. */
  readonly name: string;
  /** The control planes' network: the address is in its (first) subnet. */
  readonly network: IClusterNetwork;
  /** Security group of the port, which no server has: that of the control planes. */
  readonly securityGroupId: string;
  /**
   * The address.
   * @default - Neutron chooses
   */
  readonly address?: string;
  /**
   * Whether it gets a floating IP from the external network. Needs an IPv4 network.
   * @default false
   */
  readonly floatingIp?: boolean;
  /**
   * Address of a floating IP that the project has already, in place of a new one: it stays when this goes. Needs `floatingIp`. One that
   * was made here goes when it is named instead: take it out of the state first (`terraform state rm`).
   * @default - one is made
   */
  readonly floatingIpAddress?: string;
  /**
   * Tags.
   * @default - none
   */
  readonly tags?: string[];
}

/**
 * An address for the API that control planes hand to each other, for clouds without Octavia: a Neutron port that no server has, so that nobody else gets
 * the address. The control planes' own ports must have it as an allowed address pair, and keepalived on them holds it.
 *
 * Creates one port, and with `floatingIp` a floating IP, unless one is given.
 * Errors: an address outside the subnet; a floating IP on IPv6.
 */
export class ApiVirtualAddress extends Construct {
  /** The address inside the network: what nodes use. */
  public readonly vipAddress: string;
  /** The floating IP, if there is one. */
  public readonly publicAddress?: string;
  /** The L1 port. */
  public readonly resource: NetworkingPortV2;
  /** To be depended upon by what uses the API: the last part has been made. */
  public readonly ready: ITerraformDependable[];

  constructor(scope: Construct, id: string, props: ApiVirtualAddressProps) {
    super(scope, id);
    const { name, network, address, tags } = props;
    checkNeutronName(this, 'name', name);
    checkTags(this, tags);
    checkHostAddress(this, 'address', address, network.cidr);
    checkFloatingIpAddress(this, props);
    if (props.floatingIp && parseCidr(this, 'cidr of the network', network.cidr)?.family === IpFamily.V6) {
      fail(this, {
        problem: 'floatingIp is not possible, Neutron has none for IPv6',
        value: network.cidr,
        fix: 'leave it out: IPv6 addresses are reachable as they are',
      });
    }
    this.resource = new NetworkingPortV2(this, 'Port', {
      name,
      networkId: network.networkId,
      adminStateUp: true,
      fixedIp: [{ subnetId: network.subnetId, ...(address !== undefined && { ipAddress: asNeutron(address) }) }],
      securityGroupIds: [props.securityGroupId],
      ...(tags && { tags }),
      // OVN and the controllers of some clouds mark the port as virtual.
      lifecycle: { ignoreChanges: ['device_owner', 'device_id'] },
    });
    this.vipAddress = Token.asString(Fn.element(this.resource.allFixedIps, 0));
    this.ready = [this.resource];
    if (props.floatingIp) {
      const dependsOn = inSameStack(this, network.routed);
      const front = { network, portId: this.resource.id, address: props.floatingIpAddress, tags, dependsOn };
      const { publicAddress, association } = makeFloatingIp(this, front);
      this.publicAddress = publicAddress;
      this.ready.push(association);
    }
  }
}
