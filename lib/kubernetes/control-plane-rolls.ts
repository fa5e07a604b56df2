import { ITerraformDependable, Precondition, TerraformLocal } from 'cdktf';
import { Construct, IConstruct } from 'constructs';
import { authoritiesMark, authoritiesOf, FIRST_AUTHORITY, isFirstAuthority, isNextStep } from './authority-generations';
import { CheckedCluster } from './cluster-checks';
import { encryptionKeyNames } from './node-cloud-config';
import { DEFAULT_WAYS, isReadable, secretWays } from './secret-ways';
import { IClusterNetwork } from '../contracts/cluster-network';
import { address, attributeAddress } from '../core/replacement';
import { StepResource } from '../core/step-resource';
import { checkInteger, checkKnown, fail, isKnown, suggestion } from '../core/validation';
import { NovaServer } from '../nova/nova-server';
import { DataOpenstackNetworkingPortIdsV2 } from '../providers/openstack/data-openstack-networking-port-ids-v2';
import { DataOpenstackNetworkingPortV2 } from '../providers/openstack/data-openstack-networking-port-v2';
import { NetworkingPortV2 } from '../providers/openstack/networking-port-v2';

/** The generation of each slot. Throws for a slot that isn't there. */
export function slotGenerations(where: IConstruct, slots: readonly string[], given: { readonly [slot: string]: number } = {}): number[] {
  checkKnown(where, 'controlPlane.generations', given);
  for (const [slot, generation] of Object.entries(given)) {
    if (!slots.includes(slot)) {
      fail(where, { problem: 'controlPlane.generations has a slot that the control plane does not', value: slot, fix: suggestion(slot, slots) });
    }
    checkInteger(where, `controlPlane.generations.${slot}`, generation, { min: 1, max: 99999 });
  }
  return slots.map((slot) => (Object.hasOwn(given, slot) ? given[slot] : 1));
}

/** By which metadata a worker tells the authorities that it was born with, where they aren't the first. */
export const AUTHORITIES_OF_WORKER = 'strata-authorities';
const AUTHORITY_STEPS =
  'an authority is replaced in steps, for example from 1 to 1-2, 2-1 and 2, in each of which every slot is rolled, then every pool (docs/pki.md)';

/**
 * What is remembered of how a slot was rolled: the Kubernetes version; the generations of authorities and the ways in which Secrets are read and written follow where
 * they aren't the default.
 */
export function slotMark(cluster: CheckedCluster): string {
  const authorities = authoritiesOf(cluster);
  const ways = secretWays(cluster.security);
  if (ways !== DEFAULT_WAYS) return [cluster.version.version, authoritiesMark(authorities), ways].join('_');
  return isFirstAuthority(authorities) ? cluster.version.version : `${cluster.version.version}_${authoritiesMark(authorities)}`;
}

/** What the rules need to know of a slot; its construct's id is its name. */
export interface RolledSlot extends IConstruct {
  /** Replaced when the slot is rolled. Its input is the mark of the slot when it was rolled last. */
  readonly generation: StepResource;
  /** The how many-th server of the slot it is to have. */
  readonly generationNumber: number;
}

/** Properties of ControlPlaneRolls. */
export interface ControlPlaneRollsProps {
  readonly cluster: CheckedCluster;
  readonly network: IClusterNetwork;
  /** The project's id, known when Terraform plans. */
  readonly projectId: string;
  readonly slots: readonly RolledSlot[];
  readonly mtu: { readonly network: number; readonly pods: number };
  readonly tags: readonly string[];
}

/**
 * The memory of which server each control-plane slot has, from one plan to the next, and the rules that follow: one slot a plan, no slot before the gate behind
 * the last one has been passed, no minor skipped, no slot taken away by accident, no other MTU of pods and of what is below them at once.
 *
 * A plan sees what the last gate that was passed left behind: tags of a port that no server has and no packet reaches. Terraform's own state can't serve, since
 * a plan sees of its own resources only what they are going to be. Before the first gate, what the cluster was born with counts.
 */
export class ControlPlaneRolls extends Construct {
  /** "true" as long as no gate was ever passed: the cluster is being made, unless the port that remembers it is lost. Known when Terraform plans. */
  public readonly isBirth: string;
  /** To be held before anything is changed. */
  public readonly preconditions: readonly Precondition[];
  /** An expression: no gate was ever passed. */
  private readonly none: string;
  private readonly recorded: TerraformLocal;
  private readonly tags: string[];

  constructor(
    scope: Construct,
    id: string,
    private readonly props: ControlPlaneRollsProps,
  ) {
    super(scope, id);
    const { cluster, slots, projectId } = props;
    const name = this.portName;
    const parts = (slot: RolledSlot) => `split("_", ${attributeAddress(slot.generation, 'input')})`;
    this.tags = slots.flatMap((slot) => [
      `strata-slot=${slot.node.id}`,
      `strata-rolled=${slot.node.id}:${slot.generationNumber}`,
      `strata-version=${slot.node.id}:\${join("_", slice(${parts(slot)}, 0, min(2, length(${parts(slot)}))))}`,
      ...(secretWays(cluster.security) === DEFAULT_WAYS ? [] : [`strata-secrets=${slot.node.id}:\${try(${parts(slot)}[2], "${DEFAULT_WAYS}")}`]),
    ]);
    if (this.isMtuKnown) this.tags.push(`strata-mtu=${props.mtu.network}:${props.mtu.pods}`);
    const ids = new DataOpenstackNetworkingPortIdsV2(this, 'Markers', {
      name,
      tags: [`kubernetes-cluster=${cluster.clusterName}`],
      tenantId: projectId,
    });
    const marker = new DataOpenstackNetworkingPortV2(this, 'Marker', { portId: '${each.value}' });
    marker.addOverride('for_each', `\${toset(${attributeAddress(ids, 'ids')})}`);
    const birth = new StepResource(this, 'Birth', { input: this.tags, lifecycle: { ignoreChanges: ['input'] } });
    this.none = `length(${attributeAddress(ids, 'ids')}) == 0`;
    this.isBirth = `\${${this.none}}`;
    this.recorded = new TerraformLocal(
      this,
      'Recorded',
      `\${${this.none} ? tolist(${attributeAddress(birth, 'output')}) : ` + `flatten([for port in ${address(marker)} : tolist(port.all_tags)])}`,
    );
    this.preconditions = this.rules();
  }

  /** Remembers the slots' servers once the gate has been passed. */
  public remember(after: readonly ITerraformDependable[]): NetworkingPortV2 {
    return new NetworkingPortV2(this, 'Rolled', {
      name: this.portName,
      description: 'Of no server: its tags tell the next plan which servers the control plane has',
      networkId: this.props.network.networkId,
      adminStateUp: false,
      noFixedIp: true,
      noSecurityGroups: true,
      tags: [...this.props.tags, ...this.tags],
      dependsOn: [...after],
    });
  }

  private get portName(): string {
    return `${this.props.cluster.clusterName}-control-plane-rolled`;
  }

  private rules(): Precondition[] {
    const { cluster, slots } = this.props;
    const { version, controlPlane } = cluster;
    const recorded = address(this.recorded);
    const wanted = JSON.stringify(Object.fromEntries(slots.map((slot) => [slot.node.id, String(slot.generationNumber)])));
    const rolling = new TerraformLocal(
      this,
      'Rolling',
      `\${[for slot, generation in ${wanted} : slot if contains(${recorded}, "strata-slot=\${slot}") && ` +
        `!contains(${recorded}, "strata-rolled=\${slot}:\${generation}")]}`,
    );
    const gone = new TerraformLocal(
      this,
      'Gone',
      `\${[for tag in ${recorded} : trimprefix(tag, "strata-slot=") if startswith(tag, "strata-slot=") && ` +
        `!contains(keys(${wanted}), trimprefix(tag, "strata-slot="))]}`,
    );
    const minors = new TerraformLocal(
      this,
      'Minors',
      `\${[for tag in ${recorded} : tonumber(split(".", split(":", tag)[1])[1]) if startswith(tag, "strata-version=")]}`,
    );
    const minor = Number(version.minor.split('.')[1]);
    const path = this.node.scope!.node.path;
    const rule = (condition: string, message: string): Precondition => ({
      condition: `\${${condition}}`,
      errorMessage: `${path}: ${message}`,
    });
    return [
      rule(
        `length(${address(rolling)}) <= 1`,
        `control-plane slots are rolled one by one, and the gate behind the last one must have been passed: this plan would have ` +
          `\${join(" and ", ${address(rolling)})} without their servers at the same time; raise one of controlPlane.generations, apply, then the next`,
      ),
      ...(controlPlane.allowFewerSlots
        ? []
        : [
            rule(
              `length(${address(gone)}) == 0`,
              `controlPlane.replicas would take away \${join(" and ", ${address(gone)})} with its etcd member, and what is left may have no quorum; ` +
                'remove those members from etcd first (docs/changes.md), then say controlPlane.allowFewerSlots for that apply',
            ),
          ]),
      rule(
        `length(${address(rolling)}) == 0 || ${minor} - min(${address(minors)}...) <= 1`,
        `\${join(" and ", ${address(rolling)})} would get Kubernetes ${version.version}, and the oldest slot has 1.\${min(${address(minors)}...)}: ` +
          'no minor may be skipped; go one minor at a time, all slots before the next',
      ),
      rule(
        `length(${address(rolling)}) == 0 || ${minor} >= max(${address(minors)}...)`,
        `\${join(" and ", ${address(rolling)})} would get Kubernetes ${version.version}, and the newest slot has 1.\${max(${address(minors)}...)}: ` +
          'a cluster cannot go back to an older minor; restore a snapshot if you must',
      ),
      rule(
        `alltrue([for mark in ${this.recordedAuthorities} : ${isNextStep('mark', authoritiesOf(cluster))}])`,
        `the authorities of pki would become ${authoritiesMark(authoritiesOf(cluster))}, and a slot has \${join(" and ", distinct(${this.recordedAuthorities}))}: ` +
          `they would not trust each other; ${AUTHORITY_STEPS}`,
      ),
      rule(
        `alltrue([for ways in length(${this.recordedWays}) > 0 ? ${this.recordedWays} : ["${DEFAULT_WAYS}"] : ${isReadable('ways', secretWays(cluster.security))}])`,
        `security.encryptionKeys would become ${JSON.stringify(encryptionKeyNames(cluster.security)).replace(/"/g, "'")}, and there is a slot that writes Secrets with another key, ` +
          "or can't read what is written with the first of these: Secrets would be lost; a key is replaced in steps, for example ['key1', 'key2'], ['key2', 'key1'] and ['key2'], " +
          'in each of which every slot is rolled (docs/pki.md); so it is with barbicanKms and its writes',
      ),
      ...(this.isMtuKnown ? [this.mtuRule(rule)] : []),
    ];
  }

  private get isMtuKnown(): boolean {
    const { network, pods } = this.props.mtu;
    return isKnown(network) && isKnown(pods);
  }

  private mtuRule(rule: (condition: string, message: string) => Precondition): Precondition {
    const { network, pods } = this.props.mtu;
    const recorded = `[for tag in ${address(this.recorded)} : split(":", trimprefix(tag, "strata-mtu=")) if startswith(tag, "strata-mtu=")]`;
    const was = (i: number) => `\${join(" and ", distinct(${recorded}[*][${i}]))}`;
    return rule(
      // at birth it may be put right: no pod has been there yet
      `${this.none} || alltrue([for mtu in ${recorded} : mtu[0] == "${network}" || mtu[1] == "${pods}"])`,
      `the MTU of the nodes' network would go from ${was(0)} to ${network} and that of pods from ${was(1)} to ${pods} at once, and packets between pods would be lost ` +
        `on the way; to raise it, keep podMtu ${was(1)} for one apply, then leave it out; to lower it, give podMtu ${pods} and the network its former MTU for one apply`,
    );
  }

  /** An expression: the ways of each slot in which Secrets are read and written, as the last gate left it. */
  private get recordedWays(): string {
    return `[for tag in ${address(this.recorded)} : split(":", tag)[1] if startswith(tag, "strata-secrets=")]`;
  }

  /** An expression: the authorities of each slot as the last gate left it. */
  private get recordedAuthorities(): string {
    return `[for tag in ${address(this.recorded)} : try(split("_", tag)[1], "${FIRST_AUTHORITY}") if startswith(tag, "strata-version=")]`;
  }

  /** Whether workers of this plan may have this version and these authorities: the slots as the last gate left them decide. */
  public workerRules(servers: readonly NovaServer[]): Precondition[] {
    if (servers.length === 0) return [];
    const born = new TerraformLocal(this, 'Workers', `\${[${servers.map((server) => attributeAddress(server.resource, 'metadata')).join(', ')}]}`);
    const versions = new TerraformLocal(
      this,
      'WorkerMinors',
      `\${distinct([for worker in ${address(born)} : tonumber(split(".", worker["kubernetes-version"])[1])])}`,
    );
    const marks = new TerraformLocal(
      this,
      'WorkerAuthorities',
      `\${distinct([for worker in ${address(born)} : try(worker["${AUTHORITIES_OF_WORKER}"], "${FIRST_AUTHORITY}")])}`,
    );
    const authorities = authoritiesOf(this.props.cluster);
    const mark = authoritiesMark(authorities);
    const minors = `[for tag in ${address(this.recorded)} : tonumber(split(".", split(":", tag)[1])[1]) if startswith(tag, "strata-version=")]`;
    const minor = Number(this.props.cluster.version.minor.split('.')[1]);
    const path = this.node.scope!.node.path;
    return [
      {
        condition: `\${max(${address(versions)}...) <= min(${minors}...)}`,
        errorMessage:
          `${path}: new workers would have Kubernetes 1.\${max(${address(versions)}...)}, and the oldest control-plane slot has 1.\${min(${minors}...)}: ` +
          'a kubelet must not be newer than the API; roll every slot first, then the pools',
      },
      {
        condition: `\${min(${address(versions)}...) >= ${minor} - 3}`,
        errorMessage:
          `${path}: the oldest worker has Kubernetes 1.\${min(${address(versions)}...)}, more than three minors behind ${this.props.cluster.version.version}: ` +
          'roll the pools before the control plane goes further',
      },
      {
        condition: `\${alltrue([for mark in ${address(marks)} : ${isNextStep('mark', authorities)}])}`,
        errorMessage:
          `${path}: the authorities of pki would become ${mark}, and workers have \${join(" and ", ${address(marks)})}: ` +
          `the cluster would lose them; roll the pools first. ${AUTHORITY_STEPS}`,
      },
      {
        // what a slot that wasn't rolled yet signs for a new worker may be of an authority that is forgotten next
        condition: `\${!contains(${address(marks)}, "${mark}") || alltrue([for mark in ${this.recordedAuthorities} : mark == "${mark}"])}`,
        errorMessage:
          `${path}: new workers would have the authorities ${mark}, and the slots have \${join(" and ", distinct(${this.recordedAuthorities}))}: ` +
          'roll every slot first, then the pools; a step that has begun is finished',
      },
    ];
  }
}
