import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer, IncomingMessage, Server, ServerResponse } from 'node:http';
import { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { TerraformVariable } from 'cdktf';
import { host, internal } from './support';
import { BareMetalPool } from '../../lib/bare-metal/bare-metal-pool';
import { HostInventory } from '../../lib/bare-metal/host-inventory';
import { MaasStorageLayout } from '../../lib/bare-metal/maas-storage-layout';
import { Provisioner } from '../../lib/bare-metal/provisioner';
import { HostProps, RootDeviceHints } from '../../lib/contracts/host';
import { MaasProvider } from '../../lib/providers/maas/provider';
import { Synthesised, synthStack } from '../support/synth';

const ssh = { sshUser: 'ubuntu', sshPrivateKeyPath: '~/.ssh/id_ed25519' };
const program = readFileSync(join(__dirname, '..', '..', 'lib', 'bare-metal', 'provisioners', 'maas-storage.cjs'), 'utf8');

const machine = (n: number, props: Partial<HostProps> = {}) =>
  host(n, { os: 'ubuntu-24.04', bmc: { address: `bmc-${n}.example.com` }, bootMac: `00:00:5e:00:53:0${n}`, ...props });

function pool(storageLayout: MaasStorageLayout | undefined, hosts: HostProps[]): Synthesised {
  return synthStack((stack) => {
    const key = new TerraformVariable(stack, 'maas_key', { sensitive: true });
    new MaasProvider(stack, 'Maas', { apiUrl: 'https://maas.example.com/MAAS', apiKey: key.stringValue });
    const provisioner = Provisioner.maas({ ...ssh, storageLayout, distroSeries: 'noble' });
    new BareMetalPool(stack, 'Pool', { inventory: HostInventory.of({ networks: [internal], hosts }), provisioner });
  });
}

const steps = (stack: Synthesised): { readonly [name: string]: any } =>
  Object.fromEntries(
    Object.entries(stack.resources('terraform_data')).flatMap(([id, block]) => {
      const [, name] = /Pool\/Storage\/(.+)$/.exec(block['//'].metadata.path) ?? [];
      return name === undefined ? [] : [[name, { id, block, run: block.provisioner[0]['local-exec'] }]];
    }),
  );

describe('what is synthesised', () => {
  test('a step for each host, after its commissioning and before its deployment, that only another machine runs again', () => {
    const stack = pool(MaasStorageLayout.lvm({ logicalVolumeSizeGib: 100, bootSizeGib: 1 }), [
      machine(1),
      machine(2, { rootDevice: { wwn: '0x5' } }),
    ]);
    const { 'host-1': first, 'host-2': second } = steps(stack);
    const id = expect.stringMatching(/^\$\{maas_machine\.\w+\["host-1"\]\.id\}$/);
    expect(first.block.triggers_replace).toEqual({ machine: id });
    expect(first.run).toMatchObject({ interpreter: ['node', '-e'], quiet: true, environment: { STRATA_MACHINE: id, STRATA_ROOT_DEVICE: '' } });
    expect(JSON.parse(first.run.environment.STRATA_LAYOUT)).toEqual({ storage_layout: 'lvm', boot_size: '1073741824', lv_size: '107374182400' });
    expect(JSON.parse(second.run.environment.STRATA_ROOT_DEVICE)).toEqual({ wwn: '0x5' });
    expect(stack.resource('maas_instance').depends_on).toEqual(expect.arrayContaining([`terraform_data.${first.id}`, `terraform_data.${second.id}`]));
    // the program as it is, with nothing in it that Terraform would read
    const [, local] = /^\$\{local\.(\w+)\}$/.exec(first.run.command)!;
    expect(stack.json.locals[local]).toBe(program);
    expect(JSON.stringify(steps(stack))).not.toContain('maas_key');
  });

  test('nothing where neither a layout nor a root device is asked for; a root device alone is no word in the wind', () => {
    expect(steps(pool(undefined, [machine(1)]))).toEqual({});
    const alone = steps(pool(undefined, [machine(1), machine(2, { rootDevice: { serialNumber: 'S-${1}' } })]));
    expect(Object.keys(alone)).toEqual(['host-2']);
    expect(alone['host-2'].run.environment).toMatchObject({ STRATA_LAYOUT: '', STRATA_ROOT_DEVICE: '{"serialNumber":"S-$${1}"}' });
  });

  const { flat, lvm, bcache } = MaasStorageLayout;
  test.each<[string, () => unknown, string]>([
    ['a vendor', () => pool(undefined, [machine(1, { rootDevice: { vendor: 'ACME' } })]), "rootDevice.vendor of host-1: MAAS doesn't know that of a disk, got \"ACME\"; find the disk by serialNumber"], // prettier-ignore
    ['a SCSI address', () => pool(flat(), [machine(1, { rootDevice: { hctl: '0:0:0:0' } })]), "rootDevice.hctl of host-1: MAAS doesn't know that"],
    ['a path of attachment', () => pool(flat(), [machine(1, { rootDevice: { deviceName: '/dev/disk/by-path/pci-1' } })]), 'rootDevice.deviceName of host-1'], // prettier-ignore
    ['bcache without Ubuntu', () => pool(bcache(), [machine(1, { os: 'debian-13' })]), 'storageLayout bcache of host-1: MAAS makes bcache for Ubuntu only, got "debian-13"'], // prettier-ignore
    ['bcache beside block storage', () => pool(bcache(), [machine(1, { disks: [{ device: '/dev/sda', sizeGib: 447 }, { device: '/dev/sdb', sizeGib: 894 }] })]), 'which may be a disk for block storage, got ["/dev/sdb"]; use'], // prettier-ignore
    ['a small root', () => flat({ rootSizeGib: 2 }), 'MaasStorageLayout: rootSizeGib must be a whole number from 3 to 1048576, got 2'],
    ['a volume larger than its partition', () => lvm({ rootSizeGib: 50, logicalVolumeSizeGib: 60 }), 'logicalVolumeSizeGib is larger than rootSizeGib, 50, in which it lies, got 60'], // prettier-ignore
    ['a name', () => lvm({ volumeGroup: '-a' }), 'volumeGroup is not a name that LVM takes, got "-a"'],
  ])('%s', (_what, build, message) => {
    expect(build).toThrow(message);
  });
});

const environments = new Map<string, { readonly [name: string]: string }>();

/** The environment of the step of a host; once for each, since a synth takes its time. */
function synthesised(layout: MaasStorageLayout | undefined, rootDevice: RootDeviceHints | undefined): { readonly [name: string]: string } {
  const key = JSON.stringify([layout, rootDevice]);
  if (!environments.has(key)) environments.set(key, steps(pool(layout, [machine(1, { rootDevice })]))['host-1'].run.environment);
  return environments.get(key)!;
}

const GIB = 2 ** 30;
const disk = (id: number, name: string, props: object = {}) => ({ id, name, type: 'physical', model: 'INTEL SSDSC2KB480G8', serial: `PHYF${id}`, id_path: `/dev/disk/by-id/wwn-0x55cd2e41${id}`, size: 447 * GIB, tags: ['ssd', 'sata'], ...props }); // prettier-ignore

/** Answers as MAAS's API does, by its documentation and what its source says of states: it stands in for MAAS, which needs machines. */
class StandIn {
  readonly key = 'consumer1:token2:secret3';
  status = 'Ready';
  bootDisk = 11;
  layout: { readonly [name: string]: string } = {};
  readonly calls: string[] = [];
  readonly nonces = new Set<string>();
  /** Answers that come before its own. */
  readonly first: { status: number; body: string; cut?: boolean }[] = [];
  readonly disks = [
    disk(11, 'sda', { model: 'ST4000NM0115', tags: ['rotary', 'sata', '7200rpm'], size: 3726 * GIB }),
    disk(12, 'sdb'),
    disk(13, 'nvme0n1', { model: 'SAMSUNG MZQL2960', id_path: '/dev/disk/by-id/nvme-eui.36344730', size: 894 * GIB }),
    disk(14, 'vgroot-lvroot', { type: 'virtual', serial: null, model: null, id_path: null }),
  ];

  answer(request: IncomingMessage, response: ServerResponse, body: string): void {
    const say = (status: number, text: string) => response.writeHead(status).end(text);
    this.calls.push(`${request.method} ${request.url}${body && ` ${body}`}`);
    const given = this.first.shift();
    if (given?.cut) return void request.socket.destroy();
    if (given) return void say(given.status, given.body);
    const header = request.headers.authorization ?? '';
    const field = (name: string) => decodeURIComponent(new RegExp(`${name}="([^"]*)"`).exec(header)?.[1] ?? '');
    const [consumer, token, secret] = this.key.split(':');
    const fresh = !this.nonces.has(field('oauth_nonce')) && field('oauth_nonce') !== '';
    this.nonces.add(field('oauth_nonce'));
    const timely = Math.abs(Date.now() / 1000 - Number(field('oauth_timestamp'))) < 300;
    const right = [field('oauth_consumer_key'), field('oauth_token'), field('oauth_signature'), field('oauth_signature_method')];
    if (!header.startsWith('OAuth ') || right.join() !== [consumer, token, `&${secret}`, 'PLAINTEXT'].join() || !fresh || !timely) {
      return void say(401, "Authorization Error: 'Invalid consumer.'");
    }
    const [path, operation] = request.url!.replace('/MAAS/api/2.0', '').split('?op=');
    if (request.method === 'GET' && path === '/machines/abc123/') {
      return void say(200, JSON.stringify({ system_id: 'abc123', hostname: 'host-1', status_name: this.status, blockdevice_set: this.disks }));
    }
    const [, id] = /^\/nodes\/abc123\/blockdevices\/(\d+)\/$/.exec(path) ?? [];
    if (id === undefined && path !== '/machines/abc123/') return void say(404, 'No Machine matches the given query.');
    if (this.status !== 'Ready') return void say(409, 'Cannot change the storage layout on a machine that is not Ready.');
    if (operation === 'set_boot_disk') this.bootDisk = Number(id);
    else if (operation === 'set_storage_layout') this.layout = Object.fromEntries(new URLSearchParams(body));
    else if (operation === 'restore_storage_configuration') this.layout = { storage_layout: 'the default' };
    else return void say(400, `Unrecognised signature: method=POST op=${operation}`);
    say(200, operation === 'set_boot_disk' ? 'OK' : '{}');
  }
}

describe('the program', () => {
  let maas: StandIn;
  let server: Server;
  let url: string;

  beforeEach(async () => {
    maas = new StandIn();
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (piece) => (body += piece)).on('end', () => maas.answer(request, response, body));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/MAAS`;
  });
  afterEach(() => new Promise((resolve) => server.close(resolve)));

  /** Runs it with the environment that is synthesised for the host. */
  async function run(layout: MaasStorageLayout | undefined, rootDevice?: RootDeviceHints, environment: { [name: string]: string | undefined } = {}) {
    const env = { ...synthesised(layout, rootDevice), STRATA_MACHINE: 'abc123', MAAS_API_URL: url, MAAS_API_KEY: maas.key, ...environment };
    const child = spawn(process.execPath, ['-e', program], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece) => (output += piece));
    const status = await new Promise<number | null>((resolve) => child.on('close', resolve));
    expect(output).not.toMatch(/secret3|token2/);
    return { status, output };
  }

  test('sets the layout on the boot disk that MAAS has chosen', async () => {
    expect(await run(MaasStorageLayout.flat({ rootSizeGib: 100 }))).toEqual({
      status: 0,
      output: "host host-1: its storage layout is flat, on MAAS's boot disk\n",
    });
    expect([maas.bootDisk, maas.layout]).toEqual([11, { storage_layout: 'flat', root_size: '107374182400' }]);
    expect(maas.nonces.size).toBe(2);
  });

  test.each<[string, RootDeviceHints, number]>([
    ['serial number', { serialNumber: 'phyf12' }, 12],
    ['world-wide name', { wwn: '0x55CD2E4112' }, 12],
    ['world-wide name of NVMe', { wwn: 'eui.36344730' }, 13],
    ['kernel name', { deviceName: '/dev/nvme0n1' }, 13],
    ['link', { deviceName: '/dev/disk/by-id/wwn-0x55cd2e4112' }, 12],
    ['kind', { rotational: true }, 11],
    ['kind and size', { rotational: false, minSizeGib: 500 }, 13],
    ['part of the model', { model: 'samsung' }, 13],
  ])('the boot disk and the layout go to the disk that is found by %s', async (_what, hints, id) => {
    expect(await run(MaasStorageLayout.lvm({ volumeGroup: 'system' }), hints)).toMatchObject({ status: 0 });
    expect([maas.bootDisk, maas.layout]).toEqual([id, { storage_layout: 'lvm', vg_name: 'system', root_device: String(id) }]);
  });

  test("a root device without a layout: MAAS's default layout is made anew on it", async () => {
    expect(await run(undefined, { model: 'INTEL' })).toMatchObject({
      status: 0,
      output: expect.stringContaining("MAAS's default storage layout, on sdb (INTEL"),
    });
    expect([maas.bootDisk, maas.layout]).toEqual([12, { storage_layout: 'the default' }]);
  });

  test('a deployed machine is left alone with a word', async () => {
    maas.status = 'Deployed';
    expect(await run(MaasStorageLayout.flat(), { wwn: '0x1' })).toEqual({
      status: 0,
      output: 'host host-1: is deployed, and its disks stay as they are\n',
    });
    expect(maas.calls).toEqual(['GET /MAAS/api/2.0/machines/abc123/']);
  });

  test.each(['Commissioning', 'Allocated', 'Deploying', 'Rescue mode', 'Broken'])(
    "a machine that is in '%s' is refused, and not touched",
    async (status) => {
      maas.status = status;
      const { status: code, output } = await run(MaasStorageLayout.flat());
      expect([code, output]).toEqual([1, expect.stringContaining(`host host-1: DEFECT: is in '${status}', where MAAS lets nobody set its storage`)]);
      expect(maas.calls).toHaveLength(1);
    },
  );

  test.each<[string, RootDeviceHints, string]>([
    [
      'no disk',
      { serialNumber: 'X', minSizeGib: 1 },
      'the rootDevice {"serialNumber":"X","minSizeGib":1} fits none of the disks that MAAS knows: sda (ST4000NM0115, serial PHYF11',
    ],
    ['several disks', { minSizeGib: 400 }, 'the rootDevice {"minSizeGib":400} fits several disks: sda (ST4000NM0115'],
  ])('%s with these hints: all are named, and nothing is touched', async (_what, hints, message) => {
    const { status, output } = await run(MaasStorageLayout.flat(), hints);
    expect([status, output]).toEqual([1, expect.stringContaining(message)]);
    expect(output).not.toContain('vgroot');
    expect(maas.calls).toHaveLength(1);
  });

  test.each<[string, { [name: string]: string | undefined }, string]>([
    ['no address', { MAAS_API_URL: undefined }, 'MAAS_API_URL is not set; set it where Terraform runs'],
    ['no key', { MAAS_API_KEY: '' }, 'MAAS_API_KEY is not set; set it where Terraform runs'],
    ['half a key', { MAAS_API_KEY: 'token2:secret3' }, "MAAS_API_KEY has not the form of MAAS's keys"],
    [
      'a wrong key',
      { MAAS_API_KEY: 'a:b:c' },
      "MAAS refuses the key in MAAS_API_KEY (Authorization Error: 'Invalid consumer.'); give one that is valid",
    ],
    ['a machine that is gone', { STRATA_MACHINE: 'xyz' }, 'machines/xyz/ says 404: No Machine matches the given query.; see that MAAS_API_URL'],
    ['no such CA', { MAAS_API_CACERT: '/nowhere/ca.pem' }, 'MAAS_API_CACERT can not be read: ENOENT'],
  ])('%s', async (_what, environment, message) => {
    expect(await run(MaasStorageLayout.flat(), undefined, environment)).toMatchObject({ status: 1, output: expect.stringContaining(message) });
    expect(maas.layout).toEqual({});
  });

  test.each<[string, number, string, string]>([
    [
      'a user who is no administrator',
      403,
      'Forbidden',
      'the owner of the key in MAAS_API_KEY may not do this (Forbidden); use the key of an administrator',
    ],
    [
      'a layout that MAAS refuses',
      400,
      "Failed to configure storage layout 'bcache': no cache",
      "says 400: Failed to configure storage layout 'bcache': no cache; mend",
    ],
    ['another address', 301, '', 'leads elsewhere (301); write MAAS_API_URL as it leads'],
  ])('%s', async (_what, status, body, message) => {
    maas.first.push({ status: 200, body: JSON.stringify({ status_name: 'Ready', blockdevice_set: [] }) }, { status, body });
    expect(await run(MaasStorageLayout.bcache())).toMatchObject({ status: 1, output: expect.stringContaining(message) });
  });

  test('a page that is not the API', async () => {
    maas.first.push({ status: 200, body: '<!doctype html>' });
    expect(await run(MaasStorageLayout.flat())).toMatchObject({ status: 1, output: expect.stringContaining("answers, but not as MAAS's API does") });
  });

  test('cut between boot disk and layout, it ends the same when it is run again; what passes is tried again, with a nonce of its own', async () => {
    const wanted = [MaasStorageLayout.lvm(), { serialNumber: 'PHYF12' }] as const;
    const real = maas.answer.bind(maas);
    maas.answer = (request, response, body) => (body.includes('lvm') ? void response.writeHead(500).end('cut') : real(request, response, body));
    expect(await run(...wanted)).toMatchObject({ status: 1, output: expect.stringContaining('says 500: cut') });
    expect([maas.bootDisk, maas.layout]).toEqual([12, {}]);
    maas.answer = real;
    maas.first.push({ status: 503, body: 'busy' });
    expect(await run(...wanted)).toMatchObject({ status: 0 });
    expect([maas.bootDisk, maas.layout]).toEqual([12, { storage_layout: 'lvm', root_device: '12' }]);
    expect(await run(...wanted)).toMatchObject({ status: 0 });
    expect([maas.bootDisk, maas.layout]).toEqual([12, { storage_layout: 'lvm', root_device: '12' }]);
  });

  test('a MAAS that does not answer', async () => {
    maas.first.push(...[1, 2, 3].map(() => ({ status: 0, body: '', cut: true })));
    expect(await run(MaasStorageLayout.flat())).toMatchObject({ status: 1, output: expect.stringContaining('MAAS does not answer: GET ') });
    expect(maas.calls).toHaveLength(3);
  });
});
