import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { App, TerraformStack } from 'cdktf';
import { Cni } from '../../../lib/contracts/cni';
import { Host } from '../../../lib/contracts/host';
import { KubernetesVersion } from '../../../lib/core/kubernetes-version';
import { HostCluster } from '../../../lib/openstack/host-cluster/host-cluster';
import { NETWORKS, TestPool, threeByThree } from '../../openstack/pool';
import type { Check, Context } from '../harness/check';
import { exec, run } from '../harness/process';
import { startSshd } from '../harness/sshd';

/**
 * What would change this machine is a stand-in that remembers what it was told. Real are the stage, its runner, SSH to six hosts (each with files of its
 * own), and kubeadm's judgement of what it is given.
 */
const STAND_IN = String.raw`#!/bin/bash
set -eu
name=$(basename "$0")
echo "$HOST $name $*" >>"$CALLS"
packages=$STATE/packages
case $name in
  hostname) echo "$HOST" ;;
  dpkg-query) sed -n "s/^\${!#} /ii  /p" "$packages" ;;
  apt-get)
    for word in "$@"; do
      case $word in *=*'*') echo "\${word%%=*} \${word#*=}" | sed 's/\*$/1.1/' >>"$packages" ;; esac
    done ;;
  curl) while [ "$1" != -o ]; do shift; done; echo key >"$2" ;;
  containerd) echo 'SystemdCgroup = false' ;;
  kubectl) echo ok ;;
  kubeadm)
    if [ "\${2:-}" = --config ]; then
      # a patch that this kubeadm is not newer than
      sed 's/^kubernetesVersion: .*/kubernetesVersion: v1.36.0/' "$3" >"$STATE/validated.yaml"
      "$REAL_KUBEADM" config validate --config "$STATE/validated.yaml"
    fi
    case "$1 $2" in
      'init --config')
        mkdir -p /etc/kubernetes/pki
        openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=kubernetes -keyout /dev/null -out /etc/kubernetes/pki/ca.crt 2>/dev/null
        echo kubeconfig >/etc/kubernetes/admin.conf ;;
      'join --config') mkdir -p /etc/kubernetes && echo kubelet >/etc/kubernetes/kubelet.conf ;;
      'token create') echo abcdef.0123456789abcdef ;;
      'init phase') echo 'the key is'; printf '%064d\n' 7 ;;
      'reset --force') rm -rf /etc/kubernetes ;;
    esac
    if [ -e "$STATE/breaks" ]; then rm "$STATE/breaks"; echo 'this breaks'; exit 1; fi ;;
esac
`.replace(/\\\$/g, '$');
const STAND_INS = [
  'hostname',
  'dpkg-query',
  'apt-get',
  'apt-mark',
  'curl',
  'containerd',
  'kubectl',
  'kubeadm',
  'swapoff',
  'modprobe',
  'sysctl',
  'systemctl',
];

/** Runs a command as if on another machine: with its own /etc and its own folder of the deployment. */
const AS_HOST = (folder: string, kubeadm: string) => `#!/bin/sh
export HOST=$1 STATE=${folder}/$1 CALLS=${folder}/calls REAL_KUBEADM=${kubeadm} PATH=${folder}/bin:$PATH STRATA_PATIENCE=1
exec unshare --mount sh -c '
  mount --bind "$STATE/etc" /etc && mount --bind "$STATE/home" ${folder}/home || exit 1
  [ ! -d /run/systemd ] || mount -t tmpfs none /run/systemd
  exec sh -c "$1"' sh "$2"
`;

async function hostCluster(context: Context): Promise<void> {
  const place = (...names: string[]) => path.join(context.folder, ...names);
  const hosts = threeByThree()
    .slice(0, 6)
    .map((host) => new Host({ ...host, managementAddress: `127.0.0.${host.name.slice(-2)}` }));
  for (const name of ['bin', 'home']) fs.mkdirSync(place(name));
  fs.writeFileSync(place('as-host'), AS_HOST(context.folder, path.join(context.value('KUBERNETES_BIN'), 'kubeadm')), { mode: 0o755 });
  for (const name of STAND_INS) fs.writeFileSync(place('bin', name), STAND_IN, { mode: 0o755 });
  for (const { name } of hosts) {
    fs.mkdirSync(place(name, 'home'), { recursive: true });
    fs.writeFileSync(place(name, 'packages'), '');
    await run('cp', ['-a', '/etc', place(name, 'etc')]);
    fs.rmSync(place(name, 'etc', 'os-release'));
    fs.writeFileSync(place(name, 'etc', 'os-release'), 'ID=ubuntu\nVERSION_CODENAME=noble\nPRETTY_NAME="Ubuntu 24.04"\n');
    fs.writeFileSync(place(name, 'etc', 'fstab'), 'UUID=1 / ext4 defaults 0 1\n/swap.img none swap sw 0 0\n');
  }
  const sshd = await startSshd(context, {
    config: [
      ...hosts.map(({ managementAddress }) => `ListenAddress ${managementAddress}`),
      'MaxStartups 100',
      ...hosts.flatMap((host) => [
        `Match LocalAddress ${host.managementAddress}`,
        `  ForceCommand ${place('as-host')} ${host.name} "$SSH_ORIGINAL_COMMAND"`,
      ]),
    ],
  });

  const stack = new TerraformStack(new App({ outdir: place('out') }), 'metal');
  const version = KubernetesVersion.V1_36;
  const cluster = new HostCluster(stack, 'Cluster', {
    pool: new TestPool(stack, hosts, NETWORKS),
    clusterName: 'under',
    version,
    endpoint: 'kubernetes.metal.example.com',
    cni: Cni.cilium(),
  });
  const home = place('control-11', 'home');
  const library = path.join(__dirname, '..', '..', '..', 'lib');
  for (const name of ['bin', 'bundle']) fs.mkdirSync(path.join(home, name));
  const programs = ['core/stages/run-stage.sh', 'openstack/host-cluster/make-cluster.sh', 'openstack/host-cluster/node.sh'];
  await run('install', ['-m', '700', ...programs.map((name) => path.join(library, name)), path.join(home, 'bin')]);
  for (const [name, text] of Object.entries(cluster.configurationFiles)) fs.writeFileSync(path.join(home, 'bundle', name), text);
  fs.copyFileSync(sshd.privateKeyFile, path.join(home, 'key'));
  fs.chmodSync(path.join(home, 'key'), 0o600);

  let runs = 0;
  const stage = () => {
    fs.writeFileSync(place('calls'), '');
    const work = [
      place('home', 'bin', 'make-cluster.sh'),
      os.userInfo().username,
      sshd.port,
      version.version,
      'https://k8s.example.com/',
      'https://docker.example.com/linux',
    ];
    return exec(place('as-host'), ['control-11', [place('home', 'bin', 'run-stage.sh'), 'cluster', `inputs-${++runs}`, 240, ...work].join(' ')]);
  };
  const calls = (form: RegExp) => fs.readFileSync(place('calls'), 'utf8').split('\n').filter((line) => form.test(line)); // prettier-ignore
  const expectEqual = (what: string, found: unknown, expected: unknown) => {
    if (JSON.stringify(found) !== JSON.stringify(expected)) {
      throw new Error(`${what}: ${JSON.stringify(found)} instead of ${JSON.stringify(expected)}`);
    }
  };
  const others = hosts.slice(1).map(({ name }) => name);
  const joins = () => calls(/kubeadm join/).map((line) => line.split(' ')[0]);

  // the beginning is cut off, and begins anew
  fs.writeFileSync(place('control-11', 'breaks'), '');
  const cut = await stage();
  if (cut.code === 0 || !cut.output.includes('this breaks')) throw new Error(`a beginning that fails: ${cut.code} ${cut.output}`);
  expectEqual('joined too early', joins(), []);

  // so is the joining of one
  fs.writeFileSync(place('control-13', 'breaks'), '');
  const second = await stage();
  if (second.code === 0 || !second.output.includes('control-13 could not join')) throw new Error(`a host that cannot join: ${second.output}`);
  expectEqual('anew', calls(/kubeadm (reset|init --config)/).map((line) => line.split(' ').slice(0, 3)), [['control-11', 'kubeadm', 'reset'], ['control-11', 'kubeadm', 'init']]); // prettier-ignore
  expectEqual('joined', joins(), ['control-12', 'control-13']);

  const third = await stage();
  if (third.code !== 0) throw new Error(`the stage: ${third.output}`);
  expectEqual('joined', joins(), others.slice(1));
  expectEqual('reset', calls(/kubeadm reset/), ['control-13 kubeadm reset --force']);
  expectEqual('tokens', calls(/kubeadm token/).map((line) => line.split(' ').slice(2, 4)), [['token', 'create'], ['token', 'delete']]); // prettier-ignore
  expectEqual('begun twice', calls(/kubeadm init --config/), []);
  expectEqual('installed twice', calls(/^\S+ apt-get /), []);

  const fourth = await stage();
  if (fourth.code !== 0) throw new Error(`the stage again: ${fourth.output}`);
  expectEqual('a run with nothing to do', calls(/^\S+ kubeadm /), []);

  // what is on a host then
  const etc = (...names: string[]) => fs.readFileSync(place('compute-21', 'etc', ...names), 'utf8');
  expectEqual('swap', etc('fstab'), 'UUID=1 / ext4 defaults 0 1\n# /swap.img none swap sw 0 0\n');
  expectEqual('containerd', etc('containerd', 'config.toml'), 'SystemdCgroup = true\n');
  expectEqual('repository', etc('apt', 'sources.list.d', 'strata-containerd.list'),
    'deb [signed-by=/etc/apt/keyrings/strata-containerd.asc] https://docker.example.com/linux/ubuntu noble stable\n'); // prettier-ignore
  const secrets = (name: string) => fs.readdirSync(place(name, 'home')).filter((file) => /join\.yaml|joining/.test(file));
  expectEqual('left behind', others.flatMap(secrets), []);

  // what must not happen
  fs.writeFileSync(place('compute-22', 'packages'), 'kubelet 1.35.0-1.1\n');
  const older = await stage();
  if (older.code === 0 || !/this host is in the cluster with Kubernetes 1\.35\.0, and 1\.36\.\d+ is wanted/.test(older.output)) {
    throw new Error(older.output);
  }
  expectEqual('touched', calls(/^\S+ (apt-get|kubeadm) /), []);
  fs.rmSync(path.join(home, 'begun'));
  fs.writeFileSync(place('compute-22', 'packages'), fs.readFileSync(place('compute-21', 'packages')));
  const foreign = await stage();
  if (foreign.code === 0 || !foreign.output.includes("a cluster that isn't of this making")) throw new Error(foreign.output);
  expectEqual('touched', calls(/^\S+ kubeadm /), []);
}

export const checks: readonly Check[] = [
  {
    name: 'a Kubernetes cluster on bare-metal hosts by kubeadm: cut off, resumed, grown, and never twice',
    needs: ['sshd', 'kubeadm'],
    run: hostCluster,
  },
];
