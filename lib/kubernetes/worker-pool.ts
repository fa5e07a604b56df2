import { EtcdSnapshots } from './etcd-snapshots';
import { NodeOptions } from './node-options';
import { NodeFlavor } from '../contracts/node-flavor';
import { NodeImage } from '../contracts/node-image';
import { RootVolume } from '../nova/nova-server';
import { ServerGroupPolicy } from '../nova/server-group-policy';
import { PoolPort, PoolVolume } from '../nova/server-pool';
import { VnicType } from '../nova/vnic-type';

/** What a taint does to pods that don't tolerate it. */
export enum TaintEffect {
  /** They aren't placed on the node. */
  NO_SCHEDULE = 'NoSchedule',
  /** They are placed there only if there is nowhere else. */
  PREFER_NO_SCHEDULE = 'PreferNoSchedule',
  /** Those that are there already go, too. */
  NO_EXECUTE = 'NoExecute',
}

/** A taint of nodes. */
export interface NodeTaint {
  /** Key: a name, with a DNS prefix if wanted (`example.com/gpu`). */
  readonly key: string;
  /**
   * Value: up to 63 letters, digits, "-", "_" and ".".
   * @default - no value
   */
  readonly value?: string;
  /** What it does. */
  readonly effect: TaintEffect;
}

/** File systems that a worker's further volume can have. */
export enum VolumeFileSystem {
  /** ext4. */
  EXT4 = 'ext4',
  /** XFS. Its tools must be in the image. */
  XFS = 'xfs',
}

/** A volume that each worker of a pool has for itself, besides its root disk. It lives and goes with its server. */
export interface WorkerVolume extends PoolVolume {
  /**
   * Where it is mounted before containerd and the kubelet start: `/var/lib/containerd` for images and containers, `/var/lib/kubelet` for pods' own space,
   * or a folder of yours. What the image has there is copied to it. Settled when a server is made.
   * @default - nowhere: a blank disk, for a CSI driver of local disks or for Ceph
   */
  readonly mountPath?: string;
  /**
   * Its file system, if it is mounted.
   * @default VolumeFileSystem.EXT4
   */
  readonly fileSystem?: VolumeFileSystem;
}

/** Sizes of huge pages on x86-64. */
export enum HugePageSize {
  /** 2 MiB: `hugepages-2Mi` for pods. */
  MIB_2 = '2Mi',
  /** 1 GiB: `hugepages-1Gi` for pods. Reserved when the server boots; with memory in small pieces there may be fewer. */
  GIB_1 = '1Gi',
}

/** Huge pages that a worker sets aside for pods. */
export interface HugePages {
  /** Their size. */
  readonly size: HugePageSize;
  /** How many, at least 1. */
  readonly count: number;
}

/** GPUs of workers. The flavor brings them (`pci_passthrough:alias` or `resources:VGPU`), an operator or device plugin of the vendor makes them usable. */
export interface GpuNodes {
  /**
   * The resource that pods ask for.
   * @default "nvidia.com/gpu"
   */
  readonly resourceName?: string;
  /**
   * Whether pods that don't tolerate the taint `<resource>:NoSchedule` stay away from these nodes.
   * @default true
   */
  readonly taint?: boolean;
}

/** Workers of one kind. */
export interface WorkerPoolProps {
  /**
   * What these nodes are given besides Kubernetes, over the cluster's `nodeOptions`: an option that is given here takes the place of the cluster's.
   * @default - the cluster's
   */
  readonly nodeOptions?: NodeOptions;
  /**
   * Name, unique in the cluster: an RFC 1123 label, not `control-plane`, and with the cluster's name no longer than 49 characters. Servers are named
   * `<cluster>-<pool>-<number>`, from the second generation on `<cluster>-<pool>-<number>-g<generation>`.
   */
  readonly name: string;
  /** How many, 0 to 1000. */
  readonly replicas: number;
  /** Size of the servers. */
  readonly flavor: NodeFlavor;
  /**
   * Image of the servers. Servers that are there keep theirs.
   * @default - the cluster's
   */
  readonly nodeImage?: NodeImage;
  /**
   * Labels of the nodes, set when they register. Names under `kubernetes.io` are the kubelet's, not yours.
   * @default - none
   */
  readonly labels?: { readonly [key: string]: string };
  /**
   * Taints of the nodes, set when they register.
   * @default - none
   */
  readonly taints?: NodeTaint[];
  /**
   * Names of Nova's zones; the servers go round.
   * @default - all zones of the cloud
   */
  readonly zones?: string[];
  /**
   * Put the root disks on Cinder volumes: images of any format that Cinder converts (qcow2, raw, vmdk …).
   * @default - local disks of the hypervisors
   */
  readonly rootVolume?: RootVolume;
  /**
   * Further volumes of each worker. Raise `generation` with another list; sizes can grow without.
   * @default - none
   */
  readonly volumes?: WorkerVolume[];
  /**
   * How the workers are placed on the hypervisors. Settled when the pool is made. Hard anti-affinity needs a hypervisor for each worker and one more for a
   * roll, which makes the new one first; of several workers that are made at once Nova may give up on one, which the next apply makes anew.
   * @default ServerGroupPolicy.SOFT_ANTI_AFFINITY
   */
  readonly serverGroupPolicy?: ServerGroupPolicy;
  /**
   * Further security groups of the workers' ports.
   * @default - the cluster's group of workers alone
   */
  readonly securityGroupIds?: string[];
  /**
   * Other addresses (single ones, or blocks in CIDR notation) that may send from the workers' ports, besides those that the pod network needs: virtual
   * addresses of MetalLB or keepalived, for example.
   * @default - none
   */
  readonly allowedAddressPairs?: string[];
  /**
   * Whether the workers' ports are parents of Neutron trunks. A pod network that needs it (Kuryr) has it anyway. Raise `generation` with it.
   * @default false
   */
  readonly trunk?: boolean;
  /**
   * How the workers' ports in the cluster's network reach them. A virtual function passes security groups by on most cards. Settled when a server is made.
   * @default VnicType.NORMAL
   */
  readonly vnicType?: VnicType;
  /**
   * Neutron's binding profile of these ports. Clouds let administrators alone give one, as a rule. Settled when a server is made.
   * @default - none
   */
  readonly bindingProfile?: { readonly [key: string]: any };
  /**
   * Further NICs of each worker: SR-IOV, provider and storage networks. Raise `generation` with another list.
   * @default - none
   */
  readonly additionalPorts?: PoolPort[];
  /**
   * Whether workers get metadata and user data by a config drive, too. Settled when a server is made.
   * @default - the cluster's `configDrive`
   */
  readonly configDrive?: boolean;
  /**
   * Further cloud-config for these nodes, over the cluster's `cloudInit` and merged in the same way. Settled when a server is made.
   * @default - the cluster's alone
   */
  readonly cloudInit?: { readonly [key: string]: any };
  /**
   * Nova's metadata of the servers, besides the construct's own. Settled when a server is made.
   * @default - the construct's own alone
   */
  readonly metadata?: { readonly [key: string]: string };
  /**
   * GPUs of the workers: they get the label `<vendor>/gpu.present=true` and, unless refused, a taint. Settled when a node registers.
   * @default - none
   */
  readonly gpu?: GpuNodes;
  /**
   * Huge pages that the workers set aside for pods at boot, one entry for each size. That the hypervisor backs the server's memory by huge pages is the
   * flavor's matter (`hw:mem_page_size`). Settled when a server is made.
   * @default - none
   */
  readonly hugePages?: HugePages[];
  /**
   * Raise it by one to have every worker of the pool replaced by a new one, with the version, image, flavor, labels and so on that the program says then. The new
   * workers are there, and Ready, before the old ones are drained and go; until then the pool takes twice its quota. 1 to 99999.
   * @default 1
   */
  readonly generation?: number;
}

/** The volume that holds etcd's data. It outlives the server that it is attached to. */
export interface EtcdVolumeProps {
  /** Size in GiB, at least 1; etcd itself holds 2 to 8. */
  readonly sizeGib: number;
  /**
   * Cinder's volume type. etcd wants a disk that writes through within 10 ms.
   * @default - the project's default type
   */
  readonly type?: string;
  /**
   * Whether a server is born on a volume that takes more than 50 ms for a synchronous write (99th percentile), on which etcd loses its leader again and again.
   * Over 10 ms the node only warns, on its console. One that has data already always starts.
   * @default false
   */
  readonly allowSlowDisk?: boolean;
}

/** The servers that run the API and etcd. */
export interface ControlPlaneProps {
  /**
   * Snapshots of etcd, every six hours on each of them.
   * @default - the last 12 on each etcd volume
   */
  readonly snapshots?: EtcdSnapshots;
  /**
   * What these nodes are given besides Kubernetes, over the cluster's `nodeOptions`: an option that is given here takes the place of the cluster's.
   * @default - the cluster's
   */
  readonly nodeOptions?: NodeOptions;
  /**
   * Further cloud-config for these nodes, over the cluster's `cloudInit` and merged in the same way. Settled when a server is made.
   * @default - the cluster's alone
   */
  readonly cloudInit?: { readonly [key: string]: any };
  /** How many: 1, 3 or 5. One tolerates no failure, three tolerate one, five two. */
  readonly replicas: number;
  /** Size of the servers. kubeadm wants 2 virtual CPUs and 1700 MiB at least. */
  readonly flavor: NodeFlavor;
  /**
   * The volume that holds etcd's data, one for each server.
   * @default - 20 GiB of the project's default type
   */
  readonly etcdVolume?: EtcdVolumeProps;
  /**
   * Names of Nova's zones; the servers go round.
   * @default - all zones of the cloud
   */
  readonly zones?: string[];
  /**
   * Put the root disks on Cinder volumes.
   * @default - local disks of the hypervisors
   */
  readonly rootVolume?: RootVolume;
  /**
   * How the servers are placed on the hypervisors. Settled when the cluster is made.
   * @default - hard anti-affinity where the cloud is known to have a hypervisor for each, otherwise soft
   */
  readonly serverGroupPolicy?: ServerGroupPolicy;
  /**
   * Further security groups of the servers' ports.
   * @default - the cluster's group of control planes alone
   */
  readonly securityGroupIds?: string[];
  /**
   * Whether the servers get metadata and user data by a config drive, too. Settled when a server is made.
   * @default - the cluster's `configDrive`
   */
  readonly configDrive?: boolean;
  /**
   * The generation of each slot, by its name: `{ 'control-plane-0': 2 }`. Raising one by one replaces that slot's server by a new one, with the version, image,
   * flavor, user data and so on that the program says then; its name, port, address and etcd volume stay. One slot a plan: a plan that would roll a second
   * one, or the next one before the gate behind the last was passed, is refused.
   * @default - 1 for every slot
   */
  readonly generations?: { readonly [slot: string]: number };
  /**
   * Whether a plan may take slots away. Remove their members from etcd first: three members of which two vanish are a cluster that has lost its quorum.
   * @default false
   */
  readonly allowFewerSlots?: boolean;
}
