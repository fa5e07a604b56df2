/**
 * Runs the tests under the other supported versions of Node. Their binaries come from the npm package `node`; nothing is installed on the machine.
 *
 *   npm run test:lanes                     the whole suite under Node 22 and 24
 *   npm run test:lanes -- 24 test/core     one version, and what to run
 */
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';

const VERSIONS = ['22', '24'];
/** A lane that hangs is stopped, and has failed. */
const LIMIT_MINUTES = 10;

const root = join(__dirname, '..', '..');
const words = process.argv.slice(2);
const wanted = words.filter((word) => /^\d+$/.test(word));
const tests = words.filter((word) => !/^\d+$/.test(word));

/** The binary of a version of Node, and what it calls itself. */
function nodeOf(version: string): { readonly path: string; readonly name: string } {
  const script = 'console.log(process.version, process.execPath)';
  const { status, stdout, stderr } = spawnSync('npx', ['--yes', '--package', `node@${version}`, 'node', '-e', script], {
    cwd: root,
    encoding: 'utf8',
  });
  const [name, path] = stdout.trim().split(' ');
  if (status !== 0 || !name.startsWith(`v${version}.`)) throw new Error(`npx gave no node ${version}, but ${name || 'nothing'}: ${stderr}`);
  return { path, name };
}

const failed: string[] = [];
for (const version of wanted.length > 0 ? wanted : VERSIONS) {
  const began = Date.now();
  const { path, name } = nodeOf(version);
  console.log(`=== node ${name}`);
  const { status, error } = spawnSync(path, [join(root, 'node_modules', 'jest', 'bin', 'jest.js'), '--ci', '--silent', ...tests], {
    cwd: root,
    stdio: 'inherit',
    timeout: LIMIT_MINUTES * 60_000,
    // programs that tests start are of the same version
    env: { ...process.env, PATH: `${dirname(path)}:${process.env.PATH}` },
  });
  if (error) console.log(`node ${version}: ${error.message}`);
  if (status !== 0) failed.push(version);
  console.log(`${status === 0 ? 'ok    ' : 'FAILED'}  node ${name} (${Math.round((Date.now() - began) / 1000)} s)`);
}
process.exitCode = failed.length === 0 ? 0 : 1;
