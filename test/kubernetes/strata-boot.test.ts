import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const PROGRAM = join(__dirname, '../../lib/kubernetes/bootstrap/strata-boot.sh');
/** Begins with the data, the cluster, the member and the right; what the boot program does then. */
const DATA = ['there', 'blank'];
const CLUSTER = ['answers', 'unready', 'silent'];
const MEMBER = ['listed', 'unlisted', 'unknown'];
const RIGHT = ['yes', 'no'];

const rows = DATA.flatMap((data) => CLUSTER.flatMap((cluster) => MEMBER.flatMap((member) => RIGHT.map((right) => [data, cluster, member, right]))));
const decisions: Record<string, string> = Object.fromEntries(
  spawnSync('bash', ['-c', `. "$1"; while read -r row; do echo "$row: $(decide $row)"; done`, 'test', PROGRAM], {
    input: rows.map((row) => row.join(' ')).join('\n') + '\n',
    encoding: 'utf8',
  })
    .stdout.trim()
    .split('\n')
    .map((line) => line.split(': ')),
);
const those = (action: string) =>
  Object.keys(decisions)
    .filter((row) => decisions[row] === action)
    .sort();

test('every situation has one decision', () => {
  expect(Object.keys(decisions)).toHaveLength(rows.length);
  for (const action of Object.values(decisions)) expect(['restart', 'rejoin', 'join', 'init', 'wait']).toContain(action);
});

test('init only on a blank volume, with the right, in silence everywhere', () => {
  expect(those('init')).toEqual(MEMBER.map((member) => `blank silent ${member} yes`).sort());
});

test('data is never given up unless etcd says that it no longer knows it', () => {
  expect(those('rejoin')).toEqual(RIGHT.map((right) => `there answers unlisted ${right}`).sort());
  expect(those('join').every((row) => row.startsWith('blank answers'))).toBe(true);
});

test('a cold start needs nobody', () => {
  for (const right of RIGHT) expect(decisions[`there silent unknown ${right}`]).toBe('restart');
});

test('a cluster that answers is joined, whatever the right', () => {
  for (const right of RIGHT) expect(decisions[`blank answers unknown ${right}`]).toBe('join');
});

test('where it cannot be known, it waits', () => {
  expect(those('wait')).toEqual(
    [
      ...RIGHT.map((right) => `there answers unknown ${right}`),
      ...MEMBER.flatMap((member) => RIGHT.map((right) => `blank unready ${member} ${right}`)),
      ...MEMBER.map((member) => `blank silent ${member} no`),
    ].sort(),
  );
});
