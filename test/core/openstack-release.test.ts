import { NUMBER_TOKEN, TEXT_TOKEN } from './tokens';
import { HostDistribution } from '../../lib/core/host-distribution';
import { OpenStackRelease } from '../../lib/core/openstack-release';
import { StrataError } from '../../lib/core/validation';

const { V2025_1, V2025_2, V2026_1 } = OpenStackRelease;

test('a series is its constant', () => {
  expect(OpenStackRelease.all().map((release) => OpenStackRelease.of(release.series))).toEqual([V2025_1, V2025_2, V2026_1]);
  expect(String(V2026_1)).toBe('2026.1');
});

test('what belongs to the newest', () => {
  expect(V2026_1).toMatchObject({
    slurp: true,
    kollaAnsibleVersion: '22.2.0',
    ansibleCoreRange: '>=2.19,<2.21,!=2.19.0',
    supportedUntil: '2027-10-27',
    upgradeSourceOnly: false,
  });
  expect(V2026_1.hostDistributions.map(String)).toEqual(['ubuntu-24.04', 'debian-13', 'rocky-10', 'centos-stream-10']);
  expect(V2025_1.upgradeSourceOnly).toBe(true);
});

test.each(['2024.1', '2025.3', '2026', 'gazpacho', '', '2026.1 ', 2026.1 as never, undefined as never])(
  '%p is refused with the known ones',
  (series) => {
    expect(() => OpenStackRelease.of(series)).toThrow(/^OpenStackRelease: OpenStack release is not known.*use one of 2025\.1, 2025\.2, 2026\.1$/);
  },
);

test('an upgrade goes to the next release, or from one SLURP release to the next', () => {
  const allowed = OpenStackRelease.all().flatMap((from) =>
    OpenStackRelease.all()
      .filter((to) => from.canUpgradeTo(to))
      .map((to) => `${from} ${to}`),
  );
  expect(allowed).toEqual(['2025.1 2025.2', '2025.1 2026.1', '2025.2 2026.1']);
});

test('lists are copies', () => {
  V2026_1.hostDistributions.pop();
  expect(V2026_1.hostDistributions).toHaveLength(4);
});

test('every distribution is found by its name, and every release has some', () => {
  for (const known of HostDistribution.all()) expect(HostDistribution.of(known.name)).toBe(known);
  for (const release of OpenStackRelease.all()) for (const host of release.hostDistributions) expect(HostDistribution.all()).toContain(host);
  expect(HostDistribution.ROCKY_10).toMatchObject({ kollaBaseDistro: 'rocky', kollaBaseDistroVersion: '10', ansibleDistribution: 'Rocky' });
});

test.each(['ubuntu-22.04', 'ubuntu', '', undefined as never])('host distribution %p is refused', (name) => {
  expect(() => HostDistribution.of(name)).toThrow(/^HostDistribution: host distribution is not known.*ubuntu-24\.04/);
});

test('references are refused, without their marker in the message', () => {
  for (const token of [TEXT_TOKEN, NUMBER_TOKEN as never]) {
    expect(() => OpenStackRelease.of(token)).toThrow(
      'OpenStackRelease: OpenStack release must be known at synth, a reference was given; use one of 2025.1, 2025.2, 2026.1',
    );
    expect(() => HostDistribution.of(token)).toThrow(StrataError);
    expect(() => HostDistribution.of(token)).toThrow(/must be known at synth, a reference was given; use one of ubuntu-24\.04, /);
    expect([OpenStackRelease._parse('c', 'release', token), HostDistribution._parse('c', 'os', token)]).toEqual([undefined, undefined]);
  }
});
