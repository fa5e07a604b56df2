import { checkInteger } from '../core/validation';

/** The CPU that guests see (Nova's `[libvirt] cpu_mode`). */
export enum CpuMode {
  /** The host's own CPU: fastest; live migration only between equal hosts. */
  HOST_PASSTHROUGH = 'host-passthrough',
  /** The nearest named model plus the host's features: Nova's default on KVM. */
  HOST_MODEL = 'host-model',
}

/** Properties of a KVM profile. */
export interface KvmProfileProps {
  /** @default CpuMode.HOST_MODEL */
  readonly cpuMode?: CpuMode;
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
   * Hardware threads that each compute host keeps for itself (Nova's `reserved_host_cpus`).
   * @default 2
   */
  readonly reservedCpuThreads?: number;
  /**
   * Virtual CPUs for each hardware thread (Nova's `initial_cpu_allocation_ratio`).
   * @default 4
   */
  readonly cpuAllocationRatio?: number;
}

/** The KVM and kernel layer of the compute hosts. One profile drives the preparation of the hosts, Nova's configuration and the arithmetic of capacity. */
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
  public readonly nestedVirtualization: boolean;
  public readonly reservedCpuThreads: number;
  public readonly cpuAllocationRatio: number;
  private readonly reservedMemoryMib?: number;

  private constructor(props: KvmProfileProps) {
    checkInteger('KvmProfile', 'reservedMemoryMib', props.reservedMemoryMib, { min: 512 });
    checkInteger('KvmProfile', 'reservedCpuThreads', props.reservedCpuThreads, { min: 0 });
    this.cpuMode = props.cpuMode ?? CpuMode.HOST_MODEL;
    this.nestedVirtualization = props.nestedVirtualization ?? false;
    this.reservedCpuThreads = props.reservedCpuThreads ?? 2;
    this.cpuAllocationRatio = props.cpuAllocationRatio ?? 4;
    this.reservedMemoryMib = props.reservedMemoryMib;
  }

  /** What a host of that memory keeps for itself, in MiB. */
  public reservedMemoryMibOf(hostMemoryMib: number): number {
    return this.reservedMemoryMib ?? Math.min(32768, 4096 + Math.floor(hostMemoryMib / 16));
  }
}
