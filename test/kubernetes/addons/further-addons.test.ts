import { parse } from 'yaml';
import { ClusterOptions, helmValues, local, releaseOf, synthOn, TestCluster } from './cluster';
import { recorded, unknownValues } from './recorded-chart';
import { BarbicanKms } from '../../../lib/kubernetes/addons/barbican-kms/barbican-kms';
import { CertManager } from '../../../lib/kubernetes/addons/cert-manager/cert-manager';
import { DesignateDns, DnsPolicy } from '../../../lib/kubernetes/addons/designate-dns/designate-dns';
import { GpuOperator, MigStrategy } from '../../../lib/kubernetes/addons/gpu-operator/gpu-operator';
import { IngressController } from '../../../lib/kubernetes/addons/ingress-controller/ingress-controller';
import { KeystoneAuth } from '../../../lib/kubernetes/addons/keystone-auth/keystone-auth';
import { MetricsServer } from '../../../lib/kubernetes/addons/metrics-server/metrics-server';
import { NodeProblemDetector } from '../../../lib/kubernetes/addons/node-problem-detector/node-problem-detector';
import { OpenstackProvider } from '../../../lib/providers/openstack/provider';
import { literalsOf } from '../../support/expressions';
import { Block, Synthesised } from '../../support/synth';

const CA = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
const webhookImage = 'ghcr.io/inovex/external-dns-openstack-webhook:1.1.0';

function objectsOf(stack: Synthesised, name: string): Block[] {
  const { objects } = JSON.parse(literalsOf(local(stack, releaseOf(stack, name).values[0])));
  return objects.map((text: string) => JSON.parse(text));
}

const ofKind = (objects: Block[], kind: string) => objects.find((object) => object.kind === kind)!;

describe('every option set', () => {
  const cluster: { made?: { kms: BarbicanKms; auth: KeystoneAuth } } = {};
  const stack = synthOn({ caCertificatePem: CA }, (scope, made) => {
    const on = { cluster: made };
    new OpenstackProvider(scope, 'OpenStack', { cloud: 'prod' });
    new MetricsServer(scope, 'MetricsServer', { ...on, verifyKubelets: false });
    new CertManager(scope, 'CertManager', { ...on, serviceMonitor: true, replicas: 3 });
    new IngressController(scope, 'Ingress', {
      ...on,
      internal: true,
      sourceRanges: ['198.51.100.0/24'],
      serviceAnnotations: { a: 'b' },
      className: 'web',
    });
    new GpuOperator(scope, 'Gpu', { ...on, driver: false, toolkit: false, migStrategy: MigStrategy.MIXED, serviceMonitor: true });
    new DesignateDns(scope, 'Dns', { ...on, webhookImage, zones: ['apps.example.com'], policy: DnsPolicy.UPSERT_ONLY });
    new NodeProblemDetector(scope, 'Npd', on);
    cluster.made = {
      kms: new BarbicanKms(scope, 'Kms', on),
      auth: new KeystoneAuth(scope, 'Keystone', {
        ...on,
        policy: [{ roles: ['member'], projects: ['team'], resourcePermissions: { 'default/pods': ['get', 'list'] } }],
      }),
    };
  });

  test.each(['metrics-server', 'cert-manager', 'traefik', 'gpu-operator', 'external-dns'])(
    'chart %s has what is set, in its recorded version',
    (chart) => {
      const release = releaseOf(stack, chart);
      const record = recorded(chart);
      expect(release.version).toBe(record.version);
      expect(unknownValues(record, helmValues(stack, release))).toEqual([]);
    },
  );

  test('the ingress controller is behind one load balancer, reached as it is said', () => {
    expect(helmValues(stack, releaseOf(stack, 'traefik'))).toMatchObject({
      deployment: { replicas: 2 },
      ingressClass: { name: 'web', isDefaultClass: true },
      service: {
        annotations: { 'service.beta.kubernetes.io/openstack-internal-load-balancer': 'true', a: 'b' },
        loadBalancerSourceRanges: ['198.51.100.0/24'],
      },
    });
  });

  test('definitions of cert-manager are upgraded with it and stay when it goes', () => {
    expect(helmValues(stack, releaseOf(stack, 'cert-manager')).crds).toEqual({ enabled: true, keep: true });
  });

  test('records carry the name of the cluster, and the credential is in a Secret alone', () => {
    expect(helmValues(stack, releaseOf(stack, 'external-dns'))).toMatchObject({
      provider: { name: 'webhook', webhook: { image: { repository: 'ghcr.io/inovex/external-dns-openstack-webhook', tag: '1.1.0' } } },
      txtOwnerId: 'prod',
      domainFilters: ['apps.example.com'],
    });
    const secret = Object.values(stack.resources('kubernetes_secret_v1')).find(({ metadata }) => metadata.name === 'designate-dns')!;
    expect(local(stack, secret.data['clouds.yaml'])).toMatch(
      /^\{"clouds":\{"openstack":\{"auth_type":"v3applicationcredential".*"cacert":"\/etc\/openstack\/ca\.crt"/,
    );
  });

  test('the key for Secrets is made by Barbican, and its id is all that Terraform knows', () => {
    expect(stack.resource('openstack_keymanager_order_v1')).toMatchObject({
      type: 'key',
      meta: { name: 'prod-secrets', algorithm: 'aes', bit_length: 256, mode: 'cbc' },
    });
    const secret = Object.values(stack.resources('kubernetes_secret_v1')).find(({ metadata }) => metadata.name === 'barbican-kms')!;
    expect(local(stack, secret.data['cloud.conf'])).toMatch(/\[KeyManager\]\nkey-id\s*=.*basename\(openstack_keymanager_order_v1/s);
    expect(parse(cluster.made!.kms.encryptionConfiguration)).toMatchObject({
      kind: 'EncryptionConfiguration',
      resources: [{ resources: ['secrets'], providers: [{ kms: { apiVersion: 'v2', endpoint: 'unix:///var/lib/kms/kms.sock' } }, { identity: {} }] }],
    });
    const { spec } = ofKind(objectsOf(stack, 'barbican-kms'), 'DaemonSet').spec.template;
    expect(spec).toMatchObject({ nodeSelector: { 'node-role.kubernetes.io/control-plane': '' }, automountServiceAccountToken: false });
  });

  test("the webhook for OpenStack's users has an address that API servers can be told", () => {
    const objects = objectsOf(stack, 'k8s-keystone-auth');
    expect(ofKind(objects, 'Service').spec.clusterIP).toBe('10.96.0.11');
    expect(JSON.parse(ofKind(objects, 'ConfigMap').data.policies)).toEqual([
      { users: { projects: ['team'], roles: ['member'] }, resource_permissions: { 'default/pods': ['get', 'list'] } },
    ]);
    expect(ofKind(objects, 'Deployment').spec.template.spec.containers[0].args).toContain('--policy-configmap-name=k8s-auth-policy');
    expect(cluster.made!.auth.webhookUrl).toBe('https://10.96.0.11:8443/webhook');
    expect(stack.resource('tls_self_signed_cert').ip_addresses).toEqual(['10.96.0.11']);
  });

  test('node problem detector uses the role that Kubernetes has for it', () => {
    const objects = objectsOf(stack, 'node-problem-detector');
    expect(ofKind(objects, 'ClusterRoleBinding').roleRef.name).toBe('system:node-problem-detector');
    expect(ofKind(objects, 'ClusterRole')).toBeUndefined();
  });
});

test.each<[string, (stack: any, cluster: TestCluster) => unknown, RegExp, ClusterOptions?]>([
  [
    'a range of versions',
    (s, cluster) => new CertManager(s, 'A', { cluster, chartVersion: '^1' }),
    /chartVersion must be one exact version.*got "\^1"/,
  ],
  ['no zones', (s, cluster) => new DesignateDns(s, 'A', { cluster, webhookImage, zones: [] }), /zones must not be empty/],
  [
    'a zone with a dot',
    (s, cluster) => new DesignateDns(s, 'A', { cluster, webhookImage, zones: ['a.b.'] }),
    /zones must be names of DNS.*got "a\.b\."/,
  ],
  [
    'an image without a tag',
    (s, cluster) => new DesignateDns(s, 'A', { cluster, webhookImage: 'x/y', zones: ['a.b'] }),
    /webhookImage must have a tag, got "x\/y"/,
  ],
  ['ranges that are none', (s, cluster) => new IngressController(s, 'A', { cluster, sourceRanges: ['here'] }), /sourceRanges.*"here"/],
  ['a key twice', (s, cluster) => new BarbicanKms(s, 'A', { cluster, keyId: 'x', key: {} as any }), /key and keyId exclude each other/],
  [
    'a rule for nobody',
    (s, cluster) => new KeystoneAuth(s, 'A', { cluster, policy: [{ roles: [], projects: ['a'] }] }),
    /at least one role and one project/,
  ],
  ['an address outside', (s, cluster) => new KeystoneAuth(s, 'A', { cluster, clusterIp: '10.0.0.1' }), /clusterIp is outside its network/],
  ['a cluster without a cloud', (s, cluster) => new KeystoneAuth(s, 'A', { cluster }), /nothing is known of the OpenStack/, { openstack: false }],
  [
    'a monitor that is none',
    (s, cluster) => new NodeProblemDetector(s, 'A', { cluster, monitors: ['kernel'] }),
    /monitors must be paths of JSON files/,
  ],
])('%s is an error', (_, build, message, options = {}) => {
  expect(() => synthOn(options, build)).toThrow(message);
});
