import * as fc from 'fast-check';
import { host, internal } from './support';
import { hostExpectations, leastVisibleMemoryMib } from '../../lib/bare-metal/host-expectations';
import { HostInventory } from '../../lib/bare-metal/host-inventory';
import { BondMode, BootMode, HostNetwork, HostProps, HostRole, NetworkRole } from '../../lib/contracts/host';

const networks: HostNetwork[] = [
  { ...internal, mtu: 9000 },
  { role: NetworkRole.TUNNEL, cidr: '10.20.0.0/22', vlan: 20, mtu: 8000 },
  { role: NetworkRole.PROVIDER, vlan: 30 },
];

function expectations(props: Partial<HostProps>, timeSynchronization = true): string[] {
  const inventory = HostInventory.of({ networks, hosts: [host(1, props)] });
  return hostExpectations(inventory.hosts[0], inventory.networks, { timeSynchronization }).trimEnd().split('\n');
}

test('every expectation of a host', () => {
  const lines = expectations({
    roles: [HostRole.COMPUTE, HostRole.STORAGE],
    os: 'rocky-10',
    numa: [
      { cpus: '0-15,32-47', memoryMib: 131072 },
      { cpus: '16-31,48-63', memoryMib: 131072 },
    ],
    cpuSockets: 2,
    threadsPerCore: 2,
    bootMode: BootMode.UEFI,
    disks: [
      { device: '/dev/sda', sizeGib: 447 },
      { device: '/dev/sdb', sizeGib: 3576 },
    ],
    nics: [
      {
        name: 'bond0',
        networks: [NetworkRole.INTERNAL_API],
        bondOf: ['eno1', 'eno2'],
        bondMode: BondMode.LACP,
        address: '10.10.0.1',
        mac: '00-00-5E-00-53-01',
      },
      { name: 'bond0.20', networks: [NetworkRole.TUNNEL], address: '10.20.0.1' },
      { name: 'eno3', networks: [NetworkRole.PROVIDER] },
      { name: 'eno4', networks: [] },
    ],
  });
  expect(lines).toEqual([
    'os rocky 10',
    'cpu 64',
    'memory 252928 262144',
    'sockets 2',
    'threads-per-core 2',
    'numa 2',
    'numa-cpus 0 0-15,32-47',
    'numa-cpus 1 16-31,48-63',
    'boot uefi',
    'kvm',
    'disk /dev/sda 447 system',
    'disk /dev/sdb 3576 block-storage',
    'nic bond0',
    'nic-bond bond0 eno1 eno2',
    'nic-bond-mode bond0 802.3ad',
    'nic-mac bond0 00:00:5e:00:53:01',
    'nic-mtu bond0 9000 internal',
    'nic-up bond0 internal',
    'nic-address bond0 10.10.0.1 24',
    'nic bond0.20',
    'nic-vlan bond0.20 20',
    'nic-mtu bond0.20 8000 tunnel',
    'nic-up bond0.20 tunnel',
    'nic-address bond0.20 10.20.0.1 22',
    'nic eno3',
    'nic-mtu eno3 1500 provider',
    'nic-up eno3 provider',
    'nic-no-address eno3',
    'nic eno4',
    'time',
  ]);
});

test('virtualisation is expected of compute hosts alone', () => {
  expect(expectations({ roles: [HostRole.CONTROL] })).not.toContain('kvm');
});

test('what firmware and kernel keep is allowed for, a missing module is not', () => {
  // what Linux shows of so many GiB on real machines
  for (const [installedGib, visibleMib] of [
    [8, 7900],
    [64, 64200],
    [128, 128600],
    [256, 257500],
    [1024, 1031000],
  ]) {
    expect(leastVisibleMemoryMib(installedGib * 1024)).toBeLessThan(visibleMib);
  }
  fc.assert(
    fc.property(fc.integer({ min: 64 * 1024, max: 2 ** 24 }), (installed) => {
      expect(leastVisibleMemoryMib(installed)).toBeGreaterThan((installed * 15) / 16 - 1);
    }),
  );
});

test('whatever the inventory lets pass, a line has its words and nothing else', () => {
  const word = fc.string({ maxLength: 12 });
  fc.assert(
    fc.property(word, word, word, (nic, device, bond) => {
      const build = () =>
        expectations({
          disks: [{ device: `/dev/${device}`, sizeGib: 1 }],
          nics: [{ name: nic, networks: [NetworkRole.PROVIDER], bondOf: [bond] }],
        });
      let lines: string[];
      try {
        lines = build();
      } catch {
        return; // refused
      }
      expect(lines.map((line) => line.split(' ').length)).toEqual([2, 3, 1, 4, 2, 3, 4, 3, 2, 1]);
      expect(lines.join('')).not.toMatch(/["'\\$`]/);
    }),
    { numRuns: 1000 },
  );
});
