import { checkCapacity } from '../../lib/platform/cluster-need';

const capacity = { computeHosts: 2, vcpus: 10, dedicatedCpus: 40, memoryMib: 100_000, hugePagesMib: 60_000, blockStorageGib: 0 };
const check = (need: { readonly vcpus: number; readonly memoryMib: number }) => checkCapacity('prod', { servers: 1, ...need }, capacity, 4);

test('servers that share CPUs and have small pages have what is neither dedicated nor in huge pages', () => {
  check({ vcpus: 40, memoryMib: 40_000 });
  expect(() => check({ vcpus: 40, memoryMib: 40_001 })).toThrow(/got "40000 MiB, and 60000 MiB of huge pages, which they don't ask for"/);
  expect(() => check({ vcpus: 41, memoryMib: 1 })).toThrow(/40 virtual CPUs, and 40 dedicated threads, which they don't ask for/);
});
