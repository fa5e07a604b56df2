import { IsolationFlavor, IsolationHost, IsolationReport } from './isolation-report';
import { Host } from '../../contracts/host';
import { CpuThreadPolicy, FlavorPlacement, KvmProfile } from '../../contracts/kvm-profile';
import { formatCpuSet, parseCpuSet } from '../../core/cpu-set';

/** A flavor, as far as isolation goes. */
export interface FlavorFacts {
  readonly name: string;
  readonly placement?: FlavorPlacement;
  /** Extra specs that aren't the placement's: `aggregate_instance_extra_specs:…` binds it to hosts. */
  readonly extraSpecs?: { readonly [key: string]: string };
}

/** A host aggregate. */
export interface AggregateFacts {
  readonly hosts: readonly string[];
  readonly metadata?: { readonly [key: string]: string };
}

/**
 * Which machines share a thread, a core, a NUMA node or a host, out of what Nova and libvirt do: machines without `hw:cpu_policy` float over all shared
 * threads; dedicated ones have threads of their own, whose siblings another machine may have unless the policy is `isolate`; machines with
 * dedicated CPUs, huge pages or NUMA nodes are bound to NUMA nodes, the others are everywhere.
 */
export function isolationReport(
  hosts: readonly Host[],
  kvm: KvmProfile,
  flavors: readonly FlavorFacts[],
  aggregates: readonly AggregateFacts[],
): IsolationReport {
  const described = hosts.map((host) => describeHost(host, kvm));
  const placed = flavors.map((flavor) => ({ flavor, on: hostsOf(flavor, hosts, aggregates) }));
  return {
    cpuAllocationRatio: kvm.cpuAllocationRatio,
    hosts: described,
    flavors: placed.map(({ flavor, on }) => {
      const met = placed.filter((other) => other.on.some((host) => on.includes(host)));
      const names = (which: (other: FlavorFacts) => boolean) => met.filter((other) => which(other.flavor)).map((other) => other.flavor.name);
      const smt = on.some((host) => host.threadsPerCore !== 1);
      return {
        flavor: flavor.name,
        ...kindOf(flavor.placement),
        hosts: on.map((host) => host.name),
        sharesThreadsWith: names((other) => !isDedicated(flavor) && !isDedicated(other)),
        mayShareCoresWith: names((other) => shareCore(flavor, other, smt)),
        mayShareNumaNodesWith: names((other) => on.some((host) => shareNumaNode(flavor, other, host, kvm))),
        sharesHostsWith: names(() => true),
      };
    }),
  };
}

function describeHost(host: Host, kvm: KvmProfile): IsolationHost {
  const { dedicated, shared } = kvm._cpuSets();
  const { sharedCpus, dedicatedCpus, memoryMib, hugePagesMib } = kvm.capacityOf(host);
  const sets = dedicated.length + shared.length > 0;
  const all = Array.from({ length: host.cpuThreads }, (_, i) => i);
  const own = all.filter((cpu) => !dedicated.includes(cpu) && !shared.includes(cpu));
  return {
    name: host.name,
    zone: host.zone,
    ...(host.rack !== undefined && { rack: host.rack }),
    ...where(host),
    sharedThreads: sharedCpus,
    dedicatedThreads: dedicatedCpus,
    hostThreads: host.cpuThreads - sharedCpus - dedicatedCpus,
    // Without sets Nova pins nothing: the host's own threads are a number, not certain ones.
    ...(sets && { sharedCpuSet: formatCpuSet(shared), dedicatedCpuSet: formatCpuSet(dedicated), hostCpuSet: formatCpuSet(own) }),
    sharedVcpus: Math.floor(sharedCpus * kvm.cpuAllocationRatio),
    smallPagesMib: memoryMib - hugePagesMib,
    hugePagesMib,
  };
}

function where({ numaNodes, threadsPerCore }: Host): Pick<IsolationHost, 'numaNodes' | 'threadsPerCore'> {
  return { numaNodes, ...(threadsPerCore !== undefined && { threadsPerCore }) };
}

function kindOf(placement: FlavorPlacement = {}): Pick<IsolationFlavor, 'cpus' | 'memory' | 'numaNodes' | 'emulatorThreads'> {
  const { dedicatedCpus, threadPolicy, isolateEmulatorThreads, hugePageMib, numaNodes } = placement;
  const bound = isBound(placement);
  return {
    cpus: !dedicatedCpus ? 'shared' : threadPolicy === CpuThreadPolicy.ISOLATE ? 'dedicated cores' : 'dedicated threads',
    memory: hugePageMib === undefined ? 'small pages' : `pages of ${hugePageMib} MiB`,
    ...(bound && { numaNodes: numaNodes ?? 1 }),
    emulatorThreads: isolateEmulatorThreads ? 'own thread' : dedicatedCpus ? "the machine's own" : 'shared',
  };
}

function isDedicated({ placement }: FlavorFacts): boolean {
  return placement?.dedicatedCpus ?? false;
}

/** Whether Nova gives it a NUMA topology. */
function isBound({ dedicatedCpus, hugePageMib, numaNodes }: FlavorPlacement = {}): boolean {
  return dedicatedCpus === true || hugePageMib !== undefined || numaNodes !== undefined;
}

/**
 * By its threads, or by a sibling of one. The inventory doesn't say which threads are siblings, so the border between the sets may run through a core: there
 * the policy `isolate` doesn't help, which looks at dedicated threads alone.
 */
function shareCore(a: FlavorFacts, b: FlavorFacts, smt: boolean): boolean {
  if (!isDedicated(a) && !isDedicated(b)) return true;
  if (isDedicated(a) !== isDedicated(b)) return smt;
  return smt && ![a, b].some(({ placement }) => placement?.threadPolicy === CpuThreadPolicy.ISOLATE);
}

function shareNumaNode(a: FlavorFacts, b: FlavorFacts, host: Host, kvm: KvmProfile): boolean {
  const [ofA, ofB] = [nodesOf(a, host, kvm), nodesOf(b, host, kvm)];
  return ofA.some((node) => ofB.includes(node));
}

/** The NUMA nodes that a machine may be on: those of its threads if it is bound, else all, since its memory comes from anywhere. */
function nodesOf(flavor: FlavorFacts, { numa, numaNodes }: Host, kvm: KvmProfile): number[] {
  const all = Array.from({ length: numaNodes }, (_, node) => node);
  const { dedicated, shared } = kvm._cpuSets();
  const set = isDedicated(flavor) ? dedicated : shared;
  if (!isBound(flavor.placement) || numa === undefined || set.length === 0) return all;
  return all.filter((node) => parseCpuSet('Host', 'cpus', numa[node].cpus).some((cpu) => set.includes(cpu)));
}

const SCOPE = 'aggregate_instance_extra_specs:';

/** The hosts that a flavor's machines may be on: all, unless it asks for the metadata of an aggregate. */
function hostsOf({ extraSpecs }: FlavorFacts, hosts: readonly Host[], aggregates: readonly AggregateFacts[]): Host[] {
  const wanted = Object.entries(extraSpecs ?? {}).flatMap(([key, value]) => (key.startsWith(SCOPE) ? [[key.slice(SCOPE.length), value]] : []));
  return hosts.filter((host) =>
    wanted.every(([key, value]) => aggregates.some(({ hosts: names, metadata }) => names.includes(host.name) && valueOf(metadata, key) === value)),
  );
}

function valueOf(metadata: { readonly [key: string]: string } | undefined, key: string): string | undefined {
  return metadata !== undefined && Object.hasOwn(metadata, key) ? metadata[key] : undefined;
}
