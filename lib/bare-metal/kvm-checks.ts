import { Host } from '../contracts/host';
import { KvmProfile } from '../contracts/kvm-profile';
import { formatCpuSet } from '../core/cpu-set';
import { fail, Where } from '../core/validation';

/** Throws if a profile doesn't fit a compute host. */
export function checkKvmHost(where: Where, host: Host, kvm: KvmProfile): void {
  checkCpus(where, host, kvm);
  checkMemory(where, host, kvm);
  for (const port of kvm.sriov) {
    const nic = host.nics.find(({ name }) => name === port.name);
    if (nic === undefined) {
      fail(where, {
        problem: `${host.name} has no interface ${port.name}, which the KVM profile gives to machines by SR-IOV`,
        value: host.nics.map(({ name }) => name),
        fix: 'correct sriov in the profile, or add the interface to the inventory with networks: []',
      });
    }
  }
}

function checkCpus(where: Where, host: Host, kvm: KvmProfile): void {
  const { dedicated, shared } = kvm._cpuSets();
  const beyond = [...dedicated, ...shared].filter((cpu) => cpu >= host.cpuThreads);
  if (beyond.length > 0) {
    fail(where, {
      problem: `the CPU sets of the KVM profile have threads that ${host.name} doesn't have: its ${host.cpuThreads} are 0 to ${host.cpuThreads - 1}`,
      value: formatCpuSet(beyond),
      fix: 'correct the sets, correct its cpuThreads in the inventory, or take the role compute from the host',
    });
  }
  const sets = dedicated.length + shared.length > 0;
  const reserved = kvm.reservedCpuThreadsOf(host.cpuThreads);
  if (sets && reserved < 1) {
    fail(where, {
      problem: `the CPU sets of the KVM profile leave no thread to ${host.name} itself`,
      value: formatCpuSet([...dedicated, ...shared]),
      fix: 'leave at least the first thread of each NUMA node, better a thirty-second part of all, out of the sets',
    });
  }
  if (!sets && host.cpuThreads <= reserved) {
    fail(where, {
      problem: `nothing is left for virtual machines on ${host.name}: of its hardware threads the KVM profile keeps ${reserved} for the host`,
      value: host.cpuThreads,
      fix: 'correct its cpuThreads in the inventory, give the profile a lower reservedCpuThreads, or take the role compute from the host',
    });
  }
}

function checkMemory(where: Where, host: Host, kvm: KvmProfile): void {
  const reserved = kvm.reservedMemoryMibOf(host.memoryMib);
  if (host.memoryMib <= reserved) {
    fail(where, {
      problem: `nothing is left for virtual machines on ${host.name}: of its ${host.memoryMib} MiB the KVM profile keeps ${reserved} for the host`,
      value: host.memoryMib,
      fix: 'correct its memory in the inventory, give the profile a lower reservedMemoryMib, or take the role compute from the host',
    });
  }
  const pages = kvm._hugePagesByNode(host.numaNodes);
  const absent = pages.find(({ numaNode }) => numaNode >= host.numaNodes);
  if (absent !== undefined) {
    fail(where, {
      problem: `hugePages of the KVM profile are on a NUMA node that ${host.name} doesn't have: it has ${host.numaNodes}`,
      value: absent.numaNode,
      fix: 'correct numaNode in the profile, or numaNodes of the host in the inventory',
    });
  }
  for (let node = 0; node < host.numaNodes; node++) {
    const has = host.numa?.[node]?.memoryMib ?? Math.floor(host.memoryMib / host.numaNodes);
    const taken = pages.filter(({ numaNode }) => numaNode === node).reduce((sum, { count, sizeMib }) => sum + count * sizeMib, 0);
    if (taken <= has - reserved / host.numaNodes) continue;
    fail(where, {
      problem: `hugePages of the KVM profile take ${taken} MiB of NUMA node ${node} of ${host.name}, which has ${has} and keeps its part of ${reserved} for the host`,
      value: taken,
      fix: 'take fewer pages, or correct memory and numaNodes of the host in the inventory',
    });
  }
}
