import { Manifest } from '@cdktf/provider-kubernetes/lib/manifest';
import { TerraformResource } from 'cdktf';
import { Construct } from 'constructs';
import { CinderVolumeClaim } from './cinder-volume-claim';
import { kubernetesName } from './kubernetes-name';
import { IVolumeClaim, VolumeSource } from './volume-claim';
import { checkLabels } from './workload-checks';
import { IKubernetesCluster } from '../contracts/kubernetes-cluster';
import { inOrder, Tier } from '../core/apply-order';
import { checkDnsSubdomain } from '../core/naming';
import { widenProviderRanges } from '../core/provider-ranges';
import { inSameStack } from '../core/same-stack';
import { checkInteger } from '../core/validation';

/** Properties of CinderVolumeSnapshot. */
export interface CinderVolumeSnapshotProps {
  /** The cluster. The stack's kubernetes provider must be logged in to it; VolumeSnapshots and CinderCsi must run there. */
  readonly cluster: IKubernetesCluster;
  /** The claim whose volume is kept as it is. It must be bound: a pod must have used it. */
  readonly claim: IVolumeClaim;
  /**
   * Name of the snapshot. Another name is another snapshot, of the volume as it is then.
   * @default - the construct's id in kebab case
   */
  readonly name?: string;
  /**
   * Name of the VolumeSnapshotClass (`snapshotClasses` of CinderCsi).
   * @default - the cluster's default class
   */
  readonly snapshotClass?: string;
  /**
   * How long to wait until it can be used, in minutes, 1 to 1440: a backup takes its time.
   * @default 10
   */
  readonly timeoutMinutes?: number;
  /**
   * Further labels.
   * @default - app.kubernetes.io/name and /managed-by alone
   */
  readonly labels?: { readonly [label: string]: string };
}

/**
 * A Cinder volume as it was at one moment, for new claims to begin with: `source: snapshot.source`.
 *
 * It is taken when Terraform makes it, and never again under its name. What the program had in memory isn't in it. It is deleted when it leaves the stack; what then becomes of
 * the snapshot in Cinder is its class's `deletionPolicy`. Cinder deletes no volume that has snapshots: within a stack, the snapshot goes before its claim.
 *
 * Creates a VolumeSnapshot, by a `kubernetes_manifest`: its plan needs the API server, with the definitions of VolumeSnapshots installed by an earlier stack.
 * Errors: names and labels that Kubernetes rejects.
 */
export class CinderVolumeSnapshot extends Construct {
  /** Name of the VolumeSnapshot. */
  public readonly snapshotName: string;
  /** Its namespace, the claim's. */
  public readonly namespaceName: string;
  /** The L1 `kubernetes_manifest`. */
  public readonly resource: TerraformResource;

  constructor(scope: Construct, id: string, props: CinderVolumeSnapshotProps) {
    super(scope, id);
    const { claim, snapshotClass, timeoutMinutes = 10 } = props;
    this.snapshotName = props.name ?? kubernetesName(id);
    this.namespaceName = claim.namespaceName;
    checkDnsSubdomain(this, 'name', this.snapshotName);
    checkDnsSubdomain(this, 'snapshotClass', snapshotClass);
    checkInteger(this, 'timeoutMinutes', timeoutMinutes, { min: 1, max: 1440 });
    checkLabels(this, 'labels', props.labels);
    widenProviderRanges(this);
    this.resource = new Manifest(this, 'Snapshot', {
      manifest: {
        apiVersion: 'snapshot.storage.k8s.io/v1',
        kind: 'VolumeSnapshot',
        metadata: {
          name: this.snapshotName,
          namespace: this.namespaceName,
          labels: { ...props.labels, 'app.kubernetes.io/name': this.snapshotName, 'app.kubernetes.io/managed-by': 'terraform' },
        },
        spec: {
          source: { persistentVolumeClaimName: claim.claimName },
          ...(snapshotClass !== undefined && { volumeSnapshotClassName: snapshotClass }),
        },
      },
      wait: { fields: { 'status.readyToUse': 'true' } },
      timeouts: { create: `${timeoutMinutes}m` },
      dependsOn: inSameStack(this, claim instanceof CinderVolumeClaim ? [claim.resource] : []),
    });
    inOrder(props.cluster, Tier.WORKLOAD, this.resource);
  }

  /** For a claim that begins with it, in the same namespace. */
  public get source(): VolumeSource {
    return VolumeSource._snapshotOf(this.snapshotName, this.namespaceName, this.resource);
  }
}
