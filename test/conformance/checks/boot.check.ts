import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Check, Context } from '../harness/check';
import { nodeUserData, type NodeUserData } from '../harness/cluster-files';
import { exec, type ExecResult, run, tail } from '../harness/process';

const HARNESS = path.join(__dirname, '..', 'harness', 'node');
const ADDRESS = '198.51.100.2';
const PEER = '198.51.100.3';
const OTHER_VOLUME = '00000000-54c7-4a35-8a3b-2f9f4c1c9d10';

/**
 * A control-plane node on this machine: a network namespace with the node's address, folders of its own, a loop device as etcd volume; the real boot
 * program, kubeadm, etcd, kube-apiserver and kubectl. What stands in: a shim for systemd and the kubelet, and none of kubeadm's preflight.
 */
class Node {
  readonly folder: string;
  private readonly namespace = `strata-${process.pid}-${Math.floor(Math.random() * 1e6)}`;
  /** Its own, for two runs on one machine share the folder of links. */
  private readonly volumeId = crypto.randomUUID();
  private readonly link = `/dev/disk/by-id/virtio-${this.volumeId.slice(0, 20)}`;
  private device = '';

  constructor(
    private readonly context: Context,
    private readonly address = ADDRESS,
    readonly name = 'nodes-control-plane-0',
  ) {
    this.folder = path.join(context.folder, name);
  }

  /** With what it is born with: nodes of one cluster share it. */
  async start({ files }: NodeUserData): Promise<void> {
    for (const [name, content] of Object.entries(files)) this.write(name, content);
    fs.cpSync(HARNESS, path.join(this.folder, 'bin'), { recursive: true });
    const cluster = files['/etc/strata/cluster.env'].replace(/STRATA_PATIENCE=.*/, 'STRATA_PATIENCE="90"').replace(/127\.0\.0\.2/g, ADDRESS);
    this.write('/etc/strata/cluster.env', cluster.replace(/127\.0\.0\.3/g, PEER).replace(/127\.0\.0\.9/g, '198.51.100.9'));
    const slot = files['/etc/strata/slot.env'].replace(/127\.0\.0\.2/g, this.address).replace('nodes-control-plane-0', this.name);
    this.write('/etc/strata/slot.env', slot.replace(/VOLUME=".*"/g, `VOLUME="${this.volumeId}"`));
    this.write('/etc/strata/kubeadm-init.yaml', files['/etc/strata/kubeadm-init.yaml'].replace(/v1\.36\.\d+/, 'v1.36.0'));
    this.write('/var/lib/cloud/data/instance-id', 'aaaaaaaa-0000-4000-8000-000000000001\n');
    await run('ip', ['netns', 'add', this.namespace]);
    this.context.defer(async () => void (await exec('ip', ['netns', 'del', this.namespace])));
    this.context.defer(() => this.powerOff());
    for (const args of ['link set lo up', `address add ${this.address}/32 dev lo`]) {
      await run('ip', ['-n', this.namespace, ...args.split(' ')]);
    }
  }

  /** A cable to another node. */
  async connect(other: Node): Promise<void> {
    await run('ip', ['-n', this.namespace, ...`link add cable type veth peer name cable netns ${other.namespace}`.split(' ')]);
    for (const node of [this, other]) await run('ip', ['-n', node.namespace, ...'link set cable up'.split(' ')]);
    await run('ip', ['-n', this.namespace, ...`route add ${other.address} dev cable src ${this.address}`.split(' ')]);
    await run('ip', ['-n', other.namespace, ...`route add ${this.address} dev cable src ${other.address}`.split(' ')]);
  }

  /** A blank volume of so many MiB; the one before is gone. */
  async attachBlankVolume(): Promise<void> {
    const file = path.join(this.folder, `volume-${Date.now()}`);
    fs.writeFileSync(file, '');
    fs.truncateSync(file, 256 * 1024 * 1024);
    this.device = (await run('losetup', ['--find', '--show', file])).stdout.trim();
    const device = this.device;
    this.context.defer(async () => void (await exec('losetup', ['--detach', device])));
    fs.mkdirSync(path.dirname(this.link), { recursive: true });
    fs.rmSync(this.link, { force: true });
    fs.symlinkSync(device, this.link);
    this.context.defer(() => fs.rmSync(this.link, { force: true }));
  }

  get volumeDevice(): string {
    return this.device;
  }

  /** The boot program, as systemd runs it. */
  boot(): Promise<ExecResult> {
    return this.run(path.join(this.folder, 'usr/local/sbin/strata-boot'));
  }

  run(...command: string[]): Promise<ExecResult> {
    const bin = `${this.context.value('KUBERNETES_BIN')}:${this.context.value('ETCD_BIN')}`;
    return exec(path.join(HARNESS, 'run-on-node.sh'), [this.folder, this.namespace, ...command], {
      env: { PATH: `${bin}:${process.env.PATH}`, KUBEADM: path.join(this.context.value('KUBERNETES_BIN'), 'kubeadm') },
      timeoutMs: 400_000,
    });
  }

  /** A function of the boot program, on the node. */
  call(...words: string[]): Promise<ExecResult> {
    return this.run(
      'bash',
      '-c',
      `. "$1"; shift; . $ETC/cluster.env; . $ETC/slot.env; STRATA_INSTANCE=$(cat /var/lib/cloud/data/instance-id); STRATA_PEERS=${ADDRESS}; "$@"`,
      'test',
      this.path('/usr/local/sbin/strata-boot'),
      ...words,
    );
  }

  kubectl(...args: string[]): Promise<ExecResult> {
    return this.run('kubectl', '--kubeconfig', '/etc/kubernetes/super-admin.conf', ...args);
  }

  /** What ran on it is gone, its disks stay. */
  async powerOff(): Promise<void> {
    await exec('bash', ['-c', `for pid in $(ip netns pids ${this.namespace}); do kill -9 $pid; done`]);
    for (const name of ['pids', 'run/strata']) fs.rmSync(path.join(this.folder, name), { recursive: true, force: true });
  }

  /** Another server takes the slot: a new root disk and another uuid, the volume stays. */
  replaceServer(uuid: string): void {
    const { folder } = this;
    for (const name of ['etc/kubernetes/manifests', 'var/lib/strata', 'var/lib/kubelet']) {
      fs.rmSync(path.join(folder, name), { recursive: true, force: true });
    }
    const kubernetes = path.join(folder, 'etc/kubernetes');
    for (const name of fs.readdirSync(kubernetes).filter((entry) => entry.endsWith('.conf'))) fs.rmSync(path.join(kubernetes, name));
    for (const name of fs.readdirSync(path.join(kubernetes, 'pki')).filter((entry) => /^api|client/.test(entry))) {
      fs.rmSync(path.join(kubernetes, 'pki', name));
    }
    this.write('/var/lib/cloud/data/instance-id', `${uuid}\n`);
  }

  path(name: string): string {
    return path.join(this.folder, name);
  }

  write(name: string, content: string): void {
    fs.mkdirSync(path.dirname(this.path(name)), { recursive: true });
    fs.writeFileSync(this.path(name), content, { mode: name.endsWith('.env') || name.includes('instance-id') ? 0o644 : 0o755 });
  }
}

function expect(what: string, { code, output }: ExecResult, wanted: number, ...words: string[]): void {
  const missing = words.filter((word) => !output.includes(word));
  if (code !== wanted || missing.length > 0) throw new Error(`${what}: ended with ${code}, missing: ${missing.join(' | ')}\n${tail(output, 60)}`);
}

export const checks: readonly Check[] = [
  {
    name: 'a control-plane node is born, rebooted, cut, replaced and robbed of its volume, and there is never a second cluster',
    needs: ['kubeadm', 'kubectl', 'kube-apiserver', 'etcd', 'terraform'],
    run: async (context) => {
      const node = new Node(context);
      await node.start((await nodeUserData(context)).controlPlane);

      node.write('/etc/strata/cluster.env', fs.readFileSync(node.path('/etc/strata/cluster.env'), 'utf8').replace('"90"', '"5"'));
      expect('without its volume', await node.boot(), 1, 'STOPPED', 'is not attached', 'never taken for a blank one');

      await node.attachBlankVolume();
      await run('mkfs.ext4', ['-q', '-L', 'somebody', node.volumeDevice]);
      expect('with a foreign file system', await node.boot(), 1, 'STOPPED', 'holds ext4', 'not touched');
      const label = (await run('blkid', ['-p', '-s', 'LABEL', '-o', 'value', node.volumeDevice])).stdout.trim();
      if (label !== 'somebody') throw new Error(`the foreign file system was touched: its label is ${label}`);

      await node.attachBlankVolume();
      const slot = fs.readFileSync(node.path('/etc/strata/slot.env'), 'utf8');
      node.write('/etc/strata/slot.env', slot.replace(/INIT_VOLUME=.*/, `INIT_VOLUME="${OTHER_VOLUME}"`));
      expect('blank, silent, no right', await node.boot(), 1, 'STOPPED', 'no right to make a new cluster');
      if (fs.existsSync(node.path('/etc/kubernetes/manifests/etcd.yaml'))) throw new Error('a node without the right wrote an etcd manifest');

      node.write('/etc/strata/slot.env', slot);
      node.write('/etc/strata/cluster.env', fs.readFileSync(node.path('/etc/strata/cluster.env'), 'utf8').replace('PATIENCE="5"', 'PATIENCE="120"'));
      expect('init', await node.boot(), 0, 'init', 'nodes-control-plane-0 is a node of nodes');
      expect('cluster-info', await node.kubectl('-n', 'kube-public', 'get', 'configmap', 'cluster-info'), 0);
      expect(
        'the Node',
        await node.kubectl('get', 'node', 'nodes-control-plane-0', '-o', 'jsonpath={.spec.providerID}'),
        0,
        'openstack:///aaaaaaaa-0000',
      );
      const uid = (await node.kubectl('get', 'namespace', 'kube-system', '-o', 'jsonpath={.metadata.uid}')).stdout;
      const sameCluster = async (when: string) => {
        const now = (await node.kubectl('get', 'namespace', 'kube-system', '-o', 'jsonpath={.metadata.uid}')).stdout;
        if (now !== uid || uid === '') throw new Error(`${when}: another cluster (kube-system was ${uid}, is ${now})`);
      };
      context.log('born');

      // its functions, against the real etcd and apiserver
      expect('our member', await node.call('our_member'), 0, 'voter');
      expect('the API', await node.call('probe', ADDRESS), 0, 'ready');
      expect('nobody', await node.call('probe', '198.51.100.3'), 0, 'silent');
      const silent = await node.call('silent_everywhere');
      if (silent.code === 0) throw new Error('a cluster that answers is called silent');

      // joins are serialised: one holder, others wait for a bounded time, and who died loses the lease
      const lease = (holder: string, ...then: string[]) =>
        node.call('eval', ['STRATA_PATIENCE=5', `STRATA_INSTANCE=${holder}`, 'take_lease', ...then].join('; '));
      expect('the lease', await lease('one'), 0);
      expect('the lease again', await lease('one'), 0);
      expect('the lease for another', await lease('two'), 1, 'STOPPED', 'its holder is server one');
      const patch = JSON.stringify({ spec: { renewTime: '2020-01-01T00:00:00.000000Z' } });
      expect('an old lease', await node.kubectl('-n', 'kube-system', 'patch', 'lease', 'strata-join', '--type=merge', '-p', patch), 0);
      expect('an expired lease', await lease('two', 'release_lease'), 0);
      expect('no lease', await node.kubectl('-n', 'kube-system', 'get', 'lease', 'strata-join'), 1, 'NotFound');

      // kubeadm#2138: a member whose data is gone is found by its peer address, and removed
      const learner = 'https://198.51.100.7:2380';
      expect('a learner', await node.call('etcd_call', 'add', JSON.stringify({ peerURLs: [learner], isLearner: true })), 0);
      expect('its member', await node.call('eval', 'STRATA_ADDRESS=198.51.100.7; our_member'), 0, 'learner');
      expect('its removal', await node.call('eval', 'STRATA_ADDRESS=198.51.100.7; remove_member "$(our_member)"'), 0);
      expect('no member', await node.call('eval', 'STRATA_ADDRESS=198.51.100.7; [[ -z $(our_member) ]]'), 0);

      await node.powerOff();
      expect('a reboot', await node.boot(), 0, 'starting this member again');
      await sameCluster('after a reboot');
      context.log('rebooted');

      await node.powerOff();
      node.replaceServer('bbbbbbbb-0000-4000-8000-000000000002');
      expect('a replaced server', await node.boot(), 0, 'starting this member again', 'deleting the Node nodes-control-plane-0 of a former server');
      await sameCluster('after a replaced server');
      expect(
        'the Node',
        await node.kubectl('get', 'node', 'nodes-control-plane-0', '-o', 'jsonpath={.spec.providerID}'),
        0,
        'openstack:///bbbbbbbb-0000',
      );
      context.log('replaced');

      // cut in the middle of init: the last phases are made up for
      await node.kubectl('-n', 'kube-public', 'delete', 'configmap', 'cluster-info');
      await node.run('bash', '-c', `mount "$0" /mnt && touch /mnt/init-pending && umount /mnt`, node.volumeDevice);
      await node.powerOff();
      expect('a cut init', await node.boot(), 0);
      expect('cluster-info again', await node.kubectl('-n', 'kube-public', 'get', 'configmap', 'cluster-info'), 0);
      await sameCluster('after a cut init');

      // the first volume is lost, and a new one comes in its place: its id is another, so there is no right
      await node.powerOff();
      await node.attachBlankVolume();
      node.write('/etc/strata/slot.env', slot.replace(/INIT_VOLUME=.*/, `INIT_VOLUME="${OTHER_VOLUME}"`));
      node.write('/etc/strata/cluster.env', fs.readFileSync(node.path('/etc/strata/cluster.env'), 'utf8').replace('PATIENCE="120"', 'PATIENCE="5"'));
      expect('a lost volume', await node.boot(), 1, 'STOPPED', 'no right to make a new cluster', 'restore it on purpose');
    },
  },
  {
    name: 'a learner that a cut join left behind is promoted by the next run, for the API beside it is not ready before',
    needs: ['kubeadm', 'kubectl', 'kube-apiserver', 'etcd', 'terraform'],
    run: async (context) => {
      const first = new Node(context);
      const second = new Node(context, PEER, 'nodes-control-plane-1');
      const { controlPlane } = await nodeUserData(context);
      for (const node of [first, second]) {
        await node.start(controlPlane);
        await node.attachBlankVolume();
        node.write(
          '/etc/strata/cluster.env',
          fs.readFileSync(node.path('/etc/strata/cluster.env'), 'utf8').replace('PATIENCE="90"', 'PATIENCE="120"'),
        );
      }
      await first.connect(second);
      expect('init', await first.boot(), 0, 'init');

      // as kubeadm join leaves it when it is cut before the promotion: a learner with data, a root disk without a word about it
      const peerUrl = `https://${PEER}:2380`;
      expect('a learner', await first.call('etcd_call', 'add', JSON.stringify({ peerURLs: [peerUrl], isLearner: true })), 0);
      const members = `${first.name}=https://${ADDRESS}:2380,${second.name}=${peerUrl}`;
      const cutJoin = [
        'mount_etcd_volume && render && init_phase certs all && init_phase etcd local',
        `mapfile -t etcd < <(sed -n '/^  - command:/,/^    image:/s/^    - //p' /etc/kubernetes/manifests/etcd.yaml)`,
        `timeout 30 "\${etcd[@]}" --initial-cluster='${members}' --initial-cluster-state=existing & sleep 5; kill $!; wait || true; has_data`,
        'rm /etc/kubernetes/manifests/etcd.yaml',
      ];
      expect('a cut join', await second.call('eval', cutJoin.join('\n')), 0);
      const member = () => first.call('eval', `STRATA_ADDRESS=${PEER}; our_member`);
      expect('its member', await member(), 0, 'learner');

      expect('the next run', await second.boot(), 0, 'starting this member again', 'nodes-control-plane-1 is a node of nodes');
      expect('its member after it', await member(), 0, 'voter');
      expect('its API', await second.call('probe', PEER), 0, 'ready');
      expect('its Node', await second.kubectl('get', 'node', second.name), 0);

      // both at once: each waits for the other's etcd, and none stops because nobody answers at first
      for (const node of [first, second]) await node.powerOff();
      const [one, two] = await Promise.all([first.boot(), second.boot()]);
      expect('the cold start of the first', one, 0, 'starting this member again');
      expect('the cold start of the second', two, 0, 'starting this member again');
    },
  },
];
