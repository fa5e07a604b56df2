import { PoolCapacity } from '../contracts/bare-metal-pool';
import { DiskRole, Host, HostRole } from '../contracts/host';
import { KvmProfile } from '../contracts/kvm-profile';
import { fail, Where } from '../core/validation';

/** What hosts offer to virtual machines under a profile. A host that keeps everything for itself is an error. */
export function poolCapacity(where: Where, hosts: readonly Host[], kvm: KvmProfile): PoolCapacity {
  const compute = hosts.filter((host) => host.is(HostRole.COMPUTE));
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  for (const host of compute) {
    const reserved = kvm.reservedMemoryMibOf(host.memoryMib);
    if (host.memoryMib <= reserved) {
      fail(where, {
        problem: `nothing is left for virtual machines on ${host.name}: of its ${host.memoryMib} MiB the KVM profile keeps ${reserved} for the host`,
        value: host.memoryMib,
        fix: 'correct its memory in the inventory, give the profile a lower reservedMemoryMib, or take the role compute from the host',
      });
    }
    if (host.cpuThreads <= kvm.reservedCpuThreads) {
      fail(where, {
        problem: `nothing is left for virtual machines on ${host.name}: of its hardware threads the KVM profile keeps ${kvm.reservedCpuThreads} for the host`,
        value: host.cpuThreads,
        fix: 'correct its cpuThreads in the inventory, give the profile a lower reservedCpuThreads, or take the role compute from the host',
      });
    }
  }
  const volumes = hosts
    .filter((host) => host.is(HostRole.STORAGE))
    .flatMap((host) => host.disks.filter((disk) => disk.role === DiskRole.BLOCK_STORAGE));
  return {
    computeHosts: compute.length,
    vcpus: sum(compute.map((host) => host.cpuThreads - kvm.reservedCpuThreads)),
    memoryMib: sum(compute.map((host) => host.memoryMib - kvm.reservedMemoryMibOf(host.memoryMib))),
    blockStorageGib: sum(volumes.map((disk) => disk.sizeGib)),
  };
}
