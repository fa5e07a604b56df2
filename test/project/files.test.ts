import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root, runNodeOnly, temporaryFolder } from './node-only';

const read = (file: string) => readFileSync(join(root, file), 'utf8');

function tracked(): string[] {
  return spawnSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8' })
    .stdout.split('\n')
    .filter(Boolean);
}

test('the files that projen writes are those that .projenrc.ts asks for', () => {
  const folder = temporaryFolder();
  try {
    const managed: string[] = [...JSON.parse(read('.projen/files.json')).files, 'package.json', '.npmignore'];
    for (const file of [...managed, '.projenrc.ts', 'package-lock.json']) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      cpSync(join(root, file), join(folder, file));
    }
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    const { status, stderr } = runNodeOnly(folder, ['--import', require.resolve('tsx'), '.projenrc.ts'], { PROJEN_DISABLE_POST: 'true' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const differing = managed.filter((file) => readFileSync(join(folder, file), 'utf8') !== read(file));
    expect(differing).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('the package has its entry points and stays in wide ranges', () => {
  const manifest = JSON.parse(read('package.json'));
  expect(manifest).toMatchObject({
    name: 'cdktf-strata',
    main: 'lib/index.js',
    types: 'lib/index.d.ts',
    license: 'Apache-2.0',
    engines: { node: '>= 20.9.0' },
  });
  expect(manifest.jsii).toMatchObject({ outdir: 'dist', tsconfig: 'tsconfig.json' });
  expect(JSON.parse(read('tsconfig.json')).compilerOptions.stripInternal).toBe(true);
  expect(Object.keys(manifest.peerDependencies)).toEqual(expect.arrayContaining(['cdktf', 'constructs', '@cdktf/provider-kubernetes']));
  for (const [name, range] of Object.entries({ ...manifest.peerDependencies, ...manifest.dependencies })) {
    expect([name, range]).toEqual([name, expect.stringMatching(/^\^/)]);
  }
  // Whatever is needed at run time and isn't a peer travels with the package.
  expect(manifest.bundledDependencies.sort()).toEqual(Object.keys(manifest.dependencies).sort());
});

test('npm packs scripts and data beside the constructs, and no sources, tests, schemas', () => {
  const { status, stdout } = spawnSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts', '--silent'], { cwd: root, encoding: 'utf8' });
  expect(status).toBe(0);
  const packed: string[] = JSON.parse(stdout)[0]
    .files.map(({ path }: { path: string }) => path)
    .filter((path: string) => !path.startsWith('node_modules/'));
  const beside = tracked().filter((file) => file.startsWith('lib/') && !file.endsWith('.ts'));
  expect(beside.filter((file) => !packed.includes(file))).toEqual([]);
  const allowed = /^(lib\/.*|package\.json|LICENSE|README\.md|CHANGELOG\.md|\.jsii)$/;
  expect(packed.filter((file) => !allowed.test(file) || (file.endsWith('.ts') && !file.endsWith('.d.ts')))).toEqual([]);
});

test('the README leads to every page and every example', () => {
  const pages = tracked().filter((file) => /^docs\/[^/]+\.md$|^examples\/[^/]+\/README\.md$/.test(file));
  const readme = read('README.md');
  expect(pages.map((file) => file.replace(/\/README\.md$/, '')).filter((page) => !readme.includes(`](${page})`))).toEqual([]);
});

test('nothing that is generated is in git', () => {
  expect(tracked().filter((file) => /^lib\/(providers\/|.*\.(js|d\.ts)$)|^\.jsii$|cdktf\.out|\.terraform|tfstate/.test(file))).toEqual([]);
});

test('no source speaks of this machine, and none has work left over', () => {
  // the definitions of VolumeSnapshot are released text of others
  const others = /^package-lock\.json$|^test\/project\/files\.test\.ts$|\/definitions-chart\/files\//;
  const texts = tracked().filter((file) => /\.(ts|mjs|cjs|js|sh|py|md|ya?ml|json)$/.test(file) && !others.test(file));
  const patterns = [new RegExp(`${root}(/|\\b)`), /\b(TODO|FIXME|XXX)\b/];
  expect(texts.filter((file) => patterns.some((pattern) => pattern.test(read(file))))).toEqual([]);
});
