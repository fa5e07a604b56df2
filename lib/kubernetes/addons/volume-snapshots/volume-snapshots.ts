import { join } from 'node:path';
import { TerraformResource } from 'cdktf';
import { Construct } from 'constructs';
import { SNAPSHOT_CONTROLLER_IMAGE, snapshotControllerObjects } from './snapshot-controller';
import { IKubernetesCluster } from '../../../contracts/kubernetes-cluster';
import { localChart } from '../../../core/helm-release';
import { checkInteger } from '../../../core/validation';
import { ClusterCapability } from '../cluster-addons/cluster-capability';
import { Addon } from '../private/addon';
import { installObjects } from '../private/objects-chart';

/** Properties of VolumeSnapshots. */
export interface VolumeSnapshotsProps {
  /** The cluster. The stack's helm provider must be logged in to it. */
  readonly cluster: IKubernetesCluster;
  /**
   * How long to wait until it runs, in seconds, 1 to 7200.
   * @default 600
   */
  readonly timeoutSeconds?: number;
}

/**
 * The API of VolumeSnapshot and its controller, which every storage driver with snapshots shares. CinderCsi makes one unless the cluster has it.
 *
 * Creates two Helm releases in `kube-system`, from charts that are part of what is synthesised: `volume-snapshot-definitions`, which are upgraded with this
 * library and stay in the cluster when this is destroyed, so that no snapshot is lost with them; and `snapshot-controller` 8.4.0 with its service account
 * and roles, on the control plane.
 * Errors: a cluster that has one already.
 */
export class VolumeSnapshots extends Construct {
  /** The L1 `helm_release` of the controller. */
  public readonly resource: TerraformResource;
  /** The L1 `helm_release` of the definitions. */
  public readonly definitions: TerraformResource;

  constructor(scope: Construct, id: string, props: VolumeSnapshotsProps) {
    super(scope, id);
    const { cluster, timeoutSeconds } = props;
    checkInteger(this, 'timeoutSeconds', timeoutSeconds, { min: 1, max: 7200 });
    const addon = new Addon(this, cluster, { name: 'VolumeSnapshots', provides: [ClusterCapability.VOLUME_SNAPSHOTS] });
    this.definitions = addon.install('Definitions', {
      chart: { name: localChart(this, 'DefinitionsChart', join(__dirname, 'definitions-chart')), version: '8.4.0' },
      releaseName: 'volume-snapshot-definitions',
      namespace: NAMESPACE,
      values: [],
    });
    this.resource = installObjects(addon, this, 'Release', {
      releaseName: 'snapshot-controller',
      namespace: NAMESPACE,
      objects: snapshotControllerObjects({
        namespace: NAMESPACE,
        image: addon.image(SNAPSHOT_CONTROLLER_IMAGE),
        replicas: cluster.controlPlaneReplicas > 1 ? 2 : 1,
      }),
      timeoutSeconds,
      dependsOn: [this.definitions],
    });
  }
}

const NAMESPACE = 'kube-system';
