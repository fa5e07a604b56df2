/** What a cluster can have once, whoever provides it. Add-ons say which of these they provide and require. */
export enum ClusterCapability {
  /** Addresses and a network for pods. */
  POD_NETWORK = 'pod-network',
  /** What makes the addresses of Services work on nodes: kube-proxy, or what does its work. */
  SERVICE_PROXY = 'service-proxy',
  /** The nodes' ports are trunks, for pods with ports of their own. */
  TRUNK_PORTS = 'trunk-ports',
  /** Nodes are told what they are in the cloud, and Services of type LoadBalancer get one. */
  CLOUD_CONTROLLER = 'cloud-controller',
  /** Volumes for one node at a time. */
  BLOCK_STORAGE = 'block-storage',
  /** Volumes for many nodes at a time. */
  FILE_STORAGE = 'file-storage',
  /** A driver that mounts NFS. */
  NFS_DRIVER = 'nfs-driver',
  /** A driver that mounts CephFS. */
  CEPHFS_DRIVER = 'cephfs-driver',
  /** The API of VolumeSnapshot and its controller. */
  VOLUME_SNAPSHOTS = 'volume-snapshots',
  /** The API of Certificate and its controller. */
  CERTIFICATES = 'certificates',
  /** HTTP from outside by host name and path. */
  INGRESS = 'ingress',
  /** Names in DNS for Services and Ingresses. */
  DNS_RECORDS = 'dns-records',
  /** What pods and nodes use, for autoscalers and `kubectl top`. */
  RESOURCE_METRICS = 'resource-metrics',
  /** The API of ServiceMonitor and PodMonitor. */
  SERVICE_MONITORS = 'service-monitors',
  /** Conditions and events of the nodes' own problems. */
  NODE_PROBLEMS = 'node-problems',
  /** GPUs as resources of pods. */
  GPU = 'gpu',
  /** Secrets are encrypted by a key outside the cluster. */
  SECRET_ENCRYPTION = 'secret-encryption',
  /** Users of OpenStack log in to the cluster. */
  KEYSTONE_USERS = 'keystone-users',
}
