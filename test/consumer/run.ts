/**
 * Proves the package as its users get it: compiles, packs, installs the tarball into empty apps, and synthesises the same programs there under
 * cdktf and under its fork cdktn. Needs npm alone. Prints a line a proof; the exit code tells whether all of them hold.
 *
 *   npm run consumer              everything
 *   npm run consumer -- --keep    the apps stay where they are, and their folder is printed
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { assertSound, type Block } from '../support/synth';

const { values: options } = parseArgs({ options: { keep: { type: 'boolean', default: false } } });
const root = join(__dirname, '..', '..');
const scratch = mkdtempSync(join(tmpdir(), 'strata-consumer-'));
const failures: string[] = [];

/** The lanes: what an app's package.json says besides the library. */
const LANES: Record<string, Block> = {
  cdktf: { dependencies: { cdktf: '^0.21.0', constructs: '^10.4.2' } },
  cdktn: {
    dependencies: { cdktf: 'npm:cdktn@0.24.0', constructs: '>=10.6.0 <10.8.0' },
    overrides: { cdktf: 'npm:cdktn@0.24.0' },
  },
};

/** The programs that every app synthesises: one of this test, and the examples as they are. */
const PROGRAMS = [
  'main',
  ...readdirSync(join(root, 'examples')).flatMap((name) => (existsSync(join(root, 'examples', name, 'main.ts')) ? [`examples/${name}/main`] : [])),
];

function run(folder: string, program: string, args: string[], environment: Block = {}): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    timeout: 600_000,
    env: {
      ...process.env,
      CHECKPOINT_DISABLE: '1',
      npm_config_audit: 'false',
      npm_config_fund: 'false',
      npm_config_update_notifier: 'false',
      ...environment,
    },
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}:\n${`${stdout}\n${stderr}`.trim().slice(-4000)}`);
  return stdout;
}

function prove<T>(what: string, proof: () => T): T | undefined {
  const began = Date.now();
  try {
    const result = proof();
    console.log(`ok      ${what}${typeof result === 'string' ? `: ${result}` : ''} (${((Date.now() - began) / 1000).toFixed(1)} s)`);
    return result;
  } catch (error) {
    failures.push(what);
    console.log(`FAILED  ${what}: ${(error as Error).message}`);
    return undefined;
  }
}

function expectNone(what: string, found: string[]): void {
  if (found.length > 0) throw new Error(`${what}: ${found.slice(0, 20).join(', ')}${found.length > 20 ? ` and ${found.length - 20} more` : ''}`);
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}

/** Compiles unless everything that is compiled is older than the assembly. */
function compile(): string {
  const assembly = join(root, '.jsii');
  const compiled = existsSync(assembly) ? statSync(assembly).mtimeMs : 0;
  const sources = filesBelow(join(root, 'lib')).filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'));
  const stale = sources.filter(
    (file) => statSync(join(root, 'lib', file)).mtimeMs > compiled || !existsSync(join(root, 'lib', file.replace(/\.ts$/, '.js'))),
  );
  if (stale.length === 0 && statSync(join(root, 'package.json')).mtimeMs <= compiled) return 'is compiled already';
  run(root, 'npx', ['projen', 'compile']);
  return `${sources.length} files`;
}

/** Packs as `npm publish` does, life-cycle scripts and all. */
function pack(): string {
  const [{ filename, size, unpackedSize, entryCount }] = JSON.parse(
    run(root, 'npm', ['pack', '--json', '--silent', '--pack-destination', scratch]).replace(/^[^[]*/, ''),
  );
  run(scratch, 'tar', ['xzf', filename]); // into package/
  const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
  writeFileSync(join(scratch, 'tarball'), filename);
  return `${filename}, ${megabytes(size)}, unpacked ${megabytes(unpackedSize)} in ${entryCount} files`;
}

function checkContents(): void {
  const all = filesBelow(join(scratch, 'package'));
  const files = all.filter((file) => !file.startsWith('node_modules/'));
  const { main: entry, types, bundledDependencies } = JSON.parse(readFileSync(join(scratch, 'package', 'package.json'), 'utf8'));
  expectNone(
    'is missing',
    [entry, types, '.jsii', 'LICENSE', 'README.md', ...bundledDependencies.map((name: string) => `node_modules/${name}/package.json`)].filter(
      (file) => !all.includes(file),
    ),
  );
  expectNone(
    'is of no use to users',
    files.filter((file) => !/^(lib\/|(package\.json|\.jsii|LICENSE|README\.md|CHANGELOG\.md|API\.md)$)/.test(file)),
  );
  expectNone(
    'is a source',
    files.filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts')),
  );
  // what a construct reads beside itself: scripts, data
  const beside = run(root, 'git', ['ls-files', 'lib'])
    .split('\n')
    .filter((file) => file !== '' && !file.endsWith('.ts'));
  expectNone(
    'is missing',
    beside.filter((file) => !files.includes(file)),
  );
  const modules = run(root, 'git', ['ls-files', 'lib'])
    .split('\n')
    .filter((file) => file.endsWith('.ts'));
  expectNone(
    'is missing',
    modules.flatMap((file) => [file.replace(/ts$/, 'js'), file.replace(/ts$/, 'd.ts')]).filter((file) => !files.includes(file)),
  );
  expectNone(
    'has a path of this machine in it',
    files.filter((file) => readFileSync(join(scratch, 'package', file), 'utf8').includes(root)),
  );
}

/** Members that are marked internal in the sources are not in the declarations. */
function checkDeclarations(): void {
  const lib = join(root, 'lib');
  let marked = 0;
  const left: string[] = [];
  for (const file of filesBelow(lib).filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts') && !name.startsWith('providers/'))) {
    const declarations = readFileSync(join(scratch, 'package', 'lib', file.replace(/\.ts$/, '.d.ts')), 'utf8');
    if (declarations.includes('@internal')) left.push(`${file}: @internal`);
    for (const [, name] of readFileSync(join(lib, file), 'utf8').matchAll(
      /@internal[^]*?\*\/\s*(?:(?:export|public|protected|static|readonly|abstract|async|get|set|const|function|interface|class|type|enum)\s+)*(\w+)/g,
    )) {
      marked++;
      if (new RegExp(`^\\s*(?!private)(?:\\w+ )*${name}\\b`, 'm').test(declarations)) left.push(`${file}: ${name}`);
    }
  }
  expectNone('is declared', left);
  if (marked === 0) throw new Error('no member is marked @internal: this proof proves nothing');
}

function install(lane: string): string {
  const app = join(scratch, lane);
  mkdirSync(app);
  const { dependencies, overrides } = LANES[lane];
  const tarball = join(scratch, readFileSync(join(scratch, 'tarball'), 'utf8'));
  const project = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const manifest = {
    name: 'app',
    private: true,
    dependencies: { ...dependencies, 'cdktf-strata': `file:${tarball}` },
    devDependencies: { typescript: project.devDependencies.typescript, '@types/node': project.devDependencies['@types/node'] },
    overrides,
  };
  writeFileSync(join(app, 'package.json'), JSON.stringify(manifest));
  run(app, 'npm', ['install', '--silent', '--prefer-offline']);
  const version = (name: string) => JSON.parse(readFileSync(join(app, 'node_modules', name, 'package.json'), 'utf8')).version;
  const copies = filesBelow(join(app, 'node_modules')).filter(
    (file) => /(^|\/)(cdktf|cdktn|constructs)\/package\.json$/.test(file) && !file.includes('/lib/'),
  );
  if (copies.length !== 2) throw new Error(`there must be one copy each of the framework and of constructs: ${copies.join(', ')}`);
  cpSync(join(__dirname, 'app'), app, { recursive: true });
  cpSync(join(root, 'examples'), join(app, 'examples'), { recursive: true, filter: (file) => !/\.(js|d\.ts)$/.test(file) });
  return `${JSON.parse(readFileSync(join(app, 'node_modules/cdktf/package.json'), 'utf8')).name} ${version('cdktf')}, constructs ${version('constructs')}`;
}

/** Compiles the programs against the declarations that the package ships, with every check on, libraries' declarations too. */
function typeCheck(lane: string): void {
  const compilerOptions = {
    strict: true,
    skipLibCheck: false,
    exactOptionalPropertyTypes: false,
    noUnusedLocals: true,
    target: 'ES2022',
    module: 'node16',
    moduleResolution: 'node16',
    esModuleInterop: true,
    types: ['node'],
  };
  writeFileSync(join(scratch, lane, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: PROGRAMS.map((program) => `${program}.ts`) }));
  run(join(scratch, lane), 'npx', ['--no-install', 'tsc', '-p', '.']);
}

/** Runs in the app: which of the library's bindings does this load? */
const LOADED = `Object.keys(require('module')._cache).filter((file) => /cdktf-strata\\/lib\\/providers\\//.test(file))`;

function checkLaziness(lane: string): void {
  const app = join(scratch, lane);
  const indexes: string[] = JSON.parse(run(app, 'node', ['-e', `require('cdktf-strata'); console.log(JSON.stringify(${LOADED}))`])).filter(
    (file: string) => /providers\/\w+\/index\.js$/.test(file),
  );
  expectNone('require loads', indexes);
  const script = `import { createRequire } from 'node:module'; import { Cidr, ironic, maas, openstack } from 'cdktf-strata';
    if (!Cidr.of || !openstack.provider.OpenstackProvider || !maas.provider.MaasProvider || !ironic.provider.IronicProvider) throw new Error('an export is missing');
    const require = createRequire(import.meta.url); console.log(JSON.stringify(${LOADED}))`;
  const modules: string[] = JSON.parse(run(app, 'node', ['--input-type=module', '-e', script]));
  if (modules.length > 100) throw new Error(`import loads ${modules.length} modules of bindings`);
}

type Stacks = Record<string, Block>;

function synthesise(lane: string, program: string): Stacks {
  const app = join(scratch, lane);
  const outdir = join(app, 'out', program);
  mkdirSync(outdir, { recursive: true });
  run(app, 'node', [`${program}.js`], { CDKTF_OUTDIR: outdir });
  const manifest: Block = JSON.parse(readFileSync(join(outdir, 'manifest.json'), 'utf8'));
  const stacks: Stacks = {};
  for (const [name, { synthesizedStackPath, dependencies }] of Object.entries<Block>(manifest.stacks)) {
    const text = readFileSync(join(outdir, synthesizedStackPath), 'utf8');
    const stack = JSON.parse(text.replaceAll(app, '<app>'));
    assertSound(name, stack);
    delete stack['//'].metadata.version; // the framework's own
    stacks[name] = { stack, dependencies };
  }
  if (Object.keys(stacks).length === 0) throw new Error('no stack was synthesised');
  return stacks;
}

/** Where two values differ first. */
function difference(one: unknown, other: unknown, path = ''): string {
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) {
    return `${path}: ${JSON.stringify(one)} and ${JSON.stringify(other)}`;
  }
  const keys = new Set([...Object.keys(one), ...Object.keys(other)]);
  const key = [...keys].find((name) => !isDeepStrictEqual((one as Block)[name], (other as Block)[name]))!;
  return difference((one as Block)[key], (other as Block)[key], `${path}/${key}`);
}

function main(): void {
  if (prove('compiles', compile) === undefined || prove('packs', pack) === undefined) return;
  prove('the tarball has what users need, and nothing else', checkContents);
  prove('internal members are not declared', checkDeclarations);
  const synthesised: Record<string, Record<string, Stacks | undefined>> = {};
  for (const lane of Object.keys(LANES)) {
    if (prove(`${lane}: installs`, () => install(lane)) === undefined) continue;
    prove(`${lane}: the root loads no provider's bindings`, () => checkLaziness(lane));
    prove(`${lane}: strict types of programs and libraries`, () => typeCheck(lane));
    synthesised[lane] = {};
    for (const program of PROGRAMS) {
      const stacks = prove(`${lane}: ${program} synthesises what is sound`, () => synthesise(lane, program));
      synthesised[lane][program] = stacks;
    }
  }
  const [one, other] = Object.keys(LANES);
  for (const program of PROGRAMS) {
    prove(`${program} is the same under ${one} and ${other}`, () => {
      const [a, b] = [synthesised[one]?.[program], synthesised[other]?.[program]];
      if (!a || !b) throw new Error('one of them is not there');
      if (!isDeepStrictEqual(a, b)) throw new Error(difference(a, b));
    });
  }
}

try {
  main();
} finally {
  if (options.keep) console.log(scratch);
  else rmSync(scratch, { recursive: true, force: true });
}
console.log(failures.length === 0 ? 'consumer: all proofs hold' : `consumer: ${failures.length} FAILED: ${failures.join('; ')}`);
process.exitCode = failures.length === 0 ? 0 : 1;
