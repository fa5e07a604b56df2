import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Testing, TerraformStack, TerraformVariable } from 'cdktf';
import { LoadBalancerProvider } from '../../lib/contracts/openstack-cloud';
import { OpenStackCloud, OpenStackCloudAttributes } from '../../lib/openstack/openstack-cloud';
import { synthStack } from '../support/synth';

const ATTRIBUTES: OpenStackCloudAttributes = {
  authUrl: 'https://keystone.example.com:5000/v3',
  region: 'RegionOne',
  externalNetworkName: 'public',
  zones: [
    { compute: 'az1', volume: 'nova' },
    { compute: 'az2', volume: 'nova' },
  ],
  loadBalancerProvider: LoadBalancerProvider.AMPHORA,
  tenantNetworkMtu: 1442,
};
const make = (attributes: Partial<OpenStackCloudAttributes> = {}) =>
  OpenStackCloud.fromCloudAttributes(new TerraformStack(Testing.app(), 'cluster'), 'Cloud', { ...ATTRIBUTES, ...attributes });

test('gives back what is known, and creates nothing', () => {
  expect(make()).toMatchObject({ ...ATTRIBUTES, ready: [], computeHostCount: undefined });
  const { json } = synthStack((stack) => void OpenStackCloud.fromCloudAttributes(stack, 'Cloud', ATTRIBUTES));
  expect(json.resource).toBeUndefined();
});

test.each<[string, Partial<OpenStackCloudAttributes>, RegExp]>([
  [
    'a URL without /v3',
    { authUrl: 'https://keystone.example.com:5000' },
    /authUrl must be the http or https address of Keystone and end in \/v3, got "https:\/\/keystone\.example\.com:5000"; write it as/,
  ],
  ['a URL of another scheme', { authUrl: 'ftp://keystone.example.com/v3' }, /authUrl must be/],
  ['no region', { region: '' }, /region must have 1 to 255 characters/],
  ['no external network', { externalNetworkName: '' }, /externalNetworkName must have/],
  ['no zones', { zones: [] }, /zones must not be empty/],
  [
    'a zone with a space',
    { zones: [{ compute: 'rack 1', volume: 'nova' }] },
    /compute zone must be letters, digits.*got "rack 1"; use a zone of such a name: Kubernetes labels carry it/,
  ],
  ['a volume zone with a slash', { zones: [{ compute: 'az1', volume: 'a/b' }] }, /volume zone must be/],
  ['a zone that is there twice', { zones: [ATTRIBUTES.zones[0], ATTRIBUTES.zones[0]] }, /compute zone must be unique, got "az1"/],
  ['an MTU under 1280', { tenantNetworkMtu: 1200 }, /tenantNetworkMtu must be a whole number of bytes from 1280.*got 1200/],
  ['no hypervisors', { computeHostCount: 0 }, /computeHostCount must be a whole number from 1/],
  ['a bad CIDR', { hostCidrs: ['10.0.0.0/33'] }, /hostCidrs has a prefix length/],
  ['a CA that is none', { caCertificatePem: 'ca.pem' }, /caCertificatePem must be a certificate in PEM/],
])('%s is an error that names the cloud', (_, attributes, message) => {
  expect(() => make(attributes)).toThrow(message);
  expect(() => make(attributes)).toThrow(/^cluster\/Cloud: /);
});

test('a key in the CA is refused and not repeated', () => {
  const key = '-----BEGIN PRIVATE KEY-----\nMIIEvQ\n-----END PRIVATE KEY-----';
  expect(() => make({ caCertificatePem: key })).toThrow('caCertificatePem holds a private key');
  expect(() => make({ caCertificatePem: key })).not.toThrow('MIIEvQ');
});

test('references pass: Terraform will judge them', () => {
  const stack = new TerraformStack(Testing.app(), 'cluster');
  const { stringValue, numberValue } = new TerraformVariable(stack, 'v', {});
  const attributes = {
    authUrl: stringValue,
    region: stringValue,
    externalNetworkName: stringValue,
    zones: [{ compute: stringValue, volume: stringValue }],
  };
  const numbers = { tenantNetworkMtu: numberValue, computeHostCount: numberValue, hostCidrs: [stringValue], caCertificatePem: stringValue };
  expect(() => OpenStackCloud.fromCloudAttributes(stack, 'Cloud', { ...ATTRIBUTES, ...attributes, ...numbers })).not.toThrow();
});

describe('fromCloudsYaml', () => {
  const folder = mkdtempSync(join(tmpdir(), 'clouds-'));
  const write = (text: string) => {
    const file = join(folder, 'clouds.yaml');
    writeFileSync(file, text);
    return file;
  };
  const entry = (lines: string) =>
    `clouds:\n  prod:\n    auth: { auth_url: 'https://k.example.com:5000', username: u, password: s3cret-word }\n${lines}`;
  const pem = '-----BEGIN CERTIFICATE-----\nnone\n-----END CERTIFICATE-----\n';

  test('tells URL, region and CA, and nothing of the login', () => {
    writeFileSync(join(folder, 'ca.crt'), pem);
    const known = OpenStackCloud.fromCloudsYaml(write(entry('    region_name: One\n    cacert: ca.crt\n')), 'prod');
    expect(known).toEqual({ authUrl: 'https://k.example.com:5000/v3', region: 'One', caCertificatePem: pem });
    expect(make(known)).toMatchObject({ ...known, externalNetworkName: 'public' });
  });

  test.each([
    ['regions: [Two, Three]', 'Two'],
    ['regions: [{ name: Four }]', 'Four'],
  ])('%s', (line, region) => expect(OpenStackCloud.fromCloudsYaml(write(entry(`    ${line}\n`)), 'prod')).toMatchObject({ region }));

  test.each([
    ['another entry', entry('    region_name: One\n'), 'prdo', /there is no such entry below "clouds", got "prdo"; did you mean prod/],
    ['a name that every object has', entry(''), 'constructor', /there is no such entry/],
    ['no region', entry(''), 'prod', /prod: the entry has no region_name/],
    ['no URL', 'clouds: { prod: { profile: vexxhost } }', 'prod', /the entry has no auth\.auth_url/],
    ['no YAML', 'clouds: [s3cret-word', 'prod', /the file is no YAML/],
    ['another file', 'a: b', 'prod', /has a mapping "clouds"/],
    ['a CA that is missing', entry('    region_name: One\n    cacert: none.crt\n'), 'prod', /cacert none\.crt: the file can't be read \(ENOENT\)/],
  ])('refuses %s', (_, text, name, message) => {
    const file = write(text);
    expect(() => OpenStackCloud.fromCloudsYaml(file, name)).toThrow(message);
    expect(() => OpenStackCloud.fromCloudsYaml(file, name)).not.toThrow(/s3cret-word/);
  });

  test('refuses a file that is missing', () =>
    expect(() => OpenStackCloud.fromCloudsYaml('/none/clouds.yaml', 'prod')).toThrow(/^\/none\/clouds\.yaml: the file can't be read \(ENOENT\)/));
});
