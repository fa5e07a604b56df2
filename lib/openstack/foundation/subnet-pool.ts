import { ITerraformDependable, TerraformResource } from 'cdktf';
import { Construct } from 'constructs';
import { IPv4, IPv6 } from 'ipaddr.js';
import { checkProjects, rbacPolicies } from './rbac';
import { Cidr } from '../../core/cidr';
import { parseCidr } from '../../core/cidr-checks';
import { IpFamily } from '../../core/ip-family';
import { check, checkInteger, checkKnown, fail } from '../../core/validation';
import { NetworkingAddressscopeV2 } from '../../providers/openstack/networking-addressscope-v2';
import { NetworkingSubnetpoolV2 } from '../../providers/openstack/networking-subnetpool-v2';

/** Properties of SubnetPool. */
export interface SubnetPoolProps {
  /** Its name. */
  readonly name: string;
  /** What subnets are cut from, in CIDR notation, of one family. Prefixes can be added later, and never be taken away or made smaller. */
  readonly prefixes: string[];
  /**
   * Prefix length of a subnet that asks for none.
   * @default - 24 for IPv4, 64 for IPv6
   */
  readonly defaultPrefixLength?: number;
  /**
   * The largest subnet: its prefix length.
   * @default - that of the pool's largest prefix
   */
  readonly minPrefixLength?: number;
  /**
   * The smallest subnet: its prefix length.
   * @default - 28 for IPv4, 64 for IPv6
   */
  readonly maxPrefixLength?: number;
  /**
   * Addresses that one project may take: single ones for IPv4, /64 networks for IPv6.
   * @default - no limit
   */
  readonly quotaPerProject?: number;
  /**
   * Name of an address scope that is made for it. Within a scope addresses are unique, and Neutron's routers pass them on without NAT: what a provider
   * network needs that knows the way back.
   * @default - in no scope
   */
  readonly addressScopeName?: string;
  /**
   * Whether every project may take subnets from it.
   * @default false
   */
  readonly shared?: boolean;
  /**
   * Projects that may take subnets from it, by a name of your choice that stays, with their ids (RBAC policies).
   * @default - every project if it is shared, else the administrator's alone
   */
  readonly projects?: { readonly [name: string]: string };
  /**
   * Whether subnets that name no pool come from it (`--use-default-subnet-pool`). A cloud has one such pool for each family.
   * @default false
   */
  readonly isDefault?: boolean;
  /**
   * Tags.
   * @default - none
   */
  readonly tags?: string[];
}

/**
 * Addresses from which Neutron cuts subnets, so that no two projects have the same. Needs an administrator's login.
 *
 * Creates the pool (`openstack_networking_subnetpool_v2`), its address scope if it is to have one, and a policy for each of `projects`.
 */
export class SubnetPool extends Construct {
  /** The L1 subnet pool. */
  public readonly resource: TerraformResource;
  /** The L1 address scope, if it has one of its own. */
  public readonly addressScope?: TerraformResource;
  /** Its name, known at synth. */
  public readonly poolName: string;
  /** Neutron's id of it. */
  public readonly poolId: string;
  /** To be depended upon by subnets of other projects: they may use it. */
  public readonly ready: ITerraformDependable[];

  constructor(scope: Construct, id: string, props: SubnetPoolProps) {
    super(scope, id);
    const shared = props.shared ?? false;
    for (const [what, name] of Object.entries({ name: props.name, addressScopeName: props.addressScopeName })) {
      check(this, name, (n) => n !== '' && n.length <= 255, { problem: `${what} must have 1 to 255 characters`, fix: 'give it a name' });
    }
    checkProjects(this, props.projects, shared);
    const { family, lengths } = familyOf(this, props.prefixes);
    const v6 = family === IpFamily.V6;
    const bits = v6 ? 128 : 32;
    const fallback = v6 ? 64 : 24;
    const min = props.minPrefixLength ?? Math.min(...lengths);
    const max = props.maxPrefixLength ?? Math.max(min, v6 ? 64 : 28);
    const standard = props.defaultPrefixLength ?? Math.min(max, Math.max(min, fallback));
    const given = { minPrefixLength: min, defaultPrefixLength: standard, maxPrefixLength: max };
    checkKnown(this, 'lengths of prefixes', given);
    for (const [name, value] of Object.entries(given)) checkInteger(this, name, value, { min: 1, max: bits });
    if (min > standard || standard > max) {
      fail(this, {
        problem: 'prefix lengths must ascend: minPrefixLength, defaultPrefixLength, maxPrefixLength',
        value: [min, standard, max],
        fix: 'the smallest number is the largest subnet',
      });
    }
    const unusable = props.prefixes.find((_, i) => lengths[i] > max);
    if (unusable !== undefined) {
      fail(this, {
        problem: `a prefix is smaller than the smallest subnet, a /${max}`,
        value: unusable,
        fix: 'raise maxPrefixLength, or leave it out',
      });
    }
    checkInteger(this, 'quotaPerProject', props.quotaPerProject, { min: 1 });

    const addressScope =
      props.addressScopeName === undefined
        ? undefined
        : new NetworkingAddressscopeV2(this, 'AddressScope', { name: props.addressScopeName, ipVersion: v6 ? 6 : 4, shared });
    const pool = new NetworkingSubnetpoolV2(this, 'Resource', {
      name: props.name,
      prefixes: [...props.prefixes].sort(), // a list, which Neutron gives back in the order of its texts
      minPrefixlen: min,
      defaultPrefixlen: standard,
      maxPrefixlen: max,
      defaultQuota: props.quotaPerProject,
      addressScopeId: addressScope?.id,
      shared,
      isDefault: props.isDefault ?? false,
      tags: props.tags,
    });
    const { projects } = props;
    const action = 'access_as_shared';
    // Neutron gives nobody a pool of whose scope he has nothing.
    const dependsOn =
      addressScope === undefined
        ? []
        : rbacPolicies(this, { objectType: 'address_scope', objectId: addressScope.id, action, projects, idPrefix: 'ScopeAccess' });
    const policies = rbacPolicies(this, { objectType: 'subnetpool', objectId: pool.id, action, projects, dependsOn });
    this.resource = pool;
    this.addressScope = addressScope;
    this.poolName = props.name;
    this.poolId = pool.id;
    this.ready = [pool, ...policies];
  }
}

function familyOf(scope: Construct, prefixes: readonly string[]): { readonly family: IpFamily; readonly lengths: number[] } {
  checkKnown(scope, 'prefixes', prefixes);
  if (prefixes.length === 0) fail(scope, { problem: 'prefixes must not be empty', value: [], fix: 'give at least one, such as 10.64.0.0/12' });
  const cidrs = prefixes.map((prefix) => parseCidr(scope, 'prefixes', prefix)!);
  const { family } = cidrs[0];
  const other = cidrs.find((cidr) => cidr.family !== family);
  if (other !== undefined) {
    fail(scope, { problem: 'prefixes must be of one family', value: other.toString(), fix: 'make a pool for IPv4 and another one for IPv6' });
  }
  const clash = cidrs.find((cidr, i) => cidrs.slice(0, i).some((before) => before.overlaps(cidr)));
  if (clash !== undefined) fail(scope, { problem: 'prefixes must not overlap', value: clash.toString(), fix: 'leave one of them out' });
  // Neutron puts two halves together, and the next plan would want to part them.
  const half = cidrs.find((cidr, i) => cidrs.some((each, j) => i !== j && halvesOfOne(cidr, each)));
  if (half !== undefined) {
    fail(scope, {
      problem: 'two prefixes are the halves of a larger one, which Neutron makes of them',
      value: half.toString(),
      fix: `give the larger one, a /${half.prefixLength - 1}`,
    });
  }
  return { family, lengths: cidrs.map((cidr) => cidr.prefixLength) };
}

function halvesOfOne(a: Cidr, b: Cidr): boolean {
  return a.prefixLength === b.prefixLength && a.prefixLength > 0 && parentOf(a) === parentOf(b);
}

/** The network that is twice as large. */
function parentOf(cidr: Cidr): string {
  const length = cidr.prefixLength - 1;
  return cidr.family === IpFamily.V6 ? IPv6.networkAddressFromCIDR(`${cidr.network}/${length}`).toString() : IPv4.networkAddressFromCIDR(`${cidr.network}/${length}`).toString(); // prettier-ignore
}
