import { CinderCsi } from '../../lib/kubernetes/addons/cinder-csi/cinder-csi';
import { CinderVolumeClaim, CinderVolumeClaimProps } from '../../lib/workloads/cinder-volume-claim';
import { VolumeAccessMode, VolumeSource } from '../../lib/workloads/volume-claim';
import { synthOn } from '../kubernetes/addons/cluster';

const synth = (props: Partial<CinderVolumeClaimProps> = {}) =>
  synthOn({ openstack: false }, (stack, cluster) => void new CinderVolumeClaim(stack, 'ShopData', { cluster, sizeGib: 20, ...props }));
const claim = (props?: Partial<CinderVolumeClaimProps>) => synth(props).resource('kubernetes_persistent_volume_claim_v1');

test('is a claim that nobody waits for', () => {
  expect(claim({ storageClass: 'fast' })).toMatchObject({
    metadata: { name: 'shop-data', namespace: 'default' },
    spec: { access_modes: ['ReadWriteOnce'], storage_class_name: 'fast', resources: { requests: { storage: '20Gi' } } },
    wait_until_bound: false,
  });
  expect(claim({ accessMode: VolumeAccessMode.READ_WRITE_MANY, rawBlock: true }).spec).toMatchObject({
    access_modes: ['ReadWriteMany'],
    volume_mode: 'Block',
  });
});

test('grows in place: nothing but its size changes', () => {
  const [small, large] = [20, 2048].map((sizeGib) => claim({ sizeGib }));
  expect(large.spec.resources.requests.storage).toBe('2Ti');
  expect({ ...large.spec, resources: 0 }).toEqual({ ...small.spec, resources: 0 });
  expect(small.lifecycle.ignore_changes).toContain('spec[0].storage_class_name');
});

test('the claim that is there is read before each plan, which fails if it is larger, or came from elsewhere', () => {
  const stack = synth();
  const [[id, found]] = Object.entries(stack.data('kubernetes_resources'));
  expect(found).toEqual(
    expect.objectContaining({ api_version: 'v1', kind: 'PersistentVolumeClaim', namespace: 'default', field_selector: 'metadata.name=shop-data' }),
  );
  const [size, source] = stack.resource('kubernetes_persistent_volume_claim_v1').lifecycle.precondition;
  for (const { condition } of [size, source]) expect(condition).toContain(`data.kubernetes_resources.${id}.objects`);
  expect(size.error_message).toBe(
    "test/ShopData: the volume of the claim shop-data can't shrink: it would be made anew, without its data; it is larger than sizeGib, got 20; " +
      'give the size that it has, or copy the data to another claim',
  );
  expect(source.error_message).toMatch(/the source of the claim shop-data can't change/);
});

test.each([
  [VolumeSource.snapshot('nightly'), { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: 'nightly' }],
  [VolumeSource.clone('other'), { kind: 'PersistentVolumeClaim', name: 'other' }],
])('begins with what its source holds: %o', (source, dataSource) => {
  const stack = synth({ source, storageClass: 'fast' });
  expect(stack.resources('kubernetes_persistent_volume_claim_v1')).toEqual({});
  const { manifest, lifecycle } = stack.resource('kubernetes_manifest');
  expect(manifest).toMatchObject({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'shop-data', namespace: 'default' },
    spec: { accessModes: ['ReadWriteOnce'], storageClassName: 'fast', resources: { requests: { storage: '20Gi' } }, dataSource },
  });
  expect(lifecycle.precondition).toHaveLength(2);
  expect(lifecycle.precondition[1].condition).toContain(`"${dataSource.kind}/${dataSource.name}"`);
});

test('is gone before the storage driver', () => {
  const stack = synthOn({}, (scope, cluster) => {
    new CinderVolumeClaim(scope, 'Data', { cluster, sizeGib: 1, source: VolumeSource.snapshot('s') });
    new CinderCsi(scope, 'CinderCsi', { cluster });
  });
  expect(stack.resource('kubernetes_manifest').depends_on).toContainEqual(expect.stringMatching(/^helm_release\.CinderCsi_Release_/));
});

test('a claim that is there can be mounted, and makes nothing', () => {
  const stack = synthOn({ openstack: false }, (scope, cluster) => {
    new CinderVolumeClaim(scope, 'Own', { cluster, sizeGib: 1 });
    const found = CinderVolumeClaim.fromVolumeClaimAttributes(scope, 'Found', { claimName: 'old', namespaceName: 'shop' });
    expect(found).toMatchObject({ claimName: 'old', namespaceName: 'shop', accessMode: VolumeAccessMode.READ_WRITE_ONCE, rawBlock: false });
  });
  expect(Object.keys(stack.resources('kubernetes_persistent_volume_claim_v1'))).toEqual([expect.stringMatching(/^Own_/)]);
});

test.each<[string, Partial<CinderVolumeClaimProps>, RegExp]>([
  ['no size', { sizeGib: 0 }, /sizeGib must be a whole number from 1 to 1048576, got 0/],
  ['half a GiB', { sizeGib: 1.5 }, /sizeGib must be a whole number.*got 1\.5/],
  ['a name that Kubernetes rejects', { name: 'A_b' }, /name must be lower-case.*got "A_b"/],
  ['a source of no name', { source: VolumeSource.snapshot('A b') }, /source must be lower-case.*got "A b"/],
  ['a shared file system', { accessMode: VolumeAccessMode.READ_WRITE_MANY }, /one node at a time.*got "ReadWriteMany"; .*Manila/],
  ['a label that Kubernetes rejects', { labels: { a: 'b c' } }, /labels a has a value that Kubernetes rejects, got "b c"/],
])('%s is an error', (_, props, message) => {
  expect(() => synth(props)).toThrow(message);
});
