import { Tier } from '../../../core/apply-order';
import { ClusterCapability } from '../cluster-addons/cluster-capability';

/** What is to be known of a capability. */
export interface CapabilityFacts {
  /** In a sentence: "the cluster has no …", "two add-ons provide …". */
  readonly label: string;
  /** What to write to have it. */
  readonly remedy: string;
  /** When it comes to life. */
  readonly tier: Tier;
  /** Whether a second one would fight with the first. */
  readonly once: boolean;
}

const facts = (tier: Tier, once: boolean, label: string, remedy: string): CapabilityFacts => ({ label, remedy, tier, once });

/** Every capability. Where several constructs provide one, the remedy names the one that most people mean. */
export const CAPABILITIES: { readonly [name in ClusterCapability]: CapabilityFacts } = {
  [ClusterCapability.POD_NETWORK]: facts(Tier.NETWORK, true, 'pod network', 'add a PodNetwork'),
  [ClusterCapability.SERVICE_PROXY]: facts(Tier.NETWORK, true, 'service proxy', "choose a cluster whose `cni` doesn't replace kube-proxy"),
  [ClusterCapability.TRUNK_PORTS]: facts(Tier.NETWORK, true, 'trunk ports', 'make the cluster with trunk ports'),
  [ClusterCapability.CLOUD_CONTROLLER]: facts(Tier.CLOUD, true, 'cloud controller', 'add an OpenStackCloudController'),
  [ClusterCapability.BLOCK_STORAGE]: facts(Tier.STORAGE, false, 'driver for block storage', 'add a CinderCsi'),
  [ClusterCapability.FILE_STORAGE]: facts(Tier.STORAGE, false, 'driver for shared file systems', 'add a ManilaCsi'),
  [ClusterCapability.NFS_DRIVER]: facts(Tier.STORAGE, true, 'NFS driver', 'add the chart csi-driver-nfs by a HelmAddon'),
  [ClusterCapability.CEPHFS_DRIVER]: facts(Tier.STORAGE, true, 'CephFS driver', 'add the chart ceph-csi-cephfs by a HelmAddon'),
  [ClusterCapability.VOLUME_SNAPSHOTS]: facts(Tier.STORAGE, true, 'controller of VolumeSnapshots', 'add a VolumeSnapshots'),
  [ClusterCapability.CERTIFICATES]: facts(Tier.ADDON, true, 'controller of Certificates', 'add a CertManager'),
  [ClusterCapability.INGRESS]: facts(Tier.ADDON, false, 'ingress controller', 'add an IngressController'),
  [ClusterCapability.DNS_RECORDS]: facts(Tier.ADDON, false, 'controller of DNS records', 'add a DesignateDns'),
  [ClusterCapability.RESOURCE_METRICS]: facts(Tier.ADDON, true, 'resource metrics', 'add a MetricsServer'),
  [ClusterCapability.SERVICE_MONITORS]: facts(Tier.ADDON, true, 'API of ServiceMonitors', 'add the chart kube-prometheus-stack by a HelmAddon'),
  [ClusterCapability.NODE_PROBLEMS]: facts(Tier.ADDON, true, 'node problem detector', 'add a NodeProblemDetector'),
  [ClusterCapability.GPU]: facts(Tier.ADDON, true, 'GPU operator', 'add a GpuOperator'),
  [ClusterCapability.SECRET_ENCRYPTION]: facts(Tier.ADDON, true, 'encryption of Secrets', 'add a BarbicanKms'),
  [ClusterCapability.KEYSTONE_USERS]: facts(Tier.ADDON, true, "login by OpenStack's users", 'add a KeystoneAuth'),
};
