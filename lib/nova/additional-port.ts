import { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import { parseCidr } from '../core/cidr-checks';
import { replacement } from '../core/replacement';
import { check, checkListKnown, checkUnique, fail, isKnown } from '../core/validation';
import { asCidr } from './private/addresses';
import { networkId } from './private/lookups';
import { checkNeutronName, checkTags } from './private/names';
import { portBinding } from './private/port-binding';
import { VnicType } from './vnic-type';
import { NetworkingPortV2 } from '../providers/openstack/networking-port-v2';

/** A NIC that servers have besides the one in their cluster's network: in a provider network, an SR-IOV card, a storage network. */
export interface AdditionalPortOptions {
  /**
   * Neutron's id of the network.
   * @default - looked up by `networkName`
   */
  readonly networkId?: string;
  /**
   * Name of the network.
   * @default - `networkId` is given
   */
  readonly networkName?: string;
  /**
   * Neutron's id of the subnet that its address comes from.
   * @default - Neutron's choice, in every subnet that the network has for ports
   */
  readonly subnetId?: string;
  /**
   * Whether it has no address at all: for what brings its own, such as a bridge or a user-space data plane.
   * @default false
   */
  readonly noAddress?: boolean;
  /**
   * How it reaches the server. Settled when the port is made.
   * @default VnicType.NORMAL
   */
  readonly vnicType?: VnicType;
  /**
   * Neutron's binding profile, for example `{ capabilities: ['switchdev'] }`. Clouds let administrators alone give one, as a rule. Settled when the port is
   * made.
   * @default - none
   */
  readonly bindingProfile?: { readonly [key: string]: any };
  /**
   * Security groups.
   * @default - none: then `portSecurity` must be false, or the port would get the project's default group
   */
  readonly securityGroupIds?: string[];
  /**
   * Whether Neutron keeps the port to its own addresses and its groups. Virtual functions pass both by, as a rule.
   * @default true
   */
  readonly portSecurity?: boolean;
  /**
   * Other addresses (single ones, or blocks in CIDR notation) that may send from the port.
   * @default - none
   */
  readonly allowedAddressPairs?: string[];
}

/** Properties of AdditionalPort. */
export interface AdditionalPortProps extends AdditionalPortOptions {
  /** Name of the port in Neutron. */
  readonly name: string;
  /**
   * Tags.
   * @default - none
   */
  readonly tags?: string[];
  /**
   * The port is replaced, and its server with it, whenever one of these is replaced.
   * @default - it never is by itself
   */
  readonly replaceTriggeredBy?: ITerraformDependable[];
  /**
   * Whether a new port is made before the old one goes.
   * @default false
   */
  readonly createBeforeDestroy?: boolean;
}

/**
 * A Neutron port for a further NIC of a server, in any network, made before the server. Creates one port.
 *
 * Errors: no network; neither security groups nor `portSecurity: false`; groups or address pairs without port security, which Neutron rejects; an address
 * wanted and refused at once.
 */
export class AdditionalPort extends Construct {
  /** Neutron's id. */
  public readonly portId: string;
  /** The L1 port. */
  public readonly resource: NetworkingPortV2;

  constructor(scope: Construct, id: string, props: AdditionalPortProps) {
    super(scope, id);
    const { name, subnetId, noAddress = false, portSecurity = true, securityGroupIds = [], allowedAddressPairs = [], tags } = props;
    checkNeutronName(this, 'name', name);
    checkTags(this, tags);
    checkListKnown(this, 'securityGroupIds', securityGroupIds);
    checkListKnown(this, 'allowedAddressPairs', allowedAddressPairs);
    checkUnique(this, 'security group', securityGroupIds);
    for (const pair of allowedAddressPairs) parseCidr(this, 'allowedAddressPairs', asCidr(pair));
    if (props.networkId === undefined && props.networkName === undefined) {
      fail(this, { problem: 'the network of the port is not known', fix: 'give networkId or networkName' });
    }
    check(this, portSecurity, (on) => on || securityGroupIds.length + allowedAddressPairs.length === 0, {
      problem: 'securityGroupIds and allowedAddressPairs need port security, which is off',
      fix: 'leave them out, or leave portSecurity on',
    });
    check(this, portSecurity, (on) => !on || securityGroupIds.length > 0, {
      problem: 'securityGroupIds must not be empty: the port would get the default group of the project',
      fix: 'give security groups, or portSecurity: false for a port that Neutron is not to filter',
    });
    if (noAddress && subnetId !== undefined) {
      fail(this, {
        problem: 'noAddress and subnetId exclude each other',
        value: isKnown(subnetId) ? subnetId : undefined,
        fix: 'leave one of them out',
      });
    }
    this.resource = new NetworkingPortV2(this, 'Port', {
      name,
      networkId: props.networkId ?? networkId(this, props.networkName!),
      adminStateUp: true,
      ...(noAddress && { noFixedIp: true }),
      ...(subnetId !== undefined && { fixedIp: [{ subnetId }] }),
      ...(securityGroupIds.length > 0 && { securityGroupIds }),
      ...(portSecurity === false && { portSecurityEnabled: false, noSecurityGroups: true }),
      ...(allowedAddressPairs.length > 0 && { allowedAddressPairs: allowedAddressPairs.map((ipAddress) => ({ ipAddress })) }),
      ...portBinding(this, props),
      ...(tags && { tags }),
      // Nova writes into the binding when it plugs the port.
      lifecycle: { ...replacement(props), ignoreChanges: ['binding'] },
    });
    this.portId = this.resource.id;
  }
}
