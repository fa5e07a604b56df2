import { StorageClassV1 } from '@cdktf/provider-kubernetes/lib/storage-class-v1';
import { TerraformResource } from 'cdktf';
import { Construct } from 'constructs';
import { CinderSnapshotClass } from './cinder-snapshot-class';
import { checkSnapshotClasses, cinderSnapshotClass } from './cinder-snapshot-objects';
import { CinderStorageClass, ReclaimPolicy, VolumeBindingMode } from './cinder-storage-class';
import { IKubernetesCluster } from '../../../contracts/kubernetes-cluster';
import { checkDnsSubdomain } from '../../../core/naming';
import { check, checkInteger, checkKnown, checkOneOf, checkUnique, fail } from '../../../core/validation';
import { assertCloudProviderOpenStack } from '../../../core/version-matrix';
import { CloudConfig } from '../cloud-config/cloud-config';
import { storageTopology, VolumeZone } from '../cloud-config/storage-topology';
import { ClusterCapability } from '../cluster-addons/cluster-capability';
import { Addon } from '../private/addon';
import { AddonRegistry } from '../private/addon-registry';
import { requireCloud } from '../private/cloud';
import { cloudProviderChart, CONTROL_PLANE_LABEL, CONTROL_PLANE_TOLERATION } from '../private/cloud-provider-openstack';
import { installObjects } from '../private/objects-chart';
import { VolumeSnapshots } from '../volume-snapshots/volume-snapshots';

const DRIVER = 'cinder.csi.openstack.org';
const TOPOLOGY_KEY = `topology.${DRIVER}/zone`;

/** Properties of CinderCsi. */
export interface CinderCsiProps {
  /** The cluster. Its `openstack` must be known; the stack's helm and kubernetes providers must be logged in to it. */
  readonly cluster: IKubernetesCluster;
  /**
   * Kinds of volumes.
   * @default - `cinder`, the default class, and `cinder-retain`, whose volumes stay when their claims are deleted
   */
  readonly storageClasses?: CinderStorageClass[];
  /**
   * Whether there are snapshots: the API and the controller, unless the cluster has them (a VolumeSnapshots in any stack that is written before, or
   * `ClusterAddons.of(cluster).provideElsewhere(ClusterCapability.VOLUME_SNAPSHOTS)`), and the classes.
   * @default true
   */
  readonly snapshots?: boolean;
  /**
   * Kinds of snapshots.
   * @default - `cinder`, the default class
   */
  readonly snapshotClasses?: CinderSnapshotClass[];
  /**
   * Version of the chart `openstack-cinder-csi`. Its minor must be Kubernetes'.
   * @default - the one that goes with the cluster's version
   */
  readonly chartVersion?: string;
  /**
   * Values for the chart, merged over those of this construct: maps are merged, lists replaced.
   * @default - none
   */
  readonly values?: { readonly [name: string]: any };
  /**
   * How long to wait until it runs, in seconds, 1 to 7200.
   * @default 600
   */
  readonly timeoutSeconds?: number;
}

/**
 * Volumes of Cinder for pods.
 *
 * The controller runs on the control plane, the node plugin on every node. Within a stack it waits for PodNetwork and OpenStackCloudController,
 * and workloads wait for it; on the way back they are gone before it is. Volumes carry the cluster's name.
 *
 * Creates a Helm release in `kube-system`, StorageClasses, a release with VolumeSnapshotClasses, and, unless they are there, a CloudConfig and a
 * VolumeSnapshots.
 * Errors: a cluster whose OpenStack isn't known, a chart of another minor, two default classes, a zone that the cloud doesn't have, options of backups on
 * snapshots, no cloud controller in any stack.
 */
export class CinderCsi extends Construct {
  /** The configuration it runs with: the stack's. For other options than the defaults, make a CloudConfig in the stack before this. */
  public readonly cloudConfig: CloudConfig;
  /** Name of the default StorageClass, if there is one. */
  public readonly defaultStorageClassName?: string;
  /** The API and the controller of snapshots, if this made them. */
  public readonly volumeSnapshots?: VolumeSnapshots;
  /** Names of the VolumeSnapshotClasses. */
  public readonly snapshotClassNames: string[];
  /** The L1 `helm_release`. */
  public readonly resource: TerraformResource;

  private readonly classes: { readonly [name: string]: TerraformResource };

  constructor(scope: Construct, id: string, props: CinderCsiProps) {
    super(scope, id);
    const { cluster, values } = props;
    const { cloud } = requireCloud(this, cluster);
    assertCloudProviderOpenStack(this, cluster.version, props.chartVersion);
    checkInteger(this, 'timeoutSeconds', props.timeoutSeconds, { min: 1, max: 7200 });
    check(this, values?.clusterID, (clusterId) => clusterId === cluster.clusterName, {
      problem: `values.clusterID must be the cluster's name, ${cluster.clusterName}: whoever removes the cluster finds its volumes by it`,
      fix: 'leave it out',
    });
    const kinds = props.storageClasses ?? [
      { name: 'cinder', isDefault: true },
      { name: 'cinder-retain', reclaimPolicy: ReclaimPolicy.RETAIN },
    ];
    const defaults = kinds.filter((kind) => kind.isDefault).map(({ name }) => name);
    if (defaults.length > 1) {
      fail(this, { problem: 'one StorageClass at most can be the default', value: defaults, fix: 'set isDefault on one of them' });
    }
    const snapshots = props.snapshots ?? true;
    checkKnown(this, 'snapshots', props.snapshots);
    if (!snapshots && props.snapshotClasses !== undefined) {
      fail(this, { problem: 'snapshotClasses are given, and snapshots is false', fix: 'leave one of them out' });
    }
    const snapshotKinds = snapshots ? (props.snapshotClasses ?? [{ name: 'cinder', isDefault: true }]) : [];
    checkSnapshotClasses(this, snapshotKinds);
    this.snapshotClassNames = snapshotKinds.map(({ name }) => name);
    const addon = new Addon(this, cluster, {
      name: 'CinderCsi',
      provides: [ClusterCapability.BLOCK_STORAGE],
      requires: [
        { capability: ClusterCapability.CLOUD_CONTROLLER, because: 'nodes keep the taint "uninitialized", which its controller does not tolerate' },
        ...(snapshots ? [{ capability: ClusterCapability.VOLUME_SNAPSHOTS, because: 'its snapshot classes are of that API' }] : []),
      ],
    });
    if (snapshots && !AddonRegistry.of(cluster).has(ClusterCapability.VOLUME_SNAPSHOTS)) {
      this.volumeSnapshots = new VolumeSnapshots(this, 'VolumeSnapshots', { cluster });
    }
    this.cloudConfig = CloudConfig._shared(this, cluster);
    const { dependsOn, podAnnotations } = this.cloudConfig._for(this);
    const release = addon.install('Release', {
      releaseName: 'openstack-cinder-csi',
      chart: cloudProviderChart('openstack-cinder-csi', props.chartVersion ?? cluster.version.cinderCsiChart),
      namespace: 'kube-system',
      timeoutSeconds: props.timeoutSeconds,
      dependsOn,
      values: [
        {
          clusterID: cluster.clusterName,
          secret: { enabled: true, hostMount: false, create: false, name: this.cloudConfig.secretName, filename: 'cloud.conf' },
          // The chart's own classes bind at once, which breaks in more than one zone.
          storageClass: { enabled: false },
          priorityClassName: 'system-cluster-critical',
          csi: {
            provisioner: { topology: 'true' },
            plugin: {
              controllerPlugin: {
                replicas: cluster.controlPlaneReplicas > 1 ? 2 : 1,
                nodeSelector: { [CONTROL_PLANE_LABEL]: '' },
                tolerations: [CONTROL_PLANE_TOLERATION],
                podAnnotations,
              },
              nodePlugin: { podAnnotations },
            },
          },
        },
        values,
      ],
    });
    this.resource = release;

    const named = kinds.flatMap((kind) => {
      this.checkClass(
        kind,
        cloud.zones.map((zone) => zone.compute),
      );
      const zones = storageTopology(cloud.zones.filter((zone) => kind.computeZones?.includes(zone.compute) ?? true)).zones;
      return zones.map((zone) => ({ name: zones.length > 1 ? `${kind.name}-${zone.availability}` : kind.name, kind, zone }));
    });
    checkUnique(
      this,
      'name of a StorageClass',
      named.map(({ name }) => name),
    );
    this.classes = Object.fromEntries(
      named.map(({ name, kind, zone }) => [name, this.makeClass(name, kind, zone, kind.isDefault === true && zone === firstZone(named, kind))]),
    );
    this.defaultStorageClassName = named.find(({ kind }) => kind.isDefault)?.name;
    addon.own(...Object.values(this.classes));
    if (snapshotKinds.length > 0) {
      installObjects(addon, this, 'SnapshotClasses', {
        releaseName: 'cinder-snapshot-classes',
        namespace: 'kube-system',
        objects: snapshotKinds.map((kind) => cinderSnapshotClass(kind, DRIVER)),
        dependsOn: [release],
      });
    }
  }

  /** Names of the StorageClasses. */
  public get storageClassNames(): string[] {
    return Object.keys(this.classes);
  }

  /** The L1 `kubernetes_storage_class_v1` of a name. An error if there is none of that name. */
  public storageClass(name: string): TerraformResource {
    checkOneOf(this, 'StorageClass', name, this.storageClassNames);
    return this.classes[name];
  }

  private checkClass(kind: CinderStorageClass, zones: readonly string[]): void {
    checkKnown(this, 'name of a StorageClass', kind.name);
    checkDnsSubdomain(this, 'name of a StorageClass', kind.name);
    checkKnown(this, `computeZones of the StorageClass ${kind.name}`, kind.computeZones);
    if (kind.volumeType !== undefined && kind.encryptedVolumeType !== undefined) {
      fail(this, { problem: `the StorageClass ${kind.name} has both volumeType and encryptedVolumeType`, fix: 'give one of them' });
    }
    checkOneOf(this, 'fileSystem', kind.fileSystem, ['ext4', 'ext3', 'xfs']);
    for (const zone of kind.computeZones ?? []) checkOneOf(this, `zone of the StorageClass ${kind.name}`, zone, zones);
    check(this, kind.computeZones, (given) => given.length > 0, {
      problem: `computeZones of the StorageClass ${kind.name} is empty, so that no node could use it`,
      fix: 'leave it out for all zones',
    });
  }

  private makeClass(name: string, kind: CinderStorageClass, zone: VolumeZone, isDefault: boolean): TerraformResource {
    checkDnsSubdomain(this, 'name of a StorageClass', name);
    const volumeType = kind.volumeType ?? kind.encryptedVolumeType;
    return new StorageClassV1(this, `StorageClass-${name}`, {
      metadata: {
        name,
        labels: { 'app.kubernetes.io/managed-by': 'terraform' },
        annotations: { 'storageclass.kubernetes.io/is-default-class': String(isDefault) },
      },
      storageProvisioner: DRIVER,
      reclaimPolicy: kind.reclaimPolicy ?? ReclaimPolicy.DELETE,
      volumeBindingMode: kind.bindingMode ?? VolumeBindingMode.WAIT_FOR_FIRST_CONSUMER,
      allowVolumeExpansion: kind.allowExpansion ?? true,
      mountOptions: kind.mountOptions,
      parameters: {
        'csi.storage.k8s.io/fstype': kind.fileSystem ?? 'ext4',
        ...(volumeType === undefined ? {} : { type: volumeType }),
        ...(zone.availability === undefined ? {} : { availability: zone.availability }),
        ...kind.parameters,
      },
      allowedTopologies: { matchLabelExpressions: [{ key: TOPOLOGY_KEY, values: [...zone.compute] }] },
    });
  }
}

/** Where a class is several, one for each zone of Cinder, the first of them is the default. */
function firstZone(
  named: readonly { readonly kind: CinderStorageClass; readonly zone: VolumeZone }[],
  kind: CinderStorageClass,
): VolumeZone | undefined {
  return named.find((other) => other.kind === kind)?.zone;
}
