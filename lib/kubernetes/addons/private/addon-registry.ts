import { Annotations, IAspect, Aspects } from 'cdktf';
import { IConstruct } from 'constructs';
import { CAPABILITIES } from './capabilities';
import { IKubernetesCluster } from '../../../contracts/kubernetes-cluster';
import { Place, Tier } from '../../../core/apply-order';
import { describe, fail } from '../../../core/validation';
import { ClusterCapability } from '../cluster-addons/cluster-capability';

/** Why an add-on can't do without something, or not beside it: a clause that ends an error's sentence. */
export interface Relation {
  readonly capability: ClusterCapability;
  /** "its pods wait for it", "both write the same rules". */
  readonly because: string;
  /**
   * What to do.
   * @default - for what is required: what provides it; for a conflict: remove one of the two
   */
  readonly fix?: string;
}

/** What an add-on says of itself. */
export interface Declaration {
  /** The construct's class: "CinderCsi". Two of one name on a cluster are an error. */
  readonly name: string;
  /** What can be there several times says which one it is: "HelmAddon shop/redis". */
  readonly instance?: string;
  readonly provides?: readonly ClusterCapability[];
  readonly requires?: readonly Relation[];
  readonly conflicts?: readonly Relation[];
  /** What it waits for if it is there, but does without. */
  readonly after?: readonly ClusterCapability[];
}

interface Member {
  readonly where: IConstruct;
  readonly declaration: Declaration;
}

const REGISTRY = Symbol.for('cdktf-strata.addon-registry');

/** What is installed on a cluster, by any stack of the app. */
export class AddonRegistry {
  public static of(cluster: IKubernetesCluster & { [REGISTRY]?: AddonRegistry }): AddonRegistry {
    if (cluster[REGISTRY] === undefined) Object.defineProperty(cluster, REGISTRY, { value: new AddonRegistry(cluster) });
    return cluster[REGISTRY]!;
  }

  private readonly members: Member[] = [];
  private readonly elsewhere = new Set<ClusterCapability>();

  private constructor(private readonly cluster: IKubernetesCluster) {
    cluster.node.addValidation({ validate: () => this.missing() });
    Aspects.of(cluster).add(new PodNetworkWarning(this, cluster));
  }

  /** Names of the add-ons, in the order in which they were written. */
  public get names(): string[] {
    return this.members.map(({ declaration }) => declaration.instance ?? declaration.name);
  }

  /** What somebody else installs. */
  public provideElsewhere(capabilities: readonly ClusterCapability[]): void {
    for (const capability of capabilities) this.elsewhere.add(capability);
  }

  /** True if anybody provides it: an add-on, the cluster by itself, or somebody else. */
  public has(capability: ClusterCapability): boolean {
    return (
      this.elsewhere.has(capability) ||
      givenBy(this.cluster).includes(capability) ||
      this.members.some(({ declaration }) => declaration.provides?.includes(capability))
    );
  }

  /** Adds an add-on. Throws if it doesn't go with what is there. Returns its place in the order of installation. */
  public add(where: IConstruct, declaration: Declaration): Place {
    const { name, provides = [], requires = [], after = [] } = declaration;
    const instance = declaration.instance ?? name;
    const twin = this.members.find((other) => (other.declaration.instance ?? other.declaration.name) === instance);
    if (twin !== undefined) {
      fail(where, {
        problem: `the cluster ${this.cluster.clusterName} has ${instance} already, at ${twin.where.node.path}`,
        fix: 'remove one of them',
      });
    }
    for (const capability of provides) this.checkOnce(where, name, capability);
    for (const other of this.members) {
      checkConflict(where, declaration, other.declaration);
      checkConflict(where, other.declaration, declaration);
    }
    for (const conflict of declaration.conflicts ?? []) {
      if (givenBy(this.cluster).includes(conflict.capability)) {
        failOnConflict(where, name, `the cluster's ${CAPABILITIES[conflict.capability].label}`, conflict);
      }
    }
    const tier = Math.min(Tier.ADDON, ...provides.map((capability) => CAPABILITIES[capability].tier));
    for (const { capability } of requires) {
      if (CAPABILITIES[capability].tier <= tier) continue;
      fail(where, {
        problem: `${name} requires a ${CAPABILITIES[capability].label}, which comes to life after it, because of what it provides`,
        value: provides,
        fix: 'leave out one of the two',
      });
    }
    this.members.push({ where, declaration });
    const required = requires.map(({ capability }) => capability);
    return { tier, provides, requires: required, after: [...required, ...after] };
  }

  private checkOnce(where: IConstruct, name: string, capability: ClusterCapability): void {
    const { once, label } = CAPABILITIES[capability];
    if (!once) return;
    const other = this.members.find(({ declaration }) => declaration.provides?.includes(capability));
    if (other !== undefined) {
      fail(where, {
        problem: `${name} is a second ${label} for the cluster ${this.cluster.clusterName}, beside ${other.declaration.name} at ${other.where.node.path}`,
        fix: 'remove one of them',
      });
    }
    if (givenBy(this.cluster).includes(capability)) {
      fail(where, {
        problem: `${name} is a second ${label} for the cluster ${this.cluster.clusterName}, which has one by itself`,
        fix: 'leave it out there, or here',
      });
    }
  }

  /** What is required and not there. Of a cluster that was made by others nobody knows what is in it. */
  private missing(): string[] {
    if (this.cluster.imported) return [];
    return this.members.flatMap(({ where, declaration }) =>
      (declaration.requires ?? [])
        .filter(({ capability }) => !this.has(capability))
        .map(({ capability, because, fix }) =>
          describe(where, {
            problem: `${declaration.name} needs a ${CAPABILITIES[capability].label}, and no stack of the app installs one on the cluster ${this.cluster.clusterName}: ${because}`,
            fix: fix ?? `${CAPABILITIES[capability].remedy}, or say by ClusterAddons.of(cluster).provideElsewhere(…) that it comes from elsewhere`,
          }),
        ),
    );
  }
}

/** What a cluster has before anything is installed on it. */
function givenBy(cluster: IKubernetesCluster): ClusterCapability[] {
  return [
    ...(cluster.cni.replacesKubeProxy ? [] : [ClusterCapability.SERVICE_PROXY]),
    ...(cluster.trunkPorts ? [ClusterCapability.TRUNK_PORTS] : []),
    ...(cluster.encryptsByKms ? [ClusterCapability.SECRET_ENCRYPTION] : []),
  ];
}

function checkConflict(where: IConstruct, one: Declaration, other: Declaration): void {
  const conflict = one.conflicts?.find(({ capability }) => other.provides?.includes(capability));
  if (conflict !== undefined) failOnConflict(where, one.name, other.name, conflict);
}

function failOnConflict(where: IConstruct, name: string, other: string, { because, fix }: Relation): never {
  fail(where, { problem: `${name} does not go with ${other}: ${because}`, fix: fix ?? 'remove one of them' });
}

/** Nodes without a pod network never become ready. It may come by other means, so it is no error. */
class PodNetworkWarning implements IAspect {
  private done = false;

  public constructor(
    private readonly registry: AddonRegistry,
    private readonly cluster: IKubernetesCluster,
  ) {}

  public visit(node: IConstruct): void {
    if (this.done || node !== this.cluster || this.cluster.imported) return;
    this.done = true;
    if (this.registry.has(ClusterCapability.POD_NETWORK)) return;
    Annotations.of(this.cluster).addWarning(
      describe(this.cluster, {
        problem: 'no stack of the app installs a pod network on the cluster, and without one its nodes never become ready',
        fix: `${CAPABILITIES[ClusterCapability.POD_NETWORK].remedy}, or say by ClusterAddons.of(cluster).provideElsewhere(ClusterCapability.POD_NETWORK) that it comes from elsewhere`,
      }),
    );
  }
}
