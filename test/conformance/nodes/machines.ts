/**
 * Virtual machines as Nova makes them: a network with fixed addresses, a config drive, volumes whose serial number is their id. Everything is in a network
 * namespace of its own, and ends with the check.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Context } from '../harness/check';
import { type Daemon, daemon, exec, type ExecResult, run, sleep, tail } from '../harness/process';

const GATEWAY = '10.77.0.1';
const PREFIX_LENGTH = 24;
/** What Nova's images have as their first user. */
const USER = 'debian';

/** For a machine that others use, too: what else runs there must not starve the emulation, which is slow anyhow. */
const PRIORITY = process.env.STRATA_CONFORMANCE_NICE ?? '0';

/** A network that is the machines' alone, and this machine at its gateway's address. */
export class MachineNetwork {
  public static async make(context: Context): Promise<MachineNetwork> {
    const namespace = `strata-nodes-${process.pid}`;
    const network = new MachineNetwork(context, namespace, path.join(context.folder, 'key'));
    await run('ip', ['netns', 'add', namespace]);
    context.defer(async () => void (await exec('ip', ['netns', 'del', namespace])));
    await network.ip('link', 'set', 'lo', 'up');
    await network.ip('link', 'add', 'br0', 'type', 'bridge');
    await network.ip('addr', 'add', `${GATEWAY}/${PREFIX_LENGTH}`, 'dev', 'br0');
    await network.ip('link', 'set', 'br0', 'up');
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'conformance', '-f', network.key]);
    return network;
  }

  private taps = 0;

  private constructor(
    private readonly context: Context,
    private readonly namespace: string,
    /** The key pair that the machines are made with. */
    public readonly key: string,
  ) {}

  /** The arguments of `ip` that run a program inside. */
  public inside(...command: string[]): string[] {
    return ['netns', 'exec', this.namespace, ...command];
  }

  public async tap(): Promise<string> {
    const name = `tap${this.taps++}`;
    await this.ip('tuntap', 'add', name, 'mode', 'tap');
    await this.ip('link', 'set', name, 'master', 'br0', 'up');
    return name;
  }

  /** kubectl as the cluster's administrator. */
  public async kubectl(kubeconfig: string, args: readonly string[], input?: string): Promise<ExecResult> {
    const kubectl = path.join(this.context.value('KUBERNETES_BIN'), 'kubectl');
    return exec('ip', this.inside(kubectl, '--kubeconfig', kubeconfig, '--request-timeout', '60s', ...args), { input });
  }

  private async ip(...args: string[]): Promise<void> {
    await run('ip', ['-n', this.namespace, ...args]);
  }
}

export interface MachineProps {
  readonly name: string;
  /** Nova's id of the server. */
  readonly id: string;
  readonly address: string;
  readonly userData: Buffer;
  readonly memoryMib: number;
  readonly cpus: number;
  /** Volume of which it is told nothing but that it is there: its serial is its id. */
  readonly volume?: { readonly id: string; readonly file: string };
}

export class Machine {
  private daemon?: Daemon;
  private readonly folder: string;
  private read = 0;
  private tap?: string;

  constructor(
    private readonly context: Context,
    private readonly network: MachineNetwork,
    public readonly props: MachineProps,
  ) {
    this.folder = path.join(context.folder, `${props.name}-${props.id}`);
    fs.mkdirSync(this.folder, { recursive: true });
  }

  /** Everything that it ever wrote to its console. */
  public get console(): string {
    return path.join(this.folder, 'console.log');
  }

  /** Makes its disks and switches it on: what Nova does when a server is made. */
  public async create(): Promise<void> {
    // A copy, and not an overlay: what an overlay knows of itself would be lost with the power.
    await run('cp', ['--sparse=always', this.context.value('NODE_DISK'), path.join(this.folder, 'root.raw')]);
    await this.makeConfigDrive();
    this.tap = await this.network.tap();
    this.context.defer(() => this.delete());
    this.switchOn();
  }

  public switchOn(): void {
    const { id, address, memoryMib, cpus, volume } = this.props;
    const accelerator = process.env.STRATA_CONFORMANCE_ACCELERATOR ?? 'tcg';
    const cpu =
      accelerator === 'tcg' ? ['-accel', 'tcg,thread=multi,tb-size=1024', '-cpu', 'Westmere,+rdrand'] : ['-accel', accelerator, '-cpu', 'host'];
    const disk = (name: string, file: string, device: string, ...options: string[]) => [
      ...['-drive', [`file=${file},if=none,id=${name},format=raw`, ...options].join(',')],
      ...['-device', `virtio-blk-pci,drive=${name}${device}`],
    ];
    // Untold, Linux doesn't trust an emulated TSC, and whoever asks for the time waits for an emulated device.
    const clock = 'tsc=reliable clocksource=tsc';
    const args = [
      ...['-name', this.props.name, '-uuid', id, '-machine', 'q35', ...cpu, '-smp', String(cpus), '-m', String(memoryMib), '-display', 'none'],
      ...['-kernel', this.context.value('NODE_KERNEL'), '-initrd', this.context.value('NODE_INITRD')],
      ...['-append', `root=LABEL=strata-root rw console=ttyS0,115200 mitigations=off net.ifnames=0 quiet ${clock}`],
      // what a machine has written is on its disk as soon as the host has it: the host doesn't lose its power here
      ...disk('root', path.join(this.folder, 'root.raw'), '', 'cache=unsafe'),
      ...disk('config', path.join(this.folder, 'config.iso'), '', 'readonly=on'),
      ...(volume === undefined ? [] : disk('volume', volume.file, `,serial=${volume.id.slice(0, 20)}`, 'cache=unsafe')),
      ...['-netdev', `tap,id=net,ifname=${this.tap},script=no,downscript=no`, '-device', `virtio-net-pci,netdev=net,mac=${macOf(address)}`],
      ...['-device', 'virtio-rng-pci', '-chardev', `file,id=console,path=${this.console},append=on`, '-serial', 'chardev:console'],
    ];
    this.daemon = daemon('ip', this.network.inside('nice', '-n', PRIORITY, this.context.value('QEMU'), ...args), path.join(this.folder, 'qemu.log'));
    // Where every session is scheduled as one, nice counts inside of it alone.
    const group = `/proc/${this.daemon.pid}/autogroup`;
    if (PRIORITY !== '0' && fs.existsSync(group)) fs.writeFileSync(group, PRIORITY);
  }

  /** As when a plug is pulled: nothing is asked, nothing is written any more. */
  public async cutPower(): Promise<void> {
    if (this.daemon?.running()) process.kill(this.daemon.pid, 'SIGKILL');
    while (this.daemon?.running()) await sleep(50);
  }

  /** What Nova does when a server is deleted: its own disk is gone, its volume stays. */
  public async delete(): Promise<void> {
    await this.cutPower();
    fs.rmSync(path.join(this.folder, 'root.raw'), { force: true });
  }

  /** Waits until something new on its console matches; returns the match. The console is read on from where it was left. */
  public async says(pattern: RegExp, timeoutMs: number): Promise<RegExpMatchArray> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const text = fs.existsSync(this.console) ? fs.readFileSync(this.console, 'utf8').slice(this.read) : '';
      const found = text.match(pattern);
      if (found) {
        this.read += found.index! + found[0].length;
        return found;
      }
      const stopped = text.match(/strata-\w+: STOPPED: .*/);
      if (stopped) throw new Error(`${this.props.name}: ${stopped[0]}`);
      if (!this.daemon?.running()) throw new Error(`${this.props.name}: the machine is off: ${tail(fs.readFileSync(this.daemon!.logFile, 'utf8'))}`);
      if (Date.now() > deadline) {
        throw new Error(`${this.props.name} did not say ${pattern} within ${timeoutMs / 1000} s; its console ends with:\n${tail(text)}`);
      }
      await sleep(250);
    }
  }

  /** Runs a command on it as root and returns what it said, whatever its exit code. */
  public ssh(command: string): Promise<ExecResult> {
    const options = ['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'ConnectTimeout=30', 'LogLevel=ERROR', 'ServerAliveInterval=30'];
    return exec('ip', [
      ...this.network.inside('ssh', '-i', this.network.key, ...options.flatMap((option) => ['-o', option])),
      ...[`${USER}@${this.props.address}`, `sudo -n bash -c ${quote(command)}`],
    ]);
  }

  /** What those on it wrote, for who looks for a cause: nothing if it doesn't answer. */
  public async collect(): Promise<void> {
    if (!this.daemon?.running()) return;
    const program =
      'date; uptime; ip -4 -br a; journalctl --no-pager -n 4000; for log in /var/log/pods/*/*/*.log; do echo "== $log"; tail -n 200 "$log"; done';
    const { output } = await this.ssh(program);
    fs.writeFileSync(path.join(this.folder, 'journal.log'), output);
  }

  private async makeConfigDrive(): Promise<void> {
    const { name, id, address, userData } = this.props;
    const latest = path.join(this.folder, 'config', 'openstack', 'latest');
    fs.mkdirSync(latest, { recursive: true });
    const write = (file: string, value: unknown) => fs.writeFileSync(path.join(latest, file), JSON.stringify(value));
    fs.writeFileSync(path.join(latest, 'user_data'), userData);
    write('meta_data.json', {
      uuid: id,
      name,
      hostname: `${name}.novalocal`,
      launch_index: 0,
      availability_zone: 'nova',
      project_id: '0'.repeat(32),
      public_keys: { conformance: fs.readFileSync(`${this.network.key}.pub`, 'utf8') },
    });
    write('network_data.json', {
      links: [{ id: 'tap0', vif_id: id, type: 'ovs', mtu: 1450, ethernet_mac_address: macOf(address) }],
      networks: [
        {
          id: 'network0',
          type: 'ipv4',
          link: 'tap0',
          ip_address: address,
          netmask: '255.255.255.0',
          network_id: 'network',
          routes: [{ network: '0.0.0.0', netmask: '0.0.0.0', gateway: GATEWAY }],
        },
      ],
      services: [], // no name server, as of many an OVN network: the boot program sees to it that the cluster's own names are known
    });
    await run('genisoimage', ['-quiet', '-R', '-J', '-V', 'config-2', '-o', path.join(this.folder, 'config.iso'), path.join(this.folder, 'config')]);
  }
}

/** As Neutron makes them: a prefix, and what belongs to the port. */
function macOf(address: string): string {
  return `fa:16:3e:00:00:${Number(address.split('.').pop()).toString(16).padStart(2, '0')}`;
}

function quote(text: string): string {
  return `'${text.replace(/'/g, `'\\''`)}'`;
}

/** A blank volume. */
export async function makeVolume(file: string, sizeMib: number): Promise<void> {
  await run('truncate', ['-s', `${sizeMib}M`, file]);
}
