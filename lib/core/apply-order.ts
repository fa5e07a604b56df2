import { Lazy, TerraformResource, TerraformStack } from 'cdktf';
import { IConstruct } from 'constructs';

/** What runs in a cluster, in the order in which it can come to life. */
export enum Tier {
  /** The pod network: without it no node is ready. */
  NETWORK,
  /** The cloud controller: without it every node keeps the taint "uninitialized". */
  CLOUD,
  /** Storage drivers. */
  STORAGE,
  /** Everything else that serves the cluster. */
  ADDON,
  /** What users run. */
  WORKLOAD,
}

interface Member {
  readonly cluster: IConstruct;
  readonly tier: Tier;
  readonly resource: TerraformResource;
}

const MEMBERS = Symbol.for('cdktf-strata.apply-order');

/**
 * Makes a resource wait for everything of a lower tier that the same stack installs on the same cluster, whichever was written first.
 *
 * It matters most on the way back: a Service or a claim that outlives its controller leaves a load balancer or a volume behind.
 * Between stacks, the stacks' own dependencies do it.
 */
export function inOrder(cluster: IConstruct, tier: Tier, ...resources: TerraformResource[]): void {
  for (const resource of resources) {
    const stack = TerraformStack.of(resource) as TerraformStack & { [MEMBERS]?: Member[] };
    const members = (stack[MEMBERS] ??= []);
    for (const other of members.filter((member) => member.cluster === cluster && member.tier !== tier)) {
      const [first, second] = other.tier < tier ? [other.resource, resource] : [resource, other.resource];
      second.dependsOn = [...(second.dependsOn ?? []), address(first)];
    }
    members.push({ cluster, tier, resource });
  }
}

/** A resource's bare address, as late as possible: its logical id may be overridden. */
function address(resource: TerraformResource): string {
  return Lazy.stringValue({ produce: () => `${resource.terraformResourceType}.${resource.friendlyUniqueId}` });
}
