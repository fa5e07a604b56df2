import { check, checkInteger, checkOneOf, fail, isKnown } from '../core/validation';

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
   * Virtual CPUs for each hardware thread (Nova's `initial_cpu_allocation_ratio`), above 0, 16 at most. Nova uses it when a host registers for the
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
}

const SYSCTL = { 'fs.aio-max-nr': '1048576', 'vm.swappiness': '10' };

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
  public readonly samePageMerging: boolean;
  /** Kernel settings of the compute hosts, defaults included. */
  public readonly sysctl: { readonly [name: string]: string };
  private readonly reservedMemoryMib?: number;

  private constructor(props: KvmProfileProps) {
    // All of it is arithmetic or becomes part of a script: a reference can't be either.
    for (const [name, value] of Object.entries(props)) {
      if (!isKnown(value)) fail('KvmProfile', { problem: `${name} must be known at synth, a reference was given`, fix: 'give the value itself' });
    }
    checkOneOf('KvmProfile', 'cpuMode', props.cpuMode, Object.values(CpuMode));
    checkInteger('KvmProfile', 'reservedMemoryMib', props.reservedMemoryMib, { min: 512 });
    checkInteger('KvmProfile', 'reservedCpuThreads', props.reservedCpuThreads, { min: 0 });
    check('KvmProfile', props.cpuAllocationRatio, (ratio) => ratio > 0 && ratio <= 16, {
      problem: 'cpuAllocationRatio must be above 0, and 16 at most',
      fix: 'use 4 for mixed loads, 1 where each virtual CPU needs a hardware thread of its own',
    });
    for (const [name, value] of Object.entries(props.sysctl ?? {})) {
      check('KvmProfile', name, (n) => /^[a-z0-9_]+([./][A-Za-z0-9_@:-]+)+$/.test(n), {
        problem: 'sysctl has a name that no kernel setting has',
        fix: 'write it as vm.swappiness',
      });
      check('KvmProfile', value, (v) => /^[^\n\r]+$/.test(v), { problem: `sysctl ${name} must be one line of text`, fix: 'write its value as text' });
    }
    this.cpuMode = props.cpuMode ?? CpuMode.HOST_MODEL;
    this.nestedVirtualization = props.nestedVirtualization ?? false;
    this.reservedCpuThreads = props.reservedCpuThreads ?? 2;
    this.cpuAllocationRatio = props.cpuAllocationRatio ?? 4;
    this.samePageMerging = props.samePageMerging ?? false;
    this.sysctl = { ...SYSCTL, ...props.sysctl };
    this.reservedMemoryMib = props.reservedMemoryMib;
  }

  /** What a host of that memory keeps for itself, in MiB. */
  public reservedMemoryMibOf(hostMemoryMib: number): number {
    return this.reservedMemoryMib ?? Math.min(32768, 4096 + Math.floor(hostMemoryMib / 16));
  }
}
