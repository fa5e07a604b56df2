import { TerraformStack } from 'cdktf';
import { CinderVolumeClaim } from '../../lib/workloads/cinder-volume-claim';
import { CinderVolumeSnapshot, CinderVolumeSnapshotProps } from '../../lib/workloads/cinder-volume-snapshot';
import { synthOn, TestCluster } from '../kubernetes/addons/cluster';
import type { Block, Synthesised } from '../support/synth';

const manifest = (stack: Synthesised, kind: string): [string, Block] =>
  Object.entries(stack.resources('kubernetes_manifest')).find(([, each]) => each.manifest.kind === kind)!;

/** A claim, its snapshot, and a claim that begins with it. */
function build(stack: TerraformStack, cluster: TestCluster, props: Partial<CinderVolumeSnapshotProps> = {}, namespace?: string): void {
  const claim = new CinderVolumeClaim(stack, 'Data', { cluster, sizeGib: 20, namespace: 'shop' });
  const snapshot = new CinderVolumeSnapshot(stack, 'BeforeUpgrade', { cluster, claim, ...props });
  new CinderVolumeClaim(stack, 'Restored', { cluster, sizeGib: 20, namespace: namespace ?? 'shop', source: snapshot.source });
}

test('is a VolumeSnapshot of the claim, waited for, and the claim that begins with it comes after it', () => {
  const stack = synthOn({}, (scope, cluster) => build(scope, cluster, { snapshotClass: 'quick', timeoutMinutes: 30 }));
  const [id, snapshot] = manifest(stack, 'VolumeSnapshot');
  expect(snapshot).toMatchObject({
    manifest: {
      apiVersion: 'snapshot.storage.k8s.io/v1',
      metadata: { name: 'before-upgrade', namespace: 'shop' },
      spec: { source: { persistentVolumeClaimName: 'data' }, volumeSnapshotClassName: 'quick' },
    },
    wait: { fields: { 'status.readyToUse': 'true' } },
    timeouts: { create: '30m' },
  });
  expect(snapshot.depends_on).toEqual([expect.stringMatching(/^kubernetes_persistent_volume_claim_v1\./)]);
  const [, restored] = manifest(stack, 'PersistentVolumeClaim');
  expect(restored.manifest.spec.dataSource).toEqual({ apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: 'before-upgrade' });
  expect(restored.depends_on).toContain(`kubernetes_manifest.${id}`);
});

test('of a claim that is there, by the default class', () => {
  const stack = synthOn({}, (scope, cluster) => {
    const claim = CinderVolumeClaim.fromVolumeClaimAttributes(scope, 'Claim', { claimName: 'data-postgres-0', namespaceName: 'db' });
    new CinderVolumeSnapshot(scope, 'Nightly', { cluster, claim });
  });
  const [, { manifest: made, depends_on: after }] = manifest(stack, 'VolumeSnapshot');
  expect(made).toMatchObject({ metadata: { namespace: 'db' }, spec: { source: { persistentVolumeClaimName: 'data-postgres-0' } } });
  expect(made.spec).not.toHaveProperty('volumeSnapshotClassName');
  expect(after ?? []).toEqual([]);
});

test('what Kubernetes would reject is an error', () => {
  expect(() => synthOn({}, (scope, cluster) => build(scope, cluster, { name: 'Before' }))).toThrow(/name/);
  expect(() => synthOn({}, (scope, cluster) => build(scope, cluster, { timeoutMinutes: 0 }))).toThrow(/timeoutMinutes/);
  expect(() => synthOn({}, (scope, cluster) => build(scope, cluster, {}, 'other'))).toThrow(
    /the source is in another namespace than the claim, other, got "shop"; make the claim in the namespace of the snapshot/,
  );
});
