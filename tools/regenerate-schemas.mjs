#!/usr/bin/env node
/**
 * Writes schemas/<name>.json anew from a real provider: `npx projen schema [name ...]`. For maintainers, with terraform and internet.
 * Descriptions are dropped: what is kept are names and types, sorted, so that a provider update shows as a small diff.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const sources = {
  openstack: { source: 'terraform-provider-openstack/openstack', version: '~> 3.4' },
  ironic: { source: 'metal3-community/ironic', version: '~> 1.0' },
  maas: { source: 'canonical/maas', version: '~> 2.4' },
  kubernetes: { source: 'hashicorp/kubernetes', version: '~> 2.38' },
  helm: { source: 'hashicorp/helm', version: '~> 3.1' },
  tls: { source: 'hashicorp/tls', version: '~> 4.1' },
  random: { source: 'hashicorp/random', version: '~> 3.7' },
};
const wanted = process.argv.slice(2).length > 0 ? process.argv.slice(2) : Object.keys(sources);
const terraform = process.env.TERRAFORM_BINARY_NAME ?? 'terraform';

const prune = (value) => {
  if (Array.isArray(value)) return value.map(prune);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, inner]) => !(['description', 'description_kind'].includes(key) && typeof inner === 'string'))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      // A type is text or a list; members of an object type may be named like anything, `description` included.
      .map(([key, inner]) => [key, key === 'type' && (typeof inner === 'string' || Array.isArray(inner)) ? inner : prune(inner)]),
  );
};

for (const name of wanted) {
  if (!(name in sources)) throw new Error(`no provider "${name}": one of ${Object.keys(sources).join(', ')}`);
  const folder = mkdtempSync(join(tmpdir(), `strata-schema-${name}-`));
  try {
    writeFileSync(join(folder, 'main.tf.json'), JSON.stringify({ terraform: { required_providers: { [name]: sources[name] } } }));
    const run = (...args) => execFileSync(terraform, [`-chdir=${folder}`, ...args], { encoding: 'utf8', maxBuffer: 1 << 29 });
    run('init', '-backend=false', '-input=false');
    const schema = JSON.parse(run('providers', 'schema', '-json'));
    const { provider_selections: versions } = JSON.parse(run('version', '-json'));
    const own = Object.keys(schema.provider_schemas).filter((key) => key.endsWith(sources[name].source));
    writeFileSync(
      join(root, 'schemas', `${name}.json`),
      JSON.stringify(
        prune({
          format_version: schema.format_version,
          provider_schemas: Object.fromEntries(own.map((key) => [key, schema.provider_schemas[key]])),
          provider_versions: versions,
        }),
      ) + '\n',
    );
    console.log(`schemas/${name}.json: ${JSON.stringify(versions)}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
