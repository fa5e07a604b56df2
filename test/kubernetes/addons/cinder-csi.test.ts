import { ClusterOptions, helmValues, local, releaseOf, synthOn } from './cluster';
import { readGcfg } from './gcfg';
import { CinderCsi, CinderCsiProps } from '../../../lib/kubernetes/addons/cinder-csi/cinder-csi';
import { CinderSnapshotType } from '../../../lib/kubernetes/addons/cinder-csi/cinder-snapshot-class';
import { ReclaimPolicy, VolumeBindingMode } from '../../../lib/kubernetes/addons/cinder-csi/cinder-storage-class';
import { ClusterAddons } from '../../../lib/kubernetes/addons/cluster-addons/cluster-addons';
import { ClusterCapability } from '../../../lib/kubernetes/addons/cluster-addons/cluster-capability';
import { SnapshotDeletionPolicy } from '../../../lib/kubernetes/addons/volume-snapshots/snapshot-class';
import { VolumeSnapshots } from '../../../lib/kubernetes/addons/volume-snapshots/volume-snapshots';
import { literalsOf } from '../../support/expressions';
import { Synthesised } from '../../support/synth';

function synth(props: Omit<CinderCsiProps, 'cluster'> = {}, options: ClusterOptions = {}, look: (csi: CinderCsi) => void = () => undefined) {
  return synthOn(options, (stack, cluster) => look(new CinderCsi(stack, 'CinderCsi', { cluster, ...props })));
}
const classes = (stack: Synthesised) =>
  Object.fromEntries(Object.values(stack.resources('kubernetes_storage_class_v1')).map((kind) => [kind.metadata.name, kind]));
const valuesOf = (stack: Synthesised) => helmValues(stack, releaseOf(stack, 'openstack-cinder-csi'));

test('a class of volumes that waits for its pod, in the zone of that pod, is the default; it grows, and goes; another one stays', () => {
  const { cinder, 'cinder-retain': retain, ...others } = classes(synth());
  expect(others).toEqual({});
  expect(cinder).toMatchObject({
    storage_provisioner: 'cinder.csi.openstack.org',
    volume_binding_mode: 'WaitForFirstConsumer',
    allow_volume_expansion: true,
    reclaim_policy: 'Delete',
    metadata: { annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
    parameters: { 'csi.storage.k8s.io/fstype': 'ext4' },
    allowed_topologies: { match_label_expressions: [{ key: 'topology.cinder.csi.openstack.org/zone', values: ['nova'] }] },
  });
  expect(retain).toMatchObject({ reclaim_policy: 'Retain', metadata: { annotations: { 'storageclass.kubernetes.io/is-default-class': 'false' } } });
});

/** Objects of a release that is made of them. */
const objectsOf = (stack: Synthesised, release: string) =>
  helmValues(stack, releaseOf(stack, release)).objects.map((text: string) => JSON.parse(text)) as Record<string, any>[];

test('the API of snapshots that nobody installs, its controller, and a default class are made', () => {
  const stack = synth({}, {}, (csi) => expect(csi.snapshotClassNames).toEqual(['cinder']));
  expect(Object.values(stack.resources('helm_release')).map(({ name }) => name)).toEqual(
    expect.arrayContaining(['volume-snapshot-definitions', 'snapshot-controller', 'openstack-cinder-csi', 'cinder-snapshot-classes']),
  );
  expect(objectsOf(stack, 'cinder-snapshot-classes')).toEqual([
    {
      apiVersion: 'snapshot.storage.k8s.io/v1',
      kind: 'VolumeSnapshotClass',
      metadata: { name: 'cinder', annotations: { 'snapshot.storage.kubernetes.io/is-default-class': 'true' } },
      driver: 'cinder.csi.openstack.org',
      deletionPolicy: 'Delete',
      parameters: { type: 'snapshot', 'force-create': 'true' },
    },
  ]);
  const after = (name: string) => (releaseOf(stack, name).depends_on ?? []).map((address: string) => address.replace(/_[^_]*$/, '')).sort();
  expect(after('snapshot-controller')).toContain('helm_release.CinderCsi_VolumeSnapshots_Definitions');
  expect(after('openstack-cinder-csi')).toContain('helm_release.CinderCsi_VolumeSnapshots_Release');
  expect(after('cinder-snapshot-classes')).toContain('helm_release.CinderCsi_Release');
});

test('classes of backups; none of both where there are to be none', () => {
  const kind = {
    name: 'nightly',
    type: CinderSnapshotType.BACKUP,
    deletionPolicy: SnapshotDeletionPolicy.RETAIN,
    forceCreate: false,
    availability: 'nova',
    backupMaxDurationSecondsPerGib: 60,
  };
  const [nightly] = objectsOf(synth({ snapshotClasses: [kind] }), 'cinder-snapshot-classes');
  expect(nightly).toMatchObject({
    deletionPolicy: 'Retain',
    parameters: { type: 'backup', 'force-create': 'false', availability: 'nova', 'backup-max-duration-seconds-per-gb': '60' },
  });
  expect(Object.values(synth({ snapshots: false }).resources('helm_release')).map(({ name }) => name)).toEqual(['openstack-cinder-csi']);
});

test('uses the snapshots that the cluster has', () => {
  const own = synthOn({}, (stack, cluster) => {
    new VolumeSnapshots(stack, 'Snapshots', { cluster });
    expect(new CinderCsi(stack, 'CinderCsi', { cluster }).volumeSnapshots).toBeUndefined();
  });
  expect(Object.values(own.resources('helm_release')).filter(({ name }) => name === 'snapshot-controller')).toHaveLength(1);
  const elsewhere = synthOn({}, (stack, cluster) => {
    ClusterAddons.of(cluster).provideElsewhere(ClusterCapability.VOLUME_SNAPSHOTS);
    new CinderCsi(stack, 'CinderCsi', { cluster });
  });
  expect(
    Object.values(elsewhere.resources('helm_release'))
      .map(({ name }) => name)
      .sort(),
  ).toEqual(['cinder-snapshot-classes', 'openstack-cinder-csi']);
});

test('an encrypted type is a type; further parameters win', () => {
  const { safe } = classes(
    synth({ storageClasses: [{ name: 'safe', encryptedVolumeType: 'luks', parameters: { 'csi.storage.k8s.io/fstype': 'xfs' } }] }),
  );
  expect(safe.parameters).toEqual({ type: 'luks', 'csi.storage.k8s.io/fstype': 'xfs' });
});

test('volumes carry the name of the cluster, and the classes of the chart stay away', () => {
  expect(valuesOf(synth({}, { clusterName: 'blue' }))).toMatchObject({
    clusterID: 'blue',
    storageClass: { enabled: false },
    csi: { provisioner: { topology: 'true' } },
  });
  expect(() => synth({ values: { clusterID: 'kubernetes' } })).toThrow(/values\.clusterID must be the cluster's name, prod.*got "kubernetes"/);
});

test('the controller runs on the control plane, twice if that is several', () => {
  const plugin = (replicas: number) => valuesOf(synth({}, { controlPlaneReplicas: replicas })).csi.plugin.controllerPlugin;
  expect(plugin(3)).toMatchObject({ replicas: 2, nodeSelector: { 'node-role.kubernetes.io/control-plane': '' } });
  expect(plugin(1).replicas).toBe(1);
  expect(plugin(3).tolerations).toEqual([{ key: 'node-role.kubernetes.io/control-plane', operator: 'Exists', effect: 'NoSchedule' }]);
});

test('one zone of Cinder under several of Nova: its name is given, and the zone of volumes ignored', () => {
  const stack = synth(
    {},
    {
      zones: [
        { compute: 'az1', volume: 'nova' },
        { compute: 'az2', volume: 'nova' },
      ],
    },
  );
  expect(classes(stack).cinder).toMatchObject({
    parameters: { availability: 'nova' },
    allowed_topologies: { match_label_expressions: [{ values: ['az1', 'az2'] }] },
  });
  const conf = readGcfg(literalsOf(local(stack, stack.resource('kubernetes_secret_v1').data['cloud.conf'])));
  expect(conf.BlockStorage['ignore-volume-az']).toEqual(['true']);
});

test('several zones of Cinder of other names: a class for each, the first is the default', () => {
  let names: string[] = [];
  const zones = [
    { compute: 'az1', volume: 'ceph1' },
    { compute: 'az2', volume: 'ceph2' },
  ];
  const stack = synth({ storageClasses: [{ name: 'fast', volumeType: 'ssd', isDefault: true }] }, { zones }, (csi) => {
    names = [...csi.storageClassNames, csi.defaultStorageClassName!];
    expect(csi.storageClass('fast-ceph2').friendlyUniqueId).toMatch(/fast-ceph2/);
    expect(() => csi.storageClass('fast')).toThrow('test/CinderCsi: StorageClass is not known, got "fast"');
  });
  expect(names).toEqual(['fast-ceph1', 'fast-ceph2', 'fast-ceph1']);
  const { 'fast-ceph1': first, 'fast-ceph2': second } = classes(stack);
  expect(first).toMatchObject({
    parameters: { type: 'ssd', availability: 'ceph1' },
    allowed_topologies: { match_label_expressions: [{ values: ['az1'] }] },
  });
  expect(second.metadata.annotations['storageclass.kubernetes.io/is-default-class']).toBe('false');
});

test('zones of equal names need one class; it may be for some of them', () => {
  const zones = [
    { compute: 'a', volume: 'a' },
    { compute: 'b', volume: 'b' },
  ];
  const kinds = [
    { name: 'all' },
    { name: 'only-b', computeZones: ['b'], reclaimPolicy: ReclaimPolicy.RETAIN, bindingMode: VolumeBindingMode.IMMEDIATE, fileSystem: 'xfs' },
  ];
  const { all, 'only-b': b } = classes(synth({ storageClasses: kinds }, { zones }));
  expect(all.allowed_topologies.match_label_expressions[0].values).toEqual(['a', 'b']);
  expect(all.parameters).not.toHaveProperty('availability');
  expect(b).toMatchObject({
    allowed_topologies: { match_label_expressions: [{ values: ['b'] }] },
    reclaim_policy: 'Retain',
    volume_binding_mode: 'Immediate',
    parameters: { 'csi.storage.k8s.io/fstype': 'xfs' },
  });
});

test.each<[string, Omit<CinderCsiProps, 'cluster'>, RegExp]>([
  [
    'two defaults',
    {
      storageClasses: [
        { name: 'a', isDefault: true },
        { name: 'b', isDefault: true },
      ],
    },
    /one StorageClass at most can be the default, got \["a","b"\]/,
  ],
  ['one name twice', { storageClasses: [{ name: 'a' }, { name: 'a' }] }, /name of a StorageClass must be unique, got "a"/],
  ['a name that Kubernetes rejects', { storageClasses: [{ name: 'Fast_SSD' }] }, /name of a StorageClass must be lower-case labels.*got "Fast_SSD"/],
  [
    'a zone that is not there',
    { storageClasses: [{ name: 'a', computeZones: ['nowa'] }] },
    /zone of the StorageClass a is not known, got "nowa"; did you mean nova/,
  ],
  ['no zone', { storageClasses: [{ name: 'a', computeZones: [] }] }, /computeZones of the StorageClass a is empty/],
  ['another file system', { storageClasses: [{ name: 'a', fileSystem: 'ntfs' }] }, /fileSystem is not known, got "ntfs"/],
  ['two types', { storageClasses: [{ name: 'a', volumeType: 'ssd', encryptedVolumeType: 'luks' }] }, /both volumeType and encryptedVolumeType/],
  [
    'two default classes of snapshots',
    {
      snapshotClasses: [
        { name: 'a', isDefault: true },
        { name: 'b', isDefault: true },
      ],
    },
    /one VolumeSnapshotClass at most can be the default/,
  ],
  [
    'an option of backups',
    { snapshotClasses: [{ name: 'a', availability: 'nova' }] },
    /availability of the VolumeSnapshotClass a is for backups alone/,
  ],
  ['classes without snapshots', { snapshots: false, snapshotClasses: [{ name: 'a' }] }, /snapshotClasses are given, and snapshots is false/],
  ['a chart of another minor', { chartVersion: '2.34.1' }, /must have the minor of Kubernetes 1\.36/],
])('%s is an error', (_, props, message) => {
  expect(() => synth(props)).toThrow(message);
});

test('a cluster known by its kubeconfig alone is an error', () => {
  expect(() => synth({}, { openstack: false })).toThrow(/^test\/CinderCsi: nothing is known of the OpenStack/);
});
