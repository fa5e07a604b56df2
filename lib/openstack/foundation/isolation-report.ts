/** What a compute host gives to machines, and keeps. */
export interface IsolationHost {
  /** Its name. */
  readonly name: string;
  /** Its availability zone. */
  readonly zone: string;
  /**
   * Its rack.
   * @default - not known
   */
  readonly rack?: string;
  /** Its NUMA nodes. */
  readonly numaNodes: number;
  /**
   * Hardware threads of each core.
   * @default - not known
   */
  readonly threadsPerCore?: number;
  /** Hardware threads that machines share. */
  readonly sharedThreads: number;
  /** Hardware threads of which each belongs to one machine. */
  readonly dedicatedThreads: number;
  /** Hardware threads that the host keeps. */
  readonly hostThreads: number;
  /**
   * Which threads machines share.
   * @default - the profile has no CPU sets: all but as many as the host keeps
   */
  readonly sharedCpuSet?: string;
  /**
   * Which threads machines have for themselves.
   * @default - the profile has no CPU sets
   */
  readonly dedicatedCpuSet?: string;
  /**
   * Which threads the host keeps.
   * @default - the profile has no CPU sets: the kernel runs the host's own work anywhere
   */
  readonly hostCpuSet?: string;
  /** Virtual CPUs that Nova puts on the shared threads: their number times the allocation ratio. */
  readonly sharedVcpus: number;
  /** Memory in MiB for machines with small pages. */
  readonly smallPagesMib: number;
  /** Memory in MiB in huge pages. */
  readonly hugePagesMib: number;
}

/** With whom the machines of a flavor share what. Machines of the same flavor are meant, too, where it is in its own list. */
export interface IsolationFlavor {
  /** Name of the flavor. */
  readonly flavor: string;
  /** "shared", "dedicated threads" or "dedicated cores". */
  readonly cpus: string;
  /** "small pages", or "pages of 1024 MiB". */
  readonly memory: string;
  /**
   * NUMA nodes that a machine is bound to.
   * @default - it is bound to none, and uses all of its host
   */
  readonly numaNodes?: number;
  /** Where QEMU's own threads run: "shared", "the machine's own" or "own thread". */
  readonly emulatorThreads: string;
  /** Hosts that its machines may be on. */
  readonly hosts: string[];
  /** Flavors whose machines run on the same hardware threads, in turns. */
  readonly sharesThreadsWith: string[];
  /** Flavors whose machines may run on the same core: on the same thread or on its sibling. */
  readonly mayShareCoresWith: string[];
  /** Flavors whose machines may be on the same NUMA node: they share its caches and its way to memory. */
  readonly mayShareNumaNodesWith: string[];
  /** Flavors whose machines may be on the same host. */
  readonly sharesHostsWith: string[];
}

/**
 * Which machines share a thread, a core, a NUMA node or a host. It is computed from the KVM profile, the flavors and the aggregates, at synth: what Nova was
 * told, not what it did. Anti-affinity of server groups comes on top.
 */
export interface IsolationReport {
  /** Virtual CPUs for each shared hardware thread. Memory isn't overcommitted. */
  readonly cpuAllocationRatio: number;
  /** The compute hosts. */
  readonly hosts: IsolationHost[];
  /** The flavors. */
  readonly flavors: IsolationFlavor[];
}
