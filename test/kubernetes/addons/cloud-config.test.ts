import { HelmProvider } from '@cdktf/provider-helm/lib/provider';
import { KubernetesProvider } from '@cdktf/provider-kubernetes/lib/provider';
import { TerraformStack, TerraformVariable } from 'cdktf';
import * as fc from 'fast-check';
import { ClusterOptions, helmValues, local, releaseOf, synthOn, TestCluster } from './cluster';
import { Gcfg, readGcfg } from './gcfg';
import { LoadBalancerProvider } from '../../../lib/contracts/openstack-cloud';
import { CinderCsi } from '../../../lib/kubernetes/addons/cinder-csi/cinder-csi';
import { CloudAuthentication } from '../../../lib/kubernetes/addons/cloud-config/cloud-authentication';
import { CloudConfig, CloudConfigProps } from '../../../lib/kubernetes/addons/cloud-config/cloud-config';
import { checkBlockStorage } from '../../../lib/kubernetes/addons/cloud-config/cloud-config-checks';
import {
  CloudEndpointType,
  DiskBus,
  LoadBalancerMethod,
  MetadataSource,
  TlsContainerStore,
} from '../../../lib/kubernetes/addons/cloud-config/cloud-config-options';
import { storageTopology } from '../../../lib/kubernetes/addons/cloud-config/storage-topology';
import { OpenStackCloudController } from '../../../lib/kubernetes/addons/openstack-cloud-controller/openstack-cloud-controller';
import { literalsOf } from '../../support/expressions';
import { synthApp } from '../../support/synth';

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
      expect(local(stack, releaseOf(stack, name).values[0])).toMatch(/"checksum\/cloud-config":"\$\{[^}]*local\.CloudConfig_Checksum_/);
      expect(releaseOf(stack, name).depends_on).toContainEqual(expect.stringMatching(/^kubernetes_secret_v1\.CloudConfig_Secret_/));
      expect(helmValues(stack, releaseOf(stack, name)).secret).toMatchObject({ enabled: true, create: false, name: 'cloud-config' });
    }
  });

  test('the checksum is that of all its files', () => {
    const checksum = (options: ClusterOptions) => {
      const stack = synthOn(options, (scope, cluster) => new CloudConfig(scope, 'CloudConfig', { cluster }));
      const [, expression] = Object.entries(stack.json.locals).find(([name]) => name.startsWith('CloudConfig_Checksum_'))!;
      const [, name] = /^\$\{nonsensitive\(sha256\(local\.([\w-]+)\)\)\}$/.exec(expression as string)!;
      return { name, text: stack.json.locals[name] as string };
    };
    expect(checksum({}).name).toMatch(/^CloudConfig_CloudConf_/);
    const withCa = checksum({ caCertificatePem: '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n' });
    expect(withCa.text).toMatch(/^\$\{local\.CloudConfig_CloudConf_\w+\}-----BEGIN CERTIFICATE/);
  });

  test('a cluster has one for all stacks: what is in another stack comes after it and sees nothing but the hash', () => {
    const stacks = synthApp((app) => {
      const stackOf = (name: string) => {
        const stack = new TerraformStack(app, name);
        new KubernetesProvider(stack, 'kubernetes', {});
        new HelmProvider(stack, 'helm', {});
        return stack;
      };
      const first = stackOf('first');
      const cluster = new TestCluster(first, 'Cluster');
      new OpenStackCloudController(first, 'Ccm', { cluster });
      const second = stackOf('second');
      new CinderCsi(second, 'CinderCsi', { cluster });
      expect(second.dependencies).toEqual([first]);
    });
    expect(Object.keys(stacks.second.resources('kubernetes_secret_v1'))).toEqual([]);
    expect(Object.values(stacks.first.json.output).map(({ value }: any) => value)).toEqual([
      expect.stringMatching(/^\$\{local\.CloudConfig_Checksum_\w+\}$/),
    ]);
    expect(local(stacks.second, releaseOf(stacks.second, 'openstack-cinder-csi').values[0])).toMatch(
      /"checksum\/cloud-config":"\$\{[^}]*nonsensitive\(data\.terraform_remote_state\./,
    );
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
    expect(late).toThrow('test/Mine: a cluster has one CloudConfig, and prod has test/CloudConfig; make it before the add-ons');
  });

  test('a stack with the add-ons of two clusters is an error', () => {
    const two = () =>
      synthOn({}, (scope, cluster) => {
        new OpenStackCloudController(scope, 'Ccm', { cluster });
        new CinderCsi(scope, 'CinderCsi', { cluster: new TestCluster(scope, 'Other', { clusterName: 'other' }) });
      });
    expect(two).toThrow('test/CinderCsi: this stack has the add-ons of another cluster, prod, got "other"');
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
        ingressHostnameSuffix: 'sslip.io',
        containerStore: TlsContainerStore.EXTERNAL,
        cascadeDelete: false,
        providerRequiresSerialApiCalls: true,
      },
      loadBalancerClasses: [{ name: 'office "1"', floatingSubnetId: 'sub', memberSubnetId: 'members' }],
      blockStorage: { rescanOnResize: true, ignoreVolumeMicroversion: true },
      route: { routerId: 'router' },
      keyManager: { keyId: 'key' },
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
      'ingress-hostname-suffix': ['sslip.io'],
      'container-store': ['external'],
      'cascade-delete': ['false'],
      'provider-requires-serial-api-calls': ['true'],
    });
    expect(conf.Route).toEqual({ 'router-id': ['router'] });
    expect(conf.KeyManager).toEqual({ 'key-id': ['key'] });
    expect(conf.LoadBalancer).not.toHaveProperty('subnet-id');
    expect(conf['LoadBalancerClass "office "1""']).toEqual({ 'floating-subnet-id': ['sub'], 'member-subnet-id': ['members'] });
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
    ['a tag with a comma', { loadBalancer: { floatingSubnetTags: ['a,b'] } }, /floatingSubnetTags must not be empty, have commas.*got "a,b"/],
    ['an empty text', { loadBalancer: { flavorId: '' } }, /flavor-id of \[LoadBalancer\] is empty/],
    ['a label that no node has', { loadBalancer: { nodeSelector: { 'a b': 'c' } } }, /nodeSelector has a key that can't be a label's, got "a b"/],
    ['a value that no label has', { loadBalancer: { nodeSelector: { a: 'b,c' } } }, /nodeSelector\.a can't be a label's value, got "b,c"/],
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

const PEM = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';

describe('logins', () => {
  const globalOf = (global: (secret: string) => CloudConfigProps['global']) => {
    const stack = synthOn({}, (scope, cluster) => {
      const secret = new TerraformVariable(scope, 'secret', { sensitive: true }).stringValue;
      new CloudConfig(scope, 'CloudConfig', { cluster, global: global(secret) });
    });
    const { data } = stack.resource('kubernetes_secret_v1');
    return { global: readGcfg(literalsOf(local(stack, data['cloud.conf']))).Global, data };
  };
  const user = { userName: 'ops', userDomainName: 'Default', projectName: 'prod', projectDomainId: 'default' };

  test('by password, by trust, by the name of a credential', () => {
    expect(globalOf((password) => ({ authentication: CloudAuthentication.password({ ...user, password }) })).global).toEqual({
      'auth-url': ['https://keystone.example.com:5000/v3'],
      region: ['RegionOne'],
      username: ['ops'],
      'user-domain-name': ['Default'],
      'tenant-name': ['prod'],
      'tenant-domain-id': ['default'],
      password: [''],
    });
    expect(
      globalOf((trusteePassword) => ({ authentication: CloudAuthentication.trust({ trustId: 't', trusteeId: 'u', trusteePassword }) })).global,
    ).toMatchObject({ 'trust-id': ['t'], 'trustee-id': ['u'], 'trustee-password': [''] });
    const named = globalOf((secret) => ({ authentication: CloudAuthentication.namedCredential({ name: 'c', userId: 'u', secret }) })).global;
    expect(named).toMatchObject({ 'application-credential-name': ['c'], 'user-id': ['u'], 'application-credential-secret': [''] });
    expect(named).not.toHaveProperty('application-credential-id');
  });

  test('client certificates are files beside it', () => {
    const { global, data } = globalOf((keyPem) => ({
      clientCertificate: { certificatePem: PEM, keyPem },
      endpointType: CloudEndpointType.INTERNAL,
    }));
    expect(global).toMatchObject({
      'cert-file': ['/etc/config/client.crt'],
      'key-file': ['/etc/config/client.key'],
      'os-endpoint-type': ['internal'],
    });
    expect(data).toMatchObject({ 'client.crt': PEM, 'client.key': '${var.secret}' });
  });

  test.each<[string, (secret: string) => CloudConfigProps['global'], RegExp]>([
    [
      'a literal password',
      () => ({ authentication: CloudAuthentication.password({ ...user, password: 'x' }) }),
      /password of the login by password is a literal/,
    ],
    [
      'no user',
      (password) => ({ authentication: CloudAuthentication.password({ projectId: 'p', password }) }),
      /login by password needs exactly one of userId and userName; give one/,
    ],
    [
      'a name without a domain',
      (secret) => ({ authentication: CloudAuthentication.namedCredential({ name: 'c', userName: 'ops', secret }) }),
      /login by application credential by name needs exactly one of userDomainId and userDomainName/,
    ],
    [
      'two projects',
      (password) => ({ authentication: CloudAuthentication.password({ ...user, projectId: 'p', password }) }),
      /exactly one of projectId and projectName, got "projectId and projectName"; leave one out/,
    ],
    [
      'no project',
      (password) => ({ authentication: CloudAuthentication.password({ userId: 'u', password }) }),
      /exactly one of projectId and projectName/,
    ],
    ['a literal key', () => ({ clientCertificate: { certificatePem: 'c', keyPem: 'k' } }), /keyPem is a literal/],
    ['a CA that nobody looks at', () => ({ caCertificatePem: 'c', tlsInsecure: true }), /both caCertificatePem and tlsInsecure/],
  ])('%s is an error', (_, global, message) => {
    expect(() => globalOf(global)).toThrow(message);
  });
});

test('the number of volumes follows from the bus', () => {
  const limit = (blockStorage: CloudConfigProps['blockStorage']) => cloudConf({ blockStorage }).BlockStorage['node-volume-attach-limit'];
  expect([limit({}), limit({ diskBus: DiskBus.SCSI }), limit({ diskBus: DiskBus.SCSI, nodeVolumeAttachLimit: 60 })]).toEqual([
    ['24'],
    ['254'],
    ['60'],
  ]);
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

  test('no zone of Nova is left without volumes, and none gets those of a zone that it is not over', () => {
    const name = fc.constantFrom('az1', 'az2', 'az3', 'nova', 'constructor', '__proto__');
    fc.assert(
      fc.property(fc.array(fc.record({ compute: name, volume: name }), { minLength: 1, maxLength: 8 }), (zones) => {
        const { ignoreVolumeAz, zones: found } = storageTopology(zones);
        expect(new Set(found.flatMap(({ compute }) => compute))).toEqual(new Set(zones.map(({ compute }) => compute)));
        expect(ignoreVolumeAz).toBe(zones.some(({ compute, volume }) => compute !== volume));
        for (const { availability, compute } of found) {
          expect(compute.length).toBe(new Set(compute).size);
          for (const one of compute) expect(zones).toContainEqual({ compute: one, volume: availability ?? one });
        }
      }),
      { numRuns: 200 },
    );
  });
});

test('CPO#572: a number of volumes is written as it is given, or refused: never beyond what a bus can have', () => {
  const where = 'test/CloudConfig';
  fc.assert(
    fc.property(fc.oneof(fc.integer({ min: -3, max: 300 }), fc.double()), (limit) => {
      const fits = Number.isSafeInteger(limit) && limit >= 1 && limit <= 256;
      const check = () => checkBlockStorage(where, { nodeVolumeAttachLimit: limit });
      if (fits) expect(check).not.toThrow();
      else expect(check).toThrow(/nodeVolumeAttachLimit must be a whole number from 1 to 256/);
    }),
    { numRuns: 200 },
  );
});
