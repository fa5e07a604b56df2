import { CpuArchitecture, Host } from './host';
import { formatCpuSet, parseCpuSet } from '../core/cpu-set';
import { check, checkInteger, checkOneOf, checkUnique, fail, isKnown } from '../core/validation';

/** The CPU that guests see (Nova's `[libvirt] cpu_mode`). */
export enum CpuMode {
  /** The host's own CPU: fastest; live migration only between equal hosts. */
  HOST_PASSTHROUGH = 'host-passthrough',
  /** The nearest named model plus the host's features: Nova's default on KVM. */
  HOST_MODEL = 'host-model',
  /** Models of your own choice, `cpuModels`: machines migrate between all hosts that can do one of them. */
  CUSTOM = 'custom',
}

/** Huge pages that each compute host sets aside for machines. */
export interface HostHugePages {
  /** Size of a page in MiB: 2 or 1024. */
  readonly sizeMib: number;
  /** How many pages on a NUMA node. */
  readonly count: number;
  /**
   * The NUMA node, from 0.
   * @default - so many on every NUMA node of the host
   */
  readonly numaNode?: number;
}

/** A port of every compute host whose virtual functions machines get directly (SR-IOV). */
export interface SriovInterface {
  /** Its name in the operating system: "ens3f0np0". Each compute host has it in the inventory, without networks of the host on it. */
  readonly name: string;
  /** Virtual functions, 1 to 256. */
  readonly virtualFunctions: number;
  /** The physical network in Neutron that it leads to: "physnet2". */
  readonly physicalNetwork: string;
  /**
   * Whether a machine may ask for the right to change the MAC address and hear everything (Nova's `trusted`).
   * @default false
   */
  readonly trusted?: boolean;
}

/** How a dedicated machine's CPUs lie on hyper-threads (Nova's `hw:cpu_thread_policy`). */
export enum CpuThreadPolicy {
  /** On siblings where there are any. */
  PREFER = 'prefer',
  /** Whole cores: the sibling of each CPU stays empty. */
  ISOLATE = 'isolate',
  /** Only on siblings. */
  REQUIRE = 'require',
}

/** What a flavor asks of the KVM layer. */
export interface FlavorPlacement {
  /**
   * Whether each virtual CPU has a hardware thread of its own. The profile needs a `dedicatedCpuSet`.
   * @default false
   */
  readonly dedicatedCpus?: boolean;
  /**
   * Only with `dedicatedCpus`.
   * @default - Nova's own, which is `prefer`
   */
  readonly threadPolicy?: CpuThreadPolicy;
  /**
   * Whether QEMU's own threads get a hardware thread more, instead of those of the machine (Nova's `hw:emulator_threads_policy=isolate`). Only with
   * `dedicatedCpus`.
   * @default false
   */
  readonly isolateEmulatorThreads?: boolean;
  /**
   * Size in MiB of the huge pages that its memory is made of. The profile needs pages of that size.
   * @default - small pages
   */
  readonly hugePageMib?: number;
  /**
   * NUMA nodes that the machine is spread over, and sees.
   * @default - none are asked for; Nova gives a machine with dedicated CPUs or huge pages one
   */
  readonly numaNodes?: number;
}

/** How machines that boot an image see their virtual hardware. */
export interface ImageHardware {
  /**
   * Whether it starts by UEFI firmware instead of the BIOS (`hw_firmware_type`, with the machine type q35).
   * @default false
   */
  readonly uefi?: boolean;
  /**
   * Whether disks are on a virtio-scsi controller instead of virtio-blk: more disks, and devices are named sda instead of vda.
   * @default false
   */
  readonly scsi?: boolean;
  /**
   * Whether the image runs QEMU's guest agent: snapshots are then taken of file systems at rest.
   * @default false
   */
  readonly guestAgent?: boolean;
  /**
   * The instruction set that it is for; it must be that of the hosts.
   * @default - any host will do
   */
  readonly architecture?: CpuArchitecture;
}

/** What a compute host offers to machines under a profile. */
export interface KvmHostCapacity {
  /** Hardware threads that machines share, before overcommitment (Placement's VCPU). */
  readonly sharedCpus: number;
  /** Hardware threads that machines have for themselves (Placement's PCPU). */
  readonly dedicatedCpus: number;
  /** Memory in MiB for machines, huge pages included. */
  readonly memoryMib: number;
  /** The part of it in huge pages, which machines with small pages can't have. */
  readonly hugePagesMib: number;
}

/** Properties of a KVM profile. */
export interface KvmProfileProps {
  /** @default CpuMode.HOST_MODEL */
  readonly cpuMode?: CpuMode;
  /**
   * CPU models by libvirt's names, the oldest first: `["Cascadelake-Server-noTSX"]`. Needed with `CpuMode.CUSTOM`, and only there.
   * @default - none
   */
  readonly cpuModels?: string[];
  /**
   * CPU features that are added or, with a minus sign, taken away: `["pcid", "-mpx"]`. Not with `CpuMode.HOST_PASSTHROUGH` for those taken away.
   * @default - none
   */
  readonly cpuFeatures?: string[];
  /**
   * Whether guests may themselves run virtual machines.
   * @default false
   */
  readonly nestedVirtualization?: boolean;
  /**
   * Memory in MiB that each compute host keeps for itself (Nova's `reserved_host_memory_mb`, whose own default of 512 is too low for real hosts).
   * @default - 4096 and a sixteenth of the host's memory, together 32768 at most
   */
  readonly reservedMemoryMib?: number;
  /**
   * Hardware threads that each compute host keeps for itself (Nova's `reserved_host_cpus`). With CPU sets it is what is in neither of them, and must be
   * left out.
   * @default - a thirty-second part of the host's threads, at least 2
   */
  readonly reservedCpuThreads?: number;
  /**
   * Hardware threads on which machines have theirs alone, in Linux's notation: "4-31,36-63" (Nova's `cpu_dedicated_set`).
   * @default - none: all machines share
   */
  readonly dedicatedCpuSet?: string;
  /**
   * Hardware threads that the other machines share, in Linux's notation (Nova's `cpu_shared_set`).
   * @default - all that the host doesn't keep; none where there is a `dedicatedCpuSet`
   */
  readonly sharedCpuSet?: string;
  /**
   * Whether the kernel keeps everything else off the dedicated threads (`isolcpus`). Takes a reboot.
   * @default true
   */
  readonly isolateDedicatedCpus?: boolean;
  /**
   * Huge pages.
   * @default - none
   */
  readonly hugePages?: HostHugePages[];
  /**
   * Whether the IOMMU is on, so that machines can be given devices. Takes a reboot.
   * @default - true where there is `sriov`
   */
  readonly iommu?: boolean;
  /**
   * Ports whose virtual functions machines get directly.
   * @default - none
   */
  readonly sriov?: SriovInterface[];
  /**
   * Virtual CPUs for each shared hardware thread (Nova's `initial_cpu_allocation_ratio`), above 0, 16 at most. Nova uses it when a host registers for the
   * first time.
   * @default 4
   */
  readonly cpuAllocationRatio?: number;
  /**
   * Whether the kernel shares equal memory pages between guests (KSM). It saves memory, costs CPU time, and lets a guest find out by timing what is in
   * the memory of another.
   * @default false
   */
  readonly samePageMerging?: boolean;
  /**
   * Kernel settings (sysctl) of the compute hosts, on top of the defaults; a setting of the same name replaces the default.
   * @default - `fs.aio-max-nr` 1048576, since each guest disk takes its share of the kernel's 65536, and `vm.swappiness` 10
   */
  readonly sysctl?: { readonly [name: string]: string };
  /**
   * Further arguments of the kernel's command line, such as "mitigations=auto". They take a reboot.
   * @default - none
   */
  readonly kernelArguments?: string[];
}

const SYSCTL = { 'fs.aio-max-nr': '1048576', 'vm.swappiness': '10' };
const WHERE = 'KvmProfile';

/**
 * The KVM and kernel layer of the compute hosts. One profile drives the preparation of the hosts, Nova's configuration, the extra specs of flavors and the
 * arithmetic of capacity, so that they can't disagree.
 */
export class KvmProfile {
  /** The profile that a pool has when none is given. */
  public static default(): KvmProfile {
    return new KvmProfile({});
  }

  /** A profile of your own. */
  public static of(props: KvmProfileProps): KvmProfile {
    return new KvmProfile(props);
  }

  public readonly cpuMode: CpuMode;
  public readonly cpuModels: string[];
  public readonly cpuFeatures: string[];
  public readonly nestedVirtualization: boolean;
  /**
   * Hardware threads that every host keeps at least: 0 with CPU sets, since what is in no set is the host's. `reservedCpuThreadsOf` says what a certain
   * host keeps.
   */
  public readonly reservedCpuThreads: number;
  /** The dedicated threads in Linux's notation, if there are any. */
  public readonly dedicatedCpuSet?: string;
  /** The shared threads in Linux's notation, if the profile names them. */
  public readonly sharedCpuSet?: string;
  public readonly isolateDedicatedCpus: boolean;
  public readonly hugePages: HostHugePages[];
  public readonly iommu: boolean;
  public readonly sriov: SriovInterface[];
  public readonly cpuAllocationRatio: number;
  public readonly samePageMerging: boolean;
  /** Kernel settings of the compute hosts, defaults included. */
  public readonly sysctl: { readonly [name: string]: string };
  /** Arguments of the kernel's command line, those that follow from other options included, except for the IOMMU's, which depend on the CPU. */
  public readonly kernelArguments: string[];
  private readonly props: KvmProfileProps;

  private constructor(props: KvmProfileProps) {
    checkProps(props);
    const dedicated = cpus('dedicatedCpuSet', props.dedicatedCpuSet);
    const shared = cpus('sharedCpuSet', props.sharedCpuSet);
    const both = dedicated.filter((cpu) => shared.includes(cpu));
    if (both.length > 0) {
      fail(WHERE, { problem: 'dedicatedCpuSet and sharedCpuSet have threads in common', value: formatCpuSet(both), fix: 'take them out of one' });
    }
    const sets = dedicated.length + shared.length > 0;
    if (sets && props.reservedCpuThreads !== undefined) {
      fail(WHERE, {
        problem: "reservedCpuThreads goes with no CPU set: what is in neither set is the host's own, and Nova refuses both",
        value: props.reservedCpuThreads,
        fix: 'remove it, and leave so many threads out of the sets',
      });
    }
    this.props = props;
    this.cpuMode = props.cpuMode ?? CpuMode.HOST_MODEL;
    this.cpuModels = [...(props.cpuModels ?? [])];
    this.cpuFeatures = [...(props.cpuFeatures ?? [])];
    this.nestedVirtualization = props.nestedVirtualization ?? false;
    this.reservedCpuThreads = sets ? 0 : (props.reservedCpuThreads ?? 2);
    this.dedicatedCpuSet = dedicated.length === 0 ? undefined : formatCpuSet(dedicated);
    this.sharedCpuSet = shared.length === 0 ? undefined : formatCpuSet(shared);
    this.isolateDedicatedCpus = props.isolateDedicatedCpus ?? true;
    this.hugePages = [...(props.hugePages ?? [])];
    this.sriov = [...(props.sriov ?? [])];
    this.iommu = props.iommu ?? this.sriov.length > 0;
    if (this.sriov.length > 0 && !this.iommu) {
      fail(WHERE, { problem: 'sriov needs the IOMMU: without it no machine can be given a device', value: false, fix: 'leave iommu out' });
    }
    this.cpuAllocationRatio = props.cpuAllocationRatio ?? 4;
    this.samePageMerging = props.samePageMerging ?? false;
    this.sysctl = { ...SYSCTL, ...props.sysctl };
    const isolated = this.dedicatedCpuSet !== undefined && this.isolateDedicatedCpus ? [`isolcpus=managed_irq,domain,${this.dedicatedCpuSet}`] : [];
    this.kernelArguments = [...isolated, ...(props.kernelArguments ?? [])];
  }

  /** What a host of that memory keeps for itself, in MiB. */
  public reservedMemoryMibOf(hostMemoryMib: number): number {
    return this.props.reservedMemoryMib ?? Math.min(32768, 4096 + Math.floor(hostMemoryMib / 16));
  }

  /** Hardware threads that a host of so many keeps for itself. */
  public reservedCpuThreadsOf(hostThreads: number): number {
    const { dedicated, shared } = this._cpuSets();
    if (dedicated.length + shared.length > 0) return hostThreads - dedicated.length - shared.length;
    return this.props.reservedCpuThreads ?? Math.max(2, Math.ceil(hostThreads / 32));
  }

  /** What a host offers to machines. */
  public capacityOf(host: Host): KvmHostCapacity {
    const { dedicated, shared } = this._cpuSets();
    const hugePagesMib = this._hugePagesByNode(host.numaNodes).reduce((sum, pages) => sum + pages.count * pages.sizeMib, 0);
    return {
      sharedCpus: dedicated.length + shared.length > 0 ? shared.length : host.cpuThreads - this.reservedCpuThreadsOf(host.cpuThreads),
      dedicatedCpus: dedicated.length,
      memoryMib: host.memoryMib - this.reservedMemoryMibOf(host.memoryMib),
      hugePagesMib,
    };
  }

  /**
   * What Nova's compute service on a host must be told, by section and option of its nova.conf. It is complete: Nova refuses some of these options beside
   * others, so none of them may be set elsewhere.
   */
  public novaConfig(host: Host): { readonly [section: string]: { readonly [option: string]: string } } {
    const { dedicatedCpuSet, sharedCpuSet } = this;
    const sets = dedicatedCpuSet !== undefined || sharedCpuSet !== undefined;
    return {
      DEFAULT: {
        initial_cpu_allocation_ratio: String(this.cpuAllocationRatio),
        reserved_host_memory_mb: String(this.reservedMemoryMibOf(host.memoryMib)),
        ...(sets ? {} : { reserved_host_cpus: String(this.reservedCpuThreadsOf(host.cpuThreads)) }),
      },
      ...(sets && {
        compute: {
          ...(dedicatedCpuSet !== undefined && { cpu_dedicated_set: dedicatedCpuSet }),
          ...(sharedCpuSet !== undefined && { cpu_shared_set: sharedCpuSet }),
        },
      }),
      libvirt: {
        cpu_mode: this.cpuMode,
        ...(this.cpuModels.length > 0 && { cpu_models: this.cpuModels.join(',') }),
        ...(this.cpuFeatures.length > 0 && { cpu_model_extra_flags: this.cpuFeatures.join(',') }),
      },
      ...(this.sriov.length > 0 && {
        pci: {
          device_spec: JSON.stringify(
            this.sriov.map((port) => ({
              devname: port.name,
              physical_network: port.physicalNetwork,
              ...(port.trusted && { trusted: 'true' }),
            })),
          ),
        },
      }),
    };
  }

  /** Extra specs for a flavor, checked against what the hosts have. */
  public flavorExtraSpecs(placement: FlavorPlacement): { readonly [key: string]: string } {
    const where = 'KvmProfile.flavorExtraSpecs';
    if (!isKnown({ ...placement })) fail(where, { problem: 'a placement must be known at synth, a reference was given', fix: 'give the values' });
    const { dedicatedCpus = false, threadPolicy, isolateEmulatorThreads = false, hugePageMib, numaNodes } = placement;
    if (dedicatedCpus && this.dedicatedCpuSet === undefined) {
      fail(where, {
        problem: 'dedicatedCpus needs a dedicatedCpuSet in the KVM profile, which has none',
        fix: 'give the profile one, such as "4-31"',
      });
    }
    if (!dedicatedCpus && (threadPolicy !== undefined || isolateEmulatorThreads)) {
      fail(where, { problem: 'threadPolicy and isolateEmulatorThreads need dedicatedCpus', fix: 'set dedicatedCpus, or leave them out' });
    }
    if (!dedicatedCpus && this.dedicatedCpuSet !== undefined && this.sharedCpuSet === undefined) {
      fail(where, {
        problem: 'the KVM profile has dedicated CPUs only: a machine that shares them finds no host',
        fix: 'set dedicatedCpus, or give the profile a sharedCpuSet',
      });
    }
    checkOneOf(where, 'threadPolicy', threadPolicy, Object.values(CpuThreadPolicy));
    checkInteger(where, 'numaNodes', numaNodes, { min: 1, max: 64 });
    if (hugePageMib !== undefined && !this.hugePages.some((pages) => pages.sizeMib === hugePageMib)) {
      const sizes = [...new Set(this.hugePages.map((pages) => pages.sizeMib))];
      fail(where, {
        problem: 'hugePageMib is a size that the hosts have no pages of',
        value: hugePageMib,
        fix: sizes.length === 0 ? 'give the KVM profile hugePages' : `use ${sizes.join(' or ')}, or give the KVM profile such pages`,
      });
    }
    return {
      ...(dedicatedCpus && { 'hw:cpu_policy': 'dedicated' }),
      ...(threadPolicy !== undefined && { 'hw:cpu_thread_policy': threadPolicy }),
      ...(isolateEmulatorThreads && { 'hw:emulator_threads_policy': 'isolate' }),
      ...(hugePageMib !== undefined && { 'hw:mem_page_size': `${hugePageMib * 1024}` }),
      ...(numaNodes !== undefined && { 'hw:numa_nodes': String(numaNodes) }),
    };
  }

  /**
   * Properties for an image whose machines run under this profile: a random number generator and as many network queues as CPUs always; what the image
   * itself decides by `hardware`.
   */
  public imageProperties(hardware: ImageHardware = {}): { readonly [key: string]: string } {
    const where = 'KvmProfile.imageProperties';
    if (!isKnown({ ...hardware })) fail(where, { problem: 'hardware must be known at synth, a reference was given', fix: 'give the values' });
    checkOneOf(where, 'architecture', hardware.architecture, Object.values(CpuArchitecture));
    return {
      hw_rng_model: 'virtio',
      hw_vif_multiqueue_enabled: 'true',
      ...(hardware.architecture !== undefined && { hw_architecture: hardware.architecture }),
      ...(hardware.uefi && { hw_firmware_type: 'uefi', hw_machine_type: hardware.architecture === CpuArchitecture.AARCH64 ? 'virt' : 'q35' }),
      ...(hardware.scsi && { hw_disk_bus: 'scsi', hw_scsi_model: 'virtio-scsi' }),
      ...(hardware.guestAgent && { hw_qemu_guest_agent: 'yes', os_require_quiesce: 'yes' }),
    };
  }

  /** @internal */
  public _cpuSets(): { readonly dedicated: number[]; readonly shared: number[] } {
    return { dedicated: cpus('dedicatedCpuSet', this.dedicatedCpuSet), shared: cpus('sharedCpuSet', this.sharedCpuSet) };
  }

  /**
   * Huge pages with their NUMA node, of a host with so many nodes.
   * @internal
   */
  public _hugePagesByNode(numaNodes: number): { readonly sizeMib: number; readonly count: number; readonly numaNode: number }[] {
    return this.hugePages.flatMap((pages) => {
      const nodes = pages.numaNode === undefined ? Array.from({ length: numaNodes }, (_, i) => i) : [pages.numaNode];
      return nodes.map((numaNode) => ({ sizeMib: pages.sizeMib, count: pages.count, numaNode }));
    });
  }
}

function cpus(name: string, set: string | undefined): number[] {
  return set === undefined ? [] : parseCpuSet(WHERE, name, set);
}

function checkProps(props: KvmProfileProps): void {
  // All of it is arithmetic or becomes part of a script: a reference can't be either.
  for (const [name, value] of Object.entries(props)) {
    if (!isKnown(value)) fail(WHERE, { problem: `${name} must be known at synth, a reference was given`, fix: 'give the value itself' });
  }
  checkOneOf(WHERE, 'cpuMode', props.cpuMode, Object.values(CpuMode));
  const models = props.cpuModels ?? [];
  if ((props.cpuMode === CpuMode.CUSTOM) !== models.length > 0) {
    fail(WHERE, {
      problem: 'cpuModels and CpuMode.CUSTOM need each other',
      value: models,
      fix: 'give both, such as ["Cascadelake-Server-noTSX"], or neither',
    });
  }
  for (const model of models) {
    check(WHERE, model, (m) => /^[A-Za-z0-9_.-]+$/.test(m), {
      problem: 'cpuModels has a name that no CPU model has',
      fix: 'use one of `virsh cpu-models x86_64`',
    });
  }
  for (const feature of props.cpuFeatures ?? []) {
    check(WHERE, feature, (f) => /^[+-]?[a-z0-9][a-z0-9_.-]*$/.test(f), {
      problem: 'cpuFeatures has a name that no CPU feature has',
      fix: 'write it as pcid, or -mpx to take it away',
    });
  }
  checkInteger(WHERE, 'reservedMemoryMib', props.reservedMemoryMib, { min: 512 });
  checkInteger(WHERE, 'reservedCpuThreads', props.reservedCpuThreads, { min: 0 });
  check(WHERE, props.cpuAllocationRatio, (ratio) => ratio > 0 && ratio <= 16, {
    problem: 'cpuAllocationRatio must be above 0, and 16 at most',
    fix: 'use 4 for mixed loads, 1 where each virtual CPU needs a hardware thread of its own',
  });
  checkHugePages(props.hugePages ?? []);
  checkSriov(props.sriov ?? []);
  for (const [name, value] of Object.entries(props.sysctl ?? {})) {
    check(WHERE, name, (n) => /^[a-z0-9_]+([./][A-Za-z0-9_@:-]+)+$/.test(n), {
      problem: 'sysctl has a name that no kernel setting has',
      fix: 'write it as vm.swappiness',
    });
    check(WHERE, value, (v) => /^[^\n\r]+$/.test(v), { problem: `sysctl ${name} must be one line of text`, fix: 'write its value as text' });
  }
  for (const argument of props.kernelArguments ?? []) {
    check(WHERE, argument, (a) => /^[A-Za-z0-9_.-]+(=[A-Za-z0-9_.,:@/+-]*)?$/.test(a), {
      problem: 'kernelArguments has one that a boot loader would take apart',
      fix: 'write each as name or name=value, without blanks and quotes',
    });
  }
}

function checkHugePages(all: readonly HostHugePages[]): void {
  for (const { sizeMib, count, numaNode } of all) {
    check(WHERE, sizeMib, (size) => size === 2 || size === 1024, { problem: 'sizeMib of hugePages must be 2 or 1024', fix: 'use one of these' });
    checkInteger(WHERE, 'count of hugePages', count, { min: 1, max: 16_777_216 });
    checkInteger(WHERE, 'numaNode of hugePages', numaNode, { min: 0, max: 63 });
  }
  checkUnique(WHERE, 'pair of size and NUMA node in hugePages', all.map(({ sizeMib, numaNode }) => `${sizeMib} MiB, ${numaNode ?? 'every node'}`)); // prettier-ignore
  const everywhere = all.find((one) => one.numaNode === undefined && all.some((other) => other !== one && other.sizeMib === one.sizeMib));
  if (everywhere !== undefined) {
    fail(WHERE, {
      problem: 'hugePages of a size are given for every NUMA node and for a certain one',
      value: `${everywhere.sizeMib} MiB`,
      fix: 'give the numaNode of each, or of none',
    });
  }
}

function checkSriov(ports: readonly SriovInterface[]): void {
  for (const { name, virtualFunctions, physicalNetwork } of ports) {
    check(WHERE, name, (n) => /^[A-Za-z0-9_.-]{1,15}$/.test(n), {
      problem: 'sriov has the name of no network interface',
      fix: 'give the name that `ip link` shows, such as ens3f0np0',
    });
    checkInteger(WHERE, 'virtualFunctions', virtualFunctions, { min: 1, max: 256 });
    check(WHERE, physicalNetwork, (n) => /^[\w.-]{1,64}$/.test(n), {
      problem: 'physicalNetwork is not the name of a physical network',
      fix: 'write it as physnet2',
    });
  }
  checkUnique(WHERE, 'interface in sriov', ports.map(({ name }) => name)); // prettier-ignore
}
