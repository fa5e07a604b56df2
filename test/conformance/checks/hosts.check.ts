import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { App, LocalBackend, TerraformStack } from 'cdktf';
import { BareMetalPool, HostInventory, Provisioner } from '../../../lib/bare-metal';
import { DiskRole, HostNetwork, HostProps, HostRole, NetworkRole } from '../../../lib/contracts/host';
import type { Check, Context } from '../harness/check';
import { daemon, exec, run, waitFor } from '../harness/process';
import { type Sshd, startSshd } from '../harness/sshd';
import { type TerraformJson, Workspace } from '../harness/terraform';

/**
 * Hosts for these checks are network namespaces of this machine, reached through a real sshd at a loopback address each. What they have of the network
 * is their own: interfaces, MTU, addresses, time server. Processor, memory and disks are this machine's, so the inventory of a good host says what this
 * machine has, and that of a bad one what it hasn't.
 */
const MTU = 9000;
const networks: HostNetwork[] = [
  { role: NetworkRole.INTERNAL_API, cidr: '10.10.0.0/24', mtu: MTU },
  { role: NetworkRole.PROVIDER, mtu: MTU },
];

interface TestHost {
  readonly name: string;
  /** Its last byte: 127.0.0.n outside, 10.10.0.n inside. */
  readonly n: number;
  readonly namespace: string;
}

interface Lab {
  readonly sshd: Sshd;
  readonly hosts: { readonly [name: string]: TestHost };
}

async function startLab(context: Context, names: readonly string[]): Promise<Lab> {
  const hosts = names.map((name, i): TestHost => ({ name, n: 11 + i, namespace: `strata-${process.pid}-${name}` }));
  for (const { namespace, n } of hosts) {
    const ip = (...args: string[]) => run('ip', ['-n', namespace, ...args]);
    await run('ip', ['netns', 'add', namespace]);
    context.defer(async () => void (await run('ip', ['netns', 'del', namespace])));
    await ip('link', 'set', 'lo', 'up');
    for (const nic of ['eno1', 'eno2']) {
      await ip('link', 'add', nic, 'type', 'veth', 'peer', 'name', `${nic}-switch`);
      for (const end of [nic, `${nic}-switch`]) await ip('link', 'set', end, 'mtu', String(MTU), 'up');
    }
    await ip('address', 'add', `10.10.0.${n}/24`, 'dev', 'eno1');
  }
  const sshd = await startSshd(context, {
    config: [
      ...hosts.map(({ n }) => `ListenAddress 127.0.0.${n}`),
      ...hosts.flatMap(({ n, namespace, name }) => [
        `Match LocalAddress 127.0.0.${n}`,
        `  ForceCommand PATH=${path.join(context.folder, `bin-${name}`)}:$PATH exec ip netns exec ${namespace} sh -c "$SSH_ORIGINAL_COMMAND"`,
      ]),
    ],
  });
  return { sshd, hosts: Object.fromEntries(hosts.map((host) => [host.name, host])) };
}

/** Time servers of a host's own: one that answers, and one that follows it, neither of which touches the clock. */
async function startClock(context: Context, { name, namespace }: TestHost): Promise<void> {
  const start = (role: string, ...lines: string[]) => {
    const file = path.join(context.folder, `${name}-${role}`);
    fs.writeFileSync(`${file}.conf`, [...lines, `pidfile ${file}.pid`, `bindcmdaddress ${file}.sock`, ''].join('\n'));
    const server = daemon(
      'ip',
      ['netns', 'exec', namespace, context.value('CHRONYD'), '-x', '-d', '-u', 'root', '-f', `${file}.conf`],
      `${file}.log`,
    );
    context.defer(server.stop);
    return server;
  };
  start('server', 'local stratum 3', 'allow 127.0.0.1', 'bindaddress 127.0.0.1', 'cmdport 0');
  const follower = start('follower', 'server 127.0.0.1 iburst minpoll 0 maxpoll 0', 'port 0', 'bindcmdaddress 127.0.0.1');
  await waitFor(
    'chronyd',
    async () => (await exec('ip', ['netns', 'exec', namespace, 'chronyc', '-c', 'tracking'])).stdout.trim().endsWith('Normal'),
    {
      daemon: follower,
    },
  );
}

/** Lets a host's clock be wrong: the kernel has but one. */
function skew(context: Context, { name }: TestHost, seconds: number): void {
  const folder = path.join(context.folder, `bin-${name}`);
  fs.mkdirSync(folder, { recursive: true });
  const script = `[ "$*" != +%s ] || { echo $(($(/bin/date +%s) + ${seconds})); exit; }\nexec /bin/date "$@"`;
  fs.writeFileSync(path.join(folder, 'date'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

async function macOf({ namespace }: TestHost, nic: string): Promise<string> {
  const { stdout } = await run('ip', ['-n', namespace, '-json', 'link', 'show', 'dev', nic]);
  return JSON.parse(stdout)[0].address;
}

/** The largest disk that the kernel shows. */
async function largestDisk(): Promise<{ readonly device: string; readonly gib: number }> {
  const { stdout } = await run('lsblk', ['--json', '--bytes', '--nodeps', '--output', 'PATH,SIZE,TYPE']);
  const disks: { path: string; size: number; type: string }[] = JSON.parse(stdout).blockdevices;
  const [disk] = disks.filter(({ type }) => type === 'disk').sort((a, b) => b.size - a.size);
  if (disk === undefined || disk.size < 2 ** 30) throw new Error(`this machine has no disk of 1 GiB that could stand for a host's:\n${stdout}`);
  return { device: disk.path, gib: Math.floor(disk.size / 2 ** 30) };
}

/** What this machine, as that host, really has. */
async function truthful(host: TestHost): Promise<HostProps> {
  const disk = await largestDisk();
  return {
    name: host.name,
    roles: [HostRole.STORAGE],
    managementAddress: `127.0.0.${host.n}`,
    cpuThreads: os.cpus().length,
    memoryMib: Math.floor(os.totalmem() / 2 ** 20),
    disks: [{ device: disk.device, sizeGib: disk.gib }],
    nics: [
      { name: 'eno1', networks: [NetworkRole.INTERNAL_API], address: `10.10.0.${host.n}`, mac: await macOf(host, 'eno1') },
      { name: 'eno2', networks: [NetworkRole.PROVIDER] },
    ],
  };
}

function workspace(context: Context, { sshd }: Lab, hosts: HostProps[], folder = path.join(context.folder, 'pool')): Workspace {
  fs.mkdirSync(folder, { recursive: true });
  const app = new App({ outdir: path.join(folder, 'cdktf.out') });
  const stack = new TerraformStack(app, 'metal');
  new LocalBackend(stack, { path: path.join(folder, 'terraform.tfstate') });
  new BareMetalPool(stack, 'Pool', {
    inventory: HostInventory.of({ networks, hosts }),
    provisioner: Provisioner.preprovisioned({ sshUser: sshd.user, sshPrivateKeyPath: sshd.privateKeyFile, sshPort: sshd.port }),
    connectTimeoutSeconds: 10,
  });
  app.synth();
  const configuration: TerraformJson = JSON.parse(fs.readFileSync(path.join(folder, 'cdktf.out', 'stacks', 'metal', 'cdk.tf.json'), 'utf8'));
  return new Workspace(context, { folder, configuration });
}

/** What the host itself said in Terraform's output. */
function saidOf(host: string, output: string): string[] {
  return [...output.matchAll(new RegExp(`host ${host}: (.*)$`, 'gm'))].map(([, line]) => line.trim());
}

function expectLines(what: string, lines: readonly string[], expected: readonly RegExp[]): void {
  const missing = expected.filter((form) => !lines.some((line) => form.test(line)));
  const strange = lines.filter((line) => !expected.some((form) => form.test(line)));
  if (missing.length + strange.length === 0) return;
  throw new Error(`${what}: not said: ${missing.join(', ') || '-'}; not expected: ${strange.join(' | ') || '-'}; all of it:\n${lines.join('\n')}`);
}

/** Hosts whose step would run, by the plan. */
async function wouldRun(pool: Workspace): Promise<string[]> {
  const plan = await pool.exec('plan', '-no-color');
  if (plan.code !== 0) throw new Error(`terraform plan ended with ${plan.code}:\n${plan.output}`);
  return [...plan.stdout.matchAll(/# (terraform_data\.\S+) (?:must be replaced|will be \w+|is tainted)/g)].map(([, address]) => address).sort();
}

function expectEqual(what: string, found: unknown, expected: unknown): void {
  if (JSON.stringify(found) !== JSON.stringify(expected)) throw new Error(`${what}: ${JSON.stringify(found)} instead of ${JSON.stringify(expected)}`);
}

async function apply(pool: Workspace, succeeds: boolean): Promise<string> {
  const { code, output } = await pool.exec('apply', '-auto-approve', '-no-color');
  if ((code === 0) !== succeeds) throw new Error(`the apply ended with ${code}:\n${output}`);
  return output;
}

/** What a compute host says on a machine like this one. */
function noVirtualisation(): RegExp[] {
  return [
    ...(/^flags.*\b(vmx|svm)\b/m.test(fs.readFileSync('/proc/cpuinfo', 'utf8'))
      ? []
      : [/^DEFECT: CPU virtualisation: expected the CPU flag vmx or svm on a compute host, found neither; /]),
    ...(fs.existsSync('/dev/kvm') ? [] : [/^DEFECT: \/dev\/kvm: /]),
  ];
}

export const checks: readonly Check[] = [
  {
    name: 'a pool verifies its hosts over SSH, once, and again only the one whose inventory changed',
    needs: ['terraform', 'sshd', 'chronyd'],
    run: async (context) => {
      const lab = await startLab(context, ['one', 'two']);
      const { one, two } = lab.hosts;
      for (const host of [one, two]) await startClock(context, host);
      const hostKey = fs.readFileSync(lab.sshd.knownHostsFile, 'utf8').split(' ').slice(1, 3).join(' ').trim();
      const hosts = [{ ...(await truthful(one)), sshHostKey: hostKey }, await truthful(two)];

      const pool = workspace(context, lab, hosts);
      await pool.init();
      await pool.validate();
      const output = await apply(pool, true);
      for (const host of hosts) {
        const last = saidOf(host.name, output).pop() ?? 'nothing';
        if (!/^all \d+ expectations are met$/.test(last)) throw new Error(`${host.name} said ${last}:\n${output}`);
      }
      await pool.expectNoChanges();

      const state = fs.readFileSync(path.join(context.folder, 'pool', 'terraform.tfstate'), 'utf8');
      if (state.includes('PRIVATE KEY') || output.includes('PRIVATE KEY')) throw new Error('the private key is in the state or in the output');
      const left = fs.readdirSync(os.homedir()).filter((name) => /^\.strata-verify-host-(one|two)-/.test(name));
      if (left.length > 0) throw new Error(`left in the home of ${lab.sshd.user}: ${left.join(', ')}`);

      const changed = workspace(context, lab, [hosts[0], { ...hosts[1], memoryMib: hosts[1].memoryMib - 1 }]);
      const runs = await wouldRun(changed);
      if (runs.length !== 1 || !runs[0].startsWith('terraform_data.Pool_Verify_two_')) {
        throw new Error(`after a change to two, ${runs.join(', ') || 'nothing'} would run`);
      }
      await apply(changed, true);
      await changed.expectNoChanges();
      await changed.destroy();
    },
  },
  {
    name: 'a pool tells everything that is wrong with its hosts in one run, and passes once it is mended',
    needs: ['terraform', 'sshd', 'chronyd'],
    run: async (context) => {
      const lab = await startLab(context, ['good', 'bad', 'late', 'stranger']);
      const { good, bad, late, stranger } = lab.hosts;
      for (const host of [good, late]) await startClock(context, host);
      await run('ip', ['-n', bad.namespace, 'link', 'set', 'eno1', 'mtu', '1500']);
      await run('ip', ['-n', bad.namespace, 'address', 'add', '10.99.0.1/24', 'dev', 'eno2']);
      await run('ip', ['-n', late.namespace, 'link', 'set', 'eno2', 'mtu', '8000']);
      skew(context, late, -300);
      const [honest, delayed] = [await truthful(good), await truthful(late)];
      const disk = await largestDisk();
      const wrong: HostProps = {
        ...(await truthful(bad)),
        roles: [HostRole.STORAGE, HostRole.COMPUTE],
        os: 'rocky-10',
        cpuThreads: 4096,
        memoryMib: 64 * 1024 * 1024,
        numaNodes: 64,
        disks: [{ device: disk.device, sizeGib: disk.gib + 1 }, { device: '/dev/disk/by-id/none' }].map((d) => ({ sizeGib: 1, ...d })),
        nics: [
          { name: 'eno1', networks: [NetworkRole.INTERNAL_API], address: '10.10.0.99', mac: '02:00:00:00:00:99' },
          { name: 'eno2', networks: [NetworkRole.PROVIDER] },
          { name: 'eno3', networks: [], mtu: 1500 },
        ],
      };
      const other = path.join(context.folder, 'other');
      await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', other]);
      const hostKey = fs.readFileSync(`${other}.pub`, 'utf8').split(' ').slice(0, 2).join(' ').trim();
      const impostor: HostProps = { ...(await truthful(stranger)), sshHostKey: hostKey };
      const dead: HostProps = { ...(await truthful({ ...good, name: 'dead' })), managementAddress: '127.0.0.99', nics: wrong.nics.slice(2) };

      const pool = workspace(context, lab, [honest, wrong, delayed, impostor, dead]);
      await pool.init();
      const began = Date.now();
      const output = await apply(pool, false);
      // all at once: each of the two that don't answer is waited for 10 s
      if (Date.now() - began > 120_000) throw new Error(`five hosts took ${Date.now() - began} ms`);
      expectLines('good', saidOf('good', output), [/^ok: /, /^all \d+ expectations are met$/]);
      expectLines('bad', saidOf('bad', output), [
        /^ok: /,
        /^DEFECT: operating system: expected rocky 10, found \w+ [\d.]+; reinstall/,
        /^DEFECT: CPU threads: expected at least 4096, found \d+; /,
        /^DEFECT: memory: expected 67108864 MiB, of which the kernel would show at least \d+, found \d+ MiB; /,
        /^DEFECT: NUMA nodes: expected at least 64, found \d+; /,
        new RegExp(`^DEFECT: disk ${disk.device}: expected at least ${disk.gib + 1} GiB, found ${disk.gib} GiB `),
        /^DEFECT: disk \/dev\/disk\/by-id\/none: expected a block device, found none of that name; choose one of: /,
        /^DEFECT: MAC address of eno1: expected 02:00:00:00:00:99, found [\da-f:]{17}; /,
        /^DEFECT: MTU of eno1 \(internal\): expected 9000, found 1500; /,
        new RegExp(`^DEFECT: address of eno1: expected 10.10.0.99/24, found 10.10.0.${bad.n}/24; `),
        /^DEFECT: address of eno2: expected none, .* found 10\.99\.0\.1\/24; /,
        /^DEFECT: interface eno3: expected an interface of that name, found none; there are .*eno1/,
        /^DEFECT: clock: expected a clock that follows a time server, found /,
        ...noVirtualisation(),
        new RegExp(`^${12 + noVirtualisation().length} of \\d+ expectations are not met$`),
      ]);
      const mtu = /^DEFECT: MTU of eno2 \(provider\): expected 9000, found 8000; /;
      const behind = /^DEFECT: time of day: expected at most 30 s from the machine that runs Terraform, found 2[89]\d s behind it; /;
      expectLines('late', saidOf('late', output), [/^ok: /, mtu, behind, /^2 of \d+ expectations are not met$/]);
      expectLines('stranger', saidOf('stranger', output), []);
      if (!/host key mismatch|knownhosts: key mismatch/i.test(output)) {
        throw new Error(`the host with another key was not refused for its key:\n${output}`);
      }
      if (!/127\.0\.0\.99:\d+: connect: connection refused/.test(output)) {
        throw new Error(`the host that nobody answers for is not named:\n${output}`);
      }

      // mended on the host, without a change to the inventory
      skew(context, late, 0);
      await run('ip', ['-n', late.namespace, 'link', 'set', 'eno2', 'mtu', String(MTU)]);
      const mended = workspace(context, lab, [honest, delayed]);
      const again = await apply(mended, true);
      expectEqual('hosts that were looked at again', [saidOf('good', again).length > 0, saidOf('late', again).length > 0], [false, true]);
      await mended.expectNoChanges();
      await mended.destroy();
    },
  },
  {
    name: 'a compute host needs hardware virtualisation, and a disk for volumes that is not in use',
    needs: ['terraform', 'sshd', 'chronyd'],
    run: async (context) => {
      const lab = await startLab(context, ['hypervisor']);
      await startClock(context, lab.hosts.hypervisor);
      const { stdout: mounted } = await run('lsblk', ['-nro', 'MOUNTPOINT', (await largestDisk()).device]);
      const host = await truthful(lab.hosts.hypervisor);
      const hypervisor: HostProps = {
        ...host,
        roles: [HostRole.COMPUTE, HostRole.STORAGE],
        disks: [{ ...host.disks[0], role: DiskRole.BLOCK_STORAGE }],
        // a profile keeps some of it for the host
        cpuThreads: Math.max(host.cpuThreads, 3),
      };
      const pool = workspace(context, lab, [hypervisor]);
      await pool.init();
      if (noVirtualisation().length === 0) context.log('this machine has hardware virtualisation: only the disk is refused');
      const said = saidOf('hypervisor', await apply(pool, false));
      const defects = said.filter((line) => line.startsWith('DEFECT: '));
      expectLines('hypervisor', defects, [
        ...noVirtualisation(),
        ...(host.cpuThreads < 3 ? [/^DEFECT: CPU threads: expected at least 3, found \d+; /] : []),
        ...(mounted.trim() === '' ? [] : [/^DEFECT: disk \S+: expected a disk for block storage that the system doesn't use, found mounted at .*; /]),
      ]);
      if (said.some((line) => line.includes('KVM layer'))) throw new Error('a host that failed the verification was prepared');
    },
  },
];
