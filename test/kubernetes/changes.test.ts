import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Testing } from 'cdktf';
import { build, CASES, STEPS } from '../conformance/life/rows';

/** The first cells of the table, as they are read. */
function rows(): string[] {
  const lines = readFileSync(join(__dirname, '..', '..', 'docs', 'changes.md'), 'utf8').split('\n');
  const first = lines.findIndex((line) => /^\|-+\|-+\|$/.test(line)) + 1;
  const table = lines.slice(first, lines.indexOf('', first));
  return table.map((line) => line.split('|')[1].replace(/`/g, '').trim());
}

test('every row of the table of changes is planned against a real OpenStack, and every case is in the table', () => {
  const proven = [...Object.values(CASES), ...Object.values(STEPS)].flatMap(({ row }) => row ?? []);
  expect(rows().length).toBeGreaterThan(20);
  expect([...new Set(proven)].sort()).toEqual(rows().sort());
});

test('every case synthesises', () => {
  const app = Testing.app();
  build(app);
  expect(app.node.children).toHaveLength(Object.keys({ ...CASES, ...STEPS }).length);
});
