import { ClusterOptions, helmValues, local, releaseOf, synthOn } from './cluster';
import { CinderCsi } from '../../../lib/kubernetes/addons/cinder-csi/cinder-csi';
import { ClusterCapability } from '../../../lib/kubernetes/addons/cluster-addons/cluster-capability';
import { HelmAddon } from '../../../lib/kubernetes/addons/helm-addon/helm-addon';
import { ManilaCsi, ManilaCsiProps } from '../../../lib/kubernetes/addons/manila-csi/manila-csi';
import { ShareProtocol } from '../../../lib/kubernetes/addons/manila-csi/manila-share-class';
import { OpenStackCloudController } from '../../../lib/kubernetes/addons/openstack-cloud-controller/openstack-cloud-controller';
import { Synthesised } from '../../support/synth';

const NFS = { shareClasses: [{ name: 'shared', shareType: 'dhss_false' }], nfsClients: ['10.0.0.0/24'] };

function synth(props: Partial<ManilaCsiProps> = {}, options: ClusterOptions = {}) {
  return synthOn(options, (stack, cluster) => {
    if (options.imported === false) new OpenStackCloudController(stack, 'Ccm', { cluster });
    new ManilaCsi(stack, 'ManilaCsi', { cluster, ...NFS, ...props });
  });
}
const classes = (stack: Synthesised) =>
  Object.fromEntries(Object.values(stack.resources('kubernetes_storage_class_v1')).map((kind) => [kind.metadata.name, kind]));
const releases = (stack: Synthesised) =>
  Object.values(stack.resources('helm_release'))
    .map(({ name }) => name)
    .sort();

test('installs the driver, what mounts NFS, and snapshots', () => {
  const stack = synth();
  expect(releases(stack)).toEqual([
    'csi-driver-nfs',
    'manila-snapshot-classes',
    'openstack-manila-csi',
    'snapshot-controller',
    'volume-snapshot-definitions',
  ]);
  expect(helmValues(stack, releaseOf(stack, 'openstack-manila-csi'))).toMatchObject({
    csimanila: { clusterID: 'prod' },
    shareProtocols: [
      {
        protocolSelector: 'NFS',
        fsGroupPolicy: 'None',
        fwdNodePluginEndpoint: { dir: '/var/lib/kubelet/plugins/csi-nfsplugin', sockFile: 'csi.sock' },
      },
    ],
  });
});

test('a class names its driver, who may mount, and where the credential is', () => {
  const { shared } = classes(synth());
  expect(shared).toMatchObject({
    storage_provisioner: 'nfs.manila.csi.openstack.org',
    reclaim_policy: 'Delete',
    allow_volume_expansion: true,
    parameters: {
      type: 'dhss_false',
      'nfs-shareClient': '10.0.0.0/24',
      'csi.storage.k8s.io/provisioner-secret-name': 'manila-csi',
      'csi.storage.k8s.io/node-publish-secret-namespace': 'kube-system',
    },
  });
});

test('the Secret has what the driver knows, references for secrets, the CA beside', () => {
  const pem = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
  const stack = synth({}, { caCertificatePem: pem });
  const { data } = stack.resource('kubernetes_secret_v1');
  expect([local(stack, data['os-authURL']), local(stack, data['os-region'])]).toEqual(['https://keystone.example.com:5000/v3', 'RegionOne']);
  expect(data['os-certAuthority']).toBe(pem);
  expect(data['os-applicationCredentialSecret']).toMatch(/^\$\{var\.Cluster_CredentialSecret_/);
});

test('uses the NFS driver and the snapshots that are there', () => {
  const stack = synthOn({}, (scope, cluster) => {
    new CinderCsi(scope, 'CinderCsi', { cluster });
    new HelmAddon(scope, 'Nfs', {
      cluster,
      chart: 'oci://registry.example.com/nfs',
      version: '1.0.0',
      namespace: 'nfs',
      provides: [ClusterCapability.NFS_DRIVER],
    });
    new ManilaCsi(scope, 'ManilaCsi', { cluster, ...NFS });
  });
  expect(releases(stack)).not.toContain('csi-driver-nfs');
  expect(releases(stack).filter((name) => name === 'snapshot-controller')).toHaveLength(1);
  expect(releaseOf(stack, 'openstack-manila-csi').depends_on).toContainEqual(expect.stringMatching(/^helm_release\.Nfs_Release/));
});

test('CephFS needs its driver, and says how to have it', () => {
  const props = { protocols: [ShareProtocol.CEPHFS], shareClasses: [{ name: 'ceph', shareType: 'ceph' }], nfsClients: undefined };
  expect(() => synth(props, { imported: false })).toThrow(
    /ManilaCsi needs a CephFS driver, and no stack of the app installs one on the cluster prod: .*; add the chart ceph-csi-cephfs by a HelmAddon/,
  );
  const { ceph } = classes(synth(props));
  expect(ceph.storage_provisioner).toBe('cephfs.manila.csi.openstack.org');
  expect(ceph.parameters).not.toHaveProperty('nfs-shareClient');
});

test.each<[string, Partial<ManilaCsiProps>, RegExp]>([
  ['NFS for everybody', { nfsClients: undefined }, /nobody is named who may mount shares of the StorageClass shared.*give nfsClients/],
  ['clients that are no CIDR', { nfsClients: ['10.0.0.1/24'] }, /nfsClients has bits set/],
  ['no class', { shareClasses: [] }, /shareClasses is empty/],
  ['no protocol', { protocols: [] }, /protocols is empty/],
  [
    'a class of another protocol',
    { shareClasses: [{ name: 'a', shareType: 't', protocol: ShareProtocol.CEPHFS }] },
    /protocol of the StorageClass a is not known, got "CEPHFS"/,
  ],
  ['a chart of another minor', { chartVersion: '2.30.0' }, /must have the minor of Kubernetes 1\.36/],
  ["another cluster's id", { values: { csimanila: { clusterID: 'x' } } }, /values\.csimanila\.clusterID must be the cluster's name, prod/],
])('%s is an error', (_, props, message) => {
  expect(() => synth(props)).toThrow(message);
});
