import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { HostInventory } from '../../lib/bare-metal/host-inventory';
import { inventorySchema } from '../../lib/bare-metal/inventory-reader';

const published = JSON.parse(readFileSync(join(__dirname, '../../lib/bare-metal/hosts.schema.json'), 'utf8'));
const data = (path: string) => parse(readFileSync(join(__dirname, path), 'utf8'));
// ESLint brings it along; what is published doesn't need it
// eslint-disable-next-line import/no-extraneous-dependencies, @typescript-eslint/no-require-imports
const Ajv = require('ajv');
const validate = new Ajv({ allErrors: true, schemaId: 'auto' }).compile(published);

test('the file that is published is what the reader knows', () => {
  // after a change of the fields: write JSON.stringify(inventorySchema(), null, 2) into the file
  expect(published).toEqual(JSON.parse(JSON.stringify(inventorySchema())));
});

test('every field is described to the editor', () => {
  const nameless: string[] = [];
  const walk = (schema: any, path: string) => {
    for (const [name, inner] of Object.entries<any>(schema?.properties ?? {})) {
      if (!inner.description && !inner.oneOf) nameless.push(`${path}.${name}`);
      walk(inner, `${path}.${name}`);
      walk(inner.items, `${path}.${name}[]`);
    }
  };
  walk(published, '');
  expect(nameless).toEqual([]);
});

test.each(['good.yaml', '../../examples/platform-from-bare-metal/hosts.yaml', '../conformance/apps/hosts.yaml'])('%s is valid', (file) => {
  validate(data(file));
  expect(validate.errors).toBeNull();
});

test('what an inventory writes of itself is valid, and reads as the same', () => {
  const inventory = HostInventory.fromFile(join(__dirname, 'good.yaml'));
  validate(parse(inventory.toYaml()));
  expect(validate.errors).toBeNull();
});

/** An editor sees a field at a time: what only the whole tells is the reader's. */
const SEEN = ['unknown-field', 'missing-address', 'text-for-number', 'number-for-text', 'bmc-protocol', 'boot-mode', 'hint-unknown', 'hint-type', 'hint-size', 'raid-level', 'bond-mode', 'password-in-the-file']; // prettier-ignore

test.each(SEEN)('an editor marks %s', (name) => {
  expect(validate(data(`broken/${name}.yaml`))).toBe(false);
});

test('what the reader takes, an editor never marks', () => {
  const bad = readdirSync(join(__dirname, 'broken')).filter((name) => /^[^.]+\.yaml$/.test(name) && name !== 'tab.yaml');
  const refused = bad.filter((name) => !validate(data(`broken/${name}`)));
  expect(refused.length).toBeGreaterThanOrEqual(SEEN.length);
});
