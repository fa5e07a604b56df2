import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { App, TerraformStack } from 'cdktf';
import { Host, HostRole, NetworkRole } from '../../../lib/contracts/host';
import { OpenStackRelease } from '../../../lib/core/openstack-release';
import { resolveKolla } from '../../../lib/openstack/engines/kolla/kolla-checks';
import { renderVerification } from '../../../lib/openstack/engines/kolla/verification';
import { TestPool } from '../../openstack/pool';
import type { Check, Context } from '../harness/check';
import { daemon, exec, run } from '../harness/process';
import { startSshd } from '../harness/sshd';

/**
 * Five hosts: network namespaces with a port each in a switch for the network "internal" and one for "tunnel". What only they together can tell is looked
 * at as the deployment host does it: the very program, over a real sshd, with what is rendered for such a cloud.
 */
const NAMES = [...[11, 12, 13].map((n) => ({ name: `control-${n}`, n })), ...[21, 22].map((n) => ({ name: `compute-${n}`, n }))];
const INTERNAL = { role: NetworkRole.INTERNAL_API, cidr: '10.10.0.0/24' };
const TUNNEL = { role: NetworkRole.TUNNEL, cidr: '10.10.20.0/24', mtu: 9000 };
const VIP = '10.10.0.250';
const VRID = 151;

interface Lab {
  /** Namespace of a host, and of one that is none of them. */
  readonly space: (name: string) => string;
  readonly verify: (ceph?: string) => Promise<string[]>;
  /** A folder that precedes all others in the PATH of a host. */
  readonly programs: (name: string) => string;
}

async function startLab(context: Context): Promise<Lab> {
  const space = (name: string) => `sv-${process.pid}-${name}`;
  const programs = (name: string) => path.join(context.folder, name);
  const inside = (name: string, ...args: string[]) => run('ip', ['-n', space(name), ...args]);
  for (const { name } of [...NAMES, { name: 'switch' }, { name: 'stranger' }]) {
    await run('ip', ['netns', 'add', space(name)]);
    context.defer(async () => void (await run('ip', ['netns', 'del', space(name)])));
    await inside(name, 'link', 'set', 'lo', 'up');
  }
  for (const bridge of ['internal', 'tunnel']) {
    await inside('switch', 'link', 'add', bridge, 'type', 'bridge', 'mcast_snooping', '0');
    await inside('switch', 'link', 'set', bridge, 'mtu', '9000', 'up');
  }
  const plug = async (name: string, n: number, nic: string, bridge: string, address: string, mtu: number) => {
    const port = `${bridge.slice(0, 3)}${n}`;
    await inside(name, 'link', 'add', nic, 'mtu', String(mtu), 'type', 'veth', 'peer', 'name', port, 'netns', space('switch'));
    await inside('switch', 'link', 'set', port, 'mtu', '9000', 'master', bridge, 'up');
    await inside(name, 'link', 'set', nic, 'up');
    await inside(name, 'address', 'add', address, 'dev', nic);
  };
  for (const { name, n } of NAMES) {
    fs.mkdirSync(programs(name));
    await plug(name, n, 'bond0.10', 'internal', `10.10.0.${n}/24`, 1500);
    await plug(name, n, 'bond0.20', 'tunnel', `10.10.20.${n}/24`, 9000);
  }
  await plug('stranger', 99, 'eth0', 'internal', '10.10.0.99/24', 1500);
  const sshd = await startSshd(context, {
    config: [
      ...NAMES.map(({ n }) => `ListenAddress 127.0.0.${n}`),
      'MaxStartups 100',
      ...NAMES.flatMap(({ n, name }) => [
        `Match LocalAddress 127.0.0.${n}`,
        `  ForceCommand PATH=${programs(name)}:$PATH exec ip netns exec ${space(name)} sh -c "$SSH_ORIGINAL_COMMAND"`,
      ]),
    ],
  });
  const stack = new TerraformStack(new App({ outdir: path.join(context.folder, 'out') }), 'metal');
  const hosts = NAMES.map(({ name, n }) => {
    const gateway = n < 20;
    return new Host({
      name,
      roles: gateway ? [HostRole.CONTROL, HostRole.NETWORK] : [HostRole.COMPUTE],
      managementAddress: `127.0.0.${n}`,
      cpuThreads: 8,
      memoryMib: 32768,
      disks: [{ device: '/dev/sda', sizeGib: 100 }],
      nics: [
        { name: 'bond0.10', networks: [NetworkRole.INTERNAL_API], address: `10.10.0.${n}` },
        { name: 'bond0.20', networks: [NetworkRole.TUNNEL], address: `10.10.20.${n}` },
        ...(gateway ? [{ name: 'bond1', networks: [NetworkRole.PROVIDER] }] : []),
      ],
    });
  });
  const pool = new (class extends TestPool {
    public readonly ssh = { user: os.userInfo().username, privateKeyPath: sshd.privateKeyFile, port: sshd.port };
  })(stack, hosts, [INTERNAL, TUNNEL, { role: NetworkRole.PROVIDER }]);
  const model = resolveKolla(
    stack,
    { pool, region: 'RegionOne', loadBalancerProvider: undefined, credentialsDirectory: '~/none' },
    { release: OpenStackRelease.V2026_1, internalVip: VIP, virtualRouterId: VRID },
  );
  const expectations = path.join(context.folder, 'verification.json');
  fs.writeFileSync(expectations, renderVerification(model));
  const program = path.join(__dirname, '..', '..', '..', 'lib', 'openstack', 'engines', 'kolla', 'verify-cloud.py');
  const options = '-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null';
  const verify = async (ceph?: string) => {
    const args = [program, expectations, sshd.privateKeyFile, ...(ceph === undefined ? [] : [ceph])];
    const began = Date.now();
    const { code, output } = await exec('python3', args, { env: { ...process.env, STRATA_SSH_OPTIONS: options } });
    if (Date.now() - began > 60_000) throw new Error(`it took ${Date.now() - began} ms:\n${output}`);
    const lines = output
      .trim()
      .split('\n')
      .map((line) => line.replace(/^strata: /, ''));
    if ((code === 0) === lines.some((line) => line.includes('DEFECT'))) throw new Error(`it ended with ${code}:\n${output}`);
    return lines;
  };
  return { space, verify, programs };
}

/** Each form is said once, and nothing else is. */
function expectSaid(what: string, lines: readonly string[], expected: readonly RegExp[]): void {
  const wrong = [
    ...expected.filter((form) => lines.filter((line) => form.test(line)).length !== 1).map((form) => `not said once: ${form}`),
    ...lines.filter((line) => !expected.some((form) => form.test(line))).map((line) => `not expected: ${line}`),
  ];
  if (wrong.length > 0) throw new Error(`${what}: ${wrong.join(' | ')}; all of it:\n${lines.join('\n')}`);
}

/** Something that greets as a monitor does, where nobody in Ceph's place would. */
const MONITOR = ['import socket', 's = socket.create_server(("10.10.0.99", 3300))', 'while True: s.accept()[0].sendall(b"ceph v2\\n")'].join('\n');

const FINE = /^clocks, networks and virtual addresses of 5 hosts are as they should be, looked at in \d+ s$/;

async function together(context: Context): Promise<void> {
  const lab = await startLab(context);
  expectSaid('five good hosts', await lab.verify(), [FINE]);

  const ceph = (hosts: string) => {
    const folder = fs.mkdtempSync(path.join(context.folder, 'ceph-'));
    fs.mkdirSync(path.join(folder, 'glance'));
    fs.writeFileSync(path.join(folder, 'glance', 'ceph.conf'), `[global]\nfsid = none\nmon_host = ${hosts}\n`);
    return folder;
  };
  const monitor = daemon('ip', ['netns', 'exec', lab.space('stranger'), 'python3', '-c', MONITOR], path.join(context.folder, 'monitor.log'));
  context.defer(monitor.stop);

  // what a cloud that stands has is no defect
  await run('ip', ['-n', lab.space('control-12'), 'address', 'add', `${VIP}/32`, 'dev', 'bond0.10']);
  expectSaid('the cloud stands', await lab.verify(ceph('[v2:10.10.0.99:3300/0,v1:10.10.0.99:6789/0]')), [FINE]);
  await run('ip', ['-n', lab.space('control-12'), 'address', 'del', `${VIP}/32`, 'dev', 'bond0.10']);

  // all of it wrong at once
  await run('ip', ['-n', lab.space('switch'), 'link', 'set', 'tun21', 'mtu', '1500']); // a switch that carries less
  await run('ip', ['-n', lab.space('switch'), 'link', 'set', 'tun22', 'nomaster']); // a port in another VLAN
  await run('ip', ['-n', lab.space('stranger'), 'address', 'add', `${VIP}/32`, 'dev', 'eth0']); // an address that isn't free
  await run('ip', ['netns', 'exec', lab.space('control-13'), 'iptables', '-A', 'OUTPUT', '-p', '112', '-j', 'DROP']); // a firewall
  const python = (await run('sh', ['-c', 'command -v python3'])).stdout.trim();
  const late = 'import sys, time; real = time.time; time.time = lambda: real() + 7.5; exec(sys.argv[1])';
  fs.writeFileSync(path.join(lab.programs('compute-22'), 'python3'), `#!/bin/sh\nexec ${python} -c '${late}' "$2"\n`, { mode: 0o755 });
  const speak = [
    'import socket, struct, time',
    's = socket.socket(socket.AF_INET, socket.SOCK_RAW, 112)',
    's.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("10.10.0.99"))',
    `while True: s.sendto(bytes([0x31, ${VRID}, 100, 1, 0, 100, 0, 0]), ("224.0.0.18", 0)); time.sleep(1)`,
  ].join('\n');
  const router = run('ip', ['netns', 'exec', lab.space('stranger'), 'timeout', '45', 'python3', '-c', speak]).catch(() => undefined);
  const wrong = await lab.verify(ceph('[v2:10.10.0.99:3300/0,v1:10.10.0.99:6789/0] [v2:10.10.0.98:3300/0] 10.10.0.97'));
  const small = (host: string, others: string) =>
    new RegExp(
      `^host ${host}: DEFECT: network tunnel by bond0.20: expected packets of 9000 bytes to pass, found only smaller ones reach ${others}; `,
    );
  const no = (host: string, others: string) =>
    new RegExp(`^host ${host}: DEFECT: network tunnel by bond0.20: expected to reach the other hosts, found no answer from ${others}; `);
  expectSaid('everything wrong', wrong, [
    /^host compute-22: DEFECT: clock: expected at most 1 s from the other hosts' clocks, found 7\.\d s ahead of them; /,
    small('control-11', 'compute-21'),
    small('control-12', 'compute-21'),
    small('control-13', 'compute-21'),
    small('compute-21', 'control-11, control-12'),
    no('compute-21', 'compute-22'),
    no('control-12', 'compute-22'),
    no('control-13', 'compute-22'),
    no('compute-22', 'control-11, control-12, control-13'),
    new RegExp(`^cloud: DEFECT: internalVip: expected ${VIP} to be free, found the owner of [0-9a-f:]{17} answers for it, as control-11 sees; `),
    ...[11, 12, 13].map((n) => new RegExp(`^cloud: DEFECT: virtualRouterId: expected ${VRID} to be nobody else's, found 10.10.0.99 uses it, as control-${n} hears; `)), // prettier-ignore
    ...[11, 12].map((n) => new RegExp(`^host control-${n}: DEFECT: VRRP by bond0.10: .* found nothing from control-13; `)),
    ...NAMES.map(({ name }) => new RegExp(`^host ${name}: DEFECT: Ceph: .* found nothing from 10.10.0.97:3300, 10.10.0.98:3300; `)),
    /^20 things are wrong between the hosts; nothing was put onto them$/,
  ]);
  await router;
}

export const checks: readonly Check[] = [
  { name: 'hosts together: clocks, VLANs, MTU, VRRP and virtual addresses, each defect named in one run', needs: ['sshd'], run: together },
];
