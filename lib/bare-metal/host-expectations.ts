import { nicMtu } from './inventory-checks';
import { CpuArchitecture, DiskRole, Host, HostNetwork, HostNic, HostRole, NetworkRole } from '../contracts/host';
import { Cidr } from '../core/cidr';
import { HostDistribution } from '../core/host-distribution';

/**
 * What `verify-host.sh` is to find on a host: a line for each expectation, words divided by blanks.
 * The inventory's checks keep blanks out of all values.
 */
export function hostExpectations(host: Host, networks: readonly HostNetwork[], options: { readonly timeSynchronization: boolean }): string {
  const lines: (readonly (string | number)[])[] = [
    ...(host.os === undefined ? [] : [['os', ...osRelease(host.os)]]),
    ['cpu', host.cpuThreads],
    ['memory', leastVisibleMemoryMib(host.memoryMib), host.memoryMib],
    ...(host.architecture === CpuArchitecture.X86_64 ? [] : [['architecture', host.architecture]]),
    ...(host.cpuSockets === undefined ? [] : [['sockets', host.cpuSockets]]),
    ...(host.threadsPerCore === undefined ? [] : [['threads-per-core', host.threadsPerCore]]),
    ...(host.numaNodes > 1 ? [['numa', host.numaNodes]] : []),
    ...(host.numa ?? []).map((node, i) => ['numa-cpus', i, node.cpus]),
    ...(host.bootMode === undefined ? [] : [['boot', host.bootMode]]),
    ...(host.is(HostRole.COMPUTE) ? [['kvm']] : []),
    ...host.disks.map((disk) => ['disk', disk.device, disk.sizeGib, disk.role ?? DiskRole.SYSTEM]),
    ...host.nics.flatMap((nic) => nicExpectations(nic, networks)),
    ...(options.timeSynchronization ? [['time']] : []),
  ];
  return lines.map((line) => `${line.join(' ')}\n`).join('');
}

/**
 * The least that the kernel shows of so much installed memory, in MiB. Firmware, the page tables and a crash kernel take up to 1 GiB and a thirty-second
 * part; a missing module of 16 or fewer takes more.
 */
export function leastVisibleMemoryMib(installedMib: number): number {
  return Math.max(0, Math.floor(installedMib - installedMib / 32 - Math.min(1024, installedMib / 8)));
}

/** `ID` and `VERSION_ID` of /etc/os-release. */
function osRelease(name: string): [string, string] {
  const distribution = HostDistribution.of(name);
  return [distribution.kollaBaseDistro, distribution.versionId];
}

function nicExpectations(nic: HostNic, networks: readonly HostNetwork[]): (string | number)[][] {
  const carried = networks.filter((network) => nic.networks.includes(network.role));
  const roles = carried.map((network) => network.role).join(',');
  const mtu = nicMtu(nic, networks);
  const vlan = nic.vlan ?? carried.find((network) => network.vlan !== undefined && network.role !== NetworkRole.PROVIDER)?.vlan;
  const provider = carried.some((network) => network.role === NetworkRole.PROVIDER);
  return [
    ['nic', nic.name],
    ...(nic.bondOf === undefined ? [] : [['nic-bond', nic.name, ...nic.bondOf]]),
    ...(nic.bondMode === undefined ? [] : [['nic-bond-mode', nic.name, nic.bondMode]]),
    ...(nic.mac === undefined ? [] : [['nic-mac', nic.name, nic.mac]]),
    ...(vlan === undefined ? [] : [['nic-vlan', nic.name, vlan]]),
    ...(mtu === undefined ? [] : [['nic-mtu', nic.name, mtu, ...(roles === '' ? [] : [roles])]]),
    ...(carried.length === 0 ? [] : [['nic-up', nic.name, roles]]),
    ...(nic.address === undefined ? [] : [['nic-address', nic.name, nic.address, ...prefixLength(carried)]]),
    ...(provider ? [['nic-no-address', nic.name]] : []),
  ];
}

function prefixLength(carried: readonly HostNetwork[]): number[] {
  const cidr = carried.find((network) => network.cidr !== undefined)?.cidr;
  return cidr === undefined ? [] : [Cidr.of(cidr).prefixLength];
}
