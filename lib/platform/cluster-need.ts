import { PoolCapacity } from '../contracts/bare-metal-pool';
import { NodeFlavor } from '../contracts/node-flavor';
import { fail, Where } from '../core/validation';

/** Servers of one flavor. */
export interface ServerNeed {
  readonly count: number;
  readonly flavor: NodeFlavor;
}

/** What servers take from their cloud. */
export interface ClusterNeed {
  readonly servers: number;
  readonly vcpus: number;
  readonly memoryMib: number;
}

/** Adds up servers. Undefined if the size of a flavor isn't known here. */
export function clusterNeed(servers: readonly ServerNeed[]): ClusterNeed | undefined {
  if (servers.some(({ flavor }) => flavor.size === undefined)) return undefined;
  const sum = (of: (need: ServerNeed) => number) => servers.reduce((total, need) => total + need.count * of(need), 0);
  return { servers: sum(() => 1), vcpus: sum(({ flavor }) => flavor.size!.vcpus), memoryMib: sum(({ flavor }) => flavor.size!.memoryMib) };
}

/**
 * Throws if the hosts can't hold the servers, not even with nothing else on them. Memory is never overcommitted; CPUs are, by the ratio. A platform's flavors
 * share CPUs and have small pages: dedicated threads and huge pages are not for them.
 */
export function checkCapacity(where: Where, need: ClusterNeed | undefined, capacity: PoolCapacity, cpuAllocationRatio: number): void {
  if (need === undefined) return;
  const fix = 'take smaller flavors or fewer replicas, or add compute hosts';
  const hugePagesMib = capacity.hugePagesMib ?? 0;
  const memoryMib = capacity.memoryMib - hugePagesMib;
  if (need.memoryMib > memoryMib) {
    fail(where, {
      problem: `the servers need ${need.memoryMib} MiB of memory, more than the compute hosts have for them`,
      value: `${memoryMib} MiB${hugePagesMib === 0 ? '' : `, and ${hugePagesMib} MiB of huge pages, which they don't ask for`}`,
      fix,
    });
  }
  const vcpus = Math.floor(capacity.vcpus * cpuAllocationRatio);
  const dedicated = capacity.dedicatedCpus === undefined ? '' : `, and ${capacity.dedicatedCpus} dedicated threads, which they don't ask for`;
  if (need.vcpus > vcpus) {
    fail(where, {
      problem: `the servers need ${need.vcpus} virtual CPUs, more than the compute hosts have for them`,
      value: `${capacity.vcpus} threads at an allocation ratio of ${cpuAllocationRatio}, ${vcpus} virtual CPUs${dedicated}`,
      fix,
    });
  }
}
