import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import * as fc from 'fast-check';

const PROGRAM = join(__dirname, '../../lib/kubernetes/bootstrap/strata-snapshot.sh');

/** As curl unquotes a value of its configuration. */
const unquoted = (text: string) => text.replace(/\\(.)/g, '$1');

test('keys of a bucket may have any characters: no shell reads them, and curl takes them as they are', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), (key) => {
      const base64 = Buffer.from(key).toString('base64');
      const { stdout, status } = spawnSync('bash', ['-c', '. "$1"; quoted "$2"', 'test', PROGRAM, base64], { encoding: 'utf8' });
      expect(status).toBe(0);
      expect(unquoted(stdout)).toBe(key);
    }),
    { numRuns: 30, examples: [['$(touch /tmp/never)"`\\'], ['a"b\\c$d']] },
  );
});
