import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Context } from './check';
import type { NodeUserData } from './cluster-files';
import { exec, type ExecResult, expectExit, run } from './process';

const SHIMS = path.join(__dirname, 'node');
export const PROGRAMS = '/usr/local/lib/strata';
export const ADDRESS = '198.51.100.2';
export const PEER = '198.51.100.3';
export const THIRD = '198.51.100.4';
export const VIP = '198.51.100.9';

/** What a check on nodes must list in its `needs`. */
export const NODE_NEEDS = ['kubeadm', 'kubectl', 'kube-apiserver', 'etcd', 'terraform'] as const;

/** What the image of a node has: Kubernetes' programs of one version. */
export interface NodePrograms {
  /** What a component told as their folder. */
  readonly bin: string;
  readonly version: string;
}
export const NEWEST: NodePrograms = { bin: 'KUBERNETES_BIN', version: '1.36.0' };
/** Needs the component `previous-kubernetes`. */
export const PREVIOUS: NodePrograms = { bin: 'PREVIOUS_KUBERNETES_BIN', version: '1.35.4' };

/**
 * A node on this machine: a network namespace with the node's address, folders of its own, a loop device as etcd volume; the real programs of a node,
 * kubeadm, etcd, kube-apiserver and kubectl. What stands in: a shim for systemd and the kubelet, and none of kubeadm's preflight before an init.
 */
export class BenchNode {
  readonly folder: string;
  private readonly namespace = `strata-${process.pid}-${Math.floor(Math.random() * 1e6)}`;
  /** Its own, for two runs on one machine share the folder of links. */
  private readonly volumeId = crypto.randomUUID();
  private readonly link = `/dev/disk/by-id/virtio-${this.volumeId.slice(0, 20)}`;
  private device = '';

  constructor(
    private readonly context: Context,
    readonly address = ADDRESS,
    readonly name = 'nodes-control-plane-0',
    private programs = NEWEST,
  ) {
    this.folder = path.join(context.folder, name);
  }

  /** With what it is born with: nodes of one cluster share it. */
  async start({ files }: NodeUserData): Promise<void> {
    for (const [name, content] of Object.entries(files)) this.write(name, content);
    fs.cpSync(SHIMS, path.join(this.folder, 'bin'), { recursive: true });
    const addresses = (text: string) =>
      text
        .replace(/127\.0\.0\.2/g, ADDRESS)
        .replace(/127\.0\.0\.3/g, PEER)
        .replace(/127\.0\.0\.9/g, VIP);
    this.write('/etc/strata/cluster.env', addresses(files['/etc/strata/cluster.env']));
    this.set('STRATA_PATIENCE', '90');
    this.set('STRATA_REVISION', `${this.programs.version}-1`);
    this.set('STRATA_SLOW_DISK', 'allow'); // this machine has other work
    if ('/etc/strata/slot.env' in files) {
      const slot = files['/etc/strata/slot.env'].replace(/127\.0\.0\.2/g, this.address).replace('nodes-control-plane-0', this.name);
      this.write('/etc/strata/slot.env', slot.replace(/VOLUME=".*"/g, `VOLUME="${this.volumeId}"`));
      this.writeClusterConfiguration(files);
    }
    // each its own: the lease is a server's
    this.write('/var/lib/cloud/data/instance-id', `aaaaaaaa-0000-4000-8000-${this.address.split('.').pop()!.padStart(12, '0')}\n`);
    this.write('/synchronised', '');
    await run('ip', ['netns', 'add', this.namespace]);
    this.context.defer(async () => void (await exec('ip', ['netns', 'del', this.namespace])));
    this.context.defer(() => this.powerOff());
    for (const args of ['link set lo up', `address add ${this.address}/32 dev lo`]) {
      await run('ip', ['-n', this.namespace, ...args.split(' ')]);
    }
    await run('ip', ['netns', 'exec', this.namespace, 'sysctl', '-qw', 'net.ipv4.ip_forward=1']);
  }

  /** A cable to another node. */
  async connect(other: BenchNode): Promise<void> {
    const [here, there] = [this, other].map((node) => `to-${node.address.split('.').pop()}`).reverse();
    await run('ip', ['-n', this.namespace, ...`link add ${here} type veth peer name ${there} netns ${other.namespace}`.split(' ')]);
    for (const [node, cable, end] of [[this, here, other] as const, [other, there, this] as const]) {
      await run('ip', ['-n', node.namespace, ...`link set ${cable} up`.split(' ')]);
      await run('ip', ['-n', node.namespace, ...`route add ${end.address} dev ${cable} src ${node.address}`.split(' ')]);
    }
  }

  /** Somebody on a cable to this node, who sends through it what is for others: runs commands there. */
  async neighbour(address: string): Promise<(...command: string[]) => Promise<ExecResult>> {
    const number = address.split('.').pop();
    const namespace = `${this.namespace}-${number}`;
    await run('ip', ['netns', 'add', namespace]);
    this.context.defer(async () => void (await exec('ip', ['netns', 'del', namespace])));
    this.context.defer(async () => void (await exec('bash', ['-c', `kill -9 $(ip netns pids ${namespace})`])));
    await run('ip', ['-n', this.namespace, ...`link add to-${number} type veth peer name uplink netns ${namespace}`.split(' ')]);
    const ends: [string, string[]][] = [
      [this.namespace, [`link set to-${number} up`, `route add ${address} dev to-${number} src ${this.address}`]],
      [
        namespace,
        [
          'link set lo up',
          'link set uplink up',
          `address add ${address}/32 dev uplink`,
          `route add ${this.address} dev uplink`,
          `route add default via ${this.address}`,
        ],
      ],
    ];
    for (const [end, lines] of ends) for (const line of lines) await run('ip', ['-n', end, ...line.split(' ')]);
    return (...command) => exec('ip', ['netns', 'exec', namespace, ...command]);
  }

  /** Takes the address of the API, as a load balancer would, for a node that it is connected to. */
  async takeVip(other: BenchNode): Promise<void> {
    await run('ip', ['-n', this.namespace, ...`address add ${VIP}/32 dev lo`.split(' ')]);
    const cable = `to-${this.address.split('.').pop()}`;
    await run('ip', ['-n', other.namespace, ...`route add ${VIP} dev ${cable} src ${other.address}`.split(' ')]);
  }

  /** A blank volume; the one before is gone. */
  async attachBlankVolume(): Promise<void> {
    const file = path.join(this.folder, `volume-${Date.now()}`);
    fs.writeFileSync(file, '');
    fs.truncateSync(file, 2 ** 30); // two copies of the data, each with write-ahead logs of 64 MiB, one of them made ahead
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

  /** A setting of the node, in the file that has it. */
  set(name: string, value: string): void {
    const files = ['/etc/strata/cluster.env', '/etc/strata/slot.env'].filter((file) => fs.existsSync(this.path(file)));
    const file = files.find((candidate) => this.read(candidate).includes(`${name}=`)) ?? files[0];
    const line = `${name}="${value}"`;
    const text = this.read(file);
    this.write(file, text.includes(`${name}=`) ? text.replace(new RegExp(`^${name}=.*$`, 'm'), line) : `${text}${line}\n`);
  }

  /** The boot program, as systemd runs it. */
  boot(): Promise<ExecResult> {
    return this.program('strata-boot');
  }

  /** One of the node's programs. */
  program(name: string, ...args: string[]): Promise<ExecResult> {
    return this.run(this.path(`${PROGRAMS}/${name}.sh`), ...args);
  }

  /** One of its programs beside what runs: with the volume mounted, which every program has in a world of its own here. */
  inVolume(name: string, before = ':'): Promise<ExecResult> {
    return this.run('bash', '-c', `${before}; /usr/bin/mount "$0" /var/lib/etcd && "$1"`, this.device, this.path(`${PROGRAMS}/${name}.sh`));
  }

  /** A command that sees the volume in /mnt, and what it is given as $1. */
  onVolume(command: string, argument = ''): Promise<ExecResult> {
    return this.run('bash', '-c', `/usr/bin/mount "$0" /mnt && ${command}; rc=$?; /usr/bin/umount /mnt; exit $rc`, this.device, argument);
  }

  /** The boot program, cut again and again: how often. */
  async bootThroughCuts(): Promise<number> {
    return (await this.throughCuts(() => this.boot())).cuts;
  }

  /**
   * Runs a program again and again, and ends it before its first command that changes anything, then before its second, until it comes to its end: how
   * often it was cut, and what all the runs said. `places` is a regular expression for the commands that count. Before the API is ready the power goes,
   * afterwards (to save the time that etcd takes) the program alone is killed, but for every eighth time; without `power`, always.
   */
  async throughCuts(
    program: () => Promise<ExecResult>,
    { places = '.', power = true } = {},
  ): Promise<{ readonly cuts: number; readonly output: string }> {
    let lastWords = '';
    let output = '';
    for (let number = 1; number < 100; number += 1) {
      const running = fs.existsSync(this.path('/var/lib/kubelet/config.yaml')) && fs.existsSync(path.join(this.folder, 'pids', 'kube-apiserver'));
      const what = power && (!running || number % 8 === 0) ? 'power' : 'program';
      const cut = await this.until(program, number, what, places);
      output += cut.output;
      if (!cut.done) return { cuts: number - 1, output };
      lastWords = fs.readFileSync(path.join(this.folder, 'cut.log'), 'utf8').trimEnd().split('\n').pop()!;
    }
    throw new Error(`${this.name} does not come to an end; the last cut was before "${lastWords}"`);
  }

  run(...command: string[]): Promise<ExecResult> {
    const kubernetesBin = this.context.value(this.programs.bin);
    const bin = `${kubernetesBin}:${this.context.value('ETCD_BIN')}`;
    const kubernetes = (program: string) => path.join(kubernetesBin, program);
    return exec(path.join(SHIMS, 'run-on-node.sh'), [this.folder, this.namespace, ...command], {
      env: { PATH: `${bin}:${process.env.PATH}`, KUBEADM: kubernetes('kubeadm'), KUBECTL: kubernetes('kubectl') },
      timeoutMs: 400_000,
    });
  }

  /** Functions of the node's programs, on the node. */
  call(...words: string[]): Promise<ExecResult> {
    return this.run(
      'bash',
      '-c',
      `. "$1"; shift; . $ETC/cluster.env; if [[ -e $ETC/slot.env ]]; then . $ETC/slot.env; fi; STRATA_INSTANCE=$(cat /var/lib/cloud/data/instance-id); STRATA_PEERS=${ADDRESS}; "$@"`,
      'test',
      this.path(`${PROGRAMS}/strata-boot.sh`),
      ...words,
    );
  }

  /** The real controller manager, with some of its controllers, for as long as the node is on. */
  startControllers(...controllers: string[]): void {
    const command =
      "mapfile -t command < <(sed -n '/^  - command:/,/^    image:/s/^    - //p' /etc/kubernetes/manifests/kube-controller-manager.yaml)";
    void this.run('bash', '-c', `${command}; exec "\${command[@]}" --leader-elect=false --controllers=${controllers.join(',')}`);
  }

  kubectl(...args: string[]): Promise<ExecResult> {
    return this.run('kubectl', '--kubeconfig', '/etc/kubernetes/super-admin.conf', ...args);
  }

  /**
   * What is to be the same however a node came to it: the objects that kubeadm and the boot program make, the Nodes' labels and taints, the members, the
   * node's own files, and its static pods but for what etcd is told of its peers when it joins, which it forgets afterwards.
   */
  async state(): Promise<string> {
    const wanted = async (...command: string[]) => {
      const result = await this.run(...command);
      expectExit(command.join(' '), result, 0);
      return result.stdout;
    };
    const kubectl = (...args: string[]) => wanted('kubectl', '--kubeconfig', '/etc/kubernetes/super-admin.conf', ...args);
    const objects = await kubectl('get', 'configmaps,deployments,daemonsets,services,serviceaccounts,roles,rolebindings,leases', '-A', '-o', 'name');
    const clusterWide = await kubectl('get', 'clusterroles,clusterrolebindings', '-o', 'name');
    const nodes = await kubectl('get', 'nodes', '-o', 'jsonpath={range .items[*]}{.metadata.name} {.spec.taints} {.metadata.labels}{"\\n"}{end}');
    const strata = await kubectl('-n', 'kube-system', 'get', 'configmap', 'strata', '-o', 'jsonpath={.data}');
    const members = await this.call('etcd_call', 'list', '{}');
    expectExit('the members', members, 0);
    const list = (JSON.parse(members.stdout) as { members: { name: string; isLearner?: boolean }[] }).members;
    const files = await this.fileNames();
    const manifests = await wanted('bash', '-c', 'cat /etc/kubernetes/manifests/*.yaml');
    const lines = manifests.split('\n').filter((line) => !/--initial-cluster/.test(line));
    return [
      ...objects.split('\n').filter((name) => !/apiserver-/.test(name)),
      ...clusterWide.split('\n'),
      ...nodes.split('\n').sort(),
      strata,
      ...list.map(({ name, isLearner }) => `member ${name} ${isLearner ? 'learner' : 'voter'}`).sort(),
      ...files,
      ...lines,
    ].join('\n');
  }

  /** What programs made here; of the kubelet's certificates the one that it uses. */
  async fileNames(): Promise<string[]> {
    const found = await this.run('bash', '-c', 'cd / && find etc/kubernetes var/lib/strata var/lib/kubelet ! -type d | sort');
    return found.stdout.split('\n').filter((name) => !/kubelet-client-2/.test(name));
  }

  /** What ran on it is gone, its disks stay. */
  async powerOff(): Promise<void> {
    await exec('bash', ['-c', `for pid in $(ip netns pids ${this.namespace}); do kill -9 $pid; done`]);
    for (const name of ['pids', 'kubelet', 'run/strata']) fs.rmSync(path.join(this.folder, name), { recursive: true, force: true });
  }

  /** Another server takes the slot: a new root disk and another uuid, the volume stays. */
  replaceServer(uuid: string): void {
    const { folder } = this;
    for (const name of ['etc/kubernetes/manifests', 'var/lib/strata', 'var/lib/kubelet']) {
      fs.rmSync(path.join(folder, name), { recursive: true, force: true });
    }
    const kubernetes = path.join(folder, 'etc/kubernetes');
    for (const name of fs.readdirSync(kubernetes).filter((entry) => entry.endsWith('.conf'))) fs.rmSync(path.join(kubernetes, name));
    const pki = path.join(kubernetes, 'pki');
    for (const name of fs.readdirSync(pki).filter((entry) => /^api|client|signing/.test(entry))) fs.rmSync(path.join(pki, name));
    for (const name of fs.readdirSync(path.join(pki, 'etcd')).filter((entry) => !entry.startsWith('ca.'))) fs.rmSync(path.join(pki, 'etcd', name));
    this.write('/var/lib/cloud/data/instance-id', `${uuid}\n`);
  }

  /** The same with other user data, and another image if there is one; what only the slot is told stays. */
  rollTo(uuid: string, { files }: NodeUserData, programs = this.programs): void {
    this.replaceServer(uuid);
    if (programs !== this.programs) this.set('STRATA_REVISION', `${programs.version}-1`);
    this.programs = programs;
    for (const [name, content] of Object.entries(files)) if (!name.endsWith('/cluster.env') && !name.endsWith('/slot.env')) this.write(name, content);
    this.writeClusterConfiguration(files);
    this.write('/synchronised', ''); // cloud-init sees to it
  }

  /** Of the patch that its programs have: the one that the library deploys can't always be built. */
  private writeClusterConfiguration(files: NodeUserData['files']): void {
    const { version } = this.programs;
    const minor = version.split('.').slice(0, 2).join('\\.');
    const name = '/etc/strata/kubeadm-cluster.yaml';
    this.write(name, files[name].replace(new RegExp(`v${minor}\\.\\d+`), `v${version}`));
  }

  /** The boot program, ended before its so many-th command that changes anything; whether it came to that. */
  async bootUntil(number: number, what: 'power' | 'program'): Promise<boolean> {
    return (await this.until(() => this.boot(), number, what)).done;
  }

  private async until(program: () => Promise<ExecResult>, number: number, what: 'power' | 'program', places = '.') {
    for (const name of ['cut.log', 'cut.done']) fs.rmSync(path.join(this.folder, name), { force: true });
    fs.writeFileSync(path.join(this.folder, 'cut'), `${number}\n${what}\n${places}\n`);
    const result = await program();
    fs.rmSync(path.join(this.folder, 'cut'));
    const done = fs.existsSync(path.join(this.folder, 'cut.done'));
    if (!done) expectExit(`a run that was to be cut before its command ${number}`, result, 0);
    else if (what === 'power') await this.powerOff();
    return { done, output: result.output };
  }

  path(name: string): string {
    return path.join(this.folder, name);
  }

  read(name: string): string {
    return fs.readFileSync(this.path(name), 'utf8');
  }

  write(name: string, content: string): void {
    fs.mkdirSync(path.dirname(this.path(name)), { recursive: true });
    fs.writeFileSync(this.path(name), content, { mode: name.endsWith('.env') || name.includes('instance-id') ? 0o644 : 0o755 });
  }
}

/** Fails at the first lines in which two states differ. */
export function expectSameState(what: string, before: string, after: string): void {
  const [had, has] = [before.split('\n'), after.split('\n')];
  const lost = had.filter((line) => !has.includes(line)).slice(0, 10);
  const more = has.filter((line) => !had.includes(line)).slice(0, 10);
  if (lost.length + more.length > 0) throw new Error(`${what}: another end state\n- ${lost.join('\n- ')}\n+ ${more.join('\n+ ')}`);
}
