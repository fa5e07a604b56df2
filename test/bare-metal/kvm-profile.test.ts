import { App, TerraformStack, TerraformVariable } from 'cdktf';
import * as fc from 'fast-check';
import { host } from './support';
import { checkKvmHost } from '../../lib/bare-metal/kvm-checks';
import { Host, HostProps } from '../../lib/contracts/host';
import { CpuMode, CpuThreadPolicy, FlavorPlacement, KvmProfile, KvmProfileProps } from '../../lib/contracts/kvm-profile';
import { formatCpuSet, parseCpuSet } from '../../lib/core/cpu-set';

test('what a profile says when nothing is said', () => {
  const profile = KvmProfile.default();
  expect(profile).toMatchObject({
    cpuMode: 'host-model',
    nestedVirtualization: false,
    samePageMerging: false,
    reservedCpuThreads: 2,
    cpuAllocationRatio: 4,
  });
  expect(profile.sysctl).toEqual({ 'fs.aio-max-nr': '1048576', 'vm.swappiness': '10' });
  expect([65536, 262144, 2097152].map((mib) => profile.reservedMemoryMibOf(mib))).toEqual([8192, 20480, 32768]);
  expect(KvmProfile.of({ reservedMemoryMib: 1024 }).reservedMemoryMibOf(262144)).toBe(1024);
});

test.each<[KvmProfileProps, string]>([
  [{ cpuMode: 'host' as any }, 'KvmProfile: cpuMode is not known, got "host"'],
  [{ cpuMode: CpuMode.CUSTOM }, 'KvmProfile: cpuModels and CpuMode.CUSTOM need each other, got []'],
  [{ cpuModels: ['Haswell'] }, 'KvmProfile: cpuModels and CpuMode.CUSTOM need each other, got ["Haswell"]'],
  [{ cpuMode: CpuMode.CUSTOM, cpuModels: ['a,b'] }, 'KvmProfile: cpuModels has a name that no CPU model has, got "a,b"'],
  [{ cpuFeatures: ['P CID'] }, 'KvmProfile: cpuFeatures has a name that no CPU feature has, got "P CID"'],
  [{ dedicatedCpuSet: '4-' }, 'KvmProfile: dedicatedCpuSet is not a list of CPUs, got "4-"; write it as `lscpu` does: 0-15,32-47'],
  [{ dedicatedCpuSet: '9-4' }, 'KvmProfile: dedicatedCpuSet has a range that ends before it begins (9-4), got "9-4"'],
  [{ dedicatedCpuSet: '4,2-5' }, 'KvmProfile: dedicatedCpuSet has CPU 4 twice, got "4,2-5"'],
  [{ dedicatedCpuSet: '4-9', sharedCpuSet: '2-5' }, 'KvmProfile: dedicatedCpuSet and sharedCpuSet have threads in common, got "4-5"'],
  [{ dedicatedCpuSet: '4-9', reservedCpuThreads: 2 }, 'KvmProfile: reservedCpuThreads goes with no CPU set'],
  [{ hugePages: [{ sizeMib: 4, count: 1 }] }, 'KvmProfile: sizeMib of hugePages must be 2 or 1024, got 4'],
  [{ hugePages: [{ sizeMib: 2, count: 0 }] }, 'KvmProfile: count of hugePages must be a whole number from 1 to 16777216, got 0'],
  [
    {
      hugePages: [
        { sizeMib: 2, count: 1 },
        { sizeMib: 2, count: 9, numaNode: 1 },
      ],
    },
    'KvmProfile: hugePages of a size are given for every NUMA node and for a certain one, got "2 MiB"; give the numaNode of each, or of none',
  ],
  [{ sriov: [{ name: 'ens 3', virtualFunctions: 4, physicalNetwork: 'physnet2' }] }, 'KvmProfile: sriov has the name of no network interface'],
  [
    { sriov: [{ name: 'ens3', virtualFunctions: 0, physicalNetwork: 'physnet2' }] },
    'KvmProfile: virtualFunctions must be a whole number from 1 to 256',
  ],
  [{ iommu: false, sriov: [{ name: 'ens3', virtualFunctions: 4, physicalNetwork: 'p' }] }, 'KvmProfile: sriov needs the IOMMU'],
  [{ kernelArguments: ['quiet splash'] }, 'KvmProfile: kernelArguments has one that a boot loader would take apart, got "quiet splash"'],
  [{ reservedMemoryMib: 100 }, 'KvmProfile: reservedMemoryMib must be a whole number from 512, got 100'],
  [{ reservedCpuThreads: -1 }, 'KvmProfile: reservedCpuThreads must be a whole number from 0, got -1'],
  [{ cpuAllocationRatio: 0 }, 'KvmProfile: cpuAllocationRatio must be above 0, and 16 at most, got 0'],
  [{ cpuAllocationRatio: NaN }, 'KvmProfile: cpuAllocationRatio must be above 0'],
  [{ sysctl: { swappiness: '1' } }, 'KvmProfile: sysctl has a name that no kernel setting has, got "swappiness"; write it as vm.swappiness'],
  [{ sysctl: { 'vm.swappiness': '1\nkernel.core_pattern = |/x' } }, 'KvmProfile: sysctl vm.swappiness must be one line of text'],
])('%j', (props, message) => {
  expect(() => KvmProfile.of(props)).toThrow(message);
});

/** 64 threads on two NUMA nodes, 262144 MiB. */
const compute = new Host(host(1, { numaNodes: 2 }));

test('what a host keeps for itself grows with it', () => {
  const profile = KvmProfile.default();
  expect([4, 64, 96, 256].map((threads) => profile.reservedCpuThreadsOf(threads))).toEqual([2, 2, 3, 8]);
  expect(profile.capacityOf(compute)).toEqual({ sharedCpus: 62, dedicatedCpus: 0, memoryMib: 262144 - 20480, hugePagesMib: 0 });
  expect(profile.novaConfig(compute)).toEqual({
    DEFAULT: { initial_cpu_allocation_ratio: '4', reserved_host_memory_mb: '20480', reserved_host_cpus: '2' },
    libvirt: { cpu_mode: 'host-model' },
  });
});

const full = KvmProfile.of({
  cpuMode: CpuMode.CUSTOM,
  cpuModels: ['Cascadelake-Server-noTSX', 'Icelake-Server-noTSX'],
  cpuFeatures: ['pcid', '-mpx'],
  dedicatedCpuSet: '8-31,40-63',
  sharedCpuSet: '4,5-7,36-39',
  hugePages: [{ sizeMib: 1024, count: 64 }],
  sriov: [{ name: 'ens3f0np0', virtualFunctions: 16, physicalNetwork: 'physnet2', trusted: true }],
  kernelArguments: ['mitigations=auto'],
});

test('CPU sets, huge pages, models and SR-IOV: Nova, the kernel and the arithmetic say the same', () => {
  expect(full.novaConfig(compute)).toEqual({
    DEFAULT: { initial_cpu_allocation_ratio: '4', reserved_host_memory_mb: '20480' },
    compute: { cpu_dedicated_set: '8-31,40-63', cpu_shared_set: '4-7,36-39' },
    libvirt: { cpu_mode: 'custom', cpu_models: 'Cascadelake-Server-noTSX,Icelake-Server-noTSX', cpu_model_extra_flags: 'pcid,-mpx' },
    pci: { device_spec: '[{"devname":"ens3f0np0","physical_network":"physnet2","trusted":"true"}]' },
  });
  expect(full.kernelArguments).toEqual(['isolcpus=managed_irq,domain,8-31,40-63', 'mitigations=auto']);
  expect(full.capacityOf(compute)).toEqual({ sharedCpus: 8, dedicatedCpus: 48, memoryMib: 262144 - 20480, hugePagesMib: 128 * 1024 });
  expect([full.reservedCpuThreads, full.reservedCpuThreadsOf(64), full.iommu]).toEqual([0, 8, true]);
});

test('extra specs of flavors come from the same profile', () => {
  expect(full.flavorExtraSpecs({})).toEqual({});
  expect(
    full.flavorExtraSpecs({
      dedicatedCpus: true,
      threadPolicy: CpuThreadPolicy.ISOLATE,
      isolateEmulatorThreads: true,
      hugePageMib: 1024,
      numaNodes: 2,
    }),
  ).toEqual({
    'hw:cpu_policy': 'dedicated',
    'hw:cpu_thread_policy': 'isolate',
    'hw:emulator_threads_policy': 'isolate',
    'hw:mem_page_size': '1048576',
    'hw:numa_nodes': '2',
  });
});

test.each<[KvmProfile, FlavorPlacement, string]>([
  [KvmProfile.default(), { dedicatedCpus: true }, 'KvmProfile.flavorExtraSpecs: dedicatedCpus needs a dedicatedCpuSet in the KVM profile'],
  [full, { isolateEmulatorThreads: true }, 'KvmProfile.flavorExtraSpecs: threadPolicy and isolateEmulatorThreads need dedicatedCpus'],
  [full, { hugePageMib: 2 }, 'KvmProfile.flavorExtraSpecs: hugePageMib is a size that the hosts have no pages of, got 2; use 1024, or give'],
  [full, { numaNodes: 0 }, 'KvmProfile.flavorExtraSpecs: numaNodes must be a whole number from 1 to 64, got 0'],
  [KvmProfile.of({ dedicatedCpuSet: '2-9' }), {}, 'KvmProfile.flavorExtraSpecs: the KVM profile has dedicated CPUs only'],
])('a flavor that finds no host (%#)', (profile, placement, message) => {
  expect(() => profile.flavorExtraSpecs(placement)).toThrow(message);
});

test.each<[KvmProfileProps, Partial<HostProps>, string]>([
  [{ dedicatedCpuSet: '60-65' }, {}, 'test: the CPU sets of the KVM profile have threads that host-1 doesn\'t have: its 64 are 0 to 63, got "64-65"'],
  [{ dedicatedCpuSet: '0-63' }, {}, 'test: the CPU sets of the KVM profile leave no thread to host-1 itself, got "0-63"'],
  [
    { hugePages: [{ sizeMib: 2, count: 1, numaNode: 1 }] },
    {},
    "test: hugePages of the KVM profile are on a NUMA node that host-1 doesn't have: it has 1, got 1",
  ],
  [
    { hugePages: [{ sizeMib: 1024, count: 256 }] },
    {},
    'test: hugePages of the KVM profile take 262144 MiB of NUMA node 0 of host-1, which has 262144 and keeps',
  ],
  [
    { hugePages: [{ sizeMib: 1024, count: 64, numaNode: 1 }] },
    {
      numa: [
        { cpus: '0-31', memoryMib: 196608 },
        { cpus: '32-63', memoryMib: 65536 },
      ],
    },
    'test: hugePages of the KVM profile take 65536 MiB of NUMA node 1 of host-1',
  ],
  [
    { sriov: [{ name: 'ens9', virtualFunctions: 2, physicalNetwork: 'p' }] },
    {},
    'test: host-1 has no interface ens9, which the KVM profile gives to machines by SR-IOV, got ["eno1"]',
  ],
])('a profile that does not fit a host (%#)', (props, hostProps, message) => {
  expect(() => checkKvmHost('test', new Host(host(1, hostProps)), KvmProfile.of(props))).toThrow(message);
});

test('a list of CPUs and its text', () => {
  const set = fc.uniqueArray(fc.nat(8191), { minLength: 1, maxLength: 200 });
  fc.assert(fc.property(set, (cpus) => expect(parseCpuSet('test', 'set', formatCpuSet(cpus))).toEqual([...cpus].sort((a, b) => a - b))));
  fc.assert(
    fc.property(fc.string({ maxLength: 20 }), (text) => {
      try {
        expect(parseCpuSet('test', 'set', text).length).toBeGreaterThan(0);
      } catch (error) {
        expect((error as Error).name).toBe('StrataError');
      }
    }),
  );
});

test('references are refused: all of it is arithmetic or part of a script', () => {
  const variable = new TerraformVariable(new TerraformStack(new App(), 'test'), 'v', {});
  for (const props of [
    { reservedMemoryMib: variable.numberValue },
    { cpuAllocationRatio: variable.numberValue },
    { sysctl: { 'vm.swappiness': variable.stringValue } },
  ]) {
    expect(() => KvmProfile.of(props)).toThrow(/must be known at synth, a reference was given/);
  }
});
