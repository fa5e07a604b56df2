import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const lock = JSON.parse(readFileSync(join(__dirname, '../../package-lock.json'), 'utf8'));
const packages = Object.entries<{ optionalDependencies?: Record<string, string>; resolved?: string }>(lock.packages);

/** Whether a package that `from` depends on is in the lock file, at any place where Node would find it. */
function isLocked(from: string, name: string): boolean {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    if (`${folder === '' ? '' : `${folder}/`}node_modules/${name}` in lock.packages) return true;
    if (folder === '') return false;
  }
}

test('the lock file has the binaries of every platform: `npm ci` refuses one that lacks any', () => {
  const missing = packages.flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies)
      .filter((name) => !isLocked(path, name))
      .map((name) => `${name} of ${path}`),
  );
  expect(missing).toEqual([]);
});

test('the lock file names no registry', () => {
  expect(packages.filter(([path, { resolved }]) => path !== '' && resolved !== undefined)).toEqual([]);
});
