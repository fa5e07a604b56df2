/** What becomes of a volume when its claim is deleted. */
export enum ReclaimPolicy {
  /** The volume is deleted with the claim. */
  DELETE = 'Delete',
  /** The volume stays in Cinder until somebody deletes it. */
  RETAIN = 'Retain',
}

/** When a volume is made. */
export enum VolumeBindingMode {
  /** With the first pod that uses it, in that pod's zone. */
  WAIT_FOR_FIRST_CONSUMER = 'WaitForFirstConsumer',
  /** With the claim, in any zone: a pod may then not be able to reach it. For clouds with one zone. */
  IMMEDIATE = 'Immediate',
}

/** A kind of volumes that claims can ask for by name. */
export interface CinderStorageClass {
  /**
   * Name of the StorageClass. Where Cinder has several zones of other names than Nova's, there is one class for each, with `-<zone>` appended.
   */
  readonly name: string;
  /**
   * Cinder's volume type.
   * @default - Cinder's default type
   */
  readonly volumeType?: string;
  /**
   * Cinder's volume type whose volumes are encrypted, instead of `volumeType`: encryption is a property of the type, which an administrator gives it.
   * @default - as `volumeType` is
   */
  readonly encryptedVolumeType?: string;
  /**
   * What becomes of a volume when its claim is deleted.
   * @default ReclaimPolicy.DELETE
   */
  readonly reclaimPolicy?: ReclaimPolicy;
  /**
   * When a volume is made.
   * @default VolumeBindingMode.WAIT_FOR_FIRST_CONSUMER
   */
  readonly bindingMode?: VolumeBindingMode;
  /**
   * Whether claims may grow.
   * @default true
   */
  readonly allowExpansion?: boolean;
  /**
   * Whether claims that name no class get this one. One class at most.
   * @default false
   */
  readonly isDefault?: boolean;
  /**
   * File system: ext4, ext3 or xfs.
   * @default ext4
   */
  readonly fileSystem?: string;
  /**
   * Options of mount.
   * @default - none
   */
  readonly mountOptions?: string[];
  /**
   * Zones of Nova whose nodes may use it.
   * @default - all of the cloud's
   */
  readonly computeZones?: string[];
  /**
   * Further parameters of the driver, which win over those of this class.
   * @default - none
   */
  readonly parameters?: { readonly [name: string]: string };
}
