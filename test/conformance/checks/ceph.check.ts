import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { App, TerraformStack } from 'cdktf';
import { parseAllDocuments } from 'yaml';
import { Host, HostRole, NetworkRole } from '../../../lib/contracts/host';
import { OpenStackRelease } from '../../../lib/core/openstack-release';
import { resolveKolla } from '../../../lib/openstack/engines/kolla/kolla-checks';
import { kollaFiles } from '../../../lib/openstack/engines/kolla/kolla-engine';
import { CinderBackend } from '../../../lib/openstack/engines/kolla/kolla-options';
import { ManilaBackend } from '../../../lib/openstack/engines/kolla/kolla-services';
import { NETWORKS, TestPool, threeByThree } from '../../openstack/pool';
import type { Check, Context } from '../harness/check';
import { exec, run } from '../harness/process';
import { startSshd } from '../harness/sshd';

/**
 * What takes a while and a registry, `cephadm`, is a stand-in that remembers what it was told, as Ceph would. All else is real: the stage, its runner, SSH
 * to three hosts, what runs on them.
 */
const CEPHADM = String.raw`#!/usr/bin/env python3
import json, os, sys
home = os.environ["CLUSTER"]
state = os.path.join(home, "state.json")
known = json.load(open(state)) if os.path.exists(state) else {"pools": [], "polls": 0, "fs": []}
words = sys.argv[1:]
open(os.path.join(home, "calls"), "a").write(os.environ["HOST"] + " " + " ".join(words) + "\n")
if "bootstrap" in words:
    os.makedirs(os.environ["STRATA_CEPH_CONFIG"])
    open(os.environ["STRATA_CEPH_CONFIG"] + "/ceph.conf", "w").write("[global]\n")
    open(os.environ["STRATA_CEPH_CONFIG"] + "/ceph.pub", "w").write("ssh-ed25519 AAAAcluster ceph-none\n")
    sys.exit()
assert words[:3] == ["shell", "--", "ceph"] and os.path.exists(os.environ["STRATA_CEPH_CONFIG"]), words
print("Inferring fsid none", file=sys.stderr)
words = words[3:]
if words[:3] == ["orch", "apply", "-i"]:
    open(os.path.join(home, "spec.yaml"), "w").write(sys.stdin.read())
elif words[0] == "quorum_status":
    known["polls"] += 1
    print(json.dumps({"quorum_names": ["a", "b", "c"][: known["polls"]]}))
elif words[:2] == ["osd", "stat"]:
    print(json.dumps({"num_up_osds": 3 if known["polls"] > 3 else 0}))
elif words[:3] == ["osd", "pool", "ls"]:
    print(json.dumps([{"pool_name": name, "size": 3, "application_metadata": {"rbd": {}}} for name in known["pools"]]))
elif words[:3] == ["osd", "pool", "create"]:
    known["pools"].append(words[3])
elif words[:2] == ["fs", "ls"]:
    print(json.dumps([{"name": name} for name in known["fs"]]))
elif words[:3] == ["fs", "volume", "create"]:
    known["fs"].append(words[3])
elif words[:2] == ["config", "generate-minimal-conf"]:
    print("# minimal ceph.conf\n[global]\n\tfsid = none\n\tmon_host = [v2:10.10.40.31:3300/0,v1:10.10.40.31:6789/0]")
elif words[:2] == ["auth", "get-or-create"]:
    print("[" + words[2] + "]\n\tkey = planted-secret-of-" + words[2])
elif words[0] == "health":
    print(json.dumps({"status": "HEALTH_WARN", "checks": {"POOL_NO_REDUNDANCY": {}}}))
json.dump(known, open(state, "w"))
`;

async function cephadm(context: Context): Promise<void> {
  const place = (...names: string[]) => path.join(context.folder, ...names);
  const program = (file: string, text: string) => {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text, { mode: 0o755 });
  };
  const storage = [31, 32, 33];
  for (const n of storage) {
    program(place(`bin-${n}`, 'cephadm'), CEPHADM);
    for (const name of ['pvs', 'docker']) program(place(`bin-${n}`, name), '#!/bin/sh\n');
    program(place(`bin-${n}`, 'hostname'), `#!/bin/sh\necho node${n}\n`);
    fs.mkdirSync(place(`home-${n}`));
  }
  const environment = (n: number) => `PATH=${place(`bin-${n}`)}:$PATH HOME=${place(`home-${n}`)} HOST=${n} CLUSTER=${context.folder} STRATA_CEPH_CONFIG=${place(`etc-${n}`)}`; // prettier-ignore
  const sshd = await startSshd(context, {
    config: [
      ...storage.map((n) => `ListenAddress 127.0.0.${n}`),
      'MaxStartups 100',
      ...storage.flatMap((n) => [`Match LocalAddress 127.0.0.${n}`, `  ForceCommand ${environment(n)} exec sh -c "$SSH_ORIGINAL_COMMAND"`]),
    ],
  });

  // what is rendered for such a cloud
  const stack = new TerraformStack(new App({ outdir: place('out') }), 'metal');
  const hosts = threeByThree().map((host, i) => {
    const n = Number(host.name.slice(-2));
    const nics = host.is(HostRole.CONTROL) ? [{ name: 'bond0.40', networks: [NetworkRole.STORAGE], address: `10.10.40.${i + 1}` }] : [];
    return new Host({ ...host, nics: [...host.nics, ...nics], managementAddress: n > 30 ? `127.0.0.${n}` : host.managementAddress });
  });
  const pool = new (class extends TestPool {
    public readonly ssh = { user: os.userInfo().username, privateKeyPath: sshd.privateKeyFile, port: sshd.port };
  })(stack, hosts, NETWORKS);
  const options = {
    release: OpenStackRelease.V2026_1,
    internalVip: '10.10.0.250',
    externalVip: '203.0.113.10',
    cinderBackend: CinderBackend.cephadm(),
    services: { manila: ManilaBackend.cephFs() },
  };
  const model = resolveKolla(stack, { pool, region: 'RegionOne', loadBalancerProvider: undefined, credentialsDirectory: '~/none' }, options);
  const files = kollaFiles(stack, model);
  fs.mkdirSync(place('kolla'));
  fs.mkdirSync(place('root', '.ssh'), { recursive: true });
  fs.mkdirSync(place('lib'));
  fs.writeFileSync(place('lib', 'venv'), context.value('KOLLA_2026_1'));
  fs.copyFileSync(sshd.privateKeyFile, place('root', '.ssh', 'strata-kolla'));
  fs.chmodSync(place('root', '.ssh', 'strata-kolla'), 0o600);
  const scripts = place('lib', 'bin');
  fs.mkdirSync(scripts);
  const library = path.join(__dirname, '..', '..', '..', 'lib');
  fs.copyFileSync(path.join(library, 'core', 'stages', 'run-stage.sh'), path.join(scripts, 'run-stage.sh'));
  for (const name of ['kolla-stage.sh', 'ceph-cluster.py', 'ceph-host.sh']) {
    fs.copyFileSync(path.join(library, 'openstack', 'engines', 'kolla', name), path.join(scripts, name));
  }
  const stage = async (what: string, cluster: string) => {
    fs.writeFileSync(place('kolla', 'ceph.json'), cluster);
    const command = `[ ! -d /run/systemd ] || mount -t tmpfs none /run/systemd; exec ${scripts}/run-stage.sh ceph ${what} 240 ${scripts}/kolla-stage.sh 2026.1 ceph`;
    return exec('unshare', ['--mount', 'sh', '-c', command], {
      env: {
        ...process.env,
        HOME: place('root'),
        STRATA_KOLLA_HOME: place('lib'),
        KOLLA_CONFIG_PATH: place('kolla'),
        STRATA_CEPH_PAUSE: '0.2',
        STRATA_SSH_OPTIONS: '-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null',
      },
    });
  };
  const calls = (form: RegExp) => fs.readFileSync(place('calls'), 'utf8').split('\n').filter((line) => form.test(line)); // prettier-ignore
  const expectEqual = (what: string, found: unknown, expected: unknown) => {
    if (JSON.stringify(found) !== JSON.stringify(expected)) {
      throw new Error(`${what}: ${JSON.stringify(found)} instead of ${JSON.stringify(expected)}`);
    }
  };

  const first = await stage('a', files['ceph.json']);
  if (first.code !== 0) throw new Error(`the stage: ${first.output}`);
  for (const said of [
    'Ceph has 1 of 3 monitors and 0 of 3 disks',
    'Ceph has 3 of 3 monitors and 3 of 3 disks',
    'Ceph is HEALTH_WARN, POOL_NO_REDUNDANCY',
  ]) {
    if (!first.output.includes(said)) throw new Error(`it doesn't say "${said}":\n${first.output}`);
  }
  expectEqual('what begins the cluster', calls(/bootstrap/), [
    '31 bootstrap --mon-ip 10.10.40.31 --skip-dashboard --skip-monitoring-stack --skip-firewalld --allow-fqdn-hostname',
  ]);
  const specification = parseAllDocuments(fs.readFileSync(place('spec.yaml'), 'utf8')).map((document) => document.toJS());
  expectEqual('hosts', specification.filter((each) => each.service_type === 'host').map(({ hostname, addr }) => [hostname, addr]), storage.map((n) => [`node${n}`, `10.10.40.${n}`])); // prettier-ignore
  const osds = specification.filter((each) => each.service_type === 'osd');
  expectEqual('disks', osds.map(({ placement, spec }) => [placement.hosts, spec.data_devices.paths]), storage.map((n) => [[`node${n}`], ['/dev/disk/by-id/nvme-1']])); // prettier-ignore
  expectEqual('monitors', specification.find((each) => each.service_type === 'mon').placement.hosts, ['node31', 'node32', 'node33']);
  for (const n of storage) {
    const trusted = fs.readFileSync(place(`home-${n}`, '.ssh', 'authorized_keys'), 'utf8');
    expectEqual(`what host ${n} trusts`, trusted, 'ssh-ed25519 AAAAcluster ceph-none\n');
  }
  // where Kolla looks for them, and who may read them
  const users: { readonly [file: string]: string } = {
    'glance/ceph.client.glance.keyring': 'glance',
    'cinder/cinder-volume/ceph.client.cinder.keyring': 'cinder',
    'cinder/cinder-backup/ceph.client.cinder.keyring': 'cinder',
    'cinder/cinder-backup/ceph.client.cinder-backup.keyring': 'cinder-backup',
    'nova/ceph.client.cinder.keyring': 'cinder',
    'manila/ceph.client.manila.keyring': 'manila',
  };
  for (const [file, user] of Object.entries(users)) {
    const keyring = place('kolla', 'config', file);
    if (!fs.readFileSync(keyring, 'utf8').includes(`planted-secret-of-client.${user}\n`)) throw new Error(`${file} has another key`);
    expectEqual(`mode of ${file}`, (fs.statSync(keyring).mode & 0o777).toString(8), '600'); // eslint-disable-line no-bitwise
  }
  for (const service of ['glance', 'cinder', 'nova', 'manila']) {
    if (!/^\[global\]\nfsid = none\nmon_host = \[v2/m.test(fs.readFileSync(place('kolla', 'config', service, 'ceph.conf'), 'utf8'))) {
      throw new Error(`${service}/ceph.conf is another`);
    }
  }
  const written = await exec('grep', ['-rl', 'planted-secret', place('lib')]);
  if (written.output.trim() !== '' || first.output.includes('planted-secret')) throw new Error(`a key is in ${written.output || 'the output'}`);

  // again: nothing is begun or made twice
  const second = await stage('b', files['ceph.json']);
  if (second.code !== 0) throw new Error(`the stage again: ${second.output}`);
  expectEqual('what is made', [calls(/bootstrap/).length, calls(/pool create/).length, calls(/volume create/).length], [1, 4, 1]);

  // a disk that Ceph doesn't take
  const more = JSON.parse(files['ceph.json']);
  more.hosts[1].devices.push('/dev/disk/by-id/used');
  const third = await stage('c', JSON.stringify({ ...more, patienceSeconds: 1 }));
  if (third.code === 0 || !/after 1 s Ceph has 3 of 3 monitors and 3 of 4 disks.*a disk with anything on it is not taken/.test(third.output)) {
    throw new Error(`a disk that is not taken: ${third.code} ${third.output}`);
  }

  // a cluster that was never finished
  await run('sh', ['-c', `printf '#!/bin/sh\\nexit 1\\n' >'${place('bin-31', 'cephadm')}'`]);
  const fourth = await stage('d', files['ceph.json']);
  if (fourth.code === 0 || !/ceph.conf is there and its cluster doesn't answer/.test(fourth.output)) {
    throw new Error(`half a cluster: ${fourth.output}`);
  }
}

export const checks: readonly Check[] = [
  { name: 'a Ceph cluster by cephadm: begun once, grown, and its keyrings where Kolla wants them', needs: ['sshd', 'kolla'], run: cephadm },
];
