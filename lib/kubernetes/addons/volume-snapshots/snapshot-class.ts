/** What becomes of a snapshot in the storage when its VolumeSnapshot is deleted. */
export enum SnapshotDeletionPolicy {
  /** It is deleted, too. */
  DELETE = 'Delete',
  /** It stays until somebody deletes it. */
  RETAIN = 'Retain',
}

/** A kind of snapshots that VolumeSnapshots can ask for by name. */
export interface SnapshotClass {
  /** Name of the VolumeSnapshotClass. */
  readonly name: string;
  /**
   * What becomes of a snapshot when its VolumeSnapshot is deleted.
   * @default SnapshotDeletionPolicy.DELETE
   */
  readonly deletionPolicy?: SnapshotDeletionPolicy;
  /**
   * Whether VolumeSnapshots that name no class get this one. One class of a driver at most.
   * @default false
   */
  readonly isDefault?: boolean;
}
