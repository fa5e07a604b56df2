import fc from 'fast-check';
import { HostRole } from '../../../lib/contracts/host';
import { CpuThreadPolicy, KvmProfile } from '../../../lib/contracts/kvm-profile';
import { FlavorFacts, isolationReport } from '../../../lib/openstack/foundation/isolation';
import { testHost } from '../pool';

const numa = [
  { cpus: '0-7,16-23', memoryMib: 65536 },
  { cpus: '8-15,24-31', memoryMib: 65536 },
];
const host = (n: number, more = {}) => testHost(n, [HostRole.COMPUTE], { numaNodes: 2, numa, threadsPerCore: 2, ...more });
const profile = KvmProfile.of({
  sharedCpuSet: '2-7,18-23',
  dedicatedCpuSet: '9-15,25-31',
  hugePages: [{ sizeMib: 1024, count: 16 }],
  cpuAllocationRatio: 3,
});
const shared: FlavorFacts = { name: 'shared' };
const bound: FlavorFacts = { name: 'bound', placement: { hugePageMib: 1024 } };
const dedicated: FlavorFacts = { name: 'dedicated', placement: { dedicatedCpus: true } };
const isolated: FlavorFacts = {
  name: 'isolated',
  placement: { dedicatedCpus: true, threadPolicy: CpuThreadPolicy.ISOLATE, isolateEmulatorThreads: true, numaNodes: 2 },
};

const report = (flavors: FlavorFacts[], hosts = [host(1), host(2)]) => isolationReport(hosts, profile, flavors, []);
const of = (name: string, { flavors }: ReturnType<typeof report>) => flavors.find(({ flavor }) => flavor === name)!;

test('what a host gives and keeps', () => {
  const [first] = report([]).hosts;
  expect(first).toMatchObject({
    sharedThreads: 12,
    dedicatedThreads: 14,
    hostThreads: 6,
    sharedCpuSet: '2-7,18-23',
    dedicatedCpuSet: '9-15,25-31',
    hostCpuSet: '0-1,8,16-17,24',
    sharedVcpus: 36,
    hugePagesMib: 2 * 16 * 1024,
  });
});

test('without sets nothing is pinned, and the numbers add up', () => {
  const [first] = isolationReport([host(1)], KvmProfile.default(), [shared], []).hosts;
  expect(first).not.toHaveProperty('sharedCpuSet');
  expect(first.sharedThreads + first.hostThreads).toBe(32);
  expect(first.sharedVcpus).toBe(4 * first.sharedThreads);
});

test('who shares what', () => {
  const all = report([shared, bound, dedicated, isolated]);
  expect(of('shared', all)).toMatchObject({
    cpus: 'shared',
    memory: 'small pages',
    sharesThreadsWith: ['shared', 'bound'],
    // a sibling of a shared thread may be a dedicated one, for all that the inventory tells
    mayShareCoresWith: ['shared', 'bound', 'dedicated', 'isolated'],
    mayShareNumaNodesWith: ['shared', 'bound', 'dedicated', 'isolated'],
  });
  expect(of('bound', all)).toMatchObject({ memory: 'pages of 1024 MiB', numaNodes: 1, mayShareNumaNodesWith: ['shared', 'bound'] });
  expect(of('dedicated', all)).toMatchObject({ cpus: 'dedicated threads', emulatorThreads: "the machine's own", sharesThreadsWith: [] });
  expect(of('dedicated', all).mayShareCoresWith).toEqual(['shared', 'bound', 'dedicated']);
  expect(of('isolated', all)).toMatchObject({ cpus: 'dedicated cores', numaNodes: 2, emulatorThreads: 'own thread' });
  expect(of('isolated', all).mayShareCoresWith).toEqual(['shared', 'bound']);
});

test('without hyper-threads a dedicated thread is a core', () => {
  const all = report([shared, dedicated], [host(1, { threadsPerCore: 1 })]);
  expect(of('dedicated', all).mayShareCoresWith).toEqual([]);
  expect(of('shared', all).mayShareCoresWith).toEqual(['shared']);
});

test('an aggregate keeps flavors apart', () => {
  const apart = { name: 'apart', extraSpecs: { 'aggregate_instance_extra_specs:tier': 'gold' } };
  const aggregates = [{ hosts: ['compute-2'], metadata: { tier: 'gold' } }];
  const all = isolationReport([host(1), host(2)], profile, [shared, apart, { ...apart, name: 'nowhere', extraSpecs: { 'aggregate_instance_extra_specs:toString': 'x' } }], aggregates); // prettier-ignore
  expect(of('apart', all)).toMatchObject({ hosts: ['compute-2'], sharesHostsWith: ['shared', 'apart'] });
  expect(of('nowhere', all)).toMatchObject({ hosts: [], sharesHostsWith: [], sharesThreadsWith: [] });
});

test('sharing is mutual, and each kind of it implies the next', () => {
  const placement = fc.record(
    {
      dedicatedCpus: fc.boolean(),
      threadPolicy: fc.constantFrom(...Object.values(CpuThreadPolicy)),
      hugePageMib: fc.constant(1024),
      numaNodes: fc.integer({ min: 1, max: 2 }),
    },
    { requiredKeys: ['dedicatedCpus'] },
  );
  fc.assert(
    fc.property(fc.array(placement, { minLength: 1, maxLength: 4 }), fc.constantFrom(1, 2, undefined), (placements, threadsPerCore) => {
      const { flavors } = report(
        placements.map((each, i) => ({ name: `f${i}`, placement: each })),
        [host(1, { threadsPerCore })],
      );
      for (const one of flavors) {
        for (const list of ['sharesThreadsWith', 'mayShareCoresWith', 'mayShareNumaNodesWith', 'sharesHostsWith'] as const) {
          for (const name of one[list]) expect(flavors.find(({ flavor }) => flavor === name)![list]).toContain(one.flavor);
        }
        expect(one.mayShareCoresWith).toEqual(expect.arrayContaining(one.sharesThreadsWith));
        expect(one.sharesHostsWith).toEqual(expect.arrayContaining([...one.mayShareCoresWith, ...one.mayShareNumaNodesWith]));
      }
    }),
    { numRuns: 50 },
  );
});
