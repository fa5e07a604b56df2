import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { HelmProvider } from '@cdktf/provider-helm/lib/provider';
import { KubernetesProvider } from '@cdktf/provider-kubernetes/lib/provider';
import { RandomProvider } from '@cdktf/provider-random/lib/provider';
import { TlsProvider } from '@cdktf/provider-tls/lib/provider';
import { App, TerraformProvider, TerraformStack } from 'cdktf';
import { root, runNodeOnly, temporaryFolder } from './node-only';
import { widenProviderRanges } from '../../lib/core/provider-ranges';
import { IronicProvider } from '../../lib/providers/ironic/provider';
import { MaasProvider } from '../../lib/providers/maas/provider';
import { OpenstackProvider } from '../../lib/providers/openstack/provider';
import { synthStack } from '../support/synth';
import { findExactVersions } from '../support/versions';

describe('generation of the bindings', () => {
  const folder = temporaryFolder();
  const generate = (...args: string[]) => runNodeOnly(folder, [join(folder, 'tools', 'generate-bindings.mjs'), ...args]);

  beforeAll(() => {
    for (const part of ['tools', 'schemas']) cpSync(join(root, part), join(folder, part), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    mkdirSync(join(folder, 'lib'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('needs node alone, says what it made and complains of nothing', () => {
    const { status, stdout, stderr } = generate();
    expect(stderr).toBe('');
    expect(stdout.trim().split('\n')).toEqual([
      expect.stringMatching(/^lib\/providers\/openstack: 170 modules \(terraform-provider-openstack\/openstack ~> 3\.4\)$/),
      expect.stringMatching(/^lib\/providers\/ironic: \d+ modules/),
      expect.stringMatching(/^lib\/providers\/maas: \d+ modules/),
    ]);
    expect(status).toBe(0);
  });

  test('makes a module of every resource and data source in the schema', () => {
    const { resource_schemas: resources, data_source_schemas: data } = Object.values<any>(
      JSON.parse(readFileSync(join(root, 'schemas', 'openstack.json'), 'utf8')).provider_schemas,
    )[0];
    const folders = [...Object.keys(resources), ...Object.keys(data).map((name) => `data_${name}`)].map((name) =>
      name.replace(/^openstack_/, '').replace(/_/g, '-'),
    );
    const made = readdirSync(join(folder, 'lib', 'providers', 'openstack'));
    expect(made.filter((name) => name !== 'index.ts' && name !== 'provider').sort()).toEqual(folders.sort());
  });

  test('makes them again only where they are missing or older than the schema', () => {
    const index = join(folder, 'lib', 'providers', 'maas', 'index.ts');
    const before = statSync(index).mtimeMs;
    expect(generate('--if-missing').stdout).toBe('');
    expect(statSync(index).mtimeMs).toBe(before);
    const later = new Date(Date.now() + 60_000);
    utimesSync(join(folder, 'schemas', 'maas.json'), later, later);
    expect(generate('--if-missing').stdout).toContain('lib/providers/maas');
    expect(existsSync(index)).toBe(true);
  });
});

describe('versions of providers', () => {
  const { json } = synthStack((stack) => {
    new OpenstackProvider(stack, 'openstack', {});
    new IronicProvider(stack, 'ironic', { url: 'http://[::1]:6385', microversion: '1.82' });
    new MaasProvider(stack, 'maas', {});
    new KubernetesProvider(stack, 'kubernetes', {});
    new HelmProvider(stack, 'helm', {});
    new TlsProvider(stack, 'tls', {});
    new RandomProvider(stack, 'random', {});
    widenProviderRanges(stack);
  });

  test('ours are ranges by generation', () => {
    const { openstack, ironic, maas } = json.terraform.required_providers;
    expect(openstack).toEqual({ source: 'terraform-provider-openstack/openstack', version: '~> 3.4' });
    expect(ironic.version).toBe('~> 1.0');
    expect(maas.version).toBe('~> 2.4');
  });

  test('those of prebuilt bindings are widened', () => {
    const { kubernetes, helm, tls, random } = json.terraform.required_providers;
    for (const { version } of [kubernetes, helm, tls, random]) expect(version).toMatch(/^~> \d+\.\d+$/);
    expect(findExactVersions(json)).toEqual([]);
  });

  test('what is checked against is what is bound', () => {
    const stack = new TerraformStack(new App(), 'bound');
    const bound: Record<string, TerraformProvider> = {
      kubernetes: new KubernetesProvider(stack, 'kubernetes', {}),
      helm: new HelmProvider(stack, 'helm', {}),
      tls: new TlsProvider(stack, 'tls', {}),
      random: new RandomProvider(stack, 'random', {}),
    };
    const versions = Object.entries(bound).map(([name, provider]) => {
      const schema = JSON.parse(readFileSync(join(root, 'schemas', `${name}.json`), 'utf8')).provider_versions;
      return [name, provider.terraformGeneratorMetadata!.providerVersion!, schema[`registry.terraform.io/hashicorp/${name}`]];
    });
    expect(versions.find(([name]) => name === 'kubernetes')).toEqual(['kubernetes', '2.38.0', '2.38.0']);
    // A later minor knows all that an earlier one does.
    for (const [name, binding, schema] of versions) expect([name, schema.split('.')[0]]).toEqual([name, binding.split('.')[0]]);
  });
});
