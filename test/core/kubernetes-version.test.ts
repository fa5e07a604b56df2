import * as fc from 'fast-check';
import { major, minor, valid } from 'semver';
import { NUMBER_TOKEN, TEXT_TOKEN } from './tokens';
import { KubernetesVersion } from '../../lib/core/kubernetes-version';
import { StrataError } from '../../lib/core/validation';

test('a minor is its constant, a patch is that patch', () => {
  expect(KubernetesVersion.of('1.36')).toBe(KubernetesVersion.V1_36);
  expect(KubernetesVersion.of('v1.35')).toBe(KubernetesVersion.V1_35);
  expect(KubernetesVersion.of('1.36.0')).toMatchObject({ minor: '1.36', version: '1.36.0', cloudProviderOpenStackVersion: 'v1.36.0' });
  expect(String(KubernetesVersion.of('v1.36.11'))).toBe('1.36.11');
});

test.each(['1.33', '1.37', '1.99.1', '2.36', '1.3', '1.36x', '0.36.1'])('%p is refused', (text) =>
  expect(() => KubernetesVersion.of(text)).toThrow(StrataError),
);
test('an unknown minor lists the known ones', () => {
  expect(() => KubernetesVersion.of('1.33.4')).toThrow(
    /^KubernetesVersion: Kubernetes version is not known, got "1\.33\.4"; .*use one of 1\.34, 1\.35, 1\.36$/,
  );
});
test.each([
  '',
  '1',
  '1.36.0-rc.1',
  '1.36.0+k3s1',
  '1.36.00',
  '1.36.',
  '1.36.1.1',
  ' 1.36 ',
  'latest',
  1.36 as never,
  undefined as never,
  null as never,
  {} as never,
])('%p is no release', (text) => expect(() => KubernetesVersion.of(text)).toThrow(StrataError));

test('a reference is refused, without its marker in the message', () => {
  for (const token of [TEXT_TOKEN, `1.${TEXT_TOKEN}`, NUMBER_TOKEN as never]) {
    expect(() => KubernetesVersion.of(token)).toThrow(
      'KubernetesVersion: Kubernetes version must be known at synth, a reference was given; use one of 1.34, 1.35, 1.36',
    );
    expect(KubernetesVersion._parse('c', 'version', token)).toBeUndefined();
  }
});

test.each(KubernetesVersion.all())('%s: its parts go together', (version) => {
  expect(`${major(version.version)}.${minor(version.version)}`).toBe(version.minor);
  expect(version.kubeadmApiVersion).toBe('kubeadm.k8s.io/v1beta4');
  expect(minor(version.cloudProviderOpenStackVersion)).toBe(minor(version.version));
  for (const chart of [version.cloudControllerManagerChart, version.cinderCsiChart]) {
    expect([major(chart), minor(chart)]).toEqual([2, minor(version.version)]);
  }
  for (const chart of [version.ciliumChart, version.tigeraOperatorChart]) expect(valid(chart)).not.toBeNull();
  expect(version.pauseImage).toMatch(/^registry\.k8s\.io\/pause:3\.\d+(\.\d+)?$/);
  expect(version.etcdVersion).toMatch(/^3\.6\.\d+-\d+$/);
  expect(version.coreDnsVersion).toMatch(/^v1\.\d+\.\d+$/);
  expect(version.upgradeSourceOnly).toBe(version === KubernetesVersion.V1_34);
});

test('order', () => {
  const { V1_34, V1_36 } = KubernetesVersion;
  expect([V1_34.isOlderThan(V1_36), V1_36.isOlderThan(V1_34), V1_36.isOlderThan(V1_36)]).toEqual([true, false, false]);
  expect(KubernetesVersion.of('1.36.2').isOlderThan(KubernetesVersion.of('1.36.10'))).toBe(true);
  expect([V1_36.minorsAhead(V1_34), V1_34.minorsAhead(V1_36), V1_36.minorsAhead(KubernetesVersion.of('1.36.0'))]).toEqual([2, -2, 0]);
});

test('any patch of a known minor is read back, and ordered as numbers are', () => {
  const version = fc.tuple(fc.constantFrom(34, 35, 36), fc.nat(99));
  fc.assert(
    fc.property(version, version, ([aMinor, aPatch], [bMinor, bPatch]) => {
      const a = KubernetesVersion.of(`1.${aMinor}.${aPatch}`);
      const b = KubernetesVersion.of(`v1.${bMinor}.${bPatch}`);
      expect(String(a)).toBe(`1.${aMinor}.${aPatch}`);
      expect(a.minorsAhead(b)).toBe(aMinor - bMinor);
      expect(a.isOlderThan(b)).toBe(aMinor * 100 + aPatch < bMinor * 100 + bPatch);
    }),
  );
});
