import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, TerraformStack, TerraformVariable, Token } from 'cdktf';
import * as fc from 'fast-check';
import { parse, stringify } from 'yaml';
import { host, internal } from './support';
import { HostInventory } from '../../lib/bare-metal/host-inventory';
import { Host, HostProps, HostRole, NetworkRole } from '../../lib/contracts/host';

const folder = mkdtempSync(join(tmpdir(), 'inventory-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Reads a text as a file of that name. Messages begin with `<name>`, without the folder. */
function read(text: string, name = 'hosts.yaml'): HostInventory {
  const file = join(folder, name);
  writeFileSync(file, text);
  try {
    return HostInventory.fromFile(file);
  } catch (error) {
    throw new Error((error as Error).message.replaceAll(`${folder}/`, ''));
  }
}

function complaint(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('no complaint');
}

const GOOD = `networks:
  internal: { cidr: 10.10.0.0/24, mtu: 9000 }
  tunnel: { cidr: 10.20.0.0/24, vlan: 20 }
  provider:
defaults:
  os: ubuntu-24.04
  memory: 256GiB
  tags: { site: a, row: "1" }
  bmc: { protocol: ipmi }
hosts:
  - name: control-1
    roles: [control, network]
    managementAddress: 10.10.0.11
    cpuThreads: 32
    memory: 128GiB
    bmc: { address: bmc-1.example.com }
    bootMac: 00-00-5E-00-53-01
    disks:
      - { device: /dev/sda, size: 480GB }
      - { device: /dev/sdb, sizeGib: 3576 }
    nics:
      - { name: eno1, networks: [internal], address: 10.10.0.11, mac: 0000.5e00.5301 }
      - { name: eno1.20, networks: [tunnel], address: 10.20.0.11, mac: "00:00:5E:00:53:01" }
      - { name: eno2, networks: [provider] }
    tags: { row: "2" }
  - name: compute-1
    roles: [compute]
    managementAddress: compute-1.example.com
    bmc: { address: bmc-2.example.com }
    cpuThreads: 64
    zone: az1
    rack: r1
    disks: [{ device: /dev/sda, size: 480GB }]
    nics:
      - { name: eno1, networks: [internal], address: 10.10.0.21 }
`;

describe('a good file', () => {
  const inventory = read(GOOD);
  const [control, compute] = inventory.hosts;

  test('its hosts, with sizes in their units and MAC addresses in one notation', () => {
    expect(inventory.hosts.map(({ name }) => name)).toEqual(['control-1', 'compute-1']);
    expect(control).toBeInstanceOf(Host);
    expect(control.memoryMib).toBe(131072);
    expect(control.disks).toEqual([
      { device: '/dev/sda', sizeGib: 447, role: 'system' },
      { device: '/dev/sdb', sizeGib: 3576, role: 'block-storage' },
    ]);
    expect([control.bootMac, control.nics[0].mac, control.nics[1].mac]).toEqual(Array(3).fill('00:00:5e:00:53:01'));
    expect(control.nicFor(NetworkRole.TUNNEL)?.name).toBe('eno1.20');
  });

  test('defaults hold where the host says nothing; records are merged', () => {
    expect([compute.memoryMib, compute.os, compute.tags]).toEqual([262144, 'ubuntu-24.04', { site: 'a', row: '1' }]);
    expect(control.tags).toEqual({ site: 'a', row: '2' });
    expect(control.bmc).toEqual({ protocol: 'ipmi', address: 'bmc-1.example.com' });
  });

  test('its networks', () => {
    expect(inventory.network(NetworkRole.INTERNAL_API)).toEqual({ role: 'internal', cidr: '10.10.0.0/24', mtu: 9000 });
    expect(inventory.network(NetworkRole.PROVIDER)).toEqual({ role: 'provider' });
    expect(inventory.network(NetworkRole.STORAGE)).toBeUndefined();
    expect(inventory.hostsWithRole(HostRole.CONTROL)).toEqual([control]);
  });

  test('the same as JSON, with tabs and a byte order mark', () => {
    const { networks, ...rest } = JSON.parse(JSON.stringify(parse(GOOD)));
    const list = Object.entries(networks).map(([role, fields]) => ({ role, ...(fields as object) }));
    const json = read(`\uFEFF${JSON.stringify({ networks: list, ...rest }, null, '\t')}`, 'hosts.json');
    expect(json).toEqual(inventory);
  });

  test('anchors and merge keys', () => {
    const anchored = GOOD.replace('  - name: control-1\n', '  - &first\n    name: control-1\n').replace(
      '    zone: az1\n',
      '    zone: az1\n    numaNodes: 2\n',
    );
    expect(read(anchored).hosts).toHaveLength(2);
    const merged = `${GOOD}  - <<: *c\n    name: compute-2\n    managementAddress: 10.10.0.22\n    nics: []\n`.replace(
      '  - name: compute-1',
      '  - &c\n    name: compute-1',
    );
    expect(complaint(() => read(merged))).toMatch(/^hosts\.yaml:\d+: hosts\[2\]\.nics is empty/);
  });

  test('the example', () => {
    const example = HostInventory.fromFile(join(__dirname, '../../examples/platform-from-bare-metal/hosts.yaml'));
    const count = (role: HostRole) => example.hostsWithRole(role).length;
    expect([HostRole.CONTROL, HostRole.COMPUTE, HostRole.STORAGE, HostRole.DEPLOYMENT].map(count)).toEqual([3, 3, 3, 1]);
    expect(example.network(NetworkRole.EXTERNAL_API)?.cidr).toBe('203.0.113.0/24');
    expect(example.network(NetworkRole.PROVIDER)?.cidr).toBeUndefined();
  });
});

/** Each: what is replaced in the good file by what, and the complaint. */
const BROKEN: [what: string, from: string | RegExp, to: string, message: string][] = [
  [
    'a field that is not known, with the nearest that is',
    'cpuThreads: 32',
    'cpuThread: 32',
    `hosts.yaml: 2 problems
  hosts.yaml:11: hosts[0].cpuThreads is missing; add it: hardware threads that the operating system sees (\`nproc --all\`)
  hosts.yaml:14: hosts[0].cpuThread is not a field of a host; did you mean cpuThreads? use one of name, roles, managementAddress, sshHostKey, cpuThreads, memoryMib, memory, disks, nics, numaNodes, numa, architecture, cpuSockets, threadsPerCore, zone, rack, os, bootMac, bmc, bootMode, rootDevice, raid, gateway, nameservers, resourceClass, tags`,
  ],
  [
    'an unknown field at the top',
    'hosts:',
    'options: {}\nhosts:',
    'hosts.yaml:10: options is not a field of an inventory; use one of $schema, networks, defaults, hosts',
  ],
  [
    'an unknown default',
    'os: ubuntu-24.04',
    'name: all',
    'hosts.yaml:6: defaults.name is not a field of the defaults of hosts; did you mean numa? use one of roles, cpuThreads, memoryMib, memory, disks, nics, numaNodes, numa, architecture, cpuSockets, threadsPerCore, zone, rack, os, bmc, bootMode, rootDevice, raid, gateway, nameservers, resourceClass, tags',
  ],
  [
    'a bad default, told once',
    'os: ubuntu-24.04',
    'os: ubuntu-22.04',
    'hosts.yaml:6: defaults.os is not known, got "ubuntu-22.04"; did you mean ubuntu-24.04? use one of ubuntu-24.04, debian-12, debian-13, rocky-9, rocky-10, centos-stream-9, centos-stream-10',
  ],
  [
    'a missing field',
    '    managementAddress: 10.10.0.11\n',
    '',
    'hosts.yaml:11: hosts[0].managementAddress is missing; add it: address or name at which it is reached by SSH',
  ],
  [
    'a field without a value',
    'cpuThreads: 32',
    'cpuThreads:',
    'hosts.yaml:14: hosts[0].cpuThreads has no value; give it one, or leave the field out',
  ],
  [
    'a wrong type: text for a number',
    'cpuThreads: 32',
    'cpuThreads: "32"',
    'hosts.yaml:14: hosts[0].cpuThreads must be a whole number from 1 to 8192, got "32"; give a number in that range',
  ],
  ['a wrong type: number for a text', 'rack: r1', 'rack: 1', 'hosts.yaml:32: hosts[1].rack must be a text, got 1; put it in quotes'],
  [
    'a wrong type: word for a list',
    'roles: [compute]',
    'roles: compute',
    'hosts.yaml:27: hosts[1].roles must be a list, got "compute"; write it as a list, one item each',
  ],
  [
    'a wrong type: text for a host',
    /$/,
    '  - compute-2\n',
    'hosts.yaml:36: hosts[2] must be a host with fields, got "compute-2"; give it its fields: name, roles, managementAddress, sshHostKey, cpuThreads, memoryMib, memory, disks, nics, numaNodes, numa, architecture, cpuSockets, threadsPerCore, zone, rack, os, bootMac, bmc, bootMode, rootDevice, raid, gateway, nameservers, resourceClass, tags',
  ],
  [
    'a wrong type: list for a size',
    'memory: 128GiB',
    'memory: [128GiB]',
    'hosts.yaml:15: hosts[0].memory is not a size, got ["128GiB"]; write it as 256GiB',
  ],
  ['tags that are a list', 'tags: { row: "2" }', 'tags: [a]', 'hosts.yaml:25: hosts[0].tags must be names with values; write it as name: value'],
  [
    'a size without sense',
    '128GiB',
    '128GBs',
    'hosts.yaml:15: hosts[0].memory is not a size, got "128GBs"; write it as 64GiB, 512MiB, 1.5TiB, or as a number of MiB',
  ],
  [
    'the same in two ways',
    'sizeGib: 3576',
    'sizeGib: 3576, size: 3.84TB',
    'hosts.yaml:20: hosts[0].disks[1].size and sizeGib are two ways to write the same; keep one of them',
  ],
  [
    'an unknown role',
    '[compute]',
    '[computer]',
    'hosts.yaml:27: hosts[1].roles[0] is not known, got "computer"; did you mean compute? use one of control, compute, network, storage, monitoring, deployment',
  ],
  ['no role', '[compute]', '[]', 'hosts.yaml:27: hosts[1].roles is empty; give at least 1'],
  [
    'a role twice',
    '[control, network]',
    '[control, control]',
    'hosts.yaml:12: hosts[0].roles has an item twice, got "control"; take one of them away',
  ],
  [
    'a name that Kubernetes and Nova refuse',
    'name: compute-1',
    'name: Compute_1',
    'hosts.yaml:26: hosts[1].name must be lower-case letters, digits and "-", begin and end with a letter or digit, and have 63 characters at most, got "Compute_1"; choose a name of that form',
  ],
  [
    'a host name that is there twice',
    'name: compute-1',
    'name: control-1',
    'hosts.yaml:26: hosts[1].name is that of hosts[0].name (hosts.yaml:11) too, got "control-1"; give each its own name',
  ],
  [
    'a MAC address that is none',
    '0000.5e00.5301',
    '00:00:5e:00:53',
    'hosts.yaml:22: hosts[0].nics[0].mac is not a MAC address, got "00:00:5e:00:53"; write it as 52:54:00:12:34:56',
  ],
  [
    'a MAC address of a group',
    '0000.5e00.5301',
    '01:00:5e:00:53:01',
    'hosts.yaml:22: hosts[0].nics[0].mac is not the MAC address of one interface, got "01:00:5e:00:53:01"; take the one that `ip link` shows for the interface',
  ],
  [
    'a MAC address on two hosts, in two notations',
    'address: 10.10.0.21 }',
    'address: 10.10.0.21, mac: "00005e005301" }',
    'hosts.yaml:35: hosts[1].nics[0].mac is that of hosts[0].bootMac (hosts.yaml:17) too, got "00:00:5e:00:53:01"; give each its own MAC address',
  ],
  [
    'a MAC address on two ports of a host',
    'name: eno2, ',
    'name: eno2, mac: "00:00:5e:00:53:01", ',
    'hosts.yaml:24: hosts[0].nics[2].mac is that of hosts[0].nics[0].mac (hosts.yaml:22) too, got "00:00:5e:00:53:01"; give each its own MAC address',
  ],
  [
    'an address on two hosts',
    '10.10.0.21',
    '10.10.0.11',
    'hosts.yaml:35: hosts[1].nics[0].address is that of hosts[0].managementAddress (hosts.yaml:13) too, got "10.10.0.11"; give each its own address',
  ],
  [
    'an address outside its network',
    'address: 10.10.0.21',
    'address: 10.11.0.21',
    'hosts.yaml:35: hosts[1].nics[0].address is outside 10.10.0.0/24, the CIDR of its network internal, got "10.11.0.21"; correct it, or let another interface carry that network',
  ],
  [
    'an address with a prefix length',
    'address: 10.10.0.21',
    'address: 10.10.0.21/24',
    'hosts.yaml:35: hosts[1].nics[0].address must be an address without a prefix length, got "10.10.0.21/24"; write 10.10.0.21',
  ],
  [
    'an address that is none',
    'managementAddress: 10.10.0.11',
    'managementAddress: 10.10.0.256',
    'hosts.yaml:13: hosts[0].managementAddress is not an IPv4 or IPv6 address, got "10.10.0.256"; write it as 10.20.0.5 or fd00::5',
  ],
  [
    'a management address with a scheme',
    'compute-1.example.com',
    'ssh://compute-1',
    'hosts.yaml:28: hosts[1].managementAddress is not an IPv4 or IPv6 address, got "ssh://compute-1"; write it as 10.20.0.5 or fd00::5',
  ],
  [
    'an address that is missing where services bind to it',
    ', address: 10.10.0.21',
    '',
    'hosts.yaml:35: hosts[1].nics[0].address is missing: the host needs one in the network internal; add one of 10.10.0.0/24',
  ],
  [
    'a bad CIDR',
    '10.20.0.0/24',
    '10.20.0.1/24',
    'hosts.yaml:3: networks.tunnel.cidr has bits set beyond its prefix length, so it is an address within a network, got "10.20.0.1/24"; use 10.20.0.0/24',
  ],
  [
    'networks that overlap',
    'cidr: 10.20.0.0/24',
    'cidr: 10.10.0.0/16',
    `hosts.yaml: 2 problems
  hosts.yaml:3: networks.tunnel.cidr overlaps 10.10.0.0/24 of networks.internal (hosts.yaml:2), got "10.10.0.0/16"; give one of them another range, or both the same one if they are one network
  hosts.yaml:23: hosts[0].nics[1].address is outside 10.10.0.0/16, the CIDR of its network tunnel, got "10.20.0.11"; correct it, or let another interface carry that network`,
  ],
  [
    'one CIDR on two VLANs',
    'tunnel: { cidr: 10.20.0.0/24, vlan: 20 }',
    'tunnel: { cidr: 10.10.0.0/24, vlan: 20, mtu: 9000 }',
    `hosts.yaml: 2 problems
  hosts.yaml:3: networks.tunnel.cidr is that of networks.internal (hosts.yaml:2), but not its VLAN and MTU, got "10.10.0.0/24"; give both the same VLAN and MTU if they are one network, or different ranges if they are not
  hosts.yaml:23: hosts[0].nics[1].address is outside 10.10.0.0/24, the CIDR of its network tunnel, got "10.20.0.11"; correct it, or let another interface carry that network`,
  ],
  [
    'an MTU too small for IPv6',
    'mtu: 9000',
    'mtu: 1200',
    'hosts.yaml:2: networks.internal.mtu must be a whole number of bytes from 1280 (the least that IPv6 works with) to 65535, got 1200; use 1500, or 9000 where every switch on the way carries jumbo frames',
  ],
  [
    'a VLAN that is none',
    'vlan: 20',
    'vlan: 4095',
    'hosts.yaml:3: networks.tunnel.vlan must be a whole number from 1 to 4094, got 4095; give a number in that range',
  ],
  [
    'an interface on another VLAN than its network',
    'eno1.20',
    'eno1.30',
    'hosts.yaml:23: hosts[0].nics[1].name says VLAN 30, but its network tunnel has VLAN 20, got "eno1.30"; correct one of them',
  ],
  [
    'an interface with less MTU than its network',
    'name: eno1, networks: [internal], address: 10.10.0.21',
    'name: eno1, mtu: 1500, networks: [internal], address: 10.10.0.21',
    "hosts.yaml:35: hosts[1].nics[0].mtu is less than the 9000 of its network internal, got 1500; use 9000, or lower the network's",
  ],
  [
    'a VLAN with more MTU than the interface below',
    '{ name: eno1.20,',
    '{ name: eno1.20, mtu: 9100,',
    'hosts.yaml:23: hosts[0].nics[1].mtu is more than the 9000 of eno1, which carries it, got 9100; raise the MTU of eno1, or lower this',
  ],
  [
    'an interface that carries a network that is not there',
    'networks: [provider]',
    'networks: [storage]',
    'hosts.yaml:24: hosts[0].nics[2].networks has a network that the inventory doesn\'t have, got "storage"; add storage to networks',
  ],
  [
    'an interface that carries an unknown network',
    'networks: [provider]',
    'networks: [providers]',
    'hosts.yaml:24: hosts[0].nics[2].networks[0] is not known, got "providers"; did you mean provider? use one of internal, external, tunnel, storage, provider, octavia, provisioning',
  ],
  [
    'a network that hosts do not have',
    '  tunnel:',
    '  tunnels:',
    `hosts.yaml: 2 problems
  hosts.yaml:3: networks.tunnels is not a network that hosts have; did you mean tunnel? use one of internal, external, tunnel, storage, provider, octavia, provisioning
  hosts.yaml:23: hosts[0].nics[1].networks has a network that the inventory doesn't have, got "tunnel"; add tunnel to networks`,
  ],
  [
    'a network on two interfaces',
    'networks: [provider]',
    'networks: [tunnel], address: 10.20.0.12',
    'hosts.yaml:24: hosts[0].nics[2].networks has a network that nics[1] carries already, got "tunnel"; let one interface carry it; for two ports, make a bond of them',
  ],
  [
    'an interface twice',
    'name: eno2',
    'name: eno1',
    'hosts.yaml:24: hosts[0].nics[2].name is that of nics[0] too, got "eno1"; give each interface once',
  ],
  [
    'an interface name that Linux refuses',
    'name: eno2',
    'name: enp0s31f6-provider',
    'hosts.yaml:24: hosts[0].nics[2].name is not the name of a network interface, got "enp0s31f6-provider"; give the name that `ip link` shows, such as eno1, bond0 or bond0.20 (up to 15 characters)',
  ],
  [
    'an address on a provider interface',
    'networks: [provider]',
    'networks: [provider], address: 10.30.0.1',
    'hosts.yaml:24: hosts[0].nics[2] carries a provider network: Neutron takes the whole interface into its bridge, and an address on it is lost, got "10.30.0.1"; move the address to another interface',
  ],
  [
    'another network on a provider interface',
    'networks: [internal], address: 10.10.0.21',
    'networks: [internal, provider], address: 10.10.0.21, mtu: 9000',
    `hosts.yaml: 2 problems
  hosts.yaml:35: hosts[1].nics[0] carries a provider network: Neutron takes the whole interface into its bridge, and an address on it is lost, got "10.10.0.21"; move the address to another interface
  hosts.yaml:35: hosts[1].nics[0] carries a provider network: Neutron takes the whole interface into its bridge, and other networks on it are cut off, got ["internal"]; give them another interface, or a VLAN of their own`,
  ],
  [
    'a provider network with a CIDR',
    '  provider:\n',
    '  provider: { cidr: 203.0.113.0/24 }\n',
    'hosts.yaml:4: networks.provider.cidr must be left out, since hosts carry no address on the interface of a provider network, got "203.0.113.0/24"; remove it; its addresses belong to the external network of the cloud',
  ],
  [
    'an even number of control hosts',
    '[compute]',
    '[control]',
    'hosts.yaml:10: the number of hosts with the role control must be odd (1, 3, 5, 7, 9): 2 voters need 2 to agree and tolerate 0 failed, no more than 1 would, with one machine more that can fail, got 2; use 3',
  ],
  [
    'a disk without a path',
    'device: /dev/sdb',
    'device: sdb',
    'hosts.yaml:20: hosts[0].disks[1].device is not the path of a device, got "sdb"; give a path that stays, such as /dev/disk/by-id/nvme-SAMSUNG_MZ7L3480_S1234',
  ],
  [
    'a disk twice',
    'device: /dev/sdb',
    'device: /dev/sda',
    'hosts.yaml:20: hosts[0].disks[1].device is that of disks[0] too, got "/dev/sda"; give each disk once',
  ],
  [
    'a BMC without an address',
    'bmc: { address: bmc-1.example.com }',
    'bmc: {}',
    'hosts.yaml:16: hosts[0].bmc.address is missing; add it: host name, address or URL',
  ],
  [
    'a host key that is none',
    'rack: r1',
    'sshHostKey: SHA256:abc',
    'hosts.yaml:32: hosts[1].sshHostKey is not a public SSH key, got "SHA256:abc"; write it as `ssh-keyscan -t ed25519 <host>` prints it, without the address: ssh-ed25519 AAAA…',
  ],
  [
    'a zone with blanks',
    'zone: az1',
    'zone: a z',
    'hosts.yaml:31: hosts[1].zone is not the name of a zone, got "a z"; use letters, digits, ".", "_" and "-"',
  ],
  ['no host', /hosts:\n[^]*$/, 'hosts: []\n', 'hosts.yaml:10: hosts is empty; give at least one host'],
  ['hosts as a map', /hosts:\n[^]*$/, 'hosts: { a: {} }\n', 'hosts.yaml:10: hosts must be a list, got {"a":{}}; write it as a list, one item each'],
  [
    'no networks',
    /networks:\n[^]*defaults:/,
    'defaults:',
    `hosts.yaml: 5 problems
  hosts.yaml:1: networks is missing; add it: the networks that the hosts share
  hosts.yaml:18: hosts[0].nics[0].networks has a network that the inventory doesn't have, got "internal"; add internal to networks
  hosts.yaml:19: hosts[0].nics[1].networks has a network that the inventory doesn't have, got "tunnel"; add tunnel to networks
  hosts.yaml:20: hosts[0].nics[2].networks has a network that the inventory doesn't have, got "provider"; add provider to networks
  hosts.yaml:31: hosts[1].nics[0].networks has a network that the inventory doesn't have, got "internal"; add internal to networks`,
  ],
  ['an empty file', /^[^]*$/, '', 'hosts.yaml:1: the inventory is empty or not a map; give it networks and hosts'],
  [
    'malformed YAML',
    'cpuThreads: 32',
    'cpuThreads: {32',
    'hosts.yaml:15: the file is not YAML (Flow map in block collection must be sufficiently indented and end with a }); correct the syntax there',
  ],
  [
    'a key twice',
    '    cpuThreads: 32\n',
    '    cpuThreads: 32\n    cpuThreads: 48\n',
    'hosts.yaml:15: the file is not YAML (Map keys must be unique); correct the syntax there',
  ],
  [
    'an anchor that is not there',
    'roles: [compute]',
    'roles: *none',
    "hosts.yaml: the file's anchors don't work out (Unresolved alias (the anchor must be set before the alias): none); define each before it is used, and use none too often",
  ],
];

describe('a broken file', () => {
  test.each(BROKEN)('%s', (_what, from, to, message) => {
    const text = GOOD.replace(from, () => to);
    expect(text).not.toBe(GOOD);
    expect(complaint(() => read(text))).toBe(message);
  });

  test('everything that is wrong is told at once, by line', () => {
    const text = GOOD.replace('10.20.0.0/24', '10.20.0.0/33')
      .replace('cpuThreads: 32', 'cpuThreads: 0')
      .replace('device: /dev/sdb', 'device: b')
      .replace('[compute]', '[]');
    const [header, ...lines] = complaint(() => read(text)).split('\n');
    expect(header).toBe('hosts.yaml: 4 problems');
    expect(lines.map((line) => line.slice(0, line.indexOf(' ', 4)))).toEqual([
      '  hosts.yaml:3:',
      '  hosts.yaml:14:',
      '  hosts.yaml:20:',
      '  hosts.yaml:27:',
    ]);
  });

  test('JSON: the row of a bad field, and of bad syntax', () => {
    const json = JSON.stringify(parse(GOOD), null, 2);
    expect(complaint(() => read(json.replace('"cpuThreads": 32', '"cpuThreads": -1'), 'hosts.json'))).toMatch(
      /^hosts\.json:\d+: hosts\[0\]\.cpuThreads must be/,
    );
    const row = json.split('\n').findIndex((line) => line.includes('"cpuThreads": 32')) + 1;
    expect(complaint(() => read(json.replace('"cpuThreads": 32', '"cpuThreads": -1'), 'hosts.json'))).toContain(`hosts.json:${row}:`);
    expect(complaint(() => read(json.replace('"cpuThreads": 32,', '"cpuThreads": 32'), 'hosts.json'))).toMatch(
      /^hosts\.json(:\d+)?: the file is not JSON \(/,
    );
    expect(complaint(() => read('{"hosts": [], "hosts": []}', 'hosts.json'))).toBe(
      'hosts.json:1: the file is not JSON (Map keys must be unique); correct the syntax there',
    );
  });

  test('a file that is not there, or is none', () => {
    expect(complaint(() => HostInventory.fromFile('no/hosts.yaml'))).toBe(
      `no/hosts.yaml: the inventory file is not there; give the path of a file, absolute or from ${JSON.stringify(process.cwd())}`,
    );
    expect(complaint(() => HostInventory.fromFile('hosts.toml'))).toBe(
      'hosts.toml: an inventory is read by its suffix, got ".toml"; name it .yaml, .yml, .json or .csv',
    );
    expect(complaint(() => HostInventory.fromFile(`${folder}.yaml/..`))).toContain('read by its suffix');
  });

  test('aliases that multiply are refused', () => {
    const bomb = [
      'a: &a [x,x,x,x,x,x,x,x,x]',
      ...'bcdefgh'.split('').map((l, i) => `${l}: &${l} [${Array(9).fill(`*${'abcdefgh'[i]}`).join(',')}]`),
    ].join('\n');
    expect(complaint(() => read(bomb))).toMatch(/^hosts\.yaml: the file's anchors don't work out \(/);
  });
});

describe('from code', () => {
  const of = (props: Partial<HostProps>, n = 1) => HostInventory.of({ networks: [internal], hosts: [host(n, props)] });

  test('has the same checks', () => {
    expect(complaint(() => of({ cpuThreads: 0 }))).toBe(
      'HostInventory: hosts[0].cpuThreads must be a whole number from 1 to 8192, got 0; give a number in that range',
    );
    expect(complaint(() => of({ colour: 'red' } as Partial<HostProps>))).toContain(
      'HostInventory: hosts[0].colour is not a field of a host; use one of',
    );
    expect(complaint(() => HostInventory.of({ networks: [internal], hosts: [host(1), host(1)] }))).toMatch(
      /3 problems\n.*hosts\[1\]\.name is that of hosts\[0\]\.name \(HostInventory\) too/,
    );
  });

  test('a field that is undefined is not given', () => {
    expect(of({ rack: undefined, mac: undefined } as Partial<HostProps>).hosts[0].rack).toBeUndefined();
  });

  test('references stand where only Terraform looks, and nowhere else', () => {
    const stack = new TerraformStack(new App(), 'test');
    const variable = new TerraformVariable(stack, 'v', {});
    const { stringValue: text, numberValue: number, listValue: list, value: any } = variable;
    const given = of({
      managementAddress: text,
      bootMac: text,
      bmc: { address: text },
      nics: [{ name: 'eno1', networks: [NetworkRole.INTERNAL_API], address: text, mac: text }],
    });
    expect(given.hosts[0].managementAddress).toBe(text);
    expect(given.hosts[0].nics[0].mac).toBe(text);
    const bad: Partial<HostProps>[] = [
      { name: text },
      { cpuThreads: number },
      { memoryMib: number },
      { memoryMib: text as any },
      { numaNodes: number },
      { roles: list as any },
      { roles: [text as any] },
      { roles: any },
      { os: text },
      { zone: text },
      { disks: [{ device: text, sizeGib: 1 }] },
      { disks: [{ device: '/dev/sda', sizeGib: number }] },
      { disks: any },
      { disks: list as any },
      { nics: [{ name: text, networks: [] }] },
      { nics: [{ name: 'eno1', networks: [], mtu: number }] },
      { nics: any },
      { tags: any },
      { tags: { a: number as any } },
      { bmc: any },
    ];
    for (const props of bad) expect(complaint(() => of(props))).not.toMatch(/e\+298|Cannot read|is not a function/);
    for (const network of [{ ...internal, cidr: text }, { ...internal, mtu: number }, { ...internal, vlan: number }, { role: text as any }]) {
      expect(complaint(() => HostInventory.of({ networks: [network], hosts: [host(1)] }))).toContain('must be known at synth, a reference was given');
    }
    expect(complaint(() => HostInventory.of({ networks: any, hosts: any }))).not.toMatch(/e\+298|Cannot read/);
    expect(Token.isUnresolved(text)).toBe(true);
  });

  test('one network may have several roles: the same CIDR, VLAN and MTU', () => {
    const roles = [NetworkRole.INTERNAL_API, NetworkRole.TUNNEL, NetworkRole.STORAGE];
    const inventory = HostInventory.of({
      networks: roles.map((role) => ({ ...internal, role })),
      hosts: [host(1, { nics: [{ name: 'eno1', networks: roles, address: '10.10.0.1' }] })],
    });
    expect(inventory.hosts[0].nicFor(NetworkRole.STORAGE)?.address).toBe('10.10.0.1');
  });
});

describe('whatever it is given', () => {
  const anything = fc.anything({ maxDepth: 4, withBigInt: false, withNullPrototype: false });
  const fields = [
    'name',
    'roles',
    'managementAddress',
    'cpuThreads',
    'memoryMib',
    'memory',
    'disks',
    'nics',
    'os',
    'bmc',
    'tags',
    'zone',
    'bootMac',
    'sshHostKey',
  ];

  test('it is an inventory or a problem that is told, never a crash', () => {
    fc.assert(
      fc.property(fc.constantFrom(...fields), anything, fc.constantFrom('networks', 'hosts', 'host'), (field, value, place) => {
        const good = { networks: [internal], hosts: [host(1)] };
        const data: any = place === 'host' ? { ...good, hosts: [{ ...host(1), [field]: value }] } : { ...good, [place]: value };
        try {
          HostInventory.of(data);
        } catch (error) {
          expect((error as Error).name).toBe('InventoryError');
        }
      }),
      { numRuns: 500 },
    );
  });

  test.each(['toString', 'valueOf', 'constructor', '__proto__'])('%s is no field, though every object has it', (name) => {
    const field = JSON.parse(`{ "${name}": "" }`);
    const refusal = new RegExp(`${name} is not a (field|network)`);
    expect(() => HostInventory.of({ networks: [{ ...internal, ...field }], hosts: [host(1)] })).toThrow(refusal);
    expect(() => HostInventory.of({ networks: { internal: field }, hosts: [] } as any)).toThrow(refusal);
    expect(() => HostInventory.of({ networks: field, hosts: [] } as any)).toThrow(refusal);
  });

  test('a broken text of a file is told with its file', () => {
    fc.assert(
      fc.property(fc.nat(GOOD.length), fc.nat(40), fc.string({ maxLength: 5 }), (start, length, text) => {
        try {
          read(GOOD.slice(0, start) + text + GOOD.slice(start + length));
        } catch (error) {
          expect((error as Error).message).toMatch(/^hosts\.yaml[: ]/);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('what is written is read', () => {
    const count = fc.integer({ min: 1, max: 40 });
    fc.assert(
      fc.property(count, fc.integer({ min: 1, max: 8192 }), fc.integer({ min: 1, max: 2 ** 24 }), (hosts, cpuThreads, memoryMib) => {
        const props = { networks: [internal], hosts: Array.from({ length: hosts }, (_, i) => host(i + 1, { cpuThreads, memoryMib })) };
        const fromCode = HostInventory.of(props);
        expect(read(stringify(props))).toEqual(fromCode);
        expect(fromCode.hosts.map((h) => h.memoryMib)).toEqual(Array(hosts).fill(memoryMib));
      }),
      { numRuns: 30 },
    );
  });
});
