import { SecretV1 } from '@cdktf/provider-kubernetes/lib/secret-v1';
import { StorageClassV1 } from '@cdktf/provider-kubernetes/lib/storage-class-v1';
import { TerraformLocal, TerraformResource } from 'cdktf';
import { Construct } from 'constructs';
import { valid } from 'semver';
import { ManilaShareClass, ShareProtocol } from './manila-share-class';
import { nfsDriverChart, nfsDriverValues } from './nfs-driver';
import { ClusterCloud, IKubernetesCluster } from '../../../contracts/kubernetes-cluster';
import { parseCidr } from '../../../core/cidr-checks';
import { checkDnsSubdomain } from '../../../core/naming';
import { check, checkInteger, checkKnown, checkOneOf, checkUnique, fail } from '../../../core/validation';
import { assertCloudProviderOpenStack } from '../../../core/version-matrix';
import { ReclaimPolicy } from '../cinder-csi/cinder-storage-class';
import { ClusterCapability } from '../cluster-addons/cluster-capability';
import { Addon } from '../private/addon';
import { AddonRegistry, Relation } from '../private/addon-registry';
import { requireCloud } from '../private/cloud';
import { cloudProviderChart, CONTROL_PLANE_LABEL, CONTROL_PLANE_TOLERATION } from '../private/cloud-provider-openstack';
import { installObjects } from '../private/objects-chart';
import { SnapshotClass } from '../volume-snapshots/snapshot-class';
import { snapshotClassObject } from '../volume-snapshots/snapshot-class-object';
import { VolumeSnapshots } from '../volume-snapshots/volume-snapshots';

const NAMESPACE = 'kube-system';
const SECRET = 'manila-csi';
const DRIVER = 'manila.csi.openstack.org';
const NFS_DRIVER_VERSION = '4.12.1';

/** Where the node plugins that really mount have their sockets: the values.yaml of openstack-manila-csi. */
const NODE_PLUGINS: { readonly [protocol in ShareProtocol]: string } = {
  [ShareProtocol.NFS]: '/var/lib/kubelet/plugins/csi-nfsplugin',
  [ShareProtocol.CEPHFS]: '/var/lib/kubelet/plugins/cephfs.csi.ceph.com',
};

/** Properties of ManilaCsi. */
export interface ManilaCsiProps {
  /** The cluster. Its `openstack` must be known; the stack's helm and kubernetes providers must be logged in to it. */
  readonly cluster: IKubernetesCluster;
  /** Kinds of shares, one at least. */
  readonly shareClasses: ManilaShareClass[];
  /**
   * Protocols that can be mounted.
   * @default - NFS
   */
  readonly protocols?: ShareProtocol[];
  /**
   * CIDRs from which NFS shares can be mounted: the nodes' subnet. Manila's driver would let in everybody.
   * @default - required with NFS, unless every class says its own
   */
  readonly nfsClients?: string[];
  /**
   * Whether there are snapshots of shares: as with CinderCsi, the API and the controller are made unless the cluster has them.
   * @default true
   */
  readonly snapshots?: boolean;
  /**
   * Kinds of snapshots.
   * @default - one for each protocol, `manila-nfs` or `manila-cephfs`
   */
  readonly snapshotClasses?: SnapshotClass[];
  /**
   * Version of the chart `openstack-manila-csi`. Its minor must be Kubernetes'.
   * @default - the one that goes with the cluster's version
   */
  readonly chartVersion?: string;
  /**
   * Version of the chart `csi-driver-nfs`, installed unless the cluster has an NFS driver.
   * @default "4.12.1"
   */
  readonly nfsDriverVersion?: string;
  /**
   * Values for the chart openstack-manila-csi, merged over those of this construct: maps are merged, lists replaced.
   * @default - none
   */
  readonly values?: { readonly [name: string]: any };
  /**
   * Values for the chart csi-driver-nfs, merged likewise.
   * @default - none
   */
  readonly nfsDriverValues?: { readonly [name: string]: any };
  /**
   * How long to wait until it runs, in seconds, 1 to 7200.
   * @default 600
   */
  readonly timeoutSeconds?: number;
}

/**
 * Shared file systems of Manila for pods: volumes that many nodes mount at a time.
 *
 * Manila's driver only makes shares; another driver of the protocol mounts them. For NFS that is csi-driver-nfs, installed here unless the cluster has one;
 * for CephFS it is ceph-csi, which must know the Ceph cluster and is yours to install (a HelmAddon that provides ClusterCapability.CEPHFS_DRIVER).
 * The driver reads the credential from its Secret with every call, so that a rotated one needs no restart.
 *
 * Creates Helm releases in `kube-system`, the Secret `manila-csi`, StorageClasses, a release with VolumeSnapshotClasses, and a VolumeSnapshots unless the
 * cluster has it. Errors: a cluster whose OpenStack isn't known, a chart of another minor, NFS without clients, a class of a protocol that isn't among
 * `protocols`, CephFS without its driver.
 */
export class ManilaCsi extends Construct {
  /** The L1 `helm_release` of Manila's driver. */
  public readonly resource: TerraformResource;
  /** The L1 `helm_release` of csi-driver-nfs, if it was made here. */
  public readonly nfsDriver?: TerraformResource;
  /** The API and the controller of snapshots, if this made them. */
  public readonly volumeSnapshots?: VolumeSnapshots;
  /** Names of the StorageClasses. */
  public readonly storageClassNames: string[];

  constructor(scope: Construct, id: string, props: ManilaCsiProps) {
    super(scope, id);
    const { cluster, values, timeoutSeconds } = props;
    const facts = requireCloud(this, cluster);
    const protocols = props.protocols ?? [ShareProtocol.NFS];
    const snapshots = props.snapshots ?? true;
    this.checkProps(props, protocols);
    const addon = new Addon(this, cluster, {
      name: 'ManilaCsi',
      provides: [ClusterCapability.FILE_STORAGE],
      requires: [
        { capability: ClusterCapability.CLOUD_CONTROLLER, because: 'nodes keep the taint "uninitialized", which its controller does not tolerate' },
        ...protocols.map(mounter),
        ...(snapshots ? [{ capability: ClusterCapability.VOLUME_SNAPSHOTS, because: 'its snapshot classes are of that API' }] : []),
      ],
    });
    const registry = AddonRegistry.of(cluster);
    if (snapshots && !registry.has(ClusterCapability.VOLUME_SNAPSHOTS)) {
      this.volumeSnapshots = new VolumeSnapshots(this, 'VolumeSnapshots', { cluster });
    }
    if (protocols.includes(ShareProtocol.NFS) && !registry.has(ClusterCapability.NFS_DRIVER)) {
      this.nfsDriver = this.installNfsDriver(props);
    }
    const secret = this.makeSecret(facts);
    addon.own(secret);
    const release = addon.install('Release', {
      releaseName: 'openstack-manila-csi',
      chart: cloudProviderChart('openstack-manila-csi', props.chartVersion ?? cluster.version.cinderCsiChart),
      namespace: NAMESPACE,
      timeoutSeconds,
      dependsOn: [secret],
      values: [
        {
          // The names of its objects begin with the release's.
          shareProtocols: protocols.map((protocol) => ({
            protocolSelector: protocol,
            fsGroupPolicy: 'None',
            fwdNodePluginEndpoint: { dir: NODE_PLUGINS[protocol], sockFile: 'csi.sock' },
          })),
          csimanila: { clusterID: cluster.clusterName },
          controllerplugin: { nodeSelector: { [CONTROL_PLANE_LABEL]: '' }, tolerations: [CONTROL_PLANE_TOLERATION] },
          nodeplugin: { priorityClassName: 'system-node-critical', tolerations: [{ operator: 'Exists' }] },
        },
        values,
      ],
    });
    this.resource = release;
    const classes = props.shareClasses.map((kind) => this.makeClass(kind, kind.protocol ?? protocols[0], props.nfsClients));
    this.storageClassNames = props.shareClasses.map(({ name }) => name);
    addon.own(...classes);
    if (snapshots) {
      installObjects(addon, this, 'SnapshotClasses', {
        releaseName: 'manila-snapshot-classes',
        namespace: NAMESPACE,
        objects: protocols.flatMap((protocol) => this.snapshotClasses(protocol, props)),
        dependsOn: [release],
      });
    }
  }

  private checkProps(props: ManilaCsiProps, protocols: readonly ShareProtocol[]): void {
    const { cluster, values, shareClasses } = props;
    assertCloudProviderOpenStack(this, cluster.version, props.chartVersion);
    checkInteger(this, 'timeoutSeconds', props.timeoutSeconds, { min: 1, max: 7200 });
    checkKnown(this, 'protocols', protocols);
    checkUnique(this, 'protocol', protocols);
    checkKnown(this, 'snapshots', props.snapshots);
    for (const [name, list] of Object.entries({ protocols, shareClasses })) {
      if (list.length === 0) fail(this, { problem: `${name} is empty`, fix: 'give one at least' });
    }
    check(this, props.nfsDriverVersion, (version) => valid(version) !== null, {
      problem: 'nfsDriverVersion must be one exact version of the chart',
      fix: `write it as ${NFS_DRIVER_VERSION}`,
    });
    check(this, values?.csimanila?.clusterID, (clusterId) => clusterId === cluster.clusterName, {
      problem: `values.csimanila.clusterID must be the cluster's name, ${cluster.clusterName}: whoever removes the cluster finds its shares by it`,
      fix: 'leave it out',
    });
    for (const cidr of props.nfsClients ?? []) parseCidr(this, 'nfsClients', cidr);
    checkUnique(
      this,
      'name of a StorageClass',
      shareClasses.map(({ name }) => name),
    );
    for (const kind of shareClasses) {
      checkKnown(this, 'name of a StorageClass', kind.name);
      checkDnsSubdomain(this, 'name of a StorageClass', kind.name);
      checkOneOf(this, `protocol of the StorageClass ${kind.name}`, kind.protocol, protocols);
      for (const cidr of kind.nfsClients ?? []) parseCidr(this, `nfsClients of the StorageClass ${kind.name}`, cidr);
      const nfs = (kind.protocol ?? protocols[0]) === ShareProtocol.NFS;
      if (nfs && (kind.nfsClients ?? props.nfsClients ?? []).length === 0) {
        fail(this, {
          problem: `nobody is named who may mount shares of the StorageClass ${kind.name}, and the driver would let in everybody`,
          fix: "give nfsClients: the CIDR of the nodes' subnet",
        });
      }
      if (!nfs && kind.nfsClients !== undefined) {
        fail(this, { problem: `nfsClients of the StorageClass ${kind.name} is for NFS alone`, fix: 'leave it out' });
      }
    }
    if (props.snapshotClasses !== undefined && props.snapshots === false) {
      fail(this, { problem: 'snapshotClasses are given, and snapshots is false', fix: 'leave one of them out' });
    }
  }

  private installNfsDriver({ cluster, nfsDriverVersion, nfsDriverValues: values, timeoutSeconds }: ManilaCsiProps): TerraformResource {
    const addon = new Addon(this, cluster, { name: 'NfsDriver', provides: [ClusterCapability.NFS_DRIVER] });
    return addon.install('NfsDriver', {
      releaseName: 'csi-driver-nfs',
      chart: nfsDriverChart(nfsDriverVersion ?? NFS_DRIVER_VERSION),
      namespace: NAMESPACE,
      timeoutSeconds,
      values: [nfsDriverValues(), values],
    });
  }

  /** What the driver logs in with, under the names that it knows. The CA's text may stand in it. */
  private makeSecret({ cloud, credential }: ClusterCloud): SecretV1 {
    return new SecretV1(this, 'Secret', {
      metadata: { name: SECRET, namespace: NAMESPACE, labels: { 'app.kubernetes.io/managed-by': 'terraform' } },
      type: 'Opaque',
      data: {
        // No secrets: what reads like a value in a Secret should be one.
        'os-authURL': new TerraformLocal(this, 'AuthUrl', cloud.authUrl).asString,
        'os-region': new TerraformLocal(this, 'Region', cloud.region).asString,
        'os-applicationCredentialID': credential.applicationCredentialId,
        'os-applicationCredentialSecret': credential.applicationCredentialSecret,
        ...(cloud.caCertificatePem === undefined ? {} : { 'os-certAuthority': cloud.caCertificatePem }),
      },
    });
  }

  private makeClass(kind: ManilaShareClass, protocol: ShareProtocol, clients: readonly string[] | undefined): TerraformResource {
    return new StorageClassV1(this, `StorageClass-${kind.name}`, {
      metadata: {
        name: kind.name,
        labels: { 'app.kubernetes.io/managed-by': 'terraform' },
        annotations: { 'storageclass.kubernetes.io/is-default-class': String(kind.isDefault ?? false) },
      },
      storageProvisioner: driverOf(protocol),
      reclaimPolicy: kind.reclaimPolicy ?? ReclaimPolicy.DELETE,
      volumeBindingMode: 'Immediate',
      allowVolumeExpansion: kind.allowExpansion ?? true,
      mountOptions: kind.mountOptions,
      parameters: {
        type: kind.shareType,
        ...(kind.shareNetworkId === undefined ? {} : { shareNetworkID: kind.shareNetworkId }),
        ...(kind.availability === undefined ? {} : { availability: kind.availability }),
        ...(protocol === ShareProtocol.NFS ? { 'nfs-shareClient': (kind.nfsClients ?? clients ?? []).join(',') } : {}),
        ...secretsFor(['provisioner', 'controller-expand', 'node-stage', 'node-publish']),
        ...kind.parameters,
      },
    });
  }

  private snapshotClasses(protocol: ShareProtocol, { snapshotClasses, protocols }: ManilaCsiProps) {
    const several = (protocols ?? []).length > 1;
    const kinds: SnapshotClass[] = snapshotClasses
      ? snapshotClasses.map((kind) => ({ ...kind, name: several ? `${kind.name}-${protocol.toLowerCase()}` : kind.name }))
      : [{ name: `manila-${protocol.toLowerCase()}` }];
    return kinds.map((kind) => snapshotClassObject(kind, driverOf(protocol), secretsFor(['snapshotter'])));
  }
}

/** The chart makes a driver for each protocol. */
function driverOf(protocol: ShareProtocol): string {
  return `${protocol.toLowerCase()}.${DRIVER}`;
}

function mounter(protocol: ShareProtocol): Relation {
  return protocol === ShareProtocol.NFS
    ? { capability: ClusterCapability.NFS_DRIVER, because: 'its node plugin mounts what Manila has made' }
    : { capability: ClusterCapability.CEPHFS_DRIVER, because: 'its node plugin mounts what Manila has made' };
}

/** Where the sidecars find the credential that they hand to the driver with every call. */
function secretsFor(calls: readonly string[]): { [parameter: string]: string } {
  return Object.fromEntries(
    calls.flatMap((call) => [
      [`csi.storage.k8s.io/${call}-secret-name`, SECRET],
      [`csi.storage.k8s.io/${call}-secret-namespace`, NAMESPACE],
    ]),
  );
}
