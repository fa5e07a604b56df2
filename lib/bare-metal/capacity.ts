import { checkKvmHost } from './kvm-checks';
import { PoolCapacity } from '../contracts/bare-metal-pool';
import { DiskRole, Host, HostRole } from '../contracts/host';
import { KvmProfile } from '../contracts/kvm-profile';
import { Where } from '../core/validation';

/** What hosts offer to virtual machines under a profile. A host that the profile doesn't fit, or that keeps everything for itself, is an error. */
export function poolCapacity(where: Where, hosts: readonly Host[], kvm: KvmProfile): PoolCapacity {
  const compute = hosts.filter((host) => host.is(HostRole.COMPUTE));
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  for (const host of compute) checkKvmHost(where, host, kvm);
  const capacities = compute.map((host) => kvm.capacityOf(host));
  const dedicatedCpus = sum(capacities.map((capacity) => capacity.dedicatedCpus));
  const hugePagesMib = sum(capacities.map((capacity) => capacity.hugePagesMib));
  const volumes = hosts
    .filter((host) => host.is(HostRole.STORAGE))
    .flatMap((host) => host.disks.filter((disk) => disk.role === DiskRole.BLOCK_STORAGE));
  return {
    computeHosts: compute.length,
    vcpus: sum(capacities.map((capacity) => capacity.sharedCpus)),
    ...(dedicatedCpus > 0 && { dedicatedCpus }),
    memoryMib: sum(capacities.map((capacity) => capacity.memoryMib)),
    ...(hugePagesMib > 0 && { hugePagesMib }),
    blockStorageGib: sum(volumes.map((disk) => disk.sizeGib)),
  };
}
