import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..');
const ADDONS = join(ROOT, 'lib', 'kubernetes', 'addons');
/** No add-ons: what they share, and what tells of them. */
const OTHERS = ['chart-addon', 'cluster-addons', 'private'];

const folders = readdirSync(ADDONS, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !OTHERS.includes(entry.name))
  .map(({ name }) => name);

test.each(folders)('%s has a page that says what it needs, an example, its options, and how to see that it works', (name) => {
  const page = readFileSync(join(ROOT, 'docs', `${name}.md`), 'utf8');
  expect(page).toMatch(/^Needs: /m);
  expect(page).toMatch(/^```ts\n[^]+?\n```$/m);
  expect(page).toMatch(/Options?:|^\| (option|of a class|section|the cluster's)/m);
  expect(page).toMatch(/^How to see that it works: /m);
});

test('there are add-ons', () => expect(folders.length).toBeGreaterThan(15));
