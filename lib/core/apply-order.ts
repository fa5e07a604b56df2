import { Lazy, TerraformResource, TerraformStack } from 'cdktf';
import { IConstruct } from 'constructs';
import { fail } from './validation';

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

/** Where something stands in a cluster's order. */
export interface Place {
  readonly tier: Tier;
  /** What others of its tier wait for by these names. */
  readonly provides?: readonly string[];
  /** Names that it waits for within its tier. */
  readonly after?: readonly string[];
  /** Names that it can't do without: a stack with it that comes first is an error. */
  readonly requires?: readonly string[];
}

interface Member extends Place {
  readonly resource: TerraformResource;
}

const MEMBERS = Symbol.for('cdktf-strata.apply-order');

/**
 * Makes a resource wait for everything of a lower tier that is installed on the same cluster, and for what it names within its own tier, whichever
 * was written first.
 *
 * It matters most on the way back: a Service or a claim that outlives its controller leaves a load balancer or a volume behind.
 * Within a stack resources depend on each other; between stacks the later stack depends on the earlier one. If it is the other way round already, that
 * stays, but for what can't do without the other: then it is an error.
 */
export function inOrder(cluster: IConstruct, at: Tier | Place, ...resources: TerraformResource[]): void {
  const place: Place = typeof at === 'object' ? at : { tier: at };
  const members = membersOf(cluster);
  for (const resource of resources) {
    const member = { ...place, resource };
    for (const other of members) {
      if (precedes(other, member)) follow(member, other);
      else if (precedes(member, other)) follow(other, member);
    }
    members.push(member);
  }
}

/** A cluster's list is kept at the cluster, so that it knows what any stack installs on it. */
function membersOf(cluster: IConstruct & { [MEMBERS]?: Member[] }): Member[] {
  if (cluster[MEMBERS] === undefined) Object.defineProperty(cluster, MEMBERS, { value: [] });
  return cluster[MEMBERS]!;
}

function precedes(first: Place, second: Place): boolean {
  if (first.tier !== second.tier) return first.tier < second.tier;
  return second.after?.some((name) => first.provides?.includes(name)) ?? false;
}

function follow(second: Member, first: Member): void {
  const [stack, other] = [TerraformStack.of(second.resource), TerraformStack.of(first.resource)];
  if (stack === other) {
    second.resource.dependsOn = [...(second.resource.dependsOn ?? []), address(first.resource)];
  } else if (!other.dependsOn(stack)) {
    stack.addDependency(other);
  } else if (second.requires?.some((name) => first.provides?.includes(name))) {
    fail(second.resource, {
      problem: `it needs ${first.resource.node.path}, whose stack comes after this one`,
      fix: 'write that one first, or put it into this stack',
    });
  }
}

/** A resource's bare address, as late as possible: its logical id may be overridden. */
function address(resource: TerraformResource): string {
  return Lazy.stringValue({ produce: () => `${resource.terraformResourceType}.${resource.friendlyUniqueId}` });
}
