import { SnapshotClass, SnapshotDeletionPolicy } from './snapshot-class';
import { KubernetesObject } from '../../../core/objects-chart';

/** The object of a class. */
export function snapshotClassObject(
  { name, deletionPolicy, isDefault }: SnapshotClass,
  driver: string,
  parameters: { readonly [name: string]: string },
): KubernetesObject {
  return {
    apiVersion: 'snapshot.storage.k8s.io/v1',
    kind: 'VolumeSnapshotClass',
    metadata: { name, annotations: { 'snapshot.storage.kubernetes.io/is-default-class': String(isDefault ?? false) } },
    driver,
    deletionPolicy: deletionPolicy ?? SnapshotDeletionPolicy.DELETE,
    ...(Object.keys(parameters).length > 0 ? { parameters } : {}),
  };
}
