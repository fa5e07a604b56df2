import { KvmProfile } from '../contracts/kvm-profile';

/** What `prepare-kvm.sh` is to set on a host: a line for each setting. */
export function kvmSettings(kvm: KvmProfile): string {
  const onOff = (on: boolean) => (on ? '1' : '0');
  return [
    `nested ${onOff(kvm.nestedVirtualization)}`,
    `ksm ${onOff(kvm.samePageMerging)}`,
    ...(kvm.iommu ? ['iommu 1'] : []),
    ...kvm.kernelArguments.map((argument) => `kernel ${argument}`),
    ...kvm.hugePages.map(({ sizeMib, count, numaNode }) => `hugepages ${sizeMib * 1024} ${numaNode ?? 'all'} ${count}`),
    ...kvm.sriov.map(({ name, virtualFunctions }) => `sriov ${name} ${virtualFunctions}`),
    ...Object.entries(kvm.sysctl)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => `sysctl ${name} ${value}`),
  ]
    .map((line) => `${line}\n`)
    .join('');
}
