/**
 * Runs the test files that hold property tests, each time with another seed, and stops at the first that fails.
 *
 *   npm run fuzz          ten times
 *   npm run fuzz -- 100   a hundred times
 */
import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '..', '..');
const times = Number(process.argv[2] ?? 10);
const files = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.test.ts'))
  .map((file) => join('test', file))
  .filter((file) => readFileSync(join(root, file), 'utf8').includes("'fast-check'"));

for (let time = 1; time <= times; time += 1) {
  const seed = randomInt(2 ** 31);
  console.log(`=== ${time} of ${times}: FC_SEED=${seed}`);
  const { status } = spawnSync(process.execPath, [join(root, 'node_modules', 'jest', 'bin', 'jest.js'), '--ci', '--silent', ...files], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, FC_SEED: String(seed) },
  });
  if (status !== 0) {
    process.exitCode = 1;
    break;
  }
}
