import { HelmProvider } from '@cdktf/provider-helm/lib/provider';
import { KubernetesProvider } from '@cdktf/provider-kubernetes/lib/provider';
import { TerraformStack } from 'cdktf';
import { parse } from 'yaml';
import { clusterIn } from './cluster-fixture';
import { ImageRegistries } from '../../lib/core/image-registries';
import { BarbicanKms } from '../../lib/kubernetes/addons/barbican-kms/barbican-kms';
import { ClusterAddons } from '../../lib/kubernetes/addons/cluster-addons/cluster-addons';
import { KeystoneAuth, KeystoneAuthProps } from '../../lib/kubernetes/addons/keystone-auth/keystone-auth';
import { PodNetwork } from '../../lib/kubernetes/addons/pod-network/pod-network';
import { encryptionConfiguration } from '../../lib/kubernetes/bootstrap/security-files';
import { ClusterSecurity } from '../../lib/kubernetes/cluster-security';
import { K8sOnNova } from '../../lib/kubernetes/k8s-on-nova';
import { Block, Synthesised, synthApp } from '../support/synth';

/** The files of a kind of nodes, by path: those whose content is YAML or JSON that stands there. */
function filesOf(stack: Synthesised, kind: string): Record<string, Block> {
  const [, text] = Object.entries(stack.json.locals as Record<string, string>).find(
    ([name, value]) => name.includes(kind) && value.startsWith('#cloud-config'),
  )!;
  const { write_files: files } = parse(text.replace(/\$\$\{/g, '${')) as { write_files: Block[] };
  return Object.fromEntries(files.map((file) => [file.path, file]));
}

/** A cluster and its add-ons, each in a stack of its own. */
const stacksOf = (security: ClusterSecurity, install?: (stack: TerraformStack, cluster: K8sOnNova) => void) => {
  let cluster!: K8sOnNova;
  const stacks = synthApp((app) => {
    ImageRegistries.replace(app, { registries: { 'registry.k8s.io': 'mirror.example.com/k8s' } });
    cluster = clusterIn(new TerraformStack(app, 'cluster'), { security });
    const addons = new TerraformStack(app, 'addons');
    new KubernetesProvider(addons, 'kubernetes', { host: cluster.kubeconfig.host });
    new HelmProvider(addons, 'helm', {});
    new PodNetwork(addons, 'PodNetwork', { cluster });
    install?.(addons, cluster);
  });
  return { cluster, stack: stacks.cluster, addons: stacks.addons };
};

test('Secrets are encrypted by Barbican: the plugin is a static pod beside the API server, and needs nothing of the cluster', () => {
  const { cluster, stack } = stacksOf({ barbicanKms: {} });
  const files = filesOf(stack, 'ControlPlane_CloudConfig');
  const apiServer = parse(files['/etc/strata/kubeadm-cluster.yaml'].content).apiServer;
  expect(apiServer.extraArgs).toContainEqual({ name: 'encryption-provider-config', value: '/etc/kubernetes/apiserver/encryption.yaml' });
  expect(apiServer.extraVolumes).toContainEqual(expect.objectContaining({ hostPath: '/var/lib/kms', mountPath: '/var/lib/kms' }));
  const [{ providers }] = parse(files['/etc/kubernetes/apiserver/encryption.yaml'].content).resources;
  expect(providers.map((provider: Block) => Object.keys(provider)[0])).toEqual(['kms', 'secretbox', 'identity']);

  const pod = parse(files['/etc/strata/static-pods/barbican-kms.yaml'].content);
  expect(pod.spec.containers[0].image).toBe('mirror.example.com/k8s/provider-os/barbican-kms-plugin:v1.36.0');
  expect(pod.spec.volumes).toEqual([
    { name: 'cloud-config', hostPath: { path: '/etc/strata/barbican-kms', type: 'Directory' } },
    { name: 'socket', hostPath: { path: '/var/lib/kms', type: 'DirectoryOrCreate' } },
  ]);
  expect(JSON.stringify(pod)).not.toMatch(/"secret"|"configMap"|serviceAccountName/);
  expect(files['/etc/strata/barbican-kms/cloud.conf']).toMatchObject({ permissions: '0600', encoding: 'b64' });
  expect(files['/etc/strata/barbican-kms/cloud.conf'].content).toMatch(/^\$\{base64encode\(local\.K8s_BarbicanKms_CloudConf/);

  // a key, and a credential of its own that can read it
  expect(stack.resource('openstack_keymanager_order_v1').meta.name).toBe('prod-secrets');
  const names = Object.values(stack.resources('openstack_identity_application_credential_v3')).map(({ name }) => name);
  expect(names.sort()).toEqual(['prod-controllers', 'prod-secret-encryption']);
  expect(stack.text).toMatch(/setintersection\(\[\\"member\\", \\"creator\\", \\"observer\\"\]/);
  expect(ClusterAddons.of(cluster).images).toContainEqual(expect.objectContaining({ image: pod.spec.containers[0].image, usedBy: 'Kubernetes' }));
  // workers know nothing of it
  expect(Object.keys(filesOf(stack, 'general')).filter((path) => /kms/.test(path))).toEqual([]);
  // BarbicanKms would be a second one
  expect(() => stacksOf({ barbicanKms: {} }, (addons, on) => new BarbicanKms(addons, 'Kms', { cluster: on }))).toThrow(
    /BarbicanKms is a second encryption of Secrets for the cluster prod, which has one by itself/,
  );
});

test('a cluster goes to Barbican and back without an API server that reads less than another writes', () => {
  const keys = [{ name: 'key1', secret: 'secret' }];
  const order = (own: typeof keys, writes?: boolean) => {
    const [{ providers }] = encryptionConfiguration(own, { writes }).resources as any;
    return providers.map((provider: Block) => Object.keys(provider)[0]).join(' ');
  };
  expect(order(keys)).toBe('kms secretbox identity');
  expect(order(keys, false)).toBe('secretbox identity kms');
  expect(order([])).toBe('kms identity');
  expect(order([], false)).toBe('identity kms');
});

test("a second generation of the plugin's credential, another key", () => {
  const { stack } = stacksOf({ encryptionKeys: [], barbicanKms: { keyId: 'b1d5', credentialGeneration: 2, credentialRoles: ['observer'] } });
  const names = Object.values(stack.resources('openstack_identity_application_credential_v3')).map(({ name }) => name);
  expect(names.sort()).toEqual(['prod-controllers', 'prod-secret-encryption', 'prod-secret-encryption-2']);
  expect(stack.resources('openstack_keymanager_order_v1')).toEqual({});
  expect(stack.text).toMatch(/key-id=\W*b1d5/);
});

test('users of OpenStack: API servers know the webhook by an authority that outlives its certificate, and KeystoneAuth has that certificate', () => {
  const policy = [{ roles: ['member'], projects: ['team'], resourcePermissions: { 'team/*': ['*'] } }];
  const made: { auth?: KeystoneAuth } = {};
  const { stack, addons } = stacksOf({ keystone: { authorizes: true } }, (on, cluster) => {
    made.auth = new KeystoneAuth(on, 'Keystone', { cluster, policy });
  });
  const files = filesOf(stack, 'ControlPlane_CloudConfig');
  const { extraArgs } = parse(files['/etc/strata/kubeadm-cluster.yaml'].content).apiServer;
  expect(extraArgs).toContainEqual({ name: 'authentication-token-webhook-config-file', value: '/etc/kubernetes/apiserver/keystone.yaml' });
  expect(extraArgs).toContainEqual({ name: 'authorization-config', value: '/etc/kubernetes/apiserver/authorization.yaml' });
  const [{ cluster }] = parse(files['/etc/kubernetes/apiserver/keystone.yaml'].content).clusters;
  expect(cluster).toEqual({ server: 'https://10.96.0.11:8443/webhook', 'certificate-authority': '/etc/kubernetes/pki/ca.crt' });
  const { authorizers } = parse(files['/etc/kubernetes/apiserver/authorization.yaml'].content);
  expect(authorizers.map(({ type }: Block) => type)).toEqual(['Node', 'RBAC', 'Webhook']);
  expect(authorizers[2].webhook).toMatchObject({ failurePolicy: 'NoOpinion' });
  const [certificate] = Object.values(stack.resources('tls_locally_signed_cert')).filter(({ allowed_uses: uses }) => uses.includes('server_auth'));
  expect(certificate.ca_cert_pem).toMatch(/CaCertificate/);

  expect(made.auth!.webhookUrl).toBe('https://10.96.0.11:8443/webhook');
  expect(addons.resources('tls_self_signed_cert')).toEqual({});
  expect(addons.resource('kubernetes_secret_v1').data['tls.key']).toMatch(/remote_state/);
});

test.each<[string, ClusterSecurity, Partial<KeystoneAuthProps>, RegExp]>([
  ['a policy that nobody asks for', { keystone: {} }, { policy: [{ roles: ['a'], projects: ['b'] }] }, /policy would be in vain/],
  ['another address', { keystone: {} }, { clusterIp: '10.96.0.20' }, /isn't the address that the API servers know, 10\.96\.0\.11/],
  ['an address outside', { keystone: { webhookAddress: '10.0.0.1' } }, {}, /security\.keystone\.webhookAddress is outside its network/],
])('%s is refused', (_, security, props, message) => {
  expect(() => stacksOf(security, (on, cluster) => new KeystoneAuth(on, 'Keystone', { cluster, ...props }))).toThrow(message);
});

test('without a word of it, API servers are told of neither', () => {
  const { stack } = stacksOf({});
  const files = filesOf(stack, 'ControlPlane_CloudConfig');
  expect(Object.keys(files).filter((path) => /kms|keystone|authorization|static-pods/.test(path))).toEqual([]);
  expect(files['/etc/strata/kubeadm-cluster.yaml'].content).not.toMatch(/kms|keystone|authorization-config/);
});
