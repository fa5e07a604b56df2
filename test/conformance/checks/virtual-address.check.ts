/** The API's address without a load balancer: the very program of the control planes, with the real keepalived, in network namespaces. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { virtualAddressFiles } from '../../../lib/kubernetes/endpoint/virtual-address-files';
import type { Check, Context } from '../harness/check';
import { type Daemon, daemon, exec, run, sleep, waitFor } from '../harness/process';

const ENDPOINT = 'api.vip.internal';
const files = Object.fromEntries(virtualAddressFiles({ virtualRouterId: 77 }).map(({ path: name, content }) => [path.basename(name), content!]));

/** An API server as far as its health check goes. */
const READY = `
import http.server, ssl, sys
class Api(http.server.BaseHTTPRequestHandler):
  def do_GET(self):
    self.send_response(200 if self.path == '/readyz' else 404); self.end_headers()
  def log_message(self, *args): pass
import socket
class Server(http.server.HTTPServer): address_family = socket.AF_INET6 if ':' in sys.argv[1] else socket.AF_INET
server = Server(('::' if ':' in sys.argv[1] else '0.0.0.0', 6443), Api) # as the API server does
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER); context.load_cert_chain(sys.argv[2], sys.argv[3])
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
`;

interface Plane {
  readonly namespace: string;
  readonly address: string;
  readonly folder: string;
}

class Bench {
  static async start(
    context: Context,
    name: string,
    vip: string,
    addresses: readonly string[],
    peersOf: (index: number) => readonly string[] = () => addresses,
  ): Promise<Bench> {
    const tag = `${name}${process.pid}`;
    const bits = vip.includes(':') ? 64 : 24;
    const planes = addresses.map((address, i) => ({ namespace: `vip${i}-${tag}`, address, folder: path.join(context.folder, `${name}-${i}`) }));
    const bench = new Bench(context, vip, planes);
    const hub = `viphub-${tag}`;
    for (const namespace of [hub, ...planes.map((plane) => plane.namespace)]) {
      await run('ip', ['netns', 'add', namespace]);
      context.defer(async () => void (await exec('ip', ['netns', 'del', namespace])));
    }
    const ip = (namespace: string, line: string) => run('ip', ['-n', namespace, ...line.split(' ')]);
    await ip(hub, 'link add name bridge type bridge');
    await ip(hub, 'link set bridge up');
    for (const [i, plane] of planes.entries()) {
      await ip(hub, `link add p${i} type veth peer name ens3 netns ${plane.namespace}`);
      await ip(hub, `link set p${i} master bridge up`);
      await ip(plane.namespace, 'link set lo up');
      await ip(plane.namespace, `addr add ${plane.address}/${bits} dev ens3${bits === 64 ? ' nodad' : ''}`);
      await ip(plane.namespace, 'link set ens3 up');
      bench.furnish(plane, i, peersOf(i));
    }
    return bench;
  }

  private constructor(
    private readonly context: Context,
    private readonly vip: string,
    readonly planes: readonly Plane[],
  ) {}

  private furnish({ folder, address }: Plane, index: number, peers: readonly string[]): void {
    const write = (name: string, text: string, mode = 0o644) => {
      fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
      fs.writeFileSync(path.join(folder, name), text, { mode });
    };
    write('etc/cluster.env', `STRATA_ENDPOINT="${ENDPOINT}"\nSTRATA_PORT="6443"\nSTRATA_VIP="${this.vip}"\nSTRATA_PEERS="${peers.join(' ')}"\n`);
    write('etc/slot.env', `STRATA_NODE="vip-control-plane-${index}"\nSTRATA_ADDRESS="${address}"\n`);
    write('etc/vip.env', files['vip.env']);
    fs.cpSync(path.join(this.context.folder, 'pki'), path.join(folder, 'pki'), { recursive: true });
    write('lib/strata-vip.sh', files['strata-vip.sh'], 0o755);
    fs.mkdirSync(path.join(folder, 'run'));
    write('ready.py', READY);
  }

  /** A program as on that machine: its network, its own folders in place of this machine's. */
  command({ namespace, folder }: Plane, ...program: string[]): [string, string[]] {
    const mounts = { etc: '/etc/strata', pki: '/etc/kubernetes/pki', lib: '/usr/local/lib/strata', run: '/run/strata-vip' };
    const bind = Object.entries(mounts).map(([from, to]) => `mkdir -p ${to}; mount --bind "${path.join(folder, from)}" ${to}`);
    return ['ip', ['netns', 'exec', namespace, 'unshare', '-m', 'bash', '-ec', `${bind.join('; ')}; exec "$@"`, 'on-node', ...program]];
  }

  private begin(plane: Plane, log: string, ...program: string[]): Daemon {
    const begun = daemon(...this.command(plane, ...program), path.join(plane.folder, log));
    this.context.defer(() => begun.stop());
    return begun;
  }

  api(plane: Plane): Daemon {
    const pair = ['crt', 'key'].map((end) => `/etc/kubernetes/pki/api.${end}`);
    return this.begin(plane, 'api.log', 'python3', path.join(plane.folder, 'ready.py'), plane.address, ...pair);
  }

  keepalived(plane: Plane): Daemon {
    return this.begin(plane, 'vip.log', '/usr/local/lib/strata/strata-vip.sh');
  }

  async holders(): Promise<string[]> {
    const held = await Promise.all(
      this.planes.map(async ({ namespace, address }) =>
        (await exec('ip', ['-n', namespace, '-o', 'addr', 'show', 'to', this.vip])).stdout.trim() === '' ? [] : [address],
      ),
    );
    return held.flat();
  }

  /** Waits until exactly that machine, or exactly one of them, holds the address. */
  async settles(what: string, expected: (holder: string) => boolean = () => true): Promise<string> {
    let held: string[] = [];
    const settled = async () => {
      held = await this.holders();
      return held.length === 1 && expected(held[0]);
    };
    await waitFor(what, settled);
    return held[0];
  }
}

async function certificates(context: Context, addresses: readonly string[]): Promise<void> {
  const pki = path.join(context.folder, 'pki');
  fs.mkdirSync(pki);
  const openssl = (...args: string[]) => run('openssl', args, { cwd: pki });
  await openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=ca', '-days', '2', '-keyout', 'ca.key', '-out', 'ca.crt');
  await openssl('req', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=api', '-keyout', 'api.key', '-out', 'api.csr');
  fs.writeFileSync(path.join(pki, 'san'), `subjectAltName=DNS:${ENDPOINT},${addresses.map((address) => `IP:${address}`).join(',')}\n`);
  await openssl(...'x509 -req -in api.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile san -out api.crt'.split(' '));
}

/** One keepalived after the other loses its API, and the address is always at one that has it. */
async function moves(context: Context, name: string, vip: string, addresses: readonly string[]): Promise<void> {
  const bench = await Bench.start(context, name, vip, addresses);
  const api = (plane: Plane) => bench.api(plane);
  const keepalived = (plane: Plane) => bench.keepalived(plane);

  const programs = bench.planes.map((plane) => ({ plane, vrrp: keepalived(plane) }));
  await sleep(8000);
  const early = await bench.holders();
  if (early.length > 0) throw new Error(`${name}: ${early.join(', ')} took the address though no API is ready`);

  const apis = new Map(bench.planes.map((plane) => [plane.address, api(plane)]));
  const first = await bench.settles('a control plane with the address');
  context.log(`${name}: ${first} has it`);

  // whoever is in the network reaches the API at it, under the cluster's own CA
  const other = bench.planes.find(({ address }) => address !== first)!;
  const ask = ['curl', '-sf', '--noproxy', '*', '--max-time', '5', '--cacert', '/etc/kubernetes/pki/ca.crt', '--resolve', `${ENDPOINT}:6443:${vip}`];
  await run(...bench.command(other, ...ask, `https://${ENDPOINT}:6443/readyz`));

  await apis.get(first)!.stop();
  const second = await bench.settles('another control plane with the address', (holder) => holder !== first);
  await run(
    ...bench.command(
      bench.planes.find(({ address }) => address !== second)!,
      ...ask,
      `https://${ENDPOINT}:6443/readyz`,
    ),
  );
  context.log(`${name}: the API of ${first} is down, ${second} has it`);

  apis.set(first, api(bench.planes.find(({ address }) => address === first)!));
  await sleep(12_000);
  const after = await bench.holders();
  if (after.join() !== second) throw new Error(`${name}: the address moved back without need: ${after.join(', ')}`);

  await programs.find(({ plane }) => plane.address === second)!.vrrp.stop();
  await bench.settles('the address at the last one', (holder) => holder !== second);
  context.log(`${name}: keepalived of ${second} is dead, ${(await bench.holders()).join()} has it`);

  const conf = fs.readFileSync(path.join(bench.planes[0].folder, 'run', 'keepalived.conf'), 'utf8');
  fs.writeFileSync(path.join(context.folder, 'wrong.conf'), conf.replace('virtual_ipaddress {', 'virtual_ipaddresses {'));
  const wrong = await exec(...bench.command(bench.planes[0], 'keepalived', '--config-test', '--use-file', path.join(context.folder, 'wrong.conf')));
  if (wrong.code === 0) throw new Error('keepalived takes a configuration that is wrong: it judges nothing');
}

/** Slots that were added later: the former ones have been told nothing of them, and still there is one that has the address. */
async function grows(context: Context, name: string, vip: string, addresses: readonly string[], former: number): Promise<void> {
  const bench = await Bench.start(context, name, vip, addresses, (i) => (i < former ? addresses.slice(0, former) : addresses));
  const apis = new Map<string, Daemon>();
  const join = (plane: Plane) => {
    apis.set(plane.address, bench.api(plane));
    bench.keepalived(plane);
  };
  for (const plane of bench.planes.slice(0, former)) join(plane);
  await bench.settles('a control plane with the address');
  for (const plane of bench.planes.slice(former)) join(plane);
  const settled = async (when: string, expected: (holder: string) => boolean) => {
    const holder = await bench.settles(`one that has the address ${when}`, expected);
    await sleep(3000); // two that took it in the same moment have heard each other by then
    for (let second = 0; second < 10; second += 1) {
      const held = await bench.holders();
      if (held.join() !== holder) throw new Error(`${name}: ${held.join(' and ') || 'nobody'} has the address ${when}, and it was ${holder}`);
      await sleep(1000);
    }
    context.log(`${name}: ${holder} has it ${when}`);
    return holder;
  };
  // those that are new hear nothing from the former ones, so that one of them takes it as soon as its API is ready
  const first = await settled('after more slots came', (holder) => !addresses.slice(0, former).includes(holder));
  await apis.get(first)!.stop();
  await settled('after its holder lost its API', (holder) => holder !== first);
}

export const checks: readonly Check[] = [
  {
    name: 'keepalived: the address of the API is at one control plane whose API is ready, and moves when it is not, over IPv4 and IPv6',
    needs: ['keepalived'],
    run: async (context) => {
      const v4 = ['10.77.0.1', '10.77.0.2'];
      const v6 = ['fd00:77::1', 'fd00:77::2'];
      await certificates(context, [...v4, ...v6, '10.77.0.9', 'fd00:77::9']);
      await Promise.all([moves(context, 'a', '10.77.0.9', v4), moves(context, 'b', 'fd00:77::9', v6)]);
    },
  },
  {
    name: 'keepalived: slots that were added later and former ones that know nothing of them agree on one holder',
    needs: ['keepalived'],
    run: async (context) => {
      const one = ['10.77.0.5', '10.77.0.1', '10.77.0.2'];
      const three = ['10.77.0.5', '10.77.0.6', '10.77.0.7', '10.77.0.1', '10.77.0.2'];
      const v6 = ['fd00:77::5', 'fd00:77::1', 'fd00:77::2'];
      await certificates(context, [...three, ...v6, '10.77.0.9', 'fd00:77::9']);
      await Promise.all([
        grows(context, 'c', '10.77.0.9', one, 1),
        grows(context, 'd', '10.77.0.9', three, 3),
        grows(context, 'e', 'fd00:77::9', v6, 1),
      ]);
    },
  },
];
