import { TerraformResource } from 'cdktf';
import { Construct } from 'constructs';
import { makeClaim } from './claim';
import { kubernetesName } from './kubernetes-name';
import { findNamespace } from './namespace';
import { IVolumeClaim, VolumeAccessMode, VolumeSource } from './volume-claim';
import { checkLabels, checkVolumeSize } from './workload-checks';
import { IKubernetesCluster } from '../contracts/kubernetes-cluster';
import { inOrder, Tier } from '../core/apply-order';
import { checkDnsLabel, checkDnsSubdomain } from '../core/naming';
import { widenProviderRanges } from '../core/provider-ranges';
import { check, checkKnown, fail } from '../core/validation';

/** Properties of CinderVolumeClaim. */
export interface CinderVolumeClaimProps {
  /** The cluster. The stack's kubernetes provider must be logged in to it; CinderCsi must run there. */
  readonly cluster: IKubernetesCluster;
  /** Size in GiB, from 1. It may grow later, in place; a plan that would shrink it is refused. */
  readonly sizeGib: number;
  /**
   * Name of the claim. Another name is another volume.
   * @default - the construct's id in kebab case
   */
  readonly name?: string;
  /**
   * Namespace.
   * @default default
   */
  readonly namespace?: string;
  /**
   * Name of the StorageClass. Decided at birth: a later change has no effect, since it would need a new volume.
   * @default - the cluster's default class
   */
  readonly storageClass?: string;
  /**
   * Who may use it at a time. Decided at birth.
   * @default VolumeAccessMode.READ_WRITE_ONCE
   */
  readonly accessMode?: VolumeAccessMode;
  /**
   * Whether pods see a device without a file system. Decided at birth.
   * @default false
   */
  readonly rawBlock?: boolean;
  /**
   * What it begins with. Decided at birth: a plan that would change it is refused.
   * @default - nothing
   */
  readonly source?: VolumeSource;
  /**
   * Further labels.
   * @default - app.kubernetes.io/name and /managed-by alone
   */
  readonly labels?: { readonly [label: string]: string };
}

/** A claim that is there already. */
export interface VolumeClaimAttributes {
  /** Name of the claim. */
  readonly claimName: string;
  /**
   * Namespace.
   * @default default
   */
  readonly namespaceName?: string;
  /** @default VolumeAccessMode.READ_WRITE_ONCE */
  readonly accessMode?: VolumeAccessMode;
  /** @default false */
  readonly rawBlock?: boolean;
}

/**
 * A Cinder volume for pods, by a claim on a StorageClass of CinderCsi.
 *
 * It grows in place. Whatever could only be had by making it anew, without its data, is refused while planning (a smaller size, another source) or
 * ignored (another StorageClass or access mode). It is deleted when it leaves the stack; what then becomes of the volume is the StorageClass's
 * `reclaimPolicy`.
 *
 * Creates a PersistentVolumeClaim, and reads it back before each plan. With a source it is a `kubernetes_manifest`, whose plan needs the API server,
 * because the provider's claim knows no source.
 * Errors: names, sizes and labels that Kubernetes rejects, a file system for several nodes.
 */
export class CinderVolumeClaim extends Construct implements IVolumeClaim {
  /** A claim that is there already. */
  public static fromVolumeClaimAttributes(scope: Construct, id: string, attributes: VolumeClaimAttributes): IVolumeClaim {
    return new AdoptedClaim(scope, id, attributes);
  }

  public readonly claimName: string;
  public readonly namespaceName: string;
  public readonly accessMode: VolumeAccessMode;
  public readonly rawBlock: boolean;
  /** The L1: `kubernetes_persistent_volume_claim_v1`, with a source `kubernetes_manifest`. */
  public readonly resource: TerraformResource;

  constructor(scope: Construct, id: string, props: CinderVolumeClaimProps) {
    super(scope, id);
    this.claimName = props.name ?? kubernetesName(id);
    this.namespaceName = props.namespace ?? 'default';
    this.accessMode = props.accessMode ?? VolumeAccessMode.READ_WRITE_ONCE;
    this.rawBlock = props.rawBlock ?? false;
    checkDnsSubdomain(this, 'name', this.claimName);
    checkDnsLabel(this, 'namespace', this.namespaceName);
    checkVolumeSize(this, 'sizeGib', props.sizeGib);
    checkDnsSubdomain(this, 'storageClass', props.storageClass);
    checkDnsSubdomain(this, 'source', props.source?.sourceName);
    check(this, props.source?._namespace, (namespace) => namespace === this.namespaceName, {
      problem: `the source is in another namespace than the claim, ${this.namespaceName}`,
      fix: 'make the claim in the namespace of the snapshot',
    });
    checkKnown(this, 'source', props.source?.sourceName); // it stands in the condition that guards it
    checkLabels(this, 'labels', props.labels);
    checkSharing(this, this.accessMode, this.rawBlock);
    widenProviderRanges(this);

    const namespace = findNamespace(this, this.namespaceName);
    this.resource = makeClaim(this, 'Claim', {
      name: this.claimName,
      namespace: this.namespaceName,
      labels: { ...props.labels, 'app.kubernetes.io/name': this.claimName, 'app.kubernetes.io/managed-by': 'terraform' },
      sizeGib: props.sizeGib,
      storageClass: props.storageClass,
      accessMode: this.accessMode,
      rawBlock: this.rawBlock,
      source: props.source,
      dependsOn: namespace ? [namespace] : [],
    });
    inOrder(props.cluster, Tier.WORKLOAD, this.resource);
  }
}

class AdoptedClaim extends Construct implements IVolumeClaim {
  public readonly claimName: string;
  public readonly namespaceName: string;
  public readonly accessMode: VolumeAccessMode;
  public readonly rawBlock: boolean;

  constructor(scope: Construct, id: string, attributes: VolumeClaimAttributes) {
    super(scope, id);
    this.claimName = attributes.claimName;
    this.namespaceName = attributes.namespaceName ?? 'default';
    this.accessMode = attributes.accessMode ?? VolumeAccessMode.READ_WRITE_ONCE;
    this.rawBlock = attributes.rawBlock ?? false;
    checkDnsSubdomain(this, 'claimName', this.claimName);
    checkDnsLabel(this, 'namespaceName', this.namespaceName);
    checkSharing(this, this.accessMode, this.rawBlock);
  }
}

function checkSharing(where: Construct, accessMode: VolumeAccessMode, rawBlock: boolean): void {
  if (accessMode !== VolumeAccessMode.READ_WRITE_MANY || rawBlock) return;
  fail(where, {
    problem: 'a Cinder volume with a file system can be used by one node at a time; several would break the file system',
    value: accessMode,
    fix: 'use READ_WRITE_ONCE, add rawBlock, or share files by Manila',
  });
}
