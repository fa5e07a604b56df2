/** A distribution's own image becomes a node's, by real apt, dpkg and signatures in a real Debian 12; what is in the packages of Kubernetes and containerd is not. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { NodeImage, type StockImageOptions } from '../../../lib/contracts/node-image';
import { KubernetesVersion } from '../../../lib/core/kubernetes-version';
import { stockImageFiles } from '../../../lib/kubernetes/bootstrap/stock-image-files';
import type { Check, Context } from '../harness/check';
import { freePort } from '../harness/ports';
import { daemon, exec, type ExecResult, expectExit as expect, run, waitFor } from '../harness/process';

const VERSION = KubernetesVersion.of('1.36.3');
const PINNED = { 'containerd.io': '2.2.1-1~debian.12~bookworm', kubeadm: '1.36.3-1.1', kubectl: '1.36.3-1.1', kubelet: '1.36.3-1.1' };
const INSTALL = '/usr/local/lib/strata/strata-install.sh';

/** A machine that was just born of a Debian 12: a root file system of its own. */
class Machine {
  public static async born(context: Context, mirror: Mirror, options: StockImageOptions): Promise<Machine> {
    const root = fs.mkdtempSync(path.join(context.folder, 'machine-'));
    // one file system below all of them
    const base = path.join(context.folder, 'base');
    if (!fs.existsSync(base)) {
      fs.mkdirSync(base);
      await run('tar', ['--extract', '--file', context.value('DEBIAN_ROOT'), '--directory', base]);
    }
    const layer = (name: string) => path.join(root, name);
    for (const name of ['upper', 'work', 'root']) fs.mkdirSync(layer(name));
    await run('mount', ['-t', 'overlay', 'overlay', '-o', `lowerdir=${base},upperdir=${layer('upper')},workdir=${layer('work')}`, layer('root')]);
    context.defer(async () => void (await run('umount', [layer('root')])));
    const machine = new Machine(layer('root'));
    const image = NodeImage.stock({ name: 'debian-12', kubernetesPackages: mirror.kubernetes, containerdPackages: mirror.containerd, ...options });
    for (const { path: file, content } of stockImageFiles(image, VERSION)) {
      machine.write(file, content as string, file.endsWith('.sh') ? 0o755 : 0o644);
    }
    machine.write('/usr/local/lib/strata/strata-common.sh', fs.readFileSync(path.join(bootstrap, 'strata-common.sh'), 'utf8'));
    machine.write('/etc/strata/cluster.env', 'STRATA_PEERS=198.51.100.1\n');
    machine.write('/etc/strata/slot.env', 'STRATA_ADDRESS=198.51.100.1\nSTRATA_NODE=node\n');
    machine.write('/var/lib/cloud/data/instance-id', 'i-1\n');
    machine.write('/etc/fstab', '/dev/vda1 / ext4 defaults 0 1\n/dev/vda2 none swap sw 0 0\n');
    fs.copyFileSync('/etc/resolv.conf', path.join(machine.root, 'etc/resolv.conf'));
    // what reaches beyond a root file system
    for (const program of ['swapoff', 'modprobe', 'systemctl']) {
      machine.write(`/opt/machine/${program}`, `#!/bin/sh\necho "${program} $*" >>/var/log/machine\n`, 0o755);
    }
    return machine;
  }

  private constructor(public readonly root: string) {}

  public read(file: string): string {
    return fs.readFileSync(path.join(this.root, file), 'utf8');
  }

  public write(file: string, text: string, mode = 0o644): void {
    const target = path.join(this.root, file);
    fs.mkdirSync(path.dirname(target), { recursive: true });
    fs.writeFileSync(target, text, { mode });
    fs.chmodSync(target, mode);
  }

  public exec(...command: string[]): Promise<ExecResult> {
    return exec('unshare', this.words(command));
  }

  /** Runs the program; the power is cut where a package's script is reached. */
  public async cutIn(script: 'preinst' | 'postinst', name: string): Promise<void> {
    this.write(`/cut-in-${script}-of-${name}`, '');
    const running = daemon('unshare', this.words([INSTALL]), path.join(this.root, 'var/log/cut'));
    const stopped = path.join(this.root, 'cut-now');
    await waitFor(`${script} of ${name}`, async () => fs.existsSync(stopped), { timeoutMs: 300_000, daemon: running });
    process.kill(-running.pid, 'SIGKILL');
    await waitFor('the end of everything in it', async () => !running.running());
    for (const file of [stopped, path.join(this.root, `cut-in-${script}-of-${name}`)]) fs.rmSync(file);
  }

  public async installed(): Promise<{ readonly [name: string]: string }> {
    const { stdout } = await this.exec('dpkg-query', '-W', '-f', '${binary:Package} ${Version} ${db:Status-Status}\\n');
    const lines = stdout.split('\n').map((line) => line.split(' '));
    return Object.fromEntries(lines.filter(([name, , status]) => name in PINNED && status === 'installed').map(([name, version]) => [name, version]));
  }

  /** Throws unless it is what a prebuilt image is. */
  public async expectReady(what: string): Promise<void> {
    same(`${what}: packages`, await this.installed(), PINNED);
    same(`${what}: packages that stay`, (await this.exec('apt-mark', 'showhold')).stdout.trim().split('\n').sort(), Object.keys(PINNED).sort());
    same(`${what}: packages left half way`, (await this.exec('dpkg', '--audit')).output, '');
    same(`${what}: containerd's configuration`, this.read('/etc/containerd/config.toml'), this.read('/etc/strata/containerd.toml'));
    if (/^[^#].*\sswap\s/m.test(this.read('/etc/fstab'))) throw new Error(`${what}: swap comes back:\n${this.read('/etc/fstab')}`);
    if (!this.read('/var/log/machine').includes('systemctl restart containerd')) throw new Error(`${what}: containerd has its former configuration`);
  }

  private words(command: string[]): string[] {
    const environment = ['PATH=/opt/machine:/usr/sbin:/usr/bin:/sbin:/bin', 'HOME=/root'];
    const enter = `mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" && mount -t tmpfs tmpfs "$0/run" && exec chroot "$0" env -i "$@"`;
    return ['--mount', '--pid', '--fork', '--kill-child', 'sh', '-c', enter, this.root, ...environment, ...command];
  }
}

const bootstrap = path.join(__dirname, '..', '..', '..', 'lib', 'kubernetes', 'bootstrap');

interface Mirror {
  readonly kubernetes: string;
  readonly containerd: string;
  readonly key: string;
  readonly otherKey: string;
  /** Where its files are. */
  readonly folder: string;
}

async function startMirror(context: Context): Promise<Mirror> {
  const folder = path.join(context.folder, 'mirror');
  fs.mkdirSync(folder);
  await run(path.join(__dirname, '..', 'harness', 'package-mirror.sh'), [folder]);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const words = ['-m', 'http.server', '--bind', '127.0.0.1', '--directory', folder, String(port)];
  const server = daemon('python3', words, path.join(context.folder, 'mirror.log'));
  context.defer(() => server.stop());
  await waitFor('the mirror', async () => (await fetch(`${url}/key.asc`)).ok, { daemon: server });
  const read = (name: string) => fs.readFileSync(path.join(folder, name), 'utf8');
  return { kubernetes: `${url}/kubernetes/`, containerd: `${url}/containerd`, key: read('key.asc'), otherKey: read('other.asc'), folder };
}

function same(what: string, found: unknown, wanted: unknown): void {
  if (JSON.stringify(found) !== JSON.stringify(wanted)) throw new Error(`${what}: ${JSON.stringify(found)}, not ${JSON.stringify(wanted)}`);
}

export const checks: readonly Check[] = [
  {
    name: "a distribution's own image installs the cluster's patch and keeps it; cut at any point and run again it ends the same",
    needs: ['debian-root'],
    run: async (context) => {
      const mirror = await startMirror(context);
      const machine = await Machine.born(context, mirror, {});
      // what a power cut leaves of a file that was just made
      machine.write('/etc/apt/keyrings/kubernetes.asc', '');
      expect('the first boot', await machine.exec(INSTALL), 0, 'installing containerd 2.x and Kubernetes 1.36.3', 'strata-install: installed');
      await machine.expectReady('the first boot');
      same('the second boot', (await machine.exec(INSTALL)).output, '');
      expect('an upgrade by hand', await machine.exec('apt-get', '-y', 'upgrade'), 0, /kept back:[^]*kubelet/);
      await machine.expectReady('after an upgrade by hand');

      const cut = await Machine.born(context, mirror, {});
      for (const [script, name] of [
        ['preinst', 'containerd.io'],
        ['postinst', 'containerd.io'],
        ['preinst', 'kubelet'],
        ['postinst', 'kubeadm'],
      ] as const) {
        await cut.cutIn(script, name);
      }
      expect('the boot after the last cut', await cut.exec(INSTALL), 0, 'strata-install: installed');
      await cut.expectReady('the boot after the last cut');
    },
  },
  {
    name: "a distribution's own image trusts a mirror by the key that is given, and stops at another one or at a distribution that it doesn't know",
    needs: ['debian-root'],
    run: async (context) => {
      const mirror = await startMirror(context);
      // a mirror without keys beside its packages
      for (const file of ['kubernetes/Release.key', 'containerd/debian/gpg']) fs.rmSync(path.join(mirror.folder, file));
      const without = await Machine.born(context, mirror, {});
      expect(
        'no key',
        await without.exec(INSTALL),
        'failure',
        `STOPPED: the key of ${mirror.kubernetes} can't be fetched from ${mirror.kubernetes}Release.key`,
      );

      const given = await Machine.born(context, mirror, { kubernetesKey: mirror.key, containerdKey: mirror.key });
      expect('the right keys', await given.exec(INSTALL), 0, 'strata-install: installed');
      await given.expectReady('the right keys');

      const wrong = await Machine.born(context, mirror, { kubernetesKey: mirror.otherKey, containerdKey: mirror.key });
      expect(
        'a wrong key',
        await wrong.exec(INSTALL),
        'failure',
        'NO_PUBKEY',
        "/kubernetes  InRelease' is not signed",
        'STOPPED: the lists of packages',
      );
      same('a wrong key: packages', await wrong.installed(), {});

      const changed = await Machine.born(context, mirror, { kubernetesKey: mirror.key, containerdKey: mirror.key });
      fs.appendFileSync(path.join(mirror.folder, 'kubernetes/kubelet_1.36.3-1.1_amd64.deb'), 'x');
      expect('a package that is not what was signed', await changed.exec(INSTALL), 'failure', /unexpected size|Hash Sum mismatch/);
      same('a package that is not what was signed: packages', await changed.installed(), {});

      const other = await Machine.born(context, mirror, { kubernetesKey: mirror.key, containerdKey: mirror.key });
      other.write('/etc/os-release', 'ID=ubuntu\nVERSION_CODENAME=jammy\nPRETTY_NAME="Ubuntu 22.04.5 LTS"\n');
      expect(
        'another distribution',
        await other.exec(INSTALL),
        'failure',
        'STOPPED: this image is Ubuntu 22.04.5 LTS; NodeImage.stock knows Ubuntu 24.04, Debian 12',
      );
      same('another distribution: packages', await other.installed(), {});
    },
  },
];
