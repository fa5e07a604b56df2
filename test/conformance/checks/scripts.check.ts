import * as path from 'node:path';
import type { Check } from '../harness/check';
import { run, tail } from '../harness/process';

const root = path.join(__dirname, '..', '..', '..');

/** Every shell script that git knows, or would know: by its name, or by its first line. */
async function scripts(): Promise<string[]> {
  const list = async (...args: string[]) =>
    (await run('git', ['-C', root, '-c', `safe.directory=${root}`, ...args])).stdout.split('\0').filter(Boolean);
  const byName = await list('ls-files', '-z', '--cached', '--others', '--exclude-standard', '*.sh');
  const byShebang = await list(
    'grep',
    '-z',
    '--untracked',
    '-l',
    '-I',
    '-E',
    '^#!(/usr)?/bin/(env )?(ba)?sh( |$)',
    '--',
    ':!*.sh',
    ':!*.ts',
    ':!*.md',
  ).catch(() => []);
  const found = [...new Set([...byName, ...byShebang])].sort();
  if (found.length === 0) throw new Error('there are no shell scripts, which can only be a mistake of this check');
  return found;
}

export const checks: readonly Check[] = [
  {
    name: 'every shell script passes shellcheck',
    needs: ['shellcheck'],
    run: async (context) => {
      const found = await scripts();
      context.log(`${found.length} scripts`);
      await run(context.value('SHELLCHECK'), ['--external-sources', '--source-path=SCRIPTDIR', '--format=gcc', ...found], { cwd: root });
    },
  },
  {
    name: 'every shell script is read by its shell without complaint',
    needs: [],
    run: async () => {
      for (const script of await scripts()) {
        const { output } = await run('bash', ['-n', script], { cwd: root });
        if (output) throw new Error(`bash -n ${script} says:\n${tail(output)}`);
      }
    },
  },
];
