import { Token } from 'cdktf';
import { parse } from 'yaml';
import { NodeImage } from '../../../lib/contracts/node-image';
import { certificatesOf } from '../../../lib/core/certificates';
import { KubernetesVersion } from '../../../lib/core/kubernetes-version';
import { sharedCloudConfig } from '../../../lib/kubernetes/bootstrap/cloud-config';
import { clusterConfiguration, ClusterSettings, kubeletConfiguration } from '../../../lib/kubernetes/bootstrap/kubeadm-config';
import { checkNodeOptions, mergedNodeOptions, nodeOptionFiles } from '../../../lib/kubernetes/bootstrap/node-option-files';
import { admissionConfiguration, authenticationConfiguration, encryptionConfiguration } from '../../../lib/kubernetes/bootstrap/security-files';
import { snapshotFiles } from '../../../lib/kubernetes/bootstrap/snapshot-files';
import { stockImageFiles } from '../../../lib/kubernetes/bootstrap/stock-image-files';
import { PodSecurityStandard } from '../../../lib/kubernetes/cluster-security';
import { checkClusterSettings } from '../../../lib/kubernetes/node-cloud-config';
import { NodeOptions } from '../../../lib/kubernetes/node-options';

const PEM = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
const NETWORK = {
  nodeCidr: '10.20.0.0/16',
  podCidr: '10.244.0.0/16',
  serviceCidr: '10.96.0.0/12',
  endpointName: 'api.prod.internal',
  vip: '10.20.0.9',
};
const SETTINGS: ClusterSettings = {
  clusterName: 'prod',
  version: KubernetesVersion.V1_36,
  endpointName: 'api.prod.internal',
  certSans: [],
  podCidr: NETWORK.podCidr,
  serviceCidr: NETWORK.serviceCidr,
  kubeProxy: true,
  bootstrapToken: 'abcdef.0123456789abcdef',
  bootstrapTokenHours: 24,
  configurationRevision: 1,
  encryptsSecrets: true,
};
const contentOf = (options: NodeOptions, path: string) => nodeOptionFiles(options, NETWORK).files.find((file) => file.path === path)?.content;

test('registry mirrors are hosts.toml of containerd', () => {
  const mirror = { registry: 'docker.io', endpoints: ['https://mirror.example.com', 'https://harbor.example.com/v2/hub'], caCertificate: PEM };
  const text = contentOf({ registryMirrors: [mirror] }, '/etc/containerd/certs.d/docker.io/hosts.toml');
  expect(text).toBe(
    [
      '[host."https://mirror.example.com"]',
      'capabilities = ["pull", "resolve"]',
      'ca = "/etc/containerd/certs.d/docker.io/ca.crt"',
      '',
      '[host."https://harbor.example.com/v2/hub"]',
      'capabilities = ["pull", "resolve"]',
      'override_path = true',
      'ca = "/etc/containerd/certs.d/docker.io/ca.crt"',
      '',
    ].join('\n'),
  );
  const alone = contentOf({ registryMirrors: [{ ...mirror, fallBack: false }] }, '/etc/containerd/certs.d/docker.io/hosts.toml');
  expect(alone).toMatch(/^server = "https:\/\/mirror\.example\.com"\n/);
});

test("authorities of SSH users are sshd's, and a key that is none is refused", () => {
  const options = { sshTrustedUserCaKeys: ['ssh-ed25519 AAAA one\n', 'ecdsa-sha2-nistp256 BBBB'] };
  const conf = contentOf(options, '/etc/ssh/sshd_config.d/10-strata.conf');
  const file = /^TrustedUserCAKeys (\S+)\n$/.exec(conf as string)![1];
  expect(contentOf(options, file)).toBe('ssh-ed25519 AAAA one\necdsa-sha2-nistp256 BBBB\n');
  const refused = (key: string) => () => checkNodeOptions('test', 'nodeOptions', { sshTrustedUserCaKeys: [key] });
  expect(refused('ssh-ed25519-cert-v01@openssh.com AAAA')).toThrow(/nodeOptions.sshTrustedUserCaKeys must be one public key/);
  expect(refused('ssh-ed25519 AAAA\nssh-ed25519 BBBB')).toThrow(/must be one public key/);
});

test('a proxy never stands between the nodes, their pods and services', () => {
  const text = contentOf(
    { proxy: { httpProxy: 'http://p%40x.example.com:3128', noProxy: ['.corp'] } },
    '/etc/systemd/system/containerd.service.d/10-strata-proxy.conf',
  );
  expect(text).toContain('Environment="HTTPS_PROXY=http://p%%40x.example.com:3128"');
  for (const own of [...Object.values(NETWORK), '169.254.169.254', '.svc', '.corp']) expect(text).toContain(own);
});

test('time servers, authorities, kernel settings', () => {
  const { files, modules } = nodeOptionFiles({ ntpServers: ['10.0.0.1'], caBundles: [PEM], sysctls: { 'net.core.somaxconn': '4096' } }, NETWORK);
  expect(modules.ntp).toEqual({ enabled: true, servers: ['10.0.0.1'] });
  expect(modules.ca_certs).toEqual({ trusted: [PEM] });
  expect(files).toEqual([{ path: '/etc/sysctl.d/91-strata-nodes.conf', content: 'net.core.somaxconn = 4096\n' }]);
});

test('options merge structurally with the cloud-config of the user; what the node needs first runs first', () => {
  const { modules } = nodeOptionFiles({ ntpServers: ['10.0.0.1'], caBundles: [PEM] }, NETWORK);
  const text = sharedCloudConfig('test', [], { ntp: { servers: ['10.0.0.2'] }, runcmd: [['last']] }, modules);
  const merged = parse(text) as { ntp: { servers: string[] }; runcmd: string[][] };
  expect(merged.ntp).toEqual({ enabled: true, servers: ['10.0.0.1', '10.0.0.2'] });
  const commands = merged.runcmd.map((words) => words.join(' '));
  expect(commands.indexOf('systemctl try-restart containerd')).toBeLessThan(commands.findIndex((command) => command.includes('strata-boot')));
  expect(commands[commands.length - 1]).toBe('last');
});

test('own options take the place of the common ones, kernel settings one by one', () => {
  expect(mergedNodeOptions({ ntpServers: ['a'], sysctls: { 'a.b': '1', 'a.c': '1' } }, { ntpServers: ['b'], sysctls: { 'a.c': '2' } })).toEqual({
    ntpServers: ['b'],
    sysctls: { 'a.b': '1', 'a.c': '2' },
  });
});

test.each<[string, NodeOptions, RegExp]>([
  ['a registry with a scheme', { registryMirrors: [{ registry: 'https://docker.io', endpoints: ['https://m'] }] }, /registry's name.*docker\.io/],
  ['a mirror without endpoints', { registryMirrors: [{ registry: 'docker.io', endpoints: [] }] }, /no endpoints/],
  ['two of one registry', { registryMirrors: [1, 2].map(() => ({ registry: 'docker.io', endpoints: ['https://m'] })) }, /docker\.io/],
  ['an authority that is none', { caBundles: ['/etc/ca.crt'] }, /must be a certificate in PEM, got "\/etc\/ca.crt"/],
  ['an authority with its key', { caBundles: ['-----BEGIN PRIVATE KEY-----'] }, /caBundles holds a private key/],
  ['a kernel setting of two lines', { sysctls: { 'a.b': '1\n2' } }, /one line/],
  ["the kubelet's name", { kubeletExtraArgs: [{ name: 'hostname-override', value: 'x' }] }, /construct sets itself.*hostname-override/],
  ['dashes', { kubeletExtraArgs: [{ name: '--max-pods', value: '200' }] }, /without leading dashes/],
])('%s is refused', (_, options, message) => {
  expect(() => checkNodeOptions('test/K8s', 'nodeOptions', options)).toThrow(message);
});

test('of a bundle with explanations and line ends of Windows, the certificates alone come to the nodes', () => {
  const bundle = `Certificate:\r\n  Issuer: CN=ours\r\n${PEM.replaceAll('\n', '\r\n')}`;
  expect(() => checkNodeOptions('test/K8s', 'nodeOptions', { caBundles: [bundle] })).not.toThrow();
  expect(certificatesOf(bundle)).toBe(PEM);
});

test('a password of a proxy is refused as a literal, and not repeated', () => {
  const options = { proxy: { httpProxy: 'http://me:hunter2@proxy:3128' } };
  expect(() => checkNodeOptions('test/K8s', 'nodeOptions', options)).toThrow(/sensitive variable/);
  expect(() => checkNodeOptions('test/K8s', 'nodeOptions', options)).not.toThrow(/hunter2/);
});

test('arguments by name and value; of a name that the construct has, too, the users alone', () => {
  const components = {
    apiServerExtraArgs: [
      { name: 'audit-log-maxage', value: '90' },
      { name: 'goaway-chance', value: '0.001' },
    ],
    featureGates: { SomeGate: true },
    imageRepository: 'registry.example.com/k8s',
  };
  const configuration = clusterConfiguration({ ...SETTINGS, components }) as any;
  const args: { name: string; value: string }[] = configuration.apiServer.extraArgs;
  expect(args.filter(({ name }) => name === 'audit-log-maxage')).toEqual([{ name: 'audit-log-maxage', value: '90' }]);
  expect(args).toContainEqual({ name: 'goaway-chance', value: '0.001' });
  for (const part of ['apiServer', 'controllerManager', 'scheduler']) {
    expect(configuration[part].extraArgs).toContainEqual({ name: 'feature-gates', value: 'SomeGate=true' });
  }
  expect(kubeletConfiguration(components).featureGates).toEqual({ SomeGate: true });
  expect(configuration.imageRepository).toBe('registry.example.com/k8s');
});

test.each([
  [{ configurationRevision: 0 }, /configurationRevision/],
  [{ components: { imageRepository: 'https://x' } }, /without scheme/],
  [{ components: { apiServerExtraArgs: [{ name: 'anonymous-auth', value: 'true' }] } }, /construct sets itself/],
  [{ components: { featureGates: { someGate: true } } }, /no gate/],
  [{ security: { encryptionKeys: ['key-1'] } }, /letters and digits/],
  [{ security: { encryptionKeys: ['a', 'a'] } }, /encryptionKeys/],
  [{ security: { oidc: { issuerUrl: 'http://issuer', clientId: 'x' } } }, /https/],
])('%j is refused', (options, message) => {
  expect(() => checkClusterSettings('test/K8s', options)).toThrow(message);
});

test('the first key encrypts, all decrypt, and what was written before can be read', () => {
  const keys = ['key2', 'key1'].map((name) => ({ name, secret: `secret of ${name}` }));
  const [{ providers }] = encryptionConfiguration(keys).resources as any;
  expect(providers).toEqual([{ secretbox: { keys } }, { identity: {} }]);
});

test('anonymous requests see health and the public cluster-info, nothing else', () => {
  const { anonymous, jwt } = authenticationConfiguration({
    issuerUrl: 'https://issuer',
    clientId: 'k8s',
    requiredClaims: { hd: 'example.com' },
  }) as any;
  expect(anonymous.conditions.map(({ path }: { path: string }) => path)).toEqual([
    '/livez',
    '/readyz',
    '/healthz',
    '/api/v1/namespaces/kube-public/configmaps/cluster-info',
  ]);
  expect(jwt[0].claimMappings.username).toEqual({ claim: 'sub', prefix: 'oidc:' });
  expect(jwt[0].claimValidationRules).toEqual([{ claim: 'hd', requiredValue: 'example.com' }]);
});

test('Pod Security: baseline is enforced, the system exempt', () => {
  const [{ configuration }] = admissionConfiguration({ exemptNamespaces: ['storage'] }).plugins as any;
  expect(configuration.defaults).toMatchObject({ enforce: 'baseline', warn: 'restricted' });
  expect(configuration.exemptions.namespaces).toEqual(expect.arrayContaining(['kube-system', 'storage']));
  const [stricter] = admissionConfiguration({ enforce: PodSecurityStandard.RESTRICTED }).plugins as any;
  expect(stricter.configuration.defaults.enforce).toBe('restricted');
});

test('a stock image installs what a prebuilt one has, from public repositories or mirrors', () => {
  expect(stockImageFiles(NodeImage.byName('ready-made'), KubernetesVersion.V1_36)).toEqual([]);
  const environment = (image: NodeImage) =>
    stockImageFiles(image, KubernetesVersion.V1_36).find(({ path }) => path.endsWith('packages.env'))?.content;
  expect(environment(NodeImage.stock({ name: 'debian-13' }))).toContain('"https://pkgs.k8s.io/core:/stable:/v1.36/deb/"');
  const mirrored = NodeImage.stock({ id: 'x', kubernetesPackages: 'https://mirror.example.com/k8s/' });
  expect(environment(mirrored)).toContain('STRATA_KUBERNETES_PACKAGES="https://mirror.example.com/k8s/"');
  const toml = stockImageFiles(mirrored, KubernetesVersion.V1_36, 'mirror.example.com/k8s').find(({ path }) => path.endsWith('containerd.toml'));
  expect(toml?.content).toMatch(/sandbox = "mirror\.example\.com\/k8s\/pause:3\./);
  expect(() => NodeImage.stock({})).toThrow(/exactly one of name and id/);
  expect(() => NodeImage.stock({ name: 'a', kubernetesPackages: 'mirror' })).toThrow(/URL/);
  expect(() => NodeImage.stock({ name: 'a', kubernetesKey: 'mQINB' })).toThrow(/ASCII armor/);
});

test('what the kubelets have in common follows the CIS benchmark', () => {
  const configuration = kubeletConfiguration();
  expect(configuration).toMatchObject({
    authentication: { anonymous: { enabled: false }, webhook: { enabled: true }, x509: { clientCAFile: '/etc/kubernetes/pki/ca.crt' } },
    authorization: { mode: 'Webhook' },
    readOnlyPort: 0,
    protectKernelDefaults: true,
    rotateCertificates: true,
    tlsMinVersion: 'VersionTLS12',
    podPidsLimit: 4096,
    seccompDefault: true,
  });
  for (const cipher of configuration.tlsCipherSuites as string[]) expect(cipher).toMatch(/^TLS_ECDHE_.*(GCM|POLY1305)/);
});

test('snapshots: how many, and where to; a literal secret is refused', () => {
  expect(snapshotFiles('test/K8s')).toEqual([]);
  expect(snapshotFiles('test/K8s', { keep: 20 }, true)).toEqual([
    { path: '/etc/strata/etcd.env', content: 'STRATA_SNAPSHOT_KEEP="20"\nSTRATA_SLOW_DISK="allow"\n' },
  ]);
  const bucket = { url: 'https://s3.example.com/backups', accessKey: 'AK', secretKey: '${var.secret}' };
  const [file] = snapshotFiles('test/K8s', { bucket: { ...bucket, secretKey: Token.asString({ resolve: () => 'secret' }) } });
  expect(file).toMatchObject({ path: '/etc/strata/bucket.env', permissions: '0600' });
  // a shell reads the file: whatever the keys are made of, they are base64 there
  expect(file.content).toContain(`STRATA_BUCKET_ACCESS_KEY_BASE64="${Buffer.from('AK').toString('base64')}"`);
  expect(() => snapshotFiles('test/K8s', { bucket: { ...bucket, secretKey: 'hunter2' } })).toThrow(/sensitive variable/);
  expect(() => snapshotFiles('test/K8s', { bucket: { ...bucket, secretKey: 'hunter2' } })).not.toThrow(/hunter2/);
  expect(() => snapshotFiles('test/K8s', { keep: 1 })).toThrow(/keep/);
});
