import { ClusterOptions, helmValues, local, releaseOf, synthOn, TestCluster } from './cluster';
import { Gcfg, readGcfg } from './gcfg';
import { LoadBalancerProvider } from '../../../lib/contracts/openstack-cloud';
import { CinderCsi } from '../../../lib/kubernetes/addons/cinder-csi/cinder-csi';
import { CloudConfig, CloudConfigProps } from '../../../lib/kubernetes/addons/cloud-config/cloud-config';
import { LoadBalancerMethod, MetadataSource } from '../../../lib/kubernetes/addons/cloud-config/cloud-config-options';
import { storageTopology } from '../../../lib/kubernetes/addons/cloud-config/storage-topology';
import { OpenStackCloudController } from '../../../lib/kubernetes/addons/openstack-cloud-controller/openstack-cloud-controller';
import { literalsOf } from '../../support/expressions';

function cloudConf(props: Omit<CloudConfigProps, 'cluster'> = {}, options: ClusterOptions = {}): Gcfg {
  const stack = synthOn(options, (scope, cluster) => new CloudConfig(scope, 'CloudConfig', { cluster, ...props }));
  return readGcfg(literalsOf(local(stack, stack.resource('kubernetes_secret_v1').data['cloud.conf'])));
}

describe('CloudConfig', () => {
  test('says by default what the cluster and its cloud are', () => {
    expect(cloudConf()).toEqual({
      Global: {
        'auth-url': ['https://keystone.example.com:5000/v3'],
        region: ['RegionOne'],
        'application-credential-id': [''],
        'application-credential-secret': [''],
      },
      LoadBalancer: {
        enabled: ['true'],
        'lb-provider': ['amphora'],
        'lb-method': ['ROUND_ROBIN'],
        'floating-network-id': [''],
        'subnet-id': [''],
        'create-monitor': ['true'],
        'monitor-delay': ['10s'],
        'monitor-timeout': ['5s'],
        'monitor-max-retries': ['1'],
        'monitor-max-retries-down': ['3'],
      },
      BlockStorage: { 'node-volume-attach-limit': ['24'], 'ignore-volume-az': ['false'] },
    });
  });

  test('carries the references of the cluster, the secret among them, never a literal', () => {
    const stack = synthOn({}, (scope, cluster) => new CloudConfig(scope, 'CloudConfig', { cluster }));
    const text = local(stack, stack.resource('kubernetes_secret_v1').data['cloud.conf']);
    for (const name of ['CredentialId', 'CredentialSecret', 'ExternalNetworkId', 'SubnetId']) {
      expect(text).toMatch(new RegExp(`var\\.Cluster_${name}_`));
    }
  });

  test('is one Secret in kube-system, which both charts mount at /etc/config, the CA beside it', () => {
    const pem = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
    const stack = synthOn({ caCertificatePem: pem }, (scope, cluster) => new CloudConfig(scope, 'CloudConfig', { cluster }));
    const secret = stack.resource('kubernetes_secret_v1');
    expect(secret.metadata).toMatchObject({ name: 'cloud-config', namespace: 'kube-system' });
    expect(secret.data['ca.crt']).toBe(pem);
    expect(readGcfg(literalsOf(local(stack, secret.data['cloud.conf']))).Global['ca-file']).toEqual(['/etc/config/ca.crt']);
  });

  test('is shared by the controllers, and its content restarts them when it changes', () => {
    const stack = synthOn({}, (scope, cluster) => {
      new OpenStackCloudController(scope, 'Ccm', { cluster });
      new CinderCsi(scope, 'CinderCsi', { cluster });
    });
    expect(Object.keys(stack.resources('kubernetes_secret_v1'))).toHaveLength(1);
    for (const name of ['openstack-cloud-controller-manager', 'openstack-cinder-csi']) {
      expect(local(stack, releaseOf(stack, name).values[0])).toMatch(
        /"checksum\/cloud-config":"\$\{[^}]*nonsensitive\(sha256\(local\.CloudConfig_CloudConf_/,
      );
      expect(releaseOf(stack, name).depends_on).toContainEqual(expect.stringMatching(/^kubernetes_secret_v1\.CloudConfig_Secret_/));
      expect(helmValues(stack, releaseOf(stack, name)).secret).toMatchObject({ enabled: true, create: false, name: 'cloud-config' });
    }
  });

  test('made before the add-ons, it is the one they use', () => {
    const stack = synthOn({}, (scope, cluster) => {
      const config = new CloudConfig(scope, 'Mine', { cluster, blockStorage: { nodeVolumeAttachLimit: 12 } });
      expect(new OpenStackCloudController(scope, 'Ccm', { cluster }).cloudConfig).toBe(config);
    });
    expect(Object.keys(stack.resources('kubernetes_secret_v1'))).toEqual([expect.stringMatching(/^Mine_/)]);
  });

  test('made after them, it is an error that says so', () => {
    const late = () =>
      synthOn({}, (scope, cluster) => {
        new OpenStackCloudController(scope, 'Ccm', { cluster });
        new CloudConfig(scope, 'Mine', { cluster });
      });
    expect(late).toThrow('test/Mine: a stack has one CloudConfig, and this one has test/CloudConfig; make it before the add-ons');
  });

  test('a stack with the add-ons of two clusters is an error', () => {
    const two = () =>
      synthOn({}, (scope, cluster) => {
        new OpenStackCloudController(scope, 'Ccm', { cluster });
        new CinderCsi(scope, 'CinderCsi', { cluster: new TestCluster(scope, 'Other', { clusterName: 'other' }) });
      });
    expect(two).toThrow('test/CinderCsi: this stack has the cloud.conf of another cluster, prod, got "other"');
  });

  test('a cluster without a known OpenStack is an error that says what to give', () => {
    expect(() => cloudConf({}, { openstack: false })).toThrow(
      /^test\/CloudConfig: nothing is known of the OpenStack below the cluster prod; give the cluster its `openstack`/,
    );
  });

  test('writes every option under its name', () => {
    const conf = cloudConf({
      networking: {
        internalNetworkNames: ['nodes', 'more; nodes'],
        publicNetworkNames: ['public'],
        addressSortOrder: ['10.0.0.0/8', 'fd00::/8'],
        ipv6SupportDisabled: true,
      },
      loadBalancer: {
        method: LoadBalancerMethod.LEAST_CONNECTIONS,
        floatingSubnetTags: ['a', 'b'],
        networkId: 'net',
        flavorId: 'small',
        availabilityZone: 'lb1',
        internal: true,
        monitor: { delaySeconds: 30, timeoutSeconds: 20, maxRetries: 2, maxRetriesDown: 4 },
        maxSharedLoadBalancers: 3,
        nodeSelector: { 'node-role': 'edge', gateway: '' },
        enableIngressHostname: true,
      },
      loadBalancerClasses: [{ name: 'office "1"', floatingSubnetId: 'sub' }],
      blockStorage: { rescanOnResize: true, ignoreVolumeMicroversion: true },
      metadata: { searchOrder: [MetadataSource.METADATA_SERVICE, MetadataSource.CONFIG_DRIVE], requestTimeoutSeconds: 10 },
    });
    expect(conf.Networking).toEqual({
      'internal-network-name': ['nodes', 'more; nodes'],
      'public-network-name': ['public'],
      'address-sort-order': ['10.0.0.0/8,fd00::/8'],
      'ipv6-support-disabled': ['true'],
    });
    expect(conf.LoadBalancer).toMatchObject({
      'lb-method': ['LEAST_CONNECTIONS'],
      'floating-subnet-tags': ['a,b'],
      'network-id': ['net'],
      'member-subnet-id': [''],
      'flavor-id': ['small'],
      'availability-zone': ['lb1'],
      'internal-lb': ['true'],
      'monitor-delay': ['30s'],
      'monitor-timeout': ['20s'],
      'monitor-max-retries': ['2'],
      'monitor-max-retries-down': ['4'],
      'max-shared-lb': ['3'],
      'node-selector': ['node-role=edge,gateway'],
      'enable-ingress-hostname': ['true'],
    });
    expect(conf.LoadBalancer).not.toHaveProperty('subnet-id');
    expect(conf['LoadBalancerClass "office "1""']).toEqual({ 'floating-subnet-id': ['sub'] });
    expect(conf.BlockStorage).toMatchObject({ 'rescan-on-resize': ['true'], 'ignore-volume-microversion': ['true'] });
    expect(conf.Metadata).toEqual({ 'search-order': ['metadataService,configDrive'], 'request-timeout': ['10s'] });
  });

  test('with OVN the method is the only one it has', () => {
    expect(cloudConf({}, { provider: LoadBalancerProvider.OVN }).LoadBalancer).toMatchObject({
      'lb-provider': ['ovn'],
      'lb-method': ['SOURCE_IP_PORT'],
    });
  });

  test.each<[string, Omit<CloudConfigProps, 'cluster'>, RegExp]>([
    [
      'another method',
      { loadBalancer: { method: LoadBalancerMethod.ROUND_ROBIN } },
      /method must be SOURCE_IP_PORT.*got "ROUND_ROBIN"; leave it out/,
    ],
    ['a flavor', { loadBalancer: { flavorId: 'x' } }, /loadBalancer\.flavorId needs an amphora load balancer.*got "x"/],
    ['a zone', { loadBalancer: { availabilityZone: 'x' } }, /loadBalancer\.availabilityZone needs an amphora/],
    ['a TLS container', { loadBalancer: { defaultTlsContainerRef: 'x' } }, /defaultTlsContainerRef needs an amphora/],
  ])('OVN with %s is an error', (_, props, message) => {
    expect(() => cloudConf(props, { provider: LoadBalancerProvider.OVN })).toThrow(message);
  });

  test.each<[string, Omit<CloudConfigProps, 'cluster'>, RegExp]>([
    ['zone with a space', { loadBalancer: { availabilityZone: 'zone 1' } }, /availabilityZone can't be a label's value.*got "zone 1"/],
    ['class without a subnet', { loadBalancerClasses: [{ name: 'office' }] }, /must say which external subnet.*got "office"/],
    [
      'two classes of one name',
      {
        loadBalancerClasses: [
          { name: 'a', floatingSubnet: 's' },
          { name: 'a', floatingSubnet: 's' },
        ],
      },
      /must be unique, got "a"/,
    ],
    ['both subnet and network', { loadBalancer: { subnetId: 'a', networkId: 'b' } }, /both subnetId and networkId/],
    [
      'timeout over the delay',
      { loadBalancer: { monitor: { delaySeconds: 5, timeoutSeconds: 5 } } },
      /timeoutSeconds must be less than delaySeconds.*\[5,5\]/,
    ],
    ['timeout over the default delay', { loadBalancer: { monitor: { timeoutSeconds: 11 } } }, /\[11,10\]/],
    ['no volumes', { blockStorage: { nodeVolumeAttachLimit: 0 } }, /nodeVolumeAttachLimit must be a whole number from 1 to 256, got 0/],
    ['a sort order that is no CIDR', { networking: { addressSortOrder: ['10.0.0.1/8'] } }, /addressSortOrder has bits set/],
    [
      'a network name that no parser takes',
      { networking: { publicNetworkNames: ['a\rb'] } },
      /public-network-name of \[Networking\] has a carriage return/,
    ],
  ])('%s is an error', (_, props, message) => {
    expect(() => cloudConf(props)).toThrow(message);
    expect(() => cloudConf(props)).toThrow(/^test\/CloudConfig: /);
  });
});

describe('storageTopology', () => {
  test('zones of equal names need nothing', () => {
    expect(
      storageTopology([
        { compute: 'a', volume: 'a' },
        { compute: 'b', volume: 'b' },
      ]),
    ).toEqual({ ignoreVolumeAz: false, zones: [{ compute: ['a', 'b'] }] });
  });

  test('one zone of Cinder under several of Nova is named, and open to all', () => {
    expect(
      storageTopology([
        { compute: 'az1', volume: 'nova' },
        { compute: 'az2', volume: 'nova' },
      ]),
    ).toEqual({
      ignoreVolumeAz: true,
      zones: [{ availability: 'nova', compute: ['az1', 'az2'] }],
    });
  });

  test('several zones of other names are each for their own nodes', () => {
    expect(
      storageTopology([
        { compute: 'az1', volume: 'ceph1' },
        { compute: 'az2', volume: 'ceph2' },
      ]).zones,
    ).toEqual([
      { availability: 'ceph1', compute: ['az1'] },
      { availability: 'ceph2', compute: ['az2'] },
    ]);
  });
});
