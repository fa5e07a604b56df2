import { Construct } from 'constructs';
import { checkNeutronName } from './private/names';
import { ServerGroupPolicy } from './server-group-policy';
import { ComputeServergroupV2 } from '../providers/openstack/compute-servergroup-v2';

/** Properties of ServerGroup. */
export interface ServerGroupProps {
  /** Name of the group in Nova. */
  readonly name: string;
  /** How its servers are placed. Settled when the group is made: another policy changes nothing. */
  readonly policy: ServerGroupPolicy;
}

/** A Nova server group: whether its servers share hypervisors or don't. Creates one server group. */
export class ServerGroup extends Construct {
  /** Nova's id. */
  public readonly serverGroupId: string;
  /** The L1 server group. */
  public readonly resource: ComputeServergroupV2;

  constructor(scope: Construct, id: string, props: ServerGroupProps) {
    super(scope, id);
    checkNeutronName(this, 'name', props.name);
    this.resource = new ComputeServergroupV2(this, 'ServerGroup', {
      name: props.name,
      policies: [props.policy],
      // Another policy is another group, and servers that are there would be in none: a cloud with a hypervisor more must not do that.
      lifecycle: { ignoreChanges: ['policies'] },
    });
    this.serverGroupId = this.resource.id;
  }
}
