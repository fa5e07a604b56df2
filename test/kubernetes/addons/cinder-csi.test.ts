import { ClusterOptions, helmValues, local, releaseOf, synthOn } from './cluster';
import { readGcfg } from './gcfg';
import { CinderCsi, CinderCsiProps } from '../../../lib/kubernetes/addons/cinder-csi/cinder-csi';
import { ReclaimPolicy, VolumeBindingMode } from '../../../lib/kubernetes/addons/cinder-csi/cinder-storage-class';
import { literalsOf } from '../../support/expressions';
import { Synthesised } from '../../support/synth';

function synth(props: Omit<CinderCsiProps, 'cluster'> = {}, options: ClusterOptions = {}, look: (csi: CinderCsi) => void = () => undefined) {
  return synthOn(options, (stack, cluster) => look(new CinderCsi(stack, 'CinderCsi', { cluster, ...props })));
}
const classes = (stack: Synthesised) =>
  Object.fromEntries(Object.values(stack.resources('kubernetes_storage_class_v1')).map((kind) => [kind.metadata.name, kind]));
const valuesOf = (stack: Synthesised) => helmValues(stack, releaseOf(stack, 'openstack-cinder-csi'));

test('has a default class that waits for its pod, grows, and goes; and one that stays', () => {
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
  ['a chart of another minor', { chartVersion: '2.34.1' }, /must have the minor of Kubernetes 1\.36/],
])('%s is an error', (_, props, message) => {
  expect(() => synth(props)).toThrow(message);
});

test('a cluster known by its kubeconfig alone is an error', () => {
  expect(() => synth({}, { openstack: false })).toThrow(/^test\/CinderCsi: nothing is known of the OpenStack/);
});
