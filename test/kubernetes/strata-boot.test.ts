import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

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

test('what a power cut left without its content is made anew, and nothing else: not the authorities, not what is whole', () => {
  const folder = fs.mkdtempSync(join(tmpdir(), 'torn-'));
  const whole = ['ca.crt', 'ca.key', 'etcd/ca.crt', 'etcd/ca.key', 'front-proxy-ca.crt', 'sa.key', 'sa.pub', 'apiserver.crt', 'apiserver.key'];
  const put = (name: string, content: string) => {
    fs.mkdirSync(dirname(join(folder, name)), { recursive: true });
    fs.writeFileSync(join(folder, name), content);
  };
  for (const name of [...whole.map((file) => `kubernetes/pki/${file}`), 'kubernetes/admin.conf', 'kubelet/config.yaml', 'state/settled']) {
    put(name, 'whole');
  }
  const run = () => {
    const script = '. "$1"; KUBERNETES=$2/kubernetes KUBELET=$2/kubelet STATE=$2/state; drop_torn_files';
    const { status, stdout } = spawnSync('bash', ['-c', script, 'test', PROGRAM, folder], { encoding: 'utf8' });
    expect(status).toBe(0);
    return stdout;
  };
  const files = () => fs.readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => fs.statSync(join(folder, name)).isFile());
  const before = files();
  expect(run()).toBe('');
  expect(files()).toEqual(before);

  put('kubernetes/pki/etcd/peer.key', 'a key without a certificate');
  put('kubernetes/pki/front-proxy-client.crt', '');
  put('kubernetes/pki/front-proxy-client.key', 'whole');
  for (const name of ['kubernetes/scheduler.conf', 'kubernetes/manifests/etcd.yaml', 'kubelet/kubeadm-flags.env', 'kubelet/pki/kubelet.crt']) {
    put(name, '');
  }
  put('kubelet/pki/kubelet.key', 'whole');
  expect(run()).toContain('kubernetes/scheduler.conf');
  expect(files().sort()).toEqual(before.filter((name) => name !== 'state/settled').sort());
  fs.rmSync(folder, { recursive: true });
});
