import { ReclaimPolicy } from '../cinder-csi/cinder-storage-class';

/** How shares are mounted. */
export enum ShareProtocol {
  /** NFS, by csi-driver-nfs. */
  NFS = 'NFS',
  /** CephFS itself, by ceph-csi. */
  CEPHFS = 'CEPHFS',
}

/** A kind of shares that claims can ask for by name. */
export interface ManilaShareClass {
  /** Name of the StorageClass. */
  readonly name: string;
  /** Manila's share type. */
  readonly shareType: string;
  /**
   * How it is mounted.
   * @default - the first of the driver's protocols
   */
  readonly protocol?: ShareProtocol;
  /**
   * Manila's id of the share network, for share types with servers of their own.
   * @default - none
   */
  readonly shareNetworkId?: string;
  /**
   * Manila's zone. It says nothing about the nodes that reach it.
   * @default - Manila's default zone
   */
  readonly availability?: string;
  /**
   * CIDRs from which shares of this class can be mounted, NFS alone: the nodes', and no more.
   * @default - `nfsClients` of the driver
   */
  readonly nfsClients?: string[];
  /**
   * What becomes of a share when its claim is deleted.
   * @default ReclaimPolicy.DELETE
   */
  readonly reclaimPolicy?: ReclaimPolicy;
  /**
   * Whether claims may grow.
   * @default true
   */
  readonly allowExpansion?: boolean;
  /**
   * Whether claims that name no class get this one. One class of a cluster at most.
   * @default false
   */
  readonly isDefault?: boolean;
  /**
   * Options of mount.
   * @default - none
   */
  readonly mountOptions?: string[];
  /**
   * Further parameters of the driver, which win over those of this class.
   * @default - none
   */
  readonly parameters?: { readonly [name: string]: string };
}
