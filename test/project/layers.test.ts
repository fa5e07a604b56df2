import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { rules } from '@typescript-eslint/eslint-plugin';
import { loadESLint } from 'eslint';
import { root } from './node-only';

/** What ESLint says of a text if it stood in this file. Rules that need types are left out: they don't concern boundaries. */
async function lint(file: string, text: string): Promise<string[]> {
  const LegacyESLint = await loadESLint({ useFlatConfig: false });
  const typed = Object.keys(rules).filter((name) => (rules as Record<string, any>)[name].meta.docs?.requiresTypeChecking);
  const eslint = new LegacyESLint({
    cwd: root,
    overrideConfig: {
      parserOptions: { project: null },
      rules: Object.fromEntries(typed.map((name) => [`@typescript-eslint/${name}`, 'off'])),
    } as any,
  });
  const [{ messages }] = await eslint.lintText(text, { filePath: join(root, file) });
  return messages.map(({ ruleId, message }) => `${ruleId}: ${message}`);
}

/** A module of a layer, for a file in another layer to import. */
function moduleOf(layer: string): string {
  const [file] = readdirSync(join(root, 'lib', layer)).filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts') && name !== 'index.ts');
  return `../${layer}/${file.replace(/\.ts$/, '')}`;
}

const BOUNDARY = 'import/no-restricted-paths';
const imports = (path: string) => `import * as other from '${path}';\n\nexport const planted = other;\n`;

test.each([
  ['core', 'contracts'],
  ['contracts', 'nova'],
  ['bare-metal', 'openstack'],
  ['openstack', 'bare-metal'],
  ['openstack', 'nova'],
  ['nova', 'openstack'],
  ['nova', 'bare-metal'],
  ['nova', 'kubernetes'],
  ['kubernetes', 'openstack'],
  ['kubernetes', 'bare-metal'],
  ['kubernetes', 'workloads'],
  ['workloads', 'kubernetes'],
  ['workloads', 'nova'],
  ['workloads', 'platform'],
  ['nova', 'platform'],
])('%s may not import %s', async (layer, other) => {
  const found = await lint(`lib/${layer}/planted.ts`, imports(moduleOf(other)));
  expect(found.join('\n')).toContain(
    `${BOUNDARY}: Unexpected path "${moduleOf(other)}" imported in restricted zone. ${layer}/ must not know ${other}/`,
  );
});

test.each([
  ['nova', 'core'],
  ['nova', 'contracts'],
  ['kubernetes', 'nova'],
  ['workloads', 'contracts'],
  ['platform', 'kubernetes'],
  ['platform', 'bare-metal'],
])('%s may import %s', async (layer, other) => {
  expect(await lint(`lib/${layer}/planted.ts`, imports(moduleOf(other)))).toEqual([]);
});

test('constructs import bindings by deep path', async () => {
  expect(await lint('lib/nova/planted.ts', imports('../providers/openstack/compute-instance-v2'))).toEqual([]);
  expect(await lint('lib/nova/planted.ts', imports('@cdktf/provider-tls/lib/private-key'))).toEqual([]);
  expect((await lint('lib/nova/planted.ts', imports('@cdktf/provider-tls'))).join()).toContain('no-restricted-imports');
});

test.each([
  ["import { Fn } from 'cdktf';\n\nexport const planted = Fn.rawString('a');\n", 'use TemplateText'],
  ["import { Fn } from 'cdktf';\n\nexport const planted = Fn.yamlencode({});\n", 'use TemplateText'],
  ["import { DataResource } from 'cdktf';\n\nexport const planted = (scope: any) => new DataResource(scope, 'a');\n", 'use StepResource'],
])('what loses references or needs Terraform: %s', async (text, message) => {
  expect((await lint('lib/nova/planted.ts', text)).join()).toContain(message);
});
