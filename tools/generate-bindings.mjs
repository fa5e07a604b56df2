#!/usr/bin/env node
/**
 * Generates the TypeScript bindings in lib/providers/ from the provider schemas in schemas/. Runs after every `npm ci`; needs no Terraform.
 *
 * The schemas carry `provider_versions` for people and tests; the generator must not see it: it would pin every stack to that exact version.
 */
import { existsSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, statSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

process.env.CHECKPOINT_DISABLE = '1';
// The generator asks `terraform version` as it is loaded, for crash reports only, and prints whatever that complains of: it finds none.
process.env.TERRAFORM_BINARY_NAME = 'no-terraform-wanted';
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const require = createRequire(import.meta.url);
const providers = [
  { name: 'openstack', source: 'terraform-provider-openstack/openstack', version: '~> 3.4' },
  { name: 'ironic', source: 'metal3-community/ironic', version: '~> 1.0' },
  { name: 'maas', source: 'canonical/maas', version: '~> 2.4' },
];
const target = join(root, 'lib', 'providers');

const upToDate = () =>
  providers.every(({ name }) => {
    const index = join(target, name, 'index.ts');
    return existsSync(index) && statSync(index).mtimeMs >= statSync(join(root, 'schemas', `${name}.json`)).mtimeMs;
  });

if (!(process.argv.includes('--if-missing') && upToDate())) {
  const { CodeMaker, TerraformProviderConstraint, TerraformProviderGenerator } = require('@cdktf/provider-generator');
  const { ConstructsMakerProviderTarget, Language } = require('@cdktf/commons');
  for (const { name, source, version } of providers) {
    const { provider_versions: _, ...schema } = JSON.parse(readFileSync(join(root, 'schemas', `${name}.json`), 'utf8'));
    const generator = new TerraformProviderGenerator(new CodeMaker(), schema);
    generator.generate(new ConstructsMakerProviderTarget(new TerraformProviderConstraint({ name, source, version }), Language.TYPESCRIPT));
    const scratch = mkdtempSync(join(tmpdir(), 'strata-bindings-'));
    await generator.save(scratch);
    // The generator's own lazy index is for applications; in a library the root's getters do that (tools/lazy-exports.mjs).
    rmSync(join(scratch, 'providers', name, 'lazy-index.ts'), { force: true });
    mkdirSync(target, { recursive: true });
    rmSync(join(target, name), { recursive: true, force: true });
    move(join(scratch, 'providers', name), join(target, name));
    rmSync(scratch, { recursive: true, force: true });
    console.log(`lib/providers/${name}: ${readdirSync(join(target, name)).length - 1} modules (${source} ${version})`);
  }
}

/** Renames, or copies where the temporary folder is another file system. */
function move(from, to) {
  try {
    renameSync(from, to);
  } catch (error) {
    if (error.code !== 'EXDEV') throw error;
    require('node:fs').cpSync(from, to, { recursive: true });
  }
}
