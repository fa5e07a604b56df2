import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { HostInventory } from '../../lib/bare-metal/host-inventory';
import { NetworkRole } from '../../lib/contracts/host';

const folder = join(__dirname, 'broken');

function read(name: string): HostInventory {
  const file = join(folder, name);
  if (name.includes('.bifrost.')) return HostInventory.fromBifrost(file);
  if (name.includes('.metal3.')) return HostInventory.fromMetal3(file);
  if (name.includes('.maas.')) return HostInventory.fromMaas(file);
  return HostInventory.fromFile(file, name.endsWith('.csv') ? { networks: [{ role: NetworkRole.INTERNAL_API, cidr: '10.10.0.0/24' }] } : {});
}

/** What is said of each file. */
const expected: { readonly [file: string]: string } = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8'));
const files = readdirSync(folder).filter((name) => name !== 'expected.json');

test('each broken file has its message, and each message its file', () => {
  expect(files.sort()).toEqual(Object.keys(expected).sort());
  expect(files.length).toBeGreaterThanOrEqual(30);
});

test('what they were broken from is good', () => {
  expect(HostInventory.fromFile(join(__dirname, 'good.yaml')).hosts).toHaveLength(1);
});

test.each(files)('%s', (name) => {
  let message = 'nothing';
  try {
    read(name);
  } catch (error) {
    message = (error as Error).message.replaceAll(`${folder}/`, '');
  }
  expect(message).toBe(expected[name]);
  expect(message).not.toContain('hunter2');
});
