import { CinderSnapshotClass, CinderSnapshotType } from './cinder-snapshot-class';
import { checkDnsSubdomain } from '../../../core/naming';
import { KubernetesObject } from '../../../core/objects-chart';
import { checkInteger, checkKnown, checkUnique, fail, Where } from '../../../core/validation';
import { snapshotClassObject } from '../volume-snapshots/snapshot-class-object';

/** The object of a class. Its parameters are those of the driver (pkg/csi/cinder of cloud-provider-openstack 1.36). */
export function cinderSnapshotClass(kind: CinderSnapshotClass, driver: string): KubernetesObject {
  const type = kind.type ?? CinderSnapshotType.SNAPSHOT;
  return snapshotClassObject(kind, driver, {
    type,
    'force-create': String(kind.forceCreate ?? true),
    ...(kind.availability === undefined ? {} : { availability: kind.availability }),
    ...(kind.backupMaxDurationSecondsPerGib === undefined
      ? {}
      : { 'backup-max-duration-seconds-per-gb': String(kind.backupMaxDurationSecondsPerGib) }),
  });
}

export function checkSnapshotClasses(where: Where, kinds: readonly CinderSnapshotClass[]): void {
  checkUnique(
    where,
    'name of a VolumeSnapshotClass',
    kinds.map(({ name }) => name),
  );
  const defaults = kinds.filter(({ isDefault }) => isDefault).map(({ name }) => name);
  if (defaults.length > 1) {
    fail(where, { problem: 'one VolumeSnapshotClass at most can be the default', value: defaults, fix: 'set isDefault on one of them' });
  }
  for (const { name, type, availability, backupMaxDurationSecondsPerGib } of kinds) {
    checkKnown(where, 'name of a VolumeSnapshotClass', name);
    checkDnsSubdomain(where, 'name of a VolumeSnapshotClass', name);
    checkInteger(where, `backupMaxDurationSecondsPerGib of the VolumeSnapshotClass ${name}`, backupMaxDurationSecondsPerGib, { min: 1 });
    const option =
      availability !== undefined ? 'availability' : backupMaxDurationSecondsPerGib !== undefined ? 'backupMaxDurationSecondsPerGib' : undefined;
    if (type === CinderSnapshotType.BACKUP || option === undefined) continue;
    fail(where, {
      problem: `${option} of the VolumeSnapshotClass ${name} is for backups alone`,
      fix: `leave it out, or set type to CinderSnapshotType.BACKUP`,
    });
  }
}
