import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { stringify } from 'yaml';
import { HostImportProps, HostInventory } from '../../lib/bare-metal/host-inventory';

const folder = mkdtempSync(join(tmpdir(), 'import-'));
afterAll(() => rmSync(folder, { recursive: true }));

type Read = (path: string, props?: HostImportProps) => HostInventory;

function imported(read: Read, text: string, completion: string, name = 'theirs.yaml'): HostInventory {
  writeFileSync(join(folder, name), text);
  writeFileSync(join(folder, 'ours.yaml'), completion);
  return read(join(folder, name), { completion: join(folder, 'ours.yaml') });
}

const NETWORKS = 'networks: { internal: { cidr: 10.10.0.0/24 }, tunnel: { cidr: 10.20.0.0/24, vlan: 20 }, provider: {} }\n';

const BIFROST = `---
node1:
  uuid: a8cb6624-0d9f-c882-affc-046ebb96ec01
  driver: ipmi
  driver_info: { ipmi_address: 192.168.122.1, ipmi_username: admin, ipmi_password: hunter2 }
  nics: [{ mac: "00:00:5e:00:53:01" }]
  properties: { cpu_arch: x86_64, ram: "262144", disk_size: "400", cpus: "64", capabilities: "boot_mode:uefi,a:b", root_device: { wwn: "0x4000", size: 300 } }
  ipv4_address: 10.10.0.11
  ipv4_gateway: 10.10.0.254
  ipv4_nameserver: 10.10.0.253
  host_groups: [baremetal, compute]
  resource_class: large
Node2:
  name: node2
  driver: redfish
  driver_info: { redfish_address: "https://bmc-2", redfish_system_id: /redfish/v1/Systems/1, redfish_verify_ca: "False", redfish_password: hunter2 }
  nics: [{ mac: "00:00:5e:00:53:02", name: eno1 }]
  properties: { ram: 262144, disk_size: 400, cpus: 64 }
  ipv4_address: 10.10.0.12
`;

test('Bifrost: what it knows, completed by what it does not', () => {
  const completion = `${NETWORKS}defaults: { roles: [control] }
hosts:
  - name: node1
    nics: [{ name: eno1, networks: [internal], address: 10.10.0.11 }]
`;
  const { hosts } = imported(HostInventory.fromBifrost, BIFROST, completion);
  expect(hosts[0]).toMatchObject({
    name: 'node1',
    roles: ['compute'],
    managementAddress: '10.10.0.11',
    cpuThreads: 64,
    memoryMib: 262144,
    disks: [{ device: '/dev/sda', sizeGib: 400 }],
    bootMac: '00:00:5e:00:53:01',
    bmc: { address: '192.168.122.1', protocol: 'ipmi' },
    bootMode: 'uefi',
    rootDevice: { wwn: '0x4000', minSizeGib: 300 },
    gateway: '10.10.0.254',
    nameservers: ['10.10.0.253'],
    resourceClass: 'large',
  });
  expect(hosts[1]).toMatchObject({
    roles: ['control'],
    bmc: { address: 'https://bmc-2', protocol: 'redfish', systemId: '/redfish/v1/Systems/1', verifyCertificate: false },
    nics: [{ name: 'eno1', networks: ['internal'], address: '10.10.0.12', mac: '00:00:5e:00:53:02' }],
  });
  expect(JSON.stringify(hosts)).not.toContain('hunter2');
});

const METAL3 = `apiVersion: v1
kind: Secret
metadata: { name: rack1-bmc }
data: { password: aHVudGVyMg== }
---
apiVersion: v1
kind: List
items:
  - apiVersion: metal3.io/v1alpha1
    kind: BareMetalHost
    metadata: { name: worker-0, labels: { site: a } }
    spec:
      bmc: { address: "redfish-virtualmedia+https://bmc-1:8000/redfish/v1/Systems/abc", credentialsName: rack1-bmc, disableCertificateVerification: true }
      bootMACAddress: "00:00:5e:00:53:01"
      bootMode: UEFISecureBoot
      rootDeviceHints: { minSizeGigabytes: 400, rotational: false }
      raid: { hardwareRAIDVolumes: [{ level: "1", numberOfPhysicalDisks: 2 }] }
    status:
      hardware:
        cpu: { arch: x86_64, count: 64 }
        ramMebibytes: 262144
        nics:
          - { name: eno1, mac: "00:00:5e:00:53:01", ip: 10.10.0.11, pxe: true }
          - { name: eno1, mac: "00:00:5e:00:53:01", ip: "fd00::11" }
          - { name: eno2, mac: "00:00:5e:00:53:02", ip: "" }
        storage:
          - { name: /dev/sda, sizeBytes: 480103981056, alternateNames: [/dev/sda, /dev/disk/by-path/pci-0] }
`;

test('Metal3: manifests with what the inspection found', () => {
  const [host] = imported(HostInventory.fromMetal3, METAL3, `${NETWORKS}defaults: { roles: [compute] }\n`).hosts;
  expect(host).toMatchObject({
    name: 'worker-0',
    cpuThreads: 64,
    memoryMib: 262144,
    managementAddress: '10.10.0.11',
    bmc: {
      address: 'bmc-1:8000',
      protocol: 'redfish',
      systemId: '/redfish/v1/Systems/abc',
      usernameVariable: 'rack1_bmc_username',
      passwordVariable: 'rack1_bmc_password',
      verifyCertificate: false,
    },
    bootMode: 'uefi-secure-boot',
    rootDevice: { minSizeGib: 400, rotational: false },
    raid: [{ name: 'volume-0', level: '1', numberOfDisks: 2, rootVolume: true }],
    disks: [{ device: '/dev/disk/by-path/pci-0', sizeGib: 447, role: 'system' }],
    nics: [
      { name: 'eno1', networks: ['internal'], address: '10.10.0.11', mac: '00:00:5e:00:53:01' },
      { name: 'eno2', networks: [], mac: '00:00:5e:00:53:02' },
    ],
    tags: { site: 'a' },
  });
});

const MAAS = JSON.stringify([
  {
    hostname: 'metal-1',
    architecture: 'amd64/generic',
    cpu_count: 64,
    memory: 262144,
    zone: { name: 'az1' },
    tag_names: ['compute', 'virtual'],
    ip_addresses: ['10.10.0.11', '10.20.0.11'],
    osystem: 'ubuntu',
    distro_series: 'noble',
    power_type: 'ipmi',
    boot_interface: { mac_address: '00:00:5e:00:53:01' },
    interface_set: [
      { name: 'bond0', type: 'bond', mac_address: '00:00:5e:00:53:01', parents: ['eno1', 'eno2'], params: { bond_mode: '802.3ad' }, links: [{ ip_address: '10.10.0.11' }], effective_mtu: 1500 },
      { name: 'bond0.20', type: 'vlan', parents: ['bond0'], vlan: { vid: 20 }, links: [{ ip_address: '10.20.0.11' }] },
      { name: 'eno1', type: 'physical', mac_address: '00:00:5e:00:53:01', links: [] },
      { name: 'eno2', type: 'physical', mac_address: '00:00:5e:00:53:02', links: [{ mode: 'link_up' }] },
      { name: 'br0', type: 'bridge', links: [] },
    ],
    physicalblockdevice_set: [{ name: 'sda', type: 'physical', id_path: '/dev/disk/by-id/wwn-0x1', size: 480103981056 }],
    numanode_set: [
      { index: 0, memory: 131072, cores: Array.from({ length: 32 }, (_, i) => i) },
      { index: 1, memory: 131072, cores: Array.from({ length: 32 }, (_, i) => 32 + i) },
    ],
  },
]); // prettier-ignore

test('MAAS: machines with bonds, VLANs and NUMA nodes', () => {
  const inventory = imported(HostInventory.fromMaas, MAAS, NETWORKS, 'machines.json');
  expect(inventory.hosts[0]).toMatchObject({
    name: 'metal-1',
    roles: ['compute'],
    managementAddress: '10.10.0.11',
    zone: 'az1',
    os: 'ubuntu-24.04',
    bootMac: '00:00:5e:00:53:01',
    disks: [{ device: '/dev/disk/by-id/wwn-0x1', sizeGib: 447 }],
    numa: [{ cpus: '0-31' }, { cpus: '32-63' }],
    nics: [
      { name: 'bond0', networks: ['internal'], bondOf: ['eno1', 'eno2'], bondMode: '802.3ad', address: '10.10.0.11' },
      { name: 'bond0.20', networks: ['tunnel'], address: '10.20.0.11' },
      { name: 'eno1', networks: [] },
      { name: 'eno2', networks: [] },
    ],
  });

  // kept as a file of our own, it is the same
  writeFileSync(join(folder, 'kept.yaml'), inventory.toYaml());
  expect(HostInventory.fromFile(join(folder, 'kept.yaml'))).toEqual(inventory);
});

test('a completion for a host that is not there', () => {
  expect(() => imported(HostInventory.fromBifrost, BIFROST, 'hosts: [{ name: node3 }]\n')).toThrow(
    `ours.yaml: hosts has a host that theirs.yaml doesn't have, got "node3"; correct its name; there are node1, node2`,
  );
});

test('whatever the file holds, it is an inventory or a problem that is told', () => {
  const anything = fc.anything({ maxDepth: 4, withBigInt: false, withNullPrototype: false });
  const documents: [string, Read, (value: unknown) => unknown][] = [
    ['a.json', HostInventory.fromBifrost, (value) => ({ a: value })],
    ['b.json', HostInventory.fromMaas, (value) => [{ hostname: 'a', interface_set: value, numanode_set: value, zone: value }]],
    ['c.json', HostInventory.fromMetal3, (value) => ({ kind: 'BareMetalHost', metadata: value, spec: value, status: { hardware: value } })],
  ];
  fc.assert(
    fc.property(fc.constantFrom(...documents), anything, ([name, read, around], value) => {
      writeFileSync(join(folder, name), JSON.stringify(around(value)));
      expect(() => read(join(folder, name))).toThrow(expect.objectContaining({ name: expect.stringMatching(/^(InventoryError|StrataError)$/) }));
    }),
    { numRuns: 100 },
  );
});

test.each(['json', 'csv', 'yaml'] as const)('5,000 hosts from a %s file take less than 2 seconds of a core', (kind) => {
  const hosts = Array.from({ length: 5000 }, (_, i) => {
    const address = `10.10.${Math.floor(i / 200)}.${1 + (i % 200)}`;
    const nics = [
      { name: 'eno1', networks: ['internal'], address },
      { name: 'eno2', networks: ['provider'] },
    ];
    return { name: `host-${i}`, roles: ['compute'], managementAddress: address, cpuThreads: 64, memory: '256GiB', disks: [{ device: '/dev/sda', size: '480GB' }], nics }; // prettier-ignore
  });
  const networks: any[] = [{ role: 'internal', cidr: '10.10.0.0/16' }, { role: 'provider' }];
  const header = 'name,roles,managementAddress,cpuThreads,memory,disks[0].device,disks[0].size,nics[0].name,nics[0].networks,nics[0].address,nics[1].name,nics[1].networks'; // prettier-ignore
  const rows = hosts.map((h) => [h.name, 'compute', h.managementAddress, 64, h.memory, '/dev/sda', '480GB', 'eno1', 'internal', h.managementAddress, 'eno2', 'provider'].join(',')); // prettier-ignore
  const file = join(folder, `many.${kind}`);
  const text = { csv: () => [header, ...rows].join('\n'), json: () => JSON.stringify({ hosts }), yaml: () => stringify({ hosts }) };
  writeFileSync(file, text[kind]());
  const seconds = [1, 2, 3].map(() => {
    const before = process.cpuUsage();
    expect(HostInventory.fromFile(file, { networks }).hosts).toHaveLength(5000);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1e6;
  });
  // the first run compiles, and beside other work any may be slow
  expect(Math.min(...seconds)).toBeLessThan(2);
});
