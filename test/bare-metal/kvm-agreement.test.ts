import * as fc from 'fast-check';
import { host } from './support';
import { poolCapacity } from '../../lib/bare-metal/capacity';
import { kvmSettings } from '../../lib/bare-metal/kvm-settings';
import { Host } from '../../lib/contracts/host';
import { KvmProfile, KvmProfileProps } from '../../lib/contracts/kvm-profile';
import { formatCpuSet, parseCpuSet } from '../../lib/core/cpu-set';
import { StrataError } from '../../lib/core/validation';

/**
 * One profile drives four things: what is done to a host, what Nova is told, what flavors ask for, and the arithmetic of capacity. Whatever the profile and
 * the host, the four never disagree; where they would, synthesis refuses the pair.
 */
/** Sets as people cut them: runs of threads of one use. A few have a thread too many or in both, and are refused. */
const sets = fc
  .array(fc.record({ use: fc.constantFrom('host', 'dedicated', 'shared', 'shared'), length: fc.integer({ min: 1, max: 8 }) }), {
    minLength: 1,
    maxLength: 6,
  }) // prettier-ignore
  .map((runs) => {
    const uses = ['host', ...runs.flatMap(({ use, length }) => Array.from({ length }, () => use))];
    const of = (use: string) => uses.flatMap((one, cpu) => (one === use ? [cpu] : []));
    const text = (cpus: number[]) => (cpus.length === 0 ? undefined : formatCpuSet(cpus));
    return { dedicatedCpuSet: text(of('dedicated')), sharedCpuSet: text(of('shared')) };
  });
const pages = fc.array(
  fc.record(
    { sizeMib: fc.constantFrom(2, 1024), count: fc.integer({ min: 1, max: 40 }), numaNode: fc.nat(1) },
    { requiredKeys: ['sizeMib', 'count'] },
  ),
  { maxLength: 1 },
);
const others: fc.Arbitrary<KvmProfileProps> = fc.record(
  {
    isolateDedicatedCpus: fc.boolean(),
    hugePages: pages,
    reservedMemoryMib: fc.integer({ min: 512, max: 65536 }),
    cpuAllocationRatio: fc.constantFrom(1, 2, 4, 16),
    nestedVirtualization: fc.boolean(),
    samePageMerging: fc.boolean(),
    sriov: fc.constantFrom([], [{ name: 'eno1', virtualFunctions: 8, physicalNetwork: 'physnet2' }]),
  },
  { requiredKeys: [] },
);
const profiles = fc
  .tuple(fc.oneof(sets, fc.record({ reservedCpuThreads: fc.nat(16) }, { requiredKeys: [] })), others)
  .map(([cpus, rest]): KvmProfileProps => ({ ...cpus, ...rest }));
const hosts = fc
  .record({
    cpuThreads: fc.integer({ min: 8, max: 128 }),
    memoryMib: fc.integer({ min: 32768, max: 1048576 }),
    numaNodes: fc.integer({ min: 1, max: 2 }),
  }) // prettier-ignore
  .map((props) => new Host(host(1, props)));

/** What Nova makes of its options on a host, by its own rules. */
function novaInventory(config: { readonly [section: string]: { readonly [option: string]: string } }, { cpuThreads, memoryMib }: Host) {
  const { DEFAULT, compute = {} } = config;
  const { cpu_dedicated_set: dedicated, cpu_shared_set: shared } = compute;
  const count = (set: string | undefined) => (set === undefined ? 0 : parseCpuSet('nova', 'set', set).length);
  // Nova refuses to start with both; with sets, VCPU are those of the shared one alone
  if (dedicated !== undefined || shared !== undefined) expect(DEFAULT).not.toHaveProperty('reserved_host_cpus');
  return {
    pcpu: count(dedicated),
    vcpu: dedicated !== undefined || shared !== undefined ? count(shared) : cpuThreads - Number(DEFAULT.reserved_host_cpus),
    memoryMib: memoryMib - Number(DEFAULT.reserved_host_memory_mb),
  };
}

/** What the program on the host is told. */
function hostSettings(profile: KvmProfile) {
  const lines = kvmSettings(profile).trim().split('\n').map((line) => line.split(' ')); // prettier-ignore
  const of = (kind: string) => lines.filter(([first]) => first === kind).map(([, ...rest]) => rest);
  return { of, one: (kind: string) => of(kind)[0]?.[0] };
}

test('host, Nova, flavors and capacity say the same of every profile', () => {
  let judged = 0;
  fc.assert(
    fc.property(profiles, hosts, (props, compute) => {
      let profile: KvmProfile;
      let pool;
      try {
        profile = KvmProfile.of(props);
        pool = poolCapacity('pool', [compute], profile);
      } catch (error) {
        // refused, in words
        expect(error).toBeInstanceOf(StrataError);
        return;
      }
      judged++;
      const nova = novaInventory(profile.novaConfig(compute), compute);
      const capacity = profile.capacityOf(compute);
      expect({ pcpu: capacity.dedicatedCpus, vcpu: capacity.sharedCpus, memoryMib: capacity.memoryMib }).toEqual(nova);
      expect({ pcpu: pool.dedicatedCpus ?? 0, vcpu: pool.vcpus, memoryMib: pool.memoryMib, pages: pool.hugePagesMib ?? 0 }).toEqual({ ...nova, pages: capacity.hugePagesMib }); // prettier-ignore
      // nothing is promised twice, and the host keeps something
      expect(nova.pcpu + nova.vcpu).toBeLessThanOrEqual(compute.cpuThreads);
      expect(nova.memoryMib).toBeGreaterThan(0);
      expect(capacity.hugePagesMib).toBeLessThanOrEqual(nova.memoryMib);

      const settings = hostSettings(profile);
      const isolated = settings.of('kernel').flat().find((argument) => argument.startsWith('isolcpus=')); // prettier-ignore
      const novaSet = profile.novaConfig(compute).compute?.cpu_dedicated_set;
      expect(isolated?.replace(/^isolcpus=managed_irq,domain,/, '')).toBe(profile.isolateDedicatedCpus ? novaSet : undefined);
      const onHost = settings.of('hugepages').map(([kib, node, count]) => (Number(kib) / 1024) * Number(count) * (node === 'all' ? compute.numaNodes : 1)); // prettier-ignore
      expect(onHost.reduce((sum, mib) => sum + mib, 0)).toBe(capacity.hugePagesMib);
      const specs = profile.novaConfig(compute).pci?.device_spec;
      expect(settings.of('sriov').map(([name]) => name)).toEqual(specs === undefined ? [] : JSON.parse(specs).map((port: any) => port.devname));
      expect(settings.one('iommu') === '1').toBe(profile.iommu);
      expect([settings.one('nested'), settings.one('ksm')]).toEqual([profile.nestedVirtualization, profile.samePageMerging].map((on) => (on ? '1' : '0'))); // prettier-ignore

      // a flavor may ask for exactly what there is
      const asks = (placement: Parameters<KvmProfile['flavorExtraSpecs']>[0]) => {
        try {
          return profile.flavorExtraSpecs(placement);
        } catch (error) {
          expect(error).toBeInstanceOf(StrataError);
          return undefined;
        }
      };
      expect(asks({ dedicatedCpus: true }) !== undefined).toBe(nova.pcpu > 0);
      expect(asks({}) !== undefined).toBe(nova.vcpu > 0);
      for (const sizeMib of [2, 1024]) {
        const has = settings.of('hugepages').some(([kib]) => Number(kib) === sizeMib * 1024);
        const spec = asks({ dedicatedCpus: nova.vcpu === 0, hugePageMib: sizeMib })?.['hw:mem_page_size'];
        expect(spec).toBe(has ? String(sizeMib * 1024) : undefined);
      }
    }),
    { numRuns: 150 },
  );
  // some pairs are refused; those that are not must be enough to mean something
  expect(judged).toBeGreaterThan(75);
});
