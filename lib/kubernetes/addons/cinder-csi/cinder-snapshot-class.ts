import { SnapshotClass } from '../volume-snapshots/snapshot-class';

/** What Cinder makes of a snapshot. */
export enum CinderSnapshotType {
  /** A snapshot in the volume's own backend: quick, and gone with the backend. */
  SNAPSHOT = 'snapshot',
  /** A backup by Cinder's backup service, in another store: slow, and as long as the volume is big. */
  BACKUP = 'backup',
}

/** A kind of snapshots of Cinder's volumes. */
export interface CinderSnapshotClass extends SnapshotClass {
  /**
   * What Cinder makes.
   * @default CinderSnapshotType.SNAPSHOT
   */
  readonly type?: CinderSnapshotType;
  /**
   * Whether volumes in use are snapshotted, as databases are. Cinder refuses otherwise.
   * @default true
   */
  readonly forceCreate?: boolean;
  /**
   * Cinder's zone for backups.
   * @default - the volume's. Backups only
   */
  readonly availability?: string;
  /**
   * How long a backup may take for each GiB, in seconds, from 1.
   * @default - the driver's own, 20. Backups only
   */
  readonly backupMaxDurationSecondsPerGib?: number;
}
