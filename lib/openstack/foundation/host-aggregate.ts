import { TerraformResource } from 'cdktf';
import { Construct } from 'constructs';
import { check, checkUnique, fail } from '../../core/validation';
import { ComputeAggregateV2 } from '../../providers/openstack/compute-aggregate-v2';

/** Properties of HostAggregate. */
export interface HostAggregateProps {
  /** Its name. */
  readonly name: string;
  /** Names of its compute hosts as Nova knows them, each in one zone at most. */
  readonly hosts: string[];
  /**
   * Availability zone that its hosts are in.
   * @default - it makes no zone
   */
  readonly zone?: string;
  /**
   * Metadata that flavors' extra specs refer to.
   * @default - none
   */
  readonly metadata?: { readonly [key: string]: string };
}

/**
 * A group of compute hosts, and what makes an availability zone: Nova has all hosts in the zone "nova" until an aggregate says otherwise.
 * Needs an administrator's login. Creates one `openstack_compute_aggregate_v2`.
 */
export class HostAggregate extends Construct {
  /** The L1 aggregate. */
  public readonly resource: TerraformResource;

  constructor(scope: Construct, id: string, props: HostAggregateProps) {
    super(scope, id);
    if (props.hosts.length === 0) fail(this, { problem: 'hosts must not be empty', value: [], fix: 'name at least one compute host' });
    checkUnique(this, 'host', props.hosts);
    for (const [what, name] of Object.entries({ name: props.name, zone: props.zone })) {
      check(this, name, (n) => /^[^\s:][^:]{0,253}$/.test(n) && n.trim() === n, {
        problem: `${what} must have 1 to 254 characters, no colon, and neither begin nor end with a space`,
        fix: 'choose such a name',
      });
    }
    this.resource = new ComputeAggregateV2(this, 'Resource', { name: props.name, zone: props.zone, hosts: props.hosts, metadata: props.metadata });
  }
}
