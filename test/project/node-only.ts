import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const root = join(__dirname, '..', '..');

/** A folder of the test's own, under the system's temporary folder. */
export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'strata-test-'));
}

/** Runs node with nothing else on the PATH and an empty home: no terraform, no shell, no npm. */
export function runNodeOnly(
  folder: string,
  args: string[],
  environment: Record<string, string> = {},
): { status: number | null; stdout: string; stderr: string } {
  const bin = mkdtempSync(join(tmpdir(), 'strata-bin-'));
  symlinkSync(process.execPath, join(bin, 'node'));
  const home = join(bin, 'home');
  mkdirSync(home);
  return spawnSync(join(bin, 'node'), args, { cwd: folder, encoding: 'utf8', timeout: 120_000, env: { PATH: bin, HOME: home, ...environment } });
}

/** The same for a TypeScript file of the project, with `cdktf-strata` being its sources. */
export function runTypeScript(folder: string, file: string, environment: Record<string, string> = {}) {
  const preloaded = ['--require', join(root, 'tools', 'sources-first.cjs'), '--import', require.resolve('tsx')];
  return runNodeOnly(folder, [...preloaded, file], { TSX_TSCONFIG_PATH: join(root, 'tsconfig.dev.json'), ...environment });
}
