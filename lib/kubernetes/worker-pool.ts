import { NodeFlavor } from '../contracts/node-flavor';
import { NodeImage } from '../contracts/node-image';
import { RootVolume } from '../nova/nova-server';

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

/** Workers of one kind. */
export interface WorkerPoolProps {
  /** Name, unique in the cluster: an RFC 1123 label. Servers are named `<cluster>-<pool>-<number>`. */
  readonly name: string;
  /** How many, 0 or more. */
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
   * Put the root disks on Cinder volumes.
   * @default - local disks of the hypervisors
   */
  readonly rootVolume?: RootVolume;
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
}

/** The servers that run the API and etcd. */
export interface ControlPlaneProps {
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
}
